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
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sim import clock
from sim.cli.terminal import Cell, Screen, columns, number, shown
from sim.errors import escaped
from sim.language.scenario import Scenario
from sim.log.entries import Entry, Log

__all__ = ["OFTEN", "Words", "folds", "heading", "lines"]

OFTEN = 15
"""A kind of entry that a run has more of than this is routine."""

MANY = 30
"""A procedure of which a run has more entries than this runs as a matter of routine."""

LAW = ("enacted", "repealed")
SAID = ("claim", "contradiction", "refuted")
SIGNS = {"done": ("•", "bold"), "blocked": ("✗", "bold red"), "violation": ("!", "bold yellow")}
FEW_CHANGES = 3
FIXED = "\N{NO-BREAK SPACE}"
"""Where a line is not to break; it is printed as a space."""


class Words:
    """What things are called: by the scenario's names and titles, or by their ids where there is none."""

    def __init__(self, scenario: Scenario | None, zone: str) -> None:
        self.scenario = scenario
        self.zone = zone

    def actor(self, actor: str) -> str:
        """The name of an actor or thing."""
        known = (self.scenario.actors.get(actor) or self.scenario.things.get(actor)) if self.scenario else None
        return escaped(known.name if known and known.name not in ("", known.id) else actor.replace("_", " "))

    def event(self, event: str) -> str:
        """The title of an event."""
        known = self.scenario.events.get(event) if self.scenario else None
        title = known.title if known else event.replace("_", " ").replace(".", " ")
        return escaped(title.replace(".", " ") if "." in event else title)

    def statement(self, statement: str) -> str:
        """What a statement says, quoted."""
        known = self.scenario.statements.get(statement) if self.scenario else None
        return f"‘{escaped(known.about if known and known.about else statement.replace('_', ' '))}’"

    def procedure(self, event: str) -> str | None:
        """The procedure whose cases an event belongs to."""
        if self.scenario and event in self.scenario.events:
            return self.scenario.events[event].procedure
        head, _, last = event.rpartition(".")
        return head if head and last not in LAW else None

    def who(self, entry: Entry) -> str:
        """Who does it, to whom, through whom."""
        by, to = (self.actor(actor) if actor else "" for actor in (entry.by, entry.to))
        via = f" via {self.actor(entry.via)}" if entry.via else ""
        return (f"{by} → {to}" if by and to else by or (f"→ {to}" if to else "")) + via

    def data(self, entry: Entry) -> str:
        """What an entry carries, in short."""
        if entry.event == "decision":
            return self.choice(entry)
        types = self.scenario.events[entry.event].fields if self.scenario and entry.event in self.scenario.events else {}
        return ", ".join(
            f"{escaped(name.replace('_', ' '))} {self.value(value, types[name].name if name in types else '')}"
            for name, value in entry.data.items()
            if value is not None
        )

    def choice(self, entry: Entry) -> str:
        """What was decided, and how likely each option was."""
        decision, option = (escaped(str(entry.data.get(name)).replace("_", " ")) for name in ("decision", "option"))
        weights = entry.data.get("weights")
        pairs = weights.items() if isinstance(weights, dict) else ()
        told = (f"{escaped(str(name).replace('_', ' '))} {self.value(weight, 'number')}" for name, weight in pairs)
        return f"{decision}: {option}; weights {', '.join(told)}"

    def value(self, value: Any, kind: str) -> str:
        """A value of the log for people."""
        return self.actor(value) if kind in ("actor", "thing") and isinstance(value, str) else shown(value, kind, self.zone)

    def written(self, path: str, value: Any) -> str:
        """A value of the world for people."""
        known = self.scenario.slots.get(path) if self.scenario else None
        return self.value(value, known.type.name if known else "")

    def read(self, name: str, value: Any) -> str:
        """What a guard read under a name, for people."""
        known = self.scenario.parameters.get(name) if self.scenario else None
        slots = self.scenario.slots if self.scenario else {}
        slot = next((slots[path] for section in ("state", "actors", "things") if (path := f"{section}.{name}") in slots), None)
        kind = known.type.name if known else slot.type.name if slot else "duration" if name.startswith("since(") else ""
        return self.value(value, kind)

    def said(self, entry: Entry) -> str:
        """The words of a claim, a contradiction or a refutation."""
        by = self.actor(entry.by) if entry.by else "somebody"
        says, what = entry.data.get("is"), self.statement(str(entry.data.get("statement")))
        if entry.event == "contradiction":
            whom = str(entry.data.get("whom"))
            other = "an earlier claim" if whom == entry.by else self.actor(whom)
            return f"{by} contradicts {other}: {'' if says else 'not '}{what}"
        if entry.event == "refuted":
            return f"the facts refute {by}: {'' if says else 'not '}{what}"
        to = f" to {self.actor(entry.to)}" if entry.to else ""
        return f"{by}{to}: takes back {what}" if says is None else f"{by}{to}: {'' if says else 'not '}{what}"


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
    page = _Page(log, Words(scenario, log.header.timezone), screen)
    return page.lines(full) if among is None else page.alone(among)


def folds(log: Log, scenario: Scenario | None) -> bool:
    """Whether there is routine in a log, so that `full` shows more of it."""
    return any(routine for _, routine in _Page(log, Words(scenario, log.header.timezone), Screen()).marked())


