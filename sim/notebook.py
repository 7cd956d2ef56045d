"""The Python face, for notebooks and scripts: `sim.load`, `sim.run`, `sim.compare`, `sim.why`, `sim.stored`.

In: scenario files and stored results, by their names. Out: plain objects that tell themselves as the commands do (`print`, and as HTML in a
notebook), and give their data as Python values or as pandas data frames.

Durations are `timedelta`, instants are `datetime` with the offset of the scenario's time zone, "never" and "no value" are None.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sim import face
from sim.cli.terminal import Screen
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.analysis.compare import Comparison as Aligned
    from sim.analysis.compare import Pair
    from sim.analysis.reasons import Reason
    from sim.cli.compared import Side
    from sim.cli.edited import Change
    from sim.language.scenario import Scenario
    from sim.log.entries import Entry, Log

__all__ = ["Comparison", "Run", "Runs", "ScenarioFile", "Why", "compare", "load", "run", "stored", "why"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Edits = Mapping[str, object] | Sequence[str]
"""Edits of a scenario: path to value, or texts `PATH=VALUE` as on the command line."""


class _Told:
    """What tells itself in lines, as the commands do; a notebook shows them as they stand."""

    def lines(self) -> Iterator[str]:
        """The page, line by line."""
        raise NotImplementedError

    def __str__(self) -> str:
        return "\n".join(self.lines()).replace("\N{NO-BREAK SPACE}", " ")

    def _repr_html_(self) -> str:
        return f'<pre style="white-space: pre; overflow-x: auto">{escape(str(self))}</pre>'


# ---- scenarios


def load(path: str | Path, edits: str | Path | None = None) -> ScenarioFile:
    """Read a scenario file, and beside it a file of one's own what-ifs. Errors: ScenarioError with all problems, StoreError."""
    loaded = face.load(Path(path), None if edits is None else Path(edits))
    loaded.scenario()
    return ScenarioFile(loaded)


def run(
    path: str | Path, what_if: str | None = None, *, overrides: Edits = (), seed: int = 0, replication: int = 0, until: str | None = None
) -> Run:
    """One run of a scenario file: see `ScenarioFile.run`."""
    return load(path).run(what_if, overrides=overrides, seed=seed, replication=replication, until=until)


@dataclass(frozen=True)
class ScenarioFile(_Told):
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
        self, what_if: str | None = None, *, overrides: Edits = (), seed: int = 0, replication: int = 0, until: str | None = None
    ) -> Run:
        """One run: of the baseline or a what-if, with edits on top; `until` (a date) ends it early. Errors: ScenarioError, RunStopped."""
        made = self.loaded.run(_named(what_if), overrides=_overrides(overrides), seed=seed, replication=replication, until=until)
        return Run(made.scenario, made.log, _typed(made.scenario, made.measures), self.loaded)

    def runs(self, n: int, *, what_ifs: Sequence[str | None] = (None,), seed: int = 0, jobs: int = 1) -> Runs:
        """`n` replications of the baseline and of what-ifs, run by run with the same luck, in so many processes.

        With more than one, a script must call it below `if __name__ == "__main__":`, as for all that starts processes; a notebook need not.
        """
        from sim.cli.pool import Plan, Variant, measured
        from sim.cli.request import require_jobs, require_runs, require_seed

        require_runs(n)
        require_jobs(jobs)
        require_seed(seed)
        variants = [Variant(_named(what_if)) for what_if in what_ifs]
        scenarios = [self.loaded.scenario(variant.what_if) for variant in variants]
        found: dict[str, list[dict[str, Any]]] = {variant.name: [] for variant in variants}
        with closing(measured(self.loaded, Plan(variants, n, seed, "nothing was kept"), jobs)) as every:
            for each in every:
                for variant, scenario, measures in zip(variants, scenarios, each, strict=True):
                    found[variant.name].append(_typed(scenario, measures))
        return Runs(self.id, seed, found)

    def lines(self) -> Iterator[str]:
        yield self.title or self.id
        yield from (f"  {name}: {about}" if about else f"  {name}" for name, about in self.what_ifs.items())

    def __repr__(self) -> str:
        return f"<scenario {self.id}, {len(self.what_ifs)} what-ifs>"


# ---- runs


