"""The dates of a scenario, moved: the same scenario in another month or year.

In: plain data or text, and how many months. Out: the same with every date in it so much later.
"""

from __future__ import annotations

import re
from calendar import monthrange
from typing import Any

__all__ = ["DATE", "later", "text_later"]

DATE = re.compile(r"(?<![0-9])([0-9]{4})-([0-9]{2})-([0-9]{2})(?![0-9])")


def text_later(text: str, months: int) -> str:
    """A text with all its dates so many months later; where a month is too short the day is its last one."""

    def moved(match: re.Match[str]) -> str:
        year, month, day = map(int, match.groups())
        year, month = divmod(12 * year + month - 1 + months, 12)
        return f"{year:04}-{month + 1:02}-{min(day, monthrange(year, month + 1)[1]):02}"

    return DATE.sub(moved, text)


def later(value: Any, months: int) -> Any:
    """Plain data with all the dates in its texts so many months later."""
    match value:
        case dict():
            return {text_later(key, months) if isinstance(key, str) else key: later(item, months) for key, item in value.items()}
        case list():
            return [later(item, months) for item in value]
        case str():
            return text_later(value, months)
    return value
