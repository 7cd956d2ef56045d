"""Linking, decisions: named exclusive choices of actors.

In: a `Draft` whose rules and timeline are linked, so that it is known from where each decision is taken. Out: linked decisions.

What a decision's expressions may read is what all that take it have: `event` is what the decision answers. A decision that an
option takes in turn answers the same event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from sim import chance
from sim.errors import did_you_mean
from sim.language import shapes_rules as s
from sim.language import tree as t
from sim.language.draft import Draft
from sim.language.link_effects import EffectLinker
from sim.language.link_values import link_who
from sim.language.scenario import Decision, EventType, Option
from sim.language.scope import Scope
from sim.language.source import Fields
from sim.language.tree import Tree

__all__ = ["declare_decisions", "link_decisions"]

Shapes = Mapping[str, s.DecisionShape]
T = TypeVar("T")


def declare_decisions(draft: Draft, shapes: Shapes) -> None:
    """The names of decisions, and the event of their being taken: its labels are the ids of all decisions and of all options."""
    draft.decisions = shapes
    options = dict.fromkeys(option for shape in shapes.values() for option in shape.options)
    fields = {"decision": t.label(*shapes), "option": t.label(*options)}
    draft.events["decision"] = EventType("decision", "decision", fields)


def link_decisions(draft: Draft, shapes: Shapes) -> dict[str, Decision]:
    """All decisions, each linked where it is taken from."""
    return {key: _decision(draft, key, shape, _scope(draft, key)) for key, shape in shapes.items()}


def _scope(draft: Draft, decision: str) -> Scope:
    """What is at hand wherever a decision is taken; nothing is said of the event of one that nobody takes."""
    takers = _takers(draft, decision)
    scopes = [scope for taken, scope in draft.taken if taken in takers]
    if not scopes:
        return replace(draft.scope(), broken=frozenset({*draft.broken, "event"}))
    events, cases = [scope.event for scope in scopes], [scope.event_case for scope in scopes]
    event = None if None in events else _shared([table for table in events if table is not None])
    case = None if None in cases else _shared([table for table in cases if table is not None])
    proven = frozenset.intersection(*(scope.proven for scope in scopes))
    broken = frozenset.union(*(scope.broken for scope in scopes))
    of = frozenset().union(*(scope.cases_of for scope in scopes)) if all(scope.cases_of for scope in scopes) else frozenset()
    return replace(draft.scope(), event=event, event_case=case, proven=proven, broken=broken, cases_of=of)


def _shared(tables: list[Mapping[str, T]]) -> dict[str, T]:
    """What all tables have alike."""
    return {name: value for name, value in tables[0].items() if all(table.get(name) == value for table in tables)}


def _takers(draft: Draft, decision: str) -> set[str]:
    """A decision, and all whose options lead to it."""
    found, todo = {decision}, [decision]
    while todo:
        wanted = todo.pop()
        for key, shape in draft.decisions.items():
            if key not in found and wanted in _taken_by(shape):
                found.add(key)
                todo.append(key)
    return found


def _taken_by(shape: s.DecisionShape) -> Iterator[str]:
    """The decisions that a decision's options take."""
    for option in shape.options.values():
        for effect in option.then:
            if isinstance(effect, s.DecideShape):
                yield str(effect.decide)


def _decision(draft: Draft, key: str, shape: s.DecisionShape, scope: Scope) -> Decision:
    path = f"decisions.{key}"
    node = draft.node(f"{path}.options")
    if not shape.options and node is not None:
        draft.problem("E104", "a decision has at least one option", node)
    keys = node.keys if isinstance(node, Fields) else {}
    usable = [name for name in sorted(shape.options) if draft.usable(name, keys[name], f"{path}.options.{name}")]
    labels = t.label(*usable)
    options = tuple(_option(draft, f"{path}.options.{name}", name, shape.options[name], scope, labels) for name in usable)
    _possible(draft, options, path)
    chosen = str(shape.choose) if shape.choose else None
    if shape.choose is not None and chosen not in usable:
        draft.problem("E102", f"'{key}' has no option '{chosen}'{did_you_mean(str(chosen), usable)}", shape.choose)
        chosen = None
    by = link_who(draft, shape.by, scope, f"{path}.by", f"{path}.by")
    return Decision(key, path, by, options, chosen, str(shape.about or ""), draft.citations(shape.source))


def _option(draft: Draft, path: str, key: str, shape: s.OptionShape, scope: Scope, labels: t.Type) -> Option:
    """One option: in what follows from it, `event.decision` is the choice."""
    weight = draft.expression(shape.weight, scope, t.NUMBER) if shape.weight is not None else None
    chosen: Tree = t.Const(key, labels)
    inside = replace(scope, event={**(scope.event or {}), "decision": chosen})
    then = EffectLinker(draft, inside, path, inherits=True).all(shape.then, path)
    return Option(key, path, weight or t.Const(1, t.NUMBER), then, str(shape.about or ""), draft.citations(shape.source))


def _possible(draft: Draft, options: tuple[Option, ...], path: str) -> None:
    """Constant weights can be looked at now."""
    node = draft.node(f"{path}.options")
    weights = {option.id: float(option.weight.value) for option in options if isinstance(option.weight, t.Const)}
    negative = next((option for option in options if weights.get(option.id, 0.0) < 0), None)
    where = draft.node(f"{negative.path}.weight") if negative else node
    if where is None or not options or not (negative or len(weights) == len(options)):
        return
    if why := chance.impossible("choice", {negative.id: weights[negative.id]} if negative else weights):
        draft.problem("E306", why, where)
