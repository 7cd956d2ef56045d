"""Procedures: cases go from step to step, wait at desks and for sessions, are decided.

In: opened cases. Out: entries `P.STEP`, `P.approved`, `P.refused`. (Time limits: `limits`; law that changes meanwhile: `pending`; bodies
that meet: `sessions`; what is done to cases from outside: `licences`.)

Most entries of a run are made here, so `go` and `decide` are flat: what steps share is looked up when the run is set up, and
a case goes on at once where nothing else could come between (in the bench world: 0.6 of the time of the same in small calls).
"""

from __future__ import annotations

from collections.abc import Callable, Container
from heapq import heappush
from typing import Any

from sim.engine import program as p
from sim.engine import record as r
from sim.engine.bind import bind_procedure
from sim.engine.case_entries import CaseEntries
from sim.engine.cases import APART, AT, BETWEEN, CLOSED, HALTED, Case, Desk, Step, Task, Unfinished
from sim.engine.conditions import Conditions
from sim.engine.gates import Gates
from sim.engine.kernel import ACTS, DEEPEST, LONGEST, Kernel, Turn, impossible
from sim.engine.limits import Limits
from sim.engine.record import RawEntry
from sim.engine.standstill import Standstill
from sim.engine.world import World
from sim.errors import RunStopped

__all__ = ["Procedures"]

PASSED: dict[str, Any] = {"outcome": "passed", "visit": 1}
REFUSED: dict[str, Any] = {"outcome": "refused", "visit": 1}
WORDS = {"takes": "work", "waits": "a wait", "deadline": "a time limit", "valid": "a validity"}
MOST_VISITS = 1_000


