"""What a scenario rests on that nobody has written down: what cites no source, and what says it is an assumption.

In: a checked scenario and the nodes it was linked from. Out: `Assumption`s, in the order of the file.

What a value rests on is what it cites itself, or else the nearest thing around it that cites: a procedure's source covers its steps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from sim.errors import Place
from sim.language.nodes import Fields, Items, Node, Text, at, flow
from sim.language.scenario import Scenario

__all__ = ["ASSUMED", "Assumption", "assumptions_of"]

ASSUMED = "assumption"
"""What an author cites where nobody has written a thing down."""

OF_LAW = ("rules.*", "timeline.*", "decisions.*.options.*")
"""Where the law is changed."""
OF_A_STEP = ("takes", "waits", "meets", "refuses", "sends_back", "deadline")
STARTS = ("state.*", "kinds.*.has.*", "actors.*.has.*", "things.*.has.*", "actors.*.capacity")
"""Where values stand that are literals."""
NUMBERS = (
    "rules.*.chance", "rules.*.after", "norms.*.obeyed", "decisions.*.options.*.weight", "procedures.*.deadline",
    *(f"{maker}.then.*.lasts" for maker in OF_LAW), "timeline.*.lasts", "rules.*.when.lead", "rules.*.when.*.lead",
    *(f"procedures.*.steps.*.{key}" for key in OF_A_STEP), *(f"procedures.*.steps.*.together.*.{key}" for key in OF_A_STEP),
)  # fmt: skip
"""Where expressions stand that may hold a number of their own; one that only names a parameter rests on that."""
MARKED = ("actors.*", "things.*", "kinds.*", "events.*", "procedures.*.steps.*", "procedures.*.steps.*.together.*", "decisions.*.options.*")
"""What need not cite, but may say that it is an assumption."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """Something without a source. `declared`: the author says it is an assumption. `value` is what is assumed, as written."""

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
    """Everything that may cite a source and cites none, or an assumption; and all values that rest on such a thing, or on nothing."""
    found = {path: _made(path, root, bool(record.source)) for path, record in _citing(scenario) if not _is_cited(record.source)}
    for pattern in (*STARTS, *NUMBERS):
        for path, node, sources in _below(pattern.split("."), root):
            if not _is_cited(sources) and (pattern in STARTS or _has_number(node)):
                found.setdefault(path, _made(path, root, bool(sources)))
    for pattern in MARKED:
        for path, _, sources in _below(pattern.split("."), root, inherits=False):
            if ASSUMED in sources and not any(other.startswith(f"{path}.") for other in found):
                found.setdefault(path, _made(path, root, True))
    return sorted(found.values(), key=lambda one: (one.place, one.path))


def _is_cited(sources: tuple[str, ...]) -> bool:
    return bool(sources) and ASSUMED not in sources


def _citing(scenario: Scenario) -> Iterator[tuple[str, Any]]:
    """Everything that should cite, with its path."""
    for field in fields(scenario):
        value = getattr(scenario, field.name)
        if isinstance(value, tuple | Mapping):
            for key, item in value.items() if isinstance(value, Mapping) else enumerate(value):
                if hasattr(item, "source"):
                    yield getattr(item, "path", f"{field.name}.{key}"), item


def _below(
    keys: list[str], node: Node, path: str = "", sources: tuple[str, ...] = (), *, inherits: bool = True
) -> Iterator[tuple[str, Node, tuple[str, ...]]]:
    """The nodes that a pattern of keys leads to, with their paths and what they rest on."""
    own = _sources(node)
    sources = own if own or not inherits else sources
    if not keys:
        yield path, node, sources
        return
    if isinstance(node, Items) and keys[0] == "*":
        for number, item in enumerate(node.items):
            yield from _below(keys[1:], item, f"{path}.{number}", sources, inherits=inherits)
    if isinstance(node, Fields):
        for key in node.entries if keys[0] == "*" else (keys[0],):
            if key in node.entries:
                yield from _below(keys[1:], node.entries[key], f"{path}.{key}" if path else key, sources, inherits=inherits)


def _sources(node: Node) -> tuple[str, ...]:
    """What a thing cites itself."""
    written = node.entries.get("source") if isinstance(node, Fields) else None
    items = written.items if isinstance(written, Items) else [] if written is None else [written]
    return tuple(_citation(item) for item in items)


def _citation(node: Node) -> str:
    """A citation, as the log names it."""
    if isinstance(node, Fields):
        return next((str(node.entries[key]) for key in ("ref", "url", "kind") if key in node.entries), "")
    return str(node)


def _has_number(node: Node) -> bool:
    match node:
        case Text(text=text):
            return re.search(r"(?<![\w.])\.?[0-9]", text) is not None
        case Items(items=items):
            return any(map(_has_number, items))
        case Fields(entries=entries):
            return any(map(_has_number, entries.values()))


def _made(path: str, root: Fields, declared: bool) -> Assumption:
    outer, _, key = path.rpartition(".")
    above, node = at(root, outer) if outer else root, at(root, path)
    place = above.keys[key] if isinstance(above, Fields) and key in above.keys else (node or root).place
    about = node.entries.get("about") if isinstance(node, Fields) else None
    return Assumption(path, place, declared, _value(path, node), str(about or ""))


def _value(path: str, node: Node | None) -> str:
    """What is assumed: a number, or the value of a parameter or state with its limits; nothing where a whole provision is."""
    if not isinstance(node, Fields):
        return "" if node is None else flow(node)
    value = node.entries.get("value", node.entries.get("start"))
    ends = [flow(item) for item in getattr(node.entries.get("range"), "items", ())]
    if isinstance(value, Text):
        return value.text + (f" in [{', '.join(ends)}]" if ends else "")
    return flow(node) if path.rpartition(".")[2] in (*OF_A_STEP, "chance", "after", "obeyed", "weight", "lasts", "lead") else ""
