"""Comparison: every kind of difference on logs made by hand, and the command on small scenarios."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.analysis.compare import KINDS, Comparison, Pair, compare
from sim.cli.compared import Side
from sim.cli.compared_timeline import timeline
from sim.cli.main import main
from sim.cli.terminal import Screen
from sim.cli.versions import recorded
from sim.log.entries import Entry, Header, Log

HEADER = Header(1, "s", "", None, {}, (), 0, 0, "0", "UTC", (0, 1000))


def log_of(*rows: dict[str, Any], started: dict[str, Any] | None = None, end: dict[str, Any] | None = None) -> Log:
    """A log from the fields that matter; `cause` and the writers in `because` are keys, and start and end are put around."""
    ids = {"start": 0} | {row["key"]: number for number, row in enumerate(rows, 1)}
    changes = {path: (None, value) for path, value in (started or {}).items()}
    first = entry(0, {"event": "start", "key": "start", "cause": None, "changes": changes}, ids)
    last = entry(len(rows) + 1, {"event": "end", "time": 1000, "key": "end", "cause": None, "data": end or {}}, ids)
    return Log(HEADER, (first, *(entry(number, row, ids) for number, row in enumerate(rows, 1)), last))


def entry(own: int, row: dict[str, Any], ids: dict[str, int]) -> Entry:
    cause = row.get("cause", "start")
    because = {name: (value, tuple(ids[writer] for writer in writers)) for name, (value, writers) in row.get("because", {}).items()}
    return Entry(
        own, row.get("time", 0), row.get("event", row["key"]), row.get("by"), row.get("to"), row.get("via"), row.get("status", "done"),
        row.get("case"), row.get("rule"), None if cause is None else ids[cause], because, row.get("data", {}), row.get("changes", {}),
        row.get("norms", ()), row.get("source", ()), row["key"],
    )  # fmt: skip


def differing(found: Comparison) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(pair.kind, pair.entry.key, pair.fields) for pair in found.pairs if pair.kind != "same"]


def parting(found: Comparison) -> tuple[str, str]:
    assert found.first_divergence is not None
    return found.first_divergence.kind, found.first_divergence.entry.key


ACCUSED = {"key": "a", "time": 10, "event": "accusation", "by": "svr"}
HALTED = {"key": "h", "time": 20, "event": "halt", "by": "president", "cause": "a"}


# ---- every kind


def test_a_log_is_the_same_as_itself() -> None:
    log = log_of(ACCUSED, HALTED, started={"state.x": 1})
    found = compare(log, log)
    assert [pair.kind for pair in found.pairs] == ["same"] * 4
    assert (found.differs, found.first_divergence, dict(found.started)) == (False, None, {})
    assert found.counts == {kind: 4 if kind == "same" else 0 for kind in KINDS}


def test_ids_mean_nothing() -> None:
    other = {"key": "x", "time": 5, "event": "noise"}
    because = {**HALTED, "because": {"count(accusation)": (1, ["a"])}}
    found = compare(log_of(ACCUSED, because), log_of(other, ACCUSED, because))
    assert differing(found) == [("new", "x", ())]


def test_what_comes_at_another_time_is_moved() -> None:
    found = compare(log_of(ACCUSED, HALTED), log_of(ACCUSED, {**HALTED, "time": 25}))
    assert differing(found) == [("moved", "h", ())]
    assert found.pairs[2].moved_by == 5
    assert parting(found) == ("moved", "h")


def test_a_moved_chain_parts_at_its_head() -> None:
    found = compare(log_of(ACCUSED, HALTED), log_of({**ACCUSED, "time": 15}, {**HALTED, "time": 25}))
    assert [(pair.kind, pair.moved_by) for pair in found.pairs[1:3]] == [("moved", 5), ("moved", 5)]
    assert parting(found) == ("moved", "a")


def test_a_cause_that_moves_earlier_stands_above_its_effects() -> None:
    before = log_of({"key": "n", "time": 12}, {**ACCUSED, "time": 15}, {**HALTED, "time": 30})
    after = log_of({**ACCUSED, "time": 5}, {**HALTED, "time": 11}, {"key": "n", "time": 12})
    assert [pair.entry.key for pair in compare(before, after).pairs] == ["start", "a", "h", "n", "end"]


def test_a_change_of_status_names_status_and_norms() -> None:
    held = {**HALTED, "status": "blocked", "norms": ("ban",)}
    found = compare(log_of(ACCUSED, HALTED), log_of(ACCUSED, held))
    assert differing(found) == [("changed", "h", ("status", "norms"))]


def test_changed_fields_are_named_within_data_changes_and_because() -> None:
    before = {**HALTED, "to": "x", "data": {"m": 1, "n": 2}, "changes": {"state.t": (0, 1)}, "because": {"t": (1, ["a"])}}
    after = {**HALTED, "to": "y", "data": {"m": 1, "o": None}, "changes": {"state.t": (0, 2)}, "because": {"t": (2, ["a"])}}
    found = compare(log_of(ACCUSED, before), log_of(ACCUSED, {**after, "time": 21}))
    (pair,) = [pair for pair in found.pairs if pair.kind == "changed"]
    assert pair.fields == ("to", "because.t", "data.n", "data.o", "changes.state.t")
    assert pair.moved_by == 1


def test_equal_content_under_another_parent_is_another_cause() -> None:
    other = {"key": "b", "time": 12}
    found = compare(log_of(ACCUSED, other, HALTED), log_of(ACCUSED, other, {**HALTED, "cause": "b"}))
    assert differing(found) == [("other cause", "h", ("cause",))]


def test_equal_values_from_another_writer_are_another_cause() -> None:
    other = {"key": "b", "time": 12}
    one, two = ({**HALTED, "because": {"t": (1, [writer])}} for writer in ("a", "b"))
    found = compare(log_of(ACCUSED, other, one), log_of(ACCUSED, other, two))
    assert differing(found) == [("other cause", "h", ("because.t",))]


def test_gone_and_new_entries_stand_where_they_belong() -> None:
    before, after = log_of(ACCUSED, HALTED), log_of(ACCUSED, {"key": "d", "time": 20, "event": "denial", "by": "president"})
    found = compare(before, after)
    assert sorted(differing(found)) == [("gone", "h", ()), ("new", "d", ())]
    assert found.counts["gone"] == found.counts["new"] == 1


def test_what_is_new_in_an_instant_stands_behind_what_it_followed() -> None:
    first, second = {"key": "x", "time": 10}, {"key": "y", "time": 10}
    new = {"key": "z", "time": 10, "cause": "x"}
    assert [pair.entry.key for pair in compare(log_of(first, second), log_of(first, new, second)).pairs] == ["start", "x", "z", "y", "end"]


# ---- partners without a common key


def test_the_same_act_on_another_occasion_is_matched_by_what_it_is() -> None:
    found = compare(log_of(ACCUSED, HALTED), log_of(ACCUSED, {**HALTED, "key": "h2", "time": 30}))
    assert differing(found) == [("moved", "h2", ("key",))]


def test_effects_of_matched_acts_have_the_same_parents() -> None:
    before = log_of(ACCUSED, HALTED, {"key": "law@h", "event": "ban.enacted", "time": 20, "cause": "h"})
    after = log_of(
        {**ACCUSED, "key": "b"}, {**HALTED, "key": "h2", "cause": "b"}, {"key": "law@h2", "event": "ban.enacted", "time": 20, "cause": "h2"}
    )
    assert differing(compare(before, after)) == [("other cause", key, ("key",)) for key in ("b", "h2", "law@h2")]


def test_doubled_events_are_matched_in_order_of_time_and_the_rest_is_new() -> None:
    def made(name: str, *times: int) -> list[dict[str, Any]]:
        return [{"key": f"{name}{time}", "time": time, "event": "halt", "by": "p"} for time in times]

    found = compare(log_of(*made("b", 10, 20)), log_of(*made("a", 11, 22, 33)))
    assert [(pair.kind, pair.entry.key, pair.moved_by) for pair in found.pairs[1:-1]] == [
        ("moved", "a11", 1),
        ("moved", "a22", 2),
        ("new", "a33", 0),
    ]


def test_those_of_one_rule_find_each_other_first() -> None:
    one = {"event": "halt", "rule": "rules.one"}
    two = {"event": "halt", "rule": "rules.two"}
    before = log_of({**one, "key": "b1", "time": 10}, {**two, "key": "b2", "time": 20})
    after = log_of({**two, "key": "a2", "time": 11}, {**one, "key": "a1", "time": 21})
    pairs = {pair.before.key: pair.after.key for pair in compare(before, after).pairs if pair.before and pair.after}
    assert (pairs["b1"], pairs["b2"]) == ("a1", "a2")


def test_claims_on_different_statements_are_no_partners() -> None:
    one, two = ({"key": name, "event": "claim", "by": "p", "data": {"statement": name, "is": True}} for name in ("m", "n"))
    assert {kind for kind, _, _ in differing(compare(log_of(one), log_of(two)))} == {"gone", "new"}


def test_the_entries_of_a_case_that_one_log_knows_are_nobodys_partners() -> None:
    def case(name: str) -> list[dict[str, Any]]:
        opened = {"key": name, "event": "licence.opened", "by": "firm", "case": name, "time": 10}
        step = {"key": f"{name}/intake", "event": "licence.intake", "by": "firm", "case": name, "time": 11, "cause": name}
        return [opened, step, {"key": f"{name}/ship", "event": "shipment", "by": "firm", "case": name, "time": 12, "cause": name}]

    found = compare(log_of(*case("c1")), log_of(*case("c2")))
    assert (found.counts["gone"], found.counts["new"]) == (3, 3)


# ---- start, end, first divergence


def test_edited_starting_values_are_told_apart_from_what_they_bring_about() -> None:
    before = log_of(ACCUSED, {**HALTED, "because": {"limit": (1, ["start"])}}, started={"parameters.limit": 1, "state.x": 0})
    after = log_of(ACCUSED, {**HALTED, "because": {"limit": (2, ["start"])}}, started={"parameters.limit": 2, "state.x": 0})
    found = compare(before, after)
    assert found.started == {"parameters.limit": (1, 2)}
    assert found.pairs[0].kind == "same"
    assert differing(found) == [("changed", "h", ("because.limit",))]
    assert parting(found) == ("changed", "h")


def test_a_value_that_nothing_reads_makes_a_difference_without_a_divergence() -> None:
    found = compare(log_of(ACCUSED, started={"parameters.limit": 1}), log_of(ACCUSED))
    assert (found.differs, found.first_divergence, dict(found.started)) == (True, None, {"parameters.limit": (1, None)})


def test_the_first_divergence_is_what_differs_though_its_parents_agree() -> None:
    # The halt differs earlier, but only because the accusation behind it does.
    before = log_of({**ACCUSED, "time": 15}, {**HALTED, "time": 16}, {"key": "late", "time": 18})
    after = log_of({**ACCUSED, "time": 5}, {**HALTED, "time": 6})
    assert parting(compare(before, after)) == ("moved", "a")


def test_an_end_that_leaves_others_waiting_is_changed() -> None:
    found = compare(log_of(ACCUSED, end={"waiting": "x: 1"}), log_of(ACCUSED, end={"waiting": "x: 2"}))
    assert differing(found) == [("changed", "end", ("data.waiting",))]
    assert parting(found) == ("changed", "end")


KEYS = st.sampled_from("abcdefgh")


@st.composite
def logs(draw: st.DrawFn) -> Log:
    """Logs that share some keys, events and times."""
    keys = draw(st.lists(KEYS, unique=True, max_size=6))
    times = sorted(draw(st.lists(st.integers(0, 5), min_size=len(keys), max_size=len(keys))))
    rows: list[dict[str, Any]] = []
    for key, time in zip(keys, times, strict=True):
        above = ["start", *(row["key"] for row in rows)]
        event = draw(st.sampled_from(["halt", "ban.enacted", "licence.opened"]))
        rows.append(
            {
                "key": key,
                "time": time,
                "event": event,
                "cause": draw(st.sampled_from(above)),
                "status": draw(st.sampled_from(["done", "blocked"])),
            }
        )
    return log_of(*rows)


@given(logs(), logs())
def test_every_entry_is_in_one_pair_and_turning_the_sides_turns_the_kinds(before: Log, after: Log) -> None:
    found, turned = compare(before, after), compare(after, before)
    assert sorted(pair.before.id for pair in found.pairs if pair.before) == list(range(len(before.entries)))
    assert sorted(pair.after.id for pair in found.pairs if pair.after) == list(range(len(after.entries)))
    assert (found.counts["gone"], found.counts["new"]) == (turned.counts["new"], turned.counts["gone"])
    assert [pair.time for pair in found.pairs] == sorted(pair.time for pair in found.pairs)
    assert (found.first_divergence is not None) == any(pair.kind != "same" for pair in found.pairs)


@given(logs())
def test_nothing_differs_from_itself_whatever_it_is(log: Log) -> None:
    assert not compare(log, replace(log, entries=tuple(log.entries))).differs


def test_a_pair_shows_what_the_second_log_has() -> None:
    log = log_of(ACCUSED)
    assert Pair("gone", log.entries[1], None).entry is log.entries[1]


# ---- the command

SMALL = """
scenario: small_halt
title: A small halt
period: {from: 2025-06-01, until: 2025-08-01}
parameters: {tolerated: {value: 1, range: [0, 4]}, unread: {value: 1, range: [0, 4]}}
actors: {svr: {}, president: {}, firm: {}}
events: {accusation: {}, halt: {}, shipment: {}}
norms: {ban: {forbid: {event: shipment}, in_force: false}}
timeline:
  first: {at: 2025-06-02, event: accusation, by: svr}
  second: {at: {uniform: [2025-06-10, 2025-06-20]}, event: accusation, by: svr}
