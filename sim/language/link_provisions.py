"""Linking, provisions: what everything that can be in force is called and heard as, and the effects that change it.

In: a `Draft`, and filled shapes of law effects. Out: flags and events of provisions; linked effects.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import Any

from sim.errors import did_you_mean
from sim.language import shapes_rules as s
from sim.language import tree as t
from sim.language.draft import Draft
from sim.language.lengths import quantity_ahead
from sim.language.link_values import link_condition, link_last_day, link_quantity, written_at
from sim.language.scenario import (
    LAW_WORDS,
    AnyEffect,
    Condition,
    Enact,
    EventType,
    LawEffect,
    Quantity,
    Repeal,
    Resume,
    SlotDef,
    Suspend,
    Who,
)  # fmt: skip
from sim.language.scope import Scope
from sim.language.shapes_values import ConditionShape
from sim.language.source import Fields, Items, Node, Text
from sim.language.tree import Tree

__all__ = ["declare_provision", "declare_suspended", "link_law_effect"]

ASKED = re.compile(r"\bsuspended\s*\(\s*([\w.]+)")
"""A question whether a provision is suspended."""

BARE_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""A date without a time."""

EFFECTS: dict[str, type[LawEffect]] = {"enact": Enact, "suspend": Suspend, "resume": Resume, "repeal": Repeal}


def declare_provision(draft: Draft, short: str, *, starts: bool) -> None:
    """A provision's flag, and the events of its changes."""
    draft.slots[f"in_force.{short}"] = SlotDef(f"in_force.{short}", t.FLAG, starts, text=f"in_force({short})")
    for word in LAW_WORDS[:-1]:
        fields = {"enacted": {"renewed": t.FLAG}, "scheduled": {"from": t.INSTANT}}.get(word, {})
        draft.events[f"{short}.{word}"] = EventType(f"{short}.{word}", f"{short.replace('_', ' ')} {word}", fields)


def declare_suspended(draft: Draft) -> None:
    """Flags of provisions that are suspended somewhere, or of which that is asked."""
    for section in draft.root.entries.values():
        for node in section.entries.values() if isinstance(section, Fields) else (section,):
            for name in sorted(draft.once(node, declare_suspended, partial(_suspended_in, node))):
                short = draft.provisions.get(name)
                if short is not None:
                    draft.slots[f"suspended.{short}"] = SlotDef(f"suspended.{short}", t.FLAG, False, text=f"suspended({short})")


def _suspended_in(node: Node) -> frozenset[str]:
    """What is suspended, resumed or asked about below a node, as it is called there."""
    found: set[str] = set()
    todo = [node]
    while todo:
        match todo.pop():
            case Text(text=text):
                found.update(ASKED.findall(text) if "suspended" in text else ())
            case Items(items=items):
                todo += items
            case Fields(entries=entries):
                todo += entries.values()
                found.update(name.text for key in ("suspend", "resume") if isinstance(name := entries.get(key), Text))
    return frozenset(found)


def link_law_effect(
    draft: Draft, scope: Scope, maker: str, written: Any, verb: str, shared: tuple[Any, ...], by: Who | None
) -> list[AnyEffect]:
    """An effect that changes the law."""
    name = getattr(written, verb)
    short = draft.provisions.get(str(name))
    begins, ends = _terms(draft, scope, written, shared[0], f"{maker}.{shared[1]}")
    if short is None:
        draft.unknown("rule, norm, procedure or step", name, draft.provisions)
        return []
    if getattr(written, "where", None) is not None:
        cases = f": write {verb}: {short}.cases" if short in draft.cases else ""
        draft.problem("E104", f"`where` goes with cases, and '{name}' is a provision{cases}", written.where)
    pending, keeps = _pending(draft, scope, written, verb, short)
    if verb != "enact":
        make: Any = EFFECTS[verb]
        return [make(*shared, short, pending, keeps, begins, ends, by)]
    for_case, at_hand = _for_case(draft, scope, written, short)
    enact: Any = Enact
    return [enact(*shared, short, pending, keeps, begins, ends, by, for_case, at_hand)]


def _for_case(draft: Draft, scope: Scope, written: s.EnactShape, short: str) -> tuple[Tree | None, bool]:
    """Which cases alone an enactment concerns: that of the event, or those for which a flag holds."""
    meant = written.for_case
    if meant is None:
        return None, False
    procedure, _, step = short.partition(".")
    if not step:
        draft.problem("E105", f"'for_case' is for steps of procedures; '{short}' is no step", meant)
        return None, False
    if any(given is not None for given in (written.from_, written.until, written.through, written.lasts)):
        text = "what is enacted for a case ends with the case, and begins at once: leave from, until, through and lasts out"
        draft.problem("E104", text, meant)
    if written.pending is not None and str(getattr(written.pending, "finish", written.pending)) == "finish":
        draft.problem("E105", "finish would spare the very cases this is for", meant)
    if str(meant) != "event.case":
        return draft.expression(meant, replace(scope, case=draft.cases[procedure]), t.FLAG), False
    if procedure not in scope.cases_of and "event" not in scope.broken:
        text = f"there is no case of {procedure} here: not every event that comes here belongs to one; write a flag over case."
        draft.problem("E206", text, meant)
    return None, True


