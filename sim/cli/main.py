"""The commands: what `sim` does with its arguments, and with which exit code it ends.

In: the words of a command line. Out: data on stdout, words on stderr, and one of these:

    0 done · 1 failed expectations, or differences where they were asked for · 2 wrong usage or scenario refused ·
    3 run stopped · 4 reading or writing failed · 70 a fault of sim itself · 130 interrupted · 141 nobody reads on · 143 terminated

`main` alone turns errors into words and codes. Only Typer is loaded here; a command loads what it needs.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from sim.cli import check, compare, expect, new, results
from sim.cli import run as running
from sim.cli.terminal import Screen, pretty, say
from sim.errors import RunStopped, ScenarioError, SimError, StoreError, UsageError, escaped

__all__ = ["app", "main", "run"]

FAULT, INTERRUPTED, CLOSED, TERMINATED = 70, 130, 141, 143
DEBUG = "--debug"
HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

Misuse: Any = typer.BadParameter.__bases__[0]
"""What Typer raises for words it cannot place; its own class for it has no public name."""

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, context_settings=HELP)
for commands in (running, compare, check, expect, results, new):
    commands.register(app)


@app.callback(invoke_without_command=True)
def sim(
    context: typer.Context, version: Annotated[bool, typer.Option("--version", help="Show the version.", is_eager=True)] = False
) -> None:
    """A laboratory for policy events: write down who acts, what the law is and who reacts to what; run it; ask what if.

    \b
    Examples:
      sim new border                 write border.yaml, a first scenario
      sim run border.yaml            what happens, as a dated timeline
      sim run border.yaml --all      the baseline and its what-ifs side by side
      sim compare border.yaml --what-if resolute
      sim test border.yaml           does it do what its author expects?
      sim show latest                the newest stored result again
    """
    if version:
        from sim import __version__

        print(f"sim {__version__}")
    elif context.invoked_subcommand is None:
        print(context.get_help())


def main(argv: Sequence[str] | None = None) -> int:
    """Do what a command line says; the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    debug = DEBUG in words or os.environ.get("SIM_DEBUG") == "1"
    try:
        return _done([word for word in words if word != DEBUG])
    except BrokenPipeError:
        _leave_stdout()
        return CLOSED
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    except Exception as error:  # the last net: nobody but us is helped by a traceback
        if debug:
            raise
        return _told(error)


def _done(words: list[str]) -> int:
    """Run the command; what it printed has left when this returns."""
    try:
        ended = typer.main.get_command(app).main(args=words, prog_name="sim", standalone_mode=False)
    except Misuse as misuse:
        context = misuse.ctx
        asked = f"\nhelp: {context.command_path} --help" if context else ""
        raise UsageError(f"{escaped(misuse.format_message())}{asked}") from None
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):
            raise end.__context__ from None
        ended = end.code
    if sys.stdout is not None:
        sys.stdout.flush()
    if ended == INTERRUPTED:
        say("interrupted")
    return ended if isinstance(ended, int) else 0


def _told(error: Exception) -> int:
    """What went wrong in words on stderr; the exit code."""
    screen = Screen.of(sys.stderr)
    mark = screen.styled("error", "bold red")
    match error:
        case ScenarioError(problems=problems):
            say(*pretty(problems, screen))
        case RunStopped(code=code, text=text, path=path):
            mark = screen.styled(f"error[{code}]", "bold red")
            say(f"{mark}: {escaped(text)}{f' (at {escaped(path)})' if path else ''}", *getattr(error, "__notes__", ()))
        case SimError():
            say(f"{mark}: {error}")
        case OSError():
            _leave_stdout()
            where = escaped(str(error.filename)) if error.filename else "what was to be printed"
            say(f"{mark}: {where}: {error.strerror or error}")
            return StoreError.exit_code
        case _:
            say(
                f"{mark}: a fault of sim itself: {type(error).__name__}: {escaped(str(error))}", "SIM_DEBUG=1 shows where; please report it"
            )
            return FAULT
    return error.exit_code


def _leave_stdout() -> None:
    """Send what is still to be printed nowhere, so that the interpreter does not stumble over it at its end."""
    with suppress(OSError, AttributeError), Path(os.devnull).open("wb") as nowhere:  # no stdout at all, or one that is no file
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _terminated(*_: object) -> NoReturn:
    """End as one does when asked to: what is being written is cleared away."""
    raise SystemExit(TERMINATED)


def run() -> NoReturn:
    """The console script."""
    signal.signal(signal.SIGTERM, _terminated)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks a letter shows its number
            stream.reconfigure(errors="backslashreplace")
    sys.exit(main())
