"""The timeline of two runs: side by side where there is room, else as one.

In: two runs and their `Comparison`. Out: lines for a terminal.

Stretches of what is the same are folded into one line. So is routine, counted by kind: the course of cases, `change`
entries, and whatever differs alike more than `OFTEN` times, save the first. Only the pairs that are shown are looked at.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from sim import clock
from sim.analysis.compare import Comparison, Outline, Pair
from sim.cli.compared import SIGNS, Side, Tongue
from sim.cli.events import is_of
from sim.cli.terminal import Screen, columns, number
from sim.errors import escaped

__all__ = ["is_meant", "shown_pairs", "timeline"]

OFTEN = 5
LEFT = 20
"""The columns before what happened: sign, date, time."""

BESIDE = 100
"""From this width on the runs stand side by side."""

DATE = 18
"""The columns of a date and time with what keeps them apart from what happened."""


@dataclass
class Fold:
    """A stretch that is not shown: how many entries are the same, and which routine differs how."""

    same: int = 0
    routine: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def told(self) -> str:
        """What is in it, in words."""
        parts = [f"{number(self.same)} {'entry' if self.same == 1 else 'entries'} unchanged"] if self.same else []
        for name, kinds in self.routine.items():
            parts.append(f"{name}: " + ", ".join(f"{number(count)} {kind}" for kind, count in kinds.items()))
        return " · ".join(parts)


def timeline(before: Side, after: Side, comparison: Comparison, screen: Screen, *, full: bool, only: Sequence[str]) -> Iterator[str]:
    """Both runs by time. `only` keeps events of these names (and of the provisions of these names); `full` folds nothing."""
    tongue = Tongue(before, after)
    page = _Beside(tongue, screen, (before.name, after.name)) if screen.width >= BESIDE else _Page(tongue, screen)
    yield from page.head()
    for fold, pair in shown_pairs(comparison, tongue, full=full, only=only):
        yield from page.fold(fold, pair)
        if pair is not None:
            yield from page.row(pair)


def shown_pairs(comparison: Comparison, tongue: Tongue, *, full: bool, only: Sequence[str]) -> Iterator[tuple[Fold, Pair | None]]:
    """The pairs that are shown, each with what is folded before it; at the end what is folded behind the last.

    Where they part is shown, be it routine.
    """
    pairs, parting = comparison.pairs, comparison.parting
    outlined = Counter(pairs.outlines())
    often: Counter[tuple[str, ...]] = Counter()
    for outline, count in outlined.items():
        often[_alike(outline)] += count
    meant = {outline: is_meant(outline, only) for outline in outlined}
    routine = {outline: not full and not only and _is_routine(outline, tongue) for outline in outlined}
    seen: set[tuple[str, ...]] = set()
    fold = Fold()
    for place, outline in enumerate(pairs.outlines()):
        if not meant[outline]:
            continue
        if outline.kind == "same" and not full:
            fold.same += 1
            continue
        alike = _alike(outline)
        again = not full and not only and often[alike] > OFTEN and alike in seen
        if (routine[outline] or again) and place != parting:
            fold.routine.setdefault(_group(outline, tongue), Counter())[outline.kind] += 1
        else:
            yield fold, pairs[place]
            fold = Fold()
        seen.add(alike)
    yield fold, None


def is_meant(outline: Outline, only: Sequence[str]) -> bool:
    """Whether a pair is of these events or norms, in either run. Without names all are meant but start and end."""
    if only:
        return any(is_of(sort, only) for sort in (outline.before, outline.after) if sort is not None)
    return outline.sort.event not in ("start", "end") or outline.kind not in ("same", "changed")


def _alike(outline: Outline) -> tuple[str, ...]:
    """What counts as the same difference again; what is the same counts for nothing."""
    if outline.kind == "same":
        return ()
    return (outline.kind, outline.sort.event, *(sort.status if sort else "" for sort in (outline.before, outline.after)))


def _is_routine(outline: Outline, tongue: Tongue) -> bool:
    """Whether a pair is routine however seldom it is: the course of a case, a value that was written."""
    sort = outline.sort
    if sort.event == "change":
        return not sort.is_duty
    return tongue.of(outline).procedure(sort.event) is not None


def _group(outline: Outline, tongue: Tongue) -> str:
    """What a fold counts a pair under."""
    words, event = tongue.of(outline), outline.sort.event
    procedure = words.procedure(event)
    if event == "change":
        return "changes of values"
    return escaped(procedure.replace("_", " ")) if procedure else words.event(event)


class _Page:
    """Both runs in one column."""

    def __init__(self, tongue: Tongue, screen: Screen) -> None:
        self.tongue = tongue
        self.screen = screen
        self.room = max(screen.width - LEFT, 20)

    def head(self) -> Iterator[str]:
        """What stands above."""
        yield from ()

    def row(self, pair: Pair) -> Iterator[str]:
        """One pair: sign, date, what happens, what is different about it; its provision where there is room."""
        screen, (sign, style) = self.screen, SIGNS[pair.kind]
        what, note = self.tongue.what(pair), self.tongue.note(pair)
        head = f"{screen.styled(sign, style)} {self.tongue.when(pair.time)}  "
        used = columns(what) + 2 + columns(note)
        if used > self.room:
            parts = [*((line, "") for line in textwrap.wrap(what, self.room)), *((line, style) for line in textwrap.wrap(note, self.room))]
            for place, (line, colour) in enumerate(parts):
                yield (" " * LEFT if place else head) + screen.styled(line, colour)
            return
        origin = escaped(pair.entry.rule or "")
        space = self.room - used - columns(origin)
        tail = " " * space + screen.styled(origin, "dim") if origin and space >= 3 else ""
        yield f"{head}{what}  {screen.styled(note, style)}{tail}"

    def fold(self, fold: Fold, following: Pair | None) -> Iterator[str]:
        """A stretch that is not shown, in one line."""
        if not fold.told:
            return
        until = f" until {self.tongue.when(following.time)[:10]}" if following is not None else ""
        for place, line in enumerate(textwrap.wrap(fold.told + until, self.screen.width - 2, break_on_hyphens=False)):
            yield self.screen.styled(f"{' ' if place else '·'} {line}", "dim")


class _Beside(_Page):
    """Each run in a column of its own, each entry with its own date; between them the sign of the pair."""

    def __init__(self, tongue: Tongue, screen: Screen, names: tuple[str, str]) -> None:
        super().__init__(tongue, screen)
        self.names = names
        self.half = (screen.width - 5) // 2

    def head(self) -> Iterator[str]:
        """The names of the runs."""
        first, second = (
            escaped(name) if columns(escaped(name)) <= self.half else f"{escaped(name)[: self.half - 1]}…" for name in self.names
        )
        yield self.screen.styled(f"{first}{' ' * (self.half - columns(first))}     {second}", "dim")

    def row(self, pair: Pair) -> Iterator[str]:
        """One pair: what happens on the left, and on the right what becomes of it, or what happens there alone."""
        sign, style = SIGNS[pair.kind]
        left = self._column(pair, "before", self.tongue.what(replace(pair, after=None))) if pair.before else []
        right = []
        if pair.after:
            is_other = pair.before is None or pair.before.event != pair.after.event
            right = self._column(pair, "after", self.tongue.what(pair) if is_other else self._told(pair))
        for place in range(max(len(left), len(right))):
            one, other = (column[place] if place < len(column) else "" for column in (left, right))
            space = " " * (self.half - columns(one))
            mark = "   " if place else f" {self.screen.styled(sign, style)} "
            first, second = self.screen.styled(one, style if pair.kind == "gone" else ""), self.screen.styled(other, style)
            yield f"{first}{space} {mark} {second}".rstrip()

    def _told(self, pair: Pair) -> str:
        """What is different about an entry of both runs; the date of the second stands beside it."""
        if pair.kind == "moved":
            return f"{'+' if pair.moved_by > 0 else ''}{clock.words(pair.moved_by)}"
        return self.tongue.note(pair, dated=False)

    def _column(self, pair: Pair, side: Literal["before", "after"], what: str) -> list[str]:
        """The lines of an entry in its column."""
        entry = getattr(pair, side)
        first, *rest = textwrap.wrap(what, self.half - DATE) or [""]
        return [f"{self.tongue.when(entry.time)}  {first}", *(" " * DATE + line for line in rest)]
