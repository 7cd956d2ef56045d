"""The reference, its records: entries, firings, cases, visits, watches; and what names are made of.

In: nothing. Out: what the other modules of the reference hold and hand to one another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from sim.language import scenario as s
from tests.naive import Happening

__all__ = [
    "ACTS",
    "AFTERWARDS",
    "CLOSINGS",
    "FACTS",
    "NATURE",
    "SESSIONS",
    "TRIGGERS",
    "WAITS",
    "Case",
    "Firing",
    "Line",
    "Name",
    "Visit",
    "Watch",
    "digest",
]

Name = tuple[str, int]
NATURE, ACTS, AFTERWARDS, SESSIONS, CLOSINGS = range(5)
TRIGGERS, FACTS, WAITS = range(3)


@dataclass
class Line(Happening):
    """An entry of the log, as it is counted and heard."""

    type: str = ""
    rule: str = ""
    cause: int | None = None
    status: str = "done"
    norms: tuple[str, ...] = ()
    because: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    source: tuple[str, ...] = ()
    name: Name = ("", 0)
    owner: Case | None = None
    decider: str | None = None
    was: str = ""


@dataclass
class Firing:
    """A provision that does something: on what occasion, and what `event` means in it."""

    provision: s.Rule | s.TimelineEntry | s.Option
    then: Sequence[Any]
    name: Name
    cause: int
    owner: Case | None = None
    event: Line | None = None
    because: dict[str, Any] = field(default_factory=dict)
    delayed: bool = False

    @property
    def priority(self) -> float:
        return self.provision.priority if isinstance(self.provision, s.Rule) else 0.0

    def makes(self, label: str, case: Case | None = None) -> Name:
        """The name of what it makes, for one case where it makes something for several."""
        path = self.provision.path
        occasion = self.name[0] if case is None else f"{self.name[0]} {case.key}"
        alone = isinstance(self.provision, s.TimelineEntry) and len(self.provision.then) == 1
        return (path if alone else f"{path}/{label}") + ("" if occasion == path else f"@{digest((occasion, 0))}"), self.name[1]


def digest(name: Name) -> str:
    return blake2b(name[0].encode(), digest_size=8).hexdigest()


@dataclass
class Case:
    """One case; `at` are the visits under way, `front` the place of the step entered last (and a half when it was left undecided)"""

    procedure: s.Procedure
    name: Name
    data: dict[str, Any]
    opened: int
    last: Line
    passed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    exempt: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)
    imposed: set[str] = field(default_factory=set)
    visits: dict[str, int] = field(default_factory=dict)
    at: list[Visit] = field(default_factory=list)
    front: float = 0
    status: str = "open"
    ending: bool = False
    halted: bool = False
    clocks: list[Clock] = field(default_factory=list)
    stopped: list[Clock] | None = None

    @property
    def done(self) -> bool:
        return self.status != "open"

    @property
    def key(self) -> str:
        return self.name[0] + (f"#{self.name[1]}" if self.name[1] else "")


@dataclass(eq=False)
class Clock:
    """Time that runs: how much is left when it is wound, when it is over, and what comes then."""

    left: int
    phase: int
    turn: Callable[[], None]
    due: int = 0
    wound: int = 0


@dataclass(eq=False)
class Visit:
    """A case at a step."""

    case: Case
    step: s.Step
    around: Visit | None = None
    number: int = 0
    desk: str | None = None
    rank: float = 0.0
    begun: bool = False
    refused: set[str] = field(default_factory=set)
    waited: bool = False
    came: int = 0
    watch: Watch | None = None
    work: Clock | None = None
    left: int | None = None
    clocks: list[Clock] = field(default_factory=list)
    stopped: list[Clock] = field(default_factory=list)

    @property
    def short(self) -> str:
        return f"{self.case.procedure.id}.{self.step.id}"

    @property
    def name(self) -> Name:
        path, k = self.case.name
        return (path if self.number < 2 else f"{path}~{self.number}"), k


@dataclass
class Watch:
    """A condition that is followed; `turned` is called when it has turned true (and lasted), `either` when it has turned at all."""

    condition: s.Condition
    order: tuple[int, float, str, str]
    turned: Callable[[Watch], None]
    label: str = ""
    number: int = 0
    both: bool = False
    event: Line | None = None
    case: Case | None = None
    occasion: Name | None = None
    value: bool = False
    holds: bool = False
    writer: Line | None = None
    cause: Line | None = None
    turnings: int = 0
    since: int = 0
    token: int = 0
    name: Name = ("", 0)
    because: dict[str, Any] = field(default_factory=dict)
