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
from sim.errors import escaped

if TYPE_CHECKING:
    from sim.analysis.compare import Comparison
    from sim.cli.compared import Side
    from sim.face import Loaded

__all__ = ["Tied", "tied"]

REMEDY = "give one of the rules a priority, or let time pass between them; or let neither depend on the other"


@dataclass(frozen=True)
class Tied:
    """One what-if, run as it is and with all ties reversed."""

    what_if: str
    seed: int
    forwards: Side
    backwards: Side
    comparison: Comparison

    @property
    def differs(self) -> bool:
        """Whether any entry comes out differently."""
        return self.comparison.first_divergence is not None

    @property
    def measures(self) -> list[str]:
        """The measures that come out differently."""
        return [name for name, one in self.forwards.measures.items() if one != self.backwards.measures[name]]

    def lines(self, screen: Screen) -> Iterator[str]:
        """For people: the first entry that differs, what it comes to, and what to do."""
        from sim.cli.compared import Tongue

        luck = screen.styled(f"(seed {self.seed})", "dim")
        first = self.comparison.first_divergence
        if first is None:
            yield f"{screen.styled('ok    ', 'green')} {escaped(self.what_if)}: nothing hangs on the order of what is simultaneous {luck}"
            return
        tongue = Tongue(self.forwards, self.backwards)
        yield f"{screen.styled('TIED  ', 'bold yellow')} {escaped(self.what_if)}: reversing all ties changes the run {luck}"
        made = f"  [{escaped(first.entry.rule)}]" if first.entry.rule else ""
        yield f"       first: {tongue.when(first.time)}  {tongue.what(first)}{made}  {tongue.note(first)}"
        differing = ", ".join(map(escaped, self.measures))
        yield f"       measures that differ: {differing}" if differing else "       no measure differs"
        yield screen.styled(f"       {REMEDY}", "dim")

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        from sim import clock
        from sim.log.entries import entry_as_dict

        first = self.comparison.first_divergence
        sides = {} if first is None else {"forwards": first.before, "backwards": first.after}
        zone = self.forwards.log.header.timezone
        return {
            "what_if": self.what_if,
            "seed": self.seed,
            "differs": first is not None,
            "first": {
                name: None if one is None else entry_as_dict(one, lambda instant: clock.iso(instant, zone)) for name, one in sides.items()
            }
            or None,
            "fields": list(first.fields) if first else [],
            "measures": self.measures,
        }


def tied(loaded: Loaded, what_ifs: Sequence[str], seed: int) -> Iterator[Tied]:
    """Each what-if run twice, with the same luck: as it is, and with all ties reversed."""
    from sim.analysis.compare import compare
    from sim.cli.compared import Side
    from sim.cli.results import measures_of

    for name in what_ifs or (BASELINE,):
        sides = []
        for way in (False, True):
            with repeatable(named(name), seed, 0, loaded.scenario(named(name)).timezone, "ties were not looked at"):
                run = loaded.run(named(name), seed=seed, ties_reversed=way)
            sides.append(Side(name, run.log, measures_of(run.scenario, run.measures), run.scenario))
        yield Tied(name, seed, sides[0], sides[1], compare(sides[0].log, sides[1].log))
