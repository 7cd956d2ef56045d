"""`sim why --not`: the smallest single change that would have brought it, confirmed by runs with the same luck.

In: what did not happen, how often to try. Out: `Found`: the changes that bring it, and the smallest as a what-if to be pasted.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from sim import clock, face
from sim.analysis.but_for import Coming, Weight
from sim.analysis.facts import Facts
from sim.analysis.smallest import Brought, Search, search
from sim.analysis.ways import Absence
from sim.cli.but_for import share
from sim.cli.edited import edits_of
from sim.cli.pool import Variant
from sim.cli.terminal import Screen, progress
from sim.errors import RunStopped, ScenarioError, escaped
from sim.language import alternatives as a
from sim.language.check import build, edited_root
from sim.language.edits import from_override
from sim.language.nodes import Fields, at, flow
from sim.language.source import parse
from sim.log.seen import Watch

if TYPE_CHECKING:
    from sim.cli.why_not import Asking
    from sim.language.edits import Edit

__all__ = ["TRIES", "Found", "brought", "document", "lines", "weighed"]

TRIES = 60
"""So many runs are made unless said."""

EDITS = "edits.yaml"
"""What the what-ifs of one's own are called among the inputs of a result."""

MOST_OTHERS = 3
LONGEST_VALUE = 60
LONGEST_NAME = 48
"""An id has 63 characters at most."""


@dataclass(frozen=True)
class Found:
    """What was found; the edited scenario it changes; the smallest change as a what-if, where one says it."""

    search: Search
    root: Fields
    what_if: str

    @property
    def best(self) -> Brought | None:
        """The smallest change."""
        return self.search.found[0] if self.search.found else None


class Trial:
    """The stored run with one thing changed."""

    def __init__(self, asking: Asking, root: Fields) -> None:
        self.asking = asking
        self.root = root
        self.made = 0

    def happens(self, rung: a.Rung) -> int | None:
        """When it happens with a change; None where it does not, or where the change makes no sound scenario, or a run that stops."""
        asking, header = self.asking, self.asking.repeated.log.header
        self.made += 1
        progress(f"{self.made} changes tried")
        try:
            scenario = build(self.root, None, [rung.edit])
            run = face.ran(scenario, seed=header.seed, replication=header.replication, until=asking.repeated.stored.until)
        except (ScenarioError, RunStopped):
            return None
        found = Facts(scenario, run.log, Watch(frozenset()), asking.until).happened(asking.event, asking.by)
        return found[0].time if found else None


def brought(asking: Asking, absence: Absence, tries: int) -> Found:
    """Try the changes that matter, those near the event first, and before them those of the parts that failed."""
    repeated = asking.repeated
    header, whole = repeated.log.header, repeated.loaded.root
    overrides = [from_override(text, number) for number, text in enumerate(header.overrides, 1)]
    root, _ = edited_root(whole, header.what_if, overrides)
    made = edits_of(whole, header.what_if, header.overrides)
    came = {entry.rule: entry.time for entry in reversed(repeated.log.entries) if (entry.rule or "").startswith("timeline.")}
    levels = a.relevant(repeated.scenario, asking.event)
    failed = set(_words(absence))
    levels |= {path: -1 for path in levels if path.partition(".")[2] in failed and path.startswith(("parameters.", "state."))}
    if not levels:
        return Found(Search((), 0, 0, 0), root, "")
    known = {path: time for path, time in came.items() if path is not None}
    ladders = [*a.undone(whole, made), *a.ladders(root, repeated.scenario, levels, known), *a.borrowed(whole, made)]
    found = search(sorted(ladders, key=lambda one: one.level), Trial(asking, root).happens, tries)
    progress("")
    return Found(found, root, _pasted(asking, found.found[0], made, root) if found.found else "")


def weighed(asking: Asking, found: Found, runs: int, jobs: int | None) -> Weight | None:
    """Over many runs with the seed of the stored one: how often it happens with the smallest change, and without; None where no what-if
    says that change, or there is none."""
    made = _variant(asking, found)
    if made is None:
        return None
    repeated, (loaded, variant) = asking.repeated, made
    header, scenario = repeated.log.header, repeated.scenario
    facts = Facts(scenario, repeated.log, Watch(frozenset()), asking.until)
    by = frozenset(actor for actor in scenario.actors if facts.is_by(actor, asking.by)) if asking.by else None
    variants = [variant, Variant(header.what_if, header.overrides)]
    return repeated.weights(variants, Coming(asking.event, by, asking.until), runs, jobs, loaded)[0]


def _variant(asking: Asking, found: Found) -> tuple[face.Loaded, Variant] | None:
    """The scenario with the smallest change, as many runs are asked for it: a what-if in an edits file."""
    loaded, best = asking.repeated.loaded, found.best
    if found.what_if:
        more = parse(found.what_if, "--not")
        section = more.entries["what_if"]
        assert isinstance(section, Fields)
        texts = {name: text.decode() for name, text in loaded.inputs.items()}
        if EDITS in texts:
            more = face.with_what_ifs(parse(texts[EDITS], EDITS), more)
        return face.reread({**texts, EDITS: a.yaml_of(more)}), Variant(next(iter(section.entries)))
    if best is not None and replace(build(found.root, None, [best.rung.edit]), what_ifs={}) == replace(loaded.scenario(), what_ifs={}):
        return loaded, Variant()
    return None


