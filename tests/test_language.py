"""The language, sentence by sentence: `tests/language/<construct>/{good,bad}/<sentence>.yaml`.

In: the case files (`tests/cases.py` says what stands in them). Out: a readable difference between what a case expects and what came out.
`--accept` rewrites the expectations in place; what it wrote is then read as critically as code.
"""

from __future__ import annotations

import re
from difflib import unified_diff
from pathlib import Path

import pytest

from tests import harness
from tests.cases import KINDS, Case, came_out, rewritten

FOLDER = Path(__file__).resolve().parent / "language"
FILES = sorted(FOLDER.rglob("*.yaml"))
NAMES = [str(path.relative_to(FOLDER).with_suffix("")) for path in FILES]

NOT_IN_A_CASE = {
    "E001": "a folder, a pipe or nothing at all stands where the file should be",
    "E509": "somebody else ends a process; tests/test_cli.py holds it",
}
"""Codes that no text of a scenario can bring about; tests/unit has them."""


def difference(before: str, after: str, names: tuple[str, str]) -> str:
    """Two texts line by line, as `diff -u` shows them."""
    return "\n".join(unified_diff(before.splitlines(), after.splitlines(), *names, lineterm="", n=2))


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_sentence_holds(path: Path, accept: bool) -> None:
    case = Case.read(path)
    kind, text = came_out(case)
    if kind != case.kind:
        pytest.fail(f"{path}: the case expects {case.kind}, what came out is {kind}:\n{text}", pytrace=False)
    again = came_out(case)[1]
    if again != text:
        pytest.fail(f"{path}: two runs of one case differ:\n{difference(text, again, ('first', 'second'))}", pytrace=False)
    if accept:
        if text != case.expected:
            rewritten(case, text)
        return
    if text != case.expected:
        pytest.fail(f"{path}:\n{difference(case.expected, text, ('expected', 'came out'))}", pytrace=False)


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_the_order_of_writing_changes_nothing(path: Path) -> None:
    case = Case.read(path)
    if case.kind == "errors":
        return  # places follow the order of writing; what is refused has no order of events to keep
    forwards, backwards = came_out(case), came_out(case, backwards=True)
    if forwards != backwards:
        shown = difference(forwards[1], backwards[1], ("as written", "written backwards"))
        pytest.fail(f"{path}: {forwards[0]} became {backwards[0]}:\n{shown}", pytrace=False)


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_case_lies_where_it_belongs(path: Path) -> None:
    case = Case.read(path)
    construct, verdict, _ = path.relative_to(FOLDER).parts
    assert verdict == KINDS[case.kind], f"{path}: a case that expects {case.kind} lies under {construct}/{KINDS[case.kind]}/"


@pytest.mark.parametrize("path", [path for path in FILES if path.parent.parent.name == "lints" and path.parent.name == "good"], ids=str)
def test_what_may_be_meant_is_not_warned_of(path: Path) -> None:
    case = Case.read(path)
    warnings = harness.warnings_of(case.scenario(case.nodes(), backwards=False))
    assert not warnings, f"{path}:\n" + "\n".join(problem.line for problem in warnings)


def test_every_error_code_has_a_bad_case() -> None:
    seen = {code for path in FILES for code in re.findall(r"\b[EW]\d{3}\b", Case.read(path).expected)}
    missing = sorted(harness.CODES.keys() - seen - NOT_IN_A_CASE.keys())
    if missing:
        pytest.fail("no case under tests/language for:\n" + "\n".join(f"{code} {harness.CODES[code]}" for code in missing), pytrace=False)
    surplus = sorted(seen & NOT_IN_A_CASE.keys())
    assert not surplus, f"a case has them after all, take them out of NOT_IN_A_CASE: {', '.join(surplus)}"