class _Page:
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
        return entry.event == "change" or (procedure is not None and self.cases[procedure] > MANY)

    def entry(self, entry: Entry) -> Iterator[str]:
        """One entry: number, date, what happened, what it carries; dim: by which provision and cause."""
        sign, body = self.body(entry)
        said = entry.event in (*SAID, "change") or self.is_law(entry)
        if not said and (data := self.words.data(entry)):
            body = [*body, (f"({data})", "")]
        yield from self.row(f"#{entry.id}", self.when(entry.time), sign, body, self.origin(entry))
        if entry.because and (entry.rule, entry.cause) != self.told:  # what one firing brings has one reason
            told = textwrap.wrap(f"because {self.reasons(entry)}", self.room)
            yield from (self.left + self.screen.styled(line, "dim") for line in told)
        self.told = (entry.rule, entry.cause)

    def reasons(self, entry: Entry) -> str:
        """What the guard of an entry's rule read, and the entries that had written it."""
        told = []
        for name, (value, writers) in entry.because.items():
            by = f" ({' '.join(f'#{number}' for number in writers)})" if any(writers) else ""
            told.append(f"{escaped(name)} = {self.words.read(name, value)}{by}")
        return ", ".join(told)

    def is_law(self, entry: Entry) -> bool:
        """Whether a provision comes into force or goes out of it."""
        return self.words.procedure(entry.event) is None and entry.event.rpartition(".")[2] in LAW

    def body(self, entry: Entry) -> tuple[Cell, list[Cell]]:
        """The sign of an entry, and what happened in words."""
        if entry.event == "change":
            return ("·", "dim"), [(self.changes([entry]), "")]
        title, who = self.words.event(entry.event), self.words.who(entry)
        if self.is_law(entry):
            return ("§", "bold blue"), [(f"{title}{' again' if entry.data.get('renewed') else ''}", "bold blue")]
        sign, style = SIGNS[entry.status]
        if entry.event in SAID:
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
        cause = f"← #{entry.cause} {self.words.event(self.log.entries[entry.cause].event)}" if entry.cause else ""
        return [part for part in (escaped(entry.rule or ""), cause) if part]

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
        flowing = _flow(body, self.room)
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
        parts = [*self.courses(entries), *self.others(entries)]
        if changes := self.changes(entry for entry in entries if entry.event == "change"):
            parts.append(changes)
        for place, line in enumerate(_packed(parts, self.room)):
            yield self.left[:-2] + self.screen.styled(f"{' ' if place else '·'} {line}", "dim")

    def courses(self, entries: list[Entry]) -> Iterator[str]:
        """The course of cases, a procedure each: `export licence: 5 opened, 12 steps, 4 approved, 1 refused`."""
        counts: dict[str, Counter[str]] = {}
        for entry in entries:
            procedure = self.words.procedure(entry.event)
            if procedure is not None and entry.status == "done":
                last = entry.event.rpartition(".")[2]
                word = last if last in ("opened", "approved", "refused") else "steps"
                counts.setdefault(procedure, Counter())[word] += 1
        for procedure, count in counts.items():
            told = (
                f"{count[word]:,}{FIXED}{'step' if word == 'steps' and count[word] == 1 else word}"
                for word in ("opened", "steps", "approved", "refused")
                if count[word]
            )
            yield f"{escaped(procedure.replace('_', ' '))}: {', '.join(told)}"

    def others(self, entries: list[Entry]) -> Iterator[str]:
        """What else happened often: `3 × shipment`."""
        counts = Counter(
            (entry.event, entry.status)
            for entry in entries
            if entry.event != "change" and (entry.status != "done" or self.words.procedure(entry.event) is None)
        )
        for (event, status), count in counts.items():
            yield f"{count:,}{FIXED}×{FIXED}{self.words.event(event)}{'' if status == 'done' else f' {status.upper()}'}"

    def changes(self, entries: Iterable[Entry]) -> str:
        """What values became: each by name while they are few, else how many."""
        moved: dict[str, tuple[Any, Any]] = {}
        for entry in entries:
            for path, (old, new) in entry.changes.items():
                moved[path] = (moved[path][0] if path in moved else old, new)
        if len(moved) > FEW_CHANGES:
            return f"{number(len(moved))} values changed"
        written = self.words.written
        return ", ".join(f"{self.slot(path)} {written(path, old)} → {written(path, new)}" for path, (old, new) in moved.items())

    def slot(self, path: str) -> str:
        """A value of the world by its name: `tension`, `ukraine's stock`."""
        section, _, rest = path.partition(".")
        owner, _, attribute = rest.partition(".")
        if section in ("actors", "things") and attribute:
            return f"{self.words.actor(owner)}’s {escaped(attribute.replace('_', ' '))}"
        return escaped((rest or path).replace("_", " "))

    def end(self, entry: Entry) -> Iterator[str]:
        """How the run ended, and who still waits for what."""
        quiet = entry.data.get("reason") == "quiescent"
        words = "end of the period" + ("; nothing more could happen" if quiet else "")
        yield from self.row("", self.when(entry.time), ("■", "dim"), [(words, "dim")], [])
        for key, what in (("waiting", "cases under way"), ("unmet", "still waiting for a condition")):
            if key not in entry.data:
                continue
            told = f"{what}: {escaped(str(entry.data[key]).replace('_', ' ').replace('.', ' '))}"
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


def _flow(parts: list[Cell], room: int) -> list[list[Cell]]:
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
    said = f"{entry.data.get('statement')} {entry.data.get('is')}" if entry.event == "claim" else ""
    return entry.event, entry.status, said


def _stamp(instant: int, zone: str) -> tuple[str, str]:
    """Local date and time to the minute."""
    date, time = clock.iso(instant, zone)[:16].split("T")
    return date, time
