"""The locks are what the project asks for, whole, and the same wherever they are used.

In: `requirements.lock`, `.ci/notebook.lock` and `pyproject.toml`. Out: a failure that names what `make lock` would mend.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
DEV = [*PROJECT["build-system"]["requires"], *PROJECT["project"]["dependencies"], *EXTRAS["dev"]]
LOCKS = {"requirements.lock": DEV, ".ci/notebook.lock": [*DEV, *EXTRAS["notebook"]]}
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def entries(lock: str) -> list[str]:
    """The requirements of a lock, each with its hashes on one line."""
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def versions(lock: str) -> dict[str, list[Requirement]]:
    """What a lock pins by name; more than one where that hangs on Python or the system."""
    pinned: dict[str, list[Requirement]] = {}
    for line in entries(lock):
        requirement = Requirement(line.partition("--hash")[0])
        pinned.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return pinned


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_is_a_version_with_hashes_and_nothing_else(lock: str) -> None:
    assert entries(lock)
    for line in entries(lock):
        pinned, *hashes = line.split("--hash")
        assert re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*( ; .+)?", pinned.strip()), line
        assert hashes, line
        assert all(HASH.fullmatch(f"--hash{text.strip()}") for text in hashes), line


@pytest.mark.parametrize("lock", LOCKS)
def test_what_is_pinned_lies_within_the_ranges(lock: str) -> None:
    pinned = versions(lock)
    for text in LOCKS[lock]:
        wanted = Requirement(text)
        found = pinned.get(canonicalize_name(wanted.name), [])
        assert found, f"{text} is not in {lock}: make lock"
        for requirement in found:
            (version,) = (specifier.version for specifier in requirement.specifier)
            assert wanted.specifier.contains(version), f"{lock} has {requirement}, and {text} is wanted: make lock"


def test_the_two_locks_agree() -> None:
    assert set(entries("requirements.lock")) <= set(entries(".ci/notebook.lock"))


def test_every_range_has_a_lowest_and_a_highest_version() -> None:
    """What lies outside of what was run is not promised; a tool may be pinned, and data have no highest."""
    for text in [*DEV, *EXTRAS["notebook"]]:
        signs = {specifier.operator for specifier in Requirement(text).specifier}
        assert signs in ({">=", "<"}, {"=="}) or Requirement(text).name == "tzdata", text
