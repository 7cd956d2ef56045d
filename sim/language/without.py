"""A scenario with something taken out: a timeline entry, a rule, a norm, an option.

In: a checked scenario and the path of what is to be taken out. Out: the scenario without it, as sound as before: who asks whether it
is in force still finds its name.
"""

from __future__ import annotations

from dataclasses import replace

from sim.errors import UsageError, did_you_mean, escaped
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
        hint = did_you_mean(path, known) or ": name a timeline entry, a rule, a norm or an option, such as " + ", ".join(known[:3])
        raise UsageError(f"nothing that can be taken out is called '{escaped(path)}'{hint}")
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
