"""`sim graph`: who can bring about what in a scenario, and what did in a run.

In: a scenario file, or the name of a stored result. Out: a diagram as text (Mermaid, DOT), a picture (SVG), or a JSON document.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.events import require_no_measure
from sim.cli.export import NewFile, deliver
from sim.cli.request import RESULTS, AsJson, Edits, Folder, again, named
from sim.cli.terminal import as_json_text, say, say_next
from sim.errors import UsageError, escaped, names_near

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sim.analysis.graph import Graph, Node
    from sim.language.scenario import Scenario
    from sim.log.entries import Log

__all__ = ["register"]

FORMS = ("mermaid", "dot", "svg")
ENDINGS = {".svg": "svg", ".dot": "dot", ".gv": "dot"}
"""What a file is by its ending, where that is not said."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("graph")(graph_command)


def graph_command(
    what: Annotated[str, typer.Argument(metavar="SCENARIO|RESULT", help="A scenario file, or a stored result.", show_default=False)],
    form: Annotated[
        str | None, typer.Option("--format", metavar="FORM", help="mermaid, dot, or svg; unless said, by the ending of --file, or mermaid.")
    ] = None,
    to: Annotated[list[str] | None, typer.Option("--to", metavar="NAME", help="What leads to this event or part; may be repeated.")] = None,
    start: Annotated[
        list[str] | None, typer.Option("--from", metavar="NAME", help="What follows from this event or part; may be repeated.")
    ] = None,
    depth: Annotated[int | None, typer.Option("--depth", metavar="N", min=0, help="With --to and --from, pass so many events.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Of a result, show also what never came to bear.")] = False,
    what_if: Annotated[str | None, typer.Option("--what-if", metavar="NAME", help="Of a scenario: with this what-if.")] = None,
    overrides: Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Of a scenario: with this edit.")] = None,
    edits: Edits = None,
    file: NewFile = None,
    folder: Folder = RESULTS,
    as_json: AsJson = False,
) -> None:
    """Draw who can bring about what in a scenario; or, of a result, what did, and how often."""
    from sim.analysis.graph import counted, graph_of, within

    form = form or ENDINGS.get(file.suffix if file else "", FORMS[0])
    if form not in FORMS:
        raise UsageError(f"--format takes {', '.join(FORMS)}, not '{escaped(form)}'")
    if depth is not None and not (to or start):
        raise UsageError("--depth is how far from a node: add --to NAME or --from NAME")
    scenario, log = _asked(what, what_if, overrides or (), edits, folder, everything=everything)
    graph = graph_of(scenario)
    if log is not None:
        graph = counted(graph, log, everything=everything)
    if to or start:
        graph = within(graph, to=_paths(to or (), graph, scenario), start=_paths(start or (), graph, scenario), depth=depth)
    if not graph.nodes:
        say("nothing brings about anything here")
    deliver([f"{as_json_text(_as_dict(graph))}\n"] if as_json else (f"{line}\n" for line in _drawn(graph, form, scenario)), file)
    if log is None:
        say_next("sim", "run", what, *again(what_ifs=[what_if], overrides=overrides or (), edits=edits, folder=folder))
    else:
        say_next("sim", "show", what, *again(folder=folder))


def _asked(
    what: str, what_if: str | None, overrides: Sequence[str], edits: Path | None, folder: Path, *, everything: bool
) -> tuple[Scenario, Log | None]:
    """The scenario that is meant, and the log where a result is."""
    from sim import face
    from sim.cli import results

    if Path(what).suffix in (".yaml", ".yml") or Path(what).is_file():
        if everything:
            raise UsageError("--all is for results: of a scenario everything is shown")
        return face.load(Path(what), edits).scenario(named(what_if), overrides), None
    if what_if is not None or overrides or edits is not None:
        raise UsageError("a result is what it is: --what-if, --set and --edits are for scenario files")
    stored = results.look_up(folder, what)
    return results.require_read(results.scenario_of(stored)), stored.log()


def _paths(names: Sequence[str], graph: Graph, scenario: Scenario) -> list[str]:
    """The nodes that are meant: events by id or title, parts by path or id."""
    titles = {event.title.lower(): f"events.{event.id}" for event in scenario.events.values() if event.title}
    short: dict[str, str] = {path.partition(".")[2]: path for path in [*graph.nodes][::-1]}
    found = []
    for name in names:
        path = next((one for one in (name, f"events.{name}", short.get(name), titles.get(name.lower())) if one in graph.nodes), None)
        if path is None:
            require_no_measure(name, [scenario])
            known = titles.get(name.lower(), f"events.{name}").partition(".")[2]
            if known in scenario.events and (owner := known.partition(".")[0]) in short:
                raise UsageError(f"'{escaped(name)}' is not drawn, since no part here hears or counts it: ask for {escaped(owner)}")
            titles = {title: one for title, one in titles.items() if one in graph.nodes}
            raise UsageError(f"no event or part here is called '{escaped(name)}'{names_near(name, short, titles)}")
        found.append(path)
    return found


def _drawn(graph: Graph, form: str, scenario: Scenario) -> Iterator[str]:
    from sim.cli.words import Words
    from sim.report import diagrams

    words = Words(scenario, scenario.timezone)

    def told(node: Node) -> list[str]:
        own = node.path.partition(".")[2]
        name = words.event(own) if node.kind == "events" else escaped(own.replace("_", " "))
        more = [words.actor(node.by)] if node.by is not None else []
        more += [f"×{node.count:,}"] if node.count else []
        return [name, " ".join(more)] if more else [name]

    if form == "mermaid":
        return diagrams.mermaid(graph, told, words.actor)
    if form == "dot":
        return diagrams.dot(graph, told, words.actor)
    return diagrams.svg(graph, told, scenario.title or scenario.id)


def _as_dict(graph: Graph) -> dict[str, Any]:
    """The graph for machines; what is not known or not counted is left out."""

    def said(record: Any) -> dict[str, Any]:
        whole = {name: getattr(record, name) for name in record.__slots__}
        return {name: value for name, value in whole.items() if value not in (None, "")}

    asked = {"asked": [*graph.asked]} if graph.asked else {}
    return {**asked, "nodes": [said(node) for node in graph.nodes.values()], "edges": [said(edge) for edge in graph.edges]}
