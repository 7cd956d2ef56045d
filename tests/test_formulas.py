"""The compiled formulas against the naive evaluator: same value or same error, over thousands of well-typed expressions.

In: a seed. Out: a failure that names the expression, the world it was read in, and both answers.
Expressions and worlds are made here by plain chance, without Hypothesis: there are too many of them.
"""

from __future__ import annotations

import math
from random import Random  # noqa: TID251  a seed of its own for each world; no luck of the product
from types import CodeType
from typing import Any

import pytest

from sim import clock
from sim.engine import program as p
from sim.engine.formulas import Formulas
from sim.engine.program import Program, SelectorProgram, SlotProgram
from sim.engine.record import Extra, Shape
from sim.engine.world import World
from sim.errors import Place, Problem
from sim.language import tree as t
from sim.language.functions import fields_of
from sim.language.infer import infer
from sim.language.scenario import Actor, EventType
from sim.language.scope import Scope
from sim.language.source import Text
from sim.language.tree import Tree, Type
from tests.naive import Happening, Naive, Wrong

ZONE = "Europe/Belgrade"
BEGIN = clock.parse_instant("2025-01-01", ZONE)
MOOD, KIND = t.label("calm", "tense"), t.label("big", "small")
GO = EventType("go", "go", {"n": t.NUMBER, "wait": t.DURATION, "kind": KIND, "words": t.TEXT, "day": t.INSTANT, "on": t.FLAG})
OTHER = EventType("other", "other", {"n": t.NUMBER})
CLAIM = EventType("claim", "claim", {"statement": t.STATEMENT, "is": t.FLAG.maybe()})
BLOCKED = EventType("ban.blocked", "ban blocked", GO.fields, concluded=True)
CASE = {"v": t.NUMBER, "buyer": t.ACTOR, "until": t.INSTANT, "by": t.ACTOR, "opened": t.INSTANT}
STATE = {"x": t.NUMBER, "y": t.NUMBER, "z": t.NUMBER, "d": t.DURATION, "e": t.DURATION, "day": t.INSTANT, "f": t.FLAG, "mood": MOOD}
PART_OF = {"s": None, "m": "s", "o": "m", "g": None, "a": None, "b": "a", "r": None}
MEMBER_OF: dict[str, tuple[str, ...]] = {"s": ("g",), "m": (), "o": ("r",), "g": (), "a": ("s", "g"), "b": (), "r": ()}
STOCKED, WAITING = ("s", "a", "b", "o"), ("s", "m", "o", "b", "a", "r", "g")
SLOTS = [
    *(f"state.{name}" for name in STATE), "parameters.rate", "in_force.ban",
    *(f"actors.{name}.stock" for name in STOCKED), *(f"actors.{name}.wait" for name in WAITING),
]  # fmt: skip
ACTORS = {name: Actor(name, name, None, PART_OF[name], MEMBER_OF[name], None, "") for name in PART_OF}
NUMBERS = [0, 1, 2, 3, 7, -4, 0.5, -2.5, 1e6, 1e-3, 2**40]
TIMES = [0, clock.HOUR, clock.DAY, 36 * clock.HOUR, -clock.HOUR, 7, 3_333_333]


def the_scope() -> Scope:
    names: dict[str, Tree] = {name: t.Slot(f"state.{name}", kind, name) for name, kind in STATE.items()}
    names |= {actor: t.Const(actor, t.ACTOR) for actor in PART_OF}
    names |= {f"{actor}.stock": t.Slot(f"actors.{actor}.stock", t.NUMBER, f"{actor}.stock") for actor in STOCKED}
    names |= {f"{actor}.wait": t.Slot(f"actors.{actor}.wait", t.DURATION, f"{actor}.wait") for actor in WAITING}
    names["rate"] = t.Slot("parameters.rate", t.NUMBER, "rate")
    return Scope(
        names=names, actors=ACTORS, statements=frozenset({"true_it_is", "false_it_is"}),
        attributes={"stock": t.NUMBER, "wait": t.DURATION},
        events={"go": GO, "other": OTHER, "claim": CLAIM, "ban.blocked": BLOCKED},
        provisions={"ban": "ban"}, steps={"look": ("p.look",), "sign": ("p.sign",)},
        event=fields_of(GO), event_case=CASE, zone=ZONE,
    )  # fmt: skip


SCOPE = the_scope()


