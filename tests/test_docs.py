"""A claim the documentation makes is a test: every fenced block runs, every command and option is described.

In: README.md and docs/*.md. Out: a failure that names the page, the line and what did not hold.

The blocks of a page run in order, in a folder of their own that holds a copy of `scenarios/`:

    ```console    each `$ ` line is run; exit code 0, unless `<!-- exit: 2 -->` stands above the block (then its last command ends so).
                  Lines shown below a command must appear in its output in that order; `...` stands for any lines,
                  `<digest>` and `<version>` for what differs from release to release.
                  `make`, `git`, `pip` and `cd` lines are not run.
    ```yaml       a whole scenario (it has a `scenario:` key) must pass the check without a warning;
                  `<!-- fragment -->` above it: it must be readable;
                  `<!-- file: first.yaml -->` above it: it is also saved under that name for the commands that follow.
    ```python     is run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests import harness

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("README.md"), *ROOT.glob("docs/*.md")])
COMMANDS = ROOT / "docs" / "commands.md"
SECONDS = 120
STAND_INS = {"<digest>": r"[0-9a-f]{12}(?:[0-9a-f]{52})?", "<version>": r"[0-9][0-9a-z.+]*"}
NOT_RUN = ("make", "git", "pip", "cd")

FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)[^\n]*\n(?P<body>.*?)^(?P=indent)```\s*$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"<!--\s*(?P<word>\w+)(?:\s*:\s*(?P<value>\S+))?\s*-->\s*\Z")


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, its text, the line its text begins on, and the marks that stand above it."""

    language: str
    text: str
    line: int
    marks: dict[str, str]


def blocks_of(page: str) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    for match in FENCE.finditer(page):
        marks, above = {}, page[: match.start()]
        while mark := COMMENT.search(above):
            marks[mark["word"]] = mark["value"] or ""
            above = above[: mark.start()]
        yield Block(match["language"], textwrap.dedent(match["body"]), page.count("\n", 0, match.start("body")) + 1, marks)


def commands_in(text: str) -> list[tuple[str, list[str]]]:
    """Each `$ ` line of a console block (continued by `\\`), with the lines shown below it."""
    found: list[tuple[str, list[str]]] = []
    for line in text.replace("\\\n", " ").splitlines():
        if line.startswith("$ "):
            found.append((line[2:].strip(), []))
        elif found:
            found[-1][1].append(line.rstrip())
    return found


def is_shown(wanted: str, line: str) -> bool:
    """Whether a line of the output is the one that a page shows; stand-ins match by form."""
    parts = re.split(f"({'|'.join(STAND_INS)})", wanted)
    return re.fullmatch("".join(STAND_INS.get(part) or re.escape(part) for part in parts), line) is not None


def first_not_shown(shown: list[str], output: str) -> str | None:
    """The first line of the page that the output does not have after those before it."""
    lines = iter([line.rstrip() for line in output.splitlines()])
    for wanted in shown:
        # `any` uses the iterator up to the line it finds: that is the order
        if wanted and wanted != "..." and not any(is_shown(wanted, line) for line in lines):
            return wanted
    return None


