"""Norms: which of those in force forbid an act, and whether they are obeyed.

In: acts whose turn has come. Out: how each is to be logged: blocked or in violation, and by which norms.
"""

from __future__ import annotations

from typing import Any

from sim.engine import program as p
from sim.engine import record as r
from sim.engine.reactions import covers
from sim.engine.record import Extra, RawEntry
from sim.engine.world import World

__all__ = ["Norms"]

Test = tuple[p.PatternProgram, Any]
"""A pattern, and the function of its `where`."""


class Norms:
    """The norms of one run, by the events they forbid: slot of its being in force, id, test, `obeyed`, exemptions (slot and test)."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.by_event: dict[str, list[tuple[int, str, Test, Any, tuple[tuple[int, Test], ...]]]] = {}
        for norm in world.program.norms:
            exemptions = tuple((exemption.in_force, self.test(exemption.pattern)) for exemption in norm.exemptions)
            bound = (norm.in_force, norm.id, self.test(norm.pattern), world.function(norm.obeyed), exemptions)
            self.by_event.setdefault(norm.pattern.event, []).append(bound)

    def test(self, pattern: p.PatternProgram) -> Test:
        return pattern, self.world.function(pattern.where)

    def judged(self, attempt: RawEntry, *, never_blocked: bool) -> Extra | None:
        """What becomes of an attempt, which is an entry that is not yet part of history."""
        values, above, now = self.world.values, self.world.program.above, self.world.now
        by, to, path, k, extra = attempt[r.BY], attempt[r.TO], attempt[r.PATH], attempt[r.K], attempt[r.EXTRA]
        via = extra.via if extra else None
        hits = []
        for in_force, norm, (pattern, where), obeyed, exemptions in self.by_event[attempt[r.SHAPE].event]:
            if not values[in_force] or not covers(pattern, above, by, to, via) or not (where is None or where(now, attempt, None)):
                continue
            if not any(
                values[lifts] and covers(exempt, above, by, to, via) and (test is None or test(now, attempt, None))
                for lifts, (exempt, test) in exemptions
            ):
                hits.append((norm, obeyed))
        if not hits:
            unchanged: Extra | None = extra
            return unchanged
        held = [] if never_blocked else [norm for norm, obeyed in hits if obeyed is None or obeyed(now, attempt, None, path, k)]
        return Extra("blocked", tuple(held), via) if held else Extra("violation", tuple(norm for norm, _ in hits), via)
