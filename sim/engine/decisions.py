"""Decisions: an actor chooses one of several options, and what follows from it comes about.

In: decisions asked for, as acts. Out: one entry `decision` each; unless it is blocked, the chosen option fires on that entry
beside the rules that hear it, and what it reads as `event` is still what the decision answers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sim import chance
from sim.engine import program as p
from sim.engine import record as r
from sim.engine.acts import Acts
from sim.engine.reactions import Act, Firing, Reactions, Reactor
from sim.engine.record import Because, Guarded, RawEntry
from sim.engine.world import World
from sim.errors import RunStopped

__all__ = ["Decisions"]


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision bound to a run: the weights of its options and what follows from each. `draw` gives its uniform number; `reads` are what
    its weights read: all together, or each, where one is amended somewhere."""

    program: p.DecisionProgram
    weights: tuple[Any, ...]
    draw: Any
    reads: list[tuple[Any, Guarded]]
    options: tuple[Reactor, ...]


class Decisions:
    """The decisions of one run."""

    def __init__(self, world: World, acts: Acts, reactions: Reactions, bind: Callable[[p.OptionProgram], Reactor]) -> None:
        self.world = world
        self.acts = acts
        self.reactions = reactions
        self.bind = bind
        self.bound: dict[str, Decision] = {}

    def decision(self, name: str) -> Decision:
        """A decision, bound to the run when it is first taken."""
        found = self.bound.get(name)
        if found is None:
            program, function = self.world.program.decisions[name], self.world.function
            found = self.bound[name] = Decision(
                program, tuple(function(option.weight) for option in program.options), function(program.draw),
                [self.bind_reads(reads) for reads in program.reads],
                tuple(self.bind(option) for option in program.options),
            )  # fmt: skip
        return found

    def bind_reads(self, reads: p.ReadsProgram) -> tuple[Any, Guarded]:
        return self.world.function(reads.function), Guarded(reads.names, reads.types)

    def reread(self, path: str, reads: p.ReadsProgram) -> None:
        """The weight of an option is amended, and reads something else."""
        decision = self.decision(path.split(".")[1])
        number = next(n for n, option in enumerate(decision.program.options) if f"{option.path}.weight" == path)
        decision.reads[number] = self.bind_reads(reads)

    def decide(self, act: Act) -> None:
        """The weights are read now; the choice is drawn under the name of the decision's own entry, so no other draw moves it."""
        effect, firing, (by, to, via, _) = act
        program: Any = effect.program
        decision = self.decision(program.decision)
        now, answered = self.world.now, firing.entry
        named = [option.id for option in decision.program.options]
        weights = dict(zip(named, (weight(now, answered, None) for weight in decision.weights), strict=True))
        if why := chance.impossible("choice", weights):
            raise RunStopped("E504", why, f"{decision.program.path}.options", now)
        u = decision.draw(now, answered, None, effect.namer.name(firing.path), firing.k)
        chosen = chance.choose(u, tuple(weights.values())) if decision.program.choose is None else decision.program.choose
        data = {"decision": decision.program.id, "option": named[chosen], "weights": weights}
        entry = self.acts.entered(effect, firing, by, to, via, data, self.because(decision, firing))
        extra = entry[r.EXTRA]
        if extra is not None and extra.status == "blocked":
            self.reactions.hear(entry)
            return
        reactor = decision.options[chosen]
        own = Firing(reactor, _answering(entry, answered), entry[r.PATH], entry[r.K], None, reactor.effects)
        self.reactions.hear_beside(entry, own)

    def because(self, decision: Decision, firing: Firing) -> Because | None:
        """What the guard and the weights read, and who wrote it."""
        entry = firing.entry
        found: Because | None = firing.because
        for reads, read in decision.reads:
            if reads is None:
                continue
            values, writers = reads(self.world.now, entry, None)
            if entry is not None and len(entry) > r.ANSWERED:  # in an option: what the event says, it says in its own entry
                here, there = (entry[r.ID],), (entry[r.ANSWERED],)
                pairs = zip(read.names, writers, strict=True)
                writers = tuple(there if ids == here and name.startswith("event.") else ids for name, ids in pairs)
            found = _both(found, (read, values, writers))
        return found


def _both(guard: Because | None, weights: Because) -> Because:
    """What the guard of the rule read, and what the weights read, which counts where both read one thing."""
    if guard is None:
        return weights
    kept = [number for number, name in enumerate(guard[0].names) if name not in weights[0].names]

    def both(old: tuple[Any, ...], new: tuple[Any, ...]) -> tuple[Any, ...]:
        return (*(old[number] for number in kept), *new)

    read = Guarded(both(guard[0].names, weights[0].names), both(guard[0].types, weights[0].types))
    return read, both(guard[1], weights[1]), both(guard[2], weights[2])


def _answering(decision: RawEntry, answered: RawEntry | None) -> RawEntry:
    """What the effects of an option look at: the entry answered, in the place of the decision (its id, case and name), and who decided."""
    if answered is None:
        return (*decision, decision[r.BY], decision[r.ID])
    own = list(answered[: r.DECIDER])
    for column in (r.ID, r.CASE, r.PATH, r.K):
        own[column] = decision[column]
    first = answered[r.ANSWERED] if len(answered) > r.ANSWERED else answered[r.ID]
    return (*own, decision[r.BY], first)
