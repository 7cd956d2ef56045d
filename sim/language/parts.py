"""What rules, norms and procedures are put together from: quantities, actors, patterns, triggers.

In: nothing. Out: the frozen records that effects and the scenario hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sim.language.tree import Tree, Type

__all__ = ["Before", "Condition", "Date", "Every", "Pattern", "Quantity", "Trigger", "Who"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value that may be drawn, at `site`. `kind` is `value` (one argument) or a distribution; `choices` are those of a `choice`."""

    kind: str
    arguments: tuple[Tree | None, ...]
    type: Type
    path: str
    site: str
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Who:
    """An actor: an expression, or one of several by weight (`choices`, drawn)."""

    value: Tree | None
    choices: tuple[str, ...] = ()
    weights: tuple[Tree, ...] = ()
    path: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Which events are meant; several actors in one filter are alternatives."""

    event: str
    by: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    via: tuple[str, ...] = ()
    where: Tree | None = None


@dataclass(frozen=True, slots=True)
class Every:
    """What comes again and again: ticks, sessions. The first comes one interval after the start, or at `starting`.

    `calendar` (how many, unit) where the interval is so many months, years or working days: the k-th comes so often that long after
    the first, so that what begins on the 31st does not drift to the 28th. `days` likewise: how many days an interval has that is always
    the same, where a day by the calendar need not have 24 hours. `is_steady` where the interval is the same throughout the run.
    """

    interval: Quantity
    starting: Quantity | None
    path: str
    calendar: tuple[int, str] | None = None
    days: Tree | None = None
    is_steady: bool = False


@dataclass(frozen=True, slots=True)
class Date:
    """A date that triggers a rule."""

    instant: int
    path: str


@dataclass(frozen=True, slots=True)
class Condition:
    """A flag that is followed: what waits for it goes on when it turns true, or has been true for `lasts`. `text` is as written."""

    flag: Tree
    lasts: Quantity | None
    text: str
    path: str


@dataclass(frozen=True, slots=True)
class Before:
    """So much time before a provision ends by itself. `text` is as written."""

    provision: str
    lead: Quantity
    text: str
    path: str


Trigger = Pattern | Every | Date | Condition | Before
