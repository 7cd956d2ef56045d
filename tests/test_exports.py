"""`__all__` says what a module gives to others: it is there where there is something to give, and it is true.

In: every module under `sim`. Out: a failure that names module and name.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator

import pytest

from tests.test_floors import modules, tree_of


def public_names(tree: ast.Module) -> Iterator[str]:
    """The names a module defines at its top level that do not begin with an underscore."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        else:
            continue
        yield from (name for name in names if not name.startswith("_"))


@pytest.mark.parametrize("module", modules())
def test_what_a_module_exports_is_there(module: str) -> None:
    loaded = importlib.import_module(module)
    exported = getattr(loaded, "__all__", None)
    if exported is None:
        public = sorted(public_names(tree_of(module)))
        assert not public, f"{module} has public names and no __all__: {', '.join(public)}"
        return
    assert len(set(exported)) == len(exported), f"{module}: a name stands twice in __all__"
    missing = [name for name in exported if not hasattr(loaded, name)]
    assert not missing, f"{module} exports what it does not have: {', '.join(missing)}"


@pytest.mark.parametrize("module", modules())
def test_a_module_opens_with_what_comes_in_and_what_goes_out(module: str) -> None:
    tree = tree_of(module)
    if not tree.body:
        return
    opening = ast.get_docstring(tree) or ""
    assert opening, f"{module} opens without a docstring"
    if any(public_names(tree)):
        assert "In:" in opening or "in:" in opening, f"{module} does not say what comes in"
        assert "Out:" in opening or "out:" in opening, f"{module} does not say what goes out"
