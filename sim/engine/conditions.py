"""Conditions: followed from the start on, and told of whenever they turn.

In: a program's conditions, and every commit. Out: the call `turned` for each that turns, and what follows from it: firings of
rules, ends of waiting.

A commit is what is written together (a settlement), or one entry that is counted. Conditions that read what a commit changed
are compared before and after it. What time alone brings (a crossing, an entry that leaves a window) has an alarm in phase 0.
Nothing is polled: a table leads from slots and tracks to those that read them, and what nobody reads is in no table.
A rule's condition is met when something it reads is first touched, and not before, so idle ones cost nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Set
from functools import partial
from typing import Any

from sim.engine import program as p
from sim.engine import record as r
from sim.engine.crossings import TESTS, Scout
from sim.engine.following import Alarm, FollowedTrack, Turned, Watch, Window
from sim.engine.kernel import LONGEST, NATURE, Kernel, Turn, impossible
from sim.engine.reactions import Firing, Reactions
from sim.engine.record import Guarded, RawEntry, heard_as
from sim.engine.settle import LawWrite, slots_of
from sim.engine.world import Namer, World

__all__ = ["Conditions", "Watch"]


class Conditions:
    """The conditions of one run."""

    def __init__(self, world: World, kernel: Kernel, reactions: Reactions) -> None:
        program = world.program
        self.world = world
        self.kernel = kernel
        self.reactions = reactions
        self.settle = reactions.commit
        reactions.commit, reactions.wait = self.commit, self.wait
        self.unmet = dict(program.slot_readers)
        self.met: dict[int, Watch] = {}
        self.by_slot: dict[int, dict[Watch, None]] = {}
        self.windows: dict[tuple[int, Any, str], Window] = {}
        self.marked: dict[Watch, None] = {}
        self.lasted: dict[Watch, None] = {}
        self.fired: set[int] = set()
        self.live: dict[Watch, None] = {}
        self.namers: dict[str, Namer] = {}
        self.holds = False
        self.afterwards: list[Callable[[], None]] = []
        self.number = 0
        for selector, keys in program.track_readers.items():
            for key, numbers in keys.items():
                world.tracks[selector][key] = FollowedTrack(self.meet, self.touched, unmet=numbers)
        followed = {program.selectors[number].event for number in program.followed or ()}
        for event in followed:
            world.counters[event] = partial(self.counted, event, followed, world.counters[event])

    # following

    def start(self) -> None:
        """Meet the conditions that may turn before anything happens."""
        self.meet(tuple(number for number, condition in enumerate(self.world.program.conditions) if condition.is_moving))

    def meet(self, numbers: tuple[int, ...]) -> None:
        """Follow these conditions of rules, from the world as it is: nothing they read has been touched."""
        for number in numbers:
            if number not in self.met:
                self.met[number] = self.follow(self.world.program.conditions[number], self.of_a_rule, self.fire)

    def follow(
        self, program: p.ConditionProgram, turned: Turned, happens: Turned | None = None, entry: Any = None, case: Any = None
    ) -> Watch:
        """Follow a condition from now on, and call `turned` whenever its value (`Watch.value`) has become another.

        `entry` and `case` are those at hand where it stands; `happens` is for what waits until it is, or has long been, true.
        """
        self.number += 1
        watch = Watch(program, turned, happens, entry, case, self.number)
        self.live[watch] = None
        function = self.world.function
        watch.flag, watch.lasts, watch.reads = function(program.flag), function(program.lasts), function(program.reads)
        if program.pairs:
            watch.scout = Scout([(TESTS[pair.operator], function(pair.sides), function(pair.slope)) for pair in program.pairs])
            watch.alarm = self.new_alarm(partial(self.marked.update, {watch: None}))
        if program.lasts is not None:
            watch.timer = self.new_alarm(partial(self.lasted.update, {watch: None}))
        self.attach(watch)
        watch.value = self.compared(watch)
        return watch

    def new_alarm(self, call: Callable[[], None]) -> Alarm:
        """An alarm that marks something; what nature brings at one instant is then judged together."""
        return Alarm(self.kernel, call, self.look_at_last)

    def attach(self, watch: Watch) -> None:
        """Enter a condition where all that it reads is found."""
        program, world = watch.program, self.world
        slots = list(program.slots)
        for table, owner in program.attributes:
            slot = world.program.attributes[table].get(world.function(owner)(world.now, watch.entry, watch.case))
            slots += [] if slot is None else [slot]
        watch.followed = [self.by_slot.setdefault(slot, {}) for slot in slots]
        for asked in program.asked:
            track = self.track(asked, watch)
            watch.followed.append(track.readers)
            if asked.within is not None:
                watch.windows.append(self.window(asked, track, watch))
                watch.followed.append(watch.windows[-1].readers)
        for readers in watch.followed:
            readers[watch] = None

    def forget(self, watch: Watch) -> None:
        """Follow a condition no longer."""
        for readers in watch.followed:
            readers.pop(watch, None)
        for alarm in (watch.alarm, watch.timer, *(window.alarm for window in watch.windows if not window.readers)):
            if alarm is not None:
                alarm.set(None)
        watch.alarm = watch.timer = None
        self.marked.pop(watch, None)
        self.lasted.pop(watch, None)
        self.live.pop(watch)

    def track(self, asked: p.AskedProgram, watch: Watch) -> FollowedTrack:
        """The track a condition asks about."""
        world = self.world
        key = asked.key if asked.find is None else world.function(asked.find)(world.now, watch.entry, watch.case)
        tracks = world.tracks[asked.selector]
        found = tracks.get(key)
        if not isinstance(found, FollowedTrack):
            found = tracks[key] = FollowedTrack(self.meet, self.touched, found)
        return found

    def window(self, asked: p.AskedProgram, track: FollowedTrack, watch: Watch) -> Window:
        """The window of a track; conditions that stand by no event share it."""
        width = self.world.function(asked.within)
        window = Window(track, width, self.world.program.timezone)
        if watch.entry is None and watch.case is None:
            window = self.windows.setdefault((asked.selector, asked.key, str(asked.within)), window)
        if window.alarm is None:
            window.alarm = self.new_alarm(partial(self.marked.update, window.readers))
        return window

    # comparing

    def commit(self, firings: list[Any], writes: list[Any], laws: list[LawWrite]) -> None:
        """Let the writes of one occasion be settled, and compare before and after."""
        law_slots = (slots_of(law.effect.program) for law in laws)
        before = self.about_to_change({write.slot for write in writes}.union(*law_slots))
        self.settle(firings, writes, laws)
        self.changed(before)
        while self.afterwards:
            self.afterwards.pop(0)()

    def about_to_change(self, slots: Set[int]) -> list[tuple[int, Any]]:
        """The values that conditions read, before these may be written; what is logged until `changed` is one commit."""
        values = self.world.values
        for slot in slots & self.unmet.keys():
            self.meet(self.unmet.pop(slot))
        self.holds = True
        return [(slot, values[slot]) for slot in slots & self.by_slot.keys()]

    def changed(self, before: list[tuple[int, Any]]) -> None:
        """Compare with what was before."""
        values, writers = self.world.values, self.world.writers
        self.holds = False
        for slot, old in before:
            if values[slot] != old:
                for watch in self.by_slot[slot]:
                    self.mark(watch, writers[slot])
        if self.marked:
            self.look()

    def counted(self, event: str, followed: set[str], count: Callable[[RawEntry], None], entry: RawEntry) -> None:
        """Count an entry, and compare when it has been counted under all its names."""
        count(entry)
        extra = entry[r.EXTRA]
        if self.marked and not self.holds:
            names = (event,) if extra is None else heard_as(entry[r.SHAPE].event, extra.status, extra.norms)
            if [name for name in names if name in followed][-1] == event:
                self.look()

    def touched(self, readers: dict[Watch, None]) -> None:
        """The entry logged last was counted where these conditions read."""
        writer = len(self.world.log) - 1
        for watch in readers:
            self.mark(watch, writer)

    def mark(self, watch: Watch, writer: int) -> None:
        """What a condition reads was changed by an entry."""
        if writer > watch.cause:
            watch.cause = writer
        self.marked[watch] = None

    def look_at_last(self) -> None:
        """Compare when all that nature brings at this instant has come: it is judged together."""
        if self.kernel.is_last_of(NATURE):
            self.look()

    def look(self) -> None:
        """Compare all that are marked, in their order, whatever marked them first."""
        marked, lasted = dict(self.marked), dict(self.lasted)
        self.marked.clear()
        self.lasted.clear()
        self.fired.clear()
        for watch in sorted(marked | lasted, key=lambda watch: watch.order):
            if watch in lasted:
                watch.happens(watch)
            if watch in marked and watch in self.live:
                value = self.compared(watch)
                if value is not watch.value:
                    watch.value = value
                    watch.turned(watch)

    def compared(self, watch: Watch) -> bool:
        """A condition's value now; its alarms are set to when time alone may turn it next."""
        now, entry, case = self.world.now, watch.entry, watch.case
        due = [instant for window in watch.windows if (instant := window.aim(now, entry, case)) is not None]
        scout = watch.scout
        if scout is None:
            return bool(watch.flag(now, entry, case))
        scout.noted.clear()
        value = bool(watch.flag(now, entry, case, scout))
        assert watch.alarm is not None
        watch.alarm.set(scout.next(now, entry, case, min(due, default=None)))
        return value

    # turning

    def of_a_rule(self, watch: Watch) -> None:
        """A rule's condition has turned: when it turns true there is an occasion, named after the entry that made it true."""
        if watch.value:
            cause = watch.cause
            again = watch.turnings[1] + 1 if watch.turnings[0] == cause else 1
            watch.turnings = (cause, again)
            entry = self.world.log[cause]
            name = self.namer(watch.program.label if again == 1 else f"{watch.program.label}~{again}").name(entry[r.PATH])
            watch.occasion = (entry, name, entry[r.K])
        self.begin_or_end(watch, *watch.occasion[1:])

    def namer(self, label: str) -> Namer:
        """Names of what a label makes."""
        found = self.namers.get(label)
        if found is None:
            found = self.namers[label] = Namer(label)
        return found

    def begin_or_end(self, watch: Watch, path: str, k: int) -> None:
        """What waits for a condition may happen when it is true, or when it has been true for so long."""
        if watch.timer is None:
            if watch.value:
                watch.happens(watch)
        elif not watch.value:
            watch.timer.set(None)
        else:
            now = self.world.now
            lasts = watch.lasts(now, watch.entry, watch.case, path, k)
            if not 0 <= lasts <= LONGEST:
                raise impossible("to last", lasts, f"{watch.program.path}.lasts", now)
            watch.timer.set(now + lasts)

    def fire(self, watch: Watch) -> None:
        """A rule's condition brings a turn of its own; two conditions of one rule that turn together bring one."""
        if watch.program.rule not in self.fired:
            self.fired.add(watch.program.rule)
            read = ((), ()) if watch.reads is None else watch.reads(self.world.now, None, None)
            self.kernel.ask_now(self.react, (watch, read, *watch.occasion))

    def react(self, occasion: tuple[Watch, Any, RawEntry, str, int]) -> None:
        """The rule whose condition turned true may react. What the condition read then is told, and what the guard reads now."""
        watch, (values, writers), entry, path, k = occasion
        reactions = self.reactions
        firing = reactions.accepts(reactions.reactor(watch.program.rule), None, entry, path, k)
        if firing is not None:
            if firing.because is None:
                firing.because = (watch.read, values, writers) if values else None
            else:
                guard, guard_values, guard_writers = firing.because
                both = Guarded(watch.read.names + guard.names, watch.read.types + guard.types)
                firing.because = (both, values + guard_values, writers + guard_writers)
            reactions.start([firing])

    # waiting

    def wait(self, program: p.ConditionProgram, firing: Firing, go_on: Callable[[Turn], None]) -> None:
        """Let a firing wait until a condition is true. If it is true already, it goes on in a turn of its own."""
        watch = self.follow(program, self.of_waiting, self.go_on, firing.entry)
        watch.waiting = (firing, go_on)
        self.of_waiting(watch)

    def of_waiting(self, watch: Watch) -> None:
        """A condition that a firing waits for has turned."""
        firing, _ = watch.waiting
        self.begin_or_end(watch, firing.path, firing.k)

    def go_on(self, watch: Watch) -> None:
        """The wait is over."""
        firing, go_on = watch.waiting
        self.forget(watch)
        self.kernel.ask_now(go_on, Turn(firing))

    def unmet_waits(self) -> list[str]:
        """What waits for a condition at the end, in words."""
        found = Counter(watch.program.path for watch in self.live if watch.waiting)
        return [f"{path}: {count}" for path, count in sorted(found.items())]

    def take_apart(self) -> None:
        """Cut the circles among what was followed, so that its memory is free at once."""
        for watch in self.live:
            watch.alarm = watch.timer = watch.turned = watch.happens = watch.waiting = None
            watch.followed = []
            for window in watch.windows:
                window.alarm = None
                window.readers.clear()
        for tracks in self.world.tracks:
            for track in tracks.values():
                track.recent.clear()
                del track.times
                if isinstance(track, FollowedTrack):
                    track.readers.clear()
            tracks.clear()
