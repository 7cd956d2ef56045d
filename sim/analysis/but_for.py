"""But for: what becomes of an entry of a log when something is taken out of its scenario and the run repeated with the same luck.

In: an entry, and the log of the run without. Out: its `Fate`. In: over many runs, whether an event happened with and without. Out:
how necessary and how sufficient what was taken out is for it, with intervals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.analysis.statistics import Estimate, wilson
from sim.log.entries import Entry, Log

__all__ = ["FATES", "Fate", "Happening", "Weight", "fate", "weight"]

FATES = ("gone", "changed", "moved", "same")
"""What may become of an entry, what matters most first."""


@dataclass(frozen=True, slots=True)
class Happening:
    """What counts as the same happening again: the event, who did it to whom, and its status."""

    event: str
    by: str | None
    to: str | None
    status: str

    @classmethod
    def of(cls, entry: Entry) -> Happening:
        """What happens in an entry."""
        return cls(entry.event, entry.by, entry.to, entry.status)

    def first(self, log: Log) -> Entry | None:
        """Its first entry in a log."""
        return next((entry for entry in log.entries if Happening.of(entry) == self), None)


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of an entry: `gone`, `changed`, `moved` or `same`; `after` is it in the other run; `instead` is the first of its
    like there, where it is gone; `differs`: whether anything at all does."""

    path: str
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


def fate(path: str, entry: Entry, before: Log, after: Log) -> Fate:
    """What becomes of an entry in a run without what stands at a path."""
    differs = len(before.entries) != len(after.entries) or any(
        _content(one) != _content(other) or one.time != other.time for one, other in zip(before.entries, after.entries, strict=True)
    )
    found = next((one for one in after.entries if one.key == entry.key), None)
    if found is None:
        return Fate(path, "gone", None, Happening.of(entry).first(after), differs)
    kind = "changed" if _content(found) != _content(entry) else "moved" if found.time != entry.time else "same"
    return Fate(path, kind, found, None, differs)


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
