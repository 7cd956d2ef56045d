"""The shapes of what happens: effects, rules, decisions, the timeline.

In: nodes, through `shapes.fill`. Out: filled shapes, their texts still unread.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from sim.language.shapes import Flag, Leaf, Many, Shape, Words
from sim.language.shapes_values import Delay, QuantityShape, Trigger, Until, Who
from sim.language.shapes_world import Citation

__all__ = [
    "AddShape", "AmendShape", "ClaimShape", "DecideShape", "DecisionShape", "EFFECTS", "Effect", "EffectShape", "EnactShape",
    "FinishShape", "ObservedShape", "OpenShape", "OptionShape", "PENDING", "RepealShape", "ResumeShape", "RevokeShape", "RuleShape",
    "SetShape", "SignalShape", "SuspendShape", "TimelineShape", "WithdrawShape",
]  # fmt: skip

EFFECTS = ["event", "set", "add", "open", "withdraw", "revoke", "claim", "decide", "enact", "amend", "suspend", "resume", "repeal"]

Claimed = Annotated[Leaf, Words(("true", "false", "none"))]
PENDING = {
    "enact": ("join", "finish", "return", "restart"),
    "amend": ("join", "finish"),
    "suspend": ("join", "finish"),
    "repeal": ("join", "finish", "withdraw"),
}
"""What may become of cases under way when a step is enacted, suspended or repealed; a procedure that is repealed knows the last two."""


class FinishShape(Shape):
    """Some of the cases under way are treated as `finish` says, the others not.

    Example: {finish: case.contract_on < 2025-07-01}
    """

    finish: Leaf
    """Which of them: a flag over `case.`."""


def _pending_form(value: Any) -> str:
    return ":some" if isinstance(value, dict | FinishShape) else ":word"


OnEnactment = Annotated[
    Annotated[Leaf, Words(PENDING["enact"]), Tag(":word")] | Annotated[FinishShape, Tag(":some")], Discriminator(_pending_form)
]
OnSuspension = Annotated[
    Annotated[Leaf, Words(PENDING["suspend"]), Tag(":word")] | Annotated[FinishShape, Tag(":some")], Discriminator(_pending_form)
]
OnRepeal = Annotated[
    Annotated[Leaf, Words(PENDING["repeal"]), Tag(":word")] | Annotated[FinishShape, Tag(":some")], Discriminator(_pending_form)
]


class EffectShape(Shape):
    """What every effect may have."""

    id: Leaf | None = None
    """A name for paths; its number unless said."""
    if_: Leaf | None = Field(default=None, alias="if")
    """Only if this is true when the rule fires."""
    after: Delay | None = None
    """A delay of its own, or until when it waits; values are read when it ends."""


class SignalShape(EffectShape):
    """`event:` something happens.

    Example: {event: shipment, by: industry, to: dealer, with: {value_eur: 5e5}}
    """

    event: Leaf
    """The event that happens."""
    by: Who | None = None
    """Who does it: with it the event is an act, which norms may forbid."""
    to: Who | None = None
    """To whom."""
    via: Who | None = None
    """Through whose hands."""
    with_: dict[str, QuantityShape] = Field(default_factory=dict, alias="with")
    """The event's fields and their values: all of them."""


class SetShape(EffectShape):
    """`set:` values become others.

    Example: {set: {mood: angry, industry.stock: industry.stock / 2}}
    """

    set: dict[str, QuantityShape]
    """{PATH: value}: state or attributes become these values."""


class AddShape(EffectShape):
    """`add:` values grow or shrink.

    Example: {add: {tension: 0.1}, if: event.by == svr}
    """

    add: dict[str, QuantityShape]
    """{PATH: value}: numbers or durations grow by these; a negative value shrinks."""


class OpenShape(EffectShape):
    """`open:` a case of a procedure begins.

    Example: {open: licence, by: firm, with: {value_eur: 5e5, buyer: dealer}}
    """

    open: Leaf
    """The procedure of which a case begins."""
    by: Who | None = None
    """The applicant."""
    with_: dict[str, QuantityShape] = Field(default_factory=dict, alias="with")
    """The data of the case and their values: all of them."""


class WithdrawShape(EffectShape):
    """`withdraw:` open cases end undecided.

    Example: {withdraw: licence.cases, where: case.buyer == dealer, by: firm}
    """

    withdraw: Leaf
    """`licence.cases`: its open cases; `licence.case`: the one that the event belongs to."""
    where: Leaf | None = None
    """Which of them: a flag over `case.`; all unless said."""
    by: Who | None = None
    """Who withdraws them: with it this is an act, which norms may forbid."""


class RevokeShape(EffectShape):
    """`revoke:` approved cases are held no longer.

    Example: {revoke: licence.cases, where: case.buyer == dealer}
    """

    revoke: Leaf
    """`licence.cases`: its approved cases that are still valid; `licence.case`: the one that the event belongs to."""
    where: Leaf | None = None
    """Which of them: a flag over `case.`; all unless said."""
    by: Who | None = None
    """Who revokes them: with it this is an act, which norms may forbid."""


