"""Nodes become a scenario: all sections are linked, in the order in which they need one another.

In: the root node, with a what-if's edits already applied. Out: a `Scenario` and every problem found on the way.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from sim.errors import Problem, did_you_mean
from sim.language import shapes_rules as s
from sim.language import tree as t
from sim.language.draft import Draft
from sim.language.link_amend import declare_amended
from sim.language.link_decisions import declare_decisions, link_decisions
from sim.language.link_norms import declare_norms, link_norm
from sim.language.link_procedures import concluded_events, link_procedure
from sim.language.link_provisions import declare_provision, declare_suspended
from sim.language.link_questions import link_expectations, link_measure, link_observed
from sim.language.link_rules import link_rule, link_timeline_entry
from sim.language.link_values import link_condition
from sim.language.link_world import field_types, link_definitions, link_world
from sim.language.memory import Memory
from sim.language.scenario import BY_ITSELF, LAW_EVENTS, LAW_WORDS, Scenario
from sim.language.shapes import Shape
from sim.language.shapes_file import SECTIONS
from sim.language.shapes_law import NormShape, ProcedureShape, steps_of
from sim.language.shapes_values import ConditionShape
from sim.language.source import Fields, Node, Text, plain
from sim.language.standings import DONE
from sim.language.tree import Type

__all__ = ["link"]

T = TypeVar("T")


OF_EVERY_PROCEDURE = ("opened", "blocked", "approved", "refused", "late", "licence_expired", *DONE.values(), *LAW_WORDS)
CASES = "cases"
"""What effects call all cases of a procedure: `licence.cases`; no step is called so."""


def link(root: Fields, memory: Memory | None = None) -> tuple[Scenario, list[Problem]]:
    """The scenario, as complete as the problems allow, and the problems. What a memory holds is not done again."""
    memory = memory or Memory()
    draft = Draft(root, memory.made)
    _top(draft)
    link_world(draft)
    shapes = _shapes(draft)
    declare_decisions(draft, shapes["decisions"])
    _law_names(draft, shapes)
    _cases_of_events(draft)
    link_definitions(draft)
    _facts(draft)
    memory.surround(draft)

    def linked(section: str, make: Callable[[Draft, str, Any], T]) -> dict[str, T]:
        return {key: memory.linked(draft, section, key, partial(make, draft, key, shape)) for key, shape in shapes[section].items()}

    procedures = linked("procedures", link_procedure)
    norms = [norm for norm in linked("norms", link_norm).values() if norm]
    rules = [*linked("rules", link_rule).values()]
    timeline = [entry for entry in linked("timeline", link_timeline_entry).values() if entry]
    decisions = link_decisions(draft, shapes["decisions"])
    measures = {key: tree for key, tree in linked("measures", link_measure).items() if tree is not None}
    draft.broken.update(shapes["measures"].keys() - measures.keys())
    what_ifs = _what_ifs(draft)
    scenario = Scenario(
        id=_word(root, "scenario"), title=_word(root, "title"), about=_word(root, "about"),
        begin=draft.begin, until=draft.until, timezone=draft.zone,
        sources=draft.sources, parameters=draft.parameters, actors=draft.actors, things=draft.things, events=draft.events,
        statements=draft.statements, slots=draft.slots,
        timeline=tuple(timeline), rules=tuple(rules), decisions=decisions, norms=tuple(norms), procedures=procedures,
        what_ifs=what_ifs, measures=measures, measure_texts={key: str(text) for key, text in shapes["measures"].items()},
        expect=link_expectations(draft, measures, what_ifs), observed=link_observed(draft),
        digest=_digest(draft),
    )  # fmt: skip
    return scenario, list(dict.fromkeys(draft.problems))


def _digest(draft: Draft) -> str:
    """What tells one scenario from another: all it says, in whatever order, places apart."""
    whole = {
        name: {key: draft.plain(node) for key, node in section.entries.items()} if isinstance(section, Fields) else plain(section)
        for name, section in draft.root.entries.items()
    }
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode("utf-8")).hexdigest()


def _word(root: Fields, key: str) -> str:
    node = root.entries.get(key)
    return str(node) if isinstance(node, Text) else ""


def _top(draft: Draft) -> None:
    """The top level: known sections, those that must be there, one-line values."""
    root = draft.root
    for key in root.entries:
        if key not in SECTIONS:
            hint = did_you_mean(key, SECTIONS) or f"; sections are {', '.join(SECTIONS)}"
            draft.problem("E101", f"no section is called '{key}'{hint}", root.keys[key], key)
    if "include" in root.entries:
        draft.problem("E013", "parts are included where a scenario is read from its file", root.keys["include"], "include")
    for key in ("scenario", "period"):
        if key not in root.entries and not any(did_you_mean(other, [key]) for other in root.entries if other not in SECTIONS):
            draft.problem("E103", f"'{key}' is missing", root)
    for key in ("language", "scenario", "title", "about"):
        node = root.entries.get(key)
        if node is not None and not isinstance(node, Text):
            draft.problem("E104", f"'{key}' takes one value", node)
        elif node is not None and key == "language" and str(node) != "1":
            draft.problem("E105", f"this program reads language 1, not {node}", node)
        elif isinstance(node, Text) and key == "scenario":
            draft.usable(node.text, node.place, "scenario")


def _shapes(draft: Draft) -> dict[str, dict]:  # type: ignore[type-arg]  # each section has a shape of its own
    fills: dict[str, Callable[[Node], object | None]] = {
        "procedures": lambda node: draft.fill(ProcedureShape, node),
        "norms": lambda node: draft.fill(NormShape, node),
        "decisions": lambda node: draft.fill(s.DecisionShape, node),
        "rules": lambda node: draft.fill(s.RuleShape, node),
        "timeline": lambda node: draft.once(node, _timeline_shape, partial(_timeline_shape, draft, node)),
        "measures": lambda node: _expression(draft, node),
    }
    return {
        name: {key: shape for key, node in draft.section(name) if (shape := filled(node)) is not None} for name, filled in fills.items()
    }


class OneEffect(Shape):
    """Wraps one effect, so that it is filled like those in lists."""

    then: s.Effect


def _timeline_shape(draft: Draft, node: Node) -> tuple[s.TimelineShape, s.Effect | None] | None:
    """A timeline entry and the effect written beside its date, if any."""
    if not isinstance(node, Fields):
        draft.fill(s.TimelineShape, node)
        return None
    own = s.TimelineShape.keys()
    beside = {key: value for key, value in node.entries.items() if key not in own}
    kept = Fields({key: value for key, value in node.entries.items() if key in own}, node.keys, node.place, node.path)
    shape = draft.fill(s.TimelineShape, kept)
    effect = None
    if beside:
        inner = Fields(beside, node.keys, node.place, node.path)
        wrapped = draft.fill(OneEffect, Fields({"then": inner}, {"then": node.place}, node.place, node.path))
        effect = wrapped.then if wrapped else None
    elif shape is not None and not shape.then and "then" not in node.entries:
        draft.problem("E103", "nothing happens here: write an effect, for example event:", node)
    return (shape, effect) if shape else None


def _expression(draft: Draft, node: Node) -> Text | None:
    """What is written as one expression."""
    if isinstance(node, Text):
        return node
    draft.problem("E104", f"'{node.path.rpartition('.')[2]}' takes an expression", node)
    return None


def _law_names(draft: Draft, shapes: dict[str, dict]) -> None:  # type: ignore[type-arg]
    """Names and events of everything that can be in force."""
    for section in ("procedures", "norms", "rules"):
        for key, _node in draft.section(section):
            if key in draft.provisions:
                draft.problem(
                    "E107",
                    f"'{key}' is already the name of a provision: rules, norms and procedures share their names",
                    draft.key_place(section, key),
                    f"{section}.{key}",
                )
                continue
            draft.provisions[key] = draft.provisions[f"{section}.{key}"] = key
            shape = shapes[section].get(key)
            declare_provision(draft, key, starts=draft.flag(getattr(shape, "in_force", None), True))
    for key, shape in shapes["procedures"].items():
        _case(draft, key, shape)
    for step, shorts in draft.steps.items():
        if len(shorts) == 1:
            draft.provisions.setdefault(step, shorts[0])
    declare_suspended(draft)
    declare_amended(draft)
    declare_norms(draft, shapes["norms"])


def _case(draft: Draft, key: str, shape: ProcedureShape) -> None:
    """A procedure's case, steps and events."""
    case: dict[str, Type] = {**field_types(draft, draft.node(f"procedures.{key}.case")), "by": t.ACTOR, "opened": t.INSTANT}
    draft.cases[key] = case
    usable: list[str] = []
    for step, below, step_shape in steps_of(shape):
        path = f"procedures.{key}.steps.{below}"
        node = draft.node(path.rsplit(".", 1)[0])
        if isinstance(node, Fields) and draft.usable(step, node.keys[step], path):
            if step in OF_EVERY_PROCEDURE:
                draft.problem("E107", f"'{key}.{step}' is an event of every procedure: choose another name", node.keys[step], path)
                continue
            if step == CASES:
                text = f"'{key}.{CASES}' means all its cases in effects: choose another name"
                draft.problem("E107", text, node.keys[step], path)
                continue
            if step in usable:
                draft.problem("E107", f"'{step}' is already the name of a step of '{key}': choose another", node.keys[step], path)
                continue
            usable.append(step)
            short = f"{key}.{step}"
            draft.provisions[short] = draft.provisions[path] = short
            draft.steps[short] = (short,)
            draft.steps[step] = (*draft.steps.get(step, ()), short)
            declare_provision(draft, short, starts=draft.flag(step_shape.in_force, True))
    for event in concluded_events(key, case, tuple(usable)):
        draft.events[event.id] = event


