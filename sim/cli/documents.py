"""Tables for documents and for other programs: Markdown and CSV.

In: cells and rows. Out: lines of Markdown; CSV on stdout. Nothing here knows a command.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sim.cli.terminal import Cell

__all__ = ["markdown_table", "marked", "out_csv"]


def marked(text: str) -> str:
    """A text that means nothing more in Markdown than it says."""
    return "".join(f"\\{letter}" if letter in "\\|*<>#" else letter for letter in text)


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """A table, if it has rows, and an empty line behind it."""
    lines = [f"| {' | '.join(marked(text) for text, _ in row)} |" for row in rows]
    if lines:
        yield from (f"| {' | '.join(map(marked, head))} |", "|---" * len(head) + "|", *lines, "")


def out_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """A head and rows, written as they are made; what is None or missing is left empty."""
    writer = csv.DictWriter(sys.stdout, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
