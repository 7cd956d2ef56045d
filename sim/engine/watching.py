"""Watching: what a run does not log. Every time some rules are asked whether they react, and what becomes of their delays.

In: the paths of the rules to watch. Out: `Watch`, filled while the run goes on. A run that is not watched knows nothing of this.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sim.engine import program as p
from sim.engine import record as r
from sim.engine.kernel import Turn
from sim.engine.reactions import Firing, Reactions, Reactor
from sim.engine.record import RawEntry

__all__ = ["ACCEPTED", "TESTS", "Asked", "Ended", "Watch", "Watched"]

TESTS = ("in_force", "where", "if", "not_again_for", "times", "chance")
"""What a rule is asked, in this order."""

ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Asked:
    """A rule was asked whether it reacts: when, after how many entries, to which (None: to time), under which name.

    `verdict` is the first test that failed, or `accepted`; `free`: until when it pauses, None before its first pause. Of an accepted
    one `due` is when its delay ends, where that is known beforehand.
    """

    rule: str
    time: int
    entries: int
    entry: int | None
    name: str
    k: int
    verdict: str
    free: int | None

    @property
    def occasion(self) -> tuple[str, str, int]:
        """What a delay that ends later is known by."""
        return self.rule, self.name, self.k


@dataclass(frozen=True, slots=True)
class Ended:
    """The delay of a rule that had accepted has ended: when, after how many entries, and whether it still held."""

    time: int
    entries: int
    held: bool


@dataclass
class Watch:
    """What was seen of some rules. Delays are found by the occasion they began at."""

    rules: frozenset[str]
    asked: list[Asked] = field(default_factory=list)
    due: dict[tuple[str, str, int], int] = field(default_factory=dict)
    ended: dict[tuple[str, str, int], Ended] = field(default_factory=dict)


class Watched(Reactions):
    """The rules of a run that is watched. They react as ever."""

    is_watched = True

    def __init__(self, watch: Watch, *parts: Any) -> None:
        super().__init__(*parts)
        self.watch = watch

    def accepts(self, reactor: Reactor, wheres: tuple[Any, ...] | None, entry: RawEntry | None, path: str, k: int) -> Firing | None:
        """Whether a rule reacts; told to the watch."""
        if reactor.path not in self.watch.rules:
            return super().accepts(reactor, wheres, entry, path, k)
        failed, free = self.failed(reactor, wheres, entry), reactor.free
        firing = super().accepts(reactor, wheres, entry, path, k)
        verdict = ACCEPTED if firing is not None else failed or "chance"
        own = None if entry is None else entry[r.ID]
        self.watch.asked.append(Asked(reactor.path, self.world.now, len(self.world.log), own, path, k, verdict, free))
        return firing

    def failed(self, reactor: Reactor, wheres: tuple[Any, ...] | None, entry: RawEntry | None) -> str | None:
        """The first test that fails, chance left aside: `Reactions.accepts` without what it changes."""
        now = self.world.now
        if not self.world.values[reactor.in_force]:
            return "in_force"
        if wheres is not None and not any(where(now, entry, None) for where in wheres):
            return "where"
        if reactor.guard is not None and not reactor.guard(now, entry, None):
            return "if"
        if reactor.free is not None and now < reactor.free:
            return "not_again_for"
        return "times" if reactor.times is not None and reactor.fired >= reactor.times else None

    def later(self, after: Any, firing: Firing, callbacks: tuple[Callable[[Turn], None]], path: str) -> None:
        """Go on after a delay. When that is, is drawn by name, so it may be asked twice."""
        watched = firing.reactor.path in self.watch.rules and path == firing.reactor.path
        if watched and type(after) is not p.ConditionProgram:
            now = self.world.now
            self.watch.due[path, firing.path, firing.k] = now + after(now, firing.entry, None, firing.path, firing.k)
        super().later(after, firing, callbacks, path)

    def mature(self, turn: Turn) -> None:
        """A delay has ended: does it still hold?"""
        firing: Firing = turn.argument
        if firing.reactor.path in self.watch.rules:
            now, still = self.world.now, firing.reactor.still
            held = still is None or bool(still(now, firing.entry, None))
            self.watch.ended[firing.reactor.path, firing.path, firing.k] = Ended(now, len(self.world.log), held)
        super().mature(turn)