@dataclass(frozen=True)
class Run(_Told):
    """One run: `measures` by name, `entries` of its outcome log. `scenario` is None where this version reads the stored one otherwise."""

    scenario: Scenario | None
    log: Log
    measures: dict[str, Any]
    loaded: face.Loaded | None = None

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
        return _instant(entry.time, self.log.header.timezone)

    def why(self, entry: str | int) -> Why:
        """What an entry rests on: by number, as `halt`, `halt#2`, `last halt`."""
        return why(self, entry)

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
        frame = _pandas().DataFrame(rows).set_index("id")
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
            yield from (f"{name:{width}}  {_in_words(value)}" for name, value in self.measures.items())

    def __repr__(self) -> str:
        return f"<run of {self.log.header.scenario}, {self.what_if or 'baseline'}, seed {self.seed}, {len(self.log.entries):,} entries>"


@dataclass(frozen=True)
class Runs(_Told):
    """The measures of many runs: by variant (`baseline` or a what-if), one mapping each replication, in order."""

    scenario: str
    seed: int
    measures: Mapping[str, Sequence[Mapping[str, Any]]]

    def to_pandas(self) -> Any:
        """A data frame: a row each run, indexed by variant and replication, a column each measure. Needs pandas."""
        rows = [
            {"variant": name, "replication": number, **measures}
            for name, every in self.measures.items()
            for number, measures in enumerate(every)
        ]
        return _pandas().DataFrame(rows).set_index(["variant", "replication"])

    def lines(self) -> Iterator[str]:
        count = len(next(iter(self.measures.values()), ()))
        yield f"{self.scenario}: {count:,} runs each, seed {self.seed}"
        for name, every in self.measures.items():
            yield name
            width = max((len(measure) for one in every for measure in one), default=0)
            for measure in dict.fromkeys(measure for one in every for measure in one):
                yield f"  {measure:{width}}  {_in_short([one[measure] for one in every])}"

    def __repr__(self) -> str:
        return f"<runs of {self.scenario}: {', '.join(self.measures)}>"


def stored(name: str = "latest", folder: str | Path = "results") -> Run:
    """A stored result, by its folder, `SCENARIO[/WHAT-IF][@SEED][#REPLICATION]`, or as `latest`. Errors: UsageError, StoreError."""
    from sim.analysis.measures import evaluate
    from sim.cli.results import loaded_of
    from sim.log.stored import find

    result = find(Path(folder), name)
    log, loaded = result.log(), loaded_of(result)
    if loaded is None:
        return Run(None, log, {measure: one["value"] for measure, one in result.measures().items()})
    scenario = loaded.scenario(result.manifest["what_if"], result.overrides)
    return Run(scenario, log, _typed(scenario, evaluate(scenario, log)), loaded)


# ---- two runs


@dataclass(frozen=True)
class Comparison(_Told):
    """Two runs side by side, aligned by cause."""

    before: Run
    after: Run
    aligned: Aligned
    changes: Sequence[Change]

    @property
    def differs(self) -> bool:
        """Whether anything differs."""
        return self.aligned.differs

    @property
    def first_divergence(self) -> Pair | None:
        """The first pair of entries that differs though all it follows from agrees; None where nothing differs."""
        return self.aligned.first_divergence

    @property
    def counts(self) -> dict[str, int]:
        """How many entries are the same, moved, changed, gone, new, or have another cause."""
        return {kind: count for kind, count in self.aligned.counts.items()}  # noqa: C416  # its keys are texts here

    @property
    def measures(self) -> dict[str, tuple[Any, Any]]:
        """Each measure, before and after."""
        names = dict.fromkeys([*self.before.measures, *self.after.measures])
        return {name: (self.before.measures.get(name), self.after.measures.get(name)) for name in names}

    def to_pandas(self) -> Any:
        """A data frame: a row each occasion of both runs, with what became of it. Needs pandas."""
        rows = [
            {
                "kind": pair.kind, "event": pair.entry.event, "by": pair.entry.by, "to": pair.entry.to,
                "before": self.before.when(pair.before) if pair.before else None,
                "after": self.after.when(pair.after) if pair.after else None,
                "moved_by": timedelta(microseconds=pair.moved_by), "fields": " ".join(pair.fields),
            }
            for pair in self.aligned.pairs
        ]  # fmt: skip
        return _pandas().DataFrame(rows)

    def lines(self) -> Iterator[str]:
        from sim.cli import compared
        from sim.cli.edited import changed_lines

        screen = Screen.of(sys.stdout)
        before, after = _side(self.before), _side(self.after)
        yield f"{before.name} against {after.name}"
        yield from changed_lines(self.changes, screen)
        yield ""
        yield from compared.parting(before, after, self.aligned, self.changes, screen)
        yield ""
        yield from compared.measures_table([before, after], screen)
        if in_force := [*compared.regimes_table(before, after, self.aligned, screen, full=False)]:
            yield from ("", *in_force)
        yield ""
        yield compared.counted(self.aligned)

    def __repr__(self) -> str:
        return f"<comparison: {', '.join(f'{count} {kind}' for kind, count in self.counts.items() if count)}>"


