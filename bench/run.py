"""Measures speed: `sim` beside a hand-written SimPy model of the same world, in ratios.

    python bench/run.py [--rounds N] [--quick] [--json]

In: `small_world.yaml` and `baseline_simpy.py`, which describe one world twice. Out: one table of times and ratios, one of
what happens in both worlds. Machines drift by more than the differences that matter, so all that is compared is run in
turns (A B A B …) after a warm-up, each ratio is taken within its round, and the table shows the median of the ratios with
their range. There is no pass or fail: README.md says which ratios are aimed at and how to read them.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import cycle
from pathlib import Path
from statistics import fmean, median, variance
from typing import Any

import baseline_simpy

from sim import __version__
from sim.chance import Site
from sim.engine import run
from sim.engine.compile import compile_scenario
from sim.engine.program import Program
from sim.engine.record import CASE, SHAPE, Recording
from sim.language import source
from sim.language.check import check
from sim.log.entries import FORMAT, Header, lines_of
from sim.log.store import save

BENCH = Path(__file__).parent
WORLD = BENCH / "small_world.yaml"
SHIPPED = BENCH.parent / "scenarios" / "serbia_export_halt.yaml"
DAYS = 365.0
DAY = 86_400_000_000
LEAST_ROUNDS = 7
SEEDS = 20
IDLE = (1_000, 10_000)
DRAWS = 20_000

Contestant = Callable[[int], Any]
"""Something to time; it is given the number of the round, which serves as seed."""


@dataclass(frozen=True)
class Row:
    """One line of the table: median times of both sides in `unit`, and the median, least and greatest ratio of a round."""

    what: str
    ours: float | None = None
    theirs: float | None = None
    unit: str = "ms"
    ratio: float | None = None
    least: float | None = None
    greatest: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Count:
    """How often something happens in both worlds, as means over seeds; `error` is the standard error of the relative difference."""

    what: str
    ours: float
    theirs: float
    difference: float
    error: float


def in_turns(contestants: Sequence[Contestant], rounds: int) -> list[list[float]]:
    """Seconds of each contestant in each round, all taking their turn in every round. What a turn made is dropped outside of the time."""
    taken: list[list[float]] = [[] for _ in contestants]
    for number in range(rounds + 1):
        for times, contestant in zip(taken, contestants, strict=True):
            gc.collect()
            begin = time.perf_counter()
            made = contestant(number)
            seconds = time.perf_counter() - begin
            del made
            if number:  # round 0 warms up
                times.append(seconds)
    return taken


def uncollected(contestant: Contestant) -> Contestant:
    """The same with Python's collector of circular garbage off."""

    def turn(number: int) -> Any:
        gc.disable()
        try:
            return contestant(number)
        finally:
            gc.enable()

    return turn


def compared(what: str, ours: Sequence[float], theirs: Sequence[float], note: str = "", *, unit: str = "ms", times: float = 1e3) -> Row:
    """A row of two contestants' seconds."""
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    return Row(what, median(ours) * times, median(theirs) * times, unit, median(ratios), min(ratios), max(ratios), note)


def program_of(text: str) -> Program:
    """A scenario's text made ready to run."""
    return compile_scenario(check(source.parse(text, WORLD.name)))


def header_of(made: Recording) -> Header:
    """The header of a log of ours."""
    return Header(FORMAT, made.scenario, "", None, {}, (), made.seed, 0, __version__, made.timezone, (made.begin, made.until))


