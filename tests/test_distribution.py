"""What is installed from a wheel does what the checkout does: it has all data, and needs no folder but its own.

In: the sources, packed as `python -m build` packs them. Out: the commands of the wheel, run elsewhere.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    tree = folder / "tree"
    shutil.copytree(ROOT / "sim", tree / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    for name in SOURCES:
        shutil.copy(ROOT / name, tree)
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(tree)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def data_of(names: list[str]) -> set[str]:
    return {name for name in names if name.startswith("sim/") and not name.endswith("/")}


def test_both_distributions_have_every_file_of_the_package(dist: Path) -> None:
    here = {str(path.relative_to(ROOT)) for path in (ROOT / "sim").rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert {"sim/cli/template.yaml", "sim/py.typed"} <= here
    (wheel,), (sources,) = dist.glob("*.whl"), dist.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as whole:
        assert data_of(whole.namelist()) == here
        assert any(name.endswith("LICENSE") for name in whole.namelist())
    with tarfile.open(sources) as packed:
        assert data_of([name.partition("/")[2] for name in packed.getnames() if Path(name).suffix or "." in name]) >= here


def test_the_wheel_works_outside_of_the_checkout(dist: Path, tmp_path: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    place, work = tmp_path / "installed", tmp_path / "work"
    work.mkdir()
    with zipfile.ZipFile(wheel) as whole:
        whole.extractall(place)
    surroundings = {**os.environ, "PYTHONPATH": str(place), "HOME": str(work), "NO_COLOR": "1"}

    def sim(*words: str) -> str:
        command = [sys.executable, "-P", "-c", "from sim.cli.main import run; run()", *words]
        done = subprocess.run(command, cwd=work, env=surroundings, capture_output=True, text=True, encoding="utf-8", check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert json.loads(sim("--version", "--json"))["folder"] == str(place / "sim")
    sim("new", "border")
    assert {path.name for path in work.iterdir()} == {"border.yaml", "sim.schema.json"}
    sim("check", "border.yaml")
    sim("run", "border.yaml", "--all")
    assert "next:" not in sim("compare", "border.yaml")
    assert (work / "sim.schema.json").read_text(encoding="utf-8") == sim("schema")
    sim("test", "border.yaml", "--runs", "5")
    assert {one["scenario"] for one in json.loads(sim("list", "--json"))} == {"border"}
