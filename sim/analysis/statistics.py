"""What many runs say: shares, means and paired differences, each with its interval.

In: counts or values of runs, those of two variants in the same order where they had the same luck. Out: `Estimate`s.

The intervals say how far the finite number of runs may lead astray, nothing about whether the scenario is right. Chance
is keyed here too: the same values give the same interval, to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import floor, fsum, sqrt
from typing import Any, NamedTuple

from sim.chance import Site, normal
from sim.sums import median

__all__ = [
    "LEVEL", "RESAMPLES",
    "QUANTITIES", "Contrast", "Estimate", "Sample", "Summary",
    "contrast", "mean", "newcombe_paired", "paired_difference", "summary", "wilson",
]  # fmt: skip

LEVEL = 0.95
"""The share of repetitions whose interval is meant to hold the true value."""

QUANTITIES = ("number", "rate", "duration", "instant")
"""The types of measures that have a mean and a median."""

RESAMPLES = 1000
"""How many times a bootstrap draws the runs anew."""

_MOST_DRAWS = 4_000_000
_SITE = Site(0, 0, "bootstrap")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval, from `n` runs or pairs of runs, in the unit of what was counted or measured.

    `low` and `high` are None where there are too few runs to say (fewer than two for a mean).
    """

    value: float
    low: float | None
    high: float | None
    n: int


