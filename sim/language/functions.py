"""Calls get their meaning: a call of a function becomes a typed tree.

In: a call as read (`grammar.Apply`) and the inference it stands in. Out: a typed tree, or a refusal.
What there is stands in `signatures`; here are questions about history, law and cases, and functions of their arguments alone.
"""

from __future__ import annotations

from dataclasses import replace

from sim.errors import did_you_mean
from sim.language import grammar as g
from sim.language import tree as t
from sim.language.case_questions import case_question, number_of_cases
from sim.language.courses import course
from sim.language.groups import group_of, member, organs_of, quantified
from sim.language.operators import is_zero
from sim.language.scenario import EventType
from sim.language.scope import COUNTED, Proven, Reader, Refused, Scope, fixed_names
from sim.language.signatures import COURSES, FUNCTIONS, GIVES, MAY_BE_MISSING, OF_EVENTS, OF_FIELDS, PURE, QUANTIFIED, TAKES
from sim.language.slips import FUNCTIONS_MEANT, event_meant
from sim.language.tree import Tree, Type

__all__ = ["fields_of", "read_call"]

FILTERS = ("by", "to", "via", "where", "in_last")


def read_call(reader: Reader, call: g.Apply, wanted: Type | None, proven: Proven) -> Tree:
    """The typed tree of a call, or a refusal."""
    name = call.function.text
    if name not in FUNCTIONS:
        raise Refused("E202", f"there is no function '{name}'{_function_meant(name)}", call.function)
    if name in PURE:
        return _pure(reader, call, wanted, proven)
    if name in ("organs_of", "member"):
        return organs_of(reader, call, proven) if name == "organs_of" else member(reader, call, proven)
    if closed := reader.scope.stance.closed:
        raise Refused("E206", closed.format(reader.said(call)), call)
    if name in OF_EVENTS or name in OF_FIELDS:
        return _history(reader, call, proven)
    if name in COURSES:
        return course(reader, call)
    if name in QUANTIFIED:
        return quantified(reader, call, proven)
    if name in ("cases", "holds"):
        return number_of_cases(reader, call, proven)
    questions = {"in_force": _in_force, "suspended": _in_force, "running": _running, "claimed": _claimed}
    return questions[name](reader, call) if name in questions else case_question(reader, call)


def _function_meant(name: str) -> str:
    """What an unknown function may have been meant for."""
    meant = FUNCTIONS_MEANT.get(name)
    return f"; it is called '{meant}' here" if meant in FUNCTIONS else did_you_mean(name, FUNCTIONS)


def _wrong(call: g.Apply, why: str) -> Refused:
    return Refused("E203", f"{why}: {FUNCTIONS[call.function.text][0]}", call)


def _pure(reader: Reader, call: g.Apply, wanted: Type | None, proven: Proven) -> Tree:
    name = call.function.text
    least, most = PURE[name]
    if call.named or not least <= len(call.arguments) <= most:
        count = f"{least}" if least == most else f"at least {least}"
        raise _wrong(call, f"{name} takes {count} {'value' if least == most == 1 else 'values'}")
    arguments = [reader.tree(call.arguments[0], wanted, proven)]
    kind = arguments[0].type
    if is_zero(arguments[0]) and len(call.arguments) > 1:
        kind = reader.tree(call.arguments[1], wanted, proven).type
    takes = TAKES[name]
    if kind.name not in takes:
        words = ", ".join(f"{one.replace('instant', 'date')}s" for one in takes)
        said = f"a {words[:-1]}" if len(takes) == 1 else " or ".join(words.rsplit(", ", 1))
        raise Refused("E204", f"{name} takes {said}, not {kind}", call.arguments[0])
    trees = tuple(reader.wanted(argument, kind, proven) for argument in call.arguments)
    optional = any(tree.type.optional for tree in trees)
    return t.Call(name, trees, GIVES.get(name, kind.certain()).maybe(optional))


