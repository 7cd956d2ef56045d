"""Every shipped scenario, the baseline against each of its what-ifs: where they part is the edit, and nothing unrelated is told.

In: `scenarios/*.yaml`. Out: a what-if by name whose comparison names the wrong edit, tells too much or too little.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pytest

from sim.analysis.compare import Comparison, Pair, compare
from sim.cli.edited import Change, changes_of, made_by
from sim.engine import run
from sim.engine.compile import compile_scenario
from sim.errors import ScenarioError
from sim.face import Loaded, Run, load
from sim.language.check import build
from sim.language.edits import Edit, collect
from sim.language.nodes import Fields
from sim.log.entries import Entry, Log, log_of

FOLDER = Path(__file__).resolve().parents[2] / "scenarios"
FILES = {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}
WHAT_IFS = [(name, what_if) for name, path in FILES.items() for what_if in load(path).scenario().what_ifs]
NAMED = [f"{name}/{what_if}" for name, what_if in WHAT_IFS]


@cache
def loaded(name: str) -> Loaded:
    return load(FILES[name])


@cache
def baseline(name: str) -> Run:
    return loaded(name).run()


@pytest.fixture(scope="module", params=WHAT_IFS, ids=NAMED)
def case(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A scenario and one of its what-ifs; all that is asked of it is asked in turn."""
    name, what_if = request.param
    return name, what_if


@lru_cache(maxsize=2)
def found(name: str, what_if: str) -> tuple[Log, Comparison, list[Change]]:
    """A what-if's log, how it compares with the baseline, and its edits."""
    whole = loaded(name)
    log = whole.run(what_if).log
    return log, compare(baseline(name).log, log), changes_of(whole.root, what_if, ())


def named(name: str, what_if: str) -> list[str]:
    """The paths of the edits that are said to be behind the first divergence."""
    _, comparison, changes = found(name, what_if)
    assert comparison.first_divergence is not None
    whole = loaded(name)
    return [one.path for one in made_by(comparison.first_divergence, changes, (whole.root, whole.edited_root(what_if)))]


def edits_of(name: str, what_if: str) -> list[Edit]:
    section = loaded(name).root.entries["what_if"]
    assert isinstance(section, Fields)
    own = section.entries[what_if]
    assert isinstance(own, Fields)
    return collect(own, section, loaded(name).root)[0]


def mark(pair: Pair | None) -> Any:
    """What a divergence is, but for its fields."""
    return None if pair is None else (pair.kind, pair.entry.key, pair.time)


def test_the_divergence_named_is_the_edit(case: tuple[str, str]) -> None:
    name, what_if = case
    behind = named(name, what_if)
    own = [edit.path for edit in edits_of(name, what_if)]
    assert behind
    assert set(behind) <= set(own)
    assert len(behind) <= 2


def test_without_the_edit_that_is_named_they_do_not_part_there(case: tuple[str, str]) -> None:
    """The named edits are taken out of the what-if, and it is run again: the first divergence is gone."""
    name, what_if = case
    behind = named(name, what_if)
    rest = [edit for edit in edits_of(name, what_if) if edit.path not in behind]
    try:
        scenario = build(loaded(name).root, None, rest)
    except ScenarioError:
        pytest.skip("the other edits do not stand alone")
    header = baseline(name).header
    without = log_of(run(compile_scenario(scenario), header.seed, header.replication), header)
    assert mark(compare(baseline(name).log, without).first_divergence) != mark(found(name, what_if)[1].first_divergence)


def told(entry: Entry, log: Log) -> tuple[Any, ...]:
    """All that an entry says, its parents by their keys."""
    read = {name: (value, [log.entries[one].key for one in ids]) for name, (value, ids) in entry.because.items()}
    cause = None if entry.cause is None else log.entries[entry.cause].key
    return (*said(entry), cause, repr(read))


def said(entry: Entry) -> tuple[Any, ...]:
    """What an entry says, and when."""
    values = {name: value for name, (value, _) in entry.because.items()}
    changes = {} if entry.event == "start" else entry.changes
    plain = (entry.time, entry.event, entry.by, entry.to, entry.via, entry.status, entry.case, entry.rule, entry.norms, entry.source)
    return (*plain, repr(values), repr(entry.data), repr(changes))


def test_nothing_unrelated_is_told_and_nothing_is_passed_over(case: tuple[str, str]) -> None:
    name, what_if = case
    before = baseline(name).log
    after, comparison, _ = found(name, what_if)
    lines = {entry.key: told(entry, after) for entry in after.entries}
    alike = {entry.key for entry in before.entries if lines.get(entry.key) == told(entry, before)}
    for pair in comparison.pairs:
        if pair.entry.key in alike:
            assert pair.kind == "same"
        if pair.kind == "same":
            assert pair.before
            assert pair.after
            assert (pair.before.key, said(pair.before)) == (pair.after.key, said(pair.after))


@pytest.mark.parametrize("name", FILES)
def test_a_what_if_that_changes_nothing_shows_nothing(name: str) -> None:
    whole = loaded(name)
    edits = ["title=Another title", *(f"parameters.{one}={text}" for one, text in parameters(whole.root).items())]
    found = compare(baseline(name).log, whole.run(overrides=edits).log)
    assert (found.differs, found.first_divergence, list(found.started)) == (False, None, [])
    assert not any(regime.differs for regime in found.regimes)


def parameters(root: Fields) -> dict[str, str]:
    """The values of parameters as they are written."""
    section = root.entries.get("parameters")
    nodes = section.entries if isinstance(section, Fields) else {}
    return {name: str(node.entries["value"] if isinstance(node, Fields) else node) for name, node in nodes.items()}


def test_what_an_edit_cannot_reach_differs_by_exactly_zero() -> None:
    """Where dealers pass nothing on, that alone differs: nothing in the scenario hears of what they pass on."""
    whole = loaded("serbia_export_halt")
    for replication in range(4):
        first, second = (whole.run(name, replication=replication).measures for name in (None, "verified_end_users"))
        assert {name for name in first if first[name] != second[name]} == {"diverted_usd"}
        assert first["exported_usd"] == second["exported_usd"] > 0
