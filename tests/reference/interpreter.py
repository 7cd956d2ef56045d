"""The reference: what a scenario does, played out slowly and plainly.

In: a linked `Scenario`, seed, replication. Out: the entries of its log (`played`).

Written from the decisions of docs/semantics.md, each in the nearest words, and without a look at the engine. It shares with it the
frontend, the distributions (`sim.chance`) and the form of names; expressions are read by `tests.naive`. Everything is looked
for anew each time it is wanted, so nothing here can be out of date.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from typing import Any

from sim import chance, clock
from sim.language import scenario as s
from sim.language import tree as t
from sim.language.tree import Tree
from sim.log.entries import Entry
from tests.naive import Happening, Naive, Wrong, exact_sum, moved
from tests.reference.casework import Casework
from tests.reference.duties import Begin, Duties
from tests.reference.following import Following
from tests.reference.ground import ACTS, CLOSINGS, Case, Firing, Line, Name, digest
from tests.reference.law import Change, Law

__all__ = ["Reference", "played"]

"""Pending clauses, each stricter than those before it."""


class Reference:
    """One run."""

    def __init__(self, scenario: s.Scenario, seed: int, replication: int) -> None:
        self.scenario, self.luck = scenario, (seed, replication)
        self.now = scenario.begin
        self.queue: list[tuple[int, int, int, Callable[[], None], Callable[[], bool], Callable[[], bool]]] = []
        self.asked = 0
        self.values: dict[str, Any] = {slot.path: slot.start for slot in scenario.slots.values()}
        self.writers: dict[str, int] = dict.fromkeys(self.values, 0)
        self.lines: list[Line] = []
        self.happened: list[Happening] = []
        self.found: dict[Any, tuple[int, list[Happening]]] = {}
        self.kinds: dict[int, tuple[t.Selector, bool]] = {}
        self.fired: dict[str, int] = {}
        self.free: dict[str, int] = {}
        self.standing: dict[tuple[str, str], tuple[bool, Line, Line]] = {}
        self.norms = {norm.id: norm for norm in scenario.norms}
        self.part_of = {actor.id: actor.part_of for actor in scenario.actors.values()}
        self.member_of = {actor.id: actor.member_of for actor in scenario.actors.values()}
        self.days = {f"parameters.{key}": parameter.days for key, parameter in scenario.parameters.items()}
        self.following, self.casework, self.duties, self.law = Following(self), Casework(self), Duties(self), Law(self)
        self.rules = [*scenario.rules, *self.duties.rules()]

    # ---- time: 1-4

    def ask(
        self,
        at: int,
        phase: int,
        turn: Callable[[], None],
        due: Callable[[], bool] = lambda: True,
        counts: Callable[[], bool] | None = None,
    ) -> None:
        """Have something done at an instant, if it is still due then; it keeps the run alive as long as it `counts`."""
        self.asked += 1
        heapq.heappush(self.queue, (at, phase, self.asked, turn, due, counts or due))

    def soon(self, turn: Callable[[], None]) -> None:
        self.ask(self.now, ACTS, turn)

    def run(self) -> None:
        start = Line(0, self.now, (), None, None, None, {}, type="start", name=("start", 0))
        start.changes = {path: (None, value) for path, value in self.values.items() if value is not None}
        self.lines.append(start)
        self.following.begin()
        for entry in sorted(
            ((self.drawn(one.at, (one.path, 0), None), one.path, one) for one in self.scenario.timeline), key=lambda x: x[:2]
        ):
            if entry[0] >= self.now:
                self.ask(entry[0], ACTS, lambda one=entry[2]: self.apply([Firing(one, one.then, (one.path, 0), 0)]))  # type: ignore[misc]
        for rule in sorted(self.rules, key=lambda rule: rule.path):
            for trigger in {getattr(trigger, "instant", number): trigger for number, trigger in enumerate(rule.when)}.values():
                self.clockwork(rule, trigger)
        self.casework.begin()
        self.duties.start(start)
        while self.queue and self.queue[0][0] < self.scenario.until:
            at, phase, _, turn, due, _ = heapq.heappop(self.queue)
            self.now = at
            batch = [(turn, due)]
            while phase == CLOSINGS and self.queue and self.queue[0][:2] == (at, CLOSINGS):
                batch.append(heapq.heappop(self.queue)[3:5])
            for turn in [turn for turn, due in batch if due()]:
                turn()
        ended = "horizon" if any(counts() for *_, counts in self.queue) or self.following.may_turn() else "quiescent"
        self.now = self.scenario.until
        self.write(
            Line(
                0,
                self.now,
                (),
                None,
                None,
                None,
                {"reason": ended, **self.casework.left(), **self.following.left(), **self.duties.left()},
                type="end",
                name=("end", 0),
            )
        )

    def clockwork(self, rule: s.Rule, trigger: s.Trigger) -> None:
        """Dates and ticks of a rule."""
        alike = {getattr(other, "instant", other) for other in rule.when if type(other) is type(trigger)}
        if isinstance(trigger, s.Date) and trigger.instant >= self.now:
            path = rule.path if len(alike) == 1 else f"{rule.path}.when@{clock.iso(trigger.instant, 'UTC')}"
            self.ask(trigger.instant, ACTS, lambda: self.react([rule], (path, 0), None, 0))
        elif isinstance(trigger, s.Every):
            path = rule.path if len(alike) == 1 else trigger.path

            def tick(k: int) -> None:
                self.ask(self.next_of(trigger, path, k + 1, self.now), ACTS, lambda: tick(k + 1))
                self.react([rule], (path, k), None, 0)

            first, instant = self.first_of(trigger, path)
            self.ask(instant, ACTS, lambda: tick(first))

    def first_of(self, every: s.Every, path: str) -> tuple[int, int]:
        """The number and instant of the first of what comes again and again that lies in the period."""
        k, instant = 1, self.next_of(every, path, 1, self.now) if every.starting is None else self.drawn(every.starting, (path, 0), None)
        while instant < self.now:
            k, instant = k + 1, self.next_of(every, path, k + 1, instant)
        return k, instant

    def next_of(self, every: s.Every, path: str, k: int, before: int) -> int:
        """The instant of the k-th of what comes again and again; `before` is that of the one before it."""
        first, times = (self.scenario.begin, k) if every.starting is None else (self.drawn(every.starting, (path, 0), None), k - 1)
        if every.calendar is not None:
            count, unit = every.calendar
            return moved(first, times * count, unit, self.scenario.timezone)
        if every.days is not None:
            naive, length = self.naive(), every.interval.arguments[0]
            assert length is not None
            return naive.after(first, times * naive.value(length), times * naive.days_of(length))
        return before + int(self.drawn(every.interval, (path, k), None))

    # ---- values and luck: 22, 24

    def naive(self, event: Happening | None = None, case: Case | None = None, trigger: Line | None = None) -> Naive:
        """The world as an expression sees it."""
        groups = self.part_of, self.member_of, self.scenario.timezone
        more: Any = {"found": self.found, "kinds": self.kinds, "own": case, "cases": self.casework.cases, "trigger": trigger}
        more["days"] = self.days
        return Told(self.values, self.happened, *groups, self.now, event, **more)

    def value(self, tree: Tree, event: Happening | None = None, case: Case | None = None) -> Any:
        return self.naive(event, case).value(tree)

    def uniform(self, site: str, name: Name) -> float:
        return chance.Site(*self.luck, site).uniform(*name)

    def happens(self, tree: Tree | None, site: str, name: Name, event: Happening | None = None, case: Case | None = None) -> bool:
        """Whether something with a chance comes about; without one it does."""
        likely = 1 if tree is None else self.value(tree, event, case)
        if not 0 <= likely <= 1:
            raise Wrong("a chance lies between 0 and 1")
        return self.uniform(site, name) < likely

    def drawn(
        self,
        quantity: s.Quantity,
        name: Name,
        event: Happening | None,
        case: Case | None = None,
        trigger: Line | None = None,
        end: int | None = None,
    ) -> Any:
        """A quantity's value, drawn for an occasion; `end` is that of the provision it leads to."""
        naive = self.naive(event, case, trigger)
        naive.end = end
        quantity = self.law.now(quantity.path, quantity, case)
        numbers: list[Any] = [None if tree is None else naive.value(tree) for tree in quantity.arguments]
        if quantity.kind == "value":
            return numbers[0]
        u = self.uniform(quantity.site, name)
        if quantity.kind == "choice":
            return naive.value(quantity.choices[chance.choose(u, numbers)])
        if quantity.type.name == "instant":
            return chance.dated(quantity.kind, u, numbers)
        found = getattr(chance, quantity.kind)(u, *numbers)
        return round(found) if quantity.type.name == "duration" else found

    def who(self, who: s.Who | None, name: Name, event: Happening | None) -> str | None:
        if who is None or who.value is not None:
            return None if who is None or who.value is None else self.value(who.value, event)
        return who.choices[chance.choose(self.uniform(who.site, name), [self.value(weight, event) for weight in who.weights])]

    # ---- the log: 9, 39, 40

    def write(self, line: Line, *, counted: bool = True, commit: bool = True) -> Line:
        """Log an entry: from here on it counts, and what it turns has turned."""
        line.id, line.time = len(self.lines), self.now
        prefix = "blocked" if line.status == "blocked" else "violated"
        marks = tuple(f"{norm}.{prefix}" for norm in line.norms)
        line.names = marks if line.status == "blocked" else (line.type, *marks)
        self.lines.append(line)
        for path, (_, new) in line.changes.items():
            self.values[path], self.writers[path] = new, line.id
        provision, _, verb = line.type.rpartition(".")
        turned = verb in ("enacted", "repealed", "suspended", "resumed", "expired") and "cases" not in line.data
        if turned and line.status != "blocked" and f"in_force.{provision}" in self.values:
            self.writers[f"in_force.{provision}"] = self.writers[f"suspended.{provision}"] = line.id
        if counted and line.type not in ("change", "end"):
            self.happened.append(line)
        if commit:
            self.following.look([line])
        return line

    def conclude(self, type_: str, path: str, k: int, cause: Line, rule: str, source: tuple[str, ...] = (), **more: Any) -> Line:
        """Log what follows from another entry by itself, and let it be heard in a turn of its own."""
        line = Line(0, 0, (), more.pop("by", None), more.pop("to", None), None, more.pop("data", {}), type=type_, rule=rule, cause=cause.id)
        line = replace(line, name=(path, k), source=source, owner=more.pop("owner", cause.owner), because=more.pop("because", {}))
        line.case, line.changes, line.was = line.owner.data if line.owner else None, more.pop("changes", {}), more.pop("was", "")
        self.write(line)
        self.soon(lambda: self.hear(line))
        return line

    def because(self, *trees: Tree | None, event: Line | None = None, case: Case | None = None) -> dict[str, Any]:
        """What is read, and who wrote it."""
        leaves = [leaf for tree in trees if tree is not None for leaf in t.leaves(tree)]
        return dict(self.following.read(leaf, event, case) for leaf in leaves)

    # ---- rules: 5-8, 19, 20

    def hear(self, line: Line, option: Firing | None = None) -> None:
        """All rules that listen to an entry, and the option it chose, react on one world."""
        self.react(self.rules, line.name, line, line.id, option)

    def react(self, rules: Sequence[s.Rule], name: Name, line: Line | None, cause: int, also: Firing | None = None) -> None:
        owner = line.owner if line else None
        firings = [Firing(rule, rule.then, name, cause, owner, line) for rule in rules if line is None or self.hears(rule, line)]
        self.fire([*firings, *([also] if also else [])])

    def hears(self, rule: s.Rule, line: Line) -> bool:
        return self.values[f"in_force.{rule.id}"] and any(
            isinstance(one, s.Pattern) and self.fits(replace(one, where=self.law.now(f"{rule.path}.when.where", one.where)), line)
            for one in rule.when
        )

    def fits(self, pattern: s.Pattern, line: Line, names: Sequence[str] | None = None, trigger: Line | None = None) -> bool:
        """Whether a pattern means an entry."""
        if pattern.event not in (line.names if names is None else names):
            return False
        for groups, actor in ((pattern.by, line.by), (pattern.to, line.to), (pattern.via, line.via)):
            naive = self.naive()
            trees: list[Tree] = [
                t.Organs(t.Const(group[10:-1], t.ACTOR)) if group.startswith("organs_of(") else t.Const(group, t.ACTOR) for group in groups
            ]
            if groups and not any(naive.belongs(actor, tree) for tree in trees):
                return False
        return pattern.where is None or bool(self.naive(line, None, trigger).value(pattern.where))

    def fire(self, firings: list[Firing]) -> None:
        """Accept, in order; then what is delayed is asked for, and the rest happens together."""
        at_once = []
        for one in sorted(firings, key=lambda one: (-one.priority, one.provision.path)):
            rule = one.provision
            if isinstance(rule, s.Rule):
                if not self.accepts(rule, one):
                    continue
                if rule.after is not None:
                    self.later(one, rule.after, one, rule.still)
                    continue
            at_once.append(one)
        self.apply(at_once)

    def later(self, one: Firing, after: s.Quantity | s.Condition, rest: Firing, still: Tree | None = None) -> None:
        """A delay, drawn now, or a wait for a condition; then `still` is asked, and all values are read."""

        def over() -> None:
            if still is None or self.value(still, one.event):
                self.apply([rest])

        if isinstance(after, s.Condition):
            self.following.wait(after, one, over)
            return
        delay = self.drawn(after, one.name, one.event)
        if delay < 0:
            raise Wrong("a delay is negative")
        self.ask(self.now + delay, ACTS, over)

    def accepts(self, rule: s.Rule, one: Firing) -> bool:
        if not self.values[f"in_force.{rule.id}"] or not (rule.guard is None or self.value(rule.guard, one.event)):
            return False
        if self.now < self.free.get(rule.id, self.now) or (rule.times is not None and self.fired.get(rule.id, 0) >= rule.times):
            return False
        chance_of = self.law.now(f"{rule.path}.chance", rule.chance)
        if chance_of is not None and not self.happens(chance_of, f"{rule.path}.chance", one.name, one.event):
            return False
        self.fired[rule.id] = self.fired.get(rule.id, 0) + 1
        if rule.not_again_for is not None:
            self.free[rule.id] = self.now + self.value(self.law.now(f"{rule.path}.not_again_for", rule.not_again_for), one.event)
        one.because = {**one.because, **self.because(rule.guard, event=one.event)}
        return True

    def apply(self, firings: list[Firing]) -> None:
        """Read every value; settle and commit all writes; then ask for the acts."""
        writes: list[tuple[Firing, s.Write, str, Any]] = []
        law: list[tuple[Firing, Change | s.Amend]] = []
        ended: list[tuple[Firing, s.OnCases, list[Case]]] = []
        acts: list[Callable[[], None]] = []
        for one in firings:
            for _, item in groupby(one.then, lambda effect: effect.path):
                effects = [effect for effect in item if effect.guard is None or self.value(effect.guard, one.event)]
                if effects and effects[0].after is not None:
                    alone = replace(one, then=[replace(effect, after=None, guard=None) for effect in effects], delayed=True)
                    self.later(one, effects[0].after, alone)
                    continue
                for effect in effects:
                    if isinstance(effect, s.Write):
                        writes.append((one, effect, self.target(effect, one), self.drawn(effect.value, one.name, one.event)))
                    elif isinstance(effect, Begin):
                        continue
                    elif isinstance(effect, s.LawEffect) and effect.by is None:
                        law.append((one, self.law.read(one, effect)))
                    elif isinstance(effect, s.Amend) and effect.by is None:
                        law.append((one, effect))
                    elif isinstance(effect, s.OnCases) and effect.by is None:
                        ended.append((one, effect, self.casework.meant(effect, one.event)))
                    elif isinstance(effect, s.OnCases):
                        cases = [case for case in self.casework.meant(effect, one.event) if self.casework.fits(effect, case)]
                        acts.append(self.together([self.act(one, effect, case) for case in cases]))
                    else:
                        acts.append(self.act(one, effect))
        self.commit(firings, writes, law)
        self.to_cases(ended)
        for act in acts:
            self.soon(act)

    def to_cases(self, meant: list[tuple[Firing, s.OnCases, list[Case]]]) -> None:
        """What nobody does to cases: what ends one goes before what suspends it."""
        over = [
            case
            for _, effect, cases in meant
            if effect.verb in ("withdraw", "revoke")
            for case in cases
            if self.casework.fits(effect, case)
        ]
        stopped, resumed = ([case for _, effect, cases in meant if effect.verb == verb for case in cases] for verb in ("suspend", "resume"))
        alive = [case for case in stopped if case in resumed and case.status in ("open", "approved", "suspended") and case not in over]
        if alive:
            raise Wrong("a case is suspended and resumed at once")
        for one, effect, cases in meant:
            ends = effect.verb in ("withdraw", "revoke")
            fitting = [case for case in cases if self.casework.fits(effect, case) and (ends or case not in over)]
            self.casework.leave_or_stand(effect, fitting)
            lines = [self.line(one, effect, case) for case in fitting]
            for line in lines:
                self.attempt(line, effect, one)
                if effect.verb != "resume":
                    self.soon(partial(self.hear, line))
            if effect.verb == "resume":  # who goes on does so because of what is said
                self.casework.go_on(fitting)
                for line in lines:
                    self.soon(partial(self.hear, line))

    def together(self, acts: list[Callable[[], None]]) -> Callable[[], None]:
        """One act that is one for each of several cases: each has a turn of its own."""

        def ask() -> None:
            for act in acts:
                self.soon(act)

        return ask

    # ---- writes: 6, 7, 9

    def target(self, effect: s.Write, one: Firing) -> str:
        if effect.slot is not None:
            return effect.slot
        assert effect.owner is not None
        owner = self.value(effect.owner, one.event)
        section = "things" if owner in self.scenario.things else "actors"
        if f"{section}.{owner}.{effect.attribute}" not in self.values:
            raise Wrong("nobody has this attribute")
        return f"{section}.{owner}.{effect.attribute}"

    def commit(self, firings: list[Firing], writes: list[Any], law: list[tuple[Firing, Change | s.Amend]]) -> None:
        """One commit: a change by each firing that writes, and every law it makes."""
        settled, overruled = self.settled(writes)
        self.law.agree([change for _, change in law])
        before = dict(self.values)
        lines: list[Line] = []
        done: list[tuple[Change | s.Amend, Line, bool]] = []
        for one in firings:
            base = Line(0, 0, (), None, None, None, {}, rule=one.provision.path, cause=one.cause, source=one.provision.source)
            base = replace(base, because=one.because, owner=one.owner, case=one.owner.data if one.owner else None)
            mine = [(effect, path) for other, effect, path, _ in writes if other is one]
            if mine:
                lost = [path for effect, path in mine if (one.provision.path, path) in overruled]
                line = replace(base, type="change", data={"overruled": " ".join(sorted(map(short, lost)))} if lost else {})
                line.changes = {path: (before[path], settled[path]) for _, path in mine if path not in lost}
                line.name = one.makes(mine[0][0].item if one.delayed else "change")
                lines.append(self.write(line, commit=False))
            for begun in [effect for effect in one.then if isinstance(effect, Begin) and self.values[f"in_force.{effect.norm}"]]:
                line = replace(base, type="change", name=one.makes("begin"), data={"duty": begun.norm})
                line.changes = self.duties.changes(begun.norm, True)
                lines.append(self.write(line, commit=False))
                self.duties.begin(begun.norm, line, one.event)
            done += self.legislated([(change, replace(base, name=one.makes(label(change))), "") for other, change in law if other is one])
        self.law.settle(done)
        self.following.look(sorted(lines + [line for _, line, _ in done], key=lambda line: line.id))

    def legislated(self, changes: list[tuple[Change | s.Amend, Line, str]]) -> list[tuple[Change | s.Amend, Line, bool]]:
        """The entries of changes of law, and whether what they change was suspended."""
        done = []
        for change, base, word in changes:
            effect = change if isinstance(change, s.Amend) else change.effect
            rested = bool(self.values.get(f"suspended.{effect.provision}", False))
            line = self.law.write(change, base, word)
            if line is not None:
                done.append((change, line, rested))
        return done

    def legislate(self, change: Change | s.Amend, base: Line, word: str, *, is_act: bool = False) -> Line | None:
        """A commit of one change of law alone; an act is heard in its own turn."""
        done = self.legislated([(change, base, word)])
        self.law.settle(done, is_act=is_act)
        self.following.look([line for _, line, _ in done])
        return done[0][1] if done else None

    def settled(self, writes: list[Any]) -> tuple[dict[str, Any], set[tuple[str, str]]]:
        """What every target becomes, and who is overruled."""
        found: dict[str, Any] = {}
        overruled = set()
        for path in {path for _, _, path, _ in writes}:
            sets = [(one, value) for one, effect, target, value in writes if target == path and effect.operation == "set"]
            adds = [value for _, effect, target, value in writes if target == path and effect.operation == "add"]
            if sets and adds:
                raise Wrong("one sets what another adds to")
            best = max((one.priority for one, _ in sets), default=0.0)
            wanted = [value for one, value in sets if one.priority == best]
            if any(value != wanted[0] for value in wanted):
                raise Wrong("two set one thing to different values")
            value = wanted[0] if sets else exact_sum([self.values[path], *adds])
            overruled |= {(one.provision.path, path) for one, _ in sets if one.priority < best}
            slot = self.scenario.slots[path]
            value = slot.low if slot.low is not None and value < slot.low else value
            found[path] = slot.high if slot.high is not None and value > slot.high else value
        return found, overruled

    # ---- acts: 10-13, 35, 44, 49

    def act(self, one: Firing, effect: s.AnyEffect, case: Case | None = None) -> Callable[[], None]:
        """What an effect asks for, with all its values read."""
        line = self.line(one, effect, case)
        if isinstance(effect, (s.LawEffect, s.Amend)):
            change = self.law.read(one, effect) if isinstance(effect, s.LawEffect) else effect
            return lambda: self.lawgiving(line, change, one)
        fits = isinstance(effect, s.OnCases) and case is not None
        return lambda: None if fits and not self.casework.fits(effect, case) else self.attempt(line, effect, one)  # type: ignore[arg-type]

    def line(self, one: Firing, effect: s.AnyEffect, case: Case | None = None) -> Line:
        by, data = getattr(effect, "by", None), {}
        match effect:
            case s.Emit():
                kind = effect.event
            case s.Open():
                kind = f"{effect.procedure}.opened"
            case s.OnCases():
                words = {"withdraw": "withdrawn", "suspend": "licence_suspended", "resume": "licence_resumed", "revoke": "licence_revoked"}
                kind = f"{effect.procedure}.{words[effect.verb]}"
            case s.LawEffect():
                kind = f"{effect.provision}.{s.LAW_EVENTS[type(effect).__name__.lower()]}"
            case s.Amend():
                kind = f"{effect.provision}.amended"
            case s.Claim():
                kind, data = "claim", {"statement": effect.statement, "is": effect.says}
            case s.Decide():
                kind = "decision"
                if by is None and (taker := self.scenario.decisions[effect.decision].by) is not None:
                    by = replace(taker, site=f"{one.provision.path}.{effect.label}.by")
            case _:
                raise AssertionError(effect)
        if isinstance(effect, (s.Emit, s.Open)):
            data = {name: self.drawn(quantity, one.name, one.event) for name, quantity in effect.data.items()}
        named = (by, None if isinstance(effect, s.Amend) else getattr(effect, "to", None), getattr(effect, "via", None))
        who, to, via = (self.who(each, one.name, one.event) for each in named)
        if case is not None:
            who, to = who or case.data["by"], case.data["by"] if who and who != case.data["by"] else None
        line = Line(0, 0, (), who, to, via, data, type=kind, rule=one.provision.path, cause=one.cause, because=one.because)
        line.owner = owner = case or one.owner
        source = one.provision.source or (self.scenario.decisions[effect.decision].source if isinstance(effect, s.Decide) else ())
        return replace(line, source=source, name=one.makes(effect.label, case), case=owner.data if owner else None)

    def attempt(self, line: Line, effect: s.AnyEffect, one: Firing) -> None:
        """An act is judged at its own turn, by the law of that moment."""
        line.time = self.now
        chosen = self.choose(line, effect, one) if isinstance(effect, s.Decide) else None
        if isinstance(effect, s.Open):
            line.case = {**line.data, "by": line.by, "opened": self.now}
        if isinstance(effect, s.OnCases) and line.owner is not None:
            line.data = self.casework.told(effect, line.owner)
        nobody = line.by is None or (isinstance(effect, s.OnCases) and effect.by is None)
        if not nobody:
            self.judge(line, one)
        if isinstance(effect, s.Open) and not self.values[f"in_force.{effect.procedure}"]:
            line.status, line.norms = "blocked", (effect.procedure,)
        done = line.status != "blocked"
        if isinstance(effect, s.Open):
            line.owner = self.casework.opened(effect.procedure, line) if done else one.owner
            line.case = line.owner.data if line.owner else None
        if done and isinstance(effect, s.OnCases) and line.owner is not None:
            if not nobody:
                self.casework.leave_or_stand(effect, [line.owner])
            self.casework.marked(effect, line, line.owner)
        self.write(line)
        if nobody and isinstance(effect, s.OnCases):
            return
        if done and line.by is not None:
            self.duties.discharge(line)
        if done and isinstance(effect, s.OnCases) and effect.verb == "resume" and line.owner is not None:
            self.casework.go_on([line.owner])
        if done and isinstance(effect, s.Claim):
            self.claimed(line, effect)
        if done and line.owner is not None and isinstance(effect, s.Open):
            self.casework.start(line.owner)
        self.hear(line, chosen if done else None)

    def lawgiving(self, line: Line, change: Change | s.Amend, one: Firing) -> None:
        """Somebody changes the law: judged as what it is when it takes hold, and a commit of its own."""
        if isinstance(change, Change):
            self.law.read_cases(change)
        data = self.law.would(change)
        if data is None:  # a change that changes nothing is no act
            return
        line.time, line.data = self.now, data
        self.judge(line, one)
        if line.status == "blocked":
            self.write(line)
            self.hear(line)
            return
        written = self.legislate(change, line, "", is_act=True)
        assert written is not None
        self.duties.discharge(written)
        self.hear(written)

    def judge(self, line: Line, one: Firing) -> None:
        """Whether norms forbid an act, and whether any of them holds; what the timeline brings is never held back."""
        hits = self.forbidding(line)
        held = [] if isinstance(one.provision, s.TimelineEntry) else [norm for norm in hits if self.held(norm, line)]
        if hits:
            line.status, line.norms = ("blocked", tuple(held)) if held else ("violation", tuple(hits))

    def forbidding(self, line: Line) -> list[str]:
        """The norms in force that forbid an act, but for those an exemption in force lifts."""
        covering = [
            norm
            for norm in sorted(self.scenario.norms, key=lambda norm: norm.path)
            if isinstance(norm.says, (s.Forbid, s.Exempt)) and self.values[f"in_force.{norm.id}"]
        ]
        covering = [
            norm
            for norm in covering
            if not isinstance(norm.says, s.Oblige) and norm.says and self.fits(self.pattern(norm), line, (line.type,))
        ]
        lifted = {lifts for norm in covering if isinstance(norm.says, s.Exempt) for lifts in norm.says.lifts}
        return [norm.id for norm in covering if isinstance(norm.says, s.Forbid) and norm.id not in lifted]

    def pattern(self, norm: s.Norm) -> s.Pattern:
        """What a norm is about, as it is amended."""
        assert norm.says is not None
        word = {s.Forbid: "forbid", s.Exempt: "exempt", s.Oblige: "oblige"}[type(norm.says)]
        pattern = norm.says.pattern
        return replace(pattern, where=self.law.now(f"{norm.path}.{word}.where", pattern.where))

    def held(self, norm: str, line: Line) -> bool:
        says = self.norms[norm].says
        assert isinstance(says, s.Forbid)
        return self.happens(self.law.now(f"norms.{norm}.obeyed", says.obeyed), f"norms.{norm}.obeyed", line.name, line)

    def choose(self, line: Line, effect: s.Decide, one: Firing) -> Firing:
        """The option of a decision, and what follows from it."""
        decision = self.scenario.decisions[effect.decision]
        trees = [self.law.now(f"{option.path}.weight", option.weight) for option in decision.options]
        weights = [self.value(tree, one.event) for tree in trees]
        if chance.impossible("choice", dict(zip(map(str, range(len(weights))), weights, strict=True))):
            raise Wrong("no such weights")
        picked = chance.choose(self.uniform(decision.path, line.name), weights)
        option = next((option for option in decision.options if option.id == decision.choose), decision.options[picked])
        line.because = {**line.because, **self.because(*trees, event=one.event)}
        named = {option.id: weight for option, weight in zip(decision.options, weights, strict=True)}
        line.data = {"decision": decision.id, "option": option.id, "weights": named}
        option = replace(option, source=option.source or decision.source)
        event = replace(one.event or Line(0, 0, (), None, None, None, {}), decider=line.by)
        return Firing(option, option.then, line.name, len(self.lines), line.owner, event)

    def claimed(self, line: Line, effect: s.Claim) -> None:
        """A claim stands; it may contradict what stands, or the facts."""
        assert line.by is not None
        statement, key = self.scenario.statements[effect.statement], (line.by, effect.statement)
        standing = [(speaker, said) for (speaker, about), said in self.standing.items() if about == statement.id]
        before, _, since = self.standing.pop(key, (None, line, line))
        if effect.says is None:
            return
        self.standing[key] = effect.says, line, since if before == effect.says else line
        kin = [(said[1].id, speaker) for speaker, said in standing if said[0] != effect.says and self.root(speaker) == self.root(line.by)]
        data = {"statement": statement.id, "is": effect.says}
        rest: dict[str, Any] = {"rule": f"statements.{statement.id}", "source": statement.source, "by": line.by}
        if before != effect.says and kin:
            whom = line.by if before is not None else max(kin)[1]
            self.conclude("contradiction", f"contradiction@{digest(line.name)}", line.name[1], line, data={**data, "whom": whom}, **rest)
        fact = statement.true_when
        if fact is not None and before != effect.says and self.value(fact.flag) != effect.says:
            reasons = self.because(fact.flag)
            self.conclude("refuted", f"refuted@{digest(line.name)}", line.name[1], line, data=data, because=reasons, **rest)

    def root(self, actor: str) -> str:
        over = self.part_of[actor]
        return self.root(over) if over else actor

    # ---- in the form readers get

    def entries(self) -> list[Entry]:
        return [self.entry(line) for line in self.lines]

    def entry(self, line: Line) -> Entry:
        known = self.scenario.events.get(line.type)
        kinds = {"from": "instant", "until": "instant", **({name: kind.name for name, kind in known.fields.items()} if known else {})}
        data = {name: self.shown(value, kinds.get(name)) for name, value in line.data.items()}
        changes = {path: (self.shown(old, self.kind(path)), self.shown(new, self.kind(path))) for path, (old, new) in line.changes.items()}
        because = {name: (self.shown(value, kind), writers) for name, (value, writers, kind) in line.because.items()}
        key = line.name[0] + (f"#{line.name[1]}" if line.name[1] else "")
        owner = line.owner.key if line.owner else None
        return Entry(
            line.id, line.time, line.type, line.by, line.to, line.via, line.status, owner, line.rule or None, line.cause,
            because, data, changes, line.norms, line.source, key,
        )  # fmt: skip

    def kind(self, path: str) -> str:
        return self.scenario.slots[path].type.name

    def shown(self, value: Any, kind: str | None) -> Any:
        if value is None or kind not in ("duration", "instant"):
            return value
        return clock.seconds(value) if kind == "duration" else clock.iso(value, self.scenario.timezone)


