"""Two logs, aligned by cause: what is the same, moved, changed, gone, new; and where they first part.

In: two `Log`s, `before` and `after`. Out: `Comparison`. Nothing but the logs is looked at, each from start to end once;
where two entries differ, and where a pair is asked for, the entries are looked up again. So of logs that are read from
files as they are needed, no more than a few numbers an entry is ever held.

Ids mean nothing here: causes, and the writers of what a guard read, agree when they are partners (`partners`).
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, overload

from sim.analysis.partners import Partners, partners_of
from sim.analysis.regimes import Regime, regimes_of
from sim.analysis.traces import NOWHERE, Sort, Sorts, Trace
from sim.log.entries import Entry, Log

__all__ = ["KINDS", "Comparison", "Kind", "Outline", "Pair", "Pairs", "compare"]

Kind = Literal["same", "moved", "changed", "gone", "new", "other cause"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SAME, MOVED, CHANGED, GONE, NEW, OTHER_CAUSE = range(len(KINDS))

_PLAIN = ("event", "by", "to", "via", "status", "case", "rule", "norms", "source")
_WIDTH = 31
"""No log has 2^31 entries: its file is no longer than that."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One occasion in both logs, or in one of them; `moved_by` is in µs, `fields` are those that differ (`by`, `status`, `data.x` …)."""

    kind: Kind
    before: Entry | None
    after: Entry | None
    moved_by: int = 0
    fields: tuple[str, ...] = ()

    @property
    def entry(self) -> Entry:
        """The entry as the second log has it, or as the first one had it."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def time(self) -> int:
        """The first instant (µs) at which the logs have this occasion, so that no effect stands above its cause."""
        if self.before is None or self.after is None:
            return self.entry.time
        return min(self.before.time, self.after.time)


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """What many pairs have alike: their kind, and the sorts of both entries, None on the side that has none.

    Two outlines of one comparison are equal when they are one and the same.
    """

    kind: Kind
    before: Sort | None
    after: Sort | None

    @property
    def sort(self) -> Sort:
        """The sort as the second log has it, or as the first one had it."""
        found = self.after or self.before
        assert found is not None
        return found


class Pairs(Sequence[Pair]):
    """All occasions of two logs, by time; a pair is made when it is asked for.

    Within an instant the first log's order holds; what is new stands behind what it followed.
    """

    def __init__(self, logs: tuple[Log, Log], traces: tuple[Trace, Trace], sorts: Sorts) -> None:
        self._before, self._after = (log.entries for log in logs)
        self._traces, self._sorts = traces, sorts
        self._partners = partners_of(*traces, sorts)
        for trace in traces:
            trace.keys = {}
        self._kinds = bytearray(self._kind(own) for own in range(len(traces[0])))
        self._order = _in_order(*traces, self._partners)
        self._outlines: dict[tuple[int, int, int], Outline] = {}

    def __len__(self) -> int:
        return len(self._order)

    @overload
    def __getitem__(self, place: int) -> Pair: ...
    @overload
    def __getitem__(self, place: slice) -> list[Pair]: ...
    def __getitem__(self, place: int | slice) -> Pair | list[Pair]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        own = self._order[place]
        if own < 0:
            return Pair("new", None, self._after[~own])
        partner = self._partners.forth[own]
        if partner == NOWHERE:
            return Pair("gone", self._before[own], None)
        before, after = self._before[own], self._after[partner]
        kind = KINDS[self._kinds[own]]
        return Pair(kind, before, after, after.time - before.time, self._fields(before, after) if kind != "same" else ())

    def counted(self) -> dict[Kind, int]:
        """How many pairs are of each kind."""
        counts = Counter(self._kinds)
        counts[NEW] = self._partners.back.count(NOWHERE)
        return {kind: counts[number] for number, kind in enumerate(KINDS)}

    def outlines(self) -> Iterator[Outline]:
        """The outline of each pair, in order."""
        before, after = self._traces
        forth, of, known = self._partners.forth, self._sorts.of, self._outlines
        for own in self._order:
            if own < 0:
                alike = NEW, NOWHERE, after.sorts[~own]
            else:
                partner = forth[own]
                alike = self._kinds[own], before.sorts[own], after.sorts[partner] if partner != NOWHERE else NOWHERE
            found = known.get(alike)
            if found is None:
                kind, first, second = alike
                found = known[alike] = Outline(KINDS[kind], *(of[one] if one != NOWHERE else None for one in (first, second)))
            yield found

    def parting(self) -> int | None:
        """The place of the earliest pair that differs though all that brought it about agrees; without such, of the first that differs."""
        first: int | None = None
        for place, own in enumerate(self._order):
            if own >= 0 and self._kinds[own] == SAME:
                continue
            first = place if first is None else first
            if self._parents_agree(own):
                return place
        return first

    # ---- what differs between partners

    def _kind(self, own: int) -> int:
        """How an entry of the first log compares with its partner: content first, then time, then parents."""
        before, after = self._traces
        other = self._partners.forth[own]
        if other == NOWHERE:
            return GONE
        if before.digests[own] == after.digests[other]:
            kindred = self._kindred(own, other)
        else:  # 1 and 1.0 are equal and have two digests
            entries = self._before[own], self._after[other]
            if _content(*entries):
                return CHANGED
            kindred = not self._parents(*entries)
        if before.times[own] != after.times[other]:
            return MOVED
        return SAME if kindred and self._partners.by_key[own] else OTHER_CAUSE

    def _kindred(self, own: int, other: int) -> bool:
        """Whether two partners of one content have the same parents."""
        before, after = self._traces
        of = self._partners.of
        if of(before.causes[own]) != after.causes[other]:
            return False
        ours, theirs = before.wrote(own), after.wrote(other)
        return len(ours) == len(theirs) and all(of(one) == another for one, another in zip(ours, theirs, strict=True))

    def _fields(self, before: Entry, after: Entry) -> tuple[str, ...]:
        """The fields in which two partners differ, their parents among them."""
        return (*_content(before, after), *self._parents(before, after), *(("key",) if before.key != after.key else ()))

    def _parents(self, before: Entry, after: Entry) -> list[str]:
        """What brought both about, where that differs: the cause, and who wrote the values that were read."""
        of = self._partners.of
        causes = (NOWHERE if entry.cause is None else entry.cause for entry in (before, after))
        fields = [] if of(next(causes)) == next(causes) else ["cause"]
        for name, (_, writers) in before.because.items():
            if name in after.because and tuple(map(of, writers)) != after.because[name][1]:
                fields.append(f"because.{name}")
        return fields

    def _parents_agree(self, own: int) -> bool:
        """Whether all that brought about a pair is the same in both logs."""
        sides = []
        if own < 0:
            sides.append((1, ~own))
        else:
            sides.append((0, own))
            if (partner := self._partners.forth[own]) != NOWHERE:
                sides.append((1, partner))
        for side, entry in sides:
            trace = self._traces[side]
            for parent in (trace.causes[entry], *trace.wrote(entry)):
                if parent == NOWHERE:
                    continue
                first = self._partners.back[parent] if side else parent
                if first == NOWHERE or self._kinds[first] != SAME:
                    return False
        return True


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two logs side by side.

    `pairs` are all occasions of both, by time. `started` has the values the runs began with and that differ (path →
    before, after): the footprint of an edit, so it is not held against the pair of the two `start`s. `parting` is the place
    of the earliest pair that differs though all its parents agree. `regimes` are all provisions, those first that
    were in force at different times. `heard` are the names under which anything was heard in either log.
    """

    pairs: Pairs
    counts: Mapping[Kind, int]
    started: Mapping[str, tuple[Any, Any]]
    parting: int | None
    regimes: Sequence[Regime]
    heard: Sequence[str]

    @property
    def first_divergence(self) -> Pair | None:
        """The pair with which the logs part."""
        return None if self.parting is None else self.pairs[self.parting]

    @property
    def differs(self) -> bool:
        """Whether the logs say anything different, be it a value read by nobody."""
        return bool(self.started) or self.counts["same"] < len(self.pairs)


