"""Types, and expressions as typed trees: what `infer` makes, and formulas and measures read.

In: nothing. Out: `Type` with its constants, the tree's nodes, `leaves`.

A tree names values by slot, events by type, actors by id; nothing in it is text to be parsed again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

__all__ = [
    "ACTOR", "Arithmetic", "Attribute", "Bound", "CASE", "Call", "CaseField", "CaseQuestion", "Cases", "Choose", "Claimed", "Compare",
    "Const", "Course", "DURATION", "EventField", "FLAG", "GROUP", "History", "INSTANT", "Leafy", "Logic", "Measure", "Moved", "NUMBER",
    "Negate", "Not", "Now", "OneOf", "Organs", "PERIOD", "Quantified", "RATE", "STATEMENT", "Selector", "Shift", "Slot", "Sunset",
    "TEXT", "THING", "Tree", "TriggerField", "Type", "WholeDays", "Within", "label", "leaves", "parts", "walk",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Type:
    """What a value is; `labels` are the words a label may be; `optional` means there may be no value."""

    name: str
    labels: tuple[str, ...] = ()
    optional: bool = False

    def __str__(self) -> str:
        shown = f"one of {', '.join(self.labels)}" if self.labels else WORDS.get(self.name, self.name)
        return f"{shown} (or no value)" if self.optional else shown

    def certain(self) -> Type:
        """The same type, with a value for sure."""
        return Type(self.name, self.labels) if self.optional else self

    def maybe(self, optional: bool = True) -> Type:
        """The same type, perhaps without a value."""
        return Type(self.name, self.labels, True) if optional and not self.optional else self


WORDS = {
    "flag": "a flag (true or false)", "number": "a number", "duration": "a duration", "instant": "a date or time", "text": "a text",
    "rate": "a rate (number per duration)", "period": "a calendar time (mo, y, wd)",
    "actor": "an actor", "thing": "a thing", "group": "a group of actors", "case": "a case", "label": "a label",
    "statement": "a statement",
}  # fmt: skip

NUMBER = Type("number")
FLAG = Type("flag")
TEXT = Type("text")
DURATION = Type("duration")
INSTANT = Type("instant")
RATE = Type("rate")
"""A number per duration, held as a number per day."""
PERIOD = Type("period")
"""Months, years or working days: written down, and only added to a date. Its value is (how many, unit)."""
ACTOR = Type("actor")
THING = Type("thing")
GROUP = Type("group")
CASE = Type("case")
STATEMENT = Type("statement")


def label(*words: str) -> Type:
    """A label that is one of these words."""
    return Type("label", tuple(words))


@dataclass(frozen=True, slots=True)
class Const:
    """A value written down; durations and instants are whole microseconds. `days` are the whole days of a duration written in days."""

    value: Any
    type: Type
    days: int = 0


@dataclass(frozen=True, slots=True)
class Slot:
    """A value of the world, by its path: `state.tension`, `parameters.x`, `actors.a.workers`, `things.t.stock`, `in_force.ban`."""

    path: str
    type: Type
    text: str


@dataclass(frozen=True, slots=True)
class WholeDays:
    """How many whole days the length has that a parameter stands for."""

    path: str
    type: Type = NUMBER


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of an actor or thing known only during the run: `event.to.banned`, `event.product.stock`."""

    owner: Tree
    name: str
    type: Type
    text: str


@dataclass(frozen=True, slots=True)
class EventField:
    """A column or datum of the event reacted to (or counted): `event.by`, `event.product`."""

    name: str
    type: Type
    is_data: bool


@dataclass(frozen=True, slots=True)
class TriggerField:
    """A column or datum of the event that began a duty: `trigger.by`, `trigger.product`."""

    name: str
    type: Type
    is_data: bool


@dataclass(frozen=True, slots=True)
class CaseField:
    """A datum of a case: `case.buyer` inside a step, `event.case.buyer` elsewhere."""

    name: str
    type: Type
    of_event: bool


@dataclass(frozen=True, slots=True)
class Now:
    """The current instant."""

    type: Type = INSTANT


@dataclass(frozen=True, slots=True)
class Sunset:
    """The end of a provision that is announced some time before."""

    type: Type = INSTANT


@dataclass(frozen=True, slots=True)
class Negate:
    """`-x`."""

    operand: Tree
    type: Type


