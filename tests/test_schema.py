"""What an editor is told about a scenario: the words stand beside the shapes, and are all there.

In: the shapes. Out: a failure that names the key without words.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import sim.language

FILES = sorted(Path(sim.language.__path__[0]).glob("shapes*.py"))


def without_words(tree: ast.Module) -> Iterator[str]:
    """The keys of shapes that no text below them describes."""
    for shape in tree.body:
        if isinstance(shape, ast.ClassDef) and not shape.decorator_list:
            for line, below in zip(shape.body, [*shape.body[1:], None], strict=True):
                described = isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
                if isinstance(line, ast.AnnAssign) and not described:
                    yield f"{shape.name}.{ast.unparse(line.target)}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_key_of_a_shape_is_described(path: Path) -> None:
    missing = list(without_words(ast.parse(path.read_text(encoding="utf-8"))))
    assert not missing, f"{path.name}: write a text below {', '.join(missing)}: editors show it"
