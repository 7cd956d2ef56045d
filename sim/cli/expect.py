"""`sim test`: what an author expects of a scenario, judged over many runs.

In: a scenario file with `expect`. Out: for each expectation whether it holds and in which share of the runs; exit code 1 when one does not.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.pool import Measures, Plan, Variant, measured
from sim.cli.request import (
    BASELINE,
    RUNS,
    AsJson,
    Edits,
    Jobs,
    Seed,
    again,
    announced,
    named,
    require_jobs,
    require_runs,
    require_seed,
)
from sim.cli.terminal import Screen, number, out, out_json, say, say_next, shown, warn_about
from sim.errors import escaped

if TYPE_CHECKING:
    from sim.face import Loaded
    from sim.language.scenario import Expectation, Scenario
    from sim.language.tree import Measure

__all__ = ["register"]

FAILED = 1
UNLESS_SAID = 100
"""Over how many replications an expectation is judged that says nothing of it."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("test")(judge_command)


def judge_command(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="The scenario file.", show_default=False)],
    runs: Annotated[
        int | None, typer.Option(parser=RUNS, metavar="N", help="How many replications; as each says, else 100.", show_default=False)
    ] = None,
    seed: Seed = 0,
    what_ifs: Annotated[
        list[str] | None,
        typer.Option("--what-if", "-w", metavar="NAME", help="Judge this what-if (or 'baseline') alone; may be repeated."),
    ] = None,
    changes: Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change one value; may be repeated.")] = None,
    edits: Edits = None,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """Judge what a scenario expects, over many runs."""
    require_seed(seed)
    require_jobs(jobs)
    if runs is not None:
        require_runs(runs)
    from sim import face

    loaded = face.load(scenario, edits)
    warn_about(loaded.problems)
    judge = Judge(loaded, runs, seed, tuple(changes or ()), edits)
    chosen = [*dict.fromkeys(what_ifs or ())]
    for what_if in chosen:
        judge.scenario_of(what_if)
    names = [name for name in judge.scenario_of(BASELINE).expect if not chosen or name in chosen]
    verdicts = judge.verdicts(names, jobs) if names else []
    if as_json:
        out_json([verdict.as_dict() for verdict in verdicts])
    else:
        for verdict in verdicts:
            out(*verdict.lines(judge.command(verdict), judge.scenario_of(verdict.of).timezone, Screen.of(sys.stdout)))
    failed = [verdict for verdict in verdicts if not verdict.holds]
    if not verdicts:
        of_whom = f" of {' or '.join(map(escaped, chosen))}" if chosen else ""
        say(f"nothing is expected{of_whom}: write what must hold under 'expect'")
    else:
        say(f"{len(verdicts) - len(failed)} of {len(verdicts)} expectations hold over {counted(verdicts)}")
    if failed:
        say_next(*judge.command(failed[0]))
        raise typer.Exit(FAILED)
    options = again(edits=edits, seed=seed, what_ifs=[named(what_if) for what_if in chosen], overrides=judge.overrides)
    say_next("sim", "run", str(scenario), *options, *(["--all"] if not chosen and loaded.scenario().what_ifs else []))


def counted(verdicts: Sequence[Verdict]) -> str:
    """Over how many runs expectations were judged."""
    least, most = (choose(verdict.runs for verdict in verdicts) for choose in (min, max))
    return f"{least:,} runs" if least == most else f"{least:,} to {most:,} runs"


@dataclass(frozen=True)
class Verdict:
    """One expectation, judged: in how many of the runs it held, and what broke it first."""

    of: str
    expectation: Expectation
    runs: int
    held: int
    broken: int | None
    values: dict[str, tuple[Any, str]]

    @property
    def holds(self) -> bool:
        """A bare expectation holds in every run, one with a share in at least that share."""
        return self.held >= self.wanted

    @property
    def wanted(self) -> int:
        """In how many runs it must hold."""
        share = self.expectation.share
        return self.runs if share is None else ceil(share * self.runs - 1e-9)

    @property
    def lacking(self) -> int:
        """How many runs it falls short of that."""
        return max(self.wanted - self.held, 0)

    def lines(self, command: Sequence[str], zone: str, screen: Screen) -> Iterator[str]:
        """For people: a line, and for a failure the values that broke it and the command that shows them again."""
        import shlex

        mark = screen.styled("ok    ", "green") if self.holds else screen.styled("FAILED", "bold red")
        share = self.expectation.share
        wanted = f", wanted in {number(share * 100)} %" if share is not None else ", wanted in all" if not self.holds else ""
        lacking = f": {self.lacking:,} too few" if not self.holds else ""
        counted = screen.styled(f"{self.held:,} of {self.runs:,} runs{wanted}{lacking}", "dim")
        yield f"{mark} {self.of}: {escaped(self.expectation.text)}  {counted}"
        if not self.holds:
            told = ", ".join(f"{name} = {shown(value, kind, zone)}" for name, (value, kind) in self.values.items())
            yield f"       first in replication {self.broken}: {told}"
            yield screen.styled(f"       {escaped(shlex.join(command))}", "dim")

    def as_dict(self) -> dict[str, Any]:
        """For machines; durations and instants of `values` in their readable form."""
        return {
            "of": self.of,
            "that": self.expectation.text,
            "in_at_least": self.expectation.share,
            "holds": self.holds,
            "held": self.held,
            "wanted": self.wanted,
            "runs": self.runs,
            "first_broken": self.broken,
            "values": {name: value for name, (value, _) in self.values.items()},
        }


