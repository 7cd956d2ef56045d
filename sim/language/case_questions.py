"""Questions about cases: what one has passed, whether it is a licence, who holds one, how many there are.

In: calls, and the inference they stand in. Out: typed trees, or refusals.
"""

from __future__ import annotations

from dataclasses import replace

from sim.errors import did_you_mean
from sim.language import grammar as g
from sim.language import tree as t
from sim.language.groups import group_of
from sim.language.scope import OF_CASES, Proven, Reader, Refused, fixed_names
from sim.language.signatures import FUNCTIONS
from sim.language.standings import HELD, OPEN, STANDINGS
from sim.language.tree import Tree

__all__ = ["QUESTIONS", "case_question", "number_of_cases"]

QUESTIONS = {"passed": "a case and a step", "grandfathered": "a case and a step", "approved": "a case"}
"""Questions about the case at hand, and what they take."""


def case_question(reader: Reader, call: g.Apply) -> Tree:
    """`passed(event.case, step)`, `grandfathered(event.case, step)`, `approved(event.case)`."""
    name = call.function.text
    named = [argument for argument in call.arguments if isinstance(argument, g.Name)]
    wanted = QUESTIONS[name]
    if call.named or not len(named) == len(call.arguments) == wanted.count("a "):
        raise Refused("E203", f"{name} takes {wanted}: {FUNCTIONS[name][0]}", call)
    case = named[0]
    here = {"event.case": reader.scope.event_case, "case": reader.scope.case}
    if case.text not in here:
        raise Refused("E206", f"'{case.text}' is no case: write event.case", case)
    if here[case.text] is None:
        raise Refused("E206", "there is no case here: not every event that comes here belongs to one", case)
    of_event = case.text == "event.case"
    if name == "approved":
        of = (reader.scope.cases_of if of_event else frozenset()) or _procedures(reader)
        return t.CaseQuestion(name, of_event, "", reader.said(call), procedures=tuple(sorted(of)))
    return t.CaseQuestion(name, of_event, _step(reader, named[1]), reader.said(call))


def _step(reader: Reader, step: g.Name) -> str:
    known = reader.scope.steps.get(step.text)
    if known is None:
        raise Refused("E102", f"no step is called '{step.text}'{did_you_mean(step.text, reader.scope.steps)}", step)
    if len(known) > 1:
        raise Refused("E309", f"several procedures have a step '{step.text}': write {' or '.join(known)}", step)
    return known[0]


def number_of_cases(reader: Reader, call: g.Apply, proven: Proven) -> Tree:
    """`cases(P, by=, is=, where=)`, and `holds(actor, P, where=)`, which asks whether there is one that is held."""
    name, arguments = call.function.text, call.arguments
    holds = name == "holds"
    if len(arguments) != (2 if holds else 1) or not isinstance(arguments[-1], g.Name):
        raise Refused("E203", f"{name} takes {'an actor and ' if holds else ''}a procedure: {FUNCTIONS[name][0]}", call)
    procedure = _procedure(reader, arguments[-1])
    by = group_of(reader, arguments[0], proven) if holds else None
    where, standing = None, HELD if holds else OPEN
    known = ("where",) if holds else ("by", "is", "where")
    for key, value in call.named:
        if key.text not in known:
            raise Refused("E203", f"{name} has no '{key.text}'{did_you_mean(key.text, known)}: {FUNCTIONS[name][0]}", key)
        if key.text == "by":
            by = group_of(reader, value, proven)
        elif key.text == "is":
            if not (isinstance(value, g.Name) and value.text in STANDINGS):
                raise Refused("E203", f"a case is {', '.join(STANDINGS[:-1])} or {STANDINGS[-1]}: write for example is={HELD}", value)
            standing = value.text
        else:
            data = {**reader.scope.events[f"{procedure}.opened"].fields, "by": t.ACTOR, "opened": t.INSTANT}
            alone = replace(reader.scope, stance=OF_CASES, event=None, event_case=None, case=data, names=fixed_names(reader.scope))
            where = reader.inside(alone).wanted(value, t.FLAG, frozenset())
    said = reader.said(call)
    if not reader.scope.stance.values:
        over = f"time_while({said})" if holds else f"peak({said})"
        raise Refused("E206", f"a measure looks back on a whole run: ask final({said}) or {over}", call)
    return t.Cases(procedure, standing, by, where, said, t.FLAG if holds else t.NUMBER)


def _procedure(reader: Reader, name: g.Name) -> str:
    known = _procedures(reader)
    if name.text not in known:
        raise Refused("E102", f"no procedure is called '{name.text}'{did_you_mean(name.text, sorted(known))}", name)
    return name.text


def _procedures(reader: Reader) -> frozenset[str]:
    return frozenset(event.procedure for event in reader.scope.events.values() if event.procedure is not None)
