"""Scenarios bent out of shape: whatever is read is checked, run or refused, and nothing else ever happens.

In: shipped and made scenarios, mutated (keys deleted, doubled, swapped; scalars replaced; text cut, doubled, overwritten).
Out: that nothing outside our tree of errors is raised, and that nothing takes long.
"""

# ruff: noqa: E501 - the words and keys stand in blocks

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from sim import face
from sim.engine import kernel, world
from sim.errors import SimError
from sim.language.source import parse, plain
from tests.strategies import Data, scenarios, yaml_text

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "scenarios").glob("*.yaml"), key=lambda path: path.stat().st_size)
SHIPPED = [path.read_text(encoding="utf-8") for path in [*FILES[:-1] * 3, FILES[-1]]]  # the largest takes as long as all others
NODES: list[Any] = [plain(parse(text, "f")) for text in SHIPPED]
SLOWEST = 2.0

WORDS = (
    "", " ", "0", "-1", "1e999", "nan", ".inf", "9007199254740993", "1/0", "0s", "-1d", "1e9w", "0.0000001s", "2d", "2025-13-45", "2025-02-30",
    "2025-01-05", "9999-12-31", "true", "none", "now", "event", "event.v", "event.case", "case.v", "x.y.z", "alarm", "order", "sale", "claim",
    "start", "end", "change", "licence.opened", "licence.approved", "licence.council", "curb", "curb.blocked", "state", "firm", "club",
    "count(alarm)", "count(order, by=firm, in_last=5d) > 2", "since(alarm)", "first(sale)", "median(sale.v, default=0)", "peak(tension)",
    "in_force(curb)", "passed(event.case, council)", "tension", "tension + patience", "goods", "event.by.goods", "event.to.goods", "firm.goods",
    "1 if flagged else 2", "not not flagged", "min(1)", "(((", "'", "\"", "a b", "a: b", "[", "{", "#", "*x", "&x", "!!int 3", "\u202e", "\ud7ff", "é", "\0",
    "__class__", "x" * 5_000,
)  # fmt: skip
KEYS = ("if", "when", "then", "after", "still", "chance", "times", "not_again_for", "in_force", "by", "to", "via", "with", "set", "add", "open",
        "enact", "repeal", "pending", "claim", "is", "every", "starting", "uniform", "choice", "normal", "min", "max", "start", "one_of", "fields",
        "part_of", "member_of", "capacity", "steps", "takes", "refuses", "needed_if", "forbid", "where", "obeyed", "at", "id", "value", "range",
        "zz", "1", "", "x.y")  # fmt: skip

Draw = Callable[[Any], Any]


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every mapping and list inside, with each of its keys or numbers."""
    found: list[tuple[Any, Any]] = []
    todo = [value]
    while todo:
        here = todo.pop()
        if isinstance(here, dict | list):
            for key in list(here) if isinstance(here, dict) else range(len(here)):
                found.append((here, key))
                todo.append(here[key])
    return found


def copied(value: Any) -> Any:
    """A copy down to the leaves, whose mappings may then be changed."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


def bent(draw: Draw, scenario: Data) -> Data:
    """The scenario with a few of its parts deleted, doubled, swapped or replaced."""
    scenario = copied(scenario)
    for _ in range(draw(st.integers(1, 5))):
        known = places(scenario)
        if not known:
            break
        here, key = known[draw(st.integers(0, len(known) - 1))]
        there, other = known[draw(st.integers(0, len(known) - 1))]
        match draw(st.integers(0, 6)):
            case 0:
                del here[key]
            case 1 | 2:
                here[key] = draw(st.sampled_from(WORDS))
            case 3:
                here[key] = copied(there[other])
            case 4:
                here[key], there[other] = copied(there[other]), copied(here[key])
            case 5 if isinstance(here, dict):
                here[draw(st.sampled_from(KEYS))] = copied(here[key])
            case _:
                here[key] = (
                    [copied(here[key]), copied(there[other])] if draw(st.booleans()) else {draw(st.sampled_from(KEYS)): copied(here[key])}
                )
    return scenario


def cut(draw: Draw, text: str) -> str:
    """The text with pieces left out, doubled or overwritten."""
    for _ in range(draw(st.integers(1, 3))):
        a, b = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
        b = min(b, a + draw(st.integers(0, 80)))
        text = text[:a] + draw(st.sampled_from(["", text[a:b] * 2, *WORDS[:-1], "\n", "\t", "  ", ", ", ": ", "- "])) + text[b:]
    return text


@st.composite
def mutants(draw: Draw) -> str:
    """The text of a scenario that is probably no longer one."""
    scenario = draw(scenarios()) if draw(st.booleans()) else draw(st.sampled_from(NODES))
    match draw(st.integers(0, 2)):
        case 0:
            return cut(draw, yaml_text(scenario))
        case 1:
            return cut(draw, draw(st.sampled_from(SHIPPED)))
        case _:
            return yaml_text(bent(draw, scenario))


def tried(text: str) -> str:
    """Read, check and run a text as `sim run --all` does; how far it came."""
    reached = "refused as a file"
    try:
        loaded = face.reread({"scenario.yaml": text})
        reached = "refused by the check"
        base = loaded.scenario()
        reached = "stopped"
        run = loaded.run(seed=3)
        for _ in run.lines():
            pass
        assert run.measures.keys() == base.measures.keys()
    except SimError:
        return reached
    return "run"


def fuzzed(count: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Try so many mutants; how many came how far."""
    assert world.MOST_ENTRIES > 20_000 < kernel.MOST_TURNS
    monkeypatch.setattr(world, "MOST_ENTRIES", 20_000)  # a mutant that multiplies is stopped early; the real limits have tests of their own
    monkeypatch.setattr(kernel, "MOST_TURNS", 20_000)
    ends: dict[str, int] = {}

    @settings(max_examples=count)
    @given(mutants())
    def one(text: str) -> None:
        gc.disable()  # else now and then a mutant pays for what thousands before it left
        began = time.process_time()
        end = tried(text)
        took = time.process_time() - began
        gc.enable()
        ends[end] = ends.get(end, 0) + 1
        note(f"{end} after {took:.2f} s:\n{text}")
        assert took < SLOWEST

    one()
    return ends


def test_nothing_but_our_own_errors_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = fuzzed(300, monkeypatch)
    assert ends["run"] > 10, f"mutants must not all be refused at once: {ends}"
    assert ends["refused by the check"] > 50, ends


@pytest.mark.campaign
def test_nothing_but_our_own_errors_is_raised_by_20000(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sum(fuzzed(20_000, monkeypatch).values()) >= 20_000
