"""Linking, first part: the period and what is there: sources, parameters, actors, things, events, statements, definitions.

In: a `Draft`. Out: its tables filled.
"""

from __future__ import annotations

from dataclasses import replace

from sim import clock
from sim.errors import did_you_mean
from sim.language import grammar as g
from sim.language import tree as t
from sim.language.draft import Draft
from sim.language.infer import infer
from sim.language.levels import levels_of, round_about
from sim.language.link_state import link_attributes, link_kinds, link_state
from sim.language.scenario import Actor, EventType, Parameter, SlotDef, SourceRecord, Statement, Thing
from sim.language.shapes_world import ActorShape, EventShape, ParameterShape, PeriodShape, SourceShape, StatementShape, ThingShape
from sim.language.source import Fields, Items, Node, Text
from sim.language.tree import Type

__all__ = ["field_types", "link_definitions", "link_world"]

DEEPEST = 32
DEEPEST_ACTOR = 64
MOST_MEMBERS = 10_000
LARGEST_TREE = 5_000
TYPES = {kind.name: kind for kind in (t.NUMBER, t.FLAG, t.TEXT, t.DURATION, t.INSTANT, t.ACTOR, t.THING)}


def link_world(draft: Draft) -> None:
    """Fill the draft's tables of what there is, in the order in which they need one another."""
    _period(draft)
    _sources(draft)
    _parameters(draft)
    link_kinds(draft)
    _actors(draft)
    _things(draft)
    _statements(draft)
    link_state(draft)
    link_attributes(draft)
    _events(draft)


def _period(draft: Draft) -> None:
    node = draft.root.entries.get("period")
    shape = None if node is None else draft.fill(PeriodShape, node)
    if shape is None or node is None:
        return
    if shape.timezone is not None:
        if clock.is_zone(str(shape.timezone)):
            draft.zone = str(shape.timezone)
        else:
            draft.problem("E105", f"'{shape.timezone}' is no time zone: write an IANA name such as Europe/Belgrade or UTC", shape.timezone)
    ends = shape.until or shape.through
    if ends is None:
        draft.problem("E103", "'until' is missing", node)
        return
    if shape.until is not None and shape.through is not None:
        draft.problem("E104", "`until` and `through` both say when it ends: keep one", shape.through)
    begin = draft.instant(shape.from_)
    until = draft.instant(ends) if ends is shape.until else draft.day_end(ends)
    if begin is not None and until is not None:
        if until <= begin:
            remedy = "`until` comes after `from`" if ends is shape.until else "`through` is no day before `from`"
            draft.problem("E302", f"the period ends before it begins: {remedy}", ends)
        draft.begin, draft.until = begin, until


def _sources(draft: Draft) -> None:
    for key, node in draft.section("sources"):
        shape = draft.fill(SourceShape, node)
        title = str(shape.title) if shape else key
        details = (
            {}
            if shape is None
            else {name: str(leaf) for name in SourceShape.model_fields if name != "title" and (leaf := getattr(shape, name)) is not None}
        )
        draft.sources[key] = SourceRecord(key, title, details)


def _parameters(draft: Draft) -> None:
    for key, node in draft.section("parameters"):
        shape = None
        leaf = node if isinstance(node, Text) else None
        if not isinstance(node, Text):
            shape = draft.fill(ParameterShape, node)
            leaf = shape.value if shape else None
        found = draft.literal(leaf) if leaf else None
        if found and found[1] == t.TEXT and leaf:
            draft.problem("E204", f"a parameter is a number, a duration, a date or a flag, not the word '{leaf}'", leaf)
            found = None
        if found is None:  # told where it stands; whoever uses it makes no further mistake
            draft.broken.add(key)
            continue
        value, kind = found
        limits = _limits(draft, shape, value, kind) if shape else None
        about = str(shape.about or "") if shape else ""
        days = clock.days_written(str(leaf)) if kind == t.DURATION and value else 0
        draft.parameters[key] = Parameter(key, kind, value, limits, about, draft.citations(shape.source) if shape else (), days)
        draft.slots[f"parameters.{key}"] = SlotDef(f"parameters.{key}", kind, value, text=key)
        draft.claim_name(key, t.Slot(f"parameters.{key}", kind, key), draft.key_place("parameters", key), f"parameters.{key}")


