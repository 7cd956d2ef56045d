"""But for: what becomes of an entry when something is taken out, one run and many.

In: a small scenario in which it is known what hangs on what. Out: fates, weights, and what the command says of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import clock, face
from sim.analysis.but_for import Happening, fate, weight
from sim.analysis.enough import Enough, enough
from sim.errors import UsageError
from sim.language.without import removable, without
from sim.log.entries import Entry, Log
from tests import harness
from tests.strategies import scenarios, yaml_text

FIRE = """\
scenario: fire
period: {from: 2025-06-01, until: 2025-12-01}
actors: {lightning: {}, arsonist: {}, town: {}, firm: {}}
events: {spark: {}, fire: {}, alarm: {}, sale: {}, quiet: {}}
norms: {ban: {forbid: sale}}
timeline:
  bolt: {at: 2025-07-01, event: spark, by: lightning}
  match: {at: 2025-07-02, event: spark, by: arsonist}
  market: {at: 2025-08-01, event: quiet}
rules:
  burns: {when: spark, times: 1, then: [{event: fire, by: town}]}
  rings: {when: fire, after: {uniform: [1d, 3d]}, then: [{decide: answer}]}
  sells: {when: alarm, then: [{event: sale, by: firm}]}
decisions:
  answer:
    by: town
    options: {ring: {weight: 3, then: [{event: alarm}]}, sleep: {}}
what_if: {rung: {set: {decisions.answer.choose: ring}}}
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> face.Loaded:
    path = tmp_path_factory.mktemp("but_for") / "fire.yaml"
    path.write_text(FIRE)
    return face.load(path)


def of(log: Log, event: str) -> Entry:
    return next(entry for entry in log.entries if event in entry.heard_as())


def told(loaded: face.Loaded, event: str, *paths: str) -> tuple[str, bool, bool]:
    log = loaded.run("rung").log
    found = fate(paths, of(log, event), log, loaded.run("rung", left_out=paths).log)
    return found.kind, found.instead is not None, found.differs


def test_what_an_entry_follows_from_is_what_it_is_gone_without(loaded: face.Loaded) -> None:
    assert told(loaded, "alarm", "rules.burns") == ("gone", False, True)
    assert told(loaded, "alarm", "decisions.answer.options.ring") == ("gone", False, True)
    assert told(loaded, "alarm", "timeline.market") == ("same", False, True)
    assert told(loaded, "ban.blocked", "norms.ban") == ("changed", False, True)


def test_where_two_would_do_it_is_gone_without_the_first_and_another_comes_instead(loaded: face.Loaded) -> None:
    assert told(loaded, "fire", "timeline.bolt") == ("gone", True, True)
    assert told(loaded, "fire", "timeline.match") == ("same", False, True)


def test_what_is_taken_out_together_is_missed_together(loaded: face.Loaded) -> None:
    assert told(loaded, "fire", "timeline.match", "timeline.bolt") == ("gone", False, True)
    assert told(loaded, "alarm", "timeline.market", "decisions.answer.options.sleep")[0] == "same"


TWICE = """\
scenario: twice
period: {from: 2025-06-01, until: 2025-12-01}
actors: {town: {}, lightning: {}}
events: {spark: {}, fire: {}, rain: {}}
timeline:
  early: {at: 2025-06-20, event: spark, by: lightning}
  bolt: {at: 2025-07-01, event: spark, by: lightning}
  late: {at: 2025-08-01, event: spark, by: lightning}
rules:
  burns: {when: spark, if: "not happened(fire, in_last=GAP)", then: [{event: fire, by: town}]}
"""


def twice(folder: Path, gap: str) -> face.Loaded:
    path = folder / "twice.yaml"
    path.write_text(TWICE.replace("GAP", gap))
    return face.load(path)


