"""Why not: what an event that did not happen failed at, by how much, and what would have brought it.

In: random scenarios, shipped ones, a small one in which it is known what failed. Out: parts of guards, ways, words of the command.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import face
from sim.analysis.absence import Absences, routes
from sim.analysis.past import Past
from sim.analysis.shortfall import unmet
from sim.analysis.ways import Absence, Way
from sim.engine import run
from sim.engine.compile import compile_scenario
from sim.engine.watching import Watch
from sim.language.scenario import Pattern
from sim.log.entries import log_of
from tests import harness
from tests.strategies import scenarios, yaml_text

SHIPPED = Path(__file__).parents[2] / "scenarios"

# ---- what is seen, and how far off it was


@settings(max_examples=40, deadline=None)
@given(scenarios(), st.integers(0, 3))
def test_what_the_log_says_of_a_guard_is_what_the_run_found(data: Any, seed: int) -> None:
    scenario = harness.check(harness.parse(yaml_text(data), "random.yaml"))
    log = harness.recorded(scenario, harness.Request(seed=seed))
    watch = Watch(frozenset(rule.path for rule in scenario.rules))
    assert log_of(run(compile_scenario(scenario), seed, watch=watch), log.header) == log
    past, rules = Past(scenario, log), {rule.path: rule for rule in scenario.rules}
    later = ("not_again_for", "times", "chance", "accepted")
    for asked in watch.asked:
        rule, entry = rules[asked.rule], None if asked.entry is None else log.entries[asked.entry]
        moment = past.moment(asked.time, asked.entries)
        if rule.guard is not None and asked.verdict in ("if", *later):
            parts = unmet(rule.guard, moment, entry)
            assert bool(parts) is (asked.verdict == "if"), (asked, parts)
            assert all(part.short != 0 or part.operator in "<>" for part in parts)
        wheres = [one.where for one in rule.when if isinstance(one, Pattern) and one.where is not None]
        if asked.verdict == "where" and entry is not None:
            assert any(unmet(where, moment, entry) for where in wheres)
    accepted = {asked.occasion for asked in watch.asked if asked.verdict == "accepted"}
    assert watch.ended.keys() <= accepted
    assert all(watch.due[one] == watch.ended[one].time for one in watch.ended.keys() & watch.due.keys())


@settings(max_examples=12, deadline=None)
@given(scenarios())
def test_every_event_that_did_not_happen_can_be_asked_about(data: Any) -> None:
    scenario = harness.check(harness.parse(yaml_text(data), "random.yaml"))
    log, program = harness.recorded(scenario, harness.Request()), compile_scenario(scenario)
    watch = Watch(frozenset(rule.path for rule in scenario.rules))
    run(program, watch=watch)
    absences = Absences(scenario, log, watch, log.header.period[1])
    for event in scenario.events:
        if not absences.happened(event):
            met = {path for path in paths(absences.of(event, (), 2)) if path.startswith("rules.")}
            assert not met - routes(scenario, event), event


def paths(absence: Absence) -> set[str]:
    return {path for way in absence.ways for path in (way.path, *(one for below in way.below for one in paths(below)))}


QUESTIONS = """\
scenario: questions
period: {from: 2025-01-01, until: 2025-03-01}
actors: {a: {}, b: {}}
events: {word: {fields: {v: number}}, act: {}}
parameters: {limit: {value: 3, range: [0, 9]}}
state: {tension: {start: 0.5}}
timeline:
  one: {at: 2025-01-10, event: word, by: a, with: {v: 2}}
  two: {at: 2025-01-20, event: word, by: b, with: {v: 7}}
rules:
  asks: {when: word, if: "GUARD", then: [{event: act}]}
