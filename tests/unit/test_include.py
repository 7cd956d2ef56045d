"""Parts on the disk, and a scenario in several files from its check to its stored result.

In: files in a folder. Out: what is refused, with its place; the same digest, log and measures as from one file.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sim import face
from sim.cli.main import main
from sim.errors import ScenarioError
from sim.language.check import problems_of
from sim.language.part_names import RESERVED, misnamed
from sim.language.source import MAX_BYTES, parse

HEAD = "scenario: split\nperiod: {from: 2025-01-01, until: 2025-02-01}\n"
ACTORS = "actors: {north: {}, svr: {part_of: north}}\n"
RULES = "rules: {answer: {when: {event: accusation, by: north}, after: {uniform: [1d, 9d]}, then: [{event: halt}]}}\n"
REST = (
    "events: {accusation: {}, halt: {}}\ntimeline: {first: {at: 2025-01-02, event: accusation, by: svr}}\nmeasures: {halted: first(halt)}\n"
)


def split(folder: Path, names: str = "[parts/actors.yaml, rules.yaml]") -> Path:
    """A scenario of three files."""
    (folder / "parts").mkdir(parents=True, exist_ok=True)
    (folder / "parts" / "actors.yaml").write_text(ACTORS)
    (folder / "rules.yaml").write_text(RULES)
    path = folder / "split.yaml"
    path.write_text(f"{HEAD}include: {names}\n{REST}")
    return path


def refused(path: Path) -> list[str]:
    """What loading a scenario is refused with, the folder left out."""
    with pytest.raises(ScenarioError) as refusal:
        face.load(path)
    return [problem.line.replace(f"{path.parent}{os.sep}", "") for problem in refusal.value.problems]


def test_several_files_are_the_scenario_in_one(tmp_path: Path) -> None:
    whole = tmp_path / "whole.yaml"
    whole.write_text(HEAD + ACTORS + RULES + REST)
    one, several = face.load(whole), face.load(split(tmp_path))
    assert several.problems == one.problems == []
    assert several.scenario().digest == one.scenario().digest
    made = several.run(seed=3)
    assert list(made.lines())[1:] == list(one.run(seed=3).lines())[1:]
    assert made.measures["halted"] is not None
    again = face.reread({name: text.decode() for name, text in several.inputs.items()})
    assert again.scenario().digest == one.scenario().digest
    assert sorted(several.inputs) == ["parts/actors.yaml", "rules.yaml", "scenario.yaml"]


def test_a_stored_result_holds_the_parts_and_runs_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = split(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main(["run", str(path)]) == 0
    [stored] = Path("results/split/baseline").iterdir()
    assert (stored / "parts" / "actors.yaml").read_text() == ACTORS
    path.unlink()
    (tmp_path / "rules.yaml").unlink()
    assert main(["show", "latest"]) == 0
    assert "accusation" in capsys.readouterr().out
    assert main(["run", str(stored / "scenario.yaml"), "--out", "again"]) == 0
    [again] = Path("again/split/baseline").iterdir()
    assert again.name == stored.name
    assert (again / "log.jsonl").read_bytes() == (stored / "log.jsonl").read_bytes()


def test_replications_on_several_cores_have_the_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = split(tmp_path)
    path.write_text(path.read_text() + "expect: {baseline: [halted > 2025-01-02]}\n")
    monkeypatch.chdir(tmp_path)
    assert main(["test", str(path), "--runs", "40", "--jobs", "2"]) == 0


def test_a_fault_in_a_part_is_shown_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = split(tmp_path)
    (tmp_path / "rules.yaml").write_text("rules:\n  answer: {when: acusation, then: [{event: halt}]}\n")
    assert main(["check", str(path)]) == 2
    shown = capsys.readouterr().out
    assert f"{tmp_path / 'rules.yaml'}:2:18: error[E102]: no event is called 'acusation'; did you mean 'accusation'?" in shown
    assert "2 |   answer: {when: acusation, then: [{event: halt}]}\n  |                  ^^^^^^^^^" in shown


def test_parts_lie_beside_the_scenario_wherever_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    split(tmp_path / "case")
    for place, name in ((tmp_path, "case/split.yaml"), (tmp_path / "case", "split.yaml"), (tmp_path / "case" / "parts", "../split.yaml")):
        monkeypatch.chdir(place)
        assert face.load(Path(name)).problems == []


def test_a_part_that_is_not_there(tmp_path: Path) -> None:
    assert refused(split(tmp_path, "[parts/actor.yaml, rules.yaml, laws/rules.yaml]")) == [
        "split.yaml:3:11: error[E001]: 'parts/actor.yaml': no such file; did you mean 'actors.yaml'? (at include.0)",
        "split.yaml:3:41: error[E001]: 'laws/rules.yaml': no such file: there is no folder 'laws' (at include.2)",
    ]


def test_a_folder_or_a_pipe_is_no_part(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    assert refused(split(tmp_path, "[folder.yaml, pipe.yaml]")) == [
        "split.yaml:3:11: error[E001]: 'folder.yaml': this is a folder: name a file in it (at include.0)",
        "split.yaml:3:24: error[E001]: 'pipe.yaml': this is no ordinary file: name a text file (at include.1)",
    ]


def test_links_may_lead_about_but_not_out(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secrets.yaml").write_text(ACTORS)
    path = split(tmp_path / "case", "[inner.yaml, rules.yaml]")
    (path.parent / "inner.yaml").symlink_to(path.parent / "parts" / "actors.yaml")
    assert face.load(path).problems == []
    path.write_text(path.read_text().replace("[inner.yaml, rules.yaml]", "[out.yaml, folder/secrets.yaml, round.yaml, device.yaml]"))
    (path.parent / "out.yaml").symlink_to(outside / "secrets.yaml")
    (path.parent / "folder").symlink_to(outside)
    (path.parent / "round.yaml").symlink_to(path.parent / "round.yaml")
    (path.parent / "device.yaml").symlink_to("/dev/zero")
    out = "is a link that leads out of the scenario's folder: put the file itself there"
    found = refused(path)
    assert found[0] == f"split.yaml:3:11: error[E013]: 'out.yaml' {out} (at include.0)"
    assert found[1] == f"split.yaml:3:21: error[E013]: 'folder/secrets.yaml' {out} (at include.1)"
    assert found[2].startswith("split.yaml:3:42: error[E001]: 'round.yaml': the file cannot be read: too many levels of symbolic links")
    assert found[3] == f"split.yaml:3:54: error[E013]: 'device.yaml' {out} (at include.3)"


def test_a_scenario_may_be_reached_by_a_link(tmp_path: Path) -> None:
    split(tmp_path / "case")
    (tmp_path / "latest").symlink_to(tmp_path / "case")
    assert face.load(tmp_path / "latest" / "split.yaml").problems == []


def test_a_scenario_does_not_include_itself(tmp_path: Path) -> None:
    path = split(tmp_path, "[split.yaml, alias.yaml]")
    (tmp_path / "alias.yaml").hardlink_to(path)
    words = "error[E013]: a scenario does not include itself: name its other files"
    assert refused(path) == [f"split.yaml:3:11: {words} (at include.0)", f"split.yaml:3:23: {words} (at include.1)"]


def test_what_is_wrong_with_the_text_of_a_part_is_told_in_the_part(tmp_path: Path) -> None:
    path = split(tmp_path, "[latin.yaml, long.yaml, wide.yaml]")
    (tmp_path / "latin.yaml").write_bytes(b"actors: {svr: {name: Vu\xe8ic}}\n")
    (tmp_path / "long.yaml").write_bytes(b"#" * (MAX_BYTES + 1))
    (tmp_path / "wide.yaml").write_bytes("actors: {}\n".encode("utf-16"))
    assert [line.partition(": error")[0] for line in refused(path)] == ["latin.yaml:1:24", "long.yaml:1:1", "wide.yaml:1:1"]


def test_parts_hold_together_no_more_than_one_file_may(tmp_path: Path) -> None:
    path = split(tmp_path, "[one.yaml, two.yaml]")
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text("# " + "x" * (MAX_BYTES // 2) + "\nactors: {}\n")
    assert refused(path) == ["split.yaml:3:1: error[E005]: the parts are together larger than 1 MiB: shorten them (at include)"]
    for name in ("one", "two"):
        lines = "\n".join(f"  {name}_{number}: {{x: 1}}" for number in range(20_000))
        (tmp_path / f"{name}.yaml").write_text(f"events:\n{lines}\n")
    told = "split.yaml:3:1: error[E005]: the scenario and its parts hold more than 100,000 values: shorten them (at include)"
    assert refused(path) == [told]


def test_a_result_keeps_the_names_that_parts_may_not_have() -> None:
    assert not any(not misnamed(name) for name in (*RESERVED, "../x.yaml", "/x.yaml", "a\\b.yaml", "x", "", "log.jsonl/x.yaml"))
    assert not any(misnamed(name) for name in ("a.yaml", "parts/b.yml", "право/закон 1.yaml", "v1.2/actors.yaml"))


def test_a_tree_whose_parts_were_not_read_is_refused() -> None:
    told = [problem.line for problem in problems_of(parse(f"{HEAD}include: a.yaml\n", "split.yaml"))]
    assert told == ["split.yaml:3:1: error[E013]: parts are included where a scenario is read from its file (at include)"]