def test_what_stood_in_the_log_before_comes_in_nothing_elses_stead(tmp_path: Path) -> None:
    loaded = twice(tmp_path, "1d")
    log = loaded.run().log
    fires = [entry for entry in log.entries if entry.event == "fire"]
    assert len(fires) == 3
    for path, entry in zip(("early", "bolt", "late"), fires, strict=True):
        found = fate((f"timeline.{path}",), entry, log, loaded.run(left_out=[f"timeline.{path}"]).log)
        assert (found.kind, found.instead) == ("gone", None)


def test_what_is_new_without_it_comes_in_its_stead(tmp_path: Path) -> None:
    loaded = twice(tmp_path, "20d")
    log, after = loaded.run().log, loaded.run(left_out=["timeline.early"]).log
    first, last = (entry for entry in log.entries if entry.event == "fire")
    found = fate(("timeline.early",), first, log, after)
    assert found.kind == "gone"
    assert found.instead is not None
    assert clock.iso(found.instead.time, "UTC")[:10] == "2025-07-01"
    assert fate(("timeline.early",), last, log, after).kind == "same"


def test_what_is_not_met_makes_no_difference_at_all(loaded: face.Loaded) -> None:
    assert told(loaded, "alarm", "decisions.answer.options.sleep")[0] == "same"


def test_the_only_option_left_has_nothing_follow_from_it(loaded: face.Loaded) -> None:
    scenario = loaded.scenario("rung")
    one = without(without(scenario, "decisions.answer.options.sleep"), "decisions.answer.options.ring")
    assert [(option.id, option.then) for option in one.decisions["answer"].options] == [("ring", ())]
    assert without(scenario, "decisions.answer.options.ring").decisions["answer"].choose is None


def test_only_what_stands_there_can_be_taken_out(loaded: face.Loaded) -> None:
    scenario = loaded.scenario()
    assert removable(scenario) == (
        "decisions.answer.options.ring", "decisions.answer.options.sleep", "norms.ban",
        "rules.burns", "rules.rings", "rules.sells", "timeline.bolt", "timeline.market", "timeline.match",
    )  # fmt: skip
    with pytest.raises(UsageError, match=r"did you mean 'timeline\.bolt'\?"):
        without(scenario, "timeline.bold")
    with pytest.raises(UsageError, match="name a timeline entry, a rule, a norm or an option, such as"):
        without(scenario, "state.x")


@settings(max_examples=25, deadline=None)
@given(scenarios(), st.data())
def test_whatever_is_taken_out_leaves_a_scenario_that_runs_without_it(data: Any, more: st.DataObject) -> None:
    scenario = harness.check(harness.parse(yaml_text(data), "random.yaml"))
    path = more.draw(st.sampled_from(removable(scenario)))
    log = harness.recorded(without(scenario, path), harness.Request())
    if not path.startswith("norms."):
        taken = [entry for entry in log.entries if entry.rule == path]
        only = path.startswith("decisions.") and len(scenario.decisions[path.split(".")[1]].options) == 1
        assert not taken or only
    else:
        assert not any(path.split(".")[1] in entry.norms for entry in log.entries)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_necessity_and_sufficiency_are_shares_of_pairs(pairs: list[tuple[bool, bool]]) -> None:
    found = weight(pairs)
    hangs = sum(with_it and not without_it for with_it, without_it in pairs)
    happened = sum(with_it for with_it, _ in pairs)
    spared = sum(not without_it for _, without_it in pairs)
    assert found.happened.value == happened / len(pairs)
    assert (found.necessity is None) == (happened == 0)
    assert (found.sufficiency is None) == (spared == 0)
    if found.necessity is not None:
        assert (found.necessity.value, found.necessity.n) == (hangs / happened, happened)
    if found.sufficiency is not None:
        assert (found.sufficiency.value, found.sufficiency.n) == (hangs / spared, spared)


def test_the_same_happening_is_of_the_same_event_between_the_same_and_of_the_same_status(loaded: face.Loaded) -> None:
    log = loaded.run("rung").log
    assert Happening.of(of(log, "fire")).first(log) == of(log, "fire")
    assert Happening("fire", "firm", None, "done").first(log) is None
    assert Happening("sale", "firm", None, "done").first(log) is None