def _words(absence: Absence) -> Iterator[str]:
    """The names in the parts that failed."""
    for way in absence.ways:
        for group in way.groups:
            yield from re.findall(r"\w+", group.part.text if group.part else "")
        for other in way.below:
            yield from _words(other)


def _pasted(asking: Asking, best: Brought, made: list[Edit], root: Fields) -> str:
    """The smallest change as a what-if; empty where none says it, as where it takes back all that the run changed."""
    repeated, edit = asking.repeated, best.rung.edit
    header, whole = repeated.log.header, repeated.loaded.root
    section = whole.entries.get("what_if")
    taken = section.entries if isinstance(section, Fields) else {}
    name = next(
        one
        for one in (f"{asking.event.replace('.', '_')[:LONGEST_NAME]}_comes{tail}" for tail in ("", *range(2, len(taken) + 3)))
        if one not in taken
    )
    wanted = replace(build(root, None, [edit]), what_ifs={})
    kept = [one for one in made if one.path != edit.path]
    own = [] if best.ladder.kind == "taken back" else [edit]
    forms = [(header.what_if, [*(one for one in kept if one.place.file == "--set"), *own]), (None, [*kept, *own])]
    for combined, changes in forms:
        if not changes and combined is None:
            continue
        text = a.what_if_of(name, combined, changes)
        try:
            if replace(build(face.with_what_ifs(whole, parse(text, "--not")), name), what_ifs={}) == wanted:
                return text
        except ScenarioError:
            continue
    return ""


# ---- on paper


def lines(asking: Asking, found: Found, weight: Weight | None, screen: Screen) -> Iterator[str]:
    """The smallest change, what then happens, with other luck too where that was weighed; how it is written; the others in short; what
    was tried."""
    zone, tried = asking.repeated.log.header.timezone, found.search
    if not tried.ladders:
        return
    counted = f"{tried.tried} of {tried.ladders} changes tried, in {tried.runs} runs with the same luck"
    best = found.best
    if best is None:
        yield from textwrap.wrap(f"no single change that was tried brings it with this luck: {counted}", screen.width)
        return
    yield from _wrapped(f"smallest change that brings it with this luck: {_changed(best, found.root)}", screen, "bold")
    yield f"  then it happens on {_when(best.time, zone)}, as a run with the same luck shows"
    if weight is not None:
        with_it, without_it = share(weight.happened), share(weight.without)
        told = f"over {weight.happened.n} runs it happens in {with_it} with this change, in {without_it} without"
        yield from (f"  {line}" for line in textwrap.wrap(told, screen.width - 2))
    yield from (f"  {screen.styled(escaped(line), 'green')}" for line in found.what_if.splitlines())
    if not found.what_if and best.ladder.kind == "taken back":
        yield "  which is the scenario without its what-if"
    for other in tried.found[1 : MOST_OTHERS + 1]:
        yield from _wrapped(f"or {_changed(other, found.root)}   ({_when(other.time, zone)})", screen)
    if (rest := len(tried.found) - 1 - MOST_OTHERS) > 0:
        yield f"or {rest} other{'' if rest == 1 else 's'} (--json names them)"
    more = "; --tries N makes more" if tried.tried < tried.ladders else ""
    told = f"{counted}{more}. Size counts {a.MEASURE}."
    yield from (screen.styled(line, "dim") for line in textwrap.wrap(told, screen.width))


def _changed(one: Brought, root: Fields) -> str:
    """A change in words: what is done to which path, what stood there, what stands there now."""
    edit = one.rung.edit
    before = at(root, edit.path)
    if isinstance(before, Fields) and edit.kind == "set" and not isinstance(edit.value, Fields):
        before = before.entries.get("value", before)
    parts = [_short(flow(node)) for node in (before, edit.value) if node is not None]
    if one.ladder.kind == "taken back":
        back = {"add": "leave in", "set": "leave", "remove": "leave out"}[edit.kind]
        return f"{back} {escaped(edit.path)}{': ' if parts else ''}{parts[-1] if parts else ''}"
    return f"{edit.kind} {escaped(edit.path)}{': ' if parts else ''}{' → '.join(parts)}"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return escaped(text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…")


def _when(instant: int, zone: str) -> str:
    return clock.iso(instant, zone)[:16].replace("T", " ").removesuffix(" 00:00")


def _wrapped(text: str, screen: Screen, style: str = "") -> Iterator[str]:
    for place, line in enumerate(textwrap.wrap(text, screen.width - 2, break_on_hyphens=False, break_long_words=False)):
        yield f"{'  ' if place else ''}{screen.styled(line, style)}"


# ---- for machines


def document(asking: Asking, found: Found, weight: Weight | None) -> dict[str, Any]:
    """The changes that bring it, the smallest first; what was tried; how much hangs on the smallest over many runs."""
    zone, tried = asking.repeated.log.header.timezone, found.search
    changes = [
        {
            "kind": one.ladder.kind,
            "edit": one.rung.edit.kind,
            "path": one.rung.edit.path,
            "value": None if one.rung.edit.value is None else flow(one.rung.edit.value),
            "size": one.rung.size,
            "least": one.least,
            "happens": clock.iso(one.time, zone),
        }
        for one in tried.found
    ]
    return {
        "changes": changes,
        "what_if": found.what_if or None,
        "tried": tried.tried,
        "of": tried.ladders,
        "runs": tried.runs,
        "weight": None if weight is None else asdict(weight),
    }
