"""Claims: who has said what, and who contradicts whom.

In: claims asked for, as acts. Out: an entry `claim` each, and what follows from it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.engine import program as p
from sim.engine import record as r
from sim.engine.acts import Acts
from sim.engine.kernel import Kernel
from sim.engine.reactions import Act
from sim.engine.record import RawEntry
from sim.engine.world import Namer, World

__all__ = ["Claims"]


class Claims:
    """What stands claimed in one run."""

    def __init__(self, world: World, kernel: Kernel, acts: Acts, hear: Callable[[RawEntry], None]) -> None:
        self.world = world
        self.kernel = kernel
        self.acts = acts
        self.hear = hear
        self.standing: dict[str, dict[str, bool]] = {}
        self.contradictions = Namer("contradiction")

    def claim(self, act: Act) -> None:
        """Somebody asserts a statement; a claim that is blocked does not stand."""
        effect, firing, (by, to, via, data) = act
        entry = self.acts.entered(effect, firing, by, to, via, data, firing.because)
        extra = entry[r.EXTRA]
        if extra is None or extra.status != "blocked":
            self.keep(effect.program, entry)
        self.acts.tell(entry)

    def keep(self, claim: Any, entry: RawEntry) -> None:
        """Keep a claim; note when somebody of the same root says otherwise and the speaker is not merely repeating himself."""
        program: p.ClaimProgram = claim
        speaker = entry[r.BY]
        standing = self.standing.setdefault(program.statement, {})
        before = standing.pop(speaker, None)
        if program.says is None:
            return
        roots = self.world.program.roots
        against = [actor for actor, says in standing.items() if says != program.says and roots[actor] == roots[speaker]]
        if before is not None and before != program.says:
            against.append(speaker)
        standing[speaker] = program.says
        if against and before != program.says:
            data = {"statement": program.statement, "is": program.says, "whom": against[-1]}
            path = self.contradictions.name(entry[r.PATH])
            found = self.world.record(program.contradiction, speaker, None, entry[r.CASE], entry[r.ID], None, data, path, entry[r.K])
            self.kernel.ask_now(self.hear, found)
