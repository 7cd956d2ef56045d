"""Measures comparing: two logs of a million entries, beside reading them.

    python bench/compare.py [--years N] [--rounds N] [--json]

In: `small_world.yaml`, made to last so many years that its log has about a million entries. Out: one table of times, ratios and
memory. Each contestant is a process of its own, since peak memory is a process's; they take turns, each ratio is taken
within its round, and the table shows the median with its range. What is asked for stands in README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from sim.face import load
from sim.log.store import save

BENCH = Path(__file__).parent
WORLD = BENCH / "small_world.yaml"
EDIT = "rules.issue_the_ban.after={uniform: [1d, 4d]}"

READ = """
import sys
from pathlib import Path
from sim.log.reading import streamed_log
for name in sys.argv[1:]:
    with streamed_log(Path(name)) as log:
        for entry in log.entries:
            pass
"""
COMPARE = """
import sys
from pathlib import Path
from sim.analysis.compare import compare
from sim.log.reading import streamed_log
with streamed_log(Path(sys.argv[1])) as before, streamed_log(Path(sys.argv[2])) as after:
    compare(before, after)
"""


@dataclass(frozen=True)
class Row:
    """One line of the table: a contestant's median seconds, its median, least and greatest ratio to reading, its peak memory in MiB."""

    what: str
    seconds: float
    ratio: float
    least: float
    greatest: float
    peak: float


def stored(folder: Path, years: int) -> tuple[list[Path], int]:
    """Three results: the world, the same with an edit, and with other luck; and how many entries the first has."""
    scenario = folder / "small_world.yaml"
    scenario.write_text(WORLD.read_text(encoding="utf-8").replace("until: 2026-01-01", f"until: {2025 + years}-01-01"), encoding="utf-8")
    loaded = load(scenario)
    places, entries = [], 0
    for overrides, seed in (((), 0), ((EDIT,), 0), ((), 1)):
        made = loaded.run(overrides=overrides, seed=seed)
        entries = entries or len(made.recording.entries)
        where, _ = save(
            folder / "results", header=made.header, lines=made.lines(), measures={}, inputs=loaded.inputs, versions={}, options={}
        )
        places.append(where)
    return places, entries


def made_apart(folder: Path, years: int) -> tuple[list[Path], int]:
    """The same, made by another process: what a process once held counts for those it starts."""
    command = [sys.executable, Path(__file__), "--years", str(years), "--make", folder]
    places, entries = json.loads(subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True).stdout)
    return [Path(place) for place in places], entries


def spent(command: Sequence[str | Path]) -> tuple[float, float]:
    """Seconds and peak MiB of a process."""
    begin = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=BENCH.parent)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    scale = 2**20 if sys.platform == "darwin" else 2**10
    return time.perf_counter() - begin, usage.ru_maxrss / scale


def measured(places: Sequence[Path], rounds: int) -> list[Row]:
    """All contestants in turns, beside the first, which reads both logs."""
    base, edited, other = (place / "log.jsonl" for place in places)
    sim = Path(sys.executable).with_name("sim")
    contestants: dict[str, list[str | Path]] = {
        "read both logs": [sys.executable, "-c", READ, base, edited],
        "compare them, an edit apart": [sys.executable, "-c", COMPARE, base, edited],
        "compare two of different luck": [sys.executable, "-c", COMPARE, base, other],
        "sim compare, an edit apart": [sim, "compare", places[0], places[1]],
        "sim compare, different luck": [sim, "compare", places[0], places[2]],
    }
    taken: dict[str, list[tuple[float, float]]] = {what: [] for what in contestants}
    for _ in range(rounds):
        for what, command in contestants.items():
            taken[what].append(spent(command))
    reading = [seconds for seconds, _ in taken["read both logs"]]
    rows = []
    for what, found in taken.items():
        ratios = [seconds / beside for (seconds, _), beside in zip(found, reading, strict=True)]
        peak = max(peak for _, peak in found)
        rows.append(Row(what, median(seconds for seconds, _ in found), median(ratios), min(ratios), max(ratios), peak))
    return rows


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser(description="Measure the comparison of two long logs beside reading them.")
    options.add_argument("--years", type=int, default=23, help="how long the world lasts (default: %(default)s, a million entries)")
    options.add_argument("--rounds", type=int, default=3, help="rounds of everything (default: %(default)s)")
    options.add_argument("--json", action="store_true", help="the figures as JSON")
    options.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.make:
        places, entries = stored(given.make, given.years)
        print(json.dumps([[str(place) for place in places], entries]))
        return
    with tempfile.TemporaryDirectory() as folder:
        places, entries = made_apart(Path(folder), given.years)
        rows = measured(places, given.rounds)
    about = {"python": platform.python_version(), "machine": platform.machine(), "rounds": given.rounds, "entries": entries}
    if given.json:
        print(json.dumps({**about, "rows": [asdict(row) for row in rows]}, indent=2))
        return
    print(f"Python {about['python']}, {about['machine']}; two logs of {entries:,} entries, {given.rounds} rounds in turns\n")
    width = max(len(row.what) for row in rows)
    print(f"{'':{width}}  {'seconds':>8}  {'ratio':>5}  {'range':>11}  {'peak MiB':>8}")
    for row in rows:
        span = f"{row.least:.2f}–{row.greatest:.2f}"
        print(f"{row.what:{width}}  {row.seconds:8.1f}  {row.ratio:5.2f}  {span:>11}  {row.peak:8,.0f}")


if __name__ == "__main__":
    main()
