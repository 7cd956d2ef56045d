"""Linking, events: to the cases of which procedures they may belong.

In: a `Draft` that knows what brings events about. Out: procedures, and the fields their cases share.
"""

from __future__ import annotations

from collections.abc import Mapping

from sim.language.draft import Draft
from sim.language.tree import Type

__all__ = ["case_fields", "cases_of"]


def cases_of(draft: Draft, events: list[str]) -> frozenset[str]:
    """The procedures whose cases events of these types can belong to; none when some belong to none."""
    belongs = [draft.case_of.get(event, frozenset()) for event in events]
    return frozenset() if any(not found or "" in found for found in belongs) else frozenset().union(*belongs)


def case_fields(draft: Draft, events: list[str]) -> Mapping[str, Type] | None:
    """The fields all cases share that events of these types can belong to; None when some belong to none."""
    tables = [draft.cases[procedure] for procedure in sorted(cases_of(draft, events))]
    return {name: kind for name, kind in tables[0].items() if all(table.get(name) == kind for table in tables)} if tables else None
