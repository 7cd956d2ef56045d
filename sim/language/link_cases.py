"""Linking, effects on cases: which cases are meant.

In: a filled shape, what may be read where it stands, who acts. Out: a linked effect.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sim.language import tree as t
from sim.language.draft import Draft
from sim.language.scenario import AnyEffect, Condition, OnCases, Quantity, Who
from sim.language.scope import Scope
from sim.language.standings import DONE
from sim.language.tree import Tree

__all__ = ["are_cases", "link_on_cases"]

CASES = ("case", "cases")


def are_cases(draft: Draft, verb: str, target: Any) -> bool:
    """Whether an effect is about cases. To suspend and to resume may also be about provisions."""
    if verb not in DONE:
        return False
    name, _, word = str(target).partition(".")
    return verb in ("withdraw", "revoke") or (name in draft.cases and word in CASES)


def link_on_cases(
    draft: Draft,
    scope: Scope,
    written: Any,
    verb: str,
    shared: tuple[str, str, Tree | None, Quantity | Condition | None],
    by: Who | None,
) -> list[AnyEffect]:
    """`P.cases` are all its cases for which `where` holds; `P.case` is the one the event belongs to."""
    target = getattr(written, verb)
    name, _, word = str(target).partition(".")
    if name not in draft.cases:
        draft.unknown("procedure", target if not word else replace(target, text=name), draft.cases)
        return []
    if word not in CASES:
        remedy = f"write {verb}: {name}.cases for all of them, or {verb}: {name}.case for that of the event"
        draft.problem("E105", f"'{target}' names no cases: {remedy}", target)
        return []
    for alien in ("pending", "until", "through"):
        if getattr(written, alien, None) is not None:
            node = draft.node(f"{shared[0]}.{alien}") or target
            draft.problem("E104", f"`{alien}` goes with provisions, and {target} means cases: leave it out", node)
    if word == "cases":
        where = draft.expression(written.where, replace(scope, case=draft.cases[name]), t.FLAG)
        return [OnCases(*shared, verb, name, at_hand=False, where=where, by=by)]
    if written.where is not None:
        draft.problem("E104", f"`where` chooses among cases: write {verb}: {name}.cases", written.where)
    elif name not in scope.cases_of and "event" not in scope.broken:
        text = f"there is no case of {name} here: not every event that comes here belongs to one; write {verb}: {name}.cases, with where:"
        draft.problem("E206", text, target)
    return [OnCases(*shared, verb, name, at_hand=True, where=None, by=by)]
