"""A graph of a scenario as text that other programs draw (Mermaid, DOT), or drawn (SVG).

In: a `Graph`, and the words of each node. Out: lines.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import NamedTuple

from sim.analysis.graph import Edge, Graph, Node
from sim.report.layered import Box, laid_out

__all__ = ["dot", "entities", "mermaid", "svg"]

Words = Callable[[Node], Sequence[str]]
"""What stands in the box of a node: lines, the first its name."""

Actor = Callable[[str], str]
"""The name of an actor."""


class Style(NamedTuple):
    """How nodes of one kind look: the brackets of Mermaid, the shape of DOT, colours of the box and its rim."""

    name: str
    left: str
    right: str
    shape: str
    fill: str
    rim: str


STYLES = {
    "events": Style("event", "([", "])", "oval", "#fff4d6", "#b8860b"),
    "timeline": Style("timeline entry", ">", "]", "cds", "#eeeeee", "#777777"),
    "rules": Style("rule", "[", "]", "box", "#e3eefb", "#3a6ea5"),
    "decisions": Style("decision", "{{", "}}", "hexagon", "#f3e6fa", "#7d4aa0"),
    "procedures": Style("procedure", "[[", "]]", "component", "#e2f4e6", "#3b8551"),
    "norms": Style("norm", "[/", "/]", "note", "#fbe3e3", "#b04444"),
}
SOLID = ("hears", "makes", "opens", "decides", "law")
"""Arrows along which one thing brings about the other; along all others it bears on it."""


def said(edge: Edge) -> str:
    """The words at an arrow: what is read, what a norm or the law does; nothing where the arrow says it."""
    word = edge.name or ("" if edge.kind in ("hears", "makes") else edge.kind)
    return f"{word} ×{edge.count:,}" if edge.count and word else f"×{edge.count:,}" if edge.count else word


def clustered(graph: Graph) -> dict[str | None, list[Node]]:
    """The nodes by who acts in them; those that stand alone with their actor are in none."""
    many = Counter(node.by for node in graph.nodes.values() if node.by is not None)
    found: dict[str | None, list[Node]] = defaultdict(list)
    for node in graph.nodes.values():
        found[node.by if node.by is not None and many[node.by] > 1 else None].append(node)
    return dict(sorted(found.items(), key=lambda pair: pair[0] or ""))


# ---- text for others


def mermaid(graph: Graph, words: Words, actor: Actor) -> Iterator[str]:
    """A flowchart of Mermaid; a subgraph for each who acts in several parts."""
    yield "flowchart LR"
    names = {path: f"n{number}" for number, path in enumerate(graph.nodes)}
    for by, nodes in clustered(graph).items():
        if by is not None:
            yield f'  subgraph {names[nodes[0].path]}s["{entities(actor(by))}"]'
        for node in nodes:
            style = STYLES[node.kind]
            text = "<br>".join(entities(line) for line in words(node))
            yield f'  {"" if by is None else "  "}{names[node.path]}{style.left}"{text}"{style.right}:::{node.kind}'
        if by is not None:
            yield "  end"
    for edge in graph.edges:
        arrow = "-->" if edge.kind in SOLID else "-.-x" if edge.kind == "forbids" else "-.->"
        label = f'|"{entities(said(edge))}"|' if said(edge) else ""
        yield f"  {names[edge.tail]} {arrow}{label} {names[edge.head]}"
    for path in graph.asked:
        yield f"  style {names[path]} stroke-width:4px"
    for kind in dict.fromkeys(node.kind for node in graph.nodes.values()):
        yield f"  classDef {kind} fill:{STYLES[kind].fill},stroke:{STYLES[kind].rim},color:#222222"


def entities(text: str) -> str:
    """Text inside the quotes of a Mermaid diagram."""
    return text.replace("#", "#35;").replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")


def dot(graph: Graph, words: Words, actor: Actor) -> Iterator[str]:
    """A digraph of Graphviz; a cluster for each who acts in several parts."""
    yield "digraph scenario {"
    yield '  rankdir=LR; node [fontname="sans-serif" fontsize=11 style=filled]; edge [fontname="sans-serif" fontsize=9 color="#666666"];'
    for number, (by, nodes) in enumerate(clustered(graph).items()):
        if by is not None:
            yield f'  subgraph cluster_{number} {{ label={_string(actor(by))}; color="#999999";'
        for node in nodes:
            style = STYLES[node.kind]
            label, wide = _string("\n".join(words(node))), " penwidth=3" if node.path in graph.asked else ""
            yield f'  {"" if by is None else "  "}{_string(node.path)} [label={label} shape={style.shape} fillcolor="{style.fill}"{wide}];'
        if by is not None:
            yield "  }"
    for edge in graph.edges:
        looks = [f"label={_string(said(edge))}"] if said(edge) else []
        looks += [] if edge.kind in SOLID else ["style=dashed"]
        looks += ["arrowhead=tee"] if edge.kind == "forbids" else []
        told = f" [{' '.join(looks)}]" if looks else ""
        yield f"  {_string(edge.tail)} -> {_string(edge.head)}{told};"
    yield "}"


def _string(text: str) -> str:
    """Text as DOT has it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


# ---- drawn

PALE, DASHED = "#777777", ' stroke-dasharray="4 3"'
COLOURS = dict.fromkeys(("forbids", "lifts", "exempts", "demands"), STYLES["norms"].rim) | {"law": STYLES["procedures"].rim}

