"""Comparisons as they are told: what was in force when, side by side, in every form, and of two versions of a file."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from sim.cli.main import main

SMALL = """
scenario: small
title: A | small <halt>
period: {from: 2025-06-01, until: 2025-08-01}
parameters: {tolerated: 1, patience: 2d}
actors: {svr: {}, president: {}, firm: {}}
events: {accusation: {}, halt: {}, shipment: {}}
norms: {ban: {forbid: {event: shipment}, in_force: false}}
timeline:
  first: {at: 2025-06-02, event: accusation, by: svr}
  second: {at: 2025-06-20, event: accusation, by: svr}
rules:
  answer:
    when: accusation
    if: count(accusation) > tolerated
    after: patience
    then: [{event: halt, by: president}, {enact: ban}]
  trade:
    when: {every: {exponential: 4d}}
    then: [{event: shipment, by: firm}]
what_if:
  later: {set: {timeline.second.at: 2025-06-25}}
  patient: {set: {parameters.tolerated: 2}}
measures:
  halted: happened(halt)
  shipped: count(shipment)
  accused: count(accusation)
  first_shipment: first(shipment) - 2025-06-01
  first_halt: first(halt) - 2025-06-01
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    Path("small.yaml").write_text(SMALL, encoding="utf-8")


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> list[str]:
    """The lines on stdout."""
    capsys.readouterr()
    assert main([*words]) == code
    return capsys.readouterr().out.splitlines()


# ---- what was in force when


def test_the_provisions_in_force_at_other_times_stand_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, "compare", "small.yaml", "-w", "later")
    assert [line.split() for line in lines[lines.index(next(one for one in lines if one.startswith("in force"))) :][:2]] == [
        ["in", "force", "baseline", "later"],
        ["norm", "ban", "from", "2025-06-22", "from", "2025-06-27"],
    ]
    assert any(
        line.split() == ["norm", "ban", "from", "2025-06-22", "never"] for line in told(capsys, "compare", "small.yaml", "-w", "patient")
    )


def test_what_is_in_force_alike_is_not_listed(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, "compare", "small.yaml", "-w", "baseline")
    assert not any(line.startswith("in force") for line in lines)


