"""The smallest change that brings something about, found by trying.

In: ladders of changes, and what runs the scenario with one of them and says when it happened. Out: `Brought`: the least of each ladder
that works, as far as was tried.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sim.language.alternatives import Ladder, Rung

__all__ = ["Brought", "Search", "search"]

Try = Callable[[Rung], int | None]
"""Runs with a change; when it happened, or None if it did not, or the change is none."""


@dataclass(frozen=True, slots=True)
class Brought:
    """A change that brings it: the least of its ladder that was found to, and when it happened then. `least`: the next smaller one of the
    ladder was tried, and does not."""

    ladder: Ladder
    rung: Rung
    time: int
    least: bool


@dataclass(frozen=True, slots=True)
class Search:
    """What was found, the smallest first; how many changes there were, how many of these were tried, in how many runs."""

    found: tuple[Brought, ...]
    ladders: int
    tried: int
    runs: int


def search(ladders: Sequence[Ladder], happens: Try, most_runs: int) -> Search:
    """Try each change at its most, in order; then the least of those that work. A third of the runs is kept for that."""
    runs = 0
    known: dict[tuple[int, int], int | None] = {}

    def tried(place: int, number: int) -> int | None:
        nonlocal runs
        if (place, number) not in known:
            runs += 1
            known[place, number] = happens(ladders[place].rungs[number])
        return known[place, number]

    working: dict[int, int] = {}
    looked = 0
    for place, ladder in enumerate(ladders):
        if runs >= max(most_runs * 2 // 3, 1):
            break
        looked += 1
        for number in dict.fromkeys(_probes(ladder)):
            if runs < most_runs and tried(place, number) is not None:
                working[place] = number
                break
    found: list[Brought] = []
    for place in sorted(working, key=lambda one: (ladders[one].rungs[0].size, one)):
        low, high = -1, working[place]
        while high - low > 1 and runs < most_runs:
            middle = (low + high) // 2
            if tried(place, middle) is not None:
                high = middle
            else:
                low = middle
        time = known[place, high]
        assert time is not None
        found.append(Brought(ladders[place], ladders[place].rungs[high], time, high - low <= 1))
    return Search(tuple(sorted(found, key=lambda one: (one.rung.size, one.ladder.level, one.ladder.path))), len(ladders), looked, runs)


def _probes(ladder: Ladder) -> list[int]:
    """Where a ladder is tried first. A date that is moved too far may miss as well, so it is also tried half way, and a little."""
    last = len(ladder.rungs) - 1
    return [last, last // 2, last // 8] if ladder.kind == "date" else [last]
