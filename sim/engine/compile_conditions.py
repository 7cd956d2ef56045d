"""Conditions become programs: the functions of a flag that is followed, and all that it reads.

In: typed trees that the check has found to be followable. Out: `ConditionProgram`; tables that find conditions by what they read.

In the function of a condition, comparisons of ramps are left to its last argument, `s`: it compares, and notes what may turn
by itself (`sim/engine/crossings.py`). So what a guard to the left has excluded is never computed, whatever it would be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, replace
from hashlib import blake2b
from itertools import pairwise, product
from typing import Any

from sim.engine import program as p
from sim.engine.formulas import Formulas
from sim.language import scenario as s
from sim.language import tree as t
from sim.language.standings import MOVES
from sim.language.tree import Tree
from sim.language.variability import Motion, motion

__all__ = ["ConditionCompiler", "digest", "label_of", "readers_of_slots", "readers_of_tracks"]


class ConditionCompiler:
    """Compiles the conditions of one scenario."""

    def __init__(self, formulas: Formulas, slots: dict[str, int]) -> None:
        self.formulas = formulas
        self.slots = slots
        self.followed: set[int] = set()
        self.widths: dict[Tree, str] = {}
        self.number = 0

    def compiled(
        self,
        condition: s.Condition,
        label: str,
        *,
        rule: int = -1,
        priority: float = 0.0,
        guard: Tree | None = None,
        is_fact: bool = False,
        is_told: bool = False,
    ) -> p.ConditionProgram:
        """One condition. What `guard`, that of its rule, reads is told by the guard; `is_told` is whether others tell what it reads."""
        path, flag = condition.path, condition.flag
        self.number += 1
        told = rule >= 0 or is_fact or is_told
        order = (0, -priority, self.number) if rule >= 0 else (1, 0.0, self.number) if is_fact else (2, 0.0, 0)
        name, pairs = self.flag(flag, path)
        reads, names, types = self.formulas.reads(path, flag, but=guard) if told else (None, (), ())
        values = list(_values(flag))
        selectors = dict.fromkeys(one for selector in _selectors(flag) for one in each(selector))
        return p.ConditionProgram(
            path=path, label=label, rule=rule, order=order,
            flag=name, pairs=pairs,
            slots=tuple(sorted({slot for value in values for slot in self.read_slots(value)})),
            attributes=tuple(self.owned(value) for value in values if isinstance(value, t.Attribute) and is_at_hand(value.owner)),
            asked=tuple(dict.fromkeys(self.asked(selector, path) for selector in selectors)),
            is_moving=any(isinstance(part, t.Now) for part in _outside(flag, "within")),
            lasts=self.formulas.quantity(condition.lasts),
            reads=reads, reads_names=names, reads_types=types,
        )  # fmt: skip

    def flag(self, flag: Tree, path: str) -> tuple[str, tuple[p.PairProgram, ...]]:
        """The function of the flag, and the ramps it compares."""
        formulas, pairs = self.formulas, list[p.PairProgram]()

        def compared(tree: t.Compare) -> str | None:
            if tree.first.type == t.FLAG or motion(tree) == Motion.STEP:
                return None
            sides = pairwise([tree.first, *(part for _, part in tree.rest)])
            said = [self.pair(pairs, left, operator, right, path) for (left, right), (operator, _) in zip(sides, tree.rest, strict=True)]
            return f"({' and '.join(said)})"

        formulas.in_a_condition = compared
        body = formulas.text(spread(flag))
        formulas.in_a_condition = None
        return formulas.function(body, path, "t, e, c, s" if pairs else "t, e, c"), tuple(pairs)

    def pair(self, pairs: list[p.PairProgram], left: Tree, operator: str, right: Tree, path: str) -> str:
        """One comparison, by its number."""
        formulas = self.formulas
        sides = formulas.function(f"({formulas.compared(left)}, {formulas.compared(right)})", path)
        growing = self.slope(t.Arithmetic("-", left, right, left.type, rounded=False))
        pairs.append(p.PairProgram(operator, sides, formulas.function(growing or "0", path)))
        return f"s({len(pairs) - 1}, t, e, c)"

    def slope(self, tree: Tree) -> str | None:
        """The Python of how fast a ramp grows, per µs; None for a step. A rate, when it comes, is the slope of its `Slot`."""
        text = self.formulas.text
        match tree:
            case t.Now():
                return "1"
            case t.History(function=function, selector=selector, default=default):
                there = "1" if function == "since" else "0"
                otherwise = (default and self.slope(default)) or "0"
                if there == otherwise == "0":
                    return None
                asked = self.formulas.asked("count", selector)
                return there if default is None else f"({there} if {asked} else {otherwise})"
            case t.Negate(operand=operand):
                slope = self.slope(operand)
                return slope and f"(-{slope})"
            case t.Arithmetic(operator="+" | "-" as operator, left=left, right=right):
                return _both(self.slope(left), operator, self.slope(right))
            case t.Arithmetic(operator="*" | "/" as operator, left=left, right=right):
                ramp, step = (left, right) if operator == "/" or motion(left) != Motion.STEP else (right, left)
                slope = self.slope(ramp)
                return slope and f"({slope} {operator} {text(step)})"
            case t.Choose(value=value, test=test, other=other):
                return _both(self.slope(value), f"if {text(test)} else", self.slope(other))
            case _:
                return None

    # what it reads

    def read_slots(self, value: t.Slot | t.Attribute) -> Iterator[int]:
        """The slots of a value that may change: its own, or those of everybody, where its owner may change too."""
        if isinstance(value, t.Slot):
            yield from () if value.path.startswith("parameters.") else (self.slots[value.path],)
        elif isinstance(value.owner, t.Bound):
            yield from (self.slots[f"actors.{actor}.{value.name}"] for actor in value.owner.actors)
        elif not is_at_hand(value.owner):
            everybodys = (path for path in self.slots if path.startswith(("actors.", "things.")) and path.endswith(f".{value.name}"))
            yield from (self.slots[path] for path in everybodys)

    def owned(self, value: t.Attribute) -> tuple[str, str]:
        """The table of an attribute, and the function of whose it is."""
        return self.formulas.attribute(value.name), self.formulas.function(self.formulas.text(value.owner), value.text)

    def asked(self, selector: t.Selector, path: str) -> p.AskedProgram:
        """The entries a question counts; whoever's, where whose is meant may change."""
        if not all(is_fixed(actor) for actor in (selector.by, selector.to, selector.via) if actor is not None):
            selector = replace(selector, by=None, to=None, via=None)
        number, actors = self.formulas.selected(selector)
        self.followed.add(number)
        key: Any = tuple(known for actor in actors if (known := written(actor)) is not None)
        find = None
        if len(key) < len(actors):
            texts = [self.formulas.text(actor) for actor in actors]
            find = self.formulas.function(texts[0] if len(texts) == 1 else f"({''.join(f'{text}, ' for text in texts)})", path)
        elif len(key) == 1:
            (key,) = key
        return p.AskedProgram(number, None if find else key, find, self.width(selector.within, path))

    def width(self, within: Tree | None, path: str) -> str | None:
        """The function of how wide a window is, a `clock.Width`; the same for windows alike, so that they share an alarm."""
        if within is None:
            return None
        if within not in self.widths:
            exact = f"(0, {self.formulas.constant('')}, {'' if within.type == t.PERIOD else self.formulas.text(within)})"
            self.widths[within] = self.formulas.function(self.formulas.width(within) or exact, path)
        return self.widths[within]


