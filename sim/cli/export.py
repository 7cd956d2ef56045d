"""`sim export`: a stored run in the form of other tools.

In: the name of a stored result, and the form. Out: the document on stdout, or in a file that was not there before.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.request import RESULTS, Folder, again
from sim.cli.terminal import say, say_next, write_new
from sim.errors import UsageError, escaped

if TYPE_CHECKING:
    from sim.log.stored import Result

__all__ = ["NewFile", "deliver", "register"]

FORMS = ("csv", "ocel")

NewFile = Annotated[Path | None, typer.Option("--file", metavar="FILE", help="Write to this file, which must be new.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export")(export_command)


def export_command(
    result: Annotated[str, typer.Argument(metavar="RESULT", help="A stored result, or 'latest'.", show_default=False)],
    form: Annotated[str, typer.Option("--to", metavar="FORM", help="csv, or ocel (OCEL 2.0, as JSON).", show_default=False)],
    file: NewFile = None,
    folder: Folder = RESULTS,
) -> None:
    """Write the log of a stored run for spreadsheets, notebooks or process mining."""
    from sim.cli import results

    if form not in FORMS:
        raise UsageError(f"--to takes {' or '.join(FORMS)}, not '{escaped(form)}'")
    deliver(_lines(results.look_up(folder, result), form), file)
    say_next("sim", "show", result, *again(folder=folder))


def _lines(stored: Result, form: str) -> Iterator[str]:
    """The document, piece by piece, each with its line end."""
    from sim.cli.results import scenario_of

    if form == "csv":
        from sim.log.spreadsheet import csv_lines

        yield from csv_lines(stored.log())
    else:
        import json

        from sim.log.ocel import ocel_of

        yield json.dumps(ocel_of(stored.log(), scenario_of(stored)), allow_nan=False) + "\n"


def deliver(lines: Iterable[str], file: Path | None) -> None:
    """A document on stdout, or in a new file; none where that fails half way."""
    if file is None:
        for line in lines:
            sys.stdout.write(line)
        return
    write_new(file, lines)
    say(f"wrote {escaped(str(file))}")
