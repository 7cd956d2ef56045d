"""Sums that grow are the sums of all at once, to the last bit."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from sim.sums import Middle, Running, Stretch, mean, median, middle_of, total

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


@given(st.lists(NUMBERS, min_size=1, max_size=40), st.data())
def test_what_is_kept_of_a_stretch_is_what_all_of_it_gives(values: list[float], data: st.DataObject) -> None:
    sums, middles = Stretch(values, Running), Stretch(values, Middle)
    begin = end = 0
    for _ in range(data.draw(st.integers(1, 30))):
        if data.draw(st.integers(0, 5)):
            end = data.draw(st.integers(end, len(values)))
            begin = data.draw(st.integers(begin, end))
        else:  # a stretch that lies before
            begin = data.draw(st.integers(0, len(values)))
            end = data.draw(st.integers(begin, len(values)))
        part = values[begin:end]
        now = sums.of(begin, end).total()
        assert (now, type(now)) == (total(part), type(total(part)))
        if part:
            middle = middles.of(begin, end).median()
            assert (middle, type(middle)) == (median(part), type(median(part)))
