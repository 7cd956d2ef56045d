"""Linking, procedures: their events, their steps in order, what each step may do.

In: a `Draft` whose tables are filled, and filled shapes of procedures. Out: linked procedures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sim.errors import did_you_mean
from sim.language import tree as t
from sim.language.draft import Draft
from sim.language.lengths import quantity_ahead
from sim.language.link_values import Written, counted_group, link_condition, link_every, link_quantity
from sim.language.scenario import Condition, EventType, Meets, Procedure, Quantity, Step
from sim.language.scope import Scope
from sim.language.shapes_law import BranchShape, MeetsShape, ProcedureShape, StepShape, TogetherShape
from sim.language.shapes_values import ConditionShape
from sim.language.source import Text
from sim.language.tree import Tree, Type

__all__ = ["concluded_events", "link_procedure"]

OUTCOMES = t.label("passed", "refused", "sent_back", "late")
WAYS_OUT = ("approved", "refused")


def concluded_events(procedure: str, case: Mapping[str, Type], steps: tuple[str, ...]) -> list[EventType]:
    """The events of a procedure: what may be somebody's act, and what the engine concludes."""
    data = {name: kind for name, kind in case.items() if name not in ("by", "opened")}
    end = {"duration": t.DURATION}
    at_a_step = end | ({"step": t.label(*steps)} if steps else {})
    words = procedure.replace("_", " ")
    events = [
        EventType(f"{procedure}.opened", f"{words} opened", data, procedure=procedure),
        EventType(f"{procedure}.blocked", f"{words} blocked", data, concluded=True),
        EventType(f"{procedure}.approved", f"{words} approved", end, procedure=procedure, concluded=True),
        EventType(f"{procedure}.refused", f"{words} refused", at_a_step, procedure=procedure, concluded=True),
        EventType(f"{procedure}.withdrawn", f"{words} withdrawn", end, procedure=procedure),
        EventType(f"{procedure}.late", f"{words} late", at_a_step, procedure=procedure, concluded=True),
        EventType(f"{procedure}.licence_suspended", f"{words}: licence suspended", {"held": t.FLAG}, procedure=procedure),
        EventType(f"{procedure}.licence_resumed", f"{words}: licence resumed", {"held": t.FLAG}, procedure=procedure),
        EventType(f"{procedure}.licence_revoked", f"{words}: licence revoked", {}, procedure=procedure),
        EventType(f"{procedure}.licence_expired", f"{words}: licence expired", {}, procedure=procedure, concluded=True),
    ]
    decided = {"outcome": OUTCOMES, "visit": t.NUMBER}
    return events + [
        EventType(f"{procedure}.{step}", f"{words}: {step.replace('_', ' ')}", decided, procedure=procedure, concluded=True)
        for step in steps
    ]


def link_procedure(draft: Draft, key: str, shape: ProcedureShape) -> Procedure:
    """One procedure, linked."""
    path = f"procedures.{key}"
    node = draft.node(f"{path}.steps")
    if not shape.steps and node is not None:
        draft.problem("E104", "a procedure has at least one step", node)
    data = {name: kind for name, kind in draft.cases[key].items() if name not in ("by", "opened")}
    steps = StepLinker(draft, key, _ordered(draft, shape)).all(shape)
    limit = _limit(draft, shape, draft.scope(case=draft.cases[key]), path)
    if_late = _if_late(draft, shape, list(shape.steps))
    valid = _length_ahead(draft, shape.valid, draft.scope(case=draft.cases[key]), f"{path}.valid", "a validity")
    return Procedure(key, path, data, steps, limit, if_late, valid, str(shape.about or ""), draft.citations(shape.source))


def _ordered(draft: Draft, shape: ProcedureShape) -> list[str]:
    """The steps in the order of the file, but those that say what they follow right behind it."""
    order = [name for name, step in shape.steps.items() if step.follows is None]
    for name, step in shape.steps.items():
        if step.follows is None:
            continue
        if str(step.follows) not in order:
            draft.unknown("earlier step", step.follows, order)
            order.append(name)
        else:
            order.insert(order.index(str(step.follows)) + 1, name)
    return order


