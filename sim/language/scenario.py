"""A checked scenario: every name resolved, every expression a typed tree, nothing left that can be the author's mistake.

In: nothing. Out: the frozen records `link` fills and the engine compiles. Paths are those an author writes in what-ifs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sim.language.tree import Tree, Type

__all__ = [
    "Actor", "Amend", "BY_ITSELF", "Before", "Claim", "Condition", "Date", "Decide", "Decision", "Emit", "Enact", "EventType", "Every",
    "Exempt", "Expectation", "Forbid", "LAW_EVENTS", "LAW_WORDS", "LawEffect", "Meets", "Norm", "Oblige", "Observation", "OnCases",
    "Open", "Option", "Parameter", "Pattern", "Procedure", "Quantity", "Repeal", "Resume", "Rule", "Scenario", "SlotDef", "SourceRecord",
    "Statement", "Step", "Suspend", "Thing", "TimelineEntry", "Trigger", "Who", "Write", "above", "member_of", "root", "speaks_for",
    "words_of",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A cited document."""

    id: str
    title: str
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts; `capacity` None is unlimited."""

    id: str
    name: str
    kind: str | None
    part_of: str | None
    member_of: tuple[str, ...]
    capacity: int | None
    about: str


@dataclass(frozen=True, slots=True)
class Thing:
    """What is dealt in."""

    id: str
    name: str
    kind: str | None
    about: str


def above(actor: str, actors: Mapping[str, Actor]) -> tuple[str, ...]:
    """An actor and everything it is an organ or member of, at any height."""
    found: dict[str, None] = {}
    todo = [actor]
    while todo:
        name = todo.pop(0)
        if name not in found:
            found[name] = None
            todo += [*([over] if (over := actors[name].part_of) else []), *actors[name].member_of]
    return tuple(found)


def speaks_for(actor: str, actors: Mapping[str, Actor]) -> tuple[str, ...]:
    """An actor and everything it is an organ of, at any height."""
    found = [actor]
    while over := actors[found[-1]].part_of:
        found.append(over)
    return tuple(found)


def member_of(actor: str, actors: Mapping[str, Actor]) -> tuple[str, ...]:
    """Everything an actor is a member of, at any height."""
    found: dict[str, None] = {}
    todo = [*actors[actor].member_of]
    while todo:
        name = todo.pop(0)
        if name not in found:
            found[name] = None
            todo += actors[name].member_of
    return tuple(found)


def root(actor: str, actors: Mapping[str, Actor]) -> str:
    """The actor it speaks for: the top of its `part_of`."""
    while over := actors[actor].part_of:
        actor = over
    return actor


@dataclass(frozen=True, slots=True)
class EventType:
    """A type of event, declared or built in; `fields` are its data."""

    id: str
    title: str
    fields: Mapping[str, Type]
    about: str = ""
    cameo: str = ""
    procedure: str | None = None
    concluded: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """Something that can be asserted; `true_when` is whether it is so, where the scenario says."""

    id: str
    about: str
    source: tuple[str, ...]
    true_when: Condition | None = None


@dataclass(frozen=True, slots=True)
class SlotDef:
    """A value of the world: where it starts and within what it stays."""

    path: str
    type: Type
    start: Any
    low: Any = None
    high: Any = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named assumption."""

    id: str
    type: Type
    value: Any
    range: tuple[Any, Any] | None
    about: str
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value that may be drawn, at `site`. `kind` is `value` (one argument) or a distribution; `choices` are those of a `choice`."""

    kind: str
    arguments: tuple[Tree | None, ...]
    type: Type
    path: str
    site: str
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Who:
    """An actor: an expression, or one of several by weight (`choices`, drawn)."""

    value: Tree | None
    choices: tuple[str, ...] = ()
    weights: tuple[Tree, ...] = ()
    path: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Which events are meant; several actors in one filter are alternatives."""

    event: str
    by: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    via: tuple[str, ...] = ()
    where: Tree | None = None


@dataclass(frozen=True, slots=True)
class Every:
    """What comes again and again: ticks, sessions. The first comes one interval after the start, or at `starting`.

    `calendar` (how many, unit) where the interval is so many months, years or working days: the k-th comes so often that long after
    the first, so that what begins on the 31st does not drift to the 28th.
    """

    interval: Quantity
    starting: Quantity | None
    path: str
    calendar: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Date:
    """A date that triggers a rule."""

    instant: int
    path: str


