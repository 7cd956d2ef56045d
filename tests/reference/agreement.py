"""Engine and reference, entry by entry: whether they agree on a scenario made by chance, and the smallest on which they do not.

In: whole numbers, each of which is a scenario and a seed. Out: `Tried`: what the log showed at work, or how the two differ.
Run as a program it is the campaign: `python -m tests.reference.agreement --runs 20000`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from sim import chance, face
from sim.errors import RunStopped, ScenarioError
from sim.log.entries import Entry
from tests.naive import Wrong
from tests.reference.interpreter import played
from tests.reference.tally import MUST, tallied
from tests.strategies import Data, Maker, yaml_text
from tests.wider import elsewhere, moving, tied, widened

__all__ = ["Tried", "campaign", "made", "rare", "smallest", "told", "tried"]

LEAST, OF_RUNS = 50, 20_000
"""How often each construct, clause and tie must have come to bear in a campaign of so many runs; in a smaller one in proportion."""


@dataclass(frozen=True)
class Tried:
    """What came of one scenario: how engine and reference differ (or None), and what the log showed at work."""

    number: int
    scenario: Data
    difference: str | None
    at_work: Counter[str]


def made(number: int) -> Data:
    """The scenario of a number: always the same one."""
    site = chance.Site(number, 0, "maker")
    drawn = iter(range(1, 1_000_000))

    def within(low: int, high: int) -> int:
        return low + int(site.uniform("number", next(drawn)) * (high - low + 1))

    maker = Maker(within, calm=False)
    scenario = maker.scenario()
    if maker.maybe(75):
        scenario = widened(maker, scenario)
    scenario["period"]["until"] = maker.pick(["2025-01-12", "2025-01-16", "2025-01-25", "2025-02-10"])
    ties = maker.maybe(50)
    if maker.maybe(70):
        scenario = moving(maker, scenario)
    whole: Data = tied(scenario) if ties else scenario
    return elsewhere(maker, whole) if maker.maybe(60) else whole


def difference(scenario: Data, seed: int) -> tuple[str | None, list[Entry]]:
    """How engine and reference differ on a scenario, in words, or None; and the engine's entries."""
    loaded = face.reread({"scenario.yaml": yaml_text(scenario)})
    checked = loaded.scenario()
    stops: list[str] = []
    entries: list[Entry] = []
    others: list[Entry] = []
    try:
        run = loaded.run(seed=seed)
        entries = list(run.log.entries)
        for _ in run.lines():
            pass
    except RunStopped as stop:
        stops.append(f"the engine stops: {stop}")
    except RuntimeError as bug:
        return str(bug), entries
    try:
        others = played(checked, seed)
    except Wrong as wrong:
        stops.append(f"the reference stops: {wrong}")
    if stops:
        return ("; ".join(stops) if len(stops) == 1 else None), entries
    for one, other in zip(entries, others, strict=False):
        if one != other:
            return differing(one, other), entries
    return (None if len(entries) == len(others) else f"{len(entries)} entries, and {len(others)} in the reference"), entries


def differing(one: Entry, other: Entry) -> str:
    """Two entries that differ, and in what."""
    names = [field.name for field in fields(Entry) if getattr(one, field.name) != getattr(other, field.name)]
    lines = [f"entry {one.id} differs in {', '.join(names)}"]
    lines += [f"  {who}: {entry}" for who, entry in (("engine   ", one), ("reference", other))]
    return "\n".join(lines)


def tried(number: int) -> Tried:
    """Whether engine and reference agree on the scenario of a number."""
    scenario = made(number)
    found, entries = difference(scenario, number)
    return Tried(number, scenario, found, tallied(scenario, entries) if entries else Counter())


# ---- the smallest


def smallest(scenario: Data, seed: int) -> Data:
    """The scenario with everything taken away that need not be there for the two to differ."""
    again = True
    while again:
        again = False
        for path in list(paths(scenario)):
            smaller = without(scenario, path)
            if smaller is not None and differs(smaller, seed):
                scenario, again = smaller, True
    return scenario


def differs(scenario: Data, seed: int) -> bool:
    try:
        return difference(scenario, seed)[0] is not None
    except ScenarioError:
        return False


def paths(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where there is something that may be taken away; large things first, and items of a list from its end."""
    keys = list(value) if isinstance(value, dict) else list(reversed(range(len(value)))) if isinstance(value, list) else []
    keys = [key for key in keys if above or key not in ("scenario", "period")]
    yield from ((*above, key) for key in keys)
    for key in keys:
        yield from paths(value[key], (*above, key))


def without(value: Any, path: tuple[Any, ...]) -> Any:
    """The same without what stands there; None if nothing stands there any more."""
    key, *rest = path
    if not (key in value if isinstance(value, dict) else isinstance(value, list) and key < len(value)):
        return None
    inner = without(value[key], tuple(rest)) if rest else None
    if rest and inner is None:
        return None
    kept = [inner] if rest else []
    if isinstance(value, list):
        return [*value[:key], *kept, *value[key + 1 :]]
    return {name: inner if name == key else item for name, item in value.items() if rest or name != key}


def told(found: Tried) -> str:
    """A difference with the smallest scenario that shows it, and how to see it again."""
    scenario = smallest(found.scenario, found.number)
    words, _ = difference(scenario, found.number)
    again = f"python -m tests.reference.agreement --from {found.number} --runs 1"
    return f"engine and reference differ, seed {found.number}:\n{words}\n\n{yaml_text(scenario)}\nagain: {again}"


# ---- the campaign


def campaign(first: int, runs: int) -> tuple[Counter[str], list[Tried]]:
    """Many scenarios, on all processors."""
    found: Counter[str] = Counter()
    differing: list[Tried] = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for one in pool.map(tried, range(first, first + runs), chunksize=20):
            found.update(one.at_work)
            if one.difference is not None:
                differing.append(one)
    return found, differing


def rare(found: Counter[str], runs: int) -> list[str]:
    """What did not come to bear as often as it must, in words."""
    least = max(1, LEAST * runs // OF_RUNS)
    return [f"{name}: {found[name]} times in {runs} scenarios, and not {least}" for name in MUST if found[name] < least]


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare the engine with the reference on scenarios made by chance.")
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--until-different", action="store_true", help="end at the first difference, without a tally")
    asked = parser.parse_args()
    if asked.until_different:
        return int(any(tried(number).difference for number in range(asked.first, asked.first + asked.runs)))
    found, differing = campaign(asked.first, asked.runs)
    for name, count in sorted(found.items()):
        sys.stdout.write(f"{count:8d}  {name}\n")
    for one in differing[:3]:
        sys.stdout.write(f"\n{told(one)}\n")
    seldom = rare(found, asked.runs)
    for line in seldom:
        sys.stdout.write(f"too rare: {line}\n")
    sys.stdout.write(f"\n{asked.runs} scenarios, {len(differing)} differences\n")
    return int(bool(differing or seldom))


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    sys.exit(main())
