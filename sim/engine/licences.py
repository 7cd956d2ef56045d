"""Licences end, and cases are treated from outside: withdrawn, suspended, resumed, revoked.

In: approvals of procedures whose licences end; effects on the cases of a procedure, writes or acts. Out: one entry for each case, in
order of opening: `P.withdrawn`, `P.licence_suspended`, `P.licence_resumed`, `P.licence_revoked`; `P.licence_expired`.

Which cases are meant is read with all other values of the occasion. A write takes hold of all of them at the commit; an act comes in
a turn of its own for each, is judged there, and leaves alone a case that it no longer fits.
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
from sim.engine.reactions import Act, Chosen, Effect, Firing
from sim.engine.record import RawEntry
from sim.engine.world import World
from sim.errors import RunStopped
from sim.language.standings import HELD, OPEN, SUSPENDED

__all__ = ["Licences"]

ITSELF = "case"
"""Why a case stands still that is suspended itself."""
ENDING = ("withdraw", "revoke")


class Licences:
    """The licences of one run, and what is done to cases from outside."""

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
        expire = partial(self.procedures.entries.conclude, case, "licence_expired", {}, case.last)
        expiry = Closing(lambda: case in standings, expire)
        self.kernel.ask(now + delay, expiry, self.kernel.closing, CLOSINGS)

    # which cases are meant

    def bound(self, program: p.CasesProgram) -> OnCases:
        """An effect on cases, bound to the run."""
        meant = self.meant(program)
        if not program.is_act:
            return None, meant, self.write
        who = self.world.function(program.values)

        def values(now: int, entry: Any, case: Any, path: str, k: int) -> tuple[Any, ...]:
            return (*who(now, entry, case, path, k)[:3], [one for one in meant(now, entry) if self.fits(program.verb, one)])

        return values, None, self.attempt

    def meant(self, program: p.CasesProgram) -> Callable[[int, Any], list[Case]]:
        """The function of the cases that are meant, open or licences: that of the event, or all for which `where` holds."""
        standings = self.standings[program.procedure]
        where = self.world.function(program.where)

        def at_hand(_: int, entry: Any) -> list[Case]:
            case = None if entry is None else entry[r.CASE]
            return [case] if case in standings else []

        def chosen(now: int, entry: Any) -> list[Case]:
            return [case for case in standings if where is None or where(now, entry, case)]

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

    def fits(self, verb: str, case: Case) -> bool:
        """Whether this can be done to a case as it is now."""
        standing = self.standings[case.procedure.program.id].get(case)
        match verb:
            case "withdraw":
                return standing == OPEN
            case "suspend":
                return standing == HELD or (standing == OPEN and case.refused_at is None and not self.stands_still(case))
            case "resume":
                return standing == SUSPENDED or (standing == OPEN and self.stands_still(case))
        return standing in (HELD, SUSPENDED)

    def stands_still(self, case: Case) -> bool:
        """Whether an open case is suspended itself."""
        return ITSELF in self.procedures.rest.halted.get(case, ())

    # writes

    def write(self, chosen: list[Chosen]) -> None:
        """What is nobody's act takes hold of all cases at once; each entry is heard in a turn of its own."""
        ended = self.agreed(chosen)
        for effect, firing, cases in chosen:
            program: Any = effect.program
            fitting = [case for case in cases if self.fits(program.verb, case) and (program.verb in ENDING or case not in ended)]
            self.treat(program.verb, fitting)
            entries = []
            for case in fitting:
                entry = self.log(case, program, case.by, None, firing, named(effect, firing, case), None)
                entries.append(entry)
                if program.verb != "resume":
                    self.tell(program, entry)
            if program.verb == "resume":
                self.go_on(fitting)
                for entry in entries:
                    self.tell(program, entry)

    def agreed(self, chosen: list[Chosen]) -> set[Case]:
        """The cases that one occasion ends, which goes before suspending and resuming; these two exclude one another."""
        seen: dict[Case, tuple[str, Firing]] = {}
        ended: set[Case] = set()
        for effect, firing, cases in chosen:
            program: Any = effect.program
            if program.verb in ENDING:
                ended.update(case for case in cases if self.fits(program.verb, case))
                continue
            for case in cases:
                verb, other = seen.setdefault(case, (program.verb, firing))
                if verb != program.verb:
                    both = sorted(((program.verb, firing.reactor.path), (verb, other.reactor.path)))
                    said = ", ".join(f"{rule} {does}s it" for does, rule in both)
                    on = "" if firing.entry is None else f" (on entry {firing.entry[r.ID]})"
                    text = f"the case {case.key} of {program.procedure}: {said}{on}"
                    raise RunStopped("E501", text, firing.reactor.path, self.world.now)
        return ended

    # acts

    def attempt(self, act: Act) -> None:
        """Somebody acts on cases: on each in a turn of its own."""
        effect, firing, (by, _, _, cases) = act
        for case in cases or ():
            self.kernel.ask_now(self.act_on, (effect, firing, by, case))

    def act_on(self, asked: tuple[Effect, Firing, str, Case]) -> None:
        """Somebody acts on a case: judged now, blocked or done."""
        effect, firing, by, case = asked
        program: Any = effect.program
        if not self.fits(program.verb, case):
            return
        path, to = named(effect, firing, case), None if case.by == by else case.by
        extra = None
        if program.shape.event in self.acts.forbidden:
            data = self.told(case, program.verb)
            extra = self.acts.judged(firing, program.shape, by, to, case, r.origin_of(firing.entry)[1], data, path, None)
        is_done = extra is None or extra.status != "blocked"
        if is_done:
            self.treat(program.verb, [case])
        entry = self.log(case, program, by, to, firing, path, extra)
        self.acts.duties.discharge(entry)
        if program.verb == "resume" and is_done:
            self.go_on([case])
        self.acts.tell(entry)

    # what is done

    def treat(self, verb: str, cases: list[Case]) -> None:
        """Open cases leave whatever they are at, or stand still. What becomes of licences is told by the entries alone."""
        if verb == "withdraw":
            for case in cases:
                self.procedures.leave(case)
        elif verb == "suspend" and (open_ones := self.open_of(cases)):
            self.procedures.rest.halt(open_ones, ITSELF)

    def go_on(self, cases: list[Case]) -> None:
        """Open cases that were suspended go on, when their entries are logged: what follows at once follows from these."""
        if open_ones := self.open_of(cases):
            self.procedures.rest.release(open_ones, ITSELF)

    def open_of(self, cases: list[Case]) -> list[Case]:
        return [case for case in cases if self.standings[case.procedure.program.id][case] == OPEN]

    def tell(self, program: p.CasesProgram, entry: RawEntry) -> None:
        """An entry is heard in a turn of its own, if anybody listens to it."""
        if program.shape.event in self.acts.heard:
            self.kernel.ask_now(self.hear, entry)

    def log(
        self, case: Case, program: p.CasesProgram, by: str | None, to: str | None, firing: Firing, path: str, extra: r.Extra | None
    ) -> RawEntry:
        """What was done to a case, or was to be done."""
        data, cause = self.told(case, program.verb), r.origin_of(firing.entry)[1]
        entry = self.world.record(program.shape, by, to, case, cause, firing.because, data, path, firing.k, extra)
        if extra is None or extra.status != "blocked":
            case.last = entry[r.ID]
        return entry

    def told(self, case: Case, verb: str) -> dict[str, Any] | None:
        """What an entry says of a case: of one that is withdrawn how far it came, of one suspended or resumed whether it is a licence."""
        if verb == "withdraw":
            return self.procedures.entries.told(case)
        return None if verb == "revoke" else {"held": self.standings[case.procedure.program.id].get(case) != OPEN}


def named(effect: Effect, firing: Firing, case: Case) -> str:
    """The name of what an effect does to one case."""
    return effect.namer.name(f"{firing.path} {case.key}")
