"""Law in motion: provisions come into force and go out of it while cases are under way.

In: law writes, settled with all other writes of their occasion. Out: entries `N.enacted`, `N.repealed`, and pending cases treated.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.engine import pending
from sim.engine import program as p
from sim.engine import record as r
from sim.engine.kernel import Kernel
from sim.engine.procedures import Procedures
from sim.engine.reactions import Effect, Firing
from sim.engine.record import Extra, RawEntry
from sim.engine.world import World

__all__ = ["Law"]


class Law:
    """What is in force in one run."""

    def __init__(self, world: World, kernel: Kernel, procedures: Procedures, hear: Callable[[RawEntry], None]) -> None:
        self.world = world
        self.kernel = kernel
        self.procedures = procedures
        self.hear = hear

    def apply(self, effect: Effect, firing: Firing) -> None:
        """Enact or repeal a provision. Enacting what is in force renews it; repealing what is not does nothing."""
        law = effect.program
        assert isinstance(law, p.LawProgram)
        was = self.world.values[law.slot]
        if not law.enacts and not was:
            return
        self.world.values[law.slot] = law.enacts
        cause = firing.entry[r.ID] if firing.entry is not None else 0
        case = firing.entry[r.CASE] if firing.entry is not None else None
        data = {"renewed": was} if law.enacts else None
        extra = None if was == law.enacts else Extra(changes=((f"in_force.{law.provision}", was, law.enacts, "flag"),))
        entry = self.world.record(law.shape, None, None, case, cause, firing.because, data, effect.namer.name(firing.path), firing.k, extra)
        self.world.writers[law.slot] = entry[r.ID]
        if law.procedure is not None and law.step is not None and was != law.enacts:
            treat = pending.enacted if law.enacts else pending.repealed
            treat(self.procedures, law.procedure, law.step, law.pending)
        self.kernel.ask_now(self.hear, entry)
