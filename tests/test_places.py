"""Every place where the language tells a problem is reached by a case or a unit test.

In: the modules of `sim/language`, and which of their lines the bad cases and the unit tests of files, parts and edits carry out.
Out: a failure that names the places nobody has seen tell anything. Such a place is a message without a test, or dead.

A run of its own, measured: the same in any order and on any number of processes, and not at odds with a run that is measured itself.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from coverage import CoverageData

ROOT = Path(__file__).resolve().parent.parent
LANGUAGE = ROOT / "sim" / "language"
TESTS = ("tests/test_language.py", "tests/unit/test_source.py", "tests/unit/test_edits.py", "tests/unit/test_include.py")
CHOSEN = "(bad and test_a_sentence_holds) or not test_language"

CODE = re.compile(r"[EW][0-9]{3}")
TOLD = ("Problem", "Malformed", "Refused", "ScenarioError")
"""What carries a problem to its author."""


def makers(trees: list[ast.Module]) -> set[str]:
    """What is called to tell a problem: what carries it, and the functions that return one or note one."""
    functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    returning = {one.name for one in functions if isinstance(one.returns, ast.Name) and one.returns.id in TOLD}
    return {*TOLD, *returning, "problem", "_problem", "unknown"}


def tells(statement: ast.stmt, called: set[str]) -> bool:
    """Whether a statement names a code, or calls what tells a problem."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
            return True
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
            if name in called:
                return True
    return False


def places() -> Iterator[tuple[Path, ast.stmt]]:
    """Every simple statement of the language that tells a problem."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(LANGUAGE.glob("*.py"))}
    called = makers([*trees.values()])
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Return | ast.Raise | ast.Expr | ast.Assign) and tells(node, called):
                yield path, node


def carried_out(data: Path) -> CoverageData:
    """The lines of the language that the cases and unit tests carry out."""
    measured = [
        sys.executable, "-m", "coverage", "run", f"--rcfile={os.devnull}", f"--data-file={data}", f"--include={LANGUAGE / '*'}",
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not hypothesis and not campaign", "-k", CHOSEN, *TESTS,
    ]  # fmt: skip
    done = subprocess.run(measured, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = CoverageData(str(data))
    lines.read()
    return lines


def test_every_place_that_tells_a_problem_is_reached(tmp_path: Path) -> None:
    lines = carried_out(tmp_path / "lines")
    unseen = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)[:100]}"
        for path, node in places()
        if not {*range(node.lineno, (node.end_lineno or node.lineno) + 1)} & {*(lines.lines(str(path)) or ())}
    ]
    assert not unseen, "no case tells these problems; write one, or delete the place:\n" + "\n".join(unseen)
