"""Shortfall: which parts of a guard failed at a moment, and by how much.

In: the tree of a flag, a `Moment` of a log, the entry it looks at. Out: `Unmet` parts; none where the flag holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sim.analysis.past import Moment
from sim.language import tree as t
from sim.language.tree import Tree
from sim.language.wording import said
from sim.log.entries import Entry

__all__ = ["Unmet", "distance", "told", "unmet"]

OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
MEASURED = ("number", "duration", "instant", "rate")


@dataclass(frozen=True, slots=True)
class Unmet:
    """A part that did not hold. Of a comparison `left operator right` with what both came to (of type `kind`), and `short`: by how much
    the left side would have to be more (or less, where negative); of a flag `left`, what it was and had to be.

    Where a log does not tell what a part came to, `value` is None. `text` is the part as an author would write it.
    """

    text: str
    left: str
    value: Any
    operator: str
    right: str
    bound: Any
    kind: str
    short: float | None

    @property
    def size(self) -> float:
        """How far off it was, to be compared: what is lacking of a number in proportion to it, below 1; else 1."""
        if self.short is None or self.kind == "instant":
            return 1.0
        lacking = abs(self.short)
        return lacking / (lacking + abs(self.value) + abs(self.bound)) if lacking else 0.0


def distance(parts: tuple[Unmet, ...]) -> float:
    """How far off all parts together are."""
    return sum(part.size for part in parts)


def unmet(tree: Tree, moment: Moment, entry: Entry | None, wanted: bool = True) -> tuple[Unmet, ...]:
    """The parts that kept a flag from being what was wanted. Of parts of which one would do, the one that came nearest."""
    match tree:
        case t.Logic(operator=operator, parts=parts) if (operator == "and") is wanted:
            return tuple(one for part in parts for one in unmet(part, moment, entry, wanted))
        case t.Logic(parts=parts):
            return min((unmet(part, moment, entry, wanted) for part in parts), key=distance)
        case t.Not(operand=operand):
            return unmet(operand, moment, entry, not wanted)
        case t.Compare(first=first, rest=rest) if _is_told(tree):
            pairs = zip((first, *(part for _, part in rest)), rest, strict=False)
            found = [_compared(left, operator, right, moment, entry, wanted) for left, (operator, right) in pairs]
            if wanted:
                return tuple(one for one in found if one is not None)
            return () if None in found else min(((one,) for one in found if one is not None), key=distance)
        case t.Choose(value=value, test=test, other=other) if _is_told(test):
            return unmet(value if moment.value(test, entry) else other, moment, entry, wanted)
    if not _is_told(tree):
        return (Unmet(said(tree), said(tree), None, "==", "", wanted, "flag", None),)
    held = bool(moment.value(tree, entry))
    return () if held is wanted else (Unmet(said(tree), said(tree), held, "==", "", wanted, "flag", None),)


def told(tree: Tree, moment: Moment, entry: Entry | None) -> float | None:
    """What a chance came to; None where a log does not tell."""
    value = moment.value(tree, entry) if _is_told(tree) else None
    return None if value is None else float(value)


def _compared(left: Tree, operator: str, right: Tree, moment: Moment, entry: Entry | None, wanted: bool) -> Unmet | None:
    """One comparison; None where it came out as wanted."""
    value, bound = moment.value(left, entry), moment.value(right, entry)
    if moment.compared(value, [(operator, bound)]) is wanted:
        return None
    operator = operator if wanted else OPPOSITE[operator]
    if isinstance(left, t.Const) and not isinstance(right, t.Const):  # `3 < count(x)` is told of the count
        left, right, value, bound, operator = right, left, bound, value, MIRRORED[operator]
    kind = left.type.name
    known = value is not None and bound is not None and kind in MEASURED
    short = _short(value, operator, bound, is_whole=_is_whole(left)) if known else None
    return Unmet(f"{said(left)} {operator} {said(right)}", said(left), value, operator, said(right), bound, kind, short)


def _short(value: float, operator: str, bound: float, *, is_whole: bool) -> float | None:
    """By how much the left side would have to be more. What counts goes by ones."""
    if operator == "!=":
        return None
    strict = 1 if is_whole and operator in ("<", ">") and float(bound).is_integer() else 0
    return bound - value - strict if operator.startswith("<") else bound - value + strict


def _is_whole(tree: Tree) -> bool:
    """Whether an expression counts."""
    match tree:
        case t.History(function="count") | t.Quantified(function="number_of") | t.Cases():
            return True
        case t.Arithmetic(operator="+" | "-" | "*", left=left, right=right):
            return _is_whole(left) and _is_whole(right)
        case t.Const(value=value):
            return isinstance(value, int) and not isinstance(value, bool)
        case _:
            return False


def _is_told(tree: Tree) -> bool:
    """Whether a log tells what an expression came to: not what steps a case had passed, nor what began a duty."""
    return not any(
        isinstance(part, t.TriggerField | t.Measure) or (isinstance(part, t.CaseQuestion) and part.function != "approved")
        for part in t.walk(tree)
    )
