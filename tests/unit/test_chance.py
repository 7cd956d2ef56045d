"""Keyed chance: the frozen bytes, its independence of everything but the name, and the inversions."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from math import exp, fsum, inf, isfinite, log, nan, sqrt
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import chance
from sim.chance import (
    PARAMETERS,
    SAMPLER,
    Site,
    choose,
    exponential,
    impossible,
    lognormal,
    normal,
    triangular,
    uniform,
)

GRID = [(number + 0.5) / 2000 for number in range(2000)]
LAST = 1.0 - 2.0**-53
PHI = NormalDist().cdf
us = st.integers(0, 2**53 - 1).map(lambda word: word * 2.0**-53)
numbers = st.floats(-1e9, 1e9)


def drawn(site: str = "rules.answer.after", count: int = 20_000, seed: int = 1) -> list[float]:
    source = Site(seed, 0, site)
    return [source.uniform("every", k) for k in range(count)]


def correlation(xs: list[float], ys: list[float]) -> float:
    x, y = fsum(xs) / len(xs), fsum(ys) / len(ys)
    over = fsum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True))
    return over / sqrt(fsum((a - x) ** 2 for a in xs) * fsum((b - y) ** 2 for b in ys))


# --- the numbers


@pytest.mark.parametrize(
    ("path", "k", "expected"),
    [
        ("timeline.first", 0, 0.9630699442909483),
        ("every", 1, 0.5827084638661554),
        ("every", 7, 0.40868383604138303),
        ("every", 8, 0.6511398129956338),
        ("every", 123456789, 0.8095900853509291),
    ],
)
def test_sampler_1_is_frozen(path: str, k: int, expected: float) -> None:
    assert SAMPLER == 1
    assert Site(42, 0, "rules.answer.after").uniform(path, k) == expected


def test_the_largest_seed_and_names_beyond_ascii_are_frozen_too() -> None:
    assert Site(2**63 - 1, 7, "procedures.export_licence.intake.takes").uniform("open.export_licence/ž|1", 9) == 0.9883428947878805


@given(seed=st.integers(0, 2**63 - 1), replication=st.integers(0, 10**6), path=st.text("abc/.~|1", max_size=200), k=st.integers(0, 2**40))
def test_a_number_is_the_word_its_docstring_says(seed: int, replication: int, path: str, k: int) -> None:
    digest = blake2b(f"{seed}/{replication}/rules.x.after/{path}|{k // 8}".encode(), digest_size=64).digest()
    word = int.from_bytes(digest[8 * (k % 8) : 8 * (k % 8) + 8], "little")
    assert Site(seed, replication, "rules.x.after").uniform(path, k) == (word >> 11) * 2.0**-53


@given(st.lists(st.tuples(st.sampled_from(["every", "session", "a/b"]), st.integers(0, 200)), max_size=120))
def test_a_number_hangs_neither_on_order_nor_on_what_was_kept(names: list[tuple[str, int]]) -> None:
    shared = Site(5, 2, "rules.x.chance")
    for path, k in names:
        assert shared.uniform(path, k) == Site(5, 2, "rules.x.chance").uniform(path, k)


def test_what_is_kept_stays_bounded() -> None:
    site = Site(1, 0, "rules.x.after")
    for k in range(1, 1000):
        site.uniform("every", k)
    assert len(site._paths["every"]) == 8
    early = site.uniform("every", 3)
    for number in range(5000):
        site.uniform(f"timeline.t{number}", 0)
    assert set(site._paths) == {"every"}
    for number in range(5000):
        site.uniform(f"timeline.t{number}", 1)
    assert len(site._paths) <= 1024
    assert site.uniform("every", 3) == early


def test_a_site_is_told_from_a_path() -> None:
    with pytest.raises(ValueError, match="without '/'"):
        Site(1, 0, "rules/x")


def test_seeds_replications_sites_paths_and_ticks_all_matter() -> None:
    values = {
        Site(seed, replication, site).uniform(path, k)
        for seed in (0, 1, 10)
        for replication in (0, 1, 10)
        for site in ("a.x", "a.y")
        for path in ("p", "q", "p|1")
        for k in (0, 1, 8, 11)
    }
    assert len(values) == 3 * 3 * 2 * 3 * 4


def test_the_numbers_are_even() -> None:
    values = sorted(drawn())
    n = len(values)
    assert 0.0 <= values[0] < values[-1] < 1.0
    assert max(max((i + 1) / n - u, u - i / n) for i, u in enumerate(values)) < 1.36 / sqrt(n)


def test_neighbouring_ticks_sites_and_seeds_are_unrelated() -> None:
    values = drawn()
    limit = 3.0 / sqrt(len(values))
    for lag in (1, 2, 7, 8):
        assert abs(correlation(values[:-lag], values[lag:])) < limit
    assert abs(correlation(values, drawn(site="rules.answer.chance"))) < limit
    assert abs(correlation(values, drawn(seed=2))) < limit


# --- the inversions


def cut(x: float, mean: float, sd: float, low: float, high: float) -> float:
    whole = NormalDist(mean, sd).cdf
    return (whole(x) - whole(low)) / (whole(high) - whole(low))


def triangle(x: float, low: float, mode: float, high: float) -> float:
    if x < mode:
        return (x - low) ** 2 / (high - low) / (mode - low)
    return 1.0 - (high - x) ** 2 / (high - low) / (high - mode)


INVERSIONS: list[tuple[Callable[[float], float], Callable[[float], float]]] = [
    (lambda u: uniform(u, -1.0, 3.0), lambda x: (x + 1.0) / 4.0),
    (lambda u: triangular(u, 1.0, 2.0, 6.0), lambda x: triangle(x, 1.0, 2.0, 6.0)),
    (lambda u: triangular(u, 1.0, 1.0, 6.0), lambda x: triangle(x, 1.0, 1.0, 6.0)),
    (lambda u: triangular(u, 1.0, 6.0, 6.0), lambda x: (x - 1.0) ** 2 / 25.0),
    (lambda u: normal(u, 10.0, 2.0), NormalDist(10.0, 2.0).cdf),
    (lambda u: normal(u, 10.0, 2.0, 9.0, 14.0), lambda x: cut(x, 10.0, 2.0, 9.0, 14.0)),
    (lambda u: normal(u, 10.0, 2.0, 13.0), lambda x: cut(x, 10.0, 2.0, 13.0, inf)),
    (lambda u: normal(u, 10.0, 2.0, None, 6.0), lambda x: cut(x, 10.0, 2.0, -inf, 6.0)),
    (lambda u: lognormal(u, 1e6, 2.5), lambda x: PHI(log(x / 1e6) / log(2.5))),
    (lambda u: exponential(u, 2.0), lambda x: 1.0 - exp(-x / 2.0)),
]


@pytest.mark.parametrize(("inverse", "share"), INVERSIONS)
def test_each_inversion_undoes_its_distribution_and_rises(inverse: Callable[[float], float], share: Callable[[float], float]) -> None:
    values = [inverse(u) for u in GRID]
    assert max(abs(share(x) - u) for x, u in zip(values, GRID, strict=True)) < 1e-12
    assert values == sorted(values)
    assert isfinite(inverse(0.0))
    assert isfinite(inverse(LAST))


@pytest.mark.parametrize(
    ("function", "arguments", "expected"),
    [
        (uniform, (-1.0, 3.0), "-0x1.3333333333333p-1"),
        (triangular, (1.0, 2.0, 6.0), "0x1.b504f333f9de6p+0"),
        (normal, (10.0, 2.0), "0x1.dbf61e48ec968p+2"),
        (normal, (10.0, 2.0, 12.0, 20.0), "0x1.8457f81637b3ep+3"),
        (lognormal, (1e6, 2.5), "0x1.2dccd465a8482p+18"),
        (exponential, (172800e6,), "0x1.0f4b83046b085p+34"),
    ],
)
def test_the_values_of_sampler_1_are_frozen(function: Callable[..., float], arguments: tuple[float, ...], expected: str) -> None:
    assert function(0.1, *arguments).hex() == expected


def test_the_normal_quantile_agrees_with_the_standard_library_and_is_even() -> None:
    reference = NormalDist()
    for word in (0, 1, 10**4, 10**10, 2**50, 675 * 2**43, 677 * 2**43, 2**52 - 1):
        u = word * 2.0**-53
        expected = reference.inv_cdf(u + 2.0**-54)
        assert normal(u, 0.0, 1.0) == pytest.approx(expected, rel=1e-14, abs=1e-15)
        assert normal(LAST - u, 0.0, 1.0) == pytest.approx(-expected, rel=1e-14, abs=1e-15)
    assert normal(0.0, 0.0, 1.0) == -normal(LAST, 0.0, 1.0) == pytest.approx(-8.2924, abs=1e-4)
    assert normal(0.25, 0.0, 1.0) == -normal(0.75 - 2.0**-53, 0.0, 1.0)


def test_far_cuts_keep_their_digits() -> None:
    # Beyond 30 standard deviations what is left looks like an exponential with mean 1 / 30.
    assert normal(0.5, 0.0, 1.0, 30.0) == pytest.approx(30.0 + log(2.0) / 30.0, abs=1e-4)
    assert normal(0.5, 0.0, 1.0, None, -30.0) == -normal(0.5 - 2.0**-53, 0.0, 1.0, 30.0)
    assert 37.0 <= normal(LAST, 0.0, 1.0, 37.0) < 39.0


def test_narrow_distributions_give_their_one_value_as_a_float() -> None:
    for u in (0.0, 0.3, LAST):
        values = [
            uniform(u, 5, 5),
            triangular(u, 5, 5, 5),
            normal(u, 5, 0),
            normal(u, 5, 2, 5, 5),
            normal(u, 0, 1, 5, 5),
            lognormal(u, 5, 1),
        ]
        assert values == [5.0] * 6
        assert all(isinstance(value, float) for value in values)


def test_no_waiting_time_is_a_negative_zero() -> None:
    assert str(exponential(0.0, 3.0)) == "0.0"


@given(u=us, ends=st.tuples(numbers, numbers, numbers).map(sorted))
def test_values_stay_between_their_ends(u: float, ends: list[float]) -> None:
    low, mode, high = ends
    assert low <= uniform(u, low, high) <= high
    assert low <= triangular(u, low, mode, high) <= high


@given(u=us, mean=numbers, sd=st.floats(0, 1e9), ends=st.tuples(numbers, numbers).map(sorted))
def test_a_normal_value_is_possible_or_refused(u: float, mean: float, sd: float, ends: list[float]) -> None:
    low, high = ends
    if impossible("normal", {"mean": mean, "sd": sd, "min": low, "max": high}) is None:
        assert low <= normal(u, mean, sd, low, high) <= high
        assert normal(u, mean, sd, low) >= low
        assert normal(u, mean, sd, None, high) <= high


@given(u=us, median=st.floats(1e-9, 2.0**53), spread=st.floats(1, 2.0**53), mean=st.floats(1e-9, 2.0**53))
def test_whatever_is_possible_gives_a_finite_value(u: float, median: float, spread: float, mean: float) -> None:
    assert isfinite(lognormal(u, median, spread))
    assert 0.0 <= exponential(u, mean) < 37 * mean


@given(first=us, second=us, mean=numbers, sd=st.floats(1e-3, 1e6))
def test_more_luck_never_gives_less(first: float, second: float, mean: float, sd: float) -> None:
    low, high = sorted((first, second))
    slack = 1e-14 * (abs(mean) + sd)
    assert normal(low, mean, sd) <= normal(high, mean, sd) + slack
    assert normal(low, mean, sd, mean - sd, mean + 3 * sd) <= normal(high, mean, sd, mean - sd, mean + 3 * sd) + slack
    assert uniform(low, mean, mean + sd) <= uniform(high, mean, mean + sd)
    assert triangular(low, mean, mean + sd / 3, mean + sd) <= triangular(high, mean, mean + sd / 3, mean + sd)
    assert exponential(low, sd) <= exponential(high, sd)


def test_options_are_chosen_by_weight() -> None:
    assert [choose(u, [2, 1, 1]) for u in (0.0, 0.49, 0.5, 0.74, 0.75, LAST)] == [0, 0, 1, 1, 2, 2]
    weights = [0.1, 0.0, 0.25, 0.65]
    chosen = [choose(u, weights) for u in GRID]
    assert [chosen.count(number) / len(chosen) for number in range(4)] == weights


@given(u=us, weights=st.lists(st.one_of(st.just(0.0), st.floats(1e-12, 1e12)), min_size=1, max_size=8).filter(any))
def test_an_option_without_weight_is_never_chosen(u: float, weights: list[float]) -> None:
    assert weights[choose(u, weights)] > 0.0
    assert choose(u, weights) <= choose(LAST, weights)


# --- what cannot be


@pytest.mark.parametrize(
    ("kind", "arguments", "expected"),
    [
        ("uniform", {"min": 3, "max": 1}, "min is above max: write them in the order min, max, such as uniform: [1, 3]"),
        (
            "triangular",
            {"min": 1, "mode": 6, "max": 5},
            "mode is above max: write them in the order min, mode, max, such as triangular: [1, 2, 5]",
        ),
        (
            "triangular",
            {"min": 1, "mode": 0, "max": 5},
            "min is above mode: write them in the order min, mode, max, such as triangular: [1, 2, 5]",
        ),
        ("normal", {"mean": 1, "sd": -1}, "sd is below 0: a standard deviation is 0 or more"),
        ("normal", {"mean": 1, "sd": 1, "min": 2, "max": 1}, "min is above max: exchange them"),
        (
            "normal",
            {"mean": 1, "sd": 0, "min": 2, "max": None},
            "with sd 0 every value is the mean, which lies outside min and max: move the mean or widen them",
        ),
        (
            "normal",
            {"mean": 0, "sd": 1, "min": 40},
            "min and max leave nothing within 37 standard deviations of the mean: move the mean, raise sd or widen them",
        ),
        ("normal", {"mean": 1, "sd": None}, "normal needs sd"),
        ("normal", {}, "normal needs mean and sd"),
        ("lognormal", {"median": 0, "spread": 2}, "the median of lognormal is not above 0: write a positive one"),
        (
            "lognormal",
            {"median": 1, "spread": 0.5},
            "the spread of lognormal is 0.5: it is a factor of 1 or more (2 means: mostly between half and twice the median)",
        ),
        ("exponential", {"mean": 0}, "the mean of exponential is not above 0: write a positive one"),
        ("exponential", {"mean": inf}, "mean of exponential is not a finite number of at most 2^53: write a smaller one"),
        ("uniform", {"min": 0, "max": 1e16}, "max of uniform is not a finite number of at most 2^53: write a smaller one"),
        ("choice", {}, "there is nothing to choose from: give at least one option with a weight"),
        ("choice", {"a": 1, "b": -1}, "the weight of 'b' is below 0: a weight is 0 or more"),
        ("choice", {"a": 1, "b": nan}, "the weight of 'b' is not a finite number of at most 2^53: write a smaller one"),
        ("choice", {"a": 0, "b": 0}, "all weights are 0, so nothing can be chosen: give one of them a weight above 0"),
    ],
)
def test_an_impossible_distribution_is_told_with_its_remedy(kind: str, arguments: dict[str, float | None], expected: str) -> None:
    assert impossible(kind, arguments) == expected


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("uniform", {"min": 1, "max": 1}),
        ("triangular", {"min": -1, "mode": -1, "max": 4}),
        ("normal", {"mean": 1, "sd": 0, "min": 1, "max": None}),
        ("normal", {"mean": 1, "sd": 2}),
        ("lognormal", {"median": 1e6, "spread": 1}),
        ("exponential", {"mean": 1}),
        ("choice", {"a": 0, "b": 0.2}),
    ],
)
def test_a_possible_distribution_is_let_be(kind: str, arguments: dict[str, float | None]) -> None:
    assert impossible(kind, arguments) is None


def test_the_parameters_stand_in_the_order_of_the_functions() -> None:
    assert PARAMETERS["normal"] == ("mean", "sd", "min", "max")
    for function in (uniform, triangular, normal, lognormal, exponential):
        assert function.__code__.co_argcount == 1 + len(PARAMETERS[function.__name__])


@pytest.mark.parametrize(("kind", "away"), [("uniform", (0, 30)), ("triangular", (0, 4, 30)), ("normal", (0, 9, -20, 40))])
def test_a_date_is_drawn_alike_in_every_year(kind: str, away: tuple[int, ...]) -> None:
    """Floats of our days have quarters of a microsecond, those of 1970 far finer ones: a drawn date hangs on neither."""
    day = 86_400_000_000
    for number in range(200):
        u = chance.Site(number, 0, "at").uniform("timeline.t", 0)
        found = set()
        for begin in (-84 * 365 * day, -day, 0, day, 55 * 365 * day + 1, 117 * 365 * day):
            moved = [size * day if chance.PARAMETERS[kind][place] == "sd" else begin + size * day for place, size in enumerate(away)]
            found.add(chance.dated(kind, u, moved) - begin)
        assert len(found) == 1
        assert abs(found.pop() - getattr(chance, kind)(u, *(size * day for size in away))) <= 0.5
