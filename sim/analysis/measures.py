"""Measures: what a log says of a run. Expectations: what an author says of measures.

In: a checked scenario and a `Log`. Out: a value for each measure, None where there is none ("never"). Nothing but the
log is looked at, so a measure of a stored result is the measure of its run.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from sim import clock
from sim.analysis.past import Past
from sim.analysis.walk import Value, Walker
from sim.language import tree as t
from sim.language.scenario import Scenario
from sim.language.tree import Tree
from sim.log.entries import Entry, Log

__all__ = ["evaluate", "holds", "readable"]


def evaluate(scenario: Scenario, log: Log) -> dict[str, Value]:
    """The measures of one run by name; durations and instants in whole µs."""
    end = Past(scenario, log).end()
    values = {name: end.value(tree, None) for name, tree in sorted(scenario.measures.items())}
    return {name: value if not isinstance(value, float) or isfinite(value) else None for name, value in values.items()}


def holds(that: Tree, measures: Mapping[str, Value], baseline: Mapping[str, Value] | None, zone: str) -> bool:
    """Whether an expectation holds of a run's measures (and of the baseline's, with the same luck), dates by the clocks of a zone."""
    return bool(_Expected(measures, baseline, zone).value(that, None))


def readable(value: Value, kind: str) -> Value:
    """A value in the form readers get: durations in seconds, instants in ISO 8601 (UTC), rates per day."""
    if value is None:
        return None
    if kind == "duration":
        return clock.seconds(value)
    return clock.iso(value, "UTC") if kind == "instant" else value


class _Expected(Walker):
    """Reads measures."""

    def __init__(self, measures: Mapping[str, Value], baseline: Mapping[str, Value] | None, zone: str) -> None:
        self.measures = measures
        self.baseline = baseline
        self.zone = zone

    def leaf(self, tree: Tree, entry: Entry | None) -> Value:
        if isinstance(tree, t.Measure):
            return (self.baseline or {}).get(tree.name) if tree.of_baseline else self.measures.get(tree.name)
        return super().leaf(tree, entry)
