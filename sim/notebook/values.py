"""What the Python face gives: values of Python for those of measures, and pages.

In: measures as they are stored. Out: `timedelta`, `datetime`, numbers and texts by name; objects that tell themselves in lines.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from html import escape
from typing import Any

from sim import clock
from sim.errors import UsageError, did_you_mean, escaped

__all__ = ["Named", "Told", "frames", "in_words", "typed"]

SHOWN = 12
"""So many names are listed where one is unknown."""


class Told(ABC):
    """What tells itself in lines, as the commands do; a notebook shows them as they stand."""

    @abstractmethod
    def lines(self) -> Iterator[str]:
        """The page, line by line."""

    def __str__(self) -> str:
        return "\n".join(self.lines()).replace("\N{NO-BREAK SPACE}", " ")

    def _repr_html_(self) -> str:
        return f'<pre style="white-space: pre; overflow-x: auto">{escape(str(self))}</pre>'


class Named(dict[str, Any]):
    """Values by name. For a name that is not there `[...]` tells the nearest; `kind` is what the names are of, `hints` what others are."""

    def __init__(self, kind: str, values: Iterable[tuple[str, Any]], hints: Mapping[str, str] | None = None) -> None:
        super().__init__(values)
        self.kind = kind
        self.hints = hints or {}

    def __missing__(self, name: object) -> Any:
        text = str(name)
        more = f" and {len(self) - SHOWN} more" if len(self) > SHOWN else ""
        known = f" (there are {', '.join([*self][:SHOWN])}{more})" if self else " (there are none)"
        hint = f": {self.hints[text]}" if text in self.hints else did_you_mean(text, [*self]) or known
        raise UsageError(f"no {self.kind} is called '{escaped(text)}'{hint}")


# ---- measures


def typed(measures: Mapping[str, Mapping[str, Any]], zone: str) -> Named:
    """Measures, as they are stored, as Python values."""
    return Named("measure", ((name, _value(one["value"], one["type"], zone)) for name, one in measures.items()))


def _value(value: Any, kind: str, zone: str) -> Any:
    if value is None:
        return None
    if kind == "duration":
        return timedelta(microseconds=round(value * clock.SECOND))
    return clock.moment(clock.instant_of_iso(value), zone) if kind == "instant" else value


def in_words(value: Any) -> str:
    """A value on a page."""
    from sim.cli.terminal import shown

    kind = "duration" if isinstance(value, timedelta) else "flag" if isinstance(value, bool) else ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    return shown(value.total_seconds() if isinstance(value, timedelta) else value, kind)


# ---- data frames


def frames() -> Any:
    """The library of data frames."""
    try:
        import pandas  # type: ignore[import-untyped,import-not-found,unused-ignore]
    except ImportError as missing:
        raise ImportError("data frames need pandas: pip install 'policy-event-simulator[notebook]'") from missing
    return pandas
