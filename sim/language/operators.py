"""Signs and arithmetic get their meaning: which types go together, and what comes out.

In: phrases of operators and the inference they stand in. Out: typed trees, or refusals.

A rate is held as a number per day, so arithmetic of rates is that of numbers and of days: the trees made here know nothing else.
"""

from __future__ import annotations

from sim import clock
from sim.language import grammar as g
from sim.language import tree as t
from sim.language.lengths import later
from sim.language.scope import Proven, Reader, Refused
from sim.language.tree import Tree, Type

__all__ = ["arithmetic", "from_now", "is_zero", "signed"]

RESULTS: dict[tuple[str, str, str], Type] = {
    **{("number", operator, "number"): t.NUMBER for operator in ("+", "-", "*", "/", "//", "%")},
    **{("duration", operator, "duration"): t.DURATION for operator in ("+", "-", "%")},
    **{("rate", operator, "rate"): t.RATE for operator in ("+", "-", "%")},
    ("duration", "/", "duration"): t.NUMBER, ("duration", "//", "duration"): t.NUMBER,
    ("rate", "/", "rate"): t.NUMBER, ("rate", "//", "rate"): t.NUMBER,
    ("duration", "*", "number"): t.DURATION, ("number", "*", "duration"): t.DURATION, ("duration", "/", "number"): t.DURATION,
    ("rate", "*", "number"): t.RATE, ("number", "*", "rate"): t.RATE, ("rate", "/", "number"): t.RATE,
    ("number", "/", "duration"): t.RATE, ("number", "/", "rate"): t.DURATION,
    ("rate", "*", "duration"): t.NUMBER, ("duration", "*", "rate"): t.NUMBER,
    ("instant", "+", "duration"): t.INSTANT, ("duration", "+", "instant"): t.INSTANT, ("instant", "-", "duration"): t.INSTANT,
    ("instant", "-", "instant"): t.DURATION,
    ("instant", "+", "period"): t.INSTANT, ("period", "+", "instant"): t.INSTANT, ("instant", "-", "period"): t.INSTANT,
}  # fmt: skip
"""What arithmetic there is; all other pairs of types have none."""


def signed(reader: Reader, phrase: g.Sign, proven: Proven) -> Tree:
    """`-x`, `+x`, `not x`."""
    if phrase.operator == "not":
        return t.Not(reader.wanted(phrase.operand, t.FLAG, proven))
    operand = reader.tree(phrase.operand, None, proven)
    if operand.type.name not in ("number", "duration", "rate", "period"):
        raise Refused("E204", f"`{phrase.operator}` takes a number, a duration or a rate, not {operand.type}", phrase)
    if phrase.operator == "+":
        return operand
    if operand.type == t.PERIOD:
        return _back(operand)
    return t.Const(-operand.value, operand.type, -operand.days) if isinstance(operand, t.Const) else t.Negate(operand, operand.type)


def arithmetic(reader: Reader, phrase: g.Arithmetic, proven: Proven) -> Tree:
    """`left operator right`."""
    left, right = reader.tree(phrase.left, None, proven), reader.tree(phrase.right, None, proven)
    for side, part in ((left, phrase.left), (right, phrase.right)):
        if side.type.optional and not reader.scope.stance.may_miss:
            raise Refused("E205", reader.missing(side, part), part)
    operator = phrase.operator
    names = (_zero_as(left, operator, right), operator, _zero_as(right, operator, left))
    result = RESULTS.get(names)
    if result is None:
        raise Refused("E204", _no_such(left, operator, right), phrase)
    optional = left.type.optional or right.type.optional
    match names:
        case ("instant", _, "period"):
            return _shifted(left, right if operator == "+" else _back(right), optional)
        case ("period", _, "instant"):
            return _shifted(right, left, optional)
        case ("instant", _, "duration"):
            return later(left, right, t.INSTANT.maybe(optional), reader.scope.zone, is_back=operator == "-")
        case ("duration", _, "instant"):
            return later(right, left, t.INSTANT.maybe(optional), reader.scope.zone)
        case ("number", "/", "duration"):
            return t.Arithmetic("/", left, _days(right), t.RATE.maybe(optional), False)
        case ("rate", "*", "duration"):
            return t.Arithmetic("*", left, _days(right), t.NUMBER.maybe(optional), False)
        case ("duration", "*", "rate"):
            return t.Arithmetic("*", _days(left), right, t.NUMBER.maybe(optional), False)
        case ("number", "/", "rate"):
            days = t.Arithmetic("/", left, right, t.NUMBER.maybe(optional), False)
            return t.Arithmetic("*", days, t.Const(clock.DAY, t.DURATION), t.DURATION.maybe(optional), True)
    return t.Arithmetic(operator, left, right, result.maybe(optional), result == t.DURATION and operator in "*/")


def is_zero(tree: Tree) -> bool:
    """Whether this is the number 0, written down."""
    return isinstance(tree, t.Const) and tree.type == t.NUMBER and tree.value == 0


def from_now(period: Tree) -> Tree:
    """How long it is from now until so many months, years or working days later."""
    return t.Arithmetic("-", _shifted(t.Now(), period), t.Now(), t.DURATION, False)


def _zero_as(side: Tree, operator: str, other: Tree) -> str:
    """The number 0 is added to a duration or a rate as if it were one."""
    return other.type.name if is_zero(side) and operator in "+-%" and other.type.name in ("duration", "rate") else side.type.name


def _days(tree: Tree) -> Tree:
    """A duration as a number of days."""
    if isinstance(tree, t.Const):
        return t.Const(tree.value // clock.DAY if tree.value % clock.DAY == 0 else tree.value / clock.DAY, t.NUMBER)
    return t.Arithmetic("/", tree, t.Const(clock.DAY, t.DURATION), t.NUMBER.maybe(tree.type.optional), False)


def _shifted(moment: Tree, period: Tree, optional: bool = False) -> Tree:
    """A date moved by a period, which is written down or one of two."""
    if isinstance(period, t.Choose):
        value, other = _shifted(moment, period.value, optional), _shifted(moment, period.other, optional)
        return t.Choose(value, period.test, other, t.INSTANT.maybe(optional))
    assert isinstance(period, t.Const)
    count, unit = period.value
    return t.Shift(moment, count, unit, t.INSTANT.maybe(optional))


def _back(period: Tree) -> Tree:
    """As long a period, backwards."""
    if isinstance(period, t.Choose):
        return t.Choose(_back(period.value), period.test, _back(period.other), t.PERIOD)
    assert isinstance(period, t.Const)
    count, unit = period.value
    return t.Const((-count, unit), t.PERIOD)


def _no_such(left: Tree, operator: str, right: Tree) -> str:
    """That two types do not go together, and what to write where that can be told."""
    text = f"`{operator}` cannot take {left.type.certain()} and {right.type.certain()}"
    if "period" not in (left.type.name, right.type.name):
        return text
    if operator in "+-":
        return f"{text}: add each of them to a date, for example now + 1mo + 3d"
    return f"{text}: they are only added to a date, for example now + 3mo"
