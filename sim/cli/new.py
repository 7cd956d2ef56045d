"""`sim new`: a first scenario to run, read and change.

In: a name. Out: NAME.yaml, a commented scenario that passes the check, never over another file; and beside it the schema for editors.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.schema import FILE, MODELINE, write_schema
from sim.cli.terminal import out, say, say_next, write_new
from sim.errors import UsageError, escaped

__all__ = ["register"]

TEMPLATE = Path(__file__).with_name("template.yaml")
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("new")(new_command)


def new_command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its id, with a folder before it if need be.", show_default=False)],
) -> None:
    """Write NAME.yaml, a small commented scenario to start from."""
    path = Path(name)
    own = path.name.removesuffix(".yaml")
    if not NAME.fullmatch(own):
        raise UsageError(f"'{escaped(own)}' cannot be the id of a scenario: write small letters, digits and _, beginning with a letter")
    path = path.with_name(f"{own}.yaml")
    text = TEMPLATE.read_text(encoding="utf-8").replace("scenario: template\n", f"scenario: {own}\n", 1)
    schema = path.with_name(FILE)
    write_new(path, [f"{MODELINE}\n{text}"])
    wrote = write_schema(schema)
    out(escaped(str(path)))
    say(f"wrote {escaped(str(path))}: run it, read it, change it")
    say(f"{escaped(str(schema))} {'tells editors the language' if wrote else 'is a file of yours, and left as it is'}")
    say_next("sim", "run", str(path))