class Writer:
    """Writes well-typed expressions by chance."""

    def __init__(self, luck: Random) -> None:
        self.luck = luck
        self.bound: list[str] = []

    def pick(self, *options: str) -> str:
        return self.luck.choice(options)

    def a(self, kind: str, depth: int) -> str:
        """An expression of this type, at most so deep."""
        if depth <= 0 or self.luck.random() < 0.15:
            return self.leaf(kind)
        return f"({getattr(self, kind)(depth - 1)})"

    def leaf(self, kind: str) -> str:
        match kind:
            case "number":
                near = [f"({self.luck.choice(self.bound)}.wait / 1d)"] if self.bound and self.luck.random() < 0.3 else []
                return self.pick("x", "y", "z", "rate", "0", "1", "2.5", "1e3", "event.n", "event.case.v", "a.stock", "o.stock", *near)
            case "duration":
                near = [f"{self.luck.choice(self.bound)}.wait"] * 3 if self.bound else []
                return self.pick("d", "e", "1d", "90min", "1.5h", "event.wait", "s.wait", "event.by.wait", *near)
            case "rate":
                return self.pick("(x / 1d)", "(y / d)", "(3 / 1w)", "(event.n / 36h)")
            case "instant":
                return self.pick("day", "now", "2025-01-05", "2025-03-30 03:30", "event.at", "event.day", "event.case.opened")
            case "flag":
                return self.pick(
                    "f", "true", "false", "event.on", "in_force(ban)", "passed(event.case, look)", "grandfathered(event.case, sign)"
                )
            case _:
                near = [*self.bound, *self.bound]
                return self.pick("s", "m", "o", "a", "b", "event.by", "event.to", "event.via", "event.case.buyer", "event.case.by", *near)

    # history

    def asked(self, event: str, depth: int) -> str:
        """An event and filters."""
        parts = [event, *(f"{name}={self.group(depth)}" for name in ("by", "to", "via") if self.luck.random() < 0.25)]
        if self.luck.random() < 0.3:
            parts.append("where=" + self.pick(
                "event.n > 1", "event.n * rate <= 2 and event.by in s", "event.to != a", "hour(event.at) < 12", "rate / (event.n + 9) > 1",
                "member(event.by, s) or event.via == r", "event.by not in organs_of(g)",
            ))  # fmt: skip
        if self.luck.random() < 0.4:
            parts.append("in_last=" + self.pick("1d", "36h", "1mo", "2wd", "0s", "d", "d + 1h"))
        return ", ".join(parts)

    def group(self, depth: int) -> str:
        return self.pick(self.a("actor", min(depth, 1)), f"organs_of({self.a('actor', 0)})", "(organs_of(s) if f else organs_of(m))")

    def of_field(self, kind: str, depth: int) -> str:
        field = self.pick("go.n", "other.n", "ban.blocked.n") if kind == "number" else self.pick("go.wait", "ban.blocked.wait")
        function = self.pick("sum", "mean", "median")
        asked = self.asked(field, depth)
        return f"{function}({asked})" if function == "sum" else f"{function}({asked}, default={self.a(kind, depth)})"

    def event(self) -> str:
        return self.pick("go", "go", "other", "ban.blocked")

    def each(self, function: str, kind: str, depth: int) -> str:
        """A question about each of a group."""
        if len(self.bound) > 1:
            return self.leaf({"number_of": "number", "sum_of": kind}.get(function, "flag"))
        name = f"q{len(self.bound)}"
        group = self.pick("s", "g", "organs_of(s)", "[a, b]", "[s]", "r")
        self.bound.append(name)
        body = self.a(kind, depth)
        self.bound.pop()
        return f"{function}({name} in {group}, {body})"

    # types

    def number(self, depth: int) -> str:
        a = self.a
        match self.luck.randrange(16):
            case 0 | 1 | 2:
                return f"{a('number', depth)} {self.pick('+', '-', '*', '/', '//', '%')} {a('number', depth)}"
            case 3:
                return f"{a('duration', depth)} {self.pick('/', '//')} {a('duration', depth)}"
            case 4:
                return f"{a('rate', depth)} * {a('duration', depth)}"
            case 5:
                return f"{a('duration', depth)} * {a('rate', depth)}"
            case 6:
                return f"{a('rate', depth)} {self.pick('/', '//')} {a('rate', depth)}"
            case 7:
                return f"{self.pick('abs', 'round', 'floor', 'ceil', '-', '+')}({a('number', depth)})"
            case 8:
                return f"{self.pick('hour', 'month')}({a('instant', depth)})"
            case 9:
                return f"count({self.asked(self.event(), depth)})"
            case 10:
                return self.of_field("number", depth)
            case 11:
                return f"share({self.asked(self.event(), depth)}, of={self.event()}, default={a('number', depth)})"
            case 12:
                return self.each("number_of", "flag", depth)
            case 13:
                return self.each("sum_of", "number", depth)
        return self.alike("number", depth)

    def alike(self, kind: str, depth: int) -> str:
        """What all types that compare have."""
        a = self.a
        match self.luck.randrange(3):
            case 0:
                return f"{self.pick('min', 'max')}({a(kind, depth)}, {a(kind, depth)})"
            case 1:
                return f"clamp({a(kind, depth)}, {a(kind, depth)}, {a(kind, depth)})"
        return f"{a(kind, depth)} if {a('flag', depth)} else {a(kind, depth)}"

    def duration(self, depth: int) -> str:
        a = self.a
        match self.luck.randrange(12):
            case 0 | 1:
                return f"{a('duration', depth)} {self.pick('+', '-', '%')} {a('duration', depth)}"
            case 2:
                return f"{a('duration', depth)} {self.pick('*', '/')} {a('number', depth)}"
            case 3:
                return f"{a('number', depth)} * {a('duration', depth)}"
            case 4:
                return f"{a('number', depth)} / {a('rate', depth)}"
            case 5 | 6:
                return f"{a('instant', depth)} - {a('instant', depth)}"
            case 7:
                return f"since({self.asked(self.event(), depth)}, default={a('duration', depth)})"
            case 8:
                return self.of_field("duration", depth)
            case 9:
                return f"{self.pick('abs', '-')}({a('duration', depth)})"
            case 10:
                return self.each("sum_of", "duration", depth)
        return self.alike("duration", depth)

    def rate(self, depth: int) -> str:
        a = self.a
        match self.luck.randrange(6):
            case 0:
                return f"{a('rate', depth)} {self.pick('+', '-', '%')} {a('rate', depth)}"
            case 1:
                return f"{a('rate', depth)} {self.pick('*', '/')} {a('number', depth)}"
            case 2 | 3:
                return f"{a('number', depth)} / {a('duration', depth)}"
            case 4:
                return f"-{a('rate', depth)}"
        return self.alike("rate", depth)

    def instant(self, depth: int) -> str:
        a = self.a
        match self.luck.randrange(6):
            case 0 | 1:
                return f"{a('instant', depth)} {self.pick('+', '-')} {a('duration', depth)}"
            case 2 | 3:
                period = self.pick("1mo", "3mo", "1y", "5wd", "11wd", "0mo", "(1mo if f else 2wd)")
                return f"{a('instant', depth)} {self.pick('+', '-')} {period}"
            case 4:
                return f"{self.pick('first', 'last')}({self.asked(self.event(), depth)}, default={a('instant', depth)})"
        return self.alike("instant", depth)

    def flag(self, depth: int) -> str:
        a = self.a
        match self.luck.randrange(14):
            case 0 | 1 | 2:
                kind = self.pick("number", "duration", "rate", "instant")
                signs = ("<", "<=", ">", ">=", "==", "!=")
                rest = "".join(f" {self.pick(*signs)} {a(kind, depth)}" for _ in range(self.luck.randint(1, 3)))
                return f"{a(kind, depth)}{rest}"
            case 3 | 4:
                operator = self.pick("and", "or")
                return f" {operator} ".join(a("flag", depth) for _ in range(self.luck.randint(2, 3)))
            case 5:
                return f"not {a('flag', depth)}"
            case 6:
                return self.pick(
                    "mood == calm", "mood != tense", "event.kind in [big, small]", "event.words == 'ab'", "weekday(now) in [sat, sun]"
                )
            case 7:
                kind = self.pick("number", "duration", "instant", "actor")
                options = ", ".join(a(kind, depth) for _ in range(self.luck.randint(1, 3)))
                return f"{a(kind, depth)} {self.pick('in', 'not in')} [{options}]"
            case 8:
                return f"{a('actor', depth)} {self.pick('in', 'not in')} {self.group(depth)}"
            case 9:
                return f"{a('actor', depth)} {self.pick('==', '!=')} {a('actor', depth)}"
            case 10:
                return f"happened({self.asked(self.event(), depth)})"
            case 11:
                return self.each(self.pick("any_of", "all_of"), "flag", depth)
            case 12:
                by = f", by={self.group(depth)}" if self.luck.random() < 0.6 else ""
                return f"claimed({self.pick('true_it_is', 'false_it_is')}{by}, is={self.pick('true', 'false')})"
        return f"member({a('actor', depth)}, {a('actor', depth)})"

    def actor(self, depth: int) -> str:
        return f"{self.a('actor', depth)} if {self.a('flag', depth)} else {self.a('actor', depth)}"