class ClaimShape(EffectShape):
    """`claim:` somebody asserts a statement.

    Example: {claim: no_arms_went_there, is: true, by: president}
    """

    claim: Leaf
    """The statement."""
    is_: Claimed = Field(alias="is")
    """`true`, `false`, or `none` to take it back."""
    by: Who | None = None
    """Who asserts it."""
    to: Who | None = None
    """To whom."""


class DecideShape(EffectShape):
    """`decide:` a decision is taken.

    Example: {decide: answer}
    """

    decide: Leaf
    """The decision, one of `decisions`."""
    by: Who | None = None
    """Who decides; else whom the decision names."""
    to: Who | None = None
    """To whom."""
    via: Who | None = None
    """Through whose hands."""


class EnactShape(EffectShape):
    """`enact:` a provision comes into force.

    Example: {enact: licence.council, pending: finish}
    """

    enact: Leaf
    """A rule, norm, procedure, or `procedure.step`."""
    from_: QuantityShape | None = Field(default=None, alias="from")
    """The date from which it is in force; at once unless said."""
    until: Until | None = None
    """A date, or a condition: then it ends by itself. The last instant still belongs to it."""
    through: Leaf | None = None
    """The last day on which it is in force, instead of `until`: a date, included to its last microsecond."""
    lasts: QuantityShape | None = None
    """How long it is in force, instead of `until`."""
    pending: OnEnactment | None = None
    """For steps, what of the cases under way: `join` (unless said), `finish`, `return`, `restart`."""
    for_case: Leaf | None = None
    """For steps, which cases alone it concerns: `event.case`, or a flag over `case.`."""
    by: Who | None = None
    """Who does it: with it this is an act, which norms may forbid."""


class AmendShape(EffectShape):
    """`amend:` a value of a provision becomes another while it runs.

    Example: {amend: procedures.licence.steps.intake.takes, to: 3d}
    """

    amend: Leaf
    """The path of the value: `section.id.field`, as in what-ifs."""
    to: QuantityShape
    """The new value, as it would be written there; what is stored is the expression."""
    pending: Annotated[Leaf, Words(PENDING["amend"])] | None = None
    """Of procedures, what of the cases opened before: the new value (`join`, unless said), or the old one (`finish`)."""
    by: Who | None = None
    """Who does it: with it this is an act, which norms may forbid."""


class SuspendShape(EffectShape):
    """`suspend:` a provision rests: it is not in force until it is resumed. Or cases: open ones stand still, held ones cannot be used.

    Example: {suspend: licence.cases, where: case.buyer == dealer}
    """

    suspend: Leaf
    """A rule, norm, procedure, or `procedure.step`; `licence.cases`, or `licence.case`, the one that the event belongs to."""
    where: Leaf | None = None
    """Of cases, which: a flag over `case.`; all unless said."""
    pending: OnSuspension | None = None
    """For steps and procedures, what of the cases under way: they stand still there (`join`, unless said), or go on (`finish`)."""
    until: Until | None = None
    """A date, or a condition: then it is resumed by itself."""
    through: Leaf | None = None
    """The last day on which it rests, instead of `until`: a date, included to its last microsecond."""
    by: Who | None = None
    """Who does it: with it this is an act, which norms may forbid."""


class ResumeShape(EffectShape):
    """`resume:` a provision that rests is in force again. Or cases: they go on, and can be used again.

    Example: {resume: licence.cases, where: case.buyer == dealer}
    """

    resume: Leaf
    """A rule, norm, procedure, or `procedure.step`; `licence.cases`, or `licence.case`, the one that the event belongs to."""
    where: Leaf | None = None
    """Of cases, which: a flag over `case.`; all unless said."""
    until: Until | None = None
    """A date, or a condition: then it is suspended again by itself."""
    through: Leaf | None = None
    """The last day on which it is in force again, instead of `until`: a date, included to its last microsecond."""
    by: Who | None = None
    """Who does it: with it this is an act, which norms may forbid."""


class RepealShape(EffectShape):
    """`repeal:` a provision is no longer in force.

    Example: {repeal: export_ban}
    """

    repeal: Leaf
    """A rule, norm, procedure, or `procedure.step`."""
    pending: OnRepeal | None = None
    """What of the cases under way: of a step `join` (unless said) or `finish`; of a procedure `finish` (unless said) or `withdraw`."""
    until: Until | None = None
    """A date, or a condition: then it is enacted again by itself."""
    through: Leaf | None = None
    """The last day on which it is not in force, instead of `until`: a date, included to its last microsecond."""
    by: Who | None = None
    """Who does it: with it this is an act, which norms may forbid."""


