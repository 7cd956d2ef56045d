"""The text of a scenario becomes nodes: texts, lists and mappings that know where they are written.

In: a text, and the name of its file. Out: `Fields`, the root mapping; or a `ScenarioError` with all that is wrong with it as YAML.

The only module that knows the YAML library. It takes the parser's *events* and builds the nodes itself, without
recursion and counting depth and number: composing by the library would crash on 60 kB of brackets. All scalars stay
text, since YAML's own reading (`NO` is false, `010` is eight) is never what the author means.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sim.errors import Place, Problem, ScenarioError
from sim.language.files import MAX_BYTES
from sim.language.malformed import UNCLEAN, Spot, reworded, tabs, unclean, unclean_words, without_directives
from sim.language.nodes import Fields, Items, Node, Text, at, child, frame, nearest_place, plain, position, stood
from sim.language.scalars import runs
from sim.language.slips import cut_number

if TYPE_CHECKING:
    from yaml import Event

__all__ = [
    "MAX_BYTES",
    "MAX_TEXT",
    "NULL",
    "Fields",
    "Items",
    "Node",
    "Text",
    "at",
    "child",
    "frame",
    "nearest_place",
    "parse",
    "parse_on",
    "parse_value",
    "parser_name",
    "plain",
    "position",
    "stood",
]

MAX_DEPTH = 64
MAX_NODES = 100_000
MAX_TEXT = 4096
MAX_ITEMS = 10_000
_ENOUGH = 100
NULL = frozenset({"~", "null", "Null", "NULL"})


def parse(text: str, file: str) -> Fields:
    """The root mapping of a scenario's text; raises `ScenarioError` with every problem that can be told."""
    root, faults = parse_on(text, file)
    if faults:
        raise ScenarioError(faults)
    return root


def parse_on(text: str, file: str) -> tuple[Fields, list[Problem]]:
    """The root mapping, and the faults behind which one can read on: a key twice (the first counts), a key without a value."""
    node, faults = _parsed(text, file)
    if isinstance(node, Fields):
        return node, faults
    words = "a scenario is a mapping: write lines like `scenario: name`"
    if isinstance(node, Text) and node.plain and re.match(r"\w+:\S", node.text):
        words = "a scenario is a mapping: write a space after the colon, `key: value`"
    raise ScenarioError([Problem("E011", words, node.place)])


def parse_value(text: str, file: str) -> Node:
    """Any one YAML value: what `--set PATH=VALUE` hands over, too."""
    node, faults = _parsed(text, file)
    if faults:
        raise ScenarioError(faults)
    return node


