"""The outcome log: what one entry is, its JSON form, writing it and reading it back.

In: the `Recording` of a run and a `Header`, or the file of a log. Out: `Log`, or the lines of the file.

A log is JSON Lines: the header, then one entry a line, from `start` to `end`. Values are in the form readers get:
durations in seconds, instants in ISO 8601. So a log made from a recording and the same log read back are equal.
The keys of an entry stand in the order of `Entry`, and one that is empty is left out.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from json.encoder import encode_basestring_ascii as quoted
from pathlib import Path
from typing import Any, TypeVar

from sim.clock import IsoClock, Malformed, instant_of_iso, is_zone, seconds
from sim.engine.record import Because, Extra, RawEntry, Recording, Shape, heard_as
from sim.errors import StoreError, escaped

__all__ = [
    "FORMAT", "LONGEST_LINE", "LONGEST_LOG",
    "Entry", "Header", "Log",
    "digest", "entry_as_dict", "header_as_dict", "lines_of", "log_of", "opened", "read_log", "strict_json",
]  # fmt: skip

FORMAT = 1
"""The version of the form written here; a log of another is refused."""

LONGEST_LINE = 1 << 20
"""No line of a log is longer (bytes), nor is one read."""

LONGEST_LOG = 1 << 30
"""No log is longer (bytes), nor is one read."""

T = TypeVar("T")

_LARGEST_WHOLE = 1 << 1023  # still turns into a float
_FARTHEST = 1 << 53
_STATUSES = ("done", "blocked", "violation")

Clock = Callable[[int], str]
"""An instant (µs) as ISO 8601 text."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the outcome log, as readers see it; `time` is µs since 1970 (UTC), `cause` the id of the entry that brought it about."""

    id: int
    time: int
    event: str
    by: str | None
    to: str | None
    via: str | None
    status: str
    case: str | None
    rule: str | None
    cause: int | None
    because: dict[str, tuple[Any, tuple[int, ...]]]
    data: dict[str, Any]
    changes: dict[str, tuple[Any, Any]]
    norms: tuple[str, ...]
    source: tuple[str, ...]
    key: str

    def heard_as(self) -> tuple[str, ...]:
        """Under which names it is heard and counted."""
        return heard_as(self.event, self.status, self.norms)


@dataclass(frozen=True, slots=True)
class Header:
    """Which run a log is of: the first line of its file. `period` is in µs, half-open; `what_if` is None for the baseline."""

    format: int
    scenario: str
    title: str
    what_if: str | None
    digests: dict[str, str]
    overrides: tuple[str, ...]
    seed: int
    replication: int
    version: str
    timezone: str
    period: tuple[int, int]


@dataclass(frozen=True)
class Log:
    """What everything after the engine reads: a header, and entries in the order of their ids, from `start` to `end`."""

    header: Header
    entries: Sequence[Entry]


_ENTRY_TYPES = {
    "id": int, "time": str, "event": str, "by": str, "to": str, "via": str, "status": str, "case": str, "rule": str, "cause": int,
    "because": dict, "data": dict, "changes": dict, "norms": list, "source": list, "key": str,
}  # fmt: skip
_HEADER_TYPES = {
    "format": int, "scenario": str, "title": str, "what_if": str, "digests": dict, "overrides": list,
    "seed": int, "replication": int, "version": str, "timezone": str, "period": list,
}  # fmt: skip


# ---- values


def _value(value: Any, kind: str | None, clock: Clock) -> Any:
    """A value of the run in the form readers get: seconds, ISO 8601, plain lists and sorted mappings."""
    if value is None:
        return None
    if kind == "duration":
        return seconds(value)
    if kind == "instant":
        return clock(value)
    return _plain(value) if isinstance(value, (dict, list, tuple)) else value


