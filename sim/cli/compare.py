"""`sim compare`: what a what-if changes, in one run or in many, and two stored results side by side.

In: a scenario file and its what-ifs, or the names of two stored results. Out: where they part, their measures, one timeline of both.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.edited import Change, changed_lines, changes_of, in_short
from sim.cli.pool import Plan, Variant, measured
from sim.cli.request import (
    BASELINE,
    RESULTS,
    RUNS,
    AsJson,
    Folder,
    Jobs,
    Only,
    Replication,
    Seed,
    again,
    announced,
    named,
    repeatable,
    require_jobs,
    require_runs,
    require_seed,
)
from sim.cli.results import chosen, look_up, measures_of, scenario_of
from sim.cli.terminal import Screen, out, out_json, say, say_next, warn_about
from sim.errors import UsageError, escaped

if TYPE_CHECKING:
    from sim.analysis.compare import Comparison
    from sim.analysis.statistics import Contrast
    from sim.cli.compared import Side
    from sim.cli.replicated import Values
    from sim.face import Loaded, Run
    from sim.language.scenario import Scenario
    from sim.log.stored import Result

__all__ = ["compare_command", "register"]

NOTHING = "nothing was compared"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("compare")(compare_command)


@dataclass(frozen=True)
class _Request:
    """What is asked for, beside what is compared."""

    seed: int
    replication: int
    only: Sequence[str]
    full: bool
    as_json: bool
    edits: Path | None
    folder: Path
    against: str | None = None
    """The what-if that all are compared with; None: the baseline."""

    def words(self, variant: Variant, *, one: bool = True) -> list[str]:
        """The options that compare a variant in the same way; `one` replication, or many."""
        words = again(
            edits=self.edits,
            seed=self.seed,
            replication=self.replication if one else 0,
            what_ifs=[variant.what_if or (None if variant.overrides else BASELINE)],
            overrides=variant.overrides,
            folder=self.folder,
        )
        return words + (["--against", self.against] if self.against else [])


_Found = tuple["Side", "Comparison", list[Change]]
"""What was compared with the baseline, how it compares, and what made it."""


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
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change a value in what the baseline is compared with; may be repeated."),
    ] = None,
    edits: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A file with what-ifs of your own; without --what-if, all of these.")
    ] = None,
    jobs: Jobs = None,
    folder: Folder = RESULTS,
    only: Only = None,
    full: Annotated[bool, typer.Option("--full", help="Show every entry, also what is the same.")] = False,
    as_json: AsJson = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="End with exit code 1 when anything differs.")] = False,
) -> None:
    """Compare the baseline (or --against a what-if) with what-ifs, or two stored results."""
    require_seed(seed, replication)
    require_jobs(jobs)
    request = _Request(seed, replication, only or (), full, as_json, edits, folder, named(against))
    if second is not None:
        luck = {"--runs": runs, "--seed": seed, "--replication": replication, "--jobs": jobs}
        _require_results(first, second, {"--what-if": what_if, "--against": against, "--set": changes, "--edits": edits, **luck})
        differs = _compare_stored(folder, first, second, request)
    else:
        loaded = _loaded(first, edits, folder)
        variants = _variants(loaded, what_if or (), changes or (), request.against, many=runs is not None)
        if runs is None:
            differs = _compare_scenario(loaded, variants, request)
        else:
            differs = _compare_many(loaded, variants, runs, jobs, request)
    if exit_code and differs:
        raise typer.Exit(1)


def _require_results(first: str, second: str, options: Mapping[str, object]) -> None:
    """Refuse scenario files, and options that would change a run, where stored results are compared."""
    files = [name for name in (first, second) if Path(name).is_file()]
    if len(files) == 2:
        raise UsageError("two scenario files cannot be compared; run them and compare their results")
    if files:
        raise UsageError(f"'{escaped(files[0])}' is a scenario file and the other is none; run it and compare the results")
    if given := [name for name, value in options.items() if value]:
        raise UsageError(f"two stored results are compared as they are: leave out {', '.join(given)}")


def _loaded(first: str, edits: Path | None, folder: Path) -> Loaded:
    """The scenario file, read and checked."""
    from sim import face
    from sim.log.stored import find

    if not Path(first).is_file():
        found = None
        with suppress(UsageError):
            found = find(folder, first)
        if found is not None:
            raise UsageError(f"'{escaped(first)}' is one stored result: name a second one, or a scenario file")
    loaded = face.load(Path(first), edits)
    warn_about(loaded.problems)
    return loaded


def _variants(loaded: Loaded, what_ifs: Sequence[str], overrides: Sequence[str], against: str | None, *, many: bool) -> list[Variant]:
    """What the reference is compared with; all that is wrong with it is told before anything runs. `many` runs may be of it alone."""
    loaded.scenario(against)
    every: tuple[str | None, ...] = loaded.added or (() if overrides else tuple(loaded.scenario().what_ifs))
    if against is not None and not overrides:
        every = (None, *(name for name in every if name != against))
    names = [*dict.fromkeys(named(name) for name in what_ifs)] or ([against] if overrides and not every else [*every])
    if against is not None and names == [against] and not overrides:
        raise UsageError(f"'{escaped(against)}' is compared with itself: name another with --what-if")
    if not names and not many:
        raise UsageError("the scenario has no what-ifs: edit a value with --set, or bring what-ifs of your own with --edits")
    variants = [Variant(name, tuple(overrides)) for name in names]
    for variant in variants:
        loaded.scenario(variant.what_if, variant.overrides)
    return variants


# ---- one run of each


def _compare_scenario(loaded: Loaded, variants: Sequence[Variant], request: _Request) -> bool:
    """The baseline against others, one run of each; whether anything differs."""
    from sim.analysis.compare import compare

    reference = Variant(request.against)
    base = _side(_run(loaded, reference, request.seed, request.replication), reference.name)
    found: list[_Found] = []
    for variant in variants:
        other = _side(_run(loaded, variant, request.seed, request.replication), variant.name)
        found.append((other, compare(base.log, other.log), changes_of(loaded.root, variant.what_if, variant.overrides, request.against)))
    request = _meant(request, [base, *(side for side, _, _ in found)])
    differing = [place for place, (_, comparison, _) in enumerate(found) if comparison.differs]
    if request.as_json:
        _print_json(base, found, request)
        return bool(differing)
    screen = Screen.of(sys.stdout)
    luck = f"seed {request.seed}" + (f", replication {request.replication}" if request.replication else "")
    against = escaped(found[0][0].name) if len(found) == 1 else f"{len(found)} what-ifs"
    out(screen.styled(escaped(base.log.header.title or base.log.header.scenario), "bold"))
    out(screen.styled(f"{escaped(base.name)} against {against} · {luck}, the same luck", "dim"))
    if len(found) == 1:
        _print_one(base, *found[0], request)
        say_next("sim", "compare", str(loaded.path), *request.words(variants[0], one=False), "--runs", "100")
    else:
        _print_several(base, found)
        say_next("sim", "compare", str(loaded.path), *request.words(variants[differing[0] if differing else 0]))
    return bool(differing)


def _run(loaded: Loaded, variant: Variant, seed: int, replication: int) -> Run:
    """One run; if it stops, it says which it was."""
    with repeatable(variant.what_if, seed, replication, loaded.scenario(variant.what_if, variant.overrides).timezone, NOTHING):
        return loaded.run(variant.what_if, overrides=variant.overrides, seed=seed, replication=replication)


def _side(run: Run, name: str) -> Side:
    from sim.cli.compared import Side

    return Side(name, run.log, measures_of(run.scenario, run.measures), run.scenario)


def _meant(request: _Request, sides: Sequence[Side]) -> _Request:
    """The request with the events that `--only` means in these runs."""
    return replace(request, only=chosen(request.only, [(side.log, side.scenario) for side in sides]))


def _print_one(base: Side, other: Side, comparison: Comparison, changes: Sequence[Change], request: _Request) -> None:
    """All about one comparison."""
    from sim.cli import compared

    screen = Screen.of(sys.stdout)
    out(*changed_lines(changes, screen), "")
    out(*compared.parting(base, other, comparison, changes, screen))
    if table := list(compared.measures_table([base, other], screen)):
        out("", *table)
    if request.only and not any(compared.is_meant(pair, request.only) for pair in comparison.pairs):
        out("", f"Neither run has an entry of {' or '.join(map(escaped, request.only))}.")
    elif any(kind != "same" and count for kind, count in comparison.counts.items()) or request.full:
        out("", screen.styled(compared.counted(comparison), "dim"))
        out(*compared.timeline(base, other, comparison, screen, full=request.full, only=request.only))


def _print_several(base: Side, found: Sequence[_Found]) -> None:
    """The measures of all side by side, and where each parts from the baseline."""
    from sim.cli import compared

    screen = Screen.of(sys.stdout)
    out("", *compared.measures_table([base, *(side for side, _, _ in found)], screen))
    for side, comparison, changes in found:
        out("", f"{screen.styled(escaped(side.name), 'bold')}  {screen.styled(compared.counted(comparison), 'dim')}")
        out(f"  {screen.styled(in_short(changes, screen.width - 2), 'dim')}")
        out(*(f"  {line}" for line in compared.parting(base, side, comparison, changes, Screen(screen.width - 2, screen.colour))))


def _print_json(base: Side, found: Sequence[_Found], request: _Request) -> None:
    from sim.cli import compared

    told = [compared.as_dict(base, side, comparison, changes, full=request.full, only=request.only) for side, comparison, changes in found]
    header = base.log.header
    out_json({"scenario": header.scenario, "seed": header.seed, "replication": header.replication, "comparisons": told})


# ---- two stored results


def _compare_stored(folder: Path, first: str, second: str, request: _Request) -> bool:
    """Two stored results; whether anything differs."""
    from sim.analysis.compare import compare

    base, other = (_stored_side(look_up(folder, name), name) for name in (first, second))
    comparison = compare(base.log, other.log)
    request = _meant(request, [base, other])
    _say_unlike(base, other)
    if request.as_json:
        _print_json(base, [(other, comparison, [])], request)
        return comparison.differs
    screen = Screen.of(sys.stdout)
    out(screen.styled(f"{escaped(base.name)} against {escaped(other.name)}", "bold"))
    # What was edited cannot be known; what the runs began with can.
    began = [Change("start", escaped(path), _begun(old), _begun(new), "") for path, (old, new) in comparison.started.items()]
    _print_one(base, other, comparison, began, request)
    say_next("sim", "show", second, *again(folder=folder))
    return comparison.differs


def _say_unlike(base: Side, other: Side) -> None:
    """Warn of two runs that are unlike in what no edit makes: their luck, their period."""
    from sim import clock

    first, second = base.log.header, other.log.header
    if first.period != second.period:
        told = (" to ".join(clock.iso(edge, one.timezone)[:10] for edge in one.period) for one in (first, second))
        say(f"warning: these runs have different periods ({' and '.join(told)}): what differs may come from that alone")
    if (first.seed, first.replication) != (second.seed, second.replication):
        say("these runs had different luck: what differs need not come from what was changed")


def _begun(value: object) -> str:
    """A value that a run began with, as YAML has it."""
    return str(value).lower() if value is None or isinstance(value, bool) else escaped(str(value))


def _stored_side(result: Result, name: str) -> Side:
    """A stored run, with names and measures where this version still reads its scenario as it was."""
    from sim.analysis.measures import evaluate
    from sim.cli.compared import Side

    log, scenario = result.log(), scenario_of(result)
    if scenario is not None:
        return Side(name, log, measures_of(scenario, evaluate(scenario, log)), scenario)
    say(f"the scenario of {escaped(name)} cannot be read as it was: its measures are left out")
    return Side(name, log, {}, None)


# ---- many runs of each


def _compare_many(loaded: Loaded, variants: Sequence[Variant], runs: int, jobs: int | None, request: _Request) -> bool:
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
    if request.as_json:
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
    loaded: Loaded, variants: Sequence[Variant], contrasts: Sequence[Mapping[str, Contrast]], runs: int, request: _Request
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


def _tell_alone(loaded: Loaded, values: Values, runs: int, request: _Request) -> bool:
    """The baseline of a scenario without what-ifs, which differs from nothing."""
    from sim.cli import replicated

    screen, scenario = Screen.of(sys.stdout), loaded.scenario()
    kinds = _kinds(scenario)
    if request.as_json:
        measures = replicated.alone_as_dict(values, kinds)
        out_json({"scenario": scenario.id, "seed": request.seed, "runs": runs, "measures": measures, "comparisons": []})
        return False
    out(screen.styled(escaped(scenario.title or scenario.id), "bold"))
    told = replicated.told_of(runs, request.seed, several=False)
    out(*(screen.styled(line, "dim") for line in textwrap.wrap(told, screen.width)), "")
    out(*replicated.alone(values, kinds, scenario.timezone, screen))
    say("the scenario has no what-ifs to compare: write some under 'what_if', or edit a value with --set")
    return False
