"""What an expression may name where it stands, and the refusal of one that has no meaning there.

In: typed trees and event types. Out: `Scope`, `Refused`, the words no author may take as a name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sim.language import grammar as g
from sim.language import tree as t
from sim.language.scenario import Actor, EventType
from sim.language.tree import Tree, Type

__all__ = [
    "AT_START",
    "COUNTED",
    "COURSE",
    "EXPECTATION",
    "MEASURE",
    "OF_CASES",
    "RESERVED",
    "WORLD",
    "Proven",
    "Reader",
    "Refused",
    "Scope",
    "Stance",
    "fixed_names",
]

RESERVED = frozenset({"now", "true", "false", "event", "trigger", "case", "baseline", "and", "or", "not", "in", "if", "else", "none"})


@dataclass(frozen=True, slots=True)
class Stance:
    """From where an expression looks at a run, and so what it may ask. `closed` is what is said where it may not ask about the world."""

    may_miss: bool = False
    """A value may be missing, and nothing need be proven."""
    values: bool = True
    """State, attributes and law are named as they stand."""
    windows: bool = True
    """A question about history may have a window."""
    courses: bool = False
    """How a value went over a whole run may be asked."""
    measures: bool = False
    """Measures are named."""
    closed: str = ""


WORLD = Stance()
"""During a run: rules, norms, steps, definitions."""
MEASURE = Stance(may_miss=True, values=False, windows=False, courses=True)
"""From the end of a run, back over the whole of it."""
COURSE = Stance(may_miss=True)
"""Within a question about the course of a value: each moment of a run, as it was."""
COUNTED = Stance(closed="a filter of past events asks about the event alone: {} cannot stand in it")
"""Beside one entry of the past: the `where` of a question about history."""
AT_START = Stance(closed="this is fixed when a run begins: {} cannot stand in it, parameters may")
"""Before anything has happened."""
OF_CASES = Stance(closed="a question about cases looks at the case alone: {} cannot stand in it")
"""Beside one case of many: the `where` of a question about cases."""
EXPECTATION = Stance(measures=True, closed="an expectation speaks of measures: name this under `measures` and use the name")
"""Beside the measures of a run."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression may name. `event` and `case` are the fields of what is at hand, None where there is none."""

    names: Mapping[str, Tree]
    actors: Mapping[str, Actor]
    statements: frozenset[str]
    attributes: Mapping[str, Type]
    events: Mapping[str, EventType]
    provisions: Mapping[str, str]
    steps: Mapping[str, tuple[str, ...]]
    event: Mapping[str, Tree] | None = None
    event_case: Mapping[str, Type] | None = None
    case: Mapping[str, Type] | None = None
    trigger: Mapping[str, Tree] | None = None
    """The fields of the event that began a duty."""
    is_opening: bool = False
    """The opening of a case is judged: there is no case yet."""
    duties: frozenset[str] = frozenset()
    """The norms that oblige."""
    proven: frozenset[t.Selector] = frozenset()
    stance: Stance = WORLD
    ahead: bool = False
    """A duration wanted here is added to now, so it may be counted in months, years or working days."""
    measures: Mapping[str, Type] = field(default_factory=dict)
    zone: str = "UTC"
    broken: frozenset[str] = frozenset()
    """Names of things whose own mistakes are told where they stand: using one is no further mistake."""
    cases_of: frozenset[str] = frozenset()
    """The procedures to one of which the case of the event certainly belongs."""


def fixed_names(scope: Scope) -> dict[str, Tree]:
    """The names that mean the same at every instant: a filter of past events, or of cases, may use no others."""
    return {
        name: tree
        for name, tree in scope.names.items()
        if isinstance(tree, t.Const | t.Bound) or (isinstance(tree, t.Slot) and tree.path.startswith("parameters."))
    }


Proven = frozenset[t.Selector]
"""What certainly has happened where an expression stands."""


class Reader(Protocol):
    """The inference of an expression, as those see it that give meaning to a part of one."""

    scope: Scope

    def tree(self, phrase: g.Phrase, wanted: Type | None, proven: Proven) -> Tree: ...
    def wanted(self, phrase: g.Phrase, wanted: Type | None, proven: Proven) -> Tree: ...
    def fitted(self, tree: Tree, wanted: Type, phrase: g.Phrase) -> Tree: ...
    def missing(self, tree: Tree, phrase: g.Phrase) -> str: ...
    def said(self, part: g.Part) -> str: ...
    def inside(self, scope: Scope) -> Reader: ...
    def alike(self, operands: list[g.Phrase], proven: Proven) -> list[Tree]: ...


class Refused(Exception):
    """This expression has no meaning; what is wrong stands in `problem`'s parts."""

    def __init__(self, code: str, text: str, part: g.Part) -> None:
        self.code = code
        self.text = text
        self.part = part
        super().__init__(text)
