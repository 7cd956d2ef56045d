"""Some events alone: those that are meant by their names.

In: names as they are asked for, entries, scenarios. Out: the ids that are meant; errors that name what there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sim.errors import UsageError, did_you_mean, escaped

if TYPE_CHECKING:
    from sim.analysis.traces import Sort
    from sim.language.scenario import Scenario
    from sim.log.entries import Entry, Log

__all__ = ["among", "chosen", "is_of"]

SHOWN = 12
"""So many names are listed where one is unknown."""


def is_of(entry: Entry | Sort, names: Sequence[str]) -> bool:
    """Whether an entry is of one of these events; a provision's name means all its events, a norm's also what goes against it."""
    heard = (entry.event, *entry.heard_as())
    return any(one == name or one.startswith(f"{name}.") for one in heard for name in names)


def chosen(names: Sequence[str], runs: Iterable[tuple[Log, Scenario | None]]) -> list[str]:
    """The ids of the events, norms, rules and procedures that are meant by their ids or by their titles."""
    runs = list(runs) if names else []
    heard = (one for log, _ in runs for entry in log.entries for one in (entry.event, *entry.norms))
    return among(names, heard, [scenario for _, scenario in runs])


def among(names: Sequence[str], heard: Iterable[str], scenarios: Iterable[Scenario | None]) -> list[str]:
    """The ids that are meant, among what was heard of in runs and what their scenarios know."""
    if not names:
        return []
    titles = {one: "" for one in heard if one not in ("start", "end")}
    for scenario in scenarios:
        if scenario is not None:
            titles.update((one, event.title) for one, event in scenario.events.items())
    heads = {event[:place] for event in titles for place, letter in enumerate(event) if letter == "."}
    found: list[str] = []
    for name in names:
        fitting = (
            [name] if name in titles or name in heads else [one for one, title in titles.items() if title and title.lower() == name.lower()]
        )
        if not fitting:
            known = sorted({*titles, *heads})
            more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
            ends = [one for one in known if one.endswith(f".{name}")]
            guess = f"; did you mean '{ends[0]}'?" if ends else did_you_mean(name, [*known, *filter(None, titles.values())])
            raise UsageError(f"no event is called '{escaped(name)}'" + (guess or f" (known are {', '.join(known[:SHOWN])}{more})"))
        found += fitting
    return [*dict.fromkeys(found)]
