"""What touches what: which events each part of a scenario hears, asks about and makes, which values it reads and writes.

In: a checked `Scenario`. Out: `References`: one `Touches` for each part that has a path, and what can ever happen.

Records are walked by their fields, so a part that is new in the language is met here without a line of its own. What a new
effect makes, what a new trigger hears, and what a new leaf of an expression reads are told below; mypy asks for them.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache, cached_property
from typing import Any, assert_never

from sim.language import scenario as s
from sim.language import tree as t
from sim.language.standings import DONE, MOVES
from sim.language.variability import Motion, motion

__all__ = ["References", "Touches", "contents", "folded", "heard", "records_of", "taken", "touches"]

PROSE = frozenset({"about", "title", "text", "name", "label", "site", "path"})
"""Fields of records that name nothing."""


@dataclass(frozen=True, slots=True)
class Touches:
    """What one part of a scenario has to do with the others. Events are named by type, values by slot.

    `hears`: what it reacts to, or judges. `asks`: what it counts. An attribute of whoever it may be is read and written as
    `actors.*.name`. `mentions`: every word it names, by whatever role: ids of actors, statements, provisions among them.
    """

    path: str
    hears: frozenset[str]
    asks: frozenset[str]
    reads: frozenset[str]
    makes: frozenset[str]
    writes: frozenset[str]
    mentions: frozenset[str]


def touches(path: str, record: Any, events: Collection[str]) -> Touches:
    """What a record touches, all its effects, triggers and expressions taken together."""
    hears: set[str] = set()
    asks: set[str] = set()
    reads: set[str] = set()
    makes: set[str] = set()
    writes: set[str] = set()
    mentions: set[str] = set()
    for part in contents(record):
        match part:
            case str():
                mentions |= {part, part.removeprefix("organs_of(").removesuffix(")")}
            case s.Effect():
                effect: s.AnyEffect = part  # type: ignore[assignment]  # the union is all there are
                made, written = _done_by(effect, events)
                makes |= made
                writes |= written
            case s.Pattern():
                hears.add(part.event)
            case s.Before():
                hears.add(f"{part.provision}.expired")
            case t.Slot() | t.Attribute() | t.History() | t.Claimed() | t.CaseQuestion() | t.Cases():
                read, asked = _read_by(part)
                reads |= read
                asks |= asked
            case s.Procedure():
                hears.add(f"{part.id}.opened")
                makes |= _concluded(part.id, events) - {f"{part.id}.opened", f"{part.id}.blocked"} - _never_concluded(part)
            case s.Norm():
                makes |= _concluded(part.id, events)
                if isinstance(part.says, s.Oblige):
                    writes.add(f"running.{part.id}")
                    makes -= {f"{part.id}.breached"} if part.says.deadline is None else set()
            case s.Decision():
                hears.add(taken(part.id))
    return Touches(path, *(frozenset(found) for found in (hears, asks, reads, makes, writes, mentions)))


def _concluded(provision: str, events: Collection[str]) -> set[str]:
    """The events that follow from a norm or procedure by itself: all of its own but those of enactment and repeal."""
    return {event for event in events if event.startswith(f"{provision}.") and event.rpartition(".")[2] not in s.LAW_WORDS}


def _never_concluded(procedure: s.Procedure) -> set[str]:
    """What no case of a procedure comes to by itself."""
    places: list[s.Procedure | s.Step] = [procedure, *(one for step in procedure.steps for one in (step, *step.branches))]
    refuses = any(
        one.if_late == "refused" or (isinstance(one, s.Step) and one.refuses is not None and folded(one.refuses) != 0) for one in places
    )
    may_be = {"late": procedure.deadline, "refused": refuses, "licence_expired": procedure.valid, **dict.fromkeys(DONE.values(), False)}
    return {f"{procedure.id}.{word}" for word, may in may_be.items() if not may}


def taken(decision: str) -> str:
    """The taking of one decision, beside the event `decision`, which is that of any."""
    return f"decide {decision}"


def _done_by(effect: s.AnyEffect, events: Collection[str]) -> tuple[set[str], set[str]]:
    """The events an effect makes, and the values it writes."""
    match effect:
        case s.Emit(event=event):
            return {event}, set()
        case s.Open(procedure=procedure):
            return {f"{procedure}.opened", f"{procedure}.blocked"}, set()
        case s.OnCases(verb=verb, procedure=procedure):
            return {f"{procedure}.{DONE[verb]}"}, set()
        case s.Claim():
            return {"claim", "contradiction", "refuted"} & set(events), set()
        case s.Decide(decision=decision):
            return {"decision", taken(decision)}, set()
        case s.Write(slot=slot, attribute=attribute):
            return set(), {slot if slot is not None else f"actors.*.{attribute}"}
        case s.Amend(target=target, provision=provision):
            refuses = {f"{provision.partition('.')[0]}.refused"} if target.endswith(".refuses") else set()
            return {f"{provision}.amended", *refuses}, {target}
        case s.Enact() | s.Suspend() | s.Resume() | s.Repeal():
            flags = ("in_force", "suspended") if isinstance(effect, s.Suspend | s.Resume) else ("in_force", "running")
            return {f"{effect.provision}.{word}" for word in s.words_of(effect)}, {f"{flag}.{effect.provision}" for flag in flags}
        case _:
            assert_never(effect)


def _read_by(leaf: t.Leafy) -> tuple[set[str], set[str]]:
    """The values a leaf of an expression reads, and the events it asks about."""
    match leaf:
        case t.Slot(path=path):
            return {path}, set()
        case t.Attribute(name=name):
            return {f"actors.*.{name}"}, set()
        case t.History(selector=selector, among=among):
            return set(), {selector.event, *([among.event] if among is not None else [])}
        case t.Claimed(selector=selector):
            return set(), {selector.event}
        case t.CaseQuestion(step=step, procedures=procedures):
            return set(), {f"{procedure}.{word}" for procedure in procedures for word in MOVES} or {step}
        case t.Cases(procedure=procedure):
            return set(), {f"{procedure}.{word}" for word in MOVES}
        case t.EventField() | t.TriggerField() | t.CaseField() | t.Quantified():  # what is asked of each of a group is met below it
            return set(), set()
        case _:
            assert_never(leaf)


def contents(value: Any) -> Iterator[Any]:
    """Everything within a record: records, trees, words; prose left out."""
    todo = [value]
    while todo:
        part = todo.pop()
        kind: Any = type(part)
        if isinstance(part, str):
            yield part
        elif isinstance(part, tuple):
            todo.extend(part)
        elif names := _fields_of(kind):
            yield part
            todo.extend([getattr(part, name) for name in names])
        elif isinstance(part, Mapping):
            todo.extend(part)
            todo.extend(part.values())


@cache
def _fields_of(kind: Hashable) -> tuple[str, ...]:
    """The fields of a record that may name something."""
    return (
        tuple(field.name for field in fields(kind) if field.name not in PROSE)
        if isinstance(kind, type) and is_dataclass(kind) and kind is not t.Type
        else ()
    )


OWNED = ("actors.", "things.")
"""Attributes are told from one another by their names alone, since who owns one may be found during the run."""

TABLES = frozenset({"actors", "things", "events", "slots", "sources", "statements", "parameters"})
"""What is only there; all else in a scenario does or asks something."""


def records_of(scenario: s.Scenario) -> Iterator[tuple[str, Any]]:
    """Everything in a scenario that does or asks something, with its path."""
    for field in fields(scenario):
        value = getattr(scenario, field.name)
        if field.name in TABLES or not isinstance(value, tuple | Mapping):
            continue
        for key, item in value.items() if isinstance(value, Mapping) else enumerate(value):
            if is_dataclass(item) or isinstance(item, tuple):
                yield getattr(item, "path", None) or f"{SECTIONS.get(field.name, field.name)}.{key}", item


SECTIONS = {"definitions": "define"}


class References:
    """What touches what in one scenario."""

    def __init__(self, scenario: s.Scenario) -> None:
        self.scenario = scenario
        self.parts = dict(records_of(scenario))
        self.by_path = {path: touches(path, record, scenario.events) for path, record in self.parts.items()}

    def part(self, path: str) -> Any:
        """The record at a path."""
        return self.parts.get(path)

    def made_by(self, effect: s.AnyEffect) -> set[str]:
        """The events an effect makes."""
        return _done_by(effect, self.scenario.events)[0]

    @cached_property
    def makers(self) -> Mapping[str, tuple[str, ...]]:
        """For each event the parts that may make it, by path."""
        return self._by("makes")

    @cached_property
    def hearers(self) -> Mapping[str, tuple[str, ...]]:
        """For each event the parts that react to it or judge it."""
        return self._by("hears")

    @cached_property
    def askers(self) -> Mapping[str, tuple[str, ...]]:
        """For each event the parts that count it."""
        return self._by("asks")

    @cached_property
    def readers(self) -> Mapping[str, tuple[str, ...]]:
        """For each value the parts that read it."""
        return self._by("reads")

    @cached_property
    def writers(self) -> Mapping[str, tuple[str, ...]]:
        """For each value the parts that write it."""
        return self._by("writes")

    def _by(self, role: str) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for path, touched in self.by_path.items():
            for name in getattr(touched, role):
                found.setdefault(name, []).append(path)
        return {name: tuple(sorted(paths)) for name, paths in found.items()}

    @cached_property
    def mentions(self) -> frozenset[str]:
        """Every word that some part names."""
        return frozenset().union(*(touched.mentions for touched in self.by_path.values()))

    @cached_property
    def living(self) -> frozenset[str]:
        """The parts that can ever come to do something: what has no trigger but time, and what hears something these bring about.

        On the safe side: a part is left out only where it is certain that nothing ever brings it about.
        """
        self._rules = {rule.path: rule for rule in self.scenario.rules}
        waiting = {*self._rules, *(norm.path for norm in self.scenario.norms if not isinstance(norm.says, s.Oblige))}
        waiting |= {one.path for one in self.scenario.procedures.values()} | {one.path for one in self.scenario.decisions.values()}
        alive = set(self.by_path) - waiting
        made: set[str] = set()
        todo = sorted(alive)
        todo += [path for path in sorted(waiting) if self._wakes(path, made, alive)]
        while todo:
            path = todo.pop()
            alive.add(path)
            touched = self.by_path[path]
            new = touched.makes - made
            made |= new
            near = {hearer for event in new for hearer in self.hearers.get(event, ())}
            near |= {f"rules.{slot.removeprefix('in_force.')}" for slot in touched.writes} & self._rules.keys()
            todo += [one for one in sorted(near & waiting - alive) if self._wakes(one, made, alive)]
        return frozenset(alive)

    def _wakes(self, path: str, made: set[str], alive: set[str]) -> bool:
        """Whether something that can happen makes this part do something."""
        rule = self._rules.get(path)
        if rule is None:
            return bool(self.by_path[path].hears & made)
        if not any(self._may_trigger(trigger, made) for trigger in rule.when):
            return False
        never = folded(rule.guard) is False or self.has_no_chance(rule) or rule.times == 0
        return not never and self.may_hold(f"in_force.{rule.id}", alive)

    def _may_trigger(self, trigger: s.Trigger, made: set[str]) -> bool:
        """Whether a trigger can ever be met: its event happens, or what its condition reads moves."""
        match trigger:
            case s.Pattern() | s.Before():
                return heard(trigger) in made
            case s.Condition(flag=flag, path=path):
                return motion(flag) != Motion.STEP or self._may_change(touches(path, flag, self.scenario.events))
            case _:
                return True

    def _may_change(self, touched: Touches) -> bool:
        """Whether anything changes a value that is read here, or makes an event that is counted."""
        written = {slot.rpartition(".")[2] if slot.startswith(OWNED) else slot for slot in self.writers}
        read = {slot.rpartition(".")[2] if slot.startswith(OWNED) else slot for slot in touched.reads}
        return bool(read & written) or any(event in self.makers for event in touched.asks)

    def has_no_chance(self, rule: s.Rule) -> bool:
        """Whether a rule's chance is 0, and stays so."""
        return folded(rule.chance) == 0 and f"{rule.path}.chance" not in self.writers

    def may_hold(self, slot: str, among: Collection[str] | None = None) -> bool:
        """Whether a provision is in force at the start, or something ever changes that."""
        among = self.by_path if among is None else among
        known = self.scenario.slots.get(slot)
        return known is None or known.start is not False or any(path in among for path in self.writers.get(slot, ()))


def heard(trigger: s.Trigger) -> str | None:
    """The event that must come about for a trigger; None where that is time or a value."""
    match trigger:
        case s.Pattern(event=event):
            return event
        case s.Before(provision=provision):
            return f"{provision}.expired"
        case _:
            return None


def folded(tree: t.Tree | None) -> Any:
    """What an expression comes to wherever it is read; None where that hangs on anything."""
    match tree:
        case t.Const(value=value):
            return value
        case t.Not(operand=operand):
            inner = folded(operand)
            return None if inner is None else not inner
        case t.Logic(operator=operator, parts=parts):
            values = [folded(part) for part in parts]
            deciding = operator == "or"
            return deciding if deciding in values else None if None in values else not deciding
        case _:
            return None
