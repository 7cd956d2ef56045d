"""What an expression may name where it stands, and the refusal of one that has no meaning there.

In: typed trees and event types. Out: `Scope`, `Refused`, the words no author may take as a name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sim.language import grammar as g
from sim.language import tree as t
from sim.language.scenario import EventType
from sim.language.tree import Tree, Type

__all__ = ["RESERVED", "Refused", "Scope"]

RESERVED = frozenset({"now", "true", "false", "event", "trigger", "case", "baseline", "and", "or", "not", "in", "if", "else", "none"})


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression may name. `event` and `case` are the fields of what is at hand, None where there is none."""

    names: Mapping[str, Tree]
    actors: frozenset[str]
    statements: frozenset[str]
    attributes: Mapping[str, Type]
    events: Mapping[str, EventType]
    provisions: Mapping[str, str]
    steps: Mapping[str, tuple[str, ...]]
    event: Mapping[str, t.EventField] | None = None
    event_case: Mapping[str, Type] | None = None
    case: Mapping[str, Type] | None = None
    proven: frozenset[t.Selector] = frozenset()
    kind: str = "world"
    measures: Mapping[str, Type] = field(default_factory=dict)
    zone: str = "UTC"
    broken: frozenset[str] = frozenset()
    """Names of things whose own mistakes are told where they stand: using one is no further mistake."""


class Refused(Exception):
    """This expression has no meaning; what is wrong stands in `problem`'s parts."""

    def __init__(self, code: str, text: str, part: g.Part) -> None:
        self.code = code
        self.text = text
        self.part = part
        super().__init__(text)
