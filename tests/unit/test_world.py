"""The world of a run: what only a unit test can reach."""

from __future__ import annotations

import gc
from pathlib import Path
from weakref import ref

import pytest

from sim import engine, face
from sim.engine import kernel, run, world
from sim.engine.compile import compile_scenario
from sim.errors import RunStopped
from sim.language.check import check
from sim.language.source import parse
from tests.reference.agreement import made
from tests.strategies import yaml_text

SPAWNING = """
scenario: spawning
period: {from: 2025-01-01, until: 2025-02-01}
events: {ping: {}}
timeline: {first: {at: 2025-01-02, event: ping}}
rules: {twice: {when: ping, after: 1s, then: [{event: ping}, {event: ping}]}}
"""


AT_ONCE = SPAWNING.replace("after: 1s, ", "")
THREE = """
scenario: three
period: {from: 2025-01-01, until: 2025-02-01}
events: {ping: {}}
timeline: {first: {at: 2025-01-02, event: ping}}
rules: {a: {when: ping, then: [{event: ping}]}, b: {when: ping, then: [{event: ping}]}, c: {when: ping, then: [{event: ping}]}}
"""


@pytest.mark.parametrize(("text", "path"), [(AT_ONCE, "rules.twice"), (THREE, "rules.c")])
def test_an_instant_with_too_many_turns_stops_the_run(text: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The turns grow before the chain of causes is long: the run stops and names the circle (E503)."""
    monkeypatch.setattr(kernel, "MOST_TURNS", 10_000)
    with pytest.raises(RunStopped) as stopped:
        run(compile_scenario(check(parse(text, "spawning.yaml"))))
    assert (stopped.value.code, stopped.value.path) == ("E503", path)
    assert stopped.value.text.startswith("one instant has more than 10,000 turns: rules.")


def test_a_log_that_grows_beyond_the_limit_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every event brings two: the run stops at the limit and says which rule wrote the last entry (E508)."""
    monkeypatch.setattr(world, "MOST_ENTRIES", 1_000)
    with pytest.raises(RunStopped) as stopped:
        run(compile_scenario(check(parse(SPAWNING, "spawning.yaml"))))
    assert (stopped.value.code, stopped.value.path) == ("E508", "rules.twice")
    assert stopped.value.text == "the log grows beyond 1,000 entries"


AT_A_PACE = SPAWNING.replace("then: [{event: ping}, {event: ping}]", "then: [{event: ping}]")


def test_a_chain_that_would_never_end_stops_the_run_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """An event that brings itself again each second: its pace tells that the run would have too many turns (E508)."""
    monkeypatch.setattr(kernel, "MOST_IN_ALL", 100_000)
    monkeypatch.setattr(kernel, "LOOKS", 2_000)
    monkeypatch.setattr(kernel, "GENERATIONS", 500)
    with pytest.raises(RunStopped) as stopped:
        run(compile_scenario(check(parse(AT_A_PACE, "spawning.yaml"))))
    assert (stopped.value.code, stopped.value.path) == ("E508", "rules.twice")
    assert stopped.value.text == (
        "a chain of causes goes on and on, and at its pace the rest of the period has 5,180,000 turns; a run has at most 100,000: "
        "rules.twice → ping → rules.twice; let time pass with `after`, or end it with `times` or `if`"
    )


def test_a_chain_that_ends_in_time_is_let_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same once an hour: 720 causes in a row, and the period is over."""
    monkeypatch.setattr(kernel, "MOST_IN_ALL", 5_000)
    monkeypatch.setattr(kernel, "LOOKS", 100)
    monkeypatch.setattr(kernel, "GENERATIONS", 100)
    recording = run(compile_scenario(check(parse(AT_A_PACE.replace("1s", "1h"), "spawning.yaml"))))
    assert len(recording.entries) == 2 + 24 * 30


def test_what_goes_round_by_microseconds_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """What doubles each microsecond stops the run as what doubles at once does (E503)."""
    monkeypatch.setattr(kernel, "LOOKS", 10_000)
    with pytest.raises(RunStopped) as stopped:
        run(compile_scenario(check(parse(SPAWNING.replace("1s", "0.000001s"), "spawning.yaml"))))
    assert (stopped.value.code, stopped.value.path) == ("E503", "rules.twice")
    assert stopped.value.text.startswith("one second has more than 10,000 turns: rules.twice → ping → rules.twice")


SHIPPED = sorted((Path(__file__).resolve().parents[2] / "scenarios").glob("*.yaml"))


@pytest.mark.parametrize("scenario", [*SHIPPED, *range(12)], ids=lambda one: one.stem if isinstance(one, Path) else f"made {one}")
def test_a_run_leaves_no_circles(scenario: Path | int) -> None:
    """Whoever runs thousands in one process needs no more memory than for one: all of a run goes with its last reference."""
    loaded = face.load(scenario) if isinstance(scenario, Path) else face.reread({"scenario.yaml": yaml_text(made(scenario))})
    gc.disable()
    try:
        loaded.run(seed=1)
        gc.collect()
        loaded.run(seed=2)
        assert gc.collect() == 0
    except RunStopped:
        pytest.skip("this one stops")
    finally:
        gc.enable()


def test_what_others_leave_is_freed_between_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run keeps Python from looking for garbage; in a loop of many it looks all the same, now and then."""

    class Circle:
        def __init__(self) -> None:
            self.own = self

    monkeypatch.setattr(engine, "BETWEEN_COLLECTIONS", 1)
    left = ref(Circle())
    run(compile_scenario(check(parse(SPAWNING, "spawning.yaml"))), until=0)
    assert left() is None