"""


@pytest.mark.parametrize(
    ("guard", "told"),
    [
        ("count(word) > limit", [("count(word)", ">", 3, 3), ("count(word)", ">", 3, 2)]),
        ("count(word) >= 4", [("count(word)", ">=", 4, 3), ("count(word)", ">=", 4, 2)]),
        ("4 <= count(word)", [("count(word)", ">=", 4, 3), ("count(word)", ">=", 4, 2)]),
        ("count(word) < 1", [("count(word)", "<", 1, -1), ("count(word)", "<", 1, -2)]),
        ("not (tension <= 0.8)", [("tension", ">", 0.8, pytest.approx(0.3))] * 2),
        ("event.v > 2.5 and event.v < 6", [("event.v", ">", 2.5, 0.5), ("event.v", "<", 6, -1)]),
        ("2 < event.v < 6", [("event.v", ">", 2, 0), ("event.v", "<", 6, -1)]),
        ("tension > 9 or count(word) > 3", [("count(word)", ">", 3, 3), ("count(word)", ">", 3, 2)]),
        ("not happened(word)", [("happened(word)", "==", False, None)] * 2),
        ("event.by == b and event.v > 9", [("event.by", "==", "b", None), ("event.v", ">", 9, 7), ("event.v", ">", 9, 2)]),
        ("since(word, by=b, default=0s) > 5d", [("since(word, by=b, default=0s)", ">", 5 * 86_400_000_000, 5 * 86_400_000_000)] * 2),
        ("tension > 0.6 if event.by == a else false", [("tension", ">", 0.6, pytest.approx(0.1)), ("false", "==", True, None)]),
    ],
)
def test_each_part_that_failed_is_told_with_how_far_off_it_was(tmp_path: Path, guard: str, told: list[Any]) -> None:
    path = tmp_path / "questions.yaml"
    path.write_text(QUESTIONS.replace("GUARD", guard))
    made = face.load(path).run()
    past, found = Past(made.scenario, made.log), []
    for entry in made.log.entries:
        if entry.event == "word":
            flag = made.scenario.rules[0].guard
            assert flag is not None
            parts = unmet(flag, past.moment(entry.time, entry.id + 1), entry)
            found += [(part.left, part.operator, part.bound, part.short) for part in parts]
    assert found == told


# ---- ways

STORY = """\
scenario: story
period: {from: 2025-01-01, until: 2025-04-01}
actors: {state: {}, organ: {part_of: state}, firm: {}}
events:
  {word: {}, late: {}, twice: {}, soon: {}, lucky: {}, held: {}, kept: {}, own: {}, sold: {}, far: {}, never: {}, hotter: {}, warm: {}}
state: {heat: {start: 0}}
norms:
  ban: {forbid: {event: sold, by: firm}}
  mild: {forbid: {event: word, by: firm}, in_force: false}
  owed: {oblige: {event: far, by: firm}, when: word}
procedures:
  licence: {steps: {intake: {by: state, takes: 1d}, board: {by: state, takes: 300d}, extra: {by: state, in_force: false}}}
timeline:
  first: {at: 2025-01-10, event: word, by: organ}
  second: {at: 2025-01-12, event: word, by: organ}
  paper: {at: 2025-01-15, open: licence, by: firm}
  heating: {at: 2025-01-20, set: {heat: 3}}
  cooling: {at: 2025-01-22, set: {heat: 0}}
rules:
  by_firm: {when: {event: word, by: firm}, then: [{event: late}]}
  waits: {when: word, after: 300d, then: [{event: late}]}
  only_once: {when: word, times: 1, then: [{event: twice, if: count(word) > 1}]}
  paused: {when: word, not_again_for: 90d, then: [{event: soon, if: count(word) > 1}]}
  unlucky: {when: word, chance: 0, then: [{event: lucky}]}
  off: {when: word, in_force: false, then: [{event: held}]}
  gone: {when: word, after: 1d, still: count(word) > 5, then: [{event: kept}]}
  sells: {when: word, then: [{event: sold, by: firm}]}
  takes: {when: word, then: [{decide: course}]}
  chains: {when: never, then: [{event: own}]}
  warms: {when: {condition: heat > 2, lasts: 5d}, then: [{event: warm}]}
  hot: {when: {condition: heat > 5}, then: [{event: hotter}]}
decisions:
  course: {by: state, choose: rest, options: {run: {then: [{event: far, by: firm}]}, rest: {}}}
