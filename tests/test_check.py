"""`sim check` beyond mistakes: ties, what rests on no source, warnings refused.

In: small scenarios. Out: what the command says of them, and how it ends.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.cli.main import main
from sim.face import load
from sim.log.entries import digest

TIED = """
scenario: tied
period: {from: 2025-01-01, until: 2025-02-01}
actors: {a: {}, b: {}}
events: {bid: {}, other: {}, won: {}}
state: {taken: 0}
timeline:
  first: {at: 2025-01-02, event: bid, by: a}
  second: {at: 2025-01-02, event: bid, by: b}
rules:
  take: {when: bid, if: taken == 0, then: [{set: {taken: 1}}, {event: won, by: event.by}]}
what_if:
  apart: {set: {timeline.second.at: 2025-01-03}}
measures: {winner: "count(won, by=a)", sold: final(taken)}
"""

Command = Callable[..., int]


@pytest.fixture
def sim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(tmp_path)
    Path("tied.yaml").write_text(TIED, encoding="utf-8")
    return lambda *words: main(list(words))


def test_a_tie_is_told_by_the_first_entry_that_differs(sim: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert sim("check", "--ties", "tied.yaml", "--what-if", "baseline", "--what-if", "apart") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "TIED   baseline: reversing all ties changes the run (seed 0)"
    assert lines[1].startswith("       first: 2025-01-02 00:00  values change: taken  [rules.take]")
    assert lines[2] == "       measures that differ: winner"
    assert "give one of the rules a priority" in lines[3]
    assert lines[4:] == ["ok     apart: nothing hangs on the order of what is simultaneous (seed 0)"]


def test_ties_for_machines_and_refused(sim: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert sim("check", "--ties", "tied.yaml", "--json", "--seed", "3") == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["what_if"], told["seed"], told["differs"], told["measures"]) == ("baseline", 3, True, ["winner"])
    assert told["first"]["forwards"]["event"] == told["first"]["backwards"]["event"] == "change"
    assert sim("check", "--ties", "tied.yaml", "--strict") == 2
    assert sim("check", "--ties", "tied.yaml", "--strict", "--what-if", "apart") == 0
    assert sim("check", "tied.yaml", "--what-if", "apart") == 2
    assert sim("check", "tied.yaml", "--ties", "--assumptions") == 2
    assert "two questions" in capsys.readouterr().err


CLASH = TIED.replace(
    "{set: {taken: 1}}, {event: won, by: event.by}", "{set: {taken: 1}}, {event: won, by: event.by}, {event: other}"
).replace(
    "what_if:",
    "  clash: {when: other, if: 'first(won, by=b, default=now) == now and happened(won, by=b)', then: [{event: other}]}\nwhat_if:",
)


def test_a_run_that_stops_only_with_reversed_ties_says_so(sim: Command, capsys: pytest.CaptureFixture[str]) -> None:
    Path("clash.yaml").write_text(CLASH, encoding="utf-8")
    assert sim("check", "--ties", "clash.yaml") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "TIED   baseline: reversing all ties stops the run (seed 0)"
    assert lines[1].startswith("       E502 a chain of causes is longer than 1,000 within one instant: rules.clash")


RULES = """
scenario: orders
period: {from: 2025-01-01, until: 2025-02-01}
events: {go: {}, one: {}, two: {}, tick: {}}
timeline: {t: {at: 2025-01-02, event: go}}
rules:
  a: {when: go, then: [{event: one}]}
  b: {when: go, then: [{event: two}]}
  c: {when: {every: 30d}, then: [{event: tick, id: first}]}
  d: {when: {every: 30d}, then: [{event: tick}]}
