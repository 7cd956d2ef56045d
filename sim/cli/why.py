"""`sim why`: what an entry of a stored run rests on, down to the timeline.

In: the name of a stored result and an entry of it. Out: a page, a JSON document, or a Mermaid diagram.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.request import RESULTS, AsJson, Folder, again
from sim.cli.terminal import out, out_json, say, say_next
from sim.errors import UsageError, escaped

if TYPE_CHECKING:
    from sim.analysis.draws import Draws
    from sim.analysis.reasons import Reasons
    from sim.language.scenario import Scenario
    from sim.log.entries import Entry, Log

__all__ = ["register"]

WHICH = "its number as in `sim show`, an event such as halt, halt#2 for the second, or 'last halt'"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("why")(why_command)


def why_command(
    result: Annotated[str, typer.Argument(metavar="RESULT", help="A stored result, or 'latest'.", show_default=False)],
    words: Annotated[list[str], typer.Argument(metavar="ENTRY", help=f"Which entry: {WHICH}.", show_default=False)],
    depth: Annotated[int | None, typer.Option("--depth", metavar="N", min=0, help="Go back so many reasons at most.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Tell every step of a case, and follow all that was read.")] = False,
    form: Annotated[str | None, typer.Option("--format", metavar="mermaid", help="Print a Mermaid diagram.")] = None,
    folder: Folder = RESULTS,
    as_json: AsJson = False,
) -> None:
    """Tell why an entry of a stored run is there: what it follows from, who wrote what was read, which draws decided."""
    from sim.analysis.draws import Draws
    from sim.analysis.reasons import Reasons
    from sim.cli import results
    from sim.cli.explained import Tree, mermaid

    if form not in (None, "mermaid"):
        raise UsageError(f"--format takes mermaid, not '{escaped(form or '')}'")
    if as_json and form:
        raise UsageError("--json and --format exclude each other")
    stored = results.look_up(folder, result)
    log, scenario = stored.log(), results.scenario_of(stored)
    entry = _picked(" ".join(words), log, scenario)
    reasons, draws = Reasons(log), None if scenario is None else Draws(scenario, log)
    if as_json:
        out_json(_document(result, entry, reasons, draws, depth, log))
    elif form:
        out(*mermaid(entry, reasons, depth, log, scenario))
    else:
        out(*Tree(log, scenario, reasons, draws, full=full).lines(entry, depth))
        say(f"stored in {escaped(str(stored.folder))}")
    say_next("sim", "show", result, "--only", entry.event, *again(folder=folder))


def _picked(asked: str, log: Log, scenario: Scenario | None) -> Entry:
    """The entry that is asked about."""
    from sim.cli.results import chosen, is_of

    if number := re.fullmatch(r"#?([0-9]{1,12})", asked):
        if int(number[1]) >= len(log.entries):
            raise UsageError(f"the run has no entry #{int(number[1])}: its last is #{len(log.entries) - 1}")
        return log.entries[int(number[1])]
    which, name, place = re.fullmatch(r"(?:(first|last) )?(.*?)(?:#([0-9]{1,9}))?", asked, re.DOTALL).groups()  # type: ignore[union-attr]
    if which and place:
        raise UsageError(f"'{escaped(asked)}' says twice which one: write '{which} {escaped(name)}' or '{escaped(name)}#{place}'")
    meant = chosen([name], [(log, scenario)])
    found = [entry for entry in log.entries[1:-1] if is_of(entry, meant)]
    if not found:
        raise UsageError(f"the run has no entry of {escaped(name)}")
    if place and not 0 < int(place) <= len(found):
        raise UsageError(f"the run has {len(found)} of {escaped(name)}, so there is no {escaped(name)}#{int(place)}")
    return found[int(place) - 1 if place else -1 if which == "last" else 0]


def _document(result: str, entry: Entry, reasons: Reasons, draws: Draws | None, depth: int | None, log: Log) -> dict[str, Any]:
    """The entry and all it rests on, each with its reasons and draws."""
    from dataclasses import asdict

    from sim.clock import IsoClock
    from sim.log.entries import entry_as_dict

    clock = IsoClock(log.header.timezone)
    entries = [
        {
            **entry_as_dict(log.entries[number], clock),
            "reasons": [asdict(reason) for reason in own],
            "draws": [asdict(draw) for draw in draws.of(log.entries[number])] if draws else [],
        }
        for number, own in reasons.below(entry, depth).items()
    ]
    return {"result": result, "entry": entry.id, "entries": entries}
