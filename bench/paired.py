"""Measures what the same luck is worth: how many runs a difference takes with it and without.

    python bench/paired.py [SCENARIO] [--runs N] [--seed N] [--json]

In: a scenario with what-ifs and measures; the shipped seed scenario unless another is named. Out: for each measure the ratio of runs
needed, over the what-ifs.

The difference of two means has the variance Var(a) + Var(b) over n when each run has luck of its own, and Var(b − a) over n when
the two runs of a pair share theirs. So their ratio is how many times the runs it takes without shared luck for an interval as
narrow. Where no pair differs at all the difference is exactly zero and no number of unpaired runs would say so. Runs count in
which both have a value, since only there is a difference; a yes is 1 and a no is 0.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, variance
from typing import Any

from sim.cli.pool import Plan, Variant, measured
from sim.face import Loaded, load

SHIPPED = Path(__file__).parent.parent / "scenarios" / "serbia_export_halt.yaml"
NUMBERS = ("flag", "number", "duration", "instant", "rate")
FEWEST = 10
"""A variance of fewer pairs says nothing."""


@dataclass(frozen=True)
class Worth:
    """One measure in one what-if: in how many runs both have a value, in how many of these it differs, and the ratio of runs needed.

    The ratio is None where no pair differs (`differing` 0), or where too few pairs have values.
    """

    measure: str
    what_if: str
    pairs: int
    differing: int
    ratio: float | None


def worth(measure: str, what_if: str, first: Sequence[Any], second: Sequence[Any]) -> Worth:
    """What the same luck is worth for one measure of one what-if."""
    pairs = [(float(one), float(other)) for one, other in zip(first, second, strict=True) if one is not None and other is not None]
    differences = [other - one for one, other in pairs]
    differing = sum(by != 0 for by in differences)
    if len(pairs) < FEWEST or not differing:
        return Worth(measure, what_if, len(pairs), differing, None)
    paired = variance(differences)
    unpaired = variance([one for one, _ in pairs]) + variance([other for _, other in pairs])
    return Worth(measure, what_if, len(pairs), differing, unpaired / paired if paired else None)


def found(loaded: Loaded, runs: int, seed: int) -> list[Worth]:
    """Every numeric measure in every what-if."""
    scenario = loaded.scenario()
    what_ifs = list(scenario.what_ifs)
    columns: list[dict[str, list[Any]]] = [{name: [] for name in scenario.measures} for _ in (None, *what_ifs)]
    plan = Plan([Variant(), *map(Variant, what_ifs)], runs, seed, "nothing was measured")
    with closing(measured(loaded, plan, None)) as done:
        for each in done:
            for own, measures in zip(columns, each, strict=True):
                for name, values in own.items():
                    values.append(measures[name])
    base, *others = columns
    names = [name for name, tree in scenario.measures.items() if tree.type.name in NUMBERS]
    return [worth(name, what_if, base[name], own[name]) for name in names for what_if, own in zip(what_ifs, others, strict=True)]


def rows_of(every: Sequence[Worth], by: str) -> list[Mapping[str, Any]]:
    """For each measure the ratios over the what-ifs (or the other way round), and in how many of these it is the same in every run."""
    rows = []
    for name in dict.fromkeys(getattr(one, by) for one in every):
        own = [one for one in every if getattr(one, by) == name]
        ratios = sorted(one.ratio for one in own if one.ratio is not None)
        rows.append(
            {
                "name": name,
                "median": median(ratios) if ratios else None,
                "least": ratios[0] if ratios else None,
                "greatest": ratios[-1] if ratios else None,
                "differing": len(ratios),
                "exactly_zero": sum(one.pairs >= FEWEST and not one.differing for one in own),
            }
        )
    return rows


def digits(value: float | None) -> str:
    """Two digits that matter."""
    return "–" if value is None else f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser(description="Measure how many times the runs a difference takes without shared luck.")
    options.add_argument("scenario", type=Path, nargs="?", default=SHIPPED, help="a scenario with what-ifs and measures")
    options.add_argument("--runs", type=int, default=100, help="runs of each (default: %(default)s)")
    options.add_argument("--seed", type=int, default=0, help="their luck (default: %(default)s)")
    options.add_argument("--json", action="store_true", help="every measure in every what-if, as JSON")
    given = options.parse_args()
    every = found(load(given.scenario), given.runs, given.seed)
    if given.json:
        print(json.dumps([asdict(one) for one in every], indent=2))
        return
    print(f"{given.scenario.name}: {given.runs} runs of the baseline and of each what-if (seed {given.seed})")
    for by, counted in (("measure", "what-ifs"), ("what_if", "measures")):
        rows = rows_of(every, by)
        width = max(len(row["name"]) for row in rows)
        print(f"\n{'':{width}}  {'times the runs':>14}  {'least':>6}  {'greatest':>8}  {counted:>8}  {'exactly zero in':>15}")
        for row in rows:
            ratios = f"{digits(row['median']):>14}  {digits(row['least']):>6}  {digits(row['greatest']):>8}"
            print(f"{row['name']:{width}}  {ratios}  {row['differing']:>8}  {row['exactly_zero']:>15}")


if __name__ == "__main__":
    main()
