"""Typed trees become Python: every expression and draw of a scenario is one generated function.

In: typed trees and quantities. Out: the source of one module, made of the templates below alone: nothing an author wrote
is part of it but numbers; words and texts are looked up as constants. A function takes (t, e, c), the instant, the entry
reacted to and the case at hand, or the entry that triggered a duty; one that draws takes (t, e, c, n, k), n and k naming the occasion;
a lead takes s as well, the end it leads to.

Names in the module: v values, w writers, K constants, D days of parameters, A0… attributes (actor → slot), H0… history (filters →
track), R0… cases (applicant and standing → tally), S0… sites.
Each function stands on one line, so that a line number tells the path of the expression that failed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sim import chance, clock
from sim.engine import record as r
from sim.language import tree as t
from sim.language.lengths import whole_days
from sim.language.scenario import Quantity, Who
from sim.language.tree import Tree
from sim.language.wording import said

__all__ = ["Formulas"]

COLUMNS = {"by": r.BY, "to": r.TO, "at": r.TIME, "decider": r.DECIDER}


class Formulas:
    """Collects the functions of one program."""

    def __init__(self, slots: dict[str, int], zone: str = "UTC") -> None:
        self.slots = slots
        self.zone = zone
        self.lines: list[str] = []
        self.paths: list[str] = []
        self.constants: list[Any] = []
        self.places: dict[Any, int] = {}
        self.attributes: dict[str, int] = {}
        self.groups = False
        self.selectors: dict[tuple[str, tuple[str, ...], Tree | None, str | None], int] = {}
        self.tests: list[str | None] = []
        self.tallies: dict[tuple[str, Tree | None], str | None] = {}
        self.asked_approved: set[str] = set()
        self.sites: dict[str, int] = {}
        self.in_a_condition: Callable[[t.Compare], str | None] | None = None
        """Where the flag of a condition is written: the Python of a comparison that may turn by itself."""

    # functions

    def function(self, body: str, path: str, arguments: str = "t, e, c") -> str:
        """One more function; its name."""
        name = f"f{len(self.lines)}"
        self.lines.append(f"def {name}({arguments}): return {body}")
        self.paths.append(path)
        return name

    def expression(self, tree: Tree | None, path: str) -> str | None:
        """The function of an expression."""
        return None if tree is None else self.function(self.text(tree), path)

    def reads(self, path: str, *trees: Tree | None, but: Tree | None = None) -> tuple[str | None, tuple[str, ...], tuple[str, ...]]:
        """The function of what a guard or weights read, with names and types: values, and the ids of the entries that wrote them."""
        found: dict[str, t.Leafy] = {}
        for tree in trees:
            for leaf in t.leaves(tree) if tree is not None else ():
                found.setdefault(said(leaf), leaf)
        for leaf in t.leaves(but) if but is not None else ():
            found.pop(said(leaf), None)
        if not found:
            return None, (), ()
        values = "".join(f"{self.told(leaf)}, " for leaf in found.values())
        writers = "".join(f"{self.writers(leaf)}, " for leaf in found.values())
        name = self.function(f"(({values}), ({writers}))", path)
        return name, tuple(found), tuple(leaf.type.name for leaf in found.values())

    def chance(self, tree: Tree | None, path: str) -> str | None:
        """The function that draws whether something of this probability happens."""
        if tree is None:
            return None
        share = self.text(tree) if isinstance(tree, t.Const) else f"probability({self.text(tree)})"
        return self.function(f"{self.site(path)} < {share}", path, "t, e, c, n, k")

    def draw(self, path: str) -> str:
        """The function of the uniform number that a site draws."""
        return self.function(self.site(path), path, "t, e, c, n, k")

    def quantity(self, quantity: Quantity | None, arguments: str = "t, e, c, n, k") -> str | None:
        """The function of a value that may be drawn."""
        return None if quantity is None else self.function(self.value(quantity), quantity.path, arguments)

    def value(self, quantity: Quantity) -> str:
        """The Python of a value that may be drawn; a drawn time is rounded to whole µs, once."""
        body = self.drawn(quantity)
        return f"round({body})" if quantity.type.name == "duration" and quantity.kind not in ("value", "choice") else body

    def drawn(self, quantity: Quantity) -> str:
        if quantity.kind == "value":
            (tree,) = quantity.arguments
            return "None" if tree is None else self.text(tree)
        site = self.site(quantity.site)
        given = [tree for tree in quantity.arguments if tree is not None]
        arguments = ", ".join("None" if tree is None else self.text(tree) for tree in quantity.arguments)
        known = all(isinstance(tree, t.Const) for tree in given)
        if quantity.type.name == "instant" and quantity.kind != "choice":
            return f"dated({quantity.kind!r}, {site}, ({arguments},))"
        if quantity.kind == "choice":
            values = ", ".join(self.text(value) for value in quantity.choices)
            return f"({values},)[{self.chosen(self.site(quantity.site), quantity.arguments)}]"
        if known and quantity.kind == "exponential":
            return f"(0.0 - {arguments} * log(1.0 - {site}))"
        return f"{quantity.kind}({site}, {arguments})" if known else f"drawn({quantity.kind!r}, {site}, ({arguments},))"

    def act(self, by: Who | None, to: Who | None, via: Who | None, data: Mapping[str, Quantity], path: str) -> str:
        """The function of an act's values: by, to, via, and its data or None."""
        fields = ", ".join(f"{self.constant(name)}: {self.fitting(data[name])}" for name in sorted(data))
        values = f"{{{fields}}}" if fields else "None"
        return self.function(f"({self.who(by)}, {self.who(to)}, {self.who(via)}, {values})", path, "t, e, c, n, k")

    def fitting(self, quantity: Quantity) -> str:
        """A value on its way into the log: a number is finite and not too large."""
        body = self.value(quantity)
        constant = quantity.kind == "value" and isinstance(quantity.arguments[0], t.Const)
        return body if constant or quantity.type.name not in ("number", "duration", "instant") else f"fits({body})"

    def who(self, who: Who | None) -> str:
        """The Python of an actor."""
        if who is None:
            return "None"
        if who.value is not None:
            return self.text(who.value)
        return f"{self.constant(who.choices)}[{self.chosen(self.site(who.site), who.weights)}]"

    def chosen(self, site: str, given: tuple[Tree | None, ...]) -> str:
        """The number of one of several by weight; constant weights are summed up beforehand."""
        constants = [tree.value for tree in given if isinstance(tree, t.Const)]
        if len(constants) == len(given):
            return f"picked({site}, {self.constant(chance.cumulated(constants))})"
        return f"choose({site}, weights(({', '.join('None' if tree is None else self.text(tree) for tree in given)},)))"

    # parts

    def constant(self, value: Any) -> str:
        """A constant that is not a number, by its place in the table."""
        if value is None or isinstance(value, bool):
            return repr(value)
        if isinstance(value, int | float):
            return f"({value!r})" if value < 0 else repr(value)
        number = self.places.setdefault(value, len(self.places))
        if number == len(self.constants):
            self.constants.append(value)
        return f"K[{number}]"

    def site(self, path: str) -> str:
        """The draw of a site."""
        return f"S{self.sites.setdefault(path, len(self.sites))}(n, k)"

    def attribute(self, name: str) -> str:
        return f"A{self.attributes.setdefault(name, len(self.attributes))}"

    def track(self, selector: t.Selector) -> str:
        """The entries a selector means, at this instant."""
        number, actors = self.selected(selector)
        values = [self.text(actor) for actor in actors]
        return f"H{number}.get({values[0] if len(values) == 1 else '(' + ''.join(f'{value}, ' for value in values) + ')'})"

    def selected(self, selector: t.Selector) -> tuple[int, tuple[Tree, ...]]:
        """The number of a selector, and the actors it filters by."""
        filters = tuple(name for name in ("by", "to", "via") if getattr(selector, name) is not None)
        key = (selector.event, filters, selector.where, selector.field)
        if key not in self.selectors:
            self.selectors[key] = len(self.selectors)
            self.tests.append(self.expression(selector.where, f"where of {selector.event}"))
        return self.selectors[key], tuple(getattr(selector, name) for name in filters)

    def tally(self, cases: t.Cases) -> str:
        """The tally of a question about cases."""
        key = (cases.procedure, cases.where)
        if key not in self.tallies:
            self.tallies[key] = None
            self.tallies[key] = self.expression(cases.where, f"where of {cases.procedure}.cases")
        number = list(self.tallies).index(key)
        return f"R{number}.get(({'None' if cases.by is None else self.text(cases.by)}, {self.constant(cases.standing)}))"

    def told(self, leaf: t.Leafy) -> str:
        """The value of a leaf, for telling: an attribute that its owner lacks is none, for a guard may have asked first who it is."""
        if isinstance(leaf, t.Attribute):
            return f"(v[q] if (q := {self.attribute(leaf.name)}.get({self.text(leaf.owner)})) is not None else None)"
        return self.text(leaf)

    def writers(self, leaf: t.Leafy) -> str:
        """The ids of the entries that last wrote what a leaf reads."""
        match leaf:
            case t.Slot(path=path):
                return f"(w[{self.slots[path]}],)"
            case t.Attribute(owner=owner, name=name):
                return f"((w[q],) if (q := {self.attribute(name)}.get({self.text(owner)})) is not None else ())"
            case t.EventField():
                return "(e[0],)"
            case t.TriggerField():
                return "(c[0],)"
            case t.CaseQuestion(function="approved", of_event=of_event):
                return f"({f'e[{r.CASE}]' if of_event else 'c'}.last,)"
            case t.Cases():
                return f"changed({self.tally(leaf)})"
            case t.CaseField(of_event=of_event) | t.CaseQuestion(of_event=of_event):
                return f"(({f'e[{r.CASE}]' if of_event else 'c'}).opened_id,)"
            case t.Quantified(bound=bound, body=body):
                each = "".join(f"{self.writers(one)}, " for one in t.leaves(body))
                return f"gathered([({each}) for m{bound.depth} in {self.constant(bound.actors)}])"
            case t.History(selector=selector, among=t.Selector() as among):
                both = (self.asked("newest", one) for one in (selector, among))
                return f"gathered([({', '.join(both)})])"
            case t.History(selector=selector) | t.Claimed(selector=selector):
                return self.asked("newest", selector)

    def asked(self, function: str, selector: t.Selector, *more: str) -> str:
        """What a function says of the entries a selector means; of those that its window holds, where it has one."""
        track, within = self.track(selector), selector.within
        rest = "".join(f", {one}" for one in more)
        if within is not None and (width := self.width(within)) is not None:
            return f"{function}_in(lately({track}, {width}, t){rest})"
        return f"{function}_of({track}, {'None' if within is None else f't - {self.text(within)}'}{rest})"

    def width(self, within: Tree) -> str | None:
        """The Python of how wide a window by the calendar is, a `clock.Width`; None for an exact one."""
        match within:
            case t.Const(value=(count, unit)):
                return self.constant((count, unit, 0))
            case t.Choose(value=value, test=test, other=other, type=t.PERIOD):
                return f"({self.width(value)} if {self.text(test)} else {self.width(other)})"
        days = None if self.zone == "UTC" else whole_days(within)
        if days is None:
            return None
        if isinstance(within, t.Const):
            return self.constant((within.days, "d", within.value - within.days * clock.DAY))
        unit, text = self.constant("d"), self.text(days)
        return f"(int({text}), {unit}, {self.text(within)} - int({text}) * {clock.DAY})"

    def text(self, tree: Tree) -> str:
        """The Python of a tree."""
        match tree:
            case t.Const(value=value):
                return self.constant(value)
            case t.Slot(path=path):
                return f"v[{self.slots[path]}]"
            case t.Attribute(owner=owner, name=name):
                return f"v[{self.attribute(name)}[{self.text(owner)}]]"
            case t.EventField() | t.TriggerField():
                return self.column("e" if isinstance(tree, t.EventField) else "c", tree)
            case t.CaseField(name=name, of_event=of_event):
                case = f"e[{r.CASE}]" if of_event else "c"
                return f"{case}.{name}" if name in ("by", "opened") else f"{case}.data[{self.constant(name)}]"
            case t.Now():
                return "t"
            case t.Sunset():
                return "s"
            case t.Negate(operand=operand):
                return f"(-{self.text(operand)})"
            case t.Not(operand=operand):
                return f"(not {self.text(operand)})"
            case t.Arithmetic(operator=operator, left=left, right=right, rounded=rounded):
                body = f"({self.text(left)} {operator} {self.text(right)})"
                return f"round{body}" if rounded else body
            case t.Shift(moment=moment, count=count, unit=unit):
                return f"shifted({self.text(moment)}, {self.constant(count)}, {self.constant(unit)})"
            case t.Moved(moment=moment, length=length, days=days, is_back=is_back):
                sign = "-" if is_back else ""
                return f"moved({self.text(moment)}, {sign}{self.text(length)}, {sign}{self.text(days)})"
            case t.WholeDays(path=path):
                return f"D[{self.constant(path)}]"
            case t.Compare() if self.in_a_condition is not None and (left_out := self.in_a_condition(tree)) is not None:
                return left_out
            case t.Compare(first=first, rest=rest) if any(side.type.optional for side in (first, *(part for _, part in rest))):
                sides = [first, *(part for _, part in rest)]
                pairs = zip(sides, rest, strict=False)  # a comparison with no value is false, also `!=`
                return f"({' and '.join(self.certain(left, operator, right) for left, (operator, right) in pairs)})"
            case t.Compare(first=first, rest=rest):
                return f"({self.compared(first)}{''.join(f' {operator} {self.compared(part)}' for operator, part in rest)})"
            case t.Logic(operator=operator, parts=parts):
                return f"({f' {operator} '.join(self.text(part) for part in parts)})"
            case t.Choose(value=value, test=test, other=other):
                return f"({self.text(value)} if {self.text(test)} else {self.text(other)})"
            case t.OneOf(item=item, options=options):
                return f"({self.text(item)} in ({''.join(f'{self.text(option)}, ' for option in options)}))"
            case t.Organs(owner=owner):
                self.groups = True
                return f"organs_of({self.text(owner)})"
            case t.Within(item=item, group=group, as_member=as_member):
                self.groups = self.groups or as_member
                over = f"members_of({self.text(group)})" if as_member else self.text(group)
                return f"({over} in above.get({self.text(item)}, ()))"
            case t.Bound(depth=depth):
                return f"m{depth}"
            case t.Quantified(function=function, bound=bound, body=body):
                each = f"for m{bound.depth} in {self.constant(bound.actors)}"
                asked = f"[1 {each} if {self.text(body)}]" if function == "number_of" else f"[{self.text(body)} {each}]"
                return f"{QUANTIFIED[function]}({asked})"
            case t.Call(function=function, arguments=arguments):
                return f"{FUNCTIONS[function]}({', '.join(self.text(argument) for argument in arguments)})"
            case t.History():
                return self.history(tree)
            case t.Claimed(selector=selector, says=says):
                return f"claimed({self.track(selector)}, {says})"
            case t.CaseQuestion(function="approved", of_event=of_event, procedures=procedures):
                self.asked_approved.update(procedures)
                return f"approved({f'e[{r.CASE}]' if of_event else 'c'})"
            case t.Cases(type=t.FLAG):
                return f"(tallied({self.tally(tree)}) > 0)"
            case t.Cases():
                return f"tallied({self.tally(tree)})"
            case t.CaseQuestion(function=function, of_event=of_event, step=step):
                return f"{function}({f'e[{r.CASE}]' if of_event else 'c'}, {self.constant(step)})"
            case t.Course() | t.Measure():
                raise AssertionError("measures look back on a log; they are not part of a program")

    def column(self, entry: str, field: t.EventField | t.TriggerField) -> str:
        """What an entry says in one of its columns, or in its data."""
        if field.is_data:
            return f"{entry}[{r.DATA}][{self.constant(field.name)}]"
        return f"via({entry}[{r.EXTRA}])" if field.name == "via" else f"{entry}[{COLUMNS[field.name]}]"

    def certain(self, left: Tree, operator: str, right: Tree) -> str:
        """One comparison of values that may be missing."""
        one, other = self.text(left), self.text(right)
        return f"({one} is not None and {other} is not None and {one} {operator} {other})"

    def compared(self, tree: Tree) -> str:
        """One side of a comparison: what was multiplied or divided may have left the numbers that compare."""
        grows = tree.type.name in ("number", "rate") and any(
            isinstance(part, t.Arithmetic) and part.operator in "*/" for part in t.walk(tree)
        )
        return f"finite({self.text(tree)})" if grows else self.text(tree)

    def history(self, tree: t.History) -> str:
        selector = tree.selector
        if tree.function in ("count", "happened"):
            count = self.asked("count", selector)
            return count if tree.function == "count" else f"({count} > 0)"
        simple = tree.default is None or isinstance(tree.default, t.Const)
        default = self.text(tree.default) if simple and tree.default is not None else "None"
        if tree.among is not None:
            body = f"share_of({self.asked('count', selector)}, {self.asked('count', tree.among)}, {default})"
        elif tree.function == "since":
            body = self.asked("since", selector, "t", default)
        else:
            body = self.asked(tree.function, selector, default)
        if tree.type.name == "duration" and tree.function in ("mean", "median"):
            body = f"whole({body})"
        # a default that is no constant is read only where it is needed: it may itself have no value to give
        return body if simple or tree.default is None else f"(q if (q := {body}) is not None else {self.text(tree.default)})"


FUNCTIONS = {name: name for name in ("min", "max", "abs", "round", "floor", "ceil", "clamp", "hour", "weekday", "month")}
QUANTIFIED = {"number_of": "len", "sum_of": "total", "any_of": "any", "all_of": "all"}