def _parsed(text: str, file: str) -> tuple[Node, list[Problem]]:
    """Any one YAML value, and the faults that do not hinder reading."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise ScenarioError([Problem("E005", "the file is larger than 1 MiB: shorten it", Place(file, 1, 1))])
    problems = unclean(text, file) or tabs(text, file)
    if problems:
        raise ScenarioError(problems)
    text, problems = without_directives(text, file)
    builder = _Builder(file, text.split("\n"), problems)
    for event in _events(text, builder):
        if not builder.take(event):
            break
    if not builder.documents and not problems:
        problems.append(Problem("E011", "the file is empty: begin with `scenario: name`", Place(file, 1, 1)))
    if builder.root is None or any(problem.code not in ("E009", "E010") for problem in problems):
        raise ScenarioError(problems)
    return builder.root, problems


def _events(text: str, builder: _Builder) -> Iterator[Event]:
    """The parser's events; what it cannot read becomes one problem and ends the reading."""
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        yield from yaml.parse(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        if (deep := _too_deep(error, loader, builder.lines)) is not None:
            builder.too_deep(deep)
            return
        # The library allows a complaint without a mark; none has been seen.
        (row, column), opened = (
            (mark.line, mark.column) if mark is not None else (0, 0)
            for mark in (error.problem_mark, error.context_mark or error.problem_mark)
        )
        if row >= len(builder.lines):  # the two parsers put the end of a file without a last line break in different lines
            row, column = len(builder.lines) - 1, len(builder.lines[-1])
        complaint = f"{(error.problem or '').partition(', but ')[0]} {error.context or ''}"
        builder.problems.append(reworded(Spot(complaint, builder.lines, row, column, *opened), builder.file))
    except ValueError:
        # The pure Python parser meets a character that is none (`"\U00110000"`) with a bare ValueError, without a place.
        found = re.search(r"\\U(?!000|0010)", text)
        start = found.start() if found else 0
        row, column = text.count("\n", 0, start), start - text.rfind("\n", 0, start) - 1
        builder.problems.append(reworded(Spot("Unicode escape", builder.lines, row, column, row, column), builder.file))


def parser_name() -> str:
    """Which of the YAML library's two parsers reads here."""
    import yaml

    return "libyaml" if hasattr(yaml, "CSafeLoader") else "pure Python"


def _too_deep(error: Any, loader: Any, lines: list[str]) -> Event | None:
    """The event that begins one level too many before the place of a complaint.

    A scanner reads ahead of its events, up to a line: what it complains of there, a limit of its own on nesting among
    it, would else be told in the place of what comes first. So the text before the token that it could not read is read again.
    """
    import yaml

    marks = [mark for mark in (error.context_mark, error.problem_mark) if mark is not None]
    if not isinstance(error, yaml.scanner.ScannerError) or not marks:
        return None
    row, column = min((mark.line, mark.column) for mark in marks)
    depth = 0
    try:
        for event in yaml.parse("\n".join([*lines[:row], *(line[:column] for line in lines[row : row + 1])]), Loader=loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                return event
    except yaml.MarkedYAMLError:
        pass  # the brackets are not closed, of course
    return None


class _Open:
    """A list or mapping that is being read."""

    __slots__ = ("count", "entries", "flow", "is_list", "items", "key", "key_place", "keys", "path", "place", "refused", "wants_key")

    def __init__(self, is_list: bool, flow: bool, place: Place, path: str) -> None:
        self.is_list = is_list
        self.flow = flow
        self.place = place
        self.path = path
        self.items: list[Node] = []
        self.count = 0
        self.entries: dict[str, Node] = {}
        self.keys: dict[str, Place] = {}
        self.wants_key = not is_list
        self.key = ""
        self.key_place = place
        self.refused = False

    def inner_path(self) -> str:
        """The path of what is written next."""
        name = str(self.count) if self.is_list else self.key
        return self.path if self.wants_key or not name else f"{self.path}.{name}" if self.path else name


class _Builder:
    """Makes nodes of events; collects what is wrong."""

    def __init__(self, file: str, lines: list[str], problems: list[Problem]) -> None:
        self.file = file
        self.lines = lines
        self.problems = problems
        self.stack: list[_Open] = []
        self.root: Node | None = None
        self.nodes = 0
        self.documents = 0

    def take(self, event: Event) -> bool:
        """One event; False when reading on makes no sense."""
        match type(event).__name__:
            case "ScalarEvent":
                self._count_and_judge(event)
                self._scalar(event)
            case "MappingStartEvent" | "SequenceStartEvent":
                self._count_and_judge(event)
                self._begin(event)
            case "MappingEndEvent" | "SequenceEndEvent":
                self._end()
            case "AliasEvent":
                words = "aliases are not part of the language: write the value itself, or put quotes around a text that begins with *"
                self._problem("E006", words, self._property_place(event, "*"))
                self.nodes += 1
                self._deliver(None, self._place(event))
            case "DocumentStartEvent":
                return self._document(event)
        if self.nodes > MAX_NODES:
            return self._stop("E005", f"more than {MAX_NODES:,} values: shorten the scenario", event)
        if len(self.stack) > MAX_DEPTH:
            return self.too_deep(event)
        return len(self.problems) < _ENOUGH

    def too_deep(self, event: Event) -> bool:
        """End the reading at the event that begins one level too many."""
        return self._stop("E004", f"nesting deeper than {MAX_DEPTH}: flatten it", event)

    def _document(self, event: Event) -> bool:
        self.documents += 1
        if self.documents > 1:
            return self._stop("E011", "a scenario is one document: remove the second one, from the line --- on", event)
        return True

    def _count_and_judge(self, event: Any) -> None:
        """Count a value; refuse its anchor and its tag."""
        self.nodes += 1
        if event.anchor is not None:
            words = "anchors are not part of the language: remove it, or put quotes around a text that begins with &"
            self._problem("E006", words, self._property_place(event, "&"))
        if event.tag is not None:
            words = "tags are not part of the language: remove it, or put quotes around a text that begins with !"
            self._problem("E008", words, self._property_place(event, "!"))

    def _scalar(self, event: Any) -> None:
        text: str = event.value
        is_plain = event.style not in ("'", '"', "|", ">")
        top = self.stack[-1] if self.stack else None
        missing = text == "" and (is_plain or event.style in ("|", ">"))
        null = is_plain and text in NULL
        if (missing or null) and (top is None or not top.wants_key):
            self._no_value(top, event, null)
            return
        node = self._text(event, is_plain)
        if len(text) > MAX_TEXT // 4 and len(text.encode("utf-8", "replace")) > MAX_TEXT:
            self._problem("E005", "this text is longer than 4 KiB: shorten it", node.place)
        dirty = UNCLEAN.search(text) if event.style == '"' else None
        if dirty:
            self._problem("E002", unclean_words(dirty.group()), node.place_at(dirty.start()))
        self._deliver(node, node.place)

    def _no_value(self, top: _Open | None, event: Any, null: bool) -> None:
        """An empty value, or `null`, is no value."""
        if event.tag is None and event.anchor is None:
            if top is None:
                self._problem("E011", "the file is empty: begin with `scenario: name`", Place(self.file, 1, 1))
            elif null:
                self._problem(
                    "E010", f"{event.value} is no value: write one or remove the {'item' if top.is_list else 'key'}", self._place(event)
                )
            elif top.is_list:
                mark = event.start_mark
                self._problem(
                    "E010", "this item has no value: write one or remove it", Place(self.file, mark.line + 1, max(mark.column, 1))
                )
            elif not top.key:
                pass  # The key itself was refused already.
            elif top.flow:
                words = f"'{top.key}' has no value: an unquoted comma or colon inside {{}} cut an expression: put quotes around it"
                if found := re.match(r"([a-z_]+):(?=\S)", top.key):
                    rest = top.key[found.end() :]
                    words = f"a blank is missing behind the colon: write {found[1]}: {rest}"
                spot = top.key_place
                if (cut := cut_number(self.lines[spot.line - 1], spot.column - 1 + len(top.key))) is not None:
                    words = cut
                if words:
                    self._problem("E010", words, top.key_place)
            else:
                self._problem("E010", f"'{top.key}' has no value: write one, indent what belongs to it, or remove the key", top.key_place)
        self._deliver(None, self._place(event))

    def _text(self, event: Any, is_plain: bool) -> Text:
        """A scalar with the place of its first character, and the runs where it is not one straight stretch."""
        start, end = event.start_mark, event.end_mark
        path = self.stack[-1].inner_path() if self.stack else ""
        one_line = start.line == end.line
        if is_plain and one_line:
            return Text(event.value, Place(self.file, start.line + 1, start.column + 1, max(len(event.value), 1)), path, True)
        style = "" if is_plain else event.style
        if one_line and style in ("'", '"') and end.column - start.column == len(event.value) + 2:
            place = Place(self.file, start.line + 1, start.column + 1, len(event.value) + 2)
            return Text(event.value, place, path, False, ((0, place.line, place.column + 1),))
        if style in ("|", ">") and re.match(r".[-+\d]*#", self.lines[start.line][start.column :]):
            # Only one of the two parsers sees that this is no comment: a blank before the # is missing.
            self._problem("E003", f"a value cannot begin with {style}: put quotes around it", self._place(event), "")
        found = runs(style, event.value, self.lines, start.line, start.column)
        line, column = start.line + 1, start.column + 1
        if style in ("|", ">") and found:
            _, line, column = found[0]
        if one_line and style in ("'", '"'):
            length = end.column - start.column
        else:
            length = len(self.lines[line - 1].rstrip()) - column + 1
        return Text(event.value, Place(self.file, line, column, max(length, 1)), path, is_plain, found)

    def _begin(self, event: Any) -> None:
        is_list = type(event).__name__ == "SequenceStartEvent"
        path = self.stack[-1].inner_path() if self.stack else ""
        self.stack.append(_Open(is_list, bool(event.flow_style), self._place(event), path))

    def _end(self) -> None:
        done = self.stack.pop()
        node: Node
        if done.is_list:
            if done.count > MAX_ITEMS:
                self._problem("E005", f"this list has {done.count:,} items: at most {MAX_ITEMS:,} are possible", done.place, done.path)
            node = Items(tuple(done.items), done.place, done.path)
        else:
            node = Fields(done.entries, done.keys, done.place, done.path)
        self._deliver(node, done.place)

    def _deliver(self, node: Node | None, place: Place) -> None:
        """Put a finished node where it belongs; None stands for one that was refused."""
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        if top.is_list:
            top.count += 1
            if node is not None:
                top.items.append(node)
        elif top.wants_key:
            self._key(top, node, place)
        else:
            if node is not None and not top.refused:
                top.entries[top.key] = node
                top.keys[top.key] = top.key_place
            top.wants_key = True

    def _key(self, top: _Open, node: Node | None, place: Place) -> None:
        """A key: a plain word, written once, not `<<`; otherwise its value is read and dropped."""
        top.wants_key = False
        top.key, top.key_place, top.refused = "", place, True
        if node is None:
            return
        if not isinstance(node, Text):
            self._problem("E012", "a key is a plain word, not a list or mapping: put quotes around a text that begins with { or [", place)
            return
        name = top.key = node.text
        path = top.inner_path()
        if name == "<<":
            self._problem("E007", "merge keys are not part of the language: write the keys themselves", place, top.path)
        elif not name.strip() or name != name.strip() or "\n" in name or "\t" in name or (node.plain and name in NULL):
            self._problem("E012", "a key is a plain word: write one on a single line, without blanks around it", place, top.path)
        elif not name.isascii() and any(unicodedata.category(letter) == "Cf" for letter in name):
            self._problem("E012", "a key is a plain word: this one has invisible characters in it", place, top.path)
        elif name in top.keys:
            self._problem("E009", f"'{name}' is written twice: here and in line {top.keys[name].line}; keep one", place, path)
        else:
            top.refused = False
            # Noted now, so that a second one is noticed even where the first has no value.
            top.keys[name] = place

    def _place(self, event: Any) -> Place:
        return Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _property_place(self, event: Any, sign: str) -> Place:
        """Where an anchor, alias or tag is written: a value may have both before it."""
        row, column = event.start_mark.line, event.start_mark.column
        found = re.compile(rf"(?:[&!][^\s,\[\]{{}}]*\s+)?({re.escape(sign)}[^\s,\[\]{{}}]*)").match(self.lines[row], column)
        if found is None:
            return Place(self.file, row + 1, column + 1)
        return Place(self.file, row + 1, found.start(1) + 1, len(found.group(1)))

    def _problem(self, code: str, text: str, place: Place, path: str | None = None) -> None:
        where = path if path is not None else self.stack[-1].inner_path() if self.stack else ""
        self.problems.append(Problem(code, text, place, where))

    def _stop(self, code: str, text: str, event: Event) -> bool:
        self.problems.append(Problem(code, text, self._place(event)))
        return False
