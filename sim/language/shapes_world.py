"""The shapes of what is there: period, sources, parameters, actors, events, statements, state.

In: nodes, through `shapes.fill`. Out: filled shapes, their texts still unread.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from sim.language.shapes import Leaf, Many, Shape

__all__ = [
    "ActorShape",
    "Citation",
    "EventShape",
    "ParameterShape",
    "PeriodShape",
    "SourceShape",
    "StateShape",
    "StatementShape",
    "short_or",
]


def short_or(value: Any) -> str:
    """Which form an author chose: `short` for one text or a list, `long` for a mapping."""
    return ":long" if isinstance(value, dict | Shape) else ":short"


class PeriodShape(Shape):
    """The simulated time, `[from, until)`."""

    from_: Leaf = Field(alias="from")
    """First instant of the period: a date or local time."""
    until: Leaf
    """End of the period; nothing happens at or after it."""
    timezone: Leaf | None = None
    """IANA name of the time zone in which dates and times are written; UTC unless said."""


class SourceShape(Shape):
    """A document that provisions and facts cite."""

    title: Leaf
    url: Leaf | None = None
    publisher: Leaf | None = None
    published: Leaf | None = None
    accessed: Leaf | None = None
    archived: Leaf | None = None
    kind: Leaf | None = None
    """law, regulation, statement, news, dataset, expert, assumption …"""
    lang: Leaf | None = None
    reliability: Leaf | None = None
    about: Leaf | None = None


class CitationShape(Shape):
    """Where something is taken from, or `kind: assumption`."""

    ref: Leaf | None = None
    """An id under `sources`."""
    url: Leaf | None = None
    kind: Leaf | None = None
    """`assumption` for what nobody has written down."""
    quote: Leaf | None = None
    locator: Leaf | None = None
    note: Leaf | None = None
    credibility: Leaf | None = None
    reading: Leaf | None = None


Citation = Many[Annotated[Annotated[Leaf, Tag(":short")] | Annotated[CitationShape, Tag(":long")], Discriminator(short_or)]]
"""One citation or several: an id under `sources`, or a mapping."""


class ParameterShape(Shape):
    """A named assumption with a value and a range."""

    value: Leaf
    range: tuple[Leaf, Leaf] | None = None
    about: Leaf | None = None
    unit: Leaf | None = None
    source: Citation = ()


class StateShape(Shape):
    """A value of the world that rules read and write."""

    start: Leaf
    min: Leaf | None = None
    max: Leaf | None = None
    one_of: tuple[Leaf, ...] | None = None
    about: Leaf | None = None
    unit: Leaf | None = None
    source: Citation = ()


Attribute = Annotated[Annotated[Leaf, Tag(":short")] | Annotated[StateShape, Tag(":long")], Discriminator(short_or)]


class ActorShape(Shape):
    """Somebody who acts."""

    kind: Leaf | None = None
    name: Leaf | None = None
    """The name shown to readers."""
    part_of: Leaf | None = None
    """The actor it is an organ of, and speaks for."""
    member_of: Many[Leaf] = ()
    """Actors it is grouped under without speaking for them."""
    capacity: Leaf | None = None
    """How many cases it works on at a time; unlimited unless said."""
    has: dict[str, Attribute] = Field(default_factory=dict)
    """Its attributes, with their starting values."""
    about: Leaf | None = None
    source: Citation = ()


FieldType = Annotated[
    Annotated[Leaf, Tag(":short")] | Annotated[tuple[Leaf, ...], Tag(":list")],
    Discriminator(lambda v: ":list" if isinstance(v, list | tuple) else ":short"),
]
"""`number flag text duration instant actor`, or a list of labels."""


class EventShape(Shape):
    """A type of thing that happens."""

    fields: dict[str, FieldType] = Field(default_factory=dict)
    """The data each such event carries, and their types."""
    title: Leaf | None = None
    """The words a timeline shows."""
    about: Leaf | None = None
    cameo: Leaf | None = None
    plover: Leaf | None = None
    source: Citation = ()


class StatementShape(Shape):
    """Something that can be asserted."""

    about: Leaf | None = None
    source: Citation = ()
