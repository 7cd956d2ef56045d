"""The schema for editors says what the shapes say: what the language allows validates, what has an unknown key or a wrong shape does not.

In: the schema, the shapes, every scenario and case. Out: a failure that names the key without words, or the case that is judged wrongly.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from sim.cli.new import TEMPLATE
from sim.errors import Problem
from sim.language import schema as making
from sim.language import shapes_file, shapes_law, shapes_rules, shapes_values, shapes_world
from sim.language.schema import schema
from sim.language.shapes import Shape, fill
from sim.language.source import parse_value
from tests import harness
from tests.cases import Case
from tests.harness import Fields, Items, Node, ScenarioError, Text
from tests.strategies import Data, scenarios, yaml_text

ROOT = Path(__file__).resolve().parent.parent
CASES = sorted((ROOT / "tests" / "language").rglob("*.yaml"))
SHAPES = {
    name: shape
    for module in (shapes_world, shapes_values, shapes_rules, shapes_law, shapes_file)
    for name, shape in vars(module).items()
    if isinstance(shape, type) and issubclass(shape, Shape) and shape.__module__ == module.__name__
}
OF_SHAPE = {"E101", "E103", "E104", "E106"}
"""What the schema can see: unknown keys, missing keys, wrong shapes, ids of things."""

NOT_SEEN = {
    "a part alone is no scenario": "the schema is that of parts, too",
    "a claim is somebody's": "`by` is needed in a rule alone: in a decision's option it goes without saying",
    "a rule without a trigger": "an empty list is a list",
    "a step that is added without saying what it follows": "what an edit adds is checked where it is added",
    "an edit on the command line that is none": "it stands in no file",
    "a body meets at intervals or on dates": "both keys may be there; which of them is a question of meaning",
    "dates need no start": "likewise",
    "a body that meets takes no time at a desk": "likewise",
    "if_late needs a time limit": "likewise",
    "a norm does one thing": "likewise",
    "a key belongs to another kind of norm": "likewise",
    "a key belongs to a duty": "likewise",
    "together has branches": "an empty mapping is a mapping",
}
"""Cases with such a code that the schema lets pass, and why."""


@pytest.fixture(scope="module")
def validator() -> Any:
    """Another's reading of draft-07."""
    library = pytest.importorskip("jsonschema", reason="NOT SHOWN: jsonschema is not installed: make setup")
    return library.Draft7Validator(schema())


def typed(node: Node) -> Any:
    """A value as an editor reads it: YAML 1.2."""
    match node:
        case Items(items=items):
            return [typed(item) for item in items]
        case Fields(entries=entries):
            return {key: typed(value) for key, value in entries.items()}
        case Text(text=text, plain=plain):
            if plain and re.fullmatch(r"[Tt]rue|TRUE|[Ff]alse|FALSE", text):
                return text.lower() == "true"
            if plain and re.fullmatch(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?", text):
                return float(text)
            return text


def told(validator: Any, value: Any) -> list[str]:
    """What is wrong with a value, each with its path."""
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in validator.iter_errors(value)]


def files_of(case: Case) -> Iterator[Any]:
    """The files of a case as an editor has them: the scenario with what the case leaves out, and its parts."""
    nodes = case.nodes()
    text = harness.value_at(nodes, "text")
    own = typed(harness.parse(text, "case") if text is not None else nodes.entries["scenario"])
    yield own if text is not None else {"scenario": "sentence", "period": {"from": "2025-01-01", "until": "2025-02-01"}, **own}
    yield from (typed(harness.parse(part, "part")) for part in case.parts(nodes).values())


# ---- it follows the shapes


def test_it_is_a_schema_of_its_draft(validator: Any) -> None:
    type(validator).check_schema(schema())
    assert json.loads(json.dumps(schema())) == schema()


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_every_key_of_a_shape_is_there_with_words(name: str) -> None:
    shape = SHAPES[name]
    missing = [key for key in shape.model_fields if not making._texts(shape).get(key)]
    assert not missing, f"write a text below {', '.join(f'{name}.{key}' for key in missing)}: editors show it"
    definitions = [schema(), *schema()["definitions"].values()]
    if shape is shapes_rules.TimelineShape:
        with_effect = [one["properties"] for name, one in schema()["definitions"].items() if name.startswith("Timeline.")]
        assert len(with_effect) == len(shapes_rules.EFFECTS)
        assert all(shape.keys() == list(one)[: len(shape.keys())] for one in with_effect)
    elif shape is not shapes_rules.EffectShape:
        [found] = [one for one in definitions if list(one["properties"]) == shape.keys() and one.get("description") == told_of(shape)]
        assert all(value.get("description") for value in found["properties"].values())
        assert {"properties": dict.fromkeys(shape.keys(), True), "additionalProperties": False} in found["allOf"]


def told_of(shape: type[Shape]) -> str:
    return making._told(shape)[0].replace("`", "")


@pytest.mark.parametrize("name", sorted(SHAPES.keys() - {"ScenarioShape", "EffectShape"}))
def test_every_shape_has_an_example_that_fits(name: str, validator: Any) -> None:
    shape = SHAPES[name]
    _, found = making._told(shape)
    assert found, f"write `Example: …` into the text of {name}: editors show it"
    [line] = re.findall(r"Example: (.*)", shape.__doc__ or "")
    problems: list[Problem] = []
    node = parse_value(line, name)
    if shape is shapes_rules.TimelineShape and isinstance(node, Fields):
        node = Fields({key: value for key, value in node.entries.items() if key in shape.keys()}, node.keys, node.place, "")  # noqa: SIM118
    assert fill(shape, node, problems) is not None, problems
    assert not problems
    definitions = schema()["definitions"]
    definition = name.removesuffix("Shape") if name != "TimelineShape" else "Timeline.event"
    assert not told(type(validator)({**definitions[definition], "definitions": definitions}), found["examples"][0])


# ---- it judges as the check does


@pytest.mark.parametrize("path", [TEMPLATE, *sorted((ROOT / "scenarios").rglob("*.yaml"))], ids=lambda path: path.stem)
def test_a_shipped_scenario_validates(path: Path, validator: Any) -> None:
    assert told(validator, typed(harness.parse(path.read_text(encoding="utf-8"), path.name))) == []


@pytest.mark.parametrize("path", [path for path in CASES if "good" in path.parts], ids=lambda path: path.stem)
def test_what_the_language_allows_validates(path: Path, validator: Any) -> None:
    for value in files_of(Case.read(path)):
        assert told(validator, value) == []


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scenarios())
def test_what_is_written_by_chance_validates(validator: Any, scenario: Data) -> None:
    assert told(validator, typed(harness.parse(yaml_text(scenario), "chance.yaml"))) == []


def of_shape() -> Iterator[Path]:
    """The bad cases that are about nothing but shape."""
    for path in CASES:
        codes = re.findall(r"^ *[^ ]+ ([EW]\d{3}) ", Case.read(path).expected, re.MULTILINE)
        if Case.read(path).kind == "errors" and codes and set(codes) <= OF_SHAPE:
            yield path


@pytest.mark.parametrize("path", list(of_shape()), ids=lambda path: path.stem)
def test_what_has_a_wrong_shape_does_not(path: Path, validator: Any) -> None:
    try:
        values = list(files_of(Case.read(path)))
    except ScenarioError:
        return  # no YAML: an editor tells that by itself
    seen = any(told(validator, value) for value in values)
    words = "the schema sees it after all: take it out of NOT_SEEN" if seen else "the schema lets this pass"
    assert seen != (path.stem in NOT_SEEN), words
