"""Every shipped scenario, with every what-if, at seed 0: checked, run, and held against what is pinned.

In: `scenarios/*.yaml` and `golden.json`. Out: a log or a measure that has changed, by name.
`--accept` rewrites `golden.json`; the log whose digest moved is then read as critically as code.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sim import clock
from sim.face import Loaded, load
from sim.log.entries import digest

FOLDER = Path(__file__).resolve().parents[2] / "scenarios"
GOLDEN = Path(__file__).resolve().parent / "golden.json"
FILES = {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}
REAL = ["black_sea_grain", "india_wheat_ban", "serbia_export_halt"]
TEACHING = sorted(set(FILES) - {*REAL})


@cache
def loaded(name: str) -> Loaded:
    return load(FILES[name])


def what_ifs(name: str) -> tuple[str | None, ...]:
    """The baseline and every what-if."""
    return (None, *loaded(name).scenario().what_ifs)


def pinned(name: str, what_if: str | None) -> dict[str, Any]:
    """What stays the same of a run as long as nothing that matters changes."""
    run = loaded(name).run(what_if, seed=0)
    return {"entries": len(run.log.entries), "log": digest(run.lines()), "measures": run.measures}


@pytest.mark.parametrize("name", FILES)
def test_a_shipped_scenario_passes_the_check_without_a_word(name: str) -> None:
    assert [problem.line for problem in loaded(name).problems] == []


@pytest.mark.parametrize("name", FILES)
def test_the_id_of_a_scenario_is_the_name_of_its_file(name: str) -> None:
    assert loaded(name).scenario().id == name


@pytest.mark.parametrize("name", FILES)
def test_logs_and_measures_are_as_pinned(name: str, accept: bool) -> None:
    came_out = {what_if or "baseline": pinned(name, what_if) for what_if in what_ifs(name)}
    golden = json.loads(GOLDEN.read_text("utf-8")) if GOLDEN.exists() else {}
    if accept:
        kept = {key: value for key, value in golden.items() if key in FILES and key != name}
        text = json.dumps(kept | {name: came_out}, indent=1, sort_keys=True, ensure_ascii=False)
        GOLDEN.write_text(text + "\n", "utf-8")
        return
    for what_if, result in came_out.items():
        assert result == golden.get(name, {}).get(what_if), f"{name}/{what_if} at seed 0 is not as pinned"
    assert sorted(golden[name]) == sorted(came_out), f"golden.json holds what-ifs that {name} no longer has"


def day(at: int, name: str) -> str:
    """The local day of an instant."""
    return clock.iso(at, loaded(name).scenario().timezone)[:10]


def missing(name: str, seed: int) -> list[str]:
    """What was observed, and does not happen on its day where what happened is forced; what is only suspected left out."""
    log = loaded(name).run("as_it_happened", seed=seed).log.entries
    happened = [(kind, entry.by, day(entry.time, name)) for entry in log for kind in (entry.event, *entry.heard_as())]
    return [
        f"{one.event} by {one.by} on {day(one.at[0], name)}"
        for one in loaded(name).scenario().observed
        if not one.about.startswith("suspected")
        and not any(
            kind == one.event and one.by in (None, by) and day(one.at[0], name) <= on <= day(one.at[1], name) for kind, by, on in happened
        )
    ]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", REAL)
def test_where_it_is_forced_what_was_observed_happens_on_its_day(name: str, seed: int) -> None:
    assert missing(name, seed) == []


def test_nothing_is_pinned_that_is_not_shipped() -> None:
    assert sorted(json.loads(GOLDEN.read_text("utf-8"))) == sorted(FILES)


@pytest.mark.parametrize("name", TEACHING)
def test_a_teaching_scenario_fits_on_a_page(name: str) -> None:
    assert len(FILES[name].read_text("utf-8").splitlines()) <= 40


def test_the_folder_says_what_is_in_it() -> None:
    said = (FOLDER / "README.md").read_text("utf-8")
    assert [name for name in FILES if f"{name}.yaml" not in said] == []
