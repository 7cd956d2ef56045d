"""The schema of a scenario file for editors: JSON Schema draft-07, made from the shapes.

In: the shapes, with the texts that stand in and below them. Out: `schema()`, a JSON value.

It says what the shapes say and no more: which keys there are, and where one value, a list or a mapping stands. What a text means
only the check knows. Where a thing may be written in several forms, `if` and `then` decide which one was meant, so that an editor
tells what is wrong with that one; an `anyOf` would tell what is wrong with another.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BeforeValidator, Discriminator, Tag

from sim.language.nodes import Fields, Items, Node, Text
from sim.language.shapes import Shape, Words, as_list
from sim.language.shapes_file import HEAD, Beside, Id, ScenarioShape
from sim.language.source import parse_value

__all__ = ["schema"]

Json = dict[str, Any]

DRAFT = "http://json-schema.org/draft-07/schema#"
SCALAR = ["string", "number", "boolean"]
NAMES = {"scalar": "one value", "array": "a list", "object": "a mapping"}
ID = {"pattern": "^[a-z][a-z0-9_]{0,62}$", "patternErrorMessage": "an id is small letters, digits and _, and begins with a letter"}
MARKS = re.compile(r"[`\[\]{}*_]")
NUMBER = re.compile(r"-?\d+(\.\d+)?")


@cache
def schema() -> Json:
    """The schema of a scenario file, and of its parts."""
    definitions: Json = {}
    root = _shape(ScenarioShape, definitions)
    # A part says neither what the scenario is called nor when it plays: these are missed where any of the like is there.
    head = {"if": {"anyOf": [{"required": [key]} for key in HEAD]}, "then": root["allOf"][0]}
    root = {**root, "allOf": [head, *root["allOf"][1:]]}
    return {"$schema": DRAFT, **root, "definitions": dict(sorted(definitions.items()))}


# ---- shapes


def _reference(shape: type[Shape], definitions: Json) -> Json:
    """A shape by its name; described once."""
    name = shape.__name__.removesuffix("Shape")
    if name not in definitions:
        definitions[name] = {}  # it is there while it is made: shapes hold one another
        definitions[name] = _shape(shape, definitions)
    return {"$ref": f"#/definitions/{name}"}


def _shape(shape: type[Shape], definitions: Json) -> Json:
    """A mapping with known keys."""
    words, examples = _told(shape)
    required = [field.alias or name for name, field in shape.model_fields.items() if field.is_required()]
    made = {**_described(words), **examples, **_mapping(_properties(shape, definitions), required)}
    if shape.ONE_OF:
        words = f"one of {_listed(list(shape.ONE_OF))} is wanted here"
        made["allOf"] = [*made["allOf"], {"oneOf": [{"required": [key]} for key in shape.ONE_OF], "errorMessage": words}]
    return made


def _mapping(properties: Json, required: list[str]) -> Json:
    """A mapping with these keys and no others. What may be wrong stands apart, so that each fault has its own words."""
    closed = {"properties": dict.fromkeys(properties, True), "additionalProperties": False}
    return {**_only("object"), "properties": properties, "allOf": [{"required": required}, closed]}


def _properties(shape: type[Shape], definitions: Json) -> Json:
    """The keys of a shape, in the order in which they are written down there."""
    texts = _texts(shape)
    return {
        field.alias or name: _worded(_value(_typed(field.annotation, field.metadata), definitions), _described(texts.get(name, "")))
        for name, field in shape.model_fields.items()
    }


def _worded(value: Json, words: Json) -> Json:
    """A value with the words of its key, which come before those of what it may hold: so they stand at each of its forms."""
    forms: Json = {form: _worded(value[form], words) for form in ("then", "else") if form in value}
    return {**words, **value, **forms}


def _typed(annotation: Any, metadata: list[Any]) -> Any:
    return Annotated[(annotation, *metadata)] if metadata else annotation


# ---- values


def _value(annotation: Any, definitions: Json) -> Json:
    """What may stand under a key."""
    kind, marks = _unwrapped(annotation)
    if any(isinstance(mark, BeforeValidator) and mark.func is as_list for mark in marks):
        item = _value(get_args(kind)[0], definitions)
        return {"if": {"type": "array"}, "then": {**_only("array"), "items": item}, "else": item}
    members: dict[str, list[tuple[Any, list[Any]]]] = {}
    for one, own in _members(annotation):
        members.setdefault(_form(one), []).append((one, own))
    return _chosen({name: _of_form(name, members[name], marks, definitions) for name in NAMES if name in members})


def _chosen(forms: dict[str, Json]) -> Json:
    """Of several forms the one that is there; where none is, the words name them all."""
    if len(forms) < 2:
        return next(iter(forms.values()), {})
    first, *others = forms
    made = forms[first]
    if "pattern" not in made:  # one of a few words says so itself
        made = {**made, "errorMessage": f"{_listed([NAMES[name] for name in forms])} is wanted here"}
    for name in others:
        made = {"if": {"type": name}, "then": forms[name], "else": made}
    return made


def _unwrapped(annotation: Any) -> tuple[Any, list[Any]]:
    """A type and the marks it carries."""
    if get_origin(annotation) is Annotated:
        kind, *marks = get_args(annotation)
        inner, more = _unwrapped(kind)
        return inner, [*more, *marks]
    if get_origin(annotation) in (Union, UnionType):
        members = [one for one in get_args(annotation) if one is not NoneType]
        if len(members) == 1:
            return _unwrapped(members[0])
    return annotation, []


def _members(annotation: Any) -> Iterator[tuple[Any, list[Any]]]:
    """The forms a value may have, each with its marks; a form that is a choice itself is taken apart."""
    kind, marks = _unwrapped(annotation)
    if get_origin(kind) in (Union, UnionType):
        for member in get_args(kind):
            yield from _members(member)
    elif kind not in (NoneType, Any):
        yield kind, marks


def _form(kind: Any) -> str:
    if kind is Text:
        return "scalar"
    return "array" if get_origin(kind) is tuple else "object"


def _of_form(form: str, members: list[tuple[Any, list[Any]]], marks: list[Any], definitions: Json) -> Json:
    """One form of a value; of mappings there may be several, told apart by a key."""
    kind, own = members[0]
    if form == "scalar":
        words = next((mark.words for mark in own if isinstance(mark, Words)), None)
        return _one_of(words) if words else {"type": SCALAR, "errorMessage": f"{NAMES['scalar']} is wanted here"}
    if form == "array":
        return _list(get_args(kind), definitions)
    beside = next((mark for mark in own if isinstance(mark, Beside)), None)
    if beside is not None:
        return _with_one_beside(kind, beside, definitions)
    return _keyed(members, marks, definitions) if len(members) > 1 else _object(kind, definitions)


def _object(kind: Any, definitions: Json) -> Json:
    if get_origin(kind) is not dict:
        return _reference(kind, definitions)
    key, value = get_args(kind)
    names = {"propertyNames": ID} if any(isinstance(mark, Id) for mark in _unwrapped(key)[1]) else {}
    return {**_only("object"), **names, "additionalProperties": _value(value, definitions)}


def _list(kinds: tuple[Any, ...], definitions: Json) -> Json:
    if kinds[-1] is Ellipsis:
        return {**_only("array"), "items": _value(kinds[0], definitions)}
    count = len(kinds)
    size = {"allOf": [{"minItems": count, "maxItems": count}]}
    return {**_only("array", f"a list of {count} values is wanted here"), "items": [_value(one, definitions) for one in kinds], **size}


def _keyed(members: list[tuple[Any, list[Any]]], marks: list[Any], definitions: Json) -> Json:
    """Of several mappings the one whose own key is there; else the one without such a key, or the list of keys."""
    keyed = {key: kind for kind, own in members if (key := _key(kind, own))}
    rest = [kind for kind, own in members if not _key(kind, own)]
    made = _object(rest[0], definitions) if rest else _none_of(keyed, marks)
    for key, kind in reversed(keyed.items()):
        made = {"if": {"type": "object", "required": [key]}, "then": _object(kind, definitions), "else": made}
    return made


def _key(kind: Any, marks: list[Any]) -> str:
    """The key by which a mapping is known: its tag, where that is one of its keys."""
    key = next((mark.tag.removeprefix(":") for mark in marks if isinstance(mark, Tag)), "")
    return key if isinstance(kind, type) and issubclass(kind, Shape) and key in set(kind.keys()) else ""


def _none_of(keyed: dict[str, Any], marks: list[Any]) -> Json:
    """What is told, and proposed, where none of the keys is there."""
    said = next((mark.custom_error_message for mark in marks if isinstance(mark, Discriminator)), None) or "something is missing here"
    proposed = {key: _described(_texts(kind).get(key, "")) for key, kind in keyed.items()}
    words = f"{said}: it begins with one of {', '.join(keyed)}"
    return {**_only("object", words), "properties": proposed, "allOf": [{"required": [next(iter(keyed))], "errorMessage": words}]}


def _with_one_beside(shape: type[Shape], beside: Beside, definitions: Json) -> Json:
    """A shape whose mapping also holds the keys of one of several others."""
    own = _shape(shape, definitions)
    described = {key: value for key, value in own.items() if key not in ("properties", "allOf")}
    required = own["allOf"][0]["required"]
    keyed = {key: kind for kind, marks in _members(beside.kind) if (key := _key(kind, marks))}
    proposed = {key: _described(_texts(kind).get(key, "")) for key, kind in keyed.items()}
    alone = _mapping(own["properties"], required)
    made = {**alone, "properties": {**alone["properties"], **proposed}}
    made["allOf"] = [
        *made["allOf"],
        {"required": ["then"], "errorMessage": f"nothing happens here: write one of {', '.join(keyed)}, or then"},
    ]
    for key, kind in reversed(keyed.items()):
        name = f"{shape.__name__.removesuffix('Shape')}.{key}"
        effect = _shape(kind, definitions)
        definitions[name] = _mapping({**own["properties"], **effect["properties"]}, [*required, *effect["allOf"][0]["required"]])
        made = {"if": {"required": [key]}, "then": {"$ref": f"#/definitions/{name}"}, "else": made}
    return {**described, **_only("object"), **made}


def _only(form: str, words: str = "") -> Json:
    """A value of one form, with the words for any other."""
    usual = f"{NAMES[form]} is wanted here" + (": {key: value}, or {}" if form == "object" else "")
    return {"type": SCALAR if form == "scalar" else form, "errorMessage": words or usual}


def _one_of(words: tuple[str, ...]) -> Json:
    """One of a few words; `true` may be written with quotes or without."""
    return {
        "type": ["string", "boolean"],
        "pattern": f"^({'|'.join(words)})$",
        "errorMessage": f"write {_listed(list(words))}",
        "defaultSnippets": [{"label": word, "body": _plain(word)} for word in words],
    }


def _listed(words: list[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


# ---- texts


def _described(words: str) -> Json:
    """A text for people; with its marks, where the editor shows such."""
    if not words:
        return {}
    return {"description": words.replace("`", ""), **({"markdownDescription": words} if MARKS.search(words) else {})}


def _told(shape: type[Shape]) -> tuple[str, Json]:
    """What the text of a shape says, and the example in it."""
    words, _, example = inspect.cleandoc(shape.__doc__ or "").partition("\n\nExample:")
    return " ".join(words.split()), {"examples": [_as_json(parse_value(inspect.cleandoc(example), shape.__name__))]} if example else {}


@cache
def _texts(shape: type[Shape]) -> dict[str, str]:
    """The text below each key of a shape."""
    texts: dict[str, str] = {}
    for owner in reversed(shape.__mro__):
        if not (issubclass(owner, Shape) and owner is not Shape):
            continue
        tree = _classes(owner.__module__)[owner.__name__]
        for line, below in zip(tree.body, tree.body[1:], strict=False):
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and isinstance(below, ast.Expr):
                text = below.value.value if isinstance(below.value, ast.Constant) else ""
                texts[line.target.id] = " ".join(str(text).split())
    return texts


@cache
def _classes(module: str) -> dict[str, ast.ClassDef]:
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def _as_json(node: Node) -> Any:
    match node:
        case Text(text=text):
            return _plain(text)
        case Items(items=items):
            return [_as_json(item) for item in items]
        case Fields(entries=entries):
            return {key: _as_json(inner) for key, inner in entries.items()}


def _plain(text: str) -> Any:
    """A word as JSON has it."""
    if text in ("true", "false"):
        return text == "true"
    return (float(text) if "." in text else int(text)) if NUMBER.fullmatch(text) else text
