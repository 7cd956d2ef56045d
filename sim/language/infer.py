"""Expressions get their meaning: names are looked up, types and units are checked.

In: the text of an expression and a `Scope` (what may be named where it stands). Out: a typed tree, or problems with
places and remedies. A tree that comes out of here cannot fail on account of a wrong type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sim import clock
from sim.errors import Problem, did_you_mean
from sim.language import grammar as g
from sim.language import tree as t
from sim.language.courses import changes
from sim.language.functions import read_call
from sim.language.groups import bound_attribute, membership
from sim.language.operators import arithmetic, from_now, is_zero, signed
from sim.language.scope import COUNTED, Proven, Refused, Scope
from sim.language.source import Text
from sim.language.tree import Tree, Type

__all__ = ["infer"]

ORDERED = frozenset({"number", "duration", "instant", "rate"})
SECTIONS = ("parameters", "state", "define", "actors", "things")


def infer(text: Text, scope: Scope, wanted: Type | None, problems: list[Problem]) -> Tree | None:
    """The typed tree of an expression, of the wanted type; None when a problem was added."""
    try:
        phrase = g.read_expression(text.text)
        return Inference(text.text, scope).wanted(phrase, wanted, scope.proven)
    except g.Malformed as fault:
        problems.append(Problem(fault.code, fault.text, text.place_at(fault.start, fault.length), text.path))
    except Refused as refused:
        if not refused.code:
            return None
        length = max(refused.part.end - refused.part.start, 1)
        problems.append(Problem(refused.code, refused.text, text.place_at(refused.part.start, length), text.path))
    return None


class Inference:
    """The inference of one expression."""

    def __init__(self, text: str, scope: Scope) -> None:
        self.text = text
        self.scope = scope
        self.found: dict[tuple[int, Type | None, Proven], Tree | Refused] = {}

    def inside(self, scope: Scope) -> Inference:
        """The inference of a part that may name other things."""
        return Inference(self.text, scope)

    def said(self, part: g.Part) -> str:
        """The part as written, on one line."""
        return " ".join(self.text[part.start : part.end].split())

    def wanted(self, phrase: g.Phrase, wanted: Type | None, proven: Proven) -> Tree:
        tree = self.tree(phrase, wanted, proven)
        if wanted is None and tree.type == t.GROUP and self.scope.stance.courses:
            raise Refused("E204", "a group is no value of a measure: ask about it with `in`, number_of or any_of", phrase)
        if wanted is None and tree.type == t.PERIOD and self.scope.stance.courses:
            raise Refused("E204", "months, years and working days are only added to a date: here write days, such as 90d", phrase)
        return tree if wanted is None else self.fitted(tree, wanted, phrase)

    def fitted(self, tree: Tree, wanted: Type, phrase: g.Phrase) -> Tree:
        """The tree where a value of type `wanted` is wanted, or a refusal with the remedy."""
        have = tree.type
        if have.optional and not wanted.optional and not self.scope.stance.may_miss:
            raise Refused("E205", self.missing(tree, phrase), phrase)
        if have.name == wanted.name:
            if wanted.labels and (strange := [word for word in have.labels if word not in wanted.labels]):
                raise Refused(
                    "E204", f"'{strange[0]}' is not one of {', '.join(wanted.labels)}{did_you_mean(strange[0], wanted.labels)}", phrase
                )
            return tree
        if is_zero(tree) and wanted.name in ("duration", "rate"):
            return t.Const(0, wanted.certain())
        if have == t.PERIOD and wanted.name == "duration" and self.scope.ahead:
            return from_now(tree)
        said = self.said(phrase)
        text = f"{wanted.certain()} is wanted here; `{said}` is {have.certain()}{_remedy(have, wanted, said)}"
        raise Refused("E204", text, phrase)

    def missing(self, tree: Tree, phrase: g.Phrase) -> str:
        """Why there may be no value here, and what to write."""
        said = self.said(phrase)
        if isinstance(tree, t.History) and isinstance(phrase, g.Apply | g.Name):
            asked = tree.among or tree.selector
            inside = tree.text[tree.text.index("(") + 1 : -1]
            if tree.selector.field is not None:
                inside = inside.replace(f".{tree.selector.field}", "", 1)
            if tree.among is not None:
                window = next((part for part in inside.split(", ") if part.startswith("in_last=")), "")
                inside = ", ".join(filter(None, (asked.event, window)))
            when = f"before the first {asked.event}" if asked.within is None else f"when there is no {asked.event}"
            default = "give it a `default=` where it is defined" if isinstance(phrase, g.Name) else f"`{said[:-1]}, default=…)`"
            return f"{said} has no value {when}: write `happened({inside}) and …` or {default}"
        if isinstance(tree, t.EventField):
            return f"{said} has no value when a claim is taken back: write {said} == true or {said} == false"
        if isinstance(phrase, g.Name):
            return f"`{said}` may have no value: where it is defined, give it one with `default=`"
        return f"`{said}` may have no value: give its parts a `default=`"

    def tree(self, phrase: g.Phrase, wanted: Type | None, proven: Proven) -> Tree:
        """The tree of a part, found once for each type wanted: operands are asked twice, and they nest."""
        key = (id(phrase), wanted, proven)
        if key not in self.found:
            try:
                self.found[key] = self.inferred(phrase, wanted, proven)
            except Refused as refused:
                self.found[key] = refused
        found = self.found[key]
        if isinstance(found, Refused):
            raise found
        return found

    def inferred(self, phrase: g.Phrase, wanted: Type | None, proven: Proven) -> Tree:
        match phrase:
            case g.Number():
                return self.number(phrase)
            case g.Moment():
                return t.Const(self.moment(phrase), t.INSTANT)
            case g.Quoted(text=text):
                return t.Const(text, t.label(text) if wanted and wanted.name == "label" else t.TEXT)
            case g.Name():
                return self.name(phrase, wanted, proven)
            case g.Apply():
                return read_call(self, phrase, wanted, proven)
            case g.Sign():
                return signed(self, phrase, proven)
            case g.Arithmetic():
                return arithmetic(self, phrase, proven)
            case g.Comparison():
                return self.comparison(phrase, proven)
            case g.Logic():
                return self.logic(phrase, proven)
            case g.Conditional():
                return self.conditional(phrase, wanted, proven)
            case g.Membership():
                return membership(self, phrase, proven)

    def number(self, phrase: g.Number) -> Tree:
        digits = phrase.digits.replace("_", "")
        try:
            if phrase.unit in clock.CALENDAR:
                return t.Const(clock.parse_period(phrase.digits + phrase.unit), t.PERIOD)
            if phrase.unit:
                written = phrase.digits + phrase.unit
                return t.Const(clock.parse_duration(written), t.DURATION, clock.days_written(written))
            value = int(digits) if digits.isdigit() else float(digits)
        except clock.Malformed as fault:
            raise Refused("E108", str(fault), phrase) from None
        if abs(value) > 2**53:
            raise Refused("E110", "a number lies between -2^53 and 2^53", phrase)
        return t.Const(value, t.NUMBER)

    def moment(self, phrase: g.Moment) -> int:
        try:
            return clock.parse_instant(phrase.text, self.scope.zone)
        except clock.Malformed as fault:
            raise Refused("E109", str(fault), phrase) from None

    def name(self, phrase: g.Name, wanted: Type | None, proven: Proven) -> Tree:
        words = phrase.words
        if words == ("now",):
            if closed := self.scope.stance.closed:
                raise Refused("E206", closed.format("now"), phrase)
            return t.Now()
        if words in (("true",), ("false",)):
            return t.Const(words == ("true",), t.FLAG)
        if words[0] == "event" and len(words) > 1:
            return self.event_name(phrase)
        if words[0] == "trigger" and len(words) > 1:
            return self.trigger_name(phrase)
        if words[0] == "case" and self.scope.case is not None and len(words) > 1:
            return self.case_name(phrase, self.scope.case, 1, of_event=False)
        if words[0] == "baseline" and self.scope.stance.measures and len(words) == 2:
            return self.measure(phrase, words[1], of_baseline=True)
        if self.scope.stance.measures and len(words) == 1 and words[0] in self.scope.measures:
            return self.measure(phrase, words[0], of_baseline=False)
        if words[0] in SECTIONS and len(words) > 1:
            words = words[1:]
        elif len(words) == 1 and wanted and words[0] in wanted.labels:
            return t.Const(words[0], t.label(words[0]))
        if words[0] in self.scope.names:
            if self.scope.stance.closed and isinstance(self.scope.names[words[0]], t.Bound):
                raise Refused("E206", self.scope.stance.closed.format(words[0]), phrase)
            return self.below(self.in_measure(self.certain(self.scope.names[words[0]], proven), phrase), words, 1, phrase)
        if len(words) == 1 and wanted and wanted.name == "statement" and words[0] in self.scope.statements:
            return t.Const(words[0], t.STATEMENT)
        raise self.unknown(phrase, wanted)

    def certain(self, tree: Tree, proven: Proven) -> Tree:
        """A definition where what it asks about has happened for sure."""
        if isinstance(tree, t.History) and tree.type.optional and replace(tree.among or tree.selector, field=None) in proven:
            return replace(tree, type=tree.type.certain())
        return tree

    def in_measure(self, tree: Tree, phrase: g.Name) -> Tree:
        """A measure looks back on a whole run: a value that changes needs a function that says which moment is meant."""
        if not self.scope.stance.values and changes(tree):
            said = phrase.text
            ways = f"final({said}), peak({said}) or low({said})" if tree.type.name in ORDERED else f"final({said}) or at({said}, DATE)"
            if tree.type.name == "flag":
                ways = f"final({said}) or time_while({said})"
            raise Refused("E206", f"'{said}' changes during a run: write {ways}", phrase)
        return tree

    def measure(self, phrase: g.Name, name: str, *, of_baseline: bool) -> Tree:
        kind = self.scope.measures.get(name)
        if kind is None:
            raise Refused("E102", f"no measure is called '{name}'{did_you_mean(name, self.scope.measures)}", phrase)
        return t.Measure(name, of_baseline, kind.certain())

    def unknown(self, phrase: g.Name, wanted: Type | None) -> Refused:
        scope = self.scope
        if phrase.words[0] in scope.broken:
            return Refused("", "", phrase)
        if scope.stance.measures and not did_you_mean(phrase.words[0], scope.measures):
            return Refused("E206", scope.stance.closed, phrase)
        word = phrase.words[1] if phrase.words[0] in SECTIONS and len(phrase.words) > 1 else phrase.words[0]
        if word in scope.broken:
            return Refused("", "", phrase)
        if word == "now":
            return Refused("E102", f"now is a date or time and has no '{phrase.words[1]}'", phrase)
        if word == "case" and scope.event_case is not None and len(phrase.words) > 1:
            return Refused("E206", f"there is no case here but the event's: write event.{phrase.text}", phrase)
        if word in ("event", "case") and len(phrase.words) > 1:
            return Refused("E206", f"there is no {word} here", phrase)
        if wanted == t.ACTOR:
            near = did_you_mean(word, scope.actors) or ": declare it under 'actors'"
            return Refused("E102", f"no actor is called '{word}'{near}", phrase)
        if word in scope.events:
            return Refused("E206", f"'{word}' is an event: ask about it with count({word}), happened({word}), since({word})", phrase)
        if word in scope.provisions:
            return Refused("E206", f"'{word}' is a provision: ask in_force({word})", phrase)
        known = [name for name, tree in scope.names.items() if wanted is None or tree.type.name == wanted.name]
        known += [*scope.measures, *(scope.statements if wanted and wanted.name == "statement" else ())]
        if wanted and wanted.labels:
            return Refused("E204", f"'{word}' is not one of {', '.join(wanted.labels)}{did_you_mean(word, wanted.labels)}", phrase)
        near = did_you_mean(word, known)
        if not near and word in ("yes", "on", "no", "off"):
            near = f"; write {'true' if word in ('yes', 'on') else 'false'}"
        if not near and wanted == t.NUMBER and self.text.strip() == word:
            near = ": a number is wanted here, such as 0.2, or a name declared under 'parameters'"
        return Refused("E102", f"nothing is called '{word}'{near}", phrase)

    def event_name(self, phrase: g.Name) -> Tree:
        fields = self.scope.event
        if "event" in self.scope.broken:
            raise Refused("", "", phrase)
        if fields is None:
            instead = f": what began the duty is called trigger{phrase.text[5:]}" if self.scope.trigger is not None else ""
            raise Refused("E206", f"there is no event here{instead}", phrase)
        word = phrase.words[1]
        if word == "case":
            if closed := self.scope.stance.closed:
                said = closed.format("its case")
                if self.scope.stance is COUNTED:
                    said += "; tell it by an event of your own that carries what you ask, and count that"
                    said += "; event.at - event.duration is when the case was opened" if "duration" in fields else ""
                raise Refused("E206", said, phrase)
            if self.scope.is_opening:
                raise Refused("E206", f"a case whose opening is judged is not there yet: write event{phrase.text[10:]}", phrase)
            if self.scope.event_case is None or len(phrase.words) < 3:
                raise Refused("E206", "not every event that comes here belongs to a case: listen to an event of the procedure", phrase)
            return self.case_name(phrase, self.scope.event_case, 2, of_event=True)
        if word not in fields:
            raise Refused("E102", f"the event has no field '{word}'{did_you_mean(word, fields) or '; it has ' + ', '.join(fields)}", phrase)
        return self.below(fields[word], phrase.words, 2, phrase)

    def trigger_name(self, phrase: g.Name) -> Tree:
        fields, word = self.scope.trigger, phrase.words[1]
        if "trigger" in self.scope.broken:
            raise Refused("", "", phrase)
        if closed := self.scope.stance.closed:
            raise Refused("E206", closed.format("trigger"), phrase)
        if fields is None:
            raise Refused("E206", "there is no trigger here: it is what began a duty, in a norm with oblige and when", phrase)
        if word not in fields:
            hint = did_you_mean(word, fields) or "; it has " + ", ".join(fields)
            raise Refused("E102", f"the trigger has no field '{word}'{hint}", phrase)
        return self.below(fields[word], phrase.words, 2, phrase)

    def case_name(self, phrase: g.Name, fields: Mapping[str, Type], at: int, *, of_event: bool) -> Tree:
        word = phrase.words[at]
        if word not in fields:
            raise Refused("E102", f"the case has no field '{word}'{did_you_mean(word, fields) or '; it has ' + ', '.join(fields)}", phrase)
        return self.below(t.CaseField(word, fields[word], of_event), phrase.words, at + 1, phrase)

    def below(self, tree: Tree, words: tuple[str, ...], at: int, phrase: g.Name) -> Tree:
        """Follow the rest of a dotted name: only actors and things have attributes."""
        if at == len(words):
            return tree
        if tree.type.name not in ("actor", "thing"):
            raise Refused("E102", f"'{'.'.join(words[:at])}' is {tree.type} and has no '{words[at]}'", phrase)
        word = words[at]
        if closed := self.scope.stance.closed:
            raise Refused("E206", closed.format("attributes"), phrase)
        if isinstance(tree, t.Const):
            slot = self.scope.names.get(f"{tree.value}.{word}")
            if slot is None:
                own = [name.split(".")[1] for name in self.scope.names if name.startswith(f"{tree.value}.")]
                one = f"{tree.value}_1.{word}"
                hint = f": its members have, write {one}" if one in self.scope.names else did_you_mean(word, own)
                raise Refused("E102", f"'{tree.value}' has no attribute '{word}'{hint}", phrase)
            return self.below(self.in_measure(slot, phrase), words, at + 1, phrase)
        if isinstance(tree, t.Bound):
            return self.below(bound_attribute(self.scope, tree, words, at, phrase), words, at + 1, phrase)
        kind = self.scope.attributes.get(word)
        if kind is None:
            raise Refused("E102", f"no {tree.type.name} has an attribute '{word}'{did_you_mean(word, self.scope.attributes)}", phrase)
        return self.below(t.Attribute(tree, word, kind, ".".join(words[: at + 1])), words, at + 1, phrase)

    def comparison(self, phrase: g.Comparison, proven: Proven) -> Tree:
        operands = [phrase.first, *(part for _, part in phrase.rest)]
        trees = self.alike(operands, proven)
        for (operator, part), left, right in zip(phrase.rest, trees, trees[1:], strict=False):
            if operator not in ("==", "!=") and left.type.name not in ORDERED:
                raise Refused("E204", f"`{operator}` takes numbers, durations or dates, not {left.type.certain()}", part)
            if left.type.labels and right.type.labels and not set(left.type.labels) & set(right.type.labels):
                strange = right if isinstance(right, t.Const) else left
                words = (left if strange is right else right).type.labels
                raise Refused("E204", f"'{strange.type.labels[0]}' is not one of {', '.join(words)}", part)
        return t.Compare(trees[0], tuple((operator, tree) for (operator, _), tree in zip(phrase.rest, trees[1:], strict=True)))

    def alike(self, operands: list[g.Phrase], proven: Proven) -> list[Tree]:
        """Trees of one type: the operand that can stand alone says what the others' words mean."""
        known: Tree | None = None
        refusal: Refused | None = None
        for operand in operands:
            try:
                candidate = self.tree(operand, None, proven)
            except Refused as refused:
                refusal = refusal or refused
                continue
            if known is None or known.type.name == "text" or is_zero(known) or _names_label(known, candidate):
                known = candidate
        if known is None:
            raise refusal or AssertionError("a comparison has operands")
        like = known.type.certain()
        if like == t.GROUP:
            raise Refused("E204", "groups are not compared: ask `x in group`", operands[0])
        if like == t.PERIOD:
            raise Refused("E204", "months, years and working days differ in length: compare dates, or write days", operands[0])
        trees = []
        for operand in operands:
            tree = self.tree(operand, like, proven)
            if tree.type.optional and not self.scope.stance.may_miss and not isinstance(tree, t.EventField):
                raise Refused("E205", self.missing(tree, operand), operand)
            trees.append(self.fitted(tree, Type(like.name, (), True), operand))
        return trees

    def logic(self, phrase: g.Logic, proven: Proven) -> Tree:
        parts = []
        for part in phrase.parts:
            tree = self.wanted(part, t.FLAG, proven)
            parts.append(tree)
            proven = proven | (_proves(tree) if phrase.operator == "and" else _proves(t.Not(tree)))
        return t.Logic(phrase.operator, tuple(parts))

    def conditional(self, phrase: g.Conditional, wanted: Type | None, proven: Proven) -> Tree:
        test = self.wanted(phrase.test, t.FLAG, proven)
        value = self.tree(phrase.value, wanted, proven | _proves(test))
        other = self.tree(phrase.other, wanted or value.type, proven)
        if value.type.name == "number" and other.type.name in ("duration", "rate"):
            value = self.fitted(value, other.type, phrase.value)
        other = self.fitted(other, Type(value.type.name, (), True), phrase.other)
        labels = tuple(dict.fromkeys(value.type.labels + other.type.labels))
        return t.Choose(value, test, other, Type(value.type.name, labels, value.type.optional or other.type.optional))


