"""A log read back: its lines are checked as if they came from a stranger.

In: the file of a log. Out: `Log`, whole or read as it is needed, or a `StoreError` that names file and line.
"""

from __future__ import annotations

import json
import math
import os
import re
import stat
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BufferedReader, FileIO
from pathlib import Path
from typing import Any, TypeVar, overload

from sim.clock import Malformed, instant_of_iso, is_zone
from sim.errors import StoreError, escaped
from sim.log.entries import ENTRY_TYPES, FORMAT, HEADER_TYPES, Entry, Header, Log

__all__ = ["LONGEST_LINE", "LONGEST_LOG", "last_entry", "opened", "read_log", "streamed_log", "strict_json"]

LONGEST_LINE = 1 << 20
"""No line of a log is longer (bytes), nor is one read."""

LONGEST_LOG = 1 << 30
"""No log is longer (bytes), nor is one read."""

T = TypeVar("T")

_LARGEST_WHOLE = 1 << 1023  # still turns into a float
_FARTHEST = 1 << 53
_STATUSES = ("done", "blocked", "violation")


@contextmanager
def opened(path: Path) -> Iterator[BufferedReader]:
    """A regular file open for reading; a link, folder, pipe or device in its place is refused, and not waited for."""
    careful = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    where = escaped(str(path))
    try:
        handle = os.open(path, os.O_RDONLY | careful)
    except (OSError, ValueError) as problem:  # a ValueError is a NUL or half a character in the path
        raise StoreError(f"cannot be read ({getattr(problem, 'strerror', None) or problem})", where) from problem
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise StoreError("not a regular file", where)
    raw: Any = _Whence(handle, where)
    with BufferedReader(raw) as file:
        yield file


class _Whence(FileIO):
    """A file that says which one it is when it cannot be read. (What fails meanwhile to be written elsewhere is not its fault.)"""

    def __init__(self, handle: int, where: str) -> None:
        super().__init__(handle, "rb")
        self.where = where

    def readinto(self, buffer: Any, /) -> int | None:
        try:
            return super().readinto(buffer)
        except OSError as problem:
            raise StoreError(f"cannot be read ({problem.strerror or problem})", self.where) from problem

    def readall(self) -> bytes:
        try:
            return super().readall() or b""
        except OSError as problem:
            raise StoreError(f"cannot be read ({problem.strerror or problem})", self.where) from problem


def last_entry(path: Path, size: int) -> int | None:
    """How many entries a log of this many bytes has, by the number of its last line; None where it has another size or end.

    However long the log is, no more than its last line is read: whether the rest is sound is found by who reads it.
    """
    with opened(path) as file:
        if os.fstat(file.fileno()).st_size != size:
            return None
        tail, length = b"", 1 << 12
        while tail.count(b"\n", 0, -1) == 0 and len(tail) < min(size, LONGEST_LINE + 1):
            file.seek(-min(length, size), os.SEEK_END)
            tail = file.read(length)
            length *= 4
    last = tail.rstrip(b"\n").rpartition(b"\n")[2]
    number = re.match(rb'\{"id":([0-9]{1,16}),', last)
    return int(number[1]) + 1 if number else None


def read_log(path: Path) -> Log:
    """A log from its file. Whatever is not a whole log as `lines_of` writes it is refused with file and line."""
    with streamed_log(path) as log:
        return Log(log.header, tuple(log.entries))


@contextmanager
def streamed_log(path: Path) -> Iterator[Log]:
    """A log that stays in its file: its entries are read one by one, from start to end or by their ids, and none is held.

    What `read_log` refuses is refused when the entries are first gone through.
    """
    where = escaped(str(path))
    with opened(path) as file:
        if os.fstat(file.fileno()).st_size > LONGEST_LOG:
            raise StoreError(f"a log longer than {LONGEST_LOG:,} bytes", where)
        first = next(_checked_lines(file, where), b"")
        yield Log(_read(_read_header, first[:-1], f"{where}:1"), _Streamed(file, len(first), where))