rules:
  answer:
    when: accusation
    if: count(accusation) > tolerated
    after: {uniform: [1d, 3d]}
    then: [{event: halt, by: president}, {enact: ban}]
  trade:
    when: {every: {exponential: 4d}}
    then: [{event: shipment, by: firm}]
what_if:
  later: {set: {timeline.second.at: 2025-06-25}}
  patient: {set: {parameters.tolerated: 2}}
  nothing: {set: {parameters.tolerated: 1}}
  unread: {set: {parameters.unread: 2}}
measures:
  halted: happened(halt)
  time_to_halt: first(halt) - first(accusation)
  shipped: count(shipment)
intended: {parameters.unread: an edit that nothing reads changes nothing}
"""

Sim = Callable[..., int]


@pytest.fixture
def sim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sim:
    """The command, in a folder that holds `small.yaml`; lines of 80 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    Path("small.yaml").write_text(SMALL, encoding="utf-8")

    def run(*words: str) -> int:
        return main(["compare", *words])

    return run


def shown(capsys: pytest.CaptureFixture[str]) -> tuple[list[str], str]:
    captured = capsys.readouterr()
    return captured.out.splitlines(), captured.err


def test_a_what_if_may_be_what_others_are_compared_with(sim: Sim, capsys: pytest.CaptureFixture[str]) -> None:
    assert sim("small.yaml", "--against", "later", "--what-if", "patient") == 0
    lines, words = shown(capsys)
    assert lines[1] == "later against patient · seed 0, the same luck"
    assert "  set parameters.tolerated: 1 → 2" in lines[2]
    assert any(line.startswith("  set timeline.second.at: 2025-06-25 → {uniform: [2025-06-10, 2025-06-20]}") for line in lines)
    assert words == "next: sim compare small.yaml --what-if patient --against later --runs 100\n"
    assert sim("small.yaml", "--against", "later") == 0
    assert "later against 4 what-ifs · seed 0, the same luck" in shown(capsys)[0]
    assert sim("small.yaml", "--against", "later", "--what-if", "baseline", "--runs", "3", "--json") == 0
    (told,) = json.loads("\n".join(shown(capsys)[0]))["comparisons"]
    assert (told["before"], told["after"]) == ("later", "baseline")
    assert sim("small.yaml", "--against", "later", "--what-if", "later") == 2
    assert "'later' is compared with itself" in shown(capsys)[1]
    assert sim("small.yaml", "--against", "latter") == 2
    assert "no what-if is called 'latter'; did you mean 'later'?" in shown(capsys)[1]


