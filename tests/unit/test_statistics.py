"""Intervals: against published values, sound at the edges, and holding the truth about as often as they say."""

from __future__ import annotations

from math import comb, factorial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.analysis.statistics import Estimate, Sample, contrast, mean, newcombe_paired, paired_difference, summary, wilson
from sim.chance import Site


def holds(estimate: Estimate, truth: float) -> bool:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.low <= truth <= estimate.high


# ---- shares


def test_wilson_gives_the_values_of_newcombes_table() -> None:
    # Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3.
    published = {(81, 263): (0.2553, 0.3662), (15, 148): (0.0624, 0.1605), (0, 20): (0.0, 0.1611), (1, 29): (0.0061, 0.1718)}
    for (successes, n), ends in published.items():
        found = wilson(successes, n)
        assert (found.low, found.high) == pytest.approx(ends, abs=5e-5)
        assert (found.value, found.n) == (successes / n, n)


def test_a_share_of_none_begins_at_0_and_one_of_all_ends_at_1() -> None:
    assert wilson(0, 7).low == 0.0
    assert wilson(7, 7).high == 1.0


def test_a_higher_level_makes_a_wider_interval() -> None:
    narrow, wide = wilson(12, 40, 0.8), wilson(12, 40, 0.99)
    assert wide.low is not None
    assert narrow.low is not None
    assert wide.low < narrow.low


@pytest.mark.parametrize(("successes", "n"), [(1, 0), (-1, 5), (6, 5)])
def test_what_is_no_share_is_refused(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        wilson(successes, n)


def test_what_is_no_level_is_refused() -> None:
    with pytest.raises(ValueError, match="is no level"):
        wilson(1, 2, 1.0)


@pytest.mark.parametrize("truth", [0.02, 0.3, 0.5, 0.9])
def test_wilson_holds_the_truth_about_as_often_as_it_says(truth: float) -> None:
    n = 100
    covered = sum(comb(n, k) * truth**k * (1 - truth) ** (n - k) for k in range(n + 1) if holds(wilson(k, n), truth))
    assert 0.91 < covered < 0.99


# ---- differences of shares


def test_newcombe_gives_the_published_difference_of_paired_shares() -> None:
    # Newcombe, Statistics in Medicine 17 (1998) 2635-2650, table II, method 10.
    found = newcombe_paired(36, 12, 2, 0)
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0569, 0.3404), abs=5e-5)
    assert found.n == 50


counts = st.integers(0, 60)


@given(counts, counts, counts, counts)
def test_a_difference_of_shares_lies_within_its_interval_and_turns_with_its_sides(a: int, b: int, c: int, d: int) -> None:
    if a + b + c + d == 0:
        return
    found, turned = newcombe_paired(a, b, c, d), newcombe_paired(a, c, b, d)
    assert found.low is not None
    assert found.high is not None
    assert -1 <= found.low <= found.value <= found.high <= 1
    assert (turned.value, turned.low, turned.high) == pytest.approx((-found.value, -found.high, -found.low), abs=1e-12)


@pytest.mark.parametrize("cells", [(0.4, 0.2, 0.1, 0.3), (0.05, 0.05, 0.02, 0.88), (0.6, 0.0, 0.3, 0.1)])
def test_newcombe_holds_the_truth_about_as_often_as_it_says(cells: tuple[float, float, float, float]) -> None:
    n, truth, covered = 20, cells[1] - cells[2], 0.0
    for a in range(n + 1):
        for b in range(n + 1 - a):
            for c in range(n + 1 - a - b):
                table = (a, b, c, n - a - b - c)
                if holds(newcombe_paired(*table), truth):
                    weight = float(factorial(n))
                    for count, cell in zip(table, cells, strict=True):
                        weight *= cell**count / factorial(count)
                    covered += weight
    assert 0.92 < covered < 0.999


# ---- means


def test_the_mean_of_a_bootstrap_is_the_mean_and_its_interval_is_always_the_same() -> None:
    values = [float(k * k % 17) for k in range(50)]
    found = mean(values)
    assert found.value == pytest.approx(sum(values) / 50)
    assert holds(found, found.value)
    assert mean(list(values)) == found
    # Resampling is keyed: these digits may only change with the sampler. By theory they are 6.39 and 9.73.
    assert (found.low, found.high) == pytest.approx((6.439, 9.6805), abs=1e-9)


