"""`sim list`: what is stored.

In: a folder of results. Out: a line each, by the names that `sim show` knows, or a JSON document.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from sim.cli.request import RESULTS, AsJson, Folder
from sim.cli.results import LOG, texts_of
from sim.cli.terminal import Cell, Screen, out, out_json, say, say_next, table
from sim.errors import StoreError, escaped

if TYPE_CHECKING:
    from sim.log.stored import Result

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("list")(list_command)


def list_command(
    folder: Folder = RESULTS,
    as_json: AsJson = False,
) -> None:
    """List the stored results, the newest first."""
    from sim.log.stored import listing

    stored = listing(folder)
    listed, older = [*zip(_names(stored, folder), stored, strict=True)], _older(stored)
    if as_json:
        out_json([{"name": name, **_row(result), "older": result.folder in older} for name, result in listed])
    elif not listed:
        say(f"nothing is stored in {escaped(str(folder))} yet")
    else:
        rows: list[list[Cell]] = []
        for name, result in listed:
            row, changed = _row(result), (_in_short(result), "yellow")
            text = (f"older {row['text']}", "yellow") if result.folder in older else (row["text"], "dim")
            entries = ("damaged", "yellow") if row["entries"] is None else (f"{row['entries']:,}", "")
            rows.append([(escaped(name), "bold"), changed, text, entries, (row["completed"][:16].replace("T", " "), "dim")])
        head = ["result", "changed", "text", "entries", "stored at"]
        empty = {1 if all(result.is_plain for result in stored) else None, 2 if not older else None}
        rows = [[cell for place, cell in enumerate(row) if place not in empty] for row in rows]
        out(*table([title for place, title in enumerate(head) if place not in empty], rows, Screen.of(sys.stdout)))
    say_next("sim", *(("show", listed[0][0]) if listed else ("new", "first")))


def _names(stored: Sequence[Result], folder: Path) -> list[str]:
    """What `sim show` knows each result by: a name that means this one, else its folder."""
    means: dict[str, Result] = {}
    for result in stored:
        name, replication = _name(result)
        for form in (name, name + replication):
            if form not in means or (result.is_plain and not means[form].is_plain):
                means[form] = result
    names = []
    for result in stored:
        name, replication = _name(result)
        forms = (name + replication,) if result.manifest["replication"] else (name, name + replication)
        fitting = [form for form in forms if means[form] is result and folder == RESULTS]
        names.append(fitting[0] if fitting else str(result.folder))
    return names


def _name(result: Result) -> tuple[str, str]:
    """The name of a result with its seed, and its replication as one adds it."""
    about = result.manifest
    what_if = f"/{about['what_if']}" if about["what_if"] else ""
    return f"{about['scenario']}{what_if}@{about['seed']}", f"#{about['replication']}"


def _text(result: Result) -> str:
    """A short digest of the scenario file with its parts that a result was made from; of own what-ifs its name tells."""
    import hashlib

    texts = sorted((name, text) for name, text in texts_of(result).items() if name != "edits.yaml")
    return hashlib.sha256(repr(texts).encode("utf-8")).hexdigest()[:8]


def _older(stored: Sequence[Result]) -> set[Path]:
    """The results, given from the newest on, whose scenario file has been changed since."""
    newest: dict[str, str] = {}
    return {one.folder for one in stored if newest.setdefault(one.manifest["scenario"], text := _text(one)) != text}


def _in_short(result: Result) -> str:
    """What was changed in a result beside its what-if: `+1 set, until 2025-08-01`."""
    parts = [f"+{len(result.overrides)} set"] if result.overrides else []
    return escaped(", ".join([*parts, *([f"until {result.until}"] if result.until else [])]))


def _row(result: Result) -> dict[str, Any]:
    """What a list says of a result; a note of its time that is lost leaves the time empty."""
    from datetime import UTC, datetime

    from sim.log.reading import last_entry, opened, strict_json

    about, note = result.manifest, result.folder / "run_info.json"
    try:
        with opened(note) as file:
            stamp = strict_json(file.read(1 << 16).strip(), str(note)).get("completed_ns")
    except StoreError:
        stamp = None
    completed = (
        datetime.fromtimestamp(stamp // 10**9, tz=UTC).astimezone().isoformat() if type(stamp) is int and 0 <= stamp < 1 << 62 else ""
    )
    return {
        **{name: about[name] for name in ("scenario", "what_if", "seed", "replication")},
        "title": about["title"] if type(about.get("title")) is str else "",
        "overrides": [*result.overrides],
        "until": result.until,
        "text": _text(result),
        "entries": last_entry(result.folder / LOG, about["outputs"][LOG]["bytes"]),
        "completed": completed,
        "folder": str(result.folder),
    }
