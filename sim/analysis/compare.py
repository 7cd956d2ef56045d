"""Two logs, aligned by cause: what is the same, moved, changed, gone, new; and where they first part.

In: two `Log`s, `before` and `after`. Out: `Comparison`. Nothing but the logs is looked at.

An entry's partner is the entry of the same key. What has none is matched by event, by, to and case, in order of time:
a halt brought by the third accusation instead of the second is another occasion, but the reader means the same halt.
The entries of a case that one log alone knows are nobody's partners. Ids mean nothing here: causes, and the writers of
what a guard read, agree when they are partners.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sim.log.entries import Entry, Log

__all__ = ["KINDS", "Comparison", "Kind", "Pair", "compare"]

Kind = Literal["same", "moved", "changed", "gone", "new", "other cause"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_LAW = {"scheduled", "enacted", "amended", "suspended", "resumed", "repealed", "expired", "fulfilled", "breached"}
_PLAIN = ("event", "by", "to", "via", "status", "case", "rule", "norms", "source")
_NOWHERE = -1


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


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two logs side by side.

    `pairs` are all occasions of both, by time. `started` has the values the runs began with and that differ (path →
    before, after): the footprint of an edit, so it is not held against the pair of the two `start`s. `first_divergence`
    is the earliest pair that differs though all its parents agree.
    """

    pairs: tuple[Pair, ...]
    counts: Mapping[Kind, int]
    started: Mapping[str, tuple[Any, Any]]
    first_divergence: Pair | None

    @property
    def differs(self) -> bool:
        """Whether the logs say anything different, be it a value read by nobody."""
        return bool(self.started) or self.counts["same"] < len(self.pairs)


def compare(before: Log, after: Log) -> Comparison:
    """Align two logs and say what differs."""
    partners = _partners(before.entries, after.entries)
    pairs = _in_order(before.entries, after.entries, partners)
    counted = Counter(pair.kind for pair in pairs)
    counts: dict[Kind, int] = {kind: counted[kind] for kind in KINDS}
    return Comparison(tuple(pairs), counts, _started(before.entries, after.entries), _first_divergence(pairs))


# ---- who is whose partner


class _Partners:
    """The ids of the partners, both ways; `_NOWHERE` stands for none."""

    def __init__(self, before: Sequence[Entry], after: Sequence[Entry]) -> None:
        self.forth = [_NOWHERE] * len(before)
        self.back = [_NOWHERE] * len(after)

    def join(self, before: int, after: int) -> None:
        self.forth[before] = after
        self.back[after] = before

    def of(self, own: int | None) -> int | None:
        """The partner in the second log of an entry of the first."""
        return None if own is None else self.forth[own]


def _partners(before: Sequence[Entry], after: Sequence[Entry]) -> _Partners:
    """Partners by key; then, of the rest, the first with the first, the second with the second of one group.

    Those made by one rule find each other before those made by different ones.
    """
    partners = _Partners(before, after)
    known = {entry.key: entry.id for entry in after}
    for entry in before:
        found = known.get(entry.key)
        if found is not None:
            partners.join(entry.id, found)
    for by_rule in (True, False):
        waiting: dict[tuple[Any, ...], list[int]] = {}
        for entry in reversed(after):
            if partners.back[entry.id] == _NOWHERE and _may_match(entry):
                waiting.setdefault(_group(entry, by_rule), []).append(entry.id)
        for entry in before if waiting else ():
            if partners.forth[entry.id] == _NOWHERE and _may_match(entry):
                group = waiting.get(_group(entry, by_rule))
                if group:
                    partners.join(entry.id, group.pop())
    return partners


def _may_match(entry: Entry) -> bool:
    """Whether an entry may be known by what it is: not those of a procedure, which belong to their case."""
    _, dot, word = entry.event.rpartition(".")
    return not dot or word in _LAW


