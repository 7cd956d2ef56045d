"""Draws: the chances that decided an entry of a log, and what was drawn.

In: a checked scenario and a `Log`. Out: for an entry the `Draw`s it hangs on. A uniform number is made again from seed, replication,
site and name, as it was in the run; where a log does not tell the name of an occasion (a condition that turned), it is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

from sim import clock
from sim.analysis.past import Past
from sim.language.scenario import Condition, Forbid, Quantity, Rule, Scenario, Step
from sim.language.tree import Attribute, CaseQuestion, Tree, walk
from sim.language.wording import said
from sim.log.entries import Entry, Log, name_of

__all__ = ["Draw", "Draws"]


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw. `kind`: chance, after, at, choice, refuses, obeyed; `site`: where the scenario draws; `written`: what stands there.

    `odds` is how likely it was to come as it came, `number` the uniform number, `came` what came of it; None where not known.
    """

    kind: str
    site: str
    written: str
    odds: float | None
    number: float | None
    came: str


class Draws:
    """A log, asked for what was drawn."""

    def __init__(self, scenario: Scenario, log: Log) -> None:
        self.scenario = scenario
        self.log = log
        self.past = Past(scenario, log)
        self.rules = {rule.path: rule for rule in scenario.rules}
        self.timeline = {entry.path: entry for entry in scenario.timeline}
        self.norms = {norm.id: norm for norm in scenario.norms}
        self.steps = {
            one.path: one for procedure in scenario.procedures.values() for step in procedure.steps for one in (step, *step.branches)
        }

    def of(self, entry: Entry) -> tuple[Draw, ...]:
        """What was drawn for an entry: whether and when its rule fired, what was chosen, what became of it."""
        path = entry.rule or ""
        rule, step, dated = self.rules.get(path), self.steps.get(path), self.timeline.get(path)
        found: list[Draw] = []
        if rule is not None:
            found += self.of_rule(entry, rule)
        if step is not None:
            found += self.of_step(entry, step)
        if dated is not None and dated.at.kind != "value":
            came = clock.iso(entry.time, self.log.header.timezone)[:16].replace("T", " ")
            found.append(Draw("at", dated.at.site, written(dated.at), None, self.number(dated.at.site, dated.path, 0), came))
        if entry.event == "decision":
            found += self.of_decision(entry)
        return (*found, *self.of_norms(entry))

    def of_rule(self, entry: Entry, rule: Rule) -> Iterator[Draw]:
        """Whether a rule accepted, and how long it then took."""
        trigger = self.log.entries[entry.cause] if entry.cause else None
        name = self.occasion(entry, trigger, rule)
        if rule.chance is not None:
            odds = self.odds(rule.chance, trigger) if self.is_sure(rule.chance, trigger, entry) else None
            yield Draw("chance", f"{rule.path}.chance", said(rule.chance), odds, self.number(f"{rule.path}.chance", *name), "it came")
        after = rule.after
        if isinstance(after, Quantity) and after.kind != "value" and trigger is not None:
            came = clock.words(entry.time - trigger.time)
            yield Draw("after", after.site, written(after), None, self.number(after.site, *name), came)

    def of_step(self, entry: Entry, step: Step) -> Iterator[Draw]:
        """Whether a step refused."""
        visit = entry.data.get("visit", 1)
        if entry.case is None or step.refuses is None or entry.data.get("outcome") == "late":
            return
        path, k = name_of(entry.case)
        odds = self.odds(step.refuses, entry, attempt=True)
        refused = entry.data.get("outcome") == "refused"
        site = f"{step.path}.refuses"
        number = self.number(site, path if visit == 1 else f"{path}~{visit}", k)
        if odds is None or odds > 0:
            likely = odds if refused or odds is None else 1 - odds
            yield Draw("refuses", site, said(step.refuses), likely, number, "refused" if refused else "not refused")

    def of_decision(self, entry: Entry) -> Iterator[Draw]:
        """Which option was chosen, and by which chance."""
        name, option, weights = (entry.data.get(key) for key in ("decision", "option", "weights"))
        decision = self.scenario.decisions.get(str(name))
        if decision is None or not isinstance(weights, dict):
            return
        if decision.choose is not None:
            yield Draw("choice", decision.path, f"choose: {decision.choose}", None, None, f"{option}, because `choose` says so")
            return
        whole = sum(weights.values())
        odds = weights[str(option)] / whole if whole and str(option) in weights else None
        yield Draw("choice", decision.path, "weights", odds, self.number(decision.path, *name_of(entry.key)), str(option))

    def of_norms(self, entry: Entry) -> Iterator[Draw]:
        """Whether the norms that forbade it were obeyed."""
        for key in entry.norms:
            norm = self.norms.get(key)
            obeyed = norm.says.obeyed if norm is not None and isinstance(norm.says, Forbid) else None
            if norm is None or obeyed is None or (entry.rule or "").startswith("timeline."):
                continue
            odds, site = self.odds(obeyed, entry, attempt=True), f"{norm.path}.obeyed"
            blocked = entry.status == "blocked"
            likely = odds if blocked or odds is None else 1 - odds
            yield Draw("obeyed", site, said(obeyed), likely, self.number(site, *name_of(entry.key)), "obeyed" if blocked else "not obeyed")

    def occasion(self, entry: Entry, trigger: Entry | None, rule: Rule) -> tuple[str | None, int]:
        """The name of what a rule reacted to; none where the log does not tell it."""
        path, k = name_of(entry.key)
        if trigger is None:
            return (rule.path if "@" not in path else None), k
        if any(isinstance(one, Condition) for one in rule.when):
            return None, k
        heard, k = name_of(trigger.key)
        return (heard if path.endswith(f"@{blake2b(heard.encode(), digest_size=8).hexdigest()}") else None), k

    def number(self, site: str, path: str | None, k: int) -> float | None:
        """The uniform number of an occasion at a site."""
        return None if path is None else self.log.header.uniform(site, path, k)

    def is_sure(self, tree: Tree, trigger: Entry | None, entry: Entry) -> bool:
        """Whether a chance was the same from what a rule reacted to until what it made: when it was read in between, no log tells."""
        first = trigger.id if trigger is not None else 0
        end = self.past.end()
        if any(isinstance(part, Attribute) for part in walk(tree)):
            return False
        return not any(first < number < entry.id for number in end.touching(tree)) and (
            self.odds(tree, trigger) == self.odds(tree, trigger, entry, attempt=True)
        )

    def odds(self, tree: Tree, entry: Entry | None, until: Entry | None = None, *, attempt: bool = False) -> float | None:
        """What a chance came to when an entry was looked at; before it was written, if it was only attempted. None if a log cannot tell.

        `until` looks at the same entry from the moment of a later one."""
        if any(isinstance(part, CaseQuestion) for part in walk(tree)):
            return None
        at = until or entry
        instant, count = (self.past.begin, 1) if at is None else (at.time, at.id + (not attempt))
        value = self.past.moment(instant, count).value(tree, entry)
        return None if value is None else float(value)


def written(quantity: Quantity) -> str:
    """A distribution as an author would write it: `triangular: [4h, 7h, 2d]`."""
    return f"{quantity.kind}: [{', '.join('–' if tree is None else said(tree) for tree in quantity.arguments)}]"
