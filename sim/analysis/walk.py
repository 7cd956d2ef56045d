"""Trees of expressions are walked: what they come to, when all they read is at hand.

In: typed trees. Out: values, None where there is none. Measures are read once a run, so they are walked and not compiled.
"""

from __future__ import annotations

import operator as op
from collections.abc import Callable, Sequence
from functools import partial
from math import ceil, floor
from typing import Any

from sim import clock
from sim.language import tree as t
from sim.language.tree import Tree
from sim.log.entries import Entry

__all__ = ["Value", "Walker"]

Value = Any


class Walker:
    """Walks a tree. What has no value passes through arithmetic, and makes a comparison false."""

    zone: str

    def value(self, tree: Tree, entry: Entry | None) -> Value:
        match tree:
            case t.Const(value=value):
                return value
            case t.Negate(operand=operand):
                return known(lambda x: -x, self.value(operand, entry))
            case t.Not(operand=operand):
                return not self.value(operand, entry)
            case t.Arithmetic(operator=operator, left=left, right=right, rounded=rounded):
                value = known(ARITHMETIC[operator], self.value(left, entry), self.value(right, entry))
                return known(round, value) if rounded else value
            case t.Shift(moment=moment, count=count, unit=unit):
                return known(lambda instant: clock.shifted(instant, count, unit, self.zone), self.value(moment, entry))
            case t.Moved(moment=moment, length=length, days=days, is_back=is_back):
                parts = (self.value(part, entry) for part in (moment, length, days))
                return known(partial(_moved, sign=-1 if is_back else 1, zone=self.zone), *parts)
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
                called = partial(CLOCKS[function], zone=self.zone) if function in CLOCKS else FUNCTIONS[function]
                return known(called, *(self.value(argument, entry) for argument in arguments))
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


def _moved(instant: int, length: int, days: int, sign: int, zone: str) -> int:
    return clock.moved(instant, sign * length, sign * days, zone)


def known(function: Callable[..., Value], *arguments: Value) -> Value:
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
CLOCKS: dict[str, Callable[..., Value]] = {"hour": clock.hour, "weekday": clock.weekday, "month": clock.month}
FUNCTIONS: dict[str, Callable[..., Value]] = {
    "min": min, "max": max, "abs": abs, "round": round, "floor": floor, "ceil": ceil, "clamp": lambda a, low, high: max(low, min(a, high)),
}  # fmt: skip
