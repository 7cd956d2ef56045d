"""Standstill: cases that must not go on for now, since a step, their procedure or they themselves are suspended.

In: what is suspended and resumed. Out: tasks that rest, with what was left of their work, waits and time limits; tasks that go on.

A task that rests is at its step, holds no slot, and none of its clocks runs. When it goes on it queues anew, with the work that was left.
What is left is found in the queue of the run when something is suspended, so nothing is noted where nothing ever is.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Protocol

from sim.engine.cases import APART, BETWEEN, HALTED, Case, Limit, Procedure, Step, Task, Unfinished
from sim.engine.gates import Gates
from sim.engine.kernel import Kernel, Turn

__all__ = ["Standstill"]

ARRIVING, WAITING, GATED, ATTENDED, PARTED = range(5)
"""Where a task was when it came to rest: about to arrive, in a wait, at a gate, waiting for work or at work, in its branches."""


class Course(Protocol):
    """What moves cases: see `procedures`."""

    kernel: Kernel
    gates: Gates | None

    def go(self, case: Case) -> None: ...
    def comes_to(self, case: Case, step: Step, at: int) -> bool: ...
    def arrive(self, task: Task) -> None: ...
    def wait(self, task: Task, delay: int | None) -> None: ...
    def attend(self, task: Task) -> None: ...
    def drop(self, task: Task) -> None: ...
    def reweigh(self, case: Case) -> None: ...


@dataclass(slots=True)
class Rest:
    """A task at rest: how far it had come, and what was left of its wait and of its time limits."""

    stage: int
    left: int | None = None
    limits: list[tuple[Limit, int]] = field(default_factory=list)


class Standstill:
    """What stands still in one run. `halted` are the cases that must not go on as a whole, and for which reasons."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.resting: dict[Task, Rest] = {}
        self.halted: dict[Case, set[str]] = {}
        self.put_off: dict[Task, list[tuple[Limit, int]]] = {}

    # what is suspended and resumed

    def suspend(self, procedure: Procedure, step: Step | None, spared: Collection[Case]) -> None:
        """A step or a whole procedure is suspended: open cases stand still there, those spared go on as if it were not."""
        if step is None:
            name = procedure.program.id
            for case in spared:
                case.kept |= {name}
            self.halt([case for case in procedure.open if name not in case.kept], "procedure")
            return
        step.is_suspended = True
        for case in spared:
            case.kept |= {step.short}
        cases = [case for case in procedure.open if step.short not in case.kept]
        tasks = [task for case in cases for task in case.tasks() if step in (task.step, task.step.group)]
        self.stop(tasks, [case for case in cases if case.state == APART and case.step is step], [])

    def resume(self, procedure: Procedure, step: Step | None) -> None:
        """A step or procedure is no longer suspended: what stood still there goes on."""
        if step is None:
            self.release(procedure.open, "procedure")
        else:
            step.is_suspended = False
            self.go_on()

    def halt(self, cases: Collection[Case], why: str) -> None:
        """These cases stand still as a whole, wherever they are, and so do their clocks."""
        cases = [case for case in cases if case.refused_at is None]  # what is refused only has to be told
        new = [case for case in cases if case not in self.halted]
        for case in cases:
            self.halted.setdefault(case, set()).add(why)
        self.stop([task for case in new for task in case.tasks()], [case for case in new if case.state == APART], new)
        for case in new:
            if case.state == BETWEEN:
                case.state = HALTED

    def release(self, cases: Collection[Case], why: str) -> None:
        """One reason less why these cases stand still; those that have none left go on."""
        for case in cases:
            reasons = self.halted.get(case, set())
            reasons.discard(why)
            if reasons or case not in self.halted:
                continue
            del self.halted[case]
            for limit, left in self.put_off.pop(case, ()):
                limit.again(left)
            if case.state == HALTED:
                case.state = BETWEEN
                self.course.kernel.ask_now(self.course.go, case)
        self.go_on()

    def dismiss(self, case: Case) -> None:
        """A case has ended, and stands still no longer."""
        self.halted.pop(case, None)
        self.put_off.pop(case, None)

    # tasks

    def holds(self, task: Task) -> bool:
        """Whether a task must not go on: its step is suspended, or the `together` around it, or its case as a whole."""
        step, case = task.step, task.case
        if case in self.halted:
            return True
        return any(one is not None and one.is_suspended and one.short not in case.kept for one in (step, step.group))

    def hold(self, task: Task) -> None:
        """A task comes to a step that is suspended, and rests before it has arrived: this is no visit yet."""
        task.visit = 0
        self.resting[task] = Rest(ARRIVING)

    def stop(self, tasks: list[Task], parted: list[Case], whole: list[Case]) -> None:
        """Bring tasks to rest, and the time limits of cases in branches and of whole cases. Who waits leaves first, and takes no slot."""
        tasks = sorted((task for task in tasks if task not in self.resting), key=lambda task: task.is_begun)
        parted = [case for case in parted if case not in self.resting]
        clocks = self.clocks({*tasks, *parted}, {*whole})
        for task in tasks:
            rest = Rest(ATTENDED, limits=clocks.limits.get(task, []))
            if isinstance(task.wait, Turn):
                rest.stage, rest.left = WAITING, clocks.turns[task.wait]
            elif task.wait is not None:
                rest.stage = GATED
            at_once = 0 if task.is_begun else None  # work that takes no time, whose end is asked for
            left = task.alarm.left if isinstance(task.alarm, Unfinished) else clocks.turns.get(task.alarm or task, at_once)
            state = task.state
            self.course.drop(task)
            task.state = state
            if left is not None:
                task.alarm = Unfinished(task, left)
            self.resting[task] = rest
        for case in parted:
            self.resting[case] = Rest(PARTED, limits=clocks.limits.get(case, []))
        self.put_off |= {case: clocks.whole[case] for case in whole if case in clocks.whole}

    def clocks(self, tasks: Collection[Task], whole: Collection[Case]) -> Clocks:
        """What is left of all that these tasks and cases wait for; their time limits are called off."""
        found = Clocks()
        kernel = self.course.kernel
        own = {turn for task in tasks for turn in (task, task.alarm, task.wait) if isinstance(turn, Turn)}
        for instant, _, _, event in sorted(kernel.heap, key=lambda one: one[:3]):
            turn: Any = event  # see `Turn`
            left = int(instant) - kernel.clock.now
            if isinstance(turn, Limit):
                owners = whole if turn.is_whole else tasks
                if turn.task in owners and turn.due():
                    kept = found.whole if turn.is_whole else found.limits
                    kept.setdefault(turn.task, []).append((turn, left))
            elif turn in own and not turn.is_off:
                found.turns[turn] = left
        for limit, _ in (pair for kept in (found.limits, found.whole) for pairs in kept.values() for pair in pairs):
            limit.call_off()
        return found

    def forget(self, task: Task) -> bool:
        """A task leaves its step: what was left of its work comes to nothing. Whether it rested."""
        if isinstance(task.alarm, Unfinished):
            task.alarm = Turn(task)
        task.visit = task.visit or 1
        return self.resting.pop(task, None) is not None

    def go_on(self) -> None:
        """Whatever rests and need not any longer goes on: who was at work, then the others, as they came."""
        free = [task for task in self.resting if not self.holds(task)]
        for task in sorted(free, key=lambda task: (not isinstance(task.alarm, Unfinished), task.came)):
            rest = self.resting.pop(task, None)
            if rest is not None:  # nothing that went on before it took it from its step
                self.go_on_with(task, rest)

    def go_on_with(self, task: Task, rest: Rest) -> None:
        """A task goes on from where it was."""
        course = self.course
        for limit, left in rest.limits:
            limit.again(left)
        if rest.stage == ARRIVING:
            task.visit = 1
            if task is not task.case:
                course.arrive(task)
            elif not course.comes_to(task.case, task.step, task.case.at):
                task.state = BETWEEN
                course.kernel.ask_now(course.go, task.case)
        elif rest.stage in (WAITING, GATED):
            course.wait(task, rest.left)
        elif rest.stage == ATTENDED:
            course.attend(task)
        else:
            course.reweigh(task.case)  # a branch may have gone meanwhile


@dataclass(slots=True)
class Clocks:
    """What is left: of turns, of time limits of tasks, of time limits of whole cases."""

    turns: dict[Turn, int] = field(default_factory=dict)
    limits: dict[Task, list[tuple[Limit, int]]] = field(default_factory=dict)
    whole: dict[Task, list[tuple[Limit, int]]] = field(default_factory=dict)
