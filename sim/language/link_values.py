"""Linking, values: quantities (a literal, an expression or a draw), delays, conditions, actors (named or drawn).

In: a `Draft` whose tables are filled, and filled shapes. Out: these, with the sites at which they draw.
A site is the path, but below an effect, where its label stands for its number: so an inserted effect moves nobody's luck.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sim import chance
from sim.errors import did_you_mean
from sim.language import shapes_values as s
from sim.language import tree as t
from sim.language.draft import Draft
from sim.language.infer import infer
from sim.language.lengths import is_constant, quantity_ahead, whole_days
from sim.language.scenario import Condition, Every, Quantity, Who
from sim.language.scope import AT_START, Scope
from sim.language.source import Fields, Items, Node, Text, plain
from sim.language.tree import Tree, Type
from sim.language.variability import bent
from sim.language.wording import said

__all__ = [
    "Written",
    "counted_group",
    "link_condition",
    "link_delay",
    "link_every",
    "link_last_day",
    "link_quantity",
    "link_who",
    "written_at",
]


Written = Text | s.Distribution | None


def link_quantity(
    draft: Draft, written: Written, scope: Scope, wanted: Type, path: str, site: str | None = None, node: Node | None = None
) -> Quantity | None:
    """A literal, an expression, or one distribution. `site` and `node` are given where the path does not lead to them."""
    if written is None:
        return None
    site = site or path
    if isinstance(written, Text):
        tree = _value(draft, written, scope, wanted)
        return None if tree is None else Quantity("value", (tree,), wanted, path, site)
    given = [name for name in s.DISTRIBUTIONS if getattr(written, name) is not None]
    node = node or draft.node(path) or draft.root
    if len(given) != 1:
        if given or not isinstance(node, Fields) or not node.entries:
            draft.problem("E306", f"write one distribution: {', '.join(given) or ', '.join(s.DISTRIBUTIONS)}", node)
        return None
    kind = given[0]
    below = node.entries.get(kind, node) if isinstance(node, Fields) else node
    if kind == "choice":
        return _choice(draft, written, scope, Quantity(kind, (), wanted, path, site), below)
    if wanted.name not in ("number", "duration", "instant") or (wanted.name == "instant" and kind in ("lognormal", "exponential")):
        draft.problem("E306", f"{wanted} cannot be drawn from '{kind}'", node)
        return None
    return _drawn(draft, getattr(written, kind), scope, Quantity(kind, (), wanted, path, site), below)


def link_delay(
    draft: Draft, written: Written | s.ConditionShape, scope: Scope, path: str, site: str | None = None
) -> Quantity | Condition | None:
    """How long to wait: a duration that is added to now (so it may be counted in months, years or working days), or until when."""
    if isinstance(written, s.ConditionShape):
        return link_condition(draft, written, scope, path, site)
    delay = link_quantity(draft, written, replace(scope, ahead=True), t.DURATION, path, site)
    node = draft.node(path)
    if delay and delay.kind == "value" and node is not None:
        (length,) = delay.arguments
        if isinstance(length, t.Const) and length.value < 0:
            draft.problem("E302", "a delay is not negative", node)
    return quantity_ahead(delay, scope)


def link_last_day(draft: Draft, written: Text, path: str, site: str) -> Quantity | None:
    """The last microsecond of a day that is included whole: of a date, or of a parameter that is one."""
    name = written.text.removeprefix("parameters.")
    parameter = draft.parameters.get(name)
    if parameter is None and not written.text[:1].isdigit():
        if name not in draft.broken:
            text = f"`through` takes a date, or a parameter that is one, not '{written}': what is computed stands under `until`"
            draft.problem("E104", text, written)
        return None
    if parameter is not None and parameter.type != t.INSTANT:
        draft.problem("E204", f"`through` takes a date, and '{name}' is {parameter.type}", written)
        return None
    date = written_at(draft, written)
    end = None if date is None else draft.day_end(date)
    if end is None:
        return None
    last: Tree = t.Const(end - 1, t.INSTANT)
    if parameter is not None:  # who sets the parameter moves the end, and the parameter is read
        rest = t.Const(end - 1 - parameter.value, t.DURATION)
        last = t.Arithmetic("+", draft.names[name], rest, t.INSTANT, rounded=False)
    return Quantity("value", (last,), t.INSTANT, path, site)


def written_at(draft: Draft, written: Text) -> Text | None:
    """A value as it is written: itself, or what stands at the parameter that it names."""
    name = written.text.removeprefix("parameters.")
    if name not in draft.parameters:
        return written
    node = draft.node(f"parameters.{name}")
    value = node.entries.get("value") if isinstance(node, Fields) else node
    return value if isinstance(value, Text) else None


def link_every(draft: Draft, every: Written, starting: Text | None, path: str) -> Every | None:
    """What comes again and again: at lengths of time, or so many months, years or working days apart; from a date on that stands fixed."""
    interval = link_quantity(draft, every, draft.scope(ahead=True), t.DURATION, f"{path}.every")
    first = link_quantity(draft, starting, draft.scope(stance=AT_START), t.INSTANT, f"{path}.starting")
    moving = None if first is None or first.arguments[0] is None else next(filter(_changes, t.walk(first.arguments[0])), None)
    if moving is not None and starting is not None:
        draft.problem(
            "E206", f"`{said(moving)}` changes during a run, and where this starts is fixed: write a date or a parameter", starting
        )
    node = draft.node(f"{path}.every")
    if interval is None or node is None:
        return None
    calendar, is_steady = None, False
    if interval.kind == "value":
        length = interval.arguments[0]
        match length:
            case t.Const(value=span) if span <= 0:
                draft.problem("E308", "an interval is longer than 0", node)
            case t.Arithmetic(operator="-", left=t.Shift(moment=t.Now(), count=count, unit=unit), right=t.Now()):
                calendar = (count, unit)
                if count <= 0:
                    draft.problem("E308", "an interval is longer than 0", node)
        is_steady = f"{path}.every" not in draft.slots and length is not None and (calendar is not None or is_constant(length))
        if is_steady and calendar is None and length is not None and draft.zone != "UTC":
            return Every(interval, first, path, calendar, whole_days(length), is_steady)
    return Every(quantity_ahead(interval, draft.scope()) or interval, first, path, calendar, None, is_steady)


def _changes(tree: Tree) -> bool:
    """Whether something is not known before a run begins."""
    return isinstance(tree, t.Slot) and not tree.path.startswith("parameters.")


def link_condition(draft: Draft, written: s.ConditionShape, scope: Scope, path: str, site: str | None = None) -> Condition | None:
    """A flag that can be followed: when it turns can be computed, so nobody need look again and again."""
    flag = infer(written.condition, scope, t.FLAG, draft.problems)
    lasts = link_delay(draft, written.lasts, scope, f"{path}.lasts", f"{site or path}.lasts")
    if flag is None or isinstance(lasts, Condition):
        return None
    part = bent(flag)
    if part is not None:
        draft.problem("E208", _not_followed(part), written.condition)
    return Condition(flag, lasts, json.dumps(plain(draft.node(path) or written.condition), sort_keys=True), path)


def _not_followed(part: Tree) -> str:
    if isinstance(part, t.Compare):
        return f"`{said(part)}` would be true for an instant only: compare what moves with < <= > >="
    if isinstance(part, t.Moved):
        other = f"compare with the other side moved, `now >= date {'+' if part.is_back else '-'} {said(part.length)}`"
        return f"nobody can compute when `{said(part)}` crosses a line, as where the clocks change not every day has 24 hours: {other}"
    remedy = "a condition compares now or since(x), plus, minus or times a value that stands still"
    return f"nobody can compute when `{said(part)}` crosses a line: {remedy}"


def _value(draft: Draft, written: Text, scope: Scope, wanted: Type) -> Tree | None:
    """One value: texts are taken as written, dates may carry an offset, all else is an expression."""
    if wanted.name == "text" and not re.match(r"(event|case)\.", written.text):
        return t.Const(written.text, t.TEXT)
    if wanted.name == "instant" and WRITTEN_INSTANT.fullmatch(written.text):
        value = draft.instant(written)
        return None if value is None else t.Const(value, t.INSTANT)
    if wanted.name == "instant" and DATED.fullmatch(written.text):
        draft.instant(written)  # says how a date is written
        return None
    return infer(written, scope, wanted, draft.problems)


DATED = re.compile(
    r"[0-9]{1,4}([/.-])[0-9]{1,2}\1[0-9]{1,4}\.?"
    r"|[0-9]{1,2}(st|nd|rd|th|\.)? [A-Za-z]{3,9}\.?,? [0-9]{4}"
    r"|[A-Za-z]{3,9} [0-9]{1,2}(st|nd|rd|th)?,? [0-9]{4}"
)
"""Dates as they are written elsewhere."""

WRITTEN_INSTANT = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([T ][0-9:.]+)?(Z|[+-][0-9]{2}:?[0-9]{2})?")


def _drawn(draft: Draft, given: Any, scope: Scope, quantity: Quantity, node: Node) -> Quantity | None:
    """A distribution over numbers or times; constant arguments are looked at now."""
    kind, wanted = quantity.kind, quantity.type
    leaves = [given] if isinstance(given, Text) else list(given) if isinstance(given, tuple) else [leaf for _, leaf in given]
    found = len(draft.problems)
    width = t.DURATION if wanted.name == "instant" else wanted
    trees: list[Tree | None] = []
    for name, leaf in zip(chance.PARAMETERS[kind], leaves, strict=True):
        type_ = t.NUMBER if name == "spread" else width if name == "sd" else wanted
        trees.append(None if leaf is None else _value(draft, leaf, scope, type_))
    if len(draft.problems) > found or not _possible(draft, kind, dict(zip(chance.PARAMETERS[kind], trees, strict=True)), node):
        return None
    return replace(quantity, arguments=tuple(trees))


def _possible(draft: Draft, kind: str, arguments: Mapping[str, Tree | None], node: Node) -> bool:
    """Whether a distribution can be; where not all arguments are constants, only the run can tell."""
    if not all(tree is None or isinstance(tree, t.Const) for tree in arguments.values()):
        return True
    values = {name: float(tree.value) if isinstance(tree, t.Const) else None for name, tree in arguments.items()}
    why = chance.impossible(kind, values)
    if why:
        draft.problem("E306", why, node)
    return not why


def _choice(draft: Draft, written: s.Distribution, scope: Scope, quantity: Quantity, node: Node) -> Quantity | None:
    """One of several values: in list form equally likely, in mapping form by weight, in the order of ids."""
    found = len(draft.problems)
    weights: list[Tree | None] = []
    if isinstance(written.choice, dict) and isinstance(node, Fields):
        named = sorted(written.choice)
        keys = [Text(key, node.keys[key], f"{quantity.path}.choice.{key}", plain=True) for key in named]
        weights = [infer(written.choice[key], scope, t.NUMBER, draft.problems) for key in named]
    else:
        keys = list(written.choice) if isinstance(written.choice, tuple) else []
        weights = [t.Const(1, t.NUMBER) for _ in keys]
    values = [_value(draft, key, scope, quantity.type) for key in keys]
    if not keys:
        draft.problem("E306", "there is nothing to choose from", node)
    if len(draft.problems) > found or not _possible(draft, "choice", dict(zip(map(str, keys), weights, strict=True)), node):
        return None
    if quantity.type.name == "actor" and any(value and counted_group(draft, value) for value in values):
        names = [value.value for value in values if isinstance(value, t.Const)]
        people, shares = _people(draft, names, [weight for weight in weights if weight is not None])
        return replace(quantity, arguments=shares, choices=tuple(t.Const(person, t.ACTOR) for person in people))
    return replace(quantity, arguments=tuple(weights), choices=tuple(values))


def link_who(draft: Draft, written: Text | s.ActorChoice | None, scope: Scope, path: str, site: str) -> Who | None:
    """An actor: an id, an expression, or one of several."""
    if written is None:
        return None
    if isinstance(written, Text):
        tree = infer(written, scope, t.ACTOR, draft.problems)
        if tree is not None and not path.endswith(".to") and (group := counted_group(draft, tree)):
            size = len(draft.counted[group])
            draft.problem("E204", f"'{group}' is a group of {size}, and one of them acts: write {{choice: {group}}}", written)
        return None if tree is None else Who(tree)
    choice, node = written.choice, draft.node(f"{path}.choice") or draft.root
    if isinstance(choice, Text):
        return _member(draft, choice, path, site)
    names = sorted(choice) if isinstance(choice, dict) else [str(leaf) for leaf in choice]
    places = node.keys if isinstance(node, Fields) else {str(item): item.place for item in node.items} if isinstance(node, Items) else {}
    for name in names:
        if name not in draft.actors:
            draft.problem("E102", f"no actor is called '{name}'{did_you_mean(name, draft.actors)}", places[name], f"{path}.choice")
    one: Tree = t.Const(1, t.NUMBER)
    weights = [infer(choice[name], scope, t.NUMBER, draft.problems) if isinstance(choice, dict) else one for name in names]
    if not names:
        draft.problem("E306", "there is nobody to choose from", node)
    elif None not in weights:
        _possible(draft, "choice", dict(zip(names, weights, strict=True)), node)
    people, shares = _people(draft, names, [weight or one for weight in weights])
    return Who(None, people, shares, path, site)


def counted_group(draft: Draft, tree: Tree) -> str | None:
    """The group made by `count` that an actor turns out to be, in one case at least: a group, and nobody who acts."""
    match tree:
        case t.Const(value=str() as name):
            return name if draft.counted.get(name) else None
        case t.Choose(value=value, other=other):
            return counted_group(draft, value) or counted_group(draft, other)
    return None


def _people(draft: Draft, names: Sequence[str], weights: Sequence[Tree]) -> tuple[tuple[str, ...], tuple[Tree, ...]]:
    """Whom a choice is among: a group made by `count` stands for its members, who share its weight. One draw finds the person."""
    people: list[str] = []
    shares: list[Tree] = []
    for name, weight in zip(names, weights, strict=True):
        members = draft.counted.get(name) or (name,)
        people += members
        shares += [_part_of(weight, len(members))] * len(members)
    return tuple(people), tuple(shares)


def _part_of(weight: Tree, size: int) -> Tree:
    """A weight shared by so many."""
    if size == 1:
        return weight
    if isinstance(weight, t.Const):
        return t.Const(weight.value / size, t.NUMBER)
    return t.Arithmetic("/", weight, t.Const(size, t.NUMBER), t.NUMBER, rounded=False)


def _member(draft: Draft, group: Text, path: str, site: str) -> Who | None:
    """One of a group: of its organs and members."""
    if str(group) not in draft.actors:
        draft.unknown("actor", group, draft.actors)
        return None
    members = sorted(key for key, actor in draft.actors.items() if str(group) == actor.part_of or str(group) in actor.member_of)
    if not members:
        draft.problem("E306", f"'{group}' has no members to choose from", group)
    people = [person for member in members for person in draft.counted.get(member) or (member,)]
    return Who(None, tuple(people), (t.Const(1, t.NUMBER),) * len(people), path, site)
