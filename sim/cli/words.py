"""Names and values of a log in the words of its scenario.

In: entries of a log, and the checked scenario where there is one (for names and titles). Out: words for people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sim import clock
from sim.cli.terminal import number, shown
from sim.errors import escaped
from sim.language.scenario import Scenario
from sim.log.entries import Entry

__all__ = ["FIXED", "Words"]

LAW = ("scheduled", "enacted", "suspended", "resumed", "repealed", "expired")
"""What happens to a step as a provision, and not in the course of a case."""

COURSE = (
    "opened", "steps", "approved", "refused", "late", "withdrawn", "licence_suspended", "licence_resumed", "licence_revoked",
    "licence_expired",
)  # fmt: skip
"""What is counted of the course of cases: all but these are steps."""

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

    def title(self, entry: Entry) -> str:
        """What happened, by the name of its event; the beginning of a duty by that of its norm."""
        duty = entry.data.get("duty") if entry.event == "change" else None
        return self.event(entry.event) if duty is None else f"{escaped(str(duty).replace('_', ' '))} begins"

    def is_law(self, entry: Entry) -> bool:
        """Whether a provision comes into force or goes out of it."""
        return self.procedure(entry.event) is None and entry.event.rpartition(".")[2] in LAW

    def counted(self, entries: Sequence[Entry], *, dated: bool = False) -> list[str]:
        """What happened how often, `change` entries left out."""
        return [*self.courses(entries), *self.others(entries, dated=dated)]

    def courses(self, entries: Sequence[Entry]) -> Iterator[str]:
        """The course of cases, a procedure each: `export licence: 5 opened, 12 steps, 4 approved, 1 refused`."""
        counts: dict[str, Counter[str]] = {}
        for entry in entries:
            procedure = self.procedure(entry.event)
            if procedure is not None and entry.status == "done":
                last = entry.event.rpartition(".")[2]
                word = last if last in COURSE else "steps"
                counts.setdefault(procedure, Counter())[word] += 1
        for procedure, count in counts.items():
            told = (f"{count[word]:,}{FIXED}{_one_or_many(word, count[word])}" for word in COURSE if count[word])
            yield f"{escaped(procedure.replace('_', ' '))}: {', '.join(told)}"

    def others(self, entries: Sequence[Entry], *, dated: bool = False) -> Iterator[str]:
        """What else happened how often: `3 × shipment`; `dated`: what happened once, when."""
        counted = [e for e in entries if e.event != "change" and (e.status != "done" or self.procedure(e.event) is None)]
        counts = Counter((entry.event, entry.status) for entry in counted)
        first = {(entry.event, entry.status): entry.time for entry in reversed(counted)}
        for kind, count in counts.items():
            told = f"{self.event(kind[0])}{'' if kind[1] == 'done' else f' {kind[1].upper()}'}"
            on = clock.iso(first[kind], self.zone)[:10]
            yield f"{told} on {on}".replace(" ", FIXED) if dated and count == 1 else f"{count:,}{FIXED}×{FIXED}{told}"

    def changes(self, entries: Iterable[Entry]) -> str:
        """What values became: each by name while they are few, else how many."""
        moved: dict[str, tuple[Any, Any]] = {}
        for entry in entries:
            for path, (old, new) in entry.changes.items():
                moved[path] = (moved[path][0] if path in moved else old, new)
        if len(moved) > FEW_CHANGES:
            return f"{number(len(moved))} values changed"
        return ", ".join(f"{self.slot(path)} {self.written(path, old)} → {self.written(path, new)}" for path, (old, new) in moved.items())

    def slot(self, path: str) -> str:
        """A value of the world by its name: `tension`, `ukraine's stock`."""
        section, _, rest = path.partition(".")
        owner, _, attribute = rest.partition(".")
        if section in ("actors", "things") and attribute:
            return f"{self.actor(owner)}’s {escaped(attribute.replace('_', ' '))}"
        name = escaped((rest or path).replace("_", " "))
        return f"{name} runs:" if section == "running" else name

    def end(self, entry: Entry) -> str:
        """How a run ended."""
        return "end of the period" + ("; nothing more could happen" if entry.data.get("reason") == "quiescent" else "")

    def left(self, entry: Entry) -> list[str]:
        """Who still waits for what at the end of a run."""
        said = (("waiting", "cases under way"), ("unmet", "still waiting for a condition"), ("owed", "still owed"))
        return [f"{what}: {escaped(str(entry.data[key]).replace('_', ' ').replace('.', ' '))}" for key, what in said if key in entry.data]


def _one_or_many(word: str, count: int) -> str:
    """How what is counted of cases is called."""
    return "step" if word == "steps" and count == 1 else word.removeprefix("licence_")