def label(change: Change | s.Amend) -> str:
    return change.label if isinstance(change, s.Amend) else change.effect.label


def short(path: str) -> str:
    return path.partition(".")[2]


@dataclass
class Told(Naive):
    """A naive world that keeps what it has found of what happened, since nothing that happened changes."""

    found: dict[Any, tuple[int, list[Happening]]] = field(default_factory=dict)
    kinds: dict[int, tuple[t.Selector, bool]] = field(default_factory=dict)
    own: Case | None = None
    cases: list[Case] = field(default_factory=list)
    trigger: Line | None = None

    def of_triggerfield(self, tree: t.TriggerField) -> Any:
        return replace(self, event=self.trigger).of_eventfield(t.EventField(tree.name, tree.type, tree.is_data))

    def case_of(self, of_event: bool) -> Case:
        """The case that is asked about: the one at hand, or the event's."""
        found = self.event.owner if of_event and isinstance(self.event, Line) else self.own
        assert found is not None
        return found

    def of_casefield(self, tree: t.CaseField) -> Any:
        return self.case_of(tree.of_event).data[tree.name]

    def of_casequestion(self, tree: t.CaseQuestion) -> Any:
        case = self.case_of(tree.of_event)
        if tree.function == "approved":
            return case.status == "approved"
        return tree.step in (case.passed if tree.function == "passed" else case.exempt)

    def of_cases(self, tree: t.Cases) -> Any:
        standing = {"open": "open", "held": "approved", "suspended": "suspended"}[tree.standing]
        found = [case for case in self.cases if case.status == standing and self.is_meant(tree, case)]
        return bool(found) if tree.type == t.FLAG else len(found)

    def is_meant(self, tree: t.Cases, case: Case) -> bool:
        """Whether a question about cases is about this one."""
        if case.procedure.id != tree.procedure or not (tree.by is None or self.belongs(case.data["by"], tree.by)):
            return False
        return tree.where is None or bool(replace(self, own=case).value(tree.where))

    def meant(self, selector: t.Selector) -> list[Happening]:
        whole, at_hand = self.kinds.get(id(selector), (selector, False))
        if whole is selector:
            filters = [one for one in (selector.by, selector.to, selector.via) if one is not None]
            at_hand = any(isinstance(part, (t.EventField, t.TriggerField, t.CaseField)) for one in filters for part in t.walk(one))
            self.kinds[id(selector)] = whole, at_hand = replace(selector, within=None), at_hand
        key = (id(selector), tuple(sorted(self.bound.items())), at_hand and (self.event and self.event.id, self.own and self.own.key))
        known, kept = self.found.get(key, (0, []))
        kept += [one for one in self.happened[known:] if self.means(whole, one)]
        self.found[key] = len(self.happened), kept
        if selector.within is None:
            return kept
        within = selector.within
        return [one for one in kept if self.now <= self.last_in(within, one.time)]


def played(scenario: s.Scenario, seed: int = 0, replication: int = 0) -> list[Entry]:
    """The entries of one run."""
    reference = Reference(scenario, seed, replication)
    reference.run()
    return reference.entries()
