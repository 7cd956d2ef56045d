"""Timetables: when what comes again and again comes next.

In: the interval of a tick or session, a length of time or calendar time; its first instant, if given. Out: instants.
"""

from __future__ import annotations

from collections.abc import Callable

from sim import clock
from sim.engine import program as p
from sim.engine.kernel import LONGEST, MOST_IN_ALL, impossible
from sim.engine.world import World
from sim.errors import RunStopped

__all__ = ["Timetable"]

MOST_BEFORE = 1_000_000
"""How often something may come before the period begins."""


class Timetable:
    """The instants of one thing that comes again and again; the k-th is asked for at the one before, and its interval drawn then."""

    __slots__ = ("begin", "calendar", "days", "interval", "length", "name", "path", "starting", "until", "zone")

    def __init__(self, world: World, program: p.TickProgram) -> None:
        self.name = program.name
        self.path = program.path
        self.interval: Callable[..., int] = world.function(program.interval)
        self.begin = world.program.begin
        self.starting: int | None = None
        if program.starting is not None:
            self.starting = world.function(program.starting)(self.begin, None, None, program.name, 0)
        self.calendar = program.calendar
        self.days = self.length = 0
        if program.days is not None:
            self.days = int(world.function(program.days)(self.begin, None, None))
            self.length = self.interval(self.begin, None, None, program.name, 1)
        self.zone = world.program.timezone
        self.until = world.until if program.is_steady else None

    @property
    def is_counted(self) -> bool:
        """Whether the k-th comes so often the interval after the first, whatever the clocks do meanwhile."""
        return self.calendar is not None or self.days != 0

    def first(self) -> tuple[int, int]:
        """The number and instant of the first one that does not lie before the period; it is counted from `starting` on."""
        number, instant = 1, self.next(self.begin, 1) if self.starting is None else self.starting
        while instant < self.begin:
            number += 1
            instant = self.next(instant, number)
            if number > MOST_BEFORE:
                text = f"more than {MOST_BEFORE:,} of these lie before the period begins: let it start later"
                raise RunStopped("E508", text, self.path, self.begin)
        if self.until is not None:
            times = (self.until - instant) // (self.next(instant, number + 1) - instant)
            if times > MOST_IN_ALL:
                text = f"this would come {times:,} times in the period, and a run has at most {MOST_IN_ALL:,} turns"
                raise RunStopped("E508", f"{text}: a longer interval, or a shorter period", self.path, self.begin)
        return number, instant

    def next(self, now: int, number: int) -> int:
        """The instant of this number, after the one before it."""
        anchor, times = (self.begin, number) if self.starting is None else (self.starting, number - 1)
        if self.calendar is not None:
            count, unit = self.calendar
            interval = clock.shifted(anchor, times * count, unit, self.zone) - now
        elif self.days:
            interval = clock.moved(anchor, times * self.length, times * self.days, self.zone) - now
        else:
            interval = self.interval(now, None, None, self.name, number)
        if not 0 < interval <= LONGEST:
            raise self.impossible(interval, now)
        return now + interval

    def impossible(self, interval: int, now: int) -> RunStopped:
        """What to say of an interval that does not lead forward, or too far."""
        return impossible("an interval of", interval, self.path, now)
