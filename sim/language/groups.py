"""Actors and their groups: `x in group`, `member`, `organs_of`, and questions about each actor of a group.

In: phrases and the inference they stand in. Out: typed trees, or refusals.

`number_of(x in serbia, x.workers > 10)` asks each organ and member of serbia, at any depth, that has the attributes asked of x.
"""

from __future__ import annotations

from dataclasses import replace

from sim.errors import did_you_mean
from sim.language import grammar as g
from sim.language import tree as t
from sim.language.scenario import above, speaks_for
from sim.language.scope import RESERVED, Proven, Reader, Refused, Scope
from sim.language.signatures import FUNCTIONS
from sim.language.tree import Tree

__all__ = ["bound_attribute", "group_of", "member", "membership", "organs_of", "quantified"]

SUMMED = ("number", "duration", "rate")


def group_of(reader: Reader, phrase: g.Phrase, proven: Proven) -> Tree:
    """An actor, standing for all that is organ or member of it; or `organs_of(…)`."""
    tree = reader.tree(phrase, t.ACTOR, proven)
    return tree if tree.type == t.GROUP else reader.fitted(tree, t.ACTOR, phrase)


def membership(reader: Reader, phrase: g.Membership, proven: Proven) -> Tree:
    """`x in [a, b]`, `x in group`."""
    if phrase.listed:
        trees = reader.alike([phrase.item, *phrase.options], proven)
        tree: Tree = t.OneOf(trees[0], tuple(trees[1:]))
    else:
        tree = t.Within(reader.wanted(phrase.item, t.ACTOR, proven), group_of(reader, phrase.options[0], proven))
    return t.Not(tree) if phrase.negated else tree


def member(reader: Reader, call: g.Apply, proven: Proven) -> Tree:
    """`member(actor, group)`."""
    if len(call.arguments) != 2 or call.named:
        raise Refused("E203", f"member takes an actor and a group: {FUNCTIONS['member'][0]}", call)
    item, group = (reader.wanted(argument, t.ACTOR, proven) for argument in call.arguments)
    return t.Within(item, group, as_member=True)


def organs_of(reader: Reader, call: g.Apply, proven: Proven) -> Tree:
    """`organs_of(actor)`."""
    if len(call.arguments) != 1 or call.named:
        raise Refused("E203", f"organs_of takes one actor: {FUNCTIONS['organs_of'][0]}", call)
    return t.Organs(reader.wanted(call.arguments[0], t.ACTOR, proven))


def quantified(reader: Reader, call: g.Apply, proven: Proven) -> Tree:
    """number_of, sum_of, any_of, all_of."""
    name, scope = call.function.text, reader.scope
    chosen = call.arguments[0] if call.arguments else None
    if len(call.arguments) != 2 or call.named or not isinstance(chosen, g.Membership) or chosen.negated:
        raise Refused("E203", f"{name} asks about each actor of a group, for example x in GROUP: {FUNCTIONS[name][0]}", call)
    word = chosen.item
    if not isinstance(word, g.Name) or len(word.words) > 1 or word.text in RESERVED or word.text in scope.names:
        raise Refused("E107", "the actor asked about needs a name that nothing else has, for example x", word)
    actors = _actors(reader, chosen)
    depth = sum(isinstance(tree, t.Bound) for tree in scope.names.values())
    bound = t.Bound(word.text, depth, actors, t.ACTOR)
    body = _body(reader, call, bound, proven)
    asked = {part.name for part in t.walk(body) if isinstance(part, t.Attribute) and part.owner == bound}
    having = tuple(actor for actor in actors if all(f"{actor}.{attribute}" in scope.names for attribute in asked))
    if having != actors:
        bound = replace(bound, actors=having)
        body = _body(reader, call, bound, proven)
    kind = {"number_of": t.NUMBER, "sum_of": body.type.certain()}.get(name, t.FLAG)
    return t.Quantified(name, bound, body, kind, reader.said(call))


def _body(reader: Reader, call: g.Apply, bound: t.Bound, proven: Proven) -> Tree:
    """What is asked of each actor."""
    inside = reader.inside(replace(reader.scope, names={**reader.scope.names, bound.name: bound}))
    asked = call.arguments[1]
    if call.function.text != "sum_of":
        return inside.wanted(asked, t.FLAG, proven)
    body = inside.tree(asked, None, proven)
    if body.type.name not in SUMMED:
        raise Refused("E204", f"sum_of takes numbers, durations or rates; {reader.said(asked)} is {body.type.certain()}", asked)
    return inside.fitted(body, body.type.certain(), asked)


def _actors(reader: Reader, chosen: g.Membership) -> tuple[str, ...]:
    """The actors of a group that is known before the run: a list, or the organs and members of an actor."""
    trees = [group_of(reader, option, frozenset()) for option in chosen.options]
    if chosen.listed:
        names = [tree.value for tree in trees if isinstance(tree, t.Const)]
        if len(names) < len(trees):
            raise Refused("E204", "the actors of this list are named one by one, not by an expression", chosen)
        return tuple(dict.fromkeys(names))
    (group,) = trees
    owner = group.owner if isinstance(group, t.Organs) else group
    if not isinstance(owner, t.Const):
        raise Refused("E204", "the group is named, not found by an expression", chosen.options[0])
    known, reach = reader.scope.actors, speaks_for if isinstance(group, t.Organs) else above
    found = tuple(sorted(actor for actor in known if actor != owner.value and owner.value in reach(actor, known)))
    if not found:
        what = "organs" if isinstance(group, t.Organs) else "organs and no members"
        raise Refused("E204", f"'{owner.value}' has no {what}", chosen.options[0])
    return found


def bound_attribute(scope: Scope, bound: t.Bound, words: tuple[str, ...], at: int, phrase: g.Name) -> Tree:
    """An attribute of each actor asked about; one at least has it."""
    word = words[at]
    slots = [slot for actor in bound.actors if (slot := scope.names.get(f"{actor}.{word}")) is not None]
    if not slots:
        own = sorted({name.split(".")[1] for name in scope.names if name.split(".")[0] in bound.actors and "." in name})
        raise Refused("E102", f"none of these actors has an attribute '{word}'{did_you_mean(word, own)}", phrase)
    if not scope.stance.values:
        said = ".".join(words[: at + 1])
        raise Refused("E206", f"'{said}' changes during a run: put final(…), at(…, DATE) or peak(…) around the whole question", phrase)
    return t.Attribute(bound, word, scope.attributes[word], ".".join(words[: at + 1]))