# ---- worlds


class CaseAtHand:
    """What formulas ask of a case."""

    def __init__(self, data: dict[str, Any], passed: frozenset[str], spared: frozenset[str]) -> None:
        self.data = data
        self.by = data["by"]
        self.opened = data["opened"]
        self.opened_id = 0
        self.passed = passed
        self.spared = spared
        self.key = "case"

    def exempt_from(self, step: str) -> bool:
        return step in self.spared


def a_world(luck: Random) -> tuple[Naive, list[tuple[Happening, str]]]:
    """Values, and a dated list of what has happened, with the status of each."""
    values: dict[str, Any] = {}
    for path in SLOTS:
        name = path.rpartition(".")[2]
        kind = STATE.get(name) if path.startswith("state.") else t.DURATION if name == "wait" else t.FLAG if name == "ban" else t.NUMBER
        values[path] = some(luck, kind or t.NUMBER)
    now, happened = BEGIN, []
    actors = [*PART_OF, None]
    for number in range(1, luck.randint(2, 25)):
        now += luck.choice([0, 0, clock.HOUR, clock.DAY, 5 * clock.DAY, luck.randrange(3 * clock.DAY)])
        event = luck.choice(["go", "go", "go", "other", "claim"])
        by, to, via = (luck.choice(actors) for _ in range(3))
        if event == "claim":
            data = {"statement": luck.choice(["true_it_is", "false_it_is"]), "is": luck.choice([True, False, None])}
            status = "done"
        else:
            data = {name: some(luck, kind) for name, kind in (GO if event == "go" else OTHER).fields.items()}
            status = luck.choice(["done", "done", "violation", "blocked"]) if event == "go" else "done"
        names = ("ban.blocked",) if status == "blocked" else (event,)
        happened.append((Happening(number, now, names, by, to, via, data), status))
    naive = Naive(values, [one for one, _ in happened], PART_OF, MEMBER_OF, ZONE, now)
    return naive, happened


