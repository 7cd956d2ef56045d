"""Claims: who has said what, who contradicts whom, and what the facts refute.

In: claims asked for, as acts; facts that turn. Out: an entry `claim` each, and what follows: `contradiction`, `refuted`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sim.engine import program as p
from sim.engine import record as r
from sim.engine.acts import Acts
from sim.engine.conditions import Conditions, Watch
from sim.engine.kernel import Kernel
from sim.engine.reactions import Act
from sim.engine.record import Because, RawEntry
from sim.engine.world import Namer, World

__all__ = ["Claims"]


Said = tuple[bool, int]
"""What somebody says, and the entry in which he first said so."""

Refuted = tuple[str, list[tuple[str, Said]], RawEntry, int, Because | None]
"""What a fact that turned refutes: the statement, who claims what, the entry that turned it, its how manieth turning, what was read."""


class Claims:
    """What stands claimed in one run."""

    def __init__(self, world: World, kernel: Kernel, acts: Acts, hear: Callable[[RawEntry], None], conditions: Conditions | None) -> None:
        self.world = world
        self.kernel = kernel
        self.acts = acts
        self.hear = hear
        self.conditions = conditions
        self.facts: dict[str, Watch] = {}
        self.standing: dict[str, dict[str, Said]] = {}
        self.contradictions = Namer("contradiction")
        self.refutations = Namer("refuted")

    def start(self) -> None:
        """Follow the facts that statements speak of."""
        for name, statement in self.world.program.statements.items():
            if statement.fact is not None and self.conditions is not None:
                self.facts[name] = self.conditions.follow(statement.fact, partial(self.turned, name))

    def claim(self, act: Act) -> None:
        """Somebody asserts a statement; a claim that is blocked does not stand."""
        effect, firing, (by, to, via, data) = act
        entry = self.acts.entered(effect, firing, by, to, via, data, firing.because)
        extra = entry[r.EXTRA]
        if extra is None or extra.status != "blocked":
            self.keep(effect.program, entry)
        self.acts.tell(entry)

    def keep(self, claim: Any, entry: RawEntry) -> None:
        """Keep a claim. What follows from it follows once: one who merely repeats himself says nothing new."""
        program: p.ClaimProgram = claim
        says, speaker = program.says, entry[r.BY]
        standing = self.standing.setdefault(program.statement, {})
        before = standing.pop(speaker, None)
        if says is None:
            return
        if before is not None and before[0] == says:
            standing[speaker] = before
            return
        roots = self.world.program.roots
        against = [actor for actor, said in standing.items() if said[0] != says and roots[actor] == roots[speaker]]
        if before is not None:
            against.append(speaker)
        standing[speaker] = (says, entry[r.ID])
        about = self.world.program.statements[program.statement]
        data = {"statement": program.statement, "is": says}
        if against:  # somebody of the same root says otherwise
            self.conclude(about.contradiction, self.contradictions, entry, speaker, data | {"whom": against[-1]}, None)
        fact = self.facts.get(program.statement)
        if fact is not None and fact.value != says:
            self.conclude(about.refuted, self.refutations, entry, speaker, data, self.read(fact))

    def conclude(self, shape: r.Shape, namer: Namer, cause: RawEntry, speaker: str, data: dict[str, Any], because: Any) -> None:
        """Log what follows, and let it be heard in a turn of its own."""
        path = namer.name(cause[r.PATH])
        found = self.world.record(shape, speaker, None, cause[r.CASE], cause[r.ID], because, data, path, cause[r.K])
        self.kernel.ask_now(self.hear, found)

    # facts

    def read(self, fact: Watch) -> Because | None:
        """What a fact reads, and who wrote it."""
        return None if fact.reads is None else (fact.read, *fact.reads(self.world.now, None, None))

    def turned(self, statement: str, fact: Watch) -> None:
        """A fact has turned: in a turn of its own, what stands claimed and differs from it is refuted."""
        cause = fact.cause
        again = fact.turnings[1] + 1 if fact.turnings[0] == cause else 1
        fact.turnings = (cause, again)
        differ = [(actor, said) for actor, said in sorted(self.standing.get(statement, {}).items()) if said[0] != fact.value]
        if differ:
            self.kernel.ask_now(self.refute, (statement, differ, self.world.log[cause], again, self.read(fact)))

    def refute(self, refuted: Refuted) -> None:
        """Each claim is refuted once for each turning of the fact, unless it was taken back in between."""
        statement, differ, cause, again, because = refuted
        shape, standing = self.world.program.statements[statement].refuted, self.standing[statement]
        for speaker, said in differ:
            if standing.get(speaker) == said:
                label = f"refuted.{statement}.{speaker}" if again == 1 else f"refuted.{statement}.{speaker}~{again}"
                self.conclude(shape, Namer(label), cause, speaker, {"statement": statement, "is": said[0]}, because)
