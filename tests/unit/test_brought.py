"""The smallest change that brings something about: what may be changed, how it is searched, and that a run confirms it.

In: small scenarios in which the answer is known, shipped ones, random ones. Out: ladders, searches, what-ifs that bring the event when
they are pasted and run.
"""

from __future__ import annotations

import json
import random  # noqa: TID251  which events are asked about: the same each time
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import clock, face
from sim.analysis.smallest import search
from sim.language.alternatives import Ladder, Rung, ladders, relevant, set_to, what_if_of, yaml_of
from sim.language.edits import from_override
from sim.language.source import parse_value
from tests.strategies import Maker, yaml_text

SHIPPED = Path(__file__).parents[2] / "scenarios"
Sim = Callable[..., tuple[int, str, str]]

# ---- the search


def ladder(path: str, sizes: list[float], kind: str = "number") -> Ladder:
    return Ladder(path, kind, 0, tuple(Rung(set_to(path, f"{number}"), size) for number, size in enumerate(sizes)))


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 80)), min_size=1, max_size=5))
def test_the_least_of_each_change_that_works_is_found_by_halving(made: list[tuple[int, int]]) -> None:
    """Of each ladder every rung from some number on works."""
    every = [ladder(f"x{place}", [(number + 1) / 7 for number in range(count)]) for place, (count, _) in enumerate(made)]
    works = {one.path: least for one, (_, least) in zip(every, made, strict=True)}
    runs = []

    def happens(rung: Rung) -> int | None:
        runs.append(rung)
        return 5 if int(str(rung.edit.value)) >= works[rung.edit.path] else None

    found = search(every, happens, 1_000)
    least = {one.ladder.path: int(str(one.rung.edit.value)) for one in found.found}
    assert least == {path: start for path, start in works.items() if start < len(next(one for one in every if one.path == path).rungs)}
    assert all(one.least for one in found.found)
    assert [one.rung.size for one in found.found] == sorted(one.rung.size for one in found.found)
    assert found.runs == len(runs) == len({(rung.edit.path, str(rung.edit.value)) for rung in runs})


def test_the_search_ends_where_it_is_told_to_and_says_what_it_has_not_tried() -> None:
    every = [ladder(f"x{place}", [1.0, 2.0, 3.0, 4.0]) for place in range(10)]
    found = search(every, lambda _: 1, 6)
    assert (found.ladders, found.tried, found.runs) == (10, 4, 6)
    assert [one.least for one in found.found] == [True, False, False, False]


# ---- what may be changed

