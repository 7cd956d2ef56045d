"""Linking, norms: what is forbidden, what is exempt from it, and regimes that are only in force or not.

In: a `Draft` whose tables are filled, and filled shapes of norms. Out: linked norms, and the events that follow from them.
"""

from __future__ import annotations

from collections.abc import Mapping

from sim.language import tree as t
from sim.language.draft import Draft
from sim.language.functions import fields_of
from sim.language.link_rules import case_fields, link_pattern
from sim.language.scenario import EventType, Exempt, Forbid, Norm, Pattern
from sim.language.shapes_law import NormShape
from sim.language.shapes_values import PatternShape
from sim.language.source import Fields, Text

__all__ = ["declare_norms", "link_norm"]

KINDS = ("forbid", "exempt")
"""What a norm may do to acts: one of these, or nothing."""

BELONGS = {"obeyed": "forbid", "lifts": "exempt"}
"""Keys that say more about one kind of norm."""


def declare_norms(draft: Draft, shapes: Mapping[str, NormShape]) -> None:
    """The events of norms, and which acts each norm forbids."""
    for key, shape in shapes.items():
        if "forbid" not in _kinds(draft, key):
            continue
        event = str(_event(shape.forbid)) if shape.forbid is not None else ""
        draft.forbidden[key] = event
        forbidden = draft.events.get(event)
        for word in ("blocked", "violated"):
            name = f"{key}.{word}"
            draft.events[name] = EventType(
                name, f"{key.replace('_', ' ')} {word}", forbidden.fields if forbidden else {}, concluded=True
            )  # fmt: skip


def link_norm(draft: Draft, key: str, shape: NormShape) -> Norm | None:
    """One norm, linked; it may speak of acts, not of what follows from them."""
    if shape.issued_by is not None and str(shape.issued_by) not in draft.actors:
        draft.unknown("actor", shape.issued_by, draft.actors)
    citations = draft.citations(shape.source)
    kinds = _kinds(draft, key)
    if not _is_one_thing(draft, key, kinds):
        return None
    says: Forbid | Exempt | None = None
    if "forbid" in kinds:
        says = _forbid(draft, shape)
    elif "exempt" in kinds:
        says = _exempt(draft, key, shape)
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
    pattern = _acts(draft, shape.forbid, "forbid")
    if pattern is None:
        return None
    event = draft.events[pattern.event]
    scope = draft.scope(event=fields_of(event), event_case=case_fields(draft, [event.id]))
    obeyed = draft.expression(shape.obeyed, scope, t.NUMBER)
    draft.chance(shape.obeyed, obeyed)
    return Forbid(pattern, obeyed)


def _exempt(draft: Draft, key: str, shape: NormShape) -> Exempt | None:
    pattern = _acts(draft, shape.exempt, "exempt")
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


def _acts(draft: Draft, written: Text | PatternShape | None, verb: str) -> Pattern | None:
    """The acts a norm speaks of."""
    pattern = None if written is None else link_pattern(draft, written)
    if pattern is None or written is None:
        return None
    event = draft.events[pattern.event]
    if event.concluded or (event.procedure is None and "." in event.id):
        act = f"{event.procedure}.opened" if event.procedure else "an act"
        text = f"{event.id} follows from what others do, nobody decides it: {verb} {act}, or change the law that brings it"
        draft.problem("E303", text, _event(written))
        return None
    return pattern


def _event(written: Text | PatternShape) -> Text:
    return written if isinstance(written, Text) else written.event
