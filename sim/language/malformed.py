"""What is wrong with a text that is not YAML, in words for somebody who writes their first scenario.

In: the text, or its lines and the spot where a parser gave up. Out: problems with place and remedy.

A parser says what it expected; the author wants to know what to type. So the spot is read again in
the source: the parser's own words only choose which question is asked there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from sim.errors import Place, Problem

__all__ = ["UNCLEAN", "Spot", "reworded", "tabs", "unclean", "unclean_words", "without_directives"]

UNCLEAN = re.compile(
    "[^\\t\\n\\x20-\\x7e\\xa0-\\xac\\xae-\\u061b\\u061d-\\u180d\\u180f-\\u200a\\u200c\\u200d\\u2010-\\u2027\\u202f-\\u205f"
    "\\u2070-\\ud7ff\\ue000-\\ufefe\\uff00-\\ufff8\\ufffc\\ufffd\\U00010000-\\U000dffff\\U000e0080-\\U0010ffff]"
)
"""Controls, surrogates, line separators, byte order marks and invisible characters; the joiners that Persian and Indic names need stay."""

_SHOWN = 20
_NO_SPACE = re.compile(r"\s*(?:- +)*([A-Za-z_][\w.-]*):(?=[^\s:/])")
_COLON_BEFORE = re.compile(r"[^\s:{\[,]:\s")


def unclean_words(character: str) -> str:
    """What to say of a character that has no place in a scenario."""
    if "\ud800" <= character <= "\udfff":
        return f"half of a surrogate pair (U+{ord(character):04X}) is no character: remove it"
    if character in "\u2028\u2029\u0085":
        return f"U+{ord(character):04X} is an unusual line break: use an ordinary one"
    kind = "control character" if unicodedata.category(character) == "Cc" else "invisible character"
    return f"the {kind} U+{ord(character):04X} has no place here: remove it"


def unclean(text: str, file: str) -> list[Problem]:
    """The characters of a text that are refused wherever they stand, and letters that are composed in an unusual way."""
    found: list[Problem] = []
    line, start = 1, 0
    for match in UNCLEAN.finditer(text):
        line += text.count("\n", start, match.start())
        start = match.start()
        place = Place(file, line, start - text.rfind("\n", 0, start))
        found.append(Problem("E002", unclean_words(match.group()), place))
        if len(found) == _SHOWN:
            return found
    if not found and not unicodedata.is_normalized("NFC", text):
        found.append(_decomposed(text, file))
    return found


def tabs(text: str, file: str) -> list[Problem]:
    """The tabs of a text. Parsers differ in where they let one pass, so that a file would be a scenario here and none there."""
    found: list[Problem] = []
    for number, line in enumerate(text.split("\n"), 1):
        column = line.find("\t")
        if column >= 0 and line.strip():
            indents = not line[:column].strip()
            words = (
                "a tab cannot indent a line: use spaces"
                if indents
                else "a tab has no place here: use spaces, or write \\t in double quotes"
            )
            found.append(Problem("E003", words, Place(file, number, column + 1)))
    return found[:_SHOWN]


def without_directives(text: str, file: str) -> tuple[str, list[Problem]]:
    """The text with its leading `%` lines blanked, so that the rest can be read and all problems told at once."""
    problems: list[Problem] = []
    if "%" not in text[: 1 + max(text.find("\n%") + 1, 0)]:
        return text, problems
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if line.startswith("%"):
            words = "a line cannot begin with %: a scenario needs no directive, remove it"
            problems.append(Problem("E008", words, Place(file, number + 1, 1, len(line.rstrip()))))
            lines[number] = ""
        elif line.strip() and not line.lstrip().startswith("#"):
            break
    return "\n".join(lines), problems[:_SHOWN]


def _decomposed(text: str, file: str) -> Problem:
    """Where a letter and its accent are written as two characters: it would look like another name and not be it."""
    # A text can be unnormalised only where some line of it is: a line break composes with nothing.
    number, line = next((number, line) for number, line in enumerate(text.split("\n"), 1) if not unicodedata.is_normalized("NFC", line))
    composed = unicodedata.normalize("NFC", line)
    column = next((k for k, (a, b) in enumerate(zip(line, composed, strict=False)) if a != b), min(len(line), len(composed)))
    words = "a letter and its accent are two characters here: type the letter as one (NFC)"
    return Problem("E002", words, Place(file, number, column + 1))


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a parser gave up: what it complained of, the row and column there (from 0), and where the thing it was reading begins."""

    complaint: str
    lines: list[str]
    row: int
    column: int
    open_row: int
    open_column: int

    @property
    def line(self) -> str:
        return self.lines[self.row] if self.row < len(self.lines) else ""

    @property
    def char(self) -> str:
        return self.line[self.column : self.column + 1]

    @property
    def before(self) -> str:
        return self.line[: self.column]

    @property
    def opened(self) -> str:
        line = self.lines[self.open_row] if self.open_row < len(self.lines) else ""
        return line[self.open_column : self.open_column + 1]

    @property
    def at_end(self) -> bool:
        return not self.line[self.column :].strip() and not any(line.strip() for line in self.lines[self.row + 1 :])

    def line_above(self) -> int:
        """The row of the nearest line above that says something."""
        for row in range(min(self.row, len(self.lines)) - 1, -1, -1):
            if self.lines[row].strip() and not self.lines[row].lstrip().startswith("#"):
                return row
        return self.row


