"""Windows by the calendar: which entries still count where a window is so many days, weeks, months, years or working days wide.

In: the track of a question, and a width. Out: `Recent`, and what questions about history come to in it.

An entry belongs to a window until its own instant moved forward by the width, that instant included. These ends need not come in
the order of the entries (31 January and 28 January both lead to 28 February), so each entry leaves at an end of its own: they
stand in a heap, and nothing is searched. Each entry enters and leaves a window once.
"""

from __future__ import annotations

from collections import OrderedDict
from heapq import heappop, heappush
from itertools import islice
from typing import Any

from sim import clock
from sim.clock import Width
from sim.sums import mean, median, total

__all__ = ["WINDOWED", "Recent", "lately"]

MOST_WIDTHS = 8
"""How many widths of one track are kept; of a width that changes again and again the oldest are found anew."""


class Recent:
    """The entries of one track that a window holds, by their numbers in it, oldest first; `ends` are their last instants."""

    __slots__ = ("counted", "ends", "held", "ids", "times", "values", "width", "zone")

    def __init__(self, track: Any, width: Width, zone: str) -> None:
        self.times, self.ids, self.values = track.times, track.ids, track.values
        self.width = width
        self.zone = zone
        self.counted = 0
        self.ends: list[tuple[int, int]] = []
        self.held: OrderedDict[int, None] = OrderedDict()

    def at(self, now: int) -> Recent:
        """The window as it is now: what was counted since has entered it, what is over has left it."""
        times, ends, held = self.times, self.ends, self.held
        for number in range(self.counted, len(times)):
            heappush(ends, (clock.last_of_window(times[number], self.width, self.zone), number))
            held[number] = None
        self.counted = len(times)
        while ends and ends[0][0] < now:
            del held[heappop(ends)[1]]
        return self

    def next(self) -> int | None:
        """The last instant of what leaves it next."""
        return self.ends[0][0] if self.ends else None


def lately(track: Any, width: Width, now: int, zone: str) -> Recent | None:
    """What a window of a track holds now."""
    if track is None:
        return None
    recent: Recent | None = track.recent.get(width)
    if recent is None:
        if len(track.recent) >= MOST_WIDTHS:
            del track.recent[next(iter(track.recent))]
        recent = track.recent[width] = Recent(track, width, zone)
    return recent.at(now)


def count_in(recent: Recent | None) -> int:
    return 0 if recent is None else len(recent.held)


def first_in(recent: Recent | None, default: Any) -> Any:
    return recent.times[next(iter(recent.held))] if recent and recent.held else default


def last_in(recent: Recent | None, default: Any) -> Any:
    return recent.times[next(reversed(recent.held))] if recent and recent.held else default


def since_in(recent: Recent | None, now: int, default: Any) -> Any:
    return now - recent.times[next(reversed(recent.held))] if recent and recent.held else default


def values_in(recent: Recent | None) -> list[Any]:
    return [] if recent is None else [recent.values[number] for number in recent.held]


def sum_in(recent: Recent | None, _default: Any) -> Any:
    return total(values_in(recent))


def mean_in(recent: Recent | None, default: Any) -> Any:
    return mean(values_in(recent)) if recent and recent.held else default


def median_in(recent: Recent | None, default: Any) -> Any:
    return median(values_in(recent)) if recent and recent.held else default


def newest_in(recent: Recent | None) -> tuple[int, ...]:
    """The ids of the newest eight entries counted."""
    return () if recent is None else tuple(recent.ids[number] for number in islice(reversed(recent.held), 8))[::-1]


WINDOWED = {function.__name__: function for function in (count_in, first_in, last_in, since_in, sum_in, mean_in, median_in, newest_in)}
"""What generated functions name."""
