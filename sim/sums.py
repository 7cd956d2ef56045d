"""Sums, means and medians that come out the same on every machine and in every order.

In: numbers. Out: numbers. Whole numbers are summed exactly; others with `fsum`, rounded once.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from math import fsum
from typing import Any, Generic, TypeVar

__all__ = ["Kept", "Middle", "Running", "Stretch", "mean", "median", "middle_of", "total"]


def total(values: Sequence[Any]) -> Any:
    """The sum; 0 for none."""
    return sum(values) if all(type(value) is int for value in values) else fsum(values)


class Running:
    """A sum of values that come and go: at any time what `total` would give, without adding up again what is already in it.

    It holds the exact sum: whole numbers as one, others as numbers that do not overlap (Shewchuk 1997), which `fsum` rounds once.
    """

    __slots__ = ("count", "floats", "parts", "whole")

    def __init__(self) -> None:
        self.count = 0
        self.whole = 0
        self.floats = 0
        self.parts: list[float] = []

    def add(self, value: Any, _number: int = 0) -> None:
        """One value more."""
        self.count += 1
        if type(value) is int:
            self.whole += value
        else:
            self.floats += 1
            self.put(value)

    def remove(self, value: Any, _number: int = 0) -> None:
        """One of the values less."""
        self.count -= 1
        if type(value) is int:
            self.whole -= value
        else:
            self.floats -= 1
            self.put(-value)

    def put(self, value: float) -> None:
        """Add to the exact sum."""
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


class Middle:
    """The median of values that come and go, each known by a number: the lower half in one heap, the upper half in another.

    What has gone stays in its heap until it would be the next to be taken.
    """

    __slots__ = ("gone", "lower", "sizes", "upper")

    def __init__(self) -> None:
        self.lower: list[tuple[Any, int]] = []
        self.upper: list[tuple[Any, int]] = []
        self.gone: set[int] = set()
        self.sizes = [0, 0]

    def add(self, value: Any, number: int) -> None:
        """One value more; a number that has gone comes no second time."""
        if self.lower and (-value, -number) > self.lower[0]:
            heappush(self.lower, (-value, -number))
            self.sizes[0] += 1
        else:
            heappush(self.upper, (value, number))
            self.sizes[1] += 1
        self.balance()

    def remove(self, value: Any, number: int) -> None:
        """One of the values less."""
        self.sizes[0 if self.lower and (-value, -number) >= self.lower[0] else 1] -= 1
        self.gone.add(number)
        self.balance()

    def balance(self) -> None:
        """Let the lower half have as many as the upper, or one more, and let the next of both be values that have not gone."""
        lower, upper, sizes = self.lower, self.upper, self.sizes
        self.clear()
        while sizes[0] > sizes[1] + 1:
            value, number = heappop(lower)
            heappush(upper, (-value, -number))
            sizes[0], sizes[1] = sizes[0] - 1, sizes[1] + 1
            self.clear()
        while sizes[0] < sizes[1]:
            value, number = heappop(upper)
            heappush(lower, (-value, -number))
            sizes[0], sizes[1] = sizes[0] + 1, sizes[1] - 1
            self.clear()

    def clear(self) -> None:
        """Drop what has gone from where it would be taken next."""
        gone, lower, upper = self.gone, self.lower, self.upper
        while lower and -lower[0][1] in gone:
            gone.remove(-heappop(lower)[1])
        while upper and upper[0][1] in gone:
            gone.remove(heappop(upper)[1])

    def median(self) -> Any:
        """The median of at least one value."""
        middle = -self.lower[0][0]
        return middle if self.sizes[0] > self.sizes[1] else (middle + self.upper[0][0]) / 2


Kept = TypeVar("Kept", Running, Middle)


class Stretch(Generic[Kept]):
    """A stretch of a list that may grow: what is kept of it follows from the stretch asked about before.

    A stretch that moves on along the list takes as long as what comes and what goes, however much is in it. `order` is that in which
    values go, where it is not that in which they come: then `begin` of them have gone.
    """

    __slots__ = ("begin", "end", "kept", "kind", "order", "values")

    kept: Kept
    kind: type[Kept]

    def __init__(self, values: Sequence[Any], kind: type[Kept], order: Sequence[int] | None = None) -> None:
        self.values = values
        self.kind = kind
        self.order = order
        self.kept = kind()
        self.begin = self.end = 0

    def of(self, begin: int, end: int) -> Kept:
        """What is kept of the values from `begin` up to `end`."""
        order = self.order
        if begin < self.begin or end < self.end or (order is None and begin - self.begin > end - begin):
            self.kept = self.kind()
            self.begin = self.end = begin if order is None else 0
        values, kept = self.values, self.kept
        for number in range(self.end, end):
            kept.add(values[number], number)
        for number in range(self.begin, begin) if order is None else order[self.begin : begin]:
            kept.remove(values[number], number)
        self.begin, self.end = begin, end
        return kept


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
