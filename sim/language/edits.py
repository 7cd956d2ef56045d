"""What-ifs are edits on nodes: they take a scenario's tree and make another, before anything is read in it.

In: the root of a scenario, a what-if or `--set PATH=VALUE`. Out: edits; the edited tree; what is wrong with them.

All paths of one call address the tree as it is handed over, and all edits are made at once: numbers of items do not
shift under them, and their order means nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sim.errors import Place, Problem, ScenarioError, did_you_mean
from sim.language.malformed import unclean
from sim.language.nodes import Fields, Items, Node, Text, at, child, plain, position, short, stood
from sim.language.shapes_file import WhatIfShape
from sim.language.source import MAX_TEXT, NULL, parse_value

__all__ = ["Edit", "apply", "collect", "from_override"]

Kind = Literal["set", "add", "remove"]
Parts = tuple[str, ...]

_KEYS = WhatIfShape.keys()
_FIXED = ("scenario", "language", "what_if", "include")
_PLAIN_SECTIONS = ("period", "observed")
_ID_FIELDS = {"procedures": ("steps", "together", "case"), "decisions": ("options",), "events": ("fields",), "kinds": ("has",)}
"""The mappings inside things whose keys are ids: what is new there is added, not set."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One change to a scenario; `place` is where it is written."""

    kind: Kind
    path: str
    value: Node | None
    place: Place


def collect(what_if: Fields, all_what_ifs: Fields, root: Fields | None = None) -> tuple[list[Edit], list[Problem]]:
    """The edits of a what-if, those it combines first. One that is reached twice counts once.

    An edit that touches an earlier one is a problem and left out; with the `root` it is said what stood there.
    """
    problems: list[Problem] = []
    edits = [edit for one in _combined(what_if, all_what_ifs, problems) for edit in _own_edits(one, problems)]
    kept = _apart([(edit, tuple(edit.path.split("."))) for edit in edits], root, problems)
    return [edit for edit, _ in kept], problems


def _combined(what_if: Fields, every: Fields, problems: list[Problem]) -> list[Fields]:
    """A what-if with all it combines, innermost first."""
    name = next((name for name, node in every.entries.items() if node is what_if), "")
    done: list[Fields] = []
    seen = {name}
    way: list[tuple[str, Fields, Iterator[Text]]] = [(name, what_if, _texts(what_if, "combine", problems))]
    while way:
        _, here, rest = way[-1]
        wanted = next(rest, None)
        if wanted is None:
            done.append(here)
            way.pop()
            continue
        found = every.entries.get(wanted.text)
        open_names = [name for name, _, _ in way]
        if found is None:
            words = f"no what-if is called '{wanted.text}'{did_you_mean(wanted.text, every.entries)}"
            problems.append(Problem("E102", words, wanted.place, wanted.path))
        elif wanted.text in open_names:
            circle = " → ".join([*open_names[open_names.index(wanted.text) :], wanted.text])
            problems.append(Problem("E307", f"what-ifs combine one another in a circle: {circle}", wanted.place, wanted.path))
        elif not isinstance(found, Fields):
            problems.append(Problem("E104", f"the what-if '{wanted.text}' is no mapping", wanted.place, wanted.path))
        elif wanted.text not in seen:
            seen.add(wanted.text)
            way.append((wanted.text, found, _texts(found, "combine", problems)))
    return done


def _texts(what_if: Fields, key: str, problems: list[Problem]) -> Iterator[Text]:
    """The texts of a list in a what-if."""
    node = what_if.entries.get(key)
    if node is None:
        return
    if not isinstance(node, Items):
        wanted = "names of what-ifs" if key == "combine" else "paths"
        problems.append(Problem("E104", f"'{key}' takes a list of {wanted}: put [ ] around it", node.place, node.path))
        return
    for item in node.items:
        if isinstance(item, Text):
            yield item
        else:
            problems.append(Problem("E104", f"'{key}' takes texts; put quotes around one with a bracket or colon", item.place, item.path))


