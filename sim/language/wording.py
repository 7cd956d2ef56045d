"""A typed tree in the words of an author, for messages and for `because`.

In: a typed tree. Out: an expression that means it; definitions stand there written out.
"""

from __future__ import annotations

from sim import clock
from sim.language import tree as t
from sim.language.tree import Tree

__all__ = ["said"]


def said(tree: Tree) -> str:
    """The expression, with brackets where a part is more than a name or a call."""
    match tree:
        case t.Const(value=value, type=t.DURATION, days=days):
            return _length(value, days)
        case t.Const(value=value, type=kind):
            return _constant(value, kind)
        case t.Slot(text=text) | t.Attribute(text=text) | t.History(text=text) | t.CaseQuestion(text=text) | t.Quantified(text=text):
            return text
        case t.Claimed(text=text) | t.Cases(text=text) | t.Bound(name=text):
            return text
        case t.EventField(name=name):
            return f"event.{name}"
        case t.TriggerField(name=name):
            return f"trigger.{name}"
        case t.CaseField(name=name, of_event=of_event):
            return f"event.case.{name}" if of_event else f"case.{name}"
        case t.Now():
            return "now"
        case t.Sunset():
            return "its end"
        case t.Negate(operand=operand):
            return f"-{_inner(operand)}"
        case t.Not(operand=operand):
            return f"not {_inner(operand)}"
        case t.Arithmetic(operator=operator, left=left, right=right):
            return f"{_inner(left)} {operator} {_inner(right)}"
        case t.Shift(moment=moment, count=count, unit=unit):
            return f"{_inner(moment)} {'-' if count < 0 else '+'} {abs(count)}{unit}"
        case t.Moved(moment=moment, length=length, is_back=is_back):
            return f"{_inner(moment)} {'-' if is_back else '+'} {_inner(length)}"
        case t.WholeDays(path=path):
            return f"whole days of {path}"
        case t.Compare(first=first, rest=rest):
            return f"{_inner(first)}{''.join(f' {operator} {_inner(part)}' for operator, part in rest)}"
        case t.Logic(operator=operator, parts=parts):
            return f" {operator} ".join(_inner(part) for part in parts)
        case t.Choose(value=value, test=test, other=other):
            return f"{_inner(value)} if {_inner(test)} else {_inner(other)}"
        case t.OneOf(item=item, options=options):
            return f"{_inner(item)} in [{', '.join(map(said, options))}]"
        case t.Organs(owner=owner):
            return f"organs_of({said(owner)})"
        case t.Within(item=item, group=group, as_member=True):
            return f"member({said(item)}, {said(group)})"
        case t.Within(item=item, group=group):
            return f"{_inner(item)} in {_inner(group)}"
        case t.Call(function=function, arguments=arguments):
            return f"{function}({', '.join(map(said, arguments))})"
        case t.Course(function=function, value=value, at=at):
            return f"{function}({said(value)}{'' if at is None else f', {said(at)}'})"
        case t.Measure(name=name, of_baseline=of_baseline):
            return f"baseline.{name}" if of_baseline else name


def _inner(tree: Tree) -> str:
    plain = not isinstance(tree, t.Negate | t.Not | t.Arithmetic | t.Shift | t.Moved | t.Compare | t.Logic | t.Choose | t.OneOf | t.Within)
    return said(tree) if plain else f"({said(tree)})"


def _length(value: int, days: int) -> str:
    """A length as it may have been written: `24h` is no day where the clocks change, and `1.5d` no 36 hours."""
    whole, rest = divmod(abs(value), clock.DAY)
    if days and rest:
        return f"{value / clock.DAY:.15g}d"
    hours, rest = divmod(abs(value), clock.HOUR)
    return f"{'-' if value < 0 else ''}{hours}h" if whole and not days and not rest else clock.duration_text(value)


def _constant(value: object, kind: t.Type) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "".join(map(str, value))
    if isinstance(value, int) and kind.name == "instant":
        return clock.iso(value, "UTC").replace("+00:00", "Z").replace("T00:00:00Z", "").replace("T", " ")
    return f"{value}"
