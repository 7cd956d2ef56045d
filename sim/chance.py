"""Keyed chance: what a draw is, and how it becomes a value.

In: seed, replication, the site in the scenario, the name of the occasion. Out: uniform numbers (`Site`),
values by inversion, one uniform each, and why a distribution cannot be (`impossible`).

Sampler 1, a frozen format (golden values are in the tests; a change of it is another `SAMPLER`). The name of an
occasion is a path and one number k. Its uniform number u is made thus, with everything in decimal and UTF-8:

    digest = blake2b(f"{seed}/{replication}/{site}/{path}|{k div 8}")      64 bytes, no key, salt or person
    w      = bytes 8j … 8j + 7 of the digest, little-endian, where j = k mod 8
    u      = (w >> 11) * 2**-53                                            a multiple of 2**-53 in [0, 1)

What follows the last `|` is the number of the block, and a site holds no `/`, so no two names share their bytes.
There is no state: what a draw gives hangs neither on other draws nor on their order. Sums, where there are any, are
plain or `fsum`; quantiles are our own, so no version of Python or of a library decides about a value.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from itertools import accumulate, pairwise
from math import erfc, exp, fsum, isfinite, log, sqrt
from struct import Struct
from typing import Final

__all__ = [
    "PARAMETERS", "SAMPLER", "Site",
    "choose", "cumulated", "dated", "exponential", "impossible", "lognormal", "normal", "picked", "triangular", "uniform",
]  # fmt: skip

SAMPLER: Final = 1

PARAMETERS: Final[dict[str, tuple[str, ...]]] = {
    "uniform": ("min", "max"),
    "triangular": ("min", "mode", "max"),
    "normal": ("mean", "sd", "min", "max"),
    "lognormal": ("median", "spread"),
    "exponential": ("mean",),
}
"""Each distribution's parameters, in the order its function takes them; `choice` has an option's weight under each key."""

_OPTIONAL = {"normal": ("min", "max")}
_CELL = 2.0**-53
_HALF_CELL = 2.0**-54
_ROOT_HALF = sqrt(0.5)
_WORDS = Struct("<8Q")
_BLOCKS_KEPT = 8
_PATHS_KEPT = 1024
_LARGEST = 2.0**53
_FARTHEST = 37.0
"""How many standard deviations from the mean a cut normal distribution may begin: beyond, its mass is no longer a float."""


class Site:
    """One place of the scenario where chance is drawn, for one seed and replication.

    Blocks of eight numbers are kept for a while, since cases of neighbouring ticks come here in turns:
    a block takes 1.5 µs to make, a kept number 0.06 µs to find. A name without a tick (k = 0) occurs once and is not kept.
    """

    __slots__ = ("_blocks", "_path", "_paths", "_prefix")

    def __init__(self, seed: int, replication: int, site: str) -> None:
        if "/" in site:
            raise ValueError(f"a site is a path with dots, without '/': {site!r}")
        self._prefix = f"{seed}/{replication}/{site}/"
        self._paths: dict[str, dict[int, tuple[float, ...]]] = {}
        self._path = ""
        self._blocks: dict[int, tuple[float, ...]] = {}

    def uniform(self, path: str, k: int) -> float:
        """The number in [0, 1) that belongs to the k-th occasion of this path: always the same one."""
        if k:
            if path is not self._path:
                if len(self._paths) >= _PATHS_KEPT:
                    self._paths.clear()
                self._path, self._blocks = path, self._paths.setdefault(path, {})
            numbers = self._blocks.get(k >> 3)
            return (self._keep(path, k >> 3) if numbers is None else numbers)[k & 7]
        return (int.from_bytes(blake2b(f"{self._prefix}{path}|0".encode()).digest()[:8], "little") >> 11) * _CELL

    def _keep(self, path: str, block: int) -> tuple[float, ...]:
        """Make a block of eight numbers and keep it, dropping what was kept longest."""
        blocks = self._blocks
        if len(blocks) >= _BLOCKS_KEPT:
            del blocks[next(iter(blocks))]
        a, b, c, d, e, f, g, h = _WORDS.unpack(blake2b(f"{self._prefix}{path}|{block}".encode()).digest())
        numbers = blocks[block] = (
            (a >> 11) * _CELL, (b >> 11) * _CELL, (c >> 11) * _CELL, (d >> 11) * _CELL,
            (e >> 11) * _CELL, (f >> 11) * _CELL, (g >> 11) * _CELL, (h >> 11) * _CELL,
        )  # fmt: skip
        return numbers


def uniform(u: float, low: float, high: float) -> float:
    """Any value between two ends, all alike."""
    value = low + (high - low) * u
    return value if value <= high else float(high)


def triangular(u: float, low: float, mode: float, high: float) -> float:
    """A value between two ends, most often near the mode."""
    width = high - low
    if u * width < mode - low:
        value = low + sqrt(u * width * (mode - low))
        return value if value <= mode else float(mode)
    value = high - sqrt((1.0 - u) * width * (high - mode))
    return value if value >= mode else float(mode)


def normal(u: float, mean: float, sd: float, low: float | None = None, high: float | None = None) -> float:
    """A value around the mean. With ends it is cut there, and what is left makes up the whole: no value piles up at an end."""
    if sd == 0.0:
        return float(mean)
    if low is None and high is None:
        return mean + sd * _standard(u, 0.0, 0.0, 1.0)
    a = float("-inf") if low is None else (low - mean) / sd
    b = float("inf") if high is None else (high - mean) / sd
    below, above = _tail(-a), _tail(b)
    if a > 0.0:
        mass = _tail(a) - above
    elif b < 0.0:
        mass = _tail(-b) - below
    else:
        mass = 1.0 - below - above
    value = mean + sd * _standard(u, below, above, mass)
    # The cut is made by the masses; this only takes back the rounding of the last digit.
    if low is not None and value < low:
        return float(low)
    return float(high) if high is not None and value > high else value


def lognormal(u: float, median: float, spread: float) -> float:
    """A positive value, as often above as below the median; two thirds lie between median / spread and median · spread."""
    return median * exp(log(spread) * _standard(u, 0.0, 0.0, 1.0))


def exponential(u: float, mean: float) -> float:
    """A waiting time without memory. (1 - u) is exact and never 0; subtracting keeps out a negative zero."""
    return 0.0 - mean * log(1.0 - u)


def dated(kind: str, u: float, arguments: Sequence[int | None]) -> int:
    """A date in whole µs. It is drawn as a distance from the first parameter: how far from 1970 it lies moves no digit of it."""
    first = arguments[0]
    assert first is not None
    named = zip(PARAMETERS[kind], arguments, strict=True)
    away = [value if value is None or name == "sd" else value - first for name, value in named]
    return first + round(_DATED[kind](u, *away))


_DATED: Final[dict[str, Callable[..., float]]] = {"uniform": uniform, "triangular": triangular, "normal": normal}
"""The distributions from which dates are drawn."""


def choose(u: float, weights: Sequence[float]) -> int:
    """Which of the options it is (its number), each as likely as its weight; one without weight is never chosen."""
    return picked(u, cumulated(weights))


def cumulated(weights: Sequence[float]) -> tuple[float, ...]:
    """The weights summed up, option by option, and behind them their sum; made once where the weights are constant."""
    return (*accumulate(map(float, weights)), fsum(weights))


def picked(u: float, sums: tuple[float, ...]) -> int:
    """`choose`, from weights summed up already."""
    last = len(sums) - 1
    number = bisect_right(sums, u * sums[last], 0, last)
    return number if number < last else bisect_left(sums, sums[last - 1], 0, last)


def impossible(kind: str, arguments: Mapping[str, float | None]) -> str | None:
    """Why there is no such distribution, in one line with the remedy; None when there is one.

    The names of the arguments are those of `PARAMETERS`; for `choice` they are the options, with their weights.
    """
    if kind != "choice":
        absent = [name for name in PARAMETERS[kind] if arguments.get(name) is None and name not in _OPTIONAL.get(kind, ())]
        if absent:
            return f"{kind} needs {' and '.join(absent)}"
    given = {name: value for name, value in arguments.items() if value is not None}
    for name, value in given.items():
        if not isfinite(value) or abs(value) > _LARGEST:
            return f"{_called(kind, name)} is not a finite number of at most 2^53: write a smaller one"
    match kind:
        case "uniform":
            return _outside_order(given, ("min", "max"), "uniform: [1, 3]")
        case "triangular":
            return _outside_order(given, ("min", "mode", "max"), "triangular: [1, 2, 5]")
        case "normal":
            return _not_normal(given)
        case "lognormal":
            return _not_lognormal(given["median"], given["spread"])
        case "exponential":
            return None if given["mean"] > 0 else "the mean of exponential is not above 0: write a positive one"
        case _:
            return _not_a_choice(given)


def _called(kind: str, name: str) -> str:
    """How a message names an argument."""
    return f"the weight of '{name}'" if kind == "choice" else f"{name} of {kind}"


def _outside_order(given: Mapping[str, float], names: tuple[str, ...], example: str) -> str | None:
    """Whether the arguments do not rise from the first to the last."""
    for first, second in pairwise(names):
        if given[first] > given[second]:
            return f"{first} is above {second}: write them in the order {', '.join(names)}, such as {example}"
    return None


def _not_normal(given: Mapping[str, float]) -> str | None:
    """Why no normal distribution has this mean, sd, min and max."""
    mean, sd = given["mean"], given["sd"]
    low, high = given.get("min", float("-inf")), given.get("max", float("inf"))
    if sd < 0:
        return "sd is below 0: a standard deviation is 0 or more"
    if low > high:
        return "min is above max: exchange them"
    if sd == 0 and not low <= mean <= high:
        return "with sd 0 every value is the mean, which lies outside min and max: move the mean or widen them"
    if sd > 0 and ((low - mean) / sd > _FARTHEST or (mean - high) / sd > _FARTHEST):
        return f"min and max leave nothing within {_FARTHEST:g} standard deviations of the mean: move the mean, raise sd or widen them"
    return None


def _not_lognormal(median: float, spread: float) -> str | None:
    """Why no lognormal distribution has this median and spread."""
    if median <= 0:
        return "the median of lognormal is not above 0: write a positive one"
    if spread < 1:
        return f"the spread of lognormal is {spread:g}: it is a factor of 1 or more (2 means: mostly between half and twice the median)"
    return None


def _not_a_choice(weights: Mapping[str, float]) -> str | None:
    """Why nothing can be chosen by these weights."""
    if not weights:
        return "there is nothing to choose from: give at least one option with a weight"
    for name, weight in weights.items():
        if weight < 0:
            return f"the weight of '{name}' is below 0: a weight is 0 or more"
    return None if any(weights.values()) else "all weights are 0, so nothing can be chosen: give one of them a weight above 0"


def _tail(x: float) -> float:
    """The mass of the standard normal distribution above x, exact also where it is tiny."""
    return 0.5 * erfc(x * _ROOT_HALF)


def _standard(u: float, below: float, above: float, mass: float) -> float:
    """The standard normal value at u, where `below` and `above` are cut away and `mass` is left.

    A u stands for the middle of its cell [u, u + 2⁻⁵³), so 0 is not minus infinity; the half cell is added or taken off on the
    side of the smaller number, where that is exact. Each half is inverted from its own tail: no digits are lost.
    """
    under = below + (u + _HALF_CELL) * mass
    if under < 0.5:
        return _quantile(under)
    return -_quantile(min(above + ((1.0 - u) - _HALF_CELL) * mass, 0.5))


def _quantile(p: float) -> float:
    """The standard normal quantile for 0 < p ≤ 0.5, to about 16 digits.

    M. J. Wichura, Algorithm AS 241 (PPND16), Applied Statistics 37 (1988) 477-484. Our own because the one of
    `statistics` takes 25 ms to import and may change.
    """
    q = p - 0.5
    if q >= -0.425:
        r = 0.180625 - q * q
        num = (((((((2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4) * r
                  + 4.5921953931549871457e4) * r + 1.3731693765509461125e4) * r + 1.9715909503065514427e3) * r
                + 1.3314166789178437745e2) * r + 3.3871328727963666080e0) * q  # fmt: skip
        den = (((((((5.2264952788528545610e3 * r + 2.8729085735721942674e4) * r + 3.9307895800092710610e4) * r
                  + 2.1213794301586595867e4) * r + 5.3941960214247511077e3) * r + 6.8718700749205790830e2) * r
                + 4.2313330701600911252e1) * r + 1.0)  # fmt: skip
        return num / den
    r = sqrt(-log(p))
    if r <= 5.0:
        r -= 1.6
        num = (((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r + 2.41780725177450611770e-1) * r
                  + 1.27045825245236838258e0) * r + 3.64784832476320460504e0) * r + 5.76949722146069140550e0) * r
                + 4.63033784615654529590e0) * r + 1.42343711074968357734e0)  # fmt: skip
        den = (((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r + 1.51986665636164571966e-2) * r
                  + 1.48103976427480074590e-1) * r + 6.89767334985100004550e-1) * r + 1.67638483018380384940e0) * r
                + 2.05319162663775882187e0) * r + 1.0)  # fmt: skip
        return -num / den
    r -= 5.0
    num = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 1.24266094738807843860e-3) * r
              + 2.65321895265761230930e-2) * r + 2.96560571828504891230e-1) * r + 1.78482653991729133580e0) * r
            + 5.46378491116411436990e0) * r + 6.65790464350110377720e0)  # fmt: skip
    den = (((((((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r + 1.84631831751005468180e-5) * r
              + 7.86869131145613259100e-4) * r + 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1) * r
            + 5.99832206555887937690e-1) * r + 1.0)  # fmt: skip
    return -num / den
