"""What was in force when, in two runs.

In: for each run, when each provision came into force or went out of it, and when the run ends. Out: the `Regime`s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Regime", "Span", "regimes_of"]

Span = tuple[int, int | None, str]
"""From when until when (µs) something was in force, and what ended it (`repealed`, `suspended`, `expired`); None: to the end."""

Turns = Mapping[str, Sequence[tuple[int, bool, str]]]
"""By provision: at which instants (µs) it came into force (True) or went out of it, and by which change."""


@dataclass(frozen=True, slots=True)
class Regime:
    """One provision: when it was in force in each of two runs, and what ended it; None where a run does not know it."""

    provision: str
    before: tuple[Span, ...] | None
    after: tuple[Span, ...] | None

    @property
    def differs(self) -> bool:
        """Whether it was not in force at the same times in both, or ended otherwise."""
        return self.before != self.after


def regimes_of(turns: tuple[Turns, Turns], ends: tuple[int, int]) -> list[Regime]:
    """All provisions, those first that were not in force at the same times in both runs, in the order in which they first differ."""
    first, second = turns
    found = []
    for provision in dict.fromkeys([*first, *second]):
        spans = [_spans(one[provision], end) if provision in one else None for one, end in zip(turns, ends, strict=True)]
        found.append(Regime(provision, *spans))
    return sorted(found, key=lambda regime: (not regime.differs, _parted(regime), regime.provision))


def _spans(turns: Sequence[tuple[int, bool, str]], end: int) -> tuple[Span, ...]:
    """When something was in force: spans that hold an instant at least."""
    found: list[Span] = []
    since: int | None = None
    for instant, in_force, verb in turns:
        if in_force and since is None:
            since = instant
        elif not in_force and since is not None:
            if instant > since:
                found.append((since, instant, verb))
            since = None
    return (*found, *([(since, None, "")] if since is not None and since < end else []))


def _parted(regime: Regime) -> tuple[bool, int]:
    """The first instant at which one run turns a provision otherwise than the other; having none comes before any."""
    sides = regime.before, regime.after
    begun, ended = ({(span[0], "") for span in spans or ()} for spans in sides), ({span[1:] for span in spans or ()} for spans in sides)
    edges = [one | other for one, other in zip(begun, ended, strict=True)]
    apart = [instant for instant, _ in edges[0] ^ edges[1] if instant is not None]
    return (True, min(apart)) if apart else (False, 0)
