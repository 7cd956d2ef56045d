"""Results on disk: there whole or not at all, and never overwritten by different ones.

In: a header, the lines of a log, measures, the files a run was made from. Out: the folder of the result.

A result is written to a stage beside the others, each file synced, its manifest last, and then renamed: nobody sees half of one.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sim.clock import clock_changes, iso
from sim.errors import StoreError, UsageError, escaped, listed
from sim.language.part_names import misnamed
from sim.log.entries import Header, digest, header_as_dict
from sim.log.reading import LONGEST_LINE, LONGEST_LOG
from sim.log.stored import BASELINE, ID, LOG, LONGEST_DOCUMENT, MANIFEST, MEASURES, RUN_INFO, is_there, result_in, suffix

__all__ = ["save"]

_IDENTITY = ("sim", "log", "sampler")
"""The versions that a log's content hangs on; the others are recorded, and name nothing."""

_INPUTS = ("scenario.yaml", "edits.yaml")
_CHUNK = 1 << 18
_STAGE = ".stage-"
_STALE = 86_400


def save(
    root: Path,
    *,
    header: Header,
    lines: Iterable[str],
    measures: Mapping[str, Any],
    inputs: Mapping[str, bytes],
    versions: Mapping[str, str],
    options: Mapping[str, Any],
    file: str = "",
) -> tuple[Path, bool]:
    """Store one run; the folder, and whether the same result was there already. `file` is what the scenario's file was called.

    `inputs` are the bytes of `scenario.yaml` and, where there are any, of `edits.yaml` and of the scenario's parts.
    `options`, and of the `versions` those of `sim`, log format and sampler, belong to the identity of the result.
    """
    about = _about(header, inputs, versions, options)
    folder = root / header.scenario / (header.what_if or BASELINE) / _folder_name(about)
    text = _json(measures)
    _refuse_links(folder)
    if is_there(folder / MANIFEST):
        _require_same(folder, versions, digest(lines), hashlib.sha256(text).hexdigest())
        return folder, _settle(root, folder, there=True)
    with _staged(root, folder) as stage:
        files = {MEASURES: text, **inputs, RUN_INFO: _json(_run_info(file))}
        parts = _folders_of_parts(stage, inputs)
        with _told(folder):
            for inner in parts:
                inner.mkdir(parents=True, exist_ok=True)
        outputs = {LOG: _write_log(stage, lines, folder)}
        for name, whole in files.items():
            written = _write(stage / name, [whole], folder / name)
            if name == MEASURES:
                outputs[name] = written
        _write(stage / MANIFEST, [_json({**about, "outputs": outputs})], folder / MANIFEST)
        with _told(folder):
            for inner in (*parts, stage):
                _sync(inner)
            there = not _renamed(stage, folder)
    if there:
        _require_same(folder, versions, outputs[LOG]["digest"], outputs[MEASURES]["sha256"])
    return folder, _settle(root, folder, there=there)


def _about(header: Header, inputs: Mapping[str, bytes], versions: Mapping[str, str], options: Mapping[str, Any]) -> dict[str, Any]:
    """What the manifest says beside the outputs: the same whenever the run is repeated here, and elsewhere but for versions."""
    for name in (header.scenario, *([header.what_if] if header.what_if is not None else [])):
        if not ID.fullmatch(name):
            raise UsageError(f"'{escaped(name)}' cannot name a folder: ids are small letters, digits and _")
    if header.what_if == BASELINE:
        raise UsageError(f"a what-if cannot be called '{BASELINE}': that is the run without one")
    if "scenario.yaml" not in inputs or not all(name in _INPUTS or not misnamed(name) for name in inputs):
        raise ValueError(f"inputs are {', '.join(_INPUTS)} and parts")
    sources = {
        name: {"bytes": len(whole), "sha256": hashlib.sha256(whole).hexdigest(), "text": whole.decode("utf-8")}
        for name, whole in inputs.items()
    }
    changes = [iso(instant, header.timezone) for instant in clock_changes(*header.period, header.timezone)]
    return {
        **header_as_dict(header),
        "what_if": header.what_if,
        "calendar": {"clock_changes": changes},
        "versions": dict(versions),
        "options": dict(options),
        "inputs": sources,
    }


def _folder_name(about: Mapping[str, Any]) -> str:
    """The name of a result's folder, by all that its content hangs on and nothing else: the same on any day and any machine."""
    identity = {name: about[name] for name in ("digests", "overrides", "period", "timezone", "calendar", "options")}
    identity["versions"] = {name: about["versions"][name] for name in _IDENTITY}
    short = hashlib.sha256(_json(identity)).hexdigest()[:12]
    return short + suffix(about)


def _json(value: Mapping[str, Any]) -> bytes:
    """A document for people and machines, the same bytes for the same content."""
    whole = json.dumps(value, ensure_ascii=True, allow_nan=False, indent=2, sort_keys=True).encode("ascii") + b"\n"
    if len(whole) > LONGEST_DOCUMENT:
        raise StoreError(f"a document longer than {LONGEST_DOCUMENT:,} bytes is not stored")
    return whole


def _run_info(file: str) -> dict[str, Any]:
    """When the run was made, and of which file."""
    return {"completed_ns": time.time_ns(), **({"file": file} if file else {})}


@contextmanager
def _told(place: Path) -> Iterator[None]:
    """What the operating system refuses, as a StoreError with its place."""
    try:
        yield
    except OSError as problem:
        raise StoreError(f"cannot be stored ({problem.strerror or problem})", escaped(str(place))) from problem