def _terms(draft: Draft, scope: Scope, written: Any, path: str, site: str) -> tuple[Quantity | None, Quantity | Condition | None]:
    """From when, and until when or for how long."""
    from_, lasts, until = getattr(written, "from_", None), getattr(written, "lasts", None), written.until
    begins = link_quantity(draft, from_, scope, t.INSTANT, f"{path}.from", f"{site}.from")
    node = draft.node(path) or draft.root
    said = [f"`{key}`" for key in ("until", "through", "lasts") if getattr(written, key, None) is not None]
    if len(said) > 1:
        draft.problem(
            "E104", f"{', '.join(said[:-1])} and {said[-1]} {'both' if len(said) == 2 else 'all'} say when it ends: keep one", node
        )
    ends: Quantity | Condition | None
    if written.through is not None:
        ends = link_last_day(draft, written.through, f"{path}.through", f"{site}.through")
    elif lasts is not None:
        ends = link_quantity(draft, lasts, replace(scope, ahead=True), t.DURATION, f"{path}.lasts", f"{site}.lasts")
    elif isinstance(until, ConditionShape):
        ends = link_condition(draft, until, scope, f"{path}.until", f"{site}.until")
    else:
        ends = link_quantity(draft, until, scope, t.INSTANT, f"{path}.until", f"{site}.until")
    first, last = constant(begins), constant(ends)
    if first is not None and from_ is not None and draft.begin < draft.until <= first:
        draft.problem("W401", "this lies outside the period and never happens", draft.node(f"{path}.from") or node)
    if ends is not None and until is not None and isinstance(until, Text):
        _explain_bare_date(draft, until)
    if lasts is not None and last is not None and last < 0:
        draft.problem("E302", "how long a provision lasts is not negative", draft.node(f"{path}.lasts") or node)
    if lasts is None and first is not None and last is not None and last < first:
        draft.problem("E302", "it would end before it begins", draft.node(f"{path}.until") or draft.node(f"{path}.through") or node)
    return begins, quantity_ahead(ends, scope) if lasts is not None and isinstance(ends, Quantity) else ends


def _explain_bare_date(draft: Draft, until: Text) -> None:
    """Say at which instant of its day a bare date ends something: in many a decree the day is the last one."""
    date = written_at(draft, until)
    if date is None or not BARE_DATE.fullmatch(date.text):
        return
    where = "" if date is until else f" at {date.path}"
    meant = f"if it is meant, write {date} 00:00{where}"
    text = f"this ends at {date} 00:00, when the day begins: to include the day write through: {until}; {meant}"
    draft.problem("W415", text, until)


def constant(quantity: Quantity | Condition | None) -> int | None:
    """What a quantity comes to wherever it is read."""
    if isinstance(quantity, Quantity) and quantity.kind == "value" and isinstance(quantity.arguments[0], t.Const):
        value: int = quantity.arguments[0].value
        return value
    return None


def _pending(draft: Draft, scope: Scope, written: Any, verb: str, short: str) -> tuple[str, Tree | None]:
    """What becomes of cases under way, and which of them `finish` is for where it is not for all."""
    procedure, _, step = short.partition(".")
    usual = "finish" if verb == "repeal" and not step else "join"
    clause = getattr(written, "pending", None)
    if clause is None:
        return usual, None
    place = clause.finish if isinstance(clause, s.FinishShape) else clause
    if not step and not (verb != "enact" and short in draft.cases):
        draft.problem("E105", f"'pending' says what of cases under way when a step changes; '{short}' is no step", place)
        return usual, None
    if isinstance(clause, s.FinishShape):
        return "finish", draft.expression(clause.finish, replace(scope, case=draft.cases[procedure]), t.FLAG)
    known = s.PENDING[verb]
    if verb == "repeal":
        known = known[:2] if step else known[1:]
    if str(clause) not in known:
        spared = str(clause).startswith("grandfather")
        meant = "; write finish: cases opened before are spared" if spared else did_you_mean(str(clause), known)
        draft.problem("E105", f"'{clause}' is not one of {', '.join(known)}{meant}", clause)
    return str(clause), None