Said = tuple[str, str, int, int]
"""Code, words, row and column (from 0)."""


def reworded(spot: Spot, file: str) -> Problem:
    """One problem for what a parser could not read."""
    advice = next(advice for words, advice in _ADVICE if re.search(words, spot.complaint))
    code, words, row, column = advice(spot)
    row = min(row, len(spot.lines) - 1)
    line = spot.lines[row]
    column = min(column, len(line))
    word = re.compile(r"[\w.*&!%@`-]+|\S|").match(line, column)
    return Problem(code, words, Place(file, row + 1, column + 1, max(len(word.group()) if word else 1, 1)))


def _second_colon(spot: Spot) -> Said:
    """`a: b: c`, a key deeper than the line above allows, or a colon without a space the line before."""
    if _COLON_BEFORE.search(spot.before):
        return "E003", "a value with a colon and a space in it must be quoted: put quotes around it", spot.row, spot.column
    above = spot.line_above()
    squeezed = _NO_SPACE.match(spot.lines[above])
    if squeezed and above != spot.row:
        return "E003", f"write a space after the colon: `{squeezed.group(1)}: ...`", above, squeezed.end() - 1
    start = len(spot.line) - len(spot.line.lstrip())
    higher = len(spot.lines[above]) - len(spot.lines[above].lstrip())
    if above != spot.row and start > higher:
        words = f"this line is indented deeper than line {above + 1}, which has a value already: begin it in column {higher + 1}"
        return "E003", words, spot.row, start
    if above != spot.row and ":" not in spot.lines[above]:
        return _line_without_colon(spot.lines[above][higher:], above, higher)
    words = "a key is not possible here: write `key: value` on a line of its own, or put quotes around the text"
    return "E003", words, spot.row, spot.column


def _no_colon(spot: Spot) -> Said:
    row, column = spot.open_row, spot.open_column
    rest = spot.lines[row][column:] if row < len(spot.lines) else ""
    return _line_without_colon(rest, row, column)


def _line_without_colon(rest: str, row: int, column: int) -> Said:
    """A line that should have been `key: value`, or an item of a list."""
    squeezed = _NO_SPACE.match(rest)
    if squeezed:
        return "E003", f"write a space after the colon: `{squeezed.group(1)}: ...`", row, column + squeezed.end() - 1
    if re.match(r"-[^\s-]", rest):
        return "E003", "write a space after the dash of a list item", row, column
    if re.match(r"[\w.]+\s*=", rest):
        return "E003", "write a colon instead of the equals sign: `key: value`", row, column
    return "E003", "this line has no colon: write `key: value`", row, column


def _open_quote(spot: Spot) -> Said:
    return "E003", "this quote is not closed: write the same quote where the text ends", spot.open_row, spot.open_column


def _escape(spot: Spot) -> Said:
    column = max(spot.line.rfind("\\", 0, spot.column + 1), 0)
    if "Unicode" in spot.complaint:
        return "E002", "this escape is no character: remove it", spot.row, column
    shown = spot.line[column : column + 2]
    return "E003", f"{shown} means nothing in double quotes: use single quotes, or write \\\\ for a backslash", spot.row, column


def _first_character(spot: Spot) -> Said:
    return "E003", f"a value cannot begin with {spot.char}: put quotes around it", spot.row, spot.column


def _first_of_opened(spot: Spot) -> Said:
    return "E003", f"a value cannot begin with {spot.opened}: put quotes around it", spot.open_row, spot.open_column


def _tag(spot: Spot) -> Said:
    words = "tags are not part of the language: remove it, or put quotes around a text that begins with !"
    return "E008", words, spot.open_row, spot.open_column


def _list_item(spot: Spot) -> Said:
    words = "a list item cannot stand on the line of its key: begin a new line, or put quotes around a text that begins with -"
    return "E003", words, spot.row, spot.column


def _flow(spot: Spot) -> Said:
    """Inside brackets: one is not closed, a comma is missing, or a colon stands in an unquoted text."""
    opened = spot.opened
    closing = {"[": "]", "{": "}"}.get(opened, "}")
    indent = len(spot.line) - len(spot.line.lstrip())
    outer = spot.lines[spot.open_row] if spot.open_row < len(spot.lines) else ""
    if spot.char in ("]", "}") and spot.char != closing:
        return (
            "E003",
            f"this {spot.char} cannot close the {opened} of line {spot.open_row + 1}: write {closing} before it",
            spot.row,
            spot.column,
        )
    if spot.at_end or (spot.row > spot.open_row and indent <= len(outer) - len(outer.lstrip())):
        return "E003", f"this {opened} is not closed: write {closing} where it ends", spot.open_row, spot.open_column
    if spot.char == ":" and spot.row > spot.open_row and not re.search(r"[,:{\[]", spot.before):
        return "E003", "a comma is missing before this line", spot.row, indent
    if spot.char == ":":
        return "E003", "a comma is missing before this, or a text with a colon needs quotes around it", spot.row, spot.column
    return "E003", "a comma is missing before this, or the text needs quotes around it", spot.row, spot.column


