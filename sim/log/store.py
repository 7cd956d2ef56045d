"""Results on disk: there whole or not at all, and never overwritten by different ones.

In: a header, the lines of a log, measures, the files a run was made from; or the name of a result. Out: `Result`.

    <root>/<scenario>/<what-if or baseline>/<digest>-s<seed>[-r<replication>]/
        log.jsonl  measures.json  scenario.yaml  [edits.yaml]  [the scenario's parts, under their names]
        run_info.json    where and when; the only file that differs when a run is repeated
        manifest.json    all that is needed to repeat the run; written last

A result is written to a stage beside the others, each file synced, and then renamed: nobody sees half of one.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import platform
import re
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.errors import StoreError, UsageError, did_you_mean, escaped
from sim.language.part_names import misnamed
from sim.log.entries import FORMAT, Header, Log, digest, header_as_dict
from sim.log.reading import LONGEST_LINE, LONGEST_LOG, opened, read_log, strict_json

__all__ = ["BASELINE", "Result", "find", "listing", "save"]

BASELINE = "baseline"
"""What stands for no what-if, in paths and names."""

_LOG, _MEASURES, _MANIFEST, _RUN_INFO = "log.jsonl", "measures.json", "manifest.json", "run_info.json"
_INPUTS = ("scenario.yaml", "edits.yaml")
_LONGEST_DOCUMENT = 1 << 24
_CHUNK = 1 << 18
_STAGE = ".stage-"
_STALE = 86_400
_SHOWN = 12

_ID = re.compile(r"[a-z][a-z0-9_]*")
_FOLDER = re.compile(r"[0-9a-f]{12}-s[0-9]+(?:-r[0-9]+)?")
_NAME = re.compile(r"([a-z][a-z0-9_]*)(?:/([a-z][a-z0-9_]*))?(?:@([0-9]+))?(?:#([0-9]+))?")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Result:
    """One stored run. Its files are checked against the manifest's digests before they are read."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def overrides(self) -> tuple[str, ...]:
        """The `PATH=VALUE` edits it was made with, beside those of its what-if."""
        return tuple(text for text in self.manifest["overrides"] if type(text) is str)

    @property
    def until(self) -> str | None:
        """The date at which it was ended early."""
        until = self.manifest["options"].get("until")
        return until if type(until) is str else None

    @property
    def is_plain(self) -> bool:
        """Whether it is the run its name speaks of: nothing overridden, the period not cut short."""
        return not self.overrides and self.until is None

    def log(self) -> Log:
        """The outcome log of the run."""
        return read_log(self.checked(_LOG))

    def measures(self) -> dict[str, Any]:
        """The measures of the run; None is a measure without value."""
        return _document(self.checked(_MEASURES))

    def checked(self, name: str) -> Path:
        """The path of an output, once its bytes are those the manifest speaks of."""
        path, said = self.folder / name, self.manifest["outputs"][name]
        with opened(path) as file:
            same = os.fstat(file.fileno()).st_size == said["bytes"] and hashlib.file_digest(file, "sha256").hexdigest() == said["sha256"]
        if not same:
            raise StoreError("the file is not the one its manifest speaks of; remove the result and run again", escaped(str(path)))
        return path


# ---- saving


def save(
    root: Path,
    *,
    header: Header,
    lines: Iterable[str],
    measures: Mapping[str, Any],
    inputs: Mapping[str, bytes],
    versions: Mapping[str, str],
    options: Mapping[str, Any],
) -> tuple[Path, bool]:
    """Store one run; the folder, and whether the same result was there already.

    `inputs` are the bytes of `scenario.yaml` and, where there are any, of `edits.yaml` and of the scenario's parts;
    `versions` and `options` are what the log may hang on, and belong to the identity of the result.
    """
    about = _about(header, inputs, versions, options)
    folder = root / header.scenario / (header.what_if or BASELINE) / _folder_name(about)
    text = _json(measures)
    _refuse_links(folder)
    if _is_there(folder / _MANIFEST):
        _require_same(folder, digest(lines), hashlib.sha256(text).hexdigest())
        return folder, _settle(root, folder, there=True)
    with _staged(root, folder) as stage:
        files = {_MEASURES: text, **inputs, _RUN_INFO: _json(_run_info())}
        parts = _folders_of_parts(stage, inputs)
        with _told(folder):
            for inner in parts:
                inner.mkdir(parents=True, exist_ok=True)
        outputs = {_LOG: _write_log(stage, lines, folder)}
        for name, whole in files.items():
            written = _write(stage / name, [whole], folder / name)
            if name == _MEASURES:
                outputs[name] = written
        _write(stage / _MANIFEST, [_json({**about, "outputs": outputs})], folder / _MANIFEST)
        with _told(folder):
            for inner in (*parts, stage):
                _sync(inner)
            there = not _renamed(stage, folder)
    if there:
        _require_same(folder, outputs[_LOG]["digest"], outputs[_MEASURES]["sha256"])
    return folder, _settle(root, folder, there=there)


