"""Attributes of whoever an event or case names, asked of one who does not have them: told before a run stops there.

In: a scenario and what touches what. Out: paths and words, where it is certain that the event comes and is met.

A rule with a guard may ask before it reads, and so may a `where`: of these nothing is said but what the guard itself reads first.
Of norms those are looked at that are in force from the start, and of steps those that every case comes to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sim.language import scenario as s
from sim.language import tree as t
from sim.language.references import References

__all__ = ["lacked"]

Maker = tuple[str, s.Emit | s.Open]
Makers = dict[tuple[str, str], list[Maker]]
"""By event or procedure: paths, and the effects without an `if` that make it."""

Asked = tuple[t.EventField | t.CaseField, str, str, str]
"""Whose attribute: a field of the event or case; which one; as written; and where."""


Meeting = tuple[tuple[s.Pattern, ...], Iterator[Asked]]
"""The events that something certainly meets, and what it certainly asks of whom they name."""


def lacked(scenario: s.Scenario, references: References) -> Iterator[tuple[str, str]]:
    """Each attribute that somebody lacks of whom it is asked, told once: where, and in which words."""
    makers = _makers_of(references)
    told: set[tuple[str, str]] = set()
    for patterns, asking in _meetings(scenario, references):
        asked = dict.fromkeys(asking)
        if not asked:
            continue
        made = [(pattern, maker, effect) for pattern in patterns for maker, effect in _made(pattern, scenario, makers)]
        for owner, attribute, text, path in asked:
            found = ((one, maker) for pattern, maker, effect in made for one in _given(effect, owner, pattern))
            missing = next(((one, maker) for one, maker in found if _lacks(one, attribute, scenario)), None)
            if missing is not None and (path, text) not in told:
                told.add((path, text))
                yield path, _said(*missing, attribute, text)


def _makers_of(references: References) -> Makers:
    """What certainly brings an event about or opens a case, in the order of paths."""
    makers: Makers = {}
    for path in sorted(references.living):
        part = references.part(path)
        options = part.options if isinstance(part, s.Decision) else (part,) if isinstance(part, s.Rule | s.TimelineEntry) else ()
        for effect in (effect for option in options for effect in option.then):
            if isinstance(effect, s.Emit | s.Open) and effect.guard is None:
                key = ("event", effect.event) if isinstance(effect, s.Emit) else ("procedure", effect.procedure)
                makers.setdefault(key, []).append((path, effect))
    return makers


def _meetings(scenario: s.Scenario, references: References) -> Iterator[Meeting]:
    """Who certainly meets which events: rules that can fire, the decisions they take, norms, steps."""
    for rule in scenario.rules:
        patterns = [trigger for trigger in rule.when if isinstance(trigger, s.Pattern)]
        if rule.path not in references.living or len(patterns) < len(rule.when) or any(one.where is not None for one in patterns):
            continue
        yield tuple(patterns), _asked(rule)
        if rule.guard is None and rule.chance is None and rule.still is None:
            taken = [effect.decision for effect in rule.then if isinstance(effect, s.Decide) and effect.guard is None]
            yield from ((tuple(patterns), _asked_by_options(scenario.decisions[one])) for one in taken)
    for norm in scenario.norms:
        if isinstance(norm.says, s.Forbid) and _holds_at_first(norm.id, scenario):
            pattern, path = norm.says.pattern, f"{norm.path}.forbid"
            if pattern.where is not None:
                yield (replace(pattern, where=None),), _first(pattern.where, f"{path}.where")
            elif norm.says.obeyed is not None:
                yield (pattern,), _first(norm.says.obeyed, f"{norm.path}.obeyed")
    for procedure in scenario.procedures.values():
        if _holds_at_first(procedure.id, scenario):
            yield (s.Pattern(f"{procedure.id}.opened"),), _asked_by_steps(procedure, scenario)


def _holds_at_first(provision: str, scenario: s.Scenario) -> bool:
    """Whether a provision is in force from the start."""
    known = scenario.slots.get(f"in_force.{provision}")
    return known is None or known.start is True


def _asked_by_options(decision: s.Decision) -> Iterator[Asked]:
    """What a decision certainly asks when it is taken: what its weights read, and what follows where there is no choice."""
    for option in decision.options:
        yield from _first(option.weight, f"{option.path}.weight")
    if len(decision.options) == 1:
        yield from _asked_by_effects(decision.options[0].then)


def _asked_by_steps(procedure: s.Procedure, scenario: s.Scenario) -> Iterator[Asked]:
    """What the steps ask of a case, up to the first that a case may not come to, or may not pass."""
    for step in procedure.steps:
        if step.needed is not None or step.branches or not _holds_at_first(f"{procedure.id}.{step.id}", scenario):
            return
        for name in ("queue", "refuses", "sends_back"):
            if (tree := getattr(step, name)) is not None:
                yield from _first(tree, f"{step.path}.{name}")
        for name in ("takes", "waits"):
            if isinstance(quantity := getattr(step, name), s.Quantity):
                yield from (one for tree in quantity.arguments if tree is not None for one in _first(tree, f"{step.path}.{name}"))
        if (
            not (isinstance(step.refuses, t.Const) or step.refuses is None)
            or step.deadline is not None
            or isinstance(step.waits, s.Condition)
        ):
            return


def _asked(rule: s.Rule) -> Iterator[Asked]:
    """What a rule certainly asks of whom its event names."""
    if rule.guard is not None:
        yield from _first(rule.guard, f"{rule.path}.if")
        return
    if rule.chance is None and rule.after is None and rule.still is None:
        yield from _asked_by_effects(rule.then)


def _asked_by_effects(then: tuple[s.AnyEffect, ...]) -> Iterator[Asked]:
    """What effects certainly ask when they happen at once."""
    for effect in then:
        if effect.guard is not None or effect.after is not None:
            continue
        if isinstance(effect, s.Write):
            if isinstance(effect.owner, t.EventField | t.CaseField):
                yield effect.owner, effect.attribute, f"{_name(effect.owner)}.{effect.attribute}", effect.path
            yield from (one for tree in effect.value.arguments if tree is not None for one in _first(tree, effect.path))
        elif isinstance(effect, s.Emit | s.Open):
            for quantity in effect.data.values():
                yield from (one for tree in quantity.arguments if tree is not None for one in _first(tree, effect.path))


def _first(tree: t.Tree, path: str) -> Iterator[Asked]:
    """What an expression reads whatever it finds: not what stands behind an `and`, an `or` or an `if`."""
    match tree:
        case t.Attribute(owner=t.EventField() | t.CaseField() as owner, name=name, text=text):
            yield owner, name, text, path
        case t.Logic(parts=parts):
            yield from _first(parts[0], path)
        case t.Choose(test=test):
            yield from _first(test, path)
        case t.Compare(first=first, rest=((_, second), *_)):
            yield from _first(first, path)
            yield from _first(second, path)
        case t.Not(operand=operand) | t.Negate(operand=operand):
            yield from _first(operand, path)
        case t.Arithmetic(left=left, right=right):
            yield from _first(left, path)
            yield from _first(right, path)
        case _:
            return


def _name(owner: t.EventField | t.CaseField) -> str:
    return f"event.{owner.name}" if isinstance(owner, t.EventField) else f"event.case.{owner.name}"


def _made(pattern: s.Pattern, scenario: s.Scenario, makers: Makers) -> Iterator[Maker]:
    """The effects without an `if` that make events a pattern means, or open the cases they belong to."""
    known = scenario.events.get(pattern.event)
    procedure = known.procedure if known else None
    for path, effect in (*makers.get(("event", pattern.event), ()), *makers.get(("procedure", procedure or ""), ())):
        if _is_met(pattern, effect, scenario):
            yield path, effect


def _is_met(pattern: s.Pattern, effect: s.Emit | s.Open, scenario: s.Scenario) -> bool:
    """Whether a pattern certainly means what an effect makes, whoever is drawn."""
    filters = (("by", pattern.by), ("to", pattern.to), ("via", pattern.via))
    return all(not wanted or _are_below(_who(getattr(effect, name, None)), wanted, scenario) for name, wanted in filters)


def _are_below(actors: list[str], wanted: tuple[str, ...], scenario: s.Scenario) -> bool:
    return bool(actors) and all(set(wanted) & set(s.above(actor, scenario.actors)) for actor in actors)


def _who(who: s.Who | None) -> list[str]:
    """The actors that are named; none where they are found during the run."""
    if who is None:
        return []
    return list(who.choices) if who.value is None else [who.value.value] if isinstance(who.value, t.Const) else []


def _given(effect: s.Emit | s.Open, owner: t.EventField | t.CaseField, pattern: s.Pattern) -> list[str]:
    """Whom or what an effect puts in a field of the event a pattern means, or of its case."""
    if isinstance(owner, t.EventField) and isinstance(effect, s.Open) and pattern.event != f"{effect.procedure}.opened":
        return []
    if isinstance(owner, t.CaseField) and isinstance(effect, s.Emit):
        return []
    if owner.name in ("by", "to", "via"):
        return _who(getattr(effect, owner.name, None))
    value = effect.data.get(owner.name)
    trees = () if value is None else value.arguments if value.kind == "value" else value.choices
    return [tree.value for tree in trees if isinstance(tree, t.Const)]


def _lacks(one: str, attribute: str, scenario: s.Scenario) -> bool:
    return not any(f"{section}.{one}.{attribute}" in scenario.slots for section in ("actors", "things"))


def _said(missing: str, maker: str, attribute: str, text: str) -> str:
    return f"`{text}` stops the run where it is '{missing}', as {maker} says: give '{missing}' a '{attribute}', or ask first who it is"
