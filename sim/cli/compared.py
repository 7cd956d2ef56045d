"""Comparisons in words: where two runs part and by which edit, what was in force when, their measures.

In: two runs and their `Comparison`. Out: lines and cells for people, whatever they are printed on.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim import clock
from sim.analysis.compare import Comparison, Outline, Pair
from sim.analysis.regimes import Span
from sim.cli.edited import Change, made_by
from sim.cli.terminal import Cell, Screen, number, shown, table
from sim.cli.words import Words
from sim.errors import escaped
from sim.language.nodes import Fields
from sim.language.scenario import Scenario
from sim.log.entries import Log

__all__ = [
    "FEW_REGIMES", "SIGNS",
    "Side", "Tongue",
    "counted", "difference", "kind_of", "measures_cells", "measures_table", "parting", "regimes_cells", "regimes_table", "told_parting",
    "unlike",
]  # fmt: skip

SIGNS: dict[str, Cell] = {
    "same": ("=", "dim"),
    "moved": (">", "cyan"),
    "changed": ("~", "yellow"),
    "gone": ("−", "red"),
    "new": ("+", "green"),
    "other cause": ("=", "yellow"),
}
FEW_FIELDS = 3
FEW_STARTS = 6
FEW_SPANS = 3
FEW_REGIMES = 8


@dataclass(frozen=True)
class Side:
    """One of the two runs: its name, log and measures (each with value and type), and its scenario where that can be read."""

    name: str
    log: Log
    measures: Mapping[str, Mapping[str, Any]]
    scenario: Scenario | None
    root: Fields | None = None
    """What it was made from as it was written, edits made."""


class Tongue:
    """Pairs in words: an entry is told with the names of the run it is from."""

    def __init__(self, before: Side, after: Side) -> None:
        self.zone = after.log.header.timezone
        self.logs = (before.log, after.log)
        self.words = (Words(before.scenario, self.zone), Words(after.scenario, self.zone))

    def of(self, pair: Pair | Outline) -> Words:
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

    def note(self, pair: Pair, *, dated: bool = True) -> str:
        """What is different about it, with the instant that its line does not begin with; neither that nor the kind where not `dated`."""
        moved = self.moved(pair, dated=dated)
        match pair.kind:
            case "changed":
                hidden = ("key", "cause", "case") if "status" in pair.fields else ("key", "cause")  # a blocked application has no case
                named = [name for name in pair.fields if name not in hidden]
                told = ", ".join(self.field(pair, name) for name in named[:FEW_FIELDS])
                more = f", and {len(named) - FEW_FIELDS} more" if len(named) > FEW_FIELDS else ""
                return f"{'changed: ' if dated else ''}{told}{more}" + (f"; {moved}" if moved else "")
            case "moved":
                return moved
            case "other cause":
                return "same, other cause"
            case kind:
                return kind

    def moved(self, pair: Pair, *, dated: bool = True) -> str:
        """By how much it comes later (+) or earlier (−), and the instant that its line does not begin with."""
        if pair.before is None or pair.after is None or not pair.moved_by:
            return ""
        if not dated:
            return f"moved by {'+' if pair.moved_by > 0 else ''}{clock.words(pair.moved_by)}"
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


def unlike(before: Side, after: Side) -> Iterator[str]:
    """In what two runs are unlike that no edit makes: their luck, their period."""
    first, second = before.log.header, after.log.header
    if first.period != second.period:
        told = (" to ".join(clock.iso(edge, one.timezone)[:10] for edge in one.period) for one in (first, second))
        yield f"warning: these runs have different periods ({' and '.join(told)}): what differs may come from that alone"
    if (first.seed, first.replication) != (second.seed, second.replication):
        yield "these runs had different luck: what differs need not come from what was changed"


# ---- where they part


def parting(before: Side, after: Side, comparison: Comparison, changes: Sequence[Change], screen: Screen) -> Iterator[str]:
    """The first divergence on a terminal, with the provision it is of and the edit that made it."""
    told, origin = told_parting(before, after, comparison, changes)
    if comparison.first_divergence is None:
        yield from textwrap.wrap(told, screen.width - 2, break_on_hyphens=False)
        return
    for place, line in enumerate(textwrap.wrap(told, screen.width - 2)):
        yield screen.styled(f"{'  ' if place else ''}{line}", "bold")
    for line in textwrap.wrap(origin, screen.width - 2, break_on_hyphens=False):
        yield screen.styled(f"  {line}", "dim")


def told_parting(before: Side, after: Side, comparison: Comparison, changes: Sequence[Change]) -> tuple[str, str]:
    """The first divergence in words; and the provision it is of with the edit that made it."""
    pair = comparison.first_divergence
    if pair is None:
        return _the_same(before, comparison), ""
    tongue = Tongue(before, after)
    told = f"They part on {tongue.when(pair.time)}: {tongue.what(pair).replace('  ', ', ')}: {tongue.note(pair)}"
    origin = [f"[{escaped(pair.entry.rule)}]"] if pair.entry.rule else []
    if behind := made_by(pair, changes, (before.root, after.root)):
        origin.append("by the edit of " + ", ".join(_told_edit(one, alone=len(changes) == 1) for one in behind[:FEW_FIELDS]))
    return told, " ".join(origin)


def _told_edit(change: Change, *, alone: bool) -> str:
    """An edit where a divergence is told: its path and place, and its values unless it is the only one."""
    values = "" if alone else " → ".join(part for part in (change.before, change.after) if part is not None)
    within = ": ".join(part for part in (change.place, values) if part)
    return change.path + (f" ({within})" if within else "")


def _the_same(side: Side, comparison: Comparison) -> str:
    """That two runs are the same, and which values they began with though are not."""
    if not comparison.started:
        return f"Nothing differs: all {number(len(comparison.pairs))} entries are the same."
    words = Words(side.scenario, side.log.header.timezone)
    told = [f"{escaped(path)} {words.written(path, old)} → {words.written(path, new)}" for path, (old, new) in comparison.started.items()]
    more = f", and {len(told) - FEW_STARTS} more" if len(told) > FEW_STARTS else ""
    return f"The runs are the same; only start values differ: {', '.join(told[:FEW_STARTS])}{more}."


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


def measures_cells(sides: Sequence[Side]) -> tuple[list[str], list[list[Cell]]]:
    """The measures of the baseline and of others; what differs is marked. Two sides get a column with the difference.

    A measure that one side does not have compares with nothing.
    """
    first, *others = sides
    zone = first.log.header.timezone
    rows: list[list[Cell]] = []
    for name in dict.fromkeys(name for side in sides for name in side.measures):
        base = first.measures.get(name)
        row = [(escaped(name), ""), (_measured(base, zone), "")]
        for side in others:
            own = side.measures.get(name)
            differs = base is not None and own is not None and base["value"] != own["value"]
            row.append((f"{'≠ ' if differs else ''}{_measured(own, zone)}", "bold yellow" if differs else ""))
            if len(others) == 1:
                by = difference(base, own)
                absent = "new" if base is None else "gone" if own is None else ""
                row.append((signed(by, own["type"]) if by and own else absent, ""))
        rows.append(row)
    return ["measure", *(escaped(side.name) for side in sides), *(["difference"] if len(others) == 1 else [])], rows


def measures_table(sides: Sequence[Side], screen: Screen) -> Iterator[str]:
    """The same as a table, where there are measures."""
    head, rows = measures_cells(sides)
    if rows:
        yield from table(head, rows, screen)


def _measured(one: Mapping[str, Any] | None, zone: str) -> str:
    return shown(one["value"], one["type"], zone) if one is not None else "–"


# ---- what was in force when


def kind_of(provision: str, *sides: Side) -> str:
    """What a provision is: a rule, norm, procedure or step; nothing where that is not known."""
    for scenario in (side.scenario for side in sides if side.scenario is not None):
        if "." in provision or provision in scenario.procedures:
            return "step" if "." in provision else "procedure"
        for kind, listed in (("norm", scenario.norms), ("rule", scenario.rules)):
            if any(one.id == provision for one in listed):
                return kind
    return ""


def regimes_cells(
    before: Side, after: Side, comparison: Comparison, *, few: int | None = FEW_REGIMES, full: bool = False
) -> tuple[list[str], list[list[Cell]]]:
    """The provisions that were in force at other times, side by side, the first `few`; with `full` all provisions."""
    zone = after.log.header.timezone
    differing = [one for one in comparison.regimes if one.differs]
    regimes = comparison.regimes if full else differing[:few]
    rows: list[list[Cell]] = []
    for one in regimes:
        name = " ".join(filter(None, (kind_of(one.provision, before, after), escaped(one.provision))))
        style = "bold yellow" if one.differs else ""
        rows.append([(name, ""), (_spans(one.before, before, zone), ""), (_spans(one.after, after, zone), style)])
    if len(regimes) < len(differing):
        rows.append([(f"… and {len(differing) - len(regimes)} more", "dim"), ("", ""), ("", "")])
    return ["in force", escaped(before.name), escaped(after.name)], rows


def regimes_table(before: Side, after: Side, comparison: Comparison, screen: Screen, *, full: bool) -> Iterator[str]:
    """The same as a table, where there is such a provision."""
    head, rows = regimes_cells(before, after, comparison, full=full)
    if rows:
        yield from table(head, rows, screen)


def _spans(spans: Sequence[Span] | None, side: Side, zone: str) -> str:
    """When something was in force, in words."""
    if spans is None:
        return "not there"
    begin = side.log.header.period[0]
    told = []
    for since, until, end in spans[:FEW_SPANS]:
        first, last = (None if edge is None else clock.iso(edge, zone)[:10] for edge in (since, until))
        ended = f" ({end})" if end else ""
        if since <= begin:
            told.append("throughout" if last is None else f"until {last}{ended}")
        else:
            told.append(f"from {first}" if last is None else f"{first} to {last}{ended}")
    more = f" and {len(spans) - FEW_SPANS} more times" if len(spans) > FEW_SPANS else ""
    return (", ".join(told) or "never") + more
