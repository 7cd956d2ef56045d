"""A directed graph as a picture: nodes in columns, so that arrows lead from left to right as far as that goes.

In: boxes with their sizes, and arrows between them. Out: where each box stands and by which points each arrow goes.

Source: Sugiyama, Tagawa, Toda: Methods for visual understanding of hierarchical system structures, IEEE Transactions on Systems, Man, and
Cybernetics 11 (1981): circles are broken, nodes get layers, long arrows get a place in each layer they cross, layers are put into
the order of their neighbours' means. Coordinates: least squares toward the neighbours, with the distances kept (pool adjacent violators).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Box", "Layout", "laid_out"]

SWEEPS = 24
GAP = 14.0
"""Between boxes of one column."""
COLUMN = 64.0
"""Between columns."""

Name = str | tuple[int, int]
"""A box, or the place of an arrow in a column it crosses: (column, number of the arrow)."""


@dataclass(frozen=True, slots=True)
class Box:
    """The size of a node (px)."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Centres of boxes, and of each arrow the points from tail to head; sizes in px."""

    width: float
    height: float
    centres: Mapping[str, tuple[float, float]]
    routes: Sequence[Sequence[tuple[float, float]]]


def laid_out(boxes: Mapping[str, Box], arrows: Sequence[tuple[str, str]]) -> Layout:
    """Where boxes stand and arrows go. The order of `boxes` decides what nothing else does."""
    forward = _without_circles(boxes, arrows)
    layers = _layers(boxes, forward)
    chains = [_chain(number, pair, layers) for number, pair in enumerate(forward)]
    columns = _columns(layers, chains)
    near: dict[Name, list[Name]] = defaultdict(list)
    for chain in chains:
        for one, other in pairwise(chain):
            near[one].append(other)
            near[other].append(one)
    _order(columns, near, layers)
    sizes: dict[Name, Box] = {name: Box(0, 4) for chain in chains for name in chain}
    sizes.update(boxes)
    down = _heights(columns, near, sizes)
    across, total = _widths(columns, sizes)
    centres = {name: (across[layers[name]], down[name]) for name in boxes}
    routes = []
    for chain, (tail, head) in zip(chains, arrows, strict=True):
        points = [(across[place], down[name]) for name in chain for place in [_place(name, layers)]]
        points = points if chain[0] == tail else points[::-1]
        routes.append(_from_side_to_side(points, sizes[tail], sizes[head]))
    top = min((centre - sizes[name].height / 2 for name, centre in down.items()), default=0.0)
    bottom = max((centre + sizes[name].height / 2 for name, centre in down.items()), default=0.0)
    lifted = {name: (x, y - top) for name, (x, y) in centres.items()}
    return Layout(total, bottom - top, lifted, [[(x, y - top) for x, y in route] for route in routes])


