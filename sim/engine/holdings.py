"""Holdings: what each case is (open, held, suspended), and who has how many of them.

In: the entries about whole cases, as they are logged. Out: `standings`, which `licences` acts upon; tallies, which expressions read.

Only procedures are followed whose licences end or change, or that an expression asks about; others cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sim.engine import record as r
from sim.engine.cases import Case
from sim.engine.record import RawEntry
from sim.engine.world import Tally, World
from sim.language.standings import MOVES, standing_after

__all__ = ["Holdings"]


class Holdings:
    """The standings of the cases of one run, by procedure, in order of opening. It counts before anything else does."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.above = world.program.above
        self.standings: dict[str, dict[Case, str]] = {}
        self.asking: dict[str, list[tuple[Any, dict[Any, Tally]]]] = {}
        for procedure in world.program.followed_cases:
            self.standings[procedure] = {}
            for word in MOVES:
                event = f"{procedure}.{word}"
                world.counters[event] = partial(self.count, procedure, word, world.counters.get(event))
        for number, (procedure, where) in enumerate(world.program.tallies):
            self.asking.setdefault(procedure, []).append((world.function(where), world.space[f"R{number}"]))
        world.space["approved"] = self.is_held

    def is_held(self, case: Case | None) -> bool:
        """Whether a case is approved, and a licence that can be used now."""
        return case is not None and self.standings[case.procedure.program.id].get(case) == "held"

    def count(self, procedure: str, word: str, count: Callable[[RawEntry], None] | None, entry: RawEntry) -> None:
        """An entry about a case: what it is now, and in whose tallies it stands."""
        standings, case = self.standings[procedure], entry[r.CASE]
        before = standings.get(case)
        after = standing_after(before, word)
        if after != before:
            if after is None:
                standings.pop(case)
            else:
                standings[case] = after
            for where, tallies in self.asking.get(procedure, ()):
                if where is None or where(self.world.now, None, case):
                    self.move(tallies, case.by, before, after, entry[r.ID])
        if count is not None:
            count(entry)

    def move(self, tallies: dict[Any, Tally], by: str | None, before: str | None, after: str | None, writer: int) -> None:
        """A case of an applicant is counted as something else: for everybody, for its applicant, and for all above that one."""
        for actor in (None, *(self.above[by] if by is not None else ())):
            for standing, more in ((before, -1), (after, 1)):
                if standing is not None:
                    tally = tallies.get((actor, standing))
                    if tally is None:
                        tally = tallies[actor, standing] = Tally()
                    tally.count += more
                    tally.ids.append(writer)
