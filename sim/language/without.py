"""A scenario with something taken out: a timeline entry, a rule, a norm, an option.

In: a checked scenario and the path of what is to be taken out. Out: the scenario without it, as sound as before: who asks whether it
is in force still finds its name.
"""

from __future__ import annotations

from dataclasses import replace

from sim.errors import UsageError, did_you_mean, escaped, listed, nearest_first
from sim.language.references import References, touches
from sim.language.scenario import Scenario

__all__ = ["removable", "without"]


def removable(scenario: Scenario) -> tuple[str, ...]:
    """The paths of all that can be taken out, in their order."""
    options = [option.path for decision in scenario.decisions.values() for option in decision.options]
    norms = [norm.path for norm in scenario.norms if norm.says is not None]
    rules = [rule.path for rule in scenario.rules]
    return tuple(sorted([*(entry.path for entry in scenario.timeline), *rules, *norms, *options]))


def without(scenario: Scenario, path: str) -> Scenario:
    """The scenario as it would be had nobody written this.

    A timeline entry does not come, a rule does not fire, a norm judges nothing, an option is not there to be chosen; where it is the
    only one, nothing follows from it.
    """
    known = removable(scenario)
    if path not in known:
        raise UsageError(_no_part(path, known, scenario))
    section, key, *rest = path.split(".")
    match section:
        case "timeline":
            return replace(scenario, timeline=tuple(one for one in scenario.timeline if one.path != path))
        case "rules":
            return replace(scenario, rules=tuple(one for one in scenario.rules if one.path != path))
        case "norms":
            return replace(scenario, norms=tuple(replace(one, says=None) if one.path == path else one for one in scenario.norms))
    decision = scenario.decisions[key]
    left = tuple(one for one in decision.options if one.path != path) or (replace(decision.options[0], then=()),)
    choose = None if decision.choose == rest[-1] else decision.choose
    return replace(scenario, decisions={**scenario.decisions, key: replace(decision, options=left, choose=choose)})


def _no_part(asked: str, known: tuple[str, ...], scenario: Scenario) -> str:
    """The words for what cannot be taken out; of an event, which parts make it."""
    events = [name for name, one in scenario.events.items() if asked.lower() in (name.lower(), one.title.lower())]
    if not events:
        hint = did_you_mean(asked, known)
        if not hint:
            hint = f": name a timeline entry, a rule, a norm or an option, such as {listed(nearest_first(asked, known), 3)}"
        return f"nothing that can be taken out is called '{escaped(asked)}'{hint}"
    event, references = events[0], References(scenario)
    options = {one.path: touches(one.path, one, scenario.events) for decision in scenario.decisions.values() for one in decision.options}
    makers = [path for path in known if event in (options.get(path) or references.by_path[path]).makes]
    if makers:
        return f"'{escaped(asked)}' is an event, and parts are taken out: {escaped(event)} is made by {listed(makers)}"
    others = listed(references.makers.get(event, ())) or "nothing in the scenario"
    return f"'{escaped(asked)}' is an event, and parts are taken out: {escaped(event)} is made by {others}, which cannot be"