def _limits(draft: Draft, shape: ParameterShape, value: object, kind: Type) -> tuple[object, object] | None:
    if shape.range is None:
        return None
    ends = [draft.literal(leaf, kind) for leaf in shape.range]
    if ends[0] is None or ends[1] is None:
        return None
    low, high = ends[0][0], ends[1][0]
    if low > high:
        draft.problem("E302", "a range is [lowest, highest]", shape.range[0])
    elif not low <= value <= high:
        draft.problem("E302", f"the value lies outside its range [{shape.range[0]}, {shape.range[1]}]", shape.value)
    return low, high


def _actors(draft: Draft) -> None:
    shapes = {key: draft.fill(ActorShape, node) for key, node in draft.section("actors")}
    made = {key: _members(draft, key, shape) for key, shape in shapes.items() if shape and shape.count}
    known = dict.fromkeys([*shapes, *(member for members in made.values() for member in members)])
    for key, shape in shapes.items():
        for leaf in (shape.part_of, *shape.member_of) if shape else ():
            if leaf is not None and str(leaf) not in known:
                draft.unknown("actor", leaf, known)
        part_of = str(shape.part_of) if shape and shape.part_of and str(shape.part_of) in known else None
        actor = draft.actors[key] = Actor(
            id=key,
            name=str(shape.name or "") if shape else "",
            kind=str(shape.kind) if shape and shape.kind else None,
            part_of=part_of,
            member_of=tuple(str(leaf) for leaf in shape.member_of if str(leaf) in known) if shape else (),
            capacity=draft.whole(shape.capacity, 1) if shape else None,
            about=str(shape.about or "") if shape else "",
        )
        draft.claim_name(key, t.Const(key, t.ACTOR), draft.key_place("actors", key), f"actors.{key}")
        if shape:
            draft.citations(shape.source)
        for number, member in enumerate(made.get(key, ()), 1):
            name = f"{actor.name} {number}" if actor.name else ""
            draft.actors[member] = replace(actor, id=member, name=name, member_of=(key,))
            draft.claim_name(member, t.Const(member, t.ACTOR), draft.key_place("actors", key), f"actors.{key}.count")
    _no_circles(draft)


def _members(draft: Draft, key: str, shape: ActorShape) -> tuple[str, ...]:
    """The actors that a `count` makes: members of the id it stands at."""
    count = draft.whole(shape.count, 1) or 0
    if shape.count is not None and count > MOST_MEMBERS:
        draft.problem("E110", f"a count is at most {MOST_MEMBERS:,}, not {shape.count}", shape.count)
        count = 0
    members = tuple(f"{key}_{number}" for number in range(1, count + 1))
    if shape.count is not None and members and not draft.usable(members[-1], shape.count.place, shape.count.path):
        return ()
    draft.counted[key] = members
    return members


def _things(draft: Draft) -> None:
    for key, node in draft.section("things"):
        shape = draft.fill(ThingShape, node)
        kind, name, about = (str(leaf) if leaf else "" for leaf in ((shape.kind, shape.name, shape.about) if shape else (None,) * 3))
        draft.things[key] = Thing(key, name, kind or None, about)
        draft.claim_name(key, t.Const(key, t.THING), draft.key_place("things", key), f"things.{key}")
        if shape:
            draft.citations(shape.source)


def _no_circles(draft: Draft) -> None:
    """Nobody is part or member of himself, by whatever way round, nor stands too deep; a circle is told and cut."""

    def above(key: str) -> tuple[str, ...]:
        actor = draft.actors[key]
        return (*([actor.part_of] if actor.part_of else []), *actor.member_of)

    group_of = {member: key for key, members in draft.counted.items() for member in members}
    levels, circles = levels_of(draft.actors, above)
    for circle in circles:
        key = circle[0]
        text = f"'{key}' is part or member of itself: {round_about(circle)}"
        draft.problem("E307", text, draft.key_place("actors", group_of.get(key, key)), f"actors.{key}")
        for member in circle:
            draft.actors[member] = replace(draft.actors[member], part_of=None, member_of=())
    for key, level in levels.items():
        if level == DEEPEST_ACTOR + 1:
            text = f"'{key}' stands more than {DEEPEST_ACTOR} levels deep: make it part or member of somebody nearer the top"
            draft.problem("E004", text, draft.key_place("actors", group_of.get(key, key)), f"actors.{key}")


def _statements(draft: Draft) -> None:
    for key, node in draft.section("statements"):
        shape = draft.fill(StatementShape, node)
        draft.statements[key] = Statement(key, str(shape.about or "") if shape else "", draft.citations(shape.source) if shape else ())


