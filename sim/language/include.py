"""A scenario in several files: the parts that `include` names become one tree with the file that names them.

In: the root of a scenario's file, its faults so far, and a reader of parts. Out: `Whole`: one root, the faults of all files,
the texts of the parts.

A part lies in the scenario's folder or below, holds sections and nothing else, and includes nothing: so there are no circles, and
one list says what belongs to a scenario. Sections are put together key by key, and a key stands in one file alone: nothing is
overridden. The root has no `include` left, so that it is the tree of the same scenario in one file: its paths, digest and luck.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sim.errors import Place, Problem, ScenarioError, did_you_mean
from sim.language.files import text_of
from sim.language.nodes import Fields, Items, Node, Text
from sim.language.part_names import EXAMPLE, misnamed
from sim.language.shapes_file import HEAD, SECTIONS
from sim.language.source import MAX_BYTES, MAX_NODES, parse_on

__all__ = ["MOST_PARTS", "Reader", "Whole", "among", "below", "gather"]

MOST_PARTS = 64
Reader = Callable[[str], tuple[str, str]]
"""From the name of a part to its text, and to the name of its file in messages. Raises `ScenarioError`."""


@dataclass(frozen=True)
class Whole:
    """A scenario with all its parts: one root, the faults behind which reading went on, and the text of each part by its name."""

    root: Fields
    faults: list[Problem]
    parts: dict[str, str]


def gather(root: Fields, faults: list[Problem], read: Reader) -> Whole:
    """The scenario and its parts as one; raises `ScenarioError` where a part cannot be had, with all that is wrong with any."""
    if "include" not in root.entries:
        _refuse_lone_part(root, faults)
        return Whole(root, faults, {})
    problems, refused = list(faults), list[Problem]()
    own = [key for key in root.entries if key != "include"]
    whole = replace(root, entries={key: root.entries[key] for key in own}, keys={key: root.keys[key] for key in own})
    texts: dict[str, str] = {}
    for name in _names(root.entries["include"], refused):
        try:
            text, file = _read(name, read)
            part, more = parse_on(text, file)
        except ScenarioError as refusal:
            refused += [_of_a_part(problem) for problem in refusal.problems]
            continue
        texts[name.text] = text
        problems += more
        whole = _merged(whole, part, problems)
    refused += _too_large(root, whole, texts)
    if refused:
        raise ScenarioError([*problems, *refused])
    return Whole(whole, problems, texts)


def below(scenario: Path) -> Reader:
    """Reads parts from the disk: ordinary files in the folder of a scenario's file, or below it."""
    folder = scenario.parent

    def read(name: str) -> tuple[str, str]:
        path = folder / name
        try:
            leads_out = not path.resolve().is_relative_to(folder.resolve())
            is_itself = scenario.exists() and path.exists() and path.samefile(scenario)
        except (OSError, RuntimeError):  # links in a circle: reading says so
            leads_out = is_itself = False
        if leads_out:
            raise _refusal(f"'{name}' is a link that leads out of the scenario's folder: put the file itself there")
        if is_itself:
            raise _refusal("a scenario does not include itself: name its other files")
        return text_of(path), str(path)

    return read


def among(texts: Mapping[str, str]) -> Reader:
    """Reads parts from the texts that a stored result keeps."""

    def read(name: str) -> tuple[str, str]:
        if name not in texts:
            raise _refusal(f"'{name}': the result keeps no such file")
        return texts[name], name

    return read


# ---- the list


def _names(node: Node, problems: list[Problem]) -> Iterator[Text]:
    """The names of parts that may be read."""
    items = node.items if isinstance(node, Items) else (node,)
    if len(items) > MOST_PARTS:
        problems.append(Problem("E013", f"a scenario has at most {MOST_PARTS} parts, not {len(items)}: join some", node.place, node.path))
        return
    seen: dict[str, Text] = {}
    for item in items:
        if not isinstance(item, Text):
            problems.append(Problem("E104", f"'include' takes names of files: {EXAMPLE}", item.place, item.path))
        elif wrong := misnamed(item.text):
            problems.append(Problem("E013", wrong, item.place, item.path))
        elif seen.setdefault(item.text, item) is not item:
            words = f"'{item.text}' is named twice: here and in line {seen[item.text].place.line}; keep one"
            problems.append(Problem("E013", words, item.place, item.path))
        else:
            yield item


def _read(name: Text, read: Reader) -> tuple[str, str]:
    """The text of a part and its file; what hinders that stands where the part is named."""
    try:
        text, file = read(name.text)
    except ScenarioError as refusal:
        raise ScenarioError(
            replace(problem, text=_of_name(problem, name.text), place=name.place, path=name.path)
            if problem.code in ("E001", "E013")
            else problem
            for problem in refusal.problems
        ) from None
    return text, file


