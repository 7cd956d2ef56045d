"""The shapes of law and of what an author asks: norms, procedures, expectations.

In: nodes, through `shapes.fill`. Out: filled shapes, their texts still unread.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from sim.language.shapes import Flag, Leaf, Many, Shape
from sim.language.shapes_values import Delay, PatternShape, QuantityShape, Trigger
from sim.language.shapes_world import Citation, FieldType, short_or

__all__ = [
    "BranchShape",
    "Expected",
    "ExpectationShape",
    "MeetsShape",
    "NormShape",
    "ProcedureShape",
    "StepShape",
    "TogetherShape",
    "steps_of",
]


def _pattern_form(value: Any) -> str:
    return ":long" if isinstance(value, dict | PatternShape) else ":short"


Covered = Annotated[Annotated[Leaf, Tag(":short")] | Annotated[PatternShape, Tag(":long")], Discriminator(_pattern_form)]
"""The acts a norm speaks of: an event, or a pattern."""


class NormShape(Shape):
    """What is forbidden, exempt or owed while it is in force; with none of these, a regime that is only in force or not.

    Example: {forbid: {event: shipment, by: industry}, obeyed: 0.95, in_force: false}
    """

    forbid: Covered | None = None
    """The acts it forbids: an event or a pattern."""
    exempt: Covered | None = None
    """The acts it exempts from the norms that `lifts` names: an event or a pattern."""
    lifts: Many[Leaf] = ()
    """The norms that do not hold for what it exempts: one, or a list."""
    oblige: Covered | None = None
    """The act that is owed: a pattern; its `by` is who owes it, and its `to` is to whom."""
    deadline: QuantityShape | None = None
    """Time from the beginning of a duty to its breach; without it the duty runs until it is fulfilled."""
    when: Many[Trigger] = ()
    """What begins a duty, each time anew: an event, a pattern, a date, a tick, a condition, or a list; else its enactment does."""
    obeyed: Leaf | None = None
    """Chance that what it forbids is held back, 1 unless said."""
    issued_by: Leaf | None = None
    """Who issued it, for readers."""
    in_force: Flag | None = None
    """Whether it is in force at the start: `true` unless said."""
    about: Leaf | None = None
    """Words for readers; they change nothing in a run."""
    source: Citation = ()
    """What it rests on: the id of a source, a URL, `assumption`, or several of these."""


class SendsBackShape(Shape):
    """A case may have to go back to an earlier step.

    Example: {to: intake, chance: 0.05}
    """

    to: Leaf
    """The step it goes back to; what it had passed from there on is done again."""
    chance: Leaf
    """How likely that is, read at the decision, after `refuses`."""


class MeetsShape(Shape):
    """When a body meets, and how much it decides.

    Example: {every: 3w, per_session: 5}
    """

    every: QuantityShape | None = None
    """Time from one session to the next; the first comes one interval after the start, or at `starting`."""
    starting: Leaf | None = None
    """The date of the first session."""
    dates: tuple[Leaf, ...] = ()
    """The dates of all sessions, instead of `every`."""
    per_session: Leaf | None = None
    """How many cases one session decides, in order of arrival; all unless said."""


class BranchShape(Shape):
    """One branch of a `together`.

    Example: {by: foreign_ministry, takes: 12d, refuses: 0.02}
    """

    by: Leaf | None = None
    """Who decides: an actor, or `case.x`."""
    takes: QuantityShape | None = None
    """Time of work; holds one of the actor's `capacity`."""
    waits: Delay | None = None
    """Time that passes from arrival on, or until when it waits, before any work; holds nobody."""
    meets: MeetsShape | None = None
    """The sessions at which all that waits here is decided."""
    queue: Leaf | None = None
    """Rank in the queue of the desk, read on arrival: higher comes first; 0 unless said."""
    needed_if: Leaf | None = None
    """Looked at on arrival: where it is false the step is skipped."""
    refuses: Leaf | None = None
    """Chance of a refusal, 0 unless said."""
    sends_back: SendsBackShape | None = None
    """That a case may have to go back to an earlier step."""
    deadline: QuantityShape | None = None
    """Time limit from arrival on, waiting included."""
    if_late: Leaf | None = None
    """What happens at the time limit: `approved` (the step counts as passed), `refused`, or the step the case goes to."""
    in_force: Flag | None = None
    """Whether it is in force at the start: `true` unless said."""
    about: Leaf | None = None
    """Words for readers; they change nothing in a run."""
    source: Citation = ()
    """What it rests on: the id of a source, a URL, `assumption`, or several of these."""


class StepShape(BranchShape):
    """One step of a procedure.

    Example: {by: council, takes: 20d, refuses: 0.3}
    """

    follows: Leaf | None = None
    """The step it comes after, for a step that a what-if adds."""


class TogetherShape(Shape):
    """Several steps at once.

    Example: {needs: any, together: {foreign: {by: foreign_ministry, takes: 12d}, interior: {by: interior_ministry, takes: 8d}}}
    """

    together: dict[str, BranchShape]
    """The branches; all begin when the case arrives."""
    needs: Leaf | None = None
    """How many must pass: `all` (unless said), `any`, or a number."""
    needed_if: Leaf | None = None
    """Looked at on arrival: where it is false all of it is skipped."""
    deadline: QuantityShape | None = None
    """Time limit from arrival on, for all of it."""
    if_late: Leaf | None = None
    """What happens at the time limit: `approved` (it counts as passed), `refused`, or the step the case goes to."""
    follows: Leaf | None = None
    """The step it comes after, for one that a what-if adds."""
    in_force: Flag | None = None
    """Whether it is in force at the start: `true` unless said."""
    about: Leaf | None = None
    """Words for readers; they change nothing in a run."""
    source: Citation = ()
    """What it rests on: the id of a source, a URL, `assumption`, or several of these."""


def _step_form(value: Any) -> str:
    is_group = isinstance(value, TogetherShape) or (isinstance(value, dict) and "together" in value)
    return ":together" if is_group else ":step"


AnyStep = Annotated[Annotated[StepShape, Tag(":step")] | Annotated[TogetherShape, Tag(":together")], Discriminator(_step_form)]
"""A step, or several at once."""


class ProcedureShape(Shape):
    """An ordered approval.

    Example: {case: {value_eur: number}, steps: {intake: {by: office, takes: 2d}, issue: {by: office, takes: 1d}}}
    """

    case: dict[str, FieldType] = Field(default_factory=dict)
    """The data of one application, and their types."""
    steps: dict[str, AnyStep]
    """Its parts, in this order."""
    deadline: QuantityShape | None = None
    """Time limit from the opening of a case to its end."""
    if_late: Leaf | None = None
    """What happens at the time limit: `approved`, `refused`, or the step the case goes to."""
    valid: QuantityShape | None = None
    """For how long an approved case is held, from its approval on; for ever unless said."""
    in_force: Flag | None = None
    """Whether it is in force at the start; if not, opening is blocked."""
    about: Leaf | None = None
    """Words for readers; they change nothing in a run."""
    source: Citation = ()
    """What it rests on: the id of a source, a URL, `assumption`, or several of these."""


def steps_of(shape: ProcedureShape) -> Iterator[tuple[str, str, BranchShape | TogetherShape]]:
    """Its steps and their branches: id, path below `steps`, and shape."""
    for key, step in shape.steps.items():
        yield key, key, step
        if isinstance(step, TogetherShape):
            for branch, below in step.together.items():
                yield branch, f"{key}.together.{branch}", below


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
