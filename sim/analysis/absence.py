"""Absence: why an event did not happen. What could have brought it, how often that was asked, what failed, by how much, and when least.

In: a checked scenario, the log of a run, what a `Watch` saw of its rules. Out: `Absence`: the ways to the event, each with what it
missed; where a way's trigger never came, the absence of that.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from sim.analysis.absence_law import ways_by_itself
from sim.analysis.facts import Facts
from sim.analysis.past import Moment
from sim.analysis.shortfall import distance, told, unmet
from sim.analysis.ways import Absence, Miss, Way, order, way
from sim.language import scenario as s
from sim.language.references import References, taken
from sim.language.scenario import Condition, Pattern, Rule, Scenario
from sim.language.tree import Const
from sim.log.entries import Entry, name_of
from sim.log.seen import Asked

__all__ = ["Absences", "routes"]


def routes(scenario: Scenario, event: str) -> frozenset[str]:
    """The rules that could bring an event, or what leads to it; what is enacted may lead to what a norm or a procedure makes."""
    refs = References(scenario)
    found: set[str] = set()
    seen, todo = {event}, [event]
    while todo:
        wanted = todo.pop()
        owner = wanted.partition(".")[0]
        itself = (path for path in (f"procedures.{owner}", f"norms.{owner}") if path in refs.by_path)
        for path in dict.fromkeys((*refs.makers.get(wanted, ()), *itself)):
            section, name = path.split(".")[:2]
            beside = {one for one in scenario.events if one.startswith(f"{name}.")} if section in ("norms", "procedures") else set()
            beside |= {"claim"} if wanted in ("contradiction", "refuted") else set()
            new = (refs.by_path[path].hears | beside) - seen
            found.add(path)
            seen |= new
            todo += sorted(new)
    return frozenset(path for path in found if path.startswith("rules."))


class Absences(Facts):
    """A log, asked why something is not in it. Only what came before `until` is looked at."""

    def of(self, event: str, by: tuple[str, ...] = (), depth: int = 1) -> Absence:
        """Why an event did not happen."""
        return self.within(event, by, depth, frozenset())

    def within(self, event: str, by: tuple[str, ...], depth: int, above_it: frozenset[str]) -> Absence:
        """The same, beneath others: what stands above is not told again."""
        inside = above_it | {event}
        ways = []
        for path in self.refs.makers.get(event, ()):
            section = path.split(".")[0]
            part = self.refs.part(path)
            if section == "rules" and (effects := self.effects(part.then, event, by)):
                ways.append(self.of_rule(part, event, effects, depth, inside))
            elif section == "timeline" and (effects := self.effects(part.then, event, by)):
                ways.append(self.of_timeline(part, effects))
            elif section == "decisions":
                ways += self.of_decision(part, event, by, depth, inside)
        for itself, wanted in ways_by_itself(self, event, by):
            below = [
                self.within(one, who, depth - 1, inside)
                for one, who in (wanted if depth > 0 else ())
                if one not in inside and not self.happened(one, who)
            ]
            ways.append(replace(itself, below=tuple(below)))
        return Absence(event, by, tuple(sorted(ways, key=order)))

    def effects(self, then: Iterable[Any], event: str, by: tuple[str, ...]) -> list[Any]:
        """The effects that make an event, by one of these where that is known beforehand."""
        return [
            one
            for one in then
            if event in (self.refs.made_by(one) | {f"decide {getattr(one, 'decision', '')}"}) and self.may_be_by(one, by)
        ]

    def may_be_by(self, effect: Any, by: tuple[str, ...]) -> bool:
        """Whether an effect's act may be of one of these."""
        who = getattr(effect, "by", None)
        if not by or who is None:
            return True
        known = who.choices or ((who.value.value,) if isinstance(who.value, Const) else ())
        return not known or any(self.is_by(one, by) for one in known)

    # rules

    def of_rule(self, rule: Rule, event: str, effects: list[Any], depth: int, inside: frozenset[str]) -> Way:
        """What a rule missed, and why its triggers did not come."""
        asked = self.asked.get(rule.path, [])
        misses = [miss for one in asked for miss in self.missed(rule, one, event, effects)]
        for pattern in rule.when:
            if isinstance(pattern, Pattern):
                misses += self.of_others(pattern)
            elif isinstance(pattern, Condition) and not asked:
                misses += self.never_turned(pattern)
        below: list[Absence] = []
        if not asked and depth > 0:
            below = [
                self.within(one.event, one.by, depth - 1, inside)
                for one in rule.when
                if isinstance(one, Pattern) and one.event not in inside and not self.happened(one.event, one.by)
            ]
        return way(rule.path, len(asked), misses, below)

    def of_others(self, pattern: Pattern) -> Iterator[Miss]:
        """Events of the right kind between the wrong actors."""
        for entry in self.happened(pattern.event):
            if other := self.other(pattern, entry):
                yield Miss("who", entry.time, entry.id, other)

    def missed(self, rule: Rule, asked: Asked, event: str, effects: list[Any]) -> list[Miss]:
        """What one occasion of a rule failed at; nothing where it brought the event."""
        entry = None if asked.entry is None else self.past.entries[asked.entry]
        at = Miss(asked.verdict, asked.time, asked.entry)
        moment = self.past.moment(asked.time, asked.entries)
        match asked.verdict:
            case "where":
                wheres = [
                    one.where
                    for one in rule.when
                    if isinstance(one, Pattern) and one.where is not None and entry is not None and one.event in entry.heard_as()
                ]
                return [replace(at, parts=min((unmet(where, moment, entry) for where in wheres), key=distance, default=()))]
            case "if" if rule.guard is not None:
                return [replace(at, parts=unmet(rule.guard, moment, entry))]
            case "not_again_for":
                return [replace(at, until=asked.free)]
            case "times":
                return [replace(at, what=f"{rule.times}")]
            case "chance" if rule.chance is not None:
                number = self.header.uniform(f"{rule.path}.chance", asked.name, asked.k)
                return [replace(at, odds=told(rule.chance, moment, entry), number=number)]
            case "accepted":
                return self.brought_nothing(rule, asked, entry, event, effects)
            case _:
                return [at]

    def brought_nothing(self, rule: Rule, asked: Asked, entry: Entry | None, event: str, effects: list[Any]) -> list[Miss]:
        """Why an occasion that was accepted did not bring the event."""
        at = Miss("nothing", asked.time, asked.entry)
        moment = self.past.moment(asked.time, asked.entries)
        if rule.after is not None:
            ended = self.watch.ended.get(asked.occasion)
            if ended is None or ended.time >= self.until:
                return [replace(at, stage="waiting", until=self.watch.due.get(asked.occasion))]
            moment = self.past.moment(ended.time, ended.entries)
            if not ended.held and rule.still is not None:
                return [replace(at, stage="still", time=ended.time, parts=unmet(rule.still, moment, entry))]
        made = [one for one in self.made_by.get(rule.path, ()) if one.cause == (asked.entry or 0) and one.time >= moment.instant]
        return [self.of_effect(effect, at, moment, entry, made) for effect in effects if not any(event in one.heard_as() for one in made)]

    def of_effect(self, effect: Any, at: Miss, moment: Moment, entry: Entry | None, made: list[Entry]) -> Miss:
        """Why an effect that was to be did not bring the event: its own `if`, its delay, a norm; or it changed nothing."""
        at = replace(at, time=moment.instant)
        if effect.guard is not None and (parts := unmet(effect.guard, moment, entry)):
            return replace(at, stage="effect", parts=parts)
        blocked = next((one for one in made if one.status == "blocked"), None)
        if blocked is not None:
            return replace(at, stage="blocked", time=blocked.time, entry=blocked.id, what=", ".join(blocked.norms))
        if isinstance(effect, s.LawEffect) and (done := [one for one in made if one.event.startswith(f"{effect.provision}.")]):
            return replace(at, stage="ends", time=done[0].time, entry=done[0].id, what=done[0].event)
        if effect.after is not None and not made:
            return replace(at, stage="waiting")
        if made and not isinstance(effect, s.Claim):
            return replace(at, stage="instead", time=made[0].time, entry=made[0].id, what=made[0].heard_as()[0])
        return replace(at, what="claim" if isinstance(effect, s.Claim) else getattr(effect, "provision", ""))

    def never_turned(self, condition: Condition) -> list[Miss]:
        """When a condition came nearest to turning true, or how long it lasted."""
        end = self.past.end()
        steps = [(time, bool(value)) for time, value in end.steps(condition.flag) if time < self.until]
        spells = [(time, later) for (time, held), (later, _) in zip(steps, [*steps[1:], (self.until, False)], strict=True) if held]
        if spells:
            begun, ended = max(spells, key=lambda spell: spell[1] - spell[0])
            what = "from the start" if begun == self.past.begin else "too short"
            return [Miss("turning", begun, None, what, until=ended)]
        found = []
        for time, _ in steps:
            moment = end.then(time, bisect_right(self.past.entries, time, key=lambda entry: entry.time))
            found.append(Miss("turning", time, None, parts=unmet(condition.flag, moment, None)))
        return [max(found, key=lambda miss: miss.nearness)] if found else []

    # the timeline, decisions

    def of_timeline(self, dated: s.TimelineEntry, effects: list[Any]) -> Way:
        """Why a timeline entry did not bring an event: its date lies later, or its effect did nothing."""
        made = self.made_by.get(dated.path, [])
        argument = dated.at.arguments[0]
        instant = argument.value if dated.at.kind == "value" and isinstance(argument, Const) else None
        if not made and (instant is None or instant >= self.until):
            return way(dated.path, 0, [Miss("not_yet", instant, None, "later")], ())
        time = made[0].time if made else self.past.begin if instant is None else instant
        moment = self.past.moment(time, made[0].id if made else bisect_right(self.past.entries, time, key=lambda entry: entry.time))
        return way(dated.path, 1, [self.of_effect(effect, Miss("nothing", time, None), moment, None, made) for effect in effects], ())

    def of_decision(self, decision: s.Decision, event: str, by: tuple[str, ...], depth: int, inside: frozenset[str]) -> Iterator[Way]:
        """Why no option that brings an event was chosen."""
        wanted = [(option, effects) for option in decision.options if (effects := self.effects(option.then, event, by))]
        taken_at = [entry for entry in self.entries if entry.event == "decision" and entry.data.get("decision") == decision.id]
        below = () if taken_at or taken(decision.id) in inside else (self.within(taken(decision.id), (), depth, inside),)
        for place, (option, effects) in enumerate(wanted):
            misses = [miss for entry in taken_at for miss in self.not_chosen(decision, option, effects, entry, event)]
            yield way(option.path, len(taken_at), misses, below if place == 0 else ())

    def not_chosen(self, decision: s.Decision, option: s.Option, effects: list[Any], entry: Entry, event: str) -> list[Miss]:
        """Why an option did not bring an event when a decision was taken."""
        at = Miss("option", entry.time, entry.id, str(entry.data.get("option")))
        if entry.status == "blocked":
            return [replace(at, stage="blocked", what=", ".join(entry.norms))]
        if entry.data.get("option") != option.id:
            weights = entry.data.get("weights") or {}
            whole = sum(weights.values())
            if decision.choose is not None or not whole:
                return [at]
            number = self.header.uniform(decision.path, *name_of(entry.key))
            return [replace(at, odds=weights.get(option.id, 0) / whole, number=number)]
        made = [one for one in self.made_by.get(option.path, ()) if one.cause == entry.id]
        moment = self.past.moment(entry.time, entry.id + 1)
        return [self.of_effect(effect, at, moment, entry, made) for effect in effects if not any(event in one.heard_as() for one in made)]
