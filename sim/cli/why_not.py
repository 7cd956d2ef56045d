"""`sim why --not`: why an event did not happen.

In: a stored result, an event, by whom and until when. Out: a page, or a JSON document: what came nearest, what could have brought the
event, and at what each of these failed.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sim import clock
from sim.analysis.absence import Absences, routes
from sim.analysis.shortfall import Unmet
from sim.analysis.ways import Absence, Group, Miss, Way
from sim.cli.events import require_no_measure
from sim.cli.repeated import Repeated
from sim.cli.request import instant_in
from sim.cli.terminal import Screen, number, told_apart
from sim.cli.timeline import Page, heading
from sim.cli.words import Words
from sim.errors import UsageError, did_you_mean, escaped, listed, names_near
from sim.language.scenario import Oblige
from sim.log.seen import Watch

__all__ = ["Asking", "Telling", "answer", "asked", "document"]

COUNTED = {1: "once", 2: "twice"}
FEW = 3
"""So many reasons of one way are told, and so many ways that came to nothing; of the rest, how many there are."""


@dataclass(frozen=True)
class Asking:
    """What did not happen: an event, by one of these (anybody, if none), before an instant."""

    repeated: Repeated
    event: str
    by: tuple[str, ...]
    until: int


def asked(repeated: Repeated, event: str, by: Sequence[str], until: str | None) -> Asking:
    """The question, or why it cannot be asked: nothing is called so, or it happened."""
    scenario, header = repeated.scenario, repeated.log.header
    known, titles = list(scenario.events), [one.title for one in scenario.events.values()]
    titled = [name for name, one in scenario.events.items() if one.title and one.title.lower() == event.lower()]
    name = event if event in scenario.events else titled[0] if titled else ""
    if not name:
        own = [one for one in known if one.startswith(f"{event}.")]
        require_no_measure(event, [scenario])
        hint = f"; its events are {listed(own)}" if own else names_near(event, known, filter(None, titles))
        raise UsageError(f"no event is called '{escaped(event)}'{hint}")
    for actor in by:
        if actor not in scenario.actors:
            raise UsageError(f"no actor is called '{escaped(actor)}'{escaped(did_you_mean(actor, scenario.actors))}")
    end = header.period[1]
    if until is not None:
        end = instant_in("--until", until, header.period, header.timezone)
    asking = Asking(repeated, name, tuple(by), end)
    found = Absences(scenario, repeated.log, Watch(frozenset()), end).happened(name, asking.by)
    if found:
        page = Page(repeated.log, Words(scenario, header.timezone), Screen())
        when = " ".join(page.stamp(found[0].time))
        raise UsageError(
            f"{escaped(name)} did happen: #{found[0].id} on {when}; ask `sim why RESULT {found[0].id}`, or --until an earlier date"
        )
    return asking


def answer(asking: Asking, depth: int) -> Absence:
    """Why it did not happen: the run is repeated, watched, and asked."""
    repeated = asking.repeated
    watch = Watch(routes(repeated.scenario, asking.event))
    repeated.require_alike(repeated.run(watch=watch))
    return Absences(repeated.scenario, repeated.log, watch, asking.until).of(asking.event, asking.by, depth)


def nearest(absence: Absence) -> tuple[Way, Miss] | None:
    """What came nearest to an event: of its own ways, else of those to their triggers."""
    for way in absence.ways:
        if way.nearest is not None:
            return way, way.nearest
    below = [found for way in absence.ways for other in way.below if (found := nearest(other)) is not None]
    return max(below, key=lambda found: found[1].nearness, default=None)


# ---- on paper


class Telling:
    """An absence on its way to paper."""

    def __init__(self, asking: Asking, *, full: bool) -> None:
        self.asking = asking
        self.log = asking.repeated.log
        self.scenario = asking.repeated.scenario
        self.zone = self.log.header.timezone
        self.full = full
        self.screen = Screen.of(sys.stdout)
        self.words = Words(self.scenario, self.zone)
        self.page = Page(self.log, self.words, self.screen)

    def lines(self, absence: Absence, changes: Sequence[str] = ()) -> Iterator[str]:
        """The page: what came nearest, what would have brought it, then all that could have."""
        yield from self.first(absence)
        yield from changes
        if absence.ways:
            yield ""
            yield self.screen.styled("what could have brought it", "bold")
            yield from self.ways(absence, "  ")
        yield ""
        yield from heading(self.log, self.screen, None, self.scenario)

    def first(self, absence: Absence) -> Iterator[str]:
        """The answer in a sentence: what came nearest, and when."""
        by = f" by {' or '.join(map(escaped, absence.by))}" if absence.by else ""
        until = f" before {self.when(self.asking.until)}" if self.asking.until < self.log.header.period[1] else ""
        head = f"{escaped(absence.event)}{by} did not happen{until}"
        found = nearest(absence)
        if found is None:
            why = "nothing that could bring it was ever asked" if absence.ways else "nothing in the scenario brings it"
            yield from self.wrapped("", f"{head}: {why}", "bold")
            return
        way, miss = found
        why = " and ".join(self.part(part) for part in miss.parts) or self.reason(miss.stage, miss.what, miss)
        yield from self.wrapped("", f"{head}: {why}", "bold")
        yield from self.wrapped("", f"it came nearest {self.where(miss)}in {escaped(way.path)}".replace("  ", " "))

    def ways(self, absence: Absence, left: str) -> Iterator[str]:
        """Each way, the nearest first; those that came to nothing are only counted where there are many."""
        if not absence.ways:
            yield f"{left}nothing in the scenario brings {self.name(absence)}"
        idle = 0
        for way in absence.ways:
            if not self.full and way.nearest is None and not way.below:
                idle += 1
                if idle > FEW:
                    continue
            yield from self.way(way, left)
        if idle > FEW:
            yield self.dim(f"{left}and {idle - FEW} more that were never asked")

    def way(self, way: Way, left: str) -> Iterator[str]:
        """One way: how often it was asked, and why it brought nothing."""
        yield f"{left}{self.screen.styled(escaped(way.path), 'bold')}  {self.dim(self.times(way))}"
        told = way.groups if self.full else way.groups[:FEW]
        for group in told:
            yield from self.group(group, f"{left}  ")
        if rest := len(way.groups) - len(told):
            yield self.dim(f"{left}  and {rest} more reason{'' if rest == 1 else 's'}")
        for other in way.below:
            yield f"{left}  {self.name(other)} did not happen:"
            yield from self.ways(other, f"{left}    ")

    def name(self, absence: Absence) -> str:
        """An event that did not happen; of a decision, its taking."""
        by = f" by {' or '.join(map(escaped, absence.by))}" if absence.by else ""
        return escaped(absence.event.replace("decide ", "the decision ")) + by

    def times(self, way: Way) -> str:
        """How often a way was asked."""
        section = way.path.split(".")[0]
        if section == "timeline":
            return ""
        if section in ("procedures", "statements"):
            return f"{way.asked:,} {'opened' if section == 'procedures' else 'claims'}"
        if any(one.path == way.path and isinstance(one.says, Oblige) for one in self.scenario.norms):
            return f"{way.asked:,} dut{'y' if way.asked == 1 else 'ies'}"
        word = {"norms": "judged", "decisions": "decided"}.get(section, "asked")
        return f"never {word}" if not way.asked else f"{word} {COUNTED.get(way.asked, f'{way.asked:,} times')}"

    def group(self, group: Group, left: str) -> Iterator[str]:
        """One reason: what failed, how often, and when least."""
        why = self.part(group.part) if group.part else self.reason(group.stage, group.what, group.nearest)
        stage = {"if": "if", "where": "where", "still": "still", "effect": "the effect's if", "turning": "condition"}.get(group.stage, "")
        head = f"{stage}: {why}" if stage else why
        count = "" if group.count == 1 else f"{group.count:,} times; nearest "
        yield from self.wrapped(left, head)
        if where := self.where(group.nearest).strip():
            yield from self.wrapped(f"{left}  ", f"{count}{where}", "dim")

    def where(self, miss: Miss) -> str:
        """When a miss was, and on which entry."""
        if miss.time is None:
            return ""
        entry = "" if miss.entry is None else f" on #{miss.entry} {self.words.title(self.log.entries[miss.entry])}"
        return f"{self.when(miss.time)}{entry} "

    def when(self, instant: int) -> str:
        """A date, with its time unless that is midnight."""
        day, time = self.page.stamp(instant)
        return day if time == "00:00" else f"{day} {time}"

    def part(self, part: Unmet) -> str:
        """A part of a guard that failed: what it came to, what it had to be, by how much it was off."""
        left, right = escaped(part.left), escaped(part.right)
        if part.value is None:
            return (
                f"{escaped(part.text)} did not hold"
                if not part.right or part.bound is None
                else f"{left} had no value, needs {escaped(part.operator)} {right}"
            )
        value, bound = (self.value(one, part.kind) for one in (part.value, part.bound))
        if value == bound and part.kind == "number":
            value, bound = told_apart(part.value, part.bound)
        if not part.right:
            return f"{left} = {value}, needs {bound}"
        named = "" if right.strip("'\"") == bound else f" ({right})"
        return f"{left} = {value}, needs {escaped(part.operator)} {bound}{named}{self.short(part)}"

    def short(self, part: Unmet) -> str:
        """By how much a value was off."""
        if part.short is None:
            return ""
        if part.short == 0:
            return ": just short"
        span = part.kind in ("duration", "instant")
        size = clock.words(round(abs(part.short))) if span else number(abs(part.short))
        return f": {size} {'short' if part.short > 0 else 'too much'}"

    def value(self, value: Any, kind: str) -> str:
        """A value of the engine for people."""
        if kind == "duration" and value is not None:
            return clock.words(value)
        return self.when(value) if kind == "instant" and value is not None else self.words.value(value, kind)

    def reason(self, stage: str, what: str, miss: Miss) -> str:
        """Why an occasion brought nothing, where that was no part of a guard."""
        what = escaped(what)
        odds = "" if miss.odds is None else f" of {number(miss.odds)}"
        drew = "" if miss.number is None else f" (drew {miss.number:.3f})"
        until = "" if miss.until is None else self.when(miss.until)
        match stage:
            case "not_yet":
                return (
                    f"its date is {self.when(miss.time)}"
                    if what == "later" and miss.time is not None
                    else "its date had not come"
                    if what == "later"
                    else ""
                )
            case "ends":
                return f"{what} came, and what follows from it by itself did not"
            case "instead":
                return f"{what} came instead"
            case "who":
                return f"what came was not {what}"
            case "in_force":
                return f"{what} was not in force".strip() if what else "it was not in force"
            case "turning":
                return (
                    f"the condition was true from the start, and never turned true, until {until}"
                    if what == "from the start"
                    else f"the condition was true for too short, at most until {until}"
                )
            case "not_again_for":
                return f"not again before {until} (not_again_for)"
            case "times":
                return f"it had fired {'once' if what == '1' else f'{what} times'} already (times)"
            case "chance":
                return f"its chance{odds} did not come{drew}"
            case "waiting":
                return f"its delay would have ended {until}" if until else "what it waited for had not come"
            case "option":
                return f"{what} was chosen; this had a chance{odds}{drew}" if miss.odds is not None else f"{what} was chosen"
            case "case":
                return f"the last of a case: {what.replace('_', ' ')}"
            case "duty":
                return f"a duty was {what}"
            case "blocked":
                return f"blocked by {what}"
            case "judged":
                return f"{what}{f'; to be obeyed had a chance{odds}' if odds else ''}{drew}"
            case _:
                return (
                    "no claim contradicted another, or the facts"
                    if what == "claim"
                    else f"it changed nothing{f' of {what}' if what else ''}"
                )

    def wrapped(self, left: str, text: str, style: str = "") -> Iterator[str]:
        """Words behind a margin, broken where the screen ends."""
        room = max(self.screen.width - len(left), 30)
        for place, line in enumerate(textwrap.wrap(text, room, break_on_hyphens=False, break_long_words=False)):
            yield f"{left}{'  ' if place else ''}{self.screen.styled(line, style)}"

    def dim(self, text: str) -> str:
        return self.screen.styled(text, "dim")


# ---- for machines


def document(result: str, asking: Asking, absence: Absence) -> dict[str, Any]:
    """The absence, its times in ISO 8601, durations in seconds."""
    zone = asking.repeated.log.header.timezone

    def dated(value: Any) -> Any:
        if isinstance(value, dict):
            kind = value.get("kind")
            plain = {name: dated(one) for name, one in value.items()}
            for name in ("time", "until"):
                if isinstance(value.get(name), int):
                    plain[name] = clock.iso(value[name], zone)
            for name in ("value", "bound", "short") if kind in ("duration", "instant") else ():
                if value.get(name) is not None:
                    plain[name] = clock.iso(value[name], zone) if kind == "instant" and name != "short" else clock.seconds(value[name])
            return plain
        return [dated(one) for one in value] if isinstance(value, list | tuple) else value

    return {"result": result, "not": asking.event, "by": [*asking.by], "until": clock.iso(asking.until, zone), **dated(asdict(absence))}
