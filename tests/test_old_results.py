"""Results that were stored when the folder's name still hung on versions of packages open as before.

In: `tests/old_results`, a scenario and two results of it as they were written then. Out: what the commands make of them today.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sim.cli.main import main
from sim.log.stored import find, listing

OLD = Path(__file__).parent / "old_results"
BASELINE, CALM = "results/border/baseline/ff1617d5026f-s3", "results/border/calm/2716e829ae39-s3"


@pytest.fixture(autouse=True)
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds the old results as its own."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(OLD / "border", tmp_path / "results" / "border")
    shutil.copy(OLD / "border.yaml", tmp_path)
    return tmp_path / "results"


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What a command prints that ends well."""
    code = main(words)
    done = capsys.readouterr()
    assert (code, "error" in done.err) == (0, False), done.err
    return done.out


def test_an_old_result_is_found_and_whole(results: Path) -> None:
    assert [str(result.folder) for result in listing(results)].sort() == [BASELINE, CALM].sort()
    result = find(results, "border")
    assert "calendar" not in result.manifest
    assert [entry.event for entry in result.log().entries if entry.event in ("accusation", "closure")] == ["accusation", "closure"]
    assert result.measures()["shut"]["value"] is True


def test_commands_read_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert {one["folder"] for one in json.loads(said(capsys, "list", "--json"))} == {BASELINE, CALM}
    assert "closure" in said(capsys, "show", BASELINE)
    assert "accusation" in said(capsys, "why", "border@3", "closure")
    assert "shut" in said(capsys, "compare", BASELINE, CALM)
    assert "timeline.first" in said(capsys, "why", BASELINE, "closure", "--but-for", "all")


def test_the_same_run_of_today_stands_beside_it_and_is_equal(capsys: pytest.CaptureFixture[str]) -> None:
    (folder,) = said(capsys, "run", "border.yaml", "--seed", "3", "--quiet").split()
    assert folder != BASELINE
    assert main(["compare", BASELINE, folder, "--exit-code"]) == 0
