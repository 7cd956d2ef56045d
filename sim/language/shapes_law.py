"""The shapes of law and of what an author asks: norms, procedures, expectations.

In: nodes, through `shapes.fill`. Out: filled shapes, their texts still unread.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from sim.language.shapes import Flag, Leaf, Shape
from sim.language.shapes_rules import PatternShape, QuantityShape
from sim.language.shapes_world import Citation, FieldType, short_or

__all__ = ["Expected", "ExpectationShape", "NormShape", "ProcedureShape", "StepShape"]


def _pattern_form(value: Any) -> str:
    return ":long" if isinstance(value, dict | PatternShape) else ":short"


class NormShape(Shape):
    """What is forbidden while it is in force.

    Example: {forbid: {event: shipment, by: industry}, obeyed: 0.95, in_force: false}
    """

    forbid: Annotated[Annotated[Leaf, Tag(":short")] | Annotated[PatternShape, Tag(":long")], Discriminator(_pattern_form)]
    """The acts it covers: an event or a pattern."""
    issued_by: Leaf | None = None
    """Who issued it, for readers."""
    obeyed: Leaf | None = None
    """Chance that it is obeyed, 1 unless said."""
    in_force: Flag | None = None
    """Whether it is in force at the start: `true` unless said."""
    about: Leaf | None = None
    """Words for readers; they change nothing in a run."""
    source: Citation = ()
    """What it rests on: the id of a source, a URL, `assumption`, or several of these."""


class StepShape(Shape):
    """One step of a procedure.

    Example: {by: council, takes: 20d, refuses: 0.3}
    """

    by: Leaf | None = None
    """Who decides: an actor, or `case.x`."""
    takes: QuantityShape | None = None
    """Time of work; holds one of the actor's `capacity`."""
    needed_if: Leaf | None = None
    """Looked at on arrival: where it is false the step is skipped."""
    refuses: Leaf | None = None
    """Chance of a refusal, 0 unless said."""
    follows: Leaf | None = None
    """The step it comes after, for a step that a what-if adds."""
    in_force: Flag | None = None
    """Whether it is in force at the start: `true` unless said."""
    about: Leaf | None = None
    """Words for readers; they change nothing in a run."""
    source: Citation = ()
    """What it rests on: the id of a source, a URL, `assumption`, or several of these."""


class ProcedureShape(Shape):
    """An ordered approval.

    Example: {case: {value_eur: number}, steps: {intake: {by: office, takes: 2d}, issue: {by: office, takes: 1d}}}
    """

    case: dict[str, FieldType] = Field(default_factory=dict)
    """The data of one application, and their types."""
    steps: dict[str, StepShape]
    """Its parts, in this order."""
    in_force: Flag | None = None
    """Whether it is in force at the start; if not, opening is blocked."""
    about: Leaf | None = None
    """Words for readers; they change nothing in a run."""
    source: Citation = ()
    """What it rests on: the id of a source, a URL, `assumption`, or several of these."""


class ExpectationShape(Shape):
    """What the author expects of measures.

    Example: {that: halted, in_at_least: 0.6}
    """

    that: Leaf
    """What is expected: an expression over measures."""
    in_at_least: Leaf | None = None
    """Share of the runs in which it must hold; all unless said."""
    runs: Leaf | None = None
    """Over how many replications it is judged; 100 unless said."""
    about: Leaf | None = None
    """Words for readers; they change nothing in a run."""


Expected = Annotated[Annotated[Leaf, Tag(":short")] | Annotated[ExpectationShape, Tag(":long")], Discriminator(short_or)]
"""An expression over measures, or a mapping."""
