"""The shapes of what happens: quantities, patterns, triggers, effects, rules, the timeline.

In: nodes, through `shapes.fill`. Out: filled shapes, their texts still unread.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from sim.language.shapes import Leaf, Many, Shape
from sim.language.shapes_world import Citation

__all__ = [
    "ActorChoice", "AddShape", "ClaimShape", "Distribution", "EFFECTS", "Effect", "EnactShape", "EveryShape",
    "ObservedShape", "OpenShape", "PatternShape", "QuantityShape", "RepealShape", "RuleShape", "SetShape",
    "SignalShape", "TimelineShape", "Who",
]  # fmt: skip

DISTRIBUTIONS = ["uniform", "triangular", "normal", "lognormal", "exponential", "choice"]
EFFECTS = ["event", "set", "add", "open", "claim", "enact", "repeal"]
TRIGGERS = ["event", "every"]


class NormalShape(Shape):
    """A normal distribution, cut at `min` and `max` if given."""

    mean: Leaf
    sd: Leaf
    min: Leaf | None = None
    max: Leaf | None = None


class LognormalShape(Shape):
    """A lognormal distribution; `spread` is the geometric standard deviation."""

    median: Leaf
    spread: Leaf


class Distribution(Shape):
    """A value drawn when it is needed; exactly one key."""

    uniform: tuple[Leaf, Leaf] | None = None
    """[lowest, highest]"""
    triangular: tuple[Leaf, Leaf, Leaf] | None = None
    """[lowest, most likely, highest]"""
    normal: NormalShape | None = None
    lognormal: LognormalShape | None = None
    exponential: Leaf | None = None
    """the mean"""
    choice: (
        Annotated[
            Annotated[tuple[Leaf, ...], Tag(":list")] | Annotated[dict[str, Leaf], Tag(":mapping")],
            Discriminator(lambda v: ":list" if isinstance(v, list | tuple) else ":mapping"),
        ]
        | None
    ) = None
    """[values, equally likely], or {value: weight}"""


def _quantity_form(value: Any) -> str:
    return ":drawn" if isinstance(value, dict | Distribution) else ":written"


QuantityShape = Annotated[Annotated[Leaf, Tag(":written")] | Annotated[Distribution, Tag(":drawn")], Discriminator(_quantity_form)]
"""A literal, an expression, or one distribution."""


class ActorChoice(Shape):
    """One of several actors, drawn."""

    choice: Annotated[
        Annotated[Leaf, Tag(":group")] | Annotated[tuple[Leaf, ...], Tag(":list")] | Annotated[dict[str, Leaf], Tag(":mapping")],
        Discriminator(lambda v: ":list" if isinstance(v, list | tuple) else ":mapping" if isinstance(v, dict) else ":group"),
    ]


Who = Annotated[
    Annotated[Leaf, Tag(":named")] | Annotated[ActorChoice, Tag(":drawn")],
    Discriminator(lambda v: ":drawn" if isinstance(v, dict | ActorChoice) else ":named"),
]
"""An actor: an id, an expression, or `{choice: …}`."""


class PatternShape(Shape):
    """Which events are meant."""

    event: Leaf
    by: Many[Leaf] = ()
    to: Many[Leaf] = ()
    via: Many[Leaf] = ()
    where: Leaf | None = None


class EveryShape(Shape):
    """A tick that comes again and again."""

    every: QuantityShape
    starting: Leaf | None = None


def _trigger_form(value: Any) -> str | None:
    if value is None:
        return ":hole"
    if isinstance(value, dict):
        return next((f":{key}" for key in TRIGGERS if key in value), None)
    if isinstance(value, PatternShape | EveryShape):
        return ":event" if isinstance(value, PatternShape) else ":every"
    return ":short"


Trigger = Annotated[
    Annotated[Leaf, Tag(":short")]
    | Annotated[PatternShape, Tag(":event")]
    | Annotated[EveryShape, Tag(":every")]
    | Annotated[None, Tag(":hole")],
    Discriminator(
        _trigger_form, custom_error_type="trigger", custom_error_message="this is no trigger", custom_error_context={"keys": TRIGGERS}
    ),
]


class EffectShape(Shape):
    """What every effect may have."""

    id: Leaf | None = None
    if_: Leaf | None = Field(default=None, alias="if")
    after: QuantityShape | None = None


class SignalShape(EffectShape):
    """`event:` something happens."""

    event: Leaf
    by: Who | None = None
    to: Who | None = None
    via: Who | None = None
    with_: dict[str, QuantityShape] = Field(default_factory=dict, alias="with")


class SetShape(EffectShape):
    """`set:` values become others."""

    set: dict[str, QuantityShape]


class AddShape(EffectShape):
    """`add:` values grow or shrink."""

    add: dict[str, QuantityShape]


class OpenShape(EffectShape):
    """`open:` a case of a procedure begins."""

    open: Leaf
    by: Who | None = None
    with_: dict[str, QuantityShape] = Field(default_factory=dict, alias="with")


class ClaimShape(EffectShape):
    """`claim:` somebody asserts a statement."""

    claim: Leaf
    is_: Leaf = Field(alias="is")
    by: Who | None = None
    to: Who | None = None


class EnactShape(EffectShape):
    """`enact:` a provision comes into force."""

    enact: Leaf
    pending: Leaf | None = None


class RepealShape(EffectShape):
    """`repeal:` a provision is no longer in force."""

    repeal: Leaf
    pending: Leaf | None = None


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
    | Annotated[ClaimShape, Tag(":claim")]
    | Annotated[EnactShape, Tag(":enact")]
    | Annotated[RepealShape, Tag(":repeal")]
    | Annotated[None, Tag(":hole")],
    Discriminator(
        _effect_form, custom_error_type="effect", custom_error_message="this is no effect", custom_error_context={"keys": EFFECTS}
    ),
]


class RuleShape(Shape):
    """Who reacts to what."""

    when: Many[Trigger]
    if_: Leaf | None = Field(default=None, alias="if")
    chance: Leaf | None = None
    after: QuantityShape | None = None
    still: Leaf | None = None
    then: tuple[Effect, ...]
    times: Leaf | None = None
    not_again_for: Leaf | None = None
    priority: Leaf | None = None
    in_force: Leaf | None = None
    about: Leaf | None = None
    source: Citation = ()


class TimelineShape(Shape):
    """What happens at a given date whatever the rules; one effect stands beside `at`, several under `then`."""

    at: QuantityShape
    then: tuple[Effect, ...] = ()
    about: Leaf | None = None
    source: Citation = ()


class ObservedShape(Shape):
    """A dated event that really happened."""

    at: Many[Leaf]
    event: Leaf
    by: Leaf | None = None
    to: Leaf | None = None
    about: Leaf | None = None
    source: Citation = ()