@dataclass(frozen=True, slots=True)
class Not:
    """`not x`."""

    operand: Tree
    type: Type = FLAG


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left operator right`; where `rounded`, the result is whole microseconds."""

    operator: str
    left: Tree
    right: Tree
    type: Type
    rounded: bool


@dataclass(frozen=True, slots=True)
class Shift:
    """A date moved by the calendar: so many months, years or working days later, or earlier."""

    moment: Tree
    count: int
    unit: str
    type: Type


@dataclass(frozen=True, slots=True)
class Moved:
    """A date moved by a length (back where `is_back`): first its whole `days` by the calendar, then what is left of it."""

    moment: Tree
    length: Tree
    days: Tree
    is_back: bool
    type: Type


@dataclass(frozen=True, slots=True)
class Compare:
    """A chain of comparisons."""

    first: Tree
    rest: tuple[tuple[str, Tree], ...]
    type: Type = FLAG


@dataclass(frozen=True, slots=True)
class Logic:
    """`and` or `or` over flags."""

    operator: str
    parts: tuple[Tree, ...]
    type: Type = FLAG


@dataclass(frozen=True, slots=True)
class Choose:
    """`value if test else other`."""

    value: Tree
    test: Tree
    other: Tree
    type: Type


@dataclass(frozen=True, slots=True)
class OneOf:
    """`item in [a, b]`."""

    item: Tree
    options: tuple[Tree, ...]
    type: Type = FLAG


@dataclass(frozen=True, slots=True)
class Organs:
    """`organs_of(actor)`: the actor itself and its organs, at any depth, without members."""

    owner: Tree
    type: Type = GROUP


@dataclass(frozen=True, slots=True)
class Within:
    """`actor in group`: the group itself, its organs and its members, at any depth; or `member(actor, group)`: its members alone."""

    item: Tree
    group: Tree
    as_member: bool = False
    type: Type = FLAG


@dataclass(frozen=True, slots=True)
class Bound:
    """The `x` of `any_of(x in group, …)`; `depth` counts from the outermost. It is each of these actors in turn."""

    name: str
    depth: int
    actors: tuple[str, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Quantified:
    """A question about each actor of a group: number_of sum_of any_of all_of."""

    function: str
    bound: Bound
    body: Tree
    type: Type
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function of its arguments alone: abs min max round floor ceil clamp hour weekday month."""

    function: str
    arguments: tuple[Tree, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Selector:
    """Which entries of the log are meant: one event type, and filters. `field` is what is summed; `within` the window.

    `where` looks at the counted entry alone. Filters hold for an actor and everything below it.
    """

    event: str
    by: Tree | None = None
    to: Tree | None = None
    via: Tree | None = None
    where: Tree | None = None
    within: Tree | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """A question about what has happened: count happened first last since sum mean median; `share` of those that `among` means."""

    function: str
    selector: Selector
    default: Tree | None
    type: Type
    text: str
    among: Selector | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """Whether somebody stands by a claim: the latest of one of the speakers the selector means says so."""

    selector: Selector
    says: bool
    text: str
    type: Type = FLAG


@dataclass(frozen=True, slots=True)
class CaseQuestion:
    """`passed(case, step)`, `grandfathered(case, step)`; `step` is `procedure.step`. Or `approved(case)`, a case of one of `procedures`."""

    function: str
    of_event: bool
    step: str
    text: str
    type: Type = FLAG
    procedures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cases:
    """`cases(P, …)`: how many cases of a procedure are open, held or suspended; `holds(actor, P, …)`: whether there is one (a flag).

    `by` is whose they are, `where` looks at the case alone.
    """

    procedure: str
    standing: str
    by: Tree | None
    where: Tree | None
    text: str
    type: Type


@dataclass(frozen=True, slots=True)
class Course:
    """A question about the course of a value over the period: peak low final integral time_while, and `at` an instant. Measures only."""

    function: str
    value: Tree
    at: Tree | None
    type: Type


@dataclass(frozen=True, slots=True)
class Measure:
    """The value of a measure, in this run or in the baseline with the same luck. Expectations only."""

    name: str
    of_baseline: bool
    type: Type


Tree = (
    Const | Slot | WholeDays | Attribute | EventField | TriggerField | CaseField | Now | Sunset | Negate | Not | Arithmetic | Shift
    | Moved | Compare | Logic | Choose | OneOf | Organs | Within | Bound | Quantified | Call | History | Claimed | CaseQuestion | Cases
    | Course | Measure
)  # fmt: skip

Leafy = Slot | Attribute | EventField | TriggerField | CaseField | Quantified | History | Claimed | CaseQuestion | Cases


def parts(tree: Tree) -> Iterator[Tree]:
    """The trees directly below this one."""
    for field in fields(tree):
        yield from _trees(getattr(tree, field.name))


def _trees(value: Any) -> Iterator[Tree]:
    if isinstance(value, tuple):
        for item in value:
            yield from _trees(item)
    elif isinstance(value, Selector):
        for field in fields(value):
            yield from _trees(getattr(value, field.name))
    elif isinstance(value, Tree):
        yield value


def walk(tree: Tree) -> Iterator[Tree]:
    """A tree and everything below it."""
    yield tree
    for part in parts(tree):
        yield from walk(part)


def leaves(tree: Tree) -> Iterator[Leafy]:
    """What an expression reads from the world: each name and history call, in order of writing, with repeats."""
    if isinstance(tree, Leafy):
        yield tree
    else:
        for part in parts(tree):
            yield from leaves(part)
