"""Stored results, found by name and read without trust: their files are checked against their manifests.

In: the folder of the results, and a name. Out: `Result`.

    <root>/<scenario>/<what-if or baseline>/<digest>-s<seed>[-r<replication>]/
        log.jsonl  measures.json  scenario.yaml  [edits.yaml]  [the scenario's parts, under their names]
        run_info.json    when, and of which file; the only one that differs when a run is repeated
        manifest.json    all that is needed to repeat the run
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.errors import StoreError, UsageError, did_you_mean, escaped, listed, nearest_first
from sim.log.entries import FORMAT, Log
from sim.log.reading import opened, read_log, streamed_log, strict_json

__all__ = [
    "BASELINE", "ID", "LOG", "LONGEST_DOCUMENT", "MANIFEST", "MEASURES", "RUN_INFO", "Result",
    "find", "is_there", "listing", "result_in", "suffix",
]  # fmt: skip

BASELINE = "baseline"
"""What stands for no what-if, in paths and names."""

LOG, MEASURES, MANIFEST, RUN_INFO = "log.jsonl", "measures.json", "manifest.json", "run_info.json"
LONGEST_DOCUMENT = 1 << 24
ID = re.compile(r"[a-z][a-z0-9_]*")
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

    @property
    def file(self) -> str:
        """What the file of its scenario was called when it ran; empty where that is not known."""
        try:
            file = _document(self.folder / RUN_INFO).get("file")
        except StoreError:
            return ""
        return file if type(file) is str else ""

    def namesakes(self) -> list[Result]:
        """The other results that bear its name: of the same scenario, what-if and luck."""
        beside = [folder for folder in _folders_in(self.folder.parent, _FOLDER) if folder.name != self.folder.name]
        found = []
        for folder in sorted(beside):
            with suppress(StoreError, OSError):
                result = result_in(folder)
                if _belongs(result) and suffix(result.manifest) == suffix(self.manifest):
                    found.append(result)
        return found

    def log(self) -> Log:
        """The outcome log of the run."""
        return read_log(self.checked(LOG))

    def streamed(self) -> AbstractContextManager[Log]:
        """The same, read from its file as it is needed."""
        return streamed_log(self.checked(LOG))

    def measures(self) -> dict[str, Any]:
        """The measures of the run; None is a measure without value."""
        return _document(self.checked(MEASURES))

    def checked(self, name: str) -> Path:
        """The path of an output, once its bytes are those the manifest speaks of."""
        path, said = self.folder / name, self.manifest["outputs"][name]
        with opened(path) as file:
            same = os.fstat(file.fileno()).st_size == said["bytes"] and hashlib.file_digest(file, "sha256").hexdigest() == said["sha256"]
        if not same:
            raise StoreError("the file is not the one its manifest speaks of; remove the result and run again", escaped(str(path)))
        return path


def find(root: Path, name: str) -> Result:
    """A result by its folder, by `SCENARIO[/WHAT-IF][@SEED][#REPLICATION]`, or as `latest`.

    A name without what-if means the baseline. Where several results bear a name, it means the newest one made without
    overrides and over the full period; only if there is none, the newest.
    """
    if is_there(Path(name) / MANIFEST):
        return result_in(Path(name))
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
    stands = f" (stored are {listed(nearest_first(name, names))})"
    return f"no result is called '{escaped(name)}'{did_you_mean(name, [*short, *names])}{stands}"


def _name_of(manifest: Mapping[str, Any]) -> str:
    what_if = f"/{manifest['what_if']}" if manifest["what_if"] else ""
    replication = f"#{manifest['replication']}" if manifest["replication"] else ""
    return f"{manifest['scenario']}{what_if}@{manifest['seed']}{replication}"


def listing(root: Path) -> list[Result]:
    """All whole results, the newest first. What is none (stages, other people's folders, links) is passed over."""
    try:
        scenarios = [folder for folder in root.iterdir() if ID.fullmatch(folder.name)]
    except FileNotFoundError:
        return []
    except OSError as problem:
        raise StoreError(f"cannot be read ({problem.strerror or problem})", escaped(str(root))) from problem
    found = []
    for scenario in scenarios:
        for what_if in _folders_in(scenario, ID):
            for folder in _folders_in(what_if, _FOLDER):
                with suppress(StoreError, OSError):
                    result = result_in(folder)
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
    return (scenario, what_if, name[12:]) == (about["scenario"], about["what_if"] or BASELINE, suffix(about))


def suffix(about: Mapping[str, Any]) -> str:
    """How the name of a result's folder ends: with its luck."""
    return f"-s{about['seed']}-r{about['replication']}" if about["replication"] else f"-s{about['seed']}"


def _completed(folder: Path) -> int:
    """When a result was completed (ns); for one whose note of it is lost, when its manifest was written."""
    try:
        stamp = _document(folder / RUN_INFO).get("completed_ns")
    except StoreError:
        stamp = None
    return stamp if type(stamp) is int else (folder / MANIFEST).stat().st_mtime_ns


def result_in(folder: Path) -> Result:
    """The result in a folder, if its manifest is one."""
    path = folder / MANIFEST
    manifest = _document(path)
    if manifest.get("format") != FORMAT:
        raise StoreError(f"not the manifest of a result of format {FORMAT}", escaped(str(path)))
    what_if, outputs = manifest.get("what_if", 0), manifest.get("outputs")
    sound = (
        _is(ID, manifest.get("scenario"))
        and (what_if is None or _is(ID, what_if))
        and all(type(manifest.get(name)) is int and manifest[name] >= 0 for name in ("seed", "replication"))
        and all(type(manifest.get(name)) is dict for name in ("digests", "versions", "options", "inputs"))
        and type(manifest.get("overrides")) is list
        and type(outputs) is dict
        and all(type(outputs.get(name)) is dict for name in (LOG, MEASURES))
        and all(_is(_SHA256, outputs[name].get("sha256")) and type(outputs[name].get("bytes")) is int for name in (LOG, MEASURES))
        and _is(_SHA256, outputs[LOG].get("digest"))
    )
    if not sound:
        raise StoreError("damaged: the manifest lacks what every result has", escaped(str(path)))
    return Result(folder, manifest)


def _is(pattern: re.Pattern[str], value: Any) -> bool:
    return type(value) is str and pattern.fullmatch(value) is not None


def _document(path: Path) -> dict[str, Any]:
    """A JSON document of a result, of bounded length."""
    with opened(path) as file:
        whole = file.read(LONGEST_DOCUMENT + 1)
    if len(whole) > LONGEST_DOCUMENT:
        raise StoreError(f"a document longer than {LONGEST_DOCUMENT:,} bytes", escaped(str(path)))
    return strict_json(whole.strip(), escaped(str(path)))


def is_there(path: Path) -> bool:
    """Whether anything has this path, a broken link too."""
    try:
        path.lstat()
    except (OSError, ValueError):  # a ValueError is a NUL or half a character in the path
        return False
    return True
