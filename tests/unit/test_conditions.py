"""Conditions: that time alone turns them exactly where the condition itself turns, and that idle ones are never looked at."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import face
from sim.engine import Run as Execution
from sim.engine.compile import compile_scenario
from sim.engine.crossings import first

HOUR = 3_600_000_000
SETTLED = 20 * 24
"""In hours: from here on nothing but time changes what conditions read."""


class Whole(Execution):
    """An execution that can be looked into when it is over."""

    def take_apart(self) -> None:
        """Stay whole."""


# ---- ramps by chance

SOURCES = (
    "(now - 2025-01-01)", "since(a)", "since(b)", "since(b, in_last=9d, default=patience)", "(last(a) - now)",
    "(since(a) if up else since(b))",
)  # fmt: skip
lengths = st.builds("{}h".format, st.integers(1, 2500)) | st.builds("{}.123457s".format, st.integers(1_000_000, 9_000_000))
shares = st.sampled_from(["2", "0.3", "1 / 3", "x", "7.7e-4", "(x - 9)", "0.1"])
ramps = st.recursive(
    st.sampled_from(SOURCES),
    lambda inner: st.one_of(
        st.builds("({} + {})".format, inner, st.one_of(lengths, inner, st.just("patience"))),
        st.builds("({} - {})".format, inner, st.one_of(lengths, inner)),
        st.builds("({} * {})".format, inner, shares),
        st.builds("({} / {})".format, inner, st.sampled_from(["3", "0.7", "x"])),
        st.builds("(-{})".format, inner),
    ),
    max_leaves=3,
)
operators = st.sampled_from(["<", "<=", ">", ">="])
atoms = st.one_of(
    st.builds("{} {} {}".format, ramps, operators, st.one_of(lengths, lengths, ramps, st.just("30 * patience"))),
    st.builds("{} / 1d {} {}".format, ramps, operators, st.sampled_from(["45", "x * 12", "33.3", "-41.7"])),
    st.builds("{} < {} <= {}".format, lengths, ramps, ramps),
    st.builds("count(a, in_last={}) {} 1".format, lengths, operators),
    st.builds("sum(b.v, in_last={}d) > 3".format, st.integers(10, 30)),
    st.sampled_from(["up", "x > 2", "happened(b)"]),
)
flags = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("not ({})".format, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("(({}) == ({}))".format, inner, inner),
    ),
    max_leaves=3,
)


def scenario(flag: str, hours: list[int], x: float, patience: int) -> str:
    """A world in which things happen for twenty days, and then only time passes."""
    happenings = [f"  t{number}: {{at: {_instant(hour)}, {_what(number)}}}" for number, hour in enumerate(hours)]
    entries = "\n".join(happenings) + "\n"
    return (
        "scenario: made\nperiod: {from: 2025-01-01, until: 2025-05-01}\nevents: {a: {}, b: {fields: {v: number}}, rang: {}}\n"
        f"state: {{x: {x}, patience: {patience}h, up: false}}\n"
        f"timeline:\n{entries}  t8: {{at: 2025-01-09 07:00, set: {{up: true}}}}\n  t9: {{at: 2025-01-15, add: {{patience: 3h}}}}\n"
        f'rules: {{ring: {{when: {{condition: "happened(a) and happened(b) and ({flag})"}}, then: [{{event: rang}}]}}}}\n'
    )


def _instant(hour: int) -> str:
    return f"2025-01-{1 + hour // 24:02} {hour % 24:02}:00"


def _what(number: int) -> str:
    return "event: b, with: {v: 2}" if number % 2 else "event: a"


def test_time_turns_a_condition_where_it_turns_itself() -> None:
    """The instants found are those of a search that knows nothing of slopes: steps of an hour, then bisection."""
    crossed = []

    @settings(max_examples=150)
    @given(flags, st.lists(st.integers(0, SETTLED - 1), min_size=2, max_size=6), st.sampled_from([1.5, 3, 10]), st.integers(5, 99))
    def tried(flag: str, hours: list[int], x: float, patience: int) -> None:
        run = face.reread({"scenario.yaml": scenario(flag, hours, x, patience)}).run()
        execution = Whole(compile_scenario(run.scenario), 0, 0, run.scenario.until)
        recording = execution.recording()
        (condition,) = execution.program.conditions
        functions = [(pair.operator, execution.world.function(pair.sides)) for pair in condition.pairs]
        value = execution.world.function(condition.flag)

        def holds(t: int) -> bool:
            return bool(value(t, None, None, Comparer(functions)) if functions else value(t, None, None))

        settled = run.scenario.begin + SETTLED * HOUR
        rang = [entry[1] for entry in recording.entries if entry[2].event == "rang" and entry[1] > settled]
        for instant in rang:
            assert holds(instant)
            assert not holds(instant - 1)
        found = turns(holds, settled, run.scenario.until)
        assert [t for t in found if holds(t) and t not in rang] == []
        crossed.append(len(found))

    tried()
    assert sum(map(bool, crossed)) > len(crossed) / 6, "too few conditions cross for this to mean much"


class Comparer:
    """Compares ramps at whatever instant, and notes nothing."""

    def __init__(self, functions: list[tuple[str, Any]]) -> None:
        self.functions = functions

    def __call__(self, number: int, *here: Any) -> bool:
        operator, sides = self.functions[number]
        left, right = sides(*here)
        return bool({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator])


def turns(holds: Any, begin: int, until: int) -> list[int]:
    """Where a flag turns, as far as steps of an hour can see."""
    hours = [low for low in range(begin, until - HOUR, HOUR) if holds(low) != holds(low + HOUR)]
    return [low + bisect_left(range(low, low + HOUR), True, key=holds if holds(low + HOUR) else negated(holds)) for low in hours]


def negated(holds: Any) -> Any:
    return lambda t: not holds(t)


# ---- the search


@settings(max_examples=300)
@given(st.integers(0, 10**6), st.integers(1, 10**6), st.integers(1, 2 * 10**6), st.integers(-(10**6), 10**7))
def test_the_first_instant_is_found_from_any_guess(now: int, away: int, room: int, guess: int) -> None:
    target, before = now + away, now + room
    assert first(lambda t: t >= target, guess, now, before) == (target if target < before else None)


# ---- idle conditions

IDLE = """
scenario: idle
period: {from: 2025-01-01, until: 2025-02-01}
events: {go: {}, other: {}}
state: {x: 0, untouched: 0}
timeline: {t: {at: 2025-01-02, event: go}}
rules:
  busy: {when: go, then: [{add: {x: 1}}]}
  heard: {when: {condition: count(go) > 0}, then: [{add: {x: 1}}]}
  idle: {when: {condition: untouched > 3}, then: [{event: go}]}
  deaf: {when: {condition: count(other) > 3}, then: [{event: go}]}
