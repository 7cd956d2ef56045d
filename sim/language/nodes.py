"""What a scenario file is read into: texts, lists and mappings that know where they stand; and ways to walk them.

In: nodes and places. Out: the node at a path, its place, its plain value, and a frame of the source around a place.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from sim.errors import Place, escaped
from sim.language.scalars import Run

__all__ = ["Fields", "Items", "Node", "Text", "at", "child", "flow", "frame", "nearest_place", "plain", "position", "short", "stood"]

_FRAME_WIDTH = 120


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar: always text, typed later by the schema. `plain` means written without quotes and not as a block."""

    text: str
    place: Place
    path: str
    plain: bool
    offsets: tuple[Run, ...] = ()

    def place_at(self, offset: int, length: int = 1) -> Place:
        """Where the character at `offset` of the text stands in the file."""
        offset = max(0, min(offset, len(self.text)))
        if not self.offsets:
            return Place(self.place.file, self.place.line, self.place.column + offset, length)
        start, line, column = self.offsets[max(bisect_right(self.offsets, offset, key=lambda run: run[0]) - 1, 0)]
        return Place(self.place.file, line, column + offset - start, length)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[Node, ...]
    place: Place
    path: str


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping; `keys` are the places where its keys are written."""

    entries: dict[str, Node]
    keys: dict[str, Place]
    place: Place
    path: str


Node = Text | Items | Fields


def position(items: Items, name: str) -> int | None:
    """Which item of a list a path means: by its number from 0, or by the `id` it carries."""
    if name.isascii() and name.isdigit() and len(name) < 9 and name == str(int(name)):
        return int(name) if int(name) < len(items.items) else None
    for number, item in enumerate(items.items):
        own = item.entries.get("id") if isinstance(item, Fields) else None
        if isinstance(own, Text) and own.text == name:
            return number
    return None


def child(node: Node, name: str) -> Node | None:
    """What stands directly inside a node under a key, a number or an id."""
    if isinstance(node, Fields):
        return node.entries.get(name)
    if isinstance(node, Items):
        number = position(node, name)
        return None if number is None else node.items[number]
    return None


def at(node: Node, path: str) -> Node | None:
    """The node at a dotted path; a key may have dots of its own (as those of a what-if's `set`)."""
    parts = path.split(".") if path else []
    start = 0
    while start < len(parts):
        found, end = child(node, parts[start]), start + 1
        if isinstance(node, Fields):
            while found is None and end < len(parts):
                end += 1
                found = node.entries.get(".".join(parts[start:end]))
        if found is None:
            return None
        node, start = found, end
    return node


def plain(node: Node) -> object:
    """The node as dict, list or str, without places: what is hashed."""
    match node:
        case Text(text=text):
            return text
        case Items(items=items):
            return [plain(item) for item in items]
        case Fields(entries=entries):
            return {key: plain(value) for key, value in entries.items()}


def nearest_place(root: Node, path: tuple[str | int, ...], want_key: bool = False) -> Place:
    """The place of the innermost part of a path that is written; with `want_key`, that of its key.

    Parts that stand in no file are passed over: a validator also names the alternatives it tried.
    """
    node, key_place = root, root.place
    for part in path:
        if isinstance(node, Items):
            if isinstance(part, int) and 0 <= part < len(node.items):
                node = node.items[part]
                key_place = node.place
        elif isinstance(node, Fields) and str(part) in node.entries:
            key_place = node.keys[str(part)]
            node = node.entries[str(part)]
    return key_place if want_key else node.place


def stood(root: Fields, path: str) -> str:
    """What stood at the innermost number of a path: `then.2 = enact export_licence.council`; empty where there is none."""
    node: Node = root
    found = ""
    parts = path.split(".")
    for index, part in enumerate(parts):
        inner = child(node, part)
        if inner is None:
            break
        if isinstance(node, Items):
            found = f"{parts[index - 1]}.{part} = {short(' '.join(_first_words(inner)))}"
        node = inner
    return found


def _first_words(node: Node) -> Iterator[str]:
    """What one calls a thing by: its first key and that key's value."""
    while isinstance(node, Fields) and node.entries:
        key, node = next(iter(node.entries.items()))
        yield key
    match node:
        case Text(text=text):
            yield text
        case Items():
            yield "[...]"
        case Fields():
            yield "{}"


def short(text: str) -> str:
    """A text as a message shows it, cut where it is long."""
    return text if len(text) <= 40 else text[:39] + "…"


def frame(place: Place, text: str) -> str:
    """The line of a place with its number, one line above it, and carets below the place."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not 1 <= place.line <= len(lines):
        return ""
    line = lines[place.line - 1]
    start = min(max(place.column, 1), len(line) + 1) - 1
    end = min(start + max(place.length, 1), max(len(line), start + 1))
    cut = max(0, start - _FRAME_WIDTH // 2) if len(line) > _FRAME_WIDTH else 0
    end = min(end, cut + _FRAME_WIDTH)
    margin = len(str(place.line))
    shown = [f"{' ' * margin} |"]
    if place.line > 1:
        shown.append(_numbered(place.line - 1, margin, lines[place.line - 2], 0))
    shown.append(_numbered(place.line, margin, line, cut))
    indent = _width(line[cut:start]) + (1 if cut else 0)
    shown.append(f"{' ' * margin} | {' ' * indent}{'^' * max(_width(line[start:end]), 1)}")
    return "\n".join(shown)


def _numbered(number: int, margin: int, line: str, cut: int) -> str:
    """One line of a frame, clipped to what a terminal can show beside its number."""
    before, after = "…" if cut else "", "…" if len(line) > cut + _FRAME_WIDTH else ""
    return f"{number:>{margin}} | {before}{escaped(line[cut : cut + _FRAME_WIDTH])}{after}".rstrip()


def _width(text: str) -> int:
    """The columns a text takes on a terminal."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in ("W", "F") else 1 for letter in escaped(text)
    )


def flow(node: Node) -> str:
    """A value on one line, as written."""
    match node:
        case Text(text=text):
            return text
        case Items(items=items):
            return f"[{', '.join(map(flow, items))}]"
        case Fields(entries=entries):
            return f"{{{', '.join(f'{key}: {flow(value)}' for key, value in entries.items())}}}"
