"""`sim new`: a first scenario to run, read and change.

In: a name. Out: NAME.yaml, a commented scenario that passes the check; never over another file.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.terminal import out, say, say_next
from sim.errors import StoreError, UsageError, escaped

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
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{escaped(str(path))} exists and is not overwritten: choose another name") from None
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise StoreError(f"cannot be written ({reason})", escaped(str(path))) from problem
    out(escaped(str(path)))
    say(f"wrote {escaped(str(path))}: run it, read it, change it")
    say_next("sim", "run", str(path))
