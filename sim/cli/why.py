"""`sim why`: what an entry of a stored run rests on, down to the timeline.

In: the name of a stored result and an entry of it. Out: a page, a JSON document, or a Mermaid diagram.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.request import RESULTS, RUNS, TRIES, AsJson, Folder, Jobs, again, require_jobs, require_runs
from sim.cli.terminal import out, out_json, say, say_next
from sim.errors import UsageError, escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.cli.repeated import Repeated
    from sim.cli.why_not import Asking
    from sim.face import Loaded
    from sim.language.scenario import Scenario
    from sim.log.entries import Entry, Log
    from sim.log.stored import Result

__all__ = ["picked", "register"]

MANY = 100
"""So many runs are proposed to weigh a change."""

FURTHER = 1
"""Where the trigger of what could have brought an event never came, so many more triggers are asked for."""

WHICH = "its number as in `sim show`, an event such as halt, halt#2 for the second, or 'last halt'"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("why")(why_command)


def why_command(
    result: Annotated[str, typer.Argument(metavar="RESULT", help="A stored result, or 'latest'.", show_default=False)],
    words: Annotated[list[str] | None, typer.Argument(metavar="[ENTRY]", help=f"Which entry: {WHICH}.", show_default=False)] = None,
    absent: Annotated[str | None, typer.Option("--not", metavar="EVENT", help="Instead: tell why this did not happen.")] = None,
    by: Annotated[list[str] | None, typer.Option("--by", metavar="ACTOR", help="With --not: by this actor; may be repeated.")] = None,
    begin: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="With --runs: the event counts from this date on.", show_default=False)
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="With --not: before this date; with --runs: it counts before this date.")
    ] = None,
    through: Annotated[str | None, typer.Option("--through", metavar="DATE", help="Instead of --until: up to the end of this day.")] = None,
    tries: Annotated[
        int | None,
        typer.Option(parser=TRIES, metavar="N", help="With --not: so many runs to find what would have brought it (60); 0: none."),
    ] = None,
    depth: Annotated[
        int | None, typer.Option("--depth", metavar="N", min=0, help="Go back so many reasons at most; with --not, so many triggers (1).")
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Tell every step of a case, follow all that was read; with --not, tell all.")
    ] = False,
    form: Annotated[str | None, typer.Option("--format", metavar="mermaid", help="Print a Mermaid diagram.")] = None,
    but_for: Annotated[
        list[str] | None,
        typer.Option(
            "--but-for",
            metavar="PATH",
            help="Run again without this, and tell what becomes of the entry; several are left out together; 'all' tries each.",
        ),
    ] = None,
    runs: Annotated[int, typer.Option(parser=RUNS, metavar="N", help="With --but-for or --not, weigh it over N replications.")] = 0,
    jobs: Jobs = None,
    folder: Folder = RESULTS,
    as_json: AsJson = False,
) -> None:
    """Tell why an entry of a stored run is there: what it follows from, who wrote what was read, which draws decided; or why not."""
    from sim.cli import results
    from sim.face import ending

    of_absent = bool(by or tries is not None)
    _require_sound(words, absent, form, of_absent=of_absent, but_for=bool(but_for), weighed=bool(runs or jobs), as_json=as_json)
    _require_counted(begin, until or through, absent=bool(absent), weighed=bool(runs))
    stored = results.look_up(folder, result)
    log, loaded = stored.log(), results.loaded_of(stored)
    scenario = None if loaded is None else loaded.scenario(log.header.what_if, log.header.overrides)
    until = ending(until, through, log.header.period, log.header.timezone)
    if absent:
        asking = _asked(_repeated(stored, loaded, scenario, log), absent, by or (), until)
        may_weigh = _tell_absence(result, asking, depth, tries, runs, jobs, full=full, as_json=as_json)
        actors = [word for actor in by or () for word in ("--by", actor)]
        weigh = ["why", result, "--not", absent, *actors, *again(until=until), "--runs", f"{MANY}"]
        say_next("sim", *(weigh if may_weigh else ["show", result]), *again(folder=folder))
        return
    entry = picked(" ".join(words or ()), log, scenario)
    if but_for:
        _tell_fates(result, _repeated(stored, loaded, scenario, log), entry, but_for, (begin, until), runs, jobs, as_json=as_json)
    elif as_json:
        out_json(_document(result, entry, log, scenario, depth))
    else:
        _tell_reasons(entry, log, scenario, depth, full=full, form=form)
        say(f"stored in {escaped(str(stored.folder))}")
    more = [] if but_for else ["--but-for", "all"]
    say_next("sim", "why", result, f"{entry.id}", *more, *again(folder=folder))


def _require_sound(
    words: Sequence[str] | None, absent: str | None, form: str | None, *, of_absent: bool, but_for: bool, weighed: bool, as_json: bool
) -> None:
    """Refuse options that do not go together."""
    if form not in (None, "mermaid"):
        raise UsageError(f"--format takes mermaid, not '{escaped(form or '')}'")
    if form and (as_json or but_for):
        raise UsageError("--format is for the reasons on a page: leave out --json and --but-for")
    if weighed and not (but_for or absent):
        raise UsageError("--runs and --jobs weigh what is left out or changed: add --but-for PATH, or --but-for all, or --not EVENT")
    if absent and words:
        raise UsageError("--not takes the event that did not happen: leave out the ENTRY")
    if not absent and not words:
        raise UsageError(f"name an ENTRY ({WHICH}), or --not EVENT for what did not happen")
    if of_absent and not absent:
        raise UsageError("--by and --tries are of what did not happen: add --not EVENT")
    if absent and (but_for or form):
        raise UsageError("--not tells of what did not happen: leave out --but-for and --format")


def _require_counted(begin: str | None, until: str | None, *, absent: bool, weighed: bool) -> None:
    """Refuse dates that nothing is counted between."""
    if begin and (absent or not weighed):
        raise UsageError("--from says from when on an event counts in many runs: add --but-for PATH and --runs N")
    if until and not (absent or weighed):
        raise UsageError(
            "--until and --through are of what did not happen, or of what counts in many runs: "
            "add --not EVENT, or --but-for PATH and --runs N"
        )


def _repeated(stored: Result, loaded: Loaded | None, scenario: Scenario | None, log: Log) -> Repeated:
    """The run, to be made again."""
    from sim.cli.repeated import Repeated
    from sim.cli.results import require_read

    return Repeated(stored, require_read(loaded), require_read(scenario), log)


def _asked(repeated: Repeated, event: str, by: Sequence[str], until: str | None) -> Asking:
    """What did not happen."""
    from sim.cli import why_not

    return why_not.asked(repeated, event, by, until)


def _tell_absence(
    result: str, asking: Asking, depth: int | None, tries: int | None, runs: int, jobs: int | None, *, full: bool, as_json: bool
) -> bool:
    """Why an event did not happen. Whether a change that brings it with this luck is left to be weighed over many runs."""
    from sim.cli import brought, why_not

    if runs:
        require_runs(runs)
        require_jobs(jobs)
        if tries == 0:
            raise UsageError("--runs weighs the smallest change, and --tries 0 looks for none: leave out one of them")
    absence = why_not.answer(asking, FURTHER if depth is None else depth)
    found = brought.brought(asking, absence, brought.TRIES if tries is None else tries) if tries != 0 else None
    weight = brought.weighed(asking, found, runs, jobs) if found is not None and runs else None
    if runs and weight is None:
        say("nothing is weighed: no change was found that a what-if can say")
    if as_json:
        told = None if found is None else brought.document(asking, found, weight)
        out_json({**why_not.document(result, asking, absence), "brought": told})
    else:
        telling = why_not.Telling(asking, full=full)
        out(*telling.lines(absence, [] if found is None else [*brought.lines(asking, found, weight, telling.screen)]))
    return found is not None and found.best is not None and not runs


def _tell_reasons(entry: Entry, log: Log, scenario: Scenario | None, depth: int | None, *, full: bool, form: str | None) -> None:
    """The reasons as a page, or as a diagram."""
    from sim.analysis.draws import Draws
    from sim.analysis.reasons import Reasons
    from sim.cli.explained import Tree, mermaid

    reasons = Reasons(log)
    if form:
        out(*mermaid(entry, reasons, depth, log, scenario))
    else:
        out(*Tree(log, scenario, reasons, None if scenario is None else Draws(scenario, log), full=full).lines(entry, depth))


def _tell_fates(
    result: str,
    repeated: Repeated,
    entry: Entry,
    paths: Sequence[str],
    counted: tuple[str | None, str | None],
    runs: int,
    jobs: int | None,
    *,
    as_json: bool,
) -> None:
    """What becomes of the entry without each of these; over many runs only what matters to this one is weighed."""
    from sim.cli import but_for

    question = but_for.asked(repeated, entry, paths, *counted)
    if runs:
        require_runs(runs)
        require_jobs(jobs)
    fates = but_for.answer(question)
    found = but_for.several(question) if question.of_all else None
    weighed = None
    if runs:
        whole = len(fates)
        fates = [one for one in fates if one.kind != "same"] or fates if question.of_all else fates
        if whole > len(fates):
            say(f"{whole - len(fates)} more change nothing with this luck and are not weighed; --but-for PATH weighs one")
        weighed = but_for.weights(question, fates, runs, jobs)
    if as_json:
        out_json(but_for.document(result, question, fates, found, weighed))
    else:
        out(*but_for.lines(question, fates, found, weighed))


def picked(asked: str, log: Log, scenario: Scenario | None) -> Entry:
    """The entry that is asked about."""
    from sim.cli.events import chosen, is_of

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
    if len(found) > 1 and not (which or place):
        say(f"the first of {len(found):,}; the next is {escaped(name)}#2 (#{found[1].id}), the last is #{found[-1].id}")
    return found[int(place) - 1 if place else -1 if which == "last" else 0]


def _document(result: str, entry: Entry, log: Log, scenario: Scenario | None, depth: int | None) -> dict[str, Any]:
    """The entry and all it rests on, each with its reasons and draws."""
    from dataclasses import asdict

    from sim.analysis.draws import Draws
    from sim.analysis.reasons import Reasons
    from sim.clock import IsoClock
    from sim.log.entries import entry_as_dict

    clock, draws = IsoClock(log.header.timezone), None if scenario is None else Draws(scenario, log)
    entries = [
        {
            **entry_as_dict(log.entries[number], clock),
            "reasons": [asdict(reason) for reason in own],
            "draws": [asdict(draw) for draw in draws.of(log.entries[number])] if draws else [],
        }
        for number, own in Reasons(log).below(entry, depth).items()
    ]
    return {"result": result, "entry": entry.id, "entries": entries}