class _Streamed(Sequence[Entry]):
    """The entries of a log in its file. Where each line begins, and what it was, is known once they have all been checked."""

    def __init__(self, file: BufferedReader, begin: int, where: str) -> None:
        self._file, self._begin, self._where = file, begin, where
        self._begins: array[int] = array("q")
        self._digests: array[int] = array("q")

    def __iter__(self) -> Iterator[Entry]:
        begins, digests = array("q"), array("q")
        self._file.seek(self._begin)
        place = self._begin
        numbered = enumerate(_checked_lines(self._file, self._where, 2), 2)

        def entries() -> Iterator[Entry]:
            nonlocal place
            for number, line in numbered:
                begins.append(place)
                digests.append(hash(line))
                place += len(line)
                yield _read(_read_entry, line[:-1], f"{self._where}:{number}")

        yield from _whole(entries(), self._where)
        self._begins, self._digests = begins, digests

    def __len__(self) -> int:
        if not self._begins:
            for _ in self:
                pass
        return len(self._begins)

    @overload
    def __getitem__(self, own: int) -> Entry: ...
    @overload
    def __getitem__(self, own: slice) -> list[Entry]: ...
    def __getitem__(self, own: int | slice) -> Entry | list[Entry]:
        if isinstance(own, slice):
            return [self[one] for one in range(*own.indices(len(self)))]
        if not self._begins:
            len(self)
        self._file.seek(self._begins[own])
        line = self._file.readline(LONGEST_LINE + 1)
        if hash(line) != self._digests[own]:
            raise StoreError("the log was changed while it was read", self._where)
        return _entry_of(json.loads(line))  # it was checked when it was read first


def _checked_lines(file: BufferedReader, where: str, number: int = 1) -> Iterator[bytes]:
    """The lines of a log from the `number`-th on, where the file stands; none of them is too long or cut off."""
    while line := file.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise StoreError(f"a line longer than {LONGEST_LINE:,} bytes", f"{where}:{number}")
        if not line.endswith(b"\n"):
            raise StoreError("the log is cut off within this line", f"{where}:{number}")
        yield line
        number += 1


def _whole(entries: Iterator[Entry], where: str) -> Iterator[Entry]:
    """Entries that run from `start` to `end`, are counted from 0, never go back in time, and no two of which have one key."""
    entry = None
    now = count = 0
    keys: set[str] = set()
    for count, entry in enumerate(entries, 1):
        at = f"{where}:{count + 1}"
        if count == 1 and entry.event != "start":
            break
        if entry.id != count - 1:
            raise StoreError(f"entry {count - 1} is missing or out of order", at)
        if count > 1 and entry.time < now:
            raise StoreError("the entry is earlier than the one before", at)
        now = entry.time
        if entry.key in keys:
            raise StoreError("the key was an earlier entry's", at)
        keys.add(entry.key)
        yield entry
    if not keys:
        raise StoreError("the log does not begin with a start", f"{where}:2")
    if entry is None or entry.event != "end":
        raise StoreError("the log is cut off: its last entry is no end", f"{where}:{count + 1}")


class _NotWhole(Exception):
    """What is wrong with a line; it never leaves this module."""


def strict_json(line: bytes, at: str) -> dict[str, Any]:
    """The one JSON object that ASCII text from anybody holds; refused with its place if it is not that, or not clean."""
    try:
        text = line.decode("ascii")
        whole, end = _DECODER.raw_decode(text)
        if end != len(text) or type(whole) is not dict:
            raise _NotWhole("not one JSON object")
        if "\\u" in text:
            json.dumps(whole, ensure_ascii=False).encode()  # half a character could not be shown anywhere
    except _NotWhole as problem:
        raise StoreError(f"damaged: {problem}", at) from problem
    except (ValueError, RecursionError) as problem:
        raise StoreError("damaged: not JSON as sim writes it", at) from problem
    return whole


def _read(make: Callable[[dict[str, Any]], T], line: bytes, at: str) -> T:
    """One line made into what it stands for, or refused with its place."""
    whole = strict_json(line, at)
    try:
        return make(whole)
    except (_NotWhole, Malformed) as problem:
        raise StoreError(str(problem), at) from problem


