"""Results on disk: whole or not at all under every single failure, never overwritten, found by name, read without trust."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sim.clock import clock_changes, parse_instant
from sim.engine.record import Recording, Shape
from sim.errors import StoreError, UsageError
from sim.log import store
from sim.log.entries import FORMAT, Header, lines_of, log_of
from sim.log.reading import LONGEST_LINE
from sim.log.store import save
from sim.log.stored import Result, find, listing

HEADER = Header(FORMAT, "serbia", "Serbia halts", None, {"scenario": "ab"}, (), 7, 0, "0.1.0", "UTC", (0, 10**12))
INPUTS = {"scenario.yaml": "scenario: serbia\ntitle: Vučić\n".encode()}
VERSIONS = {"sim": "0.1.0", "log": "1", "sampler": "1", "python": "CPython 3.11.7", "simpy": "4.1.1"}
MEASURES = {"halted": True, "time_to_halt": None, "demands": 2}
FILES = {"log.jsonl", "measures.json", "scenario.yaml", "run_info.json", "manifest.json"}


def recording(middle: str = "halt", count: int = 1) -> Recording:
    events = ["start", *[middle] * count, "end"]
    raw = [(i, i, Shape(event, "", (), {}), None, None, None, None, None, None, f"timeline.{i}", 0, None) for i, event in enumerate(events)]
    return Recording("serbia", "UTC", 0, 10**12, 7, 0, raw, len(raw))


def put(root: Path, header: Header = HEADER, *, middle: str = "halt", **changed: Any) -> tuple[Path, bool]:
    whole: dict[str, Any] = {
        "measures": MEASURES,
        "inputs": INPUTS,
        "versions": VERSIONS,
        "options": {},
        "lines": lines_of(recording(middle), header),
    }
    return save(root, header=header, **{**whole, **changed})


def files_of(root: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def stages_of(root: Path) -> list[Path]:
    return list(root.glob(".stage-*"))


def test_a_result_is_stored_and_read_back(tmp_path: Path) -> None:
    folder, there = put(tmp_path)
    assert not there
    assert folder.parent == tmp_path / "serbia" / "baseline"
    assert {path.name for path in folder.iterdir()} == FILES
    result = find(tmp_path, "serbia")
    assert result.folder == folder
    assert result.log() == log_of(recording(), HEADER)
    assert result.measures() == MEASURES
    assert not stages_of(tmp_path)


def test_the_manifest_is_the_same_bytes_wherever_a_run_is_repeated(tmp_path: Path) -> None:
    first, _ = put(tmp_path / "a")
    time.sleep(0.01)
    second, _ = put(tmp_path / "b")
    assert first.relative_to(tmp_path / "a") == second.relative_to(tmp_path / "b")
    for name in FILES - {"run_info.json"}:
        assert (first / name).read_bytes() == (second / name).read_bytes()
    text = b"".join(files_of(first).values()).decode()
    for word in (str(tmp_path), os.uname().nodename):
        assert word not in text


def test_the_manifest_holds_what_repeats_the_run(tmp_path: Path) -> None:
    header = replace(HEADER, what_if="monthly", overrides=("x=1",), replication=3)
    edits = b"set: {}\n"
    folder, _ = put(tmp_path, header, inputs={**INPUTS, "edits.yaml": edits}, options={"turns": 9})
    assert folder.parent == tmp_path / "serbia" / "monthly"
    assert folder.name.endswith("-s7-r3")
    manifest = find(tmp_path, "serbia/monthly").manifest
    assert manifest["inputs"]["scenario.yaml"]["text"].encode() == INPUTS["scenario.yaml"] == (folder / "scenario.yaml").read_bytes()
    assert manifest["inputs"]["edits.yaml"]["text"].encode() == edits == (folder / "edits.yaml").read_bytes()
    assert (manifest["seed"], manifest["replication"], manifest["overrides"], manifest["options"]) == (7, 3, ["x=1"], {"turns": 9})
    assert manifest["versions"] == VERSIONS


@pytest.mark.parametrize(
    "changed",
    [
        {"digests": {"scenario": "cd"}},
        {"overrides": ("x=2",)},
        {"period": (0, 10**13)},
        {"seed": 8},
        {"replication": 1},
        {"what_if": "monthly"},
    ],
)
def test_another_question_lands_in_another_folder(tmp_path: Path, changed: dict[str, Any]) -> None:
    assert put(tmp_path)[0] != put(tmp_path, replace(HEADER, **changed))[0]
    assert len(listing(tmp_path)) == 2


def test_the_same_result_is_there_already(tmp_path: Path) -> None:
    folder, _ = put(tmp_path)
    before = files_of(tmp_path), folder.stat().st_mtime_ns
    assert put(tmp_path) == (folder, True)
    assert (files_of(tmp_path), folder.stat().st_mtime_ns) == before


@pytest.mark.parametrize(("what", "changed"), [("log", {"middle": "deny"}), ("measures", {"measures": {"halted": False}})])
def test_a_different_result_of_the_same_name_is_refused(tmp_path: Path, what: str, changed: dict[str, Any]) -> None:
    folder, _ = put(tmp_path)
    before = files_of(tmp_path)
    with pytest.raises(
        StoreError,
        match=rf"digest of its {what} is [0-9a-f]{{64}}, of this one's [0-9a-f]{{64}}; both were made by .*; nothing was overwritten",
    ) as refused:
        put(tmp_path, **changed)
    assert refused.value.place == str(folder)
    assert files_of(tmp_path) == before


@pytest.mark.parametrize("changed", [{"sim": "0.2.0"}, {"log": "2"}, {"sampler": "2"}])
def test_what_its_content_hangs_on_names_a_result(tmp_path: Path, changed: dict[str, str]) -> None:
    assert put(tmp_path)[0] != put(tmp_path, versions={**VERSIONS, **changed})[0]


@pytest.mark.parametrize("changed", [{"python": "CPython 3.13.0"}, {"simpy": "4.1.2"}, {"tzdata": "2026f"}, {"platform": "Darwin arm64"}])
def test_a_release_of_what_it_is_made_with_does_not(tmp_path: Path, changed: dict[str, str]) -> None:
    """The first one stays, with the versions it was made by."""
    folder, _ = put(tmp_path)
    assert put(tmp_path, versions={**VERSIONS, **changed}) == (folder, True)
    assert find(tmp_path, "serbia").manifest["versions"] == VERSIONS


def test_other_content_under_one_name_names_both_makers(tmp_path: Path) -> None:
    put(tmp_path)
    with pytest.raises(StoreError) as refused:
        put(tmp_path, middle="deny", versions={**VERSIONS, "python": "CPython 3.13.0", "simpy": "4.1.2"})
    words = "it was made by python CPython 3.11.7, simpy 4.1.1, this one by python CPython 3.13.0, simpy 4.1.2; nothing was overwritten"
    assert words in str(refused.value)
    with pytest.raises(StoreError) as refused:
        put(tmp_path, middle="deny")
    words = "both were made by sim 0.1.0, log 1, sampler 1, python CPython 3.11.7, simpy 4.1.1; nothing was overwritten"
    assert words in str(refused.value)


def test_the_clocks_of_the_zone_within_the_period_name_a_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A later release of the data on time zones names another result only where it moves a change of clocks within the period."""
    period = (parse_instant("2025-06-01", "Europe/Belgrade"), parse_instant("2026-06-01", "Europe/Belgrade"))
    header = replace(HEADER, timezone="Europe/Belgrade", period=period)
    first, _ = put(tmp_path, header)
    changes = find(tmp_path, "serbia").manifest["calendar"]["clock_changes"]
    assert changes == ["2025-10-26T02:00:00+01:00", "2026-03-29T03:00:00+02:00"]
    assert put(tmp_path, header) == (first, True)
    monkeypatch.setattr(store, "clock_changes", lambda *asked: clock_changes(*asked)[:1])  # a country gives up summer time
    other, there = put(tmp_path, header)
    assert (there, other == first) == (False, False)


