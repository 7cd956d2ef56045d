"""Questions about the course of a value over a run: peak low final at integral time_while. They stand in measures.

In: a call and the inference it stands in. Out: a typed tree, or a refusal; and whether an expression's value changes during a run.
"""

from __future__ import annotations

from dataclasses import replace

from sim.language import grammar as g
from sim.language import tree as t
from sim.language.scope import COURSE, Reader, Refused
from sim.language.signatures import COURSES, FUNCTIONS
from sim.language.tree import Tree, Type

__all__ = ["changes", "course"]


def course(reader: Reader, call: g.Apply) -> Tree:
    """The typed tree of a question about the course of a value."""
    name = call.function.text
    if reader.scope.stance is COURSE:
        raise Refused("E206", f"{name} cannot stand inside another question about the course of a value", call)
    if not reader.scope.stance.courses:
        raise Refused("E206", f"{name} looks back on a whole run: it stands in measures only", call)
    if len(call.arguments) != (2 if name == "at" else 1) or call.named:
        takes = "a value and a date" if name == "at" else "a flag" if name == "time_while" else "one value"
        raise Refused("E203", f"{name} takes {takes}: {FUNCTIONS[name][0]}", call)
    inside = reader.inside(replace(reader.scope, stance=COURSE))
    value = inside.wanted(call.arguments[0], t.FLAG if name == "time_while" else None, frozenset())
    kind = value.type.certain()
    takes_types = COURSES[name]
    if takes_types and kind.name not in takes_types:
        words = [f"{'an' if one == 'instant' else 'a'} {one}".replace("an instant", "a date") for one in takes_types]
        said = " or ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else words[0]
        raise Refused("E204", f"{name} takes {said}; {reader.said(call.arguments[0])} is {kind}", call.arguments[0])
    if name not in ("final", "at") and (flowing := _flowing(value)):
        text = f"{name} follows what changes in steps; {flowing} changes all the time: count events, or ask final(…) or at(…, DATE)"
        raise Refused("E206", text, call.arguments[0])
    at = reader.wanted(call.arguments[1], t.INSTANT, frozenset()) if name == "at" else None
    return t.Course(name, value, at, _gives(name, value.type))


def _gives(name: str, kind: Type) -> Type:
    match name:
        case "integral":
            return t.NUMBER if kind.name == "rate" else t.DURATION
        case "time_while":
            return t.DURATION
        case "at":
            return kind.maybe()
        case _:
            return kind


def _flowing(tree: Tree) -> str:
    """What in an expression changes between two entries of a log, in words; nothing: it changes in steps."""
    for part in t.walk(tree):
        if isinstance(part, t.Now):
            return "now"
        if isinstance(part, t.History) and part.function == "since":
            return part.text
    return ""


def changes(tree: Tree) -> bool:
    """Whether the value depends on the moment of a run at which it is read, and not only on what a whole run brought."""
    return any(
        (isinstance(part, t.Slot) and not part.path.startswith("parameters."))
        or isinstance(part, t.Attribute | t.Claimed | t.Cases)
        or (isinstance(part, t.History) and part.selector.within is not None)
        for part in t.walk(tree)
    )
