"""What a scenario rests on that nobody has written down: what cites no source, and what says it is an assumption.

In: a checked scenario and the nodes it was linked from. Out: `Assumption`s, in the order of the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from sim.errors import Place
from sim.language.nodes import Fields, Node, Text, at
from sim.language.scenario import Scenario

__all__ = ["ASSUMED", "Assumption", "assumptions_of"]

ASSUMED = "assumption"
"""What an author cites where nobody has written a thing down."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """Something without a source. `declared`: the author says it is an assumption. `value` is that of a parameter, as written."""

    path: str
    place: Place
    declared: bool
    value: str
    about: str

    @property
    def section(self) -> str:
        """Where it belongs."""
        return self.path.partition(".")[0]


def assumptions_of(scenario: Scenario, root: Fields) -> list[Assumption]:
    """Everything that may cite a source and cites none, or an assumption."""
    found = [one for path, record in _citing(scenario) if (one := _assumption(path, record, root))]
    return sorted(found, key=lambda one: (one.place, one.path))


def _citing(scenario: Scenario) -> Iterator[tuple[str, Any]]:
    """Everything that may cite, with its path."""
    for field in fields(scenario):
        value = getattr(scenario, field.name)
        if isinstance(value, tuple | Mapping):
            for key, item in value.items() if isinstance(value, Mapping) else enumerate(value):
                if hasattr(item, "source"):
                    yield getattr(item, "path", f"{field.name}.{key}"), item


def _assumption(path: str, record: Any, root: Fields) -> Assumption | None:
    if record.source and ASSUMED not in record.source:
        return None
    outer, _, key = path.rpartition(".")
    above = at(root, outer)
    place = above.keys[key] if isinstance(above, Fields) and key in above.keys else (at(root, path) or root).place
    return Assumption(path, place, bool(record.source), _value(at(root, path)), record.about)


def _value(node: Node | None) -> str:
    """The value of a parameter, with its range where it has one."""
    if isinstance(node, Text):
        return node.text
    if not isinstance(node, Fields):
        return ""
    value, limits = node.entries.get("value"), node.entries.get("range")
    ends = [str(item) for item in getattr(limits, "items", ())]
    return (str(value) if isinstance(value, Text) else "") + (f" in [{', '.join(ends)}]" if ends else "")
