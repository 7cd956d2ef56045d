"""The timeline: an outcome log as a page for people.

In: a `Log`, and its checked scenario where there is one (for names and titles). Out: lines for a terminal.

What happens often is routine, and stretches of it are folded into one line. The rule:
  - `change` entries are routine, and the course of cases (`P.opened`, `P.STEP`, `P.approved` …) of a procedure with more than `MANY`;
  - so is a kind of entry (its event and status; for claims also what is said) that the run has more than `OFTEN` of, save its first;
  - whatever else is blocked, or a violation, or a change of law, never is.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sim import clock
from sim.cli.terminal import Cell, Screen, columns, shown
from sim.cli.words import FIXED, Words
from sim.errors import escaped
from sim.language.scenario import Scenario
from sim.log.entries import Entry, Log

__all__ = ["LONG", "OFTEN", "Page", "flow", "folds", "heading", "lines", "summary"]

OFTEN = 15
"""A kind of entry that a run has more of than this is routine."""

LONG = 40
"""A page of more lines than this, more than a screen holds, begins with a summary."""

MANY = 30
"""A procedure of which a run has more entries than this runs as a matter of routine."""

MOST_ASKED = 8
"""Of a question about history, a log names so many of the entries it counted."""

SAID = ("claim", "contradiction", "refuted")
SIGNS = {"done": ("•", "bold"), "blocked": ("✗", "bold red"), "violation": ("!", "bold yellow")}


def heading(log: Log, screen: Screen, until: str | None = None, scenario: Scenario | None = None) -> Iterator[str]:
    """Which run it is: title; what-if, edits, seed and period; `until` is the option that ended it early."""
    header = log.header
    yield screen.styled(escaped(header.title or header.scenario.replace("_", " ")), "bold")
    begin, end = (_stamp(edge, header.timezone)[0] for edge in header.period)
    parts = [
        f"what-if {escaped(header.what_if)}" if header.what_if else "baseline",
        *(f"with {escaped(text)}" for text in header.overrides),
        f"seed {header.seed}" + (f", replication {header.replication}" if header.replication else ""),
        f"{begin} to {end} {escaped(header.timezone)}" + (f" (--until {escaped(until)})" if until else ""),
        f"{len(log.entries):,} entries",
    ]
    told = [" · ".join(parts)]
    if scenario is not None and header.what_if:
        told.append(escaped(scenario.what_ifs.get(header.what_if, "")))
    elif scenario is not None and scenario.observed:
        told.append("what the rules bring about with this luck, not what happened")
    for text in told:
        yield from (screen.styled(line, "dim") for line in textwrap.wrap(text, screen.width))


def lines(
    log: Log, scenario: Scenario | None, screen: Screen, *, full: bool = False, among: Sequence[Entry] | None = None
) -> Iterator[str]:
    """The entries of a log, one after another, with stretches of routine folded; `full` shows every one, `among` these alone."""
    page = Page(log, Words(scenario, log.header.timezone), screen)
    return page.lines(full) if among is None else page.alone(among)


def summary(log: Log, scenario: Scenario | None, measures: Mapping[str, Mapping[str, Any]], screen: Screen) -> Iterator[str]:
    """What a run comes to, for those who read no further: what happened how often, how it ended, the values of its measures."""
    zone = log.header.timezone
    words, last = Words(scenario, zone), log.entries[-1]
    told = {
        "happened": words.counted(log.entries[1:-1], dated=True),
        "ended": ["; ".join([f"{_stamp(last.time, zone)[0]}, {words.end(last)}", *words.left(last)])],
        "measures": [f"{escaped(name)}: {shown(one['value'], one['type'], zone)}" for name, one in measures.items()],
    }
    width = max(map(len, told)) + 2
    for head, parts in told.items():
        for place, line in enumerate(_packed(parts, screen.width - width)):
            yield f"{screen.styled(head, 'bold') if not place else ''}{' ' * (width - (0 if place else len(head)))}{line}"


def folds(log: Log, scenario: Scenario | None) -> bool:
    """Whether there is routine in a log, so that `full` shows more of it."""
    return any(routine for _, routine in Page(log, Words(scenario, log.header.timezone), Screen()).marked())


class Page:
    """One log on its way to paper."""

    def __init__(self, log: Log, words: Words, screen: Screen) -> None:
        self.log = log
        self.words = words
        self.screen = screen
        self.zone = log.header.timezone
        self.ids = len(f"{len(log.entries) - 1}") + 1
        self.left = " " * (self.ids + 1 + 16 + 1 + 2)
        self.room = max(screen.width - len(self.left), 20)
        self.day = ""
        self.told: tuple[str | None, int | None] = (None, None)
        self.cases = Counter(words.procedure(entry.event) for entry in log.entries)

    def lines(self, full: bool) -> Iterator[str]:
        """Every line of the page."""
        folded: list[Entry] = []
        for entry, routine in self.marked():
            if routine and not full:
                folded.append(entry)
                continue
            yield from self.fold(folded)
            folded = []
            yield from self.entry(entry)
        yield from self.fold(folded)
        yield from self.end(self.log.entries[-1])

    def alone(self, entries: Iterable[Entry]) -> Iterator[str]:
        """The lines of some entries, and how the run ended."""
        for entry in entries:
            yield from self.entry(entry)
        yield from self.end(self.log.entries[-1])

    def marked(self) -> Iterator[tuple[Entry, bool]]:
        """Every entry between start and end, and whether it is routine."""
        often = Counter(_kind(entry) for entry in self.log.entries)
        seen: set[tuple[str, ...]] = set()
        for entry in self.log.entries[1:-1]:
            kind = _kind(entry)
            yield entry, self.is_routine(entry) or (often[kind] > OFTEN and kind in seen)
            seen.add(kind)

    def is_routine(self, entry: Entry) -> bool:
        """Whether an entry is routine however seldom it is."""
        if entry.status != "done":
            return False
        procedure = self.words.procedure(entry.event)
        return (entry.event == "change" and "duty" not in entry.data) or (procedure is not None and self.cases[procedure] > MANY)

    def entry(self, entry: Entry) -> Iterator[str]:
        """One entry: number, date, what happened, what it carries; dim: by which provision and cause."""
        sign, body = self.body(entry)
        body = [*body, *self.carried(entry)]
        yield from self.row(f"#{entry.id}", self.when(entry.time), sign, body, self.origin(entry))
        if entry.because and (entry.rule, entry.cause) != self.told:  # what one firing brings has one reason
            told = textwrap.wrap(f"because {self.reasons(entry)}", self.room)
            yield from (self.left + self.screen.styled(line, "dim") for line in told)
        self.told = (entry.rule, entry.cause)

    def reasons(self, entry: Entry) -> str:
        """What the guard of an entry's rule read, and the entries that had written it."""
        told = []
        for name, (value, writers) in entry.because.items():
            newest = "newest 8: " if len(writers) == MOST_ASKED and value != MOST_ASKED else ""
            by = f" ({newest}{' '.join(f'#{number}' for number in writers)})" if any(writers) else ""
            told.append(f"{escaped(name)} = {self.words.read(name, value)}{by}")
        return ", ".join(told)

    def carried(self, entry: Entry) -> list[Cell]:
        """What an entry carries, in brackets, where its words do not tell it anyway."""
        said = entry.event in (*SAID, "change") or self.words.is_law(entry)
        data = "" if said else self.words.data(entry)
        return [(f"({data})", "")] if data else []

    def body(self, entry: Entry) -> tuple[Cell, list[Cell]]:
        """The sign of an entry, and what happened in words."""
        if entry.event == "change" and "duty" in entry.data:
            return ("§", "bold blue"), [(self.words.title(entry), "bold blue")]
        if entry.event == "change":
            return ("·", "dim"), [(self.words.changes([entry]), "")]
        title, who = self.words.event(entry.event), self.words.who(entry)
        sign, style = SIGNS[entry.status]
        if self.words.is_law(entry):
            mark = ("§", "bold blue")
            body = [(f"{title}{' again' if entry.data.get('renewed') else ''}", mark[1]), *([(who, "")] if who else [])]
        elif entry.event in SAID:
            tone = "" if entry.event == "claim" else "magenta"
            body = [(self.words.said(entry), tone)]
            mark = ("≠", "bold magenta") if tone else ("“", "bold cyan")
        else:
            body = [(title, "bold"), *([(who, "")] if who else [])]
            mark = (sign, style)
        if entry.status == "done":
            return mark, body
        norms = ", ".join(escaped(norm) for norm in entry.norms)
        return (sign, style), [(f"{entry.status.upper()} {'by' if entry.status == 'blocked' else 'of'} {norms}", style), *body]

    def origin(self, entry: Entry) -> list[str]:
        """The provision that made an entry, and the entry it follows from."""
        cause = f"← #{entry.cause} {self.words.title(self.log.entries[entry.cause])}" if entry.cause else ""
        return [part for part in (escaped(entry.rule or ""), cause) if part]

    def stamp(self, instant: int) -> tuple[str, str]:
        """Local date and time."""
        return _stamp(instant, self.zone)

    def when(self, instant: int) -> str:
        """Date and time; the date only where it changes, the time only where it is not a lone midnight."""
        date, time = _stamp(instant, self.zone)
        same, self.day = date == self.day, date
        if same:
            return f"{'':10} {time}"
        return date if time == "00:00" else f"{date} {time}"

    def row(self, own: str, when: str, sign: Cell, body: list[Cell], origin: list[str]) -> Iterator[str]:
        """The parts of an entry beside one another as far as the screen goes, its origin at the right end or below."""
        screen, told = self.screen, _packed(origin, self.room, " ")
        flowing = flow(body, self.room)
        head = f"{screen.styled(f'{own:>{self.ids}}', 'dim')} {when:16} {screen.styled(*sign)} "
        for place, line in enumerate(flowing):
            text = "  ".join(screen.styled(part, style) for part, style in line)
            space = self.room - columns("  ".join(part for part, _ in line))
            if place == len(flowing) - 1 and len(told) == 1 and space >= columns(told[0]) + 3:
                text += " " * (space - columns(told[0])) + screen.styled(told.pop(), "dim")
            yield (self.left if place else head) + text
        yield from (self.left + screen.styled(line, "dim") for line in told)

    def fold(self, entries: list[Entry]) -> Iterator[str]:
        """A stretch of routine entries in one line."""
        if not entries:
            return
        parts = self.words.counted(entries)
        if changes := self.words.changes(entry for entry in entries if entry.event == "change"):
            parts.append(changes)
        for place, line in enumerate(_packed(parts, self.room)):
            yield self.left[:-2] + self.screen.styled(f"{' ' if place else '·'} {line}", "dim")

    def end(self, entry: Entry) -> Iterator[str]:
        """How the run ended, and who still waits for what."""
        yield from self.row("", self.when(entry.time), ("■", "dim"), [(self.words.end(entry), "dim")], [])
        for told in self.words.left(entry):
            yield from (self.left + self.screen.styled(line, "dim") for line in textwrap.wrap(told, self.room))