def test_one_what_if_is_told_with_its_edit_its_divergence_its_measures_and_a_timeline(sim: Sim, capsys: pytest.CaptureFixture[str]) -> None:
    assert sim("small.yaml", "--what-if", "later") == 0
    lines, words = shown(capsys)
    assert lines[0] == "A small halt"
    assert lines[1] == "baseline against later · seed 0, the same luck"
    assert lines[2:4] == ["  set timeline.second.at: {uniform: [2025-06-10, 2025-06-20]} → 2025-06-25", "    small.yaml:22"]
    text = "\n".join(lines)
    assert "They part on 2025-06-1" in text
    assert "[timeline.second] by the edit of timeline.second.at (small.yaml:" in text
    assert any(line.split()[0] == "time_to_halt" and "≠" in line and "+" in line for line in lines if line)
    assert any(line.startswith("> 2025-06-1") and "accusation" in line for line in lines)
    assert any(line.startswith("· ") and "unchanged until" in line for line in lines)
    assert max(map(len, lines)) <= 80
    assert words == "next: sim compare small.yaml --what-if later --runs 100\n"


def test_a_what_if_that_changes_nothing_shows_no_difference(sim: Sim, capsys: pytest.CaptureFixture[str]) -> None:
    assert sim("small.yaml", "--what-if", "nothing", "--exit-code") == 0
    lines, _ = shown(capsys)
    assert any(line.startswith("Nothing differs: all ") for line in lines)
    assert not [line for line in lines if line[:1] in "~>+−" and line]
    assert not any("≠" in line for line in lines)