def _own_edits(what_if: Fields, problems: list[Problem]) -> Iterator[Edit]:
    """What a what-if itself removes, sets and adds."""
    for key, place in what_if.keys.items():
        if key not in _KEYS:
            hint = did_you_mean(key, _KEYS) or f"; keys here are {', '.join(_KEYS)}"
            if "." in key:
                hint = f": what is changed stands under set: {{set: {{{key}: …}}}}"
            problems.append(Problem("E101", f"no key is called '{key}' here{hint}", place, f"{what_if.path}.{key}"))
    for text in _texts(what_if, "remove", problems):
        yield Edit("remove", text.text, None, text.place)
    kinds: tuple[Kind, ...] = ("set", "add")
    for kind in kinds:
        node = what_if.entries.get(kind)
        if isinstance(node, Fields):
            for path, value in node.entries.items():
                yield Edit(kind, path, value, node.keys[path])
        elif node is not None:
            problems.append(Problem("E104", f"'{kind}' takes a mapping: write {{path: value}}", node.place, node.path))


def from_override(text: str, number: int) -> Edit:
    """`--set PATH=VALUE` of the command line, the `number`-th such option: an edit that stands in the file `--set`."""
    path, equals, written = text.partition("=")
    here = Place("--set", max(number, 1), 1, max(len(path), 1))
    if not equals or not path.strip():
        raise ScenarioError([Problem("E104", "an edit is written PATH=VALUE, like parameters.delay=3d", here)])
    value = written.strip()
    start = len(path) + 1 + len(written) - len(written.lstrip())
    if not value or value in NULL:
        words = "a value is missing after the equals sign: write PATH=VALUE"
        raise ScenarioError([Problem("E010", words, Place("--set", here.line, start + 1, max(len(value), 1)), path.strip())])
    # Standing where it stands on the command line, so that places come out right.
    padded = "\n" * (here.line - 1) + " " * start + value
    if value[0] in "[{'\"":
        node = parse_value(padded, "--set")
    else:
        problems = unclean(padded, "--set")
        place = Place("--set", here.line, start + 1, len(value))
        if len(value.encode("utf-8", "surrogatepass")) > MAX_TEXT:
            problems.append(Problem("E005", "this text is longer than 4 KiB: shorten it", place))
        if problems:
            raise ScenarioError(problems)
        node = Text(value, place, "", True)
    before = len(path) - len(path.lstrip())
    return Edit("set", path.strip(), node, Place("--set", here.line, before + 1, len(path.strip())))


def apply(root: Fields, edits: Sequence[Edit]) -> tuple[Fields, list[Problem]]:
    """The edited tree, which shares what no edit touches, and what is wrong; edits that are wrong are left out."""
    problems: list[Problem] = []
    added = {edit.path for edit in edits if edit.kind == "add"}
    aimed: list[tuple[Edit, Parts]] = []
    for edit in edits:
        found = _aim(root, edit, added)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            aimed.append((edit, found))
    changes: _Changes = {}
    for edit, parts in _apart(aimed, root, problems):
        *outer, last = _value_of_parameter(root, edit, parts)
        inner = changes
        for part in outer:
            deeper = inner.setdefault(part, {})
            if not isinstance(deeper, Edit):  # never one: edits that touch were left out
                inner = deeper
        inner[last] = edit
    edited = _edited(root, changes, "")
    return (edited if isinstance(edited, Fields) else root), problems


_Changes = dict[str, "Edit | _Changes"]


def _aim(root: Fields, edit: Edit, added: set[str]) -> Parts | Problem:
    """The parts of the path that an edit changes, ids of items as their numbers; or why it changes nothing."""
    parts = tuple(edit.path.split("."))
    if not all(parts):
        return _problem(root, edit, "E304", f"'{edit.path}' is no path: write names with single dots between them")
    fixed = _fixed(root, edit, parts)
    if fixed:
        return _problem(root, edit, "E310", fixed)
    taken: list[str] = []
    node: Node = root
    for index, part in enumerate(parts):
        found = child(node, part)
        if found is None:
            return _new(root, edit, node, parts, index, taken, added)
        taken.append(str(position(node, part)) if isinstance(node, Items) else part)
        node = found
    if edit.kind == "add":
        return _problem(root, edit, "E304", f"'{edit.path}' is there already: use set to change it")
    return tuple(taken)


def _value_of_parameter(root: Fields, edit: Edit, parts: Parts) -> Parts:
    """Setting a parameter sets its value, unless it is written in short form or a whole mapping is given."""
    if edit.kind != "set" or len(parts) != 2 or parts[0] != "parameters" or isinstance(edit.value, Fields):
        return parts
    return (*parts, "value") if isinstance(at(root, edit.path), Fields) else parts


