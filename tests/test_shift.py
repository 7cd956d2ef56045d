"""A scenario in another year of the same calendar gives the same log, moved (`tests/shift.py`).

In: the shipped scenarios with all their what-ifs, and some made by chance, moved before 1970, over it, and on. Out: the first line that
differs. `python -m tests.shift` moves 2,000.
"""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from itertools import cycle

import pytest

from sim.face import reread
from tests.runs import ROOT
from tests.shift import WAYS, differences, plainly, shifted, ways

FILES = {path.stem: path for path in sorted((ROOT / "scenarios").glob("*.yaml"))}
CHUNK, RUNS = 6, 36


@cache
def in_utc(name: str) -> str:
    """The text of a shipped scenario, its time zone replaced."""
    return re.sub(r"timezone: [A-Za-z]+/[A-Za-z]+", "timezone: UTC", FILES[name].read_text("utf-8"))


@pytest.mark.parametrize("name", FILES)
def test_a_shipped_scenario_moved_gives_its_log_moved(name: str) -> None:
    """The baseline in all ways, the what-ifs in one way each."""
    text = in_utc(name)
    scenario = reread({"scenario.yaml": text}).scenario()
    assert (scenario.timezone, ways(text)) == ("UTC", WAYS)
    assert differences(text, WAYS)[1] == []
    for what_if, way in zip(scenario.what_ifs, cycle(WAYS), strict=False):
        assert differences(text, [way], what_if)[1] == [], what_if


@pytest.mark.campaign
@pytest.mark.parametrize("name", FILES)
def test_every_what_if_moved_in_every_way_gives_its_log_moved(name: str) -> None:
    text = in_utc(name)
    for what_if in reread({"scenario.yaml": text}).scenario().what_ifs:
        assert differences(text, WAYS, what_if)[1] == [], what_if


@pytest.mark.campaign
def test_two_thousand_made_scenarios_moved_give_their_logs_moved() -> None:
    done = subprocess.run([sys.executable, "-m", "tests.shift", "--runs", "2000"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-4_000:]


@pytest.mark.parametrize("first", range(0, RUNS, CHUNK))
def test_a_made_scenario_moved_gives_its_log_moved(first: int) -> None:
    found = [shifted(number) for number in range(first, first + CHUNK)]
    assert [text for one in found for text in one.differences] == []
    assert all(one.ways for one in found)
    assert sum(one.lines for one in found) > 100 * CHUNK


WEEKLY = """
language: 1
scenario: weekly
title: On Mondays
period: {from: 2025-01-01, until: 2025-02-01}
actors: {state: {}}
events: {council: {}}
rules: {meets: {when: {every: 1d}, if: weekday(now) == mon, then: [{event: council, by: state}]}}
"""


def test_another_calendar_is_told_by_the_first_line_that_differs() -> None:
    lines, found = differences(WEEKLY, [28, 1])
    assert lines == 8
    (told,) = found
    assert told.startswith("moved 1 years: 8 lines, and 8 there\n  here:  ")
    assert '"time":"2026-01-06T00:00:00+00:00","event":"council"' in told
    assert '"time":"2026-01-05T00:00:00+00:00","event":"council"' in told


def test_names_that_hold_dates_are_left_out() -> None:
    conditions = [{"condition": "tension > 1"}, {"condition": "now >= 2025-01-09"}, {"condition": "flagged"}]
    scenario = {
        "period": {"from": "2025-01-01", "until": "2025-02-01", "timezone": "Asia/Kolkata"},
        "rules": {"r": {"when": ["alarm", "2025-01-03", "2025-01-05", *conditions]}, "s": {"when": [*conditions[::2], "2025-01-03"]}},
    }
    assert plainly(scenario) == {
        "period": {"from": "2025-01-01", "until": "2025-02-01"},
        "rules": {"r": {"when": ["alarm", "2025-01-03", conditions[1]]}, "s": {"when": [*conditions[::2], "2025-01-03"]}},
    }
