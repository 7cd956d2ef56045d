"""Law in motion: provisions come into force, rest, and go out of force while cases are under way.

In: law writes, settled with all other writes of their occasion. Out: entries `N.enacted`, `N.suspended`, `N.resumed`, `N.repealed`,
and pending cases treated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.engine import pending
from sim.engine import program as p
from sim.engine import record as r
from sim.engine.duties import Duties
from sim.engine.kernel import Kernel
from sim.engine.procedures import Procedures
from sim.engine.reactions import Effect, Firing
from sim.engine.record import Extra, RawEntry
from sim.engine.world import World

__all__ = ["Law"]

BECOMES = {"enact": (True, False), "suspend": (False, True), "resume": (True, False), "repeal": (False, False)}
"""Whether a provision is in force, and whether it is suspended, after each change."""


class Law:
    """What is in force in one run."""

    def __init__(self, world: World, kernel: Kernel, procedures: Procedures, duties: Duties, hear: Callable[[RawEntry], None]) -> None:
        self.world = world
        self.kernel = kernel
        self.procedures = procedures
        self.duties = duties
        self.hear = hear

    def apply(self, effect: Effect, firing: Firing) -> None:
        """Change a provision. Enacting what is alive renews it; what changes nothing is no entry."""
        law = effect.program
        assert isinstance(law, p.LawProgram)
        was = self.state(law)
        becomes = BECOMES[law.verb]
        if law.verb != "enact" and (was == becomes or (law.verb in ("suspend", "resume") and not any(was))):
            return
        entry = self.record(law, effect, firing, was, becomes)
        self.duties.follow(law.verb, law.provision, entry)
        self.treat(law, was)
        self.kernel.ask_now(self.hear, entry)

    def state(self, law: p.LawProgram) -> tuple[bool, bool]:
        """Whether a provision is in force, and whether it is suspended."""
        values = self.world.values
        return values[law.slot], law.suspended is not None and values[law.suspended]

    def record(self, law: p.LawProgram, effect: Effect, firing: Firing, was: tuple[bool, bool], becomes: tuple[bool, bool]) -> RawEntry:
        """Write what a provision becomes, and log it."""
        world = self.world
        changes = []
        for slot, old, new in zip((law.slot, law.suspended), was, becomes, strict=True):
            if slot is not None and old != new:
                world.values[slot] = new
                changes.append((world.program.slots[slot].path, old, new, "flag"))
        trigger = firing.entry
        cause, case = (0, None) if trigger is None else (trigger[r.ID], trigger[r.CASE])
        data: dict[str, Any] | None = {"renewed": any(was)} if law.verb == "enact" else None
        changes += self.duties.changes(law.verb, law.provision)
        extra = Extra(changes=tuple(changes)) if changes else None
        entry = world.record(law.shape, None, None, case, cause, firing.because, data, effect.namer.name(firing.path), firing.k, extra)
        world.writers[law.slot] = entry[r.ID]
        if law.suspended is not None and was[1] != becomes[1]:
            world.writers[law.suspended] = entry[r.ID]
        return entry

    def treat(self, law: p.LawProgram, was: tuple[bool, bool]) -> None:
        """What a change means for the cases under way."""
        if law.procedure is None:
            return
        procedure, rest = self.procedures.table[law.procedure], self.procedures.rest
        step = None if law.step is None else next(one for one in procedure.all_steps if one.id == law.step)
        if law.verb == "suspend":
            rest.suspend(procedure, step, finish=law.pending == "finish")
        elif step is not None and law.verb == "enact" and not any(was):
            pending.enacted(self.procedures, procedure, step, law.pending)
        elif step is not None and law.verb == "repeal":
            pending.repealed(self.procedures, procedure, step, law.pending)
        if was[1]:
            rest.resume(procedure, step)
