"""Linking, norms: what is forbidden, what is exempt from it, what is owed, and regimes that are only in force or not.

In: a `Draft` whose tables are filled, and filled shapes of norms. Out: linked norms, and the events that follow from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sim.language import tree as t
from sim.language.draft import Draft
from sim.language.functions import fields_of
from sim.language.lengths import quantity_ahead
from sim.language.link_rules import case_fields, link_pattern, link_triggers
from sim.language.link_values import link_quantity
from sim.language.scenario import LAW_EVENTS, EventType, Exempt, Forbid, Norm, Oblige, Pattern, Quantity, SlotDef, Trigger
from sim.language.shapes_law import NormShape
from sim.language.shapes_values import PatternShape
from sim.language.source import Fields, Text
from sim.language.tree import Type

__all__ = ["declare_norms", "link_norm"]

KINDS = ("forbid", "exempt", "oblige")
"""What a norm may do to acts: one of these, or nothing."""

BELONGS = {"obeyed": "forbid", "lifts": "exempt", "deadline": "oblige", "when": "oblige"}
"""Keys that say more about one kind of norm."""


def declare_norms(draft: Draft, shapes: Mapping[str, NormShape]) -> None:
    """The events of norms, which acts each norm forbids, and which norms oblige."""
    for key, shape in shapes.items():
        kinds = _kinds(draft, key)
        if "forbid" in kinds:
            event = str(_event(shape.forbid)) if shape.forbid is not None else ""
            draft.forbidden[key] = event
            forbidden = draft.events.get(event)
            _concludes(draft, key, ("blocked", "violated"), forbidden.fields if forbidden else {})
        if "oblige" in kinds:
            draft.duties.add(key)
            runs = draft.slots[f"in_force.{key}"].start and not shape.when
            draft.slots[f"running.{key}"] = SlotDef(f"running.{key}", t.FLAG, runs, text=f"running({key})")
            _concludes(draft, key, ("fulfilled",), {"duration": t.DURATION})
            jointly = {"holders": t.TEXT} if isinstance(shape.oblige, PatternShape) and len(shape.oblige.by) > 1 else {}
            _concludes(draft, key, ("breached",), {"duration": t.DURATION, **jointly})


def _concludes(draft: Draft, key: str, words: tuple[str, ...], fields: Mapping[str, Type]) -> None:
    for word in words:
        draft.events[f"{key}.{word}"] = EventType(f"{key}.{word}", f"{key.replace('_', ' ')} {word}", fields, concluded=True)


def link_norm(draft: Draft, key: str, shape: NormShape) -> Norm | None:
    """One norm, linked; it may speak of acts, not of what follows from them."""
    if shape.issued_by is not None and str(shape.issued_by) not in draft.actors:
        draft.unknown("actor", shape.issued_by, draft.actors)
    citations = draft.citations(shape.source)
    kinds = _kinds(draft, key)
    if not _is_one_thing(draft, key, kinds):
        return None
    says: Forbid | Exempt | Oblige | None = None
    if "forbid" in kinds:
        says = _forbid(draft, shape)
    elif "exempt" in kinds:
        says = _exempt(draft, key, shape)
    elif "oblige" in kinds:
        says = _oblige(draft, key, shape)
    if kinds and says is None:
        return None
    issued_by = str(shape.issued_by) if shape.issued_by else None
    return Norm(key, f"norms.{key}", says, issued_by, str(shape.about or ""), citations)


def _kinds(draft: Draft, key: str) -> list[str]:
    """What an author has a norm do, be it written well or not."""
    node = draft.node(f"norms.{key}")
    return [kind for kind in KINDS if isinstance(node, Fields) and kind in node.entries]


def _is_one_thing(draft: Draft, key: str, kinds: list[str]) -> bool:
    """Whether a norm does one thing, and says nothing that belongs to others."""
    node = draft.node(f"norms.{key}")
    if not isinstance(node, Fields) or node.entries.keys() - set(NormShape.keys()):
        return False  # what a misspelt key explains is told
    if len(kinds) > 1:
        text = f"a norm does one thing: make {' and '.join(kinds)} two norms"
        draft.problem("E104", text, node.keys[kinds[1]], f"norms.{key}.{kinds[1]}")
        return False
    strange = [word for word, kind in BELONGS.items() if word in node.entries and kind not in kinds]
    for word in strange:
        text = f"'{word}' belongs to '{BELONGS[word]}'" + (f", and this norm has '{kinds[0]}'" if kinds else "; this norm has none")
        draft.problem("E101", text, node.keys[word], f"norms.{key}.{word}")
    return not strange


def _forbid(draft: Draft, shape: NormShape) -> Forbid | None:
    pattern = _acts(draft, shape.forbid, "forbid", **_attempted(draft, shape.forbid))
    if pattern is None:
        return None
    event = draft.events[pattern.event]
    scope = replace(draft.scope(event=fields_of(event), event_case=case_fields(draft, [event.id])), **_attempted(draft, shape.forbid))
    obeyed = draft.expression(shape.obeyed, scope, t.NUMBER)
    draft.chance(shape.obeyed, obeyed)
    return Forbid(pattern, obeyed)


def _attempted(draft: Draft, written: Text | PatternShape | None) -> dict[str, Any]:
    """What is at hand where an act is judged: not the case that its own opening would begin."""
    event = None if written is None else draft.events.get(str(_event(written)))
    is_opening = event is not None and event.id == f"{event.procedure}.opened"
    return {"is_opening": True, "event_case": None} if is_opening else {}


def _exempt(draft: Draft, key: str, shape: NormShape) -> Exempt | None:
    pattern = _acts(draft, shape.exempt, "exempt", **_attempted(draft, shape.exempt))
    node = draft.node(f"norms.{key}")
    if not shape.lifts and isinstance(node, Fields) and ("lifts" not in node.entries or not draft.plain(node.entries["lifts"])):
        text = "'lifts' is missing: it names the norms that do not hold for what this exempts"
        draft.problem("E103", text, node.entries.get("lifts", node))
    for leaf in shape.lifts:
        _lifted(draft, leaf, pattern)
    return Exempt(pattern, tuple(dict.fromkeys(map(str, shape.lifts)))) if pattern is not None else None


def _lifted(draft: Draft, leaf: Text, pattern: Pattern | None) -> None:
    """A norm that an exemption lifts forbids what the exemption is about."""
    name = str(leaf)
    forbidden = draft.forbidden.get(name)
    if forbidden is None and draft.provisions.get(name) is not None:
        draft.problem("E105", f"'{name}' forbids nothing, so nothing of it can be lifted: name a norm with forbid", leaf)
    elif forbidden is None:
        draft.unknown("norm", leaf, draft.forbidden)
    elif pattern is not None and forbidden in draft.events and forbidden != pattern.event:
        draft.problem("E105", f"'{name}' forbids {forbidden}, and this exempts {pattern.event}: no act is both", leaf)


def _oblige(draft: Draft, key: str, shape: NormShape) -> Oblige | None:
    path = f"norms.{key}"
    when: tuple[Trigger, ...] = ()
    at_hand: dict[str, Any] = {}
    node = draft.node(path)
    if isinstance(node, Fields) and "when" in node.entries:
        triggers = link_triggers(draft, shape.when, path)
        when, heard = triggers.when, triggers.scope
        at_hand["broken"] = heard.broken | {"trigger"} if "event" in heard.broken else heard.broken
        if heard.event is not None:
            at_hand["trigger"] = {
                name: t.TriggerField(name, tree.type, tree.is_data) for name, tree in heard.event.items() if isinstance(tree, t.EventField)
            }
    pattern = _acts(draft, shape.oblige, "oblige", **at_hand)
    deadline = link_quantity(draft, shape.deadline, replace(draft.scope(), ahead=True, **at_hand), t.DURATION, f"{path}.deadline")
    _leads_forward(draft, deadline)
    if pattern is None or shape.oblige is None:
        return None
    if not pattern.by and not (isinstance(shape.oblige, PatternShape) and shape.oblige.by):
        draft.problem("E103", "a duty is somebody's: 'by' is missing", _event(shape.oblige))
    return Oblige(pattern, when, quantity_ahead(deadline, draft.scope()))


def _leads_forward(draft: Draft, deadline: Quantity | None) -> None:
    """A constant deadline is not over before it begins."""
    constant = deadline.arguments[0] if deadline is not None and deadline.kind == "value" else None
    node = draft.node(deadline.path) if deadline is not None else None
    if isinstance(constant, t.Const) and constant.value < 0 and node is not None:
        draft.problem("E302", "a deadline is not negative", node)


def _acts(draft: Draft, written: Text | PatternShape | None, verb: str, **at_hand: Any) -> Pattern | None:
    """The acts a norm speaks of."""
    pattern = None if written is None else link_pattern(draft, written, **at_hand)
    if pattern is None or written is None:
        return None
    event = draft.events[pattern.event]
    owner, _, word = event.id.rpartition(".")
    if event.concluded or (event.procedure is None and owner and word not in (*LAW_EVENTS.values(), "amended")):
        act = f"{event.procedure}.opened" if event.procedure else "an act"
        text = f"{event.id} follows from what others do, nobody decides it: {verb} {act}, or change the law that brings it"
        draft.problem("E303", text, _event(written))
        return None
    return pattern


def _event(written: Text | PatternShape) -> Text:
    return written if isinstance(written, Text) else written.event
