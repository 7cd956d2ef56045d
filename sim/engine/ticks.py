"""Ticks and dates: what time alone brings to rules.

In: the ticks and dates of a program's rules. Out: turns asked for, and rules that may react.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.engine import program as p
from sim.engine.kernel import LONGEST, Turn
from sim.engine.reactions import Firing, Reactions, Reactor
from sim.engine.timetable import Timetable

__all__ = ["Dated", "Ticker"]


class Dated(Turn):
    """A date that triggers a rule."""

    __slots__ = ("date", "number", "reactions")

    def __init__(self, reactions: Reactions, number: int, date: p.DateProgram) -> None:
        super().__init__()
        self.reactions = reactions
        self.number = number
        self.date = date

    def ask(self) -> None:
        """Ask for the turn of the date."""
        self.reactions.kernel.ask(self.date.instant, self, COMING)

    def come(self) -> None:
        """The date has come: the rule may react."""
        firing = self.reactions.accepts(self.reactions.reactor(self.number), None, None, self.date.name, 0)
        if firing is not None:
            self.reactions.start([firing])


class Ticker(Turn):
    """A trigger that comes again and again; ticks are numbered from the start, whether or not the rule is in force."""

    __slots__ = ("interval", "is_bare", "name", "number", "only", "reactions", "reactor", "timetable")

    def __init__(self, reactions: Reactions, tick: p.TickProgram, reactor: Reactor) -> None:
        super().__init__()
        self.reactions = reactions
        self.name = tick.name
        self.timetable = Timetable(reactions.world, tick)
        self.interval = None if self.timetable.is_counted else self.timetable.interval
        self.reactor = reactor
        self.number = 0
        tests = (reactor.guard, reactor.chance, reactor.times, reactor.pause)
        self.is_bare = not reactions.is_watched and not any(part is not None for part in tests)
        self.only = reactor.effects[0] if reactor.plain and reactor.after is None and len(reactor.effects) == 1 else None

    def first(self) -> None:
        """Ask for the first tick."""
        self.number, instant = self.timetable.first()
        self.reactions.kernel.ask(instant, self, TICKING)

    def next(self) -> None:
        """Ask for the next tick; its interval is drawn now."""
        now = self.reactions.world.now
        self.number += 1
        if self.interval is None:
            instant = self.timetable.next(now, self.number)
        else:  # `Timetable.next` written out: a tick is all there is to many a run
            instant = now + self.interval(now, None, None, self.name, self.number)
            if not now < instant <= now + LONGEST:
                raise self.timetable.impossible(instant - now, now)
        self.reactions.kernel.ask(instant, self, TICKING)

    def tick(self) -> None:
        """The rule may react; the next tick is asked for first."""
        number = self.number
        self.next()
        reactions = self.reactions
        reactor = self.reactor
        if not self.is_bare:
            firing = reactions.accepts(reactor, None, None, self.name, number)
        else:
            firing = Firing(reactor, None, self.name, number, None, reactor.effects) if reactions.world.values[reactor.in_force] else None
        if firing is None:
            return
        if self.only is None:
            reactions.start([firing])
        else:
            reactions.kernel.last(
                self.only.attempt, (self.only, firing, self.only.values(reactions.world.now, None, None, self.name, number))
            )


COMING: tuple[Callable[[Any], None]] = (Dated.come,)
TICKING: tuple[Callable[[Any], None]] = (Ticker.tick,)
