"""Who can bring about what, and what did: a scenario as a graph of events and of the parts that hear and make them.

In: a checked scenario, and perhaps the log of a run. Out: `Graph`.

A node is an event, or a part that reacts or judges: a rule, timeline entry, decision, procedure or norm. An arrow leads from what comes
first to what may follow. Values are not nodes: who writes one is joined to who reads it, by an arrow with its name. With a log each
node and arrow has its count, and what never came to bear is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sim.language import scenario as s
from sim.language import tree as t
from sim.language.references import References, Touches, taken
from sim.log.entries import Entry, Log

__all__ = ["Edge", "Graph", "Node", "counted", "graph_of", "part_of", "within"]

PARTS = ("timeline", "rules", "decisions", "procedures", "norms")
LAW = ("in_force.", "suspended.")
BRINGS = ("hears", "makes", "opens", "decides")
"""Arrows along which one thing comes about by the other; the law may hold from the start."""


@dataclass(frozen=True, slots=True)
class Node:
    """An event (`events.X`), or a part of the scenario by its path; `by` is who acts in it, if it is one; `count` how often it was."""

    path: str
    kind: str
    by: str | None = None
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """One brings about the other, or bears on it.

    `kind`: `hears`, `makes`, `opens`, `decides`; `law` (it changes whether a provision is in force, or what is in it), `reads` (a value),
    `counts` (past events); `forbids`, `exempts`, `demands` (from a norm to an event), `lifts`. `name` is the value that is read.
    """

    tail: str
    head: str
    kind: str
    name: str = ""
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes by path and the arrows between them, in the order of their paths. `asked` are the nodes whose surroundings these are."""

    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    asked: tuple[str, ...] = ()


def part_of(path: str) -> str | None:
    """The part that a path lies in: `procedures.licence.steps.intake` lies in `procedures.licence`."""
    names = path.split(".")
    return ".".join(names[:2]) if names[0] in PARTS and len(names) > 1 else None


# ---- what can


def graph_of(scenario: s.Scenario) -> Graph:
    """What can bring about what, by all that the scenario says."""
    references = References(scenario)
    parts = {path: touched for path, touched in references.by_path.items() if part_of(path) == path}
    nodes = {path: Node(path, path.partition(".")[0], _actor(references.part(path))) for path in parts}
    events = {event for event in scenario.events if _is_shown(event, scenario, references, parts)}
    nodes |= {f"events.{event}": Node(f"events.{event}", "events") for event in events}
    edges = {edge for path, touched in parts.items() for edge in _arrows(path, touched, references, events, parts)}
    met = {end for edge in edges for end in (edge.tail, edge.head)}
    kept = {path: nodes[path] for path in sorted(nodes) if path in met}
    return Graph(kept, tuple(sorted(edges, key=lambda one: (one.tail, one.head, one.kind, one.name))))


def _is_shown(event: str, scenario: s.Scenario, references: References, parts: Mapping[str, Touches]) -> bool:
    """Whether an event is a node: one that the author declared, or that some part hears or counts; an opening is an arrow."""
    met = [path for path in (*references.hearers.get(event, ()), *references.askers.get(event, ())) if path in parts]
    if (known := scenario.events[event]).procedure is not None and event == f"{known.procedure}.opened":
        return met != [f"procedures.{known.procedure}"]
    return bool(met) or ("." not in event and event not in BUILT_IN)


BUILT_IN = ("start", "end", "change", "decision", "claim", "contradiction", "refuted")
"""Events of every scenario: they are shown where somebody hears them."""


def _arrows(path: str, touched: Touches, references: References, events: set[str], parts: Mapping[str, Touches]) -> Iterator[Edge]:
    """All arrows at one part, but those that begin at others' writes."""
    part = references.part(path)
    says = part.says if isinstance(part, s.Norm) else None
    if says is not None:
        yield from _of_norm(path, says, events)
    own = part.id if isinstance(part, s.Procedure) else None
    judged = {says.pattern.event} if says is not None else set()
    yield from (Edge(f"events.{event}", path, "hears") for event in touched.hears & events - judged if event != f"{own}.opened")
    yield from (Edge(f"events.{event}", path, "counts") for event in touched.asks & events)
    yield from (Edge(path, f"events.{event}", "makes") for event in touched.makes & events)
    for event in touched.makes:
        head, _, word = event.rpartition(".")
        if word == "opened" and f"procedures.{head}" in parts and f"procedures.{head}" != path:
            yield Edge(path, f"procedures.{head}", "opens")
        by_law = (word == "withdrawn" and f"in_force.{head}" in touched.writes) or (word == "refused" and f"procedures.{head}" != path)
        if by_law and event in events:
            yield Edge(f"procedures.{head}", f"events.{event}", "makes")
    yield from (Edge(path, one, "decides") for one in parts if taken(one.removeprefix("decisions.")) in touched.makes)
    for slot in touched.writes:
        target = _provision(slot, references.scenario)
        if target is not None and target != path:
            yield Edge(path, target, "law")
    for slot in touched.reads:
        of_law = _provision(slot, references.scenario) if slot.startswith(LAW) else None
        for writer in [of_law] if of_law else references.writers.get(slot, ()):
            if writer in parts and writer != path:
                yield Edge(writer, path, "reads", _name(slot))


