"""Cases and desks: what a procedure works on, and who works on it.

In: the steps of a program, bound to a run. Out: the records `procedures` moves and `pending` looks at.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sim.engine import program as p
from sim.engine.kernel import Closing, Turn
from sim.engine.record import Shape
from sim.engine.timetable import Timetable
from sim.engine.world import Namer

__all__ = ["APART", "AT", "BETWEEN", "CLOSED", "HALTED", "Case", "Desk", "Limit", "Procedure", "Session", "Step", "Task", "Unfinished"]

NONE: frozenset[str] = frozenset()

BETWEEN, AT, APART, CLOSED, HALTED = range(5)
"""Where a case is: between steps, at one, in the branches of a `together`, at its end, or between steps and not to go on for now."""


class Wait(Protocol):
    """What ends the waiting of a task: a turn, or a condition."""

    def call_off(self) -> None: ...


class Task(Turn):
    """The stay of a case at one step. As a turn it is the end of the work.

    `stay` counts moves that other things may cut short: what was asked for during an earlier one lapses.
    `came` counts arrivals, at the step and then at its queue. `wait` is what ends its waiting; `alarm` the one that ends the
    work, where the task itself still lies in the queue, called off.
    """

    __slots__ = ("alarm", "came", "case", "desk", "rank", "refused", "state", "stay", "step", "visit", "wait")

    case: Case
    step: Step

    def __init__(self, case: Case, step: Step) -> None:
        self._ok = True
        self.case = case
        self.step = step
        self.came = 0
        self.desk: Desk | None = None
        self.rank: float = 0.0
        self.refused = False
        self.state = BETWEEN
        self.stay = 0
        self.visit = 1
        self.alarm: Turn | None = None
        self.wait: Wait | None = None

    @property
    def occasion(self) -> str:
        """The name of a visit, for draws: the case's, and the number of a later visit."""
        return self.case.path if self.visit == 1 else f"{self.case.path}~{self.visit}"

    @property
    def is_begun(self) -> bool:
        """Whether it holds a slot; who waits, also for a session, has not begun."""
        return self.desk is not None and self not in self.desk.queue


class Unfinished(Turn):
    """Work that was broken off; `left` is what remains of it."""

    __slots__ = ("left",)

    def __init__(self, task: Task, left: int) -> None:
        super().__init__(task)
        self.left = left


class Limit(Closing):
    """A time limit of a task, or of a whole case; `again` lets it run anew."""

    __slots__ = ("again", "is_whole", "task")

    def __init__(
        self, task: Task, due: Callable[[], bool], act: Callable[[], None], again: Callable[[int], None], *, is_whole: bool = False
    ) -> None:
        super().__init__(due, act)
        self.task = task
        self.again = again
        self.is_whole = is_whole

    def call_off(self) -> None:
        """It no longer matters."""
        self.due = lambda: False


class Case(Task):
    """One application: its data, where it stands, and the law it met. Outside of `together` it is its own task."""

    __slots__ = (
        "at", "branches", "by", "data", "k", "kept", "last",
        "opened", "opened_id", "passed", "path", "procedure", "refusals", "refused_at", "visits",
    )  # fmt: skip

    def __init__(self, procedure: Procedure, by: str | None, data: dict[str, Any], path: str, k: int, opened: int) -> None:
        self._ok = True
        self.case = self
        self.came = 0
        self.desk = None
        self.rank = 0.0
        self.refused = False
        self.state = BETWEEN
        self.stay = 0
        self.visit = 1
        self.alarm = None
        self.wait = None
        self.procedure = procedure
        self.by = by
        self.data = data
        self.path = path
        self.k = k
        self.opened = opened
        self.opened_id = 0
        self.last = 0
        self.at = -1
        self.passed: list[str] = []
        self.kept = NONE
        self.refused_at: str | None = None
        self.refusals: tuple[str, ...] = ()
        self.branches: Sequence[Task] = ()
        self.visits: dict[str, int] | None = None

    def exempt_from(self, step: str) -> bool:
        """Whether this step, when it was enacted, spared the cases opened before."""
        return any(one.short == step and one.spares(self) for one in self.procedure.all_steps)

    def count_visits(self) -> None:
        """Visits of steps are counted from now on; so far each was visited once."""
        if self.visits is None:
            here = [task.step.short for task in (self, *self.branches) if task.visit] if self.at >= 0 else []
            self.visits = dict.fromkeys([*self.passed, *here], 1)

    @property
    def key(self) -> str:
        """The name of its opening."""
        return f"{self.path}#{self.k}" if self.k else self.path

    def part(self) -> None:
        """Let go of what refers back to the case, when its run is over."""
        del self.case
        self.alarm = self.wait = None
        for task in self.branches:
            task.alarm = task.wait = None
        self.branches = ()

    def tasks(self) -> list[Task]:
        """What is under way: itself at its step, or the branches that are not decided."""
        return [self] if self.state == AT else [task for task in self.branches if task.state == AT]


