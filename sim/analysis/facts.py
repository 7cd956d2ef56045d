"""Facts of a run, for the question why something did not happen: its entries before an instant, by event and by what made them.

In: a checked scenario, a log, what a `Watch` saw beside it. Out: `Facts`.
"""

from __future__ import annotations

from functools import cached_property

from sim.analysis.past import Past
from sim.language.references import References
from sim.language.scenario import Pattern, Scenario, above, speaks_for
from sim.log.entries import Entry, Log
from sim.log.seen import Asked, Watch

__all__ = ["Facts"]


class Facts:
    """A log, as far as it came before `until`."""

    def __init__(self, scenario: Scenario, log: Log, watch: Watch, until: int) -> None:
        self.scenario = scenario
        self.header = log.header
        self.watch = watch
        self.until = until
        self.past = Past(scenario, log)
        self.entries = [entry for entry in log.entries if entry.time < until and entry.event not in ("start", "end")]
        self.refs = References(scenario)
        self.rules = {rule.path: rule for rule in scenario.rules}
        self.asked: dict[str, list[Asked]] = {}
        for one in watch.asked:
            if one.time < until:
                self.asked.setdefault(one.rule, []).append(one)

    @cached_property
    def made_by(self) -> dict[str, list[Entry]]:
        """The entries each provision made."""
        found: dict[str, list[Entry]] = {}
        for entry in self.entries:
            found.setdefault(entry.rule or "", []).append(entry)
        return found

    def happened(self, event: str, by: tuple[str, ...] = ()) -> list[Entry]:
        """The entries of an event, by one of these."""
        found = (entry for entry in self.past.by_event.get(event, ()) if entry.time < self.until)
        return [entry for entry in found if self.is_by(entry.by, by)]

    def is_by(self, actor: str | None, wanted: tuple[str, ...]) -> bool:
        """Whether an actor is one of those meant, or belongs to one."""
        if not wanted or actor is None:
            return not wanted
        actors = self.scenario.actors
        named = {*above(actor, actors), *(f"organs_of({one})" for one in speaks_for(actor, actors))}
        return not named.isdisjoint(wanted)

    def other(self, pattern: Pattern, entry: Entry) -> str:
        """Which filter of a pattern leaves an entry out; empty where its actors are those meant."""
        for name in ("by", "to", "via"):
            wanted, actor = getattr(pattern, name), getattr(entry, name)
            if wanted and not (actor is not None and self.is_by(actor, wanted)):
                return f"{name} {' or '.join(wanted)}"
        return ""
