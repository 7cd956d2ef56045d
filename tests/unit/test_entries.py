"""The log's record: the quick way of writing is the slow one, what is written reads back, and what is damaged is refused."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.clock import IsoClock, parse_instant
from sim.engine.record import Extra, Guarded, RawEntry, Recording, Shape
from sim.errors import StoreError
from sim.log import reading as module
from sim.log.entries import FORMAT, Header, Log, digest, entry_as_dict, lines_of, log_of
from sim.log.reading import LONGEST_LINE, read_log

ZONE = "Europe/Belgrade"
BEGIN = parse_instant("2025-03-29", ZONE)
UNTIL = parse_instant("2026-04-01", ZONE)

KINDS = ("number", "flag", "text", "duration", "instant", "actor", "label")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
NAMES = st.one_of(st.sampled_from(["svr", "président", 'a"b', "line\nbreak", "\u2028", "</script>"]), TEXTS)
NUMBERS = st.one_of(st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False))


def values(kind: str) -> st.SearchStrategy[Any]:
    """What a run may hold of a type; every type may be without value."""
    known: dict[str, st.SearchStrategy[Any]] = {
        "number": NUMBERS,
        "flag": st.booleans(),
        "duration": st.integers(-(2**53), 2**53),
        "instant": st.integers(BEGIN, UNTIL),
    }
    return st.none() | known.get(kind, NAMES)


NESTED = st.recursive(
    NUMBERS | NAMES | st.none(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6
)


@st.composite
def raw_entries(draw: st.DrawFn, own: int, time: int, event: str) -> RawEntry:
    kinds = draw(st.dictionaries(NAMES, st.sampled_from(KINDS), max_size=3))
    source = tuple(draw(st.lists(NAMES, max_size=2)))
    shape = Shape(event, draw(st.sampled_from(["", "rules.answer"])), source, kinds)
    data = {name: draw(values(kind)) for name, kind in kinds.items()} | draw(st.dictionaries(st.sampled_from(["~1", "~2"]), NESTED))
    read = draw(st.lists(st.tuples(NAMES, st.sampled_from(KINDS)), max_size=3))
    above = st.lists(st.integers(0, own - 1), max_size=3).map(tuple) if own else st.just(())
    guarded = Guarded(tuple(n for n, _ in read), tuple(k for _, k in read))
    because = (guarded, tuple(draw(values(k)) for _, k in read), tuple(draw(above) for _ in read))
    moved = draw(st.lists(st.tuples(NAMES, st.sampled_from(KINDS)), max_size=2))
    changes = tuple((path, draw(values(kind)), draw(values(kind)), kind) for path, kind in moved)
    extra = Extra(
        draw(st.sampled_from(["done", "blocked", "violation"])), tuple(draw(st.lists(NAMES, max_size=2))), draw(st.none() | NAMES), changes
    )
    by, to, case = (draw(st.none() | NAMES) for _ in range(3))
    cause = draw(st.integers(0, own - 1)) if own else None
    rest = (draw(st.sampled_from([None, because])), draw(st.sampled_from([None, data])))
    name = (f"timeline.{own}", draw(st.sampled_from([0, 3])))
    return (
        own,
        time,
        shape,
        by,
        to,
        SimpleNamespace(key=case) if case is not None else None,
        cause,
        *rest,
        *name,
        draw(st.sampled_from([None, extra])),
    )


@st.composite
def recordings(draw: st.DrawFn) -> Recording:
    times = sorted(draw(st.lists(st.integers(BEGIN, UNTIL), min_size=2, max_size=6)))
    events = ["start", *(draw(NAMES) for _ in times[2:]), "end"]
    raw = [draw(raw_entries(own, time, event)) for own, (time, event) in enumerate(zip(times, events, strict=True))]
    return recording_of(raw)


def recording_of(raw: list[RawEntry]) -> Recording:
    return Recording("serbia", ZONE, BEGIN, UNTIL, 1, 0, raw, len(raw))


def header(**changed: Any) -> Header:
    whole: dict[str, Any] = {
        "format": FORMAT, "scenario": "serbia", "title": "Serbia halts", "what_if": None, "digests": {"scenario": "ab", "edits": "cd"},
        "overrides": ("x=1",), "seed": 1, "replication": 0, "version": "0.1.0", "timezone": ZONE, "period": (BEGIN, UNTIL),
    }  # fmt: skip
    return Header(**{**whole, **changed})


def plain(own: int, event: str, **columns: Any) -> RawEntry:
    get = columns.get
    shape = get("shape", Shape(event, "", (), {}))
    name = (f"timeline.{own}", get("k", 0))
    return (own, BEGIN + own, shape, get("by"), None, None, get("cause"), get("because"), get("data"), *name, get("extra"))


def small() -> Recording:
    """A run in which one rule answers one accusation and is blocked."""
    answer = Shape("halt", "rules.answer", ("rks",), {"wait": "duration", "at": "instant", "n": "number"})
    because = (Guarded(("tension", "count(accusation)"), ("number", "number")), (0.5, 1), ((0,), (1,)))
    extra = Extra("blocked", ("norms.ban",), "russia", (("tension", 0.5, 1, "number"), ("delay", None, 5_400_000_000, "duration")))
    data = {"wait": 90_500_000, "n": 2, "at": UNTIL}
    halt = plain(2, "halt", shape=answer, cause=1, because=because, data=data, extra=extra, k=4)
    return recording_of([plain(0, "start"), plain(1, "accusation", by="svr", cause=0), halt, plain(3, "end")])


def obvious(log: Log) -> list[str]:
    """The entries of a log, written the slow way."""
    clock = IsoClock(log.header.timezone)
    return [json.dumps(entry_as_dict(e, clock), ensure_ascii=True, allow_nan=False, separators=(",", ":")) + "\n" for e in log.entries]


def written(folder: Path, lines: list[str]) -> Path:
    path = folder / "log.jsonl"
    path.write_bytes("".join(lines).encode())
    return path


@given(recordings())
def test_the_quick_way_writes_what_the_obvious_one_writes(recording: Recording) -> None:
    assert list(lines_of(recording, header()))[1:] == obvious(log_of(recording, header()))


@given(recordings(), st.none() | st.just("monthly_council"))
def test_a_log_read_back_is_the_log(tmp_path_factory: pytest.TempPathFactory, recording: Recording, what_if: str | None) -> None:
    head = header(what_if=what_if)
    path = written(tmp_path_factory.mktemp("log"), list(lines_of(recording, head)))
    assert read_log(path) == log_of(recording, head)


@given(recordings())
def test_every_line_is_one_line_of_ascii(recording: Recording) -> None:
    for line in lines_of(recording, header()):
        assert line.isascii()
        assert line.index("\n") == len(line) - 1
        assert isinstance(json.loads(line), dict)


def test_an_entry_looks_as_the_manual_shows_it() -> None:
    lines = list(lines_of(small(), header()))
    assert lines[1] == '{"id":0,"time":"2025-03-29T00:00:00+01:00","event":"start","status":"done","key":"timeline.0"}\n'
    assert lines[3] == (
        '{"id":2,"time":"2025-03-29T00:00:00.000002+01:00","event":"halt","via":"russia","status":"blocked","rule":"rules.answer","cause":1,'
        '"because":{"count(accusation)":[1,[1]],"tension":[0.5,[0]]},"data":{"at":"2026-04-01T00:00:00+02:00","n":2,"wait":90.5},'
        '"changes":{"delay":[null,5400],"tension":[0.5,1]},"norms":["norms.ban"],"source":["rks"],"key":"timeline.2#4"}\n'
    )


def test_two_entries_of_one_key_are_a_bug() -> None:
    twice = plain(1, "halt")
    with pytest.raises(RuntimeError, match=r"two entries are called timeline\.1"):
        list(lines_of(recording_of([plain(0, "start"), twice, twice]), header()))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [float("nan")]])
def test_what_is_not_finite_is_never_written(value: Any) -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        list(lines_of(recording_of([plain(0, "start", data={"x": value})]), header()))


def test_the_digest_is_over_entries_alone() -> None:
    same = {digest(lines_of(small(), header(**changed))) for changed in ({}, {"title": "another"}, {"version": "9"})}
    assert len(same) == 1
    assert digest(lines_of(recording_of(small().entries[:-1]), header())) not in same


Damage = Callable[[list[str]], list[str]]


def edited(line: int, old: str, new: str) -> Damage:
    def damage(lines: list[str]) -> list[str]:
        assert old in lines[line]
        return [*lines[:line], lines[line].replace(old, new, 1), *lines[line + 1 :]]

    return damage


DAMAGES: dict[str, tuple[Damage, int | None, str]] = {
    "empty": (lambda lines: lines[:0], 1, "not JSON"),
    "header alone": (lambda lines: lines[:1], 2, "does not begin with a start"),
    "cut between lines": (lambda lines: lines[:-1], 4, "its last entry is no end"),
    "cut in a line": (lambda lines: [*lines[:-1], lines[-1][:20]], 5, "cut off within this line"),
    "last line end lost": (lambda lines: [*lines[:-1], lines[-1][:-1]], 5, "cut off within this line"),
    "a line lost": (lambda lines: [*lines[:2], *lines[3:]], 3, "entry 1 is missing"),
    "two lines exchanged": (lambda lines: [lines[0], lines[1], lines[3], lines[2], lines[4]], 3, "entry 1 is missing"),
    "a line too long": (lambda lines: [*lines[:3], " " * LONGEST_LINE + "\n", *lines[3:]], 4, "a line longer than 1,048,576 bytes"),
    "line ends of Windows": (lambda lines: [line[:-1] + "\r\n" for line in lines], 1, "not one JSON object"),
    "another format": (edited(0, '"format":1', '"format":2'), 1, "a log of format 2; this version of sim reads format 1"),
    "no format": (edited(0, '"format":1', '"format":true'), 1, "no header"),
    "no such zone": (edited(0, "Europe/Belgrade", "../../etc/passwd"), 1, "timezone is none known"),
    "header lacks seed": (edited(0, '"seed":1,', ""), 1, "seed is missing"),
    "seed below 0": (edited(0, '"seed":1,', '"seed":-1,'), 1, "seed is below 0"),
    "three instants": (edited(0, '"period":[', '"period":["2025-01-01T00:00:00Z",'), 1, "period or digests"),
    "digest no text": (edited(0, '"scenario":"ab"', '"scenario":1'), 1, "period or digests"),
    "not a mapping": (lambda lines: [lines[0], "[1]\n", *lines[2:]], 2, "not one JSON object"),
    "two objects": (edited(2, "}\n", "}{}\n"), 3, "not one JSON object"),
    "not JSON": (edited(2, '"event"', "event"), 3, "not JSON"),
    "not ASCII": (edited(2, "accusation", "accusé"), 3, "not JSON"),
    "nested too deep": (edited(2, '"cause":0', '"data":{"x":' + "[" * 100_000 + "}"), 3, "not JSON"),
    "NaN": (edited(3, '"n":2', '"n":NaN'), 4, "too large, or none"),
    "infinite": (edited(3, '"n":2', '"n":1e999'), 4, "too large, or none"),
    "5,000 digits": (edited(3, '"n":2', '"n":' + "9" * 5000), 4, "a number is too large"),
    "half a character": (edited(3, '"n":2', '"n":"\\ud800"'), 4, "not JSON"),
    "a key twice": (edited(2, '"cause":0', '"cause":0,"cause":1'), 3, "a key is written twice"),
    "unknown key": (edited(2, '"cause":0', '"because_of":0'), 3, "'because_of' is no key of a log of format 1"),
    "key missing": (edited(2, '"status":"done",', ""), 3, "status is missing"),
    "wrong type": (edited(2, '"by":"svr"', '"by":7'), 3, "by is not as it should be"),
    "null": (edited(2, '"by":"svr"', '"by":null'), 3, "by is not as it should be"),
    "a flag for a number": (edited(2, '"cause":0', '"cause":false'), 3, "cause is not as it should be"),
    "status unknown": (edited(2, '"done"', '"dead"'), 3, "status is none of done, blocked, violation"),
    "its own cause": (edited(2, '"cause":0', '"cause":1'), 3, "the cause does not stand above"),
    "a cause below 0": (edited(2, '"cause":0', '"cause":-1'), 3, "cause is below 0"),
    "a writer to come": (edited(3, '[1,[1]]', "[1,[2]]"), 4, "a writer that does not stand above"),
    "a writer no id": (edited(3, '[1,[1]]', '[1,["1"]]'), 4, "a writer that does not stand above"),
    "no pair": (edited(3, '[1,[1]]', "[1]"), 4, "does not hold pairs"),
    "changes no pair": (edited(3, "[null,5400]", "5400"), 4, "does not hold pairs"),
    "norms not texts": (edited(3, '["norms.ban"]', "[1]"), 4, "norms is not a list of texts"),
    "no time": (edited(2, "2025-03-29T", "29 March "), 3, "not an ISO 8601 time"),
    "no offset": (edited(2, "+01:00", ""), 3, "has no offset"),
    "out of reach": (edited(2, "2025-", "0001-"), 3, "out of reach"),
    "back in time": (edited(3, "2025-", "2024-"), 4, "earlier than the one before"),
    "a key again": (edited(3, "timeline.2#4", "timeline.1"), 4, "the key was an earlier entry's"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_log_is_refused_with_file_and_line(tmp_path: Path, name: str) -> None:
    damage, line, words = DAMAGES[name]
    path = written(tmp_path, damage(list(lines_of(small(), header()))))
    with pytest.raises(StoreError) as refused:
        read_log(path)
    assert words in refused.value.text
    assert refused.value.place == f"{path}:{line}"


@given(st.data())
def test_a_log_with_a_byte_changed_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    whole = bytearray("".join(lines_of(small(), header())).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("log") / "log.jsonl"
    path.write_bytes(whole)
    try:
        log = read_log(path)
    except StoreError:
        return
    assert log.entries[-1].event == "end"
    obvious(log)


def test_a_log_beyond_the_limit_is_not_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, list(lines_of(small(), header())))
    monkeypatch.setattr(module, "LONGEST_LOG", 100)
    with pytest.raises(StoreError, match="a log longer than 100 bytes"):
        read_log(path)


@pytest.mark.parametrize("kind", ["missing", "folder", "link", "pipe", "nul"])
def test_only_a_regular_file_is_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / ("\0" if kind == "nul" else "log.jsonl")
    if kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to(written(tmp_path, list(lines_of(small(), header()))).rename(tmp_path / "elsewhere"))
    elif kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(StoreError, match=r"cannot be read|not a regular file"):
        read_log(path)