def test_a_value_that_nothing_reads_is_a_difference_and_said_to_be_none(sim: Sim, capsys: pytest.CaptureFixture[str]) -> None:
    assert sim("small.yaml", "--what-if", "unread", "--exit-code") == 1
    assert any(line.startswith("The runs are the same; only start values differ: parameters.unread 1 → 2.") for line in shown(capsys)[0])


def test_what_is_gone_and_what_is_no_longer_blocked_is_told_in_words(sim: Sim, capsys: pytest.CaptureFixture[str]) -> None:
    sim("small.yaml", "--what-if", "patient")
    lines, _ = shown(capsys)
    assert any(line.startswith("− ") and line.split("  ")[1].startswith("halt") and "gone" in line for line in lines)
    assert "changed: status blocked → done, norms ban → none" in "\n".join(lines)
    assert any("≠ never" in line for line in lines)


def test_without_a_name_every_what_if_is_compared(sim: Sim, capsys: pytest.CaptureFixture[str]) -> None:
    assert sim("small.yaml", "--exit-code") == 1
    lines, words = shown(capsys)
    assert lines[1] == "baseline against 4 what-ifs · seed 0, the same luck"
    assert [line.split()[0] for line in lines if " same" in line and "·" in line and line[0] != " "][1:] == ["later", "patient"]
    assert words == "next: sim compare small.yaml --what-if later\n"