"""


def test_a_condition_whose_reads_nobody_touches_is_never_met() -> None:
    run = face.reread({"scenario.yaml": IDLE}).run()
    execution = Whole(compile_scenario(run.scenario), 0, 0, run.scenario.until)
    execution.recording()
    assert execution.conditions is not None
    met = {execution.program.conditions[number].path for number in execution.conditions.met}
    assert met == {"rules.heard.when"}


def test_a_scenario_without_conditions_has_none_of_this() -> None:
    text = IDLE[: IDLE.index("  heard:")]
    program = compile_scenario(face.reread({"scenario.yaml": text}).run().scenario)
    assert program.followed is None
    assert Whole(program, 0, 0, program.until).conditions is None


@pytest.mark.parametrize("often", [1, 400])
def test_an_alarm_that_is_put_off_again_and_again_waits_once(often: int) -> None:
    text = f"""
scenario: quiet
period: {{from: 2025-01-01, until: 2025-12-01}}
events: {{go: {{}}, quiet: {{}}}}
rules:
  go: {{when: {{every: 6h}}, times: {often}, then: [{{event: go}}]}}
  quiet: {{when: {{condition: "happened(go) and since(go) > 60d"}}, then: [{{event: quiet}}]}}
"""
    run = face.reread({"scenario.yaml": text}).run()
    execution = Whole(compile_scenario(run.scenario), 0, 0, run.scenario.until)
    recording = execution.recording()
    quiet = [entry for entry in recording.entries if entry[2].event == "quiet"]
    assert len(quiet) == 1
    assert recording.turns < len(recording.entries) + 1400 + 20, "each tick is a turn, each entry at most one more, and few alarms"
