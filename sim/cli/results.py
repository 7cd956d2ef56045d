"""`sim show`, and what it shares with other commands: results stored, read again, and told.

In: runs, or names of stored results. Out: results in the store; timelines and measures on stdout.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from sim.cli.events import chosen, is_of
from sim.cli.request import RESULTS, Folder, Only, again
from sim.cli.terminal import Cell, Screen, out, out_json, say, say_next, shown, table
from sim.errors import ScenarioError, StoreError, UsageError, escaped, listed

if TYPE_CHECKING:
    from sim.face import Loaded, Run
    from sim.language.nodes import Fields
    from sim.language.scenario import Scenario
    from sim.log.entries import Log
    from sim.log.stored import Result

__all__ = [
    "as_dict", "in_one_line", "loaded_of", "look_up", "measures_of", "print_run", "register",
    "require_read", "save", "scenario_and_root_of", "scenario_of", "side_by_side", "stored_measures", "texts_of",
]  # fmt: skip

LOG = "log.jsonl"
SHORTEST_EXPRESSION = 16
OTHERS = "name a folder to mean one of them (sim list shows all)"

Read = TypeVar("Read")

Measures = Mapping[str, Mapping[str, Any]]
"""The measures of a run by name: value (readable), type and expression of each."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("show")(show_command)


# ---- storing


def save(
    folder: Path, made: Run, measures: Measures, inputs: Mapping[str, bytes], options: Mapping[str, Any], file: Path | None = None
) -> Result:
    """Store a run of a file with its measures (as `measures_of` has them); a result that is there already stays as it is."""
    from sim.cli.versions import recorded
    from sim.log import store, stored

    try:
        where, _ = store.save(
            folder, header=made.header, lines=made.lines(), measures=measures, inputs=inputs, versions=recorded(), options=options,
            file="" if file is None else str(file),
        )  # fmt: skip
    except StoreError as refused:
        remedy = _remedy(refused, folder)
        raise (StoreError(f"{refused}; {remedy}") if remedy else refused) from refused.__cause__
    return stored.result_in(where)


def _remedy(refused: StoreError, folder: Path) -> str:
    """What helps where the system refuses to store; nothing where it was not the system."""
    problem = refused.__cause__
    if not isinstance(problem, OSError):
        return ""
    if problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "no permission to write there: use --out DIR"
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return "no space is left there: make room, or use --out DIR"
    place = Path(refused.place)
    file = next((step for step in (folder, *folder.parents, place, *place.parents) if step.is_file()), None)
    return f"{escaped(str(file))} is a file, not a folder: use --out DIR" if file is not None else "use --out DIR"


