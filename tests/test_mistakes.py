"""docs/mistakes.md: fifty mistakes of beginners, each with the message it gets. The page is made from the cases, so no message is stale.

In: `tests/language/mistakes/bad/*.yaml`, in the order of their numbers. Out: the page, compared; `--accept` rewrites it.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from tests.cases import Case
from tests.harness import value_at

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "mistakes.md"
CASES = sorted((ROOT / "tests" / "language" / "mistakes" / "bad").glob("*.yaml"))

PARTS = {1: "The file", 12: "Names", 17: "Events, rules, procedures", 26: "Time", 33: "Numbers and flags", 39: "Expressions", 46: "Meaning"}
"""The parts of the page, by the number of their first mistake."""

HEAD = """\
# Fifty mistakes

What goes wrong in a first scenario, and what `sim` says of it. The page is made from the tests: each message is the one you get.
Above it stands the part of a scenario that is wrong; lines count from its first. Codes are explained in [errors.md](errors.md).
"""

GIVEN = ("scenario: first", "period: {from: 2025-01-01, until: 2025-02-01}")
"""What every scenario begins with, and the page does not repeat."""

LINE = re.compile(r"(\d+):(\d+) ([EW]\d{3}) (.*?)(?: \(([^()]*(?:\([^()]*\)[^()]*)*)\))?")


def page() -> str:
    """The page as the cases have it."""
    parts = [HEAD]
    for number, path in enumerate(CASES, 1):
        assert path.stem.startswith(f"{number:02d} "), f"{path.name}: the next number is {number:02d}"
        if number in PARTS:
            parts.append(f"## {PARTS[number]}\n")
        parts.append(section(number, path))
    return "\n".join(parts)


def section(number: int, path: Path) -> str:
    """One mistake: what it is, how it is written, what is said of it."""
    case = Case.read(path)
    about = value_at(case.nodes(), "about") or ""
    title = path.stem.partition(" ")[2]
    snippet, above, left = written(case)
    told = "\n".join(message(line, above, left) for line in case.expected.splitlines())
    return f"### {number}. {title[0].upper()}{title[1:]}\n\n{about}\n\n```text\n{snippet}\n```\n\n```text\n{told}\n```\n"


def written(case: Case) -> tuple[str, int, int]:
    """The scenario of a case without what it is given for nothing; how many lines stood above it, and how many columns left of it."""
    raw = value_at(case.nodes(), "text")
    if raw is None:
        lines = case.head.splitlines()
        above = lines.index("scenario:") + 1
        return textwrap.dedent("\n".join(lines[above:])), above, 2
    lines = raw.splitlines()
    above = sum(line in GIVEN for line in lines[:2])
    return "\n".join(lines[above:]), above, 0


def message(line: str, above: int, left: int) -> str:
    """A message with its place in what is shown."""
    found = LINE.fullmatch(line)
    if found is None:  # what stops a run has no place in the file
        return line
    row, column, code, text, path = found.groups()
    text = re.sub(r"\bline (\d+)", lambda other: f"line {int(other[1]) - above}", text)
    kind = "warning" if code.startswith("W") else "error"
    return f"{int(row) - above}:{int(column) - left}: {kind}[{code}]: {text}" + (f" (at {path})" if path else "")


def test_there_are_fifty() -> None:
    assert len(CASES) == 50


def test_the_page_says_what_the_cases_say(accept: bool) -> None:
    made = page()
    if accept:
        PAGE.write_text(made, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != made:
        pytest.fail("docs/mistakes.md is not what the cases say: run `make mistakes`, and read it aloud", pytrace=False)