def _packed(parts: list[str], room: int, between: str = " · ") -> list[str]:
    """Parts beside one another as far as they fit, so that lines break between them."""
    held: list[str] = []
    for part in parts:
        if held and columns(held[-1]) + len(between) + columns(part) <= room:
            held[-1] += between + part
        else:
            held += textwrap.wrap(part, room)
    return [line.replace(FIXED, " ") for line in held]


def flow(parts: list[Cell], room: int) -> list[list[Cell]]:
    """Styled parts beside one another as far as they fit; a part that is too long for any line is broken itself."""
    held: list[list[Cell]] = [[]]
    used = -2
    for text, style in parts:
        pieces = [text] if columns(text) <= room else textwrap.wrap(text, room)
        for piece in pieces:
            if held[-1] and used + 2 + columns(piece) > room:
                held.append([])
                used = -2
            held[-1].append((piece, style))
            used += 2 + columns(piece)
    return held


def _kind(entry: Entry) -> tuple[str, ...]:
    """What counts as the same happening again."""
    said = f"{entry.data.get('statement')} {entry.data.get('is')}" if entry.event == "claim" else str(entry.data.get("duty", ""))
    return entry.event, entry.status, said


def _stamp(instant: int, zone: str) -> tuple[str, str]:
    """Local date and time to the minute."""
    date, time = clock.iso(instant, zone)[:16].split("T")
    return date, time
