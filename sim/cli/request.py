"""What a command is asked for: luck, what-ifs and edits, what may be wrong with them, and the words that ask for them again.

In: option values. Out: the same, checked; options for a further command; errors that say which run they are of.
The options that several commands share are declared here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from sim.errors import RunStopped, UsageError, escaped

__all__ = [
    "AsJson", "BASELINE", "Edits", "Folder", "Jobs", "Only", "RESULTS", "RUNS", "TRIES", "Replication", "Seed",
    "again", "announced", "instant_in", "named", "repeatable", "require_jobs", "require_runs", "require_seed",
]  # fmt: skip

BASELINE = "baseline"
"""What stands for no what-if wherever one is named."""

RESULTS = Path("results")
"""Where results are stored unless said."""

LARGEST_SEED = 2**63 - 1
MOST_JOBS = 256
MOST_RUNS = 1_000_000
MOST_TRIES = 10_000


def _whole(option: str, among: str) -> Callable[[str | int], int]:
    """What reads the whole number that an option takes; whether it is in range is asked afterwards."""

    def number(text: str | int) -> int:
        if re.fullmatch(r"[+-]?[0-9]{1,40}", str(text)):
            return int(text)
        raise UsageError(f"{option} takes a whole number {among}, not '{escaped(str(text))}'")

    return number


_JOBS = _whole("--jobs", f"from 1 to {MOST_JOBS}")
_LUCK = "from 0 to 2^63 − 1"
TRIES = _whole("--tries", f"from 0 to {MOST_TRIES:,}")
RUNS = _whole("--runs", f"from 1 to {MOST_RUNS:,}")

Seed = Annotated[int, typer.Option(parser=_whole("--seed", _LUCK), metavar="N", help="The luck of a run, 0 to 2^63-1.")]
Replication = Annotated[int, typer.Option(parser=_whole("--replication", _LUCK), metavar="N", help="Which run with this seed.")]
Jobs = Annotated[
    int | None, typer.Option(parser=_JOBS, metavar="N", help="How many processes run the replications; unless said, one a core.")
]
Edits = Annotated[Path | None, typer.Option("--edits", metavar="FILE", help="A file with what-ifs of your own.")]
Folder = Annotated[Path, typer.Option("--out", metavar="DIR", help="Where results are stored.")]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="EVENT", help="Show this event alone, or those of this norm, rule or procedure; may be repeated."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def named(what_if: str | None) -> str | None:
    """A what-if by its name; `baseline` is none."""
    return None if what_if == BASELINE else what_if


def require_seed(seed: int, replication: int = 0) -> None:
    """Refuse numbers that name no luck."""
    if not 0 <= seed <= LARGEST_SEED:
        raise UsageError(f"--seed is a whole number from 0 to {LARGEST_SEED}, not {seed}")
    if not 0 <= replication <= LARGEST_SEED:
        raise UsageError(f"--replication is a whole number from 0 on, not {replication}")


def require_jobs(jobs: int | None) -> None:
    """Refuse a number of processes that is none."""
    if jobs is not None and not 1 <= jobs <= MOST_JOBS:
        raise UsageError(f"--jobs is a whole number from 1 to {MOST_JOBS}, not {jobs}")


def require_runs(runs: int) -> None:
    """Refuse a number of runs that is none, or that no memory holds."""
    if not 1 <= runs <= MOST_RUNS:
        raise UsageError(f"--runs is a whole number from 1 to {MOST_RUNS:,}, not {runs}")


def instant_in(option: str, text: str, period: tuple[int, int], zone: str) -> int:
    """The instant that an option names, of those in a run."""
    from sim import clock

    try:
        instant = clock.parse_instant(text, zone)
    except clock.Malformed as fault:
        raise UsageError(f"{option}: {fault}") from None
    if not period[0] <= instant <= period[1]:
        begin, last = (clock.iso(edge, zone)[:16].replace("T", " ") for edge in period)
        raise UsageError(f"{option} lies outside the run, {begin} to {last}")
    return instant


def again(
    *,
    edits: Path | None = None,
    seed: int = 0,
    replication: int = 0,
    what_ifs: Sequence[str | None] = (),
    overrides: Sequence[str] = (),
    changes: Sequence[str] = (),
    until: str | None = None,
    folder: Path = RESULTS,
) -> list[str]:
    """The options that ask for the same again; what is so unless said is left out."""
    words = ["--edits", str(edits)] if edits is not None else []
    words += ["--seed", str(seed)] if seed else []
    words += ["--replication", str(replication)] if replication else []
    words += [word for name in what_ifs if name is not None for word in ("--what-if", name)]
    words += [word for text in overrides for word in ("--set", text)]
    words += [word for text in changes for word in ("--change", text)]
    words += ["--until", until] if until else []
    return words + (["--out", str(folder)] if folder != RESULTS else [])


def announced(names: Sequence[str], runs: int) -> str:
    """How many runs of what are to come: `1,200 runs: baseline and 11 what-ifs, 100 each`."""
    every, others = runs * len(names), len(names) - (BASELINE in names)
    counted = f"{every:,} run{'' if every == 1 else 's'}"
    if len(names) == 1:
        return f"{counted} of {escaped(names[0])}"
    what_ifs = f"{others} what-if{'' if others == 1 else 's'}"
    return f"{counted}: {f'{BASELINE} and {what_ifs}' if BASELINE in names else what_ifs}, {runs:,} each"


@contextmanager
def repeatable(what_if: str | None, seed: int, replication: int, zone: str, outcome: str) -> Iterator[None]:
    """Have a run that stops tell which one it was and when, on the clocks of its scenario, and what has come of the command."""
    try:
        yield
    except RunStopped as stop:
        from sim import clock

        when = f" on {clock.iso(stop.instant, zone)[:19].replace('T', ' ')} ({zone})" if stop.instant is not None else ""
        which = f"what-if {what_if}" if what_if else BASELINE
        stop.add_note(f"the run ({which}, seed {seed}, replication {replication}) stopped{when}; {outcome}")
        raise
