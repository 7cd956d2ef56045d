"""Absence, of what comes about by itself: what norms say of acts and duties, what procedures come to, and what follows from claims.

In: `Facts`, an event. Out: the ways to it that are no rule, option or timeline entry, each with the events that it waited for in vain.
All they need stands in the log.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sim.analysis.facts import Facts
from sim.analysis.shortfall import told, unmet
from sim.analysis.ways import Miss, Way, way
from sim.language import scenario as s
from sim.language.scenario import Exempt, Forbid, Norm, Oblige, Pattern, Procedure
from sim.log.entries import Entry, name_of

__all__ = ["Wanted", "ways_by_itself"]

Wanted = list[tuple[str, tuple[str, ...]]]
"""Events that a way waits for, and by whom, where these are what did not come."""


def ways_by_itself(log: Facts, event: str, by: tuple[str, ...]) -> Iterator[tuple[Way, Wanted]]:
    """What may bring an event without any effect that names it."""
    provision, _, word = event.rpartition(".")
    norm = next((one for one in log.scenario.norms if one.id == provision), None)
    procedure = log.scenario.procedures.get(event.partition(".")[0])
    if norm is not None and isinstance(norm.says, Forbid) and word in ("blocked", "violated"):
        yield of_forbidden(log, norm, norm.says, word, by)
    elif norm is not None and isinstance(norm.says, Oblige) and word in ("fulfilled", "breached"):
        yield of_duty(log, norm, norm.says, word)
    elif procedure is not None and word not in ("opened", "blocked", *s.LAW_WORDS):
        yield of_procedure(log, procedure, event)
    elif event in ("contradiction", "refuted"):
        yield of_claims(log)


# ---- norms


def of_forbidden(log: Facts, norm: Norm, says: Forbid, word: str, by: tuple[str, ...]) -> tuple[Way, Wanted]:
    """Why a norm blocked no act, or was not violated: what it said of each."""
    acts = [entry for entry in log.entries if entry.event == says.pattern.event and entry.by is not None and log.is_by(entry.by, by)]
    misses = [log_miss for entry in acts if (log_miss := judged(log, norm, says, word, entry)) is not None]
    wanted: Wanted = [] if acts else [(says.pattern.event, says.pattern.by or by)]
    if acts and all(miss.stage == "in_force" for miss in misses):
        wanted = [(f"{norm.id}.enacted", ())]
    return way(norm.path, len(acts), misses), wanted


def judged(log: Facts, norm: Norm, says: Forbid, word: str, entry: Entry) -> Miss | None:
    """Why an act was not blocked by a norm, or did not violate it. The norm looks at the world before the act."""
    moment = log.past.moment(entry.time, entry.id)
    at = Miss("in_force", entry.time, entry.id)
    if not moment.stood(f"in_force.{norm.id}", "flag"):
        return at
    if other := log.other(says.pattern, entry):
        return replace(at, stage="who", what=other)
    if says.pattern.where is not None and norm.id not in entry.norms and (parts := unmet(says.pattern.where, moment, entry)):
        return replace(at, stage="where", parts=parts)
    if norm.id not in entry.norms and (exempting := [one.id for one in log.scenario.norms if exempts(log, one, norm.id, entry)]):
        return replace(at, stage="judged", what=f"exempt by {exempting[0]}")
    if (entry.rule or "").startswith("timeline."):
        return replace(at, stage="judged", what="the timeline is never blocked")
    if says.obeyed is None:
        return replace(at, stage="judged", what="obeyed")
    number = log.header.uniform(f"{norm.path}.obeyed", *name_of(entry.key))
    return replace(
        at, stage="judged", what="obeyed" if word == "violated" else "not obeyed", odds=told(says.obeyed, moment, entry), number=number
    )


def exempts(log: Facts, norm: Norm, lifted: str, entry: Entry) -> bool:
    """Whether an exemption in force covers an act."""
    if not isinstance(norm.says, Exempt) or lifted not in norm.says.lifts:
        return False
    moment, pattern = log.past.moment(entry.time, entry.id), norm.says.pattern
    covers = moment.stood(f"in_force.{norm.id}", "flag") and not log.other(pattern, entry)
    return bool(covers and (pattern.where is None or not unmet(pattern.where, moment, entry)))


def of_duty(log: Facts, norm: Norm, says: Oblige, word: str) -> tuple[Way, Wanted]:
    """Why no duty was fulfilled, or none was breached: what became of each."""
    begun = [entry for entry in log.entries if f"running.{norm.id}" in entry.changes and entry.changes[f"running.{norm.id}"][1]]
    ends = [entry for entry in log.entries if entry.event in (f"{norm.id}.fulfilled", f"{norm.id}.breached")]
    misses = [Miss("duty", entry.time, entry.id, entry.event.rpartition(".")[2]) for entry in ends]
    if begun and not ends:
        misses.append(Miss("duty", begun[-1].time, begun[-1].id, "owed still"))
    wanted: Wanted = []
    if not begun:
        wanted = [(one.event, one.by) for one in says.when if isinstance(one, Pattern)] or [(f"{norm.id}.enacted", ())]
    elif word == "fulfilled":
        wanted = [(says.pattern.event, says.pattern.by)]
    return way(norm.path, len(begun), misses), wanted


# ---- procedures, claims


def of_procedure(log: Facts, procedure: Procedure, event: str) -> tuple[Way, Wanted]:
    """What became of the cases of a procedure instead."""
    opened = [entry for entry in log.happened(f"{procedure.id}.opened") if entry.status != "blocked"]
    last = {str(entry.case): entry for entry in log.entries if entry.case is not None and entry.event.startswith(f"{procedure.id}.")}
    misses = []
    for entry in opened:
        now = last.get(str(entry.case), entry)
        misses.append(Miss("case", now.time, now.id, now.event.removeprefix(f"{procedure.id}.")))
    flag = f"in_force.{event}"
    if flag in log.past.values and not any(log.past.values[flag][1]):
        misses = [Miss("in_force", entry.time, entry.id, event) for entry in opened]
        return way(procedure.path, len(opened), misses), [(f"{event}.enacted", ())]
    return way(procedure.path, len(opened), misses), [] if opened else [(f"{procedure.id}.opened", ())]


def of_claims(log: Facts) -> tuple[Way, Wanted]:
    """The claims that were made, of which none contradicted another, or the facts."""
    claims = [entry for entry in log.entries if entry.event == "claim" and entry.status != "blocked"]
    misses = [Miss("nothing", entry.time, entry.id, "claim") for entry in claims]
    return way("statements", len(claims), misses), [] if claims else [("claim", ())]