@pytest.mark.parametrize("form", [["--format", "markdown"], []])
def test_all_provisions_are_listed_where_everything_is_asked_for(capsys: pytest.CaptureFixture[str], form: list[str]) -> None:
    lines = [line.strip("| ").replace("|", "") for line in told(capsys, "compare", "small.yaml", "-w", "later", "--full", *form)]
    place = next(place for place, line in enumerate(lines) if line.startswith("in force"))
    rows = [line.split() for line in lines[place + 1 + len(form) // 2 :]]
    assert rows[:3] == [
        ["norm", "ban", "from", "2025-06-22", "from", "2025-06-27"],
        ["rule", "answer", "throughout", "throughout"],
        ["rule", "trade", "throughout", "throughout"],
    ]
    (one,) = json.loads("\n".join(told(capsys, "compare", "small.yaml", "-w", "later", "--full", "--json")))["comparisons"]
    assert {name: found["kind"] for name, found in one["in_force"].items()} == {"ban": "norm", "answer": "rule", "trade": "rule"}


def test_procedures_and_their_steps_are_named_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    law = "procedures: {licence: {steps: {check: {takes: 1d}, visit: {takes: 1d, in_force: false}}}}\n"
    Path("small.yaml").write_text(SMALL + law, encoding="utf-8")
    mine = "what_if: {law: {add: {timeline.law: {at: 2025-06-05, then: [{repeal: licence}, {enact: licence.visit}]}}}}"
    Path("mine.yaml").write_text(mine, encoding="utf-8")
    lines = [line.split() for line in told(capsys, "compare", "small.yaml", "--edits", "mine.yaml")]
    assert ["procedure", "licence", "throughout", "until", "2025-06-05", "(repealed)"] in lines
    assert ["step", "licence.visit", "never", "from", "2025-06-05"] in lines


def test_a_provision_that_one_run_does_not_know_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.yaml").write_text("what_if: {no_trade: {remove: [rules.trade]}}", encoding="utf-8")
    lines = told(capsys, "compare", "small.yaml", "--edits", "mine.yaml")
    assert any(line.split() == ["rule", "trade", "throughout", "not", "there"] for line in lines)
    (one,) = json.loads("\n".join(told(capsys, "compare", "small.yaml", "--edits", "mine.yaml", "--json")))["comparisons"]
    assert one["in_force"]["trade"] == {"kind": "rule", "before": [["2025-06-01T00:00:00+00:00", None, None]], "after": None}


# ---- side by side


def test_a_wide_terminal_gives_each_run_a_column(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "110")
    lines = told(capsys, "compare", "small.yaml", "-w", "later", "--only", "accusation", "--only", "halt")
    head = next(place for place, line in enumerate(lines) if line.split() == ["baseline", "later"] and place > 12)
    assert [line.split() for line in lines[head + 1 :]] == [
        ["·", "1", "entry", "unchanged", "until", "2025-06-20"],
        ["2025-06-20", "00:00", "accusation", "svr", ">", "2025-06-25", "00:00", "+5", "d"],
        ["2025-06-22", "00:00", "halt", "president", ">", "2025-06-27", "00:00", "+5", "d"],
    ]
    assert max(map(len, lines)) <= 110
    gone = told(capsys, "compare", "small.yaml", "-w", "patient", "--only", "halt")
    assert gone[-1].split() == ["2025-06-22", "00:00", "halt", "president", "−"]


@pytest.mark.parametrize("width", [40, 80, 99, 100, 120])
def test_no_line_is_wider_than_the_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = told(capsys, "compare", "small.yaml", "-w", "patient", "--full")
    assert max(map(len, lines[6:])) <= width
    assert any(line.startswith("baseline  ") for line in lines) == (width >= 100)


# ---- forms


def test_csv_has_a_row_for_each_pair_that_differs(capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(told(capsys, "compare", "small.yaml", "--format", "csv")))
    halts = [row for row in rows if row["event"] == "halt"]
    assert [(row["before"], row["after"], row["kind"], row["moved_by"], row["after_time"]) for row in halts] == [
        ("baseline", "later", "moved", str(5 * 86400), "2025-06-27T00:00:00+00:00"),
        ("baseline", "patient", "gone", "", ""),
    ]
    assert "same" not in {row["kind"] for row in rows}
    everything = list(csv.DictReader(told(capsys, "compare", "small.yaml", "--format", "csv", "--full", "--only", "halt")))
    assert {row["event"] for row in everything} == {"halt"}


def test_csv_has_the_titles_of_events(capsys: pytest.CaptureFixture[str]) -> None:
    Path("small.yaml").write_text(SMALL.replace("halt: {}", "halt: {title: everything stops}"), encoding="utf-8")
    rows = list(csv.DictReader(told(capsys, "compare", "small.yaml", "--format", "csv")))
    assert {row["event"]: row["title"] for row in rows} == {
        "accusation": "accusation",
        "halt": "everything stops",
        "shipment": "shipment",
        "ban.enacted": "ban enacted",
    }


def test_markdown_stands_in_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, "compare", "small.yaml", "-w", "later", "--format", "markdown")
    assert lines[0] == r"## A \| small \<halt\>"
    assert "- set `timeline.second.at`: `2025-06-20` → `2025-06-25` (small.yaml:22)" in lines
    assert any(line.startswith("**They part on 2025-06-20 00:00: accusation, svr: moved by +5 d") for line in lines)
    assert "| halted | yes | yes |  |" in lines
    assert "| norm ban | from 2025-06-22 | from 2025-06-27 |" in lines
    assert any(line.startswith(r"| \> | 2025-06-22 00:00 | halt  president | moved by +5 d") for line in lines)
    widths = [line.replace(r"\|", "").count("|") for line in lines if line.startswith("|")]
    assert set(widths) <= {4, 5, 6}


def test_markdown_of_several_has_one_table_of_measures(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, "compare", "small.yaml", "--format", "markdown")
    assert [line for line in lines if line.startswith("#")] == [r"## A \| small \<halt\>", "### later", "### patient"]
    assert "| measure | baseline | later | patient |" in lines


def test_json_is_one_of_the_forms(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "compare", "small.yaml", "--json") == told(capsys, "compare", "small.yaml", "--format", "json")
    whole = json.loads("\n".join(told(capsys, "compare", "small.yaml", "-w", "baseline", "--json")))
    assert whole["comparisons"][0]["pairs"] == []
    (one,) = json.loads("\n".join(told(capsys, "compare", "small.yaml", "-w", "patient", "--json")))["comparisons"]
    assert one["made_by"] == ["parameters.tolerated"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--format", "cvs"], "no form is called 'cvs'; did you mean 'csv'?"),
        (["--format", "yaml", "--json"], "no form is called 'yaml' (known: text, markdown, csv, json)"),
        (["--format", "csv", "--json"], "--json and --format csv ask for two forms: leave out one of them"),
    ],
)
def test_a_wrong_form_is_told(capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    assert main(["compare", "small.yaml", *words]) == 2
    assert capsys.readouterr().err == f"error: {said}\n"


# ---- two versions of a file


def test_stored_results_of_two_versions_name_the_line_that_was_edited(capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "run", "small.yaml")
    first = next(Path("results/small/baseline").iterdir())
    newer = SMALL.replace("  first:", "  zeroth: {at: 2025-06-01, event: accusation, by: svr}\n  first:").replace("2d}", "{value: 3d}}")
    Path("small.yaml").write_text(newer.replace("actors:", "# a remark\nactors:"), encoding="utf-8")
    told(capsys, "run", "small.yaml")
    second = next(folder for folder in Path("results/small/baseline").iterdir() if folder != first)
    lines = told(capsys, "compare", str(first), str(second), "--exit-code", code=1)
    text = " ".join(" ".join(lines).split())
    assert "set parameters.patience: 2d → {value: 3d} small.yaml:5" in text
    assert "add timeline.zeroth: {at: 2025-06-01, event: accusation, by: svr} small.yaml:11" in text
    assert "They part on 2025-06-01 00:00: accusation, svr: new" in text
    assert "by the edit of timeline.zeroth (small.yaml:11: {at: 2025-06-01" in text
    assert "remark" not in text
    back = " ".join(told(capsys, "compare", str(second), str(first)))
    assert "remove timeline.zeroth" in back


def test_a_log_that_is_changed_while_it_is_read_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from sim.errors import StoreError
    from sim.log.reading import streamed_log

    told(capsys, "run", "small.yaml")
    (path,) = Path("results").rglob("log.jsonl")
    with streamed_log(path) as log:
        assert [log.entries[one] for one in range(len(log.entries))] == list(log.entries)
        assert (log.entries[-1].event, log.entries[:2], log.entries[1].id) == ("end", list(log.entries)[:2], 1)
        whole = path.read_bytes()
        path.write_bytes(whole[:-40] + b" " * 39 + b"\n")
        with pytest.raises(StoreError, match="was changed while it was read"):
            _ = log.entries[-1]


# ---- many runs


def test_what_an_edit_cannot_reach_is_exactly_zero(capsys: pytest.CaptureFixture[str]) -> None:
    (one,) = json.loads("\n".join(told(capsys, "compare", "small.yaml", "-w", "patient", "--runs", "8", "--json")))["comparisons"]
    untouched = one["measures"]["first_shipment"]
    assert untouched["baseline"]["low"] < untouched["baseline"]["high"]
    assert untouched["difference"] == {"value": 0, "low": 0, "high": 0, "n": 8}
    assert [name for name, measure in one["measures"].items() if measure["differing"]["value"] == 0] == ["accused", "first_shipment"]


def test_never_is_counted_and_taken_for_no_number(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, "compare", "small.yaml", "--runs", "8")
    assert any(line.split() == ["first_halt", "21", "d", "≠", "26", "d", "≠", "never"] for line in lines)
    patient = lines[lines.index("patient") :]
    place = next(place for place, line in enumerate(patient) if line.startswith("first_halt"))
    assert patient[place].split() == ["first_halt", "21", "d", "–", "–"]
    known = next(line.split() for line in patient if line.startswith("  has a value"))
    assert known == ["has", "a", "value", "100", "%", "≠", "0", "%", "−100", "pp"]
    (later, one) = json.loads("\n".join(told(capsys, "compare", "small.yaml", "--runs", "8", "--json")))["comparisons"]
    assert one["measures"]["first_halt"]["difference"] is None
    assert one["measures"]["first_halt"]["runs_with_value"]["difference"]["value"] == -1
    assert one["measures"]["first_halt"]["runs_with_value"]["difference"]["high"] < 0
    assert later["measures"]["first_halt"]["runs_with_value"]["difference"]["value"] == 0


def test_many_runs_have_every_form(capsys: pytest.CaptureFixture[str]) -> None:
    rows = {
        (row["after"], row["measure"]): row
        for row in csv.DictReader(told(capsys, "compare", "small.yaml", "--runs", "4", "--format", "csv"))
    }
    halt = rows["later", "first_halt"]
    assert (halt["before_value"], halt["after_value"], halt["difference"], halt["difference_runs"]) == ("1814400", "2246400", "432000", "4")
    never = rows["patient", "first_halt"]
    assert (never["after_value"], never["difference"], never["after_known"], never["known_difference"]) == ("", "", "0.0", "-1.0")
    lines = told(capsys, "compare", "small.yaml", "--runs", "4", "--format", "markdown")
    assert [line for line in lines if line.startswith("#")] == [r"## A \| small \<halt\>", "### later", "### patient"]
    assert "| first_halt | 21 d | ≠ 26 d | ≠ never |" in lines
    assert any(line.startswith("| first_halt | 21 d · in every run | ≠ 26 d · in every run | +5 d · in every run |") for line in lines)


MINE = """
what_if:
  counted:
    add: {measures.halts: count(halt), measures.last_halt: last(halt) - 2025-06-01}
    remove: [measures.accused]
    set: {measures.shipped: first(shipment) - 2025-06-01}
"""


def test_measures_that_a_what_if_adds_or_removes_stand_beside_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.yaml").write_text(MINE, encoding="utf-8")
    words = ("compare", "small.yaml", "--edits", "mine.yaml", "--runs", "8")
    lines = told(capsys, *words)
    assert "Nothing differs in 8 runs; 2 measures are new; 1 measure is gone." in lines
    rows = {line.split()[0]: line.split()[1:] for line in lines if line and not line.startswith(" ")}
    assert rows["halts"] == ["–", "1", "new"]
    assert rows["last_halt"] == ["–", "21", "d", "new"]
    assert rows["accused"] == ["2", "–", "gone"]
    assert rows["shipped"][-3:] == ["of", "another", "type"]
    (one,) = json.loads("\n".join(told(capsys, *words, "--json")))["comparisons"]
    halts, accused = one["measures"]["halts"], one["measures"]["accused"]
    assert (halts["baseline"], halts["what_if"]["value"], halts["difference"], halts["differing"]) == (None, 1, None, None)
    assert halts["runs_with_value"]["baseline"] is halts["runs_with_value"]["difference"] is None
    assert (accused["baseline"]["value"], accused["what_if"], accused["medians"]) == (2, None, {"baseline": 2, "what_if": None})
    assert (one["measures"]["shipped"]["type"], one["measures"]["shipped"]["difference"]) == ("duration", None)
    table = {row["measure"]: row for row in csv.DictReader(told(capsys, *words, "--format", "csv"))}
    assert [table["halts"][name] for name in ("before_value", "after_value", "difference", "differing")] == ["", "1.0", "", ""]
    assert [table["accused"][name] for name in ("before_value", "after_value", "after_known")] == ["2.0", "", ""]
    page = told(capsys, *words, "--format", "markdown")
    assert "| halts | – | 1 · in every run | new |" in page
    back = told(capsys, *words, "-w", "baseline", "--against", "counted")
    assert any(line.split() == ["halts", "1", "–", "gone"] for line in back)


def test_one_run_of_each_tells_of_them_too(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.yaml").write_text(MINE, encoding="utf-8")
    lines = told(capsys, "compare", "small.yaml", "--edits", "mine.yaml")
    assert any(line.split() == ["halts", "–", "1", "new"] for line in lines)
    assert any(line.split() == ["accused", "2", "–", "gone"] for line in lines)
    table = told(capsys, "run", "small.yaml", "--edits", "mine.yaml", "--all")
    assert any(line.split() == ["halts", "–", "–", "–", "1"] for line in table)
    assert any(line.split() == ["accused", "2", "2", "2", "–"] for line in table)
    stored = told(capsys, "compare", "small", "small/counted")
    assert any(line.split() == ["halts", "–", "1", "new"] for line in stored)


def test_it_is_said_at_the_top_how_many_measures_and_runs_differ(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, "compare", "small.yaml", "-w", "patient", "--runs", "8")
    place = lines.index("≠ 3 of 5 measures differ by more than chance may make; what happens differs in 8")
    assert lines[place + 1] == "of 8 runs, a measure in 8."
    assert [line.split()[0] for line in lines if "≠" in line][1:] == ["halted", "shipped", "has"]
    (one,) = json.loads("\n".join(told(capsys, "compare", "small.yaml", "-w", "patient", "--runs", "8", "--json")))["comparisons"]
    assert (one["differs"], one["differing_runs"]) == (True, {"events": 8, "measures": 8})
    assert [name for name, measure in one["measures"].items() if measure["apart"]] == ["halted", "shipped", "first_halt"]


@pytest.mark.parametrize(
    ("edit", "said", "differs"),
    [
        ("about: another", "Nothing differs in 4 runs.", 0),
        ("state.unread.start: 1", "Nothing differs in 4 runs, but values that they began with.", 1),
        ("timeline.first.to: firm", "what happens differs in 4\nof 4 runs, a measure in 0.", 1),
    ],
)
def test_what_differs_in_no_measure_is_told_apart(capsys: pytest.CaptureFixture[str], edit: str, said: str, differs: int) -> None:
    Path("small.yaml").write_text(f"{SMALL}\nstate: {{unread: {{start: 0}}}}\n", encoding="utf-8")
    Path("mine.yaml").write_text(f"what_if: {{mine: {{set: {{{edit}}}}}}}", encoding="utf-8")
    assert said in "\n".join(told(capsys, "compare", "small.yaml", "--edits", "mine.yaml", "--runs", "4", "--exit-code", code=differs))


def test_medians_stand_below_the_means_of_quantities(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, "compare", "small.yaml", "-w", "patient", "--runs", "8")
    below = [lines[place].split()[0] for place, line in enumerate(lines) if line.startswith("  median")]
    assert below == ["median", "median"]  # of what is the same in every run the mean says as much
    (row,) = [one for one in csv.DictReader(told(capsys, "compare", "small.yaml", "-w", "patient", "--runs", "8", "--format", "csv"))
              if one["measure"] == "shipped"]  # fmt: skip
    from sim.notebook import load

    values = sorted(one["shipped"] for one in load("small.yaml").runs(8).measures["baseline"])
    assert float(row["before_median"]) == (values[3] + values[4]) / 2


@pytest.mark.parametrize("form", ["text", "markdown", "csv", "json"])
def test_a_scenario_without_what_ifs_has_every_form(capsys: pytest.CaptureFixture[str], form: str) -> None:
    Path("alone.yaml").write_text(SMALL.partition("what_if:")[0] + "measures: {shipped: count(shipment)}\n", encoding="utf-8")
    lines = told(capsys, "compare", "alone.yaml", "--runs", "4", "--format", form)
    whole = "\n".join(lines)
    assert "shipped" in whole
    if form == "csv":
        (row,) = csv.DictReader(lines)
        assert (row["before"], row["measure"], row["after"], row["runs"]) == ("baseline", "shipped", "", "4")
    if form == "json":
        assert json.loads(whole)["measures"]["shipped"]["estimate"]["n"] == 4


def test_where_they_part_is_shown_be_it_routine(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.yaml").write_text("what_if: {more: {set: {rules.answer.then.0: {set: {firm.stock: 3}}}}}", encoding="utf-8")
    text = SMALL.partition("measures:")[0].replace("firm: {}", "firm: {has: {stock: 0}}")
    text = text.replace("[{event: halt, by: president}, ", "[{set: {firm.stock: 2}}, ")
    Path("small.yaml").write_text(f"{text}measures: {{stock: final(firm.stock)}}\n", encoding="utf-8")
    lines = told(capsys, "compare", "small.yaml", "--edits", "mine.yaml")
    assert any(line.startswith("~ 2025-06-22 00:00  values change: firm.stock") for line in lines)
