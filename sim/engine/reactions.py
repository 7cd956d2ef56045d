"""Reactions: who hears an entry, which rules accept it, how their writes are settled, and which acts they bring about.

In: entries of the log. Out: changes committed and logged, acts and delays asked of the kernel.
For all rules that fire on one entry: every value is read, then all writes are committed, then the acts are queued.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sim.engine import program as p
from sim.engine import record as r
from sim.engine.kernel import LONGEST, Kernel, Turn, impossible
from sim.engine.record import Extra, Guarded, RawEntry, heard_as
from sim.engine.settle import LawWrite, Settlement, Write
from sim.engine.world import Namer, NoAttribute, World

__all__ = ["Act", "Chosen", "Effect", "Firing", "Reactions", "Reactor", "covers"]


@dataclass(slots=True)
class Effect:
    """An effect bound to a run: its functions and its name. `values` gives an act's by, to, via and data; `attempt` does it.

    Of a write on cases `choosing` gives the cases that are meant; of a change of law `terms` gives from when and until when,
    `meant` the cases that it is about, where it is not about all."""

    program: p.EffectProgram
    namer: Namer
    attempt: Any
    guard: Any
    after: Any
    values: Any
    value: Any
    owner: Any
    slots: Any
    choosing: Any = None
    terms: Any = None
    meant: Any = None


@dataclass(slots=True)
class Reactor:
    """A rule, timeline entry or option bound to a run, with its counters; `plain` if all it does is to ask for acts at once.

    Timeline entries and options are not asked whether they are in force (`in_force` is -1). `free` is until when it pauses; None before
    its first pause."""

    path: str
    in_force: int
    priority: float
    guard: Any
    reads: Any
    read: Guarded
    chance: Any
    after: Any
    still: Any
    pause: Any
    times: int | None
    effects: tuple[Effect, ...]
    plain: bool
    change: r.Shape
    change_namer: Namer
    is_timeline: bool
    fired: int = 0
    free: int | None = None


class Firing:
    """A rule that has accepted an occasion: the entry it reacts to (None for time), the occasion's name, what the guard read."""

    __slots__ = ("because", "effects", "entry", "k", "path", "reactor")

    def __init__(self, reactor: Reactor, entry: RawEntry | None, path: str, k: int, because: Any, effects: tuple[Effect, ...]) -> None:
        self.reactor = reactor
        self.entry = entry
        self.path = path
        self.k = k
        self.because = because
        self.effects = effects


Act = tuple[Effect, Firing, tuple[str | None, str | None, str | None, dict[str, Any] | None]]
"""An act asked for: all its values (by, to, via, data) are read, whether it may happen is judged at its own turn."""

Chosen = tuple[Effect, Firing, list[Any]]
"""A write on cases, which were chosen when everything was read."""

ApplyLaw = Callable[[LawWrite], None]
Commit = Callable[[list[Firing], list[Write], list[LawWrite]], None]
Wait = Callable[[p.ConditionProgram, Firing, Callable[[Turn], None]], None]
"""How a firing waits for a condition; None in a run in which nothing does."""
Listener = tuple[Reactor, tuple[Any, ...] | None]
MOST_LISTS = 100_000


