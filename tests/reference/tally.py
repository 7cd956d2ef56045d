"""What a log shows at work: constructs, clauses and ties, counted.

In: a scenario as plain data and the entries of a run. Out: how many entries (or instants) showed each.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from sim.log.entries import Entry
from tests.naive import local_time
from tests.strategies import LAW, Data

__all__ = ["MUST", "tallied"]

WORDS = ("if", "chance", "after", "still", "times", "not_again_for", "priority")
STEP_WORDS = ("waits", "takes", "meets", "queue", "needed_if", "refuses", "sends_back", "deadline", "together")
ENTRIES = (
    "declared", "claim", "contradiction", "refuted", "decision", "change", "opened", "approved", "refused", "withdrawn", "late",
    "licence_expired", "licence_suspended", "licence_resumed", "licence_revoked",
    "enacted", "repealed", "suspended", "resumed", "fulfilled", "breached", "blocked", "violation",
    "via", "case", "because", "with exempt", "with kept", "with overruled", "with renewed", "with duty",
)  # fmt: skip
CLAUSES = (
    "enact step, join", "enact step, finish", "enact step, return", "enact step, restart", "repeal step, join", "repeal step, finish",
    "suspend step, join", "suspend step, finish", "resume step, join",
    "enact procedure, join", "repeal procedure, join", "suspend procedure, join", "suspend procedure, finish", "resume procedure, join",
)  # fmt: skip
MOVING = (
    *(f"entry {name}" for name in ("scheduled", "expired", "amended", "with until", "with imposed")), "trigger before",
    *(f"amended {name}" for name in ("after", "capacity", "chance", "deadline", "every")),
    *(f"amended {name}" for name in ("not_again_for", "obeyed", "per_session", "weight", "where")),
    *(f"amended {name}{kept}" for name in ("chance", "deadline", "refuses", "takes", "valid", "waits") for kept in ("", ", finish")),
    "clause for some cases alone", "clause repeal procedure, withdraw",
    *(f"clause {change} step, finish for some" for change in ("enact", "repeal", "suspend")),
    *(f"clause {change} procedure, finish for some" for change in ("repeal", "suspend")),
)  # fmt: skip
BY_SOMEBODY = (
    *(f"{word} by somebody" for word in ("scheduled", "enacted", "repealed", "suspended", "resumed", "amended")),
    "law by somebody, blocked", "law by somebody, violation",
)  # fmt: skip
TIMES = ("before 1970", "over the first instant of 1970", "in another time zone", "over a change of clocks")
ORIGINS = ("condition", "delay", "limit", "session", "tick", "timeline", "work")

MUST = (
    *(f"entry {name}" for name in ENTRIES),
    *(f"rule with {word}" for word in WORDS),
    *(f"trigger {name}" for name in ("event", "every", "monthly", "date", "condition", "condition with lasts")),
    *(f"step with {word}" for word in STEP_WORDS),
    *(f"outcome {name}" for name in ("passed", "refused", "sent_back", "late")),
    *(f"clause {name}" for name in CLAUSES),
    *dict.fromkeys(MOVING),
    *BY_SOMEBODY,
    *(f"run {when}" for when in TIMES),
    *(f"tie {one} with {other}" for one, other in combinations(ORIGINS, 2)),
    *(f"tie {one} with another" for one in ORIGINS),
)
"""What a campaign must show at work: a name that never occurs is missed as well as one that occurs too seldom."""


def tallied(scenario: Data, entries: Sequence[Entry]) -> Counter[str]:
    """How often each construct, clause and kind of tie came to bear."""
    found: Counter[str] = Counter()
    steps = {f"licence.{name}": step for name, step in all_steps(scenario)}
    opened = 0
    for entry in entries:
        found.update(word if word in BY_SOMEBODY else f"entry {word}" for word in words_of(entry))
        opened += entry.event.endswith(".opened") and entry.status != "blocked"
        opened -= entry.event.endswith((".approved", ".refused", ".withdrawn")) and entry.status != "blocked"
        section, _, name = (entry.rule or "").partition(".")
        if section == "rules" and name in scenario["rules"]:
            found.update(f"rule with {word}" for word in WORDS if word in scenario["rules"][name])
            found.update(f"trigger {kind}" for kind in triggers(scenario["rules"][name]))
        if entry.event in steps:
            found.update(f"step with {word}" for word in STEP_WORDS if word in steps[entry.event])
            found[f"outcome {entry.data['outcome']}"] += 1
        found["clause for some cases alone"] += "cases" in entry.data
        if entry.event.endswith(".amended"):
            found[f"amended {entry.data['path'].rpartition('.')[2]}{', finish' if keeps(scenario, entry) else ''}"] += 1
        if entry.changes and opened and (clause := clause_of(scenario, entry)):
            found[clause] += 1
    found.update(ties(scenario, entries, steps))
    found.update(f"run {when}" for when in times_of(scenario, entries))
    return found


def times_of(scenario: Data, entries: Sequence[Entry]) -> Iterator[str]:
    """When and where a run takes place, where that is not our days and UTC."""
    before, over, elsewhere, changing = TIMES
    if entries[0].time < 0:
        yield before if entries[-1].time < 0 else over
    zone = scenario["period"].get("timezone", "UTC")
    if zone != "UTC":
        yield elsewhere
    if len({local_time(entry.time, zone).utcoffset() for entry in (entries[0], entries[-1])}) > 1:
        yield changing


def words_of(entry: Entry) -> Iterator[str]:
    """What an entry is by itself."""
    yield entry.event.rpartition(".")[2] if "." in entry.event else "declared" if entry.event in DECLARED else entry.event
    if entry.status != "done":
        yield entry.status
    provision, _, word = entry.event.rpartition(".")
    if provision and entry.by and (known := f"{word} by somebody") in BY_SOMEBODY:
        yield known if entry.status == "done" else f"law by somebody, {entry.status}"
    yield from (name for name in ("via", "case", "because") if getattr(entry, name))
    yield from (
        f"with {name}" for name in ("exempt", "kept", "imposed", "overruled", "renewed", "duty", "until", "held") if entry.data.get(name)
    )


DECLARED = ("alarm", "order", "sale", "strike", "echo")


def all_steps(scenario: Data) -> Iterator[tuple[str, Data]]:
    for name, step in scenario["procedures"]["licence"]["steps"].items():
        yield name, step
        yield from step.get("together", {}).items()


TRIGGERS = ("every", "condition", "event", "before")


def triggers(rule: Data) -> Iterator[str]:
    whens = rule["when"] if isinstance(rule["when"], list) else [rule["when"]]
    for when in whens:
        if isinstance(when, dict):
            yield "monthly" if "mo" in str(when.get("every", "")) else next(word for word in TRIGGERS if word in when)
            yield from (f"condition with {word}" for word in ("lasts",) if word in when)
        else:
            yield "date" if when[:1].isdigit() else "event"


def keeps(scenario: Data, entry: Entry) -> bool:
    """Whether an amendment leaves cases under way what they had."""
    section, _, rest = (entry.rule or "").partition(".")
    maker: Any = scenario.get(section, {}).get(rest, {})
    return any(effect.get("amend") == entry.data["path"] and effect.get("pending") == "finish" for effect in maker.get("then", [maker]))


def clause_of(scenario: Data, entry: Entry) -> str | None:
    """The pending clause by which an entry changed a step or procedure that has cases under way."""
    section, _, rest = (entry.rule or "").partition(".")
    maker: Any = scenario.get(section, {}).get(rest.partition(".")[0])
    provision, _, word = entry.event.rpartition(".")
    if not isinstance(maker, dict) or not provision.startswith("licence"):
        return None
    for effect in maker.get("then", [maker]):
        for verb in LAW:
            if effect.get(verb) == provision and word.startswith(verb.removesuffix("e")):
                what = "step" if "." in provision else "procedure"
                pending = effect.get("pending", "join")
                return f"clause {verb} {what}, {'finish for some' if isinstance(pending, dict) else pending}"
    return None


# ---- ties


def ties(scenario: Data, entries: Sequence[Entry], steps: Data) -> Counter[str]:
    """Which kinds of things came at one instant, each pair counted once an instant."""
    found: Counter[str] = Counter()
    instants: dict[int, Counter[str]] = defaultdict(Counter)
    for entry in entries[1:-1]:
        if (origin := origin_of(scenario, entry, entries, steps)) is not None:
            instants[entry.time][origin] += 1
    for origins in instants.values():
        found.update(f"tie {one} with {other}" for one, other in combinations(sorted(origins), 2))
        found.update(f"tie {one} with another" for one, count in origins.items() if count > 1)
    return found


def origin_of(scenario: Data, entry: Entry, entries: Sequence[Entry], steps: Data) -> str | None:
    """What brought an entry to this instant, if not another entry of it."""
    cause = entries[entry.cause] if entry.cause is not None else None
    if cause is None or (cause.time == entry.time and cause.id):
        return None
    section, _, name = (entry.rule or "").partition(".")
    match section:
        case "timeline":
            return "timeline"
        case "procedures" if "outcome" in entry.data:
            return "limit" if entry.data["outcome"] == "late" else "session" if "meets" in steps.get(entry.event, {}) else "work"
        case "procedures" | "norms":
            return "limit"
        case "rules":
            kinds = set(triggers(scenario["rules"][name])) if name in scenario["rules"] else set()
            return "tick" if kinds <= {"every", "monthly"} else "condition" if "condition" in kinds else "delay"
    return "delay"