STORY = """\
scenario: story
period: {from: 2025-01-01, until: 2025-04-01, timezone: Europe/Vienna}
actors: {state: {}, firm: {}}
events: {word: {}, act: {}, sale: {}, other: {}, march: {}}
parameters:
  needed: {value: 5, range: [1, 9]}
  window: {value: 10d, range: [2d, 50d]}
  odds: {value: 0.0, range: [0, 1]}
  idle: {value: 3, range: [0, 9]}
define: {heard: "count(word, in_last=window)"}
norms: {ban: {forbid: {event: sale, by: firm}}}
timeline:
  one: {at: 2025-01-10 09:00, event: word}
  two: {at: 2025-02-20, event: word}
  parade: {at: 2025-03-20, event: other}
rules:
  acts: {when: word, if: heard >= 2, then: [{event: act}]}
  often: {when: word, if: count(word) >= needed, chance: 1, then: [{decide: course}]}
  sells: {when: word, then: [{event: sale, by: firm}]}
  marches: {when: word, chance: odds, then: [{event: march}]}
decisions:
  course: {by: state, options: {run: {weight: 0.2, then: [{event: other}]}, rest: {weight: 9}}}
what_if:
  calm: {set: {parameters.needed: 9}, remove: [timeline.two]}
  louder: {add: {timeline.three: {at: 2025-02-21, event: word}}}
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> face.Loaded:
    path = tmp_path_factory.mktemp("brought") / "story.yaml"
    path.write_text(STORY)
    return face.load(path)


def values(loaded: face.Loaded, event: str) -> dict[tuple[str, str], list[str]]:
    """By path and kind, what the ladders of an event lead over."""
    scenario = loaded.scenario()
    came = {entry.rule: entry.time for entry in loaded.run().log.entries if entry.rule}
    found: dict[tuple[str, str], list[str]] = {}
    for one in ladders(loaded.root, scenario, relevant(scenario, event), came):
        found.setdefault((one.path, one.kind), []).extend(str(rung.edit.value) for rung in one.rungs)
        assert [rung.size for rung in one.rungs] == sorted(rung.size for rung in one.rungs)
    return found


def test_only_what_an_event_may_hang_on_is_changed(loaded: face.Loaded) -> None:
    levels = relevant(loaded.scenario(), "act")
    assert levels == {"rules.acts": 0, "parameters.window": 1, "timeline.one": 1, "timeline.two": 1}
    assert "norms.ban" in relevant(loaded.scenario(), "sale")


def test_parameters_go_to_both_ends_of_their_range_in_steps_one_would_choose(loaded: face.Loaded) -> None:
    found = values(loaded, "act") | values(loaded, "other") | values(loaded, "march")
    assert found["parameters.needed", "parameter"] == ["4", "3", "2", "1", "6", "7", "8", "9"]
    assert found["parameters.window", "parameter"][:9] == ["9d", "8d", "7d", "6d", "5d", "4d", "3d", "2d", "11d"]
    assert found["parameters.window", "parameter"][-1] == "50d"
    assert found["parameters.odds", "parameter"][-1] == "1"
    assert 4 <= len(found["parameters.odds", "parameter"]) <= 40
    assert ("parameters.idle", "parameter") not in found


def test_dates_numbers_options_and_law_may_be_others(loaded: face.Loaded) -> None:
    found = values(loaded, "act") | values(loaded, "other") | values(loaded, "sale")
    dates = found["timeline.two", "date"]
    assert "2025-02-19" in dates
    assert dates[-1].startswith("2025-03-")
    assert all(len(date) == 16 and date.endswith("09:00") for date in found["timeline.one", "date"])
    assert found["rules.acts.if", "number"][:3] == ["heard >= 1", "heard >= 0", "heard >= 3"]
    assert found["decisions.course.options.run", "option"] == ["run"]
    assert found["norms.ban", "in force"] == ["false"]
    assert "0" in found["decisions.course.options.rest.weight", "number"]


@pytest.mark.parametrize(
    "text", ["5", "2025-02-20 09:00", "count(word) >= 2", "a, b: c", "[1, 2]", "{a: {b: 'x: y'}, c: [yes, '#']}", 'ž "q" \\']
)
def test_what_is_written_is_read_back(text: str) -> None:
    node = parse_value(text, "x") if text[0] in "[{" else from_override(f"a.b={text}", 1).value
    assert node is not None
    again = parse_value(yaml_of(node), "x")
    assert yaml_of(again) == yaml_of(node)
    assert "a.b: " in what_if_of("x", None, [set_to("a.b", text)])


# ---- the command


@pytest.fixture
def sim(commands: Sim) -> Sim:
    """The commands, in a folder with a scenario."""
    Path("story.yaml").write_text(STORY)
    return commands


def asked(sim: Sim, event: str, *more: str) -> dict[str, Any]:
    code, out, _ = sim("why", "latest", "--not", event, "--json", *more)
    assert code == 0
    found: dict[str, Any] = json.loads(out)["brought"]
    return found


def happens(sim: Sim, scenario: str, what_if: str, event: str, *options: str) -> str | None:
    """Paste a what-if into an edits file and run it: when the event comes."""
    Path("mine.yaml").write_text(what_if)
    name = what_if.splitlines()[1].strip().rstrip(":")
    assert sim("run", scenario, "--edits", "mine.yaml", "--what-if", name, "--out", "again", *options)[0] == 0
    log = json.loads(sim("show", "latest", "--out", "again", "--json")[1])["log"]
    heard = [one for one in log if one["event"] == event or event in [f"{norm}.{one['status']}" for norm in one.get("norms", [])]]
    return heard[0]["time"] if heard else None


@pytest.mark.parametrize(
    ("run", "event", "smallest"),
    [
        ((), "act", ("date", "timeline.one.at", "2025-02-10 09:00")),
        ((), "march", ("parameter", "parameters.odds", None)),
        ((), "ban.violated", ("number", None, None)),
        (("--what-if", "calm"), "act", ("number", "rules.acts.if", "heard >= 1")),
        (("--set", "parameters.needed=9"), "decision", ("parameter", "parameters.needed", "2")),
        (("--what-if", "calm", "--set", "parameters.odds=0.01"), "decision", ("parameter", "parameters.needed", "1")),
    ],
)
def test_the_smallest_change_brings_it_when_it_is_pasted_and_run(
    sim: Sim, run: tuple[str, ...], event: str, smallest: tuple[Any, ...]
) -> None:
    assert sim("run", "story.yaml", *run)[0] == 0
    found = asked(sim, event)
    if event == "ban.violated":  # obeyed is certain, and not written: nothing to change
        assert found["changes"] == []
        return
    best = found["changes"][0]
    assert (best["kind"], best["path"]) == smallest[:2]
    assert smallest[2] in (None, best["value"])
    assert best["least"]
    assert happens(sim, "story.yaml", found["what_if"], event) == best["happens"]
    assert found["runs"] <= 60
    assert [one["size"] for one in found["changes"]] == sorted(one["size"] for one in found["changes"])


def test_a_count_in_a_shipped_what_if_is_the_smallest_change_and_the_run_says_so(commands: Sim) -> None:
    scenario = str(SHIPPED / "serbia_export_halt.yaml")
    assert commands("run", scenario, "--what-if", "no_second_accusation")[0] == 0
    code, out, _ = commands("why", "latest", "--not", "halt")
    assert code == 0
    assert "smallest change that brings it with this luck: set parameters.tolerated_accusations: 1 → 0" in " ".join(out.split())
    assert "leave in timeline.second_accusation" in out
    found = asked(commands, "halt", "--tries", "30")
    assert happens(commands, scenario, found["what_if"], "halt") == found["changes"][0]["happens"]
    assert found["runs"] <= 30


# ---- over many runs

GAMBLE = """\
scenario: gamble
period: {from: 2025-01-01, until: 2025-04-01}
actors: {state: {}, ministry: {part_of: state}, firm: {}}
events: {word: {}, act: {}, sale: {}}
parameters: {odds: {value: 0.0, range: [0, 1]}}
timeline: {one: {at: 2025-01-10, event: word}}
rules:
  answers: {when: word, chance: odds, then: [{event: act, by: ministry}]}
  sells: {when: act, after: 40d, then: [{event: sale, by: firm}]}
