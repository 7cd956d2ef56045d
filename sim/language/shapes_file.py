"""The shape of a whole scenario file: its sections, and what each holds.

In: nothing; the shapes of things. Out: `ScenarioShape`, and the names of sections. A file is not filled into it at once: sections are
read thing by thing where they are linked, so that a fault in one thing leaves the others. It says what there is, to people and editors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import Discriminator, Field, Tag

from sim.language.shapes import Leaf, Many, Shape
from sim.language.shapes_law import Expected, NormShape, ProcedureShape
from sim.language.shapes_rules import DecisionShape, Effect, ObservedShape, RuleShape, TimelineShape
from sim.language.shapes_world import (
    ActorShape,
    Attribute,
    EventShape,
    KindShape,
    ParameterShape,
    PeriodShape,
    SourceShape,
    StatementShape,
    ThingShape,
    short_or,
)

__all__ = ["HEAD", "SECTIONS", "Beside", "Id", "ScenarioShape", "WhatIfShape"]


@dataclass(frozen=True)
class Beside:
    """Marks a shape whose mapping may also hold the keys of one thing of another kind."""

    kind: Any


@dataclass(frozen=True)
class Id:
    """Marks keys that are ids."""


T = TypeVar("T")
Things = dict[Annotated[str, Id()], T]
"""A section: from id to thing."""

Parameter = Annotated[Annotated[Leaf, Tag(":short")] | Annotated[ParameterShape, Tag(":long")], Discriminator(short_or)]


class WhatIfShape(Shape):
    """A named set of edits: the same luck, something changed.

    Example: {set: {parameters.delay: 1d}, remove: [timeline.second]}
    """

    combine: tuple[Leaf, ...] = ()
    """Other what-ifs whose edits it takes over."""
    remove: tuple[Leaf, ...] = ()
    """Paths of what is not there in it, like `timeline.second`."""
    set: dict[str, Any] = Field(default_factory=dict)
    """{PATH: value}: what is there becomes this, like `parameters.delay: 5d`."""
    add: dict[str, Any] = Field(default_factory=dict)
    """{PATH: value}: what is new, like `rules.answer`."""
    about: Leaf | None = None
    """Words for readers; they change nothing in a run."""


class ScenarioShape(Shape):
    """A scenario: who acts, what may happen, what the law is, who reacts to what, and what the world brings."""

    language: Leaf | None = None
    """The version of this language: 1."""
    scenario: Leaf
    """The scenario's id: small letters, digits and _."""
    title: Leaf | None = None
    """One line for readers."""
    about: Leaf | None = None
    """More words for readers."""
    period: PeriodShape
    """The simulated time."""
    include: Many[Leaf] = ()
    """Files below this one's folder that hold more of its sections, like `parts/actors.yaml`."""
    sources: Things[SourceShape] = Field(default_factory=dict)
    """Documents that provisions and facts cite."""
    parameters: Things[Parameter] = Field(default_factory=dict)
    """Named assumptions: a value, or a mapping with its range."""
    kinds: Things[KindShape] = Field(default_factory=dict)
    """What actors and things of one kind have: attributes with their starting values."""
    actors: Things[ActorShape] = Field(default_factory=dict)
    """Who acts."""
    things: Things[ThingShape] = Field(default_factory=dict)
    """What is dealt in."""
    events: Things[EventShape] = Field(default_factory=dict)
    """What may happen: types of events."""
    statements: Things[StatementShape] = Field(default_factory=dict)
    """What may be claimed true or false."""
    state: Things[Attribute] = Field(default_factory=dict)
    """Values of the world that rules read and write: a start, or a mapping with its bounds."""
    define: Things[Leaf] = Field(default_factory=dict)
    """Expressions with a name."""
    norms: Things[NormShape] = Field(default_factory=dict)
    """What is forbidden while it is in force."""
    procedures: Things[ProcedureShape] = Field(default_factory=dict)
    """Ordered approvals."""
    decisions: Things[DecisionShape] = Field(default_factory=dict)
    """Named exclusive choices of actors."""
    timeline: Things[Annotated[TimelineShape, Beside(Effect)]] = Field(default_factory=dict)
    """What happens at given dates whatever the rules."""
    rules: Things[RuleShape] = Field(default_factory=dict)
    """Who reacts to what."""
    what_if: Things[WhatIfShape] = Field(default_factory=dict)
    """Named sets of edits: the same luck, one thing changed."""
    measures: Things[Leaf] = Field(default_factory=dict)
    """Expressions over the log of a run: what it comes to."""
    expect: dict[str, Many[Expected]] = Field(default_factory=dict)
    """What must hold of the measures, under `baseline` or the name of a what-if."""
    observed: tuple[ObservedShape, ...] = ()
    """The dated events that really happened."""
    intended: dict[str, Leaf] = Field(default_factory=dict)
    """{PATH: reason}: what looks doubtful and is meant; warnings at these paths are not told."""


SECTIONS = ScenarioShape.keys()
HEAD = ("language", "scenario", "title", "about", "period", "include")
"""What only the scenario's own file says; all other sections may stand in parts."""
