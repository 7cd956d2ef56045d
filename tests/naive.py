"""A naive evaluator: what an expression comes to, found by looking at everything, every time.

In: typed trees, and a `Naive` world of plain lists and mappings. Out: values, or `Wrong` with the words a run would stop with.
It shares nothing with the formulas of the engine nor with the measures: no tracks, no bisection, no tables prepared beforehand.
"""

from __future__ import annotations

import math
import statistics
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sim.language import tree as t
from sim.language.tree import Tree

__all__ = ["Happening", "Naive", "Wrong", "local_time", "moved"]

Value = Any
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
A_DAY = 24 * 60 * 60 * 1_000_000


class Wrong(Exception):
    """A run that read this would stop, and say so."""


@dataclass
class Happening:
    """One thing that has happened; `names` are those it is counted under."""

    id: int
    time: int
    names: tuple[str, ...]
    by: str | None
    to: str | None
    via: str | None
    data: dict[str, Value]
    case: dict[str, Value] | None = None


@dataclass
class Naive:
    """A world: values by path, what has happened, who belongs to whom, and the moment; `days` are those of parameters, by path."""

    values: dict[str, Value]
    happened: list[Happening]
    part_of: dict[str, str | None]
    member_of: dict[str, tuple[str, ...]]
    zone: str
    now: int
    event: Happening | None = None
    passed: frozenset[str] = frozenset()
    spared: frozenset[str] = frozenset()
    bound: dict[int, str] = field(default_factory=dict)
    days: dict[str, int] = field(default_factory=dict)
    end: int | None = None

    # groups

    def over(self, actor: str, *, organ: bool = True, member: bool = True) -> set[str]:
        """Who stands above an actor, by organs, members or both."""
        steps = ([self.part_of[actor]] if organ and self.part_of[actor] else []) + (list(self.member_of[actor]) if member else [])
        found: set[str] = set()
        for one in steps:
            if one is not None:
                found |= {one} | self.over(one, organ=organ, member=member)
        return found

    def belongs(self, actor: str | None, group: Tree, *, as_member: bool = False) -> bool:
        if isinstance(group, t.Choose):
            return self.belongs(actor, group.value if self.value(group.test) else group.other, as_member=as_member)
        if isinstance(group, t.Organs):
            owner = self.value(group.owner)
            return actor is not None and (actor == owner or owner in self.over(actor, member=False))
        owner = self.value(group)
        if actor is None:
            return False
        return owner in self.over(actor, organ=False) if as_member else actor == owner or owner in self.over(actor)

    # expressions

    def value(self, tree: Tree) -> Value:
        """What a tree comes to at this moment."""
        kind = type(tree).__name__.lower()
        try:
            return getattr(self, f"of_{kind}")(tree)
        except (OverflowError, ValueError):
            raise Wrong("a number grew too large") from None

    def of_const(self, tree: t.Const) -> Value:
        return tree.value

    def of_slot(self, tree: t.Slot) -> Value:
        return self.values[tree.path]

    def of_attribute(self, tree: t.Attribute) -> Value:
        owner = self.value(tree.owner)
        if owner is None:
            raise Wrong("an attribute is asked of nobody: the event has no such actor")
        if f"actors.{owner}.{tree.name}" not in self.values:
            raise Wrong(f"'{owner}' has no such attribute")
        return self.values[f"actors.{owner}.{tree.name}"]

    def of_eventfield(self, tree: t.EventField) -> Value:
        assert self.event is not None
        if tree.is_data:
            return self.event.data[tree.name]
        return self.event.time if tree.name == "at" else getattr(self.event, tree.name)

    def of_casefield(self, tree: t.CaseField) -> Value:
        assert self.event is not None
        assert self.event.case is not None
        return self.event.case[tree.name]

    def of_now(self, _: t.Now) -> Value:
        return self.now

    def of_bound(self, tree: t.Bound) -> Value:
        return self.bound[tree.depth]

    def of_negate(self, tree: t.Negate) -> Value:
        return -self.value(tree.operand)

    def of_not(self, tree: t.Not) -> Value:
        return not self.value(tree.operand)

    def of_arithmetic(self, tree: t.Arithmetic) -> Value:
        left, right = self.value(tree.left), self.value(tree.right)
        if tree.operator in ("/", "//", "%") and right == 0:
            raise Wrong("division by zero")
        match tree.operator:
            case "+":
                found = left + right
            case "-":
                found = left - right
            case "*":
                found = left * right
            case "/":
                found = left / right
            case "//":
                found = left // right
            case _:
                found = left % right
        return halves_to_even(found) if tree.rounded else found

    def of_shift(self, tree: t.Shift) -> Value:
        return moved(self.value(tree.moment), tree.count, tree.unit, self.zone)

    def of_moved(self, tree: t.Moved) -> Value:
        sign = -1 if tree.is_back else 1
        return self.after(self.value(tree.moment), sign * self.value(tree.length), sign * self.days_of(tree.length))

    def of_sunset(self, _: t.Sunset) -> Value:
        return self.end

    def after(self, instant: int, length: int, days: Value) -> int:
        """An instant moved by a length: the days by the calendar, at the same time of day, then what is left of it."""
        return moved(instant, int(days), "d", self.zone) + length - int(days) * A_DAY

    def days_of(self, length: Tree) -> Value:
        """How many whole days a length has; what is no literal, no parameter, and not made of them has none."""
        match length:
            case t.Const(days=days):
                return days
            case t.Slot(path=path):
                return self.days.get(path, 0)
            case t.Negate(operand=operand):
                return -self.days_of(operand)
            case t.Arithmetic(operator="+" | "-", left=left, right=right):
                return self.days_of(left) + self.days_of(right) * (1 if length.operator == "+" else -1)
            case t.Arithmetic(operator="*", left=left, right=right):
                if left.type.name == "duration":
                    left, right = right, left
                times = self.value(left)
                return times * self.days_of(right) if times == int(times) else 0
            case t.Choose(value=value, test=test, other=other):
                return self.days_of(value if self.value(test) else other)
            case t.Call(function="min" | "max", arguments=arguments):
                return self.days_of((min if length.function == "min" else max)(arguments, key=self.value))
        return 0

    def of_compare(self, tree: t.Compare) -> Value:
        left = comparable(self.value(tree.first))
        has_none = any(side.type.optional for side in (tree.first, *(part for _, part in tree.rest)))
        for operator, part in tree.rest:
            right = comparable(self.value(part))
            if (left is None or right is None) and has_none:  # a comparison with no value is false; that nobody is not somebody is true
                return False
            tests = {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right} if operator[0] in "<>" else {}
            if not {**tests, "==": left == right, "!=": left != right}[operator]:
                return False
            left = right
        return True

    def of_logic(self, tree: t.Logic) -> Value:
        for part in tree.parts:
            if self.value(part) is (tree.operator == "or"):
                return tree.operator == "or"
        return tree.operator == "and"

    def of_choose(self, tree: t.Choose) -> Value:
        return self.value(tree.value if self.value(tree.test) else tree.other)

    def of_oneof(self, tree: t.OneOf) -> Value:
        item = self.value(tree.item)
        options = [self.value(option) for option in tree.options]
        return any(item == option for option in options)

    def of_within(self, tree: t.Within) -> Value:
        self.belongs(None, tree.group)  # of two faults that of the group is told
        return self.belongs(self.value(tree.item), tree.group, as_member=tree.as_member)

    def of_call(self, tree: t.Call) -> Value:
        values = [self.value(argument) for argument in tree.arguments]
        one = values[0]
        match tree.function:
            case "min" | "max":
                best = one
                for other in values[1:]:
                    if other < best if tree.function == "min" else other > best:
                        best = other
                return best
            case "clamp":
                inner = values[2] if values[2] < one else one
                return inner if inner > values[1] else values[1]
            case "abs":
                return -one if one < 0 else abs(one)
            case "hour" | "weekday" | "month":
                local = local_time(one, self.zone)
                return {"hour": local.hour, "weekday": local.strftime("%a").lower(), "month": local.month}[tree.function]
        exact = Fraction(one)
        return halves_to_even(exact) if tree.function == "round" else exact.__floor__() if tree.function == "floor" else exact.__ceil__()

    def of_quantified(self, tree: t.Quantified) -> Value:
        values = []
        for actor in tree.bound.actors:
            self.bound[tree.bound.depth] = actor
            values.append(self.value(tree.body))
        match tree.function:
            case "number_of":
                return values.count(True)
            case "any_of":
                return True in values
            case "all_of":
                return False not in values
        return exact_sum(values)

    # what has happened

    def meant(self, selector: t.Selector) -> list[Happening]:
        """Everything a selector means, looked for from the start."""
        return [one for one in self.happened if self.means(selector, one)]

    def means(self, selector: t.Selector, one: Happening) -> bool:
        if selector.event not in one.names:
            return False
        if selector.within is not None and self.now > self.last_in(selector.within, one.time):
            return False
        if any(
            group is not None and not self.belongs(actor, group)
            for group, actor in ((selector.by, one.by), (selector.to, one.to), (selector.via, one.via))
        ):
            return False
        if selector.where is None:
            return True
        beside = Naive(self.values, self.happened, self.part_of, self.member_of, self.zone, one.time, one, days=self.days)
        return bool(beside.value(selector.where))

    def last_in(self, window: Tree, instant: int) -> int:
        """The last instant at which what happened at an instant belongs to a window."""
        if isinstance(window, t.Choose):
            return self.last_in(window.value if self.value(window.test) else window.other, instant)
        width = self.value(window)
        return moved(instant, *width, self.zone) if isinstance(width, tuple) else self.after(instant, width, self.days_of(window))

    def of_history(self, tree: t.History) -> Value:
        found = self.meant(tree.selector)
        if tree.function == "count":
            return len(found)
        if tree.function == "happened":
            return found != []
        values = [one.data[tree.selector.field] for one in found] if tree.selector.field is not None else []
        if tree.function == "sum":
            return exact_sum(values)
        among = found if tree.among is None else self.meant(tree.among)
        if not among:
            assert tree.default is not None
            return self.value(tree.default)
        times = [one.time for one in found]
        match tree.function:
            case "first":
                return min(times)
            case "last":
                return max(times)
            case "since":
                return self.now - max(times)
            case "share":
                return len(found) / len(among)
            case "mean":
                value = exact_sum(values) / len(values)
            case _:
                value = statistics.median(values)
        return halves_to_even(value) if tree.type.name == "duration" else value

    def of_claimed(self, tree: t.Claimed) -> Value:
        said: dict[str | None, Value] = {}
        for one in self.meant(tree.selector):
            said[one.by] = one.data["is"]
        return tree.says in [value for value in said.values() if value is not None]

    def of_casequestion(self, tree: t.CaseQuestion) -> Value:
        return tree.step in (self.passed if tree.function == "passed" else self.spared)


