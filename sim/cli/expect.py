"""`sim test`: what an author expects of a scenario, judged over many runs.

In: a scenario file with `expect`. Out: for each expectation whether it holds and in which share of the runs; exit code 1 when one does not.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.run import repeatable, require_seed
from sim.cli.terminal import Screen, out, out_json, progress, say, say_next, shown, warn_about
from sim.errors import UsageError, escaped

if TYPE_CHECKING:
    from sim.face import Loaded
    from sim.language.scenario import Expectation, Scenario
    from sim.language.tree import Measure

__all__ = ["register"]

FAILED = 1
BASELINE = "baseline"
MOST_RUNS = 1_000_000

Measures = dict[str, Any]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("test")(judge_command)


def judge_command(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="The scenario file.", show_default=False)],
    runs: Annotated[int, typer.Option(metavar="N", help="How many replications each is judged over.")] = 100,
    seed: Annotated[int, typer.Option(metavar="N", help="The luck of the runs, 0 to 2^63-1.")] = 0,
    what_if: Annotated[str | None, typer.Option(metavar="NAME", help="Judge this what-if (or 'baseline') alone.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Judge what a scenario expects, over many runs."""
    require_seed(seed)
    if not 1 <= runs <= MOST_RUNS:
        raise UsageError(f"--runs is a whole number from 1 to {MOST_RUNS:,}, not {runs}")
    from sim import face

    loaded = face.load(scenario)
    warn_about(loaded.problems)
    judge = Judge(loaded, runs, seed)
    expected = loaded.scenario().expect
    if what_if is not None and what_if != BASELINE:
        loaded.scenario(what_if)
    verdicts = []
    for name in (name for name in expected if what_if in (None, name)):
        for verdict in judge.verdicts(name):
            verdicts.append(verdict)
            if not as_json:
                out(*verdict.lines(scenario, seed, judge.scenario_of(name).timezone, Screen.of(sys.stdout)))
    if as_json:
        out_json([verdict.as_dict() for verdict in verdicts])
    failed = [verdict for verdict in verdicts if not verdict.holds]
    if not verdicts:
        say("nothing is expected" + (f" of {escaped(what_if)}" if what_if else "") + ": write what must hold under 'expect'")
    else:
        say(f"{len(verdicts) - len(failed)} of {len(verdicts)} expectations hold over {runs:,} runs")
    if failed:
        first = failed[0]
        say_next(*first.command(scenario, seed))
        raise typer.Exit(FAILED)
    say_next("sim", "run", str(scenario), *(("--all",) if loaded.scenario().what_ifs else ()))


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
        share = self.expectation.share
        return self.held == self.runs if share is None else self.held >= share * self.runs

    def command(self, scenario: Path, seed: int) -> list[str]:
        """The run that first broke it."""
        what_if = [] if self.of == BASELINE else ["--what-if", self.of]
        return ["sim", "run", str(scenario), *what_if, "--seed", str(seed), "--replication", str(self.broken or 0)]

    def lines(self, scenario: Path, seed: int, zone: str, screen: Screen) -> Iterator[str]:
        """For people: a line, and for a failure the values that broke it and how to see them again."""
        import shlex

        mark = screen.styled("ok    ", "green") if self.holds else screen.styled("FAILED", "bold red")
        share = self.expectation.share
        wanted = f", wanted in {share:.0%}" if share is not None else ""
        counted = screen.styled(f"{self.held:,} of {self.runs:,} runs{wanted}", "dim")
        yield f"{mark} {self.of}: {escaped(self.expectation.text)}  {counted}"
        if not self.holds:
            told = ", ".join(f"{name} = {shown(value, kind, zone)}" for name, (value, kind) in self.values.items())
            yield f"       first in replication {self.broken}: {told}"
            yield screen.styled(f"       {escaped(shlex.join(self.command(scenario, seed)))}", "dim")

    def as_dict(self) -> dict[str, Any]:
        """For machines; durations and instants of `values` in their readable form."""
        return {
            "of": self.of,
            "that": self.expectation.text,
            "in_at_least": self.expectation.share,
            "holds": self.holds,
            "held": self.held,
            "runs": self.runs,
            "first_broken": self.broken,
            "values": {name: value for name, (value, _) in self.values.items()},
        }


class Judge:
    """Runs replications and judges them; the baseline's measures are kept, since what-ifs are compared with them."""

    def __init__(self, loaded: Loaded, runs: int, seed: int) -> None:
        self.loaded = loaded
        self.runs = runs
        self.seed = seed
        self.baseline: dict[int, Measures] = {}

    def scenario_of(self, name: str) -> Scenario:
        """The checked scenario of the baseline or a what-if."""
        return self.loaded.scenario(None if name == BASELINE else name)

    def verdicts(self, name: str) -> Iterator[Verdict]:
        """The expectations of the baseline or a what-if, judged run by run."""
        from sim.analysis.measures import holds

        expectations = self.scenario_of(name).expect[name]
        compared = any(measure.of_baseline for one in expectations for measure in _read(one))
        held = [0] * len(expectations)
        broken: dict[int, tuple[int, dict[str, tuple[Any, str]]]] = {}
        for replication in range(self.runs):
            progress(f"{name}: {replication:,} of {self.runs:,} runs")
            own = self.measures(name, replication)
            baseline = self.measures(BASELINE, replication) if compared else {}
            for place, expectation in enumerate(expectations):
                if holds(expectation.that, own, baseline):
                    held[place] += 1
                elif place not in broken:
                    broken[place] = replication, _values(expectation, own, baseline)
        progress("")
        for place, expectation in enumerate(expectations):
            yield Verdict(name, expectation, self.runs, held[place], *broken.get(place, (None, {})))

    def measures(self, name: str, replication: int) -> Measures:
        """The measures of one run; those of the baseline are made once."""
        if name == BASELINE and replication in self.baseline:
            return self.baseline[replication]
        what_if = None if name == BASELINE else name
        with repeatable(what_if, self.seed, replication, self.loaded.scenario(what_if).timezone):
            measures = self.loaded.run(what_if, seed=self.seed, replication=replication).measures
        if name == BASELINE:
            self.baseline[replication] = measures
        return measures


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
