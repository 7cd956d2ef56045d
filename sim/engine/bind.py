"""A program is bound to a run: names of functions become functions, rules get their counters.

In: the program's records, a `World`, and what does each kind of act. Out: reactors and effects, as `reactions` uses them,
and procedures.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any

from sim.engine import program as p
from sim.engine.cases import Desk, Procedure, Session, Step
from sim.engine.reactions import Effect, Reactor
from sim.engine.record import Guarded, Shape
from sim.engine.timetable import Timetable
from sim.engine.world import Namer, World

__all__ = ["Doing", "OnCases", "bind_option", "bind_procedure", "bind_rule", "bind_timeline_entry"]

OnCases = tuple[Any, Any, Callable[[Any], None]]
"""An effect on cases, bound: the function of an act's values, or that of the cases a write means; and who does it."""


@dataclass(frozen=True, slots=True)
class Doing:
    """Who does an act of each kind when its turn has come; how an effect on cases is bound; which cases a change of law is about."""

    acts: Mapping[type[p.EffectProgram], Callable[[Any], None]]
    on_cases: Callable[[p.CasesProgram], OnCases]
    meant: Callable[[p.LawProgram], Any]


DeskOf = Callable[[str], Desk]
"""The one desk of an actor."""


def bind_rule(world: World, rule: p.RuleProgram, doing: Doing) -> Reactor:
    """A rule with its functions and fresh counters."""
    function = world.function
    effects = tuple(bind_effect(world, effect, f"{rule.path}/{named(effect)}", rule.path, doing) for effect in rule.effects)
    return Reactor(
        path=rule.path, in_force=rule.in_force, priority=rule.priority,
        guard=function(rule.guard),
        reads=function(rule.reads), read=Guarded(rule.reads_names, rule.reads_types),
        chance=function(rule.chance), after=_delay(world, rule.after), still=function(rule.still),
        pause=function(rule.not_again_for), times=rule.times,
        effects=effects, plain=_plain(effects),
        change=rule.change, change_namer=Namer(f"{rule.path}/change", rule.path), is_timeline=False,
    )  # fmt: skip


def bind_timeline_entry(world: World, entry: p.TimelineProgram, doing: Doing) -> Reactor:
    """A timeline entry: a rule that fires once, at its date, and is never blocked. Its only effect has its name."""
    only = len(entry.effects) == 1

    def label(effect: p.EffectProgram) -> str:
        return entry.path if only else f"{entry.path}/{named(effect)}"

    effects = tuple(bind_effect(world, effect, label(effect), entry.path, doing) for effect in entry.effects)
    namer = Namer(entry.path if only else f"{entry.path}/change", entry.path)
    return _unasked(entry.path, effects, entry.change, namer, is_timeline=True)


def bind_option(world: World, option: p.OptionProgram, doing: Doing) -> Reactor:
    """An option of a decision: a rule that fires where it is chosen."""
    effects = tuple(bind_effect(world, effect, f"{option.path}/{named(effect)}", None, doing) for effect in option.effects)
    return _unasked(option.path, effects, option.change, Namer(f"{option.path}/change"), is_timeline=False)


def _unasked(path: str, effects: tuple[Effect, ...], change: Shape, namer: Namer, *, is_timeline: bool) -> Reactor:
    """What fires without being asked whether it accepts."""
    return Reactor(
        path=path, in_force=-1, priority=0.0,
        guard=None, reads=None, read=Guarded((), ()), chance=None, after=None, still=None, pause=None, times=None,
        effects=effects, plain=_plain(effects),
        change=change, change_namer=namer, is_timeline=is_timeline,
    )  # fmt: skip


def bind_effect(world: World, effect: p.EffectProgram, label: str, root: str | None, doing: Doing) -> Effect:
    """An effect with its functions and its name."""
    function = world.function
    write = effect if isinstance(effect, p.WriteProgram) else None
    values, choosing, attempt = function(effect.values) if isinstance(effect, p.ActProgram) else None, None, doing.acts.get(type(effect))
    if isinstance(effect, p.CasesProgram):
        values, choosing, attempt = doing.on_cases(effect)
    law = effect if isinstance(effect, p.LawProgram) else None
    changed = law or (effect if isinstance(effect, p.AmendProgram) else None)
    if changed is not None and changed.values is not None:
        values = function(changed.values)
    return Effect(
        program=effect,
        namer=Namer(label, root),
        attempt=attempt,
        guard=function(effect.guard),
        after=_delay(world, effect.after),
        values=values,
        value=function(write.value) if write else None,
        owner=function(write.owner) if write else None,
        slots=world.program.attributes[write.attribute] if write and write.attribute else None,
        choosing=choosing,
        terms=function(law.terms) if law else None,
        meant=doing.meant(law) if law and law.chooses else None,
    )


def named(effect: p.EffectProgram) -> str:
    """An effect's part in names: what one `set:` or `add:` writes has one name."""
    return effect.item if isinstance(effect, p.WriteProgram) else effect.label


def _delay(world: World, after: str | p.ConditionProgram | None) -> Any:
    """The function of a delay, or the condition that is waited for."""
    return after if isinstance(after, p.ConditionProgram) else world.function(after)


def _plain(effects: tuple[Effect, ...]) -> bool:
    """Whether all these effects are acts that come at once and always."""
    return all(effect.values is not None and effect.guard is None and effect.after is None for effect in effects)


def bind_procedure(world: World, procedure: p.ProcedureProgram, desk_of: DeskOf, heard: Container[str]) -> Procedure:
    """A procedure with its steps, and no cases yet."""
    steps = tuple(bind_step(world, step, place, desk_of, heard) for place, step in enumerate(procedure.steps))
    every = tuple(one for step in steps for one in (step, *step.branches))
    namers = {word: Namer(f"{procedure.id}.{word}") for word in p.OUTCOMES}
    return Procedure(procedure, steps, every, world.function(procedure.deadline), namers, [])


def bind_step(world: World, step: p.StepProgram, place: int, desk_of: DeskOf, heard: Container[str], group: Step | None = None) -> Step:
    """A step with its functions, its desk and its branches."""
    function = world.function
    plain = group is None and not (step.branches or step.waits or step.meets or step.queue or step.deadline or step.back or step.may_rest)
    bound = Step(
        program=step, place=place, group=group, branches=(), id=step.id, short=step.short, in_force=step.in_force, shape=step.shape,
        desk=None if step.desk is None else desk_of(step.desk),
        by=function(step.by), takes=function(step.takes), waits=_delay(world, step.waits), queue=function(step.queue),
        needed=function(step.needed), refuses=function(step.refuses), back=function(step.back), deadline=function(step.deadline),
        counter=world.counters.get(step.short), namer=Namer(f"{step.short}.1"), plain=plain, is_heard=step.short in heard,
    )  # fmt: skip
    bound.branches = tuple(bind_step(world, branch, place, desk_of, heard, bound) for branch in step.branches)
    if step.meets is not None:
        bound.session = Session(bound, step.meets, None if step.meets.every is None else Timetable(world, step.meets.every))
    return bound
