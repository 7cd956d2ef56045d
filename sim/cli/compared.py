"""Comparisons on paper: where two runs part, their measures, and one timeline of both.

In: two runs and their `Comparison`. Out: lines for a terminal, and the same for machines.

Stretches of what is the same are folded into one line. So is routine, counted by kind: the course of cases, `change`
entries, and whatever differs alike more than `OFTEN` times, save the first.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sim import clock
from sim.analysis.compare import Comparison, Pair
from sim.cli.edited import Change
from sim.cli.results import is_of
from sim.cli.terminal import Cell, Screen, columns, number, shown, table
from sim.cli.words import Words
from sim.errors import escaped
from sim.language.scenario import Scenario
from sim.log.entries import Entry, Log, entry_as_dict

__all__ = ["Side", "as_dict", "counted", "difference", "is_meant", "measures_table", "parting", "timeline"]

SIGNS: dict[str, Cell] = {
    "same": ("=", "dim"),
    "moved": (">", "cyan"),
    "changed": ("~", "yellow"),
    "gone": ("−", "red"),
    "new": ("+", "green"),
    "other cause": ("=", "yellow"),
}
OFTEN = 5
FEW_FIELDS = 3
FEW_STARTS = 6
LEFT = 20
"""The columns before what happened: sign, date, time."""


@dataclass(frozen=True)
class Side:
    """One of the two runs: its name, log and measures (each with value and type), and its scenario where that can be read."""

    name: str
    log: Log
    measures: Mapping[str, Mapping[str, Any]]
    scenario: Scenario | None


class Tongue:
    """Pairs in words: an entry is told with the names of the run it is from."""

    def __init__(self, before: Side, after: Side) -> None:
        self.zone = after.log.header.timezone
        self.logs = (before.log, after.log)
        self.words = (Words(before.scenario, self.zone), Words(after.scenario, self.zone))

    def of(self, pair: Pair) -> Words:
        """The words of the run that is shown."""
        return self.words[pair.after is not None]

    def when(self, instant: int) -> str:
        """Local date and time to the minute."""
        return clock.iso(instant, self.zone)[:16].replace("T", " ")

    def what(self, pair: Pair) -> str:
        """What happens, and who does it to whom."""
        words, entry = self.of(pair), pair.entry
        if entry.event in ("claim", "contradiction"):
            told = words.said(entry)
        elif entry.event == "change" and "duty" in entry.data:
            told = words.title(entry)
        elif entry.event == "change":
            told = f"values change: {', '.join(escaped(path.partition('.')[2] or path) for path in entry.changes)}"
        elif entry.event == "end":
            told = "end of the run"
        else:
            told = "  ".join(part for part in (words.event(entry.event), words.who(entry)) if part)
        return told if entry.status == "done" else f"{entry.status.upper()}  {told}"

    def note(self, pair: Pair) -> str:
        """What is different about it."""
        moved = self.moved(pair)
        match pair.kind:
            case "changed":
                named = [name for name in pair.fields if name not in ("key", "cause")]
                told = ", ".join(self.field(pair, name) for name in named[:FEW_FIELDS])
                more = f", and {len(named) - FEW_FIELDS} more" if len(named) > FEW_FIELDS else ""
                return f"changed: {told}{more}" + (f"; {moved}" if moved else "")
            case "moved":
                return moved
            case "other cause":
                return "same, other cause"
            case kind:
                return kind

    def moved(self, pair: Pair) -> str:
        """By how much it comes later (+) or earlier (−), and the instant that its line does not begin with."""
        if pair.before is None or pair.after is None or not pair.moved_by:
            return ""
        other = f"to {self.when(pair.after.time)}" if pair.moved_by > 0 else f"from {self.when(pair.before.time)}"
        return f"moved by {'+' if pair.moved_by > 0 else ''}{clock.words(pair.moved_by)}, {other}"

    def field(self, pair: Pair, name: str) -> str:
        """One field that differs, with both values."""
        assert pair.before is not None
        assert pair.after is not None
        head, _, rest = name.partition(".")
        if head == "because":
            (old, _), (new, _) = (entry.because.get(rest, (None, ())) for entry in (pair.before, pair.after))
            if old == new:
                return f"{escaped(rest)} as another entry wrote it"
            return f"read {escaped(rest)} {self.value(old)} → {self.value(new)}"
        if head == "changes":
            (_, old), (_, new) = (entry.changes.get(rest, (None, None)) for entry in (pair.before, pair.after))
            return f"makes {escaped(rest.partition('.')[2])} {self.value(new)} instead of {self.value(old)}"
        types = known.fields if (known := self._event(pair)) else {}
        kind = types[rest].name if rest in types else ""
        old, new = ((entry.data.get(rest) if rest else getattr(entry, head)) for entry in (pair.before, pair.after))
        return f"{escaped(rest or head).replace('_', ' ')} {self.value(old, kind)} → {self.value(new, kind)}"

    def _event(self, pair: Pair) -> Any:
        scenario = self.of(pair).scenario
        return scenario.events.get(pair.entry.event) if scenario else None

    def value(self, value: Any, kind: str = "") -> str:
        """A value for people; several as a list."""
        if value is None or value == ():
            return "none"
        if isinstance(value, tuple | list):
            return " ".join(escaped(str(one)) for one in value)
        return shown(value, kind, self.zone)


# ---- where they part


def parting(before: Side, after: Side, comparison: Comparison, changes: Sequence[Change], screen: Screen) -> Iterator[str]:
    """The first divergence in words, with the provision it is of and the edit that made it."""
    pair = comparison.first_divergence
    if pair is None:
        yield from textwrap.wrap(_the_same(before, comparison), screen.width - 2, break_on_hyphens=False)
        return
    tongue = Tongue(before, after)
    told = f"They part on {tongue.when(pair.time)}: {tongue.what(pair).replace('  ', ', ')}: {tongue.note(pair)}"
    for place, line in enumerate(textwrap.wrap(told, screen.width - 2)):
        yield screen.styled(f"{'  ' if place else ''}{line}", "bold")
    origin = [f"[{escaped(pair.entry.rule)}]"] if pair.entry.rule else []
    made_by = _edits_behind(pair, changes)
    if made_by:
        origin.append("by the edit of " + ", ".join(one.path + (f" ({one.place})" if one.place else "") for one in made_by[:FEW_FIELDS]))
    for line in textwrap.wrap(" ".join(origin), screen.width - 2, break_on_hyphens=False):
        yield screen.styled(f"  {line}", "dim")


def _the_same(side: Side, comparison: Comparison) -> str:
    """That two runs are the same, and which values they began with though are not."""
    if not comparison.started:
        return f"Nothing differs: all {number(len(comparison.pairs))} entries are the same."
    words = Words(side.scenario, side.log.header.timezone)
    told = [f"{escaped(path)} {words.written(path, old)} → {words.written(path, new)}" for path, (old, new) in comparison.started.items()]
    more = f", and {len(told) - FEW_STARTS} more" if len(told) > FEW_STARTS else ""
    return f"The runs are the same; only start values differ: {', '.join(told[:FEW_STARTS])}{more}."


def _edits_behind(pair: Pair, changes: Sequence[Change]) -> list[Change]:
    """The edits that touch the provision of a pair, or a value its guard read; the only edit there is, in any case."""
    if len(changes) == 1:
        return list(changes)
    entries = [entry for entry in (pair.before, pair.after) if entry is not None]
    rules = {entry.rule for entry in entries if entry.rule}
    read = {name for entry in entries for name in entry.because}
    found = []
    for change in changes:
        of_rule = any(change.path == rule or change.path.startswith(f"{rule}.") for rule in rules)
        if of_rule or any(name in read for name in (change.path, *change.path.split(".")[1:2])):
            found.append(change)
    return found


def counted(comparison: Comparison) -> str:
    """How many entries are the same, moved and so on, in words."""
    return " · ".join(f"{number(count)} {kind}" for kind, count in comparison.counts.items() if count) or "nothing"


# ---- measures


def difference(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> float | None:
    """By how much a measure differs, in its unit (seconds for durations and instants); None where that means nothing."""
    if before is None or after is None or before["type"] != after["type"]:
        return None
    kind, old, new = after["type"], before["value"], after["value"]
    if old is None or new is None or kind not in ("number", "duration", "instant", "rate"):
        return None
    if kind == "instant":
        return clock.seconds(clock.instant_of_iso(new) - clock.instant_of_iso(old))
    found: float = new - old
    return found


def signed(value: float, kind: str) -> str:
    """A difference with its sign."""
    if not value:
        return "0"
    text = shown(abs(value), kind) if kind in ("number", "rate") else clock.words(round(abs(value) * clock.SECOND))
    return f"{'+' if value > 0 else '−'}{text}"


def measures_table(sides: Sequence[Side], screen: Screen) -> Iterator[str]:
    """The measures of the baseline and of others; what differs is marked. Two sides get a column with the difference."""
    first, *others = sides
    zone = first.log.header.timezone
    rows: list[list[Cell]] = []
    for name in dict.fromkeys(name for side in sides for name in side.measures):
        base = first.measures.get(name)
        row = [(escaped(name), ""), (_measured(base, zone), "")]
        for side in others:
            own = side.measures.get(name)
            differs = (base or {}).get("value") != (own or {}).get("value")
            row.append((f"{'≠ ' if differs else ''}{_measured(own, zone)}", "bold yellow" if differs else ""))
            if len(others) == 1:
                by = difference(base, own)
                row.append((signed(by, own["type"]) if by and own else "", ""))
        rows.append(row)
    if rows:
        head = ["measure", *(escaped(side.name) for side in sides), *(["difference"] if len(others) == 1 else [])]
        yield from table(head, rows, screen)


def _measured(one: Mapping[str, Any] | None, zone: str) -> str:
    return shown(one["value"], one["type"], zone) if one is not None else "–"


# ---- the timeline of both


@dataclass
class _Fold:
    """A stretch that is not shown: how many entries are the same, and which routine differs how."""

    same: int = 0
    routine: dict[str, Counter[str]] = field(default_factory=dict)


def timeline(before: Side, after: Side, comparison: Comparison, screen: Screen, *, full: bool, only: Sequence[str]) -> Iterator[str]:
    """Both runs as one timeline. `only` keeps events of these names (and of the provisions of these names); `full` folds nothing."""
    return _Page(Tongue(before, after), screen).lines(comparison.pairs, full=full, only=only)


class _Page:
    """One comparison on its way to paper."""

    def __init__(self, tongue: Tongue, screen: Screen) -> None:
        self.tongue = tongue
        self.screen = screen
        self.room = max(screen.width - LEFT, 20)

    def lines(self, pairs: Sequence[Pair], *, full: bool, only: Sequence[str]) -> Iterator[str]:
        """Every line of the page."""
        often = Counter(_alike(pair) for pair in pairs)
        seen: set[tuple[str, ...]] = set()
        fold = _Fold()
        for pair in pairs:
            alike = _alike(pair)
            routine = not only and (self.is_routine(pair) or (often[alike] > OFTEN and alike in seen))
            seen.add(alike)
            if not is_meant(pair, only):
                continue
            if full or not (pair.kind == "same" or routine):
                yield from self.fold(fold, pair)
                fold = _Fold()
                yield from self.row(pair)
            elif pair.kind == "same":
                fold.same += 1
            else:
                fold.routine.setdefault(self.group(pair), Counter())[pair.kind] += 1
        yield from self.fold(fold, None)

    def is_routine(self, pair: Pair) -> bool:
        """Whether a pair is routine however seldom it is: the course of a case, a value that was written."""
        entry = pair.entry
        return (entry.event == "change" and "duty" not in entry.data) or self.tongue.of(pair).procedure(entry.event) is not None

    def group(self, pair: Pair) -> str:
        """What a fold counts a pair under."""
        words, event = self.tongue.of(pair), pair.entry.event
        procedure = words.procedure(event)
        if event == "change":
            return "changes of values"
        return escaped(procedure.replace("_", " ")) if procedure else words.event(event)

    def row(self, pair: Pair) -> Iterator[str]:
        """One pair: sign, date, what happens, what is different about it; its provision where there is room."""
        screen, (sign, style) = self.screen, SIGNS[pair.kind]
        what, note = self.tongue.what(pair), self.tongue.note(pair)
        head = f"{screen.styled(sign, style)} {self.tongue.when(pair.time)}  "
        used = columns(what) + 2 + columns(note)
        if used > self.room:
            parts = [*((line, "") for line in textwrap.wrap(what, self.room)), *((line, style) for line in textwrap.wrap(note, self.room))]
            for place, (line, colour) in enumerate(parts):
                yield (" " * LEFT if place else head) + screen.styled(line, colour)
            return
        origin = escaped(pair.entry.rule or "")
        space = self.room - used - columns(origin)
        tail = " " * space + screen.styled(origin, "dim") if origin and space >= 3 else ""
        yield f"{head}{what}  {screen.styled(note, style)}{tail}"

    def fold(self, fold: _Fold, following: Pair | None) -> Iterator[str]:
        """A stretch that is not shown, in one line."""
        parts = [f"{number(fold.same)} {'entry' if fold.same == 1 else 'entries'} unchanged"] if fold.same else []
        for name, kinds in fold.routine.items():
            parts.append(f"{name}: " + ", ".join(f"{number(count)} {kind}" for kind, count in kinds.items()))
        if not parts:
            return
        until = f" until {self.tongue.when(following.time)[:10]}" if following is not None else ""
        for place, line in enumerate(textwrap.wrap(" · ".join(parts) + until, self.screen.width - 2, break_on_hyphens=False)):
            yield self.screen.styled(f"{' ' if place else '·'} {line}", "dim")


def is_meant(pair: Pair, only: Sequence[str]) -> bool:
    """Whether a pair is of these events or norms, in either run. Without names all are meant but start and end."""
    if only:
        return any(is_of(entry, only) for entry in (pair.before, pair.after) if entry is not None)
    return pair.entry.event not in ("start", "end") or pair.kind not in ("same", "changed")


def _alike(pair: Pair) -> tuple[str, ...]:
    """What counts as the same difference again; what is the same counts for nothing."""
    if pair.kind == "same":
        return ()
    statuses = (entry.status if entry else "" for entry in (pair.before, pair.after))
    return (pair.kind, pair.entry.event, *statuses)


# ---- for machines


def as_dict(
    before: Side, after: Side, comparison: Comparison, changes: Sequence[Change], *, full: bool, only: Sequence[str]
) -> dict[str, Any]:
    """A comparison for machines: pairs that are the same are left out unless `full`."""
    write = clock.IsoClock(after.log.header.timezone)

    def entry(one: Entry | None) -> dict[str, Any] | None:
        return entry_as_dict(one, write) if one is not None else None

    def pair(one: Pair) -> dict[str, Any]:
        moved_by = clock.seconds(one.moved_by)
        return {"kind": one.kind, "moved_by": moved_by, "fields": [*one.fields], "before": entry(one.before), "after": entry(one.after)}

    first = comparison.first_divergence
    names = dict.fromkeys([*before.measures, *after.measures])
    return {
        "before": before.name,
        "after": after.name,
        "edits": [vars(change) for change in changes],
        "differs": comparison.differs,
        "counts": dict(comparison.counts),
        "first_divergence": pair(first) if first is not None else None,
        "started": {path: [*values] for path, values in comparison.started.items()},
        "measures": {name: _measure_as_dict(before.measures.get(name), after.measures.get(name)) for name in names},
        "pairs": [pair(one) for one in comparison.pairs if (full or one.kind != "same") and (not only or is_meant(one, only))],
    }


def _measure_as_dict(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> dict[str, Any]:
    kind = (after or before or {})["type"]
    old, new = ((one or {}).get("value") for one in (before, after))
    return {"type": kind, "before": old, "after": new, "difference": difference(before, after)}
