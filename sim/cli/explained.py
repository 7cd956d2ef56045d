"""What an entry rests on, on paper.

In: a log, its reasons and draws. Out: lines of a page, or of a Mermaid diagram.

The page follows one line of causes from the entry down; what a guard read, and the law that was met, stand as branches beside it.
Each entry is told once.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence

from sim.analysis.draws import Draw, Draws
from sim.analysis.reasons import Reason, Reasons
from sim.cli.terminal import Screen, number
from sim.cli.timeline import Page, flow, heading
from sim.cli.words import Words
from sim.errors import escaped
from sim.language.scenario import Scenario
from sim.log.entries import Entry, Log
from sim.report.diagrams import entities

__all__ = ["Tree", "mermaid"]

FEW = 3
"""So many entries that one name was read from are followed further; the others are named."""


class Tree:
    """Reasons on their way to paper."""

    def __init__(self, log: Log, scenario: Scenario | None, reasons: Reasons, draws: Draws | None, *, full: bool) -> None:
        self.log = log
        self.scenario = scenario
        self.reasons = reasons
        self.draws = draws
        self.full = full
        self.screen = Screen.of(sys.stdout)
        self.words: Words = Words(scenario, log.header.timezone)
        self.page = Page(log, self.words, self.screen)
        self.told: set[int] = set()
        self.to_come: set[int] = set()
        self.cited: dict[str, None] = {}

    def lines(self, entry: Entry, depth: int | None) -> Iterator[str]:
        """The page: which run it is, the entry with all it rests on, and the sources cited."""
        yield from heading(self.log, self.screen, None, self.scenario)
        yield ""
        yield from self.trunk(entry, "", depth)
        if self.cited:
            yield ""
            yield self.screen.styled("sources", "bold")
            for source in self.cited:
                yield from self.wrapped("", "  ", self.citation(source))

    def trunk(self, entry: Entry, left: str, depth: int | None) -> Iterator[str]:
        """An entry, the branches beside it, then the entry it follows from, and so on down."""
        elsewhere = frozenset(self.to_come)
        self.to_come |= self.chain(entry)
        while True:
            self.told.add(entry.id)
            reasons = self.reasons.of(entry) if depth is None or depth > 0 else ()
            depth = None if depth is None else depth - 1
            cause = next((reason.entry for reason in reasons if reason.kind == "cause"), 0)
            yield from self.entry(entry, left, goes_on=bool(cause))
            for name, group in self.branches(reasons):
                yield from self.branch(name, group, left, depth)
            if not cause:
                return
            entry, passed = self.next(cause)
            if passed:
                yield left + self.dim(f"│   … {passed:,} step{'' if passed == 1 else 's'} of the case before")
            if entry.id in self.told or entry.id in elsewhere:
                yield from self.again(entry, left)
                return

    def chain(self, entry: Entry) -> set[int]:
        """An entry and those it follows from, down to the first that is told already."""
        found: set[int] = set()
        number: int | None = entry.id
        while number and number not in self.told:
            found.add(number)
            number = self.log.entries[number].cause
        return found

    def again(self, entry: Entry, left: str) -> Iterator[str]:
        """An entry that is told in another place."""
        named = "  ".join(text for text, _ in self.page.body(entry)[1])
        yield from self.wrapped(f"{left}● ", f"{left}  ", f"#{entry.id} {named}, told {'above' if entry.id in self.told else 'below'}")

    def next(self, cause: int) -> tuple[Entry, int]:
        """The entry to tell below, and how many of its case are passed over: those that rest on nothing but one another."""
        below, passed = self.log.entries[cause], 0
        while not self.full and self.is_course(below) and below.id not in self.told:
            own = self.reasons.of(below)
            if len(own) != 1 or own[0].kind != "cause" or self.log.entries[own[0].entry].case != below.case:
                break
            below, passed = self.log.entries[own[0].entry], passed + 1
        return below, passed

    def is_course(self, entry: Entry) -> bool:
        """Whether an entry is a step on the way of a case."""
        return entry.case is not None and (entry.rule or "").startswith("procedures.") and ".steps." in (entry.rule or "")

    def branches(self, reasons: Sequence[Reason]) -> list[tuple[str, list[int]]]:
        """What else an entry rests on: a title each, and the entries below it."""
        found: dict[str, list[int]] = {}
        for reason in reasons:
            match reason.kind:
                case "read":
                    title = f"{escaped(reason.name)} = {self.words.read(reason.name, reason.value)}"
                case "norm" | "law":
                    title = f"{escaped(reason.name)} since"
                case "claim":
                    title = "contradicts"
                case _:
                    continue
            found.setdefault(title, []).append(reason.entry)
        return list(found.items())

    def branch(self, title: str, entries: list[int], left: str, depth: int | None) -> Iterator[str]:
        """What was read, and where it came from, the latest first."""
        latest = sorted(entries, reverse=True)
        follow = latest if self.full else latest[:FEW]
        yield from self.wrapped(f"{left}├─ ", f"{left}│  ", title)
        for one in follow:
            if one in self.told or one in self.to_come:
                yield from self.again(self.log.entries[one], f"{left}│  ")
            else:
                yield from self.trunk(self.log.entries[one], f"{left}│  ", depth)
        if rest := latest[len(follow) :]:
            yield from self.wrapped(f"{left}│  ", f"{left}│  ", f"and {' '.join(f'#{one}' for one in rest)}")

    def entry(self, entry: Entry, left: str, *, goes_on: bool) -> Iterator[str]:
        """One entry: what happened when; dim: by which provision, what was drawn, what it read from the start, what it cites."""
        mark, body = self.page.body(entry)
        day, clock = self.page.stamp(entry.time)
        when = day if clock == "00:00" else f"{day} {clock}"
        head = f"{left}● {self.dim(f'#{entry.id}')} {when} {self.screen.styled(*mark)} "
        below = f"{left}{'│' if goes_on else ' '}   "
        room = max(self.screen.width - len(left) - len(f"● #{entry.id} {when}   "), 20)
        for place, line in enumerate(flow([*body, *self.page.carried(entry)], room)):
            yield (below if place else head) + "  ".join(self.screen.styled(*part) for part in line)
        for note in self.notes(entry):
            yield from self.wrapped(below, below, note)

    def notes(self, entry: Entry) -> Iterator[str]:
        """What is to be said of an entry."""
        self.cited |= dict.fromkeys(entry.source)
        cites = [f"cites {', '.join(map(escaped, entry.source))}"] if entry.source else []
        yield " · ".join([*([escaped(entry.rule)] if entry.rule else []), *cites])
        yield from (_drawn(draw) for draw in (self.draws.of(entry) if self.draws else ()))
        given = [f"{escaped(name)} = {self.words.read(name, value)}" for name, (value, by) in entry.because.items() if not any(by)]
        if given:
            yield f"given: {', '.join(given)}"

    def citation(self, source: str) -> str:
        """A citation in full."""
        known = self.scenario.sources.get(source) if self.scenario else None
        if known is None:
            return escaped(source)
        details = ", ".join(known.details[name] for name in ("published", "url") if known.details.get(name))
        return f"{escaped(source)}: {escaped(known.title)}" + (f" ({escaped(details)})" if details else "")

    def dim(self, text: str) -> str:
        return self.screen.styled(text, "dim")

    def wrapped(self, first: str, left: str, text: str) -> Iterator[str]:
        """Words beside the line of causes, broken where the screen ends."""
        room = max(self.screen.width - len(left), 20)
        for place, line in enumerate(textwrap.wrap(text, room, break_on_hyphens=False, break_long_words=False)):
            yield (left if place else first) + self.dim(line)


def _drawn(draw: Draw) -> str:
    """A draw in words."""
    odds = "" if draw.odds is None else f", a chance of {number(draw.odds)}"
    at = "" if draw.number is None else f" (drew {draw.number:.3f})"
    match draw.kind:
        case "chance":
            odds = "" if draw.odds is None or draw.written == number(draw.odds) else f" = {number(draw.odds)}"
            return f"chance {escaped(draw.written)}{odds}: it came{at}"
        case "after":
            return f"after {draw.came}, of {escaped(draw.written)}{at}"
        case "at":
            return f"on {draw.came}, of {escaped(draw.written)}{at}"
        case "choice":
            return f"{escaped(draw.came)}{odds}{at}"
        case "obeyed" if draw.odds is not None:
            return f"{draw.came}; to be obeyed had a chance of {number(draw.odds if draw.came == 'obeyed' else 1 - draw.odds)}{at}"
        case _:
            return f"{draw.came}{odds}{at}"


def mermaid(entry: Entry, reasons: Reasons, depth: int | None, log: Log, scenario: Scenario | None) -> Iterator[str]:
    """A diagram: entries as boxes, reasons as arrows."""
    words = Words(scenario, log.header.timezone)
    page = Page(log, words, Screen())
    found = reasons.below(entry, depth)
    yield "flowchart TD"
    for place in sorted(found):
        one = log.entries[place]
        told = ["  ".join(text for text, _ in page.body(one)[1]), " ".join(page.stamp(one.time))]
        yield f'  e{place}["#35;{place} {"<br>".join(entities(escaped(part)) for part in told)}"]'
    for place, own in sorted(found.items()):
        for reason in own:
            label = f"|{chr(34)}{entities(escaped(reason.name))}{chr(34)}|" if reason.name else ""
            arrow = "-->" if reason.kind == "cause" else "-.->"
            if reason.entry in found:
                yield f"  e{reason.entry} {arrow}{label} e{place}"
