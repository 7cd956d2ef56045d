"""What is kept of a scenario for its what-ifs is what would have been found anew."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sim.errors import Problem
from sim.language import draft, link, link_questions, link_rules
from sim.language.check import problems_of
from sim.language.draft import Draft
from sim.language.edits import apply, collect
from sim.language.infer import infer
from sim.language.memory import Memory
from sim.language.scenario import Rule
from sim.language.shapes import Shape, fill
from sim.language.shapes_rules import RuleShape
from sim.language.source import Fields, Node, Text, parse
from sim.language.tree import Tree

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted((ROOT / "scenarios").glob("*.yaml"))

HEAD = """\
scenario: x
period: {from: 2025-01-01, until: 2025-02-01}
actors: {a: {}, b: {part_of: a}}
events: {go: {fields: {n: number}}, stop: {}}
state: {x: {start: 1, min: 0, max: 9}}
parameters: {p: {value: 1, range: [0, 5]}, wait: 1d}
define: {much: x > p}
norms: {ban: {forbid: stop, in_force: false}}
procedures: {licence: {case: {n: number}, steps: {look: {takes: wait}}}}
timeline: {t: {at: 2025-01-02, event: go, with: {n: 1}}, late: {at: 2025-01-20, event: stop}}
rules:
  r: {when: go, if: much, after: wait, then: [{event: stop}, {set: {x: 3}}, {enact: ban}]}
  s: {when: licence.approved, if: event.case.n > 1, then: [{event: gone}]}
what_if:
"""
EDITS = [
    "set: {parameters.p: 2}", "set: {parameters.p: 2d}", "set: {parameters.wait: 3}", "set: {state.x.max: 2}", "set: {state.x.start: 4}",
    "set: {period.until: 2025-01-10}", "remove: [events.stop]", "remove: [actors.b]", "set: {define.much: p > 1d}", "remove: [norms.ban]",
    "set: {procedures.licence.case.n: text}", "set: {rules.r.if: x > go}", "add: {rules.q: {when: go, then: [{event: stop}]}}",
    "add: {rules.q: {when: go, then: [{event: gone}]}}", "set: {events.go.fields.n: text}", "set: {period.from: 2025-01-03}",
]  # fmt: skip


def edited(root: Fields) -> list[Fields]:
    """The trees of all what-ifs."""
    section = root.entries.get("what_if")
    assert isinstance(section, Fields)
    own = [one for one in section.entries.values() if isinstance(one, Fields)]
    return [apply(root, collect(one, section, root)[0])[0] for one in own]


def alike(root: Fields) -> None:
    """Every what-if is linked the same with what is kept of the baseline as without."""
    memory = Memory()
    link.link(root, memory)
    for tree in edited(root):
        assert link.link(tree, memory) == link.link(tree)


@pytest.mark.parametrize("edit", EDITS)
def test_a_what_if_is_linked_as_if_nothing_were_kept(edit: str) -> None:
    alike(parse(f"{HEAD}  w: {{{edit}}}\n", "x.yaml"))


def test_one_memory_serves_many_what_ifs() -> None:
    alike(parse(HEAD + "".join(f"  w{number}: {{{edit}}}\n" for number, edit in enumerate(EDITS)), "x.yaml"))


@pytest.mark.parametrize("path", [path for path in SHIPPED if "\nwhat_if:" in path.read_text(encoding="utf-8")], ids=lambda path: path.stem)
def test_the_what_ifs_of_the_shipped_scenarios_are_linked_the_same(path: Path) -> None:
    alike(parse(path.read_text(encoding="utf-8"), str(path)))


def test_rules_that_an_edit_does_not_touch_are_linked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    linked: list[str] = []
    real = link_rules.link_rule

    def counted(own: Draft, key: str, shape: RuleShape) -> Rule:
        linked.append(key)
        return real(own, key, shape)

    monkeypatch.setattr(link, "link_rule", counted)
    root = parse(f"{HEAD}  w: {{set: {{parameters.p: 2}}}}\n  v: {{set: {{rules.r.after: 2d}}}}\n", "x.yaml")
    problems_of(root)
    assert linked == ["r", "s", "r"]


def test_what_hangs_on_a_node_alone_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    filled: Counter[str] = Counter()
    read: Counter[str] = Counter()

    def counted(shape: type[Shape], node: Node, problems: list[Problem]) -> Shape | None:
        filled[f"{shape.__name__} {node.path}"] += 1
        return fill(shape, node, problems)

    def inferred(text: Text, *rest: Any) -> Tree | None:
        read[text.path] += 1
        return infer(text, *rest)

    monkeypatch.setattr(draft, "fill", counted)
    monkeypatch.setattr(link_questions, "infer", inferred)
    told = "measures: {n: number_of(go), m: p * 2}\n"
    root = parse(f"{HEAD}  w: {{set: {{parameters.p: 2}}}}\n  v: {{set: {{rules.r.after: 2d}}}}\n{told}", "x.yaml")
    problems_of(root)
    assert {name for name, times in filled.items() if times > 1} == {"ParameterShape parameters.p", "RuleShape rules.r"}
    assert read == {"measures.n": 1, "measures.m": 1}
