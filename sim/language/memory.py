"""What the linking of one tree found, kept for others that share most of it: a what-if edits little of a scenario.

In: drafts, and how a thing is shaped or linked. Out: the same as without a memory, problems included.

A shape, and what a node is without its places, hang on the node alone. What is linked hangs on its node and on the
surroundings: everything a draft knows when its rules, norms, procedures and timeline are linked, but what parameters and
state begin with, which nobody reads before the run. So where a thing is the very node of the first tree, and the
surroundings are the same, it is not linked again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from sim.errors import Problem
from sim.language.draft import Draft
from sim.language.scope import Scope
from sim.language.source import Fields, Node, plain

__all__ = ["Memory"]

T = TypeVar("T")
Kept = dict[tuple[str, str], tuple[Node | None, Any, list[Problem], set[str], list[tuple[str, Scope]]]]
"""Node, what was made of it, its problems, ids that cannot be, and the decisions it takes."""


class Memory:
    """The shapes and linked things of the first tree that is linked with it."""

    def __init__(self) -> None:
        self.surroundings: dict[str, Any] | None = None
        self.same = False
        self.shapes: Kept = {}
        self.things: Kept = {}
        self.plains: dict[str, tuple[Node, object]] = {}

    def surround(self, draft: Draft) -> None:
        """From here on things are linked, in the surroundings that the draft has now."""
        own = _surroundings(draft)
        self.same = own == self.surroundings
        if self.surroundings is None:
            self.surroundings = own

    def shaped(self, draft: Draft, section: str, key: str, make: Callable[[], T]) -> T:
        """The shape of a thing."""
        return _kept(self.shapes, draft, section, key, make, usable=True)

    def plain(self, node: Node) -> object:
        """A node without places."""
        before, found = self.plains.get(node.path, (None, None))
        if before is node:
            return found
        found = plain(node)
        self.plains.setdefault(node.path, (node, found))
        return found

    def linked(self, draft: Draft, section: str, key: str, make: Callable[[], T]) -> T:
        """A thing, linked."""
        return _kept(self.things, draft, section, key, make, usable=self.same)


def _kept(kept: Kept, draft: Draft, section: str, key: str, make: Callable[[], T], *, usable: bool) -> T:
    """What was made of a node, with its problems; made now where nothing usable is kept of it."""
    things = draft.root.entries[section]
    node = things.entries[key] if isinstance(things, Fields) else None
    before, found, problems, unusable, taken = kept.get((section, key), (None, None, [], set(), []))
    if usable and before is node and node is not None:
        draft.problems += problems
        draft.unusable |= unusable
        draft.taken += taken
        made: T = found
        return made
    begun, refused, took = len(draft.problems), draft.unusable.copy(), len(draft.taken)
    made = make()
    kept.setdefault((section, key), (node, made, draft.problems[begun:], draft.unusable - refused, draft.taken[took:]))
    return made


def _surroundings(draft: Draft) -> dict[str, Any]:
    """All a draft knows beside its nodes and problems, as it is now."""
    known = {name: value.copy() if isinstance(value, dict | set) else value for name, value in vars(draft).items()}
    del known["root"], known["problems"], known["taken"]
    known["slots"] = {path: replace(slot, start=None) for path, slot in draft.slots.items()}
    known["parameters"] = {name: replace(parameter, value=None) for name, parameter in draft.parameters.items()}
    known["defined"] = draft.root.entries.get("define")
    return known
