"""Reasons and draws: what an entry rests on, and which chances decided it.

In: shipped scenarios, random scenarios, small ones. Out: reasons that lead down to the timeline; numbers that the run really drew.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import chance, face
from sim.analysis.draws import Draws
from sim.analysis.reasons import Reasons
from sim.log.entries import Entry, Log
from tests import harness
from tests.strategies import scenarios, yaml_text

SEED = Path(__file__).parents[2] / "scenarios" / "serbia_export_halt.yaml"

LICENCES = """\
scenario: licences
period: {from: 2025-06-01, until: 2025-12-01}
actors: {firm: {}, office: {}, council: {}, state: {}, minister: {part_of: state}}
events: {alarm: {}, shipment: {}, doubt: {}}
statements: {safe: {about: all is safe}}
norms: {halt: {forbid: {event: shipment, by: firm}, obeyed: 0.5, in_force: false}}
procedures:
  licence:
    steps:
      intake: {by: office, takes: 1d}
      council: {by: council, takes: 2d, refuses: 0.5, in_force: false}
timeline:
  early: {at: 2025-06-01, event: alarm}
  late: {at: {uniform: [2025-06-10, 2025-06-20]}, event: alarm}
  first: {at: 2025-06-02, open: licence, by: firm}
  second: {at: 2025-07-01, open: licence, by: firm}
  word: {at: 2025-06-03, claim: safe, is: true, by: state}
rules:
  answer: {when: alarm, if: count(alarm) > 1, chance: 0.9, after: {uniform: [1d, 3d]}, then: [{decide: course}]}
  ship: {when: {every: 5d}, then: [{event: shipment, by: firm}]}
  other_word: {when: halt.enacted, then: [{claim: safe, is: false, by: minister}]}
  wonder: {when: contradiction, then: [{event: doubt}]}
decisions:
  course:
    by: state
    options: {halt: {weight: 3, then: [{enact: halt}, {enact: licence.council}]}, nothing: {}}
