"""Measures growth: how the time of each question about history grows with the entries of a log.

    python bench/growth.py [--few N] [--many N] [--only WORD] [--json]

In: one small world that lasts for as many hours as entries of each sort are wanted, and a list of questions. Out: one table. Each question
is asked in three places: as a measure of a whole course (over the log), by the guard of a rule at every sale, and in a condition (both over
the world). Each time is the least of three, with the time of the world or log alone taken off; the exponent is that of the growth from few
entries to many: 1 is linear, 2 the square. Windows last half the period, so they hold the more entries the longer it is.
"""

from __future__ import annotations

import argparse
import gc
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from math import log

from sim.analysis.measures import evaluate
from sim.clock import iso
from sim.engine import run
from sim.engine.compile import compile_scenario
from sim.errors import ScenarioError
from sim.language import source
from sim.language.check import check
from sim.language.scenario import Scenario
from sim.log.entries import FORMAT, Header, log_of

FEW, MANY = 2_000, 32_000
BEGIN, HOUR = 1_735_689_600_000_000, 3_600_000_000
LEAST = 0.01
"""A time of fewer seconds says nothing about growth."""

WORLD = """
scenario: growth
period: {from: 2025-01-01, until: '@UNTIL@'}
parameters: {half: {value: @HALF@h}}
actors:
  town: {}
  firm: {member_of: town, has: {goods: 0}}
  rival: {member_of: town, has: {goods: 0}}
  guard: {}
events: {sale: {fields: {v: number, d: duration}}, delivery: {}, review: {}}
statements: {peace: {}}
state: {mood: {start: 0}}
define: {seen: count(sale)}
norms:
  answer: {oblige: {event: delivery, by: firm}, deadline: 30d, in_force: false}
procedures:
  licence: {case: {v: number}, valid: @HALF@h, steps: {look: {by: guard, waits: 30min}}}
rules:
  sell: {when: {every: 1h}, then: [{event: sale, by: {choice: town}, with: {v: {uniform: [0, 9]}, d: {uniform: [1h, 9h]}}}]}
  apply: {when: {every: 1h}, then: [{open: licence, by: {choice: town}, with: {v: {uniform: [0, 9]}}}]}
  say: {when: {every: 1h}, then: [{claim: peace, is: false, by: {choice: town}}]}
  turn: {when: {every: 1h}, then: [{add: {mood: 1}}]}
  demand: {when: {every: 1d}, then: [{enact: answer}]}
  halt: {when: {every: 10d}, then: [{suspend: answer}]}
  resume: {when: {every: 11d}, then: [{resume: answer}]}
  deliver: {when: {every: 2d}, then: [{event: delivery, by: firm}]}
"""

NUMBERS = (
    "count(sale)", "count(sale, by=firm)", "count(sale, by=town, where=event.v > 2)", "count(sale, in_last=half)",
    "count(sale, by=firm, in_last=half)", "count(sale, in_last=6mo)", "count(licence.look)", "count(claim)",
    "sum(sale.v)", "sum(sale.v, by=firm, where=event.v > 2)", "sum(sale.v, in_last=half)",
    "mean(sale.v, default=0)", "mean(sale.v, in_last=half, default=0)",
    "median(sale.v, default=0)", "median(sale.v, in_last=half, default=0)", "median(licence.duration, default=0h) / 1h",
    "share(sale, by=firm, of=sale, default=0)", "share(sale, by=firm, in_last=half, of=sale, default=0)",
    "cases(licence)", "cases(licence, is=held)", "cases(licence, by=firm, is=held)", "cases(licence, is=held, where=case.v > 4)",
    "number_of(x in town, count(sale, by=x) > 10)", "number_of(x in town, holds(x, licence))", "sum_of(x in town, count(sale, by=x))",
    "number_of(x in town, x.goods > 0)", "mood", "seen",
)  # fmt: skip
FLAGS = (
    "happened(sale)", "happened(sale, by=firm, in_last=half)", "holds(firm, licence)", "holds(firm, licence, where=case.v > 8)",
    "claimed(peace)", "claimed(peace, by=firm)", "claimed(peace, by=town, where=event.by == firm)",
    "in_force(answer)", "running(answer)", "suspended(answer)", "first(sale, default=now) < 2000-01-01",
    "last(sale, by=firm, default=2025-01-01) < 2000-01-01", "since(sale, default=0d) > 90y", "any_of(x in town, holds(x, licence))",
)  # fmt: skip
"""Numbers never reach 1e12, so no rule or condition that compares them ever fires; a flag is asked together with what never holds."""


