"""A file becomes text.

In: a path. Out: the text of the file; or a `ScenarioError` that says why it cannot be read as one.
"""

from __future__ import annotations

import os
import stat
from itertools import islice
from pathlib import Path

from sim.errors import Place, Problem, ScenarioError, did_you_mean

__all__ = ["MAX_BYTES", "text_of"]

MAX_BYTES = 1 << 20


def text_of(path: Path) -> str:
    """The text of a regular file of at most 1 MiB; never waits on a pipe, never reads a device."""
    file = str(path)
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise ScenarioError([Problem("E001", _not_there(path), Place(file, 1, 1))]) from None
    except (OSError, ValueError) as error:
        # Windows denies opening a folder; elsewhere it opens and is refused below.
        is_folder = isinstance(error, PermissionError) and path.is_dir()
        reason = "it is a folder" if is_folder else (getattr(error, "strerror", None) or "its name is not possible").lower()
        raise ScenarioError([Problem("E001", f"the file cannot be read: {reason}", Place(file, 1, 1))]) from None
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        kind = "a folder: name a file in it" if stat.S_ISDIR(mode) else "no ordinary file: name a text file"
        raise ScenarioError([Problem("E001", f"this is {kind}", Place(file, 1, 1))])
    try:
        with os.fdopen(handle, "rb") as stream:
            data = stream.read(MAX_BYTES + 1)
            if data is None:  # a file of the system that has nothing to say yet, and is not waited for
                raise BlockingIOError(0, "nothing is there to be read")
    except OSError as error:
        reason = (error.strerror or "reading failed").lower()
        raise ScenarioError([Problem("E001", f"the file cannot be read: {reason}", Place(file, 1, 1))]) from None
    return _decoded(data, file)


def _not_there(path: Path) -> str:
    """`no such file`, with the nearest name in the same folder."""
    if not path.parent.is_dir():
        return f"no such file: there is no folder '{path.parent}'"
    try:
        names = [entry.name for entry in islice(path.parent.iterdir(), 10_000)]
    except OSError:
        names = []
    return f"no such file{did_you_mean(path.name, sorted(names))}"


def _decoded(data: bytes, file: str) -> str:
    """The bytes of a file as text, where they are UTF-8."""
    if len(data) > MAX_BYTES:
        raise ScenarioError([Problem("E005", "the file is larger than 1 MiB: shorten it", Place(file, 1, 1))])
    if data.startswith((b"\x1f\x8b", b"PK\x03\x04")):
        raise ScenarioError([Problem("E001", "a compressed file cannot be read: unpack it first", Place(file, 1, 1))])
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ScenarioError([Problem("E002", "the file is UTF-16: save it as UTF-8", Place(file, 1, 1))])
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        place = Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise ScenarioError([Problem("E002", f"the byte {data[error.start]:#04x} is not UTF-8: save the file as UTF-8", place)]) from None
