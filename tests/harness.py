"""All that the tests of the language call in the product, in one place.

In: nodes or text of a scenario, and how to run it. Out: a checked scenario, a log of readable entries, measures;
or the errors the product raises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sim.analysis.measures import evaluate
from sim.engine import run as run_program
from sim.engine.compile import compile_scenario
from sim.errors import CODES, Problem, RunStopped, ScenarioError
from sim.language import edits, include
from sim.language.check import check as check_scenario
from sim.language.check import problems_of
from sim.language.scenario import Scenario
from sim.language.source import Fields, Items, Node, Text, parse
from sim.log.entries import Entry, Header, Log, log_of

__all__ = [
    "CODES", "Entry", "Fields", "Items", "Log", "Node", "Problem", "RunStopped", "Request", "Scenario", "ScenarioError", "Text",
    "changed", "check", "measured", "parse", "recorded", "value_at", "warnings_of", "whole",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """How a case wants its scenario run."""

    seed: int = 0
    replication: int = 0
    what_if: str | None = None
    overrides: tuple[str, ...] = ()


def value_at(node: Node, *keys: str) -> str | None:
    """The text that stands under these keys, or None."""
    for key in keys:
        if not isinstance(node, Fields) or key not in node.entries:
            return None
        node = node.entries[key]
    return node.text if isinstance(node, Text) else None


def changed(node: Node, prefix: str, order: Callable[[str, Sequence[str]], Sequence[str]]) -> Node:
    """The node as a tree of its own: `prefix` taken off every path, and the keys of each mapping in the order asked for."""
    path = node.path.removeprefix(prefix).removeprefix(".")
    match node:
        case Fields(entries=entries, keys=keys):
            ordered = order(path, list(entries))
            return replace(
                node,
                path=path,
                entries={key: changed(entries[key], prefix, order) for key in ordered},
                keys={key: keys[key] for key in ordered},
            )
        case Items(items=items):
            return replace(node, path=path, items=type(items)(changed(item, prefix, order) for item in items))
        case Text():
            return replace(node, path=path)


def whole(root: Fields, parts: Mapping[str, str]) -> Fields:
    """The scenario with its parts, whose texts are given by their names."""
    gathered = include.gather(root, [], include.among(parts))
    if gathered.faults:
        raise ScenarioError([*gathered.faults, *problems_of(gathered.root, gathered.faults)])
    return gathered.root


def check(root: Fields, request: Request | None = None) -> Scenario:
    """The checked scenario of a request (none: the baseline)."""
    if request is None:
        return check_scenario(root)
    overrides = [edits.from_override(text, number) for number, text in enumerate(request.overrides, 1)]
    return check_scenario(root, request.what_if, overrides)


def warnings_of(root: Fields) -> Sequence[Problem]:
    """What the check remarks without refusing the scenario."""
    return [problem for problem in problems_of(root) if not problem.is_error]


def recorded(scenario: Scenario, request: Request) -> Log:
    """One run of a checked scenario, as readers see it."""
    recording = run_program(compile_scenario(scenario), seed=request.seed, replication=request.replication)
    header = Header(
        format=1,
        scenario=recording.scenario,
        title=scenario.title,
        what_if=request.what_if,
        digests={},
        overrides=request.overrides,
        seed=recording.seed,
        replication=recording.replication,
        version="0",
        timezone=recording.timezone,
        period=(recording.begin, recording.until),
    )
    return log_of(recording, header)


def measured(scenario: Scenario, log: Log) -> Mapping[str, Any]:
    """The measures of a log by name."""
    return evaluate(scenario, log)
