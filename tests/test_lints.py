"""What a lint says can never be never is, and reversing ties changes order alone: tried on scenarios made by chance.

In: scenarios (`tests/strategies.py`) from which timeline entries and rules were taken away, so that some of the rest hangs in the air.
Out: that no run shows what a warning denies.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sim import face
from sim.errors import Problem, RunStopped
from tests.harness import Log
from tests.strategies import Data, scenarios, yaml_text

LEFT = (
    "scenario",
    "period",
    "sources",
    "parameters",
    "actors",
    "events",
    "kinds",
    "things",
    "decisions",
    "statements",
    "state",
    "define",
    "norms",
    "procedures",
    "timeline",
    "rules",
)
SEEN: set[str] = set()


@st.composite
def thinned(draw: Any) -> Data:
    """A scenario without its what-ifs and measures, and with few of its timeline entries and rules."""
    whole = draw(scenarios())
    scenario: Data = {key: value for key, value in whole.items() if key in LEFT}
    for section, kept in (("timeline", 2), ("rules", 6)):
        keys = sorted(scenario[section])
        chosen = draw(st.lists(st.sampled_from(keys), min_size=1, max_size=kept, unique=True)) if keys else []
        scenario[section] = {key: scenario[section][key] for key in chosen}
    return scenario


def denied(problem: Problem, log: Log) -> bool:
    """Whether a log shows what a warning says can never be."""
    section, _, rest = problem.path.partition(".")
    key = rest.partition(".")[0]
    entries = log.entries[1:-1]
    match problem.code:
        case "W402":
            return any(entry.rule == f"rules.{key}" for entry in entries)
        case "W403" if section == "events":
            return any(entry.event == key for entry in entries)
        case "W403" if section == "decisions":
            return any(entry.event == "decision" and entry.data["decision"] == key for entry in entries)
        case "W403":
            return any(entry.event.startswith(f"{key}.") and entry.case for entry in entries)
        case "W405":
            names = rest.removesuffix(".in_force").split(".")
            short = names[0] if len(names) == 1 else f"{names[0]}.{names[-1]}"
            return any(f"in_force.{short}" in entry.changes for entry in entries)
        case "W410":
            option = problem.text.split("'")[1]
            return any(entry.event == "decision" and (entry.data["decision"], entry.data["option"]) == (key, option) for entry in entries)
        case "W406":
            name = problem.text.partition("(")[2].partition(")")[0]
            return any(f"in_force.{name}" in entry.changes for entry in entries)
        case _:
            return False


@settings(max_examples=60)
@given(thinned(), st.integers(0, 2**32))
def test_what_a_lint_denies_does_not_happen(scenario: Data, seed: int) -> None:
    loaded = face.reread({"scenario.yaml": yaml_text(scenario)})
    warnings = [problem for problem in loaded.problems if not problem.is_error]
    SEEN.update(problem.code for problem in warnings)
    log = loaded.run(seed=seed).log
    assert [problem.line for problem in warnings if denied(problem, log)] == []


def test_lints_had_something_to_say() -> None:
    if SEEN:  # the examples ran in this process
        assert {"W402", "W403", "W404"} <= SEEN


@settings(max_examples=30)
@given(scenarios(), st.integers(0, 2**32))
def test_reversed_ties_are_a_run_like_any_other(scenario: Data, seed: int) -> None:
    loaded = face.reread({"scenario.yaml": yaml_text(scenario)})
    try:
        once, again = (list(loaded.run(seed=seed, ties_reversed=True).lines()) for _ in range(2))
        forwards, backwards = (loaded.run(seed=seed, ties_reversed=way).log for way in (False, True))
    except RunStopped:  # what conflicts may hang on a tie
        return
    assert once == again
    assert dated(forwards) == dated(backwards)


def dated(log: Log) -> list[tuple[int, str]]:
    """What the timeline brings, by instant and key."""
    return sorted((entry.time, entry.key) for entry in log.entries if (entry.rule or "").startswith("timeline."))
