"""The same request gives the same bytes, in whatever process, surroundings and Python it runs.

In: shipped and made scenarios, run by processes of their own. Out: that log, measures and manifest are equal byte for byte.

What this machine cannot show (a locale, a Python it has not got) is skipped, and the reason says NOT SHOWN. Other Pythons are
taken from SIM_TEST_PYTHONS (paths, separated as in PATH), from PATH, or from pyenv; each gets a throw-away environment.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.strategies import Data, scenarios, yaml_text

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = sorted((ROOT / "scenarios").glob("*.yaml"))
QUICK = [ROOT / "scenarios" / f"{name}.yaml" for name in ("accusation_and_ban", "contradiction", "extra_approval")]
PROGRAM = """
import sys
from sim.cli.main import main
sys.exit(max(main(["run", name, "--all", "--seed", "7", "--quiet"]) for name in sys.argv[1:]))
"""
KEPT = ("log.jsonl", "measures.json", "manifest.json")
PYTHONS = ("3.11", "3.12", "3.13")
LOCALES = ("tr_TR", "de_DE", "C")
SURROUNDINGS = {
    "hash seed 1, far east": {"PYTHONHASHSEED": "1", "TZ": "Pacific/Apia"},
    "hash seed 4242, half an hour off": {"PYTHONHASHSEED": "4242", "TZ": "America/St_Johns"},
    "hash seed random, another calendar": {"PYTHONHASHSEED": "random", "TZ": "Europe/Belgrade", "PYTHONUTF8": "1"},
}

Bytes = dict[str, bytes]


def bytes_of(folder: Path, files: Sequence[Path], python: str = sys.executable, options: Sequence[str] = (), **surroundings: str) -> Bytes:
    """Run the scenarios with all their what-ifs in a process of its own; every stored file that must not differ."""
    folder.mkdir(parents=True)
    for file in files:
        shutil.copy(file, folder)
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PYTHONHASHSEED": "0",
        "TZ": "UTC",
        "PYTHONDONTWRITEBYTECODE": "1",
        **surroundings,
    }
    done = subprocess.run(
        [python, *options, "-c", PROGRAM, *(file.name for file in files)], cwd=folder, env=env, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    found = {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.name in KEPT}
    assert len(found) >= len(KEPT) * len(files)
    return found


def differing(one: Bytes, other: Bytes) -> list[str]:
    """The names of the files that are not the same."""
    return [name for name in sorted(one.keys() | other.keys()) if one.get(name) != other.get(name)]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Bytes:
    """What this Python makes of the quick scenarios in plain surroundings."""
    return bytes_of(tmp_path_factory.mktemp("here") / "run", QUICK)


@pytest.mark.parametrize("name", SURROUNDINGS)
def test_surroundings_change_no_byte(tmp_path: Path, here: Bytes, name: str) -> None:
    assert differing(here, bytes_of(tmp_path / "run", QUICK, **SURROUNDINGS[name])) == []


def test_optimised_python_changes_no_byte(tmp_path: Path, here: Bytes) -> None:
    assert differing(here, bytes_of(tmp_path / "run", QUICK, options=("-O",))) == []


@pytest.mark.parametrize("language", LOCALES)
def test_the_language_of_the_machine_changes_no_byte(tmp_path: Path, here: Bytes, language: str) -> None:
    known = installed_locale(language)
    if known is None:
        pytest.skip(f"NOT SHOWN: the locale {language} is not on this machine")
    assert differing(here, bytes_of(tmp_path / "run", QUICK, LANG=known, LC_ALL=known)) == []


def installed_locale(language: str) -> str | None:
    """The name this machine has for a locale, if any."""
    program = shutil.which("locale")
    if program is None:
        return None
    names = subprocess.run([program, "-a"], capture_output=True, text=True, check=False).stdout.split()
    return next((name for name in names if name.partition(".")[0] == language), None)


# ---- other Pythons


def python_of(wanted: str) -> str | None:
    """An interpreter of this version that can make environments, if there is one."""
    named = os.environ.get("SIM_TEST_PYTHONS", "").split(os.pathsep)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    kept = [str(folder / "bin" / "python") for folder in sorted(pyenv.glob(f"{wanted}.*"), reverse=True)]
    for python in (*filter(None, named), shutil.which(f"python{wanted}"), *kept):
        question = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
        if python is None or not Path(python).exists():
            continue
        answer = subprocess.run([python, "-c", question], capture_output=True, text=True, check=False)
        if answer.returncode == 0 and answer.stdout.strip() == wanted:
            return python
    return None


def environment(python: str, folder: Path) -> str | None:
    """A throw-away environment with the versions of our dependencies that we run with; None where they cannot be had."""
    subprocess.run([python, "-m", "venv", str(folder)], check=True, capture_output=True)
    inside = str(folder / "bin" / "python")
    wanted = [f"{name}=={version(name)}" for name in ("simpy", "pydantic", "typer", "pyyaml")]
    install = [inside, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--retries", "2", *wanted]
    return inside if subprocess.run(install, capture_output=True, check=False).returncode == 0 else None


def made(folder: Path, count: int) -> list[Path]:
    """Some made scenarios as files."""
    files: list[Path] = []

    @settings(max_examples=count)
    @given(scenarios())
    def collect(scenario: Data) -> None:
        path = folder / f"made_{len(files)}.yaml"
        path.write_text(yaml_text({**scenario, "scenario": path.stem}), encoding="utf-8")
        files.append(path)

    collect()
    return files[-count:]


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], Bytes]:
    """All shipped and twenty made scenarios, and what this Python makes of them."""
    folder = tmp_path_factory.mktemp("everything")
    files = [*SHIPPED, *made(folder, 20)]
    return files, bytes_of(folder / "run", files)


@pytest.mark.campaign
@pytest.mark.parametrize("wanted", PYTHONS)
def test_another_python_changes_no_byte(tmp_path: Path, everything: tuple[list[Path], Bytes], wanted: str) -> None:
    python = python_of(wanted)
    if python is None:
        pytest.skip(f"NOT SHOWN: Python {wanted} is not on this machine")
    inside = environment(python, tmp_path / "venv")
    if inside is None:
        pytest.skip(f"NOT SHOWN: Python {wanted} is here, but our dependencies cannot be installed for it")
    files, expected = everything
    for number, surroundings in enumerate(SURROUNDINGS.values()):
        assert differing(expected, bytes_of(tmp_path / f"run_{number}", files, inside, **surroundings)) == []


@pytest.mark.campaign
@pytest.mark.parametrize("hash_seed", range(8))
def test_no_hash_seed_changes_a_byte(tmp_path: Path, everything: tuple[list[Path], Bytes], hash_seed: int) -> None:
    files, expected = everything
    assert differing(expected, bytes_of(tmp_path / "run", files, PYTHONHASHSEED=str(hash_seed))) == []