def test_an_edit_of_the_command_line_is_what_is_compared(sim: Sim, capsys: pytest.CaptureFixture[str]) -> None:
    assert sim("small.yaml", "--change", "parameters.tolerated=2") == 0
    lines, words = shown(capsys)
    assert lines[1:3] == ["baseline against parameters.tolerated=2 · seed 0, the same luck", "  set parameters.tolerated: 1 → 2   --change"]
    assert words == "next: sim compare small.yaml --change parameters.tolerated=2 --runs 100\n"


def test_only_shows_one_event_and_full_also_what_is_the_same(sim: Sim, capsys: pytest.CaptureFixture[str]) -> None:
    sim("small.yaml", "--what-if", "later", "--only", "accusation", "--full")
    rows = [line for line in shown(capsys)[0] if line[:2] in ("= ", "> ", "~ ", "+ ", "− ")]
    assert [(row[0], "accusation" in row) for row in rows] == [("=", True), (">", True)]


def test_json_has_everything_but_what_is_the_same(sim: Sim, capsys: pytest.CaptureFixture[str]) -> None:
    sim("small.yaml", "--what-if", "later", "--json")
    (found,) = json.loads(capsys.readouterr().out)["comparisons"]
    assert (found["before"], found["after"], found["differs"]) == ("baseline", "later", True)
    assert found["edits"][0]["path"] == "timeline.second.at"
    assert found["first_divergence"]["before"]["key"] == "timeline.second"
    assert {pair["kind"] for pair in found["pairs"]} <= {*KINDS} - {"same"}
    measure = found["measures"]["time_to_halt"]
    assert measure["difference"] == pytest.approx(measure["after"] - measure["before"])
    assert sum(found["counts"].values()) >= len(found["pairs"])


