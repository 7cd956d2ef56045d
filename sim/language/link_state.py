"""Linking, values of the world: state, and the attributes of actors and things, with those their kinds give them.

In: a `Draft` that knows actors and things. Out: its slots, and the names under which expressions read them.
"""

from __future__ import annotations

from dataclasses import replace

from sim.language import tree as t
from sim.language.draft import Draft
from sim.language.scenario import SlotDef
from sim.language.shapes_world import KindShape, StateShape
from sim.language.source import Fields, Node, Text
from sim.language.tree import Type

__all__ = ["link_attributes", "link_kinds", "link_state"]

MOST_ATTRIBUTES = 100_000

Slots = dict[str, SlotDef]
"""Attribute → where it starts and within what it stays."""


def link_state(draft: Draft) -> None:
    """The state, name by name."""
    for key, node in draft.section("state"):
        slot = _slot(draft, node, f"state.{key}", key)
        if slot is None:
            draft.broken.add(key)
            continue
        draft.slots[slot.path] = slot
        draft.claim_name(key, t.Slot(slot.path, slot.type, key), draft.key_place("state", key), slot.path)


def link_kinds(draft: Draft) -> None:
    """The kinds, and what each gives to those that are of it."""
    for key, node in draft.section("kinds"):
        shape = draft.fill(KindShape, node)
        draft.kinds[key] = _has(draft, f"kinds.{key}", {})
        if shape:
            draft.citations(shape.source)


def link_attributes(draft: Draft) -> None:
    """The attributes of each actor and thing: those of its kind, and its own. Where there are several of it, each has its own."""
    made = {member for members in draft.counted.values() for member in members}
    for section, owners in (("actors", draft.actors), ("things", draft.things)):
        for key, owner in owners.items():
            if key in made:
                continue
            given = draft.kinds.get(owner.kind or "", {})
            slots = given | _has(draft, f"{section}.{key}", given)
            for one in draft.counted.get(key, (key,)):
                for name, slot in slots.items():
                    own = draft.slots[f"{section}.{one}.{name}"] = replace(slot, path=f"{section}.{one}.{name}", text=f"{one}.{name}")
                    draft.names[own.text] = t.Slot(own.path, own.type, own.text)
            if len(draft.slots) > MOST_ATTRIBUTES:
                text = f"with the attributes of '{key}' the world holds more than {MOST_ATTRIBUTES:,} values"
                draft.problem("E005", text, draft.key_place(section, key), f"{section}.{key}")
                return


def _has(draft: Draft, owner: str, given: Slots) -> Slots:
    """The attributes written at an actor, thing or kind; what is left unsaid of one is as its kind (`given`) has it."""
    node = draft.node(f"{owner}.has")
    slots: Slots = {}
    for name, value in node.entries.items() if isinstance(node, Fields) else ():
        path = f"{owner}.has.{name}"
        if not isinstance(node, Fields) or not draft.usable(name, node.keys[name], path):
            continue
        slot = _slot(draft, value, path, name, given.get(name))
        if slot is not None and _of_one_type(draft, name, slot.type, value):
            slots[name] = slot
    return slots


def _of_one_type(draft: Draft, name: str, kind: Type, node: Node) -> bool:
    """An attribute has one type, whoever has it; of labels all that anybody's may be."""
    known = draft.attributes.setdefault(name, kind)
    if known.name != kind.name:
        draft.problem("E204", f"'{name}' is {known} elsewhere: an attribute has one type, whoever has it", node)
        return False
    if known != kind:
        draft.attributes[name] = Type("label", tuple(dict.fromkeys(known.labels + kind.labels)))
    return True


def _slot(draft: Draft, node: Node, path: str, text: str, given: SlotDef | None = None) -> SlotDef | None:
    """A value of the world: written short (its start) or with its bounds; what is left unsaid is as `given`."""
    shape = None if isinstance(node, Text) else draft.fill(StateShape, node)
    leaf = node if isinstance(node, Text) else shape.start if shape else None
    if leaf is None:
        return None
    wanted = given.type if given else None
    low, high = (given.low, given.high) if given else (None, None)
    if shape is not None:
        draft.citations(shape.source)
        wanted = t.label(*(str(word) for word in shape.one_of)) if shape.one_of else wanted
    start = draft.literal(leaf, wanted)
    if start is None:
        return None
    if start[1] == t.TEXT:
        draft.problem("E204", _no_label(leaf, short=shape is None), leaf)
        return None
    if shape is not None:
        ends = [None if end is None else draft.literal(end, start[1]) for end in (shape.min, shape.max)]
        low, high = (end[0] if end else other for end, other in zip(ends, (low, high), strict=True))
    if (low is not None and start[0] < low) or (high is not None and start[0] > high):
        draft.problem("E302", "the start lies outside min and max", leaf)
    return SlotDef(path, start[1], start[0], low, high, text)


def _no_label(leaf: Text, *, short: bool) -> str:
    if short:
        return f"a state is a number, a duration, a date, a flag, or one_of labels: write {{start: {leaf}, one_of: [{leaf}, …]}}"
    return f"'{leaf}' is a word: list the labels under one_of"