"""


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Absence]:
    path = tmp_path_factory.mktemp("why_not") / "story.yaml"
    path.write_text(STORY)
    loaded = face.load(path)

    def why(event: str, by: tuple[str, ...] = (), until: int | None = None) -> Absence:
        watch = Watch(routes(loaded.scenario(), event))
        log = loaded.run(watch=watch).log
        return Absences(loaded.scenario(), log, watch, until or log.header.period[1]).of(event, by)

    return why


def stages(way: Way) -> list[tuple[str, str, int]]:
    return [(group.stage, group.what, group.count) for group in way.groups]


@pytest.mark.parametrize(
    ("event", "path", "found"),
    [
        ("late", "rules.by_firm", [("who", "by firm", 2)]),
        ("late", "rules.waits", [("waiting", "", 2)]),
        ("twice", "rules.only_once", [("effect", "count(word) > 1", 1), ("times", "1", 1)]),
        ("soon", "rules.paused", [("effect", "count(word) > 1", 1), ("not_again_for", "", 1)]),
        ("lucky", "rules.unlucky", [("chance", "", 2)]),
        ("held", "rules.off", [("in_force", "", 2)]),
        ("kept", "rules.gone", [("still", "count(word) > 5", 2)]),
        ("sold", "rules.sells", [("blocked", "ban", 2)]),
        ("far", "decisions.course.options.run", [("option", "rest", 2)]),
        ("warm", "rules.warms", [("turning", "too short", 1)]),
        ("hotter", "rules.hot", [("turning", "heat > 5", 1)]),
        ("mild.violated", "norms.mild", [("in_force", "", 2)]),
        ("owed.fulfilled", "norms.owed", [("duty", "owed still", 1)]),
        ("licence.approved", "procedures.licence", [("case", "intake", 1)]),
        ("licence.extra", "procedures.licence", [("in_force", "licence.extra", 1)]),
    ],
)
def test_each_way_says_at_what_it_failed_and_how_often(story: Callable[..., Absence], event: str, path: str, found: list[Any]) -> None:
    way = next(one for one in story(event).ways if one.path == path)
    assert stages(way) == found


def test_where_a_trigger_never_came_it_is_said_what_would_bring_it(story: Callable[..., Absence]) -> None:
    [way] = story("own").ways
    assert (way.asked, way.groups) == (0, ())
    assert way.below == (Absence("never", (), ()),)


def test_only_what_came_before_a_date_and_by_whom_is_asked_is_looked_at(story: Callable[..., Absence]) -> None:
    day = 86_400_000_000
    begin = 1_735_689_600_000_000
    [way] = [one for one in story("sold", until=begin + 10 * day).ways if one.path == "rules.sells"]
    assert stages(way) == [("blocked", "ban", 1)]
    assert story("sold", ("state",)).ways == ()


# ---- the command

Sim = Callable[..., tuple[int, str, str]]


def test_the_halt_that_did_not_come_names_the_count_that_fell_one_short(commands: Sim) -> None:
    assert commands("run", str(SHIPPED / "serbia_export_halt.yaml"), "--what-if", "no_second_accusation")[0] == 0
    code, out, err = commands("why", "latest", "--not", "halt")
    assert code == 0
    assert " ".join(out.splitlines()[:2]).replace("   ", " ") == (
        "halt did not happen: count(accusation, by=russia, in_last=memory) = 1, needs > 1 (tolerated_accusations): 1 short"
    )
    told = json.loads(commands("why", "latest", "--not", "halt", "--json")[1])
    [way] = told["ways"][0]["below"][0]["ways"]
    assert (told["not"], way["path"], way["asked"]) == ("halt", "rules.accusations_bring_an_answer", 1)
    part = way["groups"][0]["part"]
    assert (part["value"], part["operator"], part["bound"], part["short"]) == (1, ">", 1, 1)
    assert way["nearest"]["time"] == "2025-05-29T10:00:00+02:00"
    assert "next: sim" in err


@pytest.fixture
def sim(commands: Sim) -> Sim:
    """The commands, in a folder with one stored run."""
    Path("story.yaml").write_text(STORY)
    assert commands("run", "story.yaml")[0] == 0
    return commands


@pytest.mark.parametrize(
    ("event", "first"),
    [
        ("sold", "sold did not happen: blocked by ban"),
        ("far", "far did not happen: rest was chosen"),
        ("lucky", "lucky did not happen: its chance of 0 did not come (drew 0."),
        ("late", "late did not happen: its delay would have ended 2025-11-"),
        ("warm", "warm did not happen: the condition was true for too short, at most until"),
        ("hotter", "hotter did not happen: heat = 3, needs > 5: 2 short"),
        ("own", "own did not happen: nothing that could bring it was ever asked"),
        ("never", "never did not happen: nothing in the scenario brings it"),
        ("held", "held did not happen: it was not in force"),
        ("licence.refused", "licence.refused did not happen: "),
    ],
)
def test_the_first_line_answers(sim: Sim, event: str, first: str) -> None:
    code, out, _ = sim("why", "latest", "--not", event)
    assert code == 0
    assert out.splitlines()[0].startswith(first)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["--not", "sould"], "no event is called 'sould'; did you mean 'sold'?"),
        (["--not", "ban"], "no event is called 'ban'; its events are ban.enacted, ban.suspended"),
        (["--not", "word"], "word did happen: #1 on 2025-01-10 00:00; ask `sim why RESULT 1`, or --until an earlier date"),
        (["--not", "word", "--by", "stat"], "no actor is called 'stat'; did you mean 'state'?"),
        (["--not", "word", "--by", "state"], "word did happen: #1"),
        (["--not", "word", "--until", "2025-13-01"], "--until: "),
        (["--not", "word", "--until", "2026-01-01"], "--until lies outside the run, 2025-01-01 00:00 to 2025-04-01 00:00"),
        (["word", "--not", "sold"], "leave out the ENTRY"),
        ([], "name an ENTRY"),
        (["word", "--by", "firm"], "add --not EVENT"),
        (["--not", "sold", "--but-for", "all"], "leave out --but-for and --format"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_can(sim: Sim, asked: list[str], words: str) -> None:
    code, out, err = sim("why", "latest", *asked)
    assert (code, out) == (2, "")
    assert words in err


def test_an_event_is_also_asked_for_by_whom_and_before_when(sim: Sim) -> None:
    assert sim("why", "latest", "--not", "word", "--by", "firm")[1].startswith(
        "word by firm did not happen: nothing in the scenario brings it"
    )
    assert sim("why", "latest", "--not", "word", "--until", "2025-01-05")[1].startswith(
        "word did not happen before 2025-01-05: its date is 2025-01-10"
    )
