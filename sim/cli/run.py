"""`sim run`: a scenario becomes stored runs, and a timeline.

In: a scenario file, and what of it is wanted. Out: results in the store; a timeline, a table of measures, or JSON.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.terminal import Screen, out, out_json, say_next, warn_about
from sim.errors import RunStopped, UsageError, escaped

if TYPE_CHECKING:
    from sim.language.scenario import Scenario
    from sim.log.store import Result

__all__ = ["register", "repeatable", "require_seed"]

LARGEST_SEED = 2**63 - 1


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run")(run_command)


def run_command(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="The scenario file.", show_default=False)],
    what_if: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Run this what-if; may be repeated.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Run the baseline and every what-if.")] = False,
    changes: Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change one value; may be repeated.")] = None,
    edits: Annotated[Path | None, typer.Option(metavar="FILE", help="A file with what-ifs of your own.")] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="The luck of the run, 0 to 2^63-1.")] = 0,
    replication: Annotated[int, typer.Option(metavar="N", help="Which run with this seed.")] = 0,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="End the run early.")] = None,
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where results are stored.")] = Path("results"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print the folders of the results alone.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Show every entry, routine too.")] = False,
) -> None:
    """Check a scenario, run it, store the result, and show what happened."""
    require_seed(seed, replication)
    if every and what_if:
        raise UsageError("--all runs every what-if: leave out --what-if")
    if as_json and quiet:
        raise UsageError("--json and --quiet exclude each other")
    from sim import face
    from sim.cli import results

    loaded = face.load(scenario, edits)
    warn_about(loaded.problems)
    overrides = tuple(changes or ())
    base = loaded.scenario(None, overrides)
    names: list[str | None] = [None, *base.what_ifs] if every else [*dict.fromkeys(what_if or ())] or [None]
    for name in names:
        loaded.scenario(name, overrides)  # whatever is wrong with the request is told before anything runs
    told: list[tuple[Result, int]] = []
    for name in names:
        with repeatable(name, seed, replication, loaded.scenario(name, overrides).timezone):
            made = loaded.run(name, overrides=overrides, seed=seed, replication=replication, until=until)
        stored, entries = results.save(folder, made, loaded.inputs, {"until": until} if until else {}), len(made.recording.entries)
        told.append((stored, entries))
        if quiet:
            out(escaped(str(stored.folder)))
        elif len(names) == 1 and not as_json:
            results.print_run(stored, made.log, made.scenario, full=full)
        elif not as_json:
            out(results.in_one_line(stored, entries, Screen.of(sys.stdout)))
    if as_json:
        out_json([results.as_dict(stored, entries) for stored, entries in told])
    elif len(names) > 1 and not quiet:
        out("", *results.side_by_side([stored for stored, _ in told], base))
    if not quiet:
        repeated = [*(("--edits", str(edits)) if edits else ()), *(("--seed", str(seed)) if seed else ())]
        _say_next([str(scenario), *repeated], base, names)


def require_seed(seed: int, replication: int = 0) -> None:
    """Refuse numbers that name no luck."""
    if not 0 <= seed <= LARGEST_SEED:
        raise UsageError(f"--seed is a whole number from 0 to {LARGEST_SEED}, not {seed}")
    if not 0 <= replication <= LARGEST_SEED:
        raise UsageError(f"--replication is a whole number from 0 on, not {replication}")


@contextmanager
def repeatable(what_if: str | None, seed: int, replication: int, zone: str) -> Iterator[None]:
    """Have a run that stops tell which one it was and when, on the clocks of its scenario."""
    try:
        yield
    except RunStopped as stop:
        from sim import clock

        when = f" on {clock.iso(stop.instant, zone)[:19].replace('T', ' ')} ({zone})" if stop.instant is not None else ""
        which = f"what-if {what_if}" if what_if else "baseline"
        stop.add_note(f"the run ({which}, seed {seed}, replication {replication}) stopped{when}; it is not stored, finished runs are")
        raise


def _say_next(request: Sequence[str], base: Scenario, names: Sequence[str | None]) -> None:
    """The command that is most useful after these runs; `request` is what it has to repeat."""
    known = names[0] or next(iter(base.what_ifs), None)
    if len(names) > 1:
        say_next("sim", "compare", *request)
    elif known:
        say_next("sim", "compare", *request, "--what-if", known)
    elif base.expect:
        say_next("sim", "test", request[0])
    else:
        say_next("sim", "run", *request, "--full")
