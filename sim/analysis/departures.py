"""Departures: when entries leave a window by the calendar, each at its own time, in whatever order that is.

In: entries, oldest first, and the width of a window. Out: `Departures`, which tells how many have left before an instant, and who is left.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

from sim import clock
from sim.log.entries import Entry

__all__ = ["Departures"]


class Departures:
    """When entries leave a window by the calendar: each after its own instant moved forward by the width, in whatever order that is."""

    def __init__(self, entries: Sequence[Entry], width: clock.Width, zone: str) -> None:
        self.ends = [clock.last_of_window(entry.time, width, zone) for entry in entries]
        self.order = sorted(range(len(entries)), key=self.ends.__getitem__)
        self.instants = [self.ends[number] for number in self.order]
        self.latest = list(accumulate(self.ends, max))

    def gone(self, instant: int) -> int:
        """How many have left before an instant."""
        return bisect_left(self.instants, instant)

    def first(self, instant: int) -> int:
        """The number of the oldest that has not left."""
        return bisect_left(self.latest, instant)

    def last(self, instant: int, before: int) -> int:
        """The number of the newest that has not left, of those up to a number."""
        return next(number for number in reversed(range(before)) if self.ends[number] >= instant)