def _of_norm(path: str, says: s.Forbid | s.Exempt | s.Oblige, events: set[str]) -> Iterator[Edge]:
    kind = {s.Forbid: "forbids", s.Exempt: "exempts", s.Oblige: "demands"}[type(says)]
    if says.pattern.event in events:
        yield Edge(path, f"events.{says.pattern.event}", kind)
    if isinstance(says, s.Exempt):
        yield from (Edge(path, f"norms.{norm}", "lifts") for norm in says.lifts)


def _provision(slot: str, scenario: s.Scenario) -> str | None:
    """The part whose law a write changes: whether it is in force, or what is in it."""
    if not slot.startswith(LAW):
        return part_of(slot)
    short = slot.partition(".")[2].partition(".")[0]
    if short in scenario.procedures:
        return f"procedures.{short}"
    return f"norms.{short}" if any(norm.id == short for norm in scenario.norms) else f"rules.{short}"


def _name(slot: str) -> str:
    """What a value is called on an arrow."""
    section, _, rest = slot.partition(".")
    if f"{section}." in LAW or section == "running":
        return " ".join(filter(None, (section.replace("_", " "), rest.partition(".")[2])))
    return rest.removeprefix("*.")


def _actor(part: Any) -> str | None:
    """Who acts in a part: the one actor that all its acts name, or None."""
    effects = [*getattr(part, "then", ()), *(one for option in getattr(part, "options", ()) for one in option.then)]
    whose = {getattr(effect, "by", None) for effect in effects} - {None}
    whose |= {part.by} if isinstance(part, s.Decision) and part.by is not None else set()
    actors = {who.value.value if isinstance(who, s.Who) and isinstance(who.value, t.Const) else None for who in whose}
    return str(next(iter(actors))) if len(actors) == 1 and None not in actors else None


# ---- what did


def counted(graph: Graph, log: Log, *, everything: bool = False) -> Graph:
    """How often each was and each brought about the other, in a run; with `everything` also what was not."""
    nodes: dict[str, set[object]] = defaultdict(set)
    edges: dict[tuple[str, str, str], set[object]] = defaultdict(set)
    for entry in log.entries[1:-1]:
        part = _part(entry, log)
        names = [f"events.{event}" for event in entry.heard_as()]
        for name in names:
            nodes[name].add(entry.id)
        for norm in entry.norms:
            nodes[f"norms.{norm}"].add(entry.id)
            for name in names:
                edges[f"norms.{norm}", name, "makes" if name.startswith(f"events.{norm}.") else "forbids"].add(entry.id)
        if part is not None:
            nodes[part].add(_occasion(entry))
            for arrow, occasion in _brought(entry, part, names, log):
                edges[arrow].add(occasion)
    known = {path: replace(node, count=len(nodes[path])) for path, node in graph.nodes.items()}
    arrows = [replace(edge, count=_count(edge, edges)) for edge in graph.edges]
    if everything:
        return Graph(known, tuple(arrows))
    arrows = [edge for edge in arrows if edge.count]
    met = {end for edge in arrows for end in (edge.tail, edge.head)}
    return Graph({path: node for path, node in known.items() if path in met}, tuple(arrows))


def _count(edge: Edge, edges: Mapping[tuple[str, str, str], set[object]]) -> int:
    return len(edges[edge.tail, edge.head, f"reads {edge.name}" if edge.kind == "reads" else edge.kind])


def _occasion(entry: Entry) -> object:
    """What a part does once: a case of a procedure; all that one entry brings about at one instant."""
    return entry.case if (entry.rule or "").startswith("procedures.") else (entry.cause, entry.time)


