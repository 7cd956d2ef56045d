"""Arguments of the functions for notebooks, looked at before anything is done.

In: what was given, and the argument's name. Out: the same, of the right type; or UsageError.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from sim.errors import UsageError

__all__ = ["Edits", "file", "number", "overrides_of", "text", "texts"]

Edits = Mapping[str, object] | Iterable[str]
"""Edits of single values: path → value, or texts PATH=VALUE."""

WORDS = {bool: "a flag", int: "a number", bytes: "bytes", list: "a list", tuple: "a tuple", type(None): "None"}


def file(name: str, value: object) -> Path:
    """The path that an argument names."""
    if isinstance(value, str | Path) and "\0" not in str(value):
        return Path(value)
    remedy = ": edits of single values are overrides={PATH: VALUE} of run" if name == "edits" and isinstance(value, Mapping) else ""
    raise UsageError(f"{name} takes the name of a file, not {_kind(value)}{remedy}")


def number(name: str, value: object) -> int:
    """A whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise UsageError(f"{name} takes a whole number, not {_kind(value)}")


def text(name: str, value: object) -> str | None:
    """A text, or nothing."""
    if value is None or isinstance(value, str):
        return value
    raise UsageError(f"{name} takes a text, not {_kind(value)}")


def texts(name: str, value: object) -> tuple[str | None, ...]:
    """Several texts, or None among them."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        said = f"[{value!r}]" if isinstance(value, str) else "['baseline']"
        raise UsageError(f"{name} takes a list of texts, such as {said}, not {_kind(value)}")
    return tuple(text(f"an item of {name}", item) for item in value)


def overrides_of(edits: Edits) -> tuple[str, ...]:
    """Edits as the command line has them."""
    if isinstance(edits, Mapping):
        return tuple(f"{path}={_written(value)}" for path, value in edits.items())
    if isinstance(edits, str):
        raise UsageError(f"overrides take a mapping from path to value, or a list of texts PATH=VALUE, not one text: ['{edits}']")
    if not isinstance(edits, Iterable):
        raise UsageError(f"overrides take a mapping from path to value, or a list of texts PATH=VALUE, not {_kind(edits)}")
    return tuple(f"{text('an item of overrides', item)}" for item in edits)


def _kind(value: object) -> str:
    """What was given, in words."""
    if isinstance(value, str):
        return "a text with NUL" if "\0" in value else f"the text '{value}'"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, float):
        return f"{value}"
    return WORDS.get(type(value), f"an object of type {type(value).__name__}")


def _written(value: object) -> str:
    """A value as YAML has it."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, timedelta):
        return f"{value.total_seconds():f}s"
    return value.isoformat() if isinstance(value, datetime) else f"{value}"
