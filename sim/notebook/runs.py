"""Scenario files and their runs in Python: one, many, and what an entry of one rests on.

In: scenario files, names of stored results. Out: `ScenarioFile`, `Run`, `Runs`, `Why`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim import clock, face
from sim.cli.terminal import Screen
from sim.errors import UsageError
from sim.notebook import arguments
from sim.notebook.arguments import Edits
from sim.notebook.values import Named, Told, frames, in_words, typed

if TYPE_CHECKING:
    from sim.analysis.reasons import Reason
    from sim.cli.compared import Side
    from sim.cli.pool import Variant
    from sim.cli.replicated import Samples, Versus
    from sim.language.nodes import Fields
    from sim.language.scenario import Scenario
    from sim.log.entries import Entry, Log

__all__ = ["Run", "Runs", "ScenarioFile", "Why", "load", "run", "stored", "why"]


# ---- scenarios


def load(path: str | Path, edits: str | Path | None = None) -> ScenarioFile:
    """Read a scenario file, and beside it a file of one's own what-ifs. Errors: ScenarioError with all problems, StoreError."""
    loaded = face.load(arguments.file("path", path), None if edits is None else arguments.file("edits", edits))
    loaded.scenario()
    return ScenarioFile(loaded)


def run(
    path: str | Path,
    what_if: str | None = None,
    *,
    overrides: Edits = (),
    seed: int = 0,
    replication: int = 0,
    until: str | None = None,
    through: str | None = None,
) -> Run:
    """One run of a scenario file: see `ScenarioFile.run`."""
    return load(path).run(what_if, overrides=overrides, seed=seed, replication=replication, until=until, through=through)


@dataclass(frozen=True)
class ScenarioFile(Told):
    """A scenario that passed its check."""

    loaded: face.Loaded

    @property
    def id(self) -> str:
        """Its id."""
        return self.loaded.scenario().id

    @property
    def title(self) -> str:
        """Its title, or nothing."""
        return self.loaded.scenario().title

    @property
    def what_ifs(self) -> dict[str, str]:
        """Its what-ifs by name, with what each is about."""
        return {**self.loaded.scenario().what_ifs}

    @property
    def warnings(self) -> list[str]:
        """What is well formed and cannot be meant, a line each."""
        return [problem.line for problem in self.loaded.problems]

    def run(
        self,
        what_if: str | None = None,
        *,
        overrides: Edits = (),
        seed: int = 0,
        replication: int = 0,
        until: str | None = None,
        through: str | None = None,
    ) -> Run:
        """One run: of the baseline or a what-if, with edits on top; `until` (a date), or `through` (a day, included), ends it early.

        Errors: ScenarioError, RunStopped.
        """
        from sim.cli.request import named, require_seed
        from sim.cli.results import measures_of

        name, edits = named(arguments.text("what_if", what_if)), arguments.overrides_of(overrides)
        require_seed(arguments.number("seed", seed), arguments.number("replication", replication))
        whole = self.loaded.scenario()
        dates = arguments.text("until", until), arguments.text("through", through)
        until = face.ending(*dates, (whole.begin, whole.until), whole.timezone)
        made = self.loaded.run(name, overrides=edits, seed=seed, replication=replication, until=until)
        return Run(made.scenario, made.log, measures_of(made.scenario, made.measures), self.loaded)

    def runs(self, n: int, *, what_ifs: Sequence[str | None] = (None,), seed: int = 0, jobs: int = 1) -> Runs:
        """`n` replications of the baseline and of what-ifs, run by run with the same luck, in so many processes.

        With more than one, a script must call it below `if __name__ == "__main__":`, as for all that starts processes; a notebook need not.
        """
        from sim.cli.pool import Plan, Variant, measured
        from sim.cli.request import named, require_jobs, require_runs, require_seed

        require_runs(arguments.number("n", n))
        require_jobs(arguments.number("jobs", jobs))
        require_seed(arguments.number("seed", seed))
        names = arguments.texts("what_ifs", what_ifs)
        if not names:
            raise UsageError("runs of nothing: what_ifs has None for the baseline, and names of what-ifs")
        variants = [Variant(named(name)) for name in names]
        scenarios = [self.loaded.scenario(variant.what_if) for variant in variants]
        plan = Plan(variants, n, seed, "nothing was kept", compared=len(variants) > 1)
        with closing(measured(self.loaded, plan, jobs)) as every:
            found = list(every)
        return Runs(self.loaded, variants, scenarios, seed, found)

    def lines(self) -> Iterator[str]:
        yield self.title or self.id
        yield from (f"  {name}: {about}" if about else f"  {name}" for name, about in self.what_ifs.items())

    def __repr__(self) -> str:
        return f"<scenario {self.id}, {len(self.what_ifs)} what-ifs>"


