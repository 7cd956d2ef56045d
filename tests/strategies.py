"""Scenarios made by chance: valid ones, in which nearly every construct of the language really comes to bear.

In: Hypothesis. Out: scenarios as plain data (`scenarios`, or `scenarios(calm=True)` whose desks never make anybody wait),
their YAML text (`yaml_text`), and the same in another order (`shuffled`). Whether they are what they promise: `tests/constructs.py`.
`Maker` draws from whatever gives whole numbers: Hypothesis, or a number of its own (`tests/reference/agreement.py`).

The vocabulary is fixed, the wiring is drawn. That a run ends is by construction: what answers at once makes only events of
a higher rank, and whatever leads back has a delay and a number of `times`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st

__all__ = ["FIELDS", "RANKS", "Data", "Maker", "flow", "owing_scenarios", "scenarios", "shuffled", "yaml_text"]

Data = dict[str, Any]
T = TypeVar("T")

RANKS = ("alarm", "order", "sale", "strike", "echo")
LAW = ("enact", "suspend", "resume", "repeal")
FIELDS: dict[str, Data] = {
    "alarm": {"v": "number"},
    "order": {"v": "number", "l": ["red", "green"]},
    "sale": {"v": "number", "l": ["red", "green"], "d": "duration"},
    "strike": {},
    "echo": {"v": "number"},
}
ACTING = ("state", "ministry", "bureau", "firm", "trader", "rival")
GROUPS = ("state", "ministry", "club", "rival")
FOLLOWING = (
    "licence.approved", "licence.refused", "licence.review", "curb.blocked", "curb.violated", "ban.violated", "contradiction",
    "licence.council.enacted", "permit.approved", "claim", "licence.opened", "decision", "refuted",
    "licence.withdrawn", "licence.licence_expired", "licence.licence_suspended", "licence.licence_resumed", "licence.licence_revoked",
)  # fmt: skip
"""Built-in events that rules may listen to."""


# ---- one scenario


class Maker:
    """Draws the parts of one scenario."""

    def __init__(self, number: Callable[[int, int], int], calm: bool) -> None:
        self.number = number
        self.calm = calm
        self.priority = 0

    def pick(self, options: Sequence[T]) -> T:
        found: T = options[self.number(0, len(options) - 1)]
        return found

    def maybe(self, percent: int) -> bool:
        return self.number(1, 100) > 100 - percent

    # quantities and expressions

    def delay(self, low: int = 1) -> Any:
        """A length of time, at least so many hours and a few days at most."""
        a, b = self.number(low, 40), self.number(1, 60)
        match self.number(0, 5):
            case 0:
                return {"uniform": [f"{a}h", f"{a + b}h"]}
            case 1:
                return {"triangular": [f"{a}h", f"{a + b // 2}h", f"{a + b}h"]}
            case 2:
                return {"normal": {"mean": f"{a + b}h", "sd": f"{b}h", "min": f"{a}h", "max": f"{a + 3 * b}h"}}
            case 3:
                return {"lognormal": {"median": f"{a}h", "spread": 1.5}}
            case 4:
                return {"choice": [f"{a}h", self.pick([f"{a + b}h", f"{a // 16 + 1}d"])]}
            case _:
                return self.pick([f"{a}h", f"{a // 16 + 1}d", f"{a / 16 + 1}d", f"{a // 16 + 1}d + 7h", "grace", "2 * grace"])

    def date(self) -> Any:
        """A day of the period, certain or not."""
        day = self.number(2, 25)
        match self.number(0, 3):
            case 0:
                return {"uniform": [f"2025-01-{day:02}", f"2025-02-{day:02}"]}
            case 1:
                return {"choice": [f"2025-01-{day:02}", f"2025-02-{day:02} 12:00"]}
            case _:
                return f"2025-01-{day:02}" + self.pick(["", " 06:00", " 18:30"])

    def worth(self, fields: Data) -> Any:
        """A number between -100 and 100: written, drawn, or read from what is at hand."""
        options: list[Any] = [
            self.number(0, 9), {"uniform": [0, 10]}, {"choice": {1: 0.5, 4: 0.3, 9: 0.2}}, "level",
            "min(count(order), 20)", "clamp(mean(sale.v, default=3), -9, 9)", {"normal": {"mean": 5, "sd": 2, "min": 0, "max": 10}},
            "clamp(sum(order.v, in_last=20d), 0, 50)", "round(tension)",
        ]  # fmt: skip
        if "v" in fields:
            options += ["event.v", "clamp(event.v + 1, 0, 100)", "event.v // 2"]
        return self.pick(options)

    def share(self, fields: Data) -> Any:
        """A number between 0 and 1."""
        options: list[Any] = [0.3, 0.5, 0.8, "clamp(tension / 10, 0.2, 0.9)", "0.9 if in_force(curb) else 0.4", "calm_share"]
        if "v" in fields:
            options.append("clamp(event.v / 10, 0.1, 1)")
        return self.pick(options)

    def flag(self, fields: Data) -> str:
        """A question that is sometimes true and sometimes not."""
        options = [
            f"tension > {self.number(0, 6)}", f"count(order) > {self.number(0, 5)}", f"count(alarm, in_last=10d) >= {self.number(0, 3)}",
            "happened(sale)", "not happened(strike)", "in_force(curb)", "mood == calm", f"level < {self.number(2, 9)}",
            "since(order, default=99d) < 5d", "flagged", f"count(echo, by={self.pick(GROUPS)}) < 9",
            f"firm.goods < {self.number(1, 9)}", "now < seen + 40d", f"count(sale, where=event.v > {self.number(1, 6)}) < 4",
            f"sum(sale.v, in_last={self.window(self.number(1, 3))}) < {self.number(2, 20)}",
        ]  # fmt: skip
        if "v" in fields:
            options += [f"event.v > {self.number(0, 5)}"] * 2
        if "l" in fields:
            options += ["event.l == red", "event.l in [red, green]"]
        one = self.pick(options)
        match self.number(0, 5):
            case 0:
                return f"{one} and {self.pick(options)}"
            case 1:
                return f"{one} or {self.pick(options)}"
            case _:
                return one

    def condition(self) -> str:
        """A flag that can be followed, and that turns now and then, by what happens or by time alone."""
        days = self.number(1, 3)
        by_time = [
            f"since(order, default=0s) > {6 * days}h", f"since(alarm, default=0h) * {days} >= since(order, default=9d)",
            f"now < seen + {days}d", f"count(sale, where=event.v > {days}, in_last={days}d) == 0", f"now >= 2025-01-{7 * days + 3:02}",
            f"count(alarm, in_last={days}d) == 0", "since(strike, default=2d) < patience", f"sum(order.v, in_last={days}d) < 9",
            f"happened(licence.approved) and since(licence.approved) / 1d > {days / 2}",
            f"count({self.pick(['sale', 'alarm'])}, in_last={self.window(days)}) {self.pick(['== 0', '> 2', '< 4'])}",
            f"sum(order.v, in_last={self.window(days)}) < 9", f"now < seen + {days}wd", "now < seen + grace",
        ]  # fmt: skip
        by_entries = [
            f"tension > {self.number(0, 4)}", f"count(order) > {self.number(0, 9)}", f"count(alarm, in_last=6d) >= {days}",
            "in_force(curb)", "mood == calm", f"level < {self.number(2, 9)}",
            "flagged", f"count(echo, by={self.pick(GROUPS)}) < {self.number(2, 9)}",
            f"firm.goods < {self.number(1, 9)}", f"sum(order.v, in_last=9d) > {5 * days}", "in_force(licence.council)",
            "count(curb.violated) > 2",
        ]  # fmt: skip
        one, other = self.pick(by_time if self.maybe(85) else by_entries), self.pick([*by_time, *by_entries])
        return self.pick([one, one, one, f"not ({one})", f"{one} and {other}", f"{one} or {other}", f"({one}) != ({other})"])

    def window(self, days: int) -> str:
        """How wide a window is, mostly by the calendar."""
        return self.pick([f"{days}d", f"{days}wd", f"{4 * days}wd", f"{days}w", "1mo", "grace", "patience", f"{days}d + 5h", "1.5d"])

    def turning(self) -> Data:
        """What turns true, perhaps for a while."""
        lasting = {"lasts": self.pick(["3h", "12h", "1d", {"uniform": ["1h", "20h"]}])} if self.maybe(45) else {}
        return {"condition": self.condition(), **lasting}

    def who(self) -> Any:
        return {"choice": self.pick([["firm", "trader"], "club", {"firm": 0.6, "rival": 0.4}])} if self.maybe(20) else self.pick(ACTING)

    # effects

    def emit(self, event: str, fields: Data) -> Data:
        """An event, with its data."""
        effect: Data = {"event": event, "by": self.who()}
        if self.maybe(40):
            effect["to"] = self.pick(ACTING)
        if self.maybe(15):
            effect["via"] = self.pick(ACTING)
        data: Data = {}
        for name in FIELDS[event]:
            if name == "v":
                data[name] = self.worth(fields)
            elif name == "l":
                data[name] = self.pick(["red", "green", {"choice": {"red": 0.5, "green": 0.5}}, *(["event.l"] if "l" in fields else [])])
            else:
                data[name] = self.delay()
        return {**effect, "with": data} if data else effect

    def open(self, fields: Data) -> Data:
        if self.maybe(30):
            return {"open": "permit", "by": self.pick(ACTING)}
        return {"open": "licence", "by": self.who(), "with": {"v": self.worth(fields), "desk": self.pick(["clerk", "office"])}}

    def claim(self) -> Data:
        return {"claim": self.pick(["peace", "trade"]), "is": self.pick([True, False, False, True, "none"]), "by": self.pick(ACTING)}

    def write(self, has_by: bool) -> Data:
        """Something is set or added to. What is set is never added to, or the run would rightly stop."""
        match self.number(0, 6):
            case 0:
                return {"add": {"tension": self.pick([1, 3, -2, {"uniform": [-3, 4]}])}}
            case 1:
                return {"set": {"level": "clamp(level + 1, 0, 10)"}} if self.maybe(40) else {"set": {"level": self.number(0, 10)}}
            case 2:
                return {"set": {"mood": self.pick(["calm", "tense", {"choice": ["calm", "angry"]}])}}
            case 3:
                return {"set": {"flagged": self.pick([True, False, "not flagged", "happened(strike)"]), "seen": "now"}}
            case 4:
                return {"add": {"event.by.goods" if has_by and self.maybe(50) else "firm.goods": self.pick([2, -3, 5])}}
            case 5:
                return {"add": {"patience": self.pick(["6h", "-1d", {"exponential": "12h"}])}}
            case _:
                return {"add": {"tension": 1, "patience": "1h"}}

    def effect(self, rank: int, fields: Data, *, has_by: bool = False, opens: bool = False, claims: bool = True) -> Data:
        """Any effect that may follow from something of a rank."""
        options: list[Callable[[], Data]] = [lambda: self.write(has_by)]
        options += [lambda: self.emit(self.pick(RANKS[rank + 1 :]), fields)] * 2 if rank + 1 < len(RANKS) else []
        options += [lambda: self.open(fields)] * 2 if opens else []
        options += [self.claim] if claims else []
        effect = self.pick(options)()
        if self.maybe(15):
            effect["after"] = self.delay()
        if self.maybe(10):
            effect["if"] = self.flag(fields)
        return effect

    # rules

    def modifiers(self, rule: Data, fields: Data) -> Data:
        """Guard, chance, delay and counters."""
        for key, percent, value in (
            ("if", 35, self.flag), ("chance", 30, self.share),
            ("after", 35, lambda _: self.turning() if self.maybe(45) else self.delay()),
            ("times", 15, lambda _: self.number(1, 6)), ("not_again_for", 20, lambda _: self.pick(["2d", "36h", "patience", "9d", "3wd"])),
        ):  # fmt: skip
            if self.maybe(percent):
                rule.setdefault(key, value(fields))
        if "after" in rule and self.maybe(60):
            rule["still"] = self.flag(fields)
        if any("set" in effect for effect in rule["then"]):
            self.priority += 1  # no two rules that set things are equal, so one of them always wins
            rule["priority"] = self.priority
        return rule

    def watchful(self) -> Data:
        """A rule with a condition, perhaps beside dates; it fires so many times only, since conditions may turn one another."""
        when: Any = self.turning()
        if self.maybe(30):
            when = [when, self.turning(), *(f"2025-01-{self.number(1, 31):02}" for _ in range(self.number(1, 3)))]
        law: Data = {self.pick(["enact", "repeal"]): self.pick(["curb", "ban", "licence.council"])}
        then = unlike([law if self.maybe(20) else self.effect(-1, {}, opens=True) for _ in range(self.number(1, 2))])
        if sum(verb in effect for effect in then for verb in LAW) > 1:
            then.pop()
        return self.modifiers({"when": when, "times": self.number(1, 9), "then": then}, {})

    def tick(self) -> Data:
        """A rule of the clock."""
        every = self.pick([f"{self.number(18, 90)}h", {"exponential": f"{self.number(1, 4)}d"}, {"uniform": ["1d", "4d"]}])
        when: Data = {"every": every}
        if self.maybe(20):
            when["starting"] = f"2025-01-{self.number(1, 20):02}"
        then = unlike([self.effect(-1, {}, opens=True) for _ in range(self.number(1, 2))])
        rule = {"when": when, "then": then}
        return self.modifiers(rule, {}) if self.maybe(40) or any("set" in effect for effect in then) else rule

    def reaction(self) -> Data:
        """A rule that answers declared events."""
        events = [self.pick(RANKS)] if self.maybe(80) else sorted({self.pick(RANKS), self.pick(RANKS)})
        fields = {name: kind for name, kind in FIELDS[events[0]].items() if all(FIELDS[event].get(name) == kind for event in events)}
        when: Any = events[0] if len(events) == 1 else events
        has_by = False
        if len(events) == 1 and self.maybe(70):
            when = {"event": when}
            if self.maybe(80):
                when["by"] = self.pick(GROUPS) if self.maybe(80) else ["firm", "state"]
                has_by = True
            elif self.maybe(50):
                when["to"] = self.pick(GROUPS)
            if fields and self.maybe(80):
                when["where"] = f"event.v > {self.number(0, 5)}" if self.maybe(70) or "l" not in fields else "event.l == red"
        rank = max(RANKS.index(event) for event in events)
        if self.maybe(15):
            rule = {"when": when, "after": self.delay(6), "times": self.number(2, 12), "then": [self.effect(-1, fields)]}
            return self.modifiers(rule, fields)
        then = [self.effect(rank, fields, has_by=has_by, opens=rank < 2)]
        if self.maybe(60):
            then.append(self.effect(len(RANKS), fields, has_by=has_by, claims=False))
        if rank < 3 and self.maybe(30):
            then.append({"decide": "course", **({"by": self.who()} if self.maybe(30) else {})})
        return self.modifiers({"when": when, "then": unlike(then)}, fields)

    def follow_up(self) -> Data:
        """A rule that answers what the engine makes happen."""
        event = self.pick(FOLLOWING)
        then = [self.effect(3, {}, claims=event not in ("claim", "contradiction", "refuted"))]
        if event.startswith("licence.") and not event.endswith("enacted"):
            then = [{"event": "echo", "by": self.who(), "with": {"v": "event.case.v"}}]
        when: Any = {"event": event, "where": "event.decision == course"} if event == "decision" else event
        rule: Data = {"when": when, "then": then}
        if event in ("claim", "contradiction", "refuted", "licence.council.enacted"):  # what they bring about may bring them about
            rule |= {"after": self.delay(6), "times": self.number(2, 12)}
        return self.modifiers(rule, {})

    def law_rules(self) -> Data:
        """Law that is made and unmade; no two rules answer one event with opposite law."""
        rules: Data = {}
        events = list(RANKS)
        for provision in ("curb", "ban", "licence.council", "licence.review"):
            clause = {"pending": self.pick(["join", "finish"])} if "." in provision and self.maybe(80) else {}
            for verb, percent in (("enact", 60), ("repeal", 40)):
                again = verb == "enact" and "." in provision and self.maybe(30)
                pending = {"pending": self.pick(["return", "restart"])} if again else clause
                if self.maybe(percent):
                    event = events[self.number(0, len(events) - 1)]
                    effect: Data = {verb: provision, **pending}
                    rule: Data = {"when": event, "then": [effect]}
                    if self.maybe(50):
                        rule["after"] = self.delay()
                    if self.maybe(30):
                        rule["times"] = self.number(1, 2)
                    if self.maybe(40):
                        rule["chance"] = 0.5
                    rules[f"{verb}_{provision.replace('.', '_')}_on_{event}"] = rule
                    events.remove(event)
            events = list(RANKS)
        return rules

    # everything

    def fact(self) -> str:
        """When a statement is true: now and then it turns."""
        number = self.number(1, 6)
        return self.pick(
            [f"tension < {number}", f"count(sale, in_last=20d) > {number // 2}", f"level > {number}", f"now < seen + {number}d"]
        )

    def decisions(self) -> Data:
        """One decision; what its options make has the highest rank, so that a run ends."""
        options: Data = {"mild": {"weight": 1, "then": [self.emit("echo", {})]}}
        for name in ("harsh", "slow", "rest"):
            then = [self.pick([lambda: self.write(False), lambda: self.emit("strike", {}), self.claim])() for _ in range(self.number(0, 2))]
            for effect in then:
                if self.maybe(40) and "set" not in effect:
                    effect.pop("by", None)
                if self.maybe(25):
                    effect["after"] = self.delay()
            weight = self.pick([0, 1, 2.5, "clamp(tension, 0, 9)", "3 if in_force(curb) else 0.5", "count(alarm) / 3"])
            options[name] = {"weight": weight, "then": unlike(then)}
        return {"course": {"by": self.who(), "options": options}}

    def step(self, by: str, **more: Any) -> Data:
        return {"by": by, "takes": self.delay(4), **more}

    def procedures(self) -> Data:
        review = self.step("case.desk")
        if self.maybe(80):
            review["refuses"] = self.pick([0.2, 0.5, "clamp(case.v / 20, 0, 1)"])
        if self.maybe(70):
            review["needed_if"] = self.pick(["case.v > 2", "tension < 5", "case.by != firm"])
        council = {**self.step("board"), "in_force": self.maybe(30)}
        if self.maybe(30):
            review["queue"] = "case.v"
        if self.maybe(30):
            review["sends_back"] = {"to": self.pick(["intake", "review"]), "chance": 0.3}
        if self.maybe(40):
            review |= {"deadline": self.delay(5), "if_late": self.pick(["approved", "refused", "intake"])}
        if self.maybe(30):
            council = {"by": "board", "in_force": self.maybe(50), "meets": {"every": "3d", "per_session": self.number(1, 3)}}
        if self.maybe(30):
            council["waits"] = self.delay(3)
        licence = {"intake": self.step("clerk"), "review": review, "council": council}
        if self.maybe(50):
            licence["issue"] = {"by": "clerk"}
        valid = {"valid": self.pick(["10d", "1mo", {"uniform": ["1d", "20d"]}, "case.v * 1d"])} if self.maybe(50) else {}
        return {
            "licence": {"case": {"v": "number", "desk": "actor"}, "steps": licence, **valid},
            "permit": {"steps": {"look": self.step("clerk"), "sign": {}}},
        }

    def norms(self) -> Data:
        event = self.pick(["sale", "order", "alarm"])
        curb: Data = {"forbid": {"event": event, "where": f"event.v > {self.number(0, 5)}"}, "in_force": self.maybe(70)}
        if self.maybe(50):
            curb["forbid"]["by"] = self.pick(GROUPS)
        if self.maybe(70):
            curb["obeyed"] = self.share({"v": "number"})
        course = {"event": "decision", "where": "event.decision == course"}
        forbidden: Any = self.pick(["strike", "echo", "licence.opened", "claim", course])
        ban = {"forbid": forbidden, "obeyed": self.pick([0.5, 0.8]), "in_force": self.maybe(60)}
        return {"curb": curb, "ban": ban}

    def more_norms(self, scenario: Data, variant: int) -> None:
        """Exemptions, regimes, and duties begun by enactment and by triggers, with rules that hear how they end.

        All of it hangs on one number: Hypothesis would draw fewer large scenarios if each took more draws.
        """

        def of(*options: T) -> T:
            nonlocal variant
            variant, place = divmod(variant, len(options))
            return options[place]

        norms, rules, echo = scenario["norms"], scenario["rules"], {"event": "echo", "by": of("firm", "rival"), "with": {"v": 2}}
        exempt = {"event": norms["curb"]["forbid"]["event"], "where": f"event.v > {of(3, 6)}"}
        norms["mercy"] = {"exempt": exempt, "lifts": "curb", "in_force": of(True, False)}
        norms["truce"] = {"in_force": False}
        owed = {"event": of("sale", "echo", "strike"), "by": of("state", "club", "rival")}
        norms["owed"] = {"oblige": owed, "deadline": of("5d", "60h", {"uniform": ["1d", "9d"]}), "in_force": of(True, False)}
        reply: Data = {
            "event": of("sale", "echo"),
            "by": of("state", "club", ["firm", "state"]),
            "where": f"event.v > trigger.v - {of(4, 8)}",
        }
        norms["reply"] = {"oblige": reply, "when": of("alarm", "order"), "deadline": of("4d", "2wd", "1d + trigger.v * 6h")}
        rules["call"] = {"when": {"event": "alarm", "where": f"event.v > {of(1, 3)}"}, "times": 4, "then": [{"enact": "owed"}]}
        breach = of("owed.breached", "reply.breached")
        rules["truce_ends"] = {"when": breach, "times": 1, "then": [{"repeal": "owed"}, {"enact": "truce"}]}
        rules["sanction"] = {"when": {"event": breach, "by": "state"}, "times": 3, "then": [echo]}
        rules["thanks"] = {"when": "owed.fulfilled", "times": 3, "if": "not running(owed)", "then": [echo]}
        rules["runs"] = {"when": {"condition": "running(owed) or running(reply) and in_force(truce)"}, "times": 3, "then": [echo]}

    def actors(self) -> Data:
        goods = {"start": self.number(0, 5), "min": -5, "max": 20}
        actors: Data = {name: {"has": {"goods": dict(goods)}} for name in ACTING}
        actors["club"] = {}
        actors["ministry"]["part_of"] = "state"
        actors["bureau"]["part_of"] = self.pick(["ministry", "state"])
        actors["firm"]["member_of"] = self.pick(["club", ["club", "state"]])
        actors["trader"]["member_of"] = "club"
        for desk in ("clerk", "office", "board"):
            actors[desk] = {} if self.calm or self.maybe(20) else {"capacity": self.number(1, 2)}
        return actors

    def timeline(self) -> Data:
        timeline: Data = {}
        if self.maybe(65):
            statement, day = self.pick(["peace", "trade"]), self.number(2, 27)
            said, denied = self.pick(["state", "bureau", "ministry"]), self.pick(["bureau", "firm", "ministry"])
            timeline["said"] = {"at": f"2025-01-{day:02}", "claim": statement, "is": True, "by": said}
            timeline["denied"] = {"at": f"2025-02-{self.number(1, 20):02}", "claim": statement, "is": False, "by": denied}
        for verb, month, percent in (("enact", "01", 90), ("repeal", "02", 80)):
            if self.maybe(percent):
                pending = self.pick(["finish", "finish", "finish", "join"])
                timeline[f"{verb}s"] = {"at": f"2025-{month}-{self.number(6, 24):02}", verb: "licence.council", "pending": pending}
        for verb, month, percent in (("suspend", "01", 15), ("resume", "02", 15), ("revoke", "02", 10)):
            if self.maybe(percent):
                by = {"by": self.who()} if self.maybe(40) else {}
                day = self.number(4, 26)
                timeline[f"{verb}s_cases"] = {
                    "at": f"2025-{month}-{day:02}", verb: "licence.cases", "where": f"case.v < {self.number(2, 9)}", **by,
                }  # fmt: skip
        if self.maybe(15):
            timeline["withdrawn"] = {"at": self.date(), "withdraw": "licence.cases", "where": f"case.v < {self.number(1, 9)}"}
        for number in range(self.number(2, 6)):
            if self.maybe(80):
                effect = self.effect(-1, {}, opens=True)
                effect.pop("if", None)
                timeline[f"t{number}"] = {"at": self.date(), **effect} if "after" not in effect else {"at": self.date(), "then": [effect]}
            else:
                law = {self.pick(LAW): self.pick(["curb", "ban", "licence.council"])}
                timeline[f"t{number}"] = {"at": self.date(), "then": [law, self.emit("alarm", {})]}
        return timeline

    def scenario(self) -> Data:
        rules: Data = {f"tick{number}": self.tick() for number in range(self.number(2, 3))}
        busy = {"every": self.pick([f"{self.number(16, 40)}h", {"exponential": f"{self.number(18, 36)}h"}])}
        rules["apply"] = {"when": busy, "then": [{**self.open({}), "open": "licence", "by": self.who()}]}
        rules["apply"]["then"][0].setdefault("with", {"v": {"uniform": [0, 9]}, "desk": "office"})
        rules["begin"] = {"when": {"every": f"{self.number(30, 80)}h"}, "then": [self.emit(self.pick(RANKS[:3]), {})]}
        if self.maybe(40):
            rules["begin"]["then"].append({"decide": "course"})
        rules |= {f"r{number}": self.reaction() for number in range(self.number(4, 8))}
        rules |= {f"f{number}": self.follow_up() for number in range(self.number(1, 4))}
        rules |= {f"c{number}": self.watchful() for number in range(self.number(2, 5))}
        if self.maybe(50):
            heard = rules["begin"]["then"][0]["event"]
            for name, mood, chance in (("soothe", "calm", 1), ("stir", "angry", 0.7)):
                self.priority += 1
                rules[name] = {"when": heard, "chance": chance, "then": [{"set": {"mood": mood}}], "priority": self.priority}
        return {
            "language": 1,
            "scenario": "made",
            "period": {"from": "2025-01-01", "until": "2025-03-01"},
            "parameters": {"calm_share": 0.6, "grace": "2.25d"},
            "actors": self.actors(),
            "events": {name: {"fields": fields} if fields else {} for name, fields in FIELDS.items()},
            "statements": {"peace": {"true_when": self.fact()}, "trade": {"true_when": self.fact()} if self.maybe(60) else {}},
            "state": {
                "tension": {"start": self.number(0, 3), "min": 0, "max": self.number(5, 8)},
                "level": {"start": 3, "min": 0, "max": 10},
                "mood": {"start": "calm", "one_of": ["calm", "tense", "angry"]},
                "flagged": {"start": False},
                "seen": {"start": "2025-01-01"},
                "patience": {"start": "2d", "min": "0h", "max": "6d"},
            },
            "norms": self.norms(),
            "procedures": self.procedures(),
            "decisions": self.decisions(),
            "timeline": self.timeline(),
            "rules": {**rules, **self.law_rules()},
            "measures": {"alarms": "count(alarm)", "highest": "peak(tension)", "first_sale": "first(sale)"},
        }


def unlike(effects: list[Data]) -> list[Data]:
    """The effects without a second write of one thing, which the check would refuse."""
    seen: set[str] = set()
    kept = []
    for effect in effects:
        targets = {target for verb in ("set", "add") for target in effect.get(verb, ())}
        targets = {"goods" if target.endswith("goods") else target for target in targets}
        if not targets & seen:
            kept.append(effect)
        seen |= targets
    return kept


@st.composite
def scenarios(draw: Callable[[Any], Any], calm: bool = False) -> Data:
    """One scenario; in a calm one every desk takes whatever comes, so no case waits for another."""
    return Maker(_numbers(draw), calm).scenario()


@st.composite
def owing_scenarios(draw: Callable[[Any], Any]) -> Data:
    """One scenario with all kinds of norms."""
    maker = Maker(_numbers(draw), calm=False)
    scenario = maker.scenario()
    maker.more_norms(scenario, draw(st.integers(0, 99_999)))
    return scenario


def _numbers(draw: Callable[[Any], Any]) -> Callable[[int, int], int]:
    def number(low: int, high: int) -> int:
        found: int = draw(st.integers(low, high))
        return found

    return number


# ---- as a file


def yaml_text(scenario: Data) -> str:
    """The scenario as an author would write it: sections and ids one below the other, the rest in braces."""
    lines = []
    for section, value in scenario.items():
        if isinstance(value, dict) and value and section != "period":
            lines.append(f"{section}:")
            lines += [f"  {key}: {flow(item)}" for key, item in value.items()]
        else:
            lines.append(f"{section}: {flow(value)}")
    return "\n".join(lines) + "\n"


def flow(value: Any) -> str:
    """A value on one line; a text that YAML would cut gets quotes."""
    match value:
        case dict():
            return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(flow, value)) + "]"
        case bool():
            return "true" if value else "false"
        case str():
            return value if re.fullmatch(r"[\w.+-][\w.+\- ]*(:\d\d)?", value) else json.dumps(value, ensure_ascii=False)
    return str(value)


def shuffled(draw: Callable[[Any], Any], value: Any, path: str = "") -> Any:
    """The same data with the keys of every mapping in another order, but for `steps`, whose order is their meaning."""
    if isinstance(value, list):
        return [shuffled(draw, item, f"{path}.") for item in value]
    if not isinstance(value, dict):
        return value
    keys = list(value) if path.endswith(".steps") else draw(st.permutations(list(value)))
    return {key: shuffled(draw, value[key], f"{path}.{key}") for key in keys}
