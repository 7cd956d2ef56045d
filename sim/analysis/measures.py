"""Measures: what a log says of a run. Expectations: what an author says of measures.

In: a checked scenario and a `Log`. Out: a value for each measure, None where there is none ("never"). Nothing but the
log is looked at, so a measure of a stored result is the measure of its run.

Trees are walked here, not compiled: a measure is read once a run.
"""

from __future__ import annotations

import operator as op
from collections.abc import Callable, Mapping, Sequence
from math import ceil, floor
from typing import Any

from sim import clock
from sim.language import tree as t
from sim.language.scenario import Scenario, above
from sim.language.tree import Tree
from sim.log.entries import Entry, Log
from sim.sums import mean, median, total

__all__ = ["evaluate", "holds", "readable"]

Value = Any


def evaluate(scenario: Scenario, log: Log) -> dict[str, Value]:
    """The measures of one run by name; durations and instants in whole µs."""
    reader = _Reader(scenario, log)
    return {name: reader.value(tree, None) for name, tree in sorted(scenario.measures.items())}


def holds(that: Tree, measures: Mapping[str, Value], baseline: Mapping[str, Value] | None) -> bool:
    """Whether an expectation holds of a run's measures (and of the baseline's, with the same luck)."""
    return bool(_Expected(measures, baseline).value(that, None))


def readable(value: Value, kind: str) -> Value:
    """A value in the form readers get: durations in seconds, instants in ISO 8601 (UTC)."""
    if value is None:
        return None
    if kind == "duration":
        return clock.seconds(value)
    return clock.iso(value, "UTC") if kind == "instant" else value


class _Walker:
    """Walks a tree. What has no value passes through arithmetic, and makes a comparison false."""

    zone = "UTC"

    def value(self, tree: Tree, entry: Entry | None) -> Value:
        match tree:
            case t.Const(value=value):
                return value
            case t.Negate(operand=operand):
                return _known(lambda x: -x, self.value(operand, entry))
            case t.Not(operand=operand):
                return not self.value(operand, entry)
            case t.Arithmetic(operator=operator, left=left, right=right, rounded=rounded):
                value = _known(ARITHMETIC[operator], self.value(left, entry), self.value(right, entry))
                return round(value) if rounded and value is not None else value
            case t.Shift(moment=moment, count=count, unit=unit):
                return _known(lambda instant: clock.shifted(instant, count, unit, self.zone), self.value(moment, entry))
            case t.Compare(first=first, rest=rest):
                return self.compared(self.value(first, entry), [(operator, self.value(part, entry)) for operator, part in rest])
            case t.Logic(operator=operator, parts=parts):
                values = (self.value(part, entry) for part in parts)
                return all(values) if operator == "and" else any(values)
            case t.Choose(value=value, test=test, other=other):
                return self.value(value if self.value(test, entry) else other, entry)
            case t.OneOf(item=item, options=options):
                return self.value(item, entry) in [self.value(option, entry) for option in options]
            case t.Call(function=function, arguments=arguments):
                return _known(FUNCTIONS[function], *(self.value(argument, entry) for argument in arguments))
            case _:
                return self.leaf(tree, entry)

    def compared(self, left: Value, rest: Sequence[tuple[str, Value]]) -> bool:
        for operator, right in rest:
            if left is None or right is None or not COMPARISONS[operator](left, right):
                return False
            left = right
        return True

    def leaf(self, tree: Tree, entry: Entry | None) -> Value:
        raise AssertionError(f"{type(tree).__name__} is not part of this expression: {entry}")


class _Expected(_Walker):
    """Reads measures."""

    def __init__(self, measures: Mapping[str, Value], baseline: Mapping[str, Value] | None) -> None:
        self.measures = measures
        self.baseline = baseline

    def leaf(self, tree: Tree, entry: Entry | None) -> Value:
        if isinstance(tree, t.Measure):
            return (self.baseline or {}).get(tree.name) if tree.of_baseline else self.measures.get(tree.name)
        return super().leaf(tree, entry)


