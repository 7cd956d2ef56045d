"""The outcome log: what one entry is, its JSON form, and writing it (`reading` reads it back).

In: the `Recording` of a run and a `Header`. Out: `Log`, or the lines of the file.

A log is JSON Lines: the header, then one entry a line, from `start` to `end`. Values are in the form readers get:
durations in seconds, instants in ISO 8601. So a log made from a recording and the same log read back are equal.
The keys of an entry stand in the order of `Entry`, and one that is empty is left out.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from sim import chance
from sim.clock import IsoClock, seconds
from sim.engine.record import Because, Extra, RawEntry, Recording, Shape, heard_as

__all__ = [
    "ENTRY_TYPES", "FORMAT", "HEADER_TYPES",
    "Entry", "Header", "Log",
    "digest", "entry_as_dict", "header_as_dict", "heard_as", "lines_of", "log_of", "name_of",
]  # fmt: skip

FORMAT = 1
"""The version of the form written here; a log of another is refused."""


def name_of(key: str) -> tuple[str, int]:
    """The name behind an entry's key or a case: the path, and which of that path."""
    path, mark, k = key.rpartition("#")
    return (path, int(k)) if mark else (key, 0)


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

    def uniform(self, site: str, path: str, k: int) -> float:
        """The uniform number in [0, 1) that this run draws at a site for the occasion of a name."""
        return chance.Site(self.seed, self.replication, site).uniform(path, k)


@dataclass(frozen=True)
class Log:
    """What everything after the engine reads: a header, and entries in the order of their ids, from `start` to `end`."""

    header: Header
    entries: Sequence[Entry]


ENTRY_TYPES = {
    "id": int, "time": str, "event": str, "by": str, "to": str, "via": str, "status": str, "case": str, "rule": str, "cause": int,
    "because": dict, "data": dict, "changes": dict, "norms": list, "source": list, "key": str,
}  # fmt: skip
HEADER_TYPES = {
    "format": int, "scenario": str, "title": str, "what_if": str, "digests": dict, "overrides": list,
    "seed": int, "replication": int, "version": str, "timezone": str, "period": list,
}  # fmt: skip
"""The keys of a line, in their order, and the types of their values as JSON has them."""


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


def _json(value: Any, kind: str | None, clock: Clock) -> str:
    """The JSON of a value of the run."""
    if type(value) is str:
        return quoted(value)
    if kind == "duration" and value is not None:
        return repr(seconds(value))
    return _encoded(_value(value, kind, clock))


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
    whole = {name: getattr(header, name) for name in HEADER_TYPES}
    whole |= {"digests": _plain(header.digests), "overrides": [*header.overrides], "period": [clock(end) for end in header.period]}
    return {name: value for name, value in whole.items() if value is not None}


def entry_as_dict(entry: Entry, clock: Clock) -> dict[str, Any]:
    """An entry as its JSON object: keys in their order, without what is empty. `clock` writes instants."""
    whole: dict[str, Any] = {name: _plain(getattr(entry, name)) for name in ENTRY_TYPES}
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
    columns: Columns = {}
    keys: list[str] = []
    now, stamp = None, ""
    for own, time, shape, by, to, case, cause, because, data, path, k, extra in recording.entries:
        key = f"{path}#{k}" if k else path
        keys.append(key)
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
                rest = _held(shape, data, columns, clock)
                shared[id(shape)] = data, rest
        else:
            rest = _rest(shape, because, data, extra, columns, clock) if because or data or extra else ""
        about = ""
        if case is not None:
            about = cases.get(id(case)) or cases.setdefault(id(case), f',"case":{quoted(case.key)}')
        if cause is None:
            yield f'{{"id":{own},"time":"{stamp}"{head}{about}{rule}{rest}{source},"key":"{key}"}}\n'
        else:
            yield f'{{"id":{own},"time":"{stamp}"{head}{about}{rule},"cause":{cause}{rest}{source},"key":"{key}"}}\n'
    if len(set(keys)) < len(keys):
        raise RuntimeError(f"two entries are called {Counter(keys).most_common(1)[0][0]}")


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


Columns = dict[tuple[int, tuple[str, ...]], tuple[tuple[str, str, str | None], ...]]
"""By shape and names of data: each name, in sorted order, what stands before its value, and the name of its type."""


def _held(shape: Shape, data: dict[str, Any] | None, columns: Columns, clock: Clock) -> str:
    """The data of an entry, encoded."""
    if not data:
        return ""
    names = id(shape), tuple(data)
    laid = columns.get(names)
    if laid is None:
        laid = columns[names] = tuple((name, f"{quoted(name)}:", shape.fields.get(name)) for name in sorted(data))
    return f',"data":{{{",".join([before + _json(data[name], kind, clock) for name, before, kind in laid])}}}'


def _rest(shape: Shape, because: Because | None, data: dict[str, Any] | None, extra: Extra | None, columns: Columns, clock: Clock) -> str:
    """What an entry may have beside, from `because` to `norms`, encoded."""
    parts = []
    if because and because[0].names:
        read = [
            f"{quoted(name)}:[{_encoded(value)},[{','.join(map(str, ids))}]]" for name, (value, ids) in _because(because, clock).items()
        ]
        parts.append(f',"because":{{{",".join(read)}}}')
    parts.append(_held(shape, data, columns, clock))
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