class Reactions:
    """The rules of one run."""

    is_watched = False

    def __init__(self, world: World, kernel: Kernel, bind: Callable[[p.RuleProgram], Reactor], apply_law: ApplyLaw) -> None:
        self.world = world
        self.kernel = kernel
        self.commit: Commit = Settlement(world, apply_law).commit
        self.wait: Wait | None = None
        self.bind = bind
        self.reactors: dict[int, Reactor] = {}
        self.plain: dict[str, dict[Any, tuple[Listener, ...]]] = {event: {} for event, _ in world.program.listening}
        self.lists: dict[Any, tuple[Listener, ...]] = {}
        self.maturing = (self.mature,)
        self.maturing_alone = (self.apply_due,)

    def reactor(self, number: int) -> Reactor:
        """A rule, bound to the run when it is first met."""
        found = self.reactors.get(number)
        if found is None:
            found = self.reactors[number] = self.bind(self.world.program.rules[number])
        return found

    def listeners(self, names: tuple[str, ...], by: str | None, to: str | None, via: str | None) -> tuple[Listener, ...]:
        """The rules whose patterns mean an entry of these names and actors, in the order in which they fire."""
        program = self.world.program
        matching: dict[int, list[Any]] = {}
        for name in names:
            for actor in (None, *(program.above[by] if by is not None else ())):
                for number, place in program.listening.get((name, actor), ()):
                    pattern = program.rules[number].patterns[place]
                    if covers(pattern, program.above, by, to, via):
                        matching.setdefault(number, []).append(self.world.function(pattern.where))
        ordered = sorted(matching.items(), key=lambda pair: (-program.rules[pair[0]].priority, pair[0]))
        return tuple((self.reactor(number), None if None in wheres else tuple(wheres)) for number, wheres in ordered)

    # hearing

    def hear(self, entry: RawEntry) -> None:
        """Let the rules that listen to an entry react. It counts itself; what it brings about does not."""
        extra: Extra | None = entry[r.EXTRA]
        if extra is None:
            known = self.plain.get(entry[r.SHAPE].event)
            if known is None:
                return
            key: Any = (entry[r.BY], entry[r.TO])
            found = known.get(key)
            if found is None:
                found = known[key] = self.listeners((entry[r.SHAPE].event,), entry[r.BY], entry[r.TO], None)
        else:
            found = self.listening(entry, extra)
        firings = []
        for reactor, wheres in found:
            firing = self.accepts(reactor, wheres, entry, entry[r.PATH], entry[r.K])
            if firing is not None:
                firings.append(firing)
        if firings:
            self.start(firings)

    def hear_beside(self, entry: RawEntry, own: Firing) -> None:
        """Let an entry be heard by what fires on it unasked, and by the rules that listen to it: one occasion."""
        firings = []
        for reactor, wheres in self.listening(entry, entry[r.EXTRA] or Extra()):
            firing = self.accepts(reactor, wheres, entry, entry[r.PATH], entry[r.K])
            if firing is not None:
                firings.append(firing)
        place = sum(firing.reactor.priority > own.reactor.priority for firing in firings)
        self.start([*firings[:place], own, *firings[place:]])

    def listening(self, entry: RawEntry, extra: Extra) -> tuple[Listener, ...]:
        """Who hears an entry that was blocked, violates a norm, or went through somebody's hands."""
        key = (heard_as(entry[r.SHAPE].event, extra.status, extra.norms), entry[r.BY], entry[r.TO], extra.via)
        found = self.lists.get(key)
        if found is None:
            if len(self.lists) > MOST_LISTS:
                self.lists.clear()
            found = self.lists[key] = self.listeners(*key)
        return found

    def accepts(self, reactor: Reactor, wheres: tuple[Any, ...] | None, entry: RawEntry | None, path: str, k: int) -> Firing | None:
        """Whether a rule reacts: in force, pattern, guard, pause, times, chance, in this order."""
        world = self.world
        now = world.now
        if not world.values[reactor.in_force]:
            return None
        if wheres is not None and not any(where(now, entry, None) for where in wheres):
            return None
        if reactor.guard is not None and not reactor.guard(now, entry, None):
            return None
        if reactor.free is not None and now < reactor.free:
            return None
        if reactor.times is not None and reactor.fired >= reactor.times:
            return None
        if reactor.chance is not None and not reactor.chance(now, entry, None, path, k):
            return None
        if reactor.times is not None:
            reactor.fired += 1
        if reactor.pause is not None:
            pause = reactor.pause(now, entry, None)
            if pause < 0:
                raise impossible("a pause of", pause, f"{reactor.path}.not_again_for", now)
            reactor.free = now + pause
        because = None
        if reactor.reads is not None:
            because = (reactor.read, *reactor.reads(now, entry, None))
        return Firing(reactor, entry, path, k, because, reactor.effects)

    def start(self, firings: list[Firing]) -> None:
        """Let delays begin, and apply at once what has none; the acts of a rule that writes nothing need no settling."""
        at_once = []
        for firing in firings:
            reactor = firing.reactor
            if reactor.after is not None:
                self.later(reactor.after, firing, self.maturing, reactor.path)
            elif reactor.plain and len(firings) == 1:
                self.act(firing)
            else:
                at_once.append(firing)
        if at_once:
            self.apply(at_once)

    def act(self, firing: Firing) -> None:
        """Ask for the acts of a rule that does nothing else."""
        kernel = self.kernel
        for effect in firing.effects:
            values = effect.values(self.world.now, firing.entry, None, firing.path, firing.k)
            kernel.waiting.append((effect.attempt, (effect, firing, values), kernel.depth + 1))

    def later(self, after: Any, firing: Firing, callbacks: tuple[Callable[[Turn], None]], path: str) -> None:
        """Go on after a delay, which can only lead forward, or when a condition is true."""
        if type(after) is p.ConditionProgram:
            assert self.wait is not None
            self.wait(after, firing, callbacks[0])
            return
        now = self.world.now
        delay = after(now, firing.entry, None, firing.path, firing.k)
        if not 0 <= delay <= LONGEST:
            raise impossible("a delay of", delay, f"{path}.after", now)
        self.kernel.ask(now + delay, Turn(firing), callbacks)

    def mature(self, turn: Turn) -> None:
        """A delay has ended: does it still hold?"""
        firing: Firing = turn.argument
        still = firing.reactor.still
        if still is None or still(self.world.now, firing.entry, None):
            self.apply([firing])

    def apply_due(self, turn: Turn) -> None:
        """The date of a timeline entry, or the end of an effect's own delay, has come."""
        self.apply([turn.argument])

    # applying

    def apply(self, firings: list[Firing]) -> None:
        """Read everything, then write, then act."""
        now = self.world.now
        acts: list[Act] = []
        writes: list[Write] = []
        laws: list[LawWrite] = []
        treated: list[Chosen] = []
        for firing in firings:
            put_off: set[str] = set()
            entry, path, k = firing.entry, firing.path, firing.k
            for effect in firing.effects:
                if effect.guard is not None and not effect.guard(now, entry, None):
                    continue
                if effect.after is not None:
                    if effect.program.path not in put_off:
                        put_off.add(effect.program.path)
                        self.put_off(effect, firing)
                elif effect.values is not None:
                    acts.append((effect, firing, effect.values(now, entry, None, path, k)))
                elif isinstance(effect.program, p.WriteProgram):
                    slot = effect.program.slot if effect.program.slot is not None else self.attribute(effect, entry)
                    writes.append(Write(slot, firing, effect, effect.program.adds, effect.value(now, entry, None, path, k)))
                elif effect.choosing is not None:
                    treated.append((effect, firing, effect.choosing(now, entry)))
                else:
                    terms = None if effect.terms is None else effect.terms(now, entry, None, path, k)
                    write = LawWrite(firing, effect, effect.program.verb, terms)  # type: ignore[attr-defined]
                    write.meant = None if effect.meant is None else effect.meant(now, entry)
                    laws.append(write)
        if writes or laws:
            self.commit(firings, writes, laws)
        if treated:
            treated[0][0].attempt(treated)
        for act in acts:
            self.kernel.ask_now(act[0].attempt, act)

    def attribute(self, effect: Effect, entry: RawEntry | None) -> int:
        """The slot of an attribute of an actor that is known only now."""
        actor = effect.owner(self.world.now, entry, None)
        slot: int | None = effect.slots.get(actor)
        if slot is None:
            raise NoAttribute(actor, effect.program.path, effect.slots)
        return slot

    def put_off(self, effect: Effect, firing: Firing) -> None:
        """An item with its own delay comes alone, in a turn of its own; its condition was read now."""
        item = tuple(replace(other, guard=None, after=None) for other in firing.effects if other.program.path == effect.program.path)
        alone = Firing(firing.reactor, firing.entry, firing.path, firing.k, firing.because, item)
        self.later(effect.after, alone, self.maturing_alone, effect.program.path)


def covers(pattern: p.PatternProgram, above: Any, by: str | None, to: str | None, via: str | None) -> bool:
    """Whether a pattern's actors are those of an entry, or above them."""
    for wanted, actor in ((pattern.by, by), (pattern.to, to), (pattern.via, via)):
        if wanted and (actor is None or not any(name in above[actor] for name in wanted)):
            return False
    return True