class _Reader(_Walker):
    """Reads a log."""

    def __init__(self, scenario: Scenario, log: Log) -> None:
        self.above = {actor: frozenset(above(actor, scenario.actors)) for actor in scenario.actors}
        self.until = log.header.period[1]
        self.zone = log.header.timezone
        self.by_event: dict[str, list[Entry]] = {}
        self.courses: dict[str, list[Value]] = {}
        for entry in log.entries:
            for name in entry.heard_as():
                self.by_event.setdefault(name, []).append(entry)
            for path, (_, new) in entry.changes.items():
                self.courses.setdefault(path, []).append(new)

    def leaf(self, tree: Tree, entry: Entry | None) -> Value:
        match tree:
            case t.Slot(path=path, type=kind):
                return _engine(self.courses[path][-1], kind.name)
            case t.Course(function=function, slot=slot):
                values = [_engine(value, slot.type.name) for value in self.courses[slot.path]]
                return values[-1] if function == "final" else (max if function == "peak" else min)(values)
            case t.Now():
                return self.until
            case t.EventField(name=name, is_data=True, type=kind) if entry is not None:
                return _engine(entry.data.get(name), kind.name)
            case t.EventField(name="at") if entry is not None:
                return entry.time
            case t.EventField(name=name) if entry is not None:
                return getattr(entry, name)
            case t.Within(item=item, group=group):
                actor = self.value(item, entry)
                return actor is not None and self.value(group, entry) in self.above[actor]
            case t.History():
                return self.history(tree)
            case _:
                return super().leaf(tree, entry)

    def history(self, tree: t.History) -> Value:
        selector = tree.selector
        entries = [entry for entry in self.by_event.get(selector.event, ()) if self.selects(selector, entry)]
        if tree.function == "count":
            return len(entries)
        if tree.function == "happened":
            return bool(entries)
        if tree.function == "sum":
            return total(self.field(selector, entries, tree.type.name))
        if not entries:
            return None if tree.default is None else self.value(tree.default, None)
        match tree.function:
            case "first":
                return entries[0].time
            case "last":
                return entries[-1].time
            case "since":
                return self.until - entries[-1].time
            case _:
                value = (mean if tree.function == "mean" else median)(self.field(selector, entries, tree.type.name))
                return round(value) if tree.type.name == "duration" else value

    def selects(self, selector: t.Selector, entry: Entry) -> bool:
        for name in ("by", "to", "via"):
            wanted = getattr(selector, name)
            if wanted is not None:
                actor = getattr(entry, name)
                if actor is None or self.value(wanted, None) not in self.above[actor]:
                    return False
        return selector.where is None or bool(self.value(selector.where, entry))

    def field(self, selector: t.Selector, entries: Sequence[Entry], kind: str) -> list[Value]:
        return [_engine(entry.data[selector.field], kind) for entry in entries if selector.field is not None]


def _engine(value: Value, kind: str) -> Value:
    """A value of the log in the engine's form: whole µs for durations and instants."""
    if value is None:
        return None
    if kind == "duration":
        return round(value * clock.SECOND)
    return clock.instant_of_iso(value) if kind == "instant" else value


def _known(function: Callable[..., Value], *arguments: Value) -> Value:
    """The function's value, or none where an argument has none or it divides by zero."""
    if any(argument is None for argument in arguments):
        return None
    try:
        return function(*arguments)
    except (ZeroDivisionError, OverflowError, ValueError):  # a date beyond the calendar is a ValueError
        return None


Operation = Callable[[Value, Value], Value]
ARITHMETIC: dict[str, Operation] = {"+": op.add, "-": op.sub, "*": op.mul, "/": op.truediv, "//": op.floordiv, "%": op.mod}
COMPARISONS: dict[str, Operation] = {"<": op.lt, "<=": op.le, ">": op.gt, ">=": op.ge, "==": op.eq, "!=": op.ne}
FUNCTIONS: dict[str, Callable[..., Value]] = {
    "min": min, "max": max, "abs": abs, "round": round, "floor": floor, "ceil": ceil, "clamp": lambda a, low, high: max(low, min(a, high)),
}  # fmt: skip
