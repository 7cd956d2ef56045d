"""The shapes of law and of what an author asks: norms, procedures, expectations.

In: nodes, through `shapes.fill`. Out: filled shapes, their texts still unread.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from sim.language.shapes import Leaf, Shape
from sim.language.shapes_rules import PatternShape, QuantityShape
from sim.language.shapes_world import Citation, FieldType, short_or

__all__ = ["Expected", "ExpectationShape", "NormShape", "ProcedureShape", "StepShape"]


def _pattern_form(value: Any) -> str:
    return ":long" if isinstance(value, dict | PatternShape) else ":short"


class NormShape(Shape):
    """What is forbidden while it is in force."""

    forbid: Annotated[Annotated[Leaf, Tag(":short")] | Annotated[PatternShape, Tag(":long")], Discriminator(_pattern_form)]
    issued_by: Leaf | None = None
    obeyed: Leaf | None = None
    """Chance that it is obeyed, 1 unless said."""
    in_force: Leaf | None = None
    about: Leaf | None = None
    source: Citation = ()


class StepShape(Shape):
    """One step of a procedure."""

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
    in_force: Leaf | None = None
    about: Leaf | None = None
    source: Citation = ()


class ProcedureShape(Shape):
    """An ordered approval."""

    case: dict[str, FieldType] = Field(default_factory=dict)
    """The data of one application, and their types."""
    steps: dict[str, StepShape]
    in_force: Leaf | None = None
    about: Leaf | None = None
    source: Citation = ()


class ExpectationShape(Shape):
    """What the author expects of measures."""

    that: Leaf
    in_at_least: Leaf | None = None
    """Share of the runs in which it must hold; all unless said."""
    about: Leaf | None = None


Expected = Annotated[Annotated[Leaf, Tag(":short")] | Annotated[ExpectationShape, Tag(":long")], Discriminator(short_or)]
"""An expression over measures, or a mapping."""
