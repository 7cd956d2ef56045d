"""Linking, second part: what happens: patterns, triggers, rules, the timeline.

In: a `Draft` whose tables are filled. Out: linked rules and timeline entries.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any

from sim.language import shapes_rules as s
from sim.language import tree as t
from sim.language.draft import Draft
from sim.language.functions import fields_of
from sim.language.lengths import ahead, before_the_end
from sim.language.link_effects import EffectLinker
from sim.language.link_events import case_fields, cases_of
from sim.language.link_values import link_condition, link_delay, link_every, link_quantity
from sim.language.scenario import Before, Date, Pattern, Rule, TimelineEntry, Trigger
from sim.language.scope import Scope
from sim.language.shapes_values import BeforeShape, ConditionShape, EveryShape, PatternShape
from sim.language.source import Fields, Items, Node, Text, plain

__all__ = ["case_fields", "cases_of", "link_pattern", "link_rule", "link_timeline_entry", "link_triggers"]


ORGANS = re.compile(r"organs_of\((\w+)\)")
"""An actor and its organs, without its members, where a pattern names actors."""


def link_pattern(draft: Draft, written: Text | PatternShape, **at_hand: Any) -> Pattern | None:
    """Which events are meant, or None when no such event exists. Its `where` may also name what is at hand."""
    event = written if isinstance(written, Text) else written.event
    known = draft.events.get(str(event))
    if known is None and str(event) in draft.provisions:
        draft.problem("E102", f"'{event}' is {_kind_of(draft, str(event))} and no event: {_to_listen(draft, str(event))}", event)
    elif known is None:
        draft.unknown("event", event, draft.events)
    if isinstance(written, Text):
        return Pattern(str(event)) if known else None
    filters = {}
    for name in ("by", "to", "via"):
        leaves = getattr(written, name)
        for leaf in leaves:
            organs = ORGANS.fullmatch(leaf.text)
            actor = leaf if organs is None else replace(leaf, text=organs[1])
            if str(actor) not in draft.actors:
                draft.unknown("actor", actor, draft.actors)
        filters[name] = tuple(str(leaf) for leaf in leaves)
    if known is None:
        return None
    scope = replace(draft.scope(event=fields_of(known), event_case=case_fields(draft, [str(event)])), **at_hand)
    return Pattern(str(event), **filters, where=draft.expression(written.where, scope, t.FLAG))


def _kind_of(draft: Draft, name: str) -> str:
    """What kind of provision has a name."""
    for section, kind in (("rules", "a rule"), ("norms", "a norm"), ("procedures", "a procedure")):
        if draft.node(f"{section}.{name}") is not None:
            return kind
    return "a step"


def _to_listen(draft: Draft, name: str) -> str:
    """What to listen to instead of a provision."""
    then = draft.node(f"rules.{name}.then")
    items = then.items if isinstance(then, Items) else ()
    made = [str(item.entries["event"]) for item in items if isinstance(item, Fields) and isinstance(item.entries.get("event"), Text)]
    if made:
        return f"listen to '{made[0]}', which it brings about"
    own = [event for event in draft.events if event.startswith(f"{draft.provisions[name]}.")]
    return f"listen to one of its events: {', '.join(own[:4])}"


@dataclass(frozen=True, slots=True)
class Triggers:
    """A rule's triggers and what its expressions may read of them."""

    when: tuple[Trigger, ...]
    scope: Scope


def link_triggers(draft: Draft, written: tuple[Any, ...], path: str) -> Triggers:
    """What a rule or a duty waits for."""
    linked: list[Trigger] = []
    listed = len(written) > 1 or hasattr(draft.node(f"{path}.when"), "items")
    for number, shape in enumerate(written):
        here = f"{path}.when.{number}" if listed else f"{path}.when"
        if shape is not None and (trigger := _trigger(draft, shape, here)) is not None:
            linked.append(trigger)
    if not written:
        node = draft.node(f"{path}.when")
        if node is not None:
            draft.problem("E104", f"a {'rule' if path.startswith('rules.') else 'duty'} needs a trigger", node)
    return Triggers(tuple(linked), _scope_of(draft, linked, complete=len(linked) == len(written)))


def _trigger(draft: Draft, shape: Any, here: str) -> Trigger | None:
    """One trigger, or None when it means nothing."""
    match shape:
        case EveryShape():
            return link_every(draft, shape.every, shape.starting, here)
        case ConditionShape():
            return link_condition(draft, shape, draft.scope(), here)
        case BeforeShape():
            return _before(draft, shape, here)
        case Text() if shape.text[:1].isdigit():
            instant = draft.instant(shape)
            return None if instant is None else Date(within_period(draft, instant, shape), here)
        case _:
            return link_pattern(draft, shape)


