"""The kernel: turns in their total order. It alone knows SimPy, and it knows nothing but turns.

In: what shall be done, when, and in which phase. Out: everything done, in the order of (instant, phase, sequence).

SimPy's queue is ordered by (time, priority, sequence): instants are its times, phases its priorities. What is asked for
the running instant waits in a queue of its own, since most of it can be done without a detour over the heap: as long as
nothing else is due at this instant, its order is the order of asking.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, Protocol

import simpy

from sim.clock import DAY, SECOND
from sim.errors import RunStopped

__all__ = [
    "ACTS", "CLOSINGS", "DEEPEST", "GENERATIONS", "LONGEST", "MOST_IN_ALL", "MOST_TURNS", "MOST_WAITING", "NATURE", "SESSIONS",
    "Closing", "Kernel", "Turn",
    "impossible",
]  # fmt: skip

NATURE, ACTS, SESSIONS, CLOSINGS = range(4)
"""The phases: of crossings and of what leaves a window; of timeline, ticks, ended delays, finished steps and every act asked for; of bodies
that meet; of time limits."""

DEEPEST = 1_000
"""How long a chain of causes may grow within one instant."""

MOST_TURNS = 250_000
"""How many turns one instant may have."""

MOST_IN_ALL = 10_000_000
"""How many turns one run may have."""

MOST_WAITING = 250_000
"""How much may wait for its instant at a time."""

GENERATIONS = 100_000
"""A chain of causes of this length that would need more than `MOST_IN_ALL` turns at its pace goes on for ever, as far as a run can tell."""

LOOKS = 250_000
"""After so many turns it is looked at how far the run has come. What has not come a second further goes round by microseconds."""

LONGEST = 2**53
"""No wait is longer, and no instant later (µs)."""

Call = Callable[[Any], None]


def impossible(what: str, length: int, path: str, now: int) -> RunStopped:
    """What to say of a length of time that cannot be waited."""
    return RunStopped("E505", f"{what} {length / DAY:g} d is impossible", path, now)


class Turn:
    """Something to do at an instant: a `simpy.Event` in all that SimPy asks of one, and no more.

    What is done again and again (a tick, the work on a case) is a turn itself and is asked for anew each time;
    its one callback says what it does.
    """

    __slots__ = ("_ok", "argument", "callbacks", "depth")

    callbacks: tuple[Call]
    depth: int

    def __init__(self, argument: Any = None) -> None:
        self._ok = True
        self.argument = argument

    @property
    def is_off(self) -> bool:
        """Whether it came to nothing before its instant: such a turn keeps no run alive."""
        return self.callbacks is LAPSED

    def call_off(self) -> None:
        """Nothing will be done."""
        self.callbacks = LAPSED


LAPSED: tuple[Call] = (lambda _: None,)


class Closing(Turn):
    """A time limit: `due` says whether it still matters, `act` what it brings."""

    __slots__ = ("act", "due")

    def __init__(self, due: Callable[[], bool], act: Callable[[], None]) -> None:
        super().__init__()
        self.due = due
        self.act = act

    @property
    def is_off(self) -> bool:
        """Whether what it limits is over."""
        return not self.due()


class Clock(Protocol):
    """Whatever tells the time of a run; the kernel moves it."""

    now: int

    def generations(self, most: int) -> int:
        """How long the chain of causes is that led to what was done last, counted up to `most`."""


class Kernel:
    """The queue of one run."""

    def __init__(self, clock: Clock, until: int) -> None:
        self.env = simpy.Environment(initial_time=clock.now)
        self.clock = clock
        self.until = until
        self.depth = 0
        self.turns = 0
        self.turns_before = 0
        self.next_look, self.looked_at = LOOKS, clock.now
        self.waiting: deque[tuple[Call, Any, int]] = deque()
        # SimPy offers no way to see the phase of what is next, nor to queue what is not a whole `simpy.Event`.
        self.heap = self.env._queue  # noqa: SLF001
        self.sequence = self.env._eid  # noqa: SLF001
        self.unpacked = (_unpacked,)
        self.closing = (self.close,)

    def ask(self, instant: int, turn: Turn, callbacks: tuple[Call], phase: int = ACTS) -> None:
        """Do this turn at an instant from now on. At this very instant, it is a turn behind what is queued."""
        turn.callbacks = callbacks
        if instant > self.clock.now:
            turn.depth = 0
        else:
            turn.depth = self.depth + 1
            if self.waiting:  # was asked for first
                self.to_the_heap()
        heappush(self.heap, (instant, phase, next(self.sequence), turn))  # type: ignore[misc]  # see `Turn`

    def ask_now(self, call: Call, argument: Any) -> None:
        """Do this in this instant, behind what is queued."""
        self.waiting.append((call, argument, self.depth + 1))

    def ask_again(self, call: Call, argument: Any) -> None:
        """Do this again in this instant, behind what is queued: it goes on, and leads no chain of causes further."""
        self.waiting.append((call, argument, self.depth))

    def last(self, call: Call, argument: Any) -> None:
        """Do this in this instant, as the last thing the running turn asks for: at once, if nothing else is due before it."""
        if self.waiting or (self.heap and self.heap[0][0] <= self.clock.now) or self.depth >= DEEPEST - 1:
            self.ask_now(call, argument)
        else:
            self.turns += 1
            self.depth += 1
            call(argument)

    def run(self) -> bool:
        """Do all turns before `until`; whether the queue ran dry before.

        This is `simpy.Environment.step` written out: the same queue, clock and callbacks, without its care for events that
        fail, which a turn never does (in the bench world a twentieth of a run).
        """
        env, heap, clock, waiting, until = self.env, self.heap, self.clock, self.waiting, self.until
        self.drain()
        while heap and heap[0][0] < until:
            now, _, _, event = heappop(heap)
            turn: Any = event  # see `Turn`
            env._now = now  # noqa: SLF001
            self.turns += 1
            depth = self.depth = turn.depth
            if now != clock.now:
                clock.now = now  # type: ignore[assignment]  # instants are whole numbers
                self.turns_before = self.turns
                if self.turns >= self.next_look or len(heap) > MOST_WAITING:
                    self.look()
            elif depth > DEEPEST or self.turns - self.turns_before > MOST_TURNS:
                self.stop()
            turn.callbacks[0](turn)
            if waiting:
                self.drain()
        return all(turn.is_off for *_, turn in heap)  # type: ignore[attr-defined]  # see `Turn`

    def close(self, first: Any) -> None:
        """All closings of this instant: those that are due are told on one world, and then act in the order of asking."""
        batch: list[Any] = [first]
        while self.heap and self.heap[0][:2] == (self.clock.now, CLOSINGS):
            batch.append(heappop(self.heap)[3])
            self.turns += 1
        for closing in [one for one in batch if one.due()]:
            closing.act()

    def drain(self) -> None:
        """Do what waits for this instant, unless something in the heap comes before it."""
        waiting, heap, now = self.waiting, self.heap, self.clock.now
        while waiting:
            if heap and heap[0][0] <= now:
                self.to_the_heap()
                return
            call, argument, depth = waiting.popleft()
            self.depth = depth
            self.turns += 1
            if depth > DEEPEST or self.turns - self.turns_before > MOST_TURNS:
                self.stop()
            call(argument)

    def to_the_heap(self) -> None:
        """Queue what waits behind what else is due at this instant."""
        while self.waiting:
            call, argument, depth = self.waiting.popleft()
            turn = Turn((call, argument))
            turn.callbacks, turn.depth = self.unpacked, depth
            heappush(self.heap, (self.clock.now, ACTS, next(self.sequence), turn))  # type: ignore[misc]  # see `Turn`

    def is_last_of(self, phase: int) -> bool:
        """Whether nothing more of a phase is due at this instant."""
        return not (self.heap and self.heap[0][0] <= self.clock.now and self.heap[0][1] <= phase)

    def look(self) -> None:
        """See how far the run has come: whether it has too many turns, or a chain of causes goes on at a pace at which it would have."""
        now, came = self.clock.now, self.clock.now - self.looked_at
        if self.turns > MOST_IN_ALL or len(self.heap) > MOST_WAITING:
            self.stop()
        if came < SECOND:
            raise RunStopped("E503", f"one second has more than {LOOKS:,} turns", instant=now)
        rest = (self.until - now) * LOOKS // came
        if self.turns + rest > MOST_IN_ALL and self.clock.generations(GENERATIONS) >= GENERATIONS:
            text = f"a chain of causes goes on and on, and at its pace the rest of the period has {rest:,} turns; a run has at most"
            raise RunStopped("E508", f"{text} {MOST_IN_ALL:,}", instant=now)
        self.next_look, self.looked_at = self.next_look + LOOKS, now

    def stop(self) -> None:
        """A limit is reached."""
        now = self.clock.now
        if self.depth > DEEPEST:
            raise RunStopped("E502", f"a chain of causes is longer than {DEEPEST:,} within one instant", instant=now)
        if self.turns > MOST_IN_ALL:
            raise RunStopped("E508", f"a run has more than {MOST_IN_ALL:,} turns", instant=now)
        if len(self.heap) > MOST_WAITING:
            raise RunStopped("E508", f"more than {MOST_WAITING:,} things wait for their time", instant=now)
        raise RunStopped("E503", f"one instant has more than {MOST_TURNS:,} turns", instant=now)


def _unpacked(turn: Turn) -> None:
    call, argument = turn.argument
    call(argument)
