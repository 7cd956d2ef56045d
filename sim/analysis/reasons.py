"""Reasons: what an entry of a log rests on, and what that rests on, down to the timeline.

In: a `Log`. Out: for an entry and all that it rests on, the `Reason`s of each: the entry it follows from, those that
wrote what its guard read, those that made the law it met. Nothing but the log is looked at.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sim.log.entries import Entry, Log

__all__ = ["Reason", "Reasons"]


@dataclass(frozen=True, slots=True)
class Reason:
    """An earlier entry that another rests on, and how.

    `kind`: `cause` (it follows from it) · `read` (it wrote `name`, which the guard found to be `value`) · `norm` (it brought the
    norm `name` into force, or ended the procedure, that judged the act) · `law` (it enacted `name`, which made the entry) ·
    `claim` (it is the claim that another contradicts).
    """

    kind: str
    entry: int
    name: str = ""
    value: Any = None


class Reasons:
    """A log, asked for reasons."""

    def __init__(self, log: Log) -> None:
        self.entries = log.entries
        self.made: dict[str, list[int]] = {}
        """By provision, the entries that brought it into force or out of it."""
        self.claims: dict[tuple[Any, Any, Any], list[int]] = {}
        """By statement, word and speaker, the claims that were made."""
        for entry in log.entries:
            for path in entry.changes:
                if path.startswith("in_force."):
                    self.made.setdefault(path.removeprefix("in_force."), []).append(entry.id)
            if entry.event == "claim" and entry.status != "blocked":
                self.claims.setdefault((entry.data.get("statement"), entry.data.get("is"), entry.by), []).append(entry.id)

    def of(self, entry: Entry) -> tuple[Reason, ...]:
        """What an entry rests on: law and norms, what was read, then the entry it follows from. The start is no reason."""
        found = [*self._law(entry), *self._said(entry), *self._read(entry)]
        if entry.cause:
            found.append(Reason("cause", entry.cause))
        return tuple(found)

    def below(self, entry: Entry, depth: int | None = None) -> dict[int, tuple[Reason, ...]]:
        """An entry and all that it rests on, at most `depth` reasons away: ids with their reasons, the latest first."""
        found: dict[int, tuple[Reason, ...]] = {}
        reached = {entry.id}
        while reached:
            reasons = {number: self.of(self.entries[number]) if depth is None or depth > 0 else () for number in reached}
            found |= reasons
            reached = {reason.entry for own in reasons.values() for reason in own} - found.keys()
            depth = None if depth is None else depth - 1
        return {number: found[number] for number in sorted(found, reverse=True)}

    def _read(self, entry: Entry) -> Iterator[Reason]:
        """Who wrote what its guard read; what it follows from anyway is not told again."""
        for name, (value, writers) in entry.because.items():
            yield from (Reason("read", writer, name, value) for writer in writers if writer not in (0, entry.cause))

    def _law(self, entry: Entry) -> Iterator[Reason]:
        """What brought into force, during the run, the norms that judged it and the provision that made it."""
        for norm in entry.norms:
            if (since := self._since(norm, entry.id)) and since != entry.cause:
                yield Reason("norm", since, norm)
        provision = _provision(entry.rule)
        if provision and (since := self._since(provision, entry.cause or entry.id)) and since != entry.cause:
            yield Reason("law", since, provision)

    def _said(self, entry: Entry) -> Iterator[Reason]:
        """The claim that a contradiction is with: the last of the other word that its speaker had made before."""
        if entry.event == "contradiction" and entry.cause is not None:
            earlier = self.claims.get((entry.data.get("statement"), not entry.data.get("is"), entry.data.get("whom")), [])
            if place := bisect_left(earlier, entry.cause):
                yield Reason("claim", earlier[place - 1])

    def _since(self, provision: str, entry: int) -> int:
        """The last entry before this one that brought a provision into force or out of it; 0 for the start."""
        ids = self.made.get(provision, [0])
        return ids[bisect_left(ids, entry) - 1] if ids[0] < entry else 0


def _provision(path: str | None) -> str:
    """The short name of the provision that a path leads to; none for what is no provision."""
    parts = (path or "").split(".")
    if parts[0] in ("rules", "norms") and len(parts) == 2:
        return parts[1]
    if parts[0] == "procedures":
        return ".".join((parts[1], *parts[3::2][-1:]))
    return ""
