"""Each question about history exists twice: over the world of a run (guards) and over its log (measures). Both say the same.

In: random scenarios, each with probes: rules that do nothing but read many questions on every event. Out: a failure that names
the question, what the guard read, and what the log cut at that entry says.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import clock
from sim.analysis.past import Past
from sim.language import tree as t
from sim.language.wording import said as said_of
from tests import harness
from tests.strategies import RANKS, Data, scenarios, yaml_text

WINDOWS = ("", ", in_last=10d", ", in_last=36h", ", in_last=1mo", ", in_last=7wd", ", in_last=patience")
FILTERS = (
    "", ", by=state", ", by=firm, to=club", ", via=rival", ", by=organs_of(state)", ", to=organs_of(ministry)",
    ", by=state if flagged else rival", ", where=event.by in club", ", by=club, where=member(event.by, state)",
)  # fmt: skip
VALUES = (", where=event.v > 2", ", where=event.v > calm_share and event.by != firm", ", where=hour(event.at) < 12")
EVENTS = (
    *RANKS,
    "curb.blocked",
    "curb.violated",
    "licence.approved",
    "licence.review",
    "licence.withdrawn",
    "licence.licence_expired",
    "licence.licence_suspended",
    "claim",
    "contradiction",
    "curb.enacted",
)
PLAIN = (
    "tension", "mood", "flagged", "seen", "patience", "firm.goods", "in_force(curb)", "in_force(licence.council)",
    "cases(licence)", "cases(licence, by=club)", "cases(licence, by=organs_of(state), is=held)",
    "cases(licence, is=held, where=case.v > 4)", "cases(licence, is=suspended)", "cases(licence, by=firm, is=suspended)",
    "holds(firm, licence)", "holds(state, licence, where=case.by == firm or case.v > calm_share)", "any_of(x in club, holds(x, licence))",
    "claimed(peace)", "claimed(peace, by=state)", "claimed(trade, is=false)", "claimed(trade, by=organs_of(state), is=false)",
    "number_of(x in state, happened(order, by=x))", "sum_of(x in club, x.goods)", "any_of(x in state, x.goods > level)",
    "all_of(x in [firm, trader], count(sale, to=x) < 3 or x.goods > 0)",
    "number_of(x in club, any_of(y in organs_of(state), y.goods > x.goods))",
)  # fmt: skip


@st.composite
def questions(draw: Any) -> list[str]:
    """A few questions, no two alike."""

    def one() -> str:
        function = draw(st.sampled_from(["count", "happened", "first", "last", "since", "sum", "mean", "median", "share", "plain"]))
        if function == "plain":
            return str(draw(st.sampled_from(PLAIN)))
        window = draw(st.sampled_from(WINDOWS))
        filters = draw(st.sampled_from(FILTERS))
        if function in ("sum", "mean", "median"):
            field = draw(st.sampled_from(["order.v", "sale.v", "sale.d", "licence.duration", "echo.v"]))
            if field.endswith(".v") and "where" not in filters:
                filters += draw(st.sampled_from(("", *VALUES)))
            default = "" if function == "sum" else ", default=1d" if field.endswith(("d", "duration")) else ", default=-1"
            return f"{function}({field}{filters}{window}{default})"
        event = draw(st.sampled_from(EVENTS))
        if function == "share":
            of = draw(st.sampled_from(EVENTS))
            return f"share({event}{filters}{window}, of={of}, default=-1)"
        default = {"first": ", default=now", "last": ", default=now", "since": ", default=0d"}.get(function, "")
        return f"{function}({event}{filters}{window}{default})"

    return list(dict.fromkeys(one() for _ in range(draw(st.integers(6, 14)))))


def probed(scenario: Data, asked: list[str]) -> Data:
    """The scenario with a rule on each event that reads all questions and writes down what it read."""
    named = {f"q{number}": question for number, question in enumerate(asked)}
    guard = " or ".join([*(f"{name} == {name}" for name in named), "true"])
    rules = {f"probe_{event}": {"when": event, "if": guard, "then": [{"event": "note"}]} for event in (*RANKS, "claim")}
    return {**scenario, "define": named, "events": {**scenario["events"], "note": {}}, "rules": {**scenario["rules"], **rules}}


def engine(value: Any, kind: str) -> Any:
    """A value of the log in whole µs."""
    if value is None or kind not in ("duration", "instant"):
        return value
    return round(value * clock.SECOND) if kind == "duration" else clock.instant_of_iso(value)


def check(scenario: Data, asked: list[str]) -> int:
    """How many answers were compared; all were alike."""
    checked = harness.check(harness.parse(yaml_text(probed(scenario, asked)), "made.yaml"))
    log = harness.recorded(checked, harness.Request())
    past = Past(checked, log)
    guards = {rule.path: rule.guard for rule in checked.rules if rule.id.startswith("probe_")}
    compared = 0
    for entry in log.entries:
        if entry.event != "note" or entry.cause is None:
            continue
        trigger = log.entries[entry.cause]
        written = trigger.id + 1  # what was in the log when the trigger was heard: a claim's contradiction stands there already
        if trigger.event == "claim" and (after := log.entries[written]).event == "contradiction" and after.cause == trigger.id:
            written += 1
        moment = past.moment(trigger.time, written)
        guard = guards[str(entry.rule)]
        assert guard is not None
        for leaf in t.leaves(guard):
            name = said_of(leaf)
            read, writers = entry.because[name]
            said = moment.value(leaf, trigger)
            kind = leaf.type.name
            assert engine(read, kind) == said, f"{name} on entry {trigger.id}: the guard read {read}, the log says {said}"
            assert all(writer < written for writer in writers)
            compared += 1
    return compared


@settings(max_examples=50)
@given(scenarios(), questions())
def test_what_a_guard_read_is_what_the_log_says_of_that_moment(scenario: Data, asked: list[str]) -> None:
    check(scenario, asked)


@pytest.mark.campaign
@given(scenarios(), st.lists(questions(), min_size=3, max_size=3))
def test_what_many_guards_read_is_what_the_log_says(scenario: Data, asked: list[list[str]]) -> None:
    for several in asked:
        check(scenario, several)
