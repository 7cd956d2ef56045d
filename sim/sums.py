"""Sums, means and medians that come out the same on every machine and in every order.

In: numbers. Out: numbers. Whole numbers are summed exactly; others with `fsum`, rounded once.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum
from typing import Any

__all__ = ["mean", "median", "total"]


def total(values: Sequence[Any]) -> Any:
    """The sum; 0 for none."""
    return sum(values) if all(type(value) is int for value in values) else fsum(values)


def mean(values: Sequence[Any]) -> Any:
    """The mean of at least one value."""
    return total(values) / len(values)


def median(values: Sequence[Any]) -> Any:
    """The median of at least one value; the mean of the two middle ones where there are two."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
