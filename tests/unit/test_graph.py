"""The graph of a scenario has an arrow for all that happens in its runs, and its pictures hold what they are made from."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sim.analysis.graph import Graph, counted, graph_of, part_of, within
from sim.face import Run, load, reread
from sim.language.scenario import LAW_WORDS
from sim.report.diagrams import dot, mermaid, svg
from sim.report.layered import Box, laid_out
from tests.runs import EVERY, ROOT, run


@pytest.fixture(params=EVERY)
def a_run(request: pytest.FixtureRequest) -> Run:
    return run(request.param) or pytest.skip("it stops")


def test_all_that_happens_is_among_what_can(a_run: Run) -> None:
    graph = graph_of(a_run.scenario)
    arrows = {(edge.tail, edge.head, edge.kind) for edge in graph.edges}
    for entry in a_run.log.entries[1:-1]:
        part = part_of(entry.rule or "")
        if part in graph.nodes and entry.status == "done" and f"events.{entry.event}" in graph.nodes:
            assert (part, f"events.{entry.event}", "makes") in arrows, f"#{entry.id} {entry.event}"
        cause = a_run.log.entries[entry.cause or 0]
        of_law = cause.event.rpartition(".")[2] in LAW_WORDS  # which may turn a condition by what is in force, or move a sunset
        if (entry.rule or "").startswith("rules.") and f"events.{cause.event}" in graph.nodes and cause.status == "done" and not of_law:
            # what a condition turned by is counted, not heard
            assert {(f"events.{cause.event}", part, kind) for kind in ("hears", "counts")} & arrows, f"#{entry.id} after #{cause.id}"


def test_what_did_is_among_what_can_and_counts_what_the_log_has(a_run: Run) -> None:
    can = graph_of(a_run.scenario)
    did = counted(can, a_run.log)
    assert {(one.tail, one.head, one.kind, one.name) for one in did.edges} <= {
        (one.tail, one.head, one.kind, one.name) for one in can.edges
    }
    assert all(edge.count and edge.count > 0 for edge in did.edges)
    happened = [name for entry in a_run.log.entries[1:-1] for name in entry.heard_as()]
    for path, node in did.nodes.items():
        if node.kind == "events":
            assert node.count == happened.count(path.removeprefix("events."))
    whole = counted(can, a_run.log, everything=True)
    assert [*whole.nodes] == [*can.nodes]


def test_the_seed_shows_who_brings_about_the_demand_for_clarity() -> None:
    graph = graph_of(load(ROOT / "scenarios" / "serbia_export_halt.yaml").scenario())
    near = within(graph, to=["events.demand_for_clarity"], depth=1)
    assert graph.nodes["rules.conflicting_words_bring_a_demand"].by == "zakharova"
    assert {"events.contradiction", "rules.conflicting_words_bring_a_demand", "rules.president_says_only"} <= near.nodes.keys()
    assert "events.accusation" not in near.nodes
    assert "events.accusation" in within(graph, to=["events.demand_for_clarity"]).nodes
    assert "timeline.second_accusation" in within(graph, to=["events.demand_for_clarity"]).nodes
    after = within(graph, start=["events.accusation"])
    assert "events.halt" in after.nodes
    assert "timeline.second_accusation" not in after.nodes


LOOP = """\
scenario: loop
period: {from: 2025-01-01, until: 2025-06-01}
actors: {a: {}, b: {}}
events: {alarm: {}, halt: {title: a halt}, protest: {}, rumour: {}}
timeline:
  first: {at: 2025-01-10, event: alarm, by: a}
  heard: {at: 2025-02-01, event: rumour, by: b}
rules:
  answer: {when: alarm, then: [{event: halt, by: b}]}
  complain: {when: halt, then: [{event: protest, by: a}]}
  repeat: {when: protest, if: count(rumour) > 0, then: [{event: halt, by: b}]}