def shell(command: str | list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run one command as a reader would in a plain terminal; both streams as they come."""
    surroundings = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONUNBUFFERED": "1",
        "COLUMNS": "140",
        "TERM": "dumb",
        "NO_COLOR": "1",
    }
    return subprocess.run(
        command,
        shell=isinstance(command, str),
        cwd=folder,
        env=surroundings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )


def run_console(block: Block, folder: Path, where: str) -> None:
    """A console block does what it shows."""
    commands = commands_in(block.text)
    assert commands, f"{where}: a console block has a line that begins with '$ '"
    for number, (command, shown) in enumerate(commands):
        if command.split()[0] in NOT_RUN:
            continue
        done = shell(command, folder)
        wanted = int(block.marks.get("exit", "0")) if number == len(commands) - 1 else 0
        assert done.returncode == wanted, f"{where}: `{command}` ended with {done.returncode}, not {wanted}:\n{done.stdout}"
        missing = first_not_shown(shown, done.stdout)
        assert missing is None, (
            f"{where}: `{command}` does not show this line (here, in this order):\n{missing}\n--- its output:\n{done.stdout}"
        )


def run_yaml(block: Block, folder: Path, where: str) -> None:
    """A whole scenario is accepted; a fragment is at least readable."""
    if "file" in block.marks:
        (folder / block.marks["file"]).parent.mkdir(exist_ok=True)
        (folder / block.marks["file"]).write_text(block.text, encoding="utf-8")
    if "fragment" in block.marks:
        harness.parse(block.text, where)
        return
    assert re.search(r"^scenario:", block.text, re.MULTILINE), f"{where}: this is no whole scenario; put <!-- fragment --> above it"
    root = harness.parse(block.text, where)
    harness.check(root)
    doubts = [problem.line for problem in harness.warnings_of(root)]
    assert not doubts, f"{where}: a scenario of the docs has warnings:\n" + "\n".join(doubts)


def run_python(block: Block, folder: Path, where: str) -> None:
    """A Python block runs."""
    done = shell([sys.executable, "-c", block.text], folder)
    assert done.returncode == 0, f"{where}: ended with {done.returncode}:\n{done.stdout}"


RUNNERS = {"console": run_console, "yaml": run_yaml, "python": run_python}


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_every_block_of_a_page_does_what_it_says(page: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    above = ""  # what Python blocks above have made, a Python block may use
    for block in blocks_of(page.read_text(encoding="utf-8")):
        if block.language == "python":
            above = f"{above}\n{block.text}"
            block = replace(block, text=above)
        runner = RUNNERS.get(block.language)
        if runner:
            runner(block, tmp_path, f"{page.name}:{block.line}")


def test_a_stand_in_matches_by_form() -> None:
    assert is_shown("results/a/<digest>-s0  <version> (here)", "results/a/0123456789ab-s0  10.2.1rc1 (here)")
    assert is_shown('"digest": "<digest>"', f'"digest": "{"0f" * 32}"')
    for line in ("results/a/0123456789a-s0", "results/a/0123456789abc-s0", "results/a/0123456789AB-s0", "results/b/0123456789ab-s0"):
        assert not is_shown("results/a/<digest>-s0", line)


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_no_page_shows_what_a_release_changes(page: Path) -> None:
    """A digest that names a result hangs on the version of `sim`."""
    shown = [block.text for block in blocks_of(page.read_text(encoding="utf-8"))]
    assert not re.findall(r"\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{12}(?:[0-9a-f]{52})?\b", "\n".join(shown))
    assert not re.findall(r"\bsim [0-9]+\.[0-9]+\.[0-9]+", "\n".join(shown))


def options_of(help_text: str) -> set[str]:
    """The long options a help text lists (not those it only mentions)."""
    rows = re.findall(r"^[│|\s*]*((?:--?[a-z][\w-]*[,/\s]+)+)", help_text, re.MULTILINE)
    return {option for row in rows for option in re.findall(r"--[a-z][\w-]*", row)} - {"--help"}


def command_names() -> list[str]:
    """The commands `sim --help` lists."""
    help_text = shell("sim --help", ROOT).stdout
    listed = help_text.partition("Commands")[2]
    return re.findall(r"^[│|]?\s+([a-z][a-z-]*)(?=\s{2,})", listed, re.MULTILINE)


def test_every_command_and_option_is_described() -> None:
    if not COMMANDS.exists():
        pytest.skip("docs/commands.md is not written yet")
    page = COMMANDS.read_text(encoding="utf-8")
    sections = {
        match[1]: match[2]
        for match in re.finditer(r"^#+ .*?\bsim ([a-z-]+)[^\n]*\n(.*?)(?=^#+ .*?\bsim [a-z-]+|\Z)", page, re.MULTILINE | re.DOTALL)
    }
    names = command_names()
    assert names, "`sim --help` lists no command"
    faults = []
    for name in names:
        if name not in sections:
            faults.append(f"sim {name}: no section")
            continue
        options = options_of(shell(f"sim {name} --help", ROOT).stdout)
        faults += [f"sim {name} {option}" for option in sorted(options) if not re.search(rf"{option}(?![\w-])", page)]
    faults += [f"sim {name}: described, but there is no such command" for name in sections if name not in names]
    assert not faults, "not in docs/commands.md, or wrong there:\n" + "\n".join(faults)


def test_every_error_code_is_described() -> None:
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    described = set(re.findall(r"\b[EW]\d{3}\b", page))
    missing, surplus = sorted(harness.CODES.keys() - described), sorted(described - harness.CODES.keys())
    assert not missing, f"codes without a line in docs/errors.md: {', '.join(missing)}"
    assert not surplus, f"docs/errors.md describes codes that do not exist: {', '.join(surplus)}"
