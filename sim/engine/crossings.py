"""Crossings: the first whole microsecond at which a comparison of ramps turns.

In: the comparisons of a condition, as functions of the instant. Out: instants.

A ramp that nothing disturbs runs straight, so between two disturbances a comparison of two ramps turns at most once: where
the straight lines meet, to within rounding. The instant found by division is then moved to where the compiled comparison
itself turns, so that the crossing is exactly what a guard would see.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from math import ceil
from typing import Any

__all__ = ["FARTHEST", "TESTS", "Scout", "first"]

TESTS: dict[str, Callable[[Any, Any], bool]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
FARTHEST = 2**53

Pair = tuple[Callable[[Any, Any], bool], Callable[..., Any], Callable[..., Any]]
"""A comparison, the function of its sides, and the function of how fast their difference grows per µs."""


class Scout:
    """Compares the ramps of one condition, and notes those that may turn by themselves."""

    __slots__ = ("noted", "pairs")

    def __init__(self, pairs: list[Pair]) -> None:
        self.pairs = pairs
        self.noted: list[tuple[int, int]] = []

    def __call__(self, number: int, t: int, e: Any, c: Any) -> bool:
        """One comparison, now. If it will turn, it is noted with the instant at which its lines meet."""
        test, sides, slope = self.pairs[number]
        left, right = sides(t, e, c)
        steep = slope(t, e, c)
        holds = test(left, right)
        if steep and holds is not test(steep, 0):  # it is not yet what it will be for ever
            away = (right - left) / steep
            if away <= FARTHEST:
                self.noted.append((number, t + max(1, ceil(away))))
        return holds

    def next(self, now: int, e: Any, c: Any, before: int | None) -> int | None:
        """The next instant at which one of the noted comparisons turns, if it is earlier than `before`."""
        found = before
        for number, guess in self.noted:
            instant = self.turn(number, guess, now, e, c, found)
            if instant is not None:
                found = instant
        return None if found == before else found

    def turn(self, number: int, guess: int, now: int, e: Any, c: Any, before: int | None) -> int | None:
        """The first whole µs after `now`, and before `before`, at which a comparison turns."""
        test, sides, _ = self.pairs[number]
        is_now = test(*sides(now, e, c))
        return first(lambda t: test(*sides(t, e, c)) is not is_now, guess, now, now + FARTHEST if before is None else before)


def first(holds: Callable[[int], bool], guess: int, now: int, before: int) -> int | None:
    """The first whole µs between two instants from which on something holds, where that is near a guess."""
    if now + 1 >= before:
        return None
    low, high, step = now, max(now + 1, min(guess, before - 1)), 1
    while not holds(high):  # rounding has put it later
        if high == before - 1:
            return None
        low, high, step = high, min(high + step, before - 1), step * 2
    step = 1
    while high - step > low:  # or earlier
        if not holds(high - step):
            low = high - step
            break
        high, step = high - step, step * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