"""


def test_what_comes_about_only_after_a_node_does_not_lead_to_it() -> None:
    graph = graph_of(reread({"scenario.yaml": LOOP}).scenario())
    halt = within(graph, to=["events.halt"])
    assert [*halt.nodes] == ["events.alarm", "events.halt", "rules.answer", "timeline.first"]
    both = within(graph, to=["events.halt"], start=["events.halt"])
    assert {"rules.repeat", "events.protest", "rules.complain"} <= both.nodes.keys()
    protest = within(graph, to=["events.protest"])
    assert {"events.halt", "rules.answer", "timeline.first"} <= protest.nodes.keys()
    assert "rules.repeat" not in protest.nodes
    known = reread({"scenario.yaml": LOOP.replace("when: protest", "when: [protest, rumour]")}).scenario()
    assert "rules.repeat" in within(graph_of(known), to=["events.halt"]).nodes


def test_the_node_that_was_asked_for_is_marked(commands: Callable[..., tuple[int, str, str]]) -> None:
    Path("loop.yaml").write_text(LOOP, encoding="utf-8")
    _, told, _ = commands("graph", "loop.yaml", "--to", "halt")
    (name,) = re.findall(r"^ +(n\d+)\(\[\"a halt\"\]\)", told, re.MULTILINE)
    assert f"  style {name} stroke-width:4px" in told.splitlines()
    assert "style " not in commands("graph", "loop.yaml")[1]
    _, told, _ = commands("graph", "loop.yaml", "--from", "halt", "--format", "dot")
    assert [line.split()[0] for line in told.splitlines() if "penwidth" in line] == ['"events.halt"']
    _, told, _ = commands("graph", "loop.yaml", "--to", "halt", "--format", "svg")
    thick = [
        one for one in ElementTree.fromstring(told).iter("{http://www.w3.org/2000/svg}g") if one.find("*[@stroke-width='3']") is not None
    ]
    assert [one[0].text for one in thick] == ["events.halt"]
    assert json.loads(commands("graph", "loop.yaml", "--to", "halt", "--json")[1])["asked"] == ["events.halt"]


def drawn(graph: Graph, form: str) -> str:
    if form == "svg":
        return "\n".join(svg(graph, lambda node: [node.path], "title <&>"))
    return "\n".join((mermaid if form == "mermaid" else dot)(graph, lambda node: [node.path], str))


def test_pictures_hold_every_node_and_arrow(a_run: Run) -> None:
    for graph in (graph_of(a_run.scenario), counted(graph_of(a_run.scenario), a_run.log)):
        if not graph.nodes:
            continue
        texts = {form: drawn(graph, form) for form in ("mermaid", "dot", "svg")}
        assert len(re.findall(r":::", texts["mermaid"])) == len(graph.nodes)
        assert len(re.findall(r"-->|-\.->|-\.-x", texts["mermaid"])) == len(graph.edges)
        assert len(re.findall(r"^  +\"[^\"]+\" \[label=", texts["dot"], re.MULTILINE)) == len(graph.nodes)
        assert texts["dot"].count(" -> ") == len(graph.edges)
        picture = ElementTree.fromstring(texts["svg"])
        titles = [one.text for one in picture.iter("{http://www.w3.org/2000/svg}title")]
        assert {*graph.nodes} <= {*titles}
        assert len(titles) == 1 + len(graph.nodes) + len({(edge.tail, edge.head) for edge in graph.edges})


def test_no_two_boxes_of_a_picture_overlap(a_run: Run) -> None:
    graph = graph_of(a_run.scenario)
    boxes = {path: Box(60 + 3 * len(path), 20 + len(path) % 3 * 15) for path in graph.nodes}
    layout = laid_out(boxes, [(edge.tail, edge.head) for edge in graph.edges])
    places = [(*layout.centres[path], box.width / 2, box.height / 2) for path, box in boxes.items()]
    for number, (x, y, width, height) in enumerate(places):
        assert width - 0.1 <= x <= layout.width - width + 0.1
        assert height - 0.1 <= y <= layout.height - height + 0.1
        for u, v, other_width, other_height in places[:number]:
            assert abs(x - u) >= width + other_width - 0.1 or abs(y - v) >= height + other_height - 0.1


def test_a_circle_is_laid_out() -> None:
    boxes = {name: Box(10, 10) for name in "abc"}
    layout = laid_out(boxes, [("a", "b"), ("b", "c"), ("c", "a"), ("a", "a")])
    assert layout.centres["a"][0] < layout.centres["b"][0] < layout.centres["c"][0]
    assert laid_out({}, []).centres == {}


# ---- the command


def test_a_scenario_and_a_result_are_drawn(commands: Callable[..., tuple[int, str, str]]) -> None:
    seed = str(ROOT / "scenarios" / "serbia_export_halt.yaml")
    code, told, said = commands("graph", seed, "--to", "demand_for_clarity", "--depth", "2")
    assert code == 0
    assert told.startswith("flowchart LR\n")
    assert "Maria Zakharova" in told
    assert f"next: sim run {seed}" in said
    commands("run", seed)
    code, told, _ = commands("graph", "latest", "--json")
    nodes = {one["path"]: one for one in json.loads(told)["nodes"]}
    assert code == 0
    assert nodes["events.accusation"]["count"] == 2
    code, told, _ = commands("graph", "latest", "--format", "svg", "--file", "graph.svg")
    assert (code, told) == (0, "")
    ElementTree.parse("graph.svg")
    code, _, said = commands("graph", "latest", "--format", "svg", "--file", "graph.svg")
    assert code == 2
    assert "is not overwritten" in said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--format", "png"], "--format takes mermaid, dot, svg, not 'png'"),
        (["--depth", "2"], "add --to NAME or --from NAME"),
        (["--to", "expot_ban"], "no event or part here is called 'expot_ban'; did you mean 'export_ban'?"),
        (["--all"], "--all is for results"),
    ],
)
def test_what_is_wrongly_asked_is_told(commands: Callable[..., tuple[int, str, str]], words: list[str], told: str) -> None:
    commands("new", "border")
    code, _, said = commands("graph", "border.yaml", *words)
    assert code == 2
    assert told in said


def test_a_result_takes_no_edits(commands: Callable[..., tuple[int, str, str]]) -> None:
    commands("new", "border")
    commands("run", "border.yaml")
    code, _, said = commands("graph", "latest", "--set", "parameters.resolve=1")
    assert code == 2
    assert "a result is what it is" in said