def _history(reader: Reader, call: g.Apply, proven: Proven) -> Tree:
    name = call.function.text
    if len(call.arguments) != 1 or not isinstance(call.arguments[0], g.Name):
        raise _wrong(call, f"{name} asks about one event")
    known = (*FILTERS, "default", *(("of",) if name == "share" else ()))
    for key, value in call.named:
        if key.text not in known:
            raise Refused("E203", f"{name} has no '{key.text}'{did_you_mean(key.text, known)}: {FUNCTIONS[name][0]}", key)
        if key.text == "default" and name not in MAY_BE_MISSING:
            raise Refused("E203", f"{name} always has a value and takes no default", value)
    event, field, kind = _selected(reader.scope, call.arguments[0], name)
    selector = _selector(reader, call, event, field, proven)
    default = next((value for key, value in call.named if key.text == "default"), None)
    among = _among(reader, call, selector) if name == "share" else None
    kind = OF_EVENTS.get(name, kind)
    fallback = None if default is None else reader.wanted(default, kind, proven)
    certain = fallback is not None or name not in MAY_BE_MISSING or replace(among or selector, field=None) in proven
    return t.History(name, selector, fallback, kind.maybe(not certain), reader.said(call), among)


def _among(reader: Reader, call: g.Apply, selector: t.Selector) -> t.Selector:
    """The events of which a share is asked: those of `of=`, in the same window."""
    of = next((value for key, value in call.named if key.text == "of"), None)
    if of is None and selector == t.Selector(selector.event, within=selector.within):
        raise _wrong(call, f"this share is always 1: say which {selector.event} with by=, to=, via= or where=, or of which events with of=")
    if of is None:
        return t.Selector(selector.event, within=selector.within)
    if not isinstance(of, g.Name):
        raise Refused("E203", f"of= takes an event: {FUNCTIONS['share'][0]}", of)
    return t.Selector(_selected(reader.scope, of, "share")[0].id, within=selector.within)


def _selected(scope: Scope, name: g.Name, function: str) -> tuple[EventType, str | None, Type]:
    """The event a call asks about, and for sum, mean and median its field."""
    of_field = function in OF_FIELDS
    words = list(name.words)
    field = words.pop() if of_field and len(words) > 1 else None
    written = ".".join(words)
    event = scope.events.get(written)
    if event is None and field == "duration":
        event = scope.events.get(f"{written}.approved")
    if event is None and of_field and f"{name.text}.approved" in scope.events:
        raise Refused("E203", f"{function} needs a field: {function}({name.text}.duration)", name)
    if event is None:
        whole = scope.events.get(name.text)
        if of_field and whole is not None:
            raise Refused("E203", f"{function} needs a field: {function}({name.text}.{next(iter(whole.fields), 'FIELD')})", name)
        owner, _, word = written.partition(".")
        own = (
            [event.partition(".")[2] for event in scope.events if event.startswith(f"{owner}.")]
            if f"{owner}.opened" in scope.events
            else []
        )
        said = event_meant(owner, word, own) if own and word else ""
        raise Refused("E102", said or f"no event is called '{written}'{did_you_mean(written, scope.events)}", name)
    if not of_field:
        return event, None, t.NUMBER
    if field is None:
        raise Refused("E203", f"{function} needs a field: {function}({written}.{next(iter(event.fields), 'FIELD')})", name)
    kind = event.fields.get(field)
    if kind is None:
        raise Refused("E102", f"the event {written} has no field '{field}'{did_you_mean(field, event.fields)}", name)
    if kind.name not in ("number", "duration"):
        raise Refused("E204", f"{function} takes numbers or durations; {name.text} is {kind}", name)
    return event, field, kind


def _selector(reader: Reader, call: g.Apply, event: EventType, field: str | None, proven: Proven) -> t.Selector:
    trees: dict[str, Tree] = {}
    for key, value in call.named:
        if key.text in trees:
            raise Refused("E203", f"'{key.text}' is given twice", key)
        if key.text in ("by", "to", "via"):
            trees[key.text] = group_of(reader, value, proven)
        elif key.text == "in_last":
            if not reader.scope.stance.windows:
                raise Refused("E203", "a measure looks at the whole run: leave in_last out", key)
            trees["within"] = _window(reader, value, proven)
            if isinstance(trees["within"], t.Const) and trees["within"].type == t.DURATION and trees["within"].value < 0:
                raise Refused("E204", "a window is not negative", value)
        elif key.text == "where":
            beside = replace(reader.scope, stance=COUNTED, event=fields_of(event), names=fixed_names(reader.scope))
            counted = replace(beside, event_case=None, case=None)
            trees["where"] = reader.inside(counted).wanted(value, t.FLAG, frozenset())
    return t.Selector(event.id, trees.get("by"), trees.get("to"), trees.get("via"), trees.get("where"), trees.get("within"), field)


