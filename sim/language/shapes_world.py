"""The shapes of what is there: period, sources, parameters, kinds, actors, things, events, statements, state.

In: nodes, through `shapes.fill`. Out: filled shapes, their texts still unread.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Discriminator, Field, Tag

from sim.language.shapes import Leaf, Many, Shape

__all__ = [
    "ActorShape",
    "Citation",
    "EventShape",
    "KindShape",
    "ParameterShape",
    "PeriodShape",
    "SourceShape",
    "StateShape",
    "StatementShape",
    "ThingShape",
    "short_or",
]


def short_or(value: Any) -> str:
    """Which form an author chose: `short` for one text or a list, `long` for a mapping."""
    return ":long" if isinstance(value, dict | Shape) else ":short"


class PeriodShape(Shape):
    """The simulated time, `[from, until)`.

    Example: {from: 2025-05-01, until: 2026-01-01, timezone: Europe/Belgrade}
    """

    ONE_OF: ClassVar[tuple[str, ...]] = ("until", "through")

    from_: Leaf = Field(alias="from")
    """First instant of the period: a date or local time."""
    until: Leaf | None = None
    """End of the period; nothing happens at or after it."""
    through: Leaf | None = None
    """The last day of the period, instead of `until`: a date, included to its last microsecond."""
    timezone: Leaf | None = None
    """IANA name of the time zone in which dates and times are written; UTC unless said."""


class SourceShape(Shape):
    """A document that provisions and facts cite.

    Example: {title: The president halts arms exports, published: 2025-06-24, kind: news}
    """

    title: Leaf
    """What it is called."""
    url: Leaf | None = None
    """Where it is."""
    publisher: Leaf | None = None
    """Who published it."""
    published: Leaf | None = None
    """When it appeared."""
    accessed: Leaf | None = None
    """When it was read."""
    archived: Leaf | None = None
    """Where a copy is."""
    kind: Leaf | None = None
    """law, regulation, statement, news, dataset, expert, assumption …"""
    lang: Leaf | None = None
    """Its language."""
    reliability: Leaf | None = None
    """How far its publisher is trusted, for example A to F."""
    about: Leaf | None = None
    """Words for readers; they change nothing in a run."""


class CitationShape(Shape):
    """Where something is taken from, or `kind: assumption`.

    Example: {ref: rks, quote: "ordered a halt to all exports"}
    """

    ref: Leaf | None = None
    """An id under `sources`."""
    url: Leaf | None = None
    """Or an address."""
    kind: Leaf | None = None
    """`assumption` for what nobody has written down."""
    quote: Leaf | None = None
    """The words cited."""
    locator: Leaf | None = None
    """Where in it: article, page."""
    note: Leaf | None = None
    """Words for readers; they change nothing in a run."""
    credibility: Leaf | None = None
    """How far this very claim is trusted, for example 1 to 6."""
    reading: Leaf | None = None
    """How it was read: literal, inferred, assumed."""


Citation = Many[Annotated[Annotated[Leaf, Tag(":short")] | Annotated[CitationShape, Tag(":long")], Discriminator(short_or)]]
"""One citation or several: an id under `sources`, or a mapping."""


class ParameterShape(Shape):
    """A named assumption with a value and a range.

    Example: {value: 3w, range: [1w, 13w], about: time between sessions}
    """

    value: Leaf
    """Its value: a number, duration, date or flag."""
    range: tuple[Leaf, Leaf] | None = None
    """[lowest, highest] that is thinkable; the value lies within."""
    about: Leaf | None = None
    """Words for readers; they change nothing in a run."""
    unit: Leaf | None = None
    """What it is measured in, for readers."""
    source: Citation = ()
    """What it rests on: the id of a source, a URL, `assumption`, or several of these."""


class StateShape(Shape):
    """A value of the world that rules read and write.

    Example: {start: 0.3, min: 0, max: 1}
    """

    start: Leaf
    """What it is at the start of the period; this decides its type."""
    min: Leaf | None = None
    """A lower value becomes this one."""
    max: Leaf | None = None
    """A higher value becomes this one."""
    one_of: tuple[Leaf, ...] | None = None
    """The labels it may be; `start` is one of them."""
    about: Leaf | None = None
    """Words for readers; they change nothing in a run."""
    unit: Leaf | None = None
    """What it is measured in, for readers."""
    source: Citation = ()
    """What it rests on: the id of a source, a URL, `assumption`, or several of these."""


Attribute = Annotated[Annotated[Leaf, Tag(":short")] | Annotated[StateShape, Tag(":long")], Discriminator(short_or)]


class KindShape(Shape):
    """A kind of actor or thing.

    Example: {has: {workers: 0, stock: {start: 5, min: 0}}}
    """

    has: dict[str, Attribute] = Field(default_factory=dict)
    """The attributes of everything of this kind, with their starting values."""
    about: Leaf | None = None
    """Words for readers; they change nothing in a run."""
    source: Citation = ()
    """What it rests on: the id of a source, a URL, `assumption`, or several of these."""


class ThingShape(Shape):
    """Something that is dealt in.

    Example: {name: Mortar kits, has: {sold: 0}}
    """

    kind: Leaf | None = None
    """Its kind: one of `kinds`, which gives it attributes, or a word for readers."""
    name: Leaf | None = None
    """The name shown to readers."""
    has: dict[str, Attribute] = Field(default_factory=dict)
    """Its attributes, with their starting values; they go before those of its kind."""
    about: Leaf | None = None
    """Words for readers; they change nothing in a run."""
    source: Citation = ()
    """What it rests on: the id of a source, a URL, `assumption`, or several of these."""


class ActorShape(Shape):
    """Somebody who acts.

    Example: {kind: ministry, part_of: serbia, capacity: 4}
    """

    kind: Leaf | None = None
    """Its kind: one of `kinds`, which gives it attributes, or a word for readers."""
    name: Leaf | None = None
    """The name shown to readers."""
    part_of: Leaf | None = None
    """The actor it is an organ of, and speaks for."""
    member_of: Many[Leaf] = ()
    """Actors it is grouped under without speaking for them."""
    capacity: Leaf | None = None
    """How many cases it works on at a time; unlimited unless said."""
    count: Leaf | None = None
    """How many such actors there are: `firm` with a count of 3 is the group of `firm_1`, `firm_2` and `firm_3`."""
    has: dict[str, Attribute] = Field(default_factory=dict)
    """Its attributes, with their starting values; they go before those of its kind."""
    about: Leaf | None = None
    """Words for readers; they change nothing in a run."""
    source: Citation = ()
    """What it rests on: the id of a source, a URL, `assumption`, or several of these."""


FieldType = Annotated[
    Annotated[Leaf, Tag(":short")] | Annotated[tuple[Leaf, ...], Tag(":list")],
    Discriminator(lambda v: ":list" if isinstance(v, list | tuple) else ":short"),
]
"""`number flag text duration instant actor thing`, or a list of labels."""


class EventShape(Shape):
    """A type of thing that happens.

    Example: {title: ships arms, fields: {value_eur: number, product: [ammunition, kits]}}
    """

    fields: dict[str, FieldType] = Field(default_factory=dict)
    """The data each such event carries, and their types."""
    title: Leaf | None = None
    """The words a timeline shows."""
    about: Leaf | None = None
    """Words for readers; they change nothing in a run."""
    cameo: Leaf | None = None
    """Its CAMEO code, in quotes."""
    plover: Leaf | None = None
    """Its PLOVER type."""
    source: Citation = ()
    """What it rests on: the id of a source, a URL, `assumption`, or several of these."""


class StatementShape(Shape):
    """Something that can be asserted.

    Example: {about: Serbian ammunition reaches Ukraine}
    """

    about: Leaf | None = None
    """What is stated, in words."""
    true_when: Leaf | None = None
    """A flag: when it is so. A claim that says otherwise is refuted."""
    source: Citation = ()
    """What it rests on: the id of a source, a URL, `assumption`, or several of these."""
