"""`sim check --ties`: does anything hang on the order of what is simultaneous?

In: a scenario, its what-ifs, a seed. Out: for each, the first entry that comes out differently when all ties are reversed.
What decides a tie is the ASCII order of ids and paths, and nothing an author means by them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.cli.request import BASELINE, named, repeatable
from sim.cli.terminal import Screen
from sim.errors import RunStopped, escaped

if TYPE_CHECKING:
    from sim.analysis.compare import Comparison, Pair
    from sim.cli.compared import Side
    from sim.face import Loaded

__all__ = ["Tied", "tied"]

REMEDY = "give one of the rules a priority, or let time pass between them; or let neither depend on the other"


@dataclass(frozen=True)
class Tied:
    """One what-if, run as it is and with all ties reversed; a run that only stops when they are has no second side."""

    what_if: str
    seed: int
    forwards: Side
    backwards: Side | None
    comparison: Comparison | None
    stopped: str = ""

    @property
    def first(self) -> Pair | None:
        """The first entry that comes out differently."""
        return self.comparison.first_divergence if self.comparison else None

    @property
    def differs(self) -> bool:
        """Whether anything hangs on a tie."""
        return self.first is not None or bool(self.stopped)

    @property
    def measures(self) -> list[str]:
        """The measures that come out differently."""
        other = self.backwards.measures if self.backwards else {}
        return [name for name, one in self.forwards.measures.items() if self.backwards and one != other[name]]

    def lines(self, screen: Screen) -> Iterator[str]:
        """For people: the first entry that differs, what it comes to, and what to do."""
        luck = screen.styled(f"(seed {self.seed})", "dim")
        if not self.differs:
            yield f"{screen.styled('ok    ', 'green')} {escaped(self.what_if)}: nothing hangs on the order of what is simultaneous {luck}"
            return
        what = "stops" if self.stopped else "changes"
        yield f"{screen.styled('TIED  ', 'bold yellow')} {escaped(self.what_if)}: reversing all ties {what} the run {luck}"
        yield from (f"       {line}" for line in self._told())
        yield screen.styled(f"       {REMEDY}", "dim")

    def _told(self) -> Iterator[str]:
        """What comes out differently."""
        from sim.cli.compared import Tongue

        if self.stopped:
            yield escaped(self.stopped)
        if self.first is None or self.backwards is None:
            return
        tongue = Tongue(self.forwards, self.backwards)
        made = f"  [{escaped(self.first.entry.rule)}]" if self.first.entry.rule else ""
        yield f"first: {tongue.when(self.first.time)}  {tongue.what(self.first)}{made}  {tongue.note(self.first)}"
        differing = ", ".join(map(escaped, self.measures))
        yield f"measures that differ: {differing}" if differing else "no measure differs"

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        from sim import clock
        from sim.log.entries import entry_as_dict

        zone = self.forwards.log.header.timezone
        sides = {} if self.first is None else {"forwards": self.first.before, "backwards": self.first.after}
        first = {name: None if one is None else entry_as_dict(one, lambda instant: clock.iso(instant, zone)) for name, one in sides.items()}
        return {
            "what_if": self.what_if,
            "seed": self.seed,
            "differs": self.differs,
            "first": first or None,
            "fields": list(self.first.fields) if self.first else [],
            "measures": self.measures,
            "stopped": self.stopped or None,
        }


def tied(loaded: Loaded, what_ifs: Sequence[str], seed: int) -> Iterator[Tied]:
    """Each what-if run twice, with the same luck: as it is, and with all ties reversed."""
    from sim.analysis.compare import compare

    for name in what_ifs or (BASELINE,):
        with repeatable(named(name), seed, 0, loaded.scenario(named(name)).timezone, "ties were not looked at"):
            forwards = _side(loaded, name, seed, ties_reversed=False)
        try:
            backwards = _side(loaded, name, seed, ties_reversed=True)
        except RunStopped as stop:
            yield Tied(name, seed, forwards, None, None, f"{stop.code} {stop.text} (at {stop.path})")
        else:
            yield Tied(name, seed, forwards, backwards, compare(forwards.log, backwards.log))


def _side(loaded: Loaded, name: str, seed: int, *, ties_reversed: bool) -> Side:
    from sim.cli.compared import Side
    from sim.cli.results import measures_of

    run = loaded.run(named(name), seed=seed, ties_reversed=ties_reversed)
    return Side(name, run.log, measures_of(run.scenario, run.measures), run.scenario)
