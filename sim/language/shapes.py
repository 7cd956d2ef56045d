"""The shape of a scenario file, first half: the ground all shapes stand on, and the check of nodes against them.

In: nodes (`source`) and a shape (a closed pydantic model). Out: the filled shape and every problem found:
validation goes on behind each fault by leaving the faulty part out, so that one run names them all.

A shape only says which keys a thing has and whether a value is one text, a list or a mapping. Texts stay `Text`,
with their places: what they mean is read later, where the names they use are known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_core.core_schema import CoreSchema, no_info_plain_validator_function

from sim.errors import Place, Problem, did_you_mean
from sim.language.slips import key_meant
from sim.language.source import Fields, Items, Node, Text

__all__ = ["Flag", "Leaf", "Many", "Shape", "Words", "as_list", "fill"]


class Shape(BaseModel):
    """A mapping with known keys and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    ONE_OF: ClassVar[tuple[str, ...]] = ()
    """Keys of which one is needed; where none is there, the first is missed."""

    @model_validator(mode="before")
    @classmethod
    def _known_keys_only(cls, data: Any) -> Any:
        """Name unknown keys before anything else: they often explain a missing one."""
        if isinstance(data, dict):
            known = cls.keys()
            if unknown := [key for key in data if key not in known]:
                raise PydanticCustomError("unknown_keys", "unknown keys", {"unknown": unknown, "known": known})
        return data

    @classmethod
    def keys(cls) -> list[str]:
        """The keys an author may write here."""
        return [field.alias or name for name, field in cls.model_fields.items()]


class _AsItIs:
    """Says to pydantic what it may ask of a text: that it is one. It would look at what a text is made of, for every key of every shape."""

    @classmethod
    def __get_pydantic_core_schema__(cls, *_: Any) -> CoreSchema:
        return no_info_plain_validator_function(cls.text)

    @staticmethod
    def text(value: Any) -> Text:
        """The text itself."""
        if isinstance(value, Text):
            return value
        raise PydanticCustomError("not_text", "one value is wanted here")


Leaf = Annotated[Text, _AsItIs]
"""One value as the author wrote it."""


@dataclass(frozen=True)
class Words:
    """Marks a value that is one of a few words. Where it is linked it is read; here editors learn what to propose."""

    words: tuple[str, ...]


Flag = Annotated[Leaf, Words(("true", "false"))]
"""`true` or `false`, written as such."""


def as_list(value: Any) -> Any:
    """One thing as a list of one."""
    return value if isinstance(value, list) else [value]


T = TypeVar("T")
Many = Annotated[tuple[T, ...], BeforeValidator(as_list)]
"""One thing, or a list of such things."""

S = TypeVar("S", bound=Shape)
MOST_ROUNDS = 50


def fill(shape: type[S], node: Node, problems: list[Problem]) -> S | None:
    """Fill a shape from a node, adding to `problems` whatever does not fit; None when too little is left of it."""
    data = _data(node)
    reported: set[tuple[Any, ...]] = set()
    for _ in range(MOST_ROUNDS):
        try:
            return shape.model_validate(data)
        except ValidationError as failure:
            removed = False
            details = failure.errors(include_url=False, include_input=False)
            for detail in details:
                removed |= _report(detail, node, data, problems, reported)
            if not removed:
                return None
    return None


def _data(node: Node) -> Any:
    match node:
        case Text():
            return node
        case Items(items=items):
            return [_data(item) for item in items]
        case Fields(entries=entries):
            return {key: _data(value) for key, value in entries.items()}


def _written(loc: tuple[int | str, ...], node: Node) -> list[tuple[int | str, Node]]:
    """The steps of a pydantic location that stand in the file: it also names members of unions, which do not."""
    steps: list[tuple[int | str, Node]] = []
    for part in loc:
        if isinstance(node, Fields) and isinstance(part, str) and part in node.entries:
            node = node.entries[part]
        elif isinstance(node, Items) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
        else:
            continue
        steps.append((part, node))
    return steps


def _report(detail: ErrorDetails, node: Node, data: Any, problems: list[Problem], reported: set[tuple[Any, ...]]) -> bool:
    """Turn one of pydantic's findings into a problem; whether a part was left out, so that another round makes sense."""
    steps = _written(detail["loc"], node)
    here = steps[-1][1] if steps else node
    kind = detail["type"]
    context = detail.get("ctx", {})
    key = detail["loc"][-1] if detail["loc"] else ""
    if kind == "missing":
        above = [str(part) for part, _ in steps]
        mark: tuple[Any, ...] = ("missing", ".".join(above[:-1] if above[-1:] == [key] else above), str((key,)))
    else:
        mark = (kind, here.path, str(key))
    if kind == "unknown_keys":
        target = _follow(data, [part for part, _ in steps])
        gone = False
        for key in context["unknown"]:
            gone |= target.pop(key, None) is not None
            problems.append(_unknown_key(key, context["known"], here))
            near = key_meant(key, context["known"]) or did_you_mean(key, context["known"])
            at = ".".join(str(part) for part, _ in steps)
            reported.update(("missing", at, str((known,))) for known in context["known"] if f"'{known}'" in near)
        return gone
    said_of_its_key = isinstance(here, Fields) and any(key in here.entries for key in context.get("keys", ()))
    if mark not in reported:
        reported.add(mark)
        if not said_of_its_key:  # what it begins with was faulty, and is left out by now
            problems.append(_problem(detail, steps, here))
    return bool(steps) and _leave_out(data, steps, reported)


