"""Sunsets: what the law does by itself later, at a date, after a time, or when a condition turns true.

In: changes of provisions that say until when. Out: commits that end or turn them back, as closings; firings of rules that come before.

A provision has one sunset, set by the last enactment, and one way back (the end of a suspension, a resumption or a repeal), set by the last
change. Each is called off by the next change of its kind: what was asked for before then lapses.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from sim.engine import program as p
from sim.engine import record as r
from sim.engine.conditions import Conditions, Watch
from sim.engine.kernel import CLOSINGS, LONGEST, Closing, Kernel, Turn, impossible
from sim.engine.reactions import Reactions
from sim.engine.record import RawEntry
from sim.engine.settle import LawWrite
from sim.engine.world import Namer, World
from sim.errors import RunStopped

__all__ = ["Sunsets"]

BACK = {"suspend": "resume", "resume": "suspend", "repeal": "enact"}
"""What undoes a change when its time is over."""


def usual(law: p.LawProgram, verb: str) -> str:
    """What becomes of cases under way where nobody says so: only what ends lets them finish, and only as a whole."""
    return "finish" if law.step is None and verb != "suspend" else "join"


class Ending:
    """What a change does by itself at its end, and what waits for that. `entry` is that of the change."""

    __slots__ = ("because", "cause", "closes", "entry", "is_over", "leads", "verb", "watch", "write")

    def __init__(self, write: LawWrite, verb: str, entry: RawEntry) -> None:
        self.write = write
        self.verb = verb
        self.entry = entry
        self.is_over = False
        self.closes = False
        self.watch: Watch | None = None
        self.cause = 0
        self.because: Any = None
        self.leads: list[Turn] = []


class Sunsets:
    """The sunsets of one run."""

    def __init__(self, world: World, kernel: Kernel, reactions: Reactions, conditions: Conditions | None) -> None:
        self.world = world
        self.kernel = kernel
        self.reactions = reactions
        self.conditions = conditions
        self.sunsets: dict[str, Ending] = {}
        self.ways_back: dict[str, Ending] = {}
        self.leading = (self.lead,)
        self.namers: dict[str, Namer] = {}

    def changed(self, write: LawWrite, entry: RawEntry) -> None:
        """A provision has changed: what was to come of earlier changes lapses, and what comes of this one is asked for."""
        provision = write.effect.program.provision
        self.call_off(self.ways_back.pop(provision, None))
        if write.verb in ("enact", "repeal", "expire"):
            self.call_off(self.sunsets.pop(provision, None))
        condition = write.ends_when
        if write.ends is None and condition is None:
            return
        verb = "expire" if write.verb == "enact" else BACK[write.verb]
        ending = Ending(write, verb, entry)
        (self.sunsets if verb == "expire" else self.ways_back)[provision] = ending
        if condition is not None and self.conditions is not None:
            self.conditions.afterwards.append(partial(self.follow, ending))
        elif write.ends is not None:
            self.close(ending, write.ends)
            self.announce(ending, write.ends)

    def close(self, ending: Ending, instant: int) -> None:
        """Ask for the end: as a closing, so that the provision still governs the acts of its last instant."""
        now = self.world.now
        if instant > LONGEST:
            raise RunStopped("E505", "an end so far away is impossible", ending.write.effect.program.path, now)
        ending.closes = True
        closing = Closing(lambda: not ending.is_over, partial(self.end, ending))
        self.kernel.ask(max(now, instant), closing, self.kernel.closing, CLOSINGS)

    def end(self, ending: Ending) -> None:
        """The end has come."""
        if ending.is_over:
            return
        write = ending.write
        over = LawWrite(
            write.firing, write.effect, ending.verb, None, origin=ending.entry, pending=usual(write.effect.program, ending.verb)
        )
        over.cause, over.because = ending.cause, ending.because
        self.reactions.commit([write.firing], [], [over])

    def call_off(self, ending: Ending | None) -> None:
        """Nothing comes of this any more."""
        if ending is None:
            return
        ending.is_over = True
        if ending.watch is not None and self.conditions is not None:
            self.conditions.forget(ending.watch)
            ending.watch = None
        for turn in ending.leads:
            turn.call_off()

    # conditions

    def follow(self, ending: Ending) -> None:
        """Follow the condition that ends it; where it is true already, it ends at this instant."""
        condition = ending.write.ends_when
        if ending.is_over or condition is None or self.conditions is None:
            return
        path, k = ending.entry[r.PATH], ending.entry[r.K]

        def turned(watch: Watch) -> None:
            if self.conditions is not None and not ending.closes:
                ending.cause = max(watch.cause, ending.entry[r.ID])
                self.conditions.begin_or_end(watch, path, k)

        def happens(watch: Watch) -> None:
            if not ending.closes:
                if watch.reads is not None:
                    ending.because = (watch.read, *watch.reads(self.world.now, watch.entry, None))
                self.close(ending, self.world.now)

        ending.watch = self.conditions.follow(condition, turned, happens, ending.write.firing.entry)
        turned(ending.watch)

    # what comes before

    def announce(self, ending: Ending, instant: int) -> None:
        """Ask for the firings of rules that come before a sunset: at once, where less time is left."""
        if ending.verb != "expire":
            return
        now, entry = self.world.now, ending.entry
        for before in self.world.program.befores.get(ending.write.effect.program.provision, ()):
            namer = self.namers.setdefault(before.name, Namer(before.name))
            name, k = namer.name(entry[r.PATH]), entry[r.K]
            lead = self.world.function(before.lead)(now, None, None, name, k, instant)
            if not 0 <= lead <= LONGEST:
                raise impossible("a lead of", lead, f"{before.path}.lead", now)
            turn = Turn((before.rule, entry, name, k))
            ending.leads.append(turn)
            self.kernel.ask(max(now, instant - lead), turn, self.leading)

    def lead(self, turn: Turn) -> None:
        """So much time is left before the end: the rule may react."""
        rule, entry, name, k = turn.argument
        firing = self.reactions.accepts(self.reactions.reactor(rule), None, entry, name, k)
        if firing is not None:
            self.reactions.start([firing])

    def take_apart(self) -> None:
        """Cut the circles, so that memory is free at once."""
        for endings in (self.sunsets, self.ways_back):
            for ending in endings.values():
                ending.watch = None
                ending.leads.clear()
            endings.clear()
