"""What made a run: the versions that a manifest records, and what a report of a fault should name.

In: what is installed here. Out: names and versions.
"""

from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sim.errors import escaped

__all__ = ["described", "print_version", "recorded"]

PACKAGES = ("simpy", "pydantic", "pyyaml")
"""The packages that a log may hang on, though it should not."""

OTHERS = ("pydantic-core", "typer", "rich", "pandas")
"""Those that only what is shown hangs on, or nothing."""


def print_version(*, verbose: bool, as_json: bool) -> None:
    """The version of `sim` alone, or all that is installed here that a fault may hang on."""
    from sim import __version__
    from sim.cli.terminal import out, out_json

    if as_json:
        out_json(described())
    elif verbose:
        out(*(f"{name:14}{escaped(text)}" for name, text in described().items()))
    else:
        out(f"sim {__version__}")


def recorded() -> dict[str, str]:
    """What a manifest records: the versions a log's content hangs on, and those it must not hang on."""
    from sim import __version__
    from sim.chance import SAMPLER
    from sim.log.entries import FORMAT

    return {
        "sim": __version__,
        "log": str(FORMAT),
        "sampler": str(SAMPLER),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": f"{platform.system()} {platform.machine()}",
        "tzdata": _zones()[0],
        **{name: _installed(name) for name in PACKAGES},
    }


def described() -> dict[str, str]:
    """The same and more, for a report of a fault."""
    from sim.language.source import parser_name

    data, place = _zones()
    return {
        **recorded(),
        **{name: _installed(name) for name in OTHERS},
        "yaml parser": parser_name(),
        "platform": platform.platform(),
        "tzdata": f"{data} ({place})" if place else data,
        "encoding": f"files {sys.getfilesystemencoding()}, output {getattr(sys.stdout, 'encoding', None) or 'none'}",
        "folder": str(Path(__file__).parents[1]),
    }


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def _zones() -> tuple[str, str]:
    """The version of the data on time zones, and where they lie: the system's folder if it has one, else the package."""
    from zoneinfo import TZPATH

    for folder in map(Path, TZPATH):
        if folder.is_dir():
            return _release(folder), str(folder)
    package = _installed("tzdata")
    return package, "" if package == "none" else "the package tzdata"


def _release(folder: Path) -> str:
    """The release a system's data on time zones are of: their source says it on its first line, or a file beside it."""
    for name, mark in (("tzdata.zi", "# version "), ("+VERSION", "")):
        try:
            with (folder / name).open(encoding="ascii", errors="replace") as file:
                line = file.readline(80).strip()
        except OSError:
            continue
        if line.startswith(mark) and line != mark.strip():
            return line.removeprefix(mark)
    return "unknown"
