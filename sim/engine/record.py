"""The seam between the engine and the log: what one run hands over.

In: nothing. Out: `Shape` (what entries of one kind share), the layout of a raw entry, `Recording`.

A raw entry is a plain tuple, since one is made for everything that happens. Its columns are
named by the constants below; what never differs between two entries of one kind stands once
in their `Shape`. The log gives raw entries their readable form (`sim/log/entries.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = [
    "ANSWERED", "BECAUSE", "BY", "CASE", "CAUSE", "DATA", "DECIDER", "EXTRA", "ID", "K", "PATH", "SHAPE", "TIME", "TO",
    "Because", "Extra", "Guarded", "RawEntry", "Recording", "Shape", "heard_as", "origin_of",
]  # fmt: skip

RawEntry = tuple[Any, ...]

ID, TIME, SHAPE, BY, TO, CASE, CAUSE, BECAUSE, DATA, PATH, K, EXTRA = range(12)
"""The columns: own id (0, 1, 2 …) · instant (µs since 1970, UTC) · `Shape` · by · to · the case (its `key` is text) or None ·
id of the entry that caused it · `Because` or None · data (field → value) or None · path and k: its name · `Extra` or None."""

DECIDER, ANSWERED = 12, 13
"""Two columns more has what an option of a decision looks at (which is never logged): who decided, and the id of the entry answered."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What all entries of one kind share: the event's type, the provision that makes them, what that cites, the types of their data.

    `fields` maps a data field to the name of its type (number flag text duration instant actor label): a duration is
    logged in seconds, an instant as ISO 8601.
    """

    event: str
    rule: str
    source: tuple[str, ...]
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Guarded:
    """What a guard reads: names, and the names of their types."""

    names: tuple[str, ...]
    types: tuple[str, ...]


Because = tuple[Guarded, tuple[Any, ...], tuple[tuple[int, ...], ...]]
"""What a guard read when its rule accepted: names, values, and the ids of the entries that last wrote each (several for history)."""


@dataclass(frozen=True, slots=True)
class Extra:
    """What few entries have: status other than done with the norms that made it so, intermediaries, changes (path → old, new, type)."""

    status: str = "done"
    norms: tuple[str, ...] = ()
    via: str | None = None
    changes: tuple[tuple[str, Any, Any, str], ...] = ()


def heard_as(event: str, status: str, norms: tuple[str, ...]) -> tuple[str, ...]:
    """Under which names an entry is heard and counted: a blocked act only as blocked, a violation also as violating."""
    if status == "done":
        return (event,)
    if status == "blocked":
        return tuple(f"{norm}.blocked" for norm in norms)
    return (event, *(f"{norm}.violated" for norm in norms))


def origin_of(entry: RawEntry | None) -> tuple[Any, int]:
    """The case and the cause of what follows from an entry; none, and the start, where time alone brought it about."""
    return (None, 0) if entry is None else (entry[CASE], entry[ID])


@dataclass(frozen=True, slots=True)
class Recording:
    """One run as the engine leaves it. The last entry is `end`; `entries[i]` has id i."""

    scenario: str
    timezone: str
    begin: int
    until: int
    seed: int
    replication: int
    entries: list[RawEntry]
    turns: int
