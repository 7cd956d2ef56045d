"""What procedures write into the log: decisions, time limits, the ends of cases.

In: cases and their steps. Out: entries `P.STEP`, `P.approved`, `P.refused`, `P.withdrawn`, `P.late`. (Plain decisions, the most
frequent entries of all, write their own: `procedures`.)
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any

from sim.engine import record as r
from sim.engine.cases import Case, Step, Task
from sim.engine.kernel import Kernel
from sim.engine.record import RawEntry
from sim.engine.world import Namer, World

__all__ = ["CaseEntries"]


class CaseEntries:
    """The entries of the cases of one run."""

    def __init__(self, world: World, kernel: Kernel, hear: Callable[[RawEntry], None], heard: Container[str]) -> None:
        self.world = world
        self.kernel = kernel
        self.hear = hear
        self.heard = heard

    def of_step(self, task: Task, step: Step, outcome: str, name: str, cause: int) -> RawEntry:
        """An entry of a step: a decision, a time limit, or what a `together` comes to."""
        case = task.case
        data = {"outcome": outcome, "visit": task.visit}
        path = self.namer(step, name).name(case.path)
        actor = step.program.desk if task.desk is None else task.desk.actor
        entry = self.world.record(step.shape, case.by, actor, case, cause, None, data, path, case.k)
        case.last = entry[r.ID]
        return entry

    def namer(self, step: Step, name: str) -> Namer:
        """The namer of a further visit, or of a time limit."""
        found = step.namer if name == "1" else step.namers.get(name)
        if found is None:
            found = step.namers[name] = Namer(f"{step.short}.{name}")
        return found

    def late(self, case: Case) -> None:
        """The time limit of a whole case has come, at this step."""
        self.conclude(case, "late", {"duration": self.world.now - case.opened, "step": case.step.id})

    def ended(self, case: Case, outcome: str) -> None:
        """The last entry of a case says which law it met."""
        data = self.told(case)
        if outcome == "refused":
            data["step"] = case.refused_at or case.step.id
        self.conclude(case, outcome, data)

    def told(self, case: Case) -> dict[str, Any]:
        """How long a case took, the steps it was decided at, those it was spared, those it kept after their repeal, and those
        that were enacted for it."""
        data: dict[str, Any] = {"duration": self.world.now - case.opened}
        met = case.passed
        if case.refusals:
            met = [*met, *case.refusals]
        if case.refused_at is not None:
            met = [*met, f"{case.procedure.program.id}.{case.refused_at}"]
        if met:
            data["law"] = met[0] if len(met) == 1 else " ".join(met)
        if case.procedure.spares and (exempt := [step.short for step in case.procedure.all_steps if step.spares(case)]):
            data["exempt"] = " ".join(sorted(exempt))
        if case.kept:
            imposed = {step.short for step in case.procedure.all_steps if case in step.imposed}
            for word, steps in (("kept", case.kept - imposed - {case.procedure.program.id}), ("imposed", imposed)):
                if steps:
                    data[word] = " ".join(sorted(steps))
        return data

    def conclude(self, case: Case, outcome: str, data: dict[str, Any], cause: int | None = None) -> None:
        """An entry about a whole case, heard in a turn of its own; caused by the one before it, unless said."""
        procedure = case.procedure
        shape, namer = procedure.program.outcomes[outcome], procedure.namers[outcome]
        entry = self.world.record(
            shape, case.by, None, case, case.last if cause is None else cause, None, data, namer.name(case.path), case.k
        )
        case.last = entry[r.ID]
        if shape.event in self.heard:
            self.kernel.ask_now(self.hear, entry)
