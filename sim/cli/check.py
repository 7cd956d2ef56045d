"""`sim check`: everything that is wrong or doubtful in scenario files, all of it at once.

In: scenario files. Out: their problems on stdout, for people or machines; exit code 2 when one is refused.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.terminal import Screen, out, out_json, pretty, say, say_next
from sim.errors import Problem, ScenarioError, escaped

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
    strict: Annotated[bool, typer.Option("--strict", help="Refuse warnings too.")] = False,
) -> None:
    """Check scenario files and tell all that is wrong with them."""
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