def test_a_damaged_result_is_not_taken_for_the_same(tmp_path: Path) -> None:
    folder, _ = put(tmp_path)
    (folder / "log.jsonl").write_bytes(b"")
    with pytest.raises(StoreError, match="not the one its manifest speaks of"):
        put(tmp_path)


# ---- failures

Call = Callable[..., Any]
SEAM = ("open", "write", "fsync", "rename", "close", "mkdir")


class Faults:
    """The calls of the operating system counted, the k-th of them failing (and with `on`, every one after it)."""

    def __init__(self, patch: pytest.MonkeyPatch, k: int, number: int, *, on: bool = False) -> None:
        self.k, self.number, self.on, self.count = k, number, on, 0
        for name in SEAM:
            patch.setattr(os, name, self._failing(name, getattr(os, name)))

    def _failing(self, name: str, call: Call) -> Call:
        def guarded(*arguments: Any, **named: Any) -> Any:
            if named.get("dir_fd") is None:  # what removes the stage is not under test
                self.count += 1
                if self.count == self.k or (self.on and self.count > self.k and name in ("write", "fsync", "rename")):
                    if name == "close":
                        call(*arguments)  # the system closes the file although it tells of a failure
                    raise OSError(self.number, os.strerror(self.number))
            return call(*arguments, **named)

        return guarded


