"""What rules, options and timeline entries do.

In: nothing. Out: the frozen records of effects, and under what changes of the law are heard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.language.parts import Condition, Quantity, Who
from sim.language.tree import Tree

__all__ = [
    "AnyEffect", "Amend", "BY_ITSELF", "Claim", "Decide", "Effect", "Emit", "Enact", "LAW_EVENTS", "LAW_WORDS", "LawEffect", "OnCases",
    "Open", "Repeal", "Resume", "Suspend", "Write", "words_of",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Effect:
    """What all effects share: path, label (its name in chance and keys), condition, delay."""

    path: str
    label: str
    guard: Tree | None
    after: Quantity | Condition | None


@dataclass(frozen=True, slots=True)
class Emit(Effect):
    """An event happens."""

    event: str
    by: Who | None
    to: Who | None
    via: Who | None
    data: Mapping[str, Quantity]


@dataclass(frozen=True, slots=True)
class Write(Effect):
    """A value becomes (`set`) or grows by (`add`) another. The target is a slot, or an attribute of an actor found at run time.

    `item` is the label of all that one `set:` or `add:` writes.
    """

    item: str
    operation: str
    slot: str | None
    owner: Tree | None
    attribute: str
    value: Quantity


@dataclass(frozen=True, slots=True)
class Open(Effect):
    """A case of a procedure begins."""

    procedure: str
    by: Who | None
    data: Mapping[str, Quantity]


@dataclass(frozen=True, slots=True)
class OnCases(Effect):
    """Something is done to cases: to those for which `where` holds, or (`at_hand`) the one the event belongs to. With `by`, an act."""

    verb: str
    procedure: str
    at_hand: bool
    where: Tree | None
    by: Who | None


@dataclass(frozen=True, slots=True)
class Claim(Effect):
    """An actor asserts a statement; `says` None retracts."""

    statement: str
    says: bool | None
    by: Who | None
    to: Who | None


@dataclass(frozen=True, slots=True)
class Decide(Effect):
    """A decision is taken; `by` None is whom the decision names."""

    decision: str
    by: Who | None
    to: Who | None
    via: Who | None


@dataclass(frozen=True, slots=True)
class LawEffect(Effect):
    """What all changes of a provision share: which one, what of cases under way, from when, until when or for how long, and by whom.

    `ends` is a date, a duration, or a condition. With `by` it is an act. With `keeps`, `finish` is for those cases alone.
    """

    provision: str
    pending: str
    keeps: Tree | None
    begins: Quantity | None
    ends: Quantity | Condition | None
    by: Who | None


@dataclass(frozen=True, slots=True)
class Enact(LawEffect):
    """A provision comes into force; with `for_case` for these cases alone, with `at_hand` for the one the event belongs to."""

    for_case: Tree | None = None
    at_hand: bool = False


@dataclass(frozen=True, slots=True)
class Suspend(LawEffect):
    """A provision rests: it is not in force until it is resumed."""


@dataclass(frozen=True, slots=True)
class Resume(LawEffect):
    """A provision that rests is in force again."""


@dataclass(frozen=True, slots=True)
class Repeal(LawEffect):
    """A provision is no longer in force."""


@dataclass(frozen=True, slots=True)
class Amend(Effect):
    """A value at a path becomes another: a quantity, an expression, a chance (`kind`), or a whole number. `text` is as written.

    `site` is where it draws. With `pending` finish cases opened before keep the old one. With `by` it is an act.
    """

    target: str
    provision: str
    kind: str
    to: Quantity | Tree | int
    text: str
    pending: str
    by: Who | None


AnyEffect = Emit | Write | Open | OnCases | Claim | Decide | Enact | Amend | Suspend | Resume | Repeal

LAW_EVENTS = {"enact": "enacted", "suspend": "suspended", "resume": "resumed", "repeal": "repealed"}
"""Under what a change of a provision is heard."""

LAW_WORDS = (*LAW_EVENTS.values(), "scheduled", "expired", "amended")
"""Under what all that befalls a provision is heard."""

BY_ITSELF = {"enact": "expired", "suspend": "resumed", "resume": "suspended", "repeal": "enacted"}
"""What a change that has an end comes to by itself."""


def words_of(effect: LawEffect) -> tuple[str, ...]:
    """Under what a change of a provision is heard, and what follows from it by itself."""
    verb = type(effect).__name__.lower()
    ahead = ("scheduled",) if effect.begins is not None else ()
    if verb == "repeal" and "." not in effect.provision and (effect.pending == "withdraw" or effect.keeps is not None):
        ahead = ("withdrawn",)
    return (*ahead, LAW_EVENTS[verb], *((BY_ITSELF[verb],) if effect.ends is not None else ()))
