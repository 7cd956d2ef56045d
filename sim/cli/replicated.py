"""Many runs of a scenario, or of several variants of it with the same luck: what is estimated and shown.

In: the measures of the variants, run by run. Out: lines for a terminal, and the same for machines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sim import clock
from sim.analysis.measures import readable
from sim.analysis.statistics import LEVEL, Contrast, Estimate, contrast, mean, wilson
from sim.cli.documents import markdown_table
from sim.cli.pool import Measures
from sim.cli.terminal import Cell, Screen, number, shown, table
from sim.errors import escaped

__all__ = [
    "COLUMNS",
    "alone", "alone_as_dict", "alone_cells", "as_dict", "contrasts_of", "csv_rows", "csv_rows_alone", "markdown_of", "overview",
    "overview_cells", "table_of", "told_of", "values_of",
]  # fmt: skip

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


Values = Mapping[str, Sequence[Any]]
"""The values of each measure, run by run; None where a run has none."""


def values_of(variants: int, kinds: Mapping[str, str], done: Iterable[Sequence[Measures]]) -> list[Values]:
    """For each variant the values of its measures; `done` has the measures of all variants, run by run."""
    values: list[dict[str, list[Any]]] = [{measure: [] for measure in kinds} for _ in range(variants)]
    for found in done:
        for own, measures in zip(values, found, strict=True):
            for measure, column in own.items():
                column.append(measures.get(measure))
    return [*values]


def contrasts_of(values: Sequence[Values], kinds: Mapping[str, str]) -> list[dict[str, Contrast]]:
    """For each variant but the first, its measures against those of the first."""
    base, *rest = values
    return [{measure: contrast(base[measure], own[measure], kind) for measure, kind in kinds.items()} for own in rest]


# ---- for people


def overview(
    reference: str, named: Sequence[tuple[str, Mapping[str, Contrast]]], kinds: Mapping[str, str], zone: str, screen: Screen
) -> Iterator[str]:
    """All what-ifs beside one another, as a table."""
    yield from table(*overview_cells(reference, named, kinds, zone), screen)


def overview_cells(
    reference: str, named: Sequence[tuple[str, Mapping[str, Contrast]]], kinds: Mapping[str, str], zone: str
) -> tuple[list[str], list[list[Cell]]]:
    """All what-ifs beside one another: a row a measure, its estimate for each; what is apart from the reference is marked."""
    rows: list[list[Cell]] = []
    for measure, kind in kinds.items():
        first, *_ = found = [contrasts[measure] for _, contrasts in named]
        row = [(escaped(measure), ""), (_in_overview(first.first, first.known[0], kind, zone), "")]
        for one in found:
            apart = _is_apart(one, kind)
            row.append((f"{'≠ ' if apart else ''}{_in_overview(one.second, one.known[1], kind, zone)}", APART if apart else ""))
        rows.append(row)
    return ["measure", escaped(reference), *(escaped(name) for name, _ in named)], rows


def _in_overview(estimate: Estimate | None, known: Estimate, kind: str, zone: str) -> str:
    """An estimate alone; of a mean also the share of runs that have a value, where that is not all."""
    if kind == "flag" or kind not in (*UNITS, "instant") or known.value == 1:
        return _told(estimate, kind, zone)[0]
    if estimate is None:
        return shown(None, kind)
    return f"{_told(estimate, kind, zone)[0]} in {_rounded(100 * known.value)} %"


def alone(values: Values, kinds: Mapping[str, str], zone: str, screen: Screen) -> Iterator[str]:
    """One variant alone, as a table."""
    yield from table(*alone_cells(values, kinds, zone), screen)


def alone_cells(values: Values, kinds: Mapping[str, str], zone: str) -> tuple[list[str], list[list[Cell]]]:
    """One variant alone: a row a measure, its estimate, the interval, and in how many runs it has a value where that is not all."""
    rows: list[list[Cell]] = []
    for measure, (estimate, known) in _estimates(values, kinds).items():
        value, interval = _told(estimate, kinds[measure], zone)
        n = len(values[measure])
        rows.append([(escaped(measure), ""), (value, "bold"), (interval, "dim"), ("" if known == n else f"in {known} of {n} runs", "dim")])
    return ["measure", "estimate", "interval", ""], rows


def _estimates(values: Values, kinds: Mapping[str, str]) -> dict[str, tuple[Estimate | None, int]]:
    """The share or mean of each measure, None where it has none, and in how many runs it has a value."""
    found: dict[str, tuple[Estimate | None, int]] = {}
    for measure, kind in kinds.items():
        known = [value for value in values[measure] if value is not None]
        estimate = None
        if kind == "flag":
            estimate = wilson(sum(map(bool, known)), len(values[measure]))
        elif kind in (*UNITS, "instant") and known:
            estimate = mean(known)
        found[measure] = estimate, len(known)
    return found


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
    styles = ("", "", APART if _excludes_0(by) else "")
    yield [(escaped(measure), ""), *((value, style) for (value, _), style in zip(columns, styles, strict=True))]
    if any(interval for _, interval in columns):
        yield [("", ""), *((interval, "dim") for _, interval in columns)]
    known = [round(share.value * share.n) for share in found.known]
    if min(known) < n:
        yield [("", ""), *((f"in {count} of {n} runs", "dim") for count in known), (f"in {by.n if by else 0} runs of both", "dim")]
        ever = [_told(share, "flag", zone, apart=share is found.reached) for share in (*found.known, found.reached)]
        if by and by.n == known[0] == known[1]:
            ever[-1] = ("same in every run", "")
        yield [("  has a value", "dim"), *((value, "") for value, _ in ever[:2]), (ever[2][0], APART if _excludes_0(found.reached) else "")]
        yield [("", ""), *((interval, "dim") for _, interval in ever)]


def _is_apart(found: Contrast, kind: str) -> bool:
    """Whether a measure differs: by more than chance may make, or, where nothing can be estimated, at all."""
    if kind not in (*UNITS, "instant"):
        return bool(found.differing.value)
    return _excludes_0(found.difference) or _excludes_0(found.reached)


def _excludes_0(by: Estimate | None) -> bool:
    """Whether a difference is more than chance may make."""
    return by is not None and by.low is not None and by.high is not None and not by.low <= 0 <= by.high


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


def told_of(runs: int, seed: int, *, several: bool = True) -> str:
    """What the tables say, and what they do not; `several` variants, or one alone."""
    counted = "1 run" if runs == 1 else f"{number(runs)} runs"
    which = " of each" if several else ""
    paired = ", and Newcombe's for their paired difference in percentage points (pp)" if several else ""
    return (
        f"{counted}{which} (seed {seed}){', run by run with the same luck' if several else ''}. "
        f"Shares with Wilson's interval{paired}; "
        f"means over the runs that have a value, with a bootstrap interval; all at {LEVEL:.0%}. The intervals say how far {counted} may "
        "mislead, not whether the scenario is right."
    )


# ---- for documents


def markdown_of(reference: str, name: str, contrasts: Mapping[str, Contrast], kinds: Mapping[str, str], zone: str) -> Iterator[str]:
    """One what-if against the reference, a line a measure: estimates with their intervals, and on how many runs they rest."""
    rows: list[list[Cell]] = []
    for measure, found in contrasts.items():
        for row in _rows(measure, found, kinds[measure], zone):
            if row[0][0]:
                rows.append([*row])
            else:
                rows[-1] = [(" · ".join(filter(None, (above, below))), "") for (above, _), (below, _) in zip(rows[-1], row, strict=True)]
    yield from markdown_table(["measure", escaped(reference), escaped(name), "difference"], rows)


# ---- for machines

COLUMNS = (
    "before", "after", "measure", "type", "runs",
    *(f"{what}{end}" for what in ("before_value", "after_value", "difference") for end in ("", "_low", "_high")), "difference_runs",
    *(f"{what}{end}" for what in ("before_known", "after_known", "known_difference") for end in ("", "_low", "_high")), "differing",
)  # fmt: skip
"""The columns of the CSV: a row is a measure of a what-if against the reference."""


def csv_rows(reference: str, name: str, contrasts: Mapping[str, Contrast], kinds: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """One what-if against the reference: the estimates with their intervals; `known` is the share of runs that have a value."""
    for measure, one in as_dict(contrasts, kinds).items():
        known = one["runs_with_value"]
        row = {"before": reference, "after": name, "measure": measure, "type": one["type"], "runs": one["differing"]["n"]}
        row |= _flat("before_value", one["baseline"]) | _flat("after_value", one["what_if"]) | _flat("difference", one["difference"])
        row |= _flat("before_known", known["baseline"]) | _flat("after_known", known["what_if"])
        row |= _flat("known_difference", known["difference"]) | {"differing": one["differing"]["value"]}
        yield row | {"difference_runs": one["difference"]["n"] if one["difference"] else None}


def csv_rows_alone(reference: str, values: Values, kinds: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """One variant alone, in the same columns."""
    for measure, one in alone_as_dict(values, kinds).items():
        row = {"before": reference, "measure": measure, "type": one["type"], "runs": one["runs_with_value"]["n"]}
        yield row | _flat("before_value", one["estimate"]) | _flat("before_known", one["runs_with_value"])


def _flat(name: str, estimate: Mapping[str, Any] | None) -> dict[str, Any]:
    """An estimate in three columns."""
    return {} if estimate is None else {name: estimate["value"], f"{name}_low": estimate["low"], f"{name}_high": estimate["high"]}


def as_dict(contrasts: Mapping[str, Contrast], kinds: Mapping[str, str]) -> dict[str, Any]:
    """The contrasts by measure; differences of durations and instants in seconds."""
    return {name: _contrast_as_dict(found, kinds[name]) for name, found in contrasts.items()}


def alone_as_dict(values: Values, kinds: Mapping[str, str]) -> dict[str, Any]:
    """The estimates of one variant by measure."""
    return {
        measure: {
            "type": kinds[measure],
            "estimate": _estimate(estimate, kinds[measure]),
            "runs_with_value": _estimate(wilson(known, len(values[measure])), "flag"),
        }
        for measure, (estimate, known) in _estimates(values, kinds).items()
    }


def _contrast_as_dict(found: Contrast, kind: str) -> dict[str, Any]:
    apart = "duration" if kind == "instant" else kind
    return {
        "type": kind,
        "baseline": _estimate(found.first, kind),
        "what_if": _estimate(found.second, kind),
        "difference": _estimate(found.difference, apart),
        "runs_with_value": {
            "baseline": _estimate(found.known[0], "flag"),
            "what_if": _estimate(found.known[1], "flag"),
            "difference": _estimate(found.reached, "flag"),
        },
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
