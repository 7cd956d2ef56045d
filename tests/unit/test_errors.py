"""What is said of a name that nothing has, and how refusals pass between processes.

In: names, problems. Out: the nearest, lists.
"""

from __future__ import annotations

import pickle

import pytest

from sim.errors import Place, Problem, ScenarioError, listed, names_near, nearest_first

NAMES = ["export_ban.enacted", "halt", "ban", "ban.blocked", "accusation", "urban", "demand"]


def test_what_holds_the_word_stands_first_then_what_is_like_it_then_the_plain_before_the_dotted() -> None:
    assert nearest_first("ban", NAMES) == ["ban", "urban", "ban.blocked", "export_ban.enacted", "demand", "accusation", "halt"]
    assert nearest_first("demnd", NAMES)[0] == "demand"
    assert nearest_first("zzz", NAMES) == ["accusation", "ban", "demand", "halt", "urban", "ban.blocked", "export_ban.enacted"]
    assert nearest_first("", NAMES) == nearest_first("zzz", NAMES)


def test_a_list_ends_where_it_grows_long() -> None:
    assert listed(NAMES, 2) == "export_ban.enacted, halt and 5 more"
    assert listed(NAMES, 7) == ", ".join(NAMES)
    assert listed([]) == ""
    assert listed(["a\n"]) == "a\\n"


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("BAN", "; 'BAN' is part of ban, urban, ban.blocked, export_ban.enacted"),
        ("enacted", "; did you mean 'export_ban.enacted'?"),
        ("hlat", "; did you mean 'halt'?"),
        ("They accuse", "; did you mean 'They accused'?"),
        ("zzz", " (known are accusation, ban, demand, halt, urban, ban.blocked, export_ban.enacted)"),
    ],
)
def test_a_name_that_nothing_has_is_answered_with_those_it_may_mean(word: str, told: str) -> None:
    assert names_near(word, NAMES, ["They accused"]) == told


def test_where_there_is_nothing_nothing_is_named() -> None:
    assert names_near("x", []) == ""


def test_what_a_scenario_is_refused_for_passes_between_processes() -> None:
    refused = ScenarioError([Problem("E102", "unknown", Place("a.yaml", 3, 4), "r"), Problem("E101", "odd", Place("a.yaml", 1, 2), "y")])
    again = pickle.loads(pickle.dumps(refused))
    assert (again.problems, str(again)) == (refused.problems, str(refused))