class Sample(NamedTuple):
    """A measure over runs, in their order: its type, and its value in each; None is a run without one ("never")."""

    kind: str
    values: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a sample says.

    `value` is the share in which a flag is true; of numbers, durations and instants the mean of the runs that have a value, which also
    have a `median`. Each is None where there is none. `known` is the share of runs with a value.
    """

    kind: str
    known: Estimate
    value: Estimate | None
    median: float | None


@dataclass(frozen=True, slots=True)
class Contrast:
    """One measure of two variants over the same runs; None on a side that has no such measure.

    `difference` is second - first over the runs in which both have a value. `reached` is the difference of the shares of runs with a
    value: a run without one ("never") is counted there, and nowhere taken for a number. `differing` is the share of runs whose values
    differ. All three are None where the measure is of one side alone, or of another type on each.
    """

    first: Summary | None
    second: Summary | None
    difference: Estimate | None
    reached: Estimate | None
    differing: Estimate | None


def wilson(successes: int, n: int, level: float = LEVEL) -> Estimate:
    """A share with its score interval, which lies within [0, 1] and is sound also near the ends.

    E. B. Wilson, Journal of the American Statistical Association 22 (1927) 209-212.
    """
    low, high = _within(successes, n, level)
    return Estimate(successes / n, low, high, n)


def newcombe_paired(both: int, first_only: int, second_only: int, neither: int, level: float = LEVEL) -> Estimate:
    """The difference of two shares (first - second) of the same runs, with an interval within [-1, 1].

    The four counts are of pairs: the event in both, in the first alone, in the second alone, in neither.
    R. G. Newcombe, Improved confidence intervals for the difference between binomial proportions based on paired data,
    Statistics in Medicine 17 (1998) 2635-2650, method 10.
    """
    n = both + first_only + second_only + neither
    (low1, high1), (low2, high2) = _within(both + first_only, n, level), _within(both + second_only, n, level)
    share1, share2 = (both + first_only) / n, (both + second_only) / n
    margins = (both + first_only) * (second_only + neither) * (both + second_only) * (first_only + neither)
    product = float(both * neither - first_only * second_only)
    if product > 0:
        product = max(product - n / 2, 0.0)
    phi = product / sqrt(margins) if margins else 0.0
    difference = (first_only - second_only) / n

    def reach(one: float, other: float) -> float:
        return sqrt(max(one * one - 2 * phi * one * other + other * other, 0.0))

    down, up = reach(share1 - low1, high2 - share2), reach(high1 - share1, share2 - low2)
    return Estimate(difference, max(difference - down, -1.0), min(difference + up, 1.0), n)


def mean(values: Sequence[float], level: float = LEVEL) -> Estimate:
    """The mean of at least one value, with the percentile interval of a bootstrap, in the values' own unit.

    B. Efron, R. Tibshirani, An Introduction to the Bootstrap (1993), chapter 13. Narrow below some twenty values.
    """
    n = len(values)
    if not n:
        raise ValueError("there is no mean of nothing")
    value = fsum(values) / n
    if n < 2:
        return Estimate(value, None, None, n)
    if min(values) == max(values):
        return Estimate(value, value, value, n)
    means = sorted(fsum([values[int(u * n)] for u in luck[:n]]) / n for luck in _luck(1 << (n - 1).bit_length()))
    tail = (1 - level) / 2
    return Estimate(value, _quantile(means, tail), _quantile(means, 1 - tail), n)


def paired_difference(first: Sequence[float | None], second: Sequence[float | None], level: float = LEVEL) -> Estimate | None:
    """The mean of first - second over the runs in which both have a value, with its interval; None where there is no such run.

    The two are of the same runs in the same order: chance that both share cancels out.
    """
    differences = [one - other for one, other in zip(first, second, strict=True) if one is not None and other is not None]
    return mean(differences, level) if differences else None


def summary(sample: Sample) -> Summary:
    """A measure over at least one run. Of texts, labels and actors it is only told how often there is one."""
    kind, values = sample
    known = [value for value in values if value is not None]
    share = wilson(len(known), len(values))
    if kind == "flag":
        return Summary(kind, share, wilson(sum(map(bool, known)), len(values)), None)
    if kind not in QUANTITIES or not known:
        return Summary(kind, share, None, None)
    return Summary(kind, share, mean(known), median(known))


def contrast(first: Sample | None, second: Sample | None) -> Contrast:
    """What the runs of two variants say of one measure; the samples are of the same runs in the same order."""
    sides = None if first is None else summary(first), None if second is None else summary(second)
    if first is None or second is None or first.kind != second.kind:
        return Contrast(*sides, None, None, None)
    pairs = list(zip(first.values, second.values, strict=True))
    reached = _gained([(one is not None, other is not None) for one, other in pairs])
    differing = wilson(sum(one != other for one, other in pairs), len(pairs))
    difference = None
    if first.kind == "flag":
        difference = _gained([(bool(one), bool(other)) for one, other in pairs])
    elif first.kind in QUANTITIES:
        difference = paired_difference(second.values, first.values)
    return Contrast(*sides, difference, reached, differing)


def _gained(pairs: Sequence[tuple[bool, bool]]) -> Estimate:
    """By how much the share of the runs in which something is so is larger in the second than in the first."""
    both = sum(one and other for one, other in pairs)
    gained, lost = sum(other and not one for one, other in pairs), sum(one and not other for one, other in pairs)
    return newcombe_paired(both, gained, lost, len(pairs) - both - gained - lost)


def _within(successes: int, n: int, level: float) -> tuple[float, float]:
    """The ends of Wilson's interval."""
    if not 0 <= successes <= n or n < 1:
        raise ValueError(f"{successes} of {n} is no share")
    z2 = _z(level) ** 2
    middle = successes + z2 / 2
    half = sqrt(z2 * (successes * (n - successes) / n + z2 / 4))
    # At the ends the formula gives 0 and 1 but for rounding.
    return ((middle - half) / (n + z2) if successes else 0.0), ((middle + half) / (n + z2) if successes < n else 1.0)


def _z(level: float) -> float:
    """How many standard deviations hold this share of a normal distribution."""
    if not 0 < level < 1:
        raise ValueError(f"{level} is no level: it lies between 0 and 1")
    return normal((1 + level) / 2, 0.0, 1.0)


def _quantile(ordered: Sequence[Any], share: float) -> float:
    """The value below which a share of the ordered values lies, between two of them in proportion (the seventh rule of Hyndman and Fan)."""
    place = share * (len(ordered) - 1)
    below = floor(place)
    above = min(below + 1, len(ordered) - 1)
    low, high = ordered[below], ordered[above]
    return float(low + (high - low) * (place - below))


@lru_cache(maxsize=2)
def _luck(runs: int) -> tuple[Sequence[float], ...]:
    """The numbers in [0, 1) by which each resample draws its runs: the same for all measures, and fewer resamples of very many runs."""
    from array import array

    few = max(min(RESAMPLES, _MOST_DRAWS // runs), 200)
    return tuple(array("d", [_SITE.uniform(str(number), k) for k in range(1, runs + 1)]) for number in range(few))
