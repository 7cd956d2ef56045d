"""The wiring: a scenario file becomes runs. What the commands and the Python face share.

In: the path of a scenario file, and what of it is wanted. Out: `Loaded`, its scenarios, and `Run`s with log and measures.
Here alone the language, the engine and the analyses meet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim import __version__
from sim.errors import Problem, ScenarioError
from sim.language import edits, include, source
from sim.language.check import build, edited_root, problems_of
from sim.language.files import text_of
from sim.language.scenario import Scenario
from sim.language.source import Fields
from sim.language.without import without

if TYPE_CHECKING:
    from sim.engine.watching import Watch

__all__ = ["Loaded", "Run", "load", "ran", "reread", "with_what_ifs"]

LONGEST_EDIT = 60
"""As much of an edit is repeated in a message."""


@dataclass(frozen=True)
class Run:
    """One run of one scenario: log and measures are made when they are asked for."""

    scenario: Scenario
    recording: Any
    header: Any

    def lines(self) -> Iterator[str]:
        """The log as it is stored, line by line."""
        from sim.log.entries import lines_of

        return lines_of(self.recording, self.header)

    @cached_property
    def log(self) -> Any:
        """The outcome log."""
        from sim.log.entries import log_of

        return log_of(self.recording, self.header)

    @cached_property
    def measures(self) -> dict[str, Any]:
        """The measures by name, durations and instants in whole µs, None where there is no value."""
        from sim.analysis.measures import evaluate

        return evaluate(self.scenario, self.log)


@dataclass
class Loaded:
    """A scenario file, read: everything that can be made of it."""

    path: Path
    root: Fields
    inputs: dict[str, bytes]
    faults: list[Problem] = field(default_factory=list)
    added: tuple[str, ...] = ()
    """The what-ifs that an edits file brought."""
    _scenarios: dict[Any, Scenario] = field(default_factory=dict)
    _programs: dict[Any, Any] = field(default_factory=dict)

    @cached_property
    def problems(self) -> list[Problem]:
        """All that is wrong or doubtful, the what-ifs included. What else stands in a line with a fault of the YAML follows from it."""
        lines = {(fault.place.file, fault.place.line) for fault in self.faults}
        return [
            *self.faults,
            *(problem for problem in problems_of(self.root, self.faults) if (problem.place.file, problem.place.line) not in lines),
        ]

    def scenario(self, what_if: str | None = None, overrides: Sequence[str] = ()) -> Scenario:
        """The checked scenario of the baseline or a what-if, with `PATH=VALUE` overrides."""
        key = (what_if, tuple(overrides))
        if key not in self._scenarios:
            if any(problem.is_error for problem in self.problems):
                raise ScenarioError(self.problems)
            self._scenarios[key] = self._edited(what_if, overrides)
        return self._scenarios[key]

    def edited_root(self, what_if: str | None = None, overrides: Sequence[str] = ()) -> Fields:
        """What is written with the edits made, as nodes that know where they stand; nothing is checked."""
        changes = [edits.from_override(text, number) for number, text in enumerate(overrides, 1)]
        return edited_root(self.root, what_if, changes)[0]

    def _edited(self, what_if: str | None, overrides: Sequence[str]) -> Scenario:
        """A scenario that differs from the file's, which is sound by itself: what is wrong now is of the edits, and told so."""
        problems: list[Problem] = []
        changes: list[edits.Edit] = []
        for number, text in enumerate(overrides, 1):
            try:
                changes.append(edits.from_override(text, number))
            except ScenarioError as refusal:
                problems += refusal.problems
        try:
            if not problems:
                return build(self.root, what_if, changes)
        except ScenarioError as refusal:
            problems += refusal.problems
        raise ScenarioError(replace(one, text=f"{_made_by(one, what_if, overrides)}{one.text}") for one in problems)

    def run(
        self,
        what_if: str | None = None,
        *,
        overrides: Sequence[str] = (),
        seed: int = 0,
        replication: int = 0,
        until: str | None = None,
        ties_reversed: bool = False,
        left_out: Sequence[str] = (),
        watch: Watch | None = None,
    ) -> Run:
        """Run the baseline or a what-if; `until` (a date) ends it early; `ties_reversed` swaps what is decided by ids alone; `left_out`
        are the paths of what is taken out; a `watch` is told what the log does not tell."""
        from sim.engine.compile import compile_scenario

        scenario = self.scenario(what_if, overrides)
        key = (what_if, tuple(overrides), ties_reversed, tuple(left_out))
        if key not in self._programs:
            self._programs[key] = compile_scenario(reduce(without, left_out, scenario), ties_reversed=ties_reversed)
        return _ran(self._programs[key], scenario, what_if, tuple(overrides), seed, replication, _end(until, scenario), watch)


def ran(scenario: Scenario, *, seed: int = 0, replication: int = 0, until: str | None = None) -> Run:
    """Run a scenario that stands in no file; its header names no edits."""
    from sim.engine.compile import compile_scenario

    return _ran(compile_scenario(scenario), scenario, None, (), seed, replication, _end(until, scenario), None)


