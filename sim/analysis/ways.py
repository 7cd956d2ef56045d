"""Ways to an event: what could have brought it, how often each was asked, and what the occasions failed at.

In: misses, one by one. Out: `Way`s with their misses counted by reason, the nearest told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sim.analysis.shortfall import Unmet, distance

__all__ = ["STAGES", "Absence", "Group", "Miss", "Way", "order", "way"]

STAGES = (
    "not_yet",
    "who",
    "in_force",
    "where",
    "turning",
    "if",
    "not_again_for",
    "times",
    "chance",
    "waiting",
    "still",
    "effect",
    "option",
    "case",
    "duty",
    "judged",
    "blocked",
    "nothing",
    "instead",
    "ends",
)
"""At what an occasion may have failed: what came nearer to the event stands later."""


@dataclass(frozen=True, slots=True)
class Miss:
    """An occasion that brought nothing: at which stage it failed, when, on which entry; `what` says more: an actor, a norm, a part of a
    guard (then `part` has its values). `odds` and `number`: how likely it was, and what was drawn. `until`: when it would have gone on."""

    stage: str
    time: int | None
    entry: int | None
    what: str = ""
    parts: tuple[Unmet, ...] = ()
    odds: float | None = None
    number: float | None = None
    until: int | None = None

    @property
    def nearness(self) -> tuple[float, float]:
        """How near it came: at how late a stage it failed, and by how little."""
        return STAGES.index(self.stage), -distance(self.parts)


@dataclass(frozen=True, slots=True)
class Group:
    """All misses of a way at one stage for one reason: how many, and the nearest."""

    stage: str
    what: str
    count: int
    nearest: Miss
    part: Unmet | None


@dataclass(frozen=True, slots=True)
class Way:
    """What could have brought an event: the path of a rule, option, timeline entry, norm, procedure or statement; how often it was asked;
    what it missed; and why what it waits for did not come, where that is so."""

    path: str
    asked: int
    groups: tuple[Group, ...]
    nearest: Miss | None
    below: tuple[Absence, ...]


@dataclass(frozen=True, slots=True)
class Absence:
    """An event that did not happen (by an actor, if one is given), and all that could have brought it."""

    event: str
    by: tuple[str, ...]
    ways: tuple[Way, ...]


def way(path: str, asked: int, misses: Iterable[Miss], below: Iterable[Absence] = ()) -> Way:
    """A way, its misses counted by their reasons, the nearest first. A guard of which several parts failed counts for each."""
    kept = list(misses)
    grouped: dict[tuple[str, str], list[tuple[Miss, Unmet | None]]] = {}
    for miss in kept:
        for part in miss.parts or (None,):
            grouped.setdefault((miss.stage, part.text if part else miss.what), []).append((miss, part))
    groups = []
    for (stage, what), found in grouped.items():
        nearest, part = max(found, key=lambda pair: (-(pair[1].size if pair[1] else 0), pair[0].nearness))
        groups.append(Group(stage, what, len(found), nearest, part))
    groups.sort(key=lambda group: (group.nearest.nearness, group.count), reverse=True)
    return Way(path, asked, tuple(groups), max(kept, key=lambda miss: miss.nearness, default=None), tuple(below))


def order(one: Way) -> tuple[Any, ...]:
    """What came nearest stands first; then what was asked, then by name."""
    near = one.nearest.nearness if one.nearest else (-1.0, 0.0)
    return -near[0], -near[1], -one.asked, one.path