def calls_of_a_save(root: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    with monkeypatch.context() as patch:
        faults = Faults(patch, 0, 0)
        put(root)
    return faults.count


def refusal_of(root: Path) -> str:
    """What storing a result is refused with; nothing where it is not."""
    try:
        put(root)
    except StoreError as refused:
        return str(refused)
    return ""


@pytest.mark.parametrize("on", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EFBIG], ids=lambda number: errno.errorcode[number])
def test_whatever_call_fails_a_result_is_there_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, on: bool
) -> None:
    reference = tmp_path / "reference"
    total = calls_of_a_save(reference, monkeypatch)
    assert total > 30
    whole = {name: text for name, text in files_of(reference).items() if "run_info" not in name}
    for k in range(1, total + 1):
        root = tmp_path / f"{k}"
        with monkeypatch.context() as patch:
            Faults(patch, k, number, on=on)
            told = refusal_of(root)
        if told:
            assert os.strerror(number) in told
        else:
            assert number == errno.EACCES  # a permission lacking to sync the folder above is no failure
        if root.exists():
            assert not stages_of(root), k
            assert {name: text for name, text in files_of(root).items() if "run_info" not in name} in ({}, whole), k
            assert len(listing(root)) == bool(files_of(root))
        put(root)  # and the next attempt succeeds
        assert {name: text for name, text in files_of(root).items() if "run_info" not in name} == whole
        shutil.rmtree(root)


def test_a_short_write_is_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda handle, piece: real(handle, piece[:7]))
        put(tmp_path)
    assert find(tmp_path, "latest").log() == log_of(recording(), HEADER)


def test_everything_is_synced_before_the_rename_and_the_folders_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    names: dict[int, str] = {}
    opening, syncing, renaming = os.open, os.fsync, os.rename

    def opened(path: Any, *rest: Any, **named: Any) -> int:
        handle = opening(path, *rest, **named)
        names[handle] = Path(path).name
        return handle

    def synced(handle: int) -> None:
        done.append(names[handle].partition("-")[0])
        syncing(handle)

    def renamed(old: Any, new: Any) -> None:
        done.append("RENAME")
        renaming(old, new)

    with monkeypatch.context() as patch:
        for name, call in {"open": opened, "fsync": synced, "rename": renamed}.items():
            patch.setattr(os, name, call)
        put(tmp_path / "results")
    files, above = done[: done.index("RENAME")], done[done.index("RENAME") + 1 :]
    assert files == ["log.jsonl", "measures.json", "scenario.yaml", "run_info.json", "manifest.json", ".stage"]
    assert above[:3] == ["baseline", "serbia", "results"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError, MemoryError])
