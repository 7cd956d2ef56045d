"""The ground: where a thing stands in a file, what can be wrong with it, and the one tree of errors.

In: nothing. Out: `Place`, `Problem`, `CODES` and the exceptions every other module raises.

    SimError                   exit code
    ├── ScenarioError          2   the scenario is refused: problems with places
    ├── UsageError             2   the request is wrong: no such what-if, no such result
    ├── RunStopped             3   what only a run can show: a limit, a conflict, a value out of bounds
    └── StoreError             4   reading or writing failed
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

__all__ = [
    "CODES",
    "Place",
    "Problem",
    "RunStopped",
    "ScenarioError",
    "SimError",
    "StoreError",
    "UsageError",
    "did_you_mean",
    "escaped",
    "listed",
    "names_near",
    "nearest_first",
]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a file; line and column count from 1, `length` is in characters."""

    file: str
    line: int
    column: int
    length: int = field(default=1, compare=False)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing the author got wrong, with its place, its path in the scenario and a remedy in the text."""

    code: str
    text: str
    place: Place
    path: str = ""

    @property
    def is_error(self) -> bool:
        """Whether the scenario is refused because of it (a warning's code begins with W)."""
        return not self.code.startswith("W")

    @property
    def line(self) -> str:
        """The problem in one line: `file:line:col: error[E102]: text (at rules.x.when)`."""
        kind = "error" if self.is_error else "warning"
        at = f" (at {escaped(self.path)})" if self.path else ""
        return f"{escaped(self.place.file)}:{self.place.line}:{self.place.column}: {kind}[{self.code}]: {escaped(self.text)}{at}"


class SimError(Exception):
    """Whatever `sim` tells its user instead of going on. `exit_code` is what the command ends with."""

    exit_code = 2


class UsageError(SimError):
    """The request is wrong: an unknown what-if, result, option value."""


class ScenarioError(SimError):
    """The scenario is refused; `problems` are all that was found, in the order of their places."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.place.file, p.place.line, p.place.column, p.code, p.text)))
        super().__init__("\n".join(problem.line for problem in self.problems))

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[tuple[Problem, ...]]]:
        """As other processes are told of it."""
        return ScenarioError, (self.problems,)


class RunStopped(SimError):
    """A run that cannot go on: `code` (E5xx), the words, the path of the provision and the instant (µs) it happened at."""

    exit_code = 3

    def __init__(self, code: str, text: str, path: str = "", instant: int | None = None) -> None:
        self.code = code
        self.text = text
        self.path = path
        self.instant = instant
        super().__init__(text)


class StoreError(SimError):
    """A result could not be read or written; `place` is the file or folder concerned."""

    exit_code = 4

    def __init__(self, text: str, place: str = "") -> None:
        self.text = text
        self.place = place
        super().__init__(f"{text}: {place}" if place else text)


CODES: dict[str, str] = {
    # the file as YAML (sim/language/files.py, source.py)
    "E001": "the file is not a readable scenario file",
    "E002": "the text is not clean UTF-8",
    "E003": "the YAML is malformed",
    "E004": "nesting is too deep",
    "E005": "the file, a text or the number of values is too large",
    "E006": "anchors and aliases are not part of the language",
    "E007": "merge keys are not part of the language",
    "E008": "tags are not part of the language",
    "E009": "a key is written twice",
    "E010": "a key has no value",
    "E011": "a scenario is one document holding a mapping",
    "E012": "a key is not a plain word",
    # the parts of a scenario in several files (sim/language/include.py)
    "E013": "a file cannot be part of the scenario",
    # the shape of the scenario (sim/language/shapes*.py)
    "E101": "an unknown key",
    "E102": "an unknown name",
    "E103": "a key is missing",
    "E104": "a value has the wrong shape",
    "E105": "a value is not one of those allowed",
    "E106": "an id is malformed",
    "E107": "a name is taken or reserved",
    "E108": "a duration is malformed",
    "E109": "a date or time is malformed, absent from the calendar, or twice in it",
    "E110": "a number is malformed, not finite, or out of range",
    # expressions (sim/language/tokens.py, grammar.py, infer.py)
    "E201": "an expression is malformed",
    "E202": "an unknown function",
    "E203": "a function is given the wrong arguments",
    "E204": "a type or unit does not fit",
    "E205": "a value may be missing",
    "E206": "a name has no meaning here",
    "E207": "an expression is too long or too deep",
    "E208": "a condition that cannot be followed",
    # meaning (sim/language/link.py, checks.py)
    "E301": "one rule writes one thing twice",
    "E302": "a value lies outside its bounds",
    "E303": "a norm speaks of what nobody decides",
    "E304": "a path leads nowhere",
    "E305": "two edits touch one another",
    "E306": "a distribution is impossible",
    "E307": "definitions go round in a circle",
    "E308": "something repeats without time passing",
    "E309": "a name is ambiguous",
    "E310": "this cannot be changed",
    # warnings
    "W401": "a timeline entry lies outside the period",
    # (sim/language/lints.py)
    "W402": "a rule that never fires",
    "W403": "an event that nothing brings about",
    "W404": "something that nothing uses",
    "W405": "a provision that is never in force",
    "W406": "a question about the law that has one answer for ever",
    "W407": "a delayed rule lets a second occasion in",
    "W408": "law beside an act that may be blocked",
    "W409": "there is nothing to silence",
    "W410": "an option that is never chosen",
    "W411": "a kind that is not listed, beside one that is called nearly so",
    "W412": "an attribute is asked of somebody who does not have it",
    "W413": "a time limit that nothing comes of",
    "W414": "a duty that nobody who owes it ever fulfils",
    "W415": "a date without a time under `until`",
    "W416": "what was observed and nothing brings about",
    "W417": "an age is compared with days where the clocks change",
    "W418": "a number that grows by fractions is compared for equality",
    # stops of a run (sim/engine)
    "E501": "two rules write one thing differently",
    "E502": "a chain of causes does not end",
    "E503": "too many turns in one instant",
    "E504": "a probability or weight is impossible",
    "E505": "a length of time is impossible",
    "E506": "a value is not finite or too large",
    "E507": "an expression has no value",
    "E508": "a run is too large",
    "E509": "a process that ran replications has died",
}
"""Every code with its short meaning; `docs/errors.md` has a line for each and the tests a bad case."""


def escaped(text: str) -> str:
    """The text with control, format and surrogate characters made visible, so that no name can forge a line or move the cursor."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'halt'?` for the nearest known word, or nothing when none is near."""
    if len(word) > LONGEST_WORD:
        return ""
    words = _vocabulary(tuple(known))
    if word not in words.nearest:
        words.nearest[word] = _nearest(word, words)
    near = words.nearest[word]
    return f"; did you mean '{near}'?" if near else ""


NEAR = 0.6
"""The least likeness of a word that is proposed for another."""
FEW_WORDS = 300
"""Among so many words all are compared; among more, those alone that differ by one letter: what a hint costs stays bounded."""
LONGEST_WORD = 256
"""Of a longer text nobody is told what it might have meant."""


class _Vocabulary:
    """Known words; those that have a form (where they are many); and what was answered for words that are none of them."""

    def __init__(self, known: tuple[str, ...]) -> None:
        self.known = known
        self.having: dict[str, list[str]] = {}
        self.nearest: dict[str, str] = {}
        for name in known if len(known) > FEW_WORDS else ():
            for form in _forms(name) if len(name) <= LONGEST_WORD // 4 else ():
                self.having.setdefault(form, []).append(name)


_vocabulary = lru_cache(maxsize=16)(_Vocabulary)


def _forms(word: str) -> set[str]:
    """A word, and what is left of it without any one letter: words that differ by one letter share a form."""
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


def _nearest(word: str, words: _Vocabulary) -> str:
    """The known word most like another, the one that `difflib.get_close_matches` finds; empty where none is near."""
    from difflib import SequenceMatcher

    known = {name for form in _forms(word) for name in words.having.get(form, ())} if words.having else words.known
    letters = [(letter, word.count(letter)) for letter in set(word)]
    bounds = []
    for name in known:
        total = len(word) + len(name)
        if 2 * min(len(word), len(name)) >= NEAR * total > 0:
            bounds.append((2 * sum(min(times, name.count(letter)) for letter, times in letters) / total, name))
    matcher = SequenceMatcher()
    matcher.set_seq2(word)
    best = (NEAR, "")
    # No likeness is above its bound, so what lies below the best so far need not be looked at.
    for bound, name in sorted(bounds, reverse=True):
        if bound < best[0]:
            break
        matcher.set_seq1(name)
        best = max(best, (matcher.ratio(), name))
    return best[1]


def nearest_first(word: str, known: Iterable[str]) -> list[str]:
    """Known names for somebody who asked for another: first those that hold the word, then those like it, then the rest, the plain before
    the dotted."""
    from difflib import get_close_matches

    names = sorted(known, key=lambda one: (one.count("."), one))
    asked = word.lower()
    holding = [one for one in names if asked and asked in one.lower()]
    holding.sort(key=lambda one: not one.lower().endswith(asked))
    near = set(get_close_matches(word, names, n=3, cutoff=0.4))
    return [*dict.fromkeys([*holding, *(one for one in names if one in near), *names])]


def names_near(word: str, known: Collection[str], titles: Iterable[str] = ()) -> str:
    """What helps somebody whose word names nothing: the one name that holds it, or is near; all that hold it; else what there is."""
    holding = [one for one in nearest_first(word, known) if word and word.lower() in one.lower()]
    if len(holding) > 1:
        return f"; '{escaped(word)}' is part of {listed(holding)}"
    near = f"; did you mean '{holding[0]}'?" if holding else did_you_mean(word, [*known, *titles])
    return escaped(near) or (f" (known are {listed(nearest_first(word, known))})" if known else "")


def listed(names: Sequence[str], most: int = 12) -> str:
    """`a, b and 3 more`."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(map(escaped, names[:most]))}{more}"
