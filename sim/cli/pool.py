"""Many runs on all cores: replications of some variants of one scenario, each measured.

In: a read scenario, variants of it, how many replications. Out: for each replication, in order, the measures of every variant.

However many processes there are, the same comes out in the same order. They are started afresh, read the scenario from
its text, and end with the process that asked for them, however that ends. When one of them dies, what is left is tried
again. Few runs are not worth starting processes for.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.cli.request import BASELINE, repeatable
from sim.cli.terminal import progress
from sim.errors import RunStopped

if TYPE_CHECKING:
    from concurrent.futures import Future

    from sim.analysis.but_for import Coming, Happening
    from sim.face import Loaded
    from sim.log.entries import Log

__all__ = ["DIFFERS", "HAPPENED", "Measures", "Plan", "Variant", "measured"]


class Variant(NamedTuple):
    """A what-if (None: the baseline), the edits of the command line, and the paths of what is taken out.

    The first edits are `common` to all that is compared; a `title` stands for its name.
    """

    what_if: str | None = None
    overrides: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    common: int = 0
    title: str = ""

    @property
    def own(self) -> tuple[str, ...]:
        """The edits of the command line that it alone has."""
        return self.overrides[self.common :]

    @property
    def name(self) -> str:
        """What it is called: an edited baseline by its edits."""
        return self.title or self.what_if or " ".join(self.own) or BASELINE


HAPPENED = "happened"
DIFFERS = "differs from the first"
"""No measure is called so. Under it stands how the log of a variant differs from that of the first: in `events`, in the values of its
`start` alone, or (an empty text) not at all."""

Measures = Mapping[str, Any]
"""Measures by name, durations and instants in whole µs."""

FEW_SECONDS = 2.0
"""What takes no longer alone is done alone."""

TRIED_SECONDS = 0.3
"""So long is tried alone to learn how long a run takes."""

CHUNK_SECONDS = 0.2
LARGEST_CHUNK = 64
TRIES = 2
"""So often is tried what a process died over."""

AHEAD = 3
"""So many chunks wait for each process."""


@dataclass(frozen=True)
class Plan:
    """What is run: each variant once in each replication. `outcome` says what has come of it all when a run stops.

    Where `happening` is given, not the measures are told but whether that happened, under the name `HAPPENED`; where they are to be
    `compared`, also how they differ from those of the first variant, under `DIFFERS`. `until` ends runs early.
    """

    variants: Sequence[Variant]
    runs: int
    seed: int
    outcome: str
    happening: Happening | Coming | None = None
    until: str | None = None
    compared: bool = False


@dataclass(frozen=True)
class _Stop:
    """A run that stopped, on its way from one process to another."""

    code: str
    text: str
    path: str
    instant: int | None
    notes: tuple[str, ...]

    def error(self) -> RunStopped:
        """The error it was."""
        stop = RunStopped(self.code, self.text, self.path, self.instant)
        for note in self.notes:
            stop.add_note(note)
        return stop


_Answer = list[list[Measures]] | _Stop


def measured(loaded: Loaded, plan: Plan, jobs: int | None) -> Generator[list[Measures], None, None]:
    """The measures of every variant, replication by replication; `jobs` processes, or as many as there are cores."""
    each, step = len(plan.variants), max(plan.runs // 100, 1)
    try:
        with closing(_measured(loaded, plan, jobs)) as found:
            for done, measures in enumerate(found, 1):
                if done % step == 0:
                    progress(f"{done * each:,} of {plan.runs * each:,} runs")
                yield measures
    finally:
        progress("")


def _measured(loaded: Loaded, plan: Plan, jobs: int | None) -> Generator[list[Measures], None, None]:
    """The first replications alone, the others on all cores where that is worth it."""
    workers, begun = jobs or _cores(), time.monotonic()
    for replication in range(plan.runs):
        left, took = plan.runs - replication, time.monotonic() - begun
        worth_it = jobs is not None or (took > TRIED_SECONDS and took / replication * left > FEW_SECONDS)
        if worth_it and min(workers, left) > 1:
            size = _chunk_size(left, workers, took / replication if replication else 0)
            chunks = deque(range(first, min(first + size, plan.runs)) for first in range(replication, plan.runs, size))
            with closing(_on_all_cores(loaded, plan, chunks, workers)) as found:
                yield from found
            return
        yield _one_each(loaded, plan, replication)


def _cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _chunk_size(left: int, workers: int, seconds: float) -> int:
    """How many replications are handed over at once: some for every process, and not too many to be told of them."""
    fair = max(left // (workers * AHEAD), 1)
    return min(fair, max(int(CHUNK_SECONDS / seconds), 1) if seconds else LARGEST_CHUNK, LARGEST_CHUNK)


def _one_each(loaded: Loaded, plan: Plan, replication: int) -> list[Measures]:
    """One replication of every variant."""
    found: list[Measures] = []
    first: Log | None = None
    for what_if, overrides, left_out, *_ in plan.variants:
        with repeatable(what_if, plan.seed, replication, loaded.scenario(what_if, overrides).timezone, plan.outcome):
            run = loaded.run(what_if, overrides=overrides, seed=plan.seed, replication=replication, until=plan.until, left_out=left_out)
            if plan.happening is not None:
                found.append({HAPPENED: plan.happening.first(run.log) is not None})
            elif plan.compared:
                first = first or run.log
                found.append({**run.measures, DIFFERS: _difference(first, run.log)})
            else:
                found.append(run.measures)
    return found


def _difference(first: Log, second: Log) -> str:
    """In what two logs differ: in events, in the values they start with alone, or in nothing."""
    if first is second:
        return ""
    if first.entries[1:] != second.entries[1:]:
        return "events"
    return "start" if first.entries[0] != second.entries[0] else ""


# ---- in the process that asks


def _on_all_cores(loaded: Loaded, plan: Plan, chunks: deque[range], workers: int) -> Generator[list[Measures], None, None]:
    """The chunks by several processes, their measures in order. Where a process dies, all are started once more for what is left."""
    from concurrent.futures.process import BrokenProcessPool

    texts = {name: whole.decode("utf-8") for name, whole in loaded.inputs.items()}
    died = None
    while chunks:
        with closing(_by_pool(texts, plan, chunks, workers)) as found:
            try:
                yield from found
            except BrokenProcessPool:
                if died == chunks[0]:
                    words = f"processes that ran replications have died {TRIES} times in a row, perhaps for want of memory"
                    raise RunStopped("E509", f"{words}: try again with --jobs 1; {plan.outcome}") from None
                died = chunks[0]


def _by_pool(texts: Mapping[str, str], plan: Plan, chunks: deque[range], workers: int) -> Generator[list[Measures], None, None]:
    """The measures of the chunks in order, by processes started for them; what is told is taken from the chunks."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(min(workers, len(chunks)), multiprocessing.get_context("spawn"), _begin, (texts, plan))
    waiting: deque[Future[_Answer]] = deque()
    try:
        while chunks:
            while len(waiting) < min(AHEAD * workers, len(chunks)):
                with _unheard():
                    waiting.append(pool.submit(_chunk, chunks[len(waiting)]))
            answer = waiting.popleft().result()
            if isinstance(answer, _Stop):
                raise answer.error()
            chunks.popleft()
            yield from answer
    except BaseException:  # also Ctrl-C: nobody waits for what is under way
        for process in multiprocessing.active_children():
            if process not in others:
                process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _unheard() -> Iterator[None]:
    """Processes started meanwhile are handed their work whole; here Ctrl-C and the like are heard afterwards."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# ---- in the processes that run

_work: Callable[[int], list[Measures]] | None = None


def _begin(texts: Mapping[str, str], plan: Plan) -> None:
    """Read the scenario, and watch over the process that asked for this one."""
    global _work
    import threading

    from sim import face

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # for the one that asked alone
    if sys.platform != "win32":  # whoever started this one heard nothing meanwhile, and left it so
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    threading.Thread(target=_end_with_parent, daemon=True).start()
    loaded = face.reread(texts)

    def work(replication: int) -> list[Measures]:
        return _one_each(loaded, plan, replication)

    _work = work


def _end_with_parent() -> None:
    """End at once when the process that waits for the measures is gone."""
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _chunk(replications: range) -> _Answer:
    """Some replications, measured; or the first that stopped."""
    assert _work is not None
    try:
        return [_work(replication) for replication in replications]
    except RunStopped as stop:
        return _Stop(stop.code, stop.text, stop.path, stop.instant, tuple(getattr(stop, "__notes__", ())))