def _facts(draft: Draft) -> None:
    """When statements are true: conditions, followed from the start on."""
    for key, node in draft.section("statements"):
        leaf = node.entries.get("true_when") if isinstance(node, Fields) else None
        if isinstance(leaf, Text):
            fact = link_condition(draft, ConditionShape(condition=leaf), draft.scope(), leaf.path)
            draft.statements[key] = replace(draft.statements[key], true_when=fact)


def _cases_of_events(draft: Draft) -> None:
    """For each event the procedures whose cases it may carry; '' where it may carry none. Grows until nothing changes."""
    belongs: dict[str, set[str]] = {event.id: {event.procedure} if event.procedure else set() for event in draft.events.values()}
    makers = _makers(draft)
    changed = True
    while changed:
        changed = False
        for made, triggers in makers:
            brought = set().union(*(belongs.get(trigger, {""}) for trigger in triggers)) if triggers else {""}
            if made in belongs and not brought <= belongs[made] and not (draft.events[made].procedure):
                belongs[made] |= brought
                changed = True
    draft.case_of = {event: frozenset(procedures) for event, procedures in belongs.items()}


def _makers(draft: Draft) -> list[tuple[str, list[str]]]:
    """(event, events that may bring it about); nothing brings it about but time where the list is empty."""
    makers: list[tuple[str, list[str]]] = [("refuted", [])]  # whatever turns a fact may have any case, or none
    for section in ("rules", "timeline"):
        for _key, node in draft.section(section):
            data = draft.plain(node)
            if not isinstance(data, dict):
                continue
            heard = _heard(data.get("when")) if section == "rules" else []
            effects = [one for one in [*_listed(data.get("then")), data] if isinstance(one, dict)]
            for effect in effects:
                makers += [(made, heard) for made in _made(effect, draft)]
    for key, node in draft.section("norms"):
        data = draft.plain(node)
        if isinstance(data, dict):
            forbidden, owed = _heard(data.get("forbid")), _heard(data.get("oblige"))
            makers += [(f"{key}.blocked", forbidden), (f"{key}.violated", forbidden), (f"{key}.fulfilled", owed)]
            begins = _heard(data["when"]) if "when" in data else [] if data.get("in_force") != "false" else [f"{key}.enacted"]
            makers.append((f"{key}.breached", begins))
    return makers


