"""`sim compare --runs`: many runs of the baseline and of what-ifs, run by run with the same luck.

In: a read scenario, variants of it, how many runs. Out: their measures with intervals, beside one another.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from sim.cli.comparing import NOTHING, Request
from sim.cli.documents import markdown_table, marked, out_csv
from sim.cli.edited import changed_lines, changes_between, markdown_edits
from sim.cli.pool import Plan, Variant, measured
from sim.cli.request import BASELINE, announced, require_runs
from sim.cli.terminal import Screen, out, out_json, say, say_next
from sim.errors import UsageError, escaped

if TYPE_CHECKING:
    from sim.cli.replicated import Samples, Versus
    from sim.face import Loaded
    from sim.language.scenario import Scenario

__all__ = ["compare_many", "page", "page_alone"]


def compare_many(loaded: Loaded, variants: Sequence[Variant], runs: int, jobs: int | None, request: Request) -> bool:
    """Replications of the baseline and of others, run by run with the same luck; whether any measure ever differs."""
    from sim.cli import replicated

    if runs < 1 or request.replication or request.only or request.full:
        raise UsageError("--runs takes a number from 1 on, and shows measures alone: leave out --replication, --only and --full")
    require_runs(runs)
    every = [request.reference, *variants]
    kinds = [_kinds(loaded.scenario(one.what_if, one.overrides)) for one in every]
    if not any(kinds):
        raise UsageError("--runs compares measures, and the scenario has none: write some under 'measures'")
    say(announced([one.name for one in every], runs))
    plan = Plan(every, runs, request.seed, NOTHING, compared=len(every) > 1)
    with closing(measured(loaded, plan, jobs)) as done:
        samples, differs = replicated.samples_of(kinds, done)
    if not variants:
        return _tell_alone(loaded, samples[0], runs, request)
    found = replicated.versus([one.name for one in every], samples, differs)
    _tell(loaded, variants, found, runs, request)
    return any(one.apart for one in found)


def _kinds(scenario: Scenario) -> dict[str, str]:
    """The measures and their types."""
    return {name: tree.type.name for name, tree in scenario.measures.items()}


def _tell(loaded: Loaded, variants: Sequence[Variant], found: Sequence[Versus], runs: int, request: Request) -> None:
    """What was found, in the form that is asked for."""
    from sim.cli import replicated

    scenario, before = loaded.scenario(), request.reference.name
    zone = scenario.timezone
    match request.form:
        case "json":
            told = [replicated.as_dict(before, one) for one in found]
            out_json({"scenario": scenario.id, "seed": request.seed, "runs": runs, "comparisons": told})
        case "csv":
            out_csv(replicated.COLUMNS, (row for one in found for row in replicated.csv_rows(before, one)))
        case "markdown":
            _head(scenario, replicated.told_of(runs, request.seed, request.overrides))
            if len(found) > 1:
                out(*markdown_table(*replicated.overview_cells(before, found, zone)))
            for one, variant in zip(found, variants, strict=True):
                changes = changes_between(loaded.root, request.reference, variant)
                out(f"### {marked(escaped(one.name))}", "", *markdown_edits(changes), "")
                out(f"**{marked(replicated.in_short(one))}**", "", *replicated.markdown_of(before, one, zone))
        case "text":
            out(*page(loaded, [request.reference, *variants], found, runs, request.seed, Screen.of(sys.stdout)))
            say_next("sim", "compare", str(loaded.path), *request.words(variants[0]))


def page(
    loaded: Loaded, variants: Sequence[Variant], found: Sequence[Versus], runs: int, seed: int, screen: Screen
) -> Iterator[str]:  # fmt: skip
    """Each variant but the first against the first: all beside one another, then one by one, with their edits and intervals."""
    from sim.cli import replicated

    scenario, (before, *others) = loaded.scenario(), variants
    yield from _heading(scenario, replicated.told_of(runs, seed, before.overrides), screen)
    if len(found) > 1:
        yield ""
        yield from replicated.overview(before.name, found, scenario.timezone, screen)
    for one, variant in zip(found, others, strict=True):
        changes = changes_between(loaded.root, before, variant)
        yield from ("", screen.styled(escaped(one.name), "bold"), *changed_lines(changes, screen, most=4))
        yield from (screen.styled(line, "bold") for line in textwrap.wrap(replicated.in_short(one), screen.width))
        yield from replicated.table_of(before.name, one, scenario.timezone, screen)


def page_alone(scenario: Scenario, samples: Samples, runs: int, seed: int, screen: Screen, overrides: Sequence[str] = ()) -> Iterator[str]:
    """One variant, which is compared with nothing."""
    from sim.cli import replicated

    yield from _heading(scenario, replicated.told_of(runs, seed, overrides, several=False), screen)
    yield ""
    yield from replicated.alone(samples, scenario.timezone, screen)


def _heading(scenario: Scenario, told: str, screen: Screen) -> Iterator[str]:
    """The title, and what the tables below say and do not."""
    yield screen.styled(escaped(scenario.title or scenario.id), "bold")
    yield from (screen.styled(line, "dim") for line in textwrap.wrap(told, screen.width))


def _head(scenario: Scenario, told: str) -> None:
    """The same in Markdown."""
    out(f"## {marked(escaped(scenario.title or scenario.id))}", "", marked(told), "")


def _tell_alone(loaded: Loaded, samples: Samples, runs: int, request: Request) -> bool:
    """The baseline of a scenario without what-ifs, which differs from nothing."""
    from sim.cli import replicated

    scenario = loaded.scenario()
    match request.form:
        case "json":
            measures = replicated.alone_as_dict(samples)
            out_json({"scenario": scenario.id, "seed": request.seed, "runs": runs, "measures": measures, "comparisons": []})
        case "csv":
            out_csv(replicated.COLUMNS, replicated.csv_rows_alone(BASELINE, samples))
        case "markdown":
            _head(scenario, replicated.told_of(runs, request.seed, request.overrides, several=False))
            out(*markdown_table(*replicated.alone_cells(samples, scenario.timezone)))
        case "text":
            out(*page_alone(scenario, samples, runs, request.seed, Screen.of(sys.stdout), request.overrides))
            say("the scenario has no what-ifs to compare: write some under 'what_if', or change a value on one side with --change")
    return False