def test_a_run_stopped_while_it_is_stored_leaves_nothing(tmp_path: Path, stop: type[BaseException]) -> None:
    def lines() -> Iterator[str]:
        yield from list(lines_of(recording(), HEADER))[:2]
        raise stop

    with pytest.raises(stop):
        put(tmp_path, lines=lines())
    assert files_of(tmp_path) == {}
    assert not stages_of(tmp_path)


def test_a_full_disk_is_told_with_file_and_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    left = 300

    def write(handle: int, piece: memoryview) -> int:
        nonlocal left
        if not left:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        size = min(left, len(piece))
        left -= size
        return real(handle, piece[:size])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write)
        with pytest.raises(StoreError, match=r"cannot be written \(No space left on device\) after \d+ bytes: .*log\.jsonl"):
            put(tmp_path)
    assert not stages_of(tmp_path)


def test_a_log_that_would_not_be_read_again_is_not_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = list(lines_of(recording(), HEADER))
    with pytest.raises(StoreError, match=r"a line longer than 1,048,576 bytes is not stored: .*log\.jsonl:2"):
        put(tmp_path, lines=[lines[0], "x" * LONGEST_LINE + "\n"])
    monkeypatch.setattr(store, "LONGEST_LOG", 500)
    with pytest.raises(StoreError, match="a log longer than 500 bytes is not stored"):
        put(tmp_path, lines=lines)
    monkeypatch.setattr(store, "LONGEST_DOCUMENT", 100)
    with pytest.raises(StoreError, match="a document longer than 100 bytes is not stored"):
        put(tmp_path, measures={"x" * 100: 1})
    assert files_of(tmp_path) == {}


@pytest.mark.parametrize("where", ["results", "results/serbia", "results/serbia/baseline", "folder"])
def test_a_file_in_place_of_a_folder_is_told(tmp_path: Path, where: str) -> None:
    root = tmp_path / "results"
    path = put(tmp_path / "reference")[0].name if where == "folder" else ""
    place = root / "serbia" / "baseline" / path if path else tmp_path / where
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("mine")
    with pytest.raises(StoreError, match="cannot be stored"):
        put(root)
    assert place.read_text() == "mine"
    assert not stages_of(root)


def test_a_folder_that_is_no_result_is_not_replaced(tmp_path: Path) -> None:
    folder, _ = put(tmp_path)
    (folder / "manifest.json").unlink()
    before = files_of(tmp_path)
    with pytest.raises(StoreError, match="cannot be stored"):
        put(tmp_path)
    assert files_of(tmp_path) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="Permission denied"):
        put(tmp_path)
    tmp_path.chmod(0o700)


@pytest.mark.parametrize("level", ["serbia", "serbia/baseline"])
def test_a_link_in_the_results_folder_is_not_written_through(tmp_path: Path, level: str) -> None:
    root, outside = tmp_path / "results", tmp_path / "outside"
    outside.mkdir()
    (root / level).parent.mkdir(parents=True)
    (root / level).symlink_to(outside)
    with pytest.raises(StoreError, match="a link in a results folder is not followed"):
        put(root)
    assert not list(outside.iterdir())
    assert not stages_of(root)


@pytest.mark.parametrize("name", ["..", "../x", "/etc", "a/b", "A", "", "x\n", "é", "-rf"])
def test_no_name_leaves_the_results_folder(tmp_path: Path, name: str) -> None:
    root = tmp_path / "results"
    with pytest.raises(UsageError, match="cannot name a folder"):
        put(root, replace(HEADER, scenario=name))
    with pytest.raises(UsageError, match="cannot name a folder"):
        put(root, replace(HEADER, what_if=name))
    with pytest.raises(UsageError, match="a what-if cannot be called 'baseline'"):
        put(root, replace(HEADER, what_if="baseline"))
    with pytest.raises(ValueError, match="inputs are"):
        put(root, inputs={**INPUTS, "../x": b""})
    assert not root.exists()