def whole_runs(program: Program, rounds: int) -> list[Row]:
    """Rows 1 and 2: a year in memory, and written to the disk."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        names = cycle(range(1_000_000))

        def to_file(seed: int) -> None:
            recording = run(program, seed)
            with (place / "log.jsonl").open("w") as file:
                file.writelines(lines_of(recording, header_of(recording)))

        def to_store(seed: int) -> None:
            recording = run(program, seed)
            header = header_of(recording)
            save(
                place / str(next(names)), header=header, lines=lines_of(recording, header), measures={},
                inputs={"scenario.yaml": WORLD.read_bytes()}, versions={}, options={},
            )  # fmt: skip

        def their_file(seed: int) -> None:
            baseline_simpy.write(baseline_simpy.run(seed, DAYS), place / "theirs.jsonl")

        contestants: list[Contestant] = [
            partial(run, program), partial(baseline_simpy.run, days=DAYS), to_file, their_file, to_store,
            uncollected(partial(run, program)), uncollected(partial(baseline_simpy.run, days=DAYS)),
        ]  # fmt: skip
        ours, theirs, file, their, store, bare, their_bare = in_turns(contestants, rounds)
    seeds = range(1, rounds + 1)
    entries = median(len(run(program, seed).entries) for seed in seeds)
    logged = median(len(baseline_simpy.run(seed, DAYS)) for seed in seeds)
    said = f"entries: {entries:,.0f} and {logged:,.0f}"
    writing = [file[number] - ours[number] for number in range(rounds)]
    their_writing = median(their[number] - theirs[number] for number in range(rounds))
    return [
        compared("365 days in memory", ours, theirs, said),
        compared("  without collecting garbage", bare, their_bare, "the collector off on both sides"),
        compared("365 days to a file", file, their, said),
        compared("365 days to the store", store, their, "synced and renamed, beside their plain file"),
        compared("  per entry in memory", [t / entries for t in ours], [t / logged for t in theirs], unit="µs", times=1e6),
        Row("  per line written", median(writing) / entries * 1e6, their_writing / logged * 1e6, "µs", note="file less memory"),
    ]  # fmt: skip


def preparation(text: str, rounds: int) -> list[Row]:
    """What comes before a run: reading, checking, compiling."""
    root = source.parse(text, WORLD.name)
    scenario = check(root)
    contestants: list[Contestant] = [lambda _: source.parse(text, WORLD.name), lambda _: check(root), lambda _: compile_scenario(scenario)]
    names = ("  read the file", "  check it", "  compile it")
    return [Row(name, median(times) * 1e3) for name, times in zip(names, in_turns(contestants, rounds), strict=True)]


NAMES = {
    "export.opened": "application", "claim": "statement", "export.approved": "granted", "export.refused": "refused",
    "export.office0": "approval 0", "export.office1": "approval 1", "export.office2": "approval 2", "export.office3": "approval 3",
}  # fmt: skip
COUNTED = (
    "application", "approval 0", "approval 1", "approval 2", "approval 3", "granted", "refused",
    "accusation", "ban_decided", "ban_issued", "statement", "clarity_demanded", "clarity_given",
)  # fmt: skip


def our_counts(program: Program, seed: int) -> Counter[str]:
    """How often each thing happens in a run of ours, under the baseline's names: a step is an office's approval."""
    return Counter(NAMES.get(entry[SHAPE].event, entry[SHAPE].event) for entry in run(program, seed).entries)


def their_counts(seed: int) -> Counter[str]:
    """How often each thing happens in a run of the baseline."""
    return Counter(f"{kind} {b}" if kind == "approval" else kind for _, kind, _, _, b in baseline_simpy.run(seed, DAYS))


def counts(program: Program, seeds: int) -> list[Count]:
    """Row 3: whether it is the same world."""
    pairs = [(our_counts(program, seed), their_counts(seed)) for seed in range(1, seeds + 1)]
    rows = []
    for what in COUNTED:
        ours, theirs = [our[what] for our, _ in pairs], [their[what] for _, their in pairs]
        expected = fmean(theirs)
        error = ((variance(ours) + variance(theirs)) / seeds) ** 0.5 / expected
        rows.append(Count(what, fmean(ours), expected, fmean(ours) / expected - 1, error))
    return rows


def with_idle(text: str, count: int, when: str) -> str:
    """The world with so many rules more that never fire, and with the actor, the event and the state they name."""
    text = text.replace("actors:\n", "state: {untouched: 0}\nactors:\n  nobody: {}\n", 1).replace("events:\n", "events:\n  never: {}\n", 1)
    rules = "".join(f"  idle{number:05d}: {{when: {when}, then: [{{event: never}}]}}\n" for number in range(count))
    return f"{text.rstrip()}\n{rules}"


IDLE_SORTS = (
    ("rules of another event", "never"),
    ("rules of another actor", "{event: export.opened, by: nobody}"),
    ("conditions on state that nobody touches", "{condition: untouched > 3}"),
)


def idle_rules(text: str, rounds: int) -> list[Row]:
    """Row 4: what rules cost that never fire. They wait for another event, for the most frequent one by somebody else, or for
    a condition on state that nobody touches."""
    # Ten thousand rules are more than one file may hold; here it is asked what the engine makes of them.
    source.MAX_BYTES, source.MAX_NODES, source.MAX_ITEMS = 1 << 24, 1_000_000, 100_000
    rows = []
    for sort, when in IDLE_SORTS:
        programs = [program_of(with_idle(text, 0, when))]
        prepared = []
        for count in IDLE:
            begin = time.perf_counter()
            programs.append(program_of(with_idle(text, count, when)))
            prepared.append(time.perf_counter() - begin)
        contestants: list[Contestant] = [partial(run, program) for program in programs]
        contestants += [partial(run, program, until=program.begin + 1) for program in programs]
        without, *runs = in_turns(contestants, rounds)
        setups = runs[len(IDLE) :]
        for count, times, setup, seconds in zip(IDLE, runs, setups[1:], prepared, strict=False):
            rows.append(compared(f"{count:,} idle {sort}", times, without, f"read, checked, compiled once: {seconds * 1e3:,.0f} ms"))
            loop = [one - other for one, other in zip(times, setup, strict=True)]
            bare = [one - other for one, other in zip(without, setups[0], strict=True)]
            rows.append(compared("  without the set-up of the run", loop, bare, f"set-up: {median(setup) * 1e3:,.1f} ms"))
    return rows


BARE_TYPER = """
import typer
app = typer.Typer()
for number in range({commands}):
    app.command(f"command{{number}}")(lambda: None)
