"""The Python face says what the commands say, in Python values; and importing `sim` loads nothing."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.cli.main import main
from sim.errors import ScenarioError, UsageError

ROOT = Path(__file__).resolve().parents[2]
SEED = ROOT / "scenarios" / "serbia_export_halt.yaml"

SMALL = """\
scenario: small
period: {from: 2025-01-01, until: 2025-03-01, timezone: Europe/Belgrade}
actors: {a: {}, b: {}}
events: {alarm: {fields: {size: number}}, answer: {}}
parameters: {pace: 3d}
timeline: {first: {at: 2025-01-10 12:00, event: alarm, by: a, to: b, with: {size: 4}}}
rules: {r: {when: alarm, after: pace, then: [{event: answer, by: b, to: a}]}}
what_if:
  slow: {set: {parameters.pace: 10d}}
  quiet: {remove: [timeline.first]}
measures:
  answered: happened(answer)
  how_late: since(alarm)
  when_answered: first(answer)
  count: count(answer)
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def test_to_import_it_loads_nothing() -> None:
    heavy = ["simpy", "yaml", "pydantic", "typer", "sim.notebook", "sim.face"]
    code = f"import sys, sim; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"
    with pytest.raises(AttributeError, match="no attribute 'simulate'"):
        _ = sim.simulate
    assert {"load", "run", "compare", "why", "stored"} <= {*dir(sim)}


def test_measures_are_python_values(small: Path) -> None:
    run = sim.run(small)
    assert run.measures["answered"] is True
    assert run.measures["count"] == 1
    assert run.measures["how_late"] == timedelta(days=49, hours=12)
    assert run.measures["when_answered"] == datetime.fromisoformat("2025-01-13T12:00+01:00")
    quiet = sim.load(small).run("quiet")
    assert quiet.measures["when_answered"] is None
    assert [run.when(entry).isoformat() for entry in run.entries if entry.event == "alarm"] == ["2025-01-10T12:00:00+01:00"]


def test_edits_are_mappings_or_texts(small: Path) -> None:
    file = sim.load(small)
    assert [*file.what_ifs] == ["slow", "quiet"]
    slow = file.run("slow").measures["when_answered"]
    for edits in ({"parameters.pace": "10d"}, {"parameters.pace": timedelta(days=10)}, ["parameters.pace=10d"]):
        assert file.run(overrides=edits).measures["when_answered"] == slow
    with pytest.raises(UsageError, match="not one text"):
        file.run(overrides="parameters.pace=10d")
    with pytest.raises(ScenarioError, match="pase"):
        file.run(overrides={"parameters.pase": 1})


