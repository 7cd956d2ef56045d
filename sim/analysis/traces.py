"""A log in columns: what a comparison needs of every entry, in some fifty bytes each.

In: the entries of a log, one after another; none of them is kept. Out: `Trace`.

Comparing two logs entry by entry would hold both in memory. Here an entry is a place in a few arrays: when it was, what
caused it, who wrote what it read, a digest of its content, and its `Sort`, which few share. Only where two digests
differ is the entry itself looked at again.
"""

from __future__ import annotations

import marshal
from array import array
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sim.language.scenario import LAW_WORDS
from sim.log.entries import Entry, heard_as

__all__ = ["NOWHERE", "Sort", "Sorts", "Trace"]

NOWHERE = -1
"""No entry, where the id of one may stand."""

_LAW = {*LAW_WORDS, "fulfilled", "breached"}
_IN_FORCE = "in_force."


class Sort(NamedTuple):
    """What many entries share: what happens, who does it to whom by which provision, and what it is about.

    `about` are the values a change writes and the duty it begins, what a claim speaks of, which decision it is. The entries of a
    procedure belong to their case, and are nobody's partners for what they are.
    """

    event: str
    status: str
    norms: tuple[str, ...]
    by: str | None
    to: str | None
    rule: str | None
    about: Any

    def heard_as(self) -> tuple[str, ...]:
        """Under which names entries of this sort are heard and counted."""
        return heard_as(self.event, self.status, self.norms)

    @property
    def is_duty(self) -> bool:
        """Whether it is the beginning of a duty, which is written as a change."""
        return self.event == "change" and self.about[1] is not None

    @property
    def may_match(self) -> bool:
        """Whether an entry may be known by what it is: not those of a procedure, which belong to their case."""
        _, dot, word = self.event.rpartition(".")
        return not dot or word in _LAW


class Sorts:
    """The sorts and cases of two logs, numbered: equal numbers are equal sorts."""

    def __init__(self) -> None:
        self.of: list[Sort] = []
        self._numbers: dict[Sort, int] = {}
        self._cases: dict[str, int] = {}

    def number(self, entry: Entry) -> int:
        """The number of an entry's sort."""
        sort = Sort(entry.event, entry.status, entry.norms, entry.by, entry.to, entry.rule, _about(entry))
        found = self._numbers.get(sort)
        if found is None:
            found = self._numbers[sort] = len(self.of)
            self.of.append(sort)
        return found

    def case(self, case: str | None) -> int:
        """The number of a case."""
        return NOWHERE if case is None else self._cases.setdefault(case, len(self._cases))


class Trace:
    """A log in columns; the place in each is the id of an entry. `keys` may be dropped once partners are found.

    `readers[id] : readers[id + 1]` are the places in `writers` where the ids stand of those who wrote what a guard read,
    name after name, with `NOWHERE` behind each name. `law` says of each provision when it came into
    force or went out of it, and by which change.
    """

    def __init__(self, entries: Iterable[Entry], sorts: Sorts) -> None:
        self.times = array("q")
        self.causes = array("q")
        self.digests = array("q")
        self.sorts = array("q")
        self.cases = array("q")
        self.readers = array("q", [0])
        self.writers = array("q")
        self.keys: dict[str, int] = {}
        self.began: dict[str, Any] = {}
        self.law: dict[str, list[tuple[int, bool, str]]] = {}
        for entry in entries:
            self._append(entry, sorts)

    def __len__(self) -> int:
        return len(self.times)

    def _append(self, entry: Entry, sorts: Sorts) -> None:
        """One more entry."""
        number = sorts.number(entry)
        self.keys[entry.key] = entry.id
        self.times.append(entry.time)
        self.causes.append(NOWHERE if entry.cause is None else entry.cause)
        self.sorts.append(number)
        self.cases.append(sorts.case(entry.case) if sorts.of[number].may_match else NOWHERE)
        self.digests.append(_digest(entry))
        if entry.because:
            for _, ids in entry.because.values():
                self.writers.extend(ids)
                self.writers.append(NOWHERE)
        self.readers.append(len(self.writers))
        if entry.changes:
            self._note(entry)

    def _note(self, entry: Entry) -> None:
        """What the run began with, and what came into force or went out of it."""
        if entry.event == "start":
            self.began = {path: new for path, (_, new) in entry.changes.items()}
        for path, (_, new) in entry.changes.items():
            if path.startswith(_IN_FORCE):
                provision = path.removeprefix(_IN_FORCE)
                verb = entry.event.removeprefix(f"{provision}.")
                self.law.setdefault(provision, []).append((entry.time, bool(new), "" if verb == entry.event else verb))

    def wrote(self, own: int) -> Sequence[int]:
        """The ids of those who wrote what an entry's guard read, with `NOWHERE` behind each name."""
        return self.writers[self.readers[own] : self.readers[own + 1]]


def _about(entry: Entry) -> Any:
    """What entries with different keys must have in common beside who did what to be partners."""
    match entry.event:
        case "change":
            return tuple(entry.changes), entry.data.get("duty")
        case "claim" | "contradiction" | "refuted":
            return str(entry.data.get("statement"))
        case "decision":
            return str(entry.data.get("decision"))
    return None


def _digest(entry: Entry) -> int:
    """A digest of what an entry says, without its id, key, time and parents. What the run began with is told apart.

    Equal digests are equal contents; unequal ones need not differ (1 and 1.0). Form 0 of `marshal` knows no references,
    so equal values have equal bytes; the digest never leaves the process.
    """
    read = {name: value for name, (value, _) in entry.because.items()} if entry.because else None
    changes = entry.changes if entry.event != "start" else None
    content = (
        entry.event, entry.by, entry.to, entry.via, entry.status, entry.case, entry.rule, entry.norms, entry.source,
        read, entry.data, changes,
    )  # fmt: skip
    return hash(marshal.dumps(content, 0))
