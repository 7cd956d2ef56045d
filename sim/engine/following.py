"""What following a condition takes: the condition itself, alarms, windows, and tracks that tell.

In: a condition's program, and its functions. Out: `Watch`, `Alarm`, `Window`, `FollowedTrack`, on which `conditions` works.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Any

from sim.clock import Width
from sim.engine import program as p
from sim.engine.crossings import Scout
from sim.engine.kernel import NATURE, Kernel, Turn
from sim.engine.record import Guarded
from sim.engine.windows import lately
from sim.engine.world import Track

__all__ = ["Alarm", "FollowedTrack", "Turned", "Watch", "Window"]

Turned = Callable[["Watch"], None]
"""What is to be done when a condition has turned."""

Meet = Callable[[tuple[int, ...]], None]
Touched = Callable[[dict["Watch", None]], None]


class Alarm(Turn):
    """Rings at the instant to which it was last set. One that was put off rings in between and goes on waiting."""

    __slots__ = ("after", "asked", "call", "due", "kernel")

    def __init__(self, kernel: Kernel, call: Callable[[], None], after: Callable[[], None]) -> None:
        super().__init__()
        self.kernel = kernel
        self.call = call
        self.after = after
        self.due: int | None = None
        self.asked: int | None = None

    @property
    def is_off(self) -> bool:
        """Whether it was set to nothing."""
        return self.due is None

    def set(self, due: int | None) -> None:
        """Ring at this instant, or not at all."""
        self.due = due
        if due is not None and (self.asked is None or due < self.asked):
            self.asked = due
            self.kernel.ask(due, self, RINGING, NATURE)

    def ring(self) -> None:
        """Its instant, or an earlier one to which it was set before."""
        now = self.kernel.clock.now
        if now == self.asked:
            self.asked, due, self.due = None, self.due, None
            if due is not None and due > now:
                self.set(due)
            elif due is not None:
                self.call()
        self.after()


RINGING: tuple[Callable[[Any], None]] = (Alarm.ring,)


class Window:
    """A window of a track: what leaves it is noticed at its first microsecond outside."""

    __slots__ = ("alarm", "readers", "track", "width", "zone")

    def __init__(self, track: FollowedTrack, width: Any, zone: str) -> None:
        self.track = track
        self.width = width
        self.zone = zone
        self.readers: dict[Watch, None] = {}
        self.alarm: Alarm | None = None

    def aim(self, now: int, entry: Any, case: Any) -> int | None:
        """Set the alarm to when the next entry leaves."""
        width: Width = self.width(now, entry, case)
        recent = lately(self.track, width, now, self.zone) if width[1] else None
        last = self.last(width[2], now) if recent is None else recent.next()
        due = None if last is None else last + 1
        assert self.alarm is not None
        if due != self.alarm.due:
            self.alarm.set(due)
        return due

    def last(self, width: int, now: int) -> int | None:
        """The last instant at which the oldest entry that an exact window holds belongs to it."""
        times = self.track.times
        oldest = bisect_left(times, now - width)
        return times[oldest] + width if oldest < len(times) else None


class FollowedTrack(Track):
    """A track that conditions read. `unmet` are those of rules that nobody has looked at yet.

    `meet` is called before one more entry is counted, where some are unmet; `touched` after it, with all that read the track.
    """

    __slots__ = ("meet", "readers", "touched", "unmet")

    def __init__(self, meet: Meet, touched: Touched, track: Track | None = None, unmet: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.times = Heard(track.times if track else (), self)
        if track:
            self.ids, self.values = track.ids, track.values
        self.meet = meet
        self.touched = touched
        self.unmet = unmet
        self.readers: dict[Watch, None] = {}


class Heard(list[int]):
    """The instants of a followed track, which tell when one more is counted."""

    def __init__(self, times: Iterable[int], track: FollowedTrack) -> None:
        super().__init__(times)
        self.track = track

    def append(self, instant: int) -> None:
        """Count one more."""
        track = self.track
        if track.unmet:
            unmet, track.unmet = track.unmet, ()
            track.meet(unmet)
        super().append(instant)
        if track.readers:
            track.touched(track.readers)


class Watch:
    """One condition that is followed: its value when it was last compared, and the entry that last changed what it reads."""

    __slots__ = (
        "alarm", "case", "cause", "entry", "flag", "followed", "happens", "lasts", "occasion", "order", "program", "read", "reads",
        "scout", "timer", "turned", "turnings", "value", "waiting", "windows",
    )  # fmt: skip

    def __init__(self, program: p.ConditionProgram, turned: Turned, happens: Turned | None, entry: Any, case: Any, number: int) -> None:
        self.program = program
        self.turned: Any = turned
        self.happens: Any = happens
        self.entry = entry
        self.case = case
        self.order = (*program.order, number)
        self.flag: Any = None
        self.lasts: Any = None
        self.reads: Any = None
        self.read = Guarded(program.reads_names, program.reads_types)
        self.value = False
        self.cause = 0
        self.turnings = (-1, 0)
        self.windows: list[Window] = []
        self.followed: list[dict[Watch, None]] = []
        self.alarm: Alarm | None = None
        self.timer: Alarm | None = None
        self.scout: Scout | None = None
        self.occasion: Any = (None, "", 0)
        self.waiting: Any = ()