def _about(header: Header, inputs: Mapping[str, bytes], versions: Mapping[str, str], options: Mapping[str, Any]) -> dict[str, Any]:
    """What the manifest says beside the outputs: the same whenever and wherever the run is repeated."""
    for name in (header.scenario, *([header.what_if] if header.what_if is not None else [])):
        if not _ID.fullmatch(name):
            raise UsageError(f"'{escaped(name)}' cannot name a folder: ids are small letters, digits and _")
    if header.what_if == BASELINE:
        raise UsageError(f"a what-if cannot be called '{BASELINE}': that is the run without one")
    if "scenario.yaml" not in inputs or not all(name in _INPUTS or not misnamed(name) for name in inputs):
        raise ValueError(f"inputs are {', '.join(_INPUTS)} and parts")
    sources = {
        name: {"bytes": len(whole), "sha256": hashlib.sha256(whole).hexdigest(), "text": whole.decode("utf-8")}
        for name, whole in inputs.items()
    }
    return {**header_as_dict(header), "what_if": header.what_if, "versions": dict(versions), "options": dict(options), "inputs": sources}


def _folder_name(about: Mapping[str, Any]) -> str:
    identity = {name: about[name] for name in ("digests", "overrides", "period", "timezone", "versions", "options")}
    short = hashlib.sha256(_json(identity)).hexdigest()[:12]
    return short + _suffix(about)


def _suffix(about: Mapping[str, Any]) -> str:
    return f"-s{about['seed']}-r{about['replication']}" if about["replication"] else f"-s{about['seed']}"


def _json(value: Mapping[str, Any]) -> bytes:
    """A document for people and machines, the same bytes for the same content."""
    whole = json.dumps(value, ensure_ascii=True, allow_nan=False, indent=2, sort_keys=True).encode("ascii") + b"\n"
    if len(whole) > _LONGEST_DOCUMENT:
        raise StoreError(f"a document longer than {_LONGEST_DOCUMENT:,} bytes is not stored")
    return whole


