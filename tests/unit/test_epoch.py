"""The first instant of 1970 is number 0, and what came before it is negative: no question about a run takes either for none.

In: a run over the turn of that year. Out: what is told of it, and what other tools are given.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sim import face
from sim.analysis.regimes import Regime, regimes_of
from sim.log.ocel import ocel_of
from sim.log.spreadsheet import csv_lines

Sim = Callable[..., tuple[int, str, str]]

TEXT = """
language: 1
scenario: turn
title: The turn of the year
period: {from: 1969-12-30, until: 1970-01-05}
actors: {state: {}}
events: {alarm: {}, answer: {}, word: {}}
state: {level: 3}
timeline:
  first: {at: 1969-12-31, event: alarm, by: state}
  second: {at: 1970-01-01, event: alarm, by: state}
  said: {at: 1970-01-01, then: [{event: word, if: level > 5}]}
rules:
  answers: {when: alarm, then: [{event: answer, by: state}]}
  raises: {when: alarm, times: 1, then: [{add: {level: 1}}]}
"""


@pytest.fixture
def turn(commands: Sim) -> Sim:
    Path("turn.yaml").write_text(TEXT, "utf-8")
    assert commands("run", "turn.yaml")[0] == 0
    return commands


def test_why_not_tells_a_date_at_the_first_instant_of_1970(turn: Sim) -> None:
    told = turn("why", "latest", "--not", "word", "--until", "1970-01-01", "--tries", "0")[1]
    assert told.startswith("word did not happen before 1970-01-01: its date is 1970-01-01\n")
    told = turn("why", "latest", "--not", "word", "--tries", "0", "--json")[1]
    nearest = json.loads(told)["ways"][0]["nearest"]
    assert (nearest["time"], nearest["parts"][0]["value"]) == ("1970-01-01T00:00:00+00:00", 4)


def test_but_for_counts_from_the_first_instant_of_1970_on(turn: Sim) -> None:
    asked = ("why", "latest", "answer#2", "--but-for", "timeline.second", "--runs", "3", "--from", "1970-01-01", "--json")
    told = json.loads(turn(*asked)[1])
    assert told["counted"] == {"from": "1970-01-01T00:00:00+00:00", "until": None}
    assert told["but_for"][0]["weight"]["happened"]["value"] == 1
    assert told["but_for"][0]["weight"]["without"]["value"] == 0


def test_exports_write_instants_before_1970(tmp_path: Path) -> None:
    (tmp_path / "turn.yaml").write_text(TEXT, "utf-8")
    run = face.load(tmp_path / "turn.yaml").run()
    table = "".join(csv_lines(run.log))
    assert "\r\n1,1969-12-31T00:00:00+00:00,alarm,state," in table
    assert "\r\n4,1970-01-01T00:00:00+00:00,alarm,state," in table
    document = ocel_of(run.log, run.scenario)
    begin = "1969-12-30T00:00:00.000000Z"
    assert document["events"][0]["time"] == begin
    said = {one["time"] for thing in document["objects"] for one in thing["attributes"]}
    assert said == {begin, "1969-12-31T00:00:00.000000Z"}


def test_what_differs_at_no_instant_comes_first_in_any_year() -> None:
    turns = {"curb": [(-5, True, "enacted"), (-3, False, "expired")], "ban": [(-9, False, "repealed")]}
    found = regimes_of((turns, {"curb": [(-5, True, "enacted")]}), (9, 9))
    assert found == [Regime("ban", (), None), Regime("curb", ((-5, -3, "expired"),), ((-5, None, ""),))]