def comparable(value: Value) -> Value:
    if isinstance(value, float) and not math.isfinite(value):
        raise Wrong("a number grew too large")
    return value


def exact_sum(values: list[Value]) -> Value:
    """The sum, exact and then rounded once."""
    if any(isinstance(value, float) for value in values):
        return float(sum(map(Fraction, values)))
    return sum(values)


def halves_to_even(value: Value) -> int:
    """The nearest whole number, halves to the even one."""
    exact = Fraction(value)
    below = exact.__floor__()
    rest = exact - below
    return below + 1 if rest > Fraction(1, 2) or (rest == Fraction(1, 2) and below % 2) else below


def local_time(instant: int, zone: str) -> datetime:
    return (EPOCH + timedelta(microseconds=instant)).astimezone(ZoneInfo(zone))


@lru_cache(100_000)
def moved(instant: int, count: int, unit: str, zone: str) -> int:
    """The same wall-clock time some days, months, years or working days on."""
    if count == 0:
        return instant
    local = local_time(instant, zone)
    day = local.date()
    if unit == "d":
        day += timedelta(days=count)
    elif unit == "wd":
        for _ in range(abs(count)):
            day += timedelta(days=1 if count > 0 else -1)
            while day.weekday() >= 5:
                day += timedelta(days=1 if count > 0 else -1)
    else:
        months = day.year * 12 + (day.month - 1) + count * (12 if unit == "y" else 1)
        year, month = months // 12, months % 12 + 1
        day = date(year, month, min(day.day, monthrange(year, month)[1]))
    there = datetime.combine(day, local.time().replace(fold=0), ZoneInfo(zone))
    offset = there.utcoffset()
    assert offset is not None
    return (datetime.combine(day, local.time(), UTC) - offset - EPOCH) // timedelta(microseconds=1)
