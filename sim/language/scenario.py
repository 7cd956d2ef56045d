"""A checked scenario: every name resolved, every expression a typed tree, nothing left that can be the author's mistake.

In: the records of `actors`, `parts` and `effects`, which are found here too. Out: the frozen records `link` fills and the engine compiles.
Paths are those an author writes in what-ifs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sim.language.actors import Actor, Thing, above, member_of, root, speaks_for
from sim.language.effects import (
    BY_ITSELF,
    LAW_EVENTS,
    LAW_WORDS,
    Amend,
    AnyEffect,
    Claim,
    Decide,
    Effect,
    Emit,
    Enact,
    LawEffect,
    OnCases,
    Open,
    Repeal,
    Resume,
    Suspend,
    Write,
    words_of,
)
from sim.language.parts import Before, Condition, Date, Every, Pattern, Quantity, Trigger, Who
from sim.language.tree import Tree, Type

__all__ = [
    "Actor", "Amend", "AnyEffect", "BY_ITSELF", "Before", "Claim", "Condition", "Date", "Decide", "Decision", "Effect", "Emit", "Enact",
    "EventType", "Every", "Exempt", "Expectation", "Forbid", "LAW_EVENTS", "LAW_WORDS", "LawEffect", "Meets", "Norm", "Oblige",
    "Observation", "OnCases", "Open", "Option", "Parameter", "Pattern", "Procedure", "Quantity", "Repeal", "Resume", "Rule", "Scenario",
    "SlotDef", "SourceRecord", "Statement", "Step", "Suspend", "Thing", "TimelineEntry", "Trigger", "Who", "Write", "above", "member_of",
    "root", "speaks_for", "words_of",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A cited document."""

    id: str
    title: str
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class EventType:
    """A type of event, declared or built in; `fields` are its data."""

    id: str
    title: str
    fields: Mapping[str, Type]
    about: str = ""
    cameo: str = ""
    procedure: str | None = None
    concluded: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """Something that can be asserted; `true_when` is whether it is so, where the scenario says."""

    id: str
    about: str
    source: tuple[str, ...]
    true_when: Condition | None = None


@dataclass(frozen=True, slots=True)
class SlotDef:
    """A value of the world: where it starts and within what it stays."""

    path: str
    type: Type
    start: Any
    low: Any = None
    high: Any = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named assumption; `days` are the whole days of a length that is written in days."""

    id: str
    type: Type
    value: Any
    range: tuple[Any, Any] | None
    about: str
    source: tuple[str, ...]
    days: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """Who reacts to what."""

    id: str
    path: str
    when: tuple[Trigger, ...]
    guard: Tree | None
    chance: Tree | None
    after: Quantity | Condition | None
    still: Tree | None
    then: tuple[AnyEffect, ...]
    times: int | None
    not_again_for: Tree | None
    priority: float
    about: str
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """What somebody may decide, and what follows."""

    id: str
    path: str
    weight: Tree
    then: tuple[AnyEffect, ...]
    about: str
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """A named exclusive choice; its options in the order of their ids. `choose` is the one that is chosen whatever the luck."""

    id: str
    path: str
    by: Who | None
    options: tuple[Option, ...]
    choose: str | None
    about: str
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """What happens at a given instant whatever the rules."""

    id: str
    path: str
    at: Quantity
    then: tuple[AnyEffect, ...]
    about: str
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Forbid:
    """These acts are forbidden; `obeyed` is the chance that one is held back."""

    pattern: Pattern
    obeyed: Tree | None


@dataclass(frozen=True, slots=True)
class Exempt:
    """For these acts the norms it lifts do not hold."""

    pattern: Pattern
    lifts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Oblige:
    """Such an act is owed, by those the pattern names. A duty begins with each trigger; where there is none, with each enactment."""

    pattern: Pattern
    when: tuple[Trigger, ...]
    deadline: Quantity | None


@dataclass(frozen=True, slots=True)
class Norm:
    """What holds while it is in force; `says` is None for a regime, which is only in force or not."""

    id: str
    path: str
    says: Forbid | Exempt | Oblige | None
    issued_by: str | None
    about: str
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Meets:
    """When a body meets: again and again, or on dates; and how many cases one session decides."""

    every: Every | None
    dates: tuple[int, ...]
    per_session: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a procedure; `by` is read on arrival. One with `branches` is a `together`, and `needs` is all, any or a number."""

    id: str
    path: str
    by: Tree | None = None
    takes: Quantity | None = None
    waits: Quantity | Condition | None = None
    meets: Meets | None = None
    queue: Tree | None = None
    needed: Tree | None = None
    refuses: Tree | None = None
    sends_back: Tree | None = None
    back_to: str = ""
    deadline: Quantity | None = None
    if_late: str | None = None
    branches: tuple[Step, ...] = ()
    needs: str = "all"
    about: str = ""
    source: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Procedure:
    """An ordered approval."""

    id: str
    path: str
    case: Mapping[str, Type]
    steps: tuple[Step, ...]
    deadline: Quantity | None
    if_late: str | None
    valid: Quantity | None
    about: str
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the author expects; `runs` None: as many as asked for; `text` as written."""

    that: Tree
    share: float | None
    runs: int | None
    text: str
    path: str


@dataclass(frozen=True, slots=True)
class Observation:
    """What really happened, between two instants."""

    at: tuple[int, int]
    event: str
    by: str | None
    to: str | None
    about: str
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """The whole, for the baseline or for one what-if."""

    id: str
    title: str
    about: str
    begin: int
    until: int
    timezone: str
    sources: Mapping[str, SourceRecord]
    parameters: Mapping[str, Parameter]
    actors: Mapping[str, Actor]
    things: Mapping[str, Thing]
    events: Mapping[str, EventType]
    statements: Mapping[str, Statement]
    slots: Mapping[str, SlotDef]
    timeline: tuple[TimelineEntry, ...]
    rules: tuple[Rule, ...]
    decisions: Mapping[str, Decision]
    norms: tuple[Norm, ...]
    procedures: Mapping[str, Procedure]
    what_ifs: Mapping[str, str]
    measures: Mapping[str, Tree]
    measure_texts: Mapping[str, str]
    expect: Mapping[str, tuple[Expectation, ...]]
    observed: tuple[Observation, ...]
    digest: str = field(default="", compare=False)