# ---- what is enough

THREE = """\
scenario: three
period: {from: 2025-06-01, until: 2025-12-01}
events: {word: {}, act: {}, rain: {}}
timeline:
  a: {at: 2025-06-10, event: word}
  b: {at: 2025-06-20, event: word}
  c: {at: 2025-06-30, event: word}
  d: {at: 2025-07-30, event: rain}
rules:
  answers: {when: [word, rain], if: GUARD, times: 1, then: [{event: act}]}
"""


def enough_for(folder: Path, guard: str, most_runs: int = 60) -> tuple[Enough, face.Loaded]:
    path = folder / "three.yaml"
    path.write_text(THREE.replace("GUARD", f'"{guard}"'))
    loaded = face.load(path)
    log = loaded.run().log
    return enough(Happening.of(of(log, "act")), log, lambda paths: loaded.run(left_out=paths).log, most_runs), loaded


@pytest.mark.parametrize(
    ("guard", "sets"),
    [
        ("happened(word)", ["a", "b", "c"]),
        ("count(word) >= 2", ["ab", "ac", "bc"]),
        ("count(word) >= 3", ["abc"]),
        ("happened(rain)", ["d"]),
        ("happened(rain) and happened(word)", ["ad", "bd", "cd"]),
        ("count(word, in_last=15d) >= 2 or happened(rain) and count(word) == 0", ["ab", "bc"]),
    ],
)
def test_each_set_that_is_enough_is_found_and_brings_it_alone(tmp_path: Path, guard: str, sets: list[str]) -> None:
    found, loaded = enough_for(tmp_path, guard)
    assert ["".join(path[-1] for path in one) for one in found.sets] == sets
    assert found.whole
    for one in found.sets:
        others = [path for path in found.among if path not in one]
        assert any(entry.event == "act" for entry in loaded.run(left_out=others).log.entries)
    assert found.gone is not any(entry.event == "act" for entry in loaded.run(left_out=found.among).log.entries)
    assert found.gone is ("or" not in guard.split())


def test_the_search_for_what_is_enough_ends_where_it_is_told_to(tmp_path: Path) -> None:
    found, _ = enough_for(tmp_path, "happened(word)", 2)
    assert (found.sets, found.runs, found.whole) == ((), 2, False)
    found, _ = enough_for(tmp_path, "count(word) >= 2", 5)
    assert (found.runs, found.whole) == (5, False)


@settings(max_examples=10, deadline=None)
@given(scenarios())
def test_what_is_enough_is_found_in_any_scenario_within_the_bound(data: Any) -> None:
    scenario = harness.check(harness.parse(yaml_text(data), "random.yaml"))

    def rerun(paths: tuple[str, ...]) -> Log:
        return harness.recorded(reduce(without, paths, scenario), harness.Request())

    log = rerun(())
    happening = Happening.of(log.entries[-2])
    found = enough(happening, log, rerun, 12)
    assert found.runs <= 12
    assert set(found.among) <= {entry.path for entry in scenario.timeline}
    for one in found.sets:
        assert happening.first(rerun(tuple(path for path in found.among if path not in one)))


# ---- the command

Sim = Callable[..., tuple[int, str, str]]


@pytest.fixture
def sim(commands: Sim) -> Sim:
    """The commands, in a folder with one stored run."""
    Path("fire.yaml").write_text(FIRE)
    assert commands("run", "fire.yaml", "--what-if", "rung")[0] == 0
    return commands


