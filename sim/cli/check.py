"""`sim check`: everything that is wrong or doubtful in scenario files, all of it at once.

In: scenario files. Out: their problems on stdout, for people or machines; exit code 2 when one is refused.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.request import Seed, require_seed
from sim.cli.terminal import Screen, columns, out, out_json, pretty, say, say_next
from sim.errors import Problem, ScenarioError, UsageError, escaped

if TYPE_CHECKING:
    from sim.face import Loaded
    from sim.language.assumptions import Assumption

__all__ = ["register"]

REFUSED = 2


class Format(StrEnum):
    """How problems are written."""

    pretty = "pretty"
    compact = "compact"
    json = "json"
    github = "github"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check")(check_command)


def check_command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="The scenario files.", show_default=False)],
    form: Annotated[Format, typer.Option("--format", help="For people, one line each, for machines, for GitHub.")] = Format.pretty,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse warnings too; with --ties, whatever hangs on a tie.")] = False,
    ties: Annotated[bool, typer.Option("--ties", help="Run with all ties reversed and tell what hangs on them.")] = False,
    assumptions: Annotated[bool, typer.Option("--assumptions", help="List what rests on no source, or on an assumption.")] = False,
    what_if: Annotated[
        list[str] | None, typer.Option("--what-if", "-w", metavar="NAME", help="With --ties, run this what-if; may be repeated.")
    ] = None,
    seed: Seed = 0,
) -> None:
    """Check scenario files and tell all that is wrong with them."""
    _require_alone(ties, assumptions, what_if or (), seed)
    if ties:
        _tell_ties(files, what_if or (), seed, as_json=as_json or form is Format.json, strict=strict)
        return
    if assumptions:
        _tell_assumptions(files, as_json=as_json or form is Format.json)
        return
    problems = [problem for file in files for problem in problems_in(file)]
    match Format.json if as_json else form:
        case Format.pretty:
            out(*pretty(problems, Screen.of(sys.stdout)))
        case Format.compact:
            out(*(problem.line for problem in problems))
        case Format.json:
            out_json([_as_dict(problem) for problem in problems])
        case Format.github:
            out(*_github(problems))
    refused = {problem.place.file for problem in problems if problem.is_error or strict}
    if refused:
        say(f"{len(refused)} of {len(files)} scenarios refused" if len(files) > 1 else "refused")
        raise typer.Exit(REFUSED)
    warnings = f" ({len(problems)} warnings)" if len(problems) > 1 else " (1 warning)" if problems else ""
    say(f"{len(files)} scenarios are fine{warnings}" if len(files) > 1 else f"{escaped(str(files[0]))} is fine{warnings}")
    say_next("sim", "run", str(files[0]))


def _require_alone(ties: bool, assumptions: bool, what_ifs: Sequence[str], seed: int) -> None:
    """Refuse options that say nothing together."""
    if ties and assumptions:
        raise UsageError("--ties and --assumptions are two questions: ask one at a time")
    if not ties and (what_ifs or seed):
        raise UsageError("--what-if and --seed say what is run with --ties")
    require_seed(seed)


def _sound(files: Sequence[Path]) -> list[Loaded]:
    """The files, read; all that is wrong with them is told before anything else."""
    from sim import face

    every = [face.load(file) for file in files]
    if wrong := [problem for loaded in every for problem in loaded.problems if problem.is_error]:
        raise ScenarioError(wrong)
    return every


def _tell_ties(files: Sequence[Path], what_ifs: Sequence[str], seed: int, *, as_json: bool, strict: bool) -> None:
    """What hangs on the order of what is simultaneous."""
    from sim.cli.ties import tied

    found = [(loaded, one) for loaded in _sound(files) for one in tied(loaded, what_ifs, seed)]
    if as_json:
        out_json([{"file": str(loaded.path), **one.as_dict()} for loaded, one in found])
    else:
        out(*(line for _, one in found for line in one.lines(Screen.of(sys.stdout))))
    if strict and any(one.differs for _, one in found):
        say("refused")
        raise typer.Exit(REFUSED)
    say_next("sim", "run", str(files[0]))


def _tell_assumptions(files: Sequence[Path], *, as_json: bool) -> None:
    """What rests on no source, what is declared an assumption first."""
    from sim.language.assumptions import assumptions_of

    found = [(loaded, one) for loaded in _sound(files) for one in assumptions_of(loaded.scenario(), loaded.root)]
    if as_json:
        out_json([_assumption_as_dict(str(loaded.path), one) for loaded, one in found])
        return
    for declared, title in ((True, "declared an assumption"), (False, "without a source")):
        if chosen := [one for _, one in found if one.declared is declared]:
            out(*_listed(title, chosen, Screen.of(sys.stdout)), "")
    if not found:
        say("everything cites a source")
    say_next("sim", "check", *map(str, files))


def _listed(title: str, found: Sequence[Assumption], screen: Screen) -> Iterator[str]:
    """One group: path, value, and as much of the words for readers as a line holds."""
    yield screen.styled(f"{title}: {len(found)}", "bold")
    widths = [max(columns(escaped(text)) for text in texts) for texts in zip(*((one.path, one.value) for one in found), strict=True)]
    for one in found:
        path, value, about = escaped(one.path), escaped(one.value), escaped(one.about)
        told = f"  {path}{' ' * (widths[0] - columns(path))}  {value}{' ' * (widths[1] - columns(value))}"
        room = screen.width - columns(told) - 2
        cut = about if columns(about) <= room else about[: max(room - 1, 0)] + "…" if room > 10 else ""
        yield f"{told}  {screen.styled(cut, 'dim')}".rstrip()


def _assumption_as_dict(file: str, one: Assumption) -> dict[str, str | int]:
    """An assumption for machines."""
    kind = "assumption" if one.declared else "uncited"
    return {
        "file": file,
        "line": one.place.line,
        "path": one.path,
        "section": one.section,
        "kind": kind,
        "value": one.value,
        "about": one.about,
    }


def problems_in(file: Path) -> Sequence[Problem]:
    """All problems of one file, in the order of their places."""
    from sim import face

    try:
        return ScenarioError(face.load(file).problems).problems
    except ScenarioError as refusal:
        return refusal.problems


def _as_dict(problem: Problem) -> dict[str, str | int]:
    """A problem for machines."""
    place = problem.place
    return {
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "length": place.length,
        "severity": "error" if problem.is_error else "warning",
        "code": problem.code,
        "text": problem.text,
        "path": problem.path,
    }


def _github(problems: Sequence[Problem]) -> Iterator[str]:
    """Problems as GitHub's annotations, with the signs it takes for its own written as it asks."""
    for problem in problems:
        place, kind = problem.place, "error" if problem.is_error else "warning"
        where = f"file={_quoted(place.file)},line={place.line},col={place.column},title={problem.code}"
        yield f"::{kind} {where}::{escaped(problem.text).replace('%', '%25')}"


def _quoted(text: str) -> str:
    return escaped(text).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
