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

from sim.cli.pool import REPLICATION, SEED
from sim.cli.request import BASELINE, RESULTS, again, named, repeatable, require_seed
from sim.cli.terminal import Screen, out, out_json, say, say_next, warn_about
from sim.errors import StoreError, UsageError, escaped

if TYPE_CHECKING:
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


def run_command(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="The scenario file.", show_default=False)],
    what_if: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Run this what-if (or 'baseline'); may be repeated.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Run the baseline and every what-if.")] = False,
    changes: Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change one value; may be repeated.")] = None,
    edits: Annotated[Path | None, typer.Option(metavar="FILE", help="A file with what-ifs of your own.")] = None,
    seed: Annotated[int, typer.Option(parser=SEED, metavar="N", help="The luck of the run, 0 to 2^63-1.")] = 0,
    replication: Annotated[int, typer.Option(parser=REPLICATION, metavar="N", help="Which run with this seed.")] = 0,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="End the run early.")] = None,
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where results are stored.")] = RESULTS,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print the folders of the results alone.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Show every entry, routine too.")] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="EVENT", help="Show this event alone, or those of this norm, rule or procedure; may be repeated."),
    ] = None,
) -> None:
    """Check and run a scenario, store the result, show what happened."""
    require_seed(seed, replication)
    if every and what_if:
        raise UsageError("--all runs every what-if: leave out --what-if")
    if as_json and quiet:
        raise UsageError("--json and --quiet exclude each other")
    from sim import face
    from sim.cli import results

    request = _Request(edits, tuple(changes or ()), seed, replication, until, folder)
    loaded = face.load(scenario, edits)
    warn_about(loaded.problems)
    known = loaded.scenario().what_ifs
    names = [None, *known] if every else [*dict.fromkeys(named(name) for name in what_if or ())] or [None]
    for name in names:
        loaded.scenario(name, request.overrides)  # whatever is wrong with the request is told before anything runs
    if only and (len(names) > 1 or as_json or quiet):
        raise UsageError("--only is for the timeline of one run: leave out --all, --json and --quiet, and all but one --what-if")
    told: list[tuple[Result, int]] = []
    measures: list[results.Measures] = []
    folded, refused = False, None
    for name in names:
        made = _run(loaded, name, request, several=len(names) > 1)
        measures.append(results.measures_of(made.scenario, made.measures))
        stored = None
        try:  # before anything is printed, as a reader may leave; a refusal is told when all is printed
            stored = results.save(folder, made, loaded.inputs, {"until": until} if until else {})
            told.append((stored, len(made.recording.entries)))
        except StoreError as error:
            refused = refused or error
        if len(names) == 1 and not (as_json or quiet):
            folded = results.print_run(made.log, made.scenario, measures[0], until=until, full=full, only=only or ())
            if stored is not None:
                say(f"stored in {escaped(str(stored.folder))}")
        elif stored is not None and not as_json:
            out(escaped(str(stored.folder)) if quiet else results.in_one_line(*told[-1], Screen.of(sys.stdout)))
    if as_json and refused is None:
        out_json([results.as_dict(stored, entries) for stored, entries in told])
    elif len(names) > 1 and not (as_json or quiet):
        zone = loaded.scenario(names[0], request.overrides).timezone
        out(*([""] if told else []), *results.side_by_side([name or BASELINE for name in names], measures, zone))
    if refused is not None:
        raise refused
    if not quiet:
        _say_next(loaded, names, request, every=every, folded=folded)


def _run(loaded: Loaded, name: str | None, request: _Request, *, several: bool) -> Run:
    """One run; if it stops, it says which it was."""
    outcome = "it is not stored, runs that finished before it are" if several else "it is not stored"
    with repeatable(name, request.seed, request.replication, loaded.scenario(name, request.overrides).timezone, outcome):
        return loaded.run(name, overrides=request.overrides, seed=request.seed, replication=request.replication, until=request.until)


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