# ---- runs


@dataclass(frozen=True)
class Run(Told):
    """One run: `measures` by name, `entries` of its outcome log. `scenario` is None where this version reads the stored one otherwise."""

    scenario: Scenario | None
    log: Log
    measured: Mapping[str, Mapping[str, Any]]
    """Its measures as they are stored: value, type and expression of each."""
    loaded: face.Loaded | None = None
    written: Fields | None = None
    """What it was made from, where that can be read and is no longer the scenario it was."""

    @cached_property
    def measures(self) -> dict[str, Any]:
        """Its measures by name."""
        return typed(self.measured, self.log.header.timezone)

    @property
    def what_if(self) -> str | None:
        """The what-if it is a run of; None is the baseline."""
        return self.log.header.what_if

    @property
    def seed(self) -> int:
        """Its luck."""
        return self.log.header.seed

    @property
    def entries(self) -> Sequence[Entry]:
        """The entries of the outcome log, from `start` to `end`; their `time` is in µs since 1970 (see `when`)."""
        return self.log.entries

    def when(self, entry: Entry) -> datetime:
        """The instant of an entry, on the clocks of the scenario."""
        return clock.moment(entry.time, self.log.header.timezone)

    def why(self, entry: str | int) -> Why:
        """What an entry rests on: by number, as `halt`, `halt#2`, `last halt`."""
        return why(self, entry)

    def side(self, name: str) -> Side:
        """The run as a comparison tells it, under this name."""
        from sim.cli.compared import Side

        header = self.log.header
        root = self.loaded.edited_root(header.what_if, header.overrides) if self.loaded is not None else self.written
        return Side(name, self.log, self.measured, self.scenario, root)

    def to_pandas(self) -> Any:
        """A data frame: a row each entry, indexed by id; the fields of events are columns `data.FIELD`. Needs pandas."""
        rows = [
            {
                "id": entry.id, "time": self.when(entry), "event": entry.event, "by": entry.by, "to": entry.to, "via": entry.via,
                "status": entry.status, "case": entry.case, "rule": entry.rule, "cause": entry.cause,
                **{f"data.{name}": value for name, value in entry.data.items()},
            }
            for entry in self.log.entries
        ]  # fmt: skip
        frame = frames().DataFrame(rows).set_index("id")
        frame["cause"] = frame["cause"].astype("Int64")
        return frame

    def lines(self) -> Iterator[str]:
        from sim.cli import timeline

        screen = Screen.of(sys.stdout)
        yield from timeline.heading(self.log, screen, None, self.scenario)
        yield ""
        yield from timeline.lines(self.log, self.scenario, screen)
        if self.measures:
            yield ""
            width = max(map(len, self.measures))
            yield from (f"{name:{width}}  {in_words(value)}" for name, value in self.measures.items())

    def __repr__(self) -> str:
        return f"<run of {self.log.header.scenario}, {self.what_if or 'baseline'}, seed {self.seed}, {len(self.log.entries):,} entries>"


