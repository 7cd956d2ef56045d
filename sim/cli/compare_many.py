"""`sim compare --runs`: many runs of the baseline and of what-ifs, run by run with the same luck.

In: a read scenario, variants of it, how many runs. Out: their measures with intervals, beside one another.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from sim.cli.comparing import NOTHING, Request
from sim.cli.edited import changed_lines, changes_of
from sim.cli.pool import Plan, Variant, measured
from sim.cli.request import announced, require_runs
from sim.cli.terminal import Screen, out, out_json, say, say_next
from sim.errors import UsageError, escaped

if TYPE_CHECKING:
    from sim.analysis.statistics import Contrast
    from sim.cli.replicated import Values
    from sim.face import Loaded
    from sim.language.scenario import Scenario

__all__ = ["compare_many"]


def compare_many(loaded: Loaded, variants: Sequence[Variant], runs: int, jobs: int | None, request: Request) -> bool:
    """Replications of the baseline and of others, run by run with the same luck; whether any measure ever differs."""
    from sim.cli import replicated

    if runs < 1 or request.replication or request.only or request.full:
        raise UsageError("--runs takes a number from 1 on, and shows measures alone: leave out --replication, --only and --full")
    require_runs(runs)
    scenario = loaded.scenario()
    kinds = _kinds(scenario)
    if not kinds:
        raise UsageError("--runs compares measures, and the scenario has none: write some under 'measures'")
    reference = Variant(request.against)
    every = [reference, *variants]
    say(announced([one.name for one in every], runs))
    plan = Plan(every, runs, request.seed, NOTHING)
    with closing(measured(loaded, plan, jobs)) as done:
        values = replicated.values_of(len(every), kinds, done)
    if not variants:
        return _tell_alone(loaded, values[0], runs, request)
    contrasts = replicated.contrasts_of(values, kinds)
    if request.form == "json":
        told = [
            {"before": reference.name, "after": one.name, "measures": replicated.as_dict(found, kinds)}
            for one, found in zip(variants, contrasts, strict=True)
        ]
        out_json({"scenario": scenario.id, "seed": request.seed, "runs": runs, "comparisons": told})
    else:
        _print_many(loaded, variants, contrasts, runs, request)
    return any(found.differing.value for by_measure in contrasts for found in by_measure.values())


def _kinds(scenario: Scenario) -> dict[str, str]:
    """The measures and their types."""
    return {name: tree.type.name for name, tree in scenario.measures.items()}


def _print_many(
    loaded: Loaded, variants: Sequence[Variant], contrasts: Sequence[Mapping[str, Contrast]], runs: int, request: Request
) -> None:
    """All what-ifs beside one another where there are several, then one after another with what is edited and all intervals."""
    from sim.cli import replicated

    screen, scenario, before = Screen.of(sys.stdout), loaded.scenario(), Variant(request.against).name
    kinds = _kinds(scenario)
    out(screen.styled(escaped(scenario.title or scenario.id), "bold"))
    out(*(screen.styled(line, "dim") for line in textwrap.wrap(replicated.told_of(runs, request.seed), screen.width)))
    if len(variants) > 1:
        named = [(one.name, found) for one, found in zip(variants, contrasts, strict=True)]
        out("", *replicated.overview(before, named, kinds, scenario.timezone, screen))
    for variant, found in zip(variants, contrasts, strict=True):
        changes = changes_of(loaded.root, variant.what_if, variant.overrides, request.against)
        out("", screen.styled(escaped(variant.name), "bold"), *changed_lines(changes, screen, most=4))
        out(*replicated.table_of(before, variant.name, found, kinds, scenario.timezone, screen))
    say_next("sim", "compare", str(loaded.path), *request.words(variants[0]))


def _tell_alone(loaded: Loaded, values: Values, runs: int, request: Request) -> bool:
    """The baseline of a scenario without what-ifs, which differs from nothing."""
    from sim.cli import replicated

    screen, scenario = Screen.of(sys.stdout), loaded.scenario()
    kinds = _kinds(scenario)
    if request.form == "json":
        measures = replicated.alone_as_dict(values, kinds)
        out_json({"scenario": scenario.id, "seed": request.seed, "runs": runs, "measures": measures, "comparisons": []})
        return False
    out(screen.styled(escaped(scenario.title or scenario.id), "bold"))
    told = replicated.told_of(runs, request.seed, several=False)
    out(*(screen.styled(line, "dim") for line in textwrap.wrap(told, screen.width)), "")
    out(*replicated.alone(values, kinds, scenario.timezone, screen))
    say("the scenario has no what-ifs to compare: write some under 'what_if', or edit a value with --set")
    return False