LETTER, LINE, MARGIN, LEGEND = 6.4, 15.0, 20.0, 34.0
ROOM = 34
"""So many letters stand on one line of a box."""


def svg(graph: Graph, words: Words, title: str) -> Iterator[str]:
    """A picture by itself: what leads to what from left to right, with a legend."""
    texts = {path: [part for line in words(node) for part in _folded(line)] for path, node in graph.nodes.items()}
    boxes = {path: Box(max(map(len, lines)) * LETTER + 22, len(lines) * LINE + 11) for path, lines in texts.items()}
    bundles: dict[tuple[str, str], list[Edge]] = {}
    for edge in graph.edges:
        bundles.setdefault((edge.tail, edge.head), []).append(edge)
    layout = laid_out(boxes, [*bundles])
    kinds = [kind for kind in STYLES if any(node.kind == kind for node in graph.nodes.values())]
    width = max(layout.width, sum(len(STYLES[kind].name) * LETTER + 34 for kind in kinds), len(title) * 9) + 2 * MARGIN
    height = layout.height + 2 * MARGIN + 2 * LEGEND
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" '
        f'font-family="Helvetica, Arial, sans-serif" font-size="12" role="img">'
    )
    yield f"<title>{escape(title)}</title>"
    yield f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>'
    yield f'<text x="{MARGIN}" y="{MARGIN + 6}" font-size="15" font-weight="bold" fill="#222222">{escape(title)}</text>'
    yield from _legend(kinds)
    yield f'<g transform="translate({MARGIN} {MARGIN + 2 * LEGEND - 8})">'
    for pair, route in zip(bundles, layout.routes, strict=True):
        yield from _arrow(bundles[pair], route)
    for path, node in graph.nodes.items():
        yield from _box(node, layout.centres[path], boxes[path], texts[path], asked=path in graph.asked)
    yield "</g>"
    yield "</svg>"


def _folded(line: str) -> list[str]:
    """A line in parts that fit a box."""
    parts = [""]
    for word in line.split(" "):
        if parts[-1] and len(parts[-1]) + 1 + len(word) > ROOM:
            parts.append(word)
        else:
            parts[-1] = f"{parts[-1]} {word}".strip()
    return parts


def _legend(kinds: Sequence[str]) -> Iterator[str]:
    across = MARGIN
    for kind in kinds:
        style = STYLES[kind]
        top = MARGIN + LEGEND - 14
        yield f'<rect x="{across}" y="{top}" width="12" height="12" rx="3" fill="{style.fill}" stroke="{style.rim}"/>'
        yield f'<text x="{across + 17}" y="{top + 10}" fill="#444444" font-size="11">{style.name}</text>'
        across += len(style.name) * LETTER + 34


def _box(node: Node, centre: tuple[float, float], box: Box, lines: Sequence[str], *, asked: bool) -> Iterator[str]:
    """A node; one that was asked for has a thick rim."""
    style, (x, y) = STYLES[node.kind], centre
    left, top = x - box.width / 2, y - box.height / 2
    corner = box.height / 2 if node.kind == "events" else 3
    yield (
        f'<g><title>{escape(node.path)}</title><rect x="{left:.1f}" y="{top:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" '
        f'rx="{corner:.1f}" fill="{style.fill}" stroke="{style.rim}" stroke-width="{3 if asked else 1}"/>'
    )
    for number, line in enumerate(lines):
        weight = ' font-weight="600"' if number == 0 else ' fill="#555555"'
        yield f'<text x="{x:.1f}" y="{top + 18 + number * LINE:.1f}" text-anchor="middle"{weight}>{escape(line)}</text>'
    yield "</g>"


def _arrow(edges: Sequence[Edge], route: Sequence[tuple[float, float]]) -> Iterator[str]:
    """All that leads from one node to another: a curve along its points, its head, and its words in the middle."""
    kinds = {edge.kind for edge in edges}
    firm = kinds & {*SOLID}
    colour = next((COLOURS[kind] for kind in COLOURS if kind in kinds), PALE)
    (x, y), *rest = route
    path = [f"M{x:.1f} {y:.1f}"]
    for u, v in rest:
        middle = (x + u) / 2
        path.append(f"C{middle:.1f} {y:.1f} {middle:.1f} {v:.1f} {u:.1f} {v:.1f}")
        x, y = u, v
    told = ", ".join(" ".join(filter(None, (edge.kind, edge.name))) for edge in edges)
    yield f"<g><title>{escape(f'{edges[0].tail} → {edges[0].head}: {told}')}</title>"
    yield f'<path d="{" ".join(path)}" fill="none" stroke="{colour}"{"" if firm else DASHED}/>'
    inward = 1 if route[-1][0] >= route[-2][0] else -1
    if kinds == {"forbids"}:
        yield f'<path d="M{x - inward * 3:.1f} {y - 6:.1f}V{y + 6:.1f}" stroke="{colour}" stroke-width="2.5"/>'
    else:
        yield f'<path d="M{x:.1f} {y:.1f}l{-7 * inward} -3.5v7z" fill="{colour}"/>'
    if words := " · ".join(filter(None, map(said, edges))):
        place = route[len(route) // 2] if len(route) > 2 else ((route[0][0] + x) / 2, (route[0][1] + y) / 2)
        yield (
            f'<text x="{place[0]:.1f}" y="{place[1] - 3:.1f}" text-anchor="middle" font-size="10" fill="{colour}" stroke="#ffffff" '
            f'stroke-width="3" paint-order="stroke">{escape(words)}</text>'
        )
    yield "</g>"
