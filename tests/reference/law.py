"""The reference, law: what comes into force when and for how long, what ends by itself, and what is amended.

In: a run (`Reference`). Out: the entries of changed law (decisions 13, 15, 28, 43, 45, 46).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sim.language import scenario as s
from tests.naive import Wrong
from tests.reference.ground import ACTS, CLOSINGS, WAITS, Case, Firing, Line, Watch, digest

if TYPE_CHECKING:
    from tests.reference.interpreter import Reference

__all__ = ["Change", "Law"]

STRICT = ("finish", "join", "withdraw", "return", "restart")


@dataclass(eq=False)
class Change:
    """A change of law with all its values read: whom its clause spares, from when, until when, for whom alone."""

    one: Firing
    effect: s.LawEffect
    begins: int | None = None
    ends: int | None = None
    spared: list[Case] | None = None
    alone: list[Case] | None = None

    def clause(self, case: Case) -> str:
        """What becomes of a case."""
        if self.spared is None or case in self.spared:
            return self.effect.pending
        return "withdraw" if isinstance(self.effect, s.Repeal) and "." not in self.effect.provision else "join"


@dataclass(eq=False)
class Ending:
    """A change that ends by itself: what began it, when it is over (unknown where a condition ends it), and who says so."""

    change: Change
    line: Line
    due: int | None
    because: dict[str, Any] = field(default_factory=dict)
    cause: Line | None = None
    watch: Watch | None = None


def strictest(changes: list[Change], case: Case) -> str:
    return max((change.clause(case) for change in changes), key=STRICT.index)


class Law:
    """All law of a run that is in motion."""

    def __init__(self, run: Reference) -> None:
        self.run = run
        self.sunsets: dict[str, Ending] = {}
        self.returns: dict[str, Ending] = {}
        self.scheduled: dict[str, list[Line]] = {}
        self.amended: dict[str, list[tuple[Line, s.Amend]]] = {}

    # ---- what is read

    def read(self, one: Firing, effect: s.LawEffect) -> Change:
        """All values of a change, in the world of its occasion."""
        run, event = self.run, one.event
        change = Change(one, effect)
        if effect.begins is not None:
            change.begins = run.drawn(effect.begins, one.name, event)
            if change.begins > run.now:
                return change
        if isinstance(effect.ends, s.Quantity):
            change.ends = run.drawn(effect.ends, one.name, event)
            if effect.ends.type.name == "duration":
                if change.ends < 0:
                    raise Wrong("a law lasts less than no time")
                change.ends += run.now
        self.read_cases(change)
        return change

    def read_cases(self, change: Change) -> None:
        """Whom a change spares, and whom alone it is for: read when it takes hold."""
        run, effect, event = self.run, change.effect, change.one.event
        cases = [case for case in run.casework.cases if case.procedure.id == effect.provision.partition(".")[0]]
        if effect.keeps is not None:
            change.spared = [case for case in cases if run.value(effect.keeps, event, case)]
        if isinstance(effect, s.Enact) and effect.at_hand:
            change.alone = [event.owner] if event is not None and event.owner is not None and not event.owner.done else []
        elif isinstance(effect, s.Enact) and effect.for_case is not None:
            change.alone = [case for case in cases if not case.done and run.value(effect.for_case, event, case)]

    def now(self, path: str, written: Any, case: Case | None = None) -> Any:
        """What stands at a path, for a case: the newest that is meant for it."""
        for line, amend in reversed(self.amended.get(path, [])):
            if amend.pending == "join" or case is None or case.opened > line.id:
                return amend.to
        return written

    # ---- changes

    def agree(self, changes: list[Change | s.Amend]) -> None:
        """On one occasion a provision changes in one way."""
        found: dict[str, set[Any]] = {}
        for change in changes:
            if isinstance(change, s.Amend):
                found.setdefault(change.target, set()).add(change.text)
            elif change.alone is None and not self.later(change):
                found.setdefault(change.effect.provision, set()).add((type(change.effect), change.ends or change.effect.ends))
        if any(len(ways) > 1 for ways in found.values()):
            raise Wrong("a law is changed in two ways at once")

    def later(self, change: Change) -> bool:
        return change.begins is not None and change.begins > self.run.now

    def turned(self, effect: s.LawEffect) -> dict[str, tuple[Any, Any]] | None:
        """What a law effect changes; None where it does nothing."""
        values, paths = self.run.values, [f"in_force.{effect.provision}", f"suspended.{effect.provision}"]
        was = [bool(values.get(path)) for path in paths]
        match effect:
            case s.Enact():
                new = [True, False]
            case s.Suspend() if was[0]:
                new = [False, True]
            case s.Resume() if was[1]:
                new = [True, False]
            case s.Repeal() if any(was):
                new = [False, False]
            case _:
                return None
        return {path: (old, now) for path, old, now in zip(paths, was, new, strict=True) if old != now}

    def would(self, change: Change | s.Amend) -> dict[str, Any] | None:
        """What the entry of a change would say, if it takes hold now; None where there would be none."""
        if isinstance(change, s.Amend):
            return None if self.run.values[change.target] == change.text else {"path": change.target}
        effect, name, values = change.effect, change.effect.provision, self.run.values
        if change.alone is not None and not self.run.casework.bound_anew(change):
            return None
        if isinstance(effect, s.Enact):
            return {"renewed": bool(values[f"in_force.{name}"] or values.get(f"suspended.{name}"))}
        cancels = isinstance(effect, s.Repeal) and self.scheduled.get(name)
        return {} if cancels or self.turned(effect) is not None else None

    def write(self, change: Change | s.Amend, base: Line, word: str = "") -> Line | None:
        """The entry of a change; None where it does nothing, and is no entry."""
        if isinstance(change, s.Amend):
            return self.amend(change, base)
        run, effect, name = self.run, change.effect, change.effect.provision
        if self.later(change):
            assert change.begins is not None
            line = run.write(replace(base, type=f"{name}.scheduled", data={"from": change.begins}, changes={}), commit=False)
            self.scheduled.setdefault(name, []).append(line)
            run.ask(change.begins, ACTS, lambda: self.begin(change, line), lambda: line in self.scheduled[name])
            return line
        was = any(run.values.get(f"{asked}.{name}", False) for asked in ("in_force", "suspended"))
        data: dict[str, Any] = {"renewed": was} if isinstance(effect, s.Enact) else {}
        changes = self.turned(effect)
        if change.alone is not None:
            changes, data["cases"] = {}, run.casework.impose(change)
            if not data["cases"]:
                return None
        elif isinstance(effect, s.Repeal) and word != "expired" and self.scheduled.get(name):
            changes = changes or {}
            self.scheduled[name].clear()
        if changes is None:
            return None
        if change.ends is not None:
            data["until"] = change.ends
        verb = word or s.LAW_EVENTS[type(effect).__name__.lower()]
        line = replace(base, type=f"{name}.{verb}", data=data, changes={**changes, **run.duties.writes(effect)})
        run.write(line, commit=False)
        run.duties.law(effect, line)
        return line

    def settle(self, done: list[tuple[Change | s.Amend, Line, bool]], *, is_act: bool = False) -> None:
        """What changes mean for cases under way, and when they end; each is heard in a turn of its own."""
        run = self.run
        told = [(change, line) for change, line, _ in done if isinstance(change, Change) and not line.type.endswith(".scheduled")]
        looked = set()
        for change, line, rested in done:
            if isinstance(change, s.Amend):
                run.casework.amended(change)
            elif (change, line) in told and change.alone is not None:
                run.casework.imposed(change)
            elif (change, line) in told:
                self.ends(change, line)
                name = change.effect.provision
                same = [(other, one) for other, one in told if other.effect.provision == name and other.alone is None]
                if name not in looked and any(one.changes for _, one in same):
                    run.casework.pending([other for other, _ in same], line, rested)
                looked.add(name)
            if not is_act:
                run.soon(lambda line=line: run.hear(line))  # type: ignore[misc]

    def ends(self, change: Change, line: Line) -> None:
        """Its end, if it has one; ends that it calls off are called off."""
        name, effect = change.effect.provision, change.effect
        self.call_off(self.returns, name)
        if isinstance(effect, (s.Enact, s.Repeal)):
            self.call_off(self.sunsets, name)
        if effect.ends is None:
            return
        table = self.sunsets if isinstance(effect, s.Enact) else self.returns
        table[name] = ending = Ending(change, line, change.ends)

        def close(at: int) -> None:
            self.run.ask(max(at, self.run.now), CLOSINGS, lambda: self.over(ending), lambda: table.get(name) is ending)

        if isinstance(effect.ends, s.Condition):
            self.until(effect.ends, ending, close)
        elif change.ends is not None:
            close(change.ends)
            if table is self.sunsets:
                self.before(ending)

    def call_off(self, table: dict[str, Ending], name: str) -> None:
        ending = table.pop(name, None)
        if ending is not None and ending.watch is not None and ending.watch in self.run.following.watches:
            self.run.following.drop(ending.watch)

    def until(self, condition: s.Condition, ending: Ending, close: Callable[[int], None]) -> None:
        """It ends when a condition is true: at once, or when it turns."""

        def turned(watch: Watch) -> None:
            self.run.following.drop(watch)
            ending.cause, ending.because = watch.cause, watch.because
            close(self.run.now)

        one = ending.change.one
        watch = ending.watch = Watch(condition, (WAITS, 0.0, "", ""), turned, event=one.event, occasion=ending.line.name)
        self.run.following.follow(watch, ending.line)
        if watch.value:
            self.run.following.turn(watch)

    def before(self, ending: Ending) -> None:
        """What fires so much time before a sunset."""
        run = self.run
        for rule in sorted(run.rules, key=lambda rule: rule.path):
            ahead = {one.text: one for one in rule.when if isinstance(one, s.Before) and one.provision == ending.change.effect.provision}
            for _, one in sorted(ahead.items()):
                name = f"{rule.path}.before" + ("" if len(ahead) == 1 else f"@{digest((one.text, 0))}") + f"@{digest(ending.line.name)}"
                firing = Firing(rule, rule.then, (name, ending.line.name[1]), ending.line.id, ending.line.owner)
                assert ending.due is not None
                lead = run.drawn(one.lead, firing.name, None, end=ending.due)
                run.ask(
                    max(run.now, ending.due - lead),
                    ACTS,
                    lambda firing=firing: run.fire([replace(firing, because={})]),  # type: ignore[misc]
                    lambda: self.sunsets.get(ending.change.effect.provision) is ending,
                )

    # ---- what comes by itself

    def begin(self, change: Change, line: Line) -> None:
        """A scheduled enactment takes hold: now its values are read."""
        self.scheduled[change.effect.provision].remove(line)
        written = self.by_itself(self.read(change.one, replace(change.effect, begins=None)), line, line, by=line.by)
        if written is not None and line.by is not None:
            self.run.duties.discharge(written)

    def over(self, ending: Ending) -> None:
        """A change turns back."""
        effect = ending.change.effect
        turns: dict[type, type] = {s.Enact: s.Repeal, s.Suspend: s.Resume, s.Resume: s.Suspend, s.Repeal: s.Enact}
        back = turns[type(effect)](effect.path, effect.label, None, None, effect.provision, "join", None, None, None, None)
        (self.sunsets if isinstance(effect, s.Enact) else self.returns).pop(effect.provision, None)
        word = s.BY_ITSELF[type(effect).__name__.lower()]
        self.by_itself(Change(ending.change.one, back), ending.cause or ending.line, ending.line, word, ending.because)

    def by_itself(
        self, change: Change, cause: Line, after: Line, word: str = "enacted", because: dict[str, Any] | None = None, by: str | None = None
    ) -> Line | None:
        name, one = change.effect.provision, change.one
        base = Line(0, 0, (), by, None, None, {}, rule=one.provision.path, cause=cause.id, source=one.provision.source)
        base = replace(base, owner=after.owner, case=after.owner.data if after.owner else None, because=because or {})
        base.name = (f"{name}.{word}@{digest(after.name)}", after.name[1])
        return self.run.legislate(change, base, word)

    # ---- amendments

    def amend(self, effect: s.Amend, base: Line) -> Line | None:
        """A value becomes another."""
        was = self.run.values[effect.target]
        if was == effect.text:
            return None
        line = replace(base, type=f"{effect.provision}.amended", data={"path": effect.target}, changes={effect.target: (was, effect.text)})
        self.amended.setdefault(effect.target, []).append((line, effect))
        return self.run.write(line, commit=False)