def _window(reader: Reader, value: g.Phrase, proven: Proven) -> Tree:
    """How long an entry counts: a duration, or months, years or working days."""
    tree = reader.tree(value, t.DURATION, proven)
    return tree if tree.type == t.PERIOD else reader.fitted(tree, t.DURATION, value)


def fields_of(event: EventType) -> dict[str, t.EventField]:
    """What may stand behind `event.`."""
    columns = {name: t.EventField(name, t.ACTOR, False) for name in ("by", "to", "via")}
    columns["at"] = t.EventField("at", t.INSTANT, False)
    return columns | {name: t.EventField(name, kind, True) for name, kind in event.fields.items()}


def _in_force(reader: Reader, call: g.Apply) -> Tree:
    function = call.function.text
    if len(call.arguments) != 1 or call.named or not isinstance(call.arguments[0], g.Name):
        raise _wrong(call, f"{function} takes one provision")
    name = call.arguments[0]
    short = reader.scope.provisions.get(name.text)
    if short is None:
        raise Refused(
            "E102", f"no rule, norm, procedure or step is called '{name.text}'{did_you_mean(name.text, reader.scope.provisions)}", name
        )
    if not reader.scope.stance.values:
        said, event = f"{function}({short})", "enacted" if function == "in_force" else "suspended"
        text = f"a measure looks back on a whole run: ask happened({short}.{event}), time_while({said}) or final({said})"
        raise Refused("E206", text, call)
    return t.Slot(f"{function}.{short}", t.FLAG, f"{function}({short})")


def _running(reader: Reader, call: g.Apply) -> Tree:
    if len(call.arguments) != 1 or call.named or not isinstance(call.arguments[0], g.Name):
        raise _wrong(call, "running takes one norm")
    name, scope = call.arguments[0], reader.scope
    short = scope.provisions.get(name.text)
    if short is None:
        raise Refused("E102", f"no norm is called '{name.text}'{did_you_mean(name.text, sorted(scope.duties))}", name)
    if short not in scope.duties:
        raise Refused("E203", f"'{name.text}' obliges nobody, so no duty of it runs: ask in_force({name.text})", name)
    if not scope.stance.values:
        said = f"running({short})"
        text = f"a measure looks back on a whole run: ask time_while({said}), final({said}) or happened({short}.breached)"
        raise Refused("E206", text, call)
    return t.Slot(f"running.{short}", t.FLAG, f"running({short})")


def _claimed(reader: Reader, call: g.Apply) -> Tree:
    if len(call.arguments) != 1 or not isinstance(call.arguments[0], g.Name):
        raise _wrong(call, "claimed takes a statement")
    statement = call.arguments[0]
    if statement.text not in reader.scope.statements:
        hint = did_you_mean(statement.text, reader.scope.statements)
        raise Refused("E102", f"no statement is called '{statement.text}'{hint}", statement)
    by, says = None, True
    for key, value in call.named:
        if key.text == "by":
            by = group_of(reader, value, frozenset())
        elif key.text == "is" and isinstance(value, g.Name) and value.text in ("true", "false"):
            says = value.text == "true"
        elif key.text == "is":
            raise Refused("E203", "a claim stands as true or false: write is=true or is=false", value)
        else:
            raise Refused("E203", f"claimed has no '{key.text}'{did_you_mean(key.text, ['by', 'is'])}: {FUNCTIONS['claimed'][0]}", key)
    if not reader.scope.stance.values:
        said = reader.said(call)
        raise Refused("E206", f"a measure looks back on a whole run: ask final({said}), time_while({said}) or happened(claim)", call)
    about = t.Compare(t.EventField("statement", t.STATEMENT, True), (("==", t.Const(statement.text, t.STATEMENT)),))
    return t.Claimed(t.Selector("claim", by=by, where=about), says, reader.said(call))
