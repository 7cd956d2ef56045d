"""`sim run`: a scenario becomes stored runs, and a timeline.

In: a scenario file, and what of it is wanted. Out: results in the store; a timeline, a table of measures, or JSON.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.request import (
    BASELINE,
    RESULTS,
    AsJson,
    Edits,
    Folder,
    Only,
    Replication,
    Seed,
    again,
    named,
    repeatable,
    require_seed,
)
from sim.cli.terminal import Screen, out, out_json, say, say_next, warn_about
from sim.errors import StoreError, UsageError, escaped

if TYPE_CHECKING:
    from sim.cli.results import Measures
    from sim.face import Loaded, Run
    from sim.log.stored import Result

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run")(run_command)


@dataclass(frozen=True)
class _Request:
    """What is asked for, beside the scenario and its what-ifs."""

    edits: Path | None
    overrides: tuple[str, ...]
    seed: int
    replication: int
    until: str | None
    folder: Path
    full: bool
    only: tuple[str, ...]
    as_json: bool
    quiet: bool

    @property
    def page(self) -> bool:
        """Whether people are to read what comes out, not a program."""
        return not (self.as_json or self.quiet)

    def words(self, what_ifs: Sequence[str | None], until: str | None = None) -> list[str]:
        """The options that ask for these what-ifs in the same way."""
        return again(
            edits=self.edits,
            seed=self.seed,
            replication=self.replication,
            what_ifs=what_ifs,
            overrides=self.overrides,
            until=until,
            folder=self.folder,
        )


@dataclass(frozen=True)
class _Done:
    """What stays of a run: its measures, how long its log was, and where it is stored, or why it is not."""

    measures: Measures
    entries: int
    stored: Result | None
    refused: StoreError | None


def run_command(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="The scenario file.", show_default=False)],
    what_if: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Run this what-if (or 'baseline'); may be repeated.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Run the baseline and every what-if.")] = False,
    changes: Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change one value; may be repeated.")] = None,
    edits: Edits = None,
    seed: Seed = 0,
    replication: Replication = 0,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="End the run early, at this date.")] = None,
    through: Annotated[str | None, typer.Option(metavar="DATE", help="End the run early, with the end of this day.")] = None,
    folder: Folder = RESULTS,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print the folders of the results alone.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Show every entry, routine too.")] = False,
    only: Only = None,
    runs: Annotated[str | None, typer.Option(hidden=True)] = None,
) -> None:
    """Check and run a scenario, store the result, show what happened."""
    require_seed(seed, replication)
    if runs is not None:
        raise UsageError(f"sim run is one run: for shares and means over many, sim compare {escaped(str(scenario))} --runs {escaped(runs)}")
    if every and what_if:
        raise UsageError("--all runs every what-if: leave out --what-if")
    if as_json and quiet:
        raise UsageError("--json and --quiet exclude each other")
    from sim import face

    loaded = face.load(scenario, edits)
    warn_about(loaded.problems)
    whole = loaded.scenario()
    until = face.ending(until, through, (whole.begin, whole.until), whole.timezone)
    request = _Request(edits, tuple(changes or ()), seed, replication, until, folder, full, tuple(only or ()), as_json, quiet)
    names = _names(loaded, what_if or (), request, every=every)
    done: list[_Done] = []
    folded = False
    for name in names:
        made = _run(loaded, name, request, several=len(names) > 1)
        done.append(_stored(made, loaded, request))  # before anything is printed, as a reader may leave
        folded = _tell(made, done[-1], request, alone=len(names) == 1)
    _sum_up(loaded, names, done, request)
    if not quiet:
        _say_next(loaded, names, request, every=every, folded=folded)


def _names(loaded: Loaded, what_ifs: Sequence[str], request: _Request, *, every: bool) -> list[str | None]:
    """The what-ifs to run, None for the baseline; whatever is wrong with the request is told before anything runs."""
    known = loaded.scenario().what_ifs
    names = [None, *known] if every else [*dict.fromkeys(map(named, what_ifs))] or [None]
    for name in names:
        loaded.scenario(name, request.overrides)
    if request.only and (len(names) > 1 or not request.page):
        raise UsageError("--only is for the timeline of one run: leave out --all, --json and --quiet, and all but one --what-if")
    return names


def _run(loaded: Loaded, name: str | None, request: _Request, *, several: bool) -> Run:
    """One run; if it stops, it says which it was."""
    outcome = "it is not stored, runs that finished before it are" if several else "it is not stored"
    with repeatable(name, request.seed, request.replication, loaded.scenario(name, request.overrides).timezone, outcome):
        return loaded.run(name, overrides=request.overrides, seed=request.seed, replication=request.replication, until=request.until)


def _stored(made: Run, loaded: Loaded, request: _Request) -> _Done:
    """A run, measured and stored; where that is refused, it is told when all is printed."""
    from sim.cli import results

    measures, entries = results.measures_of(made.scenario, made.measures), len(made.recording.entries)
    try:
        options = {"until": request.until} if request.until else {}
        stored = results.save(request.folder, made, measures, loaded.inputs, options, loaded.path)
    except StoreError as refused:
        return _Done(measures, entries, None, refused)
    return _Done(measures, entries, stored, None)


def _tell(made: Run, done: _Done, request: _Request, *, alone: bool) -> bool:
    """A run as soon as it is done: its timeline, or a line if it is one of several. Whether routine was folded."""
    from sim.cli import results

    folded = False
    if alone and request.page:
        folded = results.print_run(made.log, made.scenario, done.measures, until=request.until, full=request.full, only=request.only)
        if done.stored is not None:
            say(f"stored in {escaped(str(done.stored.folder))}")
    elif done.stored is not None and not request.as_json:
        where = escaped(str(done.stored.folder))
        out(where if request.quiet else results.in_one_line(done.stored, done.entries, Screen.of(sys.stdout)))
    return folded


def _sum_up(loaded: Loaded, names: Sequence[str | None], done: Sequence[_Done], request: _Request) -> None:
    """All runs together: one document, or their measures side by side; then the first that could not be stored."""
    from sim.cli import results

    refused = next((one.refused for one in done if one.refused is not None), None)
    if request.as_json and refused is None:
        out_json([results.as_dict(one.stored, one.entries) for one in done if one.stored is not None])
    elif len(names) > 1 and request.page:
        zone = loaded.scenario(names[0], request.overrides).timezone
        between = [""] if any(one.stored for one in done) else []
        out(*between, *results.side_by_side([name or BASELINE for name in names], [one.measures for one in done], zone))
    if refused is not None:
        raise refused


def _say_next(loaded: Loaded, names: Sequence[str | None], request: _Request, *, every: bool, folded: bool) -> None:
    """The command that is most useful after these runs, with all that makes it speak of the same."""
    file, base = str(loaded.path), loaded.scenario()
    first = next(iter(loaded.added or base.what_ifs), None)
    whole = request.until is None  # the other commands know no shorter period
    if whole and len(names) > 1:
        say_next("sim", "compare", file, *request.words(names if request.overrides or not every else ()))
    elif whole and (names[0] or request.overrides):
        say_next("sim", "compare", file, *request.words(names))
    elif whole and first:
        say_next("sim", "compare", file, *request.words([first]))
    elif whole and base.expect:
        say_next("sim", "test", file, *again(edits=request.edits, seed=request.seed))
    elif folded:
        say_next("sim", "run", file, *request.words(names, until=request.until), "--full")
    else:
        say_next("sim", "list", *again(folder=request.folder))