class Judge:
    """Has replications run and judges them."""

    def __init__(self, loaded: Loaded, runs: int | None, seed: int, overrides: tuple[str, ...] = (), edits: Path | None = None) -> None:
        self.loaded = loaded
        self.runs = runs
        self.seed = seed
        self.overrides = overrides
        self.edits = edits

    def scenario_of(self, name: str) -> Scenario:
        """The checked scenario of the baseline or a what-if."""
        return self.loaded.scenario(named(name), self.overrides)

    def command(self, verdict: Verdict) -> list[str]:
        """The run that first broke an expectation."""
        options = again(edits=self.edits, what_ifs=[named(verdict.of)], overrides=self.overrides)
        luck = ["--seed", str(self.seed), "--replication", str(verdict.broken or 0)]
        return ["sim", "run", str(self.loaded.path), *options, *luck]

    def verdicts(self, names: Sequence[str], jobs: int | None) -> list[Verdict]:
        """The expectations of the baseline or of what-ifs, judged run by run."""
        tallies = [
            _Tally(name, expectation, self.runs or expectation.runs or UNLESS_SAID, scenario.timezone)
            for name, scenario in ((name, self.scenario_of(name)) for name in names)
            for expectation in scenario.expect[name]
        ]
        most = max((tally.runs for tally in tallies), default=0)
        compared = any(measure.of_baseline for tally in tallies for measure in _read(tally.expectation))
        every = [*([BASELINE] if compared and BASELINE not in names else []), *names]
        say(announced(every, most))
        plan = Plan([Variant(named(name), self.overrides) for name in every], most, self.seed, "nothing was judged")
        with closing(measured(self.loaded, plan, jobs)) as done:
            for replication, found in enumerate(done):
                by_name = dict(zip(every, found, strict=True))
                for tally in tallies:
                    tally.count(replication, by_name[tally.of], by_name.get(BASELINE, {}))
        return [tally.verdict() for tally in tallies]


class _Tally:
    """In how many runs one expectation held so far, and what broke it first."""

    def __init__(self, of: str, expectation: Expectation, runs: int, zone: str) -> None:
        self.of = of
        self.expectation = expectation
        self.runs = runs
        self.zone = zone
        self.held = 0
        self.broken: int | None = None
        self.values: dict[str, tuple[Any, str]] = {}

    def count(self, replication: int, own: Measures, baseline: Measures) -> None:
        """Judge one run, if it is among those this one is judged over."""
        from sim.analysis.measures import holds

        if replication >= self.runs:
            return
        if holds(self.expectation.that, own, baseline, self.zone):
            self.held += 1
        elif self.broken is None:
            self.broken, self.values = replication, _values(self.expectation, own, baseline)

    def verdict(self) -> Verdict:
        """The verdict after all runs."""
        return Verdict(self.of, self.expectation, self.runs, self.held, self.broken, self.values)


def _read(expectation: Expectation) -> list[Measure]:
    """The measures an expectation speaks of."""
    from sim.language.tree import Measure, parts

    found, todo = [], [expectation.that]
    while todo:
        tree = todo.pop()
        if isinstance(tree, Measure):
            found.append(tree)
        todo += parts(tree)
    return sorted(dict.fromkeys(found), key=lambda measure: (measure.of_baseline, measure.name))


def _values(expectation: Expectation, own: Measures, baseline: Measures) -> dict[str, tuple[Any, str]]:
    """What the measures of an expectation came to, readable, each with its type."""
    from sim.analysis.measures import readable

    return {
        f"{'baseline.' if measure.of_baseline else ''}{measure.name}": (
            readable((baseline if measure.of_baseline else own)[measure.name], measure.type.name),
            measure.type.name,
        )
        for measure in _read(expectation)
    }