class Procedures:
    """The procedures of one run."""

    def __init__(
        self, world: World, kernel: Kernel, hear: Callable[[RawEntry], None], heard: Container[str], conditions: Conditions | None
    ) -> None:
        self.world = world
        self.kernel = kernel
        self.hear = hear
        self.entries = CaseEntries(world, kernel, hear, heard)
        self.gates = None if conditions is None else Gates(kernel, conditions, self.go_through)
        self.rest = Standstill(self)
        self.limits = Limits(self)
        self.desks: dict[str, Desk] = {}
        self.arrived = 0
        self.deciding = (self.decide,)
        self.deciding_plain = (self.decide_plain,)
        self.deciding_alarm = (lambda alarm: self.decide(alarm.argument),)
        self.turning = (self.turn_to,)
        self.table = {key: bind_procedure(world, procedure, self.desk, heard) for key, procedure in world.program.procedures.items()}

    def desk(self, actor: str) -> Desk:
        """The one desk of an actor."""
        desk = self.desks.get(actor)
        if desk is None:
            desk = self.desks[actor] = Desk(actor, self.world.program.capacity[actor])
        return desk

    # opening and going on

    def new_case(self, procedure: str, by: str | None, data: dict[str, Any], path: str, k: int) -> Case:
        """A case that is about to be opened."""
        return Case(self.table[procedure], by, data, path, k, self.world.now)

    def begin(self, case: Case, entry: RawEntry, *, alone: bool) -> None:
        """A case is opened: in a turn of its own it goes to its first step. `alone` if nobody hears of it."""
        case.opened_id = case.last = entry[r.ID]
        procedure = case.procedure
        procedure.cases.append(case)
        if procedure.deadline is not None:
            self.limits.of_case(case)
        (self.kernel.last if alone else self.kernel.ask_now)(self.go, case)

    def go(self, case: Case) -> None:
        """To the next step that binds the case, or to its end; a turn asked for twice comes to nothing the second time."""
        if case.state:
            return
        if case.refused_at is not None:
            self.end(case, "refused")
            return
        now, values, steps = self.world.now, self.world.values, case.procedure.steps
        for at in range(case.at + 1, len(steps)):
            step = steps[at]
            if not (values[step.in_force] or step.short in case.kept) or case.opened_id < step.spares_before:
                if not self.binds(case, step) or (step.is_suspended and not self.comes_to(case, step, at)):
                    continue
                if step.is_suspended:
                    return
            if step.needed is not None and not step.needed(now, None, case):
                continue
            if step.plain and case.visits is None:
                break
            if self.comes_to(case, step, at):
                return
        else:
            self.end(case, "approved")
            return
        case.at = at
        case.state = AT
        case.step = step
        desk = step.desk
        if step.by is not None:
            actor = step.by(now, None, case)
            desk = None if actor is None else self.desk(actor)
        case.desk = desk
        if desk is not None:
            if desk.busy >= desk.capacity:
                desk.wait(case)
                return
            desk.busy += 1
        if step.takes is None:
            self.kernel.ask_now(self.decide_if, (case, case.stay))
            return
        takes = step.takes(now, None, case, case.path, case.k)
        if not 0 <= takes <= LONGEST:
            self.length(takes, f"{step.shape.rule}.takes")
        kernel = self.kernel
        if takes:  # `Kernel.ask` written out: a call less in each step is a fortieth of a run
            case.callbacks = self.deciding_plain
            case.depth = 0
            heappush(kernel.heap, (now + takes, ACTS, next(kernel.sequence), case))  # type: ignore[misc]  # see `Turn`
        else:
            kernel.ask(now, case, self.deciding_plain)

    def comes_to(self, case: Case, step: Step, at: int) -> bool:
        """Whether a case comes to a step that may do more than take time, or that it may have passed before it was led back."""
        if step.short in case.passed:
            return False
        branches = [branch for branch in step.branches if self.binds(case, branch)]
        if step.branches and not branches:
            return False
        case.at, case.step = at, step
        if step.is_suspended and self.rest.holds(case):
            case.state = AT
            self.stamp(case)
            self.rest.hold(case)
        elif branches:
            self.part(case, branches)
        else:
            case.state = AT
            self.arrive(case)
        return True

    def binds(self, case: Case, step: Step) -> bool:
        """Whether a step, such as a branch of a `together`, binds a case that arrives."""
        if not (self.world.values[step.in_force] or step.short in case.kept or step.is_suspended) or step.spares(case):
            return False
        return step.short not in case.passed and (step.needed is None or bool(step.needed(self.world.now, None, case)))

    # staying at a step

    def part(self, case: Case, bound: list[Step]) -> None:
        """A case comes to a `together`: all its branches that bind it begin, in order."""
        case.state = APART
        case.stay += 1
        self.stamp(case)
        self.count_visit(case)
        self.limits.of_step(case)
        case.branches = tuple(Task(case, branch) for branch in bound)
        for task in case.branches:
            task.state = AT
            self.arrive(task)

    def arrive(self, task: Task) -> None:
        """A task comes to its step: its time limit runs from now on, and it waits before it is worked on."""
        step = task.step
        self.stamp(task)
        if (step.is_suspended or self.rest.halted or (step.group is not None and step.group.is_suspended)) and self.rest.holds(task):
            self.rest.hold(task)
            return
        task.stay += 1
        self.count_visit(task)
        self.limits.of_step(task)
        if step.waits is None:
            self.attend(task)
        else:
            self.wait(task)

    def stamp(self, task: Task) -> None:
        """A task has come, after all that came before."""
        self.arrived += 1
        task.came = self.arrived

    def wait(self, task: Task, delay: int | None = None) -> None:
        """A task waits before it is worked on: until a condition is true, or for a time, of which `delay` may be left."""
        step, case, now = task.step, task.case, self.world.now
        if isinstance(step.waits, p.ConditionProgram):
            assert self.gates is not None
            task.wait = self.gates.hold(task, step.waits, task.occasion)
            return
        if delay is None:
            delay = self.length(step.waits(now, None, case, task.occasion, case.k), f"{step.shape.rule}.waits")
        task.wait = turn = Turn(task)
        self.kernel.ask(now + delay, turn, self.turning)

    def count_visit(self, task: Task) -> None:
        """Which visit of its step this is: the first, unless something led the case back."""
        visits = task.case.visits
        if visits is None:
            return
        short = task.step.short
        task.visit = visits[short] = visits.get(short, 0) + 1
        if task.visit > MOST_VISITS:
            text = f"a case comes to {short} more than {MOST_VISITS:,} times: what leads it back must end, such as a chance below 1"
            raise RunStopped("E503", text, task.step.shape.rule, self.world.now)

    def turn_to(self, turn: Turn) -> None:
        """The wait is over."""
        task: Task = turn.argument
        task.wait = None
        self.go_through(task)

    def go_through(self, task: Task) -> None:
        """A task comes to its queue."""
        self.stamp(task)
        self.attend(task)

    def attend(self, task: Task) -> None:
        """Somebody attends to a case: a session, or a desk when it has room."""
        step, case = task.step, task.case
        if step.session is not None:
            step.session.waiting.append(task)
            return
        if step.by is not None:
            actor = step.by(self.world.now, None, case)
            task.desk = None if actor is None else self.desk(actor)
        else:
            task.desk = step.desk
        desk = task.desk
        if desk is not None:
            task.rank = 0.0 if step.queue is None else step.queue(self.world.now, None, case)
            if desk.busy >= desk.capacity:
                desk.wait(task)
                return
            desk.busy += 1
        self.work(task, step)

    def work(self, task: Task, step: Step) -> None:
        """Work on a case begins; it ends with a decision."""
        if step.takes is None:
            if isinstance(task.alarm, Unfinished):
                task.alarm = Turn(task)
            self.kernel.ask_now(self.decide_if, (task, task.stay))
            return
        case, now = task.case, self.world.now
        takes = step.takes(now, None, case, case.path if task.visit == 1 else task.occasion, case.k)
        if not 0 <= takes <= LONGEST:
            self.length(takes, f"{step.shape.rule}.takes")
        if task.alarm is None:
            self.kernel.ask(now + takes, task, self.deciding_plain if step.plain and task.visit == 1 else self.deciding)
        else:
            if isinstance(task.alarm, Unfinished):
                takes = task.alarm.left
            task.alarm = Turn(task)
            self.kernel.ask(now + takes, task.alarm, self.deciding_alarm)

    def length(self, delay: int, path: str) -> int:
        """A length of time that may be waited."""
        if not 0 <= delay <= LONGEST:
            raise impossible(f"{WORDS[path.rsplit('.', 1)[-1]]} of", delay, path, self.world.now)
        return delay

    def serve(self, desk: Desk) -> None:
        """A slot is free: the head of the queue is worked on."""
        desk.busy -= 1
        if desk.queue and desk.busy < desk.capacity:
            following = desk.queue.popleft()
            desk.busy += 1
            self.work(following, following.step)

    def drop(self, task: Task) -> None:
        """A task leaves its step undecided: it frees its slot, and what it waited for comes to nothing."""
        desk, session, is_idle = task.desk, task.step.session, task.desk is not None and not task.is_begun
        task.state = HALTED if task in self.rest.halted else BETWEEN
        task.stay += 1
        task.rank = 0.0
        is_idle |= self.rest.forget(task)
        task.desk = None
        if task.wait is not None:
            is_idle = True
            task.wait.call_off()
            task.wait = None
        if session is not None:
            is_idle = True
            if task in session.waiting:
                session.waiting.remove(task)
        if desk is not None and is_idle:
            desk.queue.remove(task)
            return
        if task.step.takes is not None and not is_idle:
            (task.alarm or task).call_off()
            task.alarm = Turn(task)
            task.case.count_visits()
        if desk is not None:
            self.serve(desk)

    # deciding

    def decide_if(self, asked: tuple[Task, int]) -> None:
        """Decide, unless the case has moved since that was asked for."""
        task, stay = asked
        if task.stay == stay and task.state == AT:
            self.decide(task)

    def decide_plain(self, case: Any) -> None:
        """The first decision at a step that only takes time, may refuse, and stands alone: `decide` without what cannot be."""
        world, desk, step, path, k = self.world, case.desk, case.step, case.path, case.k
        data = PASSED
        if step.refuses is not None and step.refuses(world.now, None, case, path, k):
            data = REFUSED
            case.refused_at = step.id
        else:
            case.passed.append(step.short)
        log, now = world.log, world.now
        number = len(log)
        namer = step.namer
        name = namer.last_name if path is namer.last_path else namer.name(path)
        actor = None if desk is None else desk.actor
        entry = (number, now, step.shape, case.by, actor, case, case.last, None, data, name, k, None)
        log.append(entry)
        case.last = number
        case.state = BETWEEN
        if step.counter is not None:
            step.counter(entry)
        if desk is not None:
            case.desk = None
            desk.busy -= 1
            if desk.queue and desk.busy < desk.capacity:
                following = desk.queue.popleft()
                desk.busy += 1
                self.work(following, following.step)
        if step.is_heard:
            self.hear(entry)
        kernel = self.kernel
        if kernel.waiting or kernel.depth >= DEEPEST - 1 or (kernel.heap and kernel.heap[0][0] <= now):
            kernel.ask_now(self.go, case)
        else:  # `Kernel.last` written out, like `ask` in `go`
            kernel.turns += 1
            kernel.depth += 1
            self.go(case)

    def decide(self, task: Any) -> None:
        """A decision: logged, the desk takes its next case, the decision is heard, and the case goes on in a turn of its own."""
        desk, step, case, now = task.desk, task.step, task.case, self.world.now
        drawn = task.occasion
        outcome = "passed"
        if step.refuses is not None and step.refuses(now, None, case, drawn, case.k):
            outcome = "refused"
        elif step.back is not None and step.back(now, None, case, drawn, case.k):
            outcome = "sent_back"
        task.state = BETWEEN
        task.stay += 1  # its time limit lapses, and its rank: a plain step that follows sets neither
        task.rank = 0.0
        entry = self.entries.of_step(task, step, outcome, f"{task.visit}", case.last)
        if outcome != "sent_back":
            self.mark(task, outcome)
        if desk is not None:
            task.desk = None
            self.serve(desk)
        if outcome == "sent_back":  # the siblings go, when its own slot is taken
            self.lead(case, step.program.back_to, erase=True)
        if step.group is not None:
            self.weigh(case, step.group, entry)
        if step.is_heard:
            self.hear(entry)
        if case.state != APART:  # a branch that leaves others to be waited for leads nowhere
            self.kernel.last(self.go, case)

    def mark(self, task: Task, outcome: str) -> None:
        """What a decision means for the case: passed or refused."""
        case, step = task.case, task.step
        if outcome == "passed":
            case.passed.append(step.short)
        elif step.group is None:
            case.refused_at = step.id
        else:
            task.refused = True
            if step.short not in case.refusals:
                case.refusals = (*case.refusals, step.short)

    def lead(self, case: Case, step: str, *, erase: bool) -> None:
        """Take a case to a step: whatever is under way is dropped, the marks from there on are erased if so wanted."""
        case.count_visits()
        self.free(case)
        places = {one.short: one.place for one in case.procedure.all_steps}
        place = places[f"{case.procedure.program.id}.{step}"]
        whole = case.procedure.steps[place].short  # of a `together` whose branch is gone to
        case.passed = [short for short in case.passed if short != whole and not (erase and places[short] >= place)]
        case.refusals = tuple(short for short in case.refusals if not (erase and places[short] >= place))
        case.at = place - 1

    def free(self, case: Case) -> None:
        """A case drops all that is under way; it stands between steps."""
        if any(task.step.short not in case.passed for task in case.branches):
            case.count_visits()  # later nothing tells that these were visited
        for task in case.tasks():
            self.drop(task)
        self.rest.forget(case)
        for task in case.branches:
            task.alarm = None  # which refers back to the task
        case.branches = ()
        case.state = HALTED if case in self.rest.halted else BETWEEN
        case.stay += 1

    def reweigh(self, case: Case) -> None:
        """A branch is gone undecided: is the `together` satisfied without it? If the case stands still, it is asked later."""
        if case.state == APART and not self.rest.holds(case):
            self.weigh(case, case.step, self.world.log[case.last])
            if case.state != APART:
                self.kernel.ask_now(self.go, case)

    def weigh(self, case: Case, group: Step, cause: RawEntry) -> None:
        """After a branch was decided: is the `together` satisfied, can it still be? What is left is cancelled, its slots freed."""
        if case.state != APART:
            return
        passed = sum(branch.short in case.passed for branch in group.branches)
        refused = sum(task.refused for task in case.branches)
        open_ones = sum(task.state == AT for task in case.branches)
        needs = group.program.needs
        wanted = passed + refused + open_ones if needs == "all" else 1 if needs == "any" else int(needs)
        if passed >= wanted:
            outcome = "passed"
            case.passed.append(group.short)
            if refused:
                case.count_visits()  # a branch that refused was visited, and is not among those passed
        elif passed + open_ones < wanted:
            outcome = "refused"
            case.refused_at = group.id
        else:
            return
        self.free(case)
        entry = self.entries.of_step(case, group, outcome, f"{case.visit}", cause[r.ID])
        if group.is_heard:
            self.kernel.ask_now(self.hear, entry)

    def end(self, case: Case, outcome: str) -> None:
        """A case is approved or refused; its last entry says which law it met."""
        case.state = CLOSED
        self.entries.ended(case, outcome)
        approved = case.procedure.approved
        if approved is not None and outcome == "approved":
            approved(case)

    def leave(self, case: Case) -> None:
        """A case goes undecided: its slots are free, and nothing waits for it."""
        self.free(case)
        self.rest.dismiss(case)
        case.state = CLOSED

    def withdraw(self, case: Case, cause: RawEntry) -> None:
        """A case is withdrawn because the law it rests on is gone: caused by the entry of the law."""
        data = self.entries.told(case)
        self.leave(case)
        case.last = cause[r.ID]
        self.entries.conclude(case, "withdrawn", data)

    def waiting(self) -> list[str]:
        """Who waits for what, in words."""
        found: dict[str, int] = {}
        for procedure in self.table.values():
            for case in procedure.open:
                whole = case.step.short if case.state == APART else procedure.program.id
                for step in [task.step.short for task in case.tasks()] or [whole]:
                    found[step] = found.get(step, 0) + 1
        return [f"{step}: {count}" for step, count in sorted(found.items())]
