"""`sim schema`: what editors need to know of the language.

In: nothing, or a file to write to. Out: the JSON Schema of a scenario file; `write_schema`, which puts it beside a new scenario.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.terminal import out, say
from sim.errors import StoreError, UsageError, escaped

__all__ = ["FILE", "MODELINE", "register", "write_schema"]

FILE = "sim.schema.json"
"""What the schema is called beside a scenario."""
MODELINE = f"# yaml-language-server: $schema={FILE}"
"""The line by which an editor finds it."""

OURS = '{"$comment":"written by sim schema'


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("schema")(schema_command)


def schema_command(
    file: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it to this file.", show_default=False)] = None,
) -> None:
    """Print the JSON Schema of a scenario file, for editors."""
    if file is None:
        out(_text())
        return
    if not write_schema(file):
        raise UsageError(f"{escaped(str(file))} exists and is no schema that sim wrote: choose another name")
    out(escaped(str(file)))
    say(f"wrote {escaped(str(file))}; in a scenario beside it the first line tells editors: # yaml-language-server: $schema={file.name}")


def write_schema(file: Path) -> bool:
    """Write the schema, over an older one too; False where the file is something else, and is left alone."""
    try:
        if file.exists():
            with file.open(encoding="utf-8", errors="replace") as older:
                if older.read(len(OURS)) != OURS:
                    return False
        file.write_text(_text() + "\n", encoding="utf-8", newline="\n")
    except (OSError, ValueError) as problem:
        raise StoreError(f"cannot be written ({getattr(problem, 'strerror', None) or problem})", escaped(str(file))) from problem
    return True


def _text() -> str:
    """The schema in one line."""
    from sim import __version__
    from sim.language.schema import schema

    return json.dumps({"$comment": f"written by sim schema {__version__}", **schema()}, separators=(",", ":"))