def test_all_that_matters_is_told_in_order(sim: Sim) -> None:
    code, out, err = sim("why", "latest", "fire", "--but-for", "all")
    assert code == 0
    assert out.splitlines()[2:] == [
        "without        it is",
        "rules.burns    gone",
        "timeline.bolt  gone; another comes on 2025-07-02 00:00",
        "7 more, each left out alone: it is the same without them",
        "",
        "no entry of the timeline decides fire alone: any of these is enough, without the",
        "others:",
        "  timeline.bolt",
        "  timeline.match",
        "without any of timeline.bolt, timeline.match it is gone (3 runs)",
    ]
    assert err.endswith("next: sim why latest 2\n")
    whole = json.loads(sim("why", "latest", "fire", "--but-for", "all", "--json")[1])["enough"]
    sets = [["timeline.bolt"], ["timeline.match"]]
    assert whole == {"sets": sets, "among": ["timeline.bolt", "timeline.match"], "gone": True, "runs": 3, "whole": True}
    one = {"sets": [["timeline.market"]], "among": ["timeline.market"], "gone": True, "runs": 1, "whole": True}
    assert json.loads(sim("why", "latest", "quiet", "--but-for", "all", "--json")[1])["enough"] == one
    assert (
        "quiet needs timeline.market; looked for another set of timeline entries that"
        in sim("why", "latest", "quiet", "--but-for", "all")[1]
    )


@pytest.mark.parametrize(
    ("guard", "most_runs", "runs"),
    [("happened(word) or happened(rain)", 60, 3), ("happened(word)", 2, 2)],
)
def test_that_no_set_was_found_is_said(commands: Sim, monkeypatch: pytest.MonkeyPatch, guard: str, most_runs: int, runs: int) -> None:
    monkeypatch.setattr("sim.cli.but_for.MOST_RUNS", most_runs)
    monkeypatch.setenv("COLUMNS", "120")
    Path("three.yaml").write_text(THREE.replace("GUARD", f'"{guard}"'))
    commands("run", "three.yaml")
    bound = f"({runs} runs; sets of more than 3, and more than {most_runs} runs, were not tried)"
    told = " ".join(commands("why", "latest", "act", "--but-for", "all")[1].split())
    assert f"looked for sets of timeline entries that are each enough for act, found none {bound}" in told


def test_an_event_that_follows_from_a_date_rests_on_no_entry_of_the_timeline(commands: Sim) -> None:
    Path("three.yaml").write_text(THREE.replace("[word, rain]", "{every: 30d}").replace(", if: GUARD, times: 1", ""))
    assert commands("run", "three.yaml")[0] == 0
    assert "act rests on no entry of the timeline (0 runs)" in commands("why", "latest", "act", "--but-for", "all")[1]


def test_several_are_left_out_together_and_each(sim: Sim) -> None:
    out = sim("why", "latest", "fire", "--but-for", "timeline.match", "--but-for", "timeline.bolt", "--but-for", "timeline.match")[1]
    assert out.splitlines()[2:] == [
        "without         it is",
        "both together   gone",
        "timeline.bolt   gone; another comes on 2025-07-02 00:00",
        "timeline.match  same",
    ]
    three = sim("why", "latest", "fire", "--but-for", "timeline.match", "--but-for", "timeline.bolt", "--but-for", "timeline.market")[1]
    assert "all 3 together   gone\n" in three
    whole = json.loads(
        sim("why", "latest", "fire", "--but-for", "timeline.match", "--but-for", "timeline.bolt", "--runs", "9", "--json")[1]
    )
    found = {" ".join(one["without"]): one["weight"]["necessity"]["value"] for one in whole["but_for"]}
    assert found == {"timeline.match timeline.bolt": 1, "timeline.bolt": 0, "timeline.match": 0}
    assert whole["counted"] == {"from": None, "until": None}


@pytest.fixture
def burnt(commands: Sim) -> Sim:
    """The commands, in a folder with one stored run in which it burns three times."""
    Path("twice.yaml").write_text(TWICE.replace("GAP", "1d"))
    assert commands("run", "twice.yaml")[0] == 0
    return commands


