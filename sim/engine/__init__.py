"""The engine: runs a program and hands over what happened.

In: a `Program`, seed and replication. Out: a `Recording`; or `RunStopped`.
"""

from __future__ import annotations

import gc
from itertools import count
from typing import Any

from sim.engine import program as p
from sim.engine.acts import Acts
from sim.engine.amendments import Amendments
from sim.engine.bind import Doing, bind_option, bind_rule, bind_timeline_entry
from sim.engine.claims import Claims
from sim.engine.conditions import Conditions
from sim.engine.decisions import Decisions
from sim.engine.duties import Duties
from sim.engine.holdings import Holdings
from sim.engine.kernel import Kernel, Turn
from sim.engine.law import Law
from sim.engine.licences import Licences
from sim.engine.procedures import Procedures
from sim.engine.reactions import Act, Firing, Reactions, Reactor
from sim.engine.record import Extra, Recording, Shape
from sim.engine.sessions import Sessions
from sim.engine.settle import LawWrite
from sim.engine.ticks import Dated, Ticker
from sim.engine.watching import Watch, Watched
from sim.engine.world import World
from sim.errors import RunStopped

__all__ = ["run"]

START = Shape("start", "", (), {})
END = Shape("end", "", (), {})
BETWEEN_COLLECTIONS = 256
"""After so many runs Python looks through all that is old: what was freed of other people's circles while runs kept it from looking."""
_runs = count(1)
FAILURES = (ArithmeticError, KeyError, TypeError, ValueError, AttributeError, RunStopped)


def run(program: p.Program, seed: int = 0, replication: int = 0, until: int | None = None, watch: Watch | None = None) -> Recording:
    """Run a program over its period, or until an earlier instant; what a `watch` is kept for is told to it."""
    return Run(program, seed, replication, program.until if until is None else min(until, program.until), watch).recording()