"""


def events_of(text: str, *, ties_reversed: bool) -> list[str]:
    Path("orders.yaml").write_text(text, encoding="utf-8")
    log = load(Path("orders.yaml")).run(ties_reversed=ties_reversed).log
    return [f"{entry.event} {entry.rule}" for entry in log.entries[1:-1]]


def test_rules_ticks_and_dates_are_reversed_and_priorities_are_not(sim: Command) -> None:
    del sim
    forwards = ["go timeline.t", "one rules.a", "two rules.b", "tick rules.c", "tick rules.d"]
    backwards = ["go timeline.t", "two rules.b", "one rules.a", "tick rules.d", "tick rules.c"]
    assert events_of(RULES, ties_reversed=False) == forwards
    assert events_of(RULES, ties_reversed=True) == backwards
    first = RULES.replace("a: {when: go,", "a: {when: go, priority: 1,")
    assert events_of(first, ties_reversed=True)[:3] == forwards[:3]
    assert events_of(TIED, ties_reversed=True)[:2] == ["bid timeline.second", "change rules.take"]


ORDERS = """
scenario: orders
period: {from: 2025-01-01, until: 2025-02-01}
actors: {firm: {}, office: {capacity: 1}, desk: {}}
events: {one: {}, two: {}}
state: {open: false}
statements: {shut: {true_when: not open}, idle: {true_when: not open}}
procedures:
  meeting: {steps: {both: {together: {home: {meets: {every: 1w}}, abroad: {meets: {every: 1w}}}}}}
  working: {steps: {both: {together: {first: {by: office, takes: 1d}, second: {by: office, takes: 1d}}}}}
  gated: {steps: {gate: {waits: {condition: open}}, seal: {by: desk}}}
timeline:
  a: {at: 2025-01-02, open: meeting, by: firm}
  b: {at: 2025-01-03, open: working, by: firm}
  c: {at: 2025-01-12, then: [{claim: shut, is: true, by: desk}, {claim: idle, is: true, by: desk}]}
  d: {at: 2025-01-13, open: gated, by: firm}
  e: {at: 2025-01-14, open: gated, by: office}
  f: {at: 2025-01-15, set: {open: true}}
rules:
  m: {when: {condition: open}, then: [{event: one}]}
  n: {when: {condition: open}, then: [{event: two}]}
"""


def test_sessions_branches_conditions_and_facts_are_reversed_and_arrivals_are_not(sim: Command) -> None:
    del sim
    made = [events_of(ORDERS, ties_reversed=way) for way in (False, True)]
    told = [[entry.split()[0] for entry in entries] for entries in made]
    pairs = (("meeting.abroad", "meeting.home"), ("working.first", "working.second"), ("one", "two"))
    for first, second in pairs:
        assert [told[way].index(first) < told[way].index(second) for way in (0, 1)] == [True, False]
    facts = [[entry.split()[1] for entry in entries if entry.startswith("refuted")] for entries in made]
    assert facts == [["statements.idle", "statements.shut"], ["statements.shut", "statements.idle"]]
    for way in (False, True):
        cases = [entry.by for entry in load(Path("orders.yaml")).run(ties_reversed=way).log.entries if entry.event == "gated.gate"]
        assert cases == ["firm", "office"]  # who came first goes first: that is no tie


def test_without_ties_the_log_is_the_same_byte_for_byte(sim: Command) -> None:
    del sim
    loaded = load(Path(__file__).resolve().parents[1] / "scenarios" / "extra_approval.yaml")
    assert digest(loaded.run().lines()) == digest(loaded.run(ties_reversed=True).lines())


SOURCED = """
scenario: sourced
period: {from: 2025-01-01, until: 2025-02-01}
sources: {gazette: {title: The official gazette}}
parameters:
  delay: {value: 3d, range: [1d, 5d], about: how long it takes, source: assumption}
  share: {value: 0.5, source: gazette}
  plain: 2
actors: {office: {}}
events: {go: {}, done: {}}
timeline: {t: {at: 2025-01-02, event: go, source: gazette}}
rules:
  r: {when: go, chance: share, after: delay * plain, then: [{event: done, by: office}], about: nobody says so}
"""


TERMS = """
scenario: terms
period: {from: 2025-01-01, until: 2025-03-01}
events: {go: {}}
norms: {ban: {forbid: go, in_force: false, source: "https://example.org"}}
timeline: {t: {at: 2025-01-02, enact: ban, lasts: 10d}}
rules:
  renews: {when: {before: ban.expired, lead: 2d}, times: 1, then: [{enact: ban, lasts: 5d}]}
