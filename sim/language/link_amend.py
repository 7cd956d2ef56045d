"""Linking, amendments: which values may change while a provision is in force, and what they become.

In: a `Draft` whose tables are filled, and filled shapes of `amend`. Out: linked effects; for each value amended somewhere a slot that
says what is written there, and the event `N.amended`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from sim.errors import did_you_mean
from sim.language import shapes_rules as s
from sim.language import tree as t
from sim.language.draft import Draft
from sim.language.functions import fields_of
from sim.language.lengths import ahead, quantity_ahead
from sim.language.link_events import case_fields
from sim.language.link_values import link_quantity
from sim.language.nodes import flow
from sim.language.scenario import Amend, AnyEffect, EventType, Quantity, SlotDef, Who
from sim.language.scope import Scope
from sim.language.source import Fields, Items, Node, Text

__all__ = ["declare_amended", "link_amend"]

OF_A_STEP = {
    "takes": "duration", "waits": "duration", "meets.every": "duration", "meets.per_session": "whole", "refuses": "chance",
    "sends_back.chance": "chance", "deadline": "duration",
}  # fmt: skip
AMENDABLE = {
    "rules.*": {"chance": "chance", "after": "ahead", "not_again_for": "length", "when.lasts": "ahead", "when.where": "flag"},
    "norms.*": {
        "obeyed": "chance", "deadline": "ahead", "forbid.where": "flag", "exempt.where": "flag", "oblige.where": "flag",
    },
    "procedures.*": {"deadline": "ahead", "valid": "ahead"},
    "procedures.*.steps.*": OF_A_STEP,
    "procedures.*.steps.*.together.*": OF_A_STEP,
    "decisions.*.options.*": {"weight": "number"},
    "actors.*": {"capacity": "whole"},
}  # fmt: skip
"""What may be amended, and of which kind it is: a duration (`ahead`: added to now), the length of a pause, a chance, a flag, a number."""


def declare_amended(draft: Draft) -> None:
    """What stands at each path that is amended somewhere, and the event of its amendment."""
    for section in draft.root.entries.values():
        for node in section.entries.values() if isinstance(section, Fields) else (section,):
            for path in sorted(draft.once(node, declare_amended, partial(_amended_in, node))):
                found, there = _meant(path), draft.node(path)
                if found is None or there is None or path in draft.slots:
                    continue
                provision = found[0]
                draft.slots[path] = SlotDef(path, t.TEXT, flow(there), text=path)
                name = f"{provision}.amended"
                draft.events[name] = EventType(name, f"{provision.replace('_', ' ')} amended", {"path": t.TEXT})


def _amended_in(node: Node) -> frozenset[str]:
    """The paths that are amended somewhere below a node."""
    found: set[str] = set()
    todo = [node]
    while todo:
        match todo.pop():
            case Items(items=items):
                todo += items
            case Fields(entries=entries):
                todo += entries.values()
                if isinstance(path := entries.get("amend"), Text) and "to" in entries:
                    found.add(path.text)
    return frozenset(found)


def _meant(path: str) -> tuple[str, str, int] | None:
    """Of an amendable path whose value it is, of which kind, and how many words name its owner."""
    words = path.split(".")
    for pattern, known in AMENDABLE.items():
        keys = pattern.split(".")
        below = ".".join(words[len(keys) :])
        if below in known and all(key in ("*", word) for key, word in zip(keys, words, strict=False)):
            procedure = words[0] == "procedures" and len(keys) > 2
            return (f"{words[1]}.{words[len(keys) - 1]}" if procedure else words[1]), known[below], len(keys)
    return None


def link_amend(draft: Draft, written: s.AmendShape, shared: tuple[Any, Any, Any, Any], by: Who | None) -> list[AnyEffect]:
    """An amendment: the value is linked as if it stood at the path."""
    path = str(written.amend)
    found = _meant(path)
    if found is None:
        draft.problem("E310", f"'{path}' cannot be amended{_near(draft, path)}", written.amend)
        return []
    there = draft.node(path)
    if there is None:
        words = path.split(".")
        missing = next((n for n in range(2, found[2] + 1) if draft.node(".".join(words[:n])) is None), None)
        if missing is None:
            draft.problem("E310", f"nothing stands at '{path}' that could be amended: write it there first", written.amend)
        else:
            above = draft.node(".".join(words[: missing - 1]))
            near = did_you_mean(words[missing - 1], list(above.entries)) if isinstance(above, Fields) else ""
            draft.problem("E102", f"there is no {'.'.join(words[:missing])}{near}", written.amend)
        return []
    provision, kind, _ = found
    if path.endswith(".meets.every") and isinstance(there, Text) and there.text.endswith(("mo", "y", "wd")):
        text = f"'{path}' is counted by the calendar, and stays so: a length of time alone can be amended"
        draft.problem("E310", text, written.amend)
        return []
    if kind in ("duration", "ahead") and isinstance(there, Fields) and "condition" in there.entries:
        draft.problem("E310", f"'{path}' waits for a condition: a length of time alone can be amended", written.amend)
        return []
    to = _value(draft, written, kind, path, f"{shared[0]}.to")
    pending = _pending(draft, written, path)
    text = flow(draft.node(f"{shared[0]}.to") or written.amend)

    return [] if to is None else [Amend(*shared, path, provision, kind, to, text, pending, by)]


def _pending(draft: Draft, written: s.AmendShape, path: str) -> str:
    """What becomes of cases under way."""
    clause = written.pending
    if clause is None:
        return "join"
    known = s.PENDING["amend"]
    if str(clause) not in known:
        draft.problem("E105", f"'{clause}' is not one of {', '.join(known)}{did_you_mean(str(clause), known)}", clause)
    elif not path.startswith("procedures."):
        draft.problem("E105", f"'pending' says what of cases under way, and '{path}' is about none", clause)
    elif path.endswith(("meets.every", "per_session")):
        draft.problem("E105", "sessions are nobody's: 'pending' does not go with them", clause)
    return str(clause)


def _value(draft: Draft, written: s.AmendShape, kind: str, path: str, here: str) -> Quantity | t.Tree | int | None:
    """The new value, of the kind that stands there."""
    scope = _scope(draft, path)
    if kind in ("duration", "ahead"):
        scope = replace(scope, ahead=True) if kind == "ahead" else scope
        return quantity_ahead(link_quantity(draft, written.to, scope, t.DURATION, here, path), scope)
    if not isinstance(written.to, Text):
        draft.problem("E105", f"'{path}' takes an expression, not a distribution", draft.node(here) or written.amend)
        return None
    if kind == "whole":
        return draft.whole(written.to, 1)
    wanted = {"flag": t.FLAG, "length": t.DURATION}.get(kind, t.NUMBER)
    tree = draft.expression(written.to, replace(scope, ahead=True) if kind == "length" else scope, wanted)
    if kind == "chance":
        draft.chance(written.to, tree)
    return ahead(tree, scope) if kind == "length" else tree


def _scope(draft: Draft, path: str) -> Scope:
    """What the value may read: the same as what stood there."""
    section, key, *_ = path.split(".")
    if section == "procedures":
        return draft.scope(case=draft.cases.get(key))  # none of a procedure that is faulty itself
    events = [*_heard(draft.node(f"{section}.{key}"))]
    if not events or any(event not in draft.events for event in events):
        return draft.scope()
    tables = [fields_of(draft.events[event]) for event in events]
    shared = {name: column for name, column in tables[0].items() if all(table.get(name) == column for table in tables)}
    return draft.scope(event=shared, event_case=case_fields(draft, events))


def _heard(node: Node | None) -> Iterator[str]:
    """The events that a rule's triggers or a norm's pattern name; time is called by a name that no event has."""
    if not isinstance(node, Fields):
        return
    key = next((one for one in ("forbid", "exempt", "oblige", "when") if one in node.entries), "")
    below = node.entries.get(key)
    for item in below.items if isinstance(below, Items) else [] if below is None else [below]:
        yield str(item.entries.get("event") if isinstance(item, Fields) else item)


def _near(draft: Draft, path: str) -> str:
    """What can be amended instead."""
    words = path.split(".")
    if words[0] == "parameters":
        return ": a parameter stays as it is during a run; what changes is declared under 'state'"
    if words[0] == "state":
        return f": a state is written with set: {{{'.'.join(words[1:])}: …}}"
    if words[0] in draft.provisions or ".".join(words[:2]) in draft.provisions.values():
        return ": write its whole path, such as procedures.licence.steps.intake.takes"
    fitting = {len(pattern.split(".")): known for pattern, known in AMENDABLE.items() if pattern.split(".")[0] == words[0]}
    if not fitting:
        return f": values of {', '.join(sorted({pattern.split('.')[0] for pattern in AMENDABLE}))} can"
    length = max((one for one in fitting if one < len(words)), default=min(fitting))
    return f"; of what stands there can be amended: {', '.join(fitting[length])}"
