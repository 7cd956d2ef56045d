"""Who is whose partner in two logs.

In: two `Trace`s. Out: `Partners`.

An entry's partner is the entry of the same key. What has none is matched by event, by, to and case, in order of time: a
halt brought by the third accusation instead of the second is another occasion, but the reader means the same halt. Those
made by one rule find each other before those made by different ones.
"""

from __future__ import annotations

from array import array
from typing import Any

from sim.analysis.traces import NOWHERE, Sorts, Trace

__all__ = ["Partners", "partners_of"]


class Partners:
    """The ids of the partners, both ways; `NOWHERE` stands for none. `by_key`: whether that of an entry of the first log has its key."""

    def __init__(self, before: Trace, after: Trace) -> None:
        self.forth = array("q", [NOWHERE]) * len(before)
        self.back = array("q", [NOWHERE]) * len(after)
        self.by_key = bytearray(len(before))

    def join(self, before: int, after: int, *, by_key: bool) -> None:
        self.forth[before] = after
        self.back[after] = before
        self.by_key[before] = by_key

    def of(self, own: int) -> int:
        """The partner in the second log of an entry of the first, `NOWHERE` being its own."""
        return NOWHERE if own == NOWHERE else self.forth[own]


def partners_of(before: Trace, after: Trace, sorts: Sorts) -> Partners:
    """The partners by key; then, of the rest, the first with the first, the second with the second of one group."""
    partners = Partners(before, after)
    known = before.keys
    for key, own in after.keys.items():
        found = known.get(key)
        if found is not None:
            partners.join(found, own, by_key=True)
    left = [[own for own, other in enumerate(ids) if other == NOWHERE] for ids in (partners.forth, partners.back)]
    for by_rule in (True, False):
        waiting: dict[tuple[Any, ...], list[int]] = {}
        for own in reversed(left[1]):
            if partners.back[own] == NOWHERE and (group := _group(after, own, sorts, by_rule)) is not None:
                waiting.setdefault(group, []).append(own)
        for own in left[0] if waiting else ():
            if partners.forth[own] == NOWHERE and (group := _group(before, own, sorts, by_rule)) is not None:
                found_here = waiting.get(group)
                if found_here:
                    partners.join(own, found_here.pop(), by_key=False)
    return partners


def _group(trace: Trace, own: int, sorts: Sorts, by_rule: bool) -> tuple[Any, ...] | None:
    """What partners with different keys have in common; None for what is nobody's partner without one."""
    sort = sorts.of[trace.sorts[own]]
    if not sort.may_match:
        return None
    return (sort.event, sort.by, sort.to, trace.cases[own], sort.about, sort.rule if by_rule else None)
