"""Linking, questions: measures, expectations, what is observed.

In: a `Draft` whose tables are filled. Out: measures and expectations as typed trees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sim.errors import did_you_mean
from sim.language import tree as t
from sim.language.draft import Draft
from sim.language.infer import infer
from sim.language.scenario import Expectation, Observation
from sim.language.scope import EXPECTATION, MEASURE
from sim.language.shapes_law import ExpectationShape
from sim.language.shapes_rules import ObservedShape
from sim.language.source import Fields, Items, Text
from sim.language.tree import Tree

__all__ = ["link_expectations", "link_measure", "link_observed"]

MOST_RUNS = 1_000_000
"""Over how many replications an expectation can be judged."""


def link_measure(draft: Draft, _key: str, text: Text) -> Tree | None:
    """One measure."""
    return infer(text, draft.scope(stance=MEASURE), None, draft.problems)


def link_expectations(draft: Draft, measures: Mapping[str, Tree], what_ifs: Mapping[str, str]) -> dict[str, tuple[Expectation, ...]]:
    """What is expected of the baseline and of each what-if."""
    linked: dict[str, tuple[Expectation, ...]] = {}
    scope = replace(draft.scope(), names={}, stance=EXPECTATION, measures={name: tree.type for name, tree in measures.items()})
    section = draft.root.entries.get("expect")
    if section is not None and not isinstance(section, Fields):
        draft.problem("E104", "'expect' takes a mapping from what-if to expectations", section)
        return linked
    for key, node in section.entries.items() if section else ():
        if key != "baseline" and key not in what_ifs and section:
            known = ["baseline", *what_ifs]
            draft.problem("E102", f"no what-if is called '{key}'{did_you_mean(key, known)}", section.keys[key], f"expect.{key}")
        items = node.items if isinstance(node, Items) else (node,)
        expectations = []
        for item in items:
            shape = None if isinstance(item, Text) else draft.fill(ExpectationShape, item)
            leaf = item if isinstance(item, Text) else shape.that if shape else None
            tree = draft.expression(leaf, scope, t.FLAG)
            share = draft.number(shape.in_at_least) if shape and shape.in_at_least else None
            if share is not None and not 0 <= share <= 1 and shape and shape.in_at_least:
                draft.problem("E306", "a share of runs lies between 0 and 1", shape.in_at_least)
            runs = draft.whole(shape.runs, 1) if shape else None
            if runs is not None and runs > MOST_RUNS and shape and shape.runs:
                draft.problem("E110", f"at most {MOST_RUNS:,} runs can be judged", shape.runs)
            if tree is not None and leaf is not None:
                expectations.append(Expectation(tree, share, runs, leaf.text, item.path))
        linked[key] = tuple(expectations)
    return linked


def _require_order(draft: Draft, shape: ObservedShape, instants: Sequence[int]) -> None:
    """Refuse more than an earliest and a latest instant, and these in the wrong order; warn where no run can get there."""
    if len(shape.at) > 2:
        draft.problem("E104", "`at` takes one date, or the earliest and the latest", shape.at[2])
    elif len(instants) == 2 and instants[1] < instants[0]:
        draft.problem("E302", "the earliest comes first: [earliest, latest]", shape.at[1])
    elif instants and draft.begin < draft.until and not (draft.begin <= instants[-1] and instants[0] < draft.until):
        draft.problem("W401", "this lies outside the period, so no run can show it", shape.at[0])


def link_observed(draft: Draft) -> tuple[Observation, ...]:
    """What really happened."""
    section = draft.root.entries.get("observed")
    if section is None:
        return ()
    if not isinstance(section, Items):
        draft.problem("E104", "'observed' takes a list of dated events", section)
        return ()
    observations = []
    for item in section.items:
        shape = draft.fill(ObservedShape, item)
        if shape is None:
            continue
        if str(shape.event) not in draft.events:
            draft.unknown("event", shape.event, draft.events)
        for leaf in (shape.by, shape.to):
            if leaf is not None and str(leaf) not in draft.actors:
                draft.unknown("actor", leaf, draft.actors)
        instants = [instant for leaf in shape.at if (instant := draft.instant(leaf)) is not None]
        _require_order(draft, shape, instants)
        citations = draft.citations(shape.source)
        if instants:
            by, to = (str(leaf) if leaf else None for leaf in (shape.by, shape.to))
            observations.append(Observation((instants[0], instants[-1]), str(shape.event), by, to, str(shape.about or ""), citations))
    return tuple(observations)