def _plain(value: Any) -> Any:
    """A value with its mappings in sorted order and its tuples as lists, as JSON has them."""
    if isinstance(value, dict):
        return {name: _plain(value[name]) for name in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


_dumps = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode


def _encoded(value: Any) -> str:
    """The JSON of a value; texts, whole numbers and finite numbers without the detour over the general encoder."""
    kind = type(value)
    if kind is str:
        return quoted(value)
    if kind is int or (kind is float and math.isfinite(value)):
        return repr(value)
    return _dumps(value)


# ---- from the engine


def log_of(recording: Recording, header: Header) -> Log:
    """What a run recorded, as readers see it."""
    clock = IsoClock(header.timezone)
    return Log(header, tuple(_entry(raw, clock) for raw in recording.entries))


def _entry(raw: RawEntry, clock: Clock) -> Entry:
    own, time, shape, by, to, case, cause, because, data, path, k, extra = raw
    return Entry(
        own, time, shape.event, by or None, to or None, (extra.via or None) if extra else None, extra.status if extra else "done",
        case.key if case is not None else None, shape.rule or None, cause,
        _because(because, clock) if because else {}, _data(data, shape, clock) if data else {},
        _changes(extra, clock) if extra else {}, extra.norms if extra else (), shape.source, f"{path}#{k}" if k else path,
    )  # fmt: skip


def _data(data: dict[str, Any], shape: Shape, clock: Clock) -> dict[str, Any]:
    return {name: _value(data[name], shape.fields.get(name), clock) for name in sorted(data)}


def _because(because: Because, clock: Clock) -> dict[str, tuple[Any, tuple[int, ...]]]:
    guarded, values, ids = because
    columns = zip(guarded.names, guarded.types, values, ids, strict=True)
    read = {name: (_value(value, kind, clock), writers) for name, kind, value, writers in columns}
    return {name: read[name] for name in sorted(read)}


def _changes(extra: Extra, clock: Clock) -> dict[str, tuple[Any, Any]]:
    changed = {path: (_value(old, kind, clock), _value(new, kind, clock)) for path, old, new, kind in extra.changes}
    return {path: changed[path] for path in sorted(changed)}


# ---- writing


def header_as_dict(header: Header) -> dict[str, Any]:
    """The header as its JSON object; `what_if` is left out for the baseline."""
    clock = IsoClock(header.timezone)
    whole = {name: getattr(header, name) for name in _HEADER_TYPES}
    whole |= {"digests": _plain(header.digests), "overrides": [*header.overrides], "period": [clock(end) for end in header.period]}
    return {name: value for name, value in whole.items() if value is not None}


def entry_as_dict(entry: Entry, clock: Clock) -> dict[str, Any]:
    """An entry as its JSON object: keys in their order, without what is empty. `clock` writes instants."""
    whole: dict[str, Any] = {name: _plain(getattr(entry, name)) for name in _ENTRY_TYPES}
    whole["time"] = clock(entry.time)
    return {name: value for name, value in whole.items() if value is not None and value not in ("", [], {})}


def lines_of(recording: Recording, header: Header) -> Iterator[str]:
    """The lines of the log's file, each with its line end, straight from what the run recorded.

    Byte for byte what `entry_as_dict` and `json.dumps` would give, two to seven times as fast: what entries share
    is encoded once. Two entries of one key are a bug of the engine.
    """
    yield _dumps(header_as_dict(header)) + "\n"
    clock = IsoClock(header.timezone)
    known: dict[tuple[int, str | None, str | None], tuple[str, str, str]] = {}
    cases: dict[int, str] = {}
    shared: dict[int, tuple[dict[str, Any], str]] = {}
    keys: set[str] = set()
    now, stamp = None, ""
    for own, time, shape, by, to, case, cause, because, data, path, k, extra in recording.entries:
        key = f"{path}#{k}" if k else path
        if key in keys:
            raise RuntimeError(f"two entries are called {key}")
        keys.add(key)
        if time != now:  # what one instant brings shares its text
            now, stamp = time, clock(time)
        alike = known.get((id(shape), by, to))
        if alike is None:
            alike = known[id(shape), by, to] = _alike(shape, by, to)
        head, rule, source = alike
        if extra is not None:
            head = _head(shape, by, to, extra)
        if because is None and extra is None and data is not None:  # decisions of cases share their data
            last, rest = shared.get(id(shape), ({}, ""))
            if data is not last:
                rest = _rest(shape, None, data, None, clock)
                shared[id(shape)] = data, rest
        else:
            rest = _rest(shape, because, data, extra, clock) if because or data or extra else ""
        about = ""
        if case is not None:
            about = cases.get(id(case)) or cases.setdefault(id(case), f',"case":{quoted(case.key)}')
        origin = rule if cause is None else f'{rule},"cause":{cause}'
        yield f'{{"id":{own},"time":"{stamp}"{head}{about}{origin}{rest}{source},"key":"{key}"}}\n'


def _alike(shape: Shape, by: str | None, to: str | None) -> tuple[str, str, str]:
    """What entries of one shape between the same two have alike, encoded: who did what, the provision, what it cites."""
    rule = f',"rule":{quoted(shape.rule)}' if shape.rule else ""
    source = f',"source":{_dumps(shape.source)}' if shape.source else ""
    return _head(shape, by, to, None), rule, source


def _head(shape: Shape, by: str | None, to: str | None, extra: Extra | None) -> str:
    """Who did what to whom, from `event` to `status`, encoded."""
    status = extra.status if extra else "done"
    named = (("event", shape.event), ("by", by), ("to", to), ("via", extra.via if extra else None), ("status", status))
    return "".join(f',"{name}":{quoted(text)}' for name, text in named if text)


def _rest(shape: Shape, because: Because | None, data: dict[str, Any] | None, extra: Extra | None, clock: Clock) -> str:
    """What an entry may have beside, from `because` to `norms`, encoded."""
    parts = []
    if because and because[0].names:
        read = [
            f"{quoted(name)}:[{_encoded(value)},[{','.join(map(str, ids))}]]" for name, (value, ids) in _because(because, clock).items()
        ]
        parts.append(f',"because":{{{",".join(read)}}}')
    if data:
        held = [f"{quoted(name)}:{_encoded(value)}" for name, value in _data(data, shape, clock).items()]
        parts.append(f',"data":{{{",".join(held)}}}')
    if extra and extra.changes:
        moved = [f"{quoted(path)}:[{_encoded(old)},{_encoded(new)}]" for path, (old, new) in _changes(extra, clock).items()]
        parts.append(f',"changes":{{{",".join(moved)}}}')
    if extra and extra.norms:
        parts.append(f',"norms":{_dumps(extra.norms)}')
    return "".join(parts)


def digest(lines: Iterable[str]) -> str:
    """The SHA-256 of a log's entries; its first line, the header, does not count."""
    entries = iter(lines)
    next(entries, None)
    whole = hashlib.sha256()
    for line in entries:
        whole.update(line.encode("ascii"))
    return whole.hexdigest()


# ---- reading


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
    with os.fdopen(handle, "rb") as file:
        try:
            yield file
        except OSError as problem:
            raise StoreError(f"cannot be read ({problem.strerror or problem})", where) from problem


def read_log(path: Path) -> Log:
    """A log from its file. Whatever is not a whole log as `lines_of` writes it is refused with file and line."""
    where = escaped(str(path))
    with opened(path) as file:
        if os.fstat(file.fileno()).st_size > LONGEST_LOG:
            raise StoreError(f"a log longer than {LONGEST_LOG:,} bytes", where)
        lines = _checked_lines(file, where)
        header = _read(_read_header, next(lines, b""), f"{where}:1")
        entries = tuple(_read(_read_entry, line, f"{where}:{number}") for number, line in enumerate(lines, 2))
    _check_whole(entries, where)
    return Log(header, entries)


def _checked_lines(file: BufferedReader, where: str) -> Iterator[bytes]:
    """The lines of a log without their ends, none of them too long or cut off."""
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise StoreError(f"a line longer than {LONGEST_LINE:,} bytes", f"{where}:{number}")
        if not line.endswith(b"\n"):
            raise StoreError("the log is cut off within this line", f"{where}:{number}")
        yield line[:-1]


def _check_whole(entries: Sequence[Entry], where: str) -> None:
    """A log runs from `start` to `end`, counts its entries from 0, never goes back in time and calls no two alike."""
    if not entries or entries[0].event != "start":
        raise StoreError("the log does not begin with a start", f"{where}:2")
    now = entries[0].time
    keys: set[str] = set()
    for number, entry in enumerate(entries):
        at = f"{where}:{number + 2}"
        if entry.id != number:
            raise StoreError(f"entry {number} is missing or out of order", at)
        if entry.time < now:
            raise StoreError("the entry is earlier than the one before", at)
        now = entry.time
        if entry.key in keys:
            raise StoreError("the key was an earlier entry's", at)
        keys.add(entry.key)
    if entries[-1].event != "end":
        raise StoreError("the log is cut off: its last entry is no end", f"{where}:{len(entries) + 1}")


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
    _typed(whole, _ENTRY_TYPES, ("id", "time", "event", "status", "key"))
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
    return Entry(
        own, _instant(whole["time"]), whole["event"], get("by"), get("to"), get("via"), whole["status"],
        get("case"), get("rule"), get("cause"), {name: (value, tuple(writers)) for name, (value, writers) in because.items()},
        get("data", {}), {path: (old, new) for path, (old, new) in changes.items()},
        tuple(get("norms", ())), tuple(get("source", ())), whole["key"],
    )  # fmt: skip


def _read_header(whole: dict[str, Any]) -> Header:
    """The first line as a header, if its format is the one known here."""
    if type(whole.get("format")) is not int:
        raise _NotWhole("the first line is no header of a log")
    if whole["format"] != FORMAT:
        raise _NotWhole(f"a log of format {whole['format']}; this version of sim reads format {FORMAT}")
    _typed(whole, _HEADER_TYPES, tuple(name for name in _HEADER_TYPES if name != "what_if"))
    if len(whole["period"]) != 2 or not all(type(value) is str for value in whole["digests"].values()):
        raise _NotWhole("period or digests is not as it should be")
    if not is_zone(whole["timezone"]):
        raise _NotWhole("timezone is none known here")
    begin, until = whole["period"]
    return Header(
        **{**whole, "what_if": whole.get("what_if"), "overrides": tuple(whole["overrides"]), "period": (_instant(begin), _instant(until))}
    )
