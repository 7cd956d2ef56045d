"""Linking, effects on cases: which cases are meant.

In: a filled shape, what may be read where it stands, who acts. Out: a linked effect.
"""

from __future__ import annotations

from dataclasses import replace

from sim.language import shapes_rules as s
from sim.language import tree as t
from sim.language.draft import Draft
from sim.language.scenario import AnyEffect, Condition, OnCases, Quantity, Who
from sim.language.scope import Scope
from sim.language.tree import Tree

__all__ = ["link_on_cases"]


def link_on_cases(
    draft: Draft, scope: Scope, written: s.WithdrawShape, shared: tuple[str, str, Tree | None, Quantity | Condition | None], by: Who | None
) -> list[AnyEffect]:
    """`P.cases` are all its cases for which `where` holds; `P.case` is the one the event belongs to."""
    verb, target = "withdraw", written.withdraw
    name, _, word = str(target).partition(".")
    if name not in draft.cases:
        draft.unknown("procedure", target if not word else replace(target, text=name), draft.cases)
        return []
    if word not in ("case", "cases"):
        remedy = f"write {verb}: {name}.cases for all of them, or {verb}: {name}.case for that of the event"
        draft.problem("E105", f"'{target}' names no cases: {remedy}", target)
        return []
    if word == "cases":
        where = draft.expression(written.where, replace(scope, case=draft.cases[name]), t.FLAG)
        return [OnCases(*shared, verb, name, at_hand=False, where=where, by=by)]
    if written.where is not None:
        draft.problem("E104", f"`where` chooses among cases: write {verb}: {name}.cases", written.where)
    elif name not in scope.cases_of and "event" not in scope.broken:
        text = f"there is no case of {name} here: not every event that comes here belongs to one; write {verb}: {name}.cases, with where:"
        draft.problem("E206", text, target)
    return [OnCases(*shared, verb, name, at_hand=True, where=None, by=by)]
