"""What `tests/strategies.py` makes, made wider: groups, kinds, things, steps side by side, waits, norms that exempt and oblige, ties.

In: a scenario as plain data and the `Maker` that drew it. Out: the same with more in it (`widened`), the same with all lengths of
time whole half days, so that many things come at one instant (`tied`), and the same in another year and place (`elsewhere`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.dates import later

if TYPE_CHECKING:
    from tests.strategies import Data, Maker

__all__ = ["CHANGES", "MONTHS", "ZONES", "elsewhere", "moving", "tied", "widened"]

MONTHS = ((1902, 1), (1931, 1), (1949, 12), (1969, 12), (1969, 12), (1970, 1), (1988, 1), (1999, 12), (2038, 1), (2087, 1))
"""Years and months in which scenarios begin, beside January 2025: before 1970, over its first instant, long after."""

ZONES = ("UTC", "Asia/Kolkata", "Africa/Monrovia", "Pacific/Marquesas", "Etc/GMT-14")
"""Time zones of scenarios: in none of them the clocks change in the weeks that begin in these months. In 1902 two are off by seconds."""

CHANGES = (
    (2025, 3, "Europe/Amsterdam"), (2025, 10, "Europe/Amsterdam"), (2025, 2, "America/New_York"), (2025, 10, "America/New_York"),
    (2025, 3, "Australia/Lord_Howe"), (2025, 9, "Australia/Lord_Howe"), (2025, 2, "Asia/Beirut"),
    (2011, 11, "Pacific/Apia"), (1945, 3, "Europe/Amsterdam"), (2025, 3, "Antarctica/Troll"),
)  # fmt: skip
"""Years, months and zones in which scenarios begin where the clocks change meanwhile: by an hour, half, two, a day; at midnight."""

QUESTIONS = (
    "number_of(x in club, x.goods > 2) > 0", "sum_of(x in club, x.goods) < 9", "any_of(x in crowd, happened(order, by=x))",
    "all_of(x in [firm, rival], x.goods > -4)", "kit.stock > 1", "holds(firm, licence)", "cases(licence) > 3",
    "cases(licence, by=club, is=held) < 2", "suspended(curb)", "running(reply)", "claimed(peace, by=state)", "member(firm, club)",
)  # fmt: skip


def widened(maker: Maker, scenario: Data) -> Data:
    """The scenario with more in it; each part comes more often than not."""
    people(maker, scenario)
    norms(maker, scenario)
    procedures(maker, scenario)
    rules(maker, scenario)
    claims(maker, scenario)
    return scenario


def people(maker: Maker, scenario: Data) -> None:
    """Kinds, things, and actors in number."""
    actors: Data = scenario["actors"]
    scenario["kinds"] = {"house": {"has": {"goods": {"start": 2, "min": -5, "max": 20}}}, "ware": {"has": {"stock": 1}}}
    scenario["things"] = {"kit": {"kind": "ware"}, "shell": {"kind": "ware", "has": {"stock": 4}}}
    actors["crowd"] = {"count": maker.number(2, 3), "kind": "house", "member_of": "club"}
    for name in ("trader", "rival"):
        if maker.maybe(50):
            del actors[name]["has"]
            actors[name]["kind"] = "house"


def norms(maker: Maker, scenario: Data) -> None:
    """An exemption, a duty from enactments, a duty from triggers."""
    found: Data = scenario["norms"]
    pattern = found["curb"]["forbid"]["event"]
    found["spared"] = {
        "exempt": {"event": pattern, "where": f"event.v < {maker.number(3, 8)}"},
        "lifts": "curb",
        "in_force": maker.maybe(60),
    }
    owed: Data = {"event": maker.pick(["order", "sale", "alarm"]), "by": maker.pick(["state", "club", "firm", ["rival", "firm"]])}
    found["reply"] = {"oblige": owed, "deadline": maker.delay(12), "in_force": maker.maybe(50)}
    seen: Data = {"event": "echo", "by": maker.pick(["state", "club"]), "where": "event.v >= trigger.v"}
    found["answer"] = {"oblige": seen, "when": maker.pick(["order", {"event": "sale", "by": "firm"}]), "deadline": maker.delay(12)}
    if maker.maybe(20):
        del found["reply"]["deadline"]
    if maker.maybe(40):  # two norms for one act: one may hold where the other does not
        found["limit"] = {"forbid": {"event": pattern, "where": f"event.v > {maker.number(0, 5)}"}, "obeyed": maker.pick([0.3, 0.6])}


def branch(maker: Maker, desk: str) -> Data:
    made: Data = {"by": desk, maker.pick(["takes", "takes", "waits"]): maker.delay(2)}
    if maker.maybe(50):
        made["refuses"] = 0.3
    if maker.maybe(20):
        made["sends_back"] = {"to": "intake", "chance": 0.2}
    if maker.maybe(30):
        made |= {"deadline": maker.delay(5), "if_late": maker.pick(["approved", "refused", "intake"])}
    if maker.maybe(20):
        made["needed_if"] = maker.pick(["case.v > 2", "tension < 5"])
    return made


def procedures(maker: Maker, scenario: Data) -> None:
    """Steps side by side, waits for conditions, time limits of procedures."""
    licence: Data = scenario["procedures"]["licence"]
    steps: Data = licence["steps"]
    if maker.maybe(60):
        branches = {name: branch(maker, desk) for name, desk in (("east", "office"), ("north", "board"), ("west", "clerk"))}
        branches["west"]["in_force"] = maker.maybe(60)
        consent: Data = {"together": branches, "needs": maker.pick(["all", "any", 1, 2])}
        if maker.maybe(40):
            consent |= {"deadline": maker.delay(9), "if_late": maker.pick(["approved", "refused", "intake", "review"])}
        items = list(steps.items())
        licence["steps"] = steps = dict([*items[:2], ("consent", consent), *items[2:]])
    if maker.maybe(30):
        waits: Data = {"condition": maker.pick(["tension < 4", "case.v < level", "count(licence.approved, in_last=3d) < 2", "flagged"])}
        steps["quota"] = {"waits": {**waits, "lasts": "6h"} if maker.maybe(20) else waits}
    if maker.maybe(40):
        licence |= {
            "deadline": maker.pick(["9d", "300h", {"uniform": ["3d", "30d"]}]),
            "if_late": maker.pick(["approved", "refused", "intake"]),
        }
        if maker.maybe(30):
            del licence["if_late"]
    if maker.maybe(30):
        scenario["procedures"]["permit"]["steps"]["sign"] = {
            "by": "board",
            "meets": {"dates": ["2025-01-09", "2025-01-14 12:00", "2025-02-03"]},
        }


def rules(maker: Maker, scenario: Data) -> None:
    """Rules about what is new, and law that rests and comes back."""
    found: Data = scenario["rules"]
    law = [f"licence.{step}" for step in scenario["procedures"]["licence"]["steps"] if step != "intake"] + ["licence", "spared", "reply"]
    if "consent" in scenario["procedures"]["licence"]["steps"]:
        law += ["licence.west", "licence.west", "licence.east"]
    law += [maker.pick(sorted(found)), maker.pick(sorted(found))]
    for number in range(maker.number(2, 5)):
        provision = maker.pick(law)
        for verb, month in (("suspend" if maker.maybe(50) else "repeal", 1), ("resume" if maker.maybe(40) else "enact", 2)):
            clause: Data = {"pending": maker.pick(["join", "finish"])} if provision.startswith("licence.") and verb != "resume" else {}
            if verb == "enact" and clause and maker.maybe(60):
                clause = {"pending": maker.pick(["return", "restart"])}
            if (verb, provision) == ("suspend", "licence"):
                clause = {"pending": maker.pick(["join", "finish"])}
            day = maker.number(3, 9) if month == 1 else maker.number(10, 20)
            scenario["timeline"][f"w{number}_{month}"] = {"at": f"2025-01-{day:02}", verb: provision, **clause}
    asked = " and ".join(maker.pick(QUESTIONS) for _ in range(maker.number(1, 2)))
    when: Any = maker.pick(["sale", "licence.opened", {"condition": maker.pick(QUESTIONS)}])
    found["asks"] = {"when": when, "if": asked, "times": 9, "then": [
        {"event": "echo", "by": {"choice": "crowd"}, "with": {"v": "number_of(x in club, x.goods > 2)"}},
        {"add": {maker.pick(["kit.stock", "shell.stock"]): maker.pick([1, -1])}},
    ]}  # fmt: skip
    heard = maker.pick(["reply.breached", "reply.fulfilled", "answer.breached", "answer.fulfilled", "reply.enacted"])
    found["owes"] = {"when": heard, "after": maker.delay(6), "times": maker.number(2, 6), "then": [
        maker.pick([{"enact": "reply"}, {"add": {"tension": 1}}, {"event": "strike", "by": "firm"}]),
    ]}  # fmt: skip
    if maker.maybe(50):
        given = maker.pick(
            [{"withdraw": "licence.cases", "where": "case.v > 5", "by": "firm"}, {"withdraw": "licence.cases", "where": "case.v > 6"}]
        )
        found["ends"] = {"when": maker.pick(["strike", "reply.breached"]), "times": 3, "then": [given]}
    if maker.maybe(50):  # law that changes between a decision and what follows from it
        pending = maker.pick(["restart", "restart", "return", "join", "finish"])
        found["reform"] = {
            "when": {"event": "licence.review", "where": maker.pick(["event.outcome == refused", "event.outcome == passed"])},
            "times": maker.number(1, 3), "then": [{"enact": maker.pick(["licence.council", "licence.review"]), "pending": pending}],
        }  # fmt: skip
    if maker.maybe(30):
        found["gives_up"] = {"when": maker.pick(["licence.late", "licence.review"]), "chance": 0.3, "then": [{"withdraw": "licence.case"}]}


def claims(maker: Maker, scenario: Data) -> None:
    """A fact that turns at one instant with what is claimed about it."""
    scenario["state"]["proof"] = {"start": False}
    scenario["statements"]["guilt"] = {"true_when": "proof"}
    day, by = maker.number(3, 11), maker.pick(["rival", "firm", "state"])
    back = {"claim": "guilt", "is": maker.pick(["none", "none", True, False]), "by": maker.pick([by, by, "rival"])}
    scenario["timeline"] |= {
        "x1": {"at": f"2025-01-{day - 1:02}", "claim": "guilt", "is": False, "by": by},
        "x2": {"at": f"2025-01-{day:02}", **back},
        "x3": {"at": f"2025-01-{day:02}", "set": {"proof": True}},
    }


# ---- law in motion


def day(maker: Maker, low: int, high: int) -> str:
    return f"2025-01-{maker.number(low, high):02}{maker.pick(['', '', ' 06:00'])}"


def moving(maker: Maker, scenario: Data) -> Data:
    """The scenario with law that begins later, ends by itself, is renewed and amended, and spares some cases or binds some alone."""
    steps = [f"licence.{step}" for step in scenario["procedures"]["licence"]["steps"]]
    steps += ["licence.west"] * 2 if "licence.consent" in steps else []
    provisions = [
        "curb",
        "ban",
        "truce",
        "licence",
        "permit",
        "r0",
        *steps[1:],
        *(norm for norm in ("spared", "reply") if norm in scenario["norms"]),
    ]
    scenario["norms"]["truce"] = {"in_force": maker.maybe(50)}
    timeline, rules = scenario["timeline"], scenario["rules"]
    for number in range(maker.number(3, 6)):
        timeline[f"m{number}"] = {"at": day(maker, 2, 20), **changed(maker, maker.pick(provisions))}
    ended = [entry["enact"] for entry in timeline.values() if "enact" in entry and "lasts" in entry]
    for number, provision in enumerate(dict.fromkeys(ended)):
        lead = [
            {"before": f"{provision}.expired", "lead": lead}
            for lead in (maker.pick(["12h", "1d", "9d"]), maker.pick(["30h", "grace", "5wd"]))[: maker.number(1, 2)]
        ]
        renewal = {"enact": provision, "lasts": maker.delay(12)} if maker.maybe(60) else {"event": "echo", "by": "firm", "with": {"v": 3}}
        rules[f"before{number}"] = {"when": lead, "if": maker.flag({}), "times": maker.number(1, 4), "then": [renewal]}
        rules[f"expired{number}"] = {"when": f"{provision}.expired", "after": maker.delay(6), "times": 3, "then": [{"add": {"tension": 1}}]}
    amendments(maker, scenario)
    on_cases(maker, scenario)
    lawgivers(maker, scenario, provisions)
    monthly(maker, scenario)
    return scenario


def lawgivers(maker: Maker, scenario: Data, provisions: list[str]) -> None:
    """Law that somebody changes: who may, who may not, and who may all the same."""
    norms, timeline, rules = scenario["norms"], scenario["timeline"], scenario["rules"]
    touched = [maker.pick(provisions) for _ in range(3)]
    givers = ("state", "firm", "ministry")
    for number, provision in enumerate(dict.fromkeys(touched)):
        verb = maker.pick(["enacted", "enacted", "repealed", "suspended", "resumed"])
        event: Data = {"event": f"{provision}.{verb}"}
        if maker.maybe(60):
            event["by"] = maker.pick(givers)
        if verb == "enacted" and maker.maybe(40):
            event["where"] = maker.pick(["event.renewed", "not event.renewed", "tension > 2"])
        norms[f"no_law{number}"] = {"forbid": event, "obeyed": maker.pick([1, 1, 0.5])}
        if maker.maybe(40):
            norms[f"mandate{number}"] = {"exempt": {"event": event["event"], "by": maker.pick(givers)}, "lifts": f"no_law{number}"}
    for number in range(maker.number(2, 4)):
        given = {**changed(maker, maker.pick(touched)), "by": maker.pick(givers)}
        timeline[f"l{number}"] = {"at": day(maker, 2, 20), **given}
    heard = ("sale", "echo", "strike", "licence.opened", "no_law0.blocked", "no_law0.violated")
    for number in range(maker.number(2, 4)):
        chosen = dict.fromkeys(maker.pick(touched) for _ in range(maker.number(1, 2)))
        effects = [{**changed(maker, provision), "by": maker.pick(givers)} for provision in chosen]
        rule = {"when": maker.pick(heard), "times": maker.number(1, 4), "then": effects}
        rules[f"gives{number}"] = rule | ({"after": maker.delay(3)} if maker.maybe(40) else {})
    if maker.maybe(40):
        owed = maker.pick(["enacted", "enacted", "repealed", "suspended"])
        norms["to_act"] = {"oblige": {"event": f"{maker.pick(touched)}.{owed}", "by": maker.pick(givers)}, "deadline": maker.delay(9)}
    refuses = "procedures.licence.steps.review.refuses"
    if stands(scenario, refuses):
        norms["no_change"] = {"forbid": {"event": "licence.review.amended", "by": "firm"}}
        amend = {"amend": refuses, "to": maker.pick(["0", "0.6"]), "by": maker.pick(givers)}
        rules["changes"] = {"when": maker.pick(heard), "times": 2, "then": [amend]}


def monthly(maker: Maker, scenario: Data) -> None:
    """What comes by the calendar, perhaps from the last day of a long month on."""
    begins: Data = {"starting": maker.pick(["2024-10-31", "2024-12-31", "2024-08-30 06:00"])} if maker.maybe(80) else {}
    then = [{"event": "echo", "by": "firm", "with": {"v": "tension"}}]
    every = maker.pick(["1mo", "1mo", "2mo", "5d", "1w", "3wd", "4 * grace", "2.5d"])
    scenario["rules"]["monthly"] = {"when": {"every": every, **begins}, "then": then}


def on_cases(maker: Maker, scenario: Data) -> None:
    """Cases and licences that are suspended, resumed, revoked: by nobody, or by somebody whom norms may hold back."""
    event = {
        "event": maker.pick(["licence.licence_revoked", "licence.licence_suspended", "licence.withdrawn"]),
        "by": maker.pick(["state", "firm"]),
    }
    if maker.maybe(50):
        scenario["norms"]["no_grip"] = {"forbid": event, "obeyed": 0.5}
    for number in range(maker.number(2, 5)):
        verb = maker.pick(["suspend", "resume", "revoke"])
        effect = {
            verb: "licence.cases",
            "where": maker.pick(["case.v > 5", "case.by == firm", "case.opened < 2025-01-06", "passed(case, intake)"]),
        }
        by = {"by": maker.pick(["state", "firm", "ministry"])} if maker.maybe(40) else {}
        scenario["timeline"][f"c{number}"] = {"at": day(maker, 3, 20), **effect, **by}
    verbs = maker.pick([("suspend", "resume"), ("suspend", "revoke"), ("revoke", "resume")])
    for verb, when in zip(verbs, ("licence.review", "licence.approved"), strict=True):
        by = {"by": "state"} if maker.maybe(40) else {}
        rule = {"when": when, "chance": 0.3, "then": [{verb: maker.pick(["licence.case", "licence.case", "licence.cases"]), **by}]}
        scenario["rules"][f"{verb}s_case"] = rule | ({"after": maker.delay(3)} if maker.maybe(60) else {})


def changed(maker: Maker, provision: str) -> Data:
    """A change of a provision that begins later, or ends by itself, or is for some cases."""
    verb = maker.pick(["enact", "enact", "enact", "suspend", "repeal", "resume"])
    effect: Data = {verb: provision}
    if "." in provision and verb == "enact" and maker.maybe(25):
        chosen = {"for_case": f"case.v > {maker.number(1, 7)}"}
        return {**effect, **chosen, "pending": maker.pick(["join", "return", "restart"])} if maker.maybe(60) else {**effect, **chosen}
    if verb == "enact" and maker.maybe(30):
        effect["from"] = maker.pick([day(maker, 8, 20), "seen + 12d"])
    if verb == "enact" and maker.maybe(50):
        effect["lasts"] = maker.pick([maker.delay(12), "patience", "17d", "4w"])
    elif maker.maybe(25):
        effect["through"] = day(maker, 23, 28)[:10]
    elif maker.maybe(50):
        effect["until"] = maker.pick([day(maker, 23, 28), maker.turning()])
    if verb != "resume" and (provision.startswith("licence.") or (provision == "licence" and verb != "enact")):
        some = {"finish": maker.pick([f"case.v > {maker.number(1, 7)}", "case.by == firm", f"case.opened < {day(maker, 2, 9)}"])}
        clauses = {"enact": ["join", "finish", "return", "restart"], "repeal": ["join", "finish"], "suspend": ["join", "finish"]}[verb]
        clauses = ["withdraw", "finish"] if provision == "licence" and verb == "repeal" else clauses
        effect["pending"] = maker.pick([some, some, *clauses])
    return effect


def amendments(maker: Maker, scenario: Data) -> None:
    """Values that become others: of steps and procedures, perhaps not for cases under way; of rules, norms, desks and decisions."""
    known: list[tuple[str, list[Any]]] = [
        ("procedures.licence.steps.intake.takes", [maker.delay(2), "1h * (tension + 2)", "case.v * 3h + 2h"]),
        ("procedures.licence.steps.review.takes", [maker.delay(2)]),
        ("procedures.licence.steps.review.refuses", ["0", "0.9", "clamp(case.v / 10, 0, 1)"]),
        ("procedures.licence.steps.review.deadline", [maker.delay(5)]),
        ("procedures.licence.steps.review.sends_back.chance", ["0", "0.7"]),
        ("procedures.licence.steps.council.waits", [maker.delay(3)]),
        ("procedures.licence.steps.council.meets.every", ["1d", "5d"]),
        ("procedures.licence.steps.council.meets.per_session", [1, 4]),
        ("procedures.licence.valid", [maker.delay(9)]),
        ("procedures.licence.deadline", ["4d", "20d"]),
        ("norms.curb.obeyed", ["0.1", "1", "clamp(event.v / 9, 0, 1)"]),
        ("norms.curb.forbid.where", ["event.v > 7", "tension > 2"]),
        ("norms.reply.deadline", [maker.delay(9)]),
        ("decisions.course.options.harsh.weight", ["5", "level"]),
        ("actors.clerk.capacity", [1, 3]),
        ("actors.office.capacity", [1, 3]),
        *((f"rules.{rule}.{key}", values) for rule in ("r0", "r1", "r2", "tick0", "tick1") for key, values in (
            ("chance", ["0.2", "1"]), ("after", [maker.delay(3)]), ("not_again_for", ["1d", "6h"]), ("when.where", ["event.v > 4"]),
        )),
    ]  # fmt: skip
    known = [(path, values) for path, values in known if stands(scenario, path)]
    for number in range(maker.number(2, 5)):
        path, values = maker.pick(known)
        effect: Data = {"amend": path, "to": maker.pick(values)}
        if path.startswith("procedures.") and ".meets." not in path and maker.maybe(60):
            effect["pending"] = maker.pick(["finish", "finish", "join"])
        if maker.maybe(75):
            scenario["timeline"][f"a{number}"] = {"at": day(maker, 2, 20), **effect}
        else:
            known = [one for one in known if one[0] != path]
            scenario["rules"][f"amends{number}"] = {"when": maker.pick(["strike", "echo"]), "times": 2, "then": [effect]}


def stands(scenario: Data, path: str) -> bool:
    """Whether something that can be amended stands at a path."""
    found: Any = scenario
    for word in path.split("."):
        if not isinstance(found, dict) or word not in found:
            return False
        found = found[word]
    return not (isinstance(found, dict) and "condition" in found)


def tied(value: Any) -> Any:
    """The same with every length of time a whole number of half days, and nothing left to chance in it: so ties abound."""
    match value:
        case {"uniform": [str() as one, *_]} | {"exponential": str() as one} | {"triangular": [_, str() as one, _]}:
            return tied(one)
        case {"normal": {"mean": str() as one}} | {"lognormal": {"median": str() as one}} | {"choice": [str() as one, *_]}:
            return tied(one)
        case dict():
            return {key: tied(item) for key, item in value.items()}
        case list():
            return [tied(item) for item in value]
        case str() if found := re.fullmatch(r"(\d+)h", value):
            return f"{max(12, round(int(found[1]) / 12) * 12)}h"
        case str() if re.fullmatch(r"2025-\d\d-\d\d (06:00|18:30)", value):
            return value[:10] + " 12:00"
    return value


# ---- in another year and place


def elsewhere(maker: Maker, scenario: Data) -> Data:
    """The scenario in another year, and perhaps on the clocks of another place, which may change meanwhile."""
    if maker.maybe(50):
        year, month, zone = maker.pick(CHANGES)
    else:
        (year, month), zone = maker.pick(MONTHS), maker.pick(ZONES)
    moved: Data = later(scenario, 12 * (year - 2025) + month - 1)
    return {**moved, "period": {**moved["period"], "timezone": zone}}
