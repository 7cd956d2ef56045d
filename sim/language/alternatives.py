"""Alternatives: the single changes of a scenario that might bring something about, each from the least that can be changed to the most.

In: the edited nodes of a scenario, its records, the paths that matter with how far off each is. Out: `Ladder`s of edits, and a what-if
that says an edit in the words of an author.

How large a change is, is stated in `MEASURE`, so that a parameter can be set against a date.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sim import clock
from sim.errors import Place
from sim.language import scenario as s
from sim.language.edits import Edit, collect
from sim.language.nodes import Fields, Items, Node, Text, at
from sim.language.references import References
from sim.language.tokens import Malformed, Token, tokens_of

__all__ = ["MEASURE", "Ladder", "Rung", "borrowed", "ladders", "relevant", "set_to", "undone", "what_if_of", "yaml_of"]

MEASURE = "a parameter by the share of its range, a number by the share of itself, a date by the share of the period, all else as 1"

KEYS = {
    "if", "still", "where", "condition", "chance", "obeyed", "refuses", "weight", "times", "not_again_for", "lasts", "after", "deadline",
    "takes", "waits", "valid", "every", "start",
}  # fmt: skip
"""Where a number may be another."""

SHARES = {"chance", "obeyed", "refuses"}
RUNGS = 40
"""A ladder has so many rungs at most."""

FARTHEST = 10
"""A number becomes so many times itself at most."""

HERE = Place("--not", 1, 1)


@dataclass(frozen=True, slots=True)
class Rung:
    """One edit, and how large a change it is."""

    edit: Edit
    size: float


@dataclass(frozen=True, slots=True)
class Ladder:
    """A change that can be made more or less: its rungs from the least to the most. `level` says how far from the event it is."""

    path: str
    kind: str
    level: int
    rungs: tuple[Rung, ...]


def set_to(path: str, text: str) -> Edit:
    """An edit that sets a value."""
    return Edit("set", path, Text(text, HERE, path, True), HERE)


def relevant(scenario: s.Scenario, event: str) -> dict[str, int]:
    """The parts and parameters an event may hang on, each with how many steps it is away."""
    refs = References(scenario)
    found: dict[str, int] = {}
    todo, level = [*refs.makers.get(event, ()), *(path for path in refs.hearers.get(event, ()) if path.startswith("norms."))], 0
    while todo:
        new = [path for path in dict.fromkeys(todo) if path not in found]
        found.update(dict.fromkeys(new, level))
        todo = []
        for path in new:
            touched = refs.by_path.get(path)
            if touched is None:
                continue
            made = [maker for one in sorted(touched.hears | touched.asks) for maker in refs.makers.get(one, ())]
            judged = [one for event in sorted(touched.makes) for one in refs.hearers.get(event, ()) if one.startswith("norms.")]
            read = [slot for slot in sorted(touched.reads) if slot.startswith(("parameters.", "state."))]
            written = [writer for slot in sorted(touched.reads) for writer in refs.writers.get(slot, ())]
            todo += [*read, *made, *judged, *written, *_provisions(scenario, touched.reads)]
        level += 1
    return found


def _provisions(scenario: s.Scenario, slots: frozenset[str]) -> Iterator[str]:
    """The norms and rules whose being in force is read."""
    known = {norm.id: norm.path for norm in scenario.norms} | {rule.id: rule.path for rule in scenario.rules}
    yield from (known[name] for slot in sorted(slots) if slot.startswith("in_force.") and (name := slot.removeprefix("in_force.")) in known)


def ladders(root: Fields, scenario: s.Scenario, levels: Mapping[str, int], came: Mapping[str, int]) -> list[Ladder]:
    """The changes of these parts, the nearest to the event first; `came` is when timeline entries came in the run."""
    found: list[Ladder] = []
    for path, level in levels.items():
        section, name, *_ = path.split(".")
        if section == "parameters":
            found += _of_parameter(scenario.parameters[name], level)
        elif section == "timeline":
            dated = next(one for one in scenario.timeline if one.path == path)
            found += _of_date(dated, scenario, level, came.get(path))
        elif section == "decisions":
            decision = scenario.decisions[name]
            found += [
                Ladder(option.path, "option", level, (Rung(set_to(f"{decision.path}.choose", option.id), 1.0),))
                for option in decision.options
                if decision.choose != option.id
            ]
        if section in ("rules", "norms", "procedures"):
            found += _of_law(root, scenario, path, level)
        if section not in ("parameters", "timeline"):
            node = at(root, path)
            found += [one for text in _numbered(node, path) for one in _of_numbers(text, level)] if node is not None else []
    named = dict.fromkeys(ladder.path for ladder in found)
    return sorted(found, key=lambda one: (one.level, one.rungs[0].size, list(named).index(one.path)))


# ---- parameters, dates, law


def _of_parameter(parameter: s.Parameter, level: int) -> Iterator[Ladder]:
    """A parameter towards either end of its range."""
    if parameter.range is None or parameter.type.name not in ("number", "duration"):
        return
    low, high = parameter.range
    path = f"parameters.{parameter.id}"
    for end in (low, high):
        if end == parameter.value or high == low:
            continue
        values = _towards(parameter.value, end, parameter.type.name)
        texts = [(value, _text(value, parameter.type.name)) for value in values]
        yield Ladder(
            path, "parameter", level, tuple(Rung(set_to(path, text), abs(value - parameter.value) / (high - low)) for value, text in texts)
        )


def _towards(value: float, end: float, kind: str) -> list[float]:
    """Values on the way from one to another, in steps one would choose."""
    way = abs(end - value)
    if kind == "duration":
        unit = next((size for name in ("d", "h", "min", "s") if (size := clock.UNITS[name]) * 4 <= way), 1)
        step = unit * max(1, math.ceil(way / unit / RUNGS))
    elif float(value).is_integer() and float(end).is_integer() and isinstance(value, int):
        step = max(1, math.ceil(way / RUNGS))
    else:
        step = 10 ** math.floor(math.log10(way / 4))
        step *= max(1, math.ceil(way / step / RUNGS))
    count = max(0, math.ceil(way / step - 1e-9) - 1)
    sign = 1 if end > value else -1
    return [*(_rounded(value + sign * step * number, value) for number in range(1, count + 1)), end]


def _rounded(number: float, like: float) -> float:
    """Without the dust of arithmetic; whole where the other is."""
    return round(number) if isinstance(like, int) and float(number).is_integer() else float(f"{number:.10g}")


def _text(value: float, kind: str) -> str:
    """A value as an author writes it."""
    if kind == "duration":
        return clock.duration_text(round(value))
    return f"{value:g}" if abs(value) < 1e6 and float(f"{value:g}") == value else f"{value}"


def _of_date(dated: s.TimelineEntry, scenario: s.Scenario, level: int, came: int | None) -> Iterator[Ladder]:
    """A timeline entry so many days earlier, or later."""
    argument = dated.at.arguments[0]
    instant = came if came is not None else getattr(argument, "value", None) if dated.at.kind == "value" else None
    if not isinstance(instant, int):
        return
    span = (scenario.until - scenario.begin) / clock.DAY
    local = clock.iso(instant, scenario.timezone)
    day, time = local[:10], f" {local[11:16]}".removesuffix(" 00:00")
    for sign, room in ((-1, instant - scenario.begin), (1, scenario.until - 1 - instant)):
        days = int(room // clock.DAY)
        step = max(1, math.ceil(days / (2 * RUNGS)))
        rungs = []
        for count in range(step, days + 1, step):
            moved = date.fromisoformat(day) + timedelta(days=sign * count)
            rungs.append(Rung(set_to(f"{dated.path}.at", f"{moved}{time}"), count / span))
        if rungs:
            yield Ladder(dated.path, "date", level, tuple(rungs))


def _of_law(root: Fields, scenario: s.Scenario, path: str, level: int) -> Iterator[Ladder]:
    """A provision that is in force from the start, or is not."""
    parts = [(path, path.split(".")[1])]
    if path.startswith("procedures."):
        procedure = scenario.procedures[path.split(".")[1]]
        parts += [(one.path, f"{procedure.id}.{one.id}") for step in procedure.steps for one in (step, *step.branches) if not one.branches]
    for place, name in parts:
        slot = scenario.slots.get(f"in_force.{name}")
        if slot is not None and isinstance(at(root, place), Fields):
            rung = Rung(set_to(f"{place}.in_force", "false" if slot.start else "true"), 1.0)
            yield Ladder(place, "in force", level, (rung,))


# ---- edits that are made, or could be


def undone(root: Fields, made: Sequence[Edit]) -> Iterator[Ladder]:
    """Each edit of a run taken back; `root` is the scenario as the file has it."""
    for edit in made:
        before = at(root, edit.path)
        if edit.kind == "set" and isinstance(before, Fields) and not isinstance(edit.value, Fields):
            before = before.entries.get("value", before)
        inside = at(root, edit.path.rpartition(".")[0])
        if isinstance(inside, Items) and edit.kind != "set":
            continue  # what follows in a list has moved
        if edit.kind == "remove" and before is not None:
            back = Edit("add", edit.path, before, HERE)
        else:
            back = Edit("set", edit.path, before, HERE) if before is not None else Edit("remove", edit.path, None, HERE)
        yield Ladder(edit.path, "taken back", 0, (Rung(back, 1.0),))


def borrowed(root: Fields, made: Sequence[Edit]) -> Iterator[Ladder]:
    """Each timeline entry that some what-if adds, and the run has not."""
    section = root.entries.get("what_if")
    seen = {edit.path for edit in made}
    for own in section.entries.values() if isinstance(section, Fields) else ():
        for edit in collect(own, section, root)[0] if isinstance(own, Fields) and isinstance(section, Fields) else ():
            if edit.kind == "add" and edit.path.startswith("timeline.") and edit.path not in seen:
                seen.add(edit.path)
                yield Ladder(edit.path, "added", 1, (Rung(edit, 1.0),))


# ---- numbers in the text


def _numbered(node: Node, path: str, key: str = "") -> Iterator[tuple[str, str, Text]]:
    """The texts of a part in which numbers stand: path, key, text."""
    match node:
        case Fields(entries=entries):
            for name, inner in entries.items():
                yield from _numbered(inner, f"{path}.{name}", name)
        case Items(items=items) if key in ("when", "steps", "then"):
            for number, inner in enumerate(items):
                yield from _numbered(inner, f"{path}.{number}", key)
        case Text() if key in KEYS:
            yield path, key, node


def _of_numbers(found: tuple[str, str, Text], level: int) -> Iterator[Ladder]:
    """Each number of a text, made less and made more."""
    path, key, node = found
    try:
        tokens = tokens_of(node.text)
    except Malformed:
        return
    for token in tokens:
        if token.kind == "number" and not (token.unit and token.unit not in clock.UNITS):
            for values in _values(token, key):
                rungs = [Rung(set_to(path, f"{node.text[: token.start]}{text}{node.text[token.end :]}"), size) for text, size in values]
                if rungs:
                    yield Ladder(path, "number", level, tuple(rungs))


def _values(token: Token, key: str) -> Iterator[list[tuple[str, float]]]:
    """What a number may be instead, with how large a change that is: less and less, then more and more."""
    number = float(token.text.replace("_", ""))
    whole = number.is_integer() and "." not in token.text and "e" not in token.text.lower()
    if key in SHARES and not token.unit and 0 <= number <= 1:
        ends: list[float] = [0.0, 1.0]
    else:
        ends = [0.0, number * FARTHEST if number >= 1 else number + FARTHEST]
    for end in ends:
        if end == number:
            continue
        start: float = int(number) if whole and key not in SHARES else number
        values = _towards(start, int(end) if isinstance(start, int) else end, "number")
        yield [
            (f"{_text(value, 'number')}{token.unit}", abs(value - number) / max(number, 1.0 if whole else 1e-9))
            for value in values
            if value >= 0
        ]


# ---- in the words of an author


def what_if_of(name: str, combined: str | None, changes: Sequence[Edit]) -> str:
    """A what-if as it is written: those it combines, what it removes, sets and adds."""
    lines = ["what_if:", f"  {name}:"]
    lines += [f"    combine: [{combined}]"] if combined else []
    if removed := [edit.path for edit in changes if edit.kind == "remove"]:
        lines.append(f"    remove: [{', '.join(removed)}]")
    for kind in ("set", "add"):
        own = [edit for edit in changes if edit.kind == kind and edit.value is not None]
        lines += [f"    {kind}:"] if own else []
        lines += [f"      {edit.path}: {yaml_of(edit.value)}" for edit in own if edit.value is not None]
    return "\n".join(lines) + "\n"


SAFE = re.compile(r"[A-Za-z0-9_.+-][A-Za-z0-9_.+-]*(?: [A-Za-z0-9_.+:-]*[A-Za-z0-9_.+-])*")


def yaml_of(node: Node) -> str:
    """A value on one line, in quotes where it needs them."""
    match node:
        case Text(text=text):
            return text if SAFE.fullmatch(text) else json.dumps(text, ensure_ascii=False)
        case Items(items=items):
            return f"[{', '.join(map(yaml_of, items))}]"
        case Fields(entries=entries):
            return f"{{{', '.join(f'{key}: {yaml_of(value)}' for key, value in entries.items())}}}"
