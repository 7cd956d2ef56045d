"""The reference, procedures: cases, desks, sessions, time limits, and what a change of law means for cases under way.

In: a run (`Reference`). Out: the entries of its cases (decisions 25-31, 47).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from sim.language import scenario as s
from tests.naive import Wrong
from tests.reference.ground import ACTS, AFTERWARDS, CLOSINGS, SESSIONS, WAITS, Case, Clock, Line, Visit, Watch, digest
from tests.reference.law import Change, strictest

if TYPE_CHECKING:
    from tests.reference.interpreter import Reference

__all__ = ["Casework"]


class Casework:
    """All cases of a run."""

    def __init__(self, run: Reference) -> None:
        self.run = run
        self.cases: list[Case] = []
        self.desks: dict[str, list[Visit]] = {}
        self.sessions: dict[str, list[Visit]] = {}
        self.line: list[Visit] = []
        self.standing: list[Visit] = []
        self.going = False
        self.pausing = False
        self.arrived = 0

    def begin(self) -> None:
        """The timetables of bodies that meet."""
        steps = [step for procedure in self.run.scenario.procedures.values() for one in procedure.steps for step in (one, *one.branches)]
        for step in sorted(steps, key=lambda step: step.path):
            meets, waiting = step.meets, self.sessions.setdefault(step.path, [])
            waited_for = partial(bool, waiting)
            if meets is None:
                continue
            for date in meets.dates:
                self.run.ask(date, SESSIONS, partial(self.session, step), counts=waited_for)
            if meets.every is not None:
                first, instant = self.run.first_of(meets.every, f"{step.path}.meets")
                self.run.ask(instant, SESSIONS, partial(self.meet, step, meets.every, first), counts=waited_for)

    def meet(self, step: s.Step, every: s.Every, k: int) -> None:
        """The k-th session of a body that meets again and again."""
        following = self.run.next_of(every, f"{step.path}.meets", k + 1, self.run.now)
        self.run.ask(following, SESSIONS, partial(self.meet, step, every, k + 1), counts=partial(bool, self.sessions[step.path]))
        self.session(step)

    def session(self, step: s.Step) -> None:
        assert step.meets is not None
        waiting = self.sessions[step.path]
        for visit in waiting[: self.run.law.now(f"{step.path}.meets.per_session", step.meets.per_session)]:
            waiting.remove(visit)
            visit.work = Clock(0, ACTS, lambda visit=visit: self.decide(visit))  # type: ignore[misc]
            self.wind(visit, visit.work)

    # ---- the course of a case: 25, 26, 29-31

    def opened(self, procedure: str, line: Line) -> Case:
        case = Case(self.run.scenario.procedures[procedure], line.name, dict(line.case or {}), len(self.run.lines), line)
        self.cases.append(case)
        return case

    def start(self, case: Case) -> None:
        if case.procedure.deadline is not None:
            self.clock(case, self.run.drawn(case.procedure.deadline, case.name, None, case), CLOSINGS, lambda: self.too_late(case))
        self.soon(case)

    def soon(self, case: Case) -> None:
        self.run.soon(lambda: self.go(case))

    def clock(self, holder: Case | Visit, length: int, phase: int, turn: Callable[[], None]) -> None:
        """Something that comes when so much time has passed, in which its holder does not stand still."""
        self.wind(holder, Clock(length, phase, turn))

    def wind(self, holder: Case | Visit, clock: Clock) -> None:
        holder.clocks.append(clock)
        clock.due, clock.wound = self.run.now + clock.left, clock.wound + 1
        wound = clock.wound

        def strike() -> None:
            if clock in holder.clocks and clock.wound == wound:
                holder.clocks.remove(clock)
                clock.turn()

        at = clock.due
        self.run.ask(at, clock.phase, strike, lambda: clock in holder.clocks and clock.wound == wound)

    def suspended(self, name: str) -> bool:
        return bool(self.run.values.get(f"suspended.{name}", False))

    def rests(self, case: Case, *steps: s.Step | None) -> bool:
        """Whether a case stands still, wherever it is or at one of these steps."""
        names = [case.procedure.id, *(f"{case.procedure.id}.{step.id}" for step in steps if step is not None)]
        return case.halted or any(self.suspended(name) and name not in case.kept | case.imposed for name in names)

    def binds(self, case: Case, step: s.Step) -> bool:
        short = f"{case.procedure.id}.{step.id}"
        if not (self.run.values[f"in_force.{short}"] or self.suspended(short) or short in case.kept | case.imposed):
            return False
        if short in case.exempt or short in case.passed:
            return False
        return step.needed is None or bool(self.run.value(step.needed, None, case))

    def go(self, case: Case) -> None:
        """To the next step that binds the case."""
        if case.done or case.at or self.rests(case):
            return
        for place, step in enumerate(case.procedure.steps):
            if place >= case.front and self.binds(case, step) and (not step.branches or self.branches(case, step)):
                case.front = place
                self.arrive(case, step)
                return
        self.end(case, "approved")

    def branches(self, case: Case, step: s.Step) -> list[s.Step]:
        return [branch for branch in step.branches if self.binds(case, branch)]

    def stamp(self) -> int:
        self.arrived += 1
        return self.arrived

    def arrive(self, case: Case, step: s.Step, around: Visit | None = None) -> None:
        visit = Visit(case, step, around, came=self.stamp())
        case.at.append(visit)
        visit.desk = self.run.value(step.by, None, case) if step.by is not None else None
        if self.rests(case, step, around.step if around else None):
            self.stand(visit)
        else:
            self.enter(visit)

    def enter(self, visit: Visit) -> None:
        """It is there, and does not stand still: this is a visit, and its time runs."""
        case, step, run = visit.case, visit.step, self.run
        visit.number = case.visits[step.id] = case.visits.get(step.id, 0) + 1
        if visit.number > 1000:
            raise Wrong("a case goes round for ever")
        if step.deadline is not None:
            self.clock(visit, run.drawn(step.deadline, visit.name, None, case), CLOSINGS, lambda: self.late(visit))
        if isinstance(step.waits, s.Quantity):
            self.clock(visit, run.drawn(step.waits, visit.name, None, case), ACTS, lambda: self.ready(visit))
        branches = self.branches(case, step)
        for branch in branches:
            self.arrive(case, branch, visit)
        if step.branches and not branches:
            self.leave(visit)
            case.front += 0.5
            self.soon(case)
        self.begin_at(visit)

    def begin_at(self, visit: Visit) -> None:
        """It waits, or need not wait (any more)."""
        if isinstance(visit.step.waits, s.Condition) and not visit.waited:
            self.wait(visit, visit.step.waits)
        elif not visit.step.branches and (visit.step.waits is None or visit.waited):
            self.ready(visit)

    def wait(self, visit: Visit, condition: s.Condition) -> None:
        """A wait for a condition: in order of arrival, one at a time."""
        watch = Watch(condition, (WAITS, 0.0, "", ""), lambda _: self.let_go(), case=visit.case, occasion=visit.name)
        visit.watch = watch
        self.line.append(visit)
        self.run.following.follow(watch)
        if watch.value:
            self.run.following.turn(watch)

    def let_go(self) -> None:
        """The first of those whose condition is true goes on; the next is looked at when all that follows at once has happened."""

        def one() -> None:
            self.going = False
            for visit in self.line:
                if visit.watch is not None and visit.watch.holds:
                    self.let_be(visit)
                    self.going = True
                    self.run.ask(self.run.now, AFTERWARDS, one)
                    self.ready(visit)
                    return

        if not self.going:
            self.going = True
            self.run.soon(one)

    def ready(self, visit: Visit) -> None:
        """What it waited for is over: to the session, or to the desk."""
        step, case = visit.step, visit.case
        if not visit.waited:
            visit.waited, visit.came = True, self.stamp()
        visit.desk = self.run.value(step.by, None, case) if step.by is not None else None
        visit.rank = self.run.value(step.queue, None, case) if step.queue is not None else 0.0
        if step.meets is not None:
            self.sessions[step.path].append(visit)
        elif visit.desk is None:
            self.work(visit)
        else:
            self.desks.setdefault(visit.desk, []).append(visit)
            self.serve(visit.desk)

    def serve(self, desk: str) -> None:
        if self.pausing:
            return
        capacity = self.run.law.now(f"actors.{desk}.capacity", self.run.scenario.actors[desk].capacity)
        there = self.desks.get(desk, [])
        while waiting := [visit for visit in there if not visit.begun]:
            if capacity is not None and len(there) - len(waiting) >= capacity:
                return
            self.work(max(waiting, key=lambda visit: visit.rank))

    def work(self, visit: Visit) -> None:
        visit.begun = visit.desk is not None
        takes = visit.left
        if takes is None:
            takes = self.run.drawn(visit.step.takes, visit.name, None, visit.case) if visit.step.takes is not None else 0
        if takes < 0:
            raise Wrong("work takes less than no time")
        visit.work = Clock(takes, ACTS, lambda: self.decide(visit))
        self.wind(visit, visit.work)

    def leave(self, visit: Visit) -> None:
        """A visit is over, and all within it; its slot is free, and goes to the head of the queue."""
        for other in [one for one in visit.case.at if one.around is visit]:
            self.leave(other)
        visit.case.at.remove(visit)
        visit.clocks.clear()
        self.let_be(visit)

    def let_be(self, visit: Visit) -> None:
        """Out of session, wait and queue; its slot goes to the next."""
        for line in (self.sessions[visit.step.path], self.line, self.standing):
            if visit in line:
                line.remove(visit)
        if visit.watch is not None:
            self.run.following.drop(visit.watch)
            visit.watch = None
        if visit.desk is not None and visit in self.desks.get(visit.desk, []):
            self.desks[visit.desk].remove(visit)
            self.serve(visit.desk)

    # ---- standing still: 46

    def stand(self, visit: Visit) -> None:
        """A visit stands still: its clocks stop, and it holds no slot."""
        if visit in self.standing:
            return
        for clock in visit.clocks:
            clock.left = clock.due - self.run.now
        at_work = visit.work is not None and visit.work in visit.clocks and visit.step.meets is None
        visit.left = visit.work.left if at_work and visit.work is not None else visit.left  # what was left before is left
        visit.stopped = [clock for clock in visit.clocks if clock is not visit.work]
        visit.clocks.clear()
        visit.begun = False
        self.let_be(visit)
        self.standing.append(visit)

    def wake(self, visits: list[Visit]) -> None:
        """They queue anew, in the order in which they stood; who was at work comes first."""
        for visit in sorted(visits, key=lambda visit: (visit.left is None, visit.came)):
            if visit in self.standing and not self.rests(visit.case, visit.step, visit.around.step if visit.around else None):
                self.standing.remove(visit)
                if not visit.number:
                    self.enter(visit)
                    continue
                for clock in visit.stopped:
                    self.wind(visit, clock)
                if visit.step.branches:
                    self.reweigh(visit)  # a branch may have gone meanwhile
                elif all(clock.phase != ACTS for clock in visit.stopped):
                    self.begin_at(visit)

    def decide(self, visit: Visit) -> None:
        """A step is decided: the entry, then the slot, then it is heard, then the case goes on."""
        if visit not in visit.case.at:
            return
        case, step, run = visit.case, visit.step, self.run
        outcome = "passed"
        refuses = run.law.now(f"{step.path}.refuses", step.refuses, case)
        back = run.law.now(f"{step.path}.sends_back.chance", step.sends_back, case)
        if refuses is not None and run.happens(refuses, f"{step.path}.refuses", visit.name, None, case):
            outcome = "refused"
        elif back is not None and run.happens(back, f"{step.path}.sends_back.chance", visit.name, None, case):
            outcome = "sent_back"
        self.then(self.decided(visit, outcome))

    def decided(self, visit: Visit, outcome: str, late: bool = False) -> Callable[[], None] | None:
        """The entry of an outcome, and what is heard of it; how the case goes on then, if it does."""
        case, run = visit.case, self.run
        if outcome == "passed":
            case.passed.append(visit.short)
        elif outcome == "refused":
            case.refused += [] if visit.short in case.refused else [visit.short]
            if visit.around is not None:
                visit.around.refused.add(visit.short)
        case.ending = outcome == "refused" and visit.around is None
        case.last = line = self.entry(visit, "late" if late else outcome)
        self.leave(visit)
        if outcome == "sent_back":
            self.lead(case, visit.step.back_to)
        follows: Callable[[], None] | None = partial(self.after, case, visit, outcome)
        if visit.around is not None and outcome != "sent_back":
            follows = self.counted(visit.around)
        if late or visit.step.branches:
            run.soon(lambda: run.hear(line))
        else:
            run.hear(line)
        return follows

    def entry(self, visit: Visit, outcome: str) -> Line:
        case, step = visit.case, visit.step
        late = ".late" if outcome == "late" else ""
        line = Line(0, 0, (), case.data["by"], visit.desk, None, {"outcome": outcome, "visit": visit.number}, case.data)
        line.type, line.rule, line.cause, line.source, line.owner = (
            visit.short,
            step.path,
            case.last.id,
            step.source or case.procedure.source,
            case,
        )
        line.name = (f"{visit.short}.{visit.number}{late}@{digest(case.name)}", case.name[1])
        return self.run.write(line)

    def after(self, case: Case, visit: Visit, outcome: str) -> None:
        """A case goes on, or ends."""
        if outcome == "refused" and not case.done:
            self.end(case, "refused", visit.step)
        else:
            self.go(case)

    def reweigh(self, around: Visit) -> None:
        """A branch has left undecided. Who stands still is weighed when he goes on; without any branch nothing is decided."""
        case = around.case
        passed = [one for one in around.step.branches if f"{case.procedure.id}.{one.id}" in case.passed]
        if passed or around.refused or any(one.around is around for one in case.at):
            if not self.rests(case, around.step):
                self.then(self.counted(around))
        else:
            self.leave(around)
            case.front += 0.5
            self.soon(case)

    def then(self, follows: Callable[[], None] | None) -> None:
        if follows is not None:
            self.run.soon(follows)

    def counted(self, around: Visit) -> Callable[[], None] | None:
        """A branch has passed, failed or left: perhaps all of its `together` has."""
        case, step = around.case, around.step
        if around not in case.at:
            return None
        passed = sum(f"{case.procedure.id}.{branch.id}" in case.passed for branch in step.branches)
        left = sum(visit.around is around for visit in case.at)
        needs = passed + left + len(around.refused) if step.needs == "all" else 1 if step.needs == "any" else int(step.needs)
        if passed >= needs:
            return self.decided(around, "passed")
        return self.decided(around, "refused") if passed + left < needs else None

    def lead(self, case: Case, target: str) -> None:
        """To a step again: what is under way is dropped, what was passed from there on is not passed any more."""
        self.drop(case)
        case.front = next(place for place, step in enumerate(case.procedure.steps) if step.id == target)
        for step in case.procedure.steps[int(case.front) :]:
            erased = {f"{case.procedure.id}.{one.id}" for one in (step, *step.branches)}
            case.passed, case.refused = ([short for short in marks if short not in erased] for marks in (case.passed, case.refused))

    def end(self, case: Case, outcome: str, step: s.Step | None = None) -> None:
        if case.done:
            return
        self.close(case, outcome)
        data = {**self.account(case), **({} if step is None else {"step": step.id})}
        path, source = case.procedure.path, case.procedure.source
        key = f"{case.procedure.id}.{outcome}@{digest(case.name)}"
        case.last = self.run.conclude(
            f"{case.procedure.id}.{outcome}", key, case.name[1], case.last, path, source, by=case.data["by"], data=data, owner=case
        )
        if outcome == "approved" and case.procedure.valid is not None:
            self.clock(case, self.run.drawn(case.procedure.valid, case.name, None, case), CLOSINGS, lambda: self.expire(case))

    def close(self, case: Case, status: str) -> None:
        self.drop(case)
        case.clocks.clear()
        case.status = status

    def account(self, case: Case) -> dict[str, Any]:
        """What the final entry says of the law the case met."""
        marks = (
            ("law", [*case.passed, *case.refused]),
            ("exempt", sorted(case.exempt)),
            ("kept", sorted(case.kept - case.imposed - {case.procedure.id})),
            ("imposed", sorted(case.imposed)),
        )
        return {"duration": self.run.now - case.data["opened"], **{name: " ".join(shorts) for name, shorts in marks if shorts}}

    def expire(self, case: Case) -> None:
        was, case.status = case.status, "expired"
        procedure = case.procedure
        key = f"{procedure.id}.licence_expired@{digest(case.name)}"
        self.run.conclude(
            f"{procedure.id}.licence_expired",
            key,
            case.name[1],
            case.last,
            procedure.path,
            procedure.source,
            by=case.data["by"],
            owner=case,
            was=was,
        )

    # ---- time limits

    def late(self, visit: Visit) -> None:
        """A step's time limit has come."""
        what = visit.step.if_late
        if what is None:
            line = visit.case.last = self.entry(visit, "late")
            self.run.soon(lambda: self.run.hear(line))
        elif what in ("approved", "refused"):
            self.then(self.decided(visit, "passed" if what == "approved" else "refused", late=True))
        else:
            line = visit.case.last = self.entry(visit, "late")
            self.leave(visit)
            self.lead(visit.case, what)
            self.run.soon(lambda: self.run.hear(line))
            self.soon(visit.case)

    def too_late(self, case: Case) -> None:
        """A procedure's time limit has come."""
        step, what = case.procedure.steps[int(case.front)], case.procedure.if_late
        data = {"duration": self.run.now - case.data["opened"], "step": step.id}
        path, source = case.procedure.path, case.procedure.source
        key = f"{case.procedure.id}.late@{digest(case.name)}"
        case.last = self.run.conclude(
            f"{case.procedure.id}.late", key, case.name[1], case.last, path, source, by=case.data["by"], data=data, owner=case
        )
        if what in ("approved", "refused"):
            self.end(case, what, step if what == "refused" else None)
        elif what is not None:
            self.lead(case, what)
            self.soon(case)

    def drop(self, case: Case) -> None:
        for visit in [visit for visit in case.at if visit.around is None]:
            self.leave(visit)

    def left(self) -> dict[str, str]:
        """Who waits where at the end."""
        waiting = Counter(case.procedure.id for case in self.cases if not case.done and not case.at)
        waiting += Counter(visit.short for case in self.cases for visit in case.at if not any(one.around is visit for one in case.at))
        return {"waiting": ", ".join(f"{step}: {waiting[step]}" for step in sorted(waiting))} if waiting else {}

    # ---- law: 28

    def pending(self, changes: list[Change], line: Line, rested: bool) -> None:
        """What becomes of cases under way when a procedure or step changes; of several clauses the strictest counts."""
        effect = changes[0].effect
        procedure, _, name = effect.provision.partition(".")
        if procedure not in self.run.scenario.procedures:
            return
        cases = [(case, strictest(changes, case)) for case in self.cases if case.procedure.id == procedure]
        if isinstance(effect, s.Suspend) or rested:
            self.rest(effect, [(case, clause) for case, clause in cases if not case.done])
        elif name:
            for case, clause in cases:
                self.step_changes(effect, case, name, clause)
        if isinstance(effect, s.Repeal) and not name:
            for case in [case for case, clause in cases if clause == "withdraw" and not case.done]:
                case.last = line
                self.end(case, "withdrawn")

    def bound_anew(self, change: Change) -> list[Case]:
        """Whom a change binds alone that was not bound."""
        short = change.effect.provision
        law = {short} if self.run.values[f"in_force.{short}"] else set()
        return [case for case in change.alone or [] if short not in case.imposed | ((law | case.kept) - case.exempt)]

    def impose(self, change: Change) -> int:
        """How many cases are bound that were not."""
        change.alone = self.bound_anew(change)
        for case in change.alone:
            case.imposed.add(change.effect.provision)
            case.exempt.discard(change.effect.provision)
        return len(change.alone)

    def imposed(self, change: Change) -> None:
        for case in change.alone or []:
            self.step_changes(change.effect, case, change.effect.provision.partition(".")[2], change.effect.pending)
        self.wake([visit for visit in self.standing if visit.case in (change.alone or [])])

    def amended(self, effect: s.Amend) -> None:
        """More may be worked on."""
        if effect.target.endswith(".capacity"):
            self.serve(effect.provision)

    def rest(self, effect: s.LawEffect, clauses: list[tuple[Case, str]]) -> None:
        """Something is suspended, or was and is so no longer."""
        short, cases = effect.provision, [case for case, _ in clauses]
        for case, clause in clauses:
            if clause == "finish" and (isinstance(effect, s.Suspend) or (isinstance(effect, s.Repeal) and "." in short)):
                case.kept.add(short)
        if isinstance(effect, s.Repeal) and "." in short:
            for case, clause in clauses:
                self.step_changes(effect, case, short.partition(".")[2], clause)
        self.stand_or_go(cases)

    def stand_or_go(self, cases: list[Case]) -> None:
        """Whoever stands still from now on, and whoever does so no longer."""
        self.pausing = True  # who stands still leaves a slot, but nobody who will stand still too begins
        left = []
        for visit in [visit for case in cases for visit in case.at]:
            if self.rests(visit.case, visit.step, visit.around.step if visit.around else None):
                left += [visit.desk] if visit.begun and visit.desk else []
                self.stand(visit)
        self.pausing = False
        for desk in left:
            self.serve(desk)
        for case in cases:
            if self.rests(case) and case.stopped is None:
                case.stopped, case.clocks = case.clocks, []
                for clock in case.stopped:
                    clock.left = clock.due - self.run.now
            elif not self.rests(case) and case.stopped is not None:
                for clock in case.stopped:
                    self.wind(case, clock)
                case.stopped = None
                if not case.at:
                    self.soon(case)
        self.wake([visit for visit in self.standing if visit.case in cases])

    def step_changes(self, effect: s.LawEffect, case: Case, name: str, clause: str) -> None:
        """A step comes into force, or no longer is (28)."""
        short, enacts = effect.provision, isinstance(effect, s.Enact)
        place = next(at for at, step in enumerate(case.procedure.steps) for one in (step, *step.branches) if one.id == name)
        step = next(one for one in (case.procedure.steps[place], *case.procedure.steps[place].branches) if one.id == name)
        around = next((visit for visit in case.at if visit.number and step in visit.step.branches), None)
        whole = f"{case.procedure.id}.{case.procedure.steps[place].id}"
        if enacts and clause == "finish":
            case.exempt |= {short} - case.imposed
        elif case.done:
            return
        elif not enacts and clause == "finish":
            case.kept.add(short)
        elif case.ending:
            return
        elif enacts and clause == "restart":
            self.drop(case)
            case.passed.clear()
            case.refused.clear()
            case.front = 0
            self.soon(case)
        elif enacts and around is not None:
            if self.binds(case, step) and short not in around.refused and not any(visit.step is step for visit in case.at):
                self.arrive(case, step, around)
        elif enacts and clause == "return" and short not in case.passed and (case.front > place or whole in case.passed):
            self.drop(case)
            case.front = place
            case.passed = [mark for mark in case.passed if mark != whole]
            self.soon(case)
        elif not enacts and short not in case.kept | case.imposed:
            begun = {visit.around for visit in case.at if visit.begun and visit.desk is not None}
            for visit in [
                visit for visit in case.at if visit.step is step and not (visit.begun and visit.desk is not None) and visit not in begun
            ]:
                self.leave(visit)
                if around is None:
                    case.front = place + 0.5
                    self.soon(case)
                else:
                    self.reweigh(around)

    # ---- cases from outside

    def fits(self, effect: s.OnCases, case: Case) -> bool:
        """Whether there is something to be done to a case."""
        rests = (case.halted and not case.done) or case.status == "suspended"
        return {
            "withdraw": not case.done,
            "suspend": case.status in ("open", "approved") and not rests and not case.ending,
            "resume": rests,
            "revoke": case.status in ("approved", "suspended"),
        }[effect.verb]

    def meant(self, effect: s.OnCases, event: Line | None) -> list[Case]:
        """The cases an effect means."""
        if effect.at_hand:
            return [event.owner] if event is not None and event.owner is not None else []
        cases = [case for case in self.cases if case.procedure.id == effect.procedure]
        return [case for case in cases if effect.where is None or self.run.value(effect.where, event, case)]

    def leave_or_stand(self, effect: s.OnCases, cases: list[Case]) -> None:
        """What is done to cases before it is told: they leave whatever they are at, or stand still."""
        if effect.verb == "withdraw":
            for case in cases:
                self.drop(case)
        elif effect.verb == "suspend":
            self.halt([case for case in cases if not case.done], True)

    def go_on(self, cases: list[Case]) -> None:
        """Cases that were suspended go on, all at once, when it has been told."""
        self.halt([case for case in cases if not case.done], False)

    def halt(self, cases: list[Case], halted: bool) -> None:
        for case in cases:
            case.halted = halted
        self.stand_or_go(cases)

    def marked(self, effect: s.OnCases, line: Line, case: Case) -> None:
        """What becomes of its standing, with the entry that says so."""
        line.was = case.status
        if not case.done:
            case.last = line
        if effect.verb in ("withdraw", "revoke"):
            self.close(case, {"withdraw": "withdrawn", "revoke": "revoked"}[effect.verb])
        elif case.done:
            case.status = "suspended" if effect.verb == "suspend" else "approved"

    def told(self, effect: s.OnCases, case: Case) -> dict[str, Any]:
        """What the entry says."""
        return {"withdraw": self.account(case), "revoke": {}}.get(effect.verb, {"held": case.done})
