"""Gates: cases that wait at a step until a condition is true go on one after the other.

In: tasks whose step waits for a condition. Out: the call `attend` for each that may go on.

Cases go in order of arrival, each in a turn of its own. After one has gone, all that follows from it at that instant comes first,
and only then is the next looked at: what the one used up, the next finds used up, and a quota is not overdrawn.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

from sim.engine.cases import Task
from sim.engine.conditions import Conditions, Watch
from sim.engine.kernel import ACTS, Kernel

__all__ = ["Gates", "Held"]


class Held:
    """A task that waits at its gate, or is listed among those that may go. `name` is that of its visit, for draws."""

    __slots__ = ("gates", "is_listed", "is_ready", "name", "task", "watch")

    watch: Watch

    def __init__(self, gates: Gates, task: Task, name: str) -> None:
        self.gates = gates
        self.task = task
        self.name = name
        self.is_ready = False
        self.is_listed = False

    def call_off(self) -> None:
        """It waits no longer."""
        self.is_ready = False
        self.gates.conditions.forget(self.watch)
        self.watch.waiting = ()


class Gates:
    """The gates of one run."""

    def __init__(self, kernel: Kernel, conditions: Conditions, attend: Callable[[Task], None]) -> None:
        self.kernel = kernel
        self.conditions = conditions
        self.attend = attend
        self.ready: list[tuple[int, Held]] = []
        self.is_asked = False

    def hold(self, task: Task, program: Any, name: str) -> Held:
        """Let a task wait until a condition, looked at now and whenever what it reads has changed, is true."""
        held = Held(self, task, name)
        held.watch = self.conditions.follow(program, self.turned, self.may_go, case=task.case)
        held.watch.waiting = held
        self.turned(held.watch)
        return held

    def turned(self, watch: Watch) -> None:
        """What a task waits for has turned; where it must last, that begins or ends."""
        held: Held = watch.waiting
        held.is_ready = False
        self.conditions.begin_or_end(watch, held.name, held.task.case.k)

    def may_go(self, watch: Watch) -> None:
        """A task may go on, unless those before it change that."""
        held: Held = watch.waiting
        held.is_ready = True
        if not held.is_listed:
            held.is_listed = True
            heappush(self.ready, (watch.order[-1], held))
        if not self.is_asked:
            self.is_asked = True
            self.kernel.ask_now(self.let_go, False)

    def let_go(self, is_next: bool) -> None:
        """The first of those that may still go goes; `is_next` if one went before at this instant."""
        kernel = self.kernel
        if is_next and (kernel.waiting or not kernel.is_last_of(ACTS)):
            kernel.ask_again(self.let_go, True)
            return
        while self.ready:
            _, held = heappop(self.ready)
            held.is_listed = False
            if held.is_ready:
                held.call_off()
                held.task.wait = None
                kernel.ask_again(self.let_go, True)
                self.attend(held.task)
                return
        self.is_asked = False