def _of_name(problem: Problem, name: str) -> str:
    return problem.text if problem.code == "E013" else f"'{name}': {problem.text}"


def _refusal(text: str) -> ScenarioError:
    return ScenarioError([Problem("E013", text, Place("", 1, 1))])


def _of_a_part(problem: Problem) -> Problem:
    """What a part is told that holds no mapping is said of parts, not of scenarios."""
    if problem.code != "E011":
        return problem
    return replace(problem, text="a part is one mapping of sections: write lines like `actors: {president: {}}`")


# ---- putting together


def _merged(whole: Fields, part: Fields, problems: list[Problem]) -> Fields:
    """The tree with the sections of a part; what cannot be put together is told and left out."""
    entries, keys = dict(whole.entries), dict(whole.keys)
    for key, node in part.entries.items():
        place = part.keys[key]
        if key in HEAD:
            inner = "a part includes no others: name them in the scenario's own file"
            words = inner if key == "include" else f"'{key}' stands in the scenario's own file, not in a part"
            problems.append(Problem("E013", words, place, key))
        elif key not in SECTIONS:
            parts = [section for section in SECTIONS if section not in HEAD]
            hint = did_you_mean(key, parts) or f"; sections of a part are {', '.join(parts)}"
            problems.append(Problem("E101", f"no section is called '{key}'{hint}", place, key))
        elif key not in entries:
            entries[key], keys[key] = node, place
        else:
            entries[key] = _joined(entries[key], node, key, problems)
    return replace(whole, entries=entries, keys=keys)


def _joined(one: Node, other: Node, section: str, problems: list[Problem]) -> Node:
    """One section from two files: mappings key by key, lists one after the other."""
    if isinstance(one, Items) and isinstance(other, Items):
        begin = len(one.items)
        moved = (_moved(item, f"{section}.{number}") for number, item in enumerate(other.items, begin))
        return replace(one, items=(*one.items, *moved))
    if isinstance(one, Fields) and isinstance(other, Fields):
        for key in other.entries:
            if key in one.entries:
                words = f"'{key}' is written twice: here and in {one.keys[key]}; keep one"
                problems.append(Problem("E009", words, other.keys[key], f"{section}.{key}"))
        new = [key for key in other.entries if key not in one.entries]
        entries = {**one.entries, **{key: other.entries[key] for key in new}}
        return replace(one, entries=entries, keys={**one.keys, **{key: other.keys[key] for key in new}})
    odd, first = (other, one) if isinstance(one, Fields | Items) else (one, other)
    words = f"'{section}' is {_kind(odd)} here and {_kind(first)} in {first.place}: write it alike in all files"
    problems.append(Problem("E104", words, odd.place, section))
    return one if odd is other else other


def _kind(node: Node) -> str:
    return "a mapping" if isinstance(node, Fields) else "a list" if isinstance(node, Items) else "one value"


def _moved(node: Node, path: str) -> Node:
    """A node under another path."""
    match node:
        case Text():
            return replace(node, path=path)
        case Items(items=items):
            return replace(node, path=path, items=tuple(_moved(item, f"{path}.{number}") for number, item in enumerate(items)))
        case Fields(entries=entries):
            return replace(node, path=path, entries={key: _moved(inner, f"{path}.{key}") for key, inner in entries.items()})


def _too_large(root: Fields, whole: Fields, texts: Mapping[str, str]) -> Iterator[Problem]:
    """Several files hold together no more than one may; the scenario's own is read within these bounds already."""
    place = root.keys["include"]
    if sum(len(text.encode("utf-8", "replace")) for text in texts.values()) > MAX_BYTES:
        yield Problem("E005", "the parts are together larger than 1 MiB: shorten them", place, "include")
    elif _count(whole) > MAX_NODES:
        yield Problem("E005", f"the scenario and its parts hold more than {MAX_NODES:,} values: shorten them", place, "include")


def _count(node: Node) -> int:
    """How many values there are, keys among them, as reading counts them."""
    match node:
        case Text():
            return 1
        case Items(items=items):
            return 1 + sum(map(_count, items))
        case Fields(entries=entries):
            return 1 + len(entries) + sum(map(_count, entries.values()))


def _refuse_lone_part(root: Fields, faults: list[Problem]) -> None:
    """A file that holds only what a part may hold is not checked further: every name would be unknown."""
    names = set(root.entries)
    if names and names <= set(SECTIONS) - set(HEAD):
        words = "'scenario' and 'period' are missing: write them first; if this file is a part, check the scenario that includes it"
        raise ScenarioError([*faults, Problem("E103", words, root.place)])
