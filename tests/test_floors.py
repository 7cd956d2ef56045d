"""Imports go down only; one module a library; nothing heavy is loaded before it is needed.

In: the text of every module under `sim`. Out: a failure that names module, line and import.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent

FLOORS = (
    ("sim.errors",),
    ("sim.clock", "sim.chance", "sim.sums"),
    ("sim.language",),
    ("sim.engine",),
    ("sim.log",),
    ("sim.analysis",),
    ("sim.report",),
    ("sim", "sim.face"),  # the small Python face; it wires the engine to the analyses
    ("sim.cli",),
    ("sim.notebook",),  # the Python face for people: it tells what it finds in the words of the commands
    ("sim.__main__",),
)
"""Lowest first. A module imports from its own package and from the floors below."""

ONLY_IN = {
    "simpy": ("sim.engine.kernel",),
    "yaml": ("sim.language.source",),
    "typer": ("sim.cli",),
    "click": (),
    "random": (),
}
"""The modules (or packages) a library is confined to."""


class Import(NamedTuple):
    """One import as written: who, on which line, what (a module of ours, or another's)."""

    importer: str
    line: int
    target: str

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.target}"


@cache
def modules() -> dict[str, Path]:
    """Every module of the product by its dotted name."""
    names = {}
    for path in sorted((ROOT / "sim").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return names


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(modules()[module].read_text(encoding="utf-8"))


def base_of(node: ast.ImportFrom, module: str) -> str:
    """The module an import-from names, relative dots resolved."""
    if not node.level:
        return node.module or ""
    package = module if modules()[module].name == "__init__.py" else module.rpartition(".")[0]
    for _ in range(node.level - 1):
        package = package.rpartition(".")[0]
    return f"{package}.{node.module}" if node.module else package


def targets_of(node: ast.AST, module: str) -> Iterator[str]:
    """What one import statement brings in: modules where they are modules, else the module the names are taken from."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = base_of(node, module)
        for alias in node.names:
            whole = f"{base}.{alias.name}"
            if whole in modules():
                yield whole
            elif not (base == "sim" and alias.name == "__version__"):  # the version is a constant of the ground, wherever it is written
                yield base


@cache
def imports() -> tuple[Import, ...]:
    """Every import of every module, those inside functions and under TYPE_CHECKING included."""
    found = [
        Import(module, getattr(node, "lineno", 0), target)
        for module in modules()
        for node in ast.walk(tree_of(module))
        for target in targets_of(node, module)
    ]
    return tuple(dict.fromkeys(found))


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def home_of(module: str) -> tuple[int, str]:
    """The floor and the package of a module: the longest name of FLOORS that holds it; `sim` holds itself alone."""
    homes = [
        (floor, name) for floor, names in enumerate(FLOORS) for name in names if within(module, name) and (name != "sim" or module == "sim")
    ]
    assert homes, f"{module} stands on no floor: add it to FLOORS in {Path(__file__).name}"
    return max(homes, key=lambda home: len(home[1]))


def shown(faults: list[Import]) -> str:
    return "\n".join(str(fault) for fault in faults)


def test_every_module_stands_on_a_floor() -> None:
    assert {home_of(module)[1] for module in modules()} <= {name for names in FLOORS for name in names}


def test_imports_go_down() -> None:
    faults = []
    for found in imports():
        if not within(found.target, "sim"):
            continue
        (from_floor, from_home), (to_floor, to_home) = home_of(found.importer), home_of(found.target)
        if from_home != to_home and from_floor <= to_floor:
            faults.append(found)
    assert not faults, f"imports that do not go down:\n{shown(faults)}"


def test_no_two_modules_import_each_other_in_a_circle() -> None:
    edges: dict[str, set[str]] = {module: set() for module in modules()}
    for found in imports():
        if found.target in edges and found.target != found.importer:
            edges[found.importer].add(found.target)
    done: set[str] = set()

    def walk(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, "a circle of imports: " + " → ".join((*path[path.index(module) :], module))
        if module not in done:
            for target in sorted(edges[module]):
                walk(target, (*path, module))
            done.add(module)

    for module in edges:
        walk(module, ())


def test_what_comes_after_the_log_knows_no_engine() -> None:
    faults = [
        found
        for found in imports()
        if (within(found.importer, "sim.analysis") or within(found.importer, "sim.report")) and within(found.target, "sim.engine")
    ]
    assert not faults, f"analyses read logs; what must re-run is handed to them:\n{shown(faults)}"


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_is_known_to_its_module_alone(library: str) -> None:
    homes = ONLY_IN[library]
    faults = [found for found in imports() if within(found.target, library) and not any(within(found.importer, home) for home in homes)]
    assert not faults, f"{library} is for {', '.join(homes) or 'nobody'}:\n{shown(faults)}"


def test_only_the_command_line_prints() -> None:
    faults = [
        f"{module}:{node.lineno}"
        for module in modules()
        if not within(module, "sim.cli")
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not faults, f"print outside sim/cli: {', '.join(faults)}"


def loaded_by(statement: str) -> set[str]:
    """The modules a fresh Python has loaded after one statement, with the packages they are in."""
    code = f"import json, sys\n{statement}\nprint(); print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


HEAVY = {
    "simpy",
    "pydantic",
    "pydantic_core",
    "yaml",
    "typer",
    "rich",
    "numpy",
    "scipy",
    "pandas",
    "polars",
    "pyarrow",
    "duckdb",
    "multiprocessing",
}


def test_importing_sim_loads_nothing_heavy() -> None:
    assert not loaded_by("import sim") & HEAVY


def test_importing_the_commands_loads_only_typer() -> None:
    assert loaded_by("from sim.cli.app import app_of; app_of(())") & HEAVY == {"typer"}


COMMANDED = {"sim.cli.app", "sim.cli.main", "sim.cli.request", "sim.cli.terminal"}
"""The modules of the command line that serve every command."""


def test_checking_loads_no_engine_and_no_other_command() -> None:
    loaded = loaded_by("from sim.cli.main import main; main(['check', 'scenarios/contradiction.yaml'])")
    assert not loaded & (HEAVY - {"pydantic", "pydantic_core", "yaml", "typer"})
    assert {name for name in loaded if within(name, "sim.cli")} == {"sim.cli", "sim.cli.check", *COMMANDED}
    assert not {name for name in loaded if any(within(name, floor) for floor in ("sim.engine", "sim.log", "sim.analysis"))}
    assert not loaded & {"sim.language.schema", "sim.language.assumptions"}
