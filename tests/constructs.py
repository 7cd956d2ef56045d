"""Which constructs of the language a log shows at work.

In: a scenario as plain data (`tests/strategies.py`) and its log. Out: the names of the constructs that really came to bear.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from tests.harness import Entry, Log
from tests.strategies import Data

__all__ = ["CONSTRUCTS", "at_work"]


def at_work(scenario: Data, log: Log) -> set[str]:
    """Which constructs a log shows at work."""
    entries = log.entries
    rules = {f"rules.{key}": rule for key, rule in scenario["rules"].items()}
    fired = {entry.rule for entry in entries if entry.rule} & rules.keys()
    found = {f"rule with {word}" for path in fired for word in WORDS if word in rules[path]}
    found |= {f"status {entry.status}" for entry in entries}
    for entry in entries:
        last = entry.event.rpartition(".")[2]
        if "." in entry.event or entry.event in ("claim", "contradiction", "change", "decision", "refuted"):
            found.add(last)
        found |= {f"data {name}" for name in ("exempt", "kept", "overruled") if name in entry.data}
        if entry.via:
            found.add("via")
        for path, (_, new) in entry.changes.items():
            slot = scenario["state"].get(path.removeprefix("state."), {})
            if entry.event == "change" and new in (slot.get("min"), slot.get("max")):
                found.add("wall")
            if entry.event == "change" and path.endswith(".goods"):
                found.add("attribute")
    return found | _deeper(scenario, entries, rules)


def _deeper(scenario: Data, entries: Sequence[Entry], rules: Data) -> set[str]:
    """What only several entries, or an entry and its rule, can show."""
    found = set()
    for entry in entries:
        rule = rules.get(entry.rule or "")
        cause = entries[entry.cause] if entry.cause is not None else None
        if rule is None or cause is None:
            continue
        when = rule["when"]
        if isinstance(when, list) and entry.cause == 0:
            found.add("date")
        if isinstance(rule.get("after"), dict) and "condition" in rule["after"] and cause.id:
            found.add("wait")
        if isinstance(when, dict) and "every" in when:
            found.add("tick")
        elif isinstance(when, dict) and "condition" in when:
            found.add("condition that lasts" if "lasts" in when else "condition")
            if entry.time > cause.time and not {"lasts", "after"} & {*when, *rule}:
                found.add("crossing")
        elif isinstance(when, dict) and cause.by and "by" in when and cause.by not in (when["by"], *when["by"]):
            found.add("pattern heard upward")
        if isinstance(when, dict) and "where" in when:
            found.add("pattern with where")
        effects = [effect for effect in rule["then"] if "after" in effect and effect.get("event") == entry.event]
        found |= {"delayed effect"} if effects and entry.time > cause.time else set()
    uncertain = {f"timeline.{key}" for key, item in scenario["timeline"].items() if isinstance(item["at"], dict)}
    found |= {"uncertain date"} if any(entry.rule in uncertain for entry in entries) else set()
    approved = [entry.data["law"] for entry in entries if entry.event == "licence.approved"]
    if "needed_if" in scenario["procedures"]["licence"]["steps"]["review"] and any("licence.review" not in str(law) for law in approved):
        found.add("step skipped")
    busy = [entry for entry in entries if entry.event == "licence.intake"]
    if any(later.case and earlier.case and int(later.cause or 0) < int(earlier.cause or 0) for earlier, later in pairwise(busy)):
        found.add("case overtaken")
    return found


WORDS = ("if", "chance", "after", "still", "times", "not_again_for", "priority")
CONSTRUCTS = (
    *(f"rule with {word}" for word in WORDS),
    "status blocked", "status violation", "data exempt", "data kept", "data overruled", "via", "wall", "attribute", "change", "claim",
    "contradiction", "decision", "refuted", "opened", "approved", "refused", "council", "review", "enacted", "repealed", "tick",
    "pattern heard upward", "pattern with where", "delayed effect", "uncertain date", "step skipped", "case overtaken", "date", "wait",
    "condition", "condition that lasts", "crossing",
)  # fmt: skip
"""What at least every sixth scenario must show at work."""