@dataclass(frozen=True, slots=True)
class Condition:
    """A flag that is followed: what waits for it goes on when it turns true, or has been true for `lasts`. `text` is as written."""

    flag: Tree
    lasts: Quantity | None
    text: str
    path: str


@dataclass(frozen=True, slots=True)
class Before:
    """So much time before a provision ends by itself. `text` is as written."""

    provision: str
    lead: Quantity
    text: str
    path: str


Trigger = Pattern | Every | Date | Condition | Before


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


@dataclass(frozen=True, slots=True)
class Rule:
    """Who reacts to what."""

    id: str
    path: str
    when: tuple[Trigger, ...]
    guard: Tree | None
    chance: Tree | None
    after: Quantity | Condition | None
    still: Tree | None
    then: tuple[AnyEffect, ...]
    times: int | None
    not_again_for: Tree | None
    priority: float
    about: str
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """What somebody may decide, and what follows."""

    id: str
    path: str
    weight: Tree
    then: tuple[AnyEffect, ...]
    about: str
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """A named exclusive choice; its options in the order of their ids. `choose` is the one that is chosen whatever the luck."""

    id: str
    path: str
    by: Who | None
    options: tuple[Option, ...]
    choose: str | None
    about: str
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """What happens at a given instant whatever the rules."""

    id: str
    path: str
    at: Quantity
    then: tuple[AnyEffect, ...]
    about: str
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Forbid:
    """These acts are forbidden; `obeyed` is the chance that one is held back."""

    pattern: Pattern
    obeyed: Tree | None


@dataclass(frozen=True, slots=True)
class Exempt:
    """For these acts the norms it lifts do not hold."""

    pattern: Pattern
    lifts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Oblige:
    """Such an act is owed, by those the pattern names. A duty begins with each trigger; where there is none, with each enactment."""

    pattern: Pattern
    when: tuple[Trigger, ...]
    deadline: Quantity | None


@dataclass(frozen=True, slots=True)
class Norm:
    """What holds while it is in force; `says` is None for a regime, which is only in force or not."""

    id: str
    path: str
    says: Forbid | Exempt | Oblige | None
    issued_by: str | None
    about: str
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Meets:
    """When a body meets: again and again, or on dates; and how many cases one session decides."""

    every: Every | None
    dates: tuple[int, ...]
    per_session: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a procedure; `by` is read on arrival. One with `branches` is a `together`, and `needs` is all, any or a number."""

    id: str
    path: str
    by: Tree | None = None
    takes: Quantity | None = None
    waits: Quantity | Condition | None = None
    meets: Meets | None = None
    queue: Tree | None = None
    needed: Tree | None = None
    refuses: Tree | None = None
    sends_back: Tree | None = None
    back_to: str = ""
    deadline: Quantity | None = None
    if_late: str | None = None
    branches: tuple[Step, ...] = ()
    needs: str = "all"
    about: str = ""
    source: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Procedure:
    """An ordered approval."""

    id: str
    path: str
    case: Mapping[str, Type]
    steps: tuple[Step, ...]
    deadline: Quantity | None
    if_late: str | None
    valid: Quantity | None
    about: str
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the author expects; `runs` None: as many as asked for; `text` as written."""

    that: Tree
    share: float | None
    runs: int | None
    text: str
    path: str


@dataclass(frozen=True, slots=True)
class Observation:
    """What really happened, between two instants."""

    at: tuple[int, int]
    event: str
    by: str | None
    to: str | None
    about: str
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """The whole, for the baseline or for one what-if."""

    id: str
    title: str
    about: str
    begin: int
    until: int
    timezone: str
    sources: Mapping[str, SourceRecord]
    parameters: Mapping[str, Parameter]
    actors: Mapping[str, Actor]
    things: Mapping[str, Thing]
    events: Mapping[str, EventType]
    statements: Mapping[str, Statement]
    slots: Mapping[str, SlotDef]
    timeline: tuple[TimelineEntry, ...]
    rules: tuple[Rule, ...]
    decisions: Mapping[str, Decision]
    norms: tuple[Norm, ...]
    procedures: Mapping[str, Procedure]
    what_ifs: Mapping[str, str]
    measures: Mapping[str, Tree]
    measure_texts: Mapping[str, str]
    expect: Mapping[str, tuple[Expectation, ...]]
    observed: tuple[Observation, ...]
    digest: str = field(default="", compare=False)
