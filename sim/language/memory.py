"""What the linking of one tree found, kept for others that share most of it: a what-if edits little of a scenario.

In: drafts, and how a thing is shaped or linked. Out: the same as without a memory, problems included.

A shape, and what a node is without its places, hang on the node alone, and drafts share them. What is linked hangs on its node
and on the surroundings: everything a draft knows when its rules, norms, procedures, timeline and measures are linked, but what
parameters and state begin with, which nobody reads before the run. So where a thing is the very node of the first tree, and
the surroundings are the same, it is not linked again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from sim.errors import Problem
from sim.language.draft import Draft, Made
from sim.language.scope import Scope
from sim.language.source import Fields, Node

__all__ = ["Memory"]

T = TypeVar("T")
Kept = dict[tuple[str, str], tuple[Node | None, Any, list[Problem], set[str], list[tuple[str, Scope]]]]
"""Node, what was made of it, its problems, ids that cannot be, and the decisions it takes."""


class Memory:
    """What was made of the nodes of the first tree that is linked with it, and its linked things."""

    def __init__(self) -> None:
        self.surroundings: dict[str, Any] | None = None
        self.same = False
        self.things: Kept = {}
        self.made: Made = {}

    def surround(self, draft: Draft) -> None:
        """From here on things are linked, in the surroundings that the draft has now."""
        own = _surroundings(draft)
        self.same = own == self.surroundings
        if self.surroundings is None:
            self.surroundings = own

    def linked(self, draft: Draft, section: str, key: str, make: Callable[[], T]) -> T:
        """A thing, linked; with its problems, now or from before where nothing it hangs on has changed."""
        things = draft.root.entries[section]
        node = things.entries[key] if isinstance(things, Fields) else None
        before, found, problems, unusable, taken = self.things.get((section, key), (None, None, [], set(), []))
        if self.same and before is node and node is not None:
            draft.problems += problems
            draft.unusable |= unusable
            draft.taken += taken
            kept: T = found
            return kept
        begun, refused, took = len(draft.problems), draft.unusable.copy(), len(draft.taken)
        made = make()
        self.things.setdefault((section, key), (node, made, draft.problems[begun:], draft.unusable - refused, draft.taken[took:]))
        return made


def _surroundings(draft: Draft) -> dict[str, Any]:
    """All a draft knows beside its nodes and problems, as it is now."""
    known = {name: value.copy() if isinstance(value, dict | set) else value for name, value in vars(draft).items()}
    del known["root"], known["problems"], known["taken"], known["made"]
    known["slots"] = {path: replace(slot, start=None) for path, slot in draft.slots.items()}
    known["parameters"] = {name: replace(parameter, value=None, days=0) for name, parameter in draft.parameters.items()}
    known["defined"] = draft.root.entries.get("define")
    return known
