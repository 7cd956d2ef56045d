"""The engine does what the reference does (`tests/reference`), entry by entry.

In: scenarios made by chance, each from a number. Out: that the two logs are equal, or the smallest scenario on which they are not.
A few of them: `.ci/run` plays 2,000, `make campaign` 20,000.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests import harness
from tests.cases import Case
from tests.reference.agreement import told, tried
from tests.reference.interpreter import played
from tests.reference.mutants import MUTANTS, ROOT, put_in

CHUNK, RUNS = 20, 160
LANGUAGE = ROOT / "tests" / "language"
CONSTRUCTS = sorted({path.parent.parent.name for path in LANGUAGE.glob("*/good/*.yaml")})


@pytest.mark.parametrize("first", range(0, RUNS, CHUNK))
def test_engine_and_reference_agree(first: int) -> None:
    for number in range(first, first + CHUNK):
        found = tried(number)
        if found.difference is not None:
            pytest.fail(told(found))


@pytest.mark.parametrize("construct", CONSTRUCTS)
def test_the_reference_plays_the_sentences(construct: str) -> None:
    for path in sorted(LANGUAGE.glob(f"{construct}/good/*.yaml")):
        case = Case.read(path)
        nodes = case.nodes()
        request = case.request(nodes)
        if case.kind == "log":
            scenario = harness.check(case.scenario(nodes, backwards=False), request)
            entries = list(harness.recorded(scenario, request).entries)
            assert played(scenario, request.seed, request.replication) == entries, path.stem


def test_each_fault_can_be_put_into_the_engine(tmp_path: Path) -> None:
    (tmp_path / "sim").mkdir()
    for mutant in MUTANTS:
        engine = tmp_path / "sim" / "engine"
        shutil.copytree(ROOT / "sim" / "engine", engine)
        shutil.copy(ROOT / "sim" / "clock.py", tmp_path / "sim")
        put_in(mutant, tmp_path)
        shutil.rmtree(engine)
