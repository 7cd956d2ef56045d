"""The reference, duties: what norms that oblige begin, and how it ends.

In: a run (`Reference`). Out: duties fulfilled and breached (decisions 3, 14, 46).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sim.language import scenario as s
from tests.reference.ground import CLOSINGS, Line, digest

if TYPE_CHECKING:
    from tests.reference.interpreter import Reference

__all__ = ["Begin", "Duties"]


@dataclass(frozen=True, slots=True)
class Begin(s.Effect):
    """A duty begins: the effect of a norm that has triggers of its own."""

    norm: str = ""


@dataclass(eq=False)
class Duty:
    """One instance: what began it, what triggered it, and how long it still runs."""

    norm: s.Norm
    line: Line
    trigger: Line | None
    due: int | None
    left: int | None = field(default=None)
    is_breached: bool = False


class Duties:
    """All duties of a run."""

    def __init__(self, run: Reference) -> None:
        self.run = run
        self.running: list[Duty] = []
        self.norms = {norm.id: norm for norm in run.scenario.norms if isinstance(norm.says, s.Oblige)}

    def rules(self) -> list[s.Rule]:
        """The norms with triggers of their own, as the rules they react like."""
        found = []
        for norm in self.norms.values():
            assert isinstance(norm.says, s.Oblige)
            if norm.says.when:
                begin = Begin(norm.path, "begin", None, None, norm.id)
                found.append(
                    s.Rule(norm.id, norm.path, norm.says.when, None, None, None, None, (begin,), None, None, 0.0, "", norm.source)  # type: ignore[arg-type]
                )
        return found

    def start(self, line: Line) -> None:
        for norm in sorted(self.norms.values(), key=lambda norm: norm.path):
            if self.run.values[f"in_force.{norm.id}"]:
                self.enacted(norm.id, line)

    def enacted(self, name: str, line: Line) -> None:
        norm = self.norms.get(name)
        if norm is not None and isinstance(norm.says, s.Oblige) and not norm.says.when:
            self.begin(name, line, None)

    def begin(self, name: str, line: Line, trigger: Line | None) -> None:
        norm, run = self.norms[name], self.run
        assert isinstance(norm.says, s.Oblige)
        duty = Duty(norm, line, trigger, None)
        self.running.append(duty)
        if norm.says.deadline is not None:
            self.wind(duty, run.drawn(norm.says.deadline, line.name, None, trigger=trigger))

    def wind(self, duty: Duty, left: int) -> None:
        duty.due, duty.left = self.run.now + left, None

        def runs() -> bool:
            return duty in self.running and duty.left is None

        def ends() -> None:
            if not duty.is_breached:
                duty.is_breached = True
                self.breach(duty)

        # what stood still for no time keeps its place among what ends at this instant
        self.run.ask(duty.due, CLOSINGS, ends, lambda: runs() and duty.due == self.run.now, runs)

    def changes(self, name: str, runs: bool) -> dict[str, tuple[Any, Any]]:
        """What becomes of `running`."""
        path = f"running.{name}"
        return {path: (self.run.values[path], runs)} if self.run.values.get(path, runs) != runs else {}

    def law(self, effect: s.LawEffect, line: Line) -> None:
        """A norm that obliges is enacted, rests, is resumed or repealed."""
        for duty in [duty for duty in self.running if duty.norm.id == effect.provision]:
            if isinstance(effect, s.Repeal):
                self.running.remove(duty)
            elif isinstance(effect, s.Suspend) and duty.due is not None:
                duty.left = duty.due - self.run.now
            elif duty.left is not None:
                self.wind(duty, duty.left)
        if isinstance(effect, s.Enact):
            self.enacted(effect.provision, line)

    def writes(self, effect: s.LawEffect) -> dict[str, tuple[Any, Any]]:
        """What a law effect changes beside the law."""
        norm = self.norms.get(effect.provision)
        if norm is None or isinstance(effect, (s.Suspend, s.Resume)):
            return {}
        assert isinstance(norm.says, s.Oblige)
        return self.changes(norm.id, isinstance(effect, s.Enact)) if isinstance(effect, s.Repeal) or not norm.says.when else {}

    def discharge(self, line: Line) -> None:
        """An act fulfils every duty it matches, oldest first."""
        for duty in list(self.running):
            says = duty.norm.says
            assert isinstance(says, s.Oblige)
            if duty.line.id < line.id and self.run.fits(self.run.pattern(duty.norm), line, (line.type,), duty.trigger):
                path, k = duty.line.name
                name = f"{duty.norm.id}.fulfilled@{digest((f'{path}#{k}', 0))}@{digest(line.name)}"
                self.end(duty, "fulfilled", name, line, line.name[1], by=line.by, to=line.to, owner=line.owner)

    def breach(self, duty: Duty) -> None:
        says, began = duty.norm.says, duty.line
        assert isinstance(says, s.Oblige)
        groups = [[group.removeprefix("organs_of(").removesuffix(")") for group in each] for each in (says.pattern.by, says.pattern.to)]
        by, to = (group[0] if group else None for group in groups)
        holders = {"holders": ", ".join(groups[0])} if len(groups[0]) > 1 else {}
        name = f"{duty.norm.id}.breached@{digest(began.name)}"
        self.end(duty, "breached", name, began, began.name[1], holders, by=by, to=to, owner=began.owner)

    def end(self, duty: Duty, word: str, path: str, cause: Line, k: int, more: dict[str, Any] | None = None, **rest: Any) -> None:
        if duty in self.running:  # a sunset of this instant, judged together with it, may have ended it
            self.running.remove(duty)
        norm = duty.norm
        others = any(other.norm is norm for other in self.running)
        changes = {} if others else self.changes(norm.id, False)
        data = {"duration": self.run.now - duty.line.time, **(more or {})}
        self.run.conclude(f"{norm.id}.{word}", path, k, cause, norm.path, norm.source, data=data, changes=changes, **rest)

    def left(self) -> dict[str, str]:
        owed = Counter(duty.norm.id for duty in self.running)
        return {"owed": ", ".join(f"{norm}: {owed[norm]}" for norm in sorted(owed))} if owed else {}