"""


def test_how_long_law_lasts_is_an_assumption(sim: Command, capsys: pytest.CaptureFixture[str]) -> None:
    Path("terms.yaml").write_text(TERMS, encoding="utf-8")
    assert sim("check", "--assumptions", "terms.yaml") == 0
    listed = [line.split() for line in capsys.readouterr().out.splitlines()]
    terms = [line for line in listed if len(line) == 2 and line[1].endswith("d")]
    assert terms == [["timeline.t.lasts", "10d"], ["rules.renews.when.lead", "2d"], ["rules.renews.then.0.lasts", "5d"]]


def test_what_rests_on_no_source_is_listed_in_groups(sim: Command, capsys: pytest.CaptureFixture[str]) -> None:
    Path("sourced.yaml").write_text(SOURCED, encoding="utf-8")
    assert sim("check", "--assumptions", "sourced.yaml") == 0
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "declared an assumption: 1",
        "  parameters.delay  3d in [1d, 5d]  how long it takes",
        "",
        "without a source: 2",
        "  parameters.plain  2",
        "  rules.r              nobody says so",
        "",
    ]
    assert sim("check", "--assumptions", "sourced.yaml", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [(one["kind"], one["section"], one["path"], one["value"], one["line"]) for one in told] == [
        ("assumption", "parameters", "parameters.delay", "3d in [1d, 5d]", 6),
        ("uncited", "parameters", "parameters.plain", "2", 8),
        ("uncited", "rules", "rules.r", "", 13),
    ]


DRIVEN = """
scenario: driven
period: {from: 2025-01-01, until: 2025-02-01}
sources: {gazette: {title: The official gazette}}
parameters: {delay: {value: 3d, source: gazette}}
kinds: {firm: {has: {stock: 5, cash: {start: 2, source: gazette}}}}
actors:
  office: {capacity: 2, source: assumption}
  desk:   {capacity: 3, source: gazette}
  maker:  {kind: firm, has: {workers: 7}}
  idle:   {source: {kind: assumption, note: nobody knows}}
state: {tension: {start: 0.3, min: 0, source: assumption}, calm: true, cited: {start: 1, source: gazette}}
events: {go: {}}
decisions: {answer: {by: office, source: gazette, options: {a: {weight: 2}, b: {weight: 3, source: assumption}}}}
norms: {ban: {forbid: go, obeyed: 0.9}}
procedures:
  licence:
    source: gazette
    steps:
      first:  {by: office, takes: 2d}
      second: {by: desk, takes: {uniform: [1d, 3d]}, refuses: 0.2, source: [gazette, assumption]}
  permit:
    deadline: 30d
    steps:
      only:   {by: desk, takes: delay, waits: 2 * delay, sends_back: {to: only, chance: 0.1}}
      board:  {meets: {every: 2w}, source: gazette}
      both:   {together: {one: {by: desk, takes: 1d}, two: {by: desk, takes: delay, source: assumption}}}
"""


def test_whatever_drives_results_is_listed_unless_it_or_what_is_around_it_cites(sim: Command, capsys: pytest.CaptureFixture[str]) -> None:
    Path("driven.yaml").write_text(DRIVEN, encoding="utf-8")
    assert sim("check", "--assumptions", "driven.yaml") == 0
    assert [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()] == [
        "declared an assumption: 7",
        "actors.office.capacity 2",
        "actors.idle",
        "state.tension 0.3",
        "decisions.answer.options.b.weight 3",
        "procedures.licence.steps.second.takes {uniform: [1d, 3d]}",
        "procedures.licence.steps.second.refuses 0.2",
        "procedures.permit.steps.both.together.two",
        "",
        "without a source: 10",
        "kinds.firm.has.stock 5",
        "actors.maker.has.workers 7",
        "state.calm true",
        "norms.ban",
        "norms.ban.obeyed 0.9",
        "procedures.permit",
        "procedures.permit.deadline 30d",
        "procedures.permit.steps.only.waits 2 * delay",
        "procedures.permit.steps.only.sends_back {to: only, chance: 0.1}",
        "procedures.permit.steps.both.together.one.takes 1d",
        "",
    ]


def test_a_warning_is_refused_where_it_is_asked_for(sim: Command, capsys: pytest.CaptureFixture[str]) -> None:
    Path("idle.yaml").write_text(SOURCED.replace("chance: share, ", ""), encoding="utf-8")
    assert sim("check", "idle.yaml") == 0
    assert "warning[W404]: nothing uses the parameter 'share': use it or remove it" in capsys.readouterr().out
    assert sim("check", "idle.yaml", "--strict") == 2
    Path("idle.yaml").write_text(
        Path("idle.yaml").read_text("utf-8") + "intended: {parameters.share: of the longer model}\n", encoding="utf-8"
    )
    assert sim("check", "idle.yaml", "--strict") == 0
