"""How a value moves while nothing happens: whether the instant of a crossing can be computed.

In: typed trees. Out: the motion of a tree, and the part of a condition that cannot be followed.

A *step* changes only at entries, or when something leaves a window; a *ramp* runs straight: now, since(x), and both plus,
minus or times a step; a *curve* is anything else that is made of ramps. A condition may compare ramps with < <= > >=, joined
by `and or not`. State that flows by itself (a rate), when it comes, is a ramp too: a branch for `Slot` below.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from sim.language import tree as t
from sim.language.tree import Tree

__all__ = ["Motion", "bent", "motion"]


class Motion(IntEnum):
    """How a value moves while nothing happens."""

    STEP = 0
    RAMP = 1
    CURVE = 2


STEP, RAMP, CURVE = Motion


def motion(tree: Tree) -> Motion:
    """How a value moves; a flag is a ramp where it may turn by itself at an instant that can be computed."""
    match tree:
        case t.Now():
            return RAMP
        case t.History(function=function, selector=selector, default=default):
            if _most(part for part in (selector.by, selector.to, selector.via, selector.within) if part is not None) != STEP:
                return CURVE
            return max(RAMP if function == "since" else STEP, STEP if default is None else motion(default))
        case t.Negate(operand=operand) | t.Not(operand=operand):
            return motion(operand)
        case t.Arithmetic():
            return _arithmetic(tree)
        case t.Compare():
            return _comparison(tree)
        case t.Logic(parts=parts):
            return _most(parts)
        case t.Quantified(function="any_of" | "all_of", body=body):
            return motion(body)
        case t.Choose(value=value, test=test, other=other):
            leaps = tree.type != t.FLAG and motion(test) != STEP
            return CURVE if leaps else _most((value, test, other))
        case _:
            return STEP if _most(t.parts(tree)) == STEP else CURVE


def _most(trees: Iterable[Tree]) -> Motion:
    return max(map(motion, trees), default=STEP)


def _arithmetic(tree: t.Arithmetic) -> Motion:
    left, right = motion(tree.left), motion(tree.right)
    if tree.operator in ("+", "-") or left == right == STEP:
        return max(left, right)
    straight = {"*": STEP in (left, right), "/": right == STEP}
    return max(left, right) if straight.get(tree.operator) else CURVE


def _comparison(tree: t.Compare) -> Motion:
    most = _most((tree.first, *(part for _, part in tree.rest)))
    exact = any(operator in ("==", "!=") for operator, _ in tree.rest)
    return CURVE if most == RAMP and exact and tree.first.type.name != "flag" else most


def bent(tree: Tree) -> Tree | None:
    """The innermost part of a condition that cannot be followed; None when all can."""
    if motion(tree) != CURVE:
        return None
    return next((found for part in t.parts(tree) if (found := bent(part)) is not None), tree)
