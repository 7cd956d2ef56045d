"""Settlement: all writes of one occasion become one commit.

In: what the rules that fired on one occasion set and add, and how they change the law. Out: new values, one `change` entry for each firing
that wrote, law entries; or a stop that names the two rules that cannot both be right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sim.engine import program as p
from sim.engine import record as r
from sim.engine.record import Extra, RawEntry
from sim.engine.world import World
from sim.errors import RunStopped
from sim.sums import total

__all__ = ["LawWrite", "Settlement", "Write", "slots_of"]


@dataclass(slots=True)
class Write:
    """One value on its way into the world: which slot, by which firing and effect, set or added."""

    slot: int
    firing: Any
    effect: Any
    adds: bool
    value: Any


@dataclass(slots=True)
class LawWrite:
    """A change of the law on its way: by which firing and effect, how, from when and until when (`terms`), and by whom.

    What comes by itself later follows from an entry (`origin`), after which it is named, and may have another cause and reason. `meant`
    are the cases that it is about, where it is not about all: those that `finish` is for, or those it concerns alone. An act (`is_act`) is
    heard in its own turn, by whom it is done; `entry` is what it came to.
    """

    firing: Any
    effect: Any
    verb: str
    terms: tuple[int | None, int | None] | None
    by: str | None = None
    origin: RawEntry | None = None
    cause: int = 0
    because: Any = None
    extra: Extra | None = None
    pending: str = ""
    meant: list[Any] | None = None
    is_act: bool = False
    entry: RawEntry | None = None

    def __post_init__(self) -> None:
        self.pending = self.pending or self.effect.program.pending

    @property
    def begins(self) -> int | None:
        """The date from which it is to be in force; None for now."""
        return self.terms[0] if self.terms is not None and self.origin is None else None

    @property
    def ends(self) -> int | None:
        """The date until which it is to last; None where none is known."""
        return self.terms[1] if self.terms is not None else None

    @property
    def ends_when(self) -> p.ConditionProgram | None:
        """The condition that ends it."""
        ends: p.ConditionProgram | None = self.effect.program.ends_when
        return ends if self.verb == self.effect.program.verb else None


CLAUSES = ("finish", "join", "return", "restart", "withdraw")
"""Pending clauses; where one change has several, the last of these outranks the others."""


def slots_of(law: p.LawProgram | p.BeginProgram | p.AmendProgram) -> tuple[int, ...]:
    """The slots that a change of law, or the beginning of a duty, may write."""
    if isinstance(law, p.BeginProgram):
        return (law.running,)
    if isinstance(law, p.AmendProgram):
        return (law.slot,)
    return tuple(slot for slot in (law.slot, law.suspended, law.running) if slot is not None)


class Settlement:
    """Settles and commits the writes of one run."""

    def __init__(self, world: World, apply_law: Callable[[LawWrite], None]) -> None:
        self.world = world
        self.apply_law = apply_law

    def commit(self, firings: list[Any], writes: list[Write], laws: list[LawWrite]) -> None:
        """Settle everything, commit it together, then log firing by firing: its change, then the law it makes."""
        values = self.world.values
        plan: dict[int, list[Write]] = {}
        for write in writes:
            plan.setdefault(write.slot, []).append(write)
        changed = {slot: (values[slot], self.settled(slot, given)) for slot, given in sorted(plan.items())}
        for slot, (_, value) in changed.items():
            values[slot] = value
        self.agree(laws)
        for firing in firings:
            own = [write for write in writes if write.firing is firing]
            if own:
                self.log_change(firing, own, changed, plan)
            for law in laws:
                if law.firing is firing:
                    self.apply_law(law)

    def settled(self, slot: int, given: list[Write]) -> Any:
        """The one value that several writes come to."""
        program = self.world.program.slots[slot]
        adds = [write.value for write in given if write.adds]
        if adds and len(adds) < len(given):
            setter = next(write for write in given if not write.adds)
            adder = next(write for write in given if write.adds)
            said = f"{setter.firing.reactor.path} sets it, {adder.firing.reactor.path} adds to it"
            raise self.conflict(program.text, said, adder.firing, "")
        value = total([self.world.values[slot], *adds]) if adds else self.set_to(program, given)
        self.world.fits(value, given[0].effect.program.path)
        if program.low is not None and value < program.low:
            value = program.low
        if program.high is not None and value > program.high:
            value = program.high
        return value

    def set_to(self, program: p.SlotProgram, given: list[Write]) -> Any:
        """Among `set`s the highest priority counts; equal ones agree."""
        highest = max(write.firing.reactor.priority for write in given)
        first, *others = [write for write in given if write.firing.reactor.priority == highest]
        for other in others:
            if other.value != first.value:
                said = f"{first.firing.reactor.path} sets {shown(first.value)}, {other.firing.reactor.path} sets {shown(other.value)}"
                both = first.firing is other.firing
                raise self.conflict(program.text, said, other.firing, "" if both else "; give one a priority")
        return first.value

    def agree(self, laws: list[LawWrite]) -> None:
        """A provision changes in one way on one occasion, and once; of several pending clauses the strictest counts."""
        seen: dict[str, LawWrite] = {}
        for law in laws:
            if isinstance(law.effect.program, p.BeginProgram):
                continue
            provision = law.effect.program.provision
            other = seen.setdefault(provision, law)
            if other is law:
                continue
            rule, path = other.firing.reactor.path, law.firing.reactor.path
            if other.verb != law.verb:
                said = ", ".join(f"{one} {change}s it" for change, one in sorted([(other.verb, rule), (law.verb, path)]))
                raise self.conflict(provision, said, law.firing, "")
            if law.verb == "amend" and other.effect.program.text != law.effect.program.text:
                texts = (f"{one.firing.reactor.path} amends it to {one.effect.program.text}" for one in (other, law))
                raise self.conflict(provision, ", ".join(texts), law.firing, "")
            if other.terms != law.terms or other.ends_when is not law.ends_when:
                raise self.conflict(provision, f"{rule} and {path} {law.verb} it from or until different dates", law.firing, "")
            other.pending = law.pending = max(other.pending, law.pending, key=CLAUSES.index)

    def conflict(self, what: str, said: str, firing: Any, remedy: str) -> RunStopped:
        on = f" (on entry {firing.entry[r.ID]})" if firing.entry is not None else ""
        return RunStopped("E501", f"{what}: {said}{on}{remedy}", firing.reactor.path, self.world.now)

    def log_change(self, firing: Any, own: list[Write], changed: dict[int, tuple[Any, Any]], plan: dict[int, list[Write]]) -> None:
        """One entry for all that a firing sets or adds; where a rule of higher priority decided, it says so."""
        world, reactor, entry = self.world, firing.reactor, firing.entry
        lost: list[p.SlotProgram] = []
        kept: list[p.SlotProgram] = []
        for write in own:
            outranked = not write.adds and any(other.firing.reactor.priority > reactor.priority for other in plan[write.slot])
            (lost if outranked else kept).append(world.program.slots[write.slot])
        changes = tuple((slot.path, *changed[write.slot], slot.type) for write in own if (slot := world.program.slots[write.slot]) in kept)
        # an effect that came alone, after a delay of its own, has its own name
        namer = reactor.change_namer if firing.effects is reactor.effects else firing.effects[0].namer
        case, cause = r.origin_of(entry)
        logged = world.record(
            reactor.change, None, None, case, cause, firing.because,
            {"overruled": " ".join(sorted(slot.text for slot in lost))} if lost else None, namer.name(firing.path), firing.k,
            Extra(changes=changes) if changes else None,
        )  # fmt: skip
        for write in own:
            if world.program.slots[write.slot] in kept:
                world.writers[write.slot] = logged[r.ID]


def shown(value: Any) -> str:
    """A value in a message."""
    return ("true" if value else "false") if isinstance(value, bool) else f"{value}"