def _effect_form(value: Any) -> str | None:
    if value is None:
        return ":hole"
    if isinstance(value, dict):
        return next((f":{key}" for key in EFFECTS if key in value), None)
    return next((f":{key}" for key in EFFECTS if key in getattr(type(value), "model_fields", {})), None)


Effect = Annotated[
    Annotated[SignalShape, Tag(":event")]
    | Annotated[SetShape, Tag(":set")]
    | Annotated[AddShape, Tag(":add")]
    | Annotated[OpenShape, Tag(":open")]
    | Annotated[WithdrawShape, Tag(":withdraw")]
    | Annotated[RevokeShape, Tag(":revoke")]
    | Annotated[ClaimShape, Tag(":claim")]
    | Annotated[DecideShape, Tag(":decide")]
    | Annotated[EnactShape, Tag(":enact")]
    | Annotated[AmendShape, Tag(":amend")]
    | Annotated[SuspendShape, Tag(":suspend")]
    | Annotated[ResumeShape, Tag(":resume")]
    | Annotated[RepealShape, Tag(":repeal")]
    | Annotated[None, Tag(":hole")],
    Discriminator(
        _effect_form, custom_error_type="effect", custom_error_message="this is no effect", custom_error_context={"keys": EFFECTS}
    ),
]


class RuleShape(Shape):
    """Who reacts to what.

    Example: {when: accusation, after: {uniform: [1d, 3d]}, then: [{event: ban, by: president}]}
    """

    when: Many[Trigger]
    """What it reacts to: an event, a pattern, a date, a tick, a condition, or a list of these."""
    if_: Leaf | None = Field(default=None, alias="if")
    """The guard, read when the event is heard."""
    chance: Leaf | None = None
    """How likely it is to accept, in [0, 1]; 1 unless said."""
    after: Delay | None = None
    """The delay, drawn when it accepts, or until when it waits; at once unless said."""
    still: Leaf | None = None
    """Read when the delay ends: where it is false nothing follows."""
    then: tuple[Effect, ...]
    """What follows: a list of effects."""
    times: Leaf | None = None
    """How often it may accept in a run; unlimited unless said."""
    not_again_for: Leaf | None = None
    """A pause that begins when it accepts."""
    priority: Leaf | None = None
    """Higher fires first, and wins where two rules `set` one thing; 0 unless said."""
    in_force: Flag | None = None
    """Whether it is in force at the start: `true` unless said."""
    about: Leaf | None = None
    """Words for readers; they change nothing in a run."""
    source: Citation = ()
    """What it rests on: the id of a source, a URL, `assumption`, or several of these."""


class OptionShape(Shape):
    """What somebody may decide, and what follows.

    Example: {weight: 1 + 4 * tension, then: [{event: halt}]}
    """

    weight: Leaf | None = None
    """How likely it is beside the others: an expression, 1 unless said."""
    then: tuple[Effect, ...] = ()
    """What follows where it is chosen; who decides is who acts."""
    about: Leaf | None = None
    """Words for readers; they change nothing in a run."""
    source: Citation = ()
    """What it rests on: the id of a source, a URL, `assumption`, or several of these."""


class DecisionShape(Shape):
    """A named exclusive choice of an actor.

    Example: {by: president, options: {halt: {weight: 2, then: [{event: halt}]}, wait: {}}}
    """

    by: Who | None = None
    """Who decides: an actor, an expression, or one of several by chance."""
    options: dict[str, OptionShape]
    """What may be chosen: exactly one of them is."""
    choose: Leaf | None = None
    """The option that is chosen whatever the luck; a what-if sets it."""
    about: Leaf | None = None
    """Words for readers; they change nothing in a run."""
    source: Citation = ()
    """What it rests on: the id of a source, a URL, `assumption`, or several of these."""


class TimelineShape(Shape):
    """What happens at a given date whatever the rules; one effect stands beside `at`, several under `then`.

    Example: {at: 2025-06-05, event: accusation, by: svr}
    """

    at: QuantityShape
    """When: a date or local time, or a distribution of these."""
    then: tuple[Effect, ...] = ()
    """What happens; one effect may stand beside `at` instead."""
    about: Leaf | None = None
    """Words for readers; they change nothing in a run."""
    source: Citation = ()
    """What it rests on: the id of a source, a URL, `assumption`, or several of these."""


class ObservedShape(Shape):
    """A dated event that really happened.

    Example: {at: [2025-06-20, 2025-06-26], event: accusation, by: svr}
    """

    at: Many[Leaf]
    """When: a date or local time, or [earliest, latest]."""
    event: Leaf
    """What happened."""
    by: Leaf | None = None
    """Who did it."""
    to: Leaf | None = None
    """To whom."""
    about: Leaf | None = None
    """Words for readers; they change nothing in a run."""
    source: Citation = ()
    """What it rests on: the id of a source, a URL, `assumption`, or several of these."""
