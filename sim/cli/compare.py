"""`sim compare`: what a what-if changes, in one run or in many, and two stored results side by side.

In: a scenario file and its what-ifs, or the names of two stored results. Out: where they part, what was in force when, their measures,
their timelines.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.compare_many import compare_many
from sim.cli.comparing import NOTHING, Request, form_of, loaded_for, require_results, variants_of
from sim.cli.edited import changes_behind, changes_between
from sim.cli.events import among
from sim.cli.pool import Variant
from sim.cli.request import (
    RESULTS,
    RUNS,
    AsJson,
    Folder,
    Jobs,
    Only,
    Replication,
    Seed,
    again,
    named,
    repeatable,
    require_jobs,
    require_seed,
)
from sim.cli.results import look_up, measures_of, scenario_and_root_of, stored_measures
from sim.cli.terminal import say, say_next
from sim.errors import escaped

if TYPE_CHECKING:
    from sim.cli.compared import Side
    from sim.cli.compared_forms import Found
    from sim.face import Loaded, Run
    from sim.log.stored import Result

__all__ = ["compare_command", "register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("compare")(compare_command)


def compare_command(
    first: Annotated[str, typer.Argument(metavar="FIRST", help="A scenario file, or a stored result.", show_default=False)],
    second: Annotated[str | None, typer.Argument(metavar="SECOND", help="Another stored result.", show_default=False)] = None,
    what_if: Annotated[
        list[str] | None, typer.Option("--what-if", "-w", metavar="NAME", help="Compare this what-if, else all; may be repeated.")
    ] = None,
    against: Annotated[
        str | None, typer.Option(metavar="NAME", help="Compare with this what-if instead of the baseline.", show_default=False)
    ] = None,
    runs: Annotated[
        int | None, typer.Option(parser=RUNS, metavar="N", help="Compare N replications of each instead of one run.", show_default=False)
    ] = None,
    seed: Seed = 0,
    replication: Replication = 0,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a value on both sides; may be repeated.")
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--change", metavar="PATH=VALUE", help="Change a value in what the baseline is compared with alone; may be repeated."),
    ] = None,
    edits: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A file with what-ifs of your own; without --what-if, all of these.")
    ] = None,
    jobs: Jobs = None,
    folder: Folder = RESULTS,
    only: Only = None,
    full: Annotated[bool, typer.Option("--full", help="Show every entry, also what is the same.")] = False,
    form: Annotated[str | None, typer.Option("--format", metavar="FORM", help="text, markdown, csv or json.", show_default=False)] = None,
    as_json: AsJson = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="End with exit code 1 when anything differs.")] = False,
) -> None:
    """Compare the baseline (or --against a what-if) with what-ifs, or two stored results."""
    require_seed(seed, replication)
    require_jobs(jobs)
    request = Request(
        seed, replication, only or (), full, form_of(form, as_json=as_json), edits, folder, named(against), (*(overrides or ()),)
    )
    if second is not None:
        luck = {"--runs": runs, "--seed": seed, "--replication": replication, "--jobs": jobs}
        edited = {"--set": overrides, "--change": changes, "--edits": edits}
        require_results(first, second, folder, {"--what-if": what_if, "--against": against, **edited, **luck})
        differs = _compare_stored(folder, first, second, request)
    else:
        loaded = loaded_for(first, edits, folder)
        variants = variants_of(loaded, what_if or (), changes or (), request, many=runs is not None)
        if runs is None:
            differs = _compare_scenario(loaded, variants, request)
        else:
            differs = compare_many(loaded, variants, runs, jobs, request)
    if exit_code and differs:
        raise typer.Exit(1)


# ---- one run of each


def _compare_scenario(loaded: Loaded, variants: Sequence[Variant], request: Request) -> bool:
    """The baseline against others, one run of each; whether anything differs."""
    from sim.analysis.compare import compare
    from sim.cli.compared_forms import Found

    base = _side(loaded, request.reference, request)
    found: list[Found] = []
    for variant in variants:
        other = _side(loaded, variant, request)
        changes = changes_between(loaded.root, request.reference, variant)
        found.append(Found(other, compare(base.log, other.log), changes))
    differing = [place for place, one in enumerate(found) if one.comparison.differs]
    luck = f"seed {request.seed}" + (f", replication {request.replication}" if request.replication else "")
    against = escaped(found[0].side.name) if len(found) == 1 else f"{len(found)} what-ifs"
    title = escaped(base.log.header.title or base.log.header.scenario)
    about = " · ".join(filter(None, (f"{escaped(base.name)} against {against}", request.told_of_all, f"{luck}, the same luck")))
    _tell(base, found, request, title, about)
    if request.form != "text":
        return bool(differing)
    words = ("sim", "compare", str(loaded.path))
    if len(found) == 1:
        say_next(*words, *request.words(variants[0], one=False), "--runs", "100")
    else:
        say_next(*words, *request.words(variants[differing[0] if differing else 0]))
    return bool(differing)


def _run(loaded: Loaded, variant: Variant, seed: int, replication: int) -> Run:
    """One run; if it stops, it says which it was."""
    with repeatable(variant.what_if, seed, replication, loaded.scenario(variant.what_if, variant.overrides).timezone, NOTHING):
        return loaded.run(variant.what_if, overrides=variant.overrides, seed=seed, replication=replication)


def _side(loaded: Loaded, variant: Variant, request: Request) -> Side:
    from sim.cli.compared import Side

    run = _run(loaded, variant, request.seed, request.replication)
    root = loaded.edited_root(variant.what_if, variant.overrides)
    return Side(variant.name, run.log, measures_of(run.scenario, run.measures), run.scenario, root)


def _tell(base: Side, found: Sequence[Found], request: Request, title: str, about: str) -> None:
    """What was found, with the events that `--only` means in these runs."""
    from sim.cli.compared_forms import Telling, tell

    heard = (name for one in found for name in one.comparison.heard)
    only = among(request.only, heard, [base.scenario, *(one.side.scenario for one in found)])
    tell(base, found, Telling(request.form, title, about, only, request.full))


# ---- two stored results


def _compare_stored(folder: Path, first: str, second: str, request: Request) -> bool:
    """Two stored results; whether anything differs."""
    from sim.analysis.compare import compare
    from sim.cli.compared import unlike
    from sim.cli.compared_forms import Found

    with ExitStack() as files:
        base, other = (_stored_side(look_up(folder, name), name, files) for name in (first, second))
        comparison = compare(base.log, other.log)
        say(*unlike(base, other))
        changes = changes_behind(base.root, other.root, comparison.started)
        _tell(base, [Found(other, comparison, changes)], request, f"{escaped(base.name)} against {escaped(other.name)}", "")
    if request.form == "text":
        say_next("sim", "show", second, *again(folder=folder))
    return comparison.differs


def _stored_side(result: Result, name: str, files: ExitStack) -> Side:
    """A stored run, its log read as it is needed; with names where this version still reads its scenario as it was."""
    from sim.cli.compared import Side

    scenario, root = scenario_and_root_of(result)
    if scenario is None:
        say(f"the scenario of {escaped(name)} cannot be read as it was: things are called by their ids")
    return Side(name, files.enter_context(result.streamed()), stored_measures(result, scenario), scenario, root)
