"""Duties: what norms oblige to, each with its own clock.

In: norms that come into force or go out of it, triggers that begin duties, acts that happened. Out: entries `N.fulfilled` and
`N.breached`, and whether a duty of a norm runs (a slot of the world, so that conditions may follow it).

Each enactment begins a duty; where a norm has triggers of its own, each of these does, and its enactment none. An act discharges
all running duties it matches. What runs at a deadline is breached; deadlines are closings, so all of an instant are judged together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sim.engine import program as p
from sim.engine import record as r
from sim.engine.conditions import Conditions
from sim.engine.kernel import CLOSINGS, LONGEST, Kernel, Turn, impossible
from sim.engine.reactions import Effect, Firing, covers
from sim.engine.record import Extra, RawEntry
from sim.engine.world import Namer, World

__all__ = ["Duties", "Duty"]

Change = tuple[str, Any, Any, str]
"""Path, old, new, and type, as an entry has it."""


class Duty(Turn):
    """One duty, and the closing at its deadline: which norm's, the entry that began it, what triggered it.

    `ends` is its deadline, None while its clock stands still (`left` is then what is left of it) or where it has none.
    """

    __slots__ = ("began", "duties", "ends", "is_over", "left", "of", "trigger")

    def __init__(self, duties: Duties, of: Obligation, began: RawEntry, trigger: RawEntry | None) -> None:
        super().__init__()
        self.duties = duties
        self.of = of
        self.began = began
        self.trigger = trigger
        self.ends: int | None = None
        self.left: int | None = None
        self.is_over = False

    @property
    def is_off(self) -> bool:
        """Whether nothing is to be awaited of its deadline."""
        return self.is_over or self.ends is None

    def due(self) -> bool:
        """Whether its deadline, as it is now, has come: one that was put off rings for nothing."""
        return not self.is_over and self.ends == self.duties.world.now

    def act(self) -> None:
        """The deadline has come, and was found due: what else ends at this instant does not save it."""
        if self.ends is not None:
            self.ends = None
            self.duties.breach(self)


class Obligation:
    """A norm that obliges, bound to a run: its functions, and the duties that run."""

    __slots__ = ("breach_namer", "deadline", "fulfil_namer", "program", "running", "where")

    def __init__(self, world: World, program: p.ObligationProgram) -> None:
        self.program = program
        self.where = world.function(program.pattern.where)
        self.deadline = world.function(program.deadline)
        self.running: list[Duty] = []
        self.fulfil_namer = Namer(f"{program.id}.fulfilled")
        self.breach_namer = Namer(f"{program.id}.breached")


class Duties:
    """The duties of one run."""

    def __init__(self, world: World, kernel: Kernel, hear: Callable[[RawEntry], None], conditions: Conditions | None) -> None:
        self.world = world
        self.kernel = kernel
        self.hear = hear
        self.conditions = conditions
        self.table = {program.id: Obligation(world, program) for program in world.program.obligations}
        self.by_event: dict[str, list[Obligation]] = {}
        for obligation in self.table.values():
            self.by_event.setdefault(obligation.program.pattern.event, []).append(obligation)

    def start(self) -> None:
        """Norms that are in force at the start have one duty each."""
        for obligation in self.table.values():
            if self.world.values[obligation.program.running]:
                self.add(obligation, self.world.log[0], None)

    # law: what an enactment, a repeal, a suspension means for duties

    def changes(self, verb: str, norm: str) -> tuple[Change, ...]:
        """What the entry of a change of law says of `running`; to be asked before `follow`."""
        obligation = self.table.get(norm)
        if obligation is None or verb in ("suspend", "resume") or (verb == "enact" and obligation.program.is_triggered):
            return ()
        return self.turned(obligation, begins=verb == "enact")

    def follow(self, verb: str, norm: str, entry: RawEntry) -> None:
        """A provision has changed: what that means for the duties of a norm. What is neither enacted nor rests has ended."""
        match verb:
            case "enact":
                self.resume(norm)
                self.begin(norm, entry)
            case "suspend":
                self.suspend(norm)
            case "resume":
                self.resume(norm)
            case _:
                self.end(norm, entry)

    def begin(self, norm: str, entry: RawEntry) -> None:
        """A norm was enacted, or enacted again: one more duty, unless triggers begin them."""
        obligation = self.table.get(norm)
        if obligation is not None and not obligation.program.is_triggered:
            self.add(obligation, entry, None)

    def end(self, norm: str, entry: RawEntry) -> None:
        """A norm is no longer in force: its duties end, and are not breached."""
        obligation = self.table.get(norm)
        if obligation is not None and obligation.running:
            for duty in obligation.running:
                duty.is_over = True
            obligation.running.clear()
            self.note(obligation, entry)

    def suspend(self, norm: str) -> None:
        """A norm is suspended: the clocks of its duties stand still. They may be fulfilled all the same."""
        for duty in self.clocks(norm):
            if duty.ends is not None:
                duty.left, duty.ends = duty.ends - self.world.now, None

    def resume(self, norm: str) -> None:
        """A suspended norm is in force again: the clocks of its duties go on."""
        for duty in self.clocks(norm):
            if duty.left is not None:
                left, duty.left = duty.left, None
                self.wind(duty, self.world.now + left)

    def clocks(self, norm: str) -> list[Duty]:
        obligation = self.table.get(norm)
        return [] if obligation is None else obligation.running

    # beginning

    def triggered(self, effect: Effect, firing: Firing) -> None:
        """A trigger begins a duty, if its norm is still in force after all that is written on this occasion; a `change` says so."""
        program: Any = effect.program
        obligation, trigger = self.table[program.norm], firing.entry
        if not self.world.values[obligation.program.in_force]:
            return
        changes = self.turned(obligation, begins=True)
        case, cause = r.origin_of(trigger)
        path = effect.namer.name(firing.path)
        entry = self.world.record(
            program.change, None, None, case, cause, firing.because, {"duty": obligation.program.id}, path, firing.k,
            Extra(changes=changes) if changes else None,
        )  # fmt: skip
        self.add(obligation, entry, trigger)

    def add(self, obligation: Obligation, began: RawEntry, trigger: RawEntry | None) -> None:
        """One more duty, with a deadline of its own."""
        duty = Duty(self, obligation, began, trigger)
        obligation.running.append(duty)
        self.note(obligation, began)
        if obligation.deadline is not None:
            now = self.world.now
            delay = obligation.deadline(now, None, trigger, began[r.PATH], began[r.K])
            if not 0 <= delay <= LONGEST:
                raise impossible("a deadline of", delay, f"{obligation.program.path}.deadline", now)
            self.wind(duty, now + delay)

    def wind(self, duty: Duty, ends: int) -> None:
        """Let a duty's clock run to this instant."""
        duty.ends = ends
        self.kernel.ask(ends, duty, self.kernel.closing, CLOSINGS)

    # ending

    def discharge(self, act: RawEntry) -> None:
        """An act that happened fulfils all running duties it matches; who did it is who fulfils."""
        extra: Extra | None = act[r.EXTRA]
        if extra is not None and extra.status == "blocked":
            return
        for duty in list(self.matched(act, extra.via if extra else None)):
            program, namer = duty.of.program, duty.of.fulfil_namer
            own = namer.name(f"{duty.began[r.PATH]}#{duty.began[r.K]}")
            self.conclude(duty, program.fulfilled, act, act[r.BY], act[r.TO], Namer(own).name(act[r.PATH]), act[r.K], {})

    def matched(self, act: RawEntry, via: str | None) -> Iterator[Duty]:
        """The running duties that an act fulfils, by path, then the oldest first."""
        world = self.world
        for obligation in self.by_event.get(act[r.SHAPE].event, ()):
            if obligation.running and covers(obligation.program.pattern, world.program.above, act[r.BY], act[r.TO], via):
                where = obligation.where
                yield from (duty for duty in obligation.running if where is None or where(world.now, act, duty.trigger))

    def breach(self, duty: Duty) -> None:
        """A duty is not fulfilled in time; it is its holder's, of several the first named."""
        program, began = duty.of.program, duty.began
        data = {"holders": ", ".join(program.holders)} if len(program.holders) > 1 else {}
        path = duty.of.breach_namer.name(began[r.PATH])
        self.conclude(duty, program.breached, began, program.holders[0], program.addressee, path, began[r.K], data)

    def conclude(
        self, duty: Duty, shape: r.Shape, cause: RawEntry, by: str, to: str | None, path: str, k: int, data: dict[str, Any]
    ) -> None:
        """Log how a duty ended, which is a commit, and let it be heard in a turn of its own."""
        obligation, world = duty.of, self.world
        if not duty.is_over:  # a sunset of this instant may have ended it
            duty.is_over = True
            obligation.running.remove(duty)
        before = None if self.conditions is None else self.conditions.about_to_change({obligation.program.running})
        changes = self.turned(obligation, begins=False) if not obligation.running else ()
        data = {"duration": world.now - duty.began[r.TIME], **data}
        extra = Extra(changes=changes) if changes else None
        entry = world.record(shape, by, to, cause[r.CASE], cause[r.ID], None, data, path, k, extra)
        self.note(obligation, entry)
        if self.conditions is not None and before is not None:
            self.conditions.changed(before)
        self.kernel.ask_now(self.hear, entry)

    # what the world knows

    def turned(self, obligation: Obligation, *, begins: bool) -> tuple[Change, ...]:
        """How `running` changes with one more duty, or with none left."""
        was = bool(self.world.values[obligation.program.running])
        return () if was == begins else ((f"running.{obligation.program.id}", was, begins, "flag"),)

    def note(self, obligation: Obligation, entry: RawEntry) -> None:
        """Let the world know whether a duty runs, and since which entry."""
        slot, runs = obligation.program.running, bool(obligation.running)
        if self.world.values[slot] != runs:
            self.world.values[slot] = runs
            self.world.writers[slot] = entry[r.ID]

    def open(self) -> list[str]:
        """What is owed at the end, in words."""
        return [f"{name}: {len(found.running)}" for name, found in sorted(self.table.items()) if found.running]
