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
NOT_YET = frozenset(
    (
        "duties/good/a sunset at the deadline does not save the duty",
        "duties/good/an amended deadline is that of duties to come",
        "duties/good/an enactment that is blocked or scheduled begins no duty yet",
        "law/good/A sunset governs its last instant; a new enact without lasts cancels it",
        "law/good/a change with an end turns back by itself",
        "law/good/a later enactment spares whom an earlier one did not, and nobody is bound anew",
        "law/good/a procedure that is repealed may withdraw its cases",
        "law/good/a procedure that is repealed may withdraw some of its cases",
        "law/good/a step may be enacted for some cases alone",
        "law/good/a step may be enacted for the case of the event",
        "law/good/a step that expires lets go who waits at it",
        "law/good/a sunset at the end of the period does not come",
        "law/good/a sunset is a date, a time, or a condition",
        "law/good/a sunset runs on while its provision is suspended",
        "law/good/a what-if may change from when, how long, and the clause",
        "law/good/an amended distribution draws where the old one drew",
        "law/good/an amended value is read from then on",
        "law/good/an amendment with join is for all, whatever was kept before",
        "law/good/an enactment from a later date is scheduled, and applies then",
        "law/good/each scheduled enactment stands",
        "law/good/nobody knows beforehand when a condition ends a provision",
        "law/good/only the cases for which finish holds are spared",
        "law/good/renewal may bring an earlier end",
        "law/good/repeal cancels a scheduled enactment, with an entry",
        "law/good/some cases keep a repealed step, and some a suspended one",
        "law/good/what can be amended",
        "law/good/what comes before a sunset is aimed anew when that moves",
        "law/good/what the law does by itself is named after what it follows from",
        "law/good/who may not amend the law is held back",
        "law/good/with finish cases opened before keep what was",
        "licences/good/a case suspended in the turn of a decision goes on when it is resumed",
        "licences/good/a licence that is revoked is held no longer",
        "licences/good/a licence that is suspended cannot be used until it is resumed",
        "licences/good/a suspended case and a suspended procedure are two reasons to stand still",
        "licences/good/a suspended case is led on by law, and goes on from there",
        "licences/good/a suspended case may be withdrawn",
        "licences/good/an open case that is suspended stands still, and so do its clocks",
        "licences/good/what ends a case goes before what suspends it",
        "licences/good/what somebody does to licences is an act for each case",
        "norms/good/an exemption may give competence",
        "norms/good/competence - who may not change the law is held back",
        "norms/good/the timeline changes the law whatever norms say, and is flagged",
    )
)
"""The sentences with something that the reference does not play yet."""


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
        if case.kind == "log" and f"{construct}/good/{path.stem}" not in NOT_YET:
            scenario = harness.check(case.scenario(nodes, backwards=False), request)
            entries = list(harness.recorded(scenario, request).entries)
            assert played(scenario, request.seed, request.replication) == entries, path.stem


def test_each_fault_can_be_put_into_the_engine(tmp_path: Path) -> None:
    engine = tmp_path / "sim" / "engine"
    for mutant in MUTANTS:
        shutil.copytree(ROOT / "sim" / "engine", engine)
        put_in(mutant, tmp_path)
        shutil.rmtree(engine)
