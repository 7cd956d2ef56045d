"""Traps, told where they are certain: a guard that does not yet see, law beside an act that may be blocked, duties of those who
never do what they owe, days counted as 24 hours where the clocks change.

In: a linked rule or norm and what touches what. Out: words, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from sim import clock
from sim.language import scenario as s
from sim.language import tree as t
from sim.language.references import References, contents, folded
from sim.language.wording import said

__all__ = ["blocked_beside", "days_of_24_hours", "missed_by_a_digit", "owed_in_vain", "unseen_while_waiting"]


# ---- a guard that does not yet see


def unseen_while_waiting(rule: s.Rule, references: References) -> str:
    """What to say of a rule that acts after a delay, and asks at the beginning for what it makes untrue at the end.

    What triggers it during the delay finds the guard still true, so that it acts twice. That is no harm where it only sets
    values, and cannot be where it is triggered once.
    """
    if rule.guard is None or rule.after is None or rule.still is not None or rule.times == 1 or rule.not_again_for is not None:
        return ""
    if not any(_adds_up(effect) for effect in rule.then) or not _may_overlap(rule, references):
        return ""
    conjuncts = rule.guard.parts if isinstance(rule.guard, t.Logic) and rule.guard.operator == "and" else (rule.guard,)
    undone = next((part for part in conjuncts if any(_undoes(effect, part) for effect in rule.then)), None)
    if undone is None:
        return ""
    asked = next(leaf.text for leaf in t.leaves(undone) if not isinstance(leaf, t.EventField | t.TriggerField | t.CaseField))
    return (
        f"`{asked}` changes only when the delay of this rule ends, so what triggers it meanwhile is let in too, and it acts twice: "
        "ask again with `still`, or write times: 1 or not_again_for"
    )


def _adds_up(effect: s.AnyEffect) -> bool:
    """Whether an effect that comes twice does more than one that comes once."""
    if isinstance(effect, s.Write):
        return effect.operation == "add"
    return not isinstance(effect, s.LawEffect)


def _undoes(effect: s.AnyEffect, asked: t.Tree) -> bool:
    """Whether an effect certainly makes false what a guard asks for."""
    if effect.guard is not None:
        return False
    match asked, effect:
        case t.Not(operand=t.History(function="happened", selector=selector)), s.Emit(event=event):
            return selector == t.Selector(event, within=selector.within)
        case t.Compare(first=t.History(function="count", selector=selector), rest=((operator, t.Const(value=most)),)), s.Emit(event=event):
            return selector == t.Selector(event, within=selector.within) and ((operator, most) in (("==", 0), ("<", 1), ("<=", 0)))
        case t.Not(operand=t.Slot(path=path)), s.Enact(provision=provision):
            return path == f"in_force.{provision}"
        case t.Slot(path=path), s.Repeal(provision=provision):
            return path == f"in_force.{provision}"
        case t.Not(operand=t.Slot(path=path)), s.Write(operation="set", slot=slot, value=value):
            return path == slot and _constant(value) is True
        case t.Slot(path=path), s.Write(operation="set", slot=slot, value=value):
            return path == slot and _constant(value) is False
        case t.Compare(first=t.Slot(path=path), rest=((operator, t.Const(value=wanted)),)), s.Write(operation="set", slot=slot):
            known = _constant(effect.value)
            unlike = known is not None and known != wanted
            return path == slot and ((operator == "==" and unlike) or (operator == "!=" and known == wanted))
        case _:
            return False


def _constant(value: s.Quantity) -> object:
    return folded(value.arguments[0]) if value.kind == "value" else None


def _may_overlap(rule: s.Rule, references: References) -> bool:
    """Whether the rule may be triggered again before its delay has ended."""
    longest = _bounds(rule.after)[1]
    if longest == 0:
        return False
    if len(rule.when) > 1:
        return True
    (trigger,) = rule.when
    if isinstance(trigger, s.Every):
        shortest = _bounds(trigger.interval)[0]
        return longest is None or shortest is None or shortest < longest
    if isinstance(trigger, s.Pattern):
        return not _comes_once(trigger.event, references) and not _comes_rarely(trigger.event, longest, references)
    return isinstance(trigger, s.Condition)


def _comes_once(event: str, references: References, above: frozenset[str] = frozenset()) -> bool:
    """Whether an event certainly happens at most once in a run."""
    makers = references.makers.get(event, ())
    if len(makers) != 1 or event in above:
        return not makers
    maker = references.part(makers[0])
    if not isinstance(maker, s.Rule | s.TimelineEntry):
        return False
    if sum(event in references.made_by(effect) for effect in maker.then) != 1:
        return False
    if isinstance(maker, s.TimelineEntry) or maker.times == 1:
        return True
    return len(maker.when) == 1 and all(
        isinstance(trigger, s.Pattern) and _comes_once(trigger.event, references, above | {event}) for trigger in maker.when
    )


def _comes_rarely(event: str, longest: int | None, references: References) -> bool:
    """Whether an event comes from the timeline alone, at dates that lie further apart than this."""
    makers = [references.part(path) for path in references.makers.get(event, ())]
    dates = [_bounds(maker.at) for maker in makers if isinstance(maker, s.TimelineEntry) and len(maker.then) == 1]
    known = sorted((first, last) for first, last in dates if first is not None and last is not None)
    if longest is None or len(known) < len(makers):
        return False
    return all(following[0] - earlier[1] > longest for earlier, following in pairwise(known))


def _bounds(quantity: s.Quantity | s.Condition | None) -> tuple[int | None, int | None]:
    """The least and the most a quantity may come to, where that is written down; a condition may be waited for for ever."""
    if quantity is None:
        return 0, 0
    if isinstance(quantity, s.Condition):
        return 0, None
    known = [folded(argument) for argument in quantity.arguments]
    match quantity.kind, known:
        case "value", [int() as only]:
            return only, only
        case "uniform" | "triangular", [int() as least, *_, int() as most]:
            return least, most
        case "exponential" | "lognormal", _:
            return 0, None
        case _:
            return None, None


# ---- law beside an act


def blocked_beside(rule: s.Rule, scenario: s.Scenario, references: References) -> Iterator[tuple[str, str]]:
    """The law effects of a rule beside an act that a norm may block, each with what to say of it."""
    acts = [effect for effect in rule.then if isinstance(effect, s.Emit | s.Open)]
    law = [
        effect
        for effect in rule.then
        if isinstance(effect, s.LawEffect) and effect.by is None and effect.guard is None and effect.after is None
    ]
    for act in acts:
        norm = next((norm for norm in scenario.norms if _may_block(norm, act, scenario, references)), None)
        if norm is None or act.guard is not None or act.after is not None:
            continue
        event = act.event if isinstance(act, s.Emit) else f"{act.procedure}.opened"
        for effect in law:
            verb = type(effect).__name__.lower()
            if isinstance(effect, s.Enact) and effect.provision == norm.id:
                text = (
                    f"law comes before acts: this enacts '{norm.id}', which may then forbid the '{event}' beside it; "
                    f"let another rule enact it when '{event}' has happened"
                )
            elif effect.provision == norm.id:
                continue
            else:
                text = (
                    f"this takes hold even where '{norm.id}' blocks the '{event}' beside it: "
                    f"let a rule that listens to '{event}' {verb} {effect.provision}"
                )
            yield effect.path, text
            return


def _may_block(norm: s.Norm, act: s.Emit | s.Open, scenario: s.Scenario, references: References) -> bool:
    """Whether a norm that may come into force certainly means this act by its actors, and is not always disobeyed."""
    event = act.event if isinstance(act, s.Emit) else f"{act.procedure}.opened"
    law = norm.says
    if not isinstance(law, s.Forbid) or law.pattern.event != event or act.by is None or folded(law.obeyed) == 0:
        return False
    if not references.may_hold(f"in_force.{norm.id}") or _is_lifted(norm, scenario, references):
        return False
    given = {"by": act.by, "to": getattr(act, "to", None), "via": getattr(act, "via", None)}
    return all(not wanted or _is_below(given[name], wanted, scenario) for name, wanted in _filters(law.pattern))


def _is_lifted(norm: s.Norm, scenario: s.Scenario, references: References) -> bool:
    """Whether an exemption that may come into force takes something out of a norm."""
    lifting = (other for other in scenario.norms if isinstance(other.says, s.Exempt) and norm.id in other.says.lifts)
    return any(references.may_hold(f"in_force.{other.id}") for other in lifting)


def _filters(pattern: s.Pattern) -> list[tuple[str, tuple[str, ...]]]:
    return [("by", pattern.by), ("to", pattern.to), ("via", pattern.via)]


def _is_below(who: s.Who | None, wanted: tuple[str, ...], scenario: s.Scenario) -> bool:
    actor = folded(who.value) if who is not None else None
    return actor is not None and bool(set(wanted) & set(s.above(actor, scenario.actors)))


# ---- a duty of those who never do it


def owed_in_vain(norm: s.Norm, scenario: s.Scenario, references: References) -> str:
    """What to say of a duty when nobody who owes it ever does it, where everybody who does is known by name."""
    law = norm.says
    if not isinstance(law, s.Oblige):
        return ""
    event, doers = law.pattern.event, set[str]()
    for path in references.makers.get(event, ()):
        maker = references.part(path)
        options = maker.options if isinstance(maker, s.Decision) else (maker,) if isinstance(maker, s.Rule | s.TimelineEntry) else ()
        effects = [effect for option in options for effect in option.then if event in references.made_by(effect)]
        named = [_named(_doer(effect, scenario)) for effect in effects]
        if not effects or None in named:
            return ""
        doers |= {actor for actors in named if actors is not None for actor in actors}
    if event not in references.makers or any(_is_part(doer, law.pattern.by, scenario) for doer in doers):
        return ""
    holder = law.pattern.by[0].removeprefix("organs_of(").removesuffix(")")
    if not doers:
        return f"'{event}' is nobody's act wherever it happens, so it fulfils no duty: write by: {holder}"
    return f"nobody who owes '{event}' ever does it, but {', '.join(sorted(doers))} alone: let an effect do it by {holder}"


def _doer(effect: s.AnyEffect, scenario: s.Scenario) -> s.Who | None:
    by: s.Who | None = getattr(effect, "by", None)
    return scenario.decisions[effect.decision].by if by is None and isinstance(effect, s.Decide) else by


def _named(who: s.Who | None) -> tuple[str, ...] | None:
    """Who may be meant; nobody where nobody is, None where only the run tells."""
    if who is None or who.value is None:
        return () if who is None else who.choices
    actor = folded(who.value)
    return None if actor is None else (actor,)


def _is_part(actor: str, wanted: tuple[str, ...], scenario: s.Scenario) -> bool:
    """Whether an actor is one of these, or a part of one."""
    over = s.above(actor, scenario.actors)
    return any(name.removeprefix("organs_of(").removesuffix(")") in over for name in wanted)


# ---- numbers that are not what they look like


def missed_by_a_digit(references: References) -> Iterator[tuple[str, str, str]]:
    """Each comparison for equality of a number that grows by fractions: where, the number, and what to say."""
    writes = [part for record in references.parts.values() for part in contents(record) if isinstance(part, s.Write)]
    growing = {one.slot or one.attribute for one in writes if one.operation == "add" and _is_fraction(one.value)}
    if not growing:
        return
    for path, record in references.parts.items():
        for part in contents(record):
            if isinstance(part, t.Compare):
                for grown, operator, other in _equals(part, growing):
                    asked, whole = f"{said(grown)} {operator} {said(other)}", f"round({said(grown)}) {operator} {said(other)}"
                    doubt = (
                        f"`{asked}` may miss by a digit that is not shown: '{said(grown)}' grows by fractions, and ten times 0.1 is not 1"
                    )
                    yield path, said(grown), f"{doubt}; compare with >= or <=, or `{whole}`"


def _is_fraction(quantity: s.Quantity) -> bool:
    """Whether what is added is a fraction, or may be one."""
    if quantity.type != t.NUMBER:
        return False
    if quantity.kind not in ("value", "choice"):
        return True
    trees = quantity.arguments if quantity.kind == "value" else quantity.choices
    return any(isinstance(tree, t.Const) and tree.value != int(tree.value) for tree in trees)


def _equals(compare: t.Compare, growing: set[str]) -> Iterator[tuple[t.Tree, str, t.Tree]]:
    """What is compared for equality with something else than 0, of the numbers that grow by fractions."""
    for (_, left), (operator, right) in pairwise([("", compare.first), *compare.rest]):
        for side, other in ((left, right), (right, left)):
            name = side.path if isinstance(side, t.Slot) else side.name if isinstance(side, t.Attribute) else ""
            is_grown = name in growing or name.rpartition(".")[2] in growing
            if operator in ("==", "!=") and is_grown and not (isinstance(other, t.Const) and other.value == 0):
                yield side, operator, other


# ---- days of 24 hours


def days_of_24_hours(scenario: s.Scenario, references: References) -> Iterator[tuple[str, str, str]]:
    """Each comparison of `since(x)` with days, in a period in which the clocks change: where, its question, and what to say."""
    found = [
        (path, since, operator, length)
        for path, record in references.parts.items()
        for part in contents(record)
        if isinstance(part, t.Compare)
        for since, operator, length in _ages(part)
        if _in_days(length, scenario)
    ]
    if not found or not clock.clock_changes(scenario.begin, scenario.until, scenario.timezone):
        return
    for path, since, operator, length in dict.fromkeys(found):
        asked, remedy = f"{since.text} {operator} {said(length)}", f"now {operator} {_last(since)} + {said(length)}"
        doubt = f"in `{asked}` a day has 24 hours, and the clocks change in this period"
        yield path, since.text, f"{doubt}: by the calendar it is `{remedy}`"


def _ages(compare: t.Compare) -> Iterator[tuple[t.History, str, t.Tree]]:
    """What is compared with how long ago something was: the question, the operator as if it stood first, the length."""
    turned = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
    sides = [("", compare.first), *compare.rest]
    for (_, left), (operator, right) in pairwise(sides):
        for side, other, as_if_first in ((left, right, operator), (right, left, turned[operator])):
            if isinstance(side, t.History) and side.function == "since":
                yield side, as_if_first, other


def _in_days(length: t.Tree, scenario: s.Scenario) -> bool:
    """Whether a length is made of days."""
    days = (
        part.days if isinstance(part, t.Const) else scenario.parameters[part.path.removeprefix("parameters.")].days
        for part in t.walk(length)
        if isinstance(part, t.Const) or (isinstance(part, t.Slot) and part.path.startswith("parameters."))
    )
    return any(days)


def _last(since: t.History) -> str:
    """The question when something was last, instead of how long ago."""
    return re.sub(r", default=[^,()]*(?=[,)])", "", since.text.replace("since(", "last(", 1))
