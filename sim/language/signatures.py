"""The functions of expressions: what each takes and gives, and what it says. A function not listed here does not exist.

In: nothing. Out: `FUNCTIONS`, and which of them belong together.
"""

from __future__ import annotations

from sim import clock
from sim.language import tree as t
from sim.language.tree import Type

__all__ = ["COURSES", "FUNCTIONS", "GIVES", "MAY_BE_MISSING", "OF_EVENTS", "OF_FIELDS", "PURE", "QUANTIFIED", "TAKES"]

FUNCTIONS: dict[str, tuple[str, str]] = {
    # name: (signature, what it says)
    "count": ("count(EVENT, filters) → number", "how many such events have happened, the one reacted to included"),
    "happened": ("happened(EVENT, filters) → flag", "whether there has been one"),
    "first": ("first(EVENT, filters) → date, or no value", "when the first one happened"),
    "last": ("last(EVENT, filters) → date, or no value", "when the latest one happened"),
    "since": ("since(EVENT, filters) → duration, or no value", "how long ago the latest one happened"),
    "sum": ("sum(EVENT.FIELD, filters) → number or duration", "the sum of a field over such events, 0 for none"),
    "mean": ("mean(EVENT.FIELD, filters) → number or duration, or no value", "the mean of a field over such events"),
    "median": ("median(EVENT.FIELD, filters) → number or duration, or no value", "the median of a field over such events"),
    "share": ("share(EVENT, filters, of=EVENT) → number, or no value", "such events, counted against all `of=` events, or all EVENTs"),
    "claimed": ("claimed(STATEMENT, by=ACTOR, is=true) → flag", "whether somebody stands by saying so: it is his latest claim about it"),
    "in_force": ("in_force(PROVISION) → flag", "whether a rule, norm, procedure or step is in force"),
    "suspended": ("suspended(PROVISION) → flag", "whether it is suspended: it is not in force, and may be resumed"),
    "running": ("running(NORM) → flag", "whether a duty of this norm runs: begun, and neither fulfilled nor breached nor ended"),
    "passed": ("passed(event.case, STEP) → flag", "whether the case has passed this step"),
    "grandfathered": ("grandfathered(event.case, STEP) → flag", "whether the case was exempted from this step when it was enacted"),
    "approved": ("approved(event.case) → flag", "whether the case is approved, and its licence neither suspended, revoked nor expired"),
    "holds": (
        "holds(ACTOR, PROCEDURE, where=FLAG) → flag",
        "whether the actor has an approved case that can be used now; `where` looks at the case",
    ),
    "cases": ("cases(PROCEDURE, by=ACTOR, is=open, where=FLAG) → number", "how many cases are open, or with `is=` held or suspended"),
    "member": ("member(ACTOR, GROUP) → flag", "whether the actor is a member of the group, at any depth; an organ is none"),
    "organs_of": ("organs_of(ACTOR) → group", "the actor and its organs, at any depth, without members; behind `in`, in filters"),
    "number_of": ("number_of(x in GROUP, FLAG) → number", "of how many organs and members of the group this holds"),
    "sum_of": ("sum_of(x in GROUP, VALUE) → its type", "the sum over the organs and members of the group"),
    "any_of": ("any_of(x in GROUP, FLAG) → flag", "whether it holds of one of them at least"),
    "all_of": ("all_of(x in GROUP, FLAG) → flag", "whether it holds of each of them"),
    "min": ("min(a, b, …) → their type", "the least"),
    "max": ("max(a, b, …) → their type", "the greatest"),
    "abs": ("abs(a) → its type", "without the sign"),
    "round": ("round(a) → number", "to the nearest whole number, halves to the even one"),
    "floor": ("floor(a) → number", "down to a whole number"),
    "ceil": ("ceil(a) → number", "up to a whole number"),
    "clamp": ("clamp(a, lowest, highest) → its type", "the nearest value within bounds"),
    "hour": ("hour(DATE) → number", "the hour on the clocks of the scenario, 0 to 23"),
    "weekday": ("weekday(DATE) → mon, tue, … or sun", "the day of the week there"),
    "month": ("month(DATE) → number", "the month there, 1 to 12"),
    "peak": ("peak(VALUE) → its type", "the highest a value stood at; in measures"),
    "low": ("low(VALUE) → its type", "the lowest a value stood at; in measures"),
    "final": ("final(VALUE) → its type", "what a value was at the end; in measures"),
    "at": ("at(VALUE, DATE) → its type, or no value", "what a value was then, when all of that instant had happened; in measures"),
    "integral": ("integral(VALUE) → duration, or number for a rate", "a value times how long it stood, summed up; in measures"),
    "time_while": ("time_while(FLAG) → duration", "for how long it held; in measures"),
}

OF_EVENTS = {"count": t.NUMBER, "happened": t.FLAG, "first": t.INSTANT, "last": t.INSTANT, "since": t.DURATION, "share": t.NUMBER}
"""Questions about events, and what they give."""
OF_FIELDS = frozenset({"sum", "mean", "median"})
MAY_BE_MISSING = frozenset({"first", "last", "since", "mean", "median", "share"})
QUANTIFIED = frozenset({"number_of", "sum_of", "any_of", "all_of"})

COURSES = {
    "peak": ("number", "duration", "rate", "instant"), "low": ("number", "duration", "rate", "instant"), "final": (), "at": (),
    "integral": ("number", "rate"), "time_while": ("flag",),
}  # fmt: skip
"""Questions about the course of a value, and the types it may have; none named: any."""

PURE = {
    "min": (2, 20), "max": (2, 20), "clamp": (3, 3),
    **dict.fromkeys(("abs", "round", "floor", "ceil", "hour", "weekday", "month"), (1, 1)),
}  # fmt: skip
"""Functions of their arguments alone: how many they take."""
TAKES = {
    **dict.fromkeys(("min", "max", "clamp"), ("number", "duration", "rate", "instant")),
    "abs": ("number", "duration", "rate"),
    **dict.fromkeys(("round", "floor", "ceil"), ("number",)),
    **dict.fromkeys(("hour", "weekday", "month"), ("instant",)),
}  # fmt: skip
GIVES: dict[str, Type] = {"hour": t.NUMBER, "weekday": t.label(*clock.WEEKDAYS), "month": t.NUMBER}
"""What they give where that is not what they take."""
