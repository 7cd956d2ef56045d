"""What an inserted or deleted thing can influence, told from the text of a scenario alone.

In: a scenario as plain data (`tests/strategies.py`) and what is inserted into it or deleted from it. Out: `Reach`: the
provisions and events whose entries may differ although no entry that was inserted or deleted is among their causes.

The laws of keyed chance say: an entry is unchanged that neither follows from what was inserted (by cause) nor reads what
that wrote. Following is seen in the log; reading is found here, on the safe side: whatever names something that may have
changed is taken to read it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.strategies import LAW, Data, flow

__all__ = ["Reach", "reach_of"]

LICENCE = ("licence_suspended", "licence_resumed", "licence_revoked", "licence_expired")
"""What may become of a case that is approved."""


@dataclass
class Reach:
    """`touched`: names whose occurrences or values may differ. `readers`: provisions all of whose entries may differ. `judged`: acts
    that a norm among the readers judges. `cases`: procedures whose every case may differ."""

    touched: set[str] = field(default_factory=set)
    readers: set[str] = field(default_factory=set)
    judged: set[str] = field(default_factory=set)
    cases: set[str] = field(default_factory=set)

    def size(self) -> int:
        return len(self.touched) + len(self.readers) + len(self.judged) + len(self.cases)

    def reads(self, *texts: Any) -> bool:
        """Whether any of these expressions names something touched."""
        words = {word for text in texts for word in re.findall(r"[a-z_]\w*(?:\.\w+)*", flow(text))}
        words |= {word.rpartition(".")[0] for word in words} | {word.rpartition(".")[2] for word in words}
        return bool(words & self.touched)


def reach_of(scenario: Data, *paths: str) -> Reach:
    """What the rules and timeline entries at these paths can influence when they come or go."""
    scenario = flattened(scenario)
    reach, size = Reach(), -1
    for path in paths:
        section, key = path.split(".")
        touch(scenario, reach, scenario[section][key])
    while reach.size() > size:
        size = reach.size()
        for section in ("rules", "timeline"):
            for key, maker in scenario[section].items():
                spread(scenario, reach, f"{section}.{key}", maker)
        for key, norm in scenario["norms"].items():
            spread_norm(scenario, reach, key, norm)
        facts = [statement.get("true_when", 0) for statement in scenario["statements"].values()]
        if "claim" in reach.touched or reach.reads(*facts):
            reach.touched.add("refuted")
            reach.judged.add("refuted")
        for key, procedure in scenario["procedures"].items():
            spread_cases(scenario, reach, key, procedure)
    return reach


def flattened(scenario: Data) -> Data:
    """The scenario with what a decision may bring about written beside its taking: what any option writes or reads, its taker does."""
    options = [option for decision in scenario.get("decisions", {}).values() for option in decision["options"].values()]

    def with_options(maker: Data) -> Data:
        if not any("decide" in effect for effect in effects_of(maker)):
            return maker
        more = [effect for option in options for effect in option["then"]]
        return {**maker, "then": [*effects_of(maker), *more], "weights": [option["weight"] for option in options]}

    return {
        section: {key: with_options(item) for key, item in value.items()} if section in ("rules", "timeline") else value
        for section, value in scenario.items()
    }


def touch(scenario: Data, reach: Reach, maker: Data) -> None:
    """What a rule or timeline entry makes may come more or less often."""
    for effect in effects_of(maker):
        for target in targets_of(effect):
            reach.touched |= {target, target.rpartition(".")[2]}
        for verb in LAW:
            if verb in effect:
                reach.touched.add(f"{effect[verb]}.{verb.removesuffix('e')}ed")
        if "open" in effect:
            happens(reach, f"{effect['open']}.opened", scenario)
        for procedure in treated_by(effect):
            reach.cases.add(procedure)
            happens(reach, f"{procedure}.opened", scenario)
        if "claim" in effect:
            happens(reach, "claim", scenario)
            reach.touched.add("contradiction")
            reach.judged.add("contradiction")  # whether others contradict hangs on what stands
        if "event" in effect:
            happens(reach, effect["event"], scenario)
        if "decide" in effect:
            happens(reach, "decision", scenario)


def happens(reach: Reach, event: str, scenario: Data) -> None:
    """More or fewer of these events: heard also as blocked and as violating, and as what becomes of a case."""
    reach.touched.add(event)
    for key, norm in scenario["norms"].items():
        if pattern_of(norm).get("event") == event:
            reach.touched |= {f"{key}.{word}" for word in ("blocked", "violated", "fulfilled", "breached")}
    procedure, _, word = event.partition(".")
    if word == "opened":
        steps = scenario["procedures"][procedure]["steps"]
        reach.touched |= {f"{procedure}.{name}" for name in ("approved", "refused", "withdrawn", *LICENCE, *steps)}
        reach.touched.add(procedure)


def spread(scenario: Data, reach: Reach, path: str, rule: Data) -> None:
    """A rule that hears what is touched makes touched things; one that reads it, or counts its own firings, may itself differ."""
    hears = bool(set(events_of(rule)) & reach.touched)
    counts = "times" in rule or "not_again_for" in rule
    if path.partition(".")[2] in reach.touched or reach.reads(*expressions_of(rule)) or (hears and counts):
        reach.readers.add(path)
    if any(target in reach.touched for effect in effects_of(rule) for target in targets_of(effect)):
        reach.readers.add(path)  # its entry shows what was there before
    if any(procedure in reach.touched for effect in effects_of(rule) for procedure in treated_by(effect)):
        reach.readers.add(path)  # which cases it finds
    if hears or path in reach.readers:
        touch(scenario, reach, rule)


def spread_norm(scenario: Data, reach: Reach, key: str, norm: Data) -> None:
    """What norms forbid or exempt is judged otherwise; who owes something may owe it otherwise, and so fulfil or break it."""
    pattern = pattern_of(norm)
    differs = key in reach.touched or reach.reads(*(norm[word] for word in ("obeyed", "deadline") if word in norm), pattern.get("where", 0))
    if "oblige" in norm:
        if differs or {pattern["event"], *events_of(norm)} & reach.touched:
            reach.readers.add(f"norms.{key}")
            reach.touched |= {key, f"{key}.fulfilled", f"{key}.breached"}
    elif differs and pattern:
        reach.judged.add(pattern["event"])
        happens(reach, pattern["event"], scenario)


def pattern_of(norm: Data) -> Data:
    """The acts a norm speaks of; none for a regime."""
    written: Any = next((norm[word] for word in ("forbid", "exempt", "oblige") if word in norm), {})
    return written if isinstance(written, dict) else {"event": written}


def spread_cases(scenario: Data, reach: Reach, key: str, procedure: Data) -> None:
    """Cases differ where their steps read or are what is touched, or where they share a busy desk with cases that do."""
    for name, step in procedure["steps"].items():
        expressions = [step[word] for word in ("takes", "refuses", "needed_if") if word in step]
        if f"{key}.{name}" in reach.touched & set(law_of(scenario)) or reach.reads(*expressions):
            reach.cases.add(key)
    limited = any("capacity" in actor for actor in scenario["actors"].values())
    if limited and (reach.cases or any(other in reach.touched for other in scenario["procedures"])):
        reach.cases |= set(scenario["procedures"])
    if key in reach.cases:
        happens(reach, f"{key}.opened", scenario)


def law_of(scenario: Data) -> Iterator[str]:
    """The provisions that change somewhere."""
    for maker in (*scenario["rules"].values(), *scenario["timeline"].values()):
        for effect in effects_of(maker):
            yield from (effect[verb] for verb in LAW if verb in effect)


def effects_of(maker: Data) -> list[Data]:
    """The effects of a rule or timeline entry."""
    effects: list[Data] = maker.get("then", [maker])
    return effects


def treated_by(effect: Data) -> Iterator[str]:
    """The procedures of whose cases an effect withdraws, suspends, resumes or revokes some."""
    for verb in ("withdraw", "suspend", "resume", "revoke"):
        procedure, _, cases = str(effect.get(verb, "")).partition(".")
        if cases == "cases":
            yield procedure


def targets_of(effect: Data) -> Iterator[str]:
    """What an effect writes: state, attributes, law."""
    yield from (*effect.get("set", ()), *effect.get("add", ()))
    yield from (effect[verb] for verb in LAW if verb in effect)


def triggers_of(maker: Data) -> list[Any]:
    """What a rule listens to; a timeline entry listens to nothing."""
    when = maker.get("when", [])
    return when if isinstance(when, list) else [when]


def events_of(rule: Data) -> Iterator[str]:
    """The events a rule listens to."""
    for when in triggers_of(rule):
        if isinstance(when, str):
            yield when
        elif "event" in when:
            yield when["event"]


def expressions_of(rule: Data) -> Iterator[Any]:
    """Everything a rule reads."""
    yield from (rule[word] for word in ("if", "chance", "after", "still", "not_again_for") if word in rule)
    yield from rule.get("weights", ())
    for when in triggers_of(rule):
        if isinstance(when, dict):
            yield from (when[word] for word in ("where", "every", "condition", "lasts") if word in when)
    for effect in effects_of(rule):
        yield from (effect[word] for word in ("if", "after", "where") if word in effect)
        yield from effect.get("with", {}).values()
        yield from effect.get("set", {}).values()
        yield from effect.get("add", {}).values()
