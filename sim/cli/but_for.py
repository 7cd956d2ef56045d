"""`sim why --but-for`: what becomes of an entry when something is taken out of its scenario.

In: a stored result, an entry of it, paths. Out: a table, or a JSON document: the fate of the entry without each; with many runs, how
necessary and how sufficient each is for such an event.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sim import clock
from sim.analysis.but_for import FATES, Fate, Happening, Weight, fate
from sim.analysis.enough import LARGEST, Enough, enough
from sim.analysis.reasons import Reasons
from sim.analysis.statistics import Estimate
from sim.cli.pool import Variant
from sim.cli.repeated import Repeated
from sim.cli.request import instant_in
from sim.cli.terminal import Screen, progress
from sim.cli.timeline import Page
from sim.cli.words import Words
from sim.errors import UsageError, escaped
from sim.language.without import removable, without
from sim.log.entries import Entry, Log

__all__ = ["ALL", "Question", "answer", "asked", "document", "lines", "several", "share", "weights"]

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
    paths: tuple[str, ...]
    """What is taken out, or `ALL`."""

    counted: Happening
    """What counts as such an event in many runs."""

    @property
    def of_all(self) -> bool:
        """Whether everything is taken out, each in turn."""
        return ALL in self.paths

    @property
    def log(self) -> Log:
        """The stored log."""
        return self.repeated.log


def asked(repeated: Repeated, entry: Entry, paths: Sequence[str], begin: str | None, until: str | None) -> Question:
    """The question, or why it cannot be asked; many runs are asked for such an event from one date on, and before another."""
    header, kept = repeated.log.header, tuple(dict.fromkeys(paths))
    if ALL in kept and len(kept) > 1:
        raise UsageError("--but-for all takes out everything, each alone: leave out the other --but-for")
    for path in kept:
        if path != ALL:
            without(repeated.scenario, path)
    first = None if begin is None else instant_in("--from", begin, header.period, header.timezone)
    end = None if until is None else instant_in("--until", until, header.period, header.timezone)
    counted = replace(Happening.of(entry), begin=first, until=end)
    if next((one for one in counted.all(repeated.log) if one.id == entry.id), None) is None:
        said = " and ".join(option for option, given in (("--from", begin), ("--until", until)) if given)
        when = clock.iso(entry.time, header.timezone)[:16].replace("T", " ")
        raise UsageError(f"#{entry.id} itself, on {when}, would not count: let {said} leave it in, or ask about another")
    return Question(repeated, entry, kept, counted)


def answer(question: Question) -> list[Fate]:
    """The fate of the entry without all of these together, then without each, what matters most first; at first the run is repeated as
    it was."""
    repeated = question.repeated
    repeated.require_alike(repeated.run())
    single = removable(repeated.scenario) if question.of_all else question.paths
    tried: list[tuple[str, ...]] = [(path,) for path in single]
    tried += [] if question.of_all or len(single) == 1 else [single]
    found = []
    for number, left_out in enumerate(tried, 1):
        progress(f"{number} of {len(tried)} runs")
        found.append(fate(left_out, question.entry, question.log, repeated.run(left_out)))
    progress("")
    near = list(Reasons(question.log).below(question.entry))
    rules = [question.log.entries[number].rule for number in near]

    def rank(one: Fate) -> tuple[Any, ...]:
        path = one.without[0]
        place = rules.index(path) if path in rules else len(rules)
        return -len(one.without), FATES.index(one.kind), one.instead is not None, place, path

    return sorted(found, key=rank)


def weights(question: Question, fates: Sequence[Fate], runs: int, jobs: int | None) -> list[Weight]:
    """How much hangs on each over many runs with the seed of the stored one, and with what counts in them."""
    header = question.log.header
    variants = [Variant(header.what_if, header.overrides, paths) for paths in ((), *(one.without for one in fates))]
    return question.repeated.weights(variants, question.counted, runs, jobs)


def several(question: Question) -> Enough:
    """Which timeline entries are each enough for such an event."""

    def rerun(paths: tuple[str, ...]) -> Log:
        progress(f"without {', '.join(map(escaped, paths))}")
        return question.repeated.run(paths)

    found = enough(Happening.of(question.entry), question.log, rerun, MOST_RUNS)
    progress("")
    return found


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
    shown = [one for one in fates if one.kind != "same" or not question.of_all] or list(fates[:1])
    width = max(len(_named(one)) for one in shown) + 2
    yield screen.styled(f"{'without':{width}}it is", "dim")
    for one in shown:
        yield f"{_named(one):{width}}{screen.styled(one.kind, STYLES[one.kind])}{_more(one, entry, page)}"
    if rest := len(fates) - len(shown):
        yield screen.styled(f"{rest} more, each left out alone: it is the same without them", "dim")
    if found is not None:
        yield ""
        yield from _enough(question, found, words, screen)
    if weighed is not None:
        yield ""
        yield from _weighed(fates, weighed, screen)
        yield from _counted(question, words, weighed[0].happened.n, screen)


def _named(one: Fate) -> str:
    """What is taken out; of several together how many, since each stands below."""
    several = len(one.without)
    return escaped(one.without[0]) if several == 1 else "both together" if several == 2 else f"all {several} together"


def _enough(question: Question, found: Enough, words: Words, screen: Screen) -> Iterator[str]:
    """What of the timeline is enough for such an event; where that is not more than one set, that others were looked for."""
    named, bound = _event(question, words), f"; sets of more than {LARGEST}, and more than {MOST_RUNS} runs, were not tried"
    runs = f"({found.runs} run{'' if found.runs == 1 else 's'}{'' if found.whole else bound})"
    if len(found.sets) < 2:
        told = f"{_no_choice(found, named)} {runs}"
        yield from (
            screen.styled(line, "dim") for line in textwrap.wrap(told, screen.width, break_on_hyphens=False, break_long_words=False)
        )
        return
    core = frozenset.intersection(*map(frozenset, found.sets))
    head = f"{named} needs {' and '.join(map(escaped, sorted(core)))}; beside that any of these is enough, without the others:"
    if not core:
        head = f"no entry of the timeline decides {named} alone: any of these is enough, without the others:"
    yield from textwrap.wrap(head, screen.width, break_on_hyphens=False, break_long_words=False)
    yield from (f"  {' with '.join(escaped(path) for path in one if path not in core)}" for one in found.sets)
    without_any = f"without any of {', '.join(map(escaped, found.among))} it is gone" if found.gone else "each was tried"
    told = f"{without_any} {runs}"
    yield from _dim(told, screen)


def _dim(text: str, screen: Screen) -> Iterator[str]:
    """What is said beside, wrapped."""
    yield from (screen.styled(line, "dim") for line in textwrap.wrap(text, screen.width, break_on_hyphens=False, break_long_words=False))


def _no_choice(found: Enough, named: str) -> str:
    """What to say where the search found no two sets that are each enough."""
    if found.sets:
        needed = " and ".join(map(escaped, found.sets[0]))
        return f"{named} needs {needed}; looked for another set of timeline entries that is enough, found none"
    if found.whole and not found.among:
        return (
            f"{named} {'comes without any entry of the timeline that it rests on' if found.runs else 'rests on no entry of the timeline'}"
        )
    return f"looked for sets of timeline entries that are each enough for {named}, found none"


def _event(question: Question, words: Words) -> str:
    """What happens in the entry, in words."""
    entry = question.entry
    return " ".join(filter(None, (words.title(entry), "" if entry.status == "done" else entry.status)))


def _more(one: Fate, entry: Entry, page: Page) -> str:
    """What else is to be said of a fate."""
    if one.after is not None:
        by = one.after.time - entry.time
        return f" by {'+' if by > 0 else ''}{clock.words(by)}" if by else ""
    return "" if one.instead is None else f"; another comes on {' '.join(page.stamp(one.instead.time))}"


def _weighed(fates: Sequence[Fate], weighed: Sequence[Weight], screen: Screen) -> Iterator[str]:
    """Over many runs: how often it happens with and without, and what that says."""
    for one, found in zip(fates, weighed, strict=True):
        yield screen.styled(_named(one), "bold")
        yield f"  it happens with it in {share(found.happened)}, without it in {share(found.without)}"
        yield f"  necessary {share(found.necessity)}, sufficient {share(found.sufficiency)}"
    yield ""


def _counted(question: Question, words: Words, n: int, screen: Screen) -> Iterator[str]:
    """What was counted in many runs, and how the shares are meant."""
    counted, log, zone = question.counted, question.log, question.log.header.timezone
    ends = [f"{word} {_date(edge, zone)}" for word, edge in (("from", counted.begin), ("before", counted.until)) if edge is not None]
    when = " ".join(ends) or "at any time of the run"
    told = f"What counts: {_event(question, words)}, of the same actors, comes {when}, whichever it is of several."
    if counted.begin is None and any(one.id < question.entry.id for one in counted.all(log)):
        told += f" In the stored run it came before #{question.entry.id} too: --from DATE leaves out what comes earlier."
    yield from textwrap.wrap(told, screen.width)
    meant = (
        f"{n} runs of each with the same luck: necessary is the share of the runs with it that do not have it without; sufficient is the "
        "share of the runs that do not have it without in which it comes with. In brackets Wilson's interval at 95%."
    )
    yield from _dim(meant, screen)


def _date(instant: int, zone: str) -> str:
    return clock.iso(instant, zone)[:16].replace("T", " ").removesuffix(" 00:00")


def share(estimate: Estimate | None) -> str:
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
                "without": list(one.without),
                "fate": one.kind,
                "moved_by": clock.seconds(one.after.time - question.entry.time) if one.after is not None else None,
                "instead": clock.iso(one.instead.time, zone) if one.instead is not None else None,
                "differs": one.differs,
                **({"weight": asdict(weighed[place])} if weighed is not None else {}),
            }
        )
    edges = {"from": question.counted.begin, "until": question.counted.until}
    counted = {name: None if edge is None else clock.iso(edge, zone) for name, edge in edges.items()}
    return {
        "result": result,
        "entry": question.entry.id,
        "but_for": rows,
        **({"counted": counted} if weighed is not None else {}),
        "enough": None if found is None else asdict(found),
    }
