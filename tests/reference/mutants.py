"""Small faults put into the engine on purpose: each must make it differ from the reference on some scenario.

In: the engine's files. Out: which faults were not noticed (`survivors`). Run as a program it tells them one by one.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from pathlib import Path
from typing import NamedTuple

__all__ = ["MUTANTS", "ROOT", "Mutant", "put_in", "survivors"]

ROOT = Path(__file__).resolve().parents[2]
RUNS = 600


class Mutant(NamedTuple):
    """One fault: its name, the module, what stands there, what is put instead."""

    name: str
    module: str
    old: str
    new: str


MUTANTS = (
    Mutant("guards are not read", "reactions", "not reactor.guard(now, entry, None)", "reactor.guard(now, entry, None) is None"),
    Mutant("times allows one more", "reactions", "reactor.fired >= reactor.times", "reactor.fired > reactor.times"),
    Mutant("a pause is closed at its end", "reactions", "and now < reactor.free", "and now <= reactor.free"),
    Mutant("still is not asked", "reactions", "if still is None or still(self.world.now, firing.entry, None):", "if True:"),
    Mutant("low priority first", "reactions", "(-program.rules[pair[0]].priority, pair[0])", "(program.rules[pair[0]].priority, pair[0])"),
    Mutant("an effect's own if is not read", "reactions", "not effect.guard(now, entry, None)", "effect.guard(now, entry, None) is None"),
    Mutant(
        "rules react while not in force",
        "reactions",
        "if not world.values[reactor.in_force]:",
        "if world.values[reactor.in_force] is None:",
    ),
    Mutant(
        "an option fires last", "reactions", "sum(firing.reactor.priority > own.reactor.priority for firing in firings)", "len(firings)"
    ),
    Mutant("the lowest priority sets", "settle", "highest = max(", "highest = min("),
    Mutant("no lower bound", "settle", "if program.low is not None and value < program.low:", "if program.low is None and value is None:"),
    Mutant("exemptions do not lift", "norms", "values[lifts] and covers(", "not values[lifts] and covers("),
    Mutant(
        "norms that did not hold are named",
        "norms",
        'Extra("blocked", tuple(held), via)',
        'Extra("blocked", tuple(norm for norm, _ in hits), via)',
    ),
    Mutant("the timeline may be blocked", "norms", "held = [] if never_blocked else [", "held = ["),
    Mutant("disagreement is contradiction", "claims", "if said[0] != says and roots[actor] == roots[speaker]]", "if said[0] != says]"),
    Mutant("who took his claim back is refuted", "claims", "if standing.get(speaker) == said:", "if said:"),
    Mutant(
        "who speaks the truth is refuted", "claims", "fact is not None and fact.value != says:", "fact is not None and fact.value == says:"
    ),
    Mutant(
        "what lasts is not dropped", "conditions", "            watch.timer.set(None)\n        else:", "            pass\n        else:"
    ),
    Mutant("the first writer is the cause", "conditions", "if writer > watch.cause:", "if watch.cause == 0:"),
    Mutant("edges come backwards", "conditions", "key=lambda watch: watch.order):", "key=lambda watch: watch.order, reverse=True):"),
    Mutant("waits have no order", "compile_conditions", "else (2, 0.0, 0)", "else (-1, 0.0, 0)"),
    Mutant(
        "what is true already is waited for",
        "conditions",
        "        watch.waiting = (firing, go_on)\n        self.of_waiting(watch)",
        "        watch.waiting = (firing, go_on)",
    ),
    Mutant(
        "ticks are numbered from two",
        "ticks",
        "accepts(reactor, None, None, self.name, number)",
        "accepts(reactor, None, None, self.name, number + 1)",
    ),
    Mutant("a session decides one more", "sessions", "session.waiting[:most]", "session.waiting[: most + 1]"),
    Mutant("rank does not count", "cases", "if not queue or queue[-1].rank >= task.rank:", "if queue is not None:"),
    Mutant("nothing is sent back", "procedures", 'outcome = "sent_back"', 'outcome = "passed"'),
    Mutant("any needs two", "procedures", '1 if needs == "any"', '2 if needs == "any"'),
    Mutant(
        "a time limit outlives its step",
        "procedures",
        "        task.stay += 1  # its time limit lapses",
        "        pass  # its time limit lapses",
    ),
    Mutant(
        "a case led back is not counted",
        "procedures",
        "        case.count_visits()\n        self.free(case)\n        places",
        "        self.free(case)\n        places",
    ),
    Mutant("nobody returns", "pending", 'elif pending == "return" and', 'elif pending == "never" and'),
    Mutant(
        "restart keeps what was passed",
        "pending",
        "procedures.lead(case, case.procedure.steps[0].id, erase=True)",
        "procedures.lead(case, case.procedure.steps[0].id, erase=False)",
    ),
    Mutant("finish spares nobody", "pending", "bound.spares_before = len(procedures.world.log)", "bound.spares_before = 0"),
    Mutant("nobody keeps what is repealed", "pending", 'if pending == "finish" and (kept', 'if pending == "never" and (kept'),
    Mutant("who has begun is let go", "pending", "if task.step is bound and not task.is_begun:", "if task.step is bound:"),
    Mutant("the refused begin anew", "pending", "if case.refused_at is not None:", "if case.refused_at is None and not case.opened_id:"),
    Mutant("nothing ends by itself", "sunsets", "lambda: not ending.is_over, partial", "lambda: ending.is_over, partial"),
    Mutant(
        "a renewal keeps the old sunset",
        "sunsets",
        'if write.verb in ("enact", "repeal", "expire"):',
        'if write.verb in ("repeal", "expire"):',
    ),
    Mutant("before comes at the end", "sunsets", "max(now, instant - lead)", "max(now, instant)"),
    Mutant(
        "a change with an end is not called off",
        "sunsets",
        "self.call_off(self.ways_back.pop(provision, None))",
        "self.ways_back.pop(provision, None)",
    ),
    Mutant(
        "the last writer ends a provision",
        "sunsets",
        "                if watch.reads is not None:",
        "                ending.cause = max(watch.cause, ending.entry[r.ID])\n                if watch.reads is not None:",
    ),
    Mutant("a repeal forgets what is scheduled", "law", 'if write.verb == "repeal" else ():', 'if write.verb == "never" else ():'),
    Mutant(
        "finish means the others",
        "pending",
        "if case not in spared and not bound.spares(case)}",
        "if case in spared and not bound.spares(case)}",
    ),
    Mutant(
        "for_case is for all",
        "pending",
        "    treat(procedures, cases, bound, pending)\n\n\ndef treat",
        "    treat(procedures, procedures.table[next(iter(cases)).procedure.program.id].open, bound, pending)\n\n\ndef treat",
    ),
    Mutant(
        "an exemption outlasts for_case",
        "cases",
        " and case not in self.unspared and case not in self.imposed",
        " and case not in self.unspared",
    ),
    Mutant(
        "amendments reach all cases", "amendments", "if case is not None and case.opened_id < number else new", "if case is None else new"
    ),
    Mutant(
        "a desk gives slots it has not",
        "procedures",
        "        desk.busy -= 1\n        if desk.queue and desk.busy < desk.capacity:\n            following",
        "        desk.busy -= 1\n        if desk.queue:\n            following",
    ),
    Mutant(
        "an amended weight is told as it was",
        "amendments",
        "        if law.reads is not None:",
        "        if law.reads is None and not law.text:",
    ),
    Mutant(
        "what is done to cases ignores where",
        "licences",
        "if where is None or where(now, entry, case)]\n\n        return at_hand",
        "if where is None or case]\n\n        return at_hand",
    ),
    Mutant(
        "a suspended case keeps its slot",
        "standstill",
        "            self.course.drop(task)\n            task.state = state",
        "            task.is_begun or self.course.drop(task)\n            task.state = state",
    ),
    Mutant("who is resumed goes on before it is told", "licences", 'if program.verb == "resume" and is_done:', "if is_done is None:"),
    Mutant("what somebody does to the law is not heard", "acts", "if write.is_act:", "if write.extra is not None:"),
    Mutant("an enactment fulfils nothing", "acts", "        self.duties.discharge(write.entry)\n", ""),
    Mutant(
        "who keeps a step is bound by it",
        "law",
        "(step.spares(case) or not (in_force or step.short in case.kept))",
        "step.short not in case.kept and (step.spares(case) or not in_force)",
    ),
    Mutant("a suspended licence is not revoked", "licences", "return standing in (HELD, SUSPENDED)", "return standing == HELD"),
    Mutant(
        "a window by the calendar is open at its end", "windows", "while ends and ends[0][0] < now:", "while ends and ends[0][0] <= now:"
    ),
    Mutant("what leaves a window by the calendar is not noticed", "following", "else recent.next()", "else None"),
    Mutant("the oldest leaves a window first", "windows", "del held[heappop(ends)[1]]", "heappop(ends), held.popitem(last=False)"),
    Mutant("windows of days are exact", "formulas", 'days = None if self.zone == "UTC" else whole_days(within)', "days = None"),
    Mutant("ticks of days drift", "timetable", "elif self.days:", "elif self.days and number == 1:"),
    Mutant(
        "what comes before an end is counted from now", "sunsets", "(now, None, None, name, k, instant)", "(now, None, None, name, k, now)"
    ),
    Mutant(
        "the rest goes before the days",
        "../clock",
        'shifted(instant, int(days), "d", zone) + length',
        'shifted(instant + length, int(days), "d", zone)',
    ),
)


def put_in(mutant: Mutant, root: Path) -> None:
    """Put a fault into the engine that lies here."""
    module = root / "sim" / "engine" / f"{mutant.module}.py"
    text = module.read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        raise ValueError(f"{mutant.name}: what is to be changed stands {text.count(mutant.old)} times in {mutant.module}.py")
    module.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")


def noticed(mutant: Mutant | None) -> bool:
    """Whether some scenario tells the engine with this fault (or without any) from the reference."""
    with tempfile.TemporaryDirectory() as folder:
        for part in ("sim", "tests"):
            ignored = shutil.ignore_patterns("__pycache__", "language", "scenarios")
            if part == "sim":
                ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / part, Path(folder) / part, ignore=ignored)
        if mutant is not None:
            put_in(mutant, Path(folder))
        asked = [sys.executable, "-m", "tests.reference.agreement", "--until-different", "--runs", str(RUNS)]
        return subprocess.run(asked, cwd=folder, capture_output=True, check=False).returncode != 0


def survivors() -> list[str]:
    """The names of the faults that nothing noticed. An engine that differs as it is would seem to notice them all."""
    if noticed(None):
        raise ValueError("engine and reference differ without any fault put in: python -m tests.reference.agreement tells where")
    with ThreadPoolExecutor(cpu_count()) as pool:
        return [mutant.name for mutant, seen in zip(MUTANTS, pool.map(noticed, MUTANTS), strict=True) if not seen]


def main() -> int:
    left = survivors()
    for mutant in MUTANTS:
        sys.stdout.write(f"{'NOT NOTICED' if mutant.name in left else 'noticed':12s} {mutant.module}: {mutant.name}\n")
    return int(bool(left))


if __name__ == "__main__":
    sys.exit(main())