def field_types(draft: Draft, node: Node | None) -> dict[str, Type]:
    """The fields of an event or case and their types."""
    types: dict[str, Type] = {}
    for name, value in node.entries.items() if isinstance(node, Fields) else ():
        if not draft.usable(name, node.keys[name], value.path) if isinstance(node, Fields) else False:
            continue
        if name in ("by", "to", "via", "at", "case", "opened"):
            draft.problem("E107", f"every event has '{name}' already: choose another name", value)
        elif name == "decision":
            draft.problem("E107", "'decision' is the choice in a decision's options: choose another name", value)
        elif isinstance(value, Items):
            types[name] = t.label(*(str(item) for item in value.items if isinstance(item, Text)))
        elif isinstance(value, Text):
            if str(value) not in TYPES:
                draft.problem(
                    "E105",
                    f"'{value}' is no type: write one of {', '.join(TYPES)}, or a list of labels{did_you_mean(str(value), TYPES)}",
                    value,
                )
            types[name] = TYPES.get(str(value), t.NUMBER)
    return types


def _events(draft: Draft) -> None:
    for key, node in draft.section("events"):
        if key in BUILT_IN:
            draft.problem(
                "E107", f"'{key}' is an event of the language: choose another name", draft.key_place("events", key), f"events.{key}"
            )
            continue
        shape = draft.fill(EventShape, node)
        fields = field_types(draft, draft.node(f"events.{key}.fields"))
        if shape is None:
            draft.events[key] = EventType(key, key.replace("_", " "), fields)
            continue
        draft.citations(shape.source)
        title = str(shape.title) if shape.title else key.replace("_", " ")
        draft.events[key] = EventType(key, title, fields, str(shape.about or ""), str(shape.cameo or ""))
    said = {"statement": t.STATEMENT, "is": t.FLAG.maybe()}
    draft.events["claim"] = EventType("claim", "claim", said)
    draft.events["contradiction"] = EventType("contradiction", "contradiction", said | {"whom": t.ACTOR}, concluded=True)
    draft.events["refuted"] = EventType("refuted", "refuted", said, concluded=True)


BUILT_IN = frozenset({"claim", "contradiction", "start", "end", "change", "decision", "refuted"})


def link_definitions(draft: Draft) -> None:
    """Give each definition its tree, those first that others use."""
    texts: dict[str, Text] = {}
    for key, node in draft.section("define"):
        if isinstance(node, Text):
            texts[key] = node
        else:
            draft.problem("E104", f"'{key}' takes an expression", node)
    draft.broken.update(texts)
    used = {key: [name for name in _names(text.text) if name in texts] for key, text in texts.items()}
    levels, circles = levels_of(texts, used.__getitem__)
    for circle in circles:
        draft.problem("E307", f"definitions go round in a circle: {round_about(circle)}", texts[circle[0]])
    for key, level in levels.items():
        if level == DEEPEST + 1:
            draft.problem("E207", f"definitions build on one another more than {DEEPEST} deep", texts[key])
        elif 0 < level <= DEEPEST:
            _define(draft, key, texts[key])


def _define(draft: Draft, key: str, text: Text) -> None:
    """One definition, once those are known that it uses."""
    tree = infer(text, draft.scope(), None, draft.problems)
    if tree is not None and not _small(tree):
        draft.problem("E207", f"with the definitions it uses, this is larger than {LARGEST_TREE:,} parts", text)
    elif tree is not None:
        draft.broken.discard(key)
        draft.claim_name(key, tree, draft.key_place("define", key), f"define.{key}")


def _small(tree: t.Tree) -> bool:
    """Whether a tree, with all definitions put in their places, stays small enough to compile."""
    todo, seen = [(tree, 1)], 0
    while todo:
        part, depth = todo.pop()
        seen += 1
        if seen > LARGEST_TREE or depth > 3 * DEEPEST:
            return False
        todo.extend((below, depth + 1) for below in t.parts(part))
    return True


def _names(text: str) -> list[str]:
    """The first words of all names in an expression; none when it is malformed (that is told when it is inferred)."""
    try:
        todo: list[object] = [g.read_expression(text)]
    except g.Malformed:
        return []
    names = []
    while todo:
        part = todo.pop()
        if isinstance(part, g.Name):
            names.append(part.words[1] if part.words[0] == "define" and len(part.words) > 1 else part.words[0])
        elif isinstance(part, tuple):
            todo.extend(part)
        elif isinstance(part, g.Part):
            todo.extend(getattr(part, slot) for slot in type(part).__slots__)
    return names
