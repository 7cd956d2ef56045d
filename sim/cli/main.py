"""The program: a command line is done, and ends with words and an exit code.

In: the words of a command line. Out: data on stdout, words on stderr, and one of these:

    0 done · 1 failed expectations, or differences where they were asked for · 2 wrong usage or scenario refused ·
    3 run stopped · 4 reading or writing failed · 70 a fault of sim itself · 130 interrupted · 141 nobody reads on · 143 terminated

`main` alone turns errors into words and codes. What takes time to load is loaded inside it, where a Ctrl-C is in good hands.
"""

from __future__ import annotations

import gc
import os
import signal
import sys

TYPE_CHECKING = False  # as type checkers take it; `typing` need not be loaded for it
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

__all__ = ["main", "run"]

FAULT, INTERRUPTED, CLOSED, TERMINATED = 70, 130, 141, 143
DEBUG = "--debug"
RARELY = 100_000
"""So many new objects come together before Python looks for circular garbage among them."""


def main(argv: Sequence[str] | None = None) -> int:
    """Do what a command line says; the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    debug = DEBUG in words or os.environ.get("SIM_DEBUG") == "1"
    try:
        from sim.cli.app import done

        ended = done([word for word in words if word != DEBUG])
        return _interrupted() if ended == INTERRUPTED else ended if isinstance(ended, int) else 0
    except BrokenPipeError:
        _leave_stdout()
        return CLOSED
    except KeyboardInterrupt:
        return _interrupted()
    except Exception as error:  # the last net: nobody but us is helped by a traceback
        if debug:
            raise
        return _told(error)


def _interrupted() -> int:
    """Say so; nothing is loaded for it."""
    if sys.stderr is not None:
        print("interrupted", file=sys.stderr)
    return INTERRUPTED


def _told(error: Exception) -> int:
    """What went wrong in words on stderr; the exit code."""
    from sim.cli.terminal import Screen, pretty, say
    from sim.errors import RunStopped, ScenarioError, SimError, StoreError, escaped

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
    from contextlib import suppress

    with suppress(OSError, AttributeError):  # no stdout at all, or one that is no file
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _terminated(*_: object) -> NoReturn:
    """End as one does when asked to: what is being written is cleared away."""
    raise SystemExit(TERMINATED)


def run() -> NoReturn:
    """The console script."""
    ended = INTERRUPTED
    try:
        _prepare()
        ended = main()
    except KeyboardInterrupt:  # before or after `main`
        _interrupted()
    gc.freeze()  # what is there goes with the process: Python need not look through it once more as it ends
    sys.exit(ended)


def _prepare() -> None:
    """Have signals and odd letters in good hands, and little time spent on garbage."""
    import io

    gc.set_threshold(RARELY)  # what is loaded and linked stays: to look for garbage among it takes a tenth of a short command
    signal.signal(signal.SIGTERM, _terminated)
    if sys.stdout is None:  # closed by whoever began this: what is printed goes nowhere, and no file that is opened stands in its place
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks a letter shows its number
            stream.reconfigure(errors="backslashreplace")
