"""Pending cases: what a change of a step or procedure means for the cases under way.

In: a step that came into force or went out of it, and its pending clause. Out: cases spared, kept, led back, let go.
Who has begun (holds a slot) finishes; who waits does not.
"""

from __future__ import annotations

from collections.abc import Collection

from sim.engine.cases import APART, AT, Case, Procedure, Step, Task
from sim.engine.procedures import Procedures

__all__ = ["enacted", "imposed", "repealed"]


def enacted(procedures: Procedures, procedure: Procedure, bound: Step, pending: str, spared: Collection[Case] | None) -> None:
    """A step came into force.

    `finish`: earlier cases are exempt for ever, or some of them (`spared`), and the others meet it. `join`: those not beyond it meet it.
    `return`: those beyond it come back for it. `restart`: all begin anew.
    """
    if pending != "finish":
        treat(procedures, procedure.open, bound, pending)
        return
    unspared = set() if spared is None else {case for case in procedure.cases if case not in spared and not bound.spares(case)}
    bound.spares_before = len(procedures.world.log)
    bound.unspared = unspared
    procedure.spares = True
    treat(procedures, [case for case in procedure.open if case in unspared], bound, "join")


def imposed(procedures: Procedures, cases: Collection[Case], bound: Step, pending: str) -> None:
    """A step came into force for these cases alone; that goes before any exemption."""
    for case in cases:
        case.kept |= {bound.short}
        bound.imposed.add(case)
        bound.unspared.add(case)
    treat(procedures, cases, bound, pending)


def treat(procedures: Procedures, cases: Collection[Case], bound: Step, pending: str) -> None:
    """Open cases for which a step is in force now."""
    for case in cases:
        if case.refused_at is not None:  # it is refused, and only has to be told
            continue
        if pending == "restart":
            procedures.lead(case, case.procedure.steps[0].id, erase=True)
            procedures.kernel.ask_now(procedures.go, case)
        elif bound.group is not None and case.state == APART and case.at == bound.place:
            _join_siblings(procedures, case, bound)
        elif case.state in (AT, APART) and case.step in (bound, bound.group):  # it is at the step, which it kept, or before its branches
            continue
        elif pending == "return" and case.at >= bound.place and case.at >= 0 and bound.short not in case.passed:
            procedures.lead(case, bound.id, erase=False)
            procedures.kernel.ask_now(procedures.go, case)


def _join_siblings(procedures: Procedures, case: Case, branch: Step) -> None:
    """A branch of an undecided `together` starts at once."""
    if procedures.binds(case, branch) and not any(task.step is branch for task in case.branches):
        task = Task(case, branch)
        task.state = AT
        case.branches = (*case.branches, task)
        procedures.arrive(task)


def repealed(procedures: Procedures, procedure: Procedure, bound: Step, pending: str, kept: Collection[Case] | None) -> None:
    """A step is gone. `finish`: open cases, or some of them, keep it. `join`: who waits at it goes on, who is begun finishes."""
    for case in procedure.open:
        if pending == "finish" and (kept is None or case in kept):
            case.kept |= {bound.short}
        if bound.short in case.kept:
            continue
        for task in case.tasks():
            if task.step is bound and not task.is_begun:
                _let_go(procedures, case, task)
        if bound.branches and case.state == APART and case.step is bound and not any(task.is_begun for task in case.tasks()):
            procedures.free(case)
            procedures.kernel.ask_now(procedures.go, case)


def _let_go(procedures: Procedures, case: Case, task: Task) -> None:
    """A task leaves the step it waits at."""
    task.case.count_visits()  # should the step be enacted again, the case comes to it a second time
    procedures.drop(task)
    if task is not case:
        case.branches = tuple(other for other in case.branches if other is not task)
        if case.branches or any(branch.short in case.passed for branch in case.step.branches):
            procedures.reweigh(case)
            return
        procedures.free(case)
    procedures.kernel.ask_now(procedures.go, case)
