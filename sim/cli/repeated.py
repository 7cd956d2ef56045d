"""A stored run, made again: as it was, with something taken out, with something changed, or watched.

In: a stored result and the scenario it was made from. Out: logs of runs with the same luck.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim import face
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

    def require_alike(self, again: Log) -> None:
        """Refuse to tell anything of a run that now goes otherwise."""
        if again.entries != self.log.entries:
            raise StoreError("this version of sim runs it otherwise: run it again, then ask again", escaped(str(self.stored.folder)))