def label_of(rule: s.Rule, condition: s.Condition) -> str:
    """What names call the turning of a rule's condition: no position in a list, and no more than is needed to tell it from others."""
    texts = {other.text for other in rule.when if isinstance(other, s.Condition)}
    return f"{rule.path}.when" if len(texts) == 1 else f"{rule.path}.when@{digest(condition.text)}"


def digest(text: str) -> str:
    """What stands in names for what an author wrote."""
    return blake2b(text.encode(), digest_size=8).hexdigest()


def readers_of_slots(conditions: Iterable[p.ConditionProgram]) -> dict[int, tuple[int, ...]]:
    """For each slot the numbers of the conditions that read it."""
    found: dict[int, list[int]] = {}
    for number, condition in enumerate(conditions):
        for slot in condition.slots:
            found.setdefault(slot, []).append(number)
    return {slot: tuple(numbers) for slot, numbers in found.items()}


def readers_of_tracks(conditions: Iterable[p.ConditionProgram]) -> dict[int, dict[Any, tuple[int, ...]]]:
    """For each selector, and the actors it is asked for, the numbers of the conditions that ask."""
    found: dict[int, dict[Any, list[int]]] = {}
    for number, condition in enumerate(conditions):
        for asked in condition.asked:
            found.setdefault(asked.selector, {}).setdefault(asked.key, []).append(number)
    return {selector: {key: tuple(numbers) for key, numbers in keys.items()} for selector, keys in found.items()}


