"""The program: a scenario made ready to run. The seam behind which nobody knows YAML.

In: nothing. Out: frozen records in which every expression is the name of a generated function (see `formulas`),
every value a slot number, and everything that does not change during a run is already looked up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import CodeType
from typing import Any

from sim.engine.program_effects import (
    LAW_WORDS,
    ActProgram,
    AmendProgram,
    AskedProgram,
    BeginProgram,
    CasesProgram,
    ClaimProgram,
    ConditionProgram,
    DecideProgram,
    EffectProgram,
    EmitProgram,
    LawProgram,
    OpenProgram,
    PairProgram,
    ReadsProgram,
    WriteProgram,
)
from sim.engine.record import Shape

__all__ = [
    "ActProgram", "AmendProgram", "AskedProgram", "BeforeProgram", "BeginProgram", "CasesProgram", "ClaimProgram", "ConditionProgram",
    "DateProgram", "DecideProgram", "DecisionProgram", "EffectProgram", "EmitProgram", "ExemptionProgram", "LAW_WORDS", "LawProgram",
    "MeetsProgram", "NormProgram", "OUTCOMES", "ObligationProgram", "OpenProgram", "OptionProgram", "PairProgram", "PatternProgram",
    "ProcedureProgram", "Program", "ReadsProgram", "RuleProgram", "SelectorProgram",
    "SlotProgram", "StatementProgram", "StepProgram", "TickProgram", "TimelineProgram", "WriteProgram", "members_of", "organs_of",
]  # fmt: skip


OUTCOMES = ("approved", "refused", "late", "withdrawn", "licence_expired")
"""What entries about a whole case say, once it is open."""


def organs_of(actor: str | None) -> str:
    """The name under which `above` has an actor and its organs; no actor is called so."""
    return f"organs_of({actor})"


def members_of(actor: str | None) -> str:
    """The name under which `above` has an actor's members alone."""
    return f"members_of({actor})"


@dataclass(frozen=True, slots=True)
class SlotProgram:
    """A value of the world: path, type, start, walls."""

    path: str
    text: str
    type: str
    start: Any
    low: Any
    high: Any


@dataclass(frozen=True, slots=True)
class SelectorProgram:
    """Entries that some expression asks about: event type, which columns it filters by, a test of the entry, the field it sums."""

    event: str
    filters: tuple[str, ...]
    where: str | None
    field: str | None


@dataclass(frozen=True, slots=True)
class PatternProgram:
    """Which events are meant."""

    event: str
    by: tuple[str, ...]
    to: tuple[str, ...]
    via: tuple[str, ...]
    where: str | None


@dataclass(frozen=True, slots=True)
class TickProgram:
    """What comes again and again: its name in keys, the functions of its interval and of its first instant if given.

    `calendar`: it comes so many months, years or working days apart, counted from the first; `days`: the function of how many days by
    the calendar its interval has, likewise; `is_steady`: its interval is the same throughout."""

    name: str
    path: str
    interval: str
    starting: str | None
    calendar: tuple[int, str] | None
    days: str | None = None
    is_steady: bool = False


@dataclass(frozen=True, slots=True)
class DateProgram:
    """A date that triggers a rule: its name in keys, its instant."""

    name: str
    instant: int


@dataclass(frozen=True, slots=True)
class BeforeProgram:
    """A trigger that comes before the sunset of a provision: its name in keys, its path, the number of its rule, its lead (a function)."""

    name: str
    path: str
    rule: int
    lead: str


@dataclass(frozen=True, slots=True)
class RuleProgram:
    """A rule; `reads` gives what its guard read (names, types, and a function of values and writers)."""

    path: str
    in_force: int
    patterns: tuple[PatternProgram, ...]
    ticks: tuple[TickProgram, ...]
    dates: tuple[DateProgram, ...]
    guard: str | None
    reads: str | None
    reads_names: tuple[str, ...]
    reads_types: tuple[str, ...]
    chance: str | None
    after: str | ConditionProgram | None
    still: str | None
    effects: tuple[EffectProgram, ...]
    times: int | None
    not_again_for: str | None
    priority: float
    change: Shape


@dataclass(frozen=True, slots=True)
class StatementProgram:
    """A statement: when it is true, where the scenario says, and what the entries that follow from claims about it share."""

    fact: ConditionProgram | None
    contradiction: Shape
    refuted: Shape


@dataclass(frozen=True, slots=True)
class OptionProgram:
    """An option; `weight` is a function's name."""

    id: str
    path: str
    weight: str
    effects: tuple[EffectProgram, ...]
    change: Shape


@dataclass(frozen=True, slots=True)
class DecisionProgram:
    """A decision, its options in the order of their ids. `draw` is the function of its uniform number; `reads` are what its weights
    read: all of them together, or each, where one is amended somewhere;
    `choose` is the number of the option that is chosen whatever the luck."""

    id: str
    path: str
    draw: str
    reads: tuple[ReadsProgram, ...]
    options: tuple[OptionProgram, ...]
    choose: int | None