def test_stages_of_killed_processes_go_after_a_day(tmp_path: Path) -> None:
    old, young, other = (tmp_path / name for name in (".stage-0123", ".stage-4567", "notes"))
    for folder in (old, young, other):
        folder.mkdir()
        (folder / "log.jsonl").write_text("x")
    yesterday = time.time() - 90_000
    os.utime(old, (yesterday, yesterday))
    os.utime(other, (yesterday, yesterday))
    put(tmp_path)
    assert (old.exists(), young.exists(), other.exists()) == (False, True, True)


# ---- several processes

WRITER = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from dataclasses import replace
from test_store import HEADER, put, recording, lines_of
print("ready", flush=True)
for seed in range(10_000):
    header = replace(HEADER, seed=seed)
    folder, there = put(Path({root!r}), header, lines=lines_of(recording(count=200), header))
    print(folder, flush=True)
"""


def started(root: Path) -> subprocess.Popen[str]:
    code = WRITER.format(tests=str(Path(__file__).parent), root=str(root))
    repository = Path(__file__).resolve().parents[2]
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=repository)


def test_whatever_two_killed_writers_reported_is_there_and_nothing_torn(tmp_path: Path) -> None:
    reported: set[str] = set()
    for kill in range(5):
        writers = [started(tmp_path) for _ in range(2)]
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
        time.sleep(0.03 + 0.037 * kill)
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
            text, _ = writer.communicate()
            reported |= {line for line in text.split("\n")[:-1] if line}
    stored = {str(result.folder): result for result in listing(tmp_path)}
    assert reported
    assert reported <= set(stored)
    assert {str(path) for path in tmp_path.glob("serbia/baseline/*")} == set(stored)
    for result in stored.values():
        assert len(result.log().entries) == 202
        assert result.measures() == MEASURES


def test_of_two_writers_one_wins_and_the_other_finds_it_there(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for seed in range(10):
            header = replace(HEADER, seed=seed)
            done = [task.result() for task in [pool.submit(put, tmp_path, header) for _ in range(8)]]
            assert len({folder for folder, _ in done}) == 1
            assert [there for _, there in done].count(False) == 1
    assert not stages_of(tmp_path)


@pytest.mark.parametrize("middle", ["halt", "deny"])
def test_who_comes_second_discards_its_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, middle: str) -> None:
    real = os.rename

    def overtaken(stage: Path, folder: Path) -> None:
        monkeypatch.setattr(os, "rename", real)
        put(tmp_path)
        real(stage, folder)

    monkeypatch.setattr(os, "rename", overtaken)
    if middle == "halt":
        assert put(tmp_path)[1]
    else:
        with pytest.raises(StoreError, match="another result has this name"):
            put(tmp_path, middle=middle)
    assert not stages_of(tmp_path)
    assert find(tmp_path, "latest").log() == log_of(recording(), HEADER)


# ---- finding


@pytest.fixture
def shelf(tmp_path: Path) -> dict[str, Path]:
    """Results stored one after the other."""
    headers = {
        "base7": HEADER,
        "base8": replace(HEADER, seed=8),
        "monthly": replace(HEADER, what_if="monthly"),
        "third": replace(HEADER, seed=8, replication=3),
        "iran": replace(HEADER, scenario="iran"),
        "edited": replace(HEADER, digests={"scenario": "cd"}),
    }
    return {name: put(tmp_path, header)[0] for name, header in headers.items()}


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("latest", "edited"),
        ("serbia", "edited"),
        ("serbia@7", "edited"),
        ("serbia/baseline@8", "third"),
        ("serbia@8#0", "base8"),
        ("serbia#3", "third"),
        ("serbia/monthly", "monthly"),
        ("serbia/monthly@7", "monthly"),
        ("iran", "iran"),
    ],
)
def test_a_result_is_found_by_name(tmp_path: Path, shelf: dict[str, Path], name: str, found: str) -> None:
    assert find(tmp_path, name).folder == shelf[found]


def test_a_plain_name_means_the_newest_result_without_overrides(tmp_path: Path) -> None:
    def stored(changed: Header = HEADER, **options: Any) -> Path:
        time.sleep(0.01)
        return put(tmp_path, changed, options=options)[0]

    edited = replace(HEADER, overrides=("parameters.delay=5",))
    first = stored(edited)
    assert find(tmp_path, "serbia").folder == first
    shortened = stored(until="2025-08-01")
    found = find(tmp_path, "serbia@7")
    assert (found.folder, found.overrides, found.until, found.is_plain) == (shortened, (), "2025-08-01", False)
    plain = stored()
    newest = stored(edited, until="2025-08-01")
    for name in ("serbia", "serbia@7", "serbia#0", "serbia/baseline"):
        assert find(tmp_path, name).folder == plain
    assert find(tmp_path, "serbia").is_plain
    assert find(tmp_path, "latest").folder == newest
    assert find(tmp_path, str(first)).overrides == ("parameters.delay=5",)


def test_a_result_is_found_by_its_folder_wherever_it_lies(tmp_path: Path, shelf: dict[str, Path]) -> None:
    assert find(tmp_path / "nowhere", str(shelf["iran"])).measures() == MEASURES
    moved = shelf["iran"].rename(tmp_path / "for_anna")
    assert find(tmp_path, str(moved)).log() == log_of(recording(), replace(HEADER, scenario="iran"))
    assert moved not in [result.folder for result in listing(tmp_path)]


def test_results_are_listed_newest_first(tmp_path: Path, shelf: dict[str, Path]) -> None:
    assert [result.folder for result in listing(tmp_path)] == list(reversed(shelf.values()))
    (shelf["base7"] / "run_info.json").write_text("?")  # where the note of the time is lost, the manifest's own counts
    os.utime(shelf["base7"] / "manifest.json", (time.time() + 9, time.time() + 9))
    assert listing(tmp_path)[0].folder == shelf["base7"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "serbai",
            "no result is called 'serbai'; did you mean 'serbia'? (stored are serbia@7, serbia@8, serbia@8#3, iran@7, serbia/monthly@7)",
        ),
        ("serbia@9", "no result is called 'serbia@9'; did you mean 'serbia@8'?"),
        ("zambia_water", "no result is called 'zambia_water' (stored are"),
        ("../../etc/passwd", "no result is called '../../etc/passwd' (stored are"),
        ("\x1b[2J\0", "no result is called '\\x1b[2J\\x00' (stored are"),
        ("x" * 5000, "no result is called 'xxx"),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest(tmp_path: Path, shelf: dict[str, Path], name: str, words: str) -> None:
    with pytest.raises(UsageError) as refused:
        find(tmp_path, name)
    assert str(refused.value).startswith(words)


@pytest.mark.parametrize("name", ["latest", "serbia"])
def test_an_empty_shelf_is_told(tmp_path: Path, name: str) -> None:
    for root in (tmp_path, tmp_path / "nowhere"):
        assert listing(root) == []
        with pytest.raises(UsageError, match=r"nothing is stored in .* yet"):
            find(root, name)


def test_a_shelf_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("mine")
    with pytest.raises(StoreError, match="cannot be read"):
        listing(tmp_path / "results")


# ---- folders from elsewhere


def test_what_is_no_result_is_passed_over(tmp_path: Path) -> None:
    folder, _ = put(tmp_path)
    (tmp_path / "README.md").write_text("notes")
    (tmp_path / "plainfile").write_text("notes")
    (tmp_path / "serbia" / "file").write_text("notes")
    shutil.copytree(folder, tmp_path / ".stage-00")
    shutil.copytree(folder, tmp_path / "iran" / "baseline" / folder.name)
    shutil.copytree(folder, folder.with_name(folder.name.replace("s7", "s8")))
    shutil.copytree(folder, folder.with_name("copy of it"))
    (tmp_path / "linked").symlink_to(tmp_path / "serbia")
    (tmp_path / "serbia" / "linked").symlink_to(folder.parent)
    folder.with_name("0" * 12 + "-s7").symlink_to(folder)
    assert [result.folder for result in listing(tmp_path)] == [folder]


def manifest_with(**changed: Any) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        path = folder / "manifest.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))

    return damage


def in_place_of_the_manifest(make: Callable[[Path], None]) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        (folder / "manifest.json").unlink()
        make(folder / "manifest.json")

    return damage


OUTPUT = {"bytes": 1, "sha256": "0" * 64, "digest": "0" * 64}
HOSTILE: dict[str, Callable[[Path], Any]] = {
    "manifest empty": lambda folder: (folder / "manifest.json").write_text(""),
    "manifest no mapping": lambda folder: (folder / "manifest.json").write_text("[]"),
    "manifest too long": lambda folder: (folder / "manifest.json").write_bytes(b" " * ((1 << 24) + 1)),
    "manifest nested": lambda folder: (folder / "manifest.json").write_text('{"x":' + "[" * 100_000),
    "manifest a folder": in_place_of_the_manifest(Path.mkdir),
    "manifest a pipe": in_place_of_the_manifest(os.mkfifo),
    "another format": manifest_with(format=2),
    "scenario a path": manifest_with(scenario="../../etc"),
    "what-if a number": manifest_with(what_if=1),
    "seed a text": manifest_with(seed="7"),
    "replication below 0": manifest_with(replication=-1),
    "inputs a list": manifest_with(inputs=[]),
    "outputs a list": manifest_with(outputs=[]),
    "an output lost": manifest_with(outputs={"log.jsonl": OUTPUT}),
    "bytes a text": manifest_with(outputs={"log.jsonl": {**OUTPUT, "bytes": "1"}, "measures.json": OUTPUT}),
    "sha256 none": manifest_with(outputs={"log.jsonl": {**OUTPUT, "sha256": "x"}, "measures.json": OUTPUT}),
    "digest none": manifest_with(outputs={"log.jsonl": {**OUTPUT, "digest": None}, "measures.json": OUTPUT}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_manifest_is_refused_and_not_listed(tmp_path: Path, name: str) -> None:
    folder, _ = put(tmp_path)
    HOSTILE[name](folder)
    with pytest.raises(StoreError):
        find(tmp_path, str(folder))
    assert listing(tmp_path) == []


@pytest.mark.parametrize("name", ["log.jsonl", "measures.json", "manifest.json"])
def test_a_link_in_a_result_is_not_followed(tmp_path: Path, name: str) -> None:
    folder, _ = put(tmp_path / "results")
    secret = (folder / name).rename(tmp_path / "secret")
    (folder / name).symlink_to(secret)
    with pytest.raises(StoreError, match="cannot be read"):
        read_all(find(tmp_path / "results", str(folder)))


@pytest.mark.parametrize("name", ["log.jsonl", "measures.json"])
@pytest.mark.parametrize("damage", ["cut", "longer", "changed", "lost"])
def test_a_changed_output_is_not_read(tmp_path: Path, name: str, damage: str) -> None:
    folder, _ = put(tmp_path)
    path = folder / name
    whole = path.read_bytes()
    path.unlink()
    if damage != "lost":
        path.write_bytes(
            {"cut": whole[:-1], "longer": whole + b"\n", "changed": whole.replace(b"1", b"2").replace(b"true", b"True")}[damage]
        )
    with pytest.raises(StoreError, match=r"not the one its manifest speaks of|cannot be read"):
        read_all(find(tmp_path, "serbia"))


def read_all(result: Result) -> None:
    result.log()
    result.measures()