def test_one_value_has_no_interval_and_equal_values_have_one_of_no_width() -> None:
    assert mean([4.0]) == Estimate(4.0, None, None, 1)
    assert mean([4.0, 4.0]) == Estimate(4.0, 4.0, 4.0, 2)


def test_there_is_no_mean_of_nothing() -> None:
    with pytest.raises(ValueError, match="no mean of nothing"):
        mean([])


def test_large_instants_lose_no_digits() -> None:
    instants = [1_750_000_000_000_000 + k for k in range(5)]
    assert mean(instants).value == 1_750_000_000_000_002


def test_the_bootstrap_holds_the_truth_about_as_often_as_it_says() -> None:
    site = Site(1, 0, "test")
    samples = [[site.uniform(str(number), k) for k in range(1, 41)] for number in range(120)]
    assert 0.88 <= sum(holds(mean(sample), 0.5) for sample in samples) / 120 <= 0.99


def test_a_difference_of_pairs_is_narrower_than_the_spread_that_both_share() -> None:
    site = Site(2, 0, "test")
    shared = [100 * site.uniform("shared", k) for k in range(1, 41)]
    found = paired_difference([value + 1 + site.uniform("own", k) for k, value in enumerate(shared, 1)], shared)
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert 1.3 < found.low < found.high < 1.7


# ---- never


def test_runs_without_a_value_count_in_the_share_alone() -> None:
    found = summary(Sample("number", [3.0, None, 5.0, None]))
    assert (found.known.value, found.known.n) == (0.5, 4)
    assert found.value is not None
    assert (found.value.value, found.value.n, found.median) == (4.0, 2, 4.0)


def test_what_never_happens_has_no_mean_and_no_median() -> None:
    found = summary(Sample("duration", [None, None]))
    assert (found.known.value, found.value, found.median) == (0.0, None, None)


def test_only_runs_in_which_both_have_a_value_make_a_difference() -> None:
    found = paired_difference([5.0, None, 7.0, 9.0], [1.0, 2.0, None, 3.0])
    assert found is not None
    assert (found.value, found.n) == (5.0, 2)
    assert paired_difference([None, 1.0], [1.0, None]) is None


# ---- two variants


def test_flags_of_two_variants_are_shares_with_a_paired_difference() -> None:
    first, second = [True] * 38 + [False] * 12, [True] * 36 + [False] * 2 + [True] * 12
    found = contrast(Sample("flag", first), Sample("flag", second))
    assert found.difference == newcombe_paired(36, 12, 2, 0)
    assert found.first is not None
    assert found.second is not None
    assert (found.first.value, found.second.value) == (wilson(38, 50), wilson(48, 50))
    assert found.differing == wilson(14, 50)


def test_numbers_of_two_variants_are_means_and_the_difference_is_second_less_first() -> None:
    found = contrast(Sample("duration", [1, 2, None]), Sample("duration", [4, 6, 8]))
    assert found.first is not None
    assert found.first.value is not None
    assert found.second is not None
    assert found.difference is not None
    assert (found.first.value.value, found.difference.value, found.difference.n) == (1.5, 3.5, 2)
    assert (found.first.known, found.second.known) == (wilson(2, 3), wilson(3, 3))
    assert (found.first.median, found.second.median) == (1.5, 6)
    assert found.differing == wilson(3, 3)


def test_of_texts_it_is_told_how_often_they_differ() -> None:
    found = contrast(Sample("label", ["open", "shut"]), Sample("label", ["open", "open"]))
    assert found.first is not None
    assert (found.first.value, found.first.median, found.difference) == (None, None, None)
    assert found.differing == wilson(1, 2)


@pytest.mark.parametrize("other", [None, Sample("number", [1, 2])])
def test_a_measure_of_one_side_alone_or_of_another_type_compares_with_nothing(other: Sample | None) -> None:
    found = contrast(other, Sample("duration", [4, 6]))
    assert found.second == summary(Sample("duration", [4, 6]))
    assert (found.first is None) == (other is None)
    assert (found.difference, found.reached, found.differing) == (None, None, None)
    assert contrast(Sample("duration", [4, 6]), other).differing is None
