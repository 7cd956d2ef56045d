"""Procedures: cases go from step to step, wait at desks, are decided.

In: opened cases, and law that changes while they are under way. Out: entries `P.STEP`, `P.approved`, `P.refused`.

Most entries of a run are made here, so `decide` is flat: what its steps share is looked up when the run is set up, and a
case goes on at once where nothing else could come between (in the bench world: 0.6 of the time of the same in small calls).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any

from sim.engine import program as p
from sim.engine import record as r
from sim.engine.kernel import Kernel, Turn
from sim.engine.record import RawEntry, Shape
from sim.engine.world import Namer, World
from sim.errors import RunStopped

__all__ = ["Case", "Desk", "Procedures"]

NONE: frozenset[str] = frozenset()
PASSED = {"outcome": "passed", "visit": 1}
REFUSED = {"outcome": "refused", "visit": 1}
LONGEST = 2**53


class Case(Turn):
    """One application: its data, where it stands, and the law it met. As a turn it is the end of the work on it."""

    __slots__ = (
        "at", "by", "closed", "data", "desk", "k", "kept", "last",
        "opened", "opened_id", "passed", "path", "procedure", "refused_at",
    )  # fmt: skip

    def __init__(self, procedure: Procedure, by: str | None, data: dict[str, Any], path: str, k: int, opened: int) -> None:
        self._ok = True
        self.procedure = procedure
        self.by = by
        self.data = data
        self.path = path
        self.k = k
        self.opened = opened
        self.opened_id = 0
        self.last = 0
        self.at = -1
        self.desk: Desk | None = None
        self.closed = False
        self.passed: list[str] = []
        self.kept = NONE
        self.refused_at: str | None = None

    def exempt_from(self, step: str) -> bool:
        """Whether this step, when it was enacted, spared the cases opened before."""
        return any(one.short == step and self.opened_id < one.spares_before for one in self.procedure.steps)

    @property
    def key(self) -> str:
        """The name of its opening."""
        return f"{self.path}#{self.k}" if self.k else self.path


class Desk:
    """An actor at work on cases: as many at a time as it has capacity, first come first served."""

    __slots__ = ("actor", "busy", "capacity", "queue")

    def __init__(self, actor: str, capacity: int | None) -> None:
        self.actor = actor
        self.capacity = 1 << 62 if capacity is None else capacity
        self.busy = 0
        self.queue: deque[Case] = deque()


@dataclass(slots=True)
class Step:
    """A step bound to a run."""

    id: str
    short: str
    in_force: int
    shape: Shape
    desk: Desk | None
    by: Any
    takes: Any
    needed: Any
    refuses: Any
    counter: Any
    namer: Namer
    spares_before: int = -1
    """Cases opened before this entry (its id) are exempt for ever."""


@dataclass(slots=True)
class Procedure:
    """A procedure bound to a run, with all its cases in order of opening."""

    program: p.ProcedureProgram
    steps: tuple[Step, ...]
    approved: Namer
    refused: Namer
    cases: list[Case]

    @property
    def open(self) -> list[Case]:
        """The cases under way, in order of opening."""
        return [case for case in self.cases if not case.closed]


class Procedures:
    """The procedures of one run."""

    def __init__(self, world: World, kernel: Kernel, hear: Callable[[RawEntry], None], heard: Container[str]) -> None:
        self.world = world
        self.kernel = kernel
        self.hear = hear
        self.heard = heard
        self.desks: dict[str, Desk] = {}
        self.deciding = (self.decide,)
        self.table = {key: self._bind(procedure) for key, procedure in world.program.procedures.items()}

    def _bind(self, procedure: p.ProcedureProgram) -> Procedure:
        steps = tuple(self._bind_step(step) for step in procedure.steps)
        return Procedure(procedure, steps, Namer(f"{procedure.id}.approved"), Namer(f"{procedure.id}.refused"), [])

    def _bind_step(self, step: p.StepProgram) -> Step:
        function = self.world.function
        desk = self.desk(step.desk) if step.desk is not None else None
        by, takes, needed, refuses = (function(name) for name in (step.by, step.takes, step.needed, step.refuses))
        counter = self.world.counters.get(step.short)
        namer = Namer(f"{step.short}.1")
        return Step(step.id, step.short, step.in_force, step.shape, desk, by, takes, needed, refuses, counter, namer)

    def desk(self, actor: str) -> Desk:
        """The one desk of an actor."""
        desk = self.desks.get(actor)
        if desk is None:
            desk = self.desks[actor] = Desk(actor, self.world.program.capacity[actor])
        return desk

    def new_case(self, procedure: str, by: str | None, data: dict[str, Any], path: str, k: int) -> Case:
        """A case that is about to be opened."""
        return Case(self.table[procedure], by, data, path, k, self.world.now)

    def begin(self, case: Case, entry: RawEntry, *, alone: bool) -> None:
        """A case is opened: in a turn of its own it goes to its first step. `alone` if nobody hears of it."""
        case.opened_id = case.last = entry[r.ID]
        case.procedure.cases.append(case)
        (self.kernel.last if alone else self.kernel.ask_now)(self.go, case)

    def go(self, case: Case) -> None:
        """To the next step that binds the case, or to its end."""
        if case.refused_at is not None:
            self.end(case, case.procedure.program.refused, case.procedure.refused)
            return
        values, steps = self.world.values, case.procedure.steps
        for at in range(case.at + 1, len(steps)):
            step = steps[at]
            if not (values[step.in_force] or step.short in case.kept) or case.opened_id < step.spares_before:
                continue
            if step.needed is None or step.needed(self.world.now, None, case):
                case.at = at
                break
        else:
            self.end(case, case.procedure.program.approved, case.procedure.approved)
            return
        desk = step.desk
        if step.by is not None:
            actor = step.by(self.world.now, None, case)
            desk = None if actor is None else self.desk(actor)
        case.desk = desk
        if desk is not None:
            if desk.busy >= desk.capacity:
                desk.queue.append(case)
                return
            desk.busy += 1
        self.work(case, step)

    def work(self, case: Case, step: Step) -> None:
        """Work on a case begins; it ends with a decision."""
        if step.takes is None:
            self.kernel.ask_now(self.decide, case)
            return
        now = self.world.now
        takes = step.takes(now, None, case, case.path, case.k)
        if not 0 <= takes <= LONGEST:
            raise RunStopped("E505", f"work of {takes / 86_400_000_000:g} d is impossible", f"{step.shape.rule}.takes", now)
        self.kernel.ask(now + takes, case, self.deciding)

    def decide(self, case: Any) -> None:
        """A decision: logged, the desk takes its next case, the decision is heard, and the case goes on in a turn of its own."""
        world, desk, path, k = self.world, case.desk, case.path, case.k
        step = case.procedure.steps[case.at]
        actor = None
        data = PASSED
        if desk is not None:
            actor = desk.actor
        if step.refuses is not None and step.refuses(world.now, None, case, path, k):
            case.refused_at = step.id
            data = REFUSED
        else:
            case.passed.append(step.short)
        log = world.log
        number = len(log)
        name = step.namer.names.get(path) or step.namer.name(path)
        entry = (number, world.now, step.shape, case.by, actor, case, case.last, None, data, name, k, None)
        log.append(entry)
        case.last = number
        if step.counter is not None:
            step.counter(entry)
        if desk is not None:
            desk.busy -= 1
            case.desk = None
            if desk.queue:
                following = desk.queue.popleft()
                desk.busy += 1
                self.work(following, following.procedure.steps[following.at])
        if step.short in self.heard:
            self.hear(entry)
        self.kernel.last(self.go, case)

    def end(self, case: Case, shape: Shape, namer: Namer) -> None:
        """A case is approved or refused; its last entry says which law it met."""
        case.closed = True
        data: dict[str, Any] = {"duration": self.world.now - case.opened}
        met = case.passed
        if case.refused_at is not None:
            data["step"] = case.refused_at
            met = [*met, f"{case.procedure.program.id}.{case.refused_at}"]
        data["law"] = met[0] if len(met) == 1 else " ".join(met)
        if exempt := [step.short for step in case.procedure.steps if case.opened_id < step.spares_before]:
            data["exempt"] = " ".join(sorted(exempt))
        if case.kept:
            data["kept"] = " ".join(sorted(case.kept))
        entry = self.world.record(shape, case.by, None, case, case.last, None, data, namer.name(case.path), case.k)
        case.last = entry[r.ID]
        if shape.event in self.heard:
            self.kernel.ask_now(self.hear, entry)

    # law that changes

    def enacted(self, procedure: str, step: str, pending: str) -> None:
        """A step came into force: with `finish`, earlier cases are exempt for ever; with `join` those not beyond it meet it."""
        if pending == "finish":
            for one in self.table[procedure].steps:
                if one.id == step:
                    one.spares_before = len(self.world.log)

    def repealed(self, procedure: str, step: str, pending: str) -> None:
        """A step is gone: with `finish` open cases keep it; with `join` who waits at it goes on, who is begun finishes."""
        short = f"{procedure}.{step}"
        for case in self.table[procedure].open:
            if pending == "finish":
                case.kept |= {short}
            elif case.desk is not None and case.procedure.steps[case.at].short == short and case in case.desk.queue:
                case.desk.queue.remove(case)
                case.desk = None
                self.kernel.ask_now(self.go, case)

    def waiting(self) -> list[str]:
        """Who waits for what, in words."""
        found: dict[str, int] = {}
        for procedure in self.table.values():
            for case in procedure.open:
                step = procedure.steps[case.at].short if case.at >= 0 else procedure.program.id
                found[step] = found.get(step, 0) + 1
        return [f"{step}: {count}" for step, count in sorted(found.items())]
