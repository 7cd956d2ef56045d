"""docs/language.md tells all of the language: every section, key, effect, distribution, event, function and limit stands in it.

In: the page, the shapes, the table of functions. Out: a failure that names what the page leaves out, or tells wrongly.

A table that says `<!-- keys: RuleShape -->` above it lists exactly the keys of that shape in its first column.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from sim.engine import kernel, world
from sim.language import (
    edits,
    grammar,
    include,
    link_state,
    link_world,
    shapes_file,
    shapes_law,
    shapes_rules,
    shapes_values,
    shapes_world,
    source,
)
from sim.language.scope import RESERVED
from sim.language.shapes import Shape
from sim.language.signatures import COURSES, FUNCTIONS
from tests import harness

PAGE = Path(__file__).resolve().parent.parent / "docs" / "language.md"
SHAPES = {
    name: shape
    for module in (shapes_world, shapes_values, shapes_rules, shapes_law, shapes_file)
    for name, shape in vars(module).items()
    if isinstance(shape, type) and issubclass(shape, Shape) and shape.__module__ == module.__name__
}
EFFECTS = {name: shape for name, shape in SHAPES.items() if issubclass(shape, shapes_rules.EffectShape)}
PLAIN = sorted(SHAPES.keys() - EFFECTS.keys() | {"EffectShape"})


@cache
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def table(mark: str) -> list[list[str]]:
    """The rows of the table below a mark, each a list of its cells."""
    found = re.search(rf"<!-- {re.escape(mark)} -->\n((?:\|.*\n)+)", page())
    assert found, f"docs/language.md has no table marked {mark}"
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in found[1].splitlines()[2:]]


def codes(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize("name", PLAIN)
def test_every_key_of_a_shape_has_a_row(name: str) -> None:
    rows = list(dict.fromkeys(codes(row[0])[0] for row in table(f"keys: {name}")))
    assert sorted(rows) == sorted(SHAPES[name].keys())


def test_every_section_has_a_row() -> None:
    assert [codes(row[0])[0] for row in table("keys: ScenarioShape")] == shapes_file.SECTIONS


def test_every_effect_has_a_row_with_its_keys() -> None:
    rows = {codes(row[0])[0]: sorted(codes(row[1])) for row in table("effects")}
    own = {}
    for name, shape in EFFECTS.items():
        if name != "EffectShape":
            keys = set(shape.keys()) - set(shapes_rules.EffectShape.keys())
            (verb,) = keys & set(shapes_rules.EFFECTS)
            own[verb] = sorted(keys - {verb})
    assert rows == own
    assert sorted(rows) == sorted(shapes_rules.EFFECTS)


def test_every_distribution_and_trigger_is_told() -> None:
    assert [codes(row[0])[0] for row in table("keys: Distribution")] == shapes_values.DISTRIBUTIONS
    for trigger in shapes_values.TRIGGERS:
        assert f"| `{trigger}` |" in page()


def test_every_key_of_a_what_if_and_every_reserved_word_is_told() -> None:
    for key in edits._KEYS:
        assert f"| `{key}` |" in page()
    listed = re.search(r"since expressions use them: `([^`]+)`", page())
    assert listed
    assert sorted(listed[1].split()) == sorted(RESERVED)


def test_every_type_of_a_field_is_told() -> None:
    listed = re.search(r"The type of a field is (.+), or a list of labels", page())
    assert listed
    assert sorted(codes(listed[1])) == sorted(link_world.TYPES)


@cache
def functions_file() -> str:
    found = re.search(r"<!-- file: functions.yaml -->\n```yaml\n(.*?)```", page(), re.DOTALL)
    assert found
    return found[1]


def test_every_built_in_event_has_a_row_with_its_fields() -> None:
    scenario = harness.check(harness.parse(functions_file(), "functions.yaml"))
    declared = {"accusation", "shipment", "halt"}
    rows = {codes(row[0])[0]: codes(row[1]) for row in table("events")}
    seen = set()
    for event in scenario.events.values():
        if event.id in declared:
            continue
        owner, _, word = event.id.rpartition(".")
        if owner == "licence" and word in ("intake", "council"):
            name = "P.STEP"
        elif owner == "licence" and f"P.{word}" in rows:
            name = f"P.{word}"
        elif owner:
            name = next((f"{letter}.{word}" for letter in "FO" if f"{letter}.{word}" in rows), f"N.{word}")
        else:
            name = word
        assert name in rows, f"{event.id} is not in the table of built-in events"
        seen.add(name)
        assert set(event.fields) <= set(rows[name]), f"{event.id} has fields that the table does not tell"
    assert seen == rows.keys(), "the table tells of events that do not exist"
    for word in link_world.BUILT_IN:
        assert re.search(rf"`{word}`|`[a-z ]*\b{word}\b[a-z ]*`", page()), f"{word} is a word of the language and not told"


def rows_of_functions() -> dict[str, tuple[str, str, str]]:
    return {codes(row[0])[0].partition("(")[0]: (codes(row[0])[0], row[1], codes(row[2])[0]) for row in table("functions")}


def test_every_function_has_a_row_with_its_signature() -> None:
    assert {name: row[:2] for name, row in rows_of_functions().items()} == FUNCTIONS


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_example_of_a_function_is_true(name: str) -> None:
    example = rows_of_functions()[name][2]
    assert f"{name}(" in example
    rule = f'rules: {{r: {{when: licence.approved, if: "{example}", then: [{{event: halt}}]}}}}\nmeasures: {{m: happened(halt)}}\n'
    measure = f'measures: {{m: "{example}"}}\n'
    text = functions_file() + (measure if name in COURSES else rule)
    scenario = harness.check(harness.parse(text, "functions.yaml"))
    log = harness.recorded(scenario, harness.Request())
    assert harness.measured(scenario, log)["m"] is True


def test_the_limits_are_those_of_the_program() -> None:
    told = dict(row for row in table("limits"))
    assert told["size of a file, and of all parts together"] == f"{source.MAX_BYTES:,} bytes"
    assert told["nesting of the file"] == f"{source.MAX_DEPTH} levels"
    assert told["values in all files"] == f"{source.MAX_NODES:,}"
    assert told["parts of a scenario"] == f"{include.MOST_PARTS}"
    assert told["one text"] == f"{source.MAX_TEXT:,} bytes"
    assert told["items of a list"] == f"{source.MAX_ITEMS:,}"
    assert told["an expression"] == f"{grammar.LONGEST:,} characters, {grammar.DEEPEST} levels, {grammar.MOST_PARTS} parts"
    assert told["an expression with all definitions it uses"] == f"{link_world.LARGEST_TREE:,} parts; definitions {link_world.DEEPEST} deep"
    assert told["a chain of causes within one instant"] == f"{kernel.DEEPEST:,}"
    assert told["turns in one instant, or one second"] == f"{kernel.MOST_TURNS:,}"
    assert kernel.LOOKS == kernel.MOST_TURNS
    assert told["entries of a log"] == f"{world.MOST_ENTRIES:,}"
    assert told["turns of a run"] == f"{kernel.MOST_IN_ALL:,}"
    assert told["things that wait for their time at once"] == f"{kernel.MOST_WAITING:,}"
    assert told["causes in a row, at a pace at which the run would have more turns than it may"] == f"{kernel.GENERATIONS:,}"
    assert told["levels of `part_of` and `member_of`"] == f"{link_world.DEEPEST_ACTOR}"
    assert told["actors that one `count` makes"] == f"{link_world.MOST_MEMBERS:,}"
    assert told["values of the world, attributes and all"] == f"{link_state.MOST_ATTRIBUTES:,}"
    assert world.LARGEST == 2**53


def test_the_cases_that_the_semantics_name_exist() -> None:
    folder = PAGE.parent.parent / "tests" / "language"
    named = re.findall(r"\[`(\w+)/([^`]+)`\]", (PAGE.parent / "semantics.md").read_text(encoding="utf-8"))
    assert named
    missing = [f"{construct}/{sentence}" for construct, sentence in named if not list(folder.glob(f"{construct}/*/{sentence}.yaml"))]
    assert not missing


def test_the_map_of_modules_is_complete() -> None:
    root = PAGE.parent.parent
    told = set(re.findall(r"^\| `(sim/[\w/]+\.py)` \|", (PAGE.parent / "design.md").read_text(encoding="utf-8"), re.MULTILINE))
    there = {str(path.relative_to(root)) for path in (root / "sim").rglob("*.py")}
    there = {path for path in there if not path.endswith("__init__.py")} | {"sim/engine/__init__.py"}  # the others hold no code
    assert sorted(told) == sorted(there)


def test_every_dependency_has_its_reason() -> None:
    root = PAGE.parent.parent
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    design = (PAGE.parent / "design.md").read_text(encoding="utf-8")
    assert not [name for text in wanted if f"| {(name := re.split(r'[^A-Za-z0-9-]', text)[0])} |" not in design]