def _no_content(spot: Spot) -> Said:
    if spot.at_end:
        row, column = _last_bracket(spot)
        return "E003", "this bracket is not closed: write the other one where it ends", row, column
    if spot.char == ",":
        words = "something is missing before this comma: write it, or remove the comma; a text that begins with a comma needs quotes"
        return "E003", words, spot.row, spot.column
    if spot.char in ("]", "}"):
        return "E003", f"this {spot.char} closes nothing: remove it, or put quotes around the text", spot.row, spot.column
    return "E003", "a value is missing here: write one, or put quotes around the text", spot.row, spot.column


def _last_bracket(spot: Spot) -> tuple[int, int]:
    for row in range(len(spot.lines) - 1, -1, -1):
        column = max(spot.lines[row].rfind("["), spot.lines[row].rfind("{"))
        if column >= 0:
            return row, column
    return spot.row, spot.column


def _goes_on(spot: Spot) -> Said | None:
    """Something stands behind a value that is already complete: `{x} and y`, `'it's'`."""
    done = spot.before.rstrip()
    if spot.char in ("]", "}"):
        return "E003", f"this {spot.char} closes nothing: remove it", spot.row, spot.column
    if done.endswith(("'", '"')):
        words = "text goes on after the closing quote: put the other kind of quotes around the whole text"
        return "E003", words, spot.row, spot.column
    if done.endswith(("]", "}")):
        return "E003", f"text goes on after the closing {done[-1]}: put quotes around the whole text", spot.row, spot.column
    begun = re.search(r"(?:^|[:,-]\s+)([*&!]\S*)$", done)
    if begun:
        return "E003", f"a value cannot begin with {begun.group(1)[0]}: put quotes around it", spot.row, begun.start(1)
    return None


def _misplaced(spot: Spot) -> Said:
    """A line that belongs to no block above it."""
    complete = _goes_on(spot)
    if complete:
        return complete
    if spot.char == ":" and not spot.before.strip(" -"):
        return "E003", "a key is missing before this colon", spot.row, spot.column
    if spot.column == spot.open_column:
        is_item = re.match(r"-(\s|$)", spot.line[spot.column :])
        words = (
            "a list item cannot stand among keys: indent it"
            if is_item
            else "a key cannot stand among list items: write `- ` before it or indent it"
        )
        return "E003", words, spot.row, spot.column
    return "E003", f"the indentation fits no line above: begin in {_columns(spot)}", spot.row, spot.column


def _columns(spot: Spot) -> str:
    """The columns in which a line may begin here: that of the group, that of the line above, that of the key behind its dash."""
    above = spot.line_above()
    line = spot.lines[above]
    dash = len(line) - len(line.lstrip())
    text = len(line) - len(line.lstrip("- "))
    columns = {spot.open_column: spot.open_row, dash: above, text: above}
    return " or ".join(f"column {column + 1} (like line {columns[column] + 1})" for column in sorted(columns))


def _document(spot: Spot) -> Said:
    """Something stands behind the end of the document."""
    for row in range(min(spot.row, len(spot.lines) - 1), -1, -1):
        if spot.lines[row].startswith("%"):
            return "E008", "a line cannot begin with %: a scenario needs no directive", row, 0
    complete = _goes_on(spot)
    if complete:
        return complete
    above = spot.lines[spot.line_above()]
    if above.startswith("..."):
        return "E011", "a scenario is one document: remove what stands after the line ...", spot.row, spot.column
    if above.rstrip().endswith(("]", "}", "'", '"')):
        return "E003", "text goes on after the scenario's end: is a bracket closed too early above?", spot.row, spot.column
    first = next((line for line in spot.lines if line.strip() and not line.lstrip().startswith("#")), "")
    words = f"the indentation fits no line above: begin in column {len(first) - len(first.lstrip()) + 1}, like the first line"
    return "E003", words, spot.row, spot.column


def _unreadable(spot: Spot) -> Said:
    return "E003", "this cannot be read: check colons, quotes, brackets and indentation here and on the line above", spot.row, spot.column


_ADVICE: tuple[tuple[str, Callable[[Spot], Said]], ...] = (
    (r"(ing|undefined|expected) (a )?tag\b|URI|parsing %TAG", _tag),
    (r"escape|hexa|hexdecimal", _escape),
    (r"mapping values", _second_colon),
    (r"expected ':'", _no_colon),
    (r"quoted scalar", _open_quote),
    (r"cannot start any token", _first_character),
    (r"alias|anchor|block scalar", _first_of_opened),
    (r"directive|document start|incompatible", _document),
    (r"sequence entries", _list_item),
    (r"mapping keys", _first_character),
    (r"',' or", _flow),
    (r"node content", _no_content),
    (r"block end|expected key|'-' indicator", _misplaced),
    (r"", _unreadable),
)
"""Which question to ask, by a word of the complaint that both parsers share; the first that fits."""