def test_many_runs_compare_measures_with_the_same_luck(sim: Sim, capsys: pytest.CaptureFixture[str]) -> None:
    assert sim("small.yaml", "--what-if", "patient", "--runs", "12") == 0
    lines, words = shown(capsys)
    assert lines[1].startswith("12 runs of each (seed 0), run by run with the same luck.")
    halted = next(line.split() for line in lines if line.startswith("halted"))
    assert halted == ["halted", "100", "%", "≠", "0", "%", "−100", "pp"]
    assert any("in 12 of 12 runs" in line and "in 0 of 12 runs" in line for line in lines)
    assert max(map(len, lines)) <= 80
    assert words == "24 runs: baseline and 1 what-if, 12 each\nnext: sim compare small.yaml --what-if patient\n"


def test_many_runs_for_machines_carry_shares_means_medians_and_intervals(sim: Sim, capsys: pytest.CaptureFixture[str]) -> None:
    assert sim("small.yaml", "--what-if", "nothing", "--what-if", "later", "--runs", "5", "--json", "--exit-code") == 1
    whole = json.loads(capsys.readouterr().out)
    assert (whole["runs"], [one["after"] for one in whole["comparisons"]]) == (5, ["nothing", "later"])
    nothing, later = (one["measures"] for one in whole["comparisons"])
    assert all(measure["differing"]["value"] == 0 for measure in nothing.values())
    assert nothing["time_to_halt"]["difference"] == {"value": 0, "low": 0, "high": 0, "n": 5}
    assert later["time_to_halt"]["difference"]["low"] > 0
    assert later["time_to_halt"]["medians"]["what_if"] > later["time_to_halt"]["medians"]["baseline"]
    assert whole["comparisons"][0]["measures"]["shipped"]["baseline"] == whole["comparisons"][1]["measures"]["shipped"]["baseline"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["small.yaml", "--only", "hlat"], "no event is called 'hlat'; did you mean 'halt'?"),
        (
            ["small.yaml", "--runs", "0"],
            "--runs takes a number from 1 on, and shows measures alone: leave out --replication, --only and --full",
        ),
        (
            ["small.yaml", "--what-if", "latter"],
            "no what-if is called 'latter'; did you mean 'later'? (known: later, patient, nothing, unread)",
        ),
        (["one", "two", "--runs", "3", "--seed", "1"], "two stored results are compared as they are: leave out --runs, --seed"),
        (["one", "two"], "no result is called 'one': nothing is stored in results yet"),
    ],
)
def test_a_wrong_request_is_told_with_its_remedy(sim: Sim, capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    assert sim(*words) == 2
    assert shown(capsys) == ([], f"error: {said}\n")


# ---- stored results


@pytest.fixture
def stored(sim: Sim) -> Callable[..., None]:
    """Stores a run of `small.yaml`."""
    from sim import face
    from sim.cli.results import measures_of
    from sim.log import store

    def save(what_if: str | None = None, seed: int = 0) -> None:
        loaded = face.load(Path("small.yaml"))
        made = loaded.run(what_if, seed=seed)
        lines: Iterable[str] = made.lines()
        measures = measures_of(made.scenario, made.measures)
        store.save(
            Path("results"), header=made.header, lines=lines, measures=measures, inputs=loaded.inputs, versions=recorded(), options={}
        )

    return save


def test_two_stored_results_compare_as_their_runs_do(sim: Sim, stored: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    stored()
    stored("patient")
    assert sim("small_halt", "small_halt/patient", "--exit-code") == 1
    lines, words = shown(capsys)
    assert lines[0] == "small_halt against small_halt/patient"
    assert lines[1] == "  set parameters.tolerated: 1 → 2   scenario.yaml:23"
    assert any(line.startswith("They part on ") and "gone" in line for line in lines)
    assert "  [rules.answer] by the edit of parameters.tolerated (scenario.yaml:23)" in lines
    assert any(line.startswith("halted") and "≠ no" in line for line in lines)
    assert words == "next: sim show small_halt/patient\n"


def test_results_of_different_luck_are_compared_with_a_warning(
    sim: Sim, stored: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    stored()
    stored(seed=1)
    sim("small_halt@0", "small_halt@1")
    assert "these runs had different luck" in shown(capsys)[1]


def test_one_stored_result_is_not_enough(sim: Sim, stored: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    stored()
    assert sim("small_halt") == 2
    assert shown(capsys) == ([], "error: 'small_halt' is one stored result: name a second one, or a scenario file\n")


def test_a_scenario_that_reads_otherwise_now_gives_no_names_and_what_was_measured_stands(
    sim: Sim, stored: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    stored()
    (folder,) = Path("results/small_halt/baseline").iterdir()
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text(encoding="ascii").replace("uniform: [1d, 3d]", "uniform: [1d, 4d]"), encoding="ascii")
    assert sim("small_halt", "small_halt") == 0
    lines, words = shown(capsys)
    assert "the scenario of small_halt cannot be read as it was: things are called by their ids" in words
    assert any(line.startswith("Nothing differs: all ") for line in lines)
    assert any(line.split() == ["halted", "yes", "yes"] for line in lines)


def test_colour_and_progress_are_for_terminals(sim: Sim, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr", Terminal())
    sim("small.yaml", "--what-if", "later", "--runs", "2")
    import sys

    assert isinstance(sys.stderr, Terminal)
    assert "of 4 runs" in sys.stderr.getvalue()
    assert "\x1b[" not in capsys.readouterr().out


def test_each_column_tells_what_happened_in_its_own_run() -> None:
    """An occasion that another act stands at in the other run: the baseline's column has the baseline's word, and its status."""
    before = log_of({"key": "k", "event": "order.suspended", "time": 10}, {"key": "s", "event": "sale", "time": 20, "status": "blocked"})
    after = log_of({"key": "k", "event": "order.repealed", "time": 10}, {"key": "s", "event": "sale", "time": 20})
    sides = Side("baseline", before, {}, None, None), Side("gone", after, {}, None, None)
    lines = [
        line.split("~") for line in timeline(*sides, compare(before, after), Screen(120, colour=False), full=False, only=()) if "~" in line
    ]
    assert [[" ".join(column.split()[2:]) for column in line] for line in lines] == [
        ["order suspended", "order repealed"], ["BLOCKED sale", "status blocked → done"],
    ]  # fmt: skip


LAW = """
scenario: law
period: {from: 2025-01-01, until: 2025-03-01}
actors: {a: {}}
events: {go: {}, sale: {}}
norms: {order: {forbid: {event: sale, by: a}}}
timeline: {t: {at: 2025-01-10, event: go}, s: {at: 2025-01-15, event: sale, by: a}}
rules: {r: {when: go, then: [{suspend: order}]}}
what_if:
  expires: {set: {rules.r.then.0: {enact: order, lasts: 9d}}}
  never: {set: {norms.order.in_force: false}}
  repealed: {set: {rules.r.then.0: {repeal: order}}}
"""


def test_what_ended_a_provision_is_told_apart(sim: Sim, capsys: pytest.CaptureFixture[str]) -> None:
    """Suspended, repealed, expired, never: also where the instant is the same."""
    Path("law.yaml").write_text(LAW, "utf-8")
    expected = {"expires": "until 2025-01-19 (expired)", "never": "never", "repealed": "until 2025-01-10 (repealed)"}
    for what_if, told in expected.items():
        sim("law.yaml", "--what-if", what_if)
        line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("norm order"))
        assert line.split("  ")[1:] == ["until 2025-01-10 (suspended)", told]
    sim("law.yaml", "--what-if", "repealed", "--json")
    order = json.loads(capsys.readouterr().out)["comparisons"][0]["in_force"]["order"]
    begin, end = "2025-01-01T00:00:00+00:00", "2025-01-10T00:00:00+00:00"
    assert (order["before"], order["after"]) == ([[begin, end, "suspended"]], [[begin, end, "repealed"]])