def _whole_number(text: str) -> int:
    if len(text) > 309 or abs(number := int(text)) >= _LARGEST_WHOLE:
        raise _NotWhole("a number is too large")
    return number


def _finite_number(text: str) -> float:
    """A number with a fraction; also what Python's JSON allows beyond the standard: NaN and Infinity, which are refused."""
    if not math.isfinite(number := float(text)):
        raise _NotWhole("a number is too large, or none")
    return number


def _mapping_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    whole = dict(pairs)
    if len(whole) != len(pairs):
        raise _NotWhole("a key is written twice")
    return whole


_DECODER = json.JSONDecoder(
    object_pairs_hook=_mapping_of, parse_int=_whole_number, parse_float=_finite_number, parse_constant=_finite_number
)


def _typed(whole: dict[str, Any], types: dict[str, type], needed: tuple[str, ...]) -> None:
    """Refuse a line with an unknown or missing key, or one that holds something else than it should."""
    for name, value in whole.items():
        if type(value) is not types.get(name):
            raise _NotWhole(
                f"{name} is not as it should be" if name in types else f"'{escaped(name)}' is no key of a log of format {FORMAT}"
            )
        if type(value) is list and not all(type(text) is str for text in value):
            raise _NotWhole(f"{name} is not a list of texts")
        if type(value) is int and value < 0:
            raise _NotWhole(f"{name} is below 0")
    for name in needed:
        if name not in whole:
            raise _NotWhole(f"{name} is missing")


def _instant(text: str) -> int:
    instant = instant_of_iso(text)
    if abs(instant) >= _FARTHEST:
        raise _NotWhole("a time is out of reach")
    return instant


def _read_entry(whole: dict[str, Any]) -> Entry:
    """One line as an entry, if every part of it has its type and its causes stand above it."""
    _typed(whole, ENTRY_TYPES, ("id", "time", "event", "status", "key"))
    get = whole.get
    own = whole["id"]
    if whole["status"] not in _STATUSES:
        raise _NotWhole("status is none of " + ", ".join(_STATUSES))
    if get("cause", -1) >= own:
        raise _NotWhole("the cause does not stand above its effect")
    because, changes = get("because", {}), get("changes", {})
    for pair in (*because.values(), *changes.values()):
        if type(pair) is not list or len(pair) != 2:
            raise _NotWhole("because or changes does not hold pairs")
    for _, writers in because.values():
        if type(writers) is not list or not all(type(writer) is int and 0 <= writer < own for writer in writers):
            raise _NotWhole("because names a writer that does not stand above")
    return _entry_of(whole)


def _entry_of(whole: dict[str, Any]) -> Entry:
    """The entry that a sound line holds."""
    get = whole.get
    return Entry(
        whole["id"], _instant(whole["time"]), whole["event"], get("by"), get("to"), get("via"), whole["status"], get("case"),
        get("rule"), get("cause"), {name: (value, tuple(writers)) for name, (value, writers) in get("because", {}).items()},
        get("data", {}), {path: (old, new) for path, (old, new) in get("changes", {}).items()},
        tuple(get("norms", ())), tuple(get("source", ())), whole["key"],
    )  # fmt: skip


def _read_header(whole: dict[str, Any]) -> Header:
    """The first line as a header, if its format is the one known here."""
    if type(whole.get("format")) is not int:
        raise _NotWhole("the first line is no header of a log")
    if whole["format"] != FORMAT:
        raise _NotWhole(f"a log of format {whole['format']}; this version of sim reads format {FORMAT}")
    _typed(whole, HEADER_TYPES, tuple(name for name in HEADER_TYPES if name != "what_if"))
    if len(whole["period"]) != 2 or not all(type(value) is str for value in whole["digests"].values()):
        raise _NotWhole("period or digests is not as it should be")
    if not is_zone(whole["timezone"]):
        raise _NotWhole("timezone is none known here")
    begin, until = whole["period"]
    return Header(
        **{**whole, "what_if": whole.get("what_if"), "overrides": tuple(whole["overrides"]), "period": (_instant(begin), _instant(until))}
    )