@dataclass(frozen=True)
class Row:
    """One question in one place: the seconds it takes over few entries and over many, and the exponent of its growth."""

    question: str
    place: str
    few: float
    many: float
    exponent: float | None


class World:
    """The world of one length, and the times it takes without any question."""

    def __init__(self, hours: int) -> None:
        self.text = WORLD.replace("@UNTIL@", iso(BEGIN + hours * HOUR, "UTC")[:16].replace("T", " ")).replace("@HALF@", str(hours // 2))
        bare = self.checked("measures: {m: '2'}")
        made = run(compile_scenario(bare), 1)
        header = Header(FORMAT, made.scenario, "", None, {}, (), 1, 0, "", made.timezone, (made.begin, made.until))
        self.log = log_of(made, header)
        self.reading = seconds(lambda: evaluate(bare, self.log))
        self.running = seconds(lambda: run(compile_scenario(bare), 1))

    def checked(self, more: str) -> Scenario:
        """The world with something more in it."""
        return check(source.parse(self.text + more, "growth.yaml"))

    def measure(self, question: str) -> float:
        """How long a measure takes."""
        asked = self.checked(f"measures: {{m: '{question}'}}")
        return seconds(lambda: evaluate(asked, self.log)) - self.reading

    def rule(self, trigger: str) -> float:
        """How long a rule takes that never fires."""
        program = compile_scenario(self.checked(f"  asks: {{{trigger}, then: [{{event: review}}]}}"))
        return seconds(lambda: run(program, 1)) - self.running


def seconds(call: Callable[[], object]) -> float:
    """The least time of three."""
    taken = []
    for _ in range(3):
        gc.collect()
        begin = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begin)
    return min(taken)


def places(question: str, flag: str) -> dict[str, Callable[[World], float]]:
    """Where a question is asked; a curve has no course, and no condition."""
    course = f"time_while({flag})" if question in FLAGS else f"peak({question})"
    return {
        "measure": lambda world: world.measure(course),
        "guard": lambda world: world.rule(f"when: sale, if: '{flag}'"),
        "condition": lambda world: world.rule(f"when: {{condition: '{flag}'}}"),
    }


def rows(few: World, many: World, times: float, only: str) -> Iterator[Row]:
    """The table."""
    for question in (*NUMBERS, *FLAGS):
        flag = f"{question} and mood > 1e12" if question in FLAGS else f"{question} > 1e12"
        for place, asked in places(question, flag).items():
            if only not in f"{question} {place}":
                continue
            try:
                less, more = asked(few), asked(many)
            except ScenarioError:
                continue
            yield Row(question, place, less, more, log(more / less) / log(times) if min(less, more) > LEAST / times else None)


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser(description="Measure how the time of questions about history grows with the log.")
    options.add_argument("--few", type=int, default=FEW, help="entries of each sort (default: %(default)s)")
    options.add_argument("--many", type=int, default=MANY, help="and many of them (default: %(default)s)")
    options.add_argument("--only", default="", help="questions and places with this word alone")
    options.add_argument("--json", action="store_true", help="the figures as JSON")
    given = options.parse_args()
    table = rows(World(given.few), World(given.many), given.many / given.few, given.only)
    if given.json:
        print(json.dumps([asdict(row) for row in table], indent=2))
        return
    print(f"{'question':<62} {'place':<10} {given.few:>8,} {given.many:>9,}  exponent")
    for row in table:
        exponent = "" if row.exponent is None else f"{row.exponent:.2f}"
        print(f"{row.question:<62} {row.place:<10} {row.few:>6.3f} s {row.many:>7.2f} s  {exponent:>8}", flush=True)


if __name__ == "__main__":
    main()
