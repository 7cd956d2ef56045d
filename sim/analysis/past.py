"""The past of a log: what had happened, and how things stood, at any of its moments.

In: a checked scenario and a `Log`. Out: `Past`, and from it `Moment`s, which give the values of expressions.
What a guard read in a run is what the log says of that moment: a property test holds the two equal.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise
from math import fsum
from typing import Any

from sim import clock
from sim.analysis.departures import Departures
from sim.analysis.walk import Value, Walker
from sim.language import tree as t
from sim.language.lengths import whole_days
from sim.language.scenario import Scenario, above, member_of, speaks_for
from sim.language.standings import HELD, MOVES, standing_after
from sim.language.tree import Tree
from sim.log.entries import Entry, Log
from sim.sums import Kept, Middle, Running, Stretch, total

__all__ = ["Moment", "Past"]

Steps = list[tuple[int, Value]]
"""How a value went: from which instant on it was what."""


class Past:
    """A log, ordered by what may be asked of it."""

    def __init__(self, scenario: Scenario, log: Log) -> None:
        actors = scenario.actors
        self.above = {actor: frozenset(above(actor, actors)) for actor in actors}
        self.organs = {actor: frozenset(speaks_for(actor, actors)) for actor in actors}
        self.members = {actor: frozenset(member_of(actor, actors)) for actor in actors}
        self.entries = log.entries
        self.begin, self.until = log.header.period
        self.zone = log.header.timezone
        self.days = {f"parameters.{key}": parameter.days for key, parameter in scenario.parameters.items()}
        self.by_event: dict[str, list[Entry]] = {}
        self.values: dict[str, tuple[list[int], list[Value]]] = {}
        for entry in log.entries:
            for name in entry.heard_as():
                self.by_event.setdefault(name, []).append(entry)
            for path, (_, new) in entry.changes.items():
                ids, values = self.values.setdefault(path, ([], []))
                ids.append(entry.id)
                values.append(new)
        self.meant: dict[Any, list[Entry]] = {}
        self.stretches: dict[Any, Stretch[Any]] = {}
        self.departures: dict[Any, Departures] = {}
        self.counts: dict[Any, tuple[list[int], list[int]]] = {}
        self.opened = {entry.case: entry for entry in log.entries if entry.event.endswith(".opened") and entry.status != "blocked"}
        self.standings: dict[str, dict[str, tuple[list[int], list[str | None]]]] = {}

    def end(self) -> Moment:
        """The end of the period, when everything has happened."""
        return self.moment(self.until, len(self.entries))

    def standings_of(self, procedure: str) -> dict[str, tuple[list[int], list[str | None]]]:
        """For each case of a procedure the entries that changed what it is, and what it was then."""
        found = self.standings.get(procedure)
        if found is None:
            found = self.standings[procedure] = {}
            for entry in sorted((one for word in MOVES for one in self.by_event.get(f"{procedure}.{word}", ())), key=lambda one: one.id):
                ids, standings = found.setdefault(str(entry.case), ([], [None]))
                ids.append(entry.id)
                standings.append(standing_after(standings[-1], entry.event.rpartition(".")[2]))
        return found

    def moment(self, instant: int, entries: int) -> Moment:
        """An instant at which so many entries stood in the log."""
        return Moment(self, instant, entries)


class Moment(Walker):
    """A log as it stood at an instant: `entries` of them were written, and later ones are not looked at."""

    def __init__(self, past: Past, instant: int, entries: int) -> None:
        self.past = past
        self.instant = instant
        self.entries = entries
        self.zone = past.zone
        self.bound: dict[int, str] = {}

    def leaf(self, tree: Tree, entry: Entry | None) -> Value:
        match tree:
            case t.Slot(path=path, type=kind):
                return self.stood(path, kind.name)
            case t.WholeDays(path=path):
                return self.past.days[path]
            case t.Attribute(owner=owner, name=name, type=kind):
                return self.stood(f"actors.{self.value(owner, entry)}.{name}", kind.name)
            case t.Course():
                return self.course(tree)
            case t.Now():
                return self.instant
            case t.Bound(depth=depth):
                return self.bound[depth]
            case t.Quantified():
                return self.quantified(tree)
            case t.EventField(name=name, is_data=True, type=kind) if entry is not None:
                return _engine(entry.data.get(name), kind.name)
            case t.CaseField(name=name, type=kind) if entry is not None:
                return self.of_case(entry.case, name, kind.name)
            case t.EventField(name="at") if entry is not None:
                return entry.time
            case t.EventField(name=name) if entry is not None:
                return getattr(entry, name)
            case t.CaseQuestion(function="approved", of_event=True, procedures=procedures) if entry is not None:
                return any(self.standing(procedure, entry.case) == HELD for procedure in procedures)
            case t.Cases():
                number = self.number_of_cases(tree)
                return number > 0 if tree.type.name == "flag" else number
            case t.Within(item=item, group=group, as_member=as_member):
                return self.belongs(self.value(item, entry), group, entry, as_member=as_member)
            case t.History():
                return self.history(tree)
            case t.Claimed():
                return self.number_of_claims(tree) > 0
            case _:
                return super().leaf(tree, entry)

    def stood(self, path: str, kind: str) -> Value:
        """What a value of the world was."""
        ids, values = self.past.values[path]
        return _engine(values[bisect_left(ids, self.entries) - 1], kind)

    def belongs(self, actor: str | None, group: Tree, entry: Entry | None, *, as_member: bool = False) -> bool:
        """Whether an actor belongs to a group: is it, is an organ or member of it."""
        if actor is None:
            return False
        if isinstance(group, t.Choose):
            chosen = group.value if self.value(group.test, entry) else group.other
            return self.belongs(actor, chosen, entry, as_member=as_member)
        if isinstance(group, t.Organs):
            return self.value(group.owner, entry) in self.past.organs[actor]
        return self.value(group, entry) in (self.past.members if as_member else self.past.above)[actor]

    def quantified(self, tree: t.Quantified) -> Value:
        values = []
        for actor in tree.bound.actors:
            self.bound[tree.bound.depth] = actor
            values.append(self.value(tree.body, None))
        match tree.function:
            case "number_of":
                return sum(values)
            case "any_of":
                return any(values)
            case "all_of":
                return all(values)
        return None if None in values else total(values)

    # what has happened

    def meant(self, selector: t.Selector) -> list[Entry]:
        """All entries of the log that a selector means, whenever they were written, oldest first."""
        past = self.past
        key = (selector.event, selector.where, self.who(selector))
        found = past.meant.get(key)
        if found is None:
            found = past.meant[key] = [entry for entry in past.by_event.get(selector.event, ()) if self.selects(selector, entry)]
        return found

    def who(self, asked: t.Selector | t.Cases) -> tuple[Value, ...]:
        """Which actors the filters mean, in a word each."""
        return tuple(None if (group := getattr(asked, name, None)) is None else self.named(group) for name in ("by", "to", "via"))

    def stretch(self, selector: t.Selector, meant: Sequence[Entry]) -> tuple[int, int]:
        """From which to before which of the entries it means were written, and are in its window."""
        last = bisect_left(meant, self.entries, key=lambda entry: entry.id)
        first = 0
        if (departures := self.departures(selector, meant)) is not None:
            first = departures.gone(self.instant)
        elif selector.within is not None:
            first = bisect_left(meant, self.instant - self.value(selector.within, None), key=lambda entry: entry.time)
        return min(first, last), last

    def departures(self, selector: t.Selector, meant: Sequence[Entry]) -> Departures | None:
        """When the entries that are meant leave a window by the calendar; None where the window is exact, or there is none."""
        width = self.width(selector)
        if width is None or not width[1]:
            return None
        found = self.past.departures.get((id(meant), width))
        if found is None:
            found = self.past.departures[id(meant), width] = Departures(meant, width, self.zone)
        return found

    def width(self, selector: t.Selector) -> clock.Width | None:
        """How wide the window of a question is; None where it has none."""
        within = selector.within
        if within is None:
            return None
        value = self.value(within, None)
        if within.type == t.PERIOD:
            return (*value, 0)
        days = None if self.zone == "UTC" else whole_days(within)
        whole = 0 if days is None else int(self.value(days, None))
        return (whole, "d", value - whole * clock.DAY) if whole else (0, "", value)

    def of_case(self, case: str | None, name: str, kind: str) -> Value:
        """A datum of a case: its opening says it."""
        opened = self.past.opened.get(case)
        if opened is None:
            return None
        return {"by": opened.by, "opened": opened.time}[name] if name in ("by", "opened") else _engine(opened.data.get(name), kind)

    def number_of_cases(self, tree: t.Cases) -> int:
        """How many cases are what is asked for."""
        past, key = self.past, (tree.procedure, tree.standing, tree.where, self.who(tree))
        found = past.counts.get(key)
        if found is None:
            opened = self.meant(t.Selector(f"{tree.procedure}.opened", by=tree.by, where=tree.where))
            standings = past.standings_of(tree.procedure)
            found = past.counts[key] = _counted(_moves(tree.standing, *standings[str(entry.case)]) for entry in opened)
        return found[1][bisect_left(found[0], self.entries)]

    def number_of_claims(self, tree: t.Claimed) -> int:
        """How many of the speakers say so: the latest claim of each counts."""
        past, selector = self.past, tree.selector
        key = (tree.says, selector.event, selector.where, self.who(selector))
        found = past.counts.get(key)
        if found is None:
            spoken: dict[str | None, tuple[list[int], list[bool | None]]] = {}
            for entry in self.meant(selector):
                ids, said = spoken.setdefault(entry.by, ([], [None]))
                ids.append(entry.id)
                said.append(entry.data.get("is"))
            found = past.counts[key] = _counted(_moves(tree.says, ids, said) for ids, said in spoken.values())
        return found[1][bisect_left(found[0], self.entries)]

    def standing(self, procedure: str, case: str | None) -> str | None:
        """What a case was."""
        ids, standings = self.past.standings_of(procedure).get(str(case), ([], [None]))
        return standings[bisect_left(ids, self.entries)]

    def named(self, group: Tree) -> Value:
        """Which actors a filter means, in a word."""
        if isinstance(group, t.Choose):
            return self.named(group.value if self.value(group.test, None) else group.other)
        return ("organs", self.value(group.owner, None)) if isinstance(group, t.Organs) else self.value(group, None)

    def selects(self, selector: t.Selector, entry: Entry) -> bool:
        for name in ("by", "to", "via"):
            wanted = getattr(selector, name)
            if wanted is not None and not self.belongs(getattr(entry, name), wanted, None):
                return False
        return selector.where is None or bool(self.value(selector.where, entry))

    def history(self, tree: t.History) -> Value:
        selector = tree.selector
        meant = self.meant(selector)
        first, last = self.stretch(selector, meant)
        match tree.function:
            case "count":
                return last - first
            case "happened":
                return last > first
            case "sum":
                return self.kept(tree, meant, Running).of(first, last).total()
        among = last - first
        if tree.among is not None:
            begin, end = self.stretch(tree.among, self.meant(tree.among))
            among = end - begin
        if not among:
            return None if tree.default is None else self.value(tree.default, None)
        match tree.function:
            case "share":
                return (last - first) / among
            case "first":
                departures = self.departures(selector, meant)
                return meant[first if departures is None else departures.first(self.instant)].time
            case "last":
                return self.newest(selector, meant, last).time
            case "since":
                return self.instant - self.newest(selector, meant, last).time
            case "mean":
                value = self.kept(tree, meant, Running).of(first, last).total() / among
            case _:
                value = self.kept(tree, meant, Middle).of(first, last).median()
        return round(value) if tree.type.name == "duration" else value

    def newest(self, selector: t.Selector, meant: Sequence[Entry], last: int) -> Entry:
        """The newest of the entries that are meant, which may have left a window before an older one."""
        departures = self.departures(selector, meant)
        return meant[last - 1 if departures is None else departures.last(self.instant, last)]

    def kept(self, tree: t.History, meant: Sequence[Entry], kind: type[Kept]) -> Stretch[Kept]:
        """The values of the field asked about, of all entries that are meant; windows of one width follow one another."""
        selector, stretches = tree.selector, self.past.stretches
        departures = self.departures(selector, meant)
        key = (kind, selector.field, selector.within, id(meant), id(departures))
        found = stretches.get(key)
        if found is None:
            values = [_engine(entry.data[selector.field], tree.type.name) for entry in meant if selector.field is not None]
            found = stretches[key] = Stretch(values, kind, None if departures is None else departures.order)
        return found

    # how values went

    def course(self, tree: t.Course) -> Value:
        past = self.past
        if tree.function == "final":
            return self.value(tree.value, None)
        if tree.function == "at":
            instant = self.value(tree.at, None) if tree.at is not None else None
            if instant is None or not past.begin <= instant <= past.until:
                return None
            return self.then(instant, bisect_right(past.entries, instant, key=lambda entry: entry.time)).value(tree.value, None)
        steps = self.steps(tree.value)
        if tree.function in ("peak", "low"):
            known = [value for _, value in steps if value is not None]
            return (max if tree.function == "peak" else min)(known, default=None)
        ends = [*(instant for instant, _ in steps[1:]), past.until]
        spans = [(value, end - instant) for (instant, value), end in zip(steps, ends, strict=True) if value is not None]
        if tree.function == "time_while":
            return sum(span for held, span in spans if held)
        whole = fsum(value * span for value, span in spans)
        return whole / clock.DAY if tree.value.type.name == "rate" else round(whole)

    def then(self, instant: int, entries: int) -> Moment:
        """Another moment of the same past, asked about the same actors."""
        moment = self.past.moment(instant, entries)
        moment.bound = self.bound
        return moment

    def steps(self, tree: Tree) -> Steps:
        """How an expression went that changes in steps: read after each commit that may have changed it, and where a window ends."""
        past = self.past
        moments, number = set(), -1
        for touched in sorted(set(self.touching(tree))):
            if touched > number:
                number = self.committed(touched)
                moments.add((past.entries[number].time, number + 1))
        for instant in self.expiries(tree):
            if instant < past.until:
                moments.add((instant, bisect_right(past.entries, instant, key=lambda entry: entry.time)))
        return [(instant, self.then(instant, entries).value(tree, None)) for instant, entries in sorted(moments)]

    def touching(self, tree: Tree) -> Iterator[int]:
        """The entries that may have changed what an expression comes to; the first is the start."""
        yield 0
        for part in t.walk(tree):
            match part:
                case t.Slot(path=path):
                    yield from self.past.values[path][0]
                case t.Attribute(owner=owner, name=name):
                    for actor in owner.actors if isinstance(owner, t.Bound) else ():
                        yield from self.past.values[f"actors.{actor}.{name}"][0]
                case t.History(selector=selector, among=among):
                    for one in filter(None, (selector, among)):
                        yield from (entry.id for entry in self.past.by_event.get(one.event, ()))
                case t.Cases(procedure=procedure):
                    yield from (entry.id for word in MOVES for entry in self.past.by_event.get(f"{procedure}.{word}", ()))
                case t.Claimed(selector=selector):
                    yield from (entry.id for entry in self.past.by_event.get(selector.event, ()))

    def expiries(self, tree: Tree) -> Iterator[int]:
        """When entries leave the windows of an expression: a window is closed, so a microsecond after they are that old."""
        for part in t.walk(tree):
            if isinstance(part, t.History) and part.selector.within is not None:
                width = self.width(part.selector) or (0, "", 0)
                for event in {part.selector.event, *([part.among.event] if part.among else [])}:
                    yield from (clock.last_of_window(entry.time, width, self.zone) + 1 for entry in self.past.by_event.get(event, ()))

    def committed(self, number: int) -> int:
        """The last entry of the commit that this one is part of: all writes of one occasion hold at once."""
        entries = self.past.entries
        while (
            entries[number].changes
            and number + 1 < len(entries)
            and entries[number + 1].changes
            and (entries[number + 1].time, entries[number + 1].cause) == (entries[number].time, entries[number].cause)
        ):
            number += 1
        return number


def _counted(moves: Iterable[Iterable[tuple[int, int]]]) -> tuple[list[int], list[int]]:
    """How a number went that each of these moves up or down at an entry: the entries, and what it was before each and after the last."""
    ids, numbers = [], [0]
    for entry, more in sorted(chain.from_iterable(moves)):
        ids.append(entry)
        numbers.append(numbers[-1] + more)
    return ids, numbers


def _moves(wanted: Value, ids: Sequence[int], course: Sequence[Value]) -> Iterator[tuple[int, int]]:
    """When something begins and ceases to be what is wanted; `course` is what it was before each entry, and after the last."""
    for entry, (before, after) in zip(ids, pairwise(course), strict=True):
        if (before == wanted) != (after == wanted):
            yield entry, 1 if after == wanted else -1


def _engine(value: Value, kind: str) -> Value:
    """A value of the log in the engine's form: whole µs for durations and instants."""
    if value is None:
        return None
    if kind == "duration":
        return round(value * clock.SECOND)
    return clock.instant_of_iso(value) if kind == "instant" else value
