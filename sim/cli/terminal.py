"""The terminal: where data and words go, how wide and how coloured a line may be, and values as people read them.

In: texts, values, problems. Out: lines on stdout (data) and stderr (words). Nothing here knows a command.

Colour is for terminals alone, and never the only bearer of a meaning. All text that a scenario brought goes through `escaped`.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from sim.errors import Problem, ScenarioError, StoreError, UsageError, escaped

__all__ = [
    "MOST_PROBLEMS", "Cell", "Screen", "Streamed",
    "columns", "number", "out", "out_json", "as_json_text", "pretty", "progress",
    "say", "say_next", "shown", "table", "told_apart", "warn_about", "write_new",
]  # fmt: skip

MOST_PROBLEMS = 20
"""As many problems are shown with their lines; a terminal holds no more, and later ones often follow from earlier ones."""

NARROWEST, WIDEST, USUAL = 40, 120, 80
STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "magenta": "35", "cyan": "36"}


@dataclass(frozen=True)
class Screen:
    """How wide the lines of a stream may be, and whether they may be coloured."""

    width: int = USUAL
    colour: bool = False

    @classmethod
    def of(cls, stream: TextIO | None) -> Screen:
        """The screen a stream ends on; what is no terminal gets plain lines of the usual width (or `COLUMNS`)."""
        import shutil

        terminal = stream is not None and stream.isatty()
        colour = terminal and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
        width = shutil.get_terminal_size((USUAL, 24)).columns if terminal or "COLUMNS" in os.environ else USUAL
        return cls(max(NARROWEST, min(width, WIDEST)), colour)

    def styled(self, text: str, style: str) -> str:
        """The text in a style such as `bold red`; as it is where there is no colour."""
        if not self.colour or not style or not text:
            return text
        return f"\x1b[{';'.join(STYLES[word] for word in style.split())}m{text}\x1b[0m"


# ---- where things go


def out(*lines: str) -> None:
    """Data: whole lines on stdout."""
    for line in lines:
        print(line)


def out_json(value: Any) -> None:
    """Data for machines: one JSON document on stdout. What is `Streamed` in it is written as it is made."""
    import json

    for part in json.JSONEncoder(ensure_ascii=False, allow_nan=False, indent=2).iterencode(value):
        print(part, end="")
    print()


def as_json_text(value: Any) -> str:
    """Data as a JSON document for machines."""
    import json

    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2)


class Streamed(list[Any]):
    """A list for `out_json` whose items are made one after another, and not kept."""

    def __init__(self, items: Iterable[Any]) -> None:
        rest = iter(items)
        super().__init__(islice(rest, 1))  # by the first one it is known whether there are any
        self._rest = rest

    def __iter__(self) -> Iterator[Any]:
        yield from super().__iter__()
        yield from self._rest


def say(*lines: str) -> None:
    """Words: whole lines on stderr."""
    if sys.stderr is not None:  # `print` would take stdout instead
        for line in lines:
            print(line, file=sys.stderr)


def progress(text: str) -> None:
    """How far a long command is, in one line that is written over; on terminals alone. No text takes the line away."""
    if sys.stderr is not None and sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def write_new(file: Path, lines: Iterable[str]) -> None:
    """Lines in a new file. What fails half way leaves no file behind.

    Raises UsageError where the file exists, StoreError where it cannot be written.
    """
    try:
        with file.open("x", encoding="utf-8", newline="\n") as whole:
            try:
                whole.writelines(lines)
                whole.flush()
            except BaseException:
                file.unlink(missing_ok=True)
                raise
    except FileExistsError:
        raise UsageError(f"{escaped(str(file))} exists and is not overwritten: choose another name") from None
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise StoreError(f"cannot be written ({reason})", escaped(str(file))) from problem


def say_next(*words: str) -> None:
    """The next useful command, ready to be copied."""
    import shlex

    command = " ".join(shlex.quote(word) for word in words)
    say(Screen.of(sys.stderr).styled(f"next: {escaped(command)}", "dim"))


# ---- problems


def pretty(problems: Sequence[Problem], screen: Screen) -> Iterator[str]:
    """Problems as an author wants them: the message, the line it is about, a mark below; at most twenty."""
    from sim.language.source import frame

    texts: dict[str, str] = {}
    for problem in problems[:MOST_PROBLEMS]:
        place, kind, style = problem.place, *(("error", "bold red") if problem.is_error else ("warning", "bold yellow"))
        head = f"{escaped(place.file)}:{place.line}:{place.column}:"
        yield f"{screen.styled(head, 'bold')} {screen.styled(f'{kind}[{problem.code}]', style)}: {escaped(problem.text)}"
        if place.file not in texts:
            texts[place.file] = _text_of(place.file)
        if texts[place.file] and (drawn := frame(place, texts[place.file])):
            yield from (
                screen.styled(line, "dim") if line.lstrip(" |").strip("^") else screen.styled(line, style) for line in drawn.split("\n")
            )
        if problem.path:
            yield screen.styled(f"  at {escaped(problem.path)}", "dim")
    if len(problems) > MOST_PROBLEMS:
        yield f"… and {len(problems) - MOST_PROBLEMS} more"


def _text_of(file: str) -> str:
    """The text a place is in; nothing where it stands in no file (an edit of the command line) or cannot be read."""
    from sim.language.files import text_of

    try:
        return text_of(Path(file))
    except ScenarioError:
        return ""


def warn_about(problems: Iterable[Problem]) -> None:
    """What the check remarks without refusing the scenario, on stderr, a line each."""
    for problem in problems:
        if not problem.is_error:
            say(problem.line)


# ---- values


def number(value: float) -> str:
    """A number for people: thousands apart, and no more decimals than matter."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    size = abs(value)
    if size >= 1e15 or size < 1e-4:
        return f"{value:.4g}"
    decimals = 0 if size >= 10_000 else 1 if size >= 100 else 2 if size >= 1 else 4
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def told_apart(first: float, second: float) -> tuple[str, str]:
    """Two numbers for people, to the digit that tells them apart where they are not the same."""
    texts = number(first), number(second)
    digits = 5
    while texts[0] == texts[1] and first != second and digits <= 17:
        texts = f"{first:.{digits}g}", f"{second:.{digits}g}"
        digits += 1
    return texts


