"""Sums that grow are the sums of all at once, to the last bit."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from sim.sums import Running, mean, median, middle_of, total

NUMBERS = st.integers(-(2**53), 2**53) | st.floats(-(2.0**53), 2.0**53)


@given(st.lists(NUMBERS, max_size=40))
def test_a_running_sum_is_the_sum_at_every_time(values: list[float]) -> None:
    running = Running()
    for number, value in enumerate(values, 1):
        running.add(value)
        now = values[:number]
        assert (running.total(), type(running.total())) == (total(now), type(total(now)))


@given(st.lists(NUMBERS, min_size=1, max_size=40))
def test_a_sum_is_exact_and_rounded_once(values: list[float]) -> None:
    exact = sum(map(Fraction, values))
    assert total(values) == (exact if all(type(value) is int for value in values) else float(exact))
    assert middle_of(sorted(values)) == median(values)
    assert mean(values) == total(values) / len(values)


def test_the_sum_of_nothing_is_zero() -> None:
    assert Running().total() == total([]) == 0