def _names_label(tree: Tree, other: Tree) -> bool:
    """Whether a word that is an actor's id is, beside this, a label: a step may be called like an actor."""
    return isinstance(tree, t.Const) and isinstance(tree.value, str) and tree.value in other.type.labels


def _proves(tree: Tree) -> Proven:
    """What certainly has happened wherever this flag is true."""
    match tree:
        case t.History(function="happened", selector=selector):
            return frozenset({selector})
        case t.Logic(operator="and", parts=parts):
            return frozenset().union(*(_proves(part) for part in parts))
        case t.Not(operand=t.Not(operand=operand)):
            return _proves(operand)
        case t.Not(operand=t.Logic(operator="or", parts=parts)):
            return frozenset().union(*(_proves(t.Not(part)) for part in parts))
        case _:
            return frozenset()


def _remedy(have: Type, wanted: Type, said: str) -> str:
    if have.name == "group" and wanted.name == "actor":
        return ": ask `x in group`"
    if have.name == "period":
        return f": add it to a date, for example now + {said}" if wanted.name == "instant" else ": it differs in length, so write days"
    if have.name == "number" and wanted.name == "rate":
        return ": divide it by a duration, for example 1d"
    if have.name == "rate" and wanted.name == "number":
        return ": multiply it by a duration, for example 1d"
    if have.name == "number" and wanted.name == "duration":
        return f": add a unit, for example {said}d" if said.replace(".", "").isdigit() else ": multiply it by a duration, for example 1d"
    if have.name == "duration" and wanted.name == "number":
        return ": divide it by a duration, for example 1d"
    if have.name == "text" and wanted.name in ("actor", "label"):
        return ": leave the quotes out"
    return ""
