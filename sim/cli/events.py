"""Some events alone: those that are meant by their names.

In: names as they are asked for, entries, scenarios. Out: the ids that are meant; errors that name what there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sim.errors import UsageError, escaped, names_near

if TYPE_CHECKING:
    from sim.analysis.traces import Sort
    from sim.language.scenario import Scenario
    from sim.log.entries import Entry, Log

__all__ = ["among", "chosen", "is_of", "require_no_measure"]


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
    read = [scenario for scenario in scenarios if scenario is not None]
    titles = {one: "" for one in heard if one not in ("start", "end")}
    for scenario in read:
        titles.update((one, event.title) for one, event in scenario.events.items())
    heads = {event[:place] for event in titles for place, letter in enumerate(event) if letter == "."}
    found: list[str] = []
    for name in names:
        fitting = (
            [name] if name in titles or name in heads else [one for one, title in titles.items() if title and title.lower() == name.lower()]
        )
        if not fitting:
            require_no_measure(name, read)
            hint = names_near(name, {*titles, *heads}, filter(None, titles.values()))
            raise UsageError(f"no event is called '{escaped(name)}'{hint}")
        found += fitting
    return [*dict.fromkeys(found)]


def require_no_measure(name: str, scenarios: Iterable[Scenario]) -> None:
    """Say of what is asked for as an event that it is a measure."""
    if any(name in scenario.measures for scenario in scenarios):
        raise UsageError(f"'{escaped(name)}' is a measure and no event: sim show RESULT --measures tells what it came to")