@contextmanager
def _staged(root: Path, folder: Path) -> Iterator[Path]:
    """A folder of its own to write a result in; gone at the end, unless it was renamed, whatever happened."""
    stage = root / f"{_STAGE}{secrets.token_hex(8)}"
    try:
        with _told(folder):
            root.mkdir(parents=True, exist_ok=True)
            _tidy(root)
            stage.mkdir()
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _tidy(root: Path) -> None:
    """Remove what killed processes left behind more than a day ago, as far as that can be done."""
    for stage in root.glob(f"{_STAGE}*"):
        with suppress(OSError):
            if not stage.is_symlink() and time.time() - stage.stat().st_mtime > _STALE:
                shutil.rmtree(stage, ignore_errors=True)


def _folders_of_parts(stage: Path, inputs: Iterable[str]) -> list[Path]:
    """The folders in which parts lie inside a result, inner ones first."""
    inner = {above for name in inputs for above in Path(name).parents if above != Path()}
    return [stage / folder for folder in sorted(inner, key=lambda folder: len(folder.parts), reverse=True)]


def _write(path: Path, chunks: Iterable[bytes], place: Path) -> dict[str, Any]:
    """One file, on the disk when this returns: its length and digest. `place` is where it will be."""
    size, whole = 0, hashlib.sha256()
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0), 0o666)
        try:
            for chunk in chunks:
                rest = memoryview(chunk)
                while rest:
                    rest = rest[os.write(handle, rest) :]
                size += len(chunk)
                whole.update(chunk)
            os.fsync(handle)
        except BaseException:
            with suppress(OSError):  # the first failure is the one to tell
                os.close(handle)
            raise
        os.close(handle)
    except OSError as problem:
        raise StoreError(f"cannot be written ({problem.strerror or problem}) after {size:,} bytes", escaped(str(place))) from problem
    return {"bytes": size, "sha256": whole.hexdigest()}


def _write_log(stage: Path, lines: Iterable[str], folder: Path) -> dict[str, Any]:
    """The log's file; `digest` is over its entries alone."""
    entries = hashlib.sha256()

    def chunks() -> Iterator[bytes]:
        for number, chunk in enumerate(_chunks(lines, folder / LOG)):
            if number:
                entries.update(chunk)
            yield chunk

    written = _write(stage / LOG, chunks(), folder / LOG)
    return {**written, "digest": entries.hexdigest()}


def _chunks(lines: Iterable[str], place: Path) -> Iterator[bytes]:
    """The header line, then the others in pieces worth a call of the system; none is written that would not be read again."""
    held: list[str] = []
    size = total = 0
    for number, line in enumerate(lines, 1):
        total += len(line)
        if len(line) > LONGEST_LINE or total > LONGEST_LOG:
            what = f"a line longer than {LONGEST_LINE:,}" if len(line) > LONGEST_LINE else f"a log longer than {LONGEST_LOG:,}"
            raise StoreError(f"{what} bytes is not stored", f"{escaped(str(place))}:{number}")
        held.append(line)
        size += len(line)
        if number == 1 or size >= _CHUNK:
            yield "".join(held).encode("ascii")
            held, size = [], 0
    yield "".join(held).encode("ascii")


def _sync(folder: Path) -> None:
    """Have the names in a folder on the disk, where the system knows such a thing."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as problem:
        if problem.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EROFS):  # not every file system syncs folders
            raise
    finally:
        os.close(handle)


def _renamed(stage: Path, folder: Path) -> bool:
    """Give the stage its name, if no result has it: of two processes the first wins."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    _refuse_links(folder)
    try:
        os.rename(stage, folder)  # noqa: PTH104 - replaces an empty folder only, as Path.replace would not promise
    except OSError as problem:
        if problem.errno not in (errno.ENOTEMPTY, errno.EEXIST) or not is_there(folder / MANIFEST):
            raise
        return False
    return True


def _settle(root: Path, folder: Path, *, there: bool) -> bool:
    """Have the folders above a result on the disk, also when another process made it: only then it is done."""
    with _told(folder):
        for above in (folder.parent, folder.parent.parent, root):
            _sync(above)
        with suppress(PermissionError):  # where the results folder lies need not be ours to read
            _sync(root.parent)
    return there


def _refuse_links(folder: Path) -> None:
    for step in (folder, folder.parent, folder.parent.parent):
        if is_there(step) and step.is_symlink():
            raise StoreError("a link in a results folder is not followed", escaped(str(step)))


def _require_same(folder: Path, versions: Mapping[str, str], log: str, measures: str) -> None:
    """Refuse to go on unless what is stored is whole, and is what would have been stored."""
    stored = result_in(folder)
    stored.checked(LOG)
    stored.checked(MEASURES)
    outputs = stored.manifest["outputs"]
    for what, theirs, ours in (("log", outputs[LOG]["digest"], log), ("measures", outputs[MEASURES]["sha256"], measures)):
        if theirs != ours:
            raise StoreError(
                f"another result has this name: the digest of its {what} is {theirs}, of this one's {ours}; "
                f"{_made_by(stored.manifest['versions'], versions)}; nothing was overwritten",
                escaped(str(folder)),
            )


def _made_by(theirs: Mapping[str, Any], ours: Mapping[str, str]) -> str:
    """In which versions two makers of one result differ."""
    names = [name for name in ours if theirs.get(name) != ours[name]]
    if not names:
        return f"both were made by {listed([f'{name} {ours[name]}' for name in ours])}"
    here, there = (listed([f"{name} {escaped(str(made.get(name, 'unknown')))}" for name in names]) for made in (ours, theirs))
    return f"it was made by {there}, this one by {here}"