app()
"""


def process(*command: str | Path) -> Contestant:
    """A whole process, from start to end; the warm-up leaves behind what Python keeps of modules it has compiled, as installing does."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def started(_: int) -> int:
        return subprocess.run([str(part) for part in command], check=True, capture_output=True, cwd=BENCH.parent, env=kept).returncode

    return started


def start_up(rounds: int) -> list[Row]:
    """Row 5: whole processes."""
    sim = Path(sys.executable).with_name("sim")
    if not sim.exists():
        return [Row("sim --help", note="skipped: there is no command `sim` in this environment")]
    from sim.cli.app import COMMANDS

    commands = len(COMMANDS)
    bare = BARE_TYPER.format(commands=commands)
    contestants = [process(sim, "--help"), process(sys.executable, "-c", bare, "--help"), process(sys.executable, "-c", "pass")]
    if SHIPPED.exists():
        contestants.append(process(sim, "check", SHIPPED))
    ours, typer, python, *checked = in_turns(contestants, rounds)
    rows = [compared("sim --help", ours, typer, f"a bare Typer of {commands} commands; Python alone: {median(python) * 1e3:.0f} ms")]
    what = f"sim check {SHIPPED.name}"
    return [*rows, compared(what, checked[0], python, "beside Python alone") if checked else Row(what, note="skipped: no such file")]


def held(make: Callable[[], Any]) -> tuple[int, int]:
    """How many bytes stay with what is made, and how many entries that has."""
    gc.collect()
    tracemalloc.start()
    made = make()
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size, len(made)


def memory(program: Program) -> list[Row]:
    """Row 6: what a finished run holds, in memory."""
    run(program, 1)  # what a program builds once is not the log's
    ours, entries = held(lambda: run(program, 1).entries)
    theirs, logged = held(lambda: baseline_simpy.run(1, DAYS))
    cases = len({id(entry[CASE]) for entry in run(program, 1).entries if entry[CASE] is not None})
    each, other = ours / entries, theirs / logged
    return [
        Row("memory of the log", ours / 2**20, theirs / 2**20, "MiB", ours / theirs, note=f"with {cases:,} cases, which the entries hold"),
        Row("  per entry", each, other, "bytes", each / other),
    ]