class StepLinker:
    """Links the steps of one procedure, in their order."""

    def __init__(self, draft: Draft, procedure: str, order: list[str]) -> None:
        self.draft = draft
        self.procedure = procedure
        self.scope: Scope = draft.scope(case=draft.cases[procedure])
        usable = {short.split(".")[1] for short in draft.provisions.values() if short.startswith(f"{procedure}.")}
        self.order = [name for name in order if name in usable]
        self.usable = usable

    def all(self, shape: ProcedureShape) -> tuple[Step, ...]:
        return tuple(self.step(name, shape.steps[name]) for name in self.order)

    def step(self, name: str, shape: StepShape | TogetherShape) -> Step:
        path = f"procedures.{self.procedure}.steps.{name}"
        return self.together(name, shape, path) if isinstance(shape, TogetherShape) else self.single(name, shape, path, name)

    def together(self, name: str, shape: TogetherShape, path: str) -> Step:
        """Several steps at once, and how many must pass."""
        branches = tuple(
            self.single(branch, below, f"{path}.together.{branch}", name)
            for branch, below in sorted(shape.together.items())
            if branch in self.usable
        )
        node = self.draft.node(f"{path}.together")
        if not shape.together and node is not None:
            self.draft.problem("E104", "`together` has at least one branch", node)
        return Step(
            id=name, path=path, branches=branches, needs=self.needs(shape.needs, len(shape.together)),
            needed=self.draft.expression(shape.needed_if, self.scope, t.FLAG),
            deadline=_limit(self.draft, shape, self.scope, path), if_late=_if_late(self.draft, shape, self.order),
            about=str(shape.about or ""), source=self.draft.citations(shape.source),
        )  # fmt: skip

    def needs(self, written: Text | None, branches: int) -> str:
        if written is None or str(written) in ("all", "any"):
            return str(written or "all")
        if not (str(written).isdecimal() and 1 <= int(str(written)) <= branches):
            self.draft.problem("E105", f"`needs` is all, any, or a number from 1 to {branches}, not '{written}'", written)
        return str(written)

    def single(self, name: str, shape: BranchShape, path: str, place: str) -> Step:
        """One step; `place` is where it stands in the order."""
        draft, scope = self.draft, self.scope
        takes, waits = self.quantity(shape.takes, f"{path}.takes"), self.waits(shape, path)
        if shape.meets is not None:
            for word in ("takes", "queue"):
                if (written := draft.node(f"{path}.{word}")) is not None:
                    draft.problem("E104", f"a step is decided at a desk or at a session: `{word}` does not go with `meets`", written)
        desk = draft.expression(shape.by, scope, t.ACTOR)
        if desk is not None and shape.by is not None and (group := counted_group(draft, desk)):
            size = len(draft.counted[group])
            remedy = f"name one of them, {group}_1, or write capacity: {size} instead of count: {size} if they are one desk"
            draft.problem("E204", f"'{group}' is a group of {size}, and a desk is one actor: {remedy}", shape.by)
        back = shape.sends_back
        if back is not None and str(back.to) not in (earlier := self.order[: self.order.index(place) + 1]):
            draft.unknown("earlier step", back.to, earlier)
        return Step(
            id=name, path=path,
            by=desk,
            takes=takes, waits=waits, meets=self.meets(shape.meets, path),
            queue=draft.expression(shape.queue, scope, t.NUMBER),
            needed=draft.expression(shape.needed_if, scope, t.FLAG),
            refuses=self.chance(shape.refuses),
            sends_back=self.chance(back.chance) if back else None, back_to=str(back.to) if back else "",
            deadline=_limit(draft, shape, scope, path), if_late=_if_late(draft, shape, self.order),
            about=str(shape.about or ""), source=draft.citations(shape.source),
        )  # fmt: skip

    def quantity(self, written: Written, path: str) -> Quantity | None:
        return quantity_ahead(link_quantity(self.draft, written, self.scope, t.DURATION, path), self.scope)

    def waits(self, shape: BranchShape, path: str) -> Quantity | Condition | None:
        """How long a case waits, or for what."""
        path = f"{path}.waits"
        if isinstance(shape.waits, ConditionShape):
            return link_condition(self.draft, shape.waits, self.scope, path)
        return self.quantity(shape.waits, path)

    def chance(self, written: Text | None) -> Tree | None:
        """A probability; a constant one is looked at now."""
        tree = self.draft.expression(written, self.scope, t.NUMBER)
        self.draft.chance(written, tree)
        return tree

    def meets(self, shape: MeetsShape | None, path: str) -> Meets | None:
        """When a body meets: `every` or `dates`."""
        if shape is None:
            return None
        draft, path = self.draft, f"{path}.meets"
        node = draft.node(path)
        if (shape.every is None) == (not shape.dates) and node is not None:
            draft.problem("E103", "say when it meets: `every`, or `dates`", node)
        every = None if shape.every is None else link_every(draft, shape.every, shape.starting, path)
        if shape.starting is not None and shape.dates:
            draft.problem("E104", "`starting` goes with `every`; `dates` say when the first session is", shape.starting)
        dates = [draft.instant(date) for date in shape.dates]
        kept = sorted(date for date in dates if date is not None and date >= draft.begin)
        most = None if shape.per_session is None else draft.whole(shape.per_session, 1)
        return Meets(every, tuple(dict.fromkeys(kept)), most)


def _limit(draft: Draft, shape: Any, scope: Scope, path: str) -> Quantity | None:
    """A time limit, which lies ahead."""
    limit = _length_ahead(draft, shape.deadline, scope, f"{path}.deadline", "a time limit")
    if shape.if_late is not None and shape.deadline is None:
        draft.problem("E103", "`if_late` says what happens at a time limit: write `deadline`", shape.if_late)
    return limit


def _length_ahead(draft: Draft, written: Written, scope: Scope, path: str, what: str) -> Quantity | None:
    """A length of time that is added to now, so that it may be counted in months, years or working days."""
    length = link_quantity(draft, written, replace(scope, ahead=True), t.DURATION, path)
    if length and length.kind == "value" and isinstance(length.arguments[0], t.Const) and length.arguments[0].value < 0:
        draft.problem("E302", f"{what} is not negative", draft.node(path) or draft.root)
    return quantity_ahead(length, scope)


def _if_late(draft: Draft, shape: Any, steps: list[str]) -> str | None:
    """What happens at a time limit: an outcome, or the step the case goes to."""
    if shape.if_late is None:
        return None
    word = str(shape.if_late)
    if word not in (*WAYS_OUT, *steps):
        known = [*WAYS_OUT, *steps]
        draft.problem("E105", f"'{word}' is not one of {', '.join(known)}{did_you_mean(word, known)}", shape.if_late)
    return word