@dataclass(frozen=True, slots=True)
class TimelineProgram:
    """A timeline entry; `at` is a function's name."""

    path: str
    at: str
    effects: tuple[EffectProgram, ...]
    change: Shape


@dataclass(frozen=True, slots=True)
class ExemptionProgram:
    """Acts for which a norm does not hold."""

    in_force: int
    pattern: PatternProgram


@dataclass(frozen=True, slots=True)
class NormProgram:
    """A norm that forbids; `obeyed` draws whether it is obeyed (None: always)."""

    id: str
    path: str
    in_force: int
    pattern: PatternProgram
    obeyed: str | None
    exemptions: tuple[ExemptionProgram, ...]


@dataclass(frozen=True, slots=True)
class ObligationProgram:
    """A norm that obliges: its holders and its addressee, slots, the function of its deadline. `is_triggered`: rules begin its duties."""

    id: str
    path: str
    in_force: int
    running: int
    pattern: PatternProgram
    holders: tuple[str, ...]
    addressee: str | None
    deadline: str | None
    is_triggered: bool
    fulfilled: Shape
    breached: Shape


@dataclass(frozen=True, slots=True)
class MeetsProgram:
    """The timetable of a body: an interval, with the first session if given, or dates; how many cases one session decides."""

    every: TickProgram | None
    dates: tuple[int, ...]
    per_session: int | None


@dataclass(frozen=True, slots=True)
class StepProgram:
    """A step of a procedure; whoever decides is known (`desk`) or found by the function `by`.

    `back` draws whether a case is sent back to the step `back_to`. A `together` has `branches`, of which `needs` must pass.
    `may_rest`: something suspends it, its procedure or cases.
    """

    id: str
    short: str
    in_force: int
    desk: str | None
    by: str | None
    takes: str | None
    waits: str | ConditionProgram | None
    meets: MeetsProgram | None
    queue: str | None
    needed: str | None
    refuses: str | None
    back: str | None
    back_to: str
    deadline: str | None
    if_late: str | None
    branches: tuple[StepProgram, ...]
    needs: str
    may_rest: bool
    shape: Shape


@dataclass(frozen=True, slots=True)
class ProcedureProgram:
    """A procedure; `outcomes` is what the entries about whole cases share, by outcome. `valid`: for how long an approved case is held."""

    id: str
    path: str
    in_force: int
    steps: tuple[StepProgram, ...]
    deadline: str | None
    if_late: str | None
    valid: str | None
    outcomes: Mapping[str, Shape]


@dataclass(frozen=True, slots=True)
class Program:
    """All of it. `above` are each actor's groups (itself first), `roots` the actor each speaks for.

    `code` are the generated functions by name, `lines` the path each line of them comes from. `listening` finds, by event
    and by actor (None: whoever), the rules that may hear an entry, as (number of the rule, number of its pattern): what it
    costs to find them hangs neither on rules for other events nor on rules for other actors.

    `followed_cases` are the procedures of whose cases it is followed what each is; `tallies` (procedure, function of `where`) are what
    expressions ask about them.

    `befores` are the triggers that come before the sunset of each provision, `amendable` the functions of the values that are amended
    somewhere, by their paths.

    `sessions` are the steps that meet (short names), in the order in which their first sessions are asked for.

    `conditions` are those that trigger rules; `slot_readers` and `track_readers` (selector → actors asked about → numbers) find
    them by what they read. `followed` are the selectors that any condition reads; None where nothing waits for a condition.
    """

    scenario: str
    timezone: str
    begin: int
    until: int
    slots: tuple[SlotProgram, ...]
    attributes: Mapping[str, Mapping[str, int]]
    above: Mapping[str, tuple[str, ...]]
    roots: Mapping[str, str]
    capacity: Mapping[str, int | None]
    whole_days: Mapping[str, int]
    selectors: tuple[SelectorProgram, ...]
    rules: tuple[RuleProgram, ...]
    decisions: Mapping[str, DecisionProgram]
    statements: Mapping[str, StatementProgram]
    timeline: tuple[TimelineProgram, ...]
    norms: tuple[NormProgram, ...]
    obligations: tuple[ObligationProgram, ...]
    procedures: Mapping[str, ProcedureProgram]
    sessions: tuple[str, ...]
    followed_cases: tuple[str, ...]
    tallies: tuple[tuple[str, str | None], ...]
    sites: tuple[str, ...]
    listening: Mapping[tuple[str, str | None], tuple[tuple[int, int], ...]]
    befores: Mapping[str, tuple[BeforeProgram, ...]]
    amendable: Mapping[str, str]
    conditions: tuple[ConditionProgram, ...]
    slot_readers: Mapping[int, tuple[int, ...]]
    track_readers: Mapping[int, Mapping[Any, tuple[int, ...]]]
    followed: frozenset[int] | None
    code: Mapping[str, CodeType]
    constants: tuple[Any, ...]
    lines: tuple[str, ...]
