"""The reference, conditions: looked at after every commit, and where time alone turns them.

In: a run (`Reference`). Out: firings of rules, waits that are over, claims refuted by facts (decisions 16-18, 43, 47, 49).

When time turns a condition is found by halving: between two instants at which an entry leaves a window each comparison turns
at most once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sim.language import scenario as s
from sim.language import tree as t
from sim.language.tree import Tree
from tests.naive import Naive, Wrong
from tests.reference.ground import FACTS, NATURE, TRIGGERS, WAITS, Case, Firing, Line, Watch, digest

if TYPE_CHECKING:
    from tests.reference.interpreter import Reference

__all__ = ["Following"]

FAR = 2**53
"""How long after the end of a run something may turn that still keeps it alive (µs)."""
ENDS = ("approved", "refused", "withdrawn")
TURNS = ("licence_expired", "licence_suspended", "licence_resumed", "licence_revoked")


class Following:
    """All conditions of a run."""

    def __init__(self, run: Reference) -> None:
        self.run = run
        self.watches: list[Watch] = []
        self.followed = 0
        self.edges: set[str] = set()
        self.below: dict[tuple[int, bool], tuple[Tree, ...]] = {}
        self.marks: list[tuple[tuple[int, float, str, str, int, int], Callable[[], None], Callable[[], bool]]] = []

    def begin(self) -> None:
        for rule in self.run.rules:
            alike: dict[str, s.Condition] = {}
            for one in rule.when:
                if isinstance(one, s.Condition):
                    alike.setdefault(one.text, one)
            for text, one in alike.items():
                label = f"{rule.path}.when" + ("" if len(alike) == 1 else f"@{digest((text, 0))}")
                self.follow(Watch(one, (TRIGGERS, -rule.priority, rule.path, text), partial(self.edge, rule=rule), label))
        for statement in self.run.scenario.statements.values():
            if statement.true_when is not None:
                path = f"statements.{statement.id}"
                turned = partial(self.fact, statement=statement)
                self.follow(Watch(statement.true_when, (FACTS, 0.0, path, ""), turned, path, both=True))

    def follow(self, watch: Watch, since: Line | None = None) -> None:
        self.followed += 1
        watch.value, watch.writer, watch.number = self.flag(watch), since or self.run.lines[0], self.followed
        self.watches.append(watch)
        self.aim(watch)

    def drop(self, watch: Watch) -> None:
        self.watches.remove(watch)

    def flag(self, watch: Watch) -> bool:
        return bool(self.run.value(watch.condition.flag, watch.event, watch.case))

    # ---- what a condition reads

    def leaves(self, tree: Tree, naive: Naive, *, whole: bool = True) -> Iterator[Tree]:
        """Every part of an expression; of a question about a group once for each of it, who is then bound.

        Of a question about history the `whole` is also how wide its window is, and what it is where nothing happened.
        """
        if (id(tree), whole) in self.below:
            yield from self.below[id(tree), whole]
            return
        if not any(isinstance(part, t.Quantified) for part in t.walk(tree)):  # the same each time
            self.below[id(tree), whole] = tuple(self.flat(tree, whole))
            yield from self.below[id(tree), whole]
            return
        yield tree
        if isinstance(tree, t.Quantified):
            for actor in tree.bound.actors:
                naive.bound[tree.bound.depth] = actor
                yield from self.leaves(tree.body, naive, whole=whole)
        else:
            for part in self.parts(tree, whole):
                yield from self.leaves(part, naive, whole=whole)

    def flat(self, tree: Tree, whole: bool) -> Iterator[Tree]:
        yield tree
        for part in self.parts(tree, whole):
            yield from self.flat(part, whole)

    def parts(self, tree: Tree, whole: bool) -> Iterator[Tree]:
        if not isinstance(tree, (t.History, t.Claimed)):
            return iter(t.parts(tree))
        return (part for part in (tree.selector.within, getattr(tree, "default", None)) if part is not None and whole)

    def slots(self, tree: Tree, naive: Naive, *, whole: bool = True) -> Iterator[str]:
        for part in self.leaves(tree, naive, whole=whole):
            if isinstance(part, t.Slot):
                yield part.path
            elif isinstance(part, t.Attribute):
                owner = naive.value(part.owner)
                yield from (path for path in (f"actors.{owner}.{part.name}", f"things.{owner}.{part.name}") if path in self.run.values)

    def touches(self, line: Line, tree: Tree, naive: Naive) -> bool:
        """Whether an entry wrote what an expression reads."""
        if any(line.changes.get(path, (0, 0))[0] != line.changes.get(path, (0, 0))[1] for path in self.slots(tree, naive)):
            return True
        counts = any(one is line for one in self.run.happened[-9:])
        for part in self.leaves(tree, naive):
            if isinstance(part, t.Cases) and line in self.ends(part, naive):
                return True
            for selector in (getattr(part, "selector", None), getattr(part, "among", None)):
                if counts and selector is not None and any(one is line for one in naive.meant(selector)[-9:]):
                    return True
        return False

    def read(self, leaf: t.Leafy, event: Line | None, case: Case | None = None) -> tuple[str, Any]:
        """What `because` says of one thing that is read: its value, and the ids of the entries that wrote it."""
        run = self.run
        naive = run.naive(event, case)
        if isinstance(leaf, t.EventField):
            return f"event.{leaf.name}", (naive.value(leaf), (event.id,) if event else (), leaf.type.name)
        if isinstance(leaf, (t.CaseField, t.CaseQuestion)):
            owner = case or (event.owner if event else None)
            name = leaf.text if isinstance(leaf, t.CaseQuestion) else f"event.case.{leaf.name}"
            words = tuple(f".{word}" for word in (*ENDS, *TURNS) if name.startswith("approved"))
            ids = {line.id for line in run.lines if line.owner is owner and line.status != "blocked" and line.type.endswith(words)}
            return name, (naive.value(leaf), (max({owner.opened, *ids}),) if owner else (), leaf.type.name)
        if isinstance(leaf, (t.History, t.Claimed)):
            ids = {one.id for selector in (leaf.selector, getattr(leaf, "among", None)) if selector for one in naive.meant(selector)}
            return leaf.text, (self.perhaps(leaf, naive), tuple(sorted(ids)[-8:]), leaf.type.name)
        if isinstance(leaf, t.Cases):
            return leaf.text, (naive.value(leaf), tuple(one.id for one in self.ends(leaf, naive)[-8:]), leaf.type.name)
        value = self.perhaps(leaf, naive)
        ids = {run.writers[path] for path in self.slots(leaf, naive, whole=False)}
        for part in self.leaves(leaf, naive):
            if isinstance(part, (t.History, t.Claimed)):
                ids |= {one.id for one in naive.meant(part.selector)}
        assert not isinstance(leaf, t.TriggerField)
        return leaf.text, (value, tuple(sorted(ids)[-8:]), leaf.type.name)

    def ends(self, tree: t.Cases, naive: Any) -> list[Line]:
        """The entries at which the cases that are asked about come or go."""
        words = {"open": ("opened", *ENDS), "held": ("approved", *TURNS), "suspended": TURNS}[tree.standing]
        types = [f"{tree.procedure}.{word}" for word in words]
        lines = [line for line in self.run.lines if line.type in types and line.status != "blocked" and line.data.get("held", True)]
        other = {"held": "suspended", "suspended": "approved"}.get(tree.standing)
        lines = [line for line in lines if not (line.type.endswith(("_expired", "_revoked")) and line.was == other)]
        return [line for line in lines if line.owner is not None and naive.is_meant(tree, line.owner)]

    def perhaps(self, tree: Tree, naive: Naive) -> Any:
        """A value, or None where there is none."""
        try:
            return naive.value(tree)
        except (AssertionError, Wrong):
            return None

    # ---- after a commit

    def look(self, lines: list[Line]) -> None:
        """Compare every condition with what it was before these entries."""
        self.edges = set()
        for watch in sorted(self.watches, key=lambda watch: (watch.order, watch.number)):
            if watch not in self.watches:
                continue
            for line in lines:
                if self.touches(line, watch.condition.flag, self.run.naive(watch.event, watch.case)):
                    watch.writer, watch.turnings = line, 0
                    watch.token += 1
            self.compare(watch)
            if watch in self.watches and watch.writer in lines:
                self.aim(watch)

    def compare(self, watch: Watch) -> None:
        value = self.flag(watch)
        if value == watch.value:
            return
        watch.value, watch.holds = value, False
        watch.since += 1
        if watch.both or value:
            self.turn(watch)

    def turn(self, watch: Watch) -> None:
        """It has turned: name the turning, and let it last."""
        writer, run = watch.writer, self.run
        assert writer is not None
        watch.turnings += 1
        again = f"~{watch.turnings}" if watch.turnings > 1 else ""
        watch.name, watch.cause = (f"{watch.label}{again}@{digest(writer.name)}", writer.name[1]), writer
        since, lasts = watch.since, watch.condition.lasts

        def lasted() -> None:
            watch.holds, watch.because = True, run.because(watch.condition.flag, event=watch.event, case=watch.case)
            watch.turned(watch)

        if lasts is None:
            lasted()
        else:
            delay = run.drawn(lasts, watch.occasion or watch.name, watch.event, watch.case)
            self.mark(run.now + delay, watch, 0, lasted, lambda: watch.since == since)

    def mark(self, at: int, watch: Watch, rank: int, turn: Callable[[], None], due: Callable[[], bool]) -> None:
        """What time brings; all of one instant is judged together, in the order of what is followed. What has lasted has lasted."""

        def judge() -> None:
            marks, self.marks, self.edges = sorted(self.marks, key=lambda mark: mark[0]), [], set()
            for _, turn, is_due in marks:
                if is_due():
                    turn()

        def come() -> None:
            if not self.marks:
                self.run.ask(self.run.now, NATURE, judge)
            self.marks.append(((*watch.order, watch.number, rank), turn, still))

        def still() -> bool:
            return watch in self.watches and due()

        self.run.ask(at, NATURE, come, still)

    def edge(self, watch: Watch, rule: s.Rule) -> None:
        cause = watch.cause
        assert cause is not None
        if rule.path in self.edges:  # two conditions of one rule that turn together are one occasion
            return
        self.edges.add(rule.path)
        firing = Firing(rule, rule.then, watch.name, cause.id, cause.owner, None, watch.because)
        self.run.soon(lambda: self.run.fire([firing]))

    def fact(self, watch: Watch, statement: s.Statement) -> None:
        """Each standing claim that now differs is refuted."""
        cause, fact, reasons, name = watch.cause, watch.value, watch.because, watch.name
        assert cause is not None
        for speaker in sorted(by for by, about in self.run.standing if about == statement.id):
            said = self.run.standing[speaker, statement.id]

            def refute(speaker: str = speaker, said: Any = said) -> None:
                stands = self.run.standing.get((speaker, statement.id))
                if stands is not None and stands[2] is said[2]:  # the same claim, perhaps repeated
                    key = name[0].replace(f"statements.{statement.id}", f"refuted.{statement.id}.{speaker}")
                    self.run.conclude(
                        "refuted", key, name[1], cause, f"statements.{statement.id}", statement.source, by=speaker,
                        data={"statement": statement.id, "is": said[0]}, because=reasons,
                    )  # fmt: skip

            if said[0] != fact:
                self.run.soon(refute)

    # ---- waiting

    def wait(self, condition: s.Condition, one: Firing, turn: Callable[[], None]) -> None:
        """What goes on once a condition is true."""

        def over(watch: Watch) -> None:
            self.drop(watch)
            self.run.soon(turn)

        watch = Watch(condition, (WAITS, 0.0, "", ""), over, event=one.event, occasion=one.name)
        self.follow(watch)
        if watch.value:
            self.turn(watch)

    def left(self) -> dict[str, str]:
        """What still waits for a condition at the end."""
        unmet = Counter(
            watch.condition.path for watch in self.watches if watch.occasion is not None and not watch.condition.path.endswith(".until")
        )
        return {"unmet": ", ".join(f"{path}: {unmet[path]}" for path in sorted(unmet))} if unmet else {}

    # ---- time

    def aim(self, watch: Watch) -> None:
        """Ask for the instant at which time alone turns it."""
        at = self.crossing(watch, self.run.scenario.until)
        if at is None:
            return
        watch.token += 1
        token = watch.token

        def cross() -> None:
            self.compare(watch)
            if watch in self.watches:
                self.aim(watch)

        self.mark(at, watch, 1, cross, lambda: watch.token == token)

    def may_turn(self) -> bool:
        """Whether time alone would still turn something after the end."""
        return any(self.crossing(watch, self.run.scenario.until + FAR) is not None for watch in self.watches)

    def crossing(self, watch: Watch, until: int) -> int | None:
        """The instant before this one at which time alone turns a condition."""
        naive = self.run.naive(watch.event, watch.case)

        def value(at: int) -> Any:
            naive.now = at
            return bool(self.perhaps(watch.condition.flag, naive))

        now, candidates = self.run.now, sorted(self.turning_points(watch, until))
        return next((at for at in candidates if now < at < until and value(at) != watch.value), None)

    def turning_points(self, watch: Watch, until: int) -> set[int]:
        """The instants, from now on, at which an entry leaves a window or a comparison turns."""
        naive = self.run.naive(watch.event, watch.case)
        flag, now = watch.condition.flag, self.run.now
        if not any(moves(part) for part in self.leaves(flag, naive)):
            return set()

        def value(tree: Tree, at: int) -> Any:
            naive.now = at
            return self.perhaps(tree, naive)

        breaks = {now, until}
        for part in self.leaves(flag, naive):
            for selector in (getattr(part, "selector", None), getattr(part, "among", None)):
                if selector is not None and selector.within is not None:
                    naive.now = now
                    ends = {naive.last_in(selector.within, one.time) for one in naive.meant(selector)}
                    breaks |= {end + 1 for end in ends if now < end + 1 < until}
        candidates = set(breaks)
        for part in self.leaves(flag, naive):
            if isinstance(part, t.Compare):
                sides = [part.first, *(side for _, side in part.rest)]
                for (operator, _), (left, right) in zip(part.rest, pairwise(sides), strict=True):
                    alone = t.Compare(left, ((operator, right),))
                    for begin, end in pairwise(sorted(breaks)):
                        candidates |= halved(begin, end - 1, lambda at, alone=alone: value(alone, at))  # type: ignore[misc]
        return candidates - {now, until}


def moves(tree: Tree) -> bool:
    """Whether time alone may change what this part of an expression comes to."""
    return isinstance(tree, t.Now) or (isinstance(tree, t.History) and (tree.function == "since" or tree.selector.within is not None))


def halved(begin: int, end: int, true_at: Callable[[int], bool]) -> set[int]:
    """The first instant at which what is so at the beginning is no longer so, if it is not so at the end."""
    was = true_at(begin)
    if end <= begin or true_at(end) == was:
        return set()
    while end - begin > 1:
        middle = (begin + end) // 2
        begin, end = (middle, end) if true_at(middle) == was else (begin, middle)
    return {end}