def _group(entry: Entry, by_rule: bool) -> tuple[Any, ...]:
    """What partners with different keys have in common; changes also the values they write, claims what they speak of,
    decisions which they are."""
    about: Any = None
    if entry.event == "change":
        about = tuple(entry.changes)
    elif entry.event in ("claim", "contradiction", "refuted"):
        about = str(entry.data.get("statement"))
    elif entry.event == "decision":
        about = str(entry.data.get("decision"))
    return (entry.event, entry.by, entry.to, entry.case, about, entry.rule if by_rule else None)


# ---- what differs between partners


def _pair(before: Entry, after: Entry, partners: _Partners) -> Pair:
    """Two partners compared: content first, then time, then parents."""
    moved_by = after.time - before.time
    content, parents = _content(before, after), _parents(before, after, partners)
    if before.key != after.key:
        parents.append("key")
    kind: Kind = "changed" if content else "moved" if moved_by else "other cause" if parents else "same"
    return Pair(kind, before, after, moved_by, (*content, *parents))


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


def _parents(before: Entry, after: Entry, partners: _Partners) -> list[str]:
    """What brought both about, where that differs: the cause, and who wrote the values that were read."""
    fields = [] if partners.of(before.cause) == after.cause else ["cause"]
    for name, (_, writers) in before.because.items():
        if name in after.because and tuple(partners.forth[writer] for writer in writers) != after.because[name][1]:
            fields.append(f"because.{name}")
    return fields


def _started(before: Sequence[Entry], after: Sequence[Entry]) -> dict[str, tuple[Any, Any]]:
    """The values the two runs began with, where they differ; None where one of them has no such value."""
    first, second = ({path: new for path, (_, new) in log[0].changes.items()} if log else {} for log in (before, after))
    paths = dict.fromkeys([*first, *second])
    return {path: (first.get(path), second.get(path)) for path in sorted(paths) if first.get(path) != second.get(path)}


# ---- both in one order


def _in_order(before: Sequence[Entry], after: Sequence[Entry], partners: _Partners) -> list[Pair]:
    """All pairs by time. Within an instant the first log's order holds; what is new stands behind what it followed."""
    ranked: list[tuple[int, int, int, Pair]] = []
    for entry in before:
        partner = partners.forth[entry.id]
        pair = Pair("gone", entry, None) if partner == _NOWHERE else _pair(entry, after[partner], partners)
        ranked.append((pair.time, entry.id, _NOWHERE, pair))
    instant, behind = _NOWHERE, _NOWHERE
    for entry in after:
        if entry.time != instant:
            instant, behind = entry.time, _NOWHERE
        partner = partners.back[entry.id]
        if partner == _NOWHERE:
            ranked.append((entry.time, behind, entry.id, Pair("new", None, entry)))
        else:
            behind = max(behind, partner)
    ranked.sort(key=lambda one: one[:3])
    return [pair for _, _, _, pair in ranked]


def _first_divergence(pairs: Sequence[Pair]) -> Pair | None:
    """The earliest pair that differs though all that brought it about agrees; where there is no such, the earliest that differs."""
    agreed: tuple[set[int], set[int]] = (set(), set())
    for pair in pairs:
        if pair.kind == "same":
            for ids, entry in zip(agreed, (pair.before, pair.after), strict=True):
                if entry is not None:
                    ids.add(entry.id)
    differing = [pair for pair in pairs if pair.kind != "same"]
    for pair in differing:
        sides = zip(agreed, (pair.before, pair.after), strict=True)
        if all(entry is None or ids.issuperset(_brought_by(entry)) for ids, entry in sides):
            return pair
    return differing[0] if differing else None


def _brought_by(entry: Entry) -> Iterator[int]:
    """The ids of an entry's parents: its cause, and who wrote what its guard read."""
    if entry.cause is not None:
        yield entry.cause
    writers: Iterable[tuple[Any, tuple[int, ...]]] = entry.because.values()
    for _, ids in writers:
        yield from ids