def _before(draft: Draft, shape: BeforeShape, here: str) -> Before | None:
    """So much time before a sunset."""
    lead = link_quantity(draft, shape.lead, replace(draft.scope(), ahead=True), t.DURATION, f"{here}.lead")
    if lead is not None and lead.kind == "value" and isinstance(lead.arguments[0], t.Const) and lead.arguments[0].value < 0:
        draft.problem(
            "E302",
            "a lead is not negative: to come after the end, listen to it and write `after`",
            draft.node(f"{here}.lead") or shape.before,
        )
    provision, _, word = str(shape.before).rpartition(".")
    short = draft.provisions.get(provision)
    if str(shape.before) in draft.provisions:
        draft.problem("E102", f"'{shape.before}' is no event: write {shape.before}.expired", shape.before)
        return None
    if short is None or word != "expired":
        if str(shape.before) in draft.events:
            text = f"nobody knows beforehand when '{shape.before}' comes: a sunset alone is known, such as {{before: N.expired, lead: 7d}}"
            draft.problem("E308", text, shape.before)
        else:
            draft.unknown("event", shape.before, draft.events)
        return None
    if lead is None:
        return None
    text = json.dumps(plain(draft.node(here) or shape.before), sort_keys=True)
    return Before(short, before_the_end(lead, draft.zone), text, here)


def within_period(draft: Draft, instant: int, node: Node) -> int:
    """An instant, with a warning if it lies outside the period."""
    if draft.begin < draft.until and not draft.begin <= instant < draft.until:
        draft.problem("W401", "this lies outside the period and never happens", node)
    return instant


def _scope_of(draft: Draft, when: list[Trigger], *, complete: bool) -> Scope:
    """What a rule's expressions may read: what all its triggers have. Where a trigger is faulty nothing is said of it twice."""
    if not complete:
        return replace(draft.scope(), broken=frozenset({*draft.broken, "event"}))
    patterns = [trigger for trigger in when if isinstance(trigger, Pattern)]
    if len(patterns) < len(when) or not patterns:
        return draft.scope()
    tables = [fields_of(draft.events[pattern.event]) for pattern in patterns]
    shared = {name: column for name, column in tables[0].items() if all(table.get(name) == column for table in tables)}
    proven = frozenset({t.Selector(patterns[0].event)}) if len({pattern.event for pattern in patterns}) == 1 else frozenset()
    events = [pattern.event for pattern in patterns]
    return draft.scope(event=shared, event_case=case_fields(draft, events), proven=proven, cases_of=cases_of(draft, events))


def link_rule(draft: Draft, key: str, shape: s.RuleShape) -> Rule:
    """One rule, linked."""
    path = f"rules.{key}"
    triggers = link_triggers(draft, shape.when, path)
    scope = triggers.scope
    effects = EffectLinker(draft, scope, path).all(shape.then, path)
    after = link_delay(draft, shape.after, scope, f"{path}.after")
    if shape.still is not None and shape.after is None and not isinstance(draft.node(f"{path}.after"), Node):
        draft.problem("E103", "`still` is looked at when a delay ends: write `after`, or use `if`", shape.still)
    chance_tree = draft.expression(shape.chance, scope, t.NUMBER)
    draft.chance(shape.chance, chance_tree)
    pause = draft.expression(shape.not_again_for, replace(scope, ahead=True), t.DURATION)
    if shape.not_again_for is not None and isinstance(pause, t.Const) and pause.value < 0:
        draft.problem("E302", "a pause is not negative", shape.not_again_for)
    return Rule(
        id=key, path=path, when=triggers.when,
        guard=draft.expression(shape.if_, scope, t.FLAG),
        chance=chance_tree,
        after=after,
        still=draft.expression(shape.still, scope, t.FLAG),
        then=effects,
        times=draft.whole(shape.times, 1),
        not_again_for=ahead(pause, scope),
        priority=(draft.number(shape.priority) or 0.0) if shape.priority else 0.0,
        about=str(shape.about or ""),
        source=draft.citations(shape.source),
    )  # fmt: skip


def link_timeline_entry(draft: Draft, key: str, written: tuple[s.TimelineShape, Any]) -> TimelineEntry | None:
    """One timeline entry: its shape, and the effect written beside `at`, if any."""
    shape, beside = written
    path = f"timeline.{key}"
    effects = EffectLinker(draft, draft.scope(), path).all(shape.then, path, beside)
    at = link_quantity(draft, shape.at, draft.scope(), t.INSTANT, f"{path}.at")
    node = draft.node(f"{path}.at")
    constant = at.arguments[0] if at and at.kind == "value" else None
    if isinstance(constant, t.Const) and node is not None:
        within_period(draft, constant.value, node)
    return TimelineEntry(key, path, at, effects, str(shape.about or ""), draft.citations(shape.source)) if at else None
