"""Linking, effects: what a rule or timeline entry does.

In: a `Draft` whose tables are filled, and filled shapes of effects. Out: linked effects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim import clock
from sim.errors import did_you_mean
from sim.language import shapes_rules as s
from sim.language import tree as t
from sim.language.draft import Draft
from sim.language.infer import infer
from sim.language.link_amend import link_amend
from sim.language.link_cases import are_cases, link_on_cases
from sim.language.link_provisions import link_law_effect
from sim.language.link_values import link_delay, link_quantity, link_who
from sim.language.scenario import LAW_EVENTS, AnyEffect, Claim, Condition, Decide, Emit, Open, Quantity, SlotDef, Who, Write
from sim.language.scope import Scope
from sim.language.source import Fields, Text
from sim.language.standings import DONE
from sim.language.tree import Tree, Type

__all__ = ["EffectLinker"]

Shared = tuple[str, str, Tree | None, Quantity | Condition | None]
"""What all effects share: path, label, condition, delay."""


class EffectLinker:
    """Links the effects of one rule, timeline entry or option: labels count alike effects, so that inserting one moves nobody's luck.

    In an option who decides is who acts, unless an act says otherwise (`inherits`).
    """

    def __init__(self, draft: Draft, scope: Scope, maker: str, *, inherits: bool = False) -> None:
        self.draft = draft
        self.scope = scope
        self.maker = maker
        self.inherits = inherits
        self.labels: dict[str, int] = {}

    def label(self, label: str) -> str:
        """`event.halt`, and `event.halt~2` for a second alike."""
        count = self.labels[label] = self.labels.get(label, 0) + 1
        return label if count == 1 else f"{label}~{count}"

    def all(self, items: Sequence[Any], path: str, beside: Any = None) -> tuple[AnyEffect, ...]:
        """The effects of a `then` list, and of the effect written beside a date."""
        effects = self.effects(beside, path) if beside is not None else []
        ids: dict[str, str] = {}
        for number, item in enumerate(items):
            if item is None:  # its mistakes are told
                continue
            if item.id is not None:
                if not self.draft.usable(str(item.id), item.id.place, item.id.path):
                    continue
                if str(item.id) in ids:
                    self.draft.problem("E107", f"'{item.id}' is the id of another effect here", item.id)
                ids[str(item.id)] = item.id.path
            effects += self.effects(item, f"{path}.then.{number}")
        return tuple(effects)

    def effects(self, written: Any, path: str) -> list[AnyEffect]:
        """The effects an author's one item stands for: a `set` of several things is several writes."""
        verb = next(key for key in s.EFFECTS if hasattr(written, key))
        target = getattr(written, verb)
        label = self.label(f"{verb}.{'+'.join(sorted(target)) if isinstance(target, dict) else target}")
        guard = self.draft.expression(written.if_, self.scope, t.FLAG)
        after = link_delay(self.draft, written.after, self.scope, f"{path}.after", f"{self.maker}.{label}.after")
        shared = (path, label, guard, after)
        if are_cases(self.draft, verb, target):
            own = written.by is not None or verb == "withdraw"
            return link_on_cases(self.draft, self.scope, written, verb, shared, self.who(written, shared, "by") if own else None)
        match written:
            case s.SignalShape():
                return self.emit(written, shared)
            case s.SetShape() | s.AddShape():
                return self.writes(verb, target, shared)
            case s.OpenShape():
                return self.open(written, shared)
            case s.ClaimShape():
                return self.claim(written, shared)
            case s.DecideShape():
                return self.decide(written, shared)
            case s.AmendShape():
                by = None if written.by is None else self.who(written, shared, "by")
                return link_amend(self.draft, written, shared, by)
            case _:
                by = None if written.by is None else self.who(written, shared, "by")
                return link_law_effect(self.draft, self.scope, self.maker, written, verb, shared, by)

    def who(self, written: Any, shared: Shared, name: str) -> Who | None:
        if name == "by" and written.by is None and self.inherits:
            return Who(t.EventField("decider", t.ACTOR, False))
        return link_who(self.draft, getattr(written, name), self.scope, f"{shared[0]}.{name}", f"{self.maker}.{shared[1]}.{name}")

    def emit(self, written: s.SignalShape, shared: Shared) -> list[AnyEffect]:
        event = self.draft.events.get(str(written.event))
        by, to, via = (self.who(written, shared, name) for name in ("by", "to", "via"))
        if event is None:
            self.draft.unknown("event", written.event, self.draft.events)
            return []
        if event.concluded or event.procedure or event.id in ("claim", "decision") or "." in event.id:
            text = f"'{event.id}' follows from other things and cannot be made to happen; {_instead(event.id, event.procedure)}"
            self.draft.problem("E310", text, written.event)
            return []
        return [Emit(*shared, event.id, by, to, via, self.data(written.with_, event.fields, shared, f"the event {event.id}"))]

    def data(self, given: Mapping[str, Any], fields: Mapping[str, Type], shared: Shared, what: str) -> dict[str, Quantity]:
        """The values of an event's or case's fields: all of them, and no others."""
        path, label, *_ = shared
        node = self.draft.node(path)
        data = {}
        for name, value in given.items():
            if name not in fields:
                below = self.draft.node(f"{path}.with")
                place = below.keys[name] if isinstance(below, Fields) else node
                if place is not None:
                    hint = did_you_mean(name, fields) or (f"; it has {', '.join(fields)}" if fields else "; it has none")
                    self.draft.problem("E102", f"{what} has no field '{name}'{hint}", place, f"{path}.with.{name}")
                continue
            site = f"{self.maker}.{label}.with.{name}"
            if quantity := link_quantity(self.draft, value, self.scope, fields[name], f"{path}.with.{name}", site):
                data[name] = quantity
        missing = [name for name in fields if name not in given]
        if missing and node is not None:
            self.draft.problem(
                "E103", f"{what} needs {', '.join(missing)}: write with: {{{', '.join(f'{name}: …' for name in missing)}}}", node
            )
        return data

    def writes(self, operation: str, given: Mapping[str, Any], shared: Shared) -> list[AnyEffect]:
        path, item_label, guard, after = shared
        below = self.draft.node(f"{path}.{operation}")
        effects: list[AnyEffect] = []
        for target, value in given.items():
            if not isinstance(below, Fields):
                continue
            name = Text(target, below.keys[target], f"{path}.{operation}.{target}", plain=True)
            tree = self.target(name, operation)
            if tree is None:
                continue
            label = item_label if len(given) == 1 else self.label(f"{operation}.{target}")
            site = f"{self.maker}.{label}"
            quantity = link_quantity(self.draft, value, self.scope, tree.type, name.path, site, below.entries[target])
            if quantity is None:
                continue
            if isinstance(tree, t.Slot):
                self.within_bounds(operation, tree, quantity, value)
            slot, owner, word = (tree.path, None, target) if isinstance(tree, t.Slot) else (None, tree.owner, tree.name)
            effects.append(Write(path, label, guard, after, item_label, operation, slot, owner, word, quantity))
        return effects

    def target(self, name: Text, operation: str) -> t.Slot | t.Attribute | None:
        """What may be written: state, and attributes of actors and things."""
        tree = infer(name, self.scope, None, self.draft.problems)
        if tree is None:
            return None
        defined = self.draft.root.entries.get("define")
        is_definition = isinstance(defined, Fields) and name.text.removeprefix("define.") in defined.entries
        is_slot = isinstance(tree, t.Slot) and tree.path.startswith(("state.", "actors.", "things."))
        written = tree if isinstance(tree, t.Attribute) or (isinstance(tree, t.Slot) and is_slot) else None
        if written is None or is_definition:
            fixed = isinstance(tree, t.Slot) and tree.path.startswith("parameters.")
            why = (
                "a parameter stays as it is during a run: what changes is declared under 'state'"
                if fixed
                else "a rule writes state and attributes"
            )
            self.draft.problem("E310", f"'{name}' cannot be written: {why}", name)
            return None
        if operation == "add" and written.type.name not in ("number", "duration"):
            self.draft.problem("E204", f"only numbers and durations can be added to; '{name}' is {written.type}", name)
            return None
        return written

    def within_bounds(self, operation: str, slot: t.Slot, quantity: Quantity, written: Any) -> None:
        """A constant that can never be the value is a mistake."""
        definition = self.draft.slots[slot.path]
        if operation != "set" or quantity.kind != "value" or not isinstance(quantity.arguments[0], t.Const):
            return
        value = quantity.arguments[0].value
        if (definition.low is not None and value < definition.low) or (definition.high is not None and value > definition.high):
            self.draft.problem("E302", f"{slot.text} stays {_bounds(definition)}: {written} lies outside", written)

    def open(self, written: s.OpenShape, shared: Shared) -> list[AnyEffect]:
        by = self.who(written, shared, "by")
        name = str(written.open)
        if name not in self.draft.cases:
            self.draft.unknown("procedure", written.open, self.draft.cases)
            return []
        fields = {key: kind for key, kind in self.draft.cases[name].items() if key not in ("by", "opened")}
        return [Open(*shared, name, by, self.data(written.with_, fields, shared, f"a case of {name}"))]

    def claim(self, written: s.ClaimShape, shared: Shared) -> list[AnyEffect]:
        by, to = (self.who(written, shared, name) for name in ("by", "to"))
        name = str(written.claim)
        if name not in self.draft.statements:
            self.draft.unknown("statement", written.claim, self.draft.statements)
            return []
        if by is None and written.by is None:
            node = self.draft.node(shared[0])
            self.draft.problem("E103", "a claim is somebody's: 'by' is missing", node or written.claim)
        says = {"true": True, "false": False, "none": None}
        if str(written.is_) not in says:
            self.draft.problem("E105", f"a claim says true, false, or none (to retract), not '{written.is_}'", written.is_)
        return [Claim(*shared, name, says.get(str(written.is_)), by, to)]

    def decide(self, written: s.DecideShape, shared: Shared) -> list[AnyEffect]:
        name = str(written.decide)
        decision = self.draft.decisions.get(name)
        if decision is None:
            self.draft.unknown("decision", written.decide, self.draft.decisions)
            return []
        if not self.inherits:
            self.draft.taken.append((name, self.scope))
        named = written.by is None and decision.by is not None
        by = None if named else self.who(written, shared, "by")
        if by is None and not named and written.by is None:
            self.draft.problem("E103", f"a decision is somebody's: write by at decisions.{name}, or here", written.decide)
        to, via = (self.who(written, shared, other) for other in ("to", "via"))
        return [Decide(*shared, name, by, to, via)]


def _bounds(slot: SlotDef) -> str:
    """Between which walls a value stays, in words."""

    def shown(value: Any) -> str:
        return clock.duration_text(value) if slot.type == t.DURATION else f"{value}"

    if slot.low is not None and slot.high is not None:
        return f"between {shown(slot.low)} and {shown(slot.high)}"
    return f"at or above {shown(slot.low)}" if slot.low is not None else f"at or below {shown(slot.high)}"


def _instead(event: str, procedure: str | None) -> str:
    verbs = {
        "claim": "claim", "decision": "decide", "opened": "open",
        **{word: verb for verbs in (LAW_EVENTS, DONE) for verb, word in verbs.items()},
    }  # fmt: skip
    verb = verbs.get(event.rsplit(".", 1)[-1])
    if procedure is not None and verb is None:
        return f"a case that is opened comes to it by its steps: use open: {procedure}"
    return f"use {verb}:" if verb else "only events declared under `events` can"