def measures_of(scenario: Scenario, values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The measures of a run as they are stored: value (readable), type and expression of each."""
    from sim.analysis.measures import readable

    types = {name: tree.type.name for name, tree in scenario.measures.items()}
    return {
        name: {"value": readable(values[name], kind), "type": kind, "expression": scenario.measure_texts[name]}
        for name, kind in types.items()
    }


# ---- telling


def as_dict(result: Result, entries: int) -> dict[str, Any]:
    """A stored run for machines; measures by name, in their readable form."""
    about = result.manifest
    return {
        **{name: about[name] for name in ("scenario", "what_if", "seed", "replication")},
        "folder": str(result.folder),
        "digest": about["outputs"][LOG]["digest"],
        "measures": {name: one["value"] for name, one in stored_measures(result).items()},
        "entries": entries,
    }


def in_one_line(result: Result, entries: int, screen: Screen) -> str:
    """A stored run among several: which, how long its log, where."""
    which = result.manifest["what_if"] or "baseline"
    return f"{screen.styled(f'{which:24}', 'bold')} {entries:>7,} entries  {screen.styled(escaped(str(result.folder)), 'dim')}"


def print_run(
    log: Log, scenario: Scenario | None, measures: Measures, *, until: str | None = None, full: bool = False, only: Sequence[str] = ()
) -> bool:
    """A run for people: what happened, or some events alone, and what it comes to. Whether routine was folded in it."""
    from sim.cli import timeline

    screen = Screen.of(sys.stdout)
    meant = chosen(only, [(log, scenario)])
    among = [entry for entry in log.entries[1:-1] if is_of(entry, meant)] if meant else None
    out(*timeline.heading(log, screen, until, scenario), "")
    lines = [*timeline.lines(log, scenario, screen, full=full, among=among)]
    if among is None and len(lines) > timeline.LONG:
        out(*timeline.summary(log, scenario, measures, screen), "")
    out(*lines)
    if among == []:
        out(f"The run has no entry of {' or '.join(map(escaped, meant))}.")
    print_measures(measures, log.header.timezone)
    return not full and not meant and timeline.folds(log, scenario)


def print_measures(measures: Measures, zone: str) -> None:
    """The measures of a run: name, value, and what each is while there is room."""
    screen = Screen.of(sys.stdout)
    if not measures:
        return
    values = {name: shown(one["value"], one["type"], zone) for name, one in measures.items()}
    room = screen.width - max(map(len, measures)) - max(map(len, values.values())) - 4
    rows: list[list[Cell]] = [[(escaped(name), ""), (values[name], "bold")] for name in measures]
    lines = list(table(["", ""], rows, Screen(screen.width)))
    out("", screen.styled("measures", "bold"))
    for line, row, one in zip(lines, rows, measures.values(), strict=True):
        text = escaped(" ".join(one["expression"].split()))
        about = (text if len(text) <= room else text[: room - 1] + "…") if room >= SHORTEST_EXPRESSION else ""
        value = row[1][0]
        out(f"{line[: len(line) - len(value)]}{screen.styled(value, 'bold')}{'  ' if about else ''}{screen.styled(about, 'dim')}")


def side_by_side(names: Sequence[str], every: Sequence[Measures], zone: str) -> Iterator[str]:
    """The measures of several runs: a row each measure, a column each run; what differs from the first run stands out."""
    rows: list[list[Cell]] = []
    for name in dict.fromkeys(name for measures in every for name in measures):
        cells = [shown(one["value"], one["type"], zone) if (one := measures.get(name)) else "–" for measures in every]
        rows.append([(escaped(name), ""), *((cell, "" if cell == cells[0] else "bold yellow") for cell in cells)])
    if rows:
        yield from table(["", *names], rows, Screen.of(sys.stdout))


def stored_measures(result: Result, scenario: Scenario | None = None) -> dict[str, dict[str, Any]]:
    """The measures of a stored run, if they have the form in which `save` writes them; in the order of the scenario where it is known."""
    measures = result.measures()
    if scenario is not None:
        measures = {name: measures[name] for name in (*scenario.measures, *measures) if name in measures}
    for name, one in measures.items():
        sound = type(one) is dict and type(one.get("type")) is str and type(one.get("expression")) is str and "value" in one
        if not sound or not (one["value"] is None or type(one["value"]) in (bool, int, float, str)):
            raise StoreError(f"damaged: the measure '{escaped(name)}' is not as it should be", escaped(str(result.folder)))
    return measures


# ---- reading again


def look_up(folder: Path, name: str) -> Result:
    """A stored result by its name; it is said when the name does not say what was changed in it."""
    from sim.log.stored import find

    result = find(folder, name)
    if not result.is_plain and name != "latest" and Path(name) != result.folder:
        say(f"{escaped(name)} has overrides ({escaped(_changed(result))}): no result without any is stored under this name")
    if name != "latest" and Path(name) != result.folder:
        files = dict.fromkeys(one.file for one in result.namesakes() if one.is_plain == result.is_plain)
        if others := [file for file in files if file and file != result.file]:
            meant = f"{escaped(name)} is that of {escaped(result.file or 'another file')}, the newest"
            say(f"{meant}; results of {escaped(listed(others))} bear the name too: {OTHERS}")
    return result


def _changed(result: Result) -> str:
    """The options that made a result another one than its name says."""
    return " ".join(again(overrides=result.overrides, until=result.until))


def loaded_of(result: Result) -> Loaded | None:
    """The scenario file a result was made from, read again; None where this version reads it otherwise."""
    loaded = _reread(result)
    return None if loaded is None or _as_it_was(loaded, result) is None else loaded


def scenario_of(result: Result) -> Scenario | None:
    """The scenario a result was made from, for names and titles; None where this version reads it otherwise."""
    loaded = _reread(result)
    return None if loaded is None else _as_it_was(loaded, result)


def scenario_and_root_of(result: Result) -> tuple[Scenario | None, Fields | None]:
    """The same, and what it was made from as it was written, edits made; None where this version cannot read it."""
    loaded = _reread(result)
    if loaded is None:
        return None, None
    try:
        root = loaded.edited_root(result.manifest["what_if"], result.overrides)
    except (ScenarioError, UsageError):
        root = None
    return _as_it_was(loaded, result), root


def require_read(found: Read | None) -> Read:
    """What was read again of a result; refused where this version reads it otherwise."""
    if found is None:
        raise UsageError("this version of sim reads the scenario of this result otherwise: run it again first")
    return found


def _reread(result: Result) -> Loaded | None:
    """What a result keeps of its scenario file, read again; None where this version cannot."""
    from sim import face

    texts = texts_of(result)
    try:
        return face.reread(texts, Path(result.file).name or "scenario.yaml") if "scenario.yaml" in texts else None
    except (ScenarioError, UsageError):
        return None


def _as_it_was(loaded: Loaded, result: Result) -> Scenario | None:
    """The scenario of a result, if it is the one that ran."""
    about = result.manifest
    try:
        scenario = loaded.scenario(about["what_if"], result.overrides)
    except (ScenarioError, UsageError):
        return None
    return scenario if scenario.digest == about["digests"].get("scenario") else None


def texts_of(result: Result) -> dict[str, str]:
    """The texts a stored result keeps of its inputs."""
    return {name: one["text"] for name, one in result.manifest["inputs"].items() if type(one) is dict and type(one.get("text")) is str}


# ---- the command


def show_command(
    result: Annotated[
        str, typer.Argument(metavar="RESULT", help="A folder, SCENARIO[/WHAT-IF][@SEED][#REPLICATION], or 'latest'.", show_default=False)
    ] = "latest",
    folder: Folder = RESULTS,
    full: Annotated[bool, typer.Option("--full", help="Show every entry, routine too.")] = False,
    measures: Annotated[bool, typer.Option("--measures", help="Show the measures alone.")] = False,
    only: Only = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document, with every entry.")] = False,
) -> None:
    """Show a stored result again: its timeline and measures."""
    from sim.clock import IsoClock
    from sim.log.entries import entry_as_dict

    if only and (measures or as_json):
        raise UsageError("--only is for the timeline: leave out --measures and --json")
    stored = look_up(folder, result)
    log = stored.log()
    if as_json:
        clock = IsoClock(log.header.timezone)
        whole = as_dict(stored, len(log.entries))
        out_json(whole if measures else {**whole, "log": [entry_as_dict(entry, clock) for entry in log.entries]})
    elif measures:
        print_measures(stored_measures(stored, scenario_of(stored)), log.header.timezone)
    else:
        scenario = scenario_of(stored)
        print_run(log, scenario, stored_measures(stored, scenario), until=stored.until, full=full, only=only or ())
        say(f"stored in {escaped(str(stored.folder))}")
    say_next("sim", "list", *again(folder=folder))
