"""Acts: whether an act may happen, and what it does when it does.

In: acts asked for by rules, options and the timeline. Out: one entry each, done, blocked or in violation, and what follows
from it. An act is judged at its own turn, by the law made by the entries above it.

What kind of act it is (an event, an opening; a claim, a decision elsewhere) is known when its rule is bound: nobody asks here.
"""

from __future__ import annotations

from typing import Any

from sim.engine import record as r
from sim.engine.duties import Duties
from sim.engine.kernel import Kernel
from sim.engine.norms import Norms
from sim.engine.procedures import Procedures
from sim.engine.reactions import Act, Effect, Firing, Reactions
from sim.engine.record import Extra, RawEntry
from sim.engine.settle import LawWrite
from sim.engine.world import World

__all__ = ["Acts"]


class Acts:
    """The acts and norms of one run."""

    def __init__(self, world: World, kernel: Kernel, procedures: Procedures, duties: Duties, reactions: Reactions) -> None:
        self.world = world
        self.kernel = kernel
        self.procedures = procedures
        self.reactions = reactions
        self.hear = reactions.hear
        self.heard = reactions.plain
        self.norms = Norms(world)
        self.forbidden = self.norms.by_event
        self.duties = duties
        self.entered = self.logged_and_discharging if duties.table else self.logged

    def emit(self, act: Act) -> None:
        """An event is to happen."""
        effect, firing, (by, to, via, data) = act
        self.tell(self.entered(effect, firing, by, to, via, data, firing.because))

    def open(self, act: Act) -> None:
        """A case is to be opened; where its procedure is not in force, it is blocked."""
        effect, firing, (by, to, _, data) = act
        program: Any = effect.program
        trigger, shape = firing.entry, program.shape
        case, cause = (None, 0) if trigger is None else (trigger[r.CASE], trigger[r.ID])
        path, k = effect.namer.name(firing.path), firing.k
        procedure = self.world.program.procedures[program.procedure]
        extra = None
        if by is not None and shape.event in self.forbidden:
            extra = self.judged(firing, shape, by, to, case, cause, data, path, None)
        if not self.world.values[procedure.in_force]:
            extra = Extra("blocked", (procedure.id,))
        if extra is not None and extra.status == "blocked":
            self.hear(self.world.record(shape, by, to, case, cause, firing.because, data, path, k, extra))
            return
        opened = self.procedures.new_case(procedure.id, by, data or {}, path, k)
        entry = self.world.record(shape, by, to, opened, cause, firing.because, data, path, k, extra)
        if self.duties.table:
            self.duties.discharge(entry)
        heard = extra is not None or shape.event in self.heard
        self.procedures.begin(opened, entry, alone=not heard)
        if heard:
            self.hear(entry)

    def logged_and_discharging(
        self, effect: Effect, firing: Firing, by: str | None, to: str | None, via: str | None, data: dict[str, Any] | None, because: Any
    ) -> RawEntry:
        """Judge an act and log it; it may be what somebody owed."""
        entry = self.logged(effect, firing, by, to, via, data, because)
        self.duties.discharge(entry)
        return entry

    def logged(
        self, effect: Effect, firing: Firing, by: str | None, to: str | None, via: str | None, data: dict[str, Any] | None, because: Any
    ) -> RawEntry:
        """Judge an act and log it."""
        program: Any = effect.program
        trigger, shape = firing.entry, program.shape
        case, cause = (None, 0) if trigger is None else (trigger[r.CASE], trigger[r.ID])
        path, k = effect.namer.name(firing.path), firing.k
        extra = None if via is None else Extra(via=via)
        if by is not None and shape.event in self.forbidden:
            extra = self.judged(firing, shape, by, to, case, cause, data, path, extra)
        return self.world.record(shape, by, to, case, cause, because, data, path, k, extra)

    def tell(self, entry: RawEntry) -> None:
        """Let an act be heard."""
        if entry[r.EXTRA] is not None or entry[r.SHAPE].event in self.heard:
            self.hear(entry)

    def holds_back(self, write: LawWrite, shape: r.Shape, data: dict[str, Any] | None) -> bool:
        """Whether a norm holds back somebody who changes the law; that is logged and heard. What is a violation is noted in the write."""
        firing, by = write.firing, write.by
        if by is None or shape.event not in self.forbidden:
            return False
        case, cause = r.origin_of(firing.entry)
        path = write.effect.namer.name(firing.path)
        write.extra = self.judged(firing, shape, by, None, case, cause, data, path, None)
        if write.extra is None or write.extra.status != "blocked":
            return False
        self.hear(self.world.record(shape, by, None, case, cause, firing.because, data, path, firing.k, write.extra))
        return True

    def commit(self, write: LawWrite) -> None:
        """Somebody changes the law: a commit of its own. It may be what somebody owed; an act is heard now."""
        self.reactions.commit([write.firing], [], [write])
        if write.entry is None:
            return
        self.duties.discharge(write.entry)
        if write.is_act:
            self.tell(write.entry)

    def judged(
        self, firing: Firing, shape: r.Shape, by: str, to: str | None, case: Any, cause: int, data: Any, path: str, extra: Extra | None
    ) -> Extra | None:
        """What becomes of an act that some norm may forbid. What the timeline brings is never blocked."""
        world = self.world
        draft = (len(world.log), world.now, shape, by, to, case, cause, None, data, path, firing.k, extra)
        return self.norms.judged(draft, never_blocked=firing.reactor.is_timeline)
