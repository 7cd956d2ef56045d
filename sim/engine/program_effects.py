"""The program of effects and conditions: what rules, options and the timeline bring about, and what is waited for.

In: nothing. Out: frozen records, part of a `Program`, in which every expression is the name of a generated function.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sim.engine.record import Shape

__all__ = [
    "ActProgram", "AmendProgram", "AskedProgram", "BeginProgram", "CasesProgram", "ClaimProgram", "ConditionProgram", "DecideProgram",
    "EffectProgram", "EmitProgram", "LAW_WORDS", "LawProgram", "OpenProgram", "PairProgram", "ReadsProgram", "WriteProgram",
]  # fmt: skip

LAW_WORDS = {"enact": "enacted", "suspend": "suspended", "resume": "resumed", "repeal": "repealed", "expire": "expired"}
"""Under what changes of provisions are heard."""


@dataclass(frozen=True, slots=True)
class AskedProgram:
    """Entries that a condition asks about: those of a selector with these actors, a constant or the function `find`; the function of how
    wide its window is."""

    selector: int
    key: Any
    find: str | None
    within: str | None


@dataclass(frozen=True, slots=True)
class PairProgram:
    """Two ramps compared: the functions of both sides, and of how fast their difference grows (per µs)."""

    operator: str
    sides: str
    slope: str


@dataclass(frozen=True, slots=True)
class ConditionProgram:
    """A flag that is followed, and all that it reads.

    `flag` is its function; where ramps are compared (`pairs`) it takes one more argument, which compares them. `slots` and
    `attributes` (table and function of the owner) are values, `asked` is history. `label` begins the names of what its turning
    brings about; `rule` is the number of the rule it triggers, -1 if something else waits for it. `order` is its place among those that
    turn together: triggers by priority and path, facts, then what waits, as it came.
    `is_moving`: it may turn before anything happens. `reads` gives what it read, but what the guard of its rule reads.
    """

    path: str
    label: str
    rule: int
    order: tuple[int, float, int]
    flag: str
    pairs: tuple[PairProgram, ...]
    slots: tuple[int, ...]
    attributes: tuple[tuple[str, str], ...]
    asked: tuple[AskedProgram, ...]
    is_moving: bool
    lasts: str | None
    reads: str | None
    reads_names: tuple[str, ...]
    reads_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadsProgram:
    """What weights read: as in a rule; `function` None: nothing."""

    function: str | None
    names: tuple[str, ...]
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EffectProgram:
    """What all effects share. `label` is the effect's part in names; `guard` and `after` are functions' names, or what is waited for."""

    path: str
    label: str
    guard: str | None
    after: str | ConditionProgram | None


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
class CasesProgram(ActProgram):
    """Something is done to cases: those for which `where` holds, or (`at_hand`) that of the event; `is_act` if somebody does it."""

    verb: str
    procedure: str
    at_hand: bool
    where: str | None
    is_act: bool


@dataclass(frozen=True, slots=True)
class ClaimProgram(ActProgram):
    """A statement is claimed."""

    statement: str
    says: bool | None


@dataclass(frozen=True, slots=True)
class DecideProgram(ActProgram):
    """A decision is taken."""

    decision: str


@dataclass(frozen=True, slots=True)
class LawProgram(EffectProgram):
    """A provision changes: `verb` says how, `shapes` are those of the entries that may follow, by their words.

    `suspended` is its other flag, where it has one, and `running` whether a duty of it runs, where it obliges. `terms` is the function
    of the dates from which and until which; `ends_when` a condition instead of the second. With `values` (by, and these dates) it is
    an act. `keeps` is the function of the cases that `finish` is for, `for_case` that of those it concerns alone; `at_hand`: the one
    of the event.
    """

    verb: str
    shapes: Mapping[str, Shape]
    provision: str
    slot: int
    suspended: int | None
    running: int | None
    pending: str
    procedure: str | None
    step: str | None
    terms: str | None
    ends_when: ConditionProgram | None
    values: str | None
    keeps: str | None
    for_case: str | None
    at_hand: bool

    @property
    def chooses(self) -> bool:
        """Whether it is about some cases and not about others."""
        return self.keeps is not None or self.concerns_some

    @property
    def concerns_some(self) -> bool:
        """Whether it is made for some cases alone."""
        return self.for_case is not None or self.at_hand


@dataclass(frozen=True, slots=True)
class BeginProgram(EffectProgram):
    """A trigger begins a duty of a norm, which a `change` tells."""

    norm: str
    running: int
    change: Shape
    verb: ClassVar[str] = "begin"
    pending: ClassVar[str] = ""
    ends_when: ClassVar[None] = None


@dataclass(frozen=True, slots=True)
class AmendProgram(EffectProgram):
    """The value at a path (`provision`) becomes another: the function `to`, or a whole `number`; `text` as written.

    With `pending` finish cases opened before keep what was: then `between` is the function that tells them apart, by calling `chooser`.
    With `values` (by) it is an act. `reads` is what the new weight of an option reads.
    """

    shape: Shape
    provision: str
    slot: int
    reads: ReadsProgram | None
    to: str | None
    number: int | None
    text: str
    pending: str
    between: str | None
    chooser: str
    values: str | None
    verb: ClassVar[str] = "amend"
    ends_when: ClassVar[None] = None