def some(luck: Random, kind: Type) -> Any:
    """Any value of a type."""
    match kind.name:
        case "number":
            return luck.choice(NUMBERS)
        case "duration":
            return luck.choice(TIMES)
        case "instant":
            return BEGIN + luck.choice(TIMES) + luck.randrange(300) * clock.DAY
        case "flag":
            return luck.random() < 0.5
        case "label":
            return luck.choice(kind.labels)
    return luck.choice(["ab", "", "big"])


def compiled(formulas: Formulas, values: dict[str, Any]) -> World:
    """The world of a run that knows these formulas and nothing else."""
    slots = tuple(SlotProgram(path, path, "number", values[path], None, None) for path in formulas.slots)
    attributes = {
        f"A{number}": {actor: formulas.slots[f"actors.{actor}.{name}"] for actor in (STOCKED if name == "stock" else WAITING)}
        for name, number in formulas.attributes.items()
    }
    plain = Naive({}, [], PART_OF, MEMBER_OF, ZONE, 0)
    above = {
        actor: (
            actor, *sorted(plain.over(actor)), *(p.organs_of(one) for one in (actor, *sorted(plain.over(actor, member=False)))),
            *(p.members_of(one) for one in sorted(plain.over(actor, organ=False))),
        )
        for actor in PART_OF
    }  # fmt: skip
    code = compile("\n".join(formulas.lines), "<formulas>", "exec").co_consts
    program = Program(
        scenario="made", timezone=ZONE, begin=BEGIN, until=BEGIN + 999 * clock.DAY, slots=slots, attributes=attributes, above=above,
        roots={}, capacity={}, whole_days={},
        selectors=tuple(
            SelectorProgram(event, filters, test, field)
            for (event, filters, _, field), test in zip(formulas.selectors, formulas.tests, strict=True)
        ),
        rules=(), decisions={}, statements={}, timeline=(), norms=(), obligations=(), procedures={}, sessions=(), followed_cases=(),
        tallies=(), sites=(), listening={}, befores={}, amendable={},
        conditions=(), slot_readers={}, track_readers={}, followed=None,
        code={one.co_name: one for one in code if isinstance(one, CodeType)},
        constants=tuple(formulas.constants), lines=tuple(formulas.paths),
    )  # fmt: skip
    return World(program, 0, 0, program.until)