class Run:
    """One execution: the parts of the engine, bound to one another."""

    def __init__(self, program: p.Program, seed: int, replication: int, until: int, watch: Watch | None = None) -> None:
        self.program = program
        self.seed = seed
        self.replication = replication
        self.until = until
        self.world = World(program, seed, replication, until)
        self.kernel = Kernel(self.world, until)
        self.holdings = Holdings(self.world)
        parts = self.world, self.kernel, self.bind, self.apply_law
        self.reactions = Reactions(*parts) if watch is None else Watched(watch, *parts)
        self.conditions = Conditions(self.world, self.kernel, self.reactions) if program.followed is not None else None
        self.procedures = Procedures(self.world, self.kernel, self.reactions.hear, self.reactions.plain, self.conditions)
        self.sessions = Sessions(self.procedures)
        self.duties = Duties(self.world, self.kernel, self.reactions.hear, self.conditions)
        self.acts = Acts(self.world, self.kernel, self.procedures, self.duties, self.reactions)
        self.claims = Claims(self.world, self.kernel, self.acts, self.reactions.hear, self.conditions)
        self.decisions = Decisions(self.world, self.acts, self.reactions, self.bind_option)
        self.licences = Licences(self.world, self.kernel, self.procedures, self.holdings, self.acts, self.reactions.hear)
        attempts: dict[type[p.EffectProgram], Any] = {
            p.EmitProgram: self.acts.emit, p.OpenProgram: self.acts.open,
            p.ClaimProgram: self.claims.claim, p.DecideProgram: self.decisions.decide, p.LawProgram: self.change_law,
            p.AmendProgram: self.amend_law,
        }  # fmt: skip
        self.doing = Doing(attempts, self.licences.bound, self.licences.about)
        self.amendments = Amendments(self.world, self.kernel, self.procedures, self.acts, self.reactions, self.decisions.reread)
        self.law = Law(self.world, self.kernel, self.procedures, self.acts, self.duties, self.reactions, self.conditions)

    def bind(self, rule: p.RuleProgram) -> Reactor:
        """A rule with its functions and counters."""
        return bind_rule(self.world, rule, self.doing)

    def bind_option(self, option: p.OptionProgram) -> Reactor:
        """An option with its functions."""
        return bind_option(self.world, option, self.doing)

    def apply_law(self, write: LawWrite) -> None:
        """A law write takes hold, or a duty begins."""
        if isinstance(write.effect.program, p.BeginProgram):
            self.duties.triggered(write.effect, write.firing)
        elif isinstance(write.effect.program, p.AmendProgram):
            self.amendments.apply(write)
        else:
            self.law.apply(write)

    def change_law(self, act: Act) -> None:
        """Somebody changes the law."""
        self.law.attempt(act)

    def amend_law(self, act: Act) -> None:
        """Somebody amends the law."""
        self.amendments.attempt(act)

    def recording(self) -> Recording:
        """Everything that happens, from `start` to `end`."""
        world = self.world
        starts = tuple((slot.path, None, slot.start, slot.type) for slot in self.program.slots)
        world.record(START, None, None, None, None, None, None, "start", 0, Extra(changes=starts))
        collecting = gc.isenabled()
        gc.disable()  # entries are many and form no circles: looking for circles among them takes a third of a run
        try:
            self.ask_all()
            dry = self.kernel.run()
        except FAILURES as failure:
            raise world.stopped(failure, failure.__traceback__) from failure
        finally:
            gc.freeze()  # counts everything as old, so that the next collection does not look through the log
            gc.unfreeze()
            if collecting:
                gc.enable()
        world.now = self.until
        data: dict[str, Any] = {"reason": "quiescent" if dry else "horizon"}
        if waiting := self.procedures.waiting():
            data["waiting"] = ", ".join(waiting)
        if self.conditions is not None and (unmet := self.conditions.unmet_waits()):
            data["unmet"] = ", ".join(unmet)
        if owed := self.duties.open():
            data["owed"] = ", ".join(owed)
        world.record(END, None, None, None, None, None, data, "end", 0)
        recording = Recording(
            self.program.scenario, self.program.timezone, self.program.begin, self.until,
            self.seed, self.replication, world.log, self.kernel.turns,
        )  # fmt: skip
        self.take_apart()
        if collecting and next(_runs) % BETWEEN_COLLECTIONS == 0:
            gc.collect()
        return recording

    def take_apart(self) -> None:
        """Free a run's memory now: its parts refer to one another, and the collector, kept away from logs, would come late."""
        for procedure in self.procedures.table.values():
            for case in procedure.cases:
                case.part()
            procedure.cases.clear()
            procedure.seen_open.clear()
            for step in procedure.all_steps:
                step.group = step.session = step.desk = None
                step.unspared.clear()
                step.imposed.clear()
        for desk in self.procedures.desks.values():
            desk.queue.clear()
        for obligation in self.duties.table.values():
            obligation.running.clear()
        if self.conditions is not None:
            self.conditions.take_apart()
        self.law.sunsets.take_apart()
        vars(self.law.sunsets).clear()
        self.world.space.clear()
        vars(self.kernel.env).clear()
        for part in (
            self.sessions,
            self.procedures,
            self.acts,
            self.licences,
            self.duties,
            self.holdings,
            self.claims,
            self.decisions,
            self.law,
            self.amendments,
            self.conditions,
            self.reactions,
            self.kernel,
            self.world,
            self,
        ):
            if part is not None:
                vars(part).clear()

    def ask_all(self) -> None:
        """At the start: the timeline by instant, then dates and ticks, then sessions, ties in the order of the program; conditions."""
        world = self.world
        dated = []
        for entry in self.program.timeline:
            instant = world.function(entry.at)(world.now, None, None, entry.path, 0)
            dated.append((instant, entry.path, bind_timeline_entry(world, entry, self.doing)))
        for instant, path, reactor in sorted(dated, key=lambda one: one[0]):
            if self.program.begin <= instant:  # what comes after the end keeps the run from being quiescent
                firing = Firing(reactor, None, path, 0, None, reactor.effects)
                self.kernel.ask(instant, Turn(firing), self.reactions.maturing_alone)
        for number, rule in enumerate(self.program.rules):
            for date in rule.dates:
                if self.program.begin <= date.instant:
                    Dated(self.reactions, number, date).ask()
            for tick in rule.ticks:
                Ticker(self.reactions, tick, self.reactions.reactor(number)).first()
        self.sessions.start()
        self.duties.start()
        if self.conditions is not None:
            self.conditions.start()
            self.claims.start()
