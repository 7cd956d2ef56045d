"""Lints: what is well formed and yet cannot be meant. Each is a warning, told only where it is certain.

In: a scenario without errors and the nodes it was linked from. Out: warnings with place and remedy. `LINTS` is the list of passes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sim.errors import Place, Problem, did_you_mean
from sim.language import scenario as s
from sim.language import tree as t
from sim.language.lacking import lacked
from sim.language.nodes import Fields, Items, Node, Text, at
from sim.language.references import References, folded, heard, taken
from sim.language.standings import DONE
from sim.language.traps import blocked_beside, days_of_24_hours, missed_by_a_digit, owed_in_vain, unseen_while_waiting

__all__ = ["LINTS", "View", "lints_of"]

PROSE = frozenset({"about", "title", "quote", "note", "url", "name", "unit", "locator"})
"""Keys whose texts name nothing."""

NAMED = re.compile(r"(?<![\w])[a-z]\w*")


@dataclass(frozen=True)
class View:
    """What a lint looks at."""

    scenario: s.Scenario
    root: Fields
    references: References

    def place(self, path: str) -> Place:
        """Where a thing is written: its key."""
        outer, _, key = path.rpartition(".")
        node = at(self.root, outer)
        return node.keys[key] if isinstance(node, Fields) and key in node.keys else (at(self.root, path) or self.root).place

    def warning(self, code: str, text: str, path: str, *, inside: str = "", words: str = "") -> Problem:
        """A warning at a path, or at what stands at a deeper one, or where these words stand below it."""
        node = at(self.root, inside or path)
        if words and node is not None and (found := next(_saying(node, words), None)):
            return Problem(code, text, found.place_at(found.text.index(words), len(words)), found.path)
        return Problem(code, text, node.place if inside and node else self.place(path), inside if inside and node else path)


def _saying(node: Node, words: str) -> Iterator[Text]:
    """The texts in which these words stand."""
    match node:
        case Text(text=text):
            if words in text:
                yield node
        case Items(items=items):
            for item in items:
                yield from _saying(item, words)
        case Fields(entries=entries):
            for inner in entries.values():
                yield from _saying(inner, words)


def lints_of(scenario: s.Scenario, root: Fields) -> list[Problem]:
    """Everything doubtful in a scenario that has no errors."""
    view = View(scenario, root, References(scenario))
    return [problem for lint in LINTS for problem in lint(view)]


# ---- what never happens


def never_fires(view: View) -> Iterator[Problem]:
    """A rule that nothing can ever make fire."""
    references = view.references
    for rule in view.scenario.rules:
        if rule.path in references.living:
            continue
        slot = f"in_force.{rule.id}"
        if not references.may_hold(slot, references.living):
            writers = [path for path in references.writers.get(slot, ()) if path != rule.path]
            why = f"{_listed(writers)} could enact it, but never fires" if writers else f"nothing enacts it; enact {rule.id} or remove it"
            yield view.warning("W402", f"this rule is never in force: {why}", rule.path, inside=f"{rule.path}.in_force")
        elif folded(rule.guard) is False:
            text = "this rule never fires: its `if` is always false; to keep it for a what-if, write in_force: false"
            yield view.warning("W402", text, rule.path, inside=f"{rule.path}.if")
        elif references.has_no_chance(rule):
            yield view.warning("W402", "this rule never fires: its chance is 0", rule.path, inside=f"{rule.path}.chance")
        else:
            missed = [event for trigger in rule.when if (event := heard(trigger)) is not None]
            reasons = [_missing(view, event, rule.path) for event in dict.fromkeys(missed)]
            if len(missed) < len(rule.when):
                reasons.append(NEVER_TURNS)
            why = "; ".join(reasons)
            yield view.warning("W402", f"this rule never fires: {why}", rule.path, inside=f"{rule.path}.when")


NEVER_TURNS = "nothing changes what its condition reads, so it never turns true; what holds from the start is for a timeline entry"


def _missing(view: View, event: str, rule: str) -> str:
    """Why an event that a rule waits for never happens."""
    makers = view.references.makers.get(event, ())
    if makers == (rule,):
        return f"it waits for '{event}', which comes from this rule alone"
    if makers:
        waiting = "it never happens either" if len(makers) == 1 else "they never happen either"
        return f"'{event}' comes from {_listed(makers)} alone, and {waiting}"
    unheard = [other for other in view.references.makers if "." not in other and other not in view.references.hearers and other != event]
    hint = did_you_mean(event, unheard)
    if event in BUILT_IN:
        return f"nothing brings about '{event}': {BUILT_IN[event]}"
    if "." not in event:
        return f"nothing brings about '{event}'{hint or '; write an effect or a timeline entry with event: ' + event}"
    owner, _, word = event.rpartition(".")
    done = {heard: f"{does}s cases of" for does, heard in DONE.items()}
    verb = {"opened": "opens a case of", **done, **{heard: f"{does}s" for does, heard in s.LAW_EVENTS.items()}}.get(word)
    if owner in view.scenario.procedures and word in ("late", "refused"):
        return f"'{owner}' has no deadline" if word == "late" else f"no step of '{owner}' refuses"
    if word == "licence_expired":
        return f"licences of '{owner}' are held for ever: write `valid` at procedures.{owner}"
    if word == "expired":
        return f"nothing says until when '{owner}' lasts: enact it with `until` or `lasts`"
    if word == "scheduled":
        return f"nothing enacts '{owner}' from a later date: write enact: {owner}, from: DATE"
    return f"nothing {verb} '{owner}'" if verb else f"nothing brings about '{event}'"


BUILT_IN = {
    "claim": "write an effect with claim:",
    "contradiction": "it follows from claims, and nobody claims anything",
    "refuted": "it follows from claims, and nobody claims anything",
    "decision": "write an effect with decide:",
}


def _listed(paths: Iterable[str]) -> str:
    names = sorted(paths)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if len(names) < 4 else f"{len(names)} other parts"


def never_happens(view: View) -> Iterator[Problem]:
    """A declared event that nothing brings about; where a rule waits for it, that is told there."""
    references = view.references
    idle = [rule for rule in view.scenario.rules if rule.path not in references.living]
    told = {trigger.event for rule in idle for trigger in rule.when if isinstance(trigger, s.Pattern)}
    for key in _declared(view.root, "events"):
        if key in references.makers or key in told:
            continue
        used = sorted({*references.askers.get(key, ()), *references.hearers.get(key, ())})
        if used:
            verb = "speaks" if len(used) == 1 else "speak"
            yield view.warning("W403", f"nothing brings about '{key}', of which {_listed(used)} {verb}", f"events.{key}")
        elif key not in references.mentions:
            yield view.warning("W403", f"nothing brings about '{key}', and nothing listens to it: use it or remove it", f"events.{key}")
    for procedure in view.scenario.procedures.values():
        if f"{procedure.id}.opened" not in references.makers:
            text = f"nothing opens a case of '{procedure.id}': write an effect with open: {procedure.id}, or remove it"
            yield view.warning("W403", text, procedure.path)
    for decision in view.scenario.decisions.values():
        if set(references.makers.get(taken(decision.id), ())) <= {decision.path}:
            text = f"nothing takes the decision '{decision.id}': write an effect with decide: {decision.id}, or remove it"
            yield view.warning("W403", text, decision.path)


def never_chosen(view: View) -> Iterator[Problem]:
    """An option whose weight is 0, and that nothing forces."""
    for decision in view.scenario.decisions.values():
        for option in decision.options:
            is_amended = f"{option.path}.weight" in view.references.writers
            if folded(option.weight) == 0 and not is_amended and decision.choose != option.id:
                text = f"'{option.id}' is never chosen: its weight is 0; give it another, or let a what-if set choose: {option.id}"
                yield view.warning("W410", text, option.path, inside=f"{option.path}.weight")


def never_in_force(view: View) -> Iterator[Problem]:
    """A norm, procedure or step that waits for an enactment that never comes."""
    for path, short in _lawful(view.scenario):
        if not view.references.may_hold(f"in_force.{short}"):
            yield view.warning("W405", f"'{short}' is never in force: nothing enacts it", path, inside=f"{path}.in_force")


def _lawful(scenario: s.Scenario) -> Iterator[tuple[str, str]]:
    for norm in scenario.norms:
        yield norm.path, norm.id
    for procedure in scenario.procedures.values():
        yield procedure.path, procedure.id
        for step in procedure.steps:
            yield from ((one.path, f"{procedure.id}.{one.id}") for one in (step, *step.branches))


def nothing_comes_of(view: View) -> Iterator[Problem]:
    """A time limit after which nothing happens, and which nobody hears of."""
    references = view.references
    for procedure in view.scenario.procedures.values():
        steps = [(one, f"{procedure.id}.{one.id}") for step in procedure.steps for one in (step, *step.branches)]
        limits: list[tuple[s.Procedure | s.Step, str]] = [(procedure, f"{procedure.id}.late"), *steps]
        for limit, event in limits:
            if limit.deadline is None or limit.if_late is not None or event in references.hearers or event in references.askers:
                continue
            where = "" if limit is procedure else ", where event.outcome == late"
            text = f"nothing comes of this time limit: write if_late (approved, refused, or a step), or listen to {event}{where}"
            yield view.warning("W413", text, limit.path, inside=f"{limit.path}.deadline")


def asked_by_nobody(view: View) -> Iterator[Problem]:
    """A regime, which is nothing but in force or not, when nothing asks whether it is."""
    for norm in view.scenario.norms:
        references = view.references
        heard = any(event.startswith(f"{norm.id}.") for event in (*references.hearers, *references.askers))
        if norm.says is None and not heard and f"in_force.{norm.id}" not in references.readers:
            text = f"this norm says nothing, and nothing asks in_force({norm.id}): write forbid or exempt, use it or remove it"
            yield view.warning("W404", text, norm.path)


def never_changes(view: View) -> Iterator[Problem]:
    """A question whether something is in force that has one answer for ever."""
    references = view.references
    for slot, readers in sorted(references.readers.items()):
        known = view.scenario.slots.get(slot)
        if not slot.startswith(("in_force.", "suspended.")) or known is None or slot in references.writers:
            continue
        answer = "true" if known.start else "false"
        question = slot.partition(".")[0]
        said, remedy = ("enacts or repeals", "enact or repeal") if question == "in_force" else ("suspends", "suspend")
        text = f"{known.text} is always {answer}: nothing {said} it; leave it out, or {remedy} it somewhere"
        yield from (view.warning("W406", text, path, words=f"{question}(") for path in readers)


# ---- what is there for nothing


def unused(view: View) -> Iterator[Problem]:
    """Parameters, states, kinds, actors, things, statements, sources and definitions that nothing names."""
    scenario, references = view.scenario, view.references
    values = {*references.readers, *references.writers}
    owners = {slot.split(".")[1] for slot in values if slot.startswith(("actors.", "things."))} | references.mentions
    kinds = {one.kind for one in scenario.actors.values()} | {one.kind for one in scenario.things.values()}
    for actor in scenario.actors.values():
        if any(at(view.root, f"actors.{group}.count") for group in actor.member_of):  # made by a `count`: one of it is all of it
            owners |= {*actor.member_of} if actor.id in owners else set()
        elif actor.part_of or actor.member_of:
            owners |= {actor.id, *([actor.part_of] if actor.part_of else []), *actor.member_of}
    words = Words(view.root)
    defined = words.within("define")
    tables: list[tuple[str, str, Callable[[str], bool]]] = [
        ("parameters", "parameter", lambda key: f"parameters.{key}" in values or key in defined),
        ("state", "state", lambda key: f"state.{key}" in values or key in defined),
        ("kinds", "kind", kinds.__contains__),
        ("actors", "actor", owners.__contains__),
        ("things", "thing", owners.__contains__),
        ("statements", "statement", lambda key: key in references.mentions),
        ("sources", "source", lambda key: words.anywhere("sources", key)),
        ("define", "definition", lambda key: words.anywhere("define", key)),
    ]
    for section, word, is_used in tables:
        for key in _declared(view.root, section):
            if not is_used(key):
                yield view.warning("W404", f"nothing uses the {word} '{key}': use it or remove it", f"{section}.{key}")


def _declared(root: Fields, section: str) -> list[str]:
    node = root.entries.get(section)
    return list(node.entries) if isinstance(node, Fields) else []


class Words:
    """In which things of a scenario each word stands, prose left out: for what is no longer named once it is linked."""

    def __init__(self, root: Fields) -> None:
        self.places: dict[str, set[str]] = {}
        self._collect(root, 0, "", "")

    def anywhere(self, section: str, key: str) -> bool:
        """Whether a word stands anywhere but in the thing it names."""
        return bool(self.places.get(key, set()) - {f"{section}.{key}"})

    def within(self, section: str) -> set[str]:
        """The words that stand in the things of a section."""
        return {word for word, places in self.places.items() if any(place.startswith(f"{section}.") for place in places)}

    def _collect(self, node: Node, depth: int, owner: str, key: str) -> None:
        match node:
            case Text(text=text):
                if key not in PROSE:
                    self._note(text, owner)
            case Items(items=items):
                for item in items:
                    self._collect(item, depth, owner, key)
            case Fields(entries=entries):
                for name, inner in entries.items():
                    if depth > 1:
                        self._note(name, owner)
                    here = name if depth == 0 else f"{owner}.{name}" if depth == 1 else owner
                    self._collect(inner, depth + 1, here, name)

    def _note(self, text: str, owner: str) -> None:
        for word in NAMED.findall(text):
            self.places.setdefault(word, set()).add(owner)


def kinds_misspelt(view: View) -> Iterator[Problem]:
    """A kind that is not listed, beside one that is and sounds like it: it gives no attributes."""
    known = _declared(view.root, "kinds")
    for section, owners in (("actors", view.scenario.actors), ("things", view.scenario.things)):
        for key in _declared(view.root, section):
            kind = owners[key].kind
            if kind and kind not in known and (hint := did_you_mean(kind, known)):
                text = f"no kind is called '{kind}', so '{key}' has no attributes of a kind{hint}"
                yield view.warning("W411", text, f"{section}.{key}", inside=f"{section}.{key}.kind")


# ---- traps


def lacking(view: View) -> Iterator[Problem]:
    """An attribute that is asked of somebody who has none, so that the run stops."""
    for path, said in lacked(view.scenario, view.references):
        yield view.warning("W412", said, path, inside=path)


def waiting_blindly(view: View) -> Iterator[Problem]:
    """A delayed rule that asks for what it will itself undo, and lets a second occasion in meanwhile."""
    for rule in view.scenario.rules:
        if said := unseen_while_waiting(rule, view.references):
            yield view.warning("W407", said, rule.path, inside=f"{rule.path}.if")


def law_beside_an_act(view: View) -> Iterator[Problem]:
    """Law that takes hold although the act beside it may be blocked."""
    for rule in view.scenario.rules:
        for effect, said in blocked_beside(rule, view.scenario, view.references):
            yield view.warning("W408", said, rule.path, inside=effect)


def never_fulfilled(view: View) -> Iterator[Problem]:
    """A duty that nobody who owes it ever fulfils."""
    for norm in view.scenario.norms:
        if view.references.may_hold(f"in_force.{norm.id}") and (said := owed_in_vain(norm, view.scenario, view.references)):
            yield view.warning("W414", said, norm.path, inside=f"{norm.path}.oblige")


def short_days(view: View) -> Iterator[Problem]:
    """An age that is compared with days, where a day by the calendar need not have 24 hours."""
    for path, question, said in days_of_24_hours(view.scenario, view.references):
        yield view.warning("W417", said, path, inside=path, words=question)


def missed(view: View) -> Iterator[Problem]:
    """A number that grows by fractions and is compared for equality."""
    for path, question, said in missed_by_a_digit(view.references):
        yield view.warning("W418", said, path, inside=path, words=question)


def never_shown(view: View) -> Iterator[Problem]:
    """What was observed and nothing here brings about, so that no run can show it; a what-if may bring it."""
    references = view.references
    edited = view.root.entries.get("what_if")
    for number, seen in enumerate(view.scenario.observed):
        makers = references.makers.get(seen.event, ())
        if edited is not None and next(_saying(edited, seen.event.partition(".")[0]), None) is not None:
            continue
        path = f"observed.{number}"
        if not makers:
            text = f"nothing in this scenario brings about '{seen.event}', so no run can show what was observed"
            yield view.warning("W416", text, path, inside=f"{path}.event")
        elif seen.by is not None and (known := _known_actors(view, seen.event)) and not any(_related(view, seen.by, one) for one in known):
            text = f"'{seen.event}' comes by {_listed(known)} in this scenario, and never by '{seen.by}'"
            yield view.warning("W416", text, path, inside=f"{path}.by")


def _known_actors(view: View, event: str) -> list[str]:
    """Who brings a declared event about, where that is known of all that makes it; nobody where it is not."""
    found: dict[str, None] = {}
    for maker in view.references.makers.get(event, ()):
        part = view.references.part(maker)
        listed = part.options if isinstance(part, s.Decision) else (part,) if isinstance(part, s.Rule | s.TimelineEntry) else ()
        effects = [effect for one in listed for effect in one.then if isinstance(effect, s.Emit) and effect.event == event]
        if not effects:
            return []
        for effect in effects:
            who = effect.by
            named = () if who is None else who.choices or ((who.value.value,) if isinstance(who.value, t.Const) else ())
            if not named:
                return []
            found.update(dict.fromkeys(named))
    return sorted(found)


def _related(view: View, one: str, other: str) -> bool:
    """Whether one of two actors is the other, or part or member of it."""
    actors = view.scenario.actors
    return one == other or other in s.above(one, actors) or one in s.above(other, actors)


Lint = Callable[[View], Iterable[Problem]]
LINTS: tuple[Lint, ...] = (
    never_fires, never_happens, never_chosen, never_in_force, nothing_comes_of, asked_by_nobody, never_changes, unused,
    kinds_misspelt, lacking, waiting_blindly, law_beside_an_act, never_fulfilled, short_days, missed, never_shown,
)  # fmt: skip
