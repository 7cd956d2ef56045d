"""Duties against a plain model of them: begun, fulfilled, ended, suspended and resumed at hours that collide.

In: hours and what is done at them. Out: that the engine breaches and fulfils what the model does, when it does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine import Run
from sim.engine import record as r
from sim.engine.compile import compile_scenario
from sim.engine.kernel import Turn
from sim.language import source
from tests import harness
from tests.strategies import Data, yaml_text

HOUR = 3_600_000_000
DEADLINE = 5
Step = tuple[int, str]
"""An hour, and what is done then: enact, answer, repeal, suspend, resume."""

Ending = tuple[int, str, int]
"""The hour a duty ended, how, and how long it had run by the calendar."""


def world(steps: list[Step]) -> Data:
    """One norm, enacted, repealed and answered from the timeline."""
    does: dict[str, Data] = {"enact": {"enact": "owe"}, "repeal": {"repeal": "owe"}, "answer": {"event": "answer", "by": "a"}}
    timeline = {
        f"t{number:02}": {"at": f"2025-01-{1 + hour // 24:02} {hour % 24:02}:00", **does[verb]}
        for number, (hour, verb) in enumerate(steps) if verb in does
    }  # fmt: skip
    return {
        "scenario": "duties",
        "period": {"from": "2025-01-01", "until": "2025-01-08"},
        "actors": {"a": {}},
        "events": {"answer": {}},
        "norms": {"owe": {"oblige": {"event": "answer", "by": "a"}, "deadline": f"{DEADLINE}h", "in_force": "false"}},
        "timeline": timeline or {"t00": {"at": "2025-01-07", "event": "answer", "by": "a"}},
        "measures": {"breaches": "count(owe.breached)"},
    }


def run_of(steps: list[Step]) -> Run:
    """The run, with suspensions and resumptions done by hand: in the language they are law."""
    program = compile_scenario(harness.check(source.parse(yaml_text(world(steps)), "duties.yaml")))
    run = Run(program, 0, 0, program.until)
    for hour, verb in steps:
        if verb in ("suspend", "resume"):
            call: Callable[[str], None] = getattr(run.duties, verb)
            run.kernel.ask(program.begin + hour * HOUR, Turn(), (partial(_do, call),))
    return run


def _do(call: Callable[[str], None], _: Turn) -> None:
    call("owe")


def endings(run: Run) -> tuple[list[Ending], int]:
    """How the duties of a run ended, and how many did not."""
    begin = run.program.begin
    entries = run.recording().entries
    found = [
        ((entry[r.TIME] - begin) // HOUR, entry[r.SHAPE].event.rpartition(".")[2], entry[r.DATA]["duration"] // HOUR)
        for entry in entries if entry[r.SHAPE].event in ("owe.fulfilled", "owe.breached")
    ]  # fmt: skip
    owed = str(entries[-1][r.DATA].get("owed", "owe: 0")).rpartition(" ")[2]
    return found, int(owed)


def modelled(steps: list[Step], until: int) -> tuple[list[Ending], int]:
    """The same by looking at each hour in turn: first what is done, law before acts, then the deadlines."""
    running: list[list[int]] = []
    found: list[Ending] = []
    still = False
    for hour in range(until):
        today = [verb for at, verb in steps if at == hour]
        for verb in sorted(today, key=lambda verb: RANKS.get(verb, 1)):
            match verb:
                case "suspend" | "resume":
                    still = verb == "suspend"
                case "enact":
                    running.append([hour, DEADLINE])
                case "repeal":
                    running.clear()
                case "answer":
                    found += [(hour, "fulfilled", hour - began) for began, _ in running]
                    running.clear()
        over = [duty for duty in running if duty[1] == 0 and not still]
        found += [(hour, "breached", hour - began) for began, _ in over]
        running = [duty for duty in running if duty not in over]
        for duty in running:
            duty[1] -= 0 if still else 1
    return found, len(running)


RANKS = {"suspend": 0, "resume": 0, "answer": 2}
"""What comes first within an hour: writes before acts, which the timeline asks for; suspensions were asked for first of all."""

STEPS = st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["enact", "enact", "answer", "repeal"])), max_size=12).map(sorted)
PAUSES = st.lists(st.integers(0, 40), max_size=4, unique=True).map(sorted)


@given(steps=STEPS, pauses=PAUSES)
def test_duties_end_as_the_model_says(steps: list[Step], pauses: list[int]) -> None:
    given_steps = _in_order(steps, pauses)
    assert endings(run_of(given_steps)) == modelled(given_steps, 168)


def _in_order(steps: list[Step], pauses: list[int]) -> list[Step]:
    """What is done, with suspensions and resumptions in turn; while the norm is suspended nothing enacts it, which would resume it."""
    marks = [(hour, "resume" if number % 2 else "suspend") for number, hour in enumerate(pauses)]

    def is_still(hour: int) -> bool:
        before = [verb for at, verb in marks if at <= hour]
        return bool(before) and before[-1] == "suspend"

    return [*marks, *(step for step in steps if not (step[1] == "enact" and is_still(step[0])))]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([(0, "enact"), (2, "suspend"), (10, "resume")], ([(13, "breached", 13)], 0), id="the clock stands still"),
        pytest.param([(0, "enact"), (2, "suspend"), (3, "answer")], ([(3, "fulfilled", 3)], 0), id="what is suspended may be fulfilled"),
        pytest.param([(0, "enact"), (5, "suspend"), (6, "resume")], ([(6, "breached", 6)], 0), id="suspended at its deadline"),
        pytest.param([(0, "enact"), (2, "suspend")], ([], 1), id="suspended for good"),
        pytest.param([(0, "enact"), (2, "suspend"), (3, "repeal"), (4, "resume")], ([], 0), id="repealed meanwhile"),
        pytest.param([(0, "enact"), (2, "resume")], ([(5, "breached", 5)], 0), id="resumed without need"),
        pytest.param([(0, "enact"), (2, "suspend"), (2, "resume")], ([(5, "breached", 5)], 0), id="for no time at all"),
    ],
)
def test_a_suspended_duty(steps: list[Step], expected: Any) -> None:
    assert endings(run_of(steps)) == expected
    assert modelled(steps, 168) == expected


def test_a_norm_without_duties_is_none_of_their_business() -> None:
    run = run_of([])
    assert run.duties.changes("enact", "ban") == ()
    run.duties.suspend("ban")
    run.duties.resume("ban")
    run.duties.begin("ban", ())
    run.duties.end("ban", ())
    assert run.duties.open() == []