def _without_circles(boxes: Mapping[str, Box], arrows: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The arrows, those turned round that lead back to where a walk is under way."""
    onward: dict[str, list[str]] = defaultdict(list)
    for tail, head in arrows:
        onward[tail].append(head)
    heads = {head for tail, head in arrows if tail != head}
    state: dict[str, int] = {}
    back: set[tuple[str, str]] = set()
    for first in sorted(boxes, key=lambda name: name in heads):  # those that nothing leads to begin
        walk = [(first, iter(onward[first]))] if first not in state else []
        state.setdefault(first, 1)
        while walk:
            name, rest = walk[-1]
            for head in rest:
                if state.get(head) == 1:
                    back.add((name, head))
                elif head not in state:
                    state[head] = 1
                    walk.append((head, iter(onward[head])))
                    break
            else:
                state[name] = 2
                walk.pop()
    return [(head, tail) if (tail, head) in back else (tail, head) for tail, head in arrows]


def _layers(boxes: Mapping[str, Box], arrows: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The column of each node: right of all that lead to it; what nothing leads to stands just left of what it leads to."""
    before: dict[str, set[str]] = {name: set() for name in boxes}
    after: dict[str, set[str]] = {name: set() for name in boxes}
    for tail, head in arrows:
        if tail != head:
            before[head].add(tail)
            after[tail].add(head)
    layers: dict[str, int] = {}
    todo = [name for name in boxes if not before[name]]
    left = {name: len(tails) for name, tails in before.items()}
    while todo:
        name = todo.pop(0)
        layers[name] = max((layers[tail] + 1 for tail in before[name]), default=0)
        for head in sorted(after[name]):
            left[head] -= 1
            if not left[head]:
                todo.append(head)
    layers.update((name, min(layers[head] for head in after[name]) - 1) for name in boxes if not before[name] and after[name])
    lowest = min(layers.values(), default=0)
    return {name: layer - lowest for name, layer in layers.items()}


def _chain(number: int, pair: tuple[str, str], layers: Mapping[str, int]) -> list[Name]:
    """An arrow's places: its tail, one in each column it crosses (column, arrow), its head."""
    tail, head = pair
    return [tail, *((place, number) for place in range(layers[tail] + 1, layers[head])), head]


def _place(name: Name, layers: Mapping[str, int]) -> int:
    return name[0] if isinstance(name, tuple) else layers[name]


def _columns(layers: Mapping[str, int], chains: Sequence[Sequence[Name]]) -> list[list[Name]]:
    """What stands in each column, boxes and crossing arrows."""
    columns: list[list[Name]] = [[] for _ in range(max(layers.values(), default=-1) + 1)]
    crossing = [name for chain in chains for name in chain[1:-1]]
    for name in [*layers, *crossing]:
        columns[_place(name, layers)].append(name)
    return columns


def _order(columns: list[list[Name]], near: Mapping[Name, list[Name]], layers: Mapping[str, int]) -> None:
    """Put every column into the order of what its members are joined to, from left to right and back again."""
    at = {name: place for column in columns for place, name in enumerate(column)}
    for sweep in range(SWEEPS):
        rightward = sweep % 2 == 0
        for place in range(len(columns)) if rightward else range(len(columns) - 1, -1, -1):
            side = place - 1 if rightward else place + 1

            def mean(name: Name, side: int = side) -> float:
                joined = [at[one] for one in near[name] if _place(one, layers) == side]
                return sum(joined) / len(joined) if joined else at[name]

            columns[place].sort(key=mean)
            at.update((name, number) for number, name in enumerate(columns[place]))


def _heights(columns: Sequence[Sequence[Name]], near: Mapping[Name, list[Name]], sizes: Mapping[Name, Box]) -> dict[Name, float]:
    """How far down each stands: as near to its neighbours as the order and the distances allow."""
    down: dict[Name, float] = {}
    for column in columns:
        offset = 0.0
        for one in column:
            down[one] = offset + sizes[one].height / 2
            offset += sizes[one].height + GAP
    for sweep in range(SWEEPS):
        for column in columns if sweep % 2 == 0 else reversed(columns):
            offsets, offset = [], 0.0
            for name in column:
                offsets.append(offset + sizes[name].height / 2)
                offset += sizes[name].height + GAP
            wanted = [sum(down[one] for one in near[name]) / len(near[name]) if near[name] else down[name] for name in column]
            firm = [1.0 if isinstance(name, str) else 3.0 for name in column]  # long arrows are to be straight
            level = _rising([want - own for want, own in zip(wanted, offsets, strict=True)], firm)
            down.update((name, one + own) for name, one, own in zip(column, level, offsets, strict=True))
    return down


def _rising(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The nearest sequence that never falls (pool adjacent violators)."""
    pools: list[list[float]] = []
    for value, weight in zip(values, weights, strict=True):
        pools.append([value, weight, 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            second, first = pools.pop(), pools.pop()
            whole = first[1] + second[1]
            pools.append([(first[0] * first[1] + second[0] * second[1]) / whole, whole, first[2] + second[2]])
    return [value for value, _, count in pools for _ in range(int(count))]


def _widths(columns: Sequence[Sequence[Name]], sizes: Mapping[Name, Box]) -> tuple[list[float], float]:
    """The middle of each column, and how wide all are."""
    middles, across = [], 0.0
    for column in columns:
        widest = max((sizes[name].width for name in column), default=0.0)
        middles.append(across + widest / 2)
        across += widest + COLUMN
    return middles, max(across - COLUMN, 0.0)


def _from_side_to_side(points: list[tuple[float, float]], tail: Box, head: Box) -> list[tuple[float, float]]:
    """A route that begins and ends at the sides of its boxes."""
    (x, y), (u, v) = points[0], points[-1]
    rightward = 1 if points[1][0] >= x else -1
    inward = 1 if u >= points[-2][0] else -1
    return [(x + rightward * tail.width / 2, y), *points[1:-1], (u - inward * head.width / 2, v)]