def is_fixed(owner: Tree) -> bool:
    """Whether a tree means the same as long as a condition is followed: what is written down, or said by the event or case at hand."""
    return all(isinstance(part, t.Const | t.EventField | t.CaseField | t.Organs) for part in t.walk(owner))


def is_at_hand(owner: Tree) -> bool:
    """Whether whose attribute is read is known, and stays so, once the condition is followed."""
    return not isinstance(owner, t.Bound) and is_fixed(owner)


def written(actor: Tree) -> str | None:
    """The actor, or the name of its organs, that is meant whatever happens."""
    match actor:
        case t.Const(value=str() as name):
            return name
        case t.Organs(owner=t.Const(value=str() as name)):
            return p.organs_of(name)
        case _:
            return None


def each(selector: t.Selector) -> Iterator[t.Selector]:
    """A selector once for each actor of the groups it asks about: what other actors do has no part in the answer."""
    trees = [tree for tree in (selector.by, selector.to, selector.via, selector.within) if tree is not None]
    bounds = list(dict.fromkeys(part for tree in trees for part in t.walk(tree) if isinstance(part, t.Bound)))
    for actors in product(*(bound.actors for bound in bounds)):
        meant = {bound: t.Const(actor, t.ACTOR) for bound, actor in zip(bounds, actors, strict=True)}
        yield _put(selector, meant) if meant else selector


def spread(tree: Tree) -> Tree:
    """A tree in which any_of and all_of of what turns by itself are written out, member by member: each has a crossing of its own."""
    if motion(tree) == Motion.STEP:
        return tree
    match tree:
        case t.Quantified(function=function, bound=bound, body=body):
            parts = tuple(spread(_put(body, {bound: t.Const(actor, t.ACTOR)})) for actor in bound.actors)
            return t.Logic("or" if function == "any_of" else "and", parts) if parts else t.Const(function == "all_of", t.FLAG)
        case _:
            spread_out: Tree = _rebuilt(tree, lambda part: spread(part) if isinstance(part, t.Tree) else part)
            return spread_out


def _put(value: Any, meant: dict[t.Bound, t.Const]) -> Any:
    """A tree or selector in which names stand for these actors."""
    return meant.get(value, value) if isinstance(value, t.Bound) else _rebuilt(value, lambda part: _put(part, meant))


def _rebuilt(value: Any, change: Callable[[Any], Any]) -> Any:
    """A tree, or a part of one, with all that stands directly in it changed."""
    if isinstance(value, tuple):
        return tuple(_rebuilt(item, change) if isinstance(item, tuple) else change(item) for item in value)
    if not isinstance(value, t.Tree | t.Selector):
        return value
    new = {field.name: getattr(value, field.name) for field in fields(value)}
    return replace(value, **{name: _rebuilt(old, change) if isinstance(old, tuple) else change(old) for name, old in new.items()})


def _both(left: str | None, operator: str, right: str | None) -> str | None:
    return f"({left or '0'} {operator} {right or '0'})" if left or right else None


def _values(flag: Tree) -> Iterator[t.Slot | t.Attribute]:
    """The values a condition reads. What `where` reads never changes."""
    for part in _outside(flag):
        if isinstance(part, t.Slot | t.Attribute):
            yield part


def _selectors(flag: Tree) -> Iterator[t.Selector]:
    """The entries a condition asks about. What a case has passed changes with the decisions of the step and with its enactment."""
    for part in _outside(flag):
        yield from _asks(part)
        if isinstance(part, t.Cases):
            yield from (t.Selector(f"{part.procedure}.{word}") for word in MOVES)
        elif isinstance(part, t.CaseQuestion) and part.function == "approved":
            yield from (t.Selector(f"{procedure}.{word}") for procedure in part.procedures for word in MOVES)
        elif isinstance(part, t.CaseQuestion):
            yield t.Selector(part.step)
            yield t.Selector(f"{part.step}.enacted")


def _asks(tree: Tree) -> list[t.Selector]:
    """The selectors of a question, whatever it is called."""
    values = (getattr(tree, one.name) for one in fields(tree))
    return [value for value in values if isinstance(value, t.Selector)]


def _outside(tree: Tree, *left_out: str) -> Iterator[Tree]:
    """A tree and everything below it, but for what `where` reads, and for other filters left out."""
    yield tree
    asks = _asks(tree)
    filters = [getattr(asked, name) for asked in asks for name in ("by", "to", "via", "within") if name not in left_out]
    parts = [*filters, getattr(tree, "default", None)] if asks else t.parts(tree)
    for part in parts:
        if part is not None:
            yield from _outside(part, *left_out)
