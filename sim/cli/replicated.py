"""Many runs of several variants with the same luck: what is estimated and shown.

In: the measures of the variants, run by run. Out: lines for a terminal, and the same for machines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sim import clock
from sim.analysis.measures import readable
from sim.analysis.statistics import LEVEL, Contrast, Estimate, contrast
from sim.cli.pool import Measures
from sim.cli.terminal import Cell, Screen, number, shown, table
from sim.errors import escaped

__all__ = ["as_dict", "contrasts_of", "table_of", "told_of"]

UNITS: dict[str, tuple[tuple[float, float, str], ...]] = {
    "flag": ((0, 0.01, " %"),),
    "number": ((1e6, 1e6, " M"), (0, 1, "")),
    "rate": ((1e6, 1e6, " M per d"), (0, 1, " per d")),
    "duration": (
        (clock.DAY, clock.DAY, " d"),
        (clock.HOUR, clock.HOUR, " h"),
        (clock.MINUTE, clock.MINUTE, " min"),
        (0, clock.SECOND, " s"),
    ),
}
"""The units of estimates: from which size on, how large, its name. A value and its interval share one, so that a line holds them."""

APART = "bold yellow"


def contrasts_of(others: int, kinds: Mapping[str, str], done: Iterable[Sequence[Measures]]) -> list[dict[str, Contrast]]:
    """For each variant but the baseline, its measures against the baseline's; `done` has those of all variants, run by run."""
    values: list[dict[str, list[Any]]] = [{measure: [] for measure in kinds} for _ in range(others + 1)]
    for found in done:
        for own, measures in zip(values, found, strict=True):
            for measure, column in own.items():
                column.append(measures.get(measure))
    base, *rest = values
    return [{measure: contrast(base[measure], own[measure], kind) for measure, kind in kinds.items()} for own in rest]


# ---- for people


def table_of(
    reference: str, name: str, contrasts: Mapping[str, Contrast], kinds: Mapping[str, str], zone: str, screen: Screen
) -> Iterator[str]:
    """One what-if against the reference: three lines a measure, the estimates, their intervals, and on how many runs they rest."""
    rows = [row for measure, found in contrasts.items() for row in _rows(measure, found, kinds[measure], zone)]
    yield from table(["measure", escaped(reference), escaped(name), "difference"], rows, screen)


def _rows(measure: str, found: Contrast, kind: str, zone: str) -> Iterator[list[Cell]]:
    """The lines of one measure."""
    n, by = found.differing.n, found.difference
    if kind not in (*UNITS, "instant"):
        differing = round(found.differing.value * n)
        yield [(escaped(measure), ""), ("", ""), ("", ""), (f"differs in {differing} of {n}", APART if differing else "")]
        return
    columns = [_told(found.first, kind, zone), _told(found.second, kind, zone), _told(by, kind, zone, apart=True)]
    if kind == "flag" and by is not None and not found.differing.value:
        columns[-1] = ("same in every run", "")
    apart = by is not None and by.low is not None and by.high is not None and not by.low <= 0 <= by.high
    styles = ("", "", APART if apart else "")
    yield [(escaped(measure), ""), *((value, style) for (value, _), style in zip(columns, styles, strict=True))]
    if any(interval for _, interval in columns):
        yield [("", ""), *((interval, "dim") for _, interval in columns)]
    known = [round(share.value * share.n) for share in found.known]
    if min(known) < n:
        yield [("", ""), *((f"in {count} of {n} runs", "dim") for count in known), (f"in {by.n if by else 0} runs of both", "dim")]


def _told(estimate: Estimate | None, kind: str, zone: str, *, apart: bool = False) -> tuple[str, str]:
    """An estimate and its interval for people, in one unit; a dash where there is none. `apart`: it is a difference."""
    if estimate is None:
        return "–", ""
    ends = [end for end in (estimate.low, estimate.high) if end is not None]
    alike = kind != "flag" and len(ends) == 2 and ends[0] == ends[1]
    if kind == "instant" and not apart:
        value, *texts = (shown(readable(round(one), kind), kind, zone) for one in (estimate.value, *ends))
        return value, "in every run" if alike else " to ".join(texts)
    size = max(abs(one) for one in (estimate.value, *ends))
    of_unit, unit = next(step[1:] for step in UNITS["duration" if kind == "instant" else kind] if size >= step[0])
    unit = " pp" if apart and kind == "flag" else unit

    def text(value: float) -> str:
        return ("−" if value < 0 else "+" if value > 0 and apart else "") + _rounded(abs(value) / of_unit)

    return text(estimate.value) + unit, "in every run" if alike else " to ".join(text(end) for end in ends) + (unit if ends else "")


def _rounded(value: float) -> str:
    """A number with as many digits as an estimate deserves."""
    return number(float(f"{value:.3g}") if value < 1_000 else round(value))


def told_of(runs: int, seed: int) -> str:
    """What the tables say, and what they do not."""
    counted = "1 run" if runs == 1 else f"{number(runs)} runs"
    return (
        f"{counted} of each (seed {seed}), run by run with the same luck. "
        "Shares with Wilson's interval, and Newcombe's for their paired difference in percentage points (pp); "
        f"means over the runs that have a value, with a bootstrap interval; all at {LEVEL:.0%}. The intervals say how far {counted} may "
        "mislead, not whether the scenario is right."
    )


# ---- for machines


def as_dict(contrasts: Mapping[str, Contrast], kinds: Mapping[str, str]) -> dict[str, Any]:
    """The contrasts by measure; differences of durations and instants in seconds."""
    return {name: _contrast_as_dict(found, kinds[name]) for name, found in contrasts.items()}


def _contrast_as_dict(found: Contrast, kind: str) -> dict[str, Any]:
    apart = "duration" if kind == "instant" else kind
    return {
        "type": kind,
        "baseline": _estimate(found.first, kind),
        "what_if": _estimate(found.second, kind),
        "difference": _estimate(found.difference, apart),
        "runs_with_value": {"baseline": _estimate(found.known[0], "flag"), "what_if": _estimate(found.known[1], "flag")},
        "medians": {"baseline": _plain(found.medians[0], kind), "what_if": _plain(found.medians[1], kind)},
        "differing": _estimate(found.differing, "flag"),
    }


def _estimate(estimate: Estimate | None, kind: str) -> dict[str, Any] | None:
    if estimate is None:
        return None
    low, high = _plain(estimate.low, kind), _plain(estimate.high, kind)
    return {"value": _plain(estimate.value, kind), "low": low, "high": high, "n": estimate.n}


def _plain(value: float | None, kind: str) -> Any:
    return readable(round(value), kind) if value is not None and kind in ("duration", "instant") else value
