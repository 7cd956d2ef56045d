"""Spelling hints: those of `difflib` while words are few, and bounded in work while they are many."""

from __future__ import annotations

from difflib import SequenceMatcher, get_close_matches

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import errors
from sim.errors import did_you_mean

WORDS = st.text("abcn_1", min_size=1, max_size=9)


@given(WORDS, st.lists(WORDS, max_size=12))
def test_the_nearest_of_few_words_is_that_of_difflib(word: str, known: list[str]) -> None:
    near = get_close_matches(word, known, n=1, cutoff=0.6)
    assert did_you_mean(word, known) == (f"; did you mean '{near[0]}'?" if near else "")


@pytest.mark.parametrize("word", ["evnt_number_500", "event_number_5000", "eevent_number_500", "event_numbre_500", "event_numbir_500"])
def test_of_many_words_one_that_differs_by_a_letter_is_proposed(word: str) -> None:
    assert did_you_mean(word, [f"event_number_{number}" for number in range(100, 600)]) == "; did you mean 'event_number_500'?"


def test_of_many_words_none_that_is_farther_is_proposed() -> None:
    known = [f"event_number_{number}" for number in range(1000)]
    assert did_you_mean("evntnumber_500", known) == ""
    assert did_you_mean("evntnumber_500", known[400:600]) == "; did you mean 'event_number_500'?"


def test_a_hint_costs_a_few_comparisons(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    class Counted(SequenceMatcher[str]):
        def ratio(self) -> float:
            compared.append(self)
            return super().ratio()

    monkeypatch.setattr("difflib.SequenceMatcher", Counted)
    known = [f"name_of_a_provision_{number}" for number in range(10_000)]
    for number in range(50):
        assert did_you_mean(f"nme_of_a_provision_{number}", known) == f"; did you mean 'name_of_a_provision_{number}'?"
    assert len(compared) <= 50 * 12


def test_a_word_that_is_asked_about_again_is_not_compared_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    nearest = errors._nearest

    def counted(word: str, words: errors._Vocabulary) -> str:
        asked.append(word)
        return nearest(word, words)

    monkeypatch.setattr(errors, "_nearest", counted)
    known = ["the_first", "the_second", "the_third_of_them"]
    assert {did_you_mean("the_secnod", known) for _ in range(1000)} == {"; did you mean 'the_second'?"}
    assert asked == ["the_secnod"]