def _new(root: Fields, edit: Edit, node: Node, parts: Parts, index: int, taken: list[str], added: set[str]) -> Parts | Problem:
    """The path of something that is not there: right for what is added and for an optional key, else an error."""
    part = parts[index]
    is_last = index == len(parts) - 1
    if is_last and edit.kind == "add" and isinstance(node, Fields):
        return (*taken, part)
    if is_last and edit.kind == "add" and isinstance(node, Items) and _appends(node, parts, added):
        return (*taken, part)
    named = root.entries.get("parameters")
    if not taken and isinstance(named, Fields) and part in named.entries:
        return _problem(root, edit, "E304", f"nothing is called '{part}' in the scenario; did you mean 'parameters.{part}'?", index)
    if is_last and edit.kind == "set" and isinstance(node, Fields) and not _holds_ids(tuple(taken)):
        return (*taken, part)
    short_form = not isinstance(node, Fields) and len(taken) == 2 and taken[0] == "parameters" and part == "value"
    if is_last and edit.kind == "set" and short_form:
        return tuple(taken)
    return _problem(root, edit, "E304", _missing(node, part, taken, edit, is_last), index)


def _appends(items: Items, parts: Parts, added: set[str]) -> bool:
    """Whether a number continues a list, alone or with others that are added with it."""
    name = parts[-1]
    if not (name.isascii() and name.isdigit() and len(name) < 6 and name == str(int(name))):
        return False
    before = ".".join(parts[:-1])
    return all(f"{before}.{number}" in added for number in range(len(items.items), int(name))) and int(name) >= len(items.items)


def _holds_ids(parts: Parts) -> bool:
    """Whether the keys of the mapping at a path are ids, so that a new one must be added and cannot be set."""
    if len(parts) == 1:
        return parts[0] not in _PLAIN_SECTIONS
    return len(parts) > 2 and parts[-1] in _ID_FIELDS.get(parts[0], ())


def _missing(node: Node, part: str, taken: list[str], edit: Edit, is_last: bool) -> str:
    """What to say of the first part of a path that is not there."""
    where = f"'{'.'.join(taken)}'" if taken else "the scenario"
    match node:
        case Fields(entries=entries):
            hint = did_you_mean(part, entries)
            together = entries.get("together")
            if isinstance(together, Fields) and part in together.entries:
                hint = f"; did you mean '{'.'.join([*taken, 'together', part])}'?"
            elif not hint and edit.kind == "set" and is_last:
                hint = "; use add for something new"
            elif not hint and edit.kind == "add" and not is_last:
                hint = f"; to put something into it, add '{'.'.join([*taken, part])}' as a whole"
            return f"nothing is called '{part}' in {where}{hint}"
        case Items(items=items):
            count = len(items)
            counted = "no items" if not count else "1 item, number 0" if count == 1 else f"{count} items, numbers 0 to {count - 1}"
            more = f"; to append one, add number {count}" if is_last and edit.kind != "remove" else ""
            return f"there is no '{part}' in {where}, which has {counted}{more}{did_you_mean(part, _ids(items))}"
        case Text(text=text):
            return f"there is no '{part}' in {where}, which is the text '{short(text)}'; set {where} as a whole"


def _ids(items: Iterable[Node]) -> list[str]:
    """The ids that items of a list carry."""
    own = [item.entries.get("id") for item in items if isinstance(item, Fields)]
    return [one.text for one in own if isinstance(one, Text)]


def _fixed(root: Fields, edit: Edit, parts: Parts) -> str:
    """Why an edit may not change what it changes; empty when it may."""
    if parts[0] in _FIXED:
        return f"'{parts[0]}' cannot be edited by a what-if: change the scenario itself"
    if parts[:2] == ("period", "timezone"):
        return "'period.timezone' cannot be edited by a what-if: all dates would move"
    if parts[0] == "actors" and parts[2:3] == ("part_of",):
        return "'part_of' cannot be edited by a what-if: organs do not change, membership (member_of) may"
    if parts[-1] == "id" and isinstance(at(root, ".".join(parts[:-2])), Items):
        return "the id of an item cannot be edited by a what-if: others refer to it"
    if edit.kind != "set":
        return ""
    inside = _fixed_inside(root, edit, parts)
    return f"'{inside}' cannot be edited by a what-if: leave it as it is in what you set" if inside else ""


