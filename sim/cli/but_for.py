"""`sim why --but-for`: what becomes of an entry when something is taken out of its scenario.

In: a stored result, an entry of it, paths. Out: a table, or a JSON document: the fate of the entry without each; with many runs, how
necessary and how sufficient each is for such an event.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

from sim import clock
from sim.analysis.but_for import FATES, Fate, Happening, Weight, fate, weight
from sim.analysis.enough import LARGEST, Enough, enough
from sim.analysis.reasons import Reasons
from sim.analysis.statistics import Estimate
from sim.cli.pool import HAPPENED, Plan, Variant, measured
from sim.cli.repeated import NOTHING, Repeated
from sim.cli.terminal import Screen, progress
from sim.cli.timeline import Page
from sim.cli.words import Words
from sim.errors import escaped
from sim.language.without import removable, without
from sim.log.entries import Entry, Log

__all__ = ["ALL", "Question", "answer", "document", "lines", "several", "weights"]

MOST_RUNS = 60
"""So many runs are made at most to find what is enough."""

ALL = "all"
"""What asks for everything that can be taken out, each in turn."""

STYLES = {"gone": "bold red", "changed": "bold yellow", "moved": "yellow", "same": "dim"}


@dataclass(frozen=True)
class Question:
    """An entry of a stored run."""

    repeated: Repeated
    entry: Entry

    @property
    def log(self) -> Log:
        """The stored log."""
        return self.repeated.log


def answer(question: Question, paths: Sequence[str]) -> list[Fate]:
    """The fate of the entry without each of these, what matters most first; at first the run is repeated as it was."""
    repeated = question.repeated
    for path in paths:
        if path != ALL:
            without(repeated.scenario, path)
    repeated.require_alike(repeated.run())
    asked = removable(repeated.scenario) if ALL in paths else tuple(dict.fromkeys(paths))
    found = []
    for number, path in enumerate(asked, 1):
        progress(f"{number} of {len(asked)} runs")
        found.append(fate(path, question.entry, question.log, question.repeated.run([path])))
    progress("")
    near = list(Reasons(question.log).below(question.entry))
    rules = [question.log.entries[number].rule for number in near]

    def rank(one: Fate) -> tuple[Any, ...]:
        return FATES.index(one.kind), one.instead is not None, rules.index(one.path) if one.path in rules else len(rules), one.path

    return sorted(found, key=rank)


def weights(question: Question, fates: Sequence[Fate], runs: int, jobs: int | None) -> list[Weight]:
    """How much hangs on each over many runs with the seed of the stored one."""
    header = question.log.header
    variants = [Variant(header.what_if, header.overrides, paths) for paths in ((), *((one.path,) for one in fates))]
    plan = Plan(variants, runs, header.seed, NOTHING, Happening.of(question.entry), question.repeated.stored.until)
    with closing(measured(question.repeated.loaded, plan, jobs)) as done:
        rows = [[bool(one[HAPPENED]) for one in found] for found in done]
    return [weight([(row[0], row[place]) for row in rows]) for place in range(1, len(variants))]


def several(question: Question) -> Enough | None:
    """Which timeline entries are each enough for such an event, where more than one set of them is."""

    def rerun(paths: tuple[str, ...]) -> Log:
        progress(f"without {', '.join(map(escaped, paths))}")
        return question.repeated.run(paths)

    found = enough(Happening.of(question.entry), question.log, rerun, MOST_RUNS)
    progress("")
    return found if found is not None and len(found.sets) > 1 else None


# ---- on paper


def lines(question: Question, fates: Sequence[Fate], found: Enough | None, weighed: Sequence[Weight] | None) -> Iterator[str]:
    """What becomes of the entry without each; what changes nothing is only counted where there is much of it."""
    screen = Screen.of(sys.stdout)
    words = Words(question.repeated.scenario, question.log.header.timezone)
    page = Page(question.log, words, screen)
    entry = question.entry
    told = "  ".join(text for text, _ in page.body(entry)[1])
    yield f"{screen.styled(f'#{entry.id}', 'dim')} {' '.join(page.stamp(entry.time))}  {told}"
    yield ""
    shown = [one for one in fates if one.kind != "same"] or list(fates[:1])
    width = max(len(escaped(one.path)) for one in shown) + 2
    yield screen.styled(f"{'without':{width}}it is", "dim")
    for one in shown:
        yield f"{escaped(one.path):{width}}{screen.styled(one.kind, STYLES[one.kind])}{_more(one, entry, page)}"
    if rest := len(fates) - len(shown):
        yield screen.styled(f"{rest} more, each left out alone: it is the same without them", "dim")
    if found is not None:
        yield ""
        yield from _enough(question, found, words, screen)
    if weighed is not None:
        yield ""
        yield from _weighed(fates, weighed, screen)


def _enough(question: Question, found: Enough, words: Words, screen: Screen) -> Iterator[str]:
    """What of the timeline is enough for such an event, where more than one set is."""
    entry = question.entry
    named = " ".join(filter(None, (words.title(entry), "" if entry.status == "done" else entry.status)))
    core = frozenset.intersection(*map(frozenset, found.sets))
    head = f"{named} needs {' and '.join(map(escaped, sorted(core)))}; beside that any of these is enough, without the others:"
    if not core:
        head = f"no entry of the timeline decides {named} alone: any of these is enough, without the others:"
    yield from textwrap.wrap(head, screen.width, break_on_hyphens=False, break_long_words=False)
    yield from (f"  {' with '.join(escaped(path) for path in one if path not in core)}" for one in found.sets)
    bound = "" if found.whole else f"; sets of more than {LARGEST}, and more than {MOST_RUNS} runs, were not tried"
    without_any = f"without any of {', '.join(map(escaped, found.among))} it is gone" if found.gone else "each was tried"
    told = f"{without_any} ({found.runs} runs{bound})"
    yield from (screen.styled(line, "dim") for line in textwrap.wrap(told, screen.width, break_on_hyphens=False, break_long_words=False))


def _more(one: Fate, entry: Entry, page: Page) -> str:
    """What else is to be said of a fate."""
    if one.after is not None:
        by = one.after.time - entry.time
        return f" by {'+' if by > 0 else ''}{clock.words(by)}" if by else ""
    return "" if one.instead is None else f"; another comes on {' '.join(page.stamp(one.instead.time))}"


def _weighed(fates: Sequence[Fate], weighed: Sequence[Weight], screen: Screen) -> Iterator[str]:
    """Over many runs: how often it happens with and without, and what that says."""
    for one, found in zip(fates, weighed, strict=True):
        yield screen.styled(escaped(one.path), "bold")
        yield f"  it happens with it in {_share(found.happened)}, without it in {_share(found.without)}"
        yield f"  necessary {_share(found.necessity)}, sufficient {_share(found.sufficiency)}"
    yield ""
    n = weighed[0].happened.n
    told = (
        f"{n} runs of each with the same luck: necessary is the share of the runs with it that do not have it without; sufficient is the "
        "share of the runs that do not have it without in which it comes with. In brackets Wilson's interval at 95%."
    )
    yield from (screen.styled(line, "dim") for line in textwrap.wrap(told, screen.width))


def _share(estimate: Estimate | None) -> str:
    """A share and its interval in percent."""
    if estimate is None or estimate.low is None or estimate.high is None:
        return "– (in no run)"
    low, high = (f"{end * 100:.0f}" for end in (estimate.low, estimate.high))
    return f"{estimate.value * 100:.0f} % ({low} to {high})"


# ---- for machines


def document(
    result: str, question: Question, fates: Sequence[Fate], found: Enough | None, weighed: Sequence[Weight] | None
) -> dict[str, Any]:
    """The fates, each with its weight where there are many runs; what of the timeline is enough, where that is more than one set."""
    zone = question.log.header.timezone
    rows: list[dict[str, Any]] = []
    for place, one in enumerate(fates):
        rows.append(
            {
                "path": one.path,
                "fate": one.kind,
                "moved_by": clock.seconds(one.after.time - question.entry.time) if one.after is not None else None,
                "instead": clock.iso(one.instead.time, zone) if one.instead is not None else None,
                "differs": one.differs,
                **({"weight": asdict(weighed[place])} if weighed is not None else {}),
            }
        )
    return {"result": result, "entry": question.entry.id, "but_for": rows, "enough": None if found is None else asdict(found)}
