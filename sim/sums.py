"""Sums, means and medians that come out the same on every machine and in every order.

In: numbers. Out: numbers. Whole numbers are summed exactly; others with `fsum`, rounded once.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum
from typing import Any

__all__ = ["Running", "mean", "median", "middle_of", "total"]


def total(values: Sequence[Any]) -> Any:
    """The sum; 0 for none."""
    return sum(values) if all(type(value) is int for value in values) else fsum(values)


class Running:
    """A sum that grows: at any time what `total` would give, without adding up again what is already in it.

    It holds the exact sum: whole numbers as one, others as numbers that do not overlap (Shewchuk 1997), which `fsum` rounds once.
    """

    __slots__ = ("count", "floats", "parts", "whole")

    def __init__(self) -> None:
        self.count = 0
        self.whole = 0
        self.floats = False
        self.parts: list[float] = []

    def add(self, value: Any) -> None:
        self.count += 1
        if type(value) is int:
            self.whole += value
            return
        self.floats = True
        kept = []
        for part in self.parts:
            if abs(value) < abs(part):
                value, part = part, value
            high = value + part
            low = part - (high - value)
            if low:
                kept.append(low)
            value = high
        self.parts = [*kept, value]

    def total(self) -> Any:
        """The sum so far; 0 for none."""
        if not self.floats:
            return self.whole
        rest, whole = [], self.whole
        while whole:
            rest.append(float(whole))
            whole -= int(rest[-1])
        return fsum((*self.parts, *rest))


def mean(values: Sequence[Any]) -> Any:
    """The mean of at least one value."""
    return total(values) / len(values)


def median(values: Sequence[Any]) -> Any:
    """The median of at least one value; the mean of the two middle ones where there are two."""
    return middle_of(sorted(values))


def middle_of(ordered: Sequence[Any]) -> Any:
    """The median of at least one value, the values given from the least to the greatest."""
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