def _run_info() -> dict[str, Any]:
    """When and on what the run was made: kind of machine, never its name or its user's."""
    return {
        "completed_ns": time.time_ns(),
        "implementation": platform.python_implementation(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "system": platform.system(),
    }


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
        for number, chunk in enumerate(_chunks(lines, folder / _LOG)):
            if number:
                entries.update(chunk)
            yield chunk

    written = _write(stage / _LOG, chunks(), folder / _LOG)
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
        if problem.errno not in (errno.ENOTEMPTY, errno.EEXIST) or not _is_there(folder / _MANIFEST):
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


def _is_there(path: Path) -> bool:
    try:
        path.lstat()
    except (OSError, ValueError):  # a ValueError is a NUL or half a character in the path
        return False
    return True


def _refuse_links(folder: Path) -> None:
    for step in (folder, folder.parent, folder.parent.parent):
        if _is_there(step) and step.is_symlink():
            raise StoreError("a link in a results folder is not followed", escaped(str(step)))


def _require_same(folder: Path, log: str, measures: str) -> None:
    """Refuse to go on unless what is stored is whole, and is what would have been stored."""
    stored = _result(folder)
    stored.checked(_LOG)
    stored.checked(_MEASURES)
    outputs = stored.manifest["outputs"]
    for what, theirs, ours in (("log", outputs[_LOG]["digest"], log), ("measures", outputs[_MEASURES]["sha256"], measures)):
        if theirs != ours:
            raise StoreError(
                f"another result has this name: the digest of its {what} is {theirs}, of this one's {ours}; nothing was overwritten",
                escaped(str(folder)),
            )


# ---- finding


def find(root: Path, name: str) -> Result:
    """A result by its folder, by `SCENARIO[/WHAT-IF][@SEED][#REPLICATION]`, or as `latest`.

    A name without what-if means the baseline. Where several results bear a name, it means the newest one made without
    overrides and over the full period; only if there is none, the newest.
    """
    if _is_there(Path(name) / _MANIFEST):
        return _result(Path(name))
    stored = listing(root)
    if name == "latest":
        if stored:
            return stored[0]
        raise UsageError(f"nothing is stored in {escaped(str(root))} yet")
    parts = _NAME.fullmatch(name)
    if parts is not None:
        scenario, what_if, seed, replication = parts.groups()
        fitting = [
            result
            for result in stored
            if (result.manifest["scenario"], result.manifest["what_if"] or BASELINE) == (scenario, what_if or BASELINE)
            and seed in (None, str(result.manifest["seed"]))
            and replication in (None, str(result.manifest["replication"]))
        ]
        if fitting:
            return next((result for result in fitting if result.is_plain), fitting[0])
    raise UsageError(_unknown(name, root, stored))


def _unknown(name: str, root: Path, stored: list[Result]) -> str:
    """The words for a name that no result has, with the nearest one and what is there."""
    names = sorted({_name_of(result.manifest) for result in stored})
    short = sorted({whole.partition("@")[0] for whole in names})
    if not names:
        return f"no result is called '{escaped(name)}': nothing is stored in {escaped(str(root))} yet"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"no result is called '{escaped(name)}'{did_you_mean(name, [*short, *names])} (stored are {', '.join(names[:_SHOWN])}{more})"


def _name_of(manifest: Mapping[str, Any]) -> str:
    what_if = f"/{manifest['what_if']}" if manifest["what_if"] else ""
    replication = f"#{manifest['replication']}" if manifest["replication"] else ""
    return f"{manifest['scenario']}{what_if}@{manifest['seed']}{replication}"


def listing(root: Path) -> list[Result]:
    """All whole results, the newest first. What is none (stages, other people's folders, links) is passed over."""
    try:
        scenarios = [folder for folder in root.iterdir() if _ID.fullmatch(folder.name)]
    except FileNotFoundError:
        return []
    except OSError as problem:
        raise StoreError(f"cannot be read ({problem.strerror or problem})", escaped(str(root))) from problem
    found = []
    for scenario in scenarios:
        for what_if in _folders_in(scenario, _ID):
            for folder in _folders_in(what_if, _FOLDER):
                with suppress(StoreError, OSError):
                    result = _result(folder)
                    if _belongs(result) and not folder.is_symlink():
                        found.append((_completed(folder), str(folder), result))
    return [result for _, _, result in sorted(found, key=lambda item: item[:2], reverse=True)]


def _folders_in(folder: Path, pattern: re.Pattern[str]) -> list[Path]:
    """What is called in a folder as results' folders are; nothing where it is a link, a file, or not ours to read."""
    try:
        return [] if folder.is_symlink() else [inner for inner in folder.iterdir() if pattern.fullmatch(inner.name)]
    except OSError:
        return []


def _belongs(result: Result) -> bool:
    """Whether a result lies where its manifest says."""
    about = result.manifest
    *_, scenario, what_if, name = result.folder.parts
    return (scenario, what_if, name[12:]) == (about["scenario"], about["what_if"] or BASELINE, _suffix(about))


def _completed(folder: Path) -> int:
    """When a result was completed (ns); for one whose note of it is lost, when its manifest was written."""
    try:
        stamp = _document(folder / _RUN_INFO).get("completed_ns")
    except StoreError:
        stamp = None
    return stamp if type(stamp) is int else (folder / _MANIFEST).stat().st_mtime_ns


def _result(folder: Path) -> Result:
    """The result in a folder, if its manifest is one."""
    path = folder / _MANIFEST
    manifest = _document(path)
    if manifest.get("format") != FORMAT:
        raise StoreError(f"not the manifest of a result of format {FORMAT}", escaped(str(path)))
    what_if, outputs = manifest.get("what_if", 0), manifest.get("outputs")
    sound = (
        _is(_ID, manifest.get("scenario"))
        and (what_if is None or _is(_ID, what_if))
        and all(type(manifest.get(name)) is int and manifest[name] >= 0 for name in ("seed", "replication"))
        and all(type(manifest.get(name)) is dict for name in ("digests", "versions", "options", "inputs"))
        and type(manifest.get("overrides")) is list
        and type(outputs) is dict
        and all(type(outputs.get(name)) is dict for name in (_LOG, _MEASURES))
        and all(_is(_SHA256, outputs[name].get("sha256")) and type(outputs[name].get("bytes")) is int for name in (_LOG, _MEASURES))
        and _is(_SHA256, outputs[_LOG].get("digest"))
    )
    if not sound:
        raise StoreError("damaged: the manifest lacks what every result has", escaped(str(path)))
    return Result(folder, manifest)


def _is(pattern: re.Pattern[str], value: Any) -> bool:
    return type(value) is str and pattern.fullmatch(value) is not None


def _document(path: Path) -> dict[str, Any]:
    """A JSON document of a result, of bounded length."""
    with opened(path) as file:
        whole = file.read(_LONGEST_DOCUMENT + 1)
    if len(whole) > _LONGEST_DOCUMENT:
        raise StoreError(f"a document longer than {_LONGEST_DOCUMENT:,} bytes", escaped(str(path)))
    return strict_json(whole.strip(), escaped(str(path)))
