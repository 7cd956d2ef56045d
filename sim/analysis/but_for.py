"""But for: what becomes of an entry of a log when something is taken out of its scenario and the run repeated with the same luck.

In: an entry, and the log of the run without. Out: its `Fate`. In: over many runs, whether an event happened with and without. Out:
how necessary and how sufficient what was taken out is for it, with intervals.

What comes in its stead is only what is new in the run without: not what stood in the log before, as its partner shows (`partners`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sim.analysis.partners import partners_of
from sim.analysis.statistics import Estimate, wilson
from sim.analysis.traces import NOWHERE, Sorts, Trace
from sim.log.entries import Entry, Log

__all__ = ["FATES", "Coming", "Fate", "Happening", "Weight", "fate", "weight"]

FATES = ("gone", "changed", "moved", "same")
"""What may become of an entry, what matters most first."""


@dataclass(frozen=True, slots=True)
class Happening:
    """What counts as the same happening again: the event, who did it to whom, its status; from `begin` on and before `until`, if given."""

    event: str
    by: str | None
    to: str | None
    status: str
    begin: int | None = None
    until: int | None = None

    @classmethod
    def of(cls, entry: Entry) -> Happening:
        """What happens in an entry."""
        return cls(entry.event, entry.by, entry.to, entry.status)

    def first(self, log: Log) -> Entry | None:
        """Its first entry in a log."""
        return next(self.all(log), None)

    def all(self, log: Log) -> Iterator[Entry]:
        """Its entries in a log."""
        return (entry for entry in log.entries if self._is(entry))

    def _is(self, entry: Entry) -> bool:
        if (entry.event, entry.by, entry.to, entry.status) != (self.event, self.by, self.to, self.status):
            return False
        return (self.begin is None or entry.time >= self.begin) and (self.until is None or entry.time < self.until)


@dataclass(frozen=True, slots=True)
class Coming:
    """What counts as the coming of what did not happen: it is heard as the event, by one of these (by anybody, if None), before `until`."""

    event: str
    by: frozenset[str] | None
    until: int

    def first(self, log: Log) -> Entry | None:
        """Its first entry in a log."""
        found = (entry for entry in log.entries if self.event in entry.heard_as() and entry.time < self.until)
        return next((entry for entry in found if self.by is None or entry.by in self.by), None)


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of an entry without some paths, all at once: `gone`, `changed`, `moved` or `same`; `after` is it in the other run;
    `instead`, where it is gone, is the first of its like that is new there; `differs`: whether anything at all does."""

    without: tuple[str, ...]
    kind: str
    after: Entry | None
    instead: Entry | None
    differs: bool


@dataclass(frozen=True, slots=True)
class Weight:
    """How much hangs on something, over runs paired by their luck. `necessity` (of the runs in which the event happens, in how many
    it does not without) and `sufficiency` (of those in which it does not happen without, in how many it does with) are None where
    there is no such run.

    J. Pearl, Causality, 2nd edition (2009), chapter 9: with the luck of each run shared, both are counted, not bounded.
    """

    happened: Estimate
    without: Estimate
    necessity: Estimate | None
    sufficiency: Estimate | None


def fate(without: tuple[str, ...], entry: Entry, before: Log, after: Log) -> Fate:
    """What becomes of an entry in a run without what stands at some paths."""
    differs = len(before.entries) != len(after.entries) or any(
        _content(one) != _content(other) or one.time != other.time for one, other in zip(before.entries, after.entries, strict=True)
    )
    found = next((one for one in after.entries if one.key == entry.key), None)
    if found is None:
        return Fate(without, "gone", None, _instead(entry, before, after), differs)
    kind = "changed" if _content(found) != _content(entry) else "moved" if found.time != entry.time else "same"
    return Fate(without, kind, found, None, differs)


def _instead(entry: Entry, before: Log, after: Log) -> Entry | None:
    """What comes instead of an entry that is gone: the first of its like that no other entry of the first log has for a partner."""
    like = list(Happening.of(entry).all(after))
    if not like:
        return None
    sorts = Sorts()
    back = partners_of(Trace(before.entries, sorts), Trace(after.entries, sorts), sorts).back
    return next((one for one in like if back[one.id] in (NOWHERE, entry.id)), None)


def _content(entry: Entry) -> tuple[object, ...]:
    """What an entry says, but when and why."""
    return entry.key, entry.event, entry.by, entry.to, entry.via, entry.status, entry.norms, entry.data, entry.changes


def weight(pairs: Sequence[tuple[bool, bool]]) -> Weight:
    """Whether an event happened, with and without, in at least one run."""
    n = len(pairs)
    happened, other = sum(one for one, _ in pairs), sum(one for _, one in pairs)
    hangs = sum(one and not without for one, without in pairs)
    return Weight(
        wilson(happened, n),
        wilson(other, n),
        wilson(hangs, happened) if happened else None,
        wilson(hangs, n - other) if n - other else None,
    )