def compare(before: Log, after: Log) -> Comparison:
    """Align two logs and say what differs."""
    sorts = Sorts()
    traces = Trace(before.entries, sorts), Trace(after.entries, sorts)
    pairs = Pairs((before, after), traces, sorts)
    heard = dict.fromkeys(name for sort in sorts.of for name in (sort.event, *sort.norms) if name not in ("start", "end"))
    ends = before.header.period[1], after.header.period[1]
    regimes = regimes_of((traces[0].law, traces[1].law), ends)
    return Comparison(pairs, pairs.counted(), _started(*traces), pairs.parting(), regimes, tuple(heard))


def _content(before: Entry, after: Entry) -> list[str]:
    """The fields whose values differ. What the runs started with is told apart."""
    fields = [name for name in _PLAIN if getattr(before, name) != getattr(after, name)]
    if before.because or after.because:
        read = ({name: value for name, (value, _) in entry.because.items()} for entry in (before, after))
        fields += _differing("because", *read)
    if before.data != after.data:
        fields += _differing("data", before.data, after.data)
    if before.changes != after.changes and before.event != "start":
        fields += _differing("changes", before.changes, after.changes)
    return fields


def _differing(prefix: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The names whose values differ, those that stand on one side alone included."""
    if before == after:
        return []
    names = dict.fromkeys([*before, *after])
    return sorted(f"{prefix}.{name}" for name in names if name not in before or name not in after or before[name] != after[name])


def _started(before: Trace, after: Trace) -> dict[str, tuple[Any, Any]]:
    """The values the two runs began with, where they differ; None where one of them has no such value."""
    first, second = before.began, after.began
    paths = dict.fromkeys([*first, *second])
    return {path: (first.get(path), second.get(path)) for path in sorted(paths) if first.get(path) != second.get(path)}


def _in_order(before: Trace, after: Trace, partners: Partners) -> array[int]:
    """All pairs by time: the id of the first log's entry, or the complement (~) of the second's where the first has none."""
    begin = min(trace.times[0] for trace in (before, after) if len(trace)) if len(before) or len(after) else 0
    ranked: list[int] = []  # instant, id in the first log, id in the second, in one number each: sorted as it is, and small
    for own, time in enumerate(before.times):
        partner = partners.forth[own]
        instant = time if partner == NOWHERE else min(time, after.times[partner])
        ranked.append(((instant - begin) << _WIDTH | own + 1) << _WIDTH)
    instant, behind = NOWHERE, NOWHERE
    for own, time in enumerate(after.times):
        if time != instant:
            instant, behind = time, NOWHERE
        partner = partners.back[own]
        if partner == NOWHERE:
            ranked.append(((instant - begin) << _WIDTH | behind + 1) << _WIDTH | own + 1)
        else:
            behind = max(behind, partner)
    ranked.sort()
    mask = (1 << _WIDTH) - 1
    return array("q", [~((one & mask) - 1) if one & mask else ((one >> _WIDTH) & mask) - 1 for one in ranked])
