"""Many runs of a scenario, or of several variants of it with the same luck: what is estimated and shown.

In: the measures of the variants, run by run. Out: lines for a terminal, and the same for machines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim import clock
from sim.analysis.measures import readable
from sim.analysis.statistics import LEVEL, QUANTITIES, Contrast, Estimate, Sample, Summary, contrast, summary
from sim.cli.documents import markdown_table
from sim.cli.pool import DIFFERS, Measures
from sim.cli.terminal import Cell, Screen, number, shown, table
from sim.errors import escaped

__all__ = [
    "COLUMNS",
    "Samples", "Versus",
    "alone", "alone_as_dict", "alone_cells", "as_dict", "csv_rows", "csv_rows_alone", "in_short", "markdown_of", "overview",
    "overview_cells", "samples_of", "table_of", "told_of", "versus",
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

ESTIMATED = ("flag", *QUANTITIES)
"""Types with a share or a mean; of all others it is told how often they differ."""

APART = "bold yellow"

Samples = Mapping[str, Sample]
"""The measures of one variant over all runs."""


@dataclass(frozen=True)
class Versus:
    """A variant against the reference: its name, the measures of both, and in how many runs what happens differs, or even a measure.

    `apart` is whether anything does, be it a value that the runs began with.
    """

    name: str
    contrasts: Mapping[str, Contrast]
    runs: int
    happens: int
    measured: int
    apart: bool


def samples_of(kinds: Sequence[Mapping[str, str]], done: Iterable[Sequence[Measures]]) -> tuple[list[Samples], list[list[str]]]:
    """For each variant its measures, whose types are `kinds`; and how its runs differ from those of the first (`DIFFERS`).

    `done` has the measures of all variants, run by run.
    """
    columns: list[dict[str, list[Any]]] = [{measure: [] for measure in own} for own in kinds]
    ways: list[list[str]] = [[] for _ in kinds]
    for found in done:
        for own, way, measures in zip(columns, ways, found, strict=True):
            way.append(measures.get(DIFFERS, ""))
            for measure, column in own.items():
                column.append(measures[measure])
    samples = [{measure: Sample(kind, own[measure]) for measure, kind in types.items()} for types, own in zip(kinds, columns, strict=True)]
    return [*samples], ways


def versus(names: Sequence[str], samples: Sequence[Samples], differs: Sequence[Sequence[str]]) -> list[Versus]:
    """Each variant but the first, against the first."""
    (base, *rest), (_, *ways) = samples, differs
    return [_versus(name, base, own, how) for name, own, how in zip(names[1:], rest, ways, strict=True)]


def _versus(name: str, base: Samples, own: Samples, how: Sequence[str]) -> Versus:
    contrasts = {measure: contrast(base.get(measure), own.get(measure)) for measure in dict.fromkeys([*base, *own])}
    columns = [(base[one].values, own[one].values) for one, found in contrasts.items() if found.differing is not None]
    measured = sum(any(first[run] != second[run] for first, second in columns) for run in range(len(how)))
    return Versus(name, contrasts, len(how), how.count("events"), measured, bool(measured) or any(how))


# ---- for people


def in_short(one: Versus) -> str:
    """Whether anything differs: by more than chance may make, and in how many runs at all."""
    both = [found for found in one.contrasts.values() if found.differing is not None]
    apart, runs = sum(map(_is_apart, both)), "1 run" if one.runs == 1 else f"{number(one.runs)} runs"
    if not one.happens and not one.measured:
        told = [f"nothing differs in {runs}" + (", but values that they began with" if one.apart else "")]
    else:
        told = [f"≠ {apart} of {len(both)} measures {'differs' if apart == 1 else 'differ'} by more than chance may make"] if apart else []
        told += [] if apart or not both else [f"no measure of {len(both)} differs by more than chance may make"]
        told.append(f"what happens differs in {number(one.happens)} of {runs}, a measure in {number(one.measured)}")
    for side, word in (("first", "new"), ("second", "gone")):
        if count := sum(getattr(found, side) is None for found in one.contrasts.values()):
            told.append(f"{count} {'measure is' if count == 1 else 'measures are'} {word}")
    whole = "; ".join(told)
    return f"{whole[0].upper()}{whole[1:]}."


def overview(reference: str, named: Sequence[Versus], zone: str, screen: Screen) -> Iterator[str]:
    """All what-ifs beside one another, as a table."""
    yield from table(*overview_cells(reference, named, zone), screen)


def overview_cells(reference: str, named: Sequence[Versus], zone: str) -> tuple[list[str], list[list[Cell]]]:
    """All what-ifs beside one another: a row a measure, its estimate for each; what is apart from the reference is marked."""
    rows: list[list[Cell]] = []
    for measure in dict.fromkeys(measure for one in named for measure in one.contrasts):
        found = [one.contrasts.get(measure) for one in named]
        row = [(escaped(measure), ""), (_in_overview(next(one.first for one in found if one), zone), "")]
        for one in found:
            apart = one is not None and _is_apart(one)
            row.append((f"{'≠ ' if apart else ''}{_in_overview(one.second if one else None, zone)}", APART if apart else ""))
        rows.append(row)
    return ["measure", escaped(reference), *(escaped(one.name) for one in named)], rows


def _in_overview(one: Summary | None, zone: str) -> str:
    """An estimate alone; of a mean also the share of runs that have a value, where that is not all."""
    if one is None:
        return "–"
    if one.kind not in QUANTITIES or one.known.value == 1:
        return _told(one.value, one.kind, zone)[0]
    if one.value is None:
        return shown(None, one.kind)
    return f"{_told(one.value, one.kind, zone)[0]} in {_rounded(100 * one.known.value)} %"


def alone(samples: Samples, zone: str, screen: Screen) -> Iterator[str]:
    """One variant alone, as a table."""
    yield from table(*alone_cells(samples, zone), screen)


def alone_cells(samples: Samples, zone: str) -> tuple[list[str], list[list[Cell]]]:
    """One variant alone: a row a measure, its estimate and interval, in how many runs it has a value where that is not all; its median."""
    rows: list[list[Cell]] = []
    for measure, sample in samples.items():
        found = summary(sample)
        value, interval = _told(found.value, found.kind, zone, always=_always(found))
        known = _known(found) if found.known.value < 1 else ""
        rows.append([(escaped(measure), ""), (value, "bold"), (interval, "dim"), (known, "dim")])
        if found.median is not None and not _is_constant(found.value):
            rows.append([("  median", "dim"), (_median(found, zone), ""), ("", ""), ("", "")])
    return ["measure", "estimate", "interval", ""], rows


def _known(found: Summary | None) -> str:
    """In how many runs there is a value."""
    return "" if found is None else f"in {round(found.known.value * found.known.n)} of {found.known.n} runs"


def _median(found: Summary | None, zone: str) -> str:
    """The median, where there is one."""
    if found is None or found.median is None:
        return ""
    return _told(Estimate(found.median, None, None, found.known.n), found.kind, zone)[0]


def table_of(reference: str, one: Versus, zone: str, screen: Screen) -> Iterator[str]:
    """One what-if against the reference: some lines a measure, the estimates, their intervals, and on how many runs they rest."""
    rows = [row for measure, found in one.contrasts.items() for row in _rows(measure, found, zone)]
    yield from table(["measure", escaped(reference), escaped(one.name), "difference"], rows, screen)


def _rows(measure: str, found: Contrast, zone: str) -> Iterator[list[Cell]]:
    """The lines of one measure."""
    sides, (kind, _) = (found.first, found.second), _kinds(found)
    told = [_told(side.value, side.kind, zone, always=_always(side)) if side else ("–", "") for side in sides]
    by = _difference(found, zone)
    marked = ("≠ ", APART) if _excludes_0(found.difference) or (kind not in ESTIMATED and _is_apart(found)) else ("", "")
    yield [(escaped(measure), ""), (told[0][0], ""), (f"{marked[0]}{told[1][0]}", marked[1]), (by[0], marked[1])]
    if any(interval for _, interval in (*told, by)):
        yield [("", ""), *((interval, "dim") for _, interval in (*told, by))]
    seldom = kind in ESTIMATED and any(side is not None and side.known.value < 1 for side in sides)
    both = found.difference.n if found.difference else 0
    if seldom:
        yield [("", ""), *((_known(side), "dim") for side in sides), (f"in {both} runs of both" if found.reached else "", "dim")]
    if any(side is not None and side.median is not None and not _is_constant(side.value) for side in sides):
        yield [("  median", "dim"), *((_median(side, zone), "") for side in sides), ("", "")]
    if seldom:
        yield from _reached_rows(found, both, zone)


def _reached_rows(found: Contrast, both: int, zone: str) -> Iterator[list[Cell]]:
    """In which share of the runs a measure has a value; `both`: in how many on both sides."""
    sides = (found.first, found.second)
    shares = [_told(side.known, "flag", zone) if side else ("", "") for side in sides]
    reached = _told(found.reached, "flag", zone, apart=True) if found.reached else ("", "")
    if all(side is not None and round(side.known.value * side.known.n) == both for side in sides) and found.reached:
        reached = ("same in every run", "")
    marked = ("≠ ", APART) if _excludes_0(found.reached) else ("", "")
    yield [("  has a value", "dim"), (shares[0][0], ""), (f"{marked[0]}{shares[1][0]}", marked[1]), (reached[0], marked[1])]
    yield [("", ""), *((interval, "dim") for _, interval in (*shares, reached))]


def _kinds(found: Contrast) -> tuple[str, str]:
    """The type of a measure, and of its differences."""
    side = found.second or found.first
    assert side is not None
    return side.kind, "duration" if side.kind == "instant" else side.kind


def _difference(found: Contrast, zone: str) -> tuple[str, str]:
    """A difference and its interval; that there is nothing to compare with, where one side has no such measure."""
    if found.differing is None:
        return ("new" if found.first is None else "gone" if found.second is None else "of another type"), ""
    kind, _ = _kinds(found)
    if kind not in ESTIMATED:
        return f"differs in {round(found.differing.value * found.differing.n)} of {found.differing.n}", ""
    if kind == "flag" and not found.differing.value:
        return "same in every run", ""
    return _told(found.difference, kind, zone, apart=True, always=_always(*(side for side in (found.first, found.second) if side)))


def _always(*sides: Summary) -> str:
    """What to say of a value that is always the same: in every run, or each time where it is there in some runs alone."""
    return "in every run" if all(side.known.value == 1 for side in sides) else "each time"


def _is_constant(estimate: Estimate | None) -> bool:
    """Whether every run has the same value."""
    return estimate is not None and estimate.low is not None and estimate.low == estimate.high


def _is_apart(found: Contrast) -> bool:
    """Whether a measure differs: by more than chance may make, or, where nothing can be estimated, at all."""
    kind, _ = _kinds(found)
    if kind not in ESTIMATED:
        return found.differing is not None and bool(found.differing.value)
    return _excludes_0(found.difference) or _excludes_0(found.reached)


def _excludes_0(by: Estimate | None) -> bool:
    """Whether a difference is more than chance may make."""
    return by is not None and by.low is not None and by.high is not None and not by.low <= 0 <= by.high


def _told(estimate: Estimate | None, kind: str, zone: str, *, apart: bool = False, always: str = "in every run") -> tuple[str, str]:
    """An estimate and its interval for people, in one unit; a dash where there is none. `apart`: it is a difference; `always`: what to say
    where no run has another."""
    if estimate is None:
        return "–", ""
    ends = [end for end in (estimate.low, estimate.high) if end is not None]
    alike = kind != "flag" and len(ends) == 2 and ends[0] == ends[1]
    if kind == "instant" and not apart:
        value, *texts = (shown(readable(round(one), kind), kind, zone) for one in (estimate.value, *ends))
        return value, always if alike else " to ".join(texts)
    size = max(abs(one) for one in (estimate.value, *ends))
    of_unit, unit = next(step[1:] for step in UNITS["duration" if kind == "instant" else kind] if size >= step[0])
    unit = " pp" if apart and kind == "flag" else unit

    def text(value: float) -> str:
        return ("−" if value < 0 else "+" if value > 0 and apart else "") + _rounded(abs(value) / of_unit)

    return text(estimate.value) + unit, always if alike else " to ".join(text(end) for end in ends) + (unit if ends else "")


def _rounded(value: float) -> str:
    """A number with as many digits as an estimate deserves."""
    return number(float(f"{value:.3g}") if value < 1_000 else round(value))


def told_of(runs: int, seed: int, overrides: Sequence[str] = (), *, several: bool = True) -> str:
    """What the tables say, and what they do not; `several` variants, or one alone; edits of the command line that hold for all."""
    counted = "1 run" if runs == 1 else f"{number(runs)} runs"
    which = " of each" if several else ""
    paired = ", and Newcombe's for their paired difference in percentage points (pp)" if several else ""
    edited = f", {'all ' if several else ''}with {escaped(' '.join(overrides))}" if overrides else ""
    return (
        f"{counted}{which}{edited} (seed {seed}){', run by run with the same luck' if several else ''}. "
        f"Shares with Wilson's interval{paired}; "
        f"means over the runs that have a value, with a bootstrap interval; all at {LEVEL:.0%}. The intervals say how far {counted} may "
        "mislead, not whether the scenario is right."
    )


# ---- for documents


def markdown_of(reference: str, one: Versus, zone: str) -> Iterator[str]:
    """One what-if against the reference, a line a measure: estimates with their intervals, and on how many runs they rest."""
    rows: list[list[Cell]] = []
    for measure, found in one.contrasts.items():
        for row in _rows(measure, found, zone):
            if row[0][0]:
                rows.append([*row])
            else:
                rows[-1] = [(" · ".join(filter(None, (above, below))), "") for (above, _), (below, _) in zip(rows[-1], row, strict=True)]
    yield from markdown_table(["measure", escaped(reference), escaped(one.name), "difference"], rows)


# ---- for machines

COLUMNS = (
    "before", "after", "measure", "type", "runs",
    *(f"{what}{end}" for what in ("before_value", "after_value", "difference") for end in ("", "_low", "_high")), "difference_runs",
    *(f"{what}{end}" for what in ("before_known", "after_known", "known_difference") for end in ("", "_low", "_high")), "differing",
    "before_median", "after_median", "apart",
)  # fmt: skip
"""The columns of the CSV: a row is a measure of a what-if against the reference."""


def csv_rows(reference: str, one: Versus) -> Iterator[dict[str, Any]]:
    """One what-if against the reference: the estimates with their intervals; `known` is the share of runs that have a value."""
    for measure, found in _contrasts_as_dict(one).items():
        known, medians = found["runs_with_value"], found["medians"]
        row = {"before": reference, "after": one.name, "measure": measure, "type": found["type"], "runs": one.runs}
        row |= _flat("before_value", found["baseline"]) | _flat("after_value", found["what_if"]) | _flat("difference", found["difference"])
        row |= _flat("before_known", known["baseline"]) | _flat("after_known", known["what_if"])
        row |= _flat("known_difference", known["difference"])
        row |= {"before_median": medians["baseline"], "after_median": medians["what_if"], "apart": str(found["apart"]).lower()}
        row["differing"] = found["differing"]["value"] if found["differing"] else None
        yield row | {"difference_runs": found["difference"]["n"] if found["difference"] else None}


def csv_rows_alone(reference: str, samples: Samples) -> Iterator[dict[str, Any]]:
    """One variant alone, in the same columns."""
    for measure, one in alone_as_dict(samples).items():
        row = {"before": reference, "measure": measure, "type": one["type"], "runs": one["runs_with_value"]["n"]}
        row["before_median"] = one["median"]
        yield row | _flat("before_value", one["estimate"]) | _flat("before_known", one["runs_with_value"])


def _flat(name: str, estimate: Mapping[str, Any] | None) -> dict[str, Any]:
    """An estimate in three columns."""
    return {} if estimate is None else {name: estimate["value"], f"{name}_low": estimate["low"], f"{name}_high": estimate["high"]}


def as_dict(reference: str, one: Versus) -> dict[str, Any]:
    """One what-if against the reference: in how many runs it differs, and the contrasts by measure."""
    differing = {"events": one.happens, "measures": one.measured}
    return {"before": reference, "after": one.name, "differs": one.apart, "differing_runs": differing, "measures": _contrasts_as_dict(one)}


def alone_as_dict(samples: Samples) -> dict[str, Any]:
    """The estimates of one variant by measure."""
    return {measure: _summary_as_dict(summary(sample)) for measure, sample in samples.items()}


def _summary_as_dict(found: Summary) -> dict[str, Any]:
    return {
        "type": found.kind,
        "estimate": _estimate(found.value, found.kind),
        "median": _plain(found.median, found.kind),
        "runs_with_value": _estimate(found.known, "flag"),
    }


def _contrasts_as_dict(one: Versus) -> dict[str, Any]:
    """The contrasts by measure; differences of durations and instants in seconds."""
    return {name: _contrast_as_dict(found) for name, found in one.contrasts.items()}


def _contrast_as_dict(found: Contrast) -> dict[str, Any]:
    kind, of_difference = _kinds(found)
    sides = [_summary_as_dict(side) if side is not None else {} for side in (found.first, found.second)]
    names = ("baseline", "what_if")
    return {
        "type": kind,
        **{name: side.get("estimate") for name, side in zip(names, sides, strict=True)},
        "difference": _estimate(found.difference, of_difference),
        "runs_with_value": {
            **{name: side.get("runs_with_value") for name, side in zip(names, sides, strict=True)},
            "difference": _estimate(found.reached, "flag"),
        },
        "medians": {name: side.get("median") for name, side in zip(names, sides, strict=True)},
        "differing": _estimate(found.differing, "flag"),
        "apart": _is_apart(found),
    }


def _estimate(estimate: Estimate | None, kind: str) -> dict[str, Any] | None:
    if estimate is None:
        return None
    low, high = _plain(estimate.low, kind), _plain(estimate.high, kind)
    return {"value": _plain(estimate.value, kind), "low": low, "high": high, "n": estimate.n}


def _plain(value: float | None, kind: str) -> Any:
    return readable(round(value), kind) if value is not None and kind in ("duration", "instant") else value
