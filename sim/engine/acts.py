"""Acts: whether an act may happen, and what it does when it does.

In: acts asked for by rules and the timeline. Out: one entry each, done, blocked or in violation, and what follows from it.
An act is judged at its own turn, by the law made by the entries above it.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any

from sim.engine import program as p
from sim.engine import record as r
from sim.engine.kernel import Kernel
from sim.engine.procedures import Procedures
from sim.engine.reactions import Act, covers
from sim.engine.record import Extra, RawEntry
from sim.engine.world import Namer, World

__all__ = ["Acts"]


class Acts:
    """The acts and norms of one run."""

    def __init__(
        self, world: World, kernel: Kernel, procedures: Procedures, hear: Callable[[RawEntry], None], heard: Container[str]
    ) -> None:
        self.world = world
        self.kernel = kernel
        self.procedures = procedures
        self.hear = hear
        self.heard = heard
        self.norms: dict[str, list[tuple[p.NormProgram, Any, Any]]] = {}
        for norm in world.program.norms:
            functions = world.function(norm.pattern.where), world.function(norm.obeyed)
            self.norms.setdefault(norm.pattern.event, []).append((norm, *functions))
        self.standing: dict[str, dict[str, bool]] = {}
        self.contradictions = Namer("contradiction")

    def attempt(self, act: Act) -> None:
        """Judge an act, log it, do it, let it be heard."""
        effect, firing, (by, to, via, data) = act
        program: Any = effect.program
        trigger = firing.entry
        case, cause = (None, 0) if trigger is None else (trigger[r.CASE], trigger[r.ID])
        shape = program.shape
        path, k = effect.namer.names.get(firing.path) or effect.namer.name(firing.path), firing.k
        extra = None if via is None else Extra(via=via)
        if by is not None and shape.event in self.norms:
            draft = (len(self.world.log), self.world.now, shape, by, to, case, cause, None, data, path, k, extra)
            extra = self.judged(draft, extra, never_blocked=firing.reactor.is_timeline)
        if type(program) is p.OpenProgram:
            procedure = self.world.program.procedures[program.procedure]
            if not self.world.values[procedure.in_force]:
                extra = Extra("blocked", (procedure.id,), via)
            if extra is None or extra.status != "blocked":
                case = self.procedures.new_case(procedure.id, by, data or {}, path, k)
                entry = self.world.record(shape, by, to, case, cause, firing.because, data, path, k, extra)
                heard = extra is not None or shape.event in self.heard
                self.procedures.begin(case, entry, alone=not heard)
                if heard:
                    self.hear(entry)
                return
        entry = self.world.record(shape, by, to, case, cause, firing.because, data, path, k, extra)
        if type(program) is p.ClaimProgram and (extra is None or extra.status != "blocked"):
            self.claim(program, entry)
        if extra is not None or shape.event in self.heard:
            self.hear(entry)

    def judged(self, draft: RawEntry, extra: Extra | None, *, never_blocked: bool) -> Extra | None:
        """Which norms in force forbid the act, and whether one of them is obeyed. An attempt is not yet part of history."""
        values, above, now = self.world.values, self.world.program.above, self.world.now
        by, to, via, path, k = draft[r.BY], draft[r.TO], extra.via if extra else None, draft[r.PATH], draft[r.K]
        hits = []
        for norm, where, obeyed in self.norms[draft[r.SHAPE].event]:
            if values[norm.in_force] and covers(norm.pattern, above, by, to, via) and (where is None or where(now, draft, None)):
                hits.append((norm.id, obeyed))
        if not hits:
            return extra
        held = [] if never_blocked else [norm for norm, obeyed in hits if obeyed is None or obeyed(now, draft, None, path, k)]
        return Extra("blocked", tuple(held), via) if held else Extra("violation", tuple(norm for norm, _ in hits), via)

    def claim(self, effect: p.ClaimProgram, entry: RawEntry) -> None:
        """Keep a claim; note when somebody of the same root says otherwise and the speaker is not merely repeating himself."""
        speaker = entry[r.BY]
        standing = self.standing.setdefault(effect.statement, {})
        before = standing.pop(speaker, None)
        if effect.says is None:
            return
        roots = self.world.program.roots
        against = [actor for actor, says in standing.items() if says != effect.says and roots[actor] == roots[speaker]]
        if before is not None and before != effect.says:
            against.append(speaker)
        standing[speaker] = effect.says
        if against and before != effect.says:
            data = {"statement": effect.statement, "is": effect.says, "whom": against[-1]}
            path = self.contradictions.name(entry[r.PATH])
            found = self.world.record(effect.contradiction, speaker, None, entry[r.CASE], entry[r.ID], None, data, path, entry[r.K])
            self.kernel.ask_now(self.hear, found)
