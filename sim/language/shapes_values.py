"""The shapes of what rules and law are made of: quantities, actors, patterns, triggers, delays.

In: nodes, through `shapes.fill`. Out: filled shapes, their texts still unread.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Tag

from sim.errors import did_you_mean
from sim.language.shapes import Leaf, Many, Shape

__all__ = [
    "ActorChoice", "BeforeShape", "ConditionShape", "DISTRIBUTIONS", "Delay", "Distribution", "EveryShape", "LognormalShape", "NormalShape",
    "PatternShape", "QuantityShape", "TRIGGERS", "Trigger", "Until", "Who",
]  # fmt: skip

DISTRIBUTIONS = ["uniform", "triangular", "normal", "lognormal", "exponential", "choice"]
TRIGGERS = ["event", "every", "condition", "before"]


class NormalShape(Shape):
    """A normal distribution, cut at `min` and `max` if given.

    Example: {mean: 5d, sd: 1d, min: 0}
    """

    mean: Leaf
    """The middle."""
    sd: Leaf
    """The standard deviation, 0 or more."""
    min: Leaf | None = None
    """Nothing below; what is left makes up the whole."""
    max: Leaf | None = None
    """Nothing above; what is left makes up the whole."""


class LognormalShape(Shape):
    """A lognormal distribution; `spread` is the geometric standard deviation.

    Example: {median: 8e5, spread: 2.5}
    """

    median: Leaf
    """As often above as below; more than 0."""
    spread: Leaf
    """A factor, 1 or more: two thirds lie between median / spread and median · spread."""


class Distribution(Shape):
    """A value drawn when it is needed; exactly one key.

    Example: {triangular: [2d, 5d, 15d]}
    """

    uniform: tuple[Leaf, Leaf] | None = None
    """[lowest, highest]"""
    triangular: tuple[Leaf, Leaf, Leaf] | None = None
    """[lowest, most likely, highest]"""
    normal: NormalShape | None = None
    """{mean, sd, min, max}: around the mean; cut at `min` and `max` where given"""
    lognormal: LognormalShape | None = None
    """{median, spread}: positive, as often above as below the median"""
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
    """One of several actors, drawn.

    Example: {choice: {firm: 3, dealer: 1}}
    """

    choice: Annotated[
        Annotated[Leaf, Tag(":group")] | Annotated[tuple[Leaf, ...], Tag(":list")] | Annotated[dict[str, Leaf], Tag(":mapping")],
        Discriminator(lambda v: ":list" if isinstance(v, list | tuple) else ":mapping" if isinstance(v, dict) else ":group"),
    ]
    """An actor (one of its organs and direct members), [actors] (equally likely), or {actor: weight}."""


Who = Annotated[
    Annotated[Leaf, Tag(":named")] | Annotated[ActorChoice, Tag(":drawn")],
    Discriminator(lambda v: ":drawn" if isinstance(v, dict | ActorChoice) else ":named"),
]
"""An actor: an id, an expression, or `{choice: …}`."""


class PatternShape(Shape):
    """Which events are meant.

    Example: {event: shipment, by: industry, where: event.product == kits}
    """

    event: Leaf
    """The type of event."""
    by: Many[Leaf] = ()
    """Who did it: an actor with all its organs and members, or a list of these; anybody unless said."""
    to: Many[Leaf] = ()
    """To whom: an actor with all its organs and members, or a list of these."""
    via: Many[Leaf] = ()
    """Through whose hands: an actor, or a list."""
    where: Leaf | None = None
    """An expression over `event.`: only those events for which it is true."""


class EveryShape(Shape):
    """A tick that comes again and again.

    Example: {every: 13w, starting: 2025-09-01}
    """

    every: QuantityShape
    """The interval; where it is drawn, at each tick for the next."""
    starting: Leaf | None = None
    """The first tick; one interval after the start unless said."""


class ConditionShape(Shape):
    """A condition that turns true, and where `lasts` is given stays true for so long.

    Example: {condition: tension > 0.8, lasts: 7d}
    """

    condition: Leaf
    """A flag: what turns true."""
    lasts: QuantityShape | None = None
    """It must have been true for so long without a break; drawn when it turns true."""


def _delay_form(value: Any) -> str:
    if isinstance(value, ConditionShape) or (isinstance(value, dict) and any(_about_a_condition(key) for key in value)):
        return ":condition"
    return _quantity_form(value)


def _about_a_condition(key: str) -> bool:
    return key == "lasts" or bool(did_you_mean(key, ["condition"]))


Delay = Annotated[
    Annotated[Leaf, Tag(":written")] | Annotated[Distribution, Tag(":drawn")] | Annotated[ConditionShape, Tag(":condition")],
    Discriminator(_delay_form),
]
"""How long to wait: a quantity, or until a condition is true."""


Until = Annotated[
    Annotated[Leaf, Tag(":written")] | Annotated[Distribution, Tag(":drawn")] | Annotated[ConditionShape, Tag(":condition")],
    Discriminator(_delay_form),
]
"""Until when: a date, or until a condition is true."""


class BeforeShape(Shape):
    """So much time before a provision ends by itself.

    Example: {before: export_ban.expired, lead: 14d}
    """

    before: Leaf
    """`N.expired`, the sunset of a provision, where a date or `lasts` sets it."""
    lead: QuantityShape
    """How long before; at once where less is left when the sunset is set."""


def _trigger_form(value: Any) -> str | None:
    if value is None:
        return ":hole"
    if isinstance(value, Shape):
        return next(f":{key}" for key in TRIGGERS if key in type(value).model_fields)
    if isinstance(value, dict):
        return next((f":{key}" for key in TRIGGERS if key in value), None)
    return ":short"


# An event's name, or a date, is written short; each other trigger has the key that gives it its tag.
Trigger = Annotated[
    Annotated[Leaf, Tag(":short")]
    | Annotated[PatternShape, Tag(":event")]
    | Annotated[EveryShape, Tag(":every")]
    | Annotated[ConditionShape, Tag(":condition")]
    | Annotated[BeforeShape, Tag(":before")]
    | Annotated[None, Tag(":hole")],
    Discriminator(
        _trigger_form, custom_error_type="trigger", custom_error_message="this is no trigger", custom_error_context={"keys": TRIGGERS}
    ),
]
