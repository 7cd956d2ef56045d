"""A log in the form process-mining tools read: OCEL 2.0, as JSON.

In: a `Log`, and its scenario where it is known. Out: the document.

Source: Berti, Koren, Adams, Park, Knopp, Graves, Rafiei, Liß, Tacke Genannt Unterberg, Zhang, Schwanen, Pegoraro, van der Aalst:
OCEL (Object-Centric Event Log) 2.0 Specification, 2024, https://www.ocel-standard.org.

Each entry is an event of its type, related to the objects it is about: actors, things, the case, the provision that made it, the norms it
met, the run. Values that change (state, attributes, law in force) are attributes of objects, each with the instant from which it is
so. The standard knows relations of objects alone, so what causes what is told twice: each entry is an object too, `caused by` that of
its cause and `read` from those whose writes its guard read; and each event has the attribute `cause`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sim import clock
from sim.language.scenario import Scenario
from sim.log.entries import Entry, Log

__all__ = ["ocel_of"]

ACTOR, THING, PROVISION, RUN, ENTRY = "actor", "thing", "provision", "run", "entry"
EPOCH = 0
"""The instant from which an attribute that never changes has its value, by the standard; a run that begins earlier has its own begin."""

NAMES = {"flag": "boolean", "number": "float", "instant": "time", "duration": "float"}
"""What types are called there; all others are texts."""

LAW = ("in_force.", "suspended.", "running.")


def ocel_of(log: Log, scenario: Scenario | None) -> dict[str, Any]:
    """The whole document: types with their attributes, events, objects, and how they are related."""
    return _Document(log, scenario).whole()


class _Document:
    """The objects of a log, gathered while its entries are read."""

    def __init__(self, log: Log, scenario: Scenario | None) -> None:
        self.log = log
        self.scenario = scenario
        self.always = min(EPOCH, log.header.period[0])
        self.paths = {} if scenario is None else dict(_paths(scenario))
        self.attributes: dict[tuple[str, str], dict[tuple[str, int], str]] = {}
        self.relations: dict[tuple[str, str], list[dict[str, str]]] = {}
        self.procedures: dict[str, str] = {}
        self.object_types: dict[str, dict[str, str]] = {name: {} for name in (RUN, ACTOR, PROVISION, ENTRY)}
        self.event_types: dict[str, dict[str, str]] = {}

    def whole(self) -> dict[str, Any]:
        self.name_objects()
        events = [self.event(entry) for entry in self.log.entries]
        return {
            "objectTypes": _types(self.object_types),
            "eventTypes": _types(self.event_types),
            "objects": [
                {
                    "id": own,
                    "type": kind,
                    "attributes": [{"name": name, "value": text, "time": _stamp(since)} for (name, since), text in said.items()],
                    "relationships": self.relations[kind, own],
                }
                for (kind, own), said in self.attributes.items()
            ],
            "events": events,
        }

    # objects

    def name_objects(self) -> None:
        """The run, and what the scenario says of actors and things before anything happens."""
        header = self.log.header
        about = {
            "scenario": header.scenario, "title": header.title, "what_if": header.what_if or "baseline", "seed": header.seed,
            "replication": header.replication, "version": header.version, "digest": header.digests.get("scenario"),
            "overrides": " ".join(header.overrides) or None,
        }  # fmt: skip
        for name, value in about.items():
            self.tell(RUN, self.named(RUN), name, value, self.always)
        if self.scenario is None:
            return
        for actor in self.scenario.actors.values():
            for name, text in (("name", actor.name), ("kind", actor.kind), ("about", actor.about)):
                self.tell(ACTOR, self.named(ACTOR, actor.id), name, text or None, self.always)
            for group, word in [*([(actor.part_of, "part of")] if actor.part_of else []), *((one, "member of") for one in actor.member_of)]:
                self.relate(ACTOR, self.named(ACTOR, actor.id), self.named(ACTOR, group), word)
        for thing in self.scenario.things.values():
            for name, text in (("name", thing.name), ("kind", thing.kind), ("about", thing.about)):
                self.tell(THING, self.named(THING, thing.id), name, text or None, self.always)

    def named(self, kind: str, name: str = "") -> str:
        """The id of an object, which is there from now on; no two types share ids."""
        own = f"{kind} {name}" if name else kind
        if (kind, own) not in self.attributes:
            self.attributes[kind, own], self.relations[kind, own] = {}, []
            self.object_types.setdefault(kind, {})
        return own

    def tell(self, kind: str, own: str, name: str, value: Any, since: int) -> None:
        """An object has this value from an instant on."""
        if value is not None:
            declared = self.object_types[kind]
            declared[name] = _joined(declared.get(name), _type(value))
            self.attributes[kind, own][name, since] = _text(value)

    def relate(self, kind: str, own: str, other: str, qualifier: str) -> None:
        self.relations[kind, own].append({"objectId": other, "qualifier": qualifier})

    # events

    def event(self, entry: Entry) -> dict[str, Any]:
        """An entry as an event, and as an object that others are caused by."""
        related = [*self.about(entry)]
        own = self.named(ENTRY, str(entry.id))
        self.tell(ENTRY, own, "event", entry.event, self.always)
        related.append((own, "is"))
        if entry.cause is not None:
            self.relate(ENTRY, own, f"{ENTRY} {entry.cause}", "caused by")
        for writer in sorted({one for _, writers in entry.because.values() for one in writers}):
            self.relate(ENTRY, own, f"{ENTRY} {writer}", "read")
        self.change(entry)
        declared = self.event_types.setdefault(entry.event, {})
        said = []
        for name, value, kind in self.said(entry):
            declared[name] = _joined(declared.get(name), kind)
            said.append({"name": name, "value": _text(value)})
        return {
            "id": f"{entry.id}",
            "type": entry.event,
            "time": _stamp(entry.time),
            "attributes": said,
            "relationships": [{"objectId": other, "qualifier": qualifier} for other, qualifier in related],
        }

    def about(self, entry: Entry) -> Iterator[tuple[str, str]]:
        """The objects an entry is about, with the part each plays."""
        yield self.named(RUN), "in"
        for actor, part in ((entry.by, "by"), (entry.to, "to"), (entry.via, "via")):
            if actor is not None:
                yield self.named(ACTOR, actor), part
        if entry.case is not None:
            if entry.event.endswith(".opened"):
                self.procedures[entry.case] = entry.event.removesuffix(".opened")
            yield self.named(f"case of {self.procedures[entry.case]}", entry.case), "case"
        if entry.rule is not None:
            yield self.named(PROVISION, entry.rule), "made by"
        for norm in entry.norms:
            yield self.named(PROVISION, self.paths.get(norm, norm)), entry.status
        for name, kind in self.fields(entry).items():
            if kind in (ACTOR, THING) and isinstance(entry.data.get(name), str):
                yield self.named(kind, entry.data[name]), name

    def fields(self, entry: Entry) -> dict[str, str]:
        """The types of the data of an entry, where the scenario says them."""
        event = None if self.scenario is None else self.scenario.events.get(entry.event)
        return {} if event is None else {name: kind.name for name, kind in event.fields.items()}

    def said(self, entry: Entry) -> Iterator[tuple[str, Any, str]]:
        """The attributes of an event: name, value, type."""
        fields = self.fields(entry)
        yield "status", entry.status, "string"
        for name, value in entry.data.items():
            if value is not None and fields.get(name) not in (ACTOR, THING):
                yield name, value, NAMES.get(fields.get(name, ""), _type(value))
        for name, told in (("cause", entry.cause), ("source", " ".join(entry.source) or None), ("key", entry.key)):
            if told is not None:
                yield f"entry.{name}", told, _type(told)
        if entry.because:
            yield "entry.because", {name: value for name, (value, _) in entry.because.items()}, "string"

    def change(self, entry: Entry) -> None:
        """What an entry writes becomes an attribute of whoever has it: an actor, a thing, a provision, and else the run."""
        for path, (_, value) in entry.changes.items():
            section, _, rest = path.partition(".")
            owner, _, attribute = rest.partition(".")
            if section in ("actors", "things") and attribute:
                kind = ACTOR if section == "actors" else THING
                self.tell(kind, self.named(kind, owner), attribute, value, entry.time)
            elif path.startswith(LAW):
                self.tell(PROVISION, self.named(PROVISION, self.paths.get(rest, rest)), section, value, entry.time)
            else:
                self.tell(RUN, self.named(RUN), rest if section == "state" else path, value, entry.time)


def _paths(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Every provision: its short name and its path."""
    yield from ((rule.id, rule.path) for rule in scenario.rules)
    yield from ((norm.id, norm.path) for norm in scenario.norms)
    for procedure in scenario.procedures.values():
        yield procedure.id, procedure.path
        for step in procedure.steps:
            yield from ((f"{procedure.id}.{one.id}", one.path) for one in (step, *step.branches))


def _types(found: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
    return [{"name": name, "attributes": [{"name": one, "type": kind} for one, kind in found[name].items()]} for name in found]


def _type(value: Any) -> str:
    """The type of a value, as the standard calls it."""
    if isinstance(value, bool):
        return "boolean"
    return "integer" if isinstance(value, int) else "float" if isinstance(value, float) else "string"


def _joined(one: str | None, other: str) -> str:
    """A type for values of both."""
    if one in (None, other):
        return other
    return "float" if {one, other} == {"integer", "float"} else "string"


def _text(value: Any) -> str:
    """A value as the standard's schema wants it: a text, whatever its type."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _stamp(instant: int) -> str:
    """An instant (µs) as the standard writes it: in UTC."""
    return f"{clock.moment(instant, 'UTC').isoformat(timespec='microseconds')[:-6]}Z"
