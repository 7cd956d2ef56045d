"""Runs for tests that hold of every log: one of each shipped scenario, and of some made by chance.

In: their names. Out: runs, each made once.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sim.errors import RunStopped
from sim.face import Run, load, reread
from tests.reference.agreement import made
from tests.strategies import yaml_text

__all__ = ["EVERY", "ROOT", "run"]

ROOT = Path(__file__).resolve().parents[1]
DRAWN = [f"made {number}" for number in range(12)]
EVERY = [*sorted(path.stem for path in (ROOT / "scenarios").glob("*.yaml")), *DRAWN]


@cache
def run(name: str) -> Run | None:
    """A run of a shipped scenario, or of one made by chance; None where that one stops."""
    number = int(name.removeprefix("made ")) if name in DRAWN else 0
    loaded = reread({"scenario.yaml": yaml_text(made(number))}) if name in DRAWN else load(ROOT / "scenarios" / f"{name}.yaml")
    try:
        return loaded.run(seed=number)
    except RunStopped:
        return None