def _part(entry: Entry, log: Log) -> str | None:
    """The part that an entry comes from; what follows from a claim comes from where the claim comes from."""
    while entry.rule is not None and entry.rule.startswith("statements.") and entry.cause:
        entry = log.entries[entry.cause]
    return part_of(entry.rule or "")


def _brought(entry: Entry, part: str, names: Sequence[str], log: Log) -> Iterator[tuple[tuple[str, str, str], object]]:
    """The arrows that an entry shows at work, and the occasion on which: what is counted once for each."""
    yield from (((part, name, "makes"), entry.id) for name in names)
    head, _, word = entry.event.rpartition(".")
    if word == "opened":
        yield (part, f"procedures.{head}", "opens"), entry.id
    if entry.event == "decision":
        yield (part, f"decisions.{entry.data['decision']}", "decides"), entry.id
    for path in entry.changes:
        yield from (((part, target, "law"), entry.id) for target in _provisions(path))
    cause = log.entries[entry.cause] if entry.cause is not None else None
    if cause is not None and cause.id:
        yield from (((f"events.{event}", part, "hears"), cause.id) for event in cause.heard_as())
        if word == "fulfilled":
            yield from (((part, f"events.{event}", "demands"), entry.id) for event in cause.heard_as())
    readers = [part, f"decisions.{entry.data['decision']}"] if entry.event == "decision" else [part]  # its weights are read there
    for _, writers in entry.because.values():
        for writer in map(log.entries.__getitem__, writers):
            yield from (((f"events.{event}", one, "counts"), _occasion(entry)) for event in writer.heard_as() for one in readers)
            wrote = _part(writer, log)
            for path in writer.changes:
                tails = _provisions(path) if path.startswith(LAW) else [wrote] if wrote is not None else []
                yield from (((tail, one, f"reads {_name(path)}"), _occasion(entry)) for tail in tails for one in readers)


def _provisions(slot: str) -> list[str]:
    """The part whose law a write changes; of a bare id any that may be meant: the graph knows which there is."""
    short = slot.partition(".")[2].partition(".")[0]
    return [f"{kind}.{short}" for kind in ("norms", "procedures", "rules")] if slot.startswith(LAW) else [*filter(None, [part_of(slot)])]


# ---- some of it


def within(graph: Graph, *, to: Sequence[str] = (), start: Sequence[str] = (), depth: int | None = None) -> Graph:
    """What leads to these nodes, and what follows from those: within so many events, where `depth` is given.

    What comes about only after one of the former does not lead to it.
    """
    near: dict[str, list[str]] = defaultdict(list)
    far: dict[str, list[str]] = defaultdict(list)
    late = _only_after(to, graph)
    for edge in graph.edges:
        if edge.tail not in late:
            near[edge.head].append(edge.tail)
        far[edge.tail].append(edge.head)
    for path in graph.nodes:  # whoever may not change a provision is met where it changes
        provision, _, word = path.removeprefix("events.").rpartition(".")
        if path.startswith("events.") and word in s.LAW_WORDS and path not in late:
            for section in ("norms", "rules", "procedures"):
                near[f"{section}.{provision.partition('.')[0]}"].append(path)
    kept = {*_reached(to, near.__getitem__, depth), *_reached(start, far.__getitem__, depth)}
    edges = tuple(edge for edge in graph.edges if edge.tail in kept and edge.head in kept)
    asked = tuple(dict.fromkeys([*to, *start]))
    return Graph({path: node for path, node in graph.nodes.items() if path in kept}, edges, asked)


def _only_after(asked: Sequence[str], graph: Graph) -> set[str]:
    """What comes about by these alone, and by what comes about by these alone."""
    follows: dict[str, list[str]] = defaultdict(list)
    for edge in graph.edges:
        if edge.kind in BRINGS:
            follows[edge.tail].append(edge.head)
    after = _reached(asked, follows.__getitem__, None)
    others = [path for path in graph.nodes if path not in after]
    return after - _reached(others, lambda path: [one for one in follows[path] if one not in asked], None) - {*asked}


def _reached(begin: Sequence[str], onward: Callable[[str], Sequence[str]], depth: int | None) -> set[str]:
    """All that is reached from these, passing at most so many events."""
    found = dict.fromkeys(begin, 0)
    todo = [*begin]
    while todo:
        path = todo.pop(0)
        for one in onward(path):
            passed = found[path] + one.startswith("events.")
            if (depth is None or passed <= depth) and passed < found.get(one, passed + 1):
                found[one] = passed
                todo.append(one)
    return set(found)
