"""The program: a scenario made ready to run. The seam behind which nobody knows YAML.

In: nothing. Out: frozen records in which every expression is the name of a generated function (see `formulas`),
every value a slot number, and everything that does not change during a run is already looked up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import CodeType
from typing import Any

from sim.engine.record import Shape

__all__ = [
    "ActProgram", "ClaimProgram", "EffectProgram", "EmitProgram", "LawProgram", "NormProgram", "OpenProgram", "PatternProgram",
    "ProcedureProgram", "Program", "RuleProgram", "SelectorProgram", "SlotProgram", "StepProgram", "TickProgram",
    "TimelineProgram", "WriteProgram",
]  # fmt: skip


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
class EffectProgram:
    """What all effects share. `label` is the effect's part in names; `guard` and `after` are functions' names."""

    path: str
    label: str
    guard: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class ActProgram(EffectProgram):
    """What all acts share; `values` is the function of (by, to, via, data)."""

    shape: Shape
    values: str


@dataclass(frozen=True, slots=True)
class EmitProgram(ActProgram):
    """An event happens."""


@dataclass(frozen=True, slots=True)
class WriteProgram(EffectProgram):
    """A slot, or the slot of the attribute of an actor that `owner` gives, is set or added to; `item` is its part in names."""

    item: str
    adds: bool
    slot: int | None
    owner: str | None
    attribute: str
    value: str


@dataclass(frozen=True, slots=True)
class OpenProgram(ActProgram):
    """A case begins."""

    procedure: str


@dataclass(frozen=True, slots=True)
class ClaimProgram(ActProgram):
    """A statement is claimed; `contradiction` is what entries of a contradiction share."""

    contradiction: Shape
    statement: str
    says: bool | None


@dataclass(frozen=True, slots=True)
class LawProgram(EffectProgram):
    """A provision comes into force or ceases to be."""

    shape: Shape
    provision: str
    slot: int
    enacts: bool
    pending: str
    procedure: str | None
    step: str | None


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
    """A tick: its name in keys, the function of its interval, its first instant if given."""

    name: str
    interval: str
    starting: int | None


@dataclass(frozen=True, slots=True)
class RuleProgram:
    """A rule; `reads` gives what its guard read (names, types, and a function of values and writers)."""

    path: str
    in_force: int
    patterns: tuple[PatternProgram, ...]
    ticks: tuple[TickProgram, ...]
    guard: str | None
    reads: str | None
    reads_names: tuple[str, ...]
    reads_types: tuple[str, ...]
    chance: str | None
    after: str | None
    still: str | None
    effects: tuple[EffectProgram, ...]
    times: int | None
    not_again_for: str | None
    priority: float
    change: Shape


@dataclass(frozen=True, slots=True)
class TimelineProgram:
    """A timeline entry; `at` is a function's name."""

    path: str
    at: str
    effects: tuple[EffectProgram, ...]
    change: Shape


@dataclass(frozen=True, slots=True)
class NormProgram:
    """A norm; `obeyed` draws whether it is (None: always)."""

    id: str
    path: str
    in_force: int
    pattern: PatternProgram
    obeyed: str | None


@dataclass(frozen=True, slots=True)
class StepProgram:
    """A step of a procedure; whoever decides is known (`desk`) or found by the function `by`."""

    id: str
    short: str
    in_force: int
    desk: str | None
    by: str | None
    takes: str | None
    needed: str | None
    refuses: str | None
    shape: Shape


@dataclass(frozen=True, slots=True)
class ProcedureProgram:
    """A procedure."""

    id: str
    in_force: int
    steps: tuple[StepProgram, ...]
    opened: Shape
    approved: Shape
    refused: Shape


@dataclass(frozen=True, slots=True)
class Program:
    """All of it. `above` are each actor's groups (itself first), `roots` the actor each speaks for.

    `code` are the generated functions by name, `lines` the path each line of them comes from. `listening` finds, by event
    and by actor (None: whoever), the rules that may hear an entry, as (number of the rule, number of its pattern): what it
    costs to find them hangs neither on rules for other events nor on rules for other actors.
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
    selectors: tuple[SelectorProgram, ...]
    rules: tuple[RuleProgram, ...]
    timeline: tuple[TimelineProgram, ...]
    norms: tuple[NormProgram, ...]
    procedures: Mapping[str, ProcedureProgram]
    sites: tuple[str, ...]
    listening: Mapping[tuple[str, str | None], tuple[tuple[int, int], ...]]
    code: Mapping[str, CodeType]
    constants: tuple[Any, ...]
    lines: tuple[str, ...]