@dataclass(frozen=True)
class Runs(Told):
    """Many runs of some variants of a scenario, run by run with the same luck; the first variant is what the others are compared with."""

    loaded: face.Loaded
    variants: Sequence[Variant]
    scenarios: Sequence[Scenario]
    seed: int
    found: Sequence[Sequence[Mapping[str, Any]]]

    @cached_property
    def measures(self) -> dict[str, list[dict[str, Any]]]:
        """The measures by variant (`baseline` or a what-if): one mapping each replication, in order."""
        from sim.cli.results import measures_of

        every: dict[str, list[dict[str, Any]]] = {variant.name: [] for variant in self.variants}
        for each in self.found:
            for variant, scenario, measures in zip(self.variants, self.scenarios, each, strict=True):
                every[variant.name].append(typed(measures_of(scenario, measures), scenario.timezone))
        names = dict.fromkeys(name for scenario in self.scenarios for name in scenario.measures)
        hints = {name: f"it is a measure: measures['{self.variants[0].name}'][0]['{name}']" for name in names}
        return Named("variant", every.items(), hints)

    @property
    def comparisons(self) -> list[dict[str, Any]]:
        """Each variant against the first, measure by measure with intervals: what `sim compare --runs --json` has under that name."""
        from sim.cli import replicated

        return [replicated.as_dict(self.variants[0].name, one) for one in self._against_the_first[1]]

    @cached_property
    def _against_the_first(self) -> tuple[list[Samples], list[Versus]]:
        """The samples of each variant, and each but the first against the first."""
        from sim.cli import replicated

        kinds = [{name: tree.type.name for name, tree in scenario.measures.items()} for scenario in self.scenarios]
        samples, differs = replicated.samples_of(kinds, self.found)
        return samples, replicated.versus([variant.name for variant in self.variants], samples, differs)

    def to_pandas(self) -> Any:
        """A data frame: a row each run, indexed by variant and replication, a column each measure. Needs pandas."""
        rows = [
            {"variant": name, "replication": number, **measures}
            for name, every in self.measures.items()
            for number, measures in enumerate(every)
        ]
        return frames().DataFrame(rows).set_index(["variant", "replication"])

    def lines(self) -> Iterator[str]:
        """The page of `sim compare --runs`."""
        from sim.cli import compare_many

        (samples, *_), against = self._against_the_first
        runs, screen = len(self.found), Screen.of(sys.stdout)
        if not against:
            yield from compare_many.page_alone(self.scenarios[0], samples, runs, self.seed, screen)
        else:
            yield from compare_many.page(self.loaded, self.variants, against, runs, self.seed, screen)

    def __repr__(self) -> str:
        return f"<runs of {self.scenarios[0].id}: {', '.join(variant.name for variant in self.variants)}>"


def stored(name: str = "latest", folder: str | Path = "results") -> Run:
    """A stored result, by its folder, `SCENARIO[/WHAT-IF][@SEED][#REPLICATION]`, or as `latest`. Errors: UsageError, StoreError."""
    from sim.cli.results import loaded_of, scenario_and_root_of, stored_measures
    from sim.log.stored import find

    if not isinstance(name, str):
        raise UsageError("name takes the name of a stored result, such as 'latest'")
    result = find(arguments.file("folder", folder), name)
    loaded = loaded_of(result)
    if loaded is None:
        return Run(None, result.log(), stored_measures(result), None, scenario_and_root_of(result)[1])
    scenario = loaded.scenario(result.manifest["what_if"], result.overrides)
    return Run(scenario, result.log(), stored_measures(result, scenario), loaded)


# ---- why


@dataclass(frozen=True)
class Why(Told):
    """What an entry rests on, down to the timeline: by the number of each entry its reasons, the latest entry first."""

    run: Run
    entry: Entry

    @cached_property
    def reasons(self) -> dict[int, tuple[Reason, ...]]:
        """By the number of each entry what it rests on (`kind`, `entry`, `name`, `value`)."""
        from sim.analysis.reasons import Reasons

        return Reasons(self.run.log).below(self.entry)

    def lines(self) -> Iterator[str]:
        from sim.analysis.draws import Draws
        from sim.analysis.reasons import Reasons
        from sim.cli.explained import Tree

        scenario, log = self.run.scenario, self.run.log
        draws = None if scenario is None else Draws(scenario, log)
        yield from Tree(log, scenario, Reasons(log), draws, full=False).lines(self.entry, None)

    def __repr__(self) -> str:
        return f"<why #{self.entry.id} {self.entry.event}: {len(self.reasons) - 1} entries it rests on>"


def why(run: Run, entry: str | int) -> Why:
    """What an entry of a run rests on: by number, as `halt`, `halt#2`, `last halt`. Errors: UsageError."""
    from sim.cli.why import picked

    if not isinstance(run, Run):
        raise UsageError("why takes a run, as sim.run and sim.stored give it, and an entry of it")
    return Why(run, picked(f"{entry}", run.log, run.scenario))
