"""A stored run, made again: as it was, with something taken out, with something changed, or watched.

In: a stored result and the scenario it was made from. Out: logs of runs with the same luck; weights over many runs with its seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim import face
from sim.analysis.but_for import Coming, Happening, Weight, weight
from sim.cli.pool import HAPPENED, Plan, Variant, measured
from sim.cli.request import repeatable
from sim.errors import StoreError, escaped
from sim.language.scenario import Scenario
from sim.log.entries import Log
from sim.log.stored import Result

if TYPE_CHECKING:
    from sim.engine.watching import Watch

__all__ = ["NOTHING", "Repeated"]

NOTHING = "nothing was told"
"""What has come of a question whose runs stop."""


@dataclass(frozen=True)
class Repeated:
    """A stored run, and how it is repeated."""

    stored: Result
    loaded: face.Loaded
    scenario: Scenario
    log: Log

    def run(self, left_out: Sequence[str] = (), watch: Watch | None = None) -> Log:
        """The run again, with this taken out, and watched."""
        header = self.log.header
        with repeatable(header.what_if, header.seed, header.replication, header.timezone, NOTHING):
            made = self.loaded.run(
                header.what_if, overrides=header.overrides, seed=header.seed, replication=header.replication,
                until=self.stored.until, left_out=left_out, watch=watch,
            )  # fmt: skip
        log: Log = made.log
        return log

    def weights(
        self, variants: Sequence[Variant], counted: Happening | Coming, runs: int, jobs: int | None, loaded: face.Loaded | None = None
    ) -> list[Weight]:
        """Over many runs with the seed of the stored one: how much hangs on what the first variant has, and each other one has not."""
        plan = Plan(variants, runs, self.log.header.seed, NOTHING, counted, self.stored.until)
        with closing(measured(loaded or self.loaded, plan, jobs)) as done:
            rows = [[bool(one[HAPPENED]) for one in found] for found in done]
        return [weight([(row[0], row[place]) for row in rows]) for place in range(1, len(variants))]

    def require_alike(self, again: Log) -> None:
        """Refuse to tell anything of a run that now goes otherwise."""
        if again.entries != self.log.entries:
            raise StoreError("this version of sim runs it otherwise: run it again, then ask again", escaped(str(self.stored.folder)))
