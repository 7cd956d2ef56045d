"""Amendments: a value of a provision becomes another while it runs.

In: amendments, settled with all other writes of their occasion, or asked for as acts. Out: entries `N.amended`; whoever reads the value
next reads the new one.

A value is a generated function, and many may hold it (a step, a rule, a norm). An amended one is given the code of the new: so nobody has
to be told, and nobody who reads values asks whether they were amended. It draws where the old one drew, so no other luck moves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import FunctionType
from typing import Any

from sim.engine import program as p
from sim.engine import record as r
from sim.engine.acts import Acts
from sim.engine.kernel import Kernel
from sim.engine.procedures import Procedures
from sim.engine.reactions import Act, Reactions
from sim.engine.record import Extra
from sim.engine.settle import LawWrite
from sim.engine.world import World

__all__ = ["Amendments"]


class Amendments:
    """The amendments of one run."""

    def __init__(
        self, world: World, kernel: Kernel, procedures: Procedures, acts: Acts, reactions: Reactions,
        reread: Callable[[str, p.ReadsProgram], None],
    ) -> None:  # fmt: skip
        self.world = world
        self.kernel = kernel
        self.procedures = procedures
        self.acts = acts
        self.reactions = reactions
        self.reread = reread

    def attempt(self, act: Act) -> None:
        """Somebody amends the law: judged now, and if it is not blocked it is a commit of its own."""
        effect, firing, (by, *_) = act
        law: Any = effect.program
        write = LawWrite(firing, effect, law.verb, None, by=by, is_act=True)
        if self.world.values[law.slot] == law.text:
            return
        if not self.acts.holds_back(write, law.shape, {"path": law.provision}):
            self.acts.commit(write)

    def apply(self, write: LawWrite) -> None:
        """A value becomes another; one that is so already is no change."""
        law: p.AmendProgram = write.effect.program
        world, firing = self.world, write.firing
        old = world.values[law.slot]
        if old == law.text:
            return
        world.values[law.slot] = law.text
        case, cause = r.origin_of(firing.entry)
        extra = replace(write.extra or Extra(), changes=((law.provision, old, law.text, "text"),))
        data = {"path": law.provision}
        path = write.effect.namer.name(firing.path)
        entry = world.record(law.shape, write.by, None, case, cause, firing.because, data, path, firing.k, extra)
        world.writers[law.slot] = entry[r.ID]
        if law.number is not None:
            self.count(law.provision, law.number)
        else:
            self.rewrite(law, write.pending, entry[r.ID])
        if law.reads is not None:
            self.reread(law.provision, law.reads)
        write.entry = entry
        if not write.is_act:
            self.kernel.ask_now(self.reactions.hear, entry)

    def rewrite(self, law: p.AmendProgram, pending: str, number: int) -> None:
        """Give the function of a value the code of another; with `finish` one that asks which the case at hand was opened under."""
        world = self.world
        held, new = world.function(world.program.amendable[law.provision]), world.function(law.to)
        if pending != "finish" or law.between is None:
            held.__code__ = new.__code__
            return
        old = FunctionType(held.__code__, world.space)
        if law.chooser in held.__code__.co_names:
            old = world.space[law.chooser]

        def chosen(now: int, entry: Any, case: Any, *drawn: Any) -> Any:
            function = old if case is not None and case.opened_id < number else new
            return function(now, entry, case, *drawn)

        world.space[law.chooser] = chosen
        held.__code__ = world.function(law.between).__code__

    def count(self, path: str, number: int) -> None:
        """How many cases a desk takes at a time, or a session decides."""
        section, name, *_ = path.split(".")
        if section == "actors":
            desk = self.procedures.desk(name)
            desk.capacity = number
            while desk.queue and desk.busy < desk.capacity:
                desk.busy += 1
                self.procedures.serve(desk)
            return
        steps = (step for procedure in self.procedures.table.values() for step in procedure.all_steps)
        for step in steps:
            if step.session is not None and f"{step.shape.rule}.meets.per_session" == path:
                step.session.per_session = number