what_if:
  more: {add: {timeline.two: {at: 2025-01-20, event: word}}}
"""


def share_of(path: str, what_if: str, event: str, until: str, runs: int) -> float:
    """In which share of the runs an event comes, counted in the logs one by one."""
    loaded = face.load(Path(path), Path("weigh.yaml"))
    end = clock.parse_instant(until, "UTC")
    logs = (loaded.run(what_if, replication=number).log for number in range(runs))
    return sum(any(event in entry.heard_as() and entry.time < end for entry in log.entries) for log in logs) / runs


@pytest.mark.parametrize(
    "more", [(), ("--what-if", "more"), ("--set", "parameters.odds=0.0"), ("--edits", "mine.yaml", "--what-if", "mine")]
)
@pytest.mark.parametrize(("event", "until", "by"), [("act", "2025-04-01", ["state"]), ("sale", "2025-03-01", ["firm", "state"])])
def test_the_smallest_change_is_weighed_over_many_runs(commands: Sim, more: tuple[str, ...], event: str, until: str, by: list[str]) -> None:
    Path("gamble.yaml").write_text(GAMBLE)
    Path("mine.yaml").write_text("what_if:\n  mine: {combine: [more], set: {rules.sells.after: 41d}} # with a remark\n")
    assert commands("run", "gamble.yaml", *more)[0] == 0
    words = [event, "--until", until, *(word for actor in by for word in ("--by", actor))]
    brought = asked(commands, *words, "--runs", "40")
    text, weight = brought["what_if"], brought["weight"]
    with_it = weight["happened"]["value"]
    assert (weight["without"]["value"], weight["without"]["n"]) == (0, 40)
    if "--edits" in more:
        text = Path("mine.yaml").read_text() + text.removeprefix("what_if:\n")
    Path("weigh.yaml").write_text(text)
    assert with_it == share_of("gamble.yaml", f"{event}_comes", event, until, 40)
    assert 0 < with_it < 1
    if "--edits" in more and event == "act":
        assert asked(commands, *words, "--runs", "40", "--jobs", "2") == brought


def test_the_page_says_that_it_holds_with_this_luck_and_how_to_weigh_it(commands: Sim) -> None:
    Path("gamble.yaml").write_text(GAMBLE)
    commands("run", "gamble.yaml")
    code, out, err = commands("why", "latest", "--not", "act", "--by", "state", "--until", "2025-03-01")
    assert code == 0
    assert "smallest change that brings it with this luck: " in out
    following = err.splitlines()[-1]
    assert following == "next: sim why latest --not act --by state --until 2025-03-01 --runs 100"
    code, out, err = commands(*shlex.split(following)[2:])
    assert code == 0
    assert re.search(r"over 100 runs it happens in \d+ % \(\d+ to \d+\) with this change, in 0 % \(0 to 4\)", " ".join(out.split()))
    assert err.splitlines()[-1] == "next: sim show latest"


def test_a_change_that_is_the_baseline_is_weighed_as_the_baseline(commands: Sim) -> None:
    text = GAMBLE.replace("value: 0.0", "value: 0.6").replace(
        "add: {timeline.two: {at: 2025-01-20, event: word}}", "remove: [timeline.one]"
    )
    Path("gamble.yaml").write_text(text.replace("  more:", "  silent:"))
    logs = [face.load(Path("gamble.yaml")).run(replication=number).log for number in range(20)]
    replication = next(number for number, log in enumerate(logs) if any(entry.event == "sale" for entry in log.entries))
    commands("run", "gamble.yaml", "--what-if", "silent", "--replication", f"{replication}")
    brought = asked(commands, "sale", "--runs", "60")
    assert (brought["what_if"], brought["changes"][0]["kind"]) == (None, "taken back")
    Path("weigh.yaml").write_text("what_if:\n  same: {set: {parameters.odds: 0.6}}\n")
    assert brought["weight"]["happened"]["value"] == share_of("gamble.yaml", "same", "sale", "2025-04-01", 60)
    assert brought["weight"]["without"]["value"] == 0


def test_where_no_change_was_found_nothing_is_weighed(commands: Sim) -> None:
    Path("gamble.yaml").write_text(GAMBLE)
    commands("run", "gamble.yaml")
    code, out, err = commands("why", "latest", "--not", "act", "--by", "firm", "--runs", "5")
    assert code == 0
    assert "over 5 runs" not in out
    assert "nothing is weighed: no change was found" in err
    assert "leave out one of them" in commands("why", "latest", "--not", "act", "--tries", "0", "--runs", "5")[2]
    assert "--runs is a whole number" in commands("why", "latest", "--not", "act", "--runs", "-5")[2]


def test_a_date_an_option_and_an_added_entry_may_bring_it(sim: Sim) -> None:
    assert sim("run", "story.yaml")[0] == 0
    changes = {one["kind"]: one for one in asked(sim, "act", "--tries", "200")["changes"]}
    assert changes["date"]["path"] in ("timeline.one.at", "timeline.two.at")
    assert changes["added"]["path"] == "timeline.three"
    assert sim("run", "story.yaml", "--set", "parameters.needed=1", "--set", "decisions.course.choose=rest")[0] == 0
    changes = {one["kind"]: one for one in asked(sim, "other", "--until", "2025-03-01", "--tries", "200")["changes"]}
    assert (changes["option"]["path"], changes["option"]["value"]) == ("decisions.course.choose", "run")
    assert (changes["date"]["path"], changes["date"]["value"][:8]) == ("timeline.parade.at", "2025-02-")


def test_where_nothing_brings_it_what_was_tried_is_said(sim: Sim) -> None:
    assert sim("run", "story.yaml")[0] == 0
    out = sim("why", "latest", "--not", "ban.violated")[1]
    assert "no single change that was tried brings it with this luck: " in out.replace("\n", " ")
    assert "changes tried, in" in out.replace("\n", " ")
    out = sim("why", "latest", "--not", "act", "--tries", "0")[1]
    assert "smallest change" not in out
    assert "tried" not in out
    code, _, err = sim("why", "latest", "act", "--tries", "3")
    assert code == 2
    assert "add --not EVENT" in err


@pytest.mark.parametrize("name", ["india_wheat_ban", "black_sea_grain"])
def test_what_did_not_happen_in_shipped_scenarios_can_be_asked_about(commands: Sim, name: str) -> None:
    assert commands("run", str(SHIPPED / f"{name}.yaml"))[0] == 0
    stored = {event for one in json.loads(commands("show", "latest", "--json")[1])["log"] for event in (one["event"],)}
    absent = sorted(set(face.load(SHIPPED / f"{name}.yaml").scenario().events) - stored)
    for event in random.Random(1).sample(absent, 4):
        code, out, err = commands("why", "latest", "--not", event, "--tries", "6")
        assert (code, "did not happen" in out) == (0, True) or (code, "did happen" in err) == (2, True)


@pytest.mark.parametrize("seed", range(4))
def test_what_did_not_happen_in_made_scenarios_can_be_asked_about(commands: Sim, seed: int) -> None:
    Path("made.yaml").write_text(yaml_text(Maker(random.Random(seed).randint, calm=False).scenario()))
    assert commands("run", "made.yaml")[0] == 0
    loaded = face.load(Path("made.yaml"))
    heard = {name for entry in loaded.run().log.entries for name in entry.heard_as()}
    for event in random.Random(seed).sample(sorted(set(loaded.scenario().events) - heard), 6):
        found = asked(commands, event, "--tries", "15")
        assert found["runs"] <= 15
        if found["what_if"]:
            assert happens(commands, "made.yaml", found["what_if"], event) == found["changes"][0]["happens"]
        code, out, _ = commands("why", "latest", "--not", event, "--tries", "1", "--full", "--depth", "3")
        assert code == 0
        assert out.startswith(f"{event} did not happen")


def test_days_are_days_on_the_clocks_of_the_scenario(loaded: face.Loaded) -> None:
    assert "2025-03-31 09:00" in values(loaded, "act")["timeline.one", "date"]
    assert clock.parse_instant("2025-03-31 09:00", "Europe/Vienna") < loaded.scenario().until
