"""Procedures made by chance, under law that changes: desks, cases and visits are always in order.

In: scenarios with every kind of step and pending clause. Out: that slots are neither lost nor made, that no case is forgotten,
that visits are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import face
from sim.engine import Run
from sim.engine.cases import APART, AT, CLOSED, HALTED, Case, Task
from sim.engine.procedures import Procedures
from sim.language.shapes_rules import PENDING
from tests.strategies import Data, yaml_text

DESKS = {"narrow": {"capacity": 1}, "wide": {"capacity": 2}, "open": {}}
HOURS = st.integers(1, 60).map(lambda hours: f"{hours}h")


@st.composite
def one_step(draw: Callable[[Any], Any], earlier: list[str]) -> Data:
    """Any step; it may lead back to an earlier one."""
    step: Data = {"by": draw(st.sampled_from(sorted(DESKS)))}
    kind = draw(st.sampled_from(["takes", "takes", "takes", "meets", "waits", "nothing"]))
    if kind in ("takes", "waits"):
        step["takes"] = draw(HOURS)
    if kind == "waits":
        step["waits"] = draw(HOURS)
    if kind == "meets":
        step["meets"] = {"every": draw(HOURS)} | draw(st.sampled_from([{}, {"per_session": 1}, {"per_session": 2}]))
    elif draw(st.booleans()):
        step["queue"] = "case.v"
    if draw(st.booleans()):
        step["refuses"] = draw(st.sampled_from([0.1, 0.5]))
    if draw(st.booleans()):
        step["sends_back"] = {"to": draw(st.sampled_from(earlier)), "chance": 0.3}
    if draw(st.booleans()):
        step |= limit(draw, earlier)
    return step | {"in_force": draw(st.sampled_from([True, True, False]))}


def limit(draw: Callable[[Any], Any], earlier: list[str]) -> Data:
    """A time limit and what happens at it, or that it is only told."""
    late = draw(st.sampled_from(["approved", "refused", "", earlier[0]]))
    return {"deadline": draw(HOURS)} | ({"if_late": late} if late else {})


@st.composite
def worlds(draw: Callable[[Any], Any]) -> Data:
    """A procedure of several steps, some at once, many cases, and law that changes while they are under way."""
    steps: Data = {}
    shorts = []
    for number in range(draw(st.integers(1, 4))):
        name = f"s{number}"
        earlier = [*steps, name]
        if draw(st.integers(0, 2)) == 0:
            branches = {f"{name}_{letter}": draw(one_step(earlier)) for letter in "abc"[: draw(st.integers(1, 3))]}
            steps[name] = {"together": branches, "needs": draw(st.sampled_from(["all", "any", 1, len(branches)]))}
            if draw(st.booleans()):
                steps[name] |= limit(draw, earlier)
            shorts += [f"p.{branch}" for branch in branches]
        else:
            steps[name] = draw(one_step(earlier))
        shorts.append(f"p.{name}")
    timeline: Data = {}
    for number in range(draw(st.integers(1, 8))):
        timeline[f"c{number}"] = {
            "at": f"2025-01-0{draw(st.integers(1, 4))} 0{draw(st.integers(0, 9))}:00",
            "open": "p", "by": "firm", "with": {"v": draw(st.integers(0, 2))},
        }  # fmt: skip
    for number in range(draw(st.integers(0, 5))):
        verb = draw(st.sampled_from(["enact", "repeal", "suspend", "suspend", "resume"]))
        short = draw(st.sampled_from(shorts)) if verb in ("enact", "repeal") or draw(st.booleans()) else "p"
        clauses = [one for one in PENDING.get(verb, ()) if one != "withdraw"]
        clause: Data = {"pending": draw(st.sampled_from([*clauses, {"finish": "case.v == 1"}]))} if clauses else {}
        if verb == "enact" and clause["pending"] in ("join", "return", "restart") and draw(st.booleans()):
            clause["for_case"] = f"case.v > {draw(st.integers(0, 1))}"
        elif draw(st.booleans()):
            clause["until"] = f"2025-01-0{draw(st.integers(4, 9))}"
        timeline[f"l{number}"] = {"at": f"2025-01-0{draw(st.integers(2, 6))} 0{draw(st.integers(0, 9))}:30", verb: short, **clause}
    for number in range(draw(st.integers(0, 5))):
        verb = draw(st.sampled_from(["withdraw", "suspend", "suspend", "revoke", "revoke", "revoke"]))
        timeline[f"w{number}"] = {
            "at": f"2025-01-0{draw(st.integers(2, 9))} 0{draw(st.integers(0, 9))}:{draw(st.sampled_from(['00', '30']))}",
            verb: "p.cases", "where": f"case.v < {draw(st.integers(1, 3))}",
        } | draw(st.sampled_from([{}, {"by": "firm"}]))  # fmt: skip
        if verb == "suspend" and draw(st.booleans()):
            timeline[f"r{number}"] = {"at": f"2025-01-1{draw(st.integers(0, 3))}", "resume": "p.cases"}
    whole = draw(st.sampled_from([{}, {"deadline": "5d", "if_late": "refused"}])) | draw(st.sampled_from([{}, {"valid": "3d"}]))
    return {
        "scenario": "cases",
        "period": {"from": "2025-01-01", "until": "2025-01-15"},
        "actors": {"firm": {}, **DESKS},
        "procedures": {"p": {"case": {"v": "number"}, "steps": steps, **whole}},
        "timeline": timeline,
    }


def tasks_of(case: Case) -> list[Task]:
    return [case] if case.state == AT else [task for task in case.branches if task.state == AT]


def check_desks(procedures: Procedures) -> None:
    """Each slot that is held is held by a task at work, and nobody waits at a desk that has room."""
    cases = [case for procedure in procedures.table.values() for case in procedure.cases]
    for desk in procedures.desks.values():
        here = [task for case in cases for task in tasks_of(case) if task.desk is desk]
        begun = [task for task in here if task not in desk.queue]
        assert desk.busy == len(begun) <= desk.capacity
        assert len(desk.queue) == len(here) - len(begun)
        assert not desk.queue or desk.busy == desk.capacity
        assert all(one.rank >= other.rank for one, other in zip(desk.queue, list(desk.queue)[1:], strict=False))
    values = procedures.world.values
    for case in cases:
        halted = procedures.rest.halted.get(case)
        assert case.state in (AT, APART, CLOSED, HALTED), "a case stands between steps, and nobody asked for it to go on"
        assert case.state != HALTED or halted, "a case stands still, and nothing is suspended"
        resting = [task for task in tasks_of(case) if task in procedures.rest.resting]
        assert resting == [task for task in tasks_of(case) if procedures.rest.holds(task)], "who is suspended rests, and nobody else"
        assert not halted or "case" in halted or values[case.procedure.program.in_force] is False
        assert not halted or case.state != CLOSED, "a case has ended and stands still"
        assert case.state != APART or tasks_of(case), "all branches are decided, and the case does not go on"


def check_standings(run: Run) -> None:
    """What each case is, told by entries, is what it is."""
    for name, standings in run.holdings.standings.items():
        cases = run.procedures.table[name].cases
        assert [case for case in standings if standings[case] == "open"] == [case for case in cases if case.state != CLOSED]
        assert [case for case in cases if case in standings] == list(standings), "in order of opening"


LEGAL = {
    None: {"opened"},
    "open": {"approved", "refused", "withdrawn", "late", "licence_suspended"},
    "still": {"licence_resumed", "withdrawn"},
    "held": {"licence_suspended", "licence_revoked", "licence_expired"},
    "suspended": {"licence_resumed", "licence_revoked", "licence_expired"},
    "over": set(),
}
NEXT = {
    "opened": "open", "approved": "held", "refused": "over", "withdrawn": "over", "licence_revoked": "over", "licence_expired": "over",
}  # fmt: skip


def moved(state: str | None, word: str) -> str | None:
    """What a case is after an entry about it; steps are decided only while it is open and does not stand still itself."""
    if word not in set().union(*LEGAL.values()):
        assert state == "open", f"{word} of a case that is {state}"
        return state
    assert word in LEGAL[state], f"{word} of a case that is {state}"
    if word == "licence_suspended":
        return "still" if state == "open" else "suspended"
    if word == "licence_resumed":
        return "open" if state == "still" else "held"
    return NEXT.get(word, state)


def test_slots_and_cases_are_neither_lost_nor_made(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = Run.take_apart
    seen: Counter[str] = Counter()

    def looked_at(run: Run) -> None:
        check_desks(run.procedures)
        check_standings(run)
        ends(run)

    monkeypatch.setattr(Run, "take_apart", looked_at)

    @settings(max_examples=max(300, settings().max_examples))
    @given(worlds(), st.integers(0, 5))
    def tried(world: Data, seed: int) -> None:
        log = face.reread({"scenario.yaml": yaml_text(world)}).run(seed=seed).log
        visits: dict[tuple[str | None, str], float] = {}
        states: dict[str | None, str | None] = {}
        for entry in log.entries:
            if entry.data.get("outcome") in ("passed", "refused", "sent_back"):
                place = (entry.case, entry.event)
                assert entry.data["visit"] > visits.get(place, 0), "a visit is decided once"
                visits[place] = entry.data["visit"]
                seen[entry.data["outcome"]] += 1
            seen[entry.event.rpartition(".")[2]] += 1
            seen["late"] += entry.data.get("outcome") == "late"
            seen["again"] += entry.data.get("visit", 0) > 1
            if entry.case is not None:
                states[entry.case] = moved(states.get(entry.case), entry.event.rpartition(".")[2])

    tried()
    words = ("passed", "refused", "sent_back", "late", "approved", "again", "suspended", "resumed", *set().union(*LEGAL.values()))
    assert all(seen[word] > 10 for word in words), seen
    assert seen["expired"] > 3, seen