class Desk:
    """An actor at work on cases: as many at a time as it has capacity, higher rank first, then first come first served."""

    __slots__ = ("actor", "busy", "capacity", "queue")

    def __init__(self, actor: str, capacity: int | None) -> None:
        self.actor = actor
        self.capacity = 1 << 62 if capacity is None else capacity
        self.busy = 0
        self.queue: deque[Task] = deque()

    def wait(self, task: Task) -> None:
        """Queue a task behind those of its rank and above."""
        queue = self.queue
        if not queue or queue[-1].rank >= task.rank:
            queue.append(task)
            return
        at = len(queue)
        while at and queue[at - 1].rank < task.rank:
            at -= 1
        queue.insert(at, task)


class Session(Turn):
    """The timetable of a body that meets: its sessions are numbered from the start, whoever waits."""

    __slots__ = ("every", "number", "per_session", "program", "step", "waiting")

    def __init__(self, step: Step, program: p.MeetsProgram, every: Timetable | None) -> None:
        super().__init__()
        self.step = step
        self.program = program
        self.every = every
        self.per_session = program.per_session
        self.number = 0
        self.waiting: list[Task] = []

    @property
    def is_off(self) -> bool:
        """Whether nobody waits for it."""
        return not self.waiting

    def next(self, now: int) -> int | None:
        """The instant of the session after this one; None when there is none."""
        if self.every is None:
            self.number += 1
            return self.program.dates[self.number - 1] if self.number <= len(self.program.dates) else None
        if self.number == 0:
            self.number, instant = self.every.first()
            return instant
        self.number += 1
        return self.every.next(now, self.number)


@dataclass(slots=True)
class Step:
    """A step bound to a run. `plain` if all it may do is to take time at a desk, so that nothing else need be asked."""

    program: p.StepProgram
    place: int
    group: Step | None
    branches: tuple[Step, ...]
    id: str
    short: str
    in_force: int
    shape: Shape
    desk: Desk | None
    by: Any
    takes: Any
    waits: Any
    queue: Any
    needed: Any
    refuses: Any
    back: Any
    deadline: Any
    counter: Any
    namer: Namer
    plain: bool
    is_heard: bool
    session: Session | None = None
    namers: dict[str, Namer] = field(default_factory=dict)
    spares_before: int = -1
    """Cases opened before this entry (its id) are exempt for ever, but for `unspared`."""
    unspared: set[Case] = field(default_factory=set)
    imposed: set[Case] = field(default_factory=set)
    """Cases for which alone it was enacted."""
    is_suspended: bool = False

    def spares(self, case: Case) -> bool:
        """Whether a case is exempt for ever."""
        return case.opened_id < self.spares_before and case not in self.unspared and case not in self.imposed


@dataclass(slots=True)
class Procedure:
    """A procedure bound to a run, with all its cases in order of opening. `all_steps` are those of `together` too."""

    program: p.ProcedureProgram
    steps: tuple[Step, ...]
    all_steps: tuple[Step, ...]
    deadline: Any
    namers: dict[str, Namer]
    cases: list[Case]
    spares: bool = False
    """Whether a step of it was enacted that spares somebody."""
    approved: Callable[[Case], None] | None = None
    """What is to be done when a case of it is approved."""
    seen: int = 0
    seen_open: list[Case] = field(default_factory=list)
    """When it was last asked which cases are open: how many there were, and which were open."""

    @property
    def open(self) -> list[Case]:
        """The cases under way, in order of opening; those that had ended when this was last asked are not looked at again."""
        self.seen_open = [case for case in (*self.seen_open, *self.cases[self.seen :]) if case.state != CLOSED]
        self.seen = len(self.cases)
        return [*self.seen_open]
