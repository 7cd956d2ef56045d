"""Edits in words: what a what-if and the command line changed, and what stood there before.

In: the root of a scenario, a what-if and `--set` texts. Out: `Change`s, and lines that tell them.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.cli.documents import marked
from sim.cli.terminal import Screen, columns
from sim.errors import escaped
from sim.language.nodes import Fields, Node, at, plain

if TYPE_CHECKING:
    from sim.analysis.compare import Pair
    from sim.cli.pool import Variant
    from sim.language.differences import Difference
    from sim.language.edits import Edit

__all__ = [
    "Change",
    "changed_lines",
    "changes_behind",
    "changes_between",
    "changes_of",
    "edits_of",
    "in_short",
    "made_by",
    "markdown_edits",
]

LONGEST_VALUE = 60
_NO_WORLD = ("period", "what_if", "measures", "expect", "sources", "intended")
"""Sections that bring nothing about."""


@dataclass(frozen=True)
class Change:
    """One edit as it is shown: what is done to which path, what stood there and stands there now, and where it is written."""

    kind: str
    path: str
    before: str | None
    after: str | None
    place: str


def changes_of(
    root: Fields, what_if: str | None, overrides: Sequence[str], against: str | None = None, common: Sequence[str] = ()
) -> list[Change]:
    """What is edited in a what-if and by the command line, each with what stood there before.

    Where it is set `against` another what-if, only what that one does not edit alike; and its own edits, taken back. Edits of the command
    line that are `common` to both are no difference.
    """
    own = {edit.path: edit for edit in edits_of(root, what_if, overrides)}
    other = {edit.path: edit for edit in edits_of(root, against, common)}
    changes = []
    for path, edit in own.items():
        theirs = other.get(path)
        if theirs is None:
            changes.append(_change(edit.kind, edit, _stood(root, edit), edit.value))
        elif (theirs.value and plain(theirs.value)) != (edit.value and plain(edit.value)):
            changes.append(_change(edit.kind, edit, theirs.value, edit.value))
    back = {"set": "set", "add": "remove", "remove": "add"}
    changes += [_change(back[edit.kind], edit, edit.value, _stood(root, edit)) for path, edit in other.items() if path not in own]
    return changes


def changes_between(root: Fields, reference: Variant, variant: Variant) -> list[Change]:
    """What makes one variant of a scenario of another: the edits of its what-if, and those of the command line that it alone has."""
    changes = changes_of(root, variant.what_if, variant.overrides, reference.what_if, reference.overrides)
    return [replace(one, place="--change") if one.place == "--set" else one for one in changes]


def changes_behind(before: Fields | None, after: Fields | None, started: Mapping[str, tuple[Any, Any]]) -> list[Change]:
    """What makes one scenario of another, both as they are written, their own edits made.

    Where one of them cannot be read, what was edited cannot be known; what the runs began with can.
    """
    from sim.language.differences import differences

    if before is None or after is None:
        return [Change("start", escaped(path), _begun(old), _begun(new), "") for path, (old, new) in started.items()]
    changes = [_change(one.kind, one, one.before, one.after) for one in differences(before, after)]
    return [replace(one, path=re.sub(r"^(parameters\.\w+)\.value$", r"\1", one.path)) for one in changes]


def _begun(value: object) -> str:
    """A value that a run began with, as YAML has it."""
    return str(value).lower() if value is None or isinstance(value, bool) else escaped(str(value))


def edits_of(root: Fields, what_if: str | None, overrides: Sequence[str]) -> list[Edit]:
    """The edits of a what-if and of the command line; of two at one path the latter counts."""
    from sim.language import edits

    listed: list[Edit] = []
    section = root.entries.get("what_if")
    if what_if is not None and isinstance(section, Fields):
        own = section.entries[what_if]
        listed = edits.collect(own, section, root)[0] if isinstance(own, Fields) else []
    return listed + [edits.from_override(text, number) for number, text in enumerate(overrides, 1)]


def _stood(root: Fields, edit: Edit) -> Node | None:
    """What stands in the scenario where an edit is made; of a parameter that is set, its value."""
    stood = at(root, edit.path)
    if edit.kind == "set" and isinstance(stood, Fields) and not isinstance(edit.value, Fields):
        return stood.entries.get("value", stood)
    return stood


def _change(kind: str, edit: Edit | Difference, before: Node | None, after: Node | None) -> Change:
    """An edit as it is shown."""
    place = edit.place.file if edit.place.file == "--set" else f"{Path(edit.place.file).name}:{edit.place.line}"
    shown = [_flow(node) if node is not None else None for node in (before, after)]
    return Change(kind, escaped(edit.path), shown[0], shown[1], escaped(place))


# ---- which edit made a difference


def made_by(pair: Pair, changes: Sequence[Change], roots: Sequence[Fields | None]) -> list[Change]:
    """The edits behind a pair whose parents agree: the only one there is, or those nearest to it by what is written.

    Nearest are edits of the provision that made it, of a norm that judged it, or of a value that its guard read and that
    differs; then of what else is read or stands in the same thing; then of what these name, and so on.
    """
    if len(changes) < 2:
        return list(changes)
    entries = [entry for entry in (pair.before, pair.after) if entry is not None]
    provisions = {entry.rule for entry in entries if entry.rule} | {f"norms.{norm}" for entry in entries for norm in entry.norms}
    differing = _words(field.partition(".")[2] for field in pair.fields if field.startswith("because."))
    near = [one for one in changes if _id(one) in differing or any(_touches(one.path, path) for path in provisions)]
    if near:
        return near
    seen = {_id_of(path) for path in provisions} | _words(name for entry in entries for name in entry.because)
    while not (near := [one for one in changes if _id(one) in seen]):
        wider = seen | _words(_texts(root, seen) for root in roots if root is not None)
        if wider == seen:
            return []
        seen = wider
    return near


def _touches(path: str, other: str) -> bool:
    """Whether one of two paths leads to the other, or on from it."""
    return path == other or path.startswith(f"{other}.") or other.startswith(f"{path}.")


def _id_of(path: str) -> str:
    """The id of the thing that a path leads into: `rules.halt.after` is of `halt`."""
    return [*path.split("."), ""][1]


def _id(change: Change) -> str:
    return _id_of(change.path)


def _words(texts: Iterable[str]) -> set[str]:
    """The words that may be ids."""
    return {word for text in texts for word in re.findall(r"[a-z][a-z0-9_]*", text)}


def _texts(root: Fields, ids: set[str]) -> str:
    """All that stands in the things of these ids."""
    sections = (section for name, section in root.entries.items() if isinstance(section, Fields) and name not in _NO_WORLD)
    return " ".join(str(plain(node)) for section in sections for name, node in section.entries.items() if name in ids)


# ---- in words


def changed_lines(changes: Sequence[Change], screen: Screen, most: int = 12) -> Iterator[str]:
    """What was edited, a line each: path, old and new value, place."""
    for change in changes[:most]:
        value = " → ".join(part for part in (change.before, change.after) if part is not None)
        *above, last = textwrap.wrap(
            f"{change.kind} {change.path}: {value}", screen.width - 2, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
        )
        beside = columns(last) + 3 + columns(change.place) <= screen.width
        place = screen.styled(change.place, "dim")
        yield from above
        yield f"{last}   {place}".rstrip() if beside else last
        if not beside:
            yield f"    {place}"
    if len(changes) > most:
        yield f"  … and {len(changes) - most} more edits"


def markdown_edits(changes: Sequence[Change]) -> Iterator[str]:
    """What was edited, as a list in Markdown."""
    for change in changes:
        value = " → ".join(f"`{part}`" for part in (change.before, change.after) if part is not None)
        yield f"- {change.kind} `{change.path}`: {value}" + (f" ({marked(change.place)})" if change.place else "")


def in_short(changes: Sequence[Change], width: int) -> str:
    """What was edited in one line, cut where it is long."""
    told = ", ".join(f"{one.kind} {one.path}" + (f" → {one.after}" if one.kind == "set" else "") for one in changes) or "nothing is edited"
    return told if len(told) <= width else told[: width - 1] + "…"


def _flow(node: Node) -> str:
    """A node on one line, as YAML may be written, cut where it is long."""

    def written(value: object) -> str:
        match value:
            case dict():
                return "{" + ", ".join(f"{key}: {written(inner)}" for key, inner in value.items()) + "}"
            case list():
                return "[" + ", ".join(written(inner) for inner in value) + "]"
            case _:
                return str(value)

    text = escaped(written(plain(node)))
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"