def test_what_is_wrong_with_a_scenario_is_raised(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(SMALL.replace("event: alarm", "event: alrm"), encoding="utf-8")
    with pytest.raises(ScenarioError, match="did you mean 'alarm'"):
        sim.load(wrong)


def test_pages_are_those_of_the_commands(small: Path, commands: Callable[..., tuple[int, str, str]]) -> None:
    _, told, _ = commands("run", str(small))
    run = sim.run(small)
    assert str(run).splitlines()[:6] == told.splitlines()[:6]
    assert run._repr_html_().startswith("<pre")
    _, told, _ = commands("why", "latest", "answer")
    assert str(run.why("answer")).strip() == told.strip()
    assert [reason.kind for reason in run.why("answer").reasons[run.why("answer").entry.id]] == ["cause"]
    stored = sim.stored("latest")
    assert stored.measures == run.measures
    assert stored.entries == run.entries
    assert str(stored) == str(run)


def test_a_comparison_names_the_edit(small: Path) -> None:
    file = sim.load(small)
    comparison = sim.compare(file.run(), file.run("slow"))
    assert comparison.differs
    assert comparison.first_divergence is not None
    assert comparison.first_divergence.entry.event == "answer"
    assert comparison.first_divergence.moved_by == 7 * 86_400_000_000
    assert comparison.counts["moved"] == 1
    assert comparison.measures["count"] == (1, 1)
    assert "parameters.pace" in str(comparison)
    assert not sim.compare(file.run(), file.run()).differs


def test_two_versions_of_a_file_are_compared_as_the_command_does(small: Path, commands: Callable[..., tuple[int, str, str]]) -> None:
    commands("run", str(small), "--out", "first")
    before = sim.run(small)
    small.write_text(SMALL.replace("pace: 3d", "pace: 9d").replace("size: 4", "size: 5"), encoding="utf-8")
    commands("run", str(small), "--seed", "1", "--out", "second")
    page = str(sim.compare(before, sim.run(small))).splitlines()
    assert "  set parameters.pace: 3d → 9d   small.yaml:5" in page
    assert "  [timeline.first] by the edit of timeline.first.with.size (small.yaml:6: 4 → 5)" in page
    folders = [str(next((small.parent / name).glob("small/baseline/*"))) for name in ("first", "second")]
    _, told, said = commands("compare", *folders)
    stored = str(sim.compare(*map(sim.stored, folders))).splitlines()
    assert said.startswith("these runs had different luck: what differs need not come from what was changed\n")
    assert stored[1] == said.splitlines()[0]
    assert stored[2:8] == told.splitlines()[1:7]


def test_a_result_whose_scenario_is_read_otherwise_is_compared_all_the_same(
    small: Path, commands: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    commands("run", str(small))
    monkeypatch.setattr("sim.cli.results.loaded_of", lambda _: None)
    stored = sim.stored("small")
    assert stored.scenario is None
    assert stored.measures == sim.run(small).measures
    small.write_text(SMALL.replace("pace: 3d", "pace: 9d"), encoding="utf-8")
    assert "set parameters.pace: 3d → 9d" in str(sim.compare(stored, sim.run(small)))


def test_a_name_that_is_not_there_is_told_with_the_nearest(small: Path) -> None:
    file = sim.load(small)
    run, many = file.run(), file.runs(2, what_ifs=[None, "slow"])
    with pytest.raises(UsageError, match="no measure is called 'answerd'; did you mean 'answered'"):
        _ = run.measures["answerd"]
    with pytest.raises(UsageError, match="no variant is called 'slo'; did you mean 'slow'"):
        _ = many.measures["slo"]
    with pytest.raises(UsageError, match=r"no variant is called 'count': it is a measure: measures\['baseline'\]\[0\]\['count'\]"):
        _ = many.measures["count"]
    with pytest.raises(UsageError, match=r"no measure is called 'x' \(there are answered, how_late, when_answered, count\)"):
        _ = many.measures["slow"][0]["x"]
    with pytest.raises(UsageError, match="no measure is called 'cont'"):
        _ = sim.compare(run, file.run("slow")).measures["cont"]
    assert run.measures.get("answerd") is None
    assert pickle.loads(pickle.dumps(many.measures)) == many.measures
    assert "answerd" not in run.measures


def test_measures_that_a_what_if_adds_or_removes_are_its_own(small: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("what_if: {more: {add: {measures.alarms: count(alarm)}, remove: [measures.count]}}", encoding="utf-8")
    file = sim.load(small, mine)
    many = file.runs(2, what_ifs=[None, "more"])
    assert [*many.measures["more"][0]] == ["answered", "how_late", "when_answered", "alarms"]
    assert [line.split()[-1] for line in str(many).splitlines() if line.startswith(("alarms", "count"))] == ["gone", "new"]
    comparison = sim.compare(file.run(), file.run("more"))
    assert (comparison.measures["alarms"], comparison.measures["count"]) == ((None, 1), (1, None))
    assert [line.split()[-1] for line in str(comparison).splitlines() if line.startswith(("alarms", "count"))] == ["gone", "new"]


def test_many_runs_are_those_that_one_would_run(small: Path) -> None:
    file = sim.load(SEED)
    many = file.runs(3, what_ifs=[None, "no_second_accusation"], seed=5)
    assert [*many.measures] == ["baseline", "no_second_accusation"]
    for replication in range(3):
        assert many.measures["baseline"][replication] == file.run(seed=5, replication=replication).measures
    assert "3 runs of each (seed 5)" in str(many)
    with pytest.raises(UsageError, match="--runs"):
        file.runs(0)


def test_the_page_of_many_runs_is_that_of_the_command(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    many = sim.load(small).runs(3, what_ifs=[None, "slow"], seed=2)
    main(["compare", str(small), "--runs", "3", "--seed", "2", "--what-if", "slow"])
    assert capsys.readouterr().out.replace("\N{NO-BREAK SPACE}", " ") == f"{many}\n"
    main(["compare", str(small), "--runs", "3", "--seed", "2", "--what-if", "slow", "--json"])
    assert json.loads(capsys.readouterr().out)["comparisons"] == many.comparisons
    alone = sim.load(small).runs(3)
    assert "estimate" in str(alone)
    assert alone.comparisons == []
    with pytest.raises(UsageError, match="runs of nothing"):
        sim.load(small).runs(3, what_ifs=[])


def test_data_frames(small: Path) -> None:
    pytest.importorskip("pandas", reason="NOT SHOWN: pandas is not installed: pip install '.[notebook]'")
    file = sim.load(small)
    run = file.run()
    frame = run.to_pandas()
    assert [*frame.index] == [entry.id for entry in run.entries]
    assert frame.loc[1, "data.size"] == 4
    assert frame.loc[2, "cause"] == 1
    assert frame.loc[1, "time"] == run.when(run.entries[1])
    many = file.runs(3, what_ifs=[None, "slow"]).to_pandas()
    assert many.shape == (6, 4)
    assert many.loc[("slow", 2), "count"] == 1
    assert [*sim.compare(run, file.run("slow")).to_pandas()["kind"]] == ["same", "same", "moved", "same"]


def test_without_pandas_it_says_what_to_install(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"pip install 'policy-event-simulator\[notebook\]'"):
        sim.run(small).to_pandas()


# ---- arguments of the wrong kind


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (
            lambda path: sim.load(path, edits={"state.x": 1}),
            "edits takes the name of a file, not a mapping: edits of single",
        ),
        (lambda _: sim.load(5), "path takes the name of a file, not a number"),
        (lambda _: sim.load("a\0b"), "path takes the name of a file, not a text with NUL"),
        (lambda path: sim.run(path, ["calm"]), "what_if takes a text, not a list"),
        (
            lambda path: sim.run(path, overrides=5),
            "overrides take a mapping from path to value, or a list of texts",
        ),
        (lambda path: sim.run(path, overrides=[5]), "an item of overrides takes a text, not a number"),
        (lambda path: sim.run(path, seed="1"), "seed takes a whole number, not the text '1'"),
        (lambda path: sim.run(path, seed=1.5), "seed takes a whole number, not 1.5"),
        (lambda path: sim.run(path, seed=True), "seed takes a whole number, not a flag"),
        (lambda path: sim.run(path, seed=-1), "--seed is a whole number from 0"),
        (lambda path: sim.run(path, replication=None), "replication takes a whole number, not None"),
        (lambda path: sim.run(path, until=2025), "until takes a text, not a number"),
        (lambda path: sim.run(path, through=[]), "through takes a text, not a list"),
        (lambda path: sim.load(path).runs("3"), "n takes a whole number, not the text '3'"),
        (lambda path: sim.load(path).runs(3, what_ifs="calm"), "what_ifs takes a list of texts, such as ['calm'], not the text 'calm'"),
        (lambda path: sim.load(path).runs(3, jobs="x"), "jobs takes a whole number, not the text 'x'"),
        (lambda _: sim.stored(5), "name takes the name of a stored result"),
        (lambda _: sim.stored("latest", 5), "folder takes the name of a file, not a number"),
        (lambda _: sim.compare(1, 2), "compare takes two runs"),
        (lambda _: sim.why(1, "x"), "why takes a run"),
    ],
)
def test_an_argument_of_another_type_is_refused_in_words(call: Callable[[Path], Any], told: str, tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    text = "scenario: small\nperiod: {from: 2025-01-01, until: 2025-02-01}\nstate: {x: 1}\nwhat_if: {calm: {set: {state.x: 0}}}\n"
    path.write_text(text, "utf-8")
    with pytest.raises(UsageError) as refused:
        call(path)
    assert str(refused.value).startswith(told)
