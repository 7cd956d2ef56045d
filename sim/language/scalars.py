"""Where each character of a YAML text stands in the file: quotes, escapes and folding undone.

In: the style of a scalar, its text as YAML reads it, the lines of the file and where it begins.
Out: runs, stretches of the text that stand unbroken on one line of the file.
"""

from __future__ import annotations

__all__ = ["Run", "runs"]

Run = tuple[int, int, int]
"""Offset in the text, and the line and column (from 1) where the character at that offset stands."""

_ESCAPES = {"x": 4, "u": 6, "U": 10}


def runs(style: str, text: str, lines: list[str], row: int, column: int) -> tuple[Run, ...]:
    """The stretches a text is made of; `row` and `column` count from 0, `style` is '' for a plain text.

    Where the file and the text do not agree (which no parser should bring about) the rest is taken to follow on.
    """
    found = _block(text, lines, row) if style in ("|", ">") else _inline(style, text, lines, row, column)
    return tuple(found)


def _inline(style: str, text: str, lines: list[str], row: int, at: int) -> list[Run]:
    """Walk file and text side by side: a break folds to a space or to breaks, an escape is one character."""
    at += len(style)
    found: list[Run] = [(0, row + 1, at + 1)]
    offset = 0
    straight = True
    line, end = "", 0
    read = -1
    while offset < len(text) and row < len(lines):
        if read != row:  # a line may be as long as the file: what is to know of the whole of it is found once
            read, line = row, lines[row]
            end = len(line.rstrip(" "))
        last_slash = at == len(line) - 1 and line[at] == "\\"
        if at >= end or (style == '"' and last_slash):
            escaped_break = last_slash
            row, breaks = _next_line(lines, row)
            offset += breaks - 1 if escaped_break or breaks > 1 else 1
            at = len(lines[row]) - len(lines[row].lstrip(" ")) if row < len(lines) else 0
            straight = False
            continue
        if not straight:
            found.append((offset, row + 1, at + 1))
        width = _width(style, line, at)
        if width == 1 and line[at] != text[offset]:
            break
        straight = width == 1
        if not straight and found[-1][0] != offset:
            found.append((offset, row + 1, at + 1))
        at += width
        offset += 1
    return found


def _next_line(lines: list[str], row: int) -> tuple[int, int]:
    """The next line that is not blank, and how many line breaks lie before it."""
    breaks = 1
    while row + breaks < len(lines) and not lines[row + breaks].strip(" "):
        breaks += 1
    return row + breaks, breaks


def _width(style: str, line: str, at: int) -> int:
    """How many characters of the file make the next character of the text."""
    if style == "'" and line.startswith("''", at):
        return 2
    if style == '"' and line[at] == "\\":
        return _ESCAPES.get(line[at + 1 : at + 2], 2)
    return 1


def _block(text: str, lines: list[str], row: int) -> list[Run]:
    """The lines below `|` or `>`: each stands in the text as it is, without its indentation."""
    first = next((line for line in text.split("\n") if line.strip(" ")), "")
    below = next((line for line in lines[row + 1 :] if line.strip(" ")), "")
    # What the first line with words in it has lost is the indentation of all.
    indent = max(len(below) - len(below.lstrip(" ")) - (len(first) - len(first.lstrip(" "))), 0)
    end = len(text.rstrip("\n"))
    found: list[Run] = []
    offset = 0
    for number in range(row + 1, len(lines)):
        if offset >= end:
            break
        line = lines[number]
        content = line[indent:]
        if content:
            offset = text.find(content, offset)
            if offset < 0:
                break
            found.append((offset, number + 1, indent + 1))
            offset += len(content)
    return found