def test_many_runs_are_asked_from_a_date_on(burnt: Sim) -> None:
    asked = ("why", "latest", "fire#2", "--but-for", "timeline.bolt", "--runs", "5")
    whole = burnt(*asked)[1]
    assert "  it happens with it in 100 % (57 to 100), without it in 100 % (57 to 100)\n" in whole
    assert "What counts: fire, of the same actors, comes at any time of the run" in whole
    assert "came before #4 too: --from DATE leaves out what comes earlier." in " ".join(whole.split())
    later = burnt(*asked, "--from", "2025-07-01", "--until", "2025-08-01")[1]
    assert "  it happens with it in 100 % (57 to 100), without it in 0 % (0 to 43)\n" in later
    assert "comes from 2025-07-01 before 2025-08-01, whichever" in " ".join(later.split())
    assert "--from DATE" not in later
    told = json.loads(burnt(*asked, "--from", "2025-07-01", "--json")[1])
    assert told["counted"] == {"from": "2025-07-01T00:00:00+00:00", "until": None}
    assert told["but_for"][0]["weight"]["without"]["value"] == 1


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--from", "2025-07-01"], "add --but-for PATH and --runs N"),
        (["--until", "2025-07-01"], "add --not EVENT, or --but-for PATH and --runs N"),
        (["--but-for", "rules.burns", "--from", "2025-07-01"], "add --but-for PATH and --runs N"),
        (
            ["--but-for", "rules.burns", "--runs", "5", "--from", "2025-07-02"],
            "#4 itself, on 2025-07-01 00:00, would not count: let --from",
        ),
        (["--but-for", "rules.burns", "--runs", "5", "--until", "2025-07-01"], "would not count: let --until leave it in"),
        (["--but-for", "rules.burns", "--runs", "5", "--from", "2024-07-02"], "--from lies outside the run, 2025-06-01 00:00 to"),
        (["--but-for", "rules.burns", "--runs", "5", "--from", "soon"], "--from: "),
        (["--but-for", "rules.burns", "--but-for", "all"], "leave out the other --but-for"),
        (["--but-for", "fire"], "'fire' is an event, and parts are taken out: fire is made by rules.burns"),
        (["--but-for", "spark"], "spark is made by timeline.bolt, timeline.early, timeline.late"),
        (["--but-for", "rain"], "rain is made by nothing in the scenario, which cannot be"),
    ],
)
def test_what_cannot_be_weighed_is_refused(burnt: Sim, more: list[str], words: str) -> None:
    code, out, err = burnt("why", "latest", "fire#2", *more)
    assert (code, out) == (2, "")
    assert words in err


def test_many_runs_say_how_necessary_and_how_sufficient_each_is(sim: Sim) -> None:
    whole = json.loads(sim("why", "latest", "alarm", "--but-for", "timeline.bolt", "--but-for", "rules.burns", "--runs", "12", "--json")[1])
    found = {" ".join(one["without"]): one["weight"] for one in whole["but_for"]}
    assert [*found] == ["timeline.bolt rules.burns", "rules.burns", "timeline.bolt"]
    assert found["rules.burns"]["necessity"]["value"] == found["rules.burns"]["sufficiency"]["value"] == 1
    assert found["timeline.bolt"]["necessity"]["value"] == 0
    assert found["timeline.bolt"]["sufficiency"] is None
    page = sim("why", "latest", "alarm", "--but-for", "rules.burns", "--runs", "12", "--jobs", "2")[1]
    assert "necessary 100 % (76 to 100), sufficient 100 % (76 to 100)" in page
    assert "12 runs of each with the same luck" in page


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--but-for", "rules.burn"], "did you mean 'rules.burns'?"),
        (["--runs", "5"], "add --but-for PATH"),
        (["--but-for", "all", "--format", "mermaid"], "leave out --json and --but-for"),
        (["--but-for", "all", "--runs", "0x"], "--runs takes a whole number"),
    ],
)
def test_what_cannot_be_asked_is_refused(sim: Sim, more: list[str], words: str) -> None:
    code, out, err = sim("why", "latest", "fire", *more)
    assert (code, out) == (2, "")
    assert words in err