def shown(value: Any, kind: str, zone: str = "UTC") -> str:
    """A value of a log or a measure, in the form readers get it, for people."""
    from sim import clock

    if value is None:
        return "never" if kind in ("duration", "instant") else "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return (
            clock.words(round(value * clock.SECOND))
            if kind == "duration"
            else f"{number(value)} per d"
            if kind == "rate"
            else number(value)
        )
    if kind == "instant":
        date, time = clock.iso(clock.instant_of_iso(value), zone)[:16].split("T")
        return date if time == "00:00" else f"{date} {time}"
    return escaped(str(value))


# ---- tables

Cell = tuple[str, str]
"""A text and its style."""


def columns(text: str) -> int:
    """The columns a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in ("W", "F") else 1 for letter in text)


def table(head: Sequence[str], rows: Sequence[Sequence[Cell]], screen: Screen, gap: str = "  ") -> Iterator[str]:
    """Rows under their heads. Columns that do not fit beside one another go below, each time behind the first column."""
    widths = [max(columns(title), *(columns(row[place][0]) for row in rows)) for place, title in enumerate(head)]
    start = 1
    while start < len(head) or start == 1:
        used, end = widths[0], start
        while end < len(head) and (end == start or used + len(gap) + widths[end] <= screen.width):
            used += len(gap) + widths[end]
            end += 1
        places = [0, *range(start, end)]
        if start > 1:
            yield ""
        if any(head):
            yield gap.join(screen.styled(_padded(head[place], widths[place], place), "dim") for place in places).rstrip()
        for row in rows:
            yield gap.join(screen.styled(_padded(row[place][0], widths[place], place), row[place][1]) for place in places).rstrip()
        start = max(end, start + 1)


def _padded(text: str, width: int, place: int) -> str:
    """The first column begins at its left, the others end at their right."""
    space = " " * (width - columns(text))
    return text + space if place == 0 else space + text
