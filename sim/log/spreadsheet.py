"""A log as comma-separated values (RFC 4180): a row each entry, a column each thing said of it.

In: a `Log`. Out: the lines of the file. What an entry may have several of (what was read, what changed) stands in its cell as JSON.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from sim.clock import IsoClock
from sim.log.entries import ENTRY_TYPES, Entry, Log, entry_as_dict

__all__ = ["csv_lines"]

ALWAYS = tuple(name for name in ENTRY_TYPES if name != "data")
"""The columns of every log; those of the events' own fields follow, as `data.FIELD`, in the order of the alphabet."""


def csv_lines(log: Log) -> Iterator[str]:
    """The lines of the file, each with its line end; the first names the columns."""
    clock = IsoClock(log.header.timezone)
    fields = sorted({name for entry in log.entries for name in entry.data})
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")

    def line(row: list[str]) -> str:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow(row)
        return buffer.getvalue()

    yield line([*ALWAYS, *(f"data.{name}" for name in fields)])
    for entry in log.entries:
        yield line(_row(entry, fields, clock))


def _row(entry: Entry, fields: list[str], clock: IsoClock) -> list[str]:
    """The cells of an entry; what it does not have is empty."""
    said = entry_as_dict(entry, clock)
    return [*(_cell(name, said.get(name)) for name in ALWAYS), *(_cell(name, entry.data.get(name)) for name in fields)]


def _cell(name: str, value: Any) -> str:
    """A value as the text of a cell: flags and lists as JSON has them, several names with spaces between them."""
    if value is None:
        return ""
    if name in ("norms", "source"):
        return " ".join(value)
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