def _fixed_inside(root: Fields, edit: Edit, parts: Parts) -> str:
    """The path of something fixed that differs in the new value of a whole section or actor; empty when none does."""
    old, new = at(root, edit.path), edit.value
    if old is None or new is None:
        return ""
    inner: Sequence[str] = ()
    if parts == ("period",):
        inner = ("timezone",)
    elif parts == ("actors",) and isinstance(old, Fields) and isinstance(new, Fields):
        inner = [f"{name}.part_of" for name in old.entries if name in new.entries]
    elif parts[0] == "actors" and len(parts) == 2:
        inner = ("part_of",)
    for path in inner:
        before, after = at(old, path), at(new, path)
        if (before and plain(before)) != (after and plain(after)):
            return f"{edit.path}.{path}"
    return ""


def _agree(one: Edit, other: Edit) -> bool:
    """Whether two edits of one thing say the same, as when what-ifs that are combined have something in common."""
    if one.kind != other.kind:
        return False
    return one.value is other.value or (one.value is not None and other.value is not None and plain(one.value) == plain(other.value))


def _apart(aimed: list[tuple[Edit, Parts]], root: Fields | None, problems: list[Problem]) -> list[tuple[Edit, Parts]]:
    """The edits that do not touch an earlier one; for each of the others a problem that names both."""
    taken: dict[Parts, Edit] = {}
    above: dict[Parts, Edit] = {}
    kept = []
    for edit, parts in aimed:
        if (same := taken.get(parts)) is not None and _agree(same, edit):
            continue
        prefixes = [parts[:length] for length in range(1, len(parts) + 1)]
        other = next((taken[prefix] for prefix in prefixes if prefix in taken), above.get(parts))
        if other is None:
            kept.append((edit, parts))
            taken[parts] = edit
            for prefix in prefixes:
                above.setdefault(prefix, edit)
            continue
        seen = f" in {other.place}" if other.place.file != edit.place.file else f" in line {other.place.line}"
        if other.path == edit.path:
            words = f"'{edit.path}' is edited twice: here and{seen}; keep one"
        else:
            words = f"'{edit.path}' and '{other.path}'{seen} touch one another: one holds the other; keep one"
        problems.append(_problem(root, edit, "E305", words))
    return kept


def _edited(node: Node, changes: _Changes, path: str) -> Node:
    """A node with the changes below it made; they stand where nodes stand, or continue a list."""
    if isinstance(node, Fields):
        entries, keys = dict(node.entries), dict(node.keys)
        for key, change in changes.items():
            if not isinstance(change, Edit):
                entries[key] = _edited(entries[key], change, _join(path, key))
            elif change.value is None:
                del entries[key], keys[key]
            else:
                entries[key] = _grafted(change.value, _join(path, key))
                keys.setdefault(key, change.place)
        return replace(node, entries=entries, keys=keys)
    if isinstance(node, Items):
        items: dict[int, Node] = dict(enumerate(node.items))
        for key, change in changes.items():
            number = int(key)
            if not isinstance(change, Edit):
                items[number] = _edited(items[number], change, _join(path, key))
            elif change.value is None:
                del items[number]
            else:
                items[number] = change.value
        # What follows a removed item moves up, and its path with it: paths say where a thing stands now.
        numbered = enumerate(items[old] for old in sorted(items))
        return replace(node, items=tuple(_grafted(item, _join(path, str(new))) for new, item in numbered))
    return node


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _grafted(node: Node, path: str) -> Node:
    """A node with its new path; its place stays where it is written."""
    if node.path == path:
        return node
    match node:
        case Text():
            return replace(node, path=path)
        case Items(items=items):
            return replace(node, path=path, items=tuple(_grafted(item, _join(path, str(number))) for number, item in enumerate(items)))
        case Fields(entries=entries):
            return replace(node, path=path, entries={key: _grafted(value, _join(path, key)) for key, value in entries.items()})


def _problem(root: Fields | None, edit: Edit, code: str, words: str, part: int | None = None) -> Problem:
    """A problem of an edit, at the part of its path that is meant, with what stood at a number in it."""
    before = stood(root, edit.path) if root is not None else ""
    place = edit.place
    if part is not None:
        parts = edit.path.split(".")
        # A quoted path begins behind its quote; one with escapes is shown as a whole.
        quote = (place.length - len(edit.path)) // 2
        if place.length in (len(edit.path), len(edit.path) + 2):
            column = place.column + quote + sum(len(one) + 1 for one in parts[:part])
            place = replace(place, column=column, length=len(parts[part]))
    return Problem(code, f"{words} ({before})" if before else words, place, edit.path)
