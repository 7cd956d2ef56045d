"""The law of the shift: a scenario in another year of the same calendar gives the same log, moved.

In: the text of a scenario, and how many years. Out: how the two runs differ, the dates of one moved (`differences`). From 1901 to 2099
the calendar repeats every 28 years, with its days of the week and its leap years: there a run in UTC may hang on nothing else.
Run as a program it is the campaign: `python -m tests.shift --runs 2000`.

Luck is keyed by names, and two kinds of names hold dates: that of a date beside other dates that trigger one rule, and that of a
condition beside other conditions of one rule. So in what is compared a rule keeps the first of its dates alone, and of its conditions
one alone, where one of them holds a date (`plainly`).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim import face
from sim.analysis.measures import readable
from sim.errors import RunStopped
from tests.dates import DATE, text_later
from tests.reference.agreement import made
from tests.strategies import Data, yaml_text

__all__ = ["CYCLE", "WAYS", "Shifted", "differences", "plainly", "shifted", "ways"]

CYCLE = 28
"""After so many years the calendar is the same again."""

WAYS = (-3 * CYCLE, -2 * CYCLE, CYCLE)
"""How many years the scenarios of our days are moved."""

FIRST, LAST = 1901, 2099


@dataclass(frozen=True)
class Shifted:
    """What came of one scenario that was moved: how many lines its log has, which ways it went, and how it then differed."""

    number: int
    lines: int
    ways: tuple[int, ...]
    differences: tuple[str, ...]


def plainly(scenario: Data) -> Data:
    """The scenario in UTC, and without names that hold dates."""
    period = {name: value for name, value in scenario["period"].items() if name != "timezone"}
    rules = {name: {**rule, "when": _alone(rule["when"])} for name, rule in scenario["rules"].items()}
    return {**scenario, "period": period, "rules": rules}


def _alone(when: Any) -> Any:
    """Triggers of which no two have dates in their names."""
    if not isinstance(when, list):
        return when
    dates = [one for one in when if isinstance(one, str) and DATE.match(one)]
    conditions = [one for one in when if isinstance(one, dict) and "condition" in one]
    dated = [one for one in conditions if DATE.search(json.dumps(one))]
    left_out = dates[1:] + ([one for one in conditions if one is not dated[0]] if dated else [])
    return [one for one in when if not any(one is other for other in left_out)]


def ways(text: str) -> tuple[int, ...]:
    """The ways a scenario may go without leaving the years whose calendar repeats: the usual ones, or the nearest three."""
    years = [int(match[1]) for match in DATE.finditer(text)]
    open_ones = [way for way in range(-7 * CYCLE, 8 * CYCLE, CYCLE) if way and min(years) + way >= FIRST and max(years) + way <= LAST]
    return WAYS if {*WAYS} <= {*open_ones} else tuple(sorted(open_ones, key=abs)[:3])


def differences(text: str, towards: Iterable[int], what_if: str | None = None, seed: int = 0) -> tuple[int, list[str]]:
    """How many lines a scenario tells, and how each of its moves differs from it, in words."""
    here, found = list(_told(text, what_if, seed)), []
    for years in towards:
        moved = [text_later(line, 12 * years) for line in here]
        there = list(_told(text_later(text, 12 * years), what_if, seed))
        both = next((f"  here:  {one}\n  there: {other}" for one, other in zip(moved, there, strict=False) if one != other), None)
        if both is not None or len(moved) != len(there):
            found.append(f"moved {years} years: {len(here)} lines, and {len(there)} there\n{both or ''}")
    return len(here), found


def _told(text: str, what_if: str | None, seed: int) -> Iterator[str]:
    """What a run tells, line by line: its header without digests, its entries, its measures; or why it stops."""
    try:
        run = face.reread({"scenario.yaml": text}).run(what_if, seed=seed)
    except RunStopped as stop:
        yield f"stops: {stop}"
        return
    header, *entries = run.lines()
    yield json.dumps({**json.loads(header), "digests": None})
    yield from (line.rstrip("\n") for line in entries)
    kinds = {name: tree.type.name for name, tree in run.scenario.measures.items()}
    yield json.dumps({name: readable(value, kinds[name]) for name, value in run.measures.items()})


def shifted(number: int) -> Shifted:
    """What comes of the scenario of a number that is moved."""
    text = yaml_text(plainly(made(number)))
    towards = ways(text)
    lines, found = differences(text, towards, seed=number)
    return Shifted(number, lines, towards, tuple(found))


# ---- the campaign


def main() -> int:
    parser = argparse.ArgumentParser(description="Move scenarios made by chance through the years, and compare their logs.")
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--runs", type=int, default=2000)
    asked = parser.parse_args()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(shifted, range(asked.first, asked.first + asked.runs), chunksize=20))
    differing = [one for one in found if one.differences]
    for one in differing[:3]:
        sys.stdout.write(
            f"scenario and seed {one.number}, {one.differences[0]}\nagain: python -m tests.shift --from {one.number} --runs 1\n"
        )
    lines, moves = sum(one.lines * len(one.ways) for one in found), sum(len(one.ways) for one in found)
    sys.stdout.write(f"{asked.runs} scenarios, {moves:,} moves, {lines:,} lines, {len(differing)} differences\n")
    return int(bool(differing))


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    sys.exit(main())
