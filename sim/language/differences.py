"""Two scenarios as they are written: which edits make the second of the first.

In: two roots of nodes. Out: `Difference`s by path, in the order of the first scenario. What says nothing of how things go is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sim.errors import Place
from sim.language.nodes import Fields, Items, Node, Text, plain

__all__ = ["Difference", "differences"]

_SAYS_NOTHING = ("language", "title", "about", "what_if", "expect", "observed", "intended", "include")


@dataclass(frozen=True, slots=True)
class Difference:
    """What was done to a path: what stood there and stands there now, and where the latter is written (or the former was)."""

    kind: Literal["set", "add", "remove"]
    path: str
    before: Node | None
    after: Node | None
    place: Place


def differences(before: Fields, after: Fields) -> list[Difference]:
    """What differs between two scenarios, as far in as it can be told."""
    return [one for key in _both(before, after) if key not in _SAYS_NOTHING for one in _of_key(key, key, before, after)]


def _both(before: Fields, after: Fields) -> dict[str, None]:
    return dict.fromkeys([*before.entries, *after.entries])


def _of_key(key: str, path: str, before: Fields, after: Fields) -> Iterator[Difference]:
    """What differs under one key of two mappings."""
    old, new = before.entries.get(key), after.entries.get(key)
    if old is None and new is not None:
        yield from _whole("add", path, new, after.keys[key])
    elif new is None and old is not None:
        yield from _whole("remove", path, old, before.keys[key])
    elif old is not None and new is not None:
        yield from _within(path, old, new)


def _whole(kind: Literal["add", "remove"], path: str, node: Node, place: Place) -> Iterator[Difference]:
    """Something that stands on one side alone; of a whole section each thing in it."""
    if "." not in path and isinstance(node, Fields):
        for key, inner in node.entries.items():
            yield from _whole(kind, f"{path}.{key}", inner, node.keys[key])
        return
    yield Difference(kind, path, node if kind == "remove" else None, node if kind == "add" else None, place)


def _within(path: str, old: Node, new: Node) -> Iterator[Difference]:
    """What differs between two nodes of one path."""
    if isinstance(old, Fields) and isinstance(new, Fields):
        for key in _both(old, new):
            yield from _of_key(key, f"{path}.{key}", old, new)
    elif isinstance(old, Items) and isinstance(new, Items) and len(old.items) == len(new.items):
        for number, (one, other) in enumerate(zip(old.items, new.items, strict=True)):
            yield from _within(f"{path}.{_named(one, other) or number}", one, other)
    elif plain(old) != plain(new):
        yield Difference("set", path, old, new, new.place)


def _named(one: Node, other: Node) -> str:
    """The id that two items of a list share."""
    ids = [node.entries.get("id") if isinstance(node, Fields) else None for node in (one, other)]
    first, second = (node.text if isinstance(node, Text) else "" for node in ids)
    return first if first == second else ""
