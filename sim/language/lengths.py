"""Lengths of time by the calendar: what a length that is written in days comes to where the clocks change.

In: typed trees of durations. Out: trees of the dates they lead to.

A length is so many whole days and an exact rest: `20d` is twenty days, `1.5d` a day and 12 hours, `36h` a rest alone. A date moved by
a length goes its whole days by the calendar first, so that the time of day stays, then the rest. Literals and parameters have days,
and keep them through sums, whole multiples, `if else`, `min` and `max`; all else is exact. In UTC a day is 24 hours, and nothing
is made here.
"""

from __future__ import annotations

from dataclasses import replace

from sim.language import tree as t
from sim.language.scenario import Quantity
from sim.language.scope import Scope
from sim.language.tree import Tree

__all__ = ["ahead", "before_the_end", "is_constant", "later", "quantity_ahead", "whole_days"]

NONE = t.Const(0, t.NUMBER)


def whole_days(length: Tree) -> Tree | None:
    """How many whole days a length has, as a tree of numbers; None where it has none, whatever it comes to."""
    match length:
        case t.Const(days=days):
            return t.Const(days, t.NUMBER) if days else None
        case t.Slot(path=path) if path.startswith("parameters."):
            return t.WholeDays(path)
        case t.Negate(operand=operand):
            return None if (back := whole_days(operand)) is None else _negative(back)
        case t.Arithmetic(operator="+" | "-" as operator, left=left, right=right):
            first, second = whole_days(left), whole_days(right)
            return t.Arithmetic(operator, first or NONE, second or NONE, t.NUMBER, False) if first or second else None
        case t.Arithmetic(operator="*", left=left, right=right):
            times, part = (left, right) if left.type.name == "number" else (right, left)
            return None if (each := whole_days(part)) is None else _multiple(times, each)
        case t.Choose(value=value, test=test, other=other):
            first, second = whole_days(value), whole_days(other)
            return t.Choose(first or NONE, test, second or NONE, t.NUMBER) if first or second else None
        case t.Call(function="min" | "max" as function, arguments=arguments):
            return _of_best(function, arguments)
        case _:
            return None


def _negative(days: Tree) -> Tree:
    return t.Const(-days.value, t.NUMBER) if isinstance(days, t.Const) else t.Negate(days, t.NUMBER)


def _multiple(times: Tree, days: Tree) -> Tree:
    """So many times so many days, where it is a whole number of times; any other multiple is exact."""
    is_whole = t.Compare(t.Arithmetic("%", times, t.Const(1, t.NUMBER), t.NUMBER, False), (("==", NONE),))
    return t.Choose(t.Arithmetic("*", times, days, t.NUMBER, False), is_whole, NONE, t.NUMBER)


def _of_best(function: str, arguments: tuple[Tree, ...]) -> Tree | None:
    """The days of the shortest or longest of several lengths, which compare with 24 hours a day; of equal ones those of the first."""
    every = [whole_days(argument) for argument in arguments]
    if not any(every):
        return None
    best, days = arguments[0], every[0] or NONE
    for number, argument in enumerate(arguments[1:], 1):
        stays = t.Compare(best, (("<=" if function == "min" else ">=", argument),))
        days = t.Choose(days, stays, every[number] or NONE, t.NUMBER)
        best = t.Call(function, arguments[: number + 1], t.DURATION)
    return days


def later(moment: Tree, length: Tree, kind: t.Type, zone: str, *, is_back: bool = False) -> Tree:
    """A date moved by a length, back or forth."""
    days = None if zone == "UTC" else whole_days(length)
    if days is None:
        return t.Arithmetic("-" if is_back else "+", moment, length, kind, False)
    return t.Moved(moment, length, days, is_back, kind)


def _from_now(length: Tree, zone: str) -> Tree:
    """How long it is from now until a length later; the length itself, where that is the same at any time."""
    moved = later(t.Now(), length, t.INSTANT, zone)
    return t.Arithmetic("-", moved, t.Now(), t.DURATION, False) if isinstance(moved, t.Moved) else length


def ahead(length: Tree | None, scope: Scope) -> Tree | None:
    """A length that is added to now."""
    return length and _from_now(length, scope.zone)


def quantity_ahead(length: Quantity | None, scope: Scope) -> Quantity | None:
    """A length, perhaps drawn, that is added to now: one of several keeps its days, any other draw is exact."""
    if length is None or length.type != t.DURATION or length.kind not in ("value", "choice"):
        return length
    if length.kind == "value":
        return replace(length, arguments=tuple(ahead(tree, scope) for tree in length.arguments))
    return replace(length, choices=tuple(_from_now(tree, scope.zone) for tree in length.choices))


def before_the_end(length: Quantity, zone: str) -> Quantity:
    """A length, perhaps drawn, by which something comes before the end of a provision: it is counted back from there."""
    if length.kind == "value":
        return replace(length, arguments=tuple(tree and _to_the_end(tree, zone) for tree in length.arguments))
    if length.kind == "choice":
        return replace(length, choices=tuple(_to_the_end(tree, zone) for tree in length.choices))
    return length


def _to_the_end(length: Tree, zone: str) -> Tree:
    """How long it is to the end from a length before it."""
    match length:
        case t.Arithmetic(operator="-", left=t.Shift(moment=t.Now(), count=count, unit=unit), right=t.Now()):
            before: Tree = t.Shift(t.Sunset(), -count, unit, t.INSTANT)
        case t.Arithmetic(operator="-", left=t.Choose(value=value, test=test, other=other), right=t.Now()):
            first, second = (_to_the_end(t.Arithmetic("-", tree, t.Now(), t.DURATION, False), zone) for tree in (value, other))
            return t.Choose(first, test, second, t.DURATION)
        case _:
            before = later(t.Sunset(), length, t.INSTANT, zone, is_back=True)
            if not isinstance(before, t.Moved):
                return length
    return t.Arithmetic("-", t.Sunset(), before, t.DURATION, False)


def is_constant(tree: Tree) -> bool:
    """Whether a tree comes to the same whenever it is read: made of what is written down and of parameters."""
    leaves = (part for part in t.walk(tree) if not any(True for _ in t.parts(part)))
    return all(isinstance(leaf, t.Const) or (isinstance(leaf, t.Slot) and leaf.path.startswith("parameters.")) for leaf in leaves)
