"""Two runs side by side in Python.

In: two `Run`s. Out: `Comparison`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sim.cli.terminal import Screen
from sim.errors import UsageError
from sim.notebook.runs import Run
from sim.notebook.values import Named, Told, frames

if TYPE_CHECKING:
    from sim.analysis.compare import Comparison as Aligned
    from sim.analysis.compare import Pair
    from sim.cli.edited import Change

__all__ = ["Comparison", "compare"]


@dataclass(frozen=True)
class Comparison(Told):
    """Two runs side by side, aligned by cause."""

    before: Run
    after: Run
    aligned: Aligned
    changes: Sequence[Change]

    @property
    def differs(self) -> bool:
        """Whether anything differs."""
        return self.aligned.differs

    @property
    def first_divergence(self) -> Pair | None:
        """The first pair of entries that differs though all it follows from agrees; None where nothing differs."""
        return self.aligned.first_divergence

    @property
    def counts(self) -> dict[str, int]:
        """How many entries are the same, moved, changed, gone, new, or have another cause."""
        return {kind: count for kind, count in self.aligned.counts.items()}  # noqa: C416  # its keys are texts here

    @property
    def measures(self) -> dict[str, tuple[Any, Any]]:
        """Each measure, before and after."""
        names = dict.fromkeys([*self.before.measures, *self.after.measures])
        return Named("measure", ((name, (self.before.measures.get(name), self.after.measures.get(name))) for name in names))

    def to_pandas(self) -> Any:
        """A data frame: a row each occasion of both runs, with what became of it. Needs pandas."""
        rows = [
            {
                "kind": pair.kind, "event": pair.entry.event, "by": pair.entry.by, "to": pair.entry.to,
                "before": self.before.when(pair.before) if pair.before else None,
                "after": self.after.when(pair.after) if pair.after else None,
                "moved_by": timedelta(microseconds=pair.moved_by), "fields": " ".join(pair.fields),
            }
            for pair in self.aligned.pairs
        ]  # fmt: skip
        return frames().DataFrame(rows)

    def lines(self) -> Iterator[str]:
        from sim.cli import compared
        from sim.cli.edited import changed_lines

        screen = Screen.of(sys.stdout)
        before, after = (one.side(one.what_if or "baseline") for one in (self.before, self.after))
        yield f"{before.name} against {after.name}"
        yield from compared.unlike(before, after)
        yield from changed_lines(self.changes, screen)
        yield ""
        yield from compared.parting(before, after, self.aligned, self.changes, screen)
        yield ""
        yield from compared.measures_table([before, after], screen)
        if in_force := [*compared.regimes_table(before, after, self.aligned, screen, full=False)]:
            yield from ("", *in_force)
        yield ""
        yield compared.counted(self.aligned)

    def __repr__(self) -> str:
        return f"<comparison: {', '.join(f'{count} {kind}' for kind, count in self.counts.items() if count)}>"


def compare(before: Run, after: Run) -> Comparison:
    """Where a run parts from another, and what becomes of each of its entries; most is said of two with the same luck."""
    from sim.analysis.compare import compare as aligned
    from sim.cli.edited import changes_behind, changes_of

    given: tuple[object, ...] = (before, after)
    if not all(isinstance(one, Run) for one in given):
        raise UsageError("compare takes two runs, as sim.run and sim.stored give them")
    found = aligned(before.log, after.log)
    if after.loaded is not None and before.loaded is after.loaded and not before.log.header.overrides:
        changes = changes_of(after.loaded.root, after.what_if, after.log.header.overrides, before.what_if)
    else:
        changes = changes_behind(before.side("").root, after.side("").root, found.started)
    return Comparison(before, after, found, changes)