def compare(before: Run, after: Run) -> Comparison:
    """Where a run parts from another, and what becomes of each of its entries; most is said of two with the same luck."""
    from sim.analysis.compare import compare as aligned
    from sim.cli.edited import changes_of

    changes: Sequence[Change] = ()
    same = before.loaded is not None and before.loaded is after.loaded and not before.log.header.overrides
    if same and after.loaded is not None:
        changes = changes_of(after.loaded.root, after.what_if, after.log.header.overrides, before.what_if)
    return Comparison(before, after, aligned(before.log, after.log), changes)


def _side(one: Run) -> Side:
    from sim.cli.compared import Side
    from sim.cli.results import measures_of, require_read

    scenario = require_read(one.scenario)
    untyped = {name: _untyped(value) for name, value in one.measures.items()}
    return Side(one.what_if or "baseline", one.log, measures_of(scenario, untyped), scenario)


# ---- why


@dataclass(frozen=True)
class Why(_Told):
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

    return Why(run, picked(f"{entry}", run.log, run.scenario))


# ---- values


def _named(what_if: str | None) -> str | None:
    from sim.cli.request import named

    return named(what_if)


def _overrides(edits: Edits) -> tuple[str, ...]:
    """Edits as the command line has them."""
    if isinstance(edits, Mapping):
        return tuple(f"{path}={_written(value)}" for path, value in edits.items())
    if isinstance(edits, str):
        raise UsageError(f"overrides take a mapping from path to value, or a list of texts PATH=VALUE, not one text: ['{edits}']")
    return tuple(edits)


def _written(value: object) -> str:
    """A value as YAML has it."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, timedelta):
        return f"{value.total_seconds():f}s"
    return value.isoformat() if isinstance(value, datetime) else f"{value}"


def _typed(scenario: Scenario, measures: Mapping[str, Any]) -> dict[str, Any]:
    """Measures as Python values."""
    kinds = {name: tree.type.name for name, tree in scenario.measures.items()}
    return {name: _value(measures[name], kinds[name], scenario.timezone) for name in kinds}


def _value(value: Any, kind: str, zone: str) -> Any:
    if value is None:
        return None
    if kind == "duration":
        return timedelta(microseconds=value)
    return _instant(value, zone) if kind == "instant" else value


def _untyped(value: Any) -> Any:
    """A measure as the analyses have it: µs."""
    if isinstance(value, timedelta):
        return value // timedelta(microseconds=1)
    return (value - EPOCH) // timedelta(microseconds=1) if isinstance(value, datetime) else value


def _instant(instant: int, zone: str) -> datetime:
    return (EPOCH + timedelta(microseconds=instant)).astimezone(ZoneInfo(zone))


def _in_words(value: Any) -> str:
    """A measure on a page."""
    from sim.cli.terminal import shown

    kind = "duration" if isinstance(value, timedelta) else "flag" if isinstance(value, bool) else ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    return shown(value.total_seconds() if isinstance(value, timedelta) else value, kind)


def _in_short(values: Sequence[Any]) -> str:
    """A measure over many runs: its share where it is a flag, else its middle and how often it has a value."""
    if all(isinstance(value, bool) for value in values) and values:
        return f"{sum(values) / len(values):.1%}"
    known = [value for value in values if value is not None]
    if not known:
        return "never"
    often = "" if len(known) == len(values) else f", in {len(known) / len(values):.1%} of the runs"
    comparable = all(isinstance(value, (int, float, timedelta, datetime)) for value in known)
    return f"median {_in_words(_median(known))}{often}" if comparable else f"{len(set(known))} values{often}"


def _median(values: Sequence[Any]) -> Any:
    """The middle value, or half way between the two middle ones: of numbers, durations and instants alike."""
    ordered = sorted(values)
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return low if low == high else low + (high - low) / 2


def _pandas() -> Any:
    try:
        import pandas  # type: ignore[import-untyped,import-not-found,unused-ignore]
    except ImportError as missing:
        raise ImportError("data frames need pandas: pip install 'policy-event-simulator[notebook]'") from missing
    return pandas
