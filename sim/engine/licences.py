"""What is done to cases from outside: open cases are withdrawn.

In: effects on the cases of a procedure, writes or acts; law that takes its cases with it. Out: one entry for each case, in order of
opening: `P.withdrawn`.

Which cases are meant is read with all other values of the occasion. A write takes hold of all of them at the commit; an act comes in
a turn of its own for each, is judged there, and finds a case that has ended meanwhile as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sim.engine import program as p
from sim.engine import record as r
from sim.engine.acts import Acts
from sim.engine.bind import OnCases
from sim.engine.cases import CLOSED, Case
from sim.engine.holdings import Holdings
from sim.engine.kernel import CLOSINGS, Closing, Kernel
from sim.engine.procedures import Procedures
from sim.engine.reactions import Act, Effect, Firing
from sim.engine.record import RawEntry
from sim.engine.world import World

__all__ = ["Licences"]

Chosen = tuple[Effect, Firing, list[Case]]
"""A write on cases that were chosen when everything was read."""


class Licences:
    """What is done to the cases of one run."""

    def __init__(
        self, world: World, kernel: Kernel, procedures: Procedures, holdings: Holdings, acts: Acts, hear: Callable[[RawEntry], None]
    ) -> None:
        self.world = world
        self.kernel = kernel
        self.procedures = procedures
        self.standings = holdings.standings
        self.acts = acts
        self.hear = hear
        for procedure in procedures.table.values():
            valid = world.function(procedure.program.valid)
            if valid is not None:
                procedure.approved = partial(self.hold, valid, f"{procedure.program.path}.valid")

    def hold(self, valid: Any, path: str, case: Case) -> None:
        """An approved case is held for so long; the end of that is a closing, so it holds in its last instant."""
        now, standings = self.world.now, self.standings[case.procedure.program.id]
        delay = self.procedures.length(valid(now, None, case, case.path, case.k), path)
        expiry = Closing(lambda: case in standings, lambda: self.procedures.entries.conclude(case, "licence_expired", {}))
        self.kernel.ask(now + delay, expiry, self.kernel.closing, CLOSINGS)

    def bound(self, program: p.CasesProgram) -> OnCases:
        """An effect on cases, bound to the run."""
        meant = self.meant(program)
        if not program.is_act:
            return None, meant, self.write
        who = self.world.function(program.values)

        def values(now: int, entry: Any, case: Any, path: str, k: int) -> tuple[Any, ...]:
            return (*who(now, entry, case, path, k)[:3], meant(now, entry))

        return values, None, self.attempt

    def meant(self, program: p.CasesProgram) -> Callable[[int, Any], list[Case]]:
        """The function of the cases that are meant: that of the event, or all for which `where` holds."""
        procedure = self.procedures.table[program.procedure]
        where = self.world.function(program.where)

        def at_hand(_: int, entry: Any) -> list[Case]:
            case = None if entry is None else entry[r.CASE]
            return [case] if case is not None and case.procedure is procedure and case.state != CLOSED else []

        def chosen(now: int, entry: Any) -> list[Case]:
            return procedure.open if where is None else [case for case in procedure.open if where(now, entry, case)]

        return at_hand if program.at_hand else chosen

    def about(self, law: p.LawProgram) -> Callable[[int, Any], list[Case]]:
        """The function of the cases that a change of law is about: which `finish` is for, or which it concerns alone."""
        assert law.procedure is not None
        procedure = self.procedures.table[law.procedure]
        keeps, where = self.world.function(law.keeps), self.world.function(law.for_case)

        def kept(now: int, entry: Any) -> list[Case]:
            return [case for case in procedure.cases if keeps(now, entry, case)]

        def concerned(now: int, entry: Any) -> list[Case]:
            if law.at_hand:
                case = None if entry is None else entry[r.CASE]
                return [case] if case is not None and case.procedure is procedure and case.state != CLOSED else []
            return [case for case in procedure.open if where(now, entry, case)]

        return concerned if law.concerns_some else kept

    def write(self, chosen: Chosen) -> None:
        """What is nobody's act takes hold of all cases at once; each entry is heard in a turn of its own."""
        effect, firing, cases = chosen
        program: Any = effect.program
        for case in cases:
            if case.state != CLOSED:
                entry = self.treat(case, program.shape, case.by, None, firing, named(effect, firing, case), None)
                if program.shape.event in self.acts.heard:
                    self.kernel.ask_now(self.hear, entry)

    def attempt(self, act: Act) -> None:
        """Somebody acts on cases: on each in a turn of its own."""
        effect, firing, (by, _, _, cases) = act
        for case in cases or ():
            self.kernel.ask_now(self.act_on, (effect, firing, by, case))

    def act_on(self, asked: tuple[Effect, Firing, str, Case]) -> None:
        """Somebody acts on a case: judged now, blocked or done."""
        effect, firing, by, case = asked
        if case.state == CLOSED:
            return
        program: Any = effect.program
        shape, path, to = program.shape, named(effect, firing, case), None if case.by == by else case.by
        extra = None
        if shape.event in self.acts.forbidden:
            extra = self.acts.judged(firing, shape, by, to, case, cause_of(firing), self.procedures.entries.told(case), path, None)
        entry = self.treat(case, shape, by, to, firing, path, extra)
        self.acts.duties.discharge(entry)
        self.acts.tell(entry)

    def treat(
        self, case: Case, shape: r.Shape, by: str | None, to: str | None, firing: Firing, path: str, extra: r.Extra | None
    ) -> RawEntry:
        """A case is withdrawn: unless that is blocked, it leaves whatever it is at; and it is logged."""
        data = self.procedures.entries.told(case)
        if extra is None or extra.status != "blocked":
            self.procedures.leave(case)
        return self.world.record(shape, by, to, case, cause_of(firing), firing.because, data, path, firing.k, extra)


def cause_of(firing: Firing) -> int:
    """The entry reacted to; the start, where time alone brought it about."""
    return 0 if firing.entry is None else int(firing.entry[r.ID])


def named(effect: Effect, firing: Firing, case: Case) -> str:
    """The name of what an effect does to one case."""
    return effect.namer.name(f"{firing.path} {case.key}")