what_if: {halted: {set: {decisions.course.choose: halt}}}
"""


@pytest.fixture(scope="module")
def halted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Log]:
    path = tmp_path_factory.mktemp("reasons") / "licences.yaml"
    path.write_text(LICENCES)
    run = face.load(path).run("halted")
    return run.scenario, run.log


def of(log: Log, event: str) -> Entry:
    return next(entry for entry in log.entries if event in (entry.event, *entry.heard_as()))


def kinds(log: Log, entry: Entry) -> list[tuple[str, str, str]]:
    return [(one.kind, one.name, log.entries[one.entry].event) for one in Reasons(log).of(entry)]


# ---- reasons


def test_the_demand_for_clarity_rests_on_both_accusations_and_on_both_claims_with_what_they_cite() -> None:
    log = face.load(SEED).run("as_it_happened").log
    found = [log.entries[number] for number in Reasons(log).below(of(log, "demand_for_clarity"))]
    accusations = [entry.rule for entry in found if entry.event == "accusation"]
    assert accusations == ["timeline.second_accusation", "timeline.first_accusation"]
    claims = {(entry.data["statement"], entry.data["is"]) for entry in found if entry.event == "claim"}
    assert claims == {("only_the_council_decides", True), ("only_the_council_decides", False)}
    assert all(entry.source for entry in found if entry.event in ("accusation", "claim"))


def test_an_entry_rests_on_its_cause_on_what_was_read_on_the_law_and_on_the_norms(halted: tuple[Any, Log]) -> None:
    _, log = halted
    assert kinds(log, of(log, "decision")) == [("read", "count(alarm)", "alarm"), ("cause", "", "alarm")]
    assert kinds(log, of(log, "halt.blocked")) == [("norm", "halt", "halt.enacted")]
    assert kinds(log, of(log, "licence.council")) == [
        ("law", "licence.council", "licence.council.enacted"),
        ("cause", "", "licence.intake"),
    ]
    assert kinds(log, of(log, "contradiction")) == [("claim", "", "claim"), ("cause", "", "claim")]
    assert kinds(log, log.entries[0]) == kinds(log, of(log, "alarm")) == []


def test_a_depth_cuts_off_what_lies_farther(halted: tuple[Any, Log]) -> None:
    _, log = halted
    reasons, doubt = Reasons(log), of(log, "doubt")
    assert list(reasons.below(doubt, 0)) == [doubt.id]
    assert [log.entries[number].event for number in reasons.below(doubt, 1)] == ["doubt", "contradiction"]
    assert reasons.below(doubt, 99) == reasons.below(doubt)


@settings(max_examples=40, deadline=None)
@given(scenarios())
def test_reasons_stand_above_and_every_entry_leads_to_the_start_of_something(data: Any) -> None:
    log = harness.recorded(harness.check(harness.parse(yaml_text(data), "random.yaml")), harness.Request())
    reasons = Reasons(log)
    for entry in log.entries:
        own = reasons.of(entry)
        assert all(0 < one.entry < entry.id for one in own)
        assert len({(one.kind, one.entry, one.name) for one in own}) == len(own)
    last = reasons.below(log.entries[-2])
    assert {one.entry for own in last.values() for one in own} <= last.keys()


# ---- draws


class Listening(chance.Site):
    """A site that keeps what is drawn."""

    drawn: ClassVar[set[tuple[str, float]]] = set()

    def uniform(self, path: str, k: int) -> float:
        number = super().uniform(path, k)
        self.drawn.add((self._prefix.split("/")[2], number))
        return number


@settings(max_examples=25, deadline=None)
@given(scenarios(), st.integers(0, 3))
def test_every_number_that_is_told_was_drawn_at_its_site_by_the_run(data: Any, seed: int) -> None:
    scenario = harness.check(harness.parse(yaml_text(data), "random.yaml"))
    with pytest.MonkeyPatch.context() as patch:
        Listening.drawn = set()
        patch.setattr("sim.chance.Site", Listening)
        log = harness.recorded(scenario, harness.Request(seed=seed))
    draws = Draws(scenario, log)
    for entry in log.entries:
        for draw in draws.of(entry):
            if draw.number is not None:
                assert (draw.site, draw.number) in Listening.drawn, (entry, draw)
                if draw.kind == "chance" and draw.odds is not None:
                    assert draw.number < draw.odds, (entry, draw)


def test_draws_say_what_was_written_how_likely_it_was_and_what_came(halted: tuple[Any, Log]) -> None:
    scenario, log = halted
    draws = Draws(scenario, log)

    def told(event: str) -> dict[str, tuple[str, float | None, str]]:
        return {one.kind: (one.written, one.odds, one.came) for one in draws.of(of(log, event))}

    late = next(entry for entry in log.entries if entry.rule == "timeline.late")
    assert [(one.kind, one.written) for one in draws.of(late)] == [("at", "uniform: [2025-06-10, 2025-06-20]")]
    decision = told("decision")
    assert decision["chance"] == ("0.9", 0.9, "it came")
    assert decision["after"][0] == "uniform: [1d, 3d]"
    assert decision["choice"] == ("choose: halt", None, "halt, because `choose` says so")
    assert told("halt.blocked") == {"obeyed": ("0.5", 0.5, "obeyed")}
    assert told("halt.violated") == {"obeyed": ("0.5", 0.5, "not obeyed")}
    council = of(log, "licence.council")
    assert told("licence.council") == {"refuses": ("0.5", 0.5, "refused" if council.data["outcome"] == "refused" else "not refused")}


def test_refusals_and_choices_come_of_the_numbers_told(tmp_path: Path) -> None:
    path = tmp_path / "licences.yaml"
    path.write_text(LICENCES)
    loaded, seen = face.load(path), set()
    for seed in range(20):
        run = loaded.run(seed=seed)
        draws = Draws(run.scenario, run.log)
        for entry in run.log.entries:
            for draw in draws.of(entry):
                if draw.kind in ("refuses", "choice", "obeyed"):
                    assert draw.number is not None
                    assert draw.odds is not None
                    first = draw.came in ("refused", "halt", "obeyed")
                    assert (draw.number < (draw.odds if first else 1 - draw.odds)) is first
                    seen.add(draw.came)
    assert seen == {"refused", "not refused", "halt", "nothing", "obeyed", "not obeyed"}


# ---- the command

Sim = Callable[..., tuple[int, str, str]]


@pytest.fixture
def sim(commands: Sim) -> Sim:
    """The commands, in a folder with one stored run."""
    Path("licences.yaml").write_text(LICENCES)
    assert commands("run", "licences.yaml", "--what-if", "halted")[0] == 0
    return commands


def test_why_follows_one_line_of_causes_and_tells_each_entry_once(sim: Sim) -> None:
    code, out, err = sim("why", "latest", "doubt")
    assert code == 0
    heads = [line.split("●")[1].split()[0] for line in out.splitlines() if "●" in line and "told" not in line]
    assert len(heads) == len(set(heads))
    assert "contradicts" in out
    assert "count(alarm) = 2" in out
    assert "uniform: [1d, 3d] (drew 0." in out
    assert "stored in results" in err
    assert "next: sim why latest 15 --but-for all" in err


@pytest.mark.parametrize(
    ("asked", "event", "place"),
    [("alarm", "alarm", 0), ("alarm#2", "alarm", 1), ("last alarm", "alarm", 1), ("first alarm", "alarm", 0), ("#1", "alarm", 0)],
)
def test_an_entry_is_named_by_its_number_or_by_its_event(sim: Sim, asked: str, event: str, place: int) -> None:
    _, out, _ = sim("why", "latest", *asked.split(" "), "--json")
    told = json.loads(out)
    found = [one for one in json.loads(sim("show", "latest", "--json")[1])["log"] if one["event"] == event]
    assert told["entry"] == found[place]["id"]
    assert next(one for one in told["entries"] if one["id"] == told["entry"])["event"] == event


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["alarn"], "no event is called 'alarn'; did you mean 'alarm'?"),
        (["alarm#3"], "the run has 2 of alarm, so there is no alarm#3"),
        (["alarm#0"], "so there is no alarm#0"),
        (["#9999"], "the run has no entry #9999: its last is #"),
        (["last", "alarm#1"], "says twice which one"),
        (["licence.refused"], "the run has no entry of licence.refused"),
        (["alarm", "--json", "--format", "mermaid"], "leave out --json and --but-for"),
        (["alarm", "--format", "dot"], "--format takes mermaid, not 'dot'"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_can(sim: Sim, asked: list[str], words: str) -> None:
    code, out, err = sim("why", "latest", *asked)
    assert (code, out) == (2, "")
    assert words in err


def test_a_diagram_has_every_entry_and_every_reason(sim: Sim) -> None:
    whole = json.loads(sim("why", "latest", "doubt", "--json")[1])["entries"]
    lines = sim("why", "latest", "doubt", "--format", "mermaid")[1].splitlines()
    assert lines[0] == "flowchart TD"
    assert sum('["' in line for line in lines) == len(whole)
    assert sum(">" in line and "[" not in line for line in lines) == sum(len(one["reasons"]) for one in whole)


def test_steps_that_rest_on_one_another_are_passed_over_unless_all_is_asked_for(sim: Sim) -> None:
    short, full = (sim("why", "latest", "licence.approved", *more)[1] for more in ([], ["--full"]))
    assert "… 1 step of the case before" in short
    assert "procedures.licence.steps.intake" in full
    assert "of the case before" not in full