def _heard(triggers: object) -> list[str]:
    """The events of triggers or patterns; none where time, or a condition, is among them."""
    heard = [str(one.get("event") if isinstance(one, dict) else one) for one in _listed(triggers)]
    return [] if any(name == "None" or name[:1].isdigit() for name in heard) else heard


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [] if value is None else [value]


def _made(effect: dict[object, object], draft: Draft, known: frozenset[str] = frozenset()) -> list[str]:
    """The events an effect brings about, and those of the options of a decision it takes."""
    if isinstance(effect.get("event"), str):
        return [str(effect["event"])]
    if "claim" in effect:
        return ["claim", "contradiction", "refuted"]
    if "decide" in effect:
        name = str(effect["decide"])
        below = _of_options(draft, name) if name not in known else ()
        return ["decision", *(made for one in below for made in _made(one, draft, known | {name}))]
    if isinstance(effect.get("amend"), str):
        return [event for event in draft.events if event.endswith(".amended")]
    for verb, word in LAW_EVENTS.items():
        if verb in effect:
            provision = draft.provisions.get(str(effect[verb]), "")
            return [f"{provision}.{one}" for one in (word, "scheduled", BY_ITSELF[verb])]
    return [f"{effect['open']}.blocked"] if "open" in effect else []


def _of_options(draft: Draft, decision: str) -> list[dict[object, object]]:
    """The effects of a decision's options."""
    node = draft.node(f"decisions.{decision}.options") if decision in draft.decisions else None
    options = plain(node) if isinstance(node, Fields) else {}
    thens = [option.get("then") for option in options.values() if isinstance(option, dict)] if isinstance(options, dict) else []
    return [effect for then in thens for effect in _listed(then) if isinstance(effect, dict)]


def _what_ifs(draft: Draft) -> dict[str, str]:
    """The what-ifs and what they say they are about."""
    about = {}
    for key, node in draft.section("what_if"):
        if isinstance(node, Fields):
            said = node.entries.get("about")
            about[key] = str(said) if isinstance(said, Text) else ""
        else:
            draft.problem("E104", f"'{key}' takes a mapping with set, add, remove or combine", node)
    return about