def draws(rounds: int) -> list[Row]:
    """Row 7: chance, one number at a time."""

    def ticks(_: int) -> None:
        uniform = Site(1, 0, "rules.r.after").uniform
        for number in range(1, DRAWS):
            uniform("rules.r", number)

    def lone(_: int) -> None:
        uniform = Site(1, 0, "rules.r.after").uniform
        for _number in range(DRAWS):
            uniform("timeline.first", 0)

    def theirs(_: int) -> None:
        uniform = random.Random(1).random
        for _number in range(DRAWS):
            uniform()

    tick, one, other = in_turns([ticks, lone, theirs], rounds)
    said = "keyed, in blocks of 8, beside random.random()", "keyed, a hash of its own"
    named = ("a draw at a tick", tick, said[0]), ("a draw without a tick", one, said[1])
    return [compared(what, times, other, note, unit="ns", times=1e9 / DRAWS) for what, times, note in named]


def digits(value: float | None) -> str:
    """Three digits that matter; nothing where there is no value."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:#.3g}"


def printed(titles: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    """A table: words to the left, numbers to the right."""
    table = [list(titles), *map(list, lines)]
    words = {0, len(titles) - 1}
    widths = [max(len(line[column]) for line in table) for column in range(len(titles))]
    for line in table:
        cells = [line[column].ljust(width) if column in words else line[column].rjust(width) for column, width in enumerate(widths)]
        print("  ".join(cells).rstrip())


def show(rows: Sequence[Row], happened: Sequence[Count], seeds: int) -> None:
    """Both tables, for people."""
    lines = []
    for row in rows:
        span = f"{row.least:.2f}–{row.greatest:.2f}" if row.least is not None and row.greatest is not None else ""
        lines.append((row.what, digits(row.ours), digits(row.theirs), row.unit, digits(row.ratio), span, row.note))
    printed(("", "sim", "beside", "", "ratio", "range", ""), lines)
    print(f"\nThe same world? Means over {seeds} seeds; ± is twice the standard error of the difference.\n")
    figures = [
        (one.what, f"{one.ours:,.1f}", f"{one.theirs:,.1f}", f"{one.difference:+.2%}", f"{2 * one.error:.2%}", verdict(one))
        for one in happened
    ]
    printed(("", "sim", "beside", "difference", "±", ""), figures)


def verdict(count: Count) -> str:
    """What a difference says, given its error: one of thirteen is often beyond two errors, hardly ever one beyond three and a half."""
    if abs(count.difference) > 3.5 * count.error:
        return "not the same"
    return "within 2 %" if abs(count.difference) <= 0.02 else "within chance"


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser(description="Measure speed beside a hand-written SimPy model, in ratios.")
    options.add_argument("--rounds", type=int, default=LEAST_ROUNDS, help="rounds of everything (default: %(default)s)")
    options.add_argument("--quick", action="store_true", help="three rounds and five seeds: whether it works, not how fast")
    options.add_argument("--json", action="store_true", help="the figures as JSON")
    given = options.parse_args()
    rounds, seeds = (3, 5) if given.quick else (max(given.rounds, 1), SEEDS)
    text = WORLD.read_text(encoding="utf-8")
    program = program_of(text)
    rows = [*whole_runs(program, rounds), *preparation(text, rounds), *memory(program), *draws(rounds), *start_up(rounds)]
    happened = counts(program, seeds)
    rows += idle_rules(text, rounds)
    about = {"python": platform.python_version(), "machine": platform.machine(), "cpus": os.cpu_count(), "rounds": rounds, "seeds": seeds}
    if given.json:
        print(json.dumps({**about, "rows": [asdict(row) for row in rows], "counts": [asdict(one) for one in happened]}, indent=2))
        return
    print(f"Python {about['python']}, {about['machine']}, {about['cpus']} processors; {rounds} rounds in turns\n")
    show(rows, happened, seeds)


if __name__ == "__main__":
    main()