FAILURES = (ArithmeticError, KeyError, ValueError, TypeError, AttributeError)


def of_the_engine(world: World, name: str, entry: Any) -> tuple[str, Any]:
    """What the compiled formula says."""
    try:
        return "value", world.function(name)(world.now, entry, None)
    except FAILURES as failure:
        return "stops", world.stopped(failure, failure.__traceback__).text


def of_the_oracle(naive: Naive, tree: Tree) -> tuple[str, Any]:
    """What the naive evaluator says."""
    naive.bound = {}
    try:
        return "value", naive.value(tree)
    except Wrong as wrong:
        return "stops", str(wrong)


def same(one: tuple[str, Any], other: tuple[str, Any]) -> bool:
    """Alike, to the last bit and in type; what is no number is alike what is no number."""
    if one[0] != other[0] or type(one[1]) is not type(other[1]):
        return False
    return one[1] == other[1] or (isinstance(one[1], float) and math.isnan(one[1]) and math.isnan(other[1]))


def held_together(seed: int, expressions: int) -> dict[str, int]:
    """One world, so many expressions read at its last event: how many came to a value, and how many stopped."""
    luck = Random(seed)
    naive, happened = a_world(luck)
    trees: list[tuple[str, Tree, str]] = []
    formulas = Formulas({path: number for number, path in enumerate(SLOTS)})
    writer = Writer(luck)
    kinds = {"number": t.NUMBER, "duration": t.DURATION, "rate": t.RATE, "instant": t.INSTANT, "flag": t.FLAG, "actor": t.ACTOR}
    for _ in range(expressions):
        kind = luck.choice(list(kinds))
        words = writer.a(kind, luck.randint(1, 4))
        problems: list[Problem] = []
        tree = infer(Text(words, Place("t", 1, 1), "rules.r.if", plain=True), SCOPE, kinds[kind], problems)
        if tree is None:
            assert problems[0].code == "E207", f"{words}\n{problems[0].text}"
            continue
        trees.append((words, tree, formulas.expression(tree, f"rules.r{len(trees)}.if") or ""))
    world = compiled(formulas, naive.values)
    nothing = Shape("start", "", (), {})
    world.record(nothing, None, None, None, None, None, None, "start", 0)
    case = CaseAtHand({"v": some(luck, t.NUMBER), "buyer": luck.choice(["a", "b"]), "until": BEGIN, "by": "s", "opened": BEGIN},
                      frozenset(luck.sample(["p.look", "p.sign"], 1)), frozenset(luck.sample(["p.look", "p.sign"], 1)))  # fmt: skip
    trigger = Happening(0, naive.now, ("go",), None, None, None, {name: some(luck, kind) for name, kind in GO.fields.items()})
    trigger.by, trigger.to, trigger.via = (luck.choice([*PART_OF, None]) for _ in range(3))
    entry: Any = None
    for one, status in [*happened, (trigger, "done")]:
        one.id = len(world.log)
        world.now = one.time
        shape = Shape("go" if one.names[0] == "ban.blocked" else one.names[0], "", (), {})
        extra = Extra(status, ("ban",) if status != "done" else (), one.via) if status != "done" or one.via else None
        entry = world.record(shape, one.by, one.to, case if one is trigger else None, 0, None, one.data, f"t{one.id}", 0, extra)
    naive.happened.append(trigger)
    naive.event, naive.passed, naive.spared = trigger, case.passed, case.spared
    trigger.case = case.data
    outcomes = {"value": 0, "stops": 0}
    for words, tree, name in trees:
        engine, oracle = of_the_engine(world, name, entry), of_the_oracle(naive, tree)
        assert same(engine, oracle), f"seed {seed}: {words}\nthe engine says {engine}, the oracle {oracle}"
        outcomes[engine[0]] += 1
    return outcomes


@pytest.mark.parametrize("seed", range(15))
def test_formulas_say_what_the_naive_evaluator_says(seed: int) -> None:
    outcomes = held_together(seed, 60)
    assert outcomes["value"] > 30


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(1_000, 1_200))
def test_many_formulas_say_what_the_naive_evaluator_says(seed: int) -> None:
    held_together(seed, 500)