def _follow(data: Any, parts: list[int | str]) -> Any:
    for part in parts:
        data = data[part]
    return data


def _leave_out(data: Any, steps: list[tuple[int | str, Node]], reported: set[tuple[Any, ...]]) -> bool:
    """Drop the faulty part from the data. A trigger or effect leaves a hole in its list; of other lists the whole goes."""
    parts = [part for part, _ in steps]
    while parts:
        try:
            parent = _follow(data, parts[:-1])
        except (KeyError, IndexError, TypeError):
            parts.pop()
            continue
        if isinstance(parent, dict):
            reported.add(("missing", ".".join(map(str, parts[:-1])), str((parts[-1],))))
            return parent.pop(parts[-1], None) is not None
        if len(parts) > 1 and parts[-2] in ("then", "when") and parent[parts[-1]] is not None:
            parent[parts[-1]] = None
            return True
        parts.pop()
    return False


def _unknown_key(key: str, known: list[str], here: Node) -> Problem:
    place = here.keys[key] if isinstance(here, Fields) and key in here.keys else here.place
    path = f"{here.path}.{key}" if here.path else key
    hint = _elsewhere(key, path) or key_meant(key, known) or did_you_mean(key, known) or f"; keys here are {', '.join(known)}"
    return Problem("E101", f"no key is called '{key}' here{hint}", place, path)


def _elsewhere(key: str, path: str) -> str:
    """Where a key belongs that is right in another place."""
    if path.startswith("kinds.") and path.count(".") == 2 and key in ("count", "capacity", "part_of", "member_of"):
        return f"; it belongs to the actor: write it under 'actors', as in actors: {{a: {{kind: {path.split('.')[1]}, {key}: …}}}}"
    return ""


def _remedy(key: str, here: Node, wanted: str) -> str:
    """How a value is written that is no list or mapping."""
    above = here.path.rpartition(".")[0]
    if wanted == "a list":
        return "" if key.isdigit() or key in LENGTHS else ": put [ ] around it"
    if key == "meets":
        return ": write {every: 2w}, or {dates: [2025-03-01, …]}"
    if key == "together" and isinstance(here, Items):
        return ": write a step for each, as in together: {a: {by: …, takes: …}, b: {by: …, takes: …}}"
    if key == "needs" and above.endswith(".together"):
        return ": it stands beside `together`, not in it"
    if isinstance(here, Text) and here.text in ("join", "finish", "return", "restart") and above == "timeline":
        return f": what becomes of cases under way is set with {here.path}.pending"
    return ""


def _problem(detail: ErrorDetails, steps: list[tuple[int | str, Node]], here: Node) -> Problem:
    kind = detail["type"]
    key = str(steps[-1][0]) if steps else here.path.rpartition(".")[2]
    if isinstance(here, Items) and key in LENGTHS and kind in ("missing", "too_long"):
        return Problem("E104", f"'{key}' takes {LENGTHS[key]} values, not {len(here.items)}", here.place, here.path)
    if kind == "missing":
        return Problem("E103", f"'{detail['loc'][-1]}' is missing", here.place, here.path)
    if kind == "not_text":
        what = f"an item of '{steps[-2][0]}'" if key.isdigit() and len(steps) > 1 else f"'{key}'"
        remedy = ": write the date of a day; a condition or a draw stands under `until`" if key == "through" else _each(key, steps, here)
        return Problem("E104", f"{what} takes one value, not {_what(here)}{remedy}", here.place, here.path)
    if kind in WANTED:
        remedy = _remedy(key, here, WANTED[kind])
        return Problem("E104", f"'{key}' takes {WANTED[kind]}, not {_what(here)}{remedy}", here.place, here.path)
    context = detail.get("ctx", {})
    return Problem(str(context.get("code", "E104")), _said(detail, here), _place(detail, here), here.path)


def _each(key: str, steps: list[tuple[int | str, Node]], here: Node) -> str:
    """How an effect that is given a list is written for each."""
    is_effect = len(steps) > 2 and steps[-3][0] == "then"
    if not is_effect or not isinstance(here, Items) or not all(isinstance(item, Text) for item in here.items):
        return ""
    return ": write an effect for each, " + ", ".join(f"{{{key}: {item}}}" for item in here.items[:2])


def _said(detail: ErrorDetails, here: Node) -> str:
    said: Callable[[Node], str] | str = detail["msg"]
    wanted = detail.get("ctx", {}).get("keys")
    if wanted:
        words = here.entries if isinstance(here, Fields) else ()
        near = next((hint for key in words if (hint := did_you_mean(key, wanted))), "")
        if isinstance(here, Text):
            return f"{said}: write what is done, such as {{{wanted[0]}: {here.text}}}"
        return f"{said}{near or ': it begins with one of ' + ', '.join(wanted)}"
    return str(said)


def _place(detail: ErrorDetails, here: Node) -> Place:
    wanted = detail.get("ctx", {}).get("keys")
    if wanted and isinstance(here, Fields):
        return next((here.keys[key] for key in here.entries if did_you_mean(key, wanted)), here.place)
    return here.place


def _what(node: Node) -> str:
    match node:
        case Text(text=text):
            return f"'{text if len(text) <= 30 else text[:29] + '…'}'"
        case Items():
            return "a list"
        case Fields():
            return "a mapping"


WANTED = {
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}
LENGTHS = {"range": 2, "uniform": 2, "triangular": 3}
