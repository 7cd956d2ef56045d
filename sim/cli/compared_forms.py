"""A comparison of two runs, or of one with several, in the form that is asked for: text, Markdown, CSV or JSON.

In: the runs and how they compare. Out: the same on stdout.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from sim import clock
from sim.analysis.compare import Comparison, Pair
from sim.analysis.regimes import Span
from sim.cli.compared import (
    SIGNS,
    Side,
    Tongue,
    counted,
    difference,
    kind_of,
    measures_cells,
    measures_table,
    parting,
    regimes_cells,
    regimes_table,
    told_parting,
)
from sim.cli.compared_timeline import is_meant, shown_pairs, timeline
from sim.cli.documents import markdown_table, marked, out_csv
from sim.cli.edited import Change, changed_lines, in_short, made_by, markdown_edits
from sim.cli.terminal import Cell, Screen, Streamed, out, out_json
from sim.errors import escaped
from sim.log.entries import Entry, entry_as_dict

__all__ = ["Form", "Found", "Telling", "tell"]

Form = Literal["text", "markdown", "csv", "json"]

COLUMNS = (
    "before", "after", "kind", "before_id", "after_id", "before_time", "after_time", "moved_by",
    "event", "by", "to", "via", "before_status", "after_status", "case", "rule", "fields", "title",
)  # fmt: skip
"""The columns of the CSV: a row is a pair of entries."""


class Found(NamedTuple):
    """What was compared with the first run, how it compares, and what made it."""

    side: Side
    comparison: Comparison
    changes: Sequence[Change]


@dataclass(frozen=True)
class Telling:
    """How a comparison is told: a heading and a line below it, in which form, which events alone, whether all that is the same."""

    form: Form
    title: str
    about: str
    only: Sequence[str] = ()
    full: bool = False


def tell(base: Side, found: Sequence[Found], telling: Telling) -> None:
    """A run beside others."""
    match telling.form:
        case "json":
            _tell_json(base, found, telling)
        case "csv":
            _tell_csv(base, found, telling)
        case "markdown":
            out(*_markdown(base, found, telling))
        case "text":
            _tell_text(base, found, telling)


# ---- for people, on a terminal


def _tell_text(base: Side, found: Sequence[Found], telling: Telling) -> None:
    screen = Screen.of(sys.stdout)
    out(screen.styled(telling.title, "bold"))
    if telling.about:
        out(screen.styled(telling.about, "dim"))
    if len(found) > 1:
        _tell_several(base, found, screen)
        return
    ((other, comparison, changes),) = found
    out(*changed_lines(changes, screen), "")
    out(*parting(base, other, comparison, changes, screen))
    for lines in (measures_table([base, other], screen), regimes_table(base, other, comparison, screen, full=telling.full)):
        if whole := list(lines):
            out("", *whole)
    if telling.only and not _has_any(comparison, telling.only):
        out("", f"Neither run has an entry of {' or '.join(map(escaped, telling.only))}.")
    elif any(kind != "same" and count for kind, count in comparison.counts.items()) or telling.full:
        out("", screen.styled(counted(comparison), "dim"))
        for line in timeline(base, other, comparison, screen, full=telling.full, only=telling.only):
            out(line)


def _has_any(comparison: Comparison, only: Sequence[str]) -> bool:
    """Whether a run has an entry of these events."""
    return any(is_meant(outline, only) for outline in comparison.pairs.outlines())


def _tell_several(base: Side, found: Sequence[Found], screen: Screen) -> None:
    """The measures of all side by side, and where each parts from the first."""
    out("", *measures_table([base, *(one.side for one in found)], screen))
    for side, comparison, changes in found:
        out("", f"{screen.styled(escaped(side.name), 'bold')}  {screen.styled(counted(comparison), 'dim')}")
        out(f"  {screen.styled(in_short(changes, screen.width - 2), 'dim')}")
        out(*(f"  {line}" for line in parting(base, side, comparison, changes, Screen(screen.width - 2, screen.colour))))


# ---- for documents


def _markdown(base: Side, found: Sequence[Found], telling: Telling) -> Iterator[str]:
    yield from (f"## {marked(telling.title)}", "")
    if telling.about:
        yield from (marked(telling.about), "")
    if len(found) > 1:
        yield from markdown_table(*measures_cells([base, *(one.side for one in found)]))
    for one in found:
        if len(found) > 1:
            yield from (f"### {marked(one.side.name)}", "")
        yield from _markdown_of(base, one, telling, alone=len(found) == 1)


def _markdown_of(base: Side, found: Found, telling: Telling, *, alone: bool) -> Iterator[str]:
    """One comparison: the edits, where they part; alone also measures, what was in force when, and the entries that differ."""
    side, comparison, changes = found
    yield from markdown_edits(changes)
    told, origin = told_parting(base, side, comparison, changes)
    yield from ("", f"**{marked(told)}** {marked(origin)}".rstrip(), "")
    if not alone:
        return
    yield from markdown_table(*measures_cells([base, side]))
    yield from markdown_table(*regimes_cells(base, side, comparison, few=None, full=telling.full))
    yield from (marked(counted(comparison)), "")
    tongue = Tongue(base, side)
    rows: list[list[Cell]] = []
    for fold, pair in shown_pairs(comparison, tongue, full=telling.full, only=telling.only):
        if fold.told:
            rows.append([("·", ""), ("", ""), (fold.told, ""), ("", ""), ("", "")])
        if pair is not None:
            cells = (SIGNS[pair.kind][0], tongue.when(pair.time), tongue.what(pair), tongue.note(pair), escaped(pair.entry.rule or ""))
            rows.append([(cell, "") for cell in cells])
    if any(row[0][0] != "·" for row in rows):
        yield from markdown_table(["", "when", "what", "is", "by"], rows)


# ---- for machines


def _tell_csv(base: Side, found: Sequence[Found], telling: Telling) -> None:
    """A row each pair of entries; those that are the same with `full` alone."""
    out_csv(COLUMNS, (row for one in found for row in _csv_rows(base, one, telling)))


def _csv_rows(base: Side, found: Found, telling: Telling) -> Iterator[dict[str, Any]]:
    write, tongue = clock.IsoClock(found.side.log.header.timezone), Tongue(base, found.side)
    for pair in _meant(found.comparison, telling):
        yield {"before": base.name, "after": found.side.name, **_csv_row(pair, write), "title": tongue.of(pair).event(pair.entry.event)}


def _csv_row(pair: Pair, write: clock.IsoClock) -> dict[str, Any]:
    """A pair as a row of the CSV, by column."""
    row: dict[str, Any] = {"kind": pair.kind, "fields": " ".join(pair.fields)}
    row["moved_by"] = clock.seconds(pair.moved_by) if pair.moved_by else None
    for side, entry in (("before", pair.before), ("after", pair.after)):
        if entry is not None:
            row |= {f"{side}_id": entry.id, f"{side}_time": write(entry.time), f"{side}_status": entry.status}
    return row | {name: getattr(pair.entry, name) for name in ("event", "by", "to", "via", "case", "rule")}


def _tell_json(base: Side, found: Sequence[Found], telling: Telling) -> None:
    header = base.log.header
    told = [_as_dict(base, one, telling) for one in found]
    out_json({"scenario": header.scenario, "seed": header.seed, "replication": header.replication, "comparisons": told})


def _as_dict(before: Side, found: Found, telling: Telling) -> dict[str, Any]:
    """A comparison: pairs that are the same are left out unless `full`."""
    after, comparison, changes = found
    write = clock.IsoClock(after.log.header.timezone)

    def entry(one: Entry | None) -> dict[str, Any] | None:
        return entry_as_dict(one, write) if one is not None else None

    def pair(one: Pair) -> dict[str, Any]:
        moved_by = clock.seconds(one.moved_by)
        return {"kind": one.kind, "moved_by": moved_by, "fields": [*one.fields], "before": entry(one.before), "after": entry(one.after)}

    def spans(those: Sequence[Span] | None) -> list[list[str | None]] | None:
        return (
            None if those is None else [[write(since), None if until is None else write(until), end or None] for since, until, end in those]
        )

    first = comparison.first_divergence
    names = dict.fromkeys([*before.measures, *after.measures])
    behind = made_by(first, changes, (before.root, after.root)) if first is not None else []
    return {
        "before": before.name,
        "after": after.name,
        "edits": [vars(change) for change in changes],
        "differs": comparison.differs,
        "counts": dict(comparison.counts),
        "first_divergence": pair(first) if first is not None else None,
        "made_by": [change.path for change in behind],
        "started": {path: [*values] for path, values in comparison.started.items()},
        "in_force": {
            one.provision: {"kind": kind_of(one.provision, after, before), "before": spans(one.before), "after": spans(one.after)}
            for one in comparison.regimes
            if one.differs or telling.full
        },
        "measures": {name: _measure_as_dict(before.measures.get(name), after.measures.get(name)) for name in names},
        "pairs": Streamed(pair(one) for one in _meant(comparison, telling)),
    }


def _meant(comparison: Comparison, telling: Telling) -> Iterator[Pair]:
    """The pairs that are asked for."""
    for place, outline in enumerate(comparison.pairs.outlines()):
        if (telling.full or outline.kind != "same") and (not telling.only or is_meant(outline, telling.only)):
            yield comparison.pairs[place]


def _measure_as_dict(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> dict[str, Any]:
    kind = (after or before or {})["type"]
    old, new = ((one or {}).get("value") for one in (before, after))
    return {"type": kind, "before": old, "after": new, "difference": difference(before, after)}