def _ran(
    program: Any, scenario: Scenario, what_if: str | None, overrides: tuple[str, ...],
    seed: int, replication: int, end: int | None, watch: Watch | None,
) -> Run:  # fmt: skip
    """One run, with the header of its log."""
    from sim.engine import run
    from sim.log.entries import FORMAT, Header

    recording = run(program, seed, replication, end, watch)
    header = Header(
        FORMAT, scenario.id, scenario.title, what_if, {"scenario": scenario.digest}, overrides,
        seed, replication, __version__, scenario.timezone, (recording.begin, recording.until),
    )  # fmt: skip
    return Run(scenario, recording, header)


def load(path: Path, edits_path: Path | None = None) -> Loaded:
    """Read a scenario file with its parts, and beside it a file of one's own what-ifs."""
    text = text_of(path)
    whole = include.gather(*source.parse_on(text, str(path)), include.below(path))
    root, faults = whole.root, whole.faults
    inputs = {"scenario.yaml": text.encode(), **{name: part.encode() for name, part in whole.parts.items()}}
    if edits_path is None:
        return Loaded(path, root, inputs, faults)
    more = text_of(edits_path)
    edited = source.parse(more, str(edits_path))
    root = with_what_ifs(root, edited)
    inputs["edits.yaml"] = more.encode()
    added = edited.entries["what_if"]
    return Loaded(path, root, inputs, faults, tuple(added.entries) if isinstance(added, Fields) else ())


def reread(texts: Mapping[str, str], name: str = "scenario.yaml") -> Loaded:
    """A scenario from the texts a stored result keeps of its inputs; places in it are told with the `name` its file had."""
    whole = include.gather(*source.parse_on(texts["scenario.yaml"], name), include.among(texts))
    root = whole.root
    if "edits.yaml" in texts:
        root = with_what_ifs(root, source.parse(texts["edits.yaml"], "edits.yaml"))
    return Loaded(Path(name), root, {name: text.encode() for name, text in texts.items()}, whole.faults)


def with_what_ifs(root: Fields, more: Fields) -> Fields:
    """The scenario with the what-ifs of an edits file beside its own."""
    problems = [
        Problem("E101", f"an edits file holds 'what_if' alone, not '{key}'", more.keys[key], key)
        for key in more.entries
        if key != "what_if"
    ]
    added = more.entries.get("what_if")
    if not isinstance(added, Fields):
        problems.append(Problem("E103", "an edits file needs 'what_if': a mapping from name to edits", more.place))
        raise ScenarioError(problems)
    own = root.entries.get("what_if")
    own = own if isinstance(own, Fields) else Fields({}, {}, added.place, "what_if")
    problems += [
        Problem("E107", f"the scenario has a what-if '{key}' already", added.keys[key], f"what_if.{key}")
        for key in added.entries
        if key in own.entries
    ]
    if problems:
        raise ScenarioError(problems)
    merged = replace(own, entries={**own.entries, **added.entries}, keys={**own.keys, **added.keys})
    return replace(root, entries={**root.entries, "what_if": merged}, keys={"what_if": more.keys["what_if"], **root.keys})


def _made_by(problem: Problem, what_if: str | None, overrides: Sequence[str]) -> str:
    """The edits a problem comes from: the one it stands in, or all there are."""
    place = problem.place
    own = overrides[place.line - 1 : place.line] if place.file == "--set" else overrides
    parts = [f"in what-if {what_if}"] if what_if is not None else []
    told = [text if len(text) <= LONGEST_EDIT else text[: LONGEST_EDIT - 1] + "…" for text in own]
    parts += ["with " + " ".join(f"--set {text}" for text in told)] if told else []
    return f"{', '.join(parts)}: " if parts else ""


def ending(until: str | None, through: str | None, period: tuple[int, int], zone: str) -> str | None:
    """Where a run is to end, as `until` has it: `through` a day is until the next begins."""
    if through is None:
        return until
    from sim import clock
    from sim.errors import UsageError

    if until is not None:
        raise UsageError("--until and --through both say where it ends: keep one")
    try:
        end = clock.day_end(through, zone)
    except clock.Malformed as fault:
        raise UsageError(f"--through: {fault}") from None
    begin, last = period
    if not begin < end <= last:
        shown = " to ".join(clock.iso(edge, zone)[:16].replace("T", " ") for edge in period)
        raise UsageError(f"--through lies outside the period, {shown}")
    return clock.instant_text(end, zone)


def _end(until: str | None, scenario: Scenario) -> int | None:
    if until is None:
        return None
    from sim import clock
    from sim.errors import UsageError

    try:
        instant = clock.parse_instant(until, scenario.timezone)
    except clock.Malformed as fault:
        raise UsageError(f"--until: {fault}") from None
    if not scenario.begin < instant <= scenario.until:
        begin, end = (clock.iso(edge, scenario.timezone) for edge in (scenario.begin, scenario.until))
        raise UsageError(f"--until lies outside the period, {begin} to {end}")
    return instant
