"""Time limits: of cases from their opening, of steps from the arrival of a case, waiting included.

In: cases that are opened, tasks that arrive. Out: closings; entries `P.late`, `P.STEP` with the outcome `late`, and what `if_late` says.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from sim.engine.case_entries import CaseEntries
from sim.engine.cases import APART, AT, CLOSED, Case, Limit, Step, Task
from sim.engine.kernel import CLOSINGS, Kernel
from sim.engine.record import RawEntry
from sim.engine.world import World

__all__ = ["Limits"]


class Course(Protocol):
    """What moves cases: see `procedures`."""

    world: World
    kernel: Kernel
    entries: CaseEntries
    hear: Callable[[RawEntry], None]

    def length(self, delay: int, path: str) -> int: ...
    def go(self, case: Case) -> None: ...
    def end(self, case: Case, outcome: str) -> None: ...
    def free(self, case: Case) -> None: ...
    def drop(self, task: Task) -> None: ...
    def mark(self, task: Task, outcome: str) -> None: ...
    def lead(self, case: Case, step: str, *, erase: bool) -> None: ...
    def weigh(self, case: Case, group: Step, cause: RawEntry) -> None: ...


class Limits:
    """The time limits of one run."""

    def __init__(self, course: Course) -> None:
        self.course = course

    def of_case(self, case: Case) -> None:
        """The time limit of a whole case begins."""
        procedure = case.procedure
        path = f"{procedure.program.path}.deadline"
        self.run_for_case(case, self.course.length(procedure.deadline(self.course.world.now, None, case, case.path, case.k), path))

    def run_for_case(self, case: Case, left: int) -> None:
        """The time limit of a whole case runs from now on."""
        again = partial(self.run_for_case, case)
        self.ask(Limit(case, lambda: case.state != CLOSED, partial(self.case_late, case), again, is_whole=True), left)

    def of_step(self, task: Task) -> None:
        """The time limit of a step begins, if it has one."""
        step, case = task.step, task.case
        if step.deadline is not None:
            delay = step.deadline(self.course.world.now, None, case, task.occasion, case.k)
            self.run_for_step(task, self.course.length(delay, f"{step.shape.rule}.deadline"))

    def run_for_step(self, task: Task, left: int) -> None:
        """The time limit of a step runs from now on, for this stay."""
        stay = task.stay

        def due() -> bool:
            return task.stay == stay and task.state in (AT, APART)

        def act() -> None:  # the limit of the whole case, at this very instant, may have ended it
            if due():
                self.step_late(task)

        self.ask(Limit(task, due, act, partial(self.run_for_step, task)), left)

    def ask(self, limit: Limit, left: int) -> None:
        kernel = self.course.kernel
        kernel.ask(self.course.world.now + left, limit, kernel.closing, CLOSINGS)

    def step_late(self, task: Task) -> None:
        """The time limit of a step has come: that is logged, and `if_late` says what becomes of the case."""
        course, step, case = self.course, task.step, task.case
        then = step.program.if_late
        entry = course.entries.of_step(task, step, "late", f"{task.visit}.late", case.last)
        if then is not None:
            if step.branches:
                course.free(case)
            else:
                course.drop(task)
            if then in ("approved", "refused"):
                course.mark(task, "passed" if then == "approved" else "refused")
            else:
                course.lead(case, then, erase=True)
            if step.group is not None:
                course.weigh(case, step.group, entry)
        if step.is_heard:
            course.kernel.ask_now(course.hear, entry)
        if then is not None and case.state != APART:
            course.kernel.ask_now(course.go, case)

    def case_late(self, case: Case) -> None:
        """The time limit of a whole case has come."""
        course, then = self.course, case.procedure.program.if_late
        course.entries.late(case)
        if then is None:
            return
        case.count_visits()
        course.free(case)
        if then in ("approved", "refused"):
            course.end(case, then)
        else:
            course.lead(case, then, erase=True)
            course.kernel.ask_now(course.go, case)
