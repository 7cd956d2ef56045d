"""Logs in the form of other tools say what the logs say, and are sound by the standards of these forms."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest

from sim.clock import IsoClock
from sim.face import Run
from sim.log.entries import entry_as_dict
from sim.log.ocel import ocel_of
from sim.log.spreadsheet import csv_lines
from tests.runs import EVERY, ROOT, run

SCHEMA = json.loads((ROOT / "tests" / "ocel.schema.json").read_text("utf-8"))

READ: dict[str, Callable[[str], Any]] = {
    "string": str,
    "integer": int,
    "float": float,
    "time": datetime.fromisoformat,
    "boolean": {"true": True, "false": False}.__getitem__,
}
"""How a reader of the standard takes the texts of each type."""


@pytest.fixture(params=EVERY)
def made_run(request: pytest.FixtureRequest) -> Run:
    found = run(request.param)
    return found if found is not None else pytest.skip("it stops")


# ---- csv


def test_a_table_read_back_says_what_the_log_says(made_run: Run) -> None:
    clock = IsoClock(made_run.log.header.timezone)
    rows = [*csv.DictReader(io.StringIO("".join(csv_lines(made_run.log)), newline=""))]
    assert len(rows) == len(made_run.log.entries)
    for row, entry in zip(rows, made_run.log.entries, strict=True):
        said = entry_as_dict(entry, clock)
        assert row["id"] == str(entry.id)
        assert (row["cause"] or None) == (None if entry.cause is None else str(entry.cause))
        for name in ("time", "event", "by", "to", "via", "status", "case", "rule", "key"):
            assert row[name] == said.get(name, "")
        for name in ("norms", "source"):
            assert row[name].split() == said.get(name, [])
        for name in ("because", "changes"):
            assert json.loads(row[name] or "{}") == json.loads(json.dumps(said.get(name, {})))
        data = {name.removeprefix("data."): text for name, text in row.items() if name.startswith("data.") and text}
        read = {name: text if isinstance(entry.data.get(name), str) else json.loads(text) for name, text in data.items()}
        assert read == {name: value for name, value in entry.data.items() if value not in (None, "")}


# ---- ocel


def test_the_document_is_as_the_standard_has_it(made_run: Run) -> None:
    document = ocel_of(made_run.log, made_run.scenario)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    objects = {one["id"]: one for one in document["objects"]}
    assert len(objects) == len(document["objects"])
    assert len({one["id"] for one in document["events"]}) == len(document["events"]) == len(made_run.log.entries)
    for kinds, ones in (("objectTypes", document["objects"]), ("eventTypes", document["events"])):
        declared = {kind["name"]: {one["name"]: one["type"] for one in kind["attributes"]} for kind in document[kinds]}
        assert len(declared) == len(document[kinds])
        for one in ones:
            for said in one["attributes"]:
                READ[declared[one["type"]][said["name"]]](said["value"])
            for related in one["relationships"]:
                assert related["objectId"] in objects


def test_causes_and_parts_stand_in_the_document(made_run: Run) -> None:
    document = ocel_of(made_run.log, made_run.scenario)
    objects = {one["id"]: one for one in document["objects"]}
    for entry, event in zip(made_run.log.entries, document["events"], strict=True):
        parts = {related["qualifier"]: related["objectId"] for related in event["relationships"]}
        assert event["type"] == entry.event
        assert [parts.get(name) for name in ("by", "to", "via")] == [
            actor and f"actor {actor}" for actor in (entry.by, entry.to, entry.via)
        ]
        assert parts["case"].endswith(f" {entry.case}") if "case" in parts else entry.case is None
        causes = [one["objectId"] for one in objects[parts["is"]]["relationships"] if one["qualifier"] == "caused by"]
        assert causes == ([] if entry.cause is None else [f"entry {entry.cause}"])


def test_an_attribute_has_the_last_value_of_each_instant() -> None:
    made_run = run("india_wheat_ban")
    assert made_run is not None
    path = "state.under_way"
    written = {entry.time: entry.changes[path][1] for entry in made_run.log.entries if path in entry.changes}
    (whole,) = [one for one in ocel_of(made_run.log, made_run.scenario)["objects"] if one["type"] == "run"]
    told = [float(said["value"]) for said in whole["attributes"] if said["name"] == "under_way"]
    assert len(told) > 10
    assert told == [float(written[instant]) for instant in sorted(written)]


def test_without_its_scenario_a_log_is_told_by_what_it_says_itself() -> None:
    made_run = run("serbia_export_halt")
    assert made_run is not None
    document = ocel_of(made_run.log, None)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert len(document["events"]) == len(made_run.log.entries)


# ---- the command


def test_a_result_is_exported(commands: Callable[..., tuple[int, str, str]]) -> None:
    commands("run", str(ROOT / "scenarios" / "serbia_export_halt.yaml"))
    code, told, _ = commands("export", "latest", "--to", "csv")
    assert code == 0
    assert told.splitlines()[0].startswith("id,time,event,by,to,via,status")
    code, told, said = commands("export", "latest", "--to", "ocel", "--file", "log.json")
    assert (code, told) == (0, "")
    assert "wrote log.json" in said
    assert len(json.loads(Path("log.json").read_text("utf-8"))["events"]) > 1_000


def test_no_file_is_overwritten(commands: Callable[..., tuple[int, str, str]]) -> None:
    commands("new", "border")
    commands("run", "border.yaml")
    before = Path("border.yaml").read_text("utf-8")
    code, _, said = commands("export", "latest", "--to", "csv", "--file", "border.yaml")
    assert code == 2
    assert "border.yaml exists and is not overwritten" in said
    assert Path("border.yaml").read_text("utf-8") == before
    code, _, said = commands("export", "latest", "--to", "csv", "--file", "nowhere/border.csv")
    assert code == 4
    assert "cannot be written" in said


def test_an_unknown_form_is_refused(commands: Callable[..., tuple[int, str, str]]) -> None:
    code, _, said = commands("export", "latest", "--to", "xes")
    assert code == 2
    assert "--to takes csv or ocel, not 'xes'" in said
