"""Enough: which entries of the timeline suffice for a happening, where no single one decides it.

In: a happening, and what runs the scenario again with some timeline entries taken out. Out: `Enough`.

Where it still happens without some entries, the timeline entries it then rests on are taken out in turn; so all small sets without which
it is gone are found (R. Reiter, A theory of diagnosis from first principles, 1987). What meets every one of these sets is enough; that
is tried as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations

from sim.analysis.but_for import Happening
from sim.analysis.reasons import Reasons
from sim.log.entries import Log

__all__ = ["LARGEST", "Enough", "enough"]

LARGEST = 3
"""Sets of so many timeline entries are looked for at most."""

Set = frozenset[str]
Rerun = Callable[[tuple[str, ...]], Log]
"""The run again, without these."""


@dataclass(frozen=True, slots=True)
class Enough:
    """`sets`: each suffices with all else `among` which they are taken out, and nothing smaller does; `gone`: without all of `among` it
    does not happen (in some scenarios it then happens for another reason).

    `runs` is how many it took; `whole` is False where larger sets, or more runs, might have shown more.
    """

    sets: tuple[tuple[str, ...], ...]
    among: tuple[str, ...]
    gone: bool
    runs: int
    whole: bool


def enough(happening: Happening, log: Log, rerun: Rerun, most_runs: int) -> Enough:
    """Which timeline entries suffice for a happening of this log; no sets where it is never gone without some, as far as was tried."""
    search = _Search(happening, {frozenset(): log}, rerun, most_runs)
    gone = search.gone()
    if not gone:
        return Enough((), (), False, len(search.logs) - 1, search.whole)
    union = frozenset[str]().union(*gone)
    found: list[Set] = []
    for chosen in _meeting(union, gone):
        if not any(other <= chosen for other in found) and (after := search.without(union - chosen)) and happening.first(after):
            found.append(chosen)
    none = search.without(union)
    is_gone = none is not None and happening.first(none) is None
    return Enough(tuple(tuple(sorted(one)) for one in found), tuple(sorted(union)), is_gone, len(search.logs) - 1, search.whole)


@dataclass
class _Search:
    """Runs without some timeline entries, each made once."""

    happening: Happening
    logs: dict[Set, Log]
    rerun: Rerun
    most_runs: int
    whole: bool = field(default=True)

    def without(self, taken: Set) -> Log | None:
        """The run without these; None where no more may be made."""
        if taken not in self.logs:
            if len(self.logs) > self.most_runs:
                self.whole = False
                return None
            self.logs[taken] = self.rerun(tuple(sorted(taken)))
        return self.logs[taken]

    def gone(self) -> list[Set]:
        """The smallest sets without which it is gone."""
        found: list[Set] = []
        todo, seen = [frozenset[str]()], {frozenset[str]()}
        while todo:
            taken = todo.pop(0)
            log = self.without(taken)
            if log is None or any(one <= taken for one in found):
                continue
            first = self.happening.first(log)
            if first is None:
                found.append(self.smallest(taken))
                continue
            roots = {log.entries[number].rule or "" for number in Reasons(log).below(first)}
            further = [taken | {path} for path in sorted(roots) if path.startswith("timeline.")]
            if len(taken) == LARGEST:
                self.whole = self.whole and not further
                continue
            todo += [one for one in further if one not in seen]
            seen |= set(further)
        return [one for one in found if not any(other < one for other in found)]

    def smallest(self, taken: Set) -> Set:
        """The same without what need not be taken out: what merely stood in the way of a reason."""
        for path in sorted(taken):
            log = self.without(taken - {path})
            if log is not None and self.happening.first(log) is None:
                taken -= {path}
        return taken


def _meeting(union: Set, sets: list[Set]) -> Iterator[Set]:
    """What has something of every set, the smallest first."""
    for size in range(1, LARGEST + 1):
        for chosen in map(frozenset, combinations(sorted(union), size)):
            if all(chosen & one for one in sets):
                yield chosen
