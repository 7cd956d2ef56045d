"""The commands: every option, every exit code, and what people and machines get to read.

In: command lines, given to `main` or to the installed program where a process of its own is what is tested.
Out: exit code, stdout (data), stderr (words).
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import platform
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from sim import __version__, clock, notebook
from sim.chance import SAMPLER
from sim.cli import terminal
from sim.cli.app import COMMANDS, command_of
from sim.cli.main import main
from sim.cli.terminal import Screen
from sim.errors import Place, Problem
from sim.log.entries import FORMAT

ROOT = Path(__file__).resolve().parent.parent
HEARING = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
"""What undoes that programs started in the background of a shell do not hear Ctrl-C."""

PROGRAM = f"{HEARING}from sim.cli.main import run; run()"

SCENARIO = """\
scenario: ban
title: A small ban
period: {from: 2025-06-01, until: 2025-12-01, timezone: Europe/Belgrade}
actors:
  svr: {name: SVR}
  president: {name: Aleksandar Vučić}
  minister: {part_of: president}
  industry: {name: Arms industry}
  dealer: {}
events: {accusation: {title: accuses}, ban: {}, shipment: {fields: {value_eur: number, took: duration}}}
statements: {arms: {about: Serbian ammunition reaches Ukraine}}
state: {tension: {start: 0.3}}
norms: {halt: {forbid: {event: shipment, by: industry}, obeyed: 0.7, in_force: false}}
procedures: {licence: {steps: {ministry: {takes: {uniform: [1d, 3d]}, refuses: 0.2}}}}
timeline:
  first: {at: 2025-07-05, event: accusation, by: svr, to: president}
  deny: {at: 2025-07-05, claim: arms, is: false, by: president}
  confirm: {at: 2025-07-06 10:00, claim: arms, is: true, by: minister, to: svr}
  retract: {at: 2025-07-07 10:00, claim: arms, is: none, by: minister}
rules:
  ship: {when: {every: {exponential: 2d}}, then: [{open: licence, by: industry}]}
  out:
    when: licence.approved
    then: [{event: shipment, by: industry, to: dealer, with: {value_eur: 1234567.891, took: event.duration}}]
  answer:
    when: accusation
    after: {uniform: [1d, 3d]}
    then: [{event: ban, by: president}, {enact: halt}, {add: {tension: 0.25}}]
  relent: {when: ban, after: 60d, then: [{repeal: halt}]}
what_if:
  quiet: {remove: [timeline.first]}
  quick: {set: {rules.answer.after: 1h}}
measures:
  banned: happened(ban)
  lag: first(ban) - first(accusation)
  day: first(ban)
  exported: sum(shipment.value_eur)
  final_tension: final(tension)
expect:
  baseline: [banned, {that: lag < 2d, in_at_least: 0.2}]
  quiet: [not banned, exported >= baseline.exported]
"""

LOOP = """\
scenario: endless
period: {from: 2025-01-01, until: 2025-02-01, timezone: Europe/Belgrade}
events: {ping: {}}
timeline: {first: {at: 2025-01-05, event: ping}}
rules: {again: {when: ping, then: [{event: ping}]}}
what_if: {calm: {remove: [timeline.first]}}
"""


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


Sim = Callable[..., Done]


@pytest.fixture
def sim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Sim:
    """Commands in a folder of their own that holds `ban.yaml` and `endless.yaml`."""
    monkeypatch.chdir(tmp_path)
    for name in ("SIM_DEBUG", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    Path("ban.yaml").write_text(SCENARIO, encoding="utf-8")
    Path("endless.yaml").write_text(LOOP, encoding="utf-8")

    def run(*words: str) -> Done:
        code = main(words)
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return Done(code, printed.out, printed.err)

    return run


def program(folder: Path, *words: str, code: str = PROGRAM, **options: Any) -> subprocess.Popen[bytes]:
    """The program in a process of its own."""
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
    return subprocess.Popen([sys.executable, "-c", code, *words], cwd=folder, env=surroundings, stderr=subprocess.PIPE, **options)


# ---- sim


def test_the_help_leads_with_examples(sim: Sim) -> None:
    for words in ([], ["--help"], ["-h"]):
        done = sim(*words)
        assert done.code == 0
        assert done.out.index("Examples:") < done.out.index("A laboratory") < done.out.index("Commands:")


def test_every_command_has_help(sim: Sim) -> None:
    for name in ("run", "check", "compare", "test", "show", "list", "new", "schema"):
        done = sim(name, "--help")
        assert done.out.startswith(f"Usage: sim {name} [OPTIONS]")
        assert not re.search(r"[{}]|<(str|path|list)|\.\.\.\.", done.out)
    assert "Usage: sim check [OPTIONS] FILE...\n" in sim("check", "--help").out
    assert "Usage: sim compare [OPTIONS] FIRST [SECOND]\n" in sim("compare", "--help").out


def test_the_version(sim: Sim) -> None:
    assert sim("--version") == Done(0, f"sim {__version__}\n", "")
    assert sim("--version", "run") == Done(0, f"sim {__version__}\n", "")


def test_what_a_report_of_a_fault_should_name(sim: Sim) -> None:
    whole = sim("--version", "--json").json()
    assert [*whole] == [
        "sim", "log", "sampler", "python", "platform", "tzdata", "simpy", "pydantic", "pyyaml",
        "pydantic-core", "typer", "rich", "pandas", "yaml parser", "encoding", "folder",
    ]  # fmt: skip
    assert (whole["sim"], whole["log"], whole["sampler"]) == (__version__, str(FORMAT), str(SAMPLER))
    assert whole["python"] == f"{platform.python_implementation()} {platform.python_version()}"
    assert whole["pydantic"] == metadata.version("pydantic")
    assert re.fullmatch(r"[0-9]{4}[a-z]+ \(/.*\)|unknown \(/.*\)|[0-9]{4}\.[0-9]+ \(the package tzdata\)", whole["tzdata"])
    assert Path(whole["folder"]) == ROOT / "sim"
    lines = sim("--version", "--verbose").out.splitlines()
    assert dict(line.split(maxsplit=1) for line in lines[:9]) == {name: whole[name] for name in [*whole][:9]}
    refused = sim("--verbose")
    assert (refused.code, refused.err) == (
        2, "error: --verbose before a command belongs to --version: write sim --version --verbose, or the command before it\n"
    )  # fmt: skip


def test_where_the_data_on_time_zones_come_from(sim: Sim, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The system's folder counts where there is one, whatever it says of its release; else the package."""
    (tmp_path / "zones").mkdir()
    monkeypatch.setattr("zoneinfo.TZPATH", (str(tmp_path / "none"), str(tmp_path / "zones")))
    assert sim("--version", "--json").json()["tzdata"] == f"unknown ({tmp_path / 'zones'})"
    (tmp_path / "zones" / "+VERSION").write_text("2026f\n")
    assert sim("--version", "--json").json()["tzdata"] == f"2026f ({tmp_path / 'zones'})"
    (tmp_path / "zones" / "tzdata.zi").write_text("# version 2026e\nR r 1 2\n")
    assert sim("--version", "--json").json()["tzdata"] == f"2026e ({tmp_path / 'zones'})"
    monkeypatch.setattr("zoneinfo.TZPATH", ())
    assert sim("--version", "--json").json()["tzdata"] == f"{metadata.version('tzdata')} (the package tzdata)"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rnu"], "rnu"),
        (["run"], "Missing argument"),
        (["run", "ban.yaml", "--sed", "1"], "--sed"),
        (["run", "ban.yaml", "--seed", "x"], "--seed takes a whole number from 0 to 2^63 − 1, not 'x'"),
        (["run", "ban.yaml", "--replication", "1.5"], "--replication takes a whole number from 0 to 2^63 − 1, not '1.5'"),
        (["test", "ban.yaml", "--runs", "many"], "--runs takes a whole number from 1 to 1,000,000, not 'many'"),
        (["compare", "ban.yaml", "--jobs", "two"], "--jobs takes a whole number from 1 to 256, not 'two'"),
        (["compare", "ban.yaml", "--runs", "1000000000000"], "--runs is a whole number from 1 to 1,000,000, not 1000000000000"),
        (["run", "ban.yaml", "--seed", "-1"], "--seed is a whole number from 0 to 9223372036854775807, not -1"),
        (["run", "ban.yaml", "--seed", str(2**63)], "--seed is a whole number"),
        (["run", "ban.yaml", "--replication", "-1"], "--replication is a whole number from 0 on, not -1"),
        (["run", "ban.yaml", "--what-if", "quit"], "no what-if is called 'quit'; did you mean 'quiet'?"),
        (["run", "ban.yaml", "--all", "--what-if", "quiet"], "leave out --what-if"),
        (["run", "ban.yaml", "--runs", "100"], "one run: for shares and means over many, sim compare ban.yaml --runs 100"),
        (["run", "ban.yaml", "--json", "--quiet"], "exclude each other"),
        (["run", "ban.yaml", "--until", "soon"], "--until: 'soon' is not a date"),
        (["run", "ban.yaml", "--until", "2030-01-01"], "--until lies outside the period"),
        (["run", "ban.yaml", "--through", "2025-12-01"], "--through lies outside the period, 2025-06-01 00:00 to 2025-12-01 00:00"),
        (["run", "ban.yaml", "--through", "2025-08-01", "--until", "2025-08-01"], "--until and --through both say where it ends: keep one"),
        (["run", "ban.yaml", "--through", "2025-08-01 10:00"], "--through: a last day is included whole and has no time: write"),
        (["run", "ban.yaml", "--set", "state.tensoin.start=1"], "tensoin"),
        (["run", "bna.yaml"], "no such file; did you mean 'ban.yaml'?"),
        (["run", "ban.yaml", "--edits", "no.yaml"], "no such file"),
        (["check", "ban.yaml", "--format", "xml"], "xml"),
        (["test", "ban.yaml", "--runs", "0"], "--runs is a whole number from 1"),
        (["test", "ban.yaml", "--seed", "-1"], "--seed"),
        (["test", "ban.yaml", "--jobs", "0"], "--jobs is a whole number from 1 to 256, not 0"),
        (["test", "ban.yaml", "--what-if", "quit"], "did you mean 'quiet'?"),
        (["show"], "nothing is stored in results yet"),
        (["show", "ban"], "no result is called 'ban'"),
        (["new"], "Missing argument"),
        (["new", "No Name"], "cannot be the id of a scenario"),
        (["new", "\x1b[31m"], "\\x1b"),
    ],
)
def test_wrong_usage_ends_with_2_and_words(sim: Sim, words: list[str], said: str) -> None:
    done = sim(*words)
    assert done.code == 2
    assert done.out == ""
    assert said in done.err
    assert "error" in done.err
    assert "\x1b" not in done.err


def test_a_fault_of_ours_is_told_without_a_traceback(sim: Sim, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(path: Path) -> None:
        raise KeyError("oops")

    monkeypatch.setattr("sim.cli.check.problems_in", broken)
    done = sim("check", "ban.yaml")
    assert (done.code, done.out) == (70, "")
    assert "a fault of sim itself: KeyError" in done.err
    with pytest.raises(KeyError):
        main(["--debug", "check", "ban.yaml"])
    monkeypatch.setenv("SIM_DEBUG", "1")
    with pytest.raises(KeyError):
        main(["check", "ban.yaml"])


# ---- sim run


def test_a_run_is_a_timeline_for_people(sim: Sim) -> None:
    done = sim("run", "ban.yaml")
    assert done.code == 0
    assert done.out.startswith("A small ban\nbaseline · seed 0 · 2025-06-01 to 2025-12-01 Europe/Belgrade · ")
    assert re.search(r"^ *#\d+ +00:00 • accuses  SVR → Aleksandar Vučić +timeline\.first$", done.out, re.MULTILINE)
    assert re.search(r"^ *#\d+ 2025-07-05 +“ Aleksandar Vučić: not ‘Serbian ammunition reaches Ukraine’", done.out, re.MULTILINE)
    assert "“ minister to SVR: ‘Serbian ammunition reaches Ukraine’" in done.out
    assert "“ minister: takes back ‘Serbian ammunition reaches Ukraine’" in done.out
    assert "≠ minister contradicts Aleksandar Vučić: ‘Serbian ammunition reaches Ukraine’" in done.out
    assert re.search(r"§ halt enacted +rules\.answer ← #\d+ accuses$", done.out, re.MULTILINE)
    assert re.search(r"§ halt repealed +rules\.relent ← #\d+ ban$", done.out, re.MULTILINE)
    assert "✗ BLOCKED by halt  shipment  Arms industry → dealer" in done.out
    assert "! VIOLATION of halt  shipment  Arms industry → dealer" in done.out
    assert "value eur 1,234,568" in done.out
    assert "tension 0.3 → 0.55" in done.out
    assert re.search(r"· licence: \d+ opened, \d+ steps, \d+ approved, \d+ refused", done.out)
    assert "■ end of the period" in done.out
    assert re.search(r"^banned +yes  happened\(ban\)$", done.out, re.MULTILINE)
    assert re.search(r"^lag +[12] d \d+ h  first\(ban\) - first\(accusation\)$", done.out, re.MULTILINE)
    assert re.search(r"^day +2025-07-0[678] \d\d:\d\d  first\(ban\)$", done.out, re.MULTILINE)
    assert re.search(r"^stored in results/ban/baseline/[0-9a-f]{12}-s0$", done.err, re.MULTILINE)
    assert done.err.endswith("next: sim compare ban.yaml --what-if quiet\n")
    assert "\x1b" not in done.out + done.err


def test_a_long_page_begins_with_what_the_run_comes_to(sim: Sim) -> None:
    done = sim("run", "ban.yaml")
    top = done.out.split("\n\n")[1]
    assert re.match(r"happened  licence: \d+ opened, \d+ steps, \d+ approved, \d+ refused · ", top)
    assert re.search(r" · 3 × claim\s+(· )?accuses on 2025-07-05 · ", top)
    assert re.search(r"^ended     2025-12-01, end of the period(; cases under way: licence ministry: \d)?$", top, re.MULTILINE)
    assert re.search(r"^measures  banned: yes · lag: [12] d \d+ h · day: 2025-07-0[678] \d\d:\d\d · exported: [\d,]+", top, re.MULTILINE)
    assert "\nhappened  " not in sim("run", "ban.yaml", "--until", "2025-06-04").out  # a page that a screen holds
    assert "\nhappened  " not in sim("run", "ban.yaml", "--only", "shipment").out


def test_a_fold_counts_the_cases_that_came_too_late(sim: Sim) -> None:
    late = SCENARIO.replace(
        "takes: {uniform: [1d, 3d]}, refuses: 0.2}}}", "by: minister, takes: {uniform: [1d, 3d]}}}, deadline: 2d, if_late: refused}"
    )
    Path("late.yaml").write_text(late, encoding="utf-8")
    assert re.search(r"· licence: \d+ opened, \d+ steps, \d+ approved, \d+ refused, \d+ late", sim("run", "late.yaml").out)


def test_a_fold_counts_what_was_done_to_cases(sim: Sim) -> None:
    valid = SCENARIO.replace("refuses: 0.2}}}", "by: minister}}, valid: 3d}")
    rules = "  revoked: {when: licence.approved, after: 1d, chance: 0.5, then: [{revoke: licence.case}]}\n"
    gone = "  gone: {when: licence.opened, chance: 0.3, after: 12h, then: [{withdraw: licence.case}]}\n"
    Path("valid.yaml").write_text(valid.replace("rules:\n", f"rules:\n{rules}{gone}"), encoding="utf-8")
    done = sim("run", "valid.yaml").out
    assert re.search(r"licence: \d+ opened, \d+ steps, \d+ approved, \d+ withdrawn, \d+ revoked, \d+ expired", done)


def test_of_what_was_counted_the_newest_are_named(sim: Sim) -> None:
    counting = "  often: {when: accusation, if: count(accusation) >= 8, then: [{event: ban}]}\n"
    dates = "".join(f"  more_{day}: {{at: 2025-08-1{day}, event: accusation, by: svr}}\n" for day in range(8))
    Path("often.yaml").write_text(SCENARIO.replace("rules:\n", f"{dates}rules:\n{counting}"), encoding="utf-8")
    done = sim("run", "often.yaml")
    assert done.code == 0, done.err
    told = " ".join(done.out.split())
    assert re.search(r"because count\(accusation\) = 8 \((#\d+ ){7}#\d+\)", told)
    assert re.search(r"because count\(accusation\) = 9 \(newest 8: (#\d+ ){7}#\d+\)", told)


@pytest.mark.parametrize("width", [60, 80, 100, 120])
@pytest.mark.parametrize("full", [(), ("--full",)])
def test_no_line_is_wider_than_the_screen(sim: Sim, monkeypatch: pytest.MonkeyPatch, width: int, full: tuple[str, ...]) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = sim("run", "ban.yaml", *full).out.splitlines()
    assert max(map(len, lines)) <= width


def test_full_shows_every_entry(sim: Sim) -> None:
    done = sim("run", "ban.yaml", "--full")
    entries = int(re.search(r"([\d,]+) entries", done.out)[1])  # type: ignore[index]
    numbers = [int(number) for number in re.findall(r"^ *#(\d+) ", done.out, re.MULTILINE)]
    assert numbers == list(range(1, entries - 1))
    assert "licence approved  Arms industry" in done.out
    assert "· tension 0.3 → 0.55" in done.out


def test_several_runs_stand_side_by_side(sim: Sim) -> None:
    done = sim("run", "ban.yaml", "--all")
    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines()[:3]] == ["baseline", "quiet", "quick"]
    assert re.search(r"^ +baseline +quiet +quick$", done.out, re.MULTILINE)
    assert re.search(r"^banned +yes +no +yes$", done.out, re.MULTILINE)
    assert re.search(r"^lag .* never +1 h$", done.out, re.MULTILINE)
    chosen = sim("run", "ban.yaml", "--what-if", "quick", "--what-if", "quiet", "--what-if", "quick")
    assert [line.split()[0] for line in chosen.out.splitlines()[:2]] == ["quick", "quiet"]


def test_a_run_for_machines_is_one_json_document(sim: Sim) -> None:
    done = sim("run", "ban.yaml", "--all", "--json", "--seed", "3", "--replication", "2")
    assert done.code == 0
    whole = done.json()
    assert [one["what_if"] for one in whole] == [None, "quiet", "quick"]
    quick = whole[2]
    assert {name: quick[name] for name in ("scenario", "seed", "replication")} == {"scenario": "ban", "seed": 3, "replication": 2}
    assert quick["measures"]["banned"] is True
    assert quick["measures"]["lag"] == 3600
    assert whole[1]["measures"]["lag"] is None
    assert re.fullmatch(r"[0-9a-f]{64}", quick["digest"])
    stored = Path(quick["folder"])
    assert stored.parts[:3] == ("results", "ban", "quick")
    assert stored.name.endswith("-s3-r2")
    assert len((stored / "log.jsonl").read_text(encoding="utf-8").splitlines()) == quick["entries"] + 1
    kept = json.loads((stored / "measures.json").read_text(encoding="utf-8"))
    assert kept["lag"] == {"value": 3600, "type": "duration", "expression": "first(ban) - first(accusation)"}
    manifest = json.loads((stored / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["versions"].keys() == {"sim", "log", "sampler", "python", "platform", "tzdata", "simpy", "pydantic", "pyyaml"}


def test_quiet_prints_the_folders_alone(sim: Sim) -> None:
    done = sim("run", "ban.yaml", "--quiet", "--all")
    assert done.err == ""
    assert all((Path(line) / "manifest.json").exists() for line in done.out.splitlines())
    assert len(done.out.splitlines()) == 3


@pytest.mark.parametrize(
    ("words", "following"),
    [
        (["run", "ban.yaml", "--seed", "3"], "sim compare ban.yaml --seed 3 --what-if quiet"),
        (["run", "ban.yaml", "--what-if", "quick"], "sim compare ban.yaml --what-if quick"),
        (["run", "ban.yaml", "--all"], "sim compare ban.yaml"),
        (
            ["run", "ban.yaml", "--all", "--set", "state.tension.start=0.5"],
            "sim compare ban.yaml --what-if quiet --what-if quick --set state.tension.start=0.5",
        ),
        (["run", "ban.yaml", "--what-if", "quick", "--what-if", "baseline"], "sim compare ban.yaml --what-if quick"),
        (
            ["run", "ban.yaml", "--set", "state.tension.start=0.5", "--replication", "2"],
            "sim compare ban.yaml --replication 2 --set state.tension.start=0.5",
        ),
        (["run", "ban.yaml", "--out", "my results"], "sim compare ban.yaml --what-if quiet --out 'my results'"),
        (["run", "ban.yaml", "--until", "2025-08-01"], "sim run ban.yaml --until 2025-08-01 --full"),
        (["run", "ban.yaml", "--until", "2025-08-01", "--full"], "sim list"),
        (["run", "bare.yaml"], "sim list"),
        (["run", "bare.yaml", "--out", "there"], "sim list --out there"),
        (["run", "busy.yaml", "--seed", "3", "--out", "there"], "sim run busy.yaml --seed 3 --out there --full"),
        (["run", "busy.yaml", "--full"], "sim list"),
        (
            ["compare", "ban.yaml", "-w", "quick", "--change", "state.tension.start=0.5", "--seed", "2", "--replication", "1"],
            "sim compare ban.yaml --seed 2 --what-if quick --change state.tension.start=0.5 --runs 100",
        ),
        (["compare", "ban.yaml", "--seed", "2", "--replication", "1"], "sim compare ban.yaml --seed 2 --replication 1 --what-if quiet"),
        (
            ["compare", "bare.yaml", "--edits", "my own.yaml", "--out", "there"],
            "sim compare bare.yaml --edits 'my own.yaml' --what-if longer --out there --runs 100",
        ),
        (
            ["compare", "ban.yaml", "-w", "quick", "--runs", "2", "--change", "state.tension.start=0.5"],
            "sim compare ban.yaml --what-if quick --change state.tension.start=0.5",
        ),
        (
            ["test", "ban.yaml", "--runs", "5", "--seed", "1", "--set", "state.tension.start=0.5"],
            "sim run ban.yaml --seed 1 --set state.tension.start=0.5 --all",
        ),
        (["test", "ban.yaml", "--runs", "5", "--what-if", "quiet"], "sim run ban.yaml --what-if quiet"),
        (["test", "ban.yaml", "--runs", "5", "--what-if", "baseline"], "sim run ban.yaml"),
        (["run", "tested.yaml"], "sim test tested.yaml"),
        (["run", "bare.yaml", "--edits", "my own.yaml"], "sim compare bare.yaml --edits 'my own.yaml' --what-if longer"),
    ],
)
def test_the_next_useful_command_is_named_with_all_that_makes_it_the_same(sim: Sim, words: list[str], following: str) -> None:
    bare = "scenario: bare\nperiod: {from: 2025-06-01, until: 2025-07-01}\nevents: {ping: {}}\nparameters: {p: {value: 1}}\n"
    Path("bare.yaml").write_text(bare, encoding="utf-8")
    Path("tested.yaml").write_text(f"{bare}measures: {{pings: count(ping)}}\nexpect: {{baseline: [pings == 0]}}\n", encoding="utf-8")
    Path("my own.yaml").write_text("what_if: {longer: {set: {parameters.p: 2}}}\n", encoding="utf-8")
    Path("busy.yaml").write_text(f"{bare}rules: {{r: {{when: {{every: 1d}}, then: [{{event: ping}}]}}}}\n", encoding="utf-8")
    done = sim(*words)
    assert done.code == 0
    assert done.err.endswith(f"next: {following}\n")


def test_the_same_run_is_stored_once(sim: Sim) -> None:
    assert sim("run", "ban.yaml", "--quiet").out == sim("run", "ban.yaml", "--quiet").out


def test_options_make_another_result(sim: Sim) -> None:
    Path("mine.yaml").write_text("what_if:\n  slow: {set: {rules.answer.after: 9d}}\n", encoding="utf-8")
    ways: list[tuple[str, ...]] = [
        (), ("--seed", "1"), ("--replication", "1"), ("--until", "2025-08-01"), ("--set", "state.tension.start=0.5"),
        ("--edits", "mine.yaml", "--what-if", "slow"),
    ]  # fmt: skip
    found = [sim("run", "ban.yaml", "--json", *way).json()[0] for way in ways]
    assert len({one["folder"] for one in found}) == len(ways)
    assert found[4]["measures"]["final_tension"] == 0.75
    assert found[5]["measures"]["lag"] == 9 * 86_400
    assert (Path(found[5]["folder"]) / "edits.yaml").exists()


def test_results_go_where_they_are_wanted(sim: Sim) -> None:
    assert sim("run", "ban.yaml", "--quiet", "--out", "there/deep").out.startswith("there/deep/ban/baseline/")
    assert "ban@0" in sim("show", "no", "--out", "there/deep").err


def test_a_refused_scenario_is_shown_with_its_lines(sim: Sim) -> None:
    Path("wrong.yaml").write_text(SCENARIO.replace("when: accusation", "when: acusation"), encoding="utf-8")
    done = sim("run", "wrong.yaml")
    assert (done.code, done.out) == (2, "")
    assert "wrong.yaml:26:11: error[E102]: no event is called 'acusation'; did you mean 'accusation'?" in done.err
    assert "26 |     when: acusation\n   |           ^^^^^^^^^\n  at rules.answer.when" in done.err
    assert not Path("results").exists()


def test_bad_yaml_is_refused(sim: Sim) -> None:
    Path("bad.yaml").write_text("scenario: [\n", encoding="utf-8")
    done = sim("run", "bad.yaml")
    assert (done.code, done.out) == (2, "")
    assert "error[E003]" in done.err


def test_a_stopped_run_says_where_and_when_and_finished_ones_stay(sim: Sim) -> None:
    done = sim("run", "endless.yaml", "--what-if", "calm")
    assert done.code == 0
    Path("both.yaml").write_text("what_if:\n  stormy: {set: {timeline.first.at: 2025-01-06 12:00}}\n", encoding="utf-8")
    done = sim("run", "endless.yaml", "--edits", "both.yaml", "--what-if", "calm", "--what-if", "stormy", "--seed", "4")
    assert done.code == 3
    assert "error[E502]: " in done.err
    assert "the run (what-if stormy, seed 4, replication 0) stopped on 2025-01-06 12:00:00 (Europe/Belgrade)" in done.err
    assert {one["what_if"] for one in sim("list", "--json").json()} == {"calm"}
    assert len(sim("list", "--json").json()) == 2


def test_a_folder_that_cannot_be_written_ends_with_4(sim: Sim) -> None:
    Path("taken").write_text("", encoding="utf-8")
    done = sim("run", "ban.yaml", "--out", "taken")
    assert done.code == 4
    assert done.out == sim("run", "ban.yaml").out
    assert "error: cannot be stored (" in done.err
    assert done.err.endswith("; taken is a file, not a folder: use --out DIR\n")
    done = sim("run", "ban.yaml", "--all", "--out", "taken")
    assert done.code == 4
    assert "exported" in done.out
    assert "next:" not in done.err
    assert sim("run", "ban.yaml", "--json", "--out", "taken").out == ""


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.EACCES, "no permission to write there: use --out DIR"),
        (errno.ENOSPC, "no space is left there: make room, or use --out DIR"),
        (errno.EIO, "use --out DIR"),
    ],
)
def test_what_the_system_refuses_to_store_is_told_below_the_page(
    sim: Sim, monkeypatch: pytest.MonkeyPatch, number: int, remedy: str
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "write", refuse)
    done = sim("run", "ban.yaml")
    assert done.code == 4
    assert "accuses" in done.out
    assert done.err.endswith(f"; {remedy}\n")


def test_only_shows_some_events_of_a_run(sim: Sim) -> None:
    done = sim("run", "ban.yaml", "--only", "ACCUSES")
    assert done.code == 0
    assert "accuses" in done.out
    assert "halt" not in done.out
    assert sim("show", "--only", "accusation").out == done.out
    assert "shipment" in sim("show", "--only", "halt").out
    assert "The run has no entry of accusation.\n" in sim("run", "ban.yaml", "--what-if", "quiet", "--only", "accuses").out
    assert "no event is called 'zzz' (known are accusation, " in sim("show", "--only", "zzz").err
    measure = next(iter(json.loads(sim("show", "--json").out)["measures"]))
    assert f"'{measure}' is a measure and no event: sim show RESULT --measures tells" in sim("show", "--only", measure).err
    for words in (["run", "ban.yaml", "--all"], ["run", "ban.yaml", "--json"], ["run", "ban.yaml", "--quiet"], ["show", "--measures"]):
        assert sim(*words, "--only", "ban").code == 2


def test_what_is_shown_alone_keeps_its_cause(sim: Sim) -> None:
    """Its number is that of the whole log, although what bears it is not shown."""
    whole = sim("run", "ban.yaml", "--full").out.splitlines()
    alone = sim("run", "ban.yaml", "--only", "halt").out.splitlines()
    (number,) = {found[1] for line in alone if (found := re.search(r"rules.answer ← #(\d+) accuses$", line))}
    assert any(line.startswith(f"#{number} ") and "accuses" in line for line in whole)


def test_only_compares_the_acts_against_a_norm(sim: Sim) -> None:
    done = sim("compare", "ban.yaml", "-w", "quiet", "--only", "halt", "--json").json()["comparisons"][0]
    assert {"shipment", "halt.enacted"} <= {(one["after"] or one["before"])["event"] for one in done["pairs"]}
    first, second = (sim("run", "ban.yaml", "--what-if", "quiet", "--quiet", "--seed", seed).out.strip() for seed in "01")
    assert "Neither run has an entry of accusation.\n" in sim("compare", first, second, "--only", "accuses").out


def test_results_of_different_periods_are_compared_with_a_warning(sim: Sim) -> None:
    first, second = (sim("run", "ban.yaml", "--quiet", *words).out.strip() for words in ([], ["--until", "2025-09-01"]))
    done = sim("compare", first, second)
    told = "warning: these runs have different periods (2025-06-01 to 2025-12-01 and 2025-06-01 to 2025-09-01): "
    assert done.err.startswith(told)
    assert "()" not in done.out


def test_flags_that_never_differ_are_the_same_in_every_run(sim: Sim) -> None:
    done = sim("compare", "ban.yaml", "-w", "quick", "--runs", "4").out
    assert re.search(r"^banned .* same in every run$", done, re.MULTILINE)
    assert " pp" not in done.partition("measure ")[2]


def test_many_runs_of_several_what_ifs_begin_with_one_table(sim: Sim) -> None:
    done = sim("compare", "ban.yaml", "--runs", "8")
    table, quiet, quick = done.out.split("\n\n")[1:]
    assert table.splitlines()[0].split() == ["measure", "baseline", "quiet", "quick"]
    assert re.search(r"^banned +100 % +≠ 0 % +100 %$", table, re.MULTILINE)
    assert re.search(r"^lag +[\d.]+ d +≠ never +≠ 1 h$", table, re.MULTILINE)
    assert quiet.startswith("quiet\n  remove timeline.first")
    assert quick.startswith("quick\n  set rules.answer.after")
    one = sim("compare", "ban.yaml", "--runs", "8", "-w", "quick").out
    assert "\n\nquick\n" in one
    assert one.count("\nmeasure  ") == 1


def test_many_runs_of_a_scenario_without_what_ifs_tell_of_it_alone(sim: Sim) -> None:
    whole = SCENARIO[: SCENARIO.index("what_if:")] + SCENARIO[SCENARIO.index("measures:") : SCENARIO.index("expect:")]
    Path("alone.yaml").write_text(whole + "  reached: first(shipment, to=dealer)\n  late: last(claim, by=svr)\n", encoding="utf-8")
    done = sim("compare", "alone.yaml", "--runs", "8", "--exit-code")
    assert done.code == 0
    assert re.search(r"^banned +100 % +67\.6 to 100 %$", done.out, re.MULTILINE)
    assert re.search(r"^lag +[\d.]+ d +[\d.]+ to [\d.]+ d\n  median +[\d.]+ d$", done.out, re.MULTILINE)
    assert re.search(r"^late +– +in 0 of 8 runs$", done.out, re.MULTILINE)
    assert done.err.endswith(
        "the scenario has no what-ifs to compare: write some under 'what_if', or change a value on one side with --change\n"
    )
    told = sim("compare", "alone.yaml", "--runs", "8", "--json").json()
    assert told["comparisons"] == []
    assert told["measures"]["banned"]["estimate"] == {"value": 1.0, "low": pytest.approx(0.6756, abs=1e-4), "high": 1.0, "n": 8}
    assert told["measures"]["late"] == {
        "type": "instant",
        "estimate": None,
        "median": None,
        "runs_with_value": {**told["measures"]["late"]["runs_with_value"], "value": 0.0, "n": 8},
    }


def test_names_cannot_move_the_cursor(sim: Sim) -> None:
    hostile = SCENARIO.replace("name: SVR", 'name: "\\e[31mSVR\\u202e"').replace("title: A small ban", 'title: "\\e]0;x\\a"')
    Path("hostile.yaml").write_text(hostile, encoding="utf-8")
    for words in (["run", "hostile.yaml"], ["show", "latest"], ["list"], ["check", "hostile.yaml"], ["run", "hostile.yaml", "--all"]):
        done = sim(*words)
        assert not {"\x1b", "\a", "\u202e"} & set(done.out + done.err)


def test_colour_is_for_terminals_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "300")
    screen = Screen.of(Terminal())  # type: ignore[arg-type]
    assert screen == Screen(120, True)
    assert screen.styled("x", "bold red") == "\x1b[1;31mx\x1b[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert not Screen.of(Terminal()).colour  # type: ignore[arg-type]
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not Screen.of(Terminal()).colour  # type: ignore[arg-type]
    assert Screen.of(None).styled("x", "red") == "x"


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (None, "duration", "never"),
        (None, "number", "–"),
        (True, "flag", "yes"),
        (False, "flag", "no"),
        (90_000, "duration", "1 d 1 h"),
        ("2025-07-06T08:00:00+00:00", "instant", "2025-07-06 10:00"),
        ("2025-07-05T22:00:00+00:00", "instant", "2025-07-06"),
        (1234567, "number", "1,234,567"),
        (1234567.891, "number", "1,234,568"),
        (123.456, "number", "123.5"),
        (1.5, "number", "1.5"),
        (2 / 3, "number", "0.6667"),
        (0.00001234, "number", "1.234e-05"),
        (1e20, "number", "1e+20"),
        (-3.0, "number", "-3"),
        ("a\x1bb", "text", "a\\x1bb"),
    ],
)
def test_values_are_written_for_people(value: Any, kind: str, text: str) -> None:
    assert terminal.shown(value, kind, "Europe/Belgrade") == text


# ---- sim check


def test_check_finds_all_problems_of_all_files(sim: Sim) -> None:
    Path("one.yaml").write_text(
        SCENARIO.replace("when: accusation", "when: acusation").replace("when: ban,", "when: bann,"), encoding="utf-8"
    )
    done = sim("check", "ban.yaml", "one.yaml", "none.yaml", "--format", "compact")
    assert done.code == 2
    codes = [re.match(r"(\w+\.yaml):\d+:\d+: error\[(E\d+)\]", line) for line in done.out.splitlines()]
    assert [(match[1], match[2]) for match in codes if match] == [("one.yaml", "E102"), ("one.yaml", "E102"), ("none.yaml", "E001")]
    assert done.err == "2 of 3 scenarios refused\n"


def test_check_is_content_with_what_is_fine(sim: Sim) -> None:
    done = sim("check", "ban.yaml")
    assert done == Done(0, "", "ban.yaml is fine\nnext: sim run ban.yaml\n")
    assert sim("check", "ban.yaml", "endless.yaml").err.startswith("2 scenarios are fine\n")
    assert sim("check", "ban.yaml", "--json").json() == []


def test_check_for_machines(sim: Sim) -> None:
    Path("one,%.yaml").write_text(SCENARIO.replace("when: accusation", "when: acusation"), encoding="utf-8")
    for words in (["--json"], ["--format", "json"]):
        done = sim("check", "one,%.yaml", *words)
        assert done.code == 2
        assert done.json() == [
            {
                "file": "one,%.yaml", "line": 26, "column": 11, "length": 9, "severity": "error", "code": "E102",
                "text": "no event is called 'acusation'; did you mean 'accusation'?", "path": "rules.answer.when",
            }
        ]  # fmt: skip
    github = sim("check", "one,%.yaml", "--format", "github").out
    assert github == "::error file=one%2C%25.yaml,line=26,col=11,title=E102::no event is called 'acusation'; did you mean 'accusation'?\n"


def test_check_shows_twenty_and_counts_the_rest(sim: Sim) -> None:
    many = SCENARIO + "".join(f"unknown{number}: 1\n" for number in range(25))
    Path("many.yaml").write_text(many, encoding="utf-8")
    compact = sim("check", "many.yaml", "--format", "compact").out.splitlines()
    shown = sim("check", "many.yaml").out
    assert shown.count("error[") == terminal.MOST_PROBLEMS
    assert len(compact) > terminal.MOST_PROBLEMS
    assert shown.endswith(f"… and {len(compact) - terminal.MOST_PROBLEMS} more\n")


def test_strict_refuses_warnings_too(sim: Sim, monkeypatch: pytest.MonkeyPatch) -> None:
    doubt = Problem("W101", "this is doubtful", Place("ban.yaml", 1, 1))
    monkeypatch.setattr("sim.face.problems_of", lambda *_: [doubt])
    done = sim("check", "ban.yaml")
    assert done.code == 0
    assert "ban.yaml:1:1: warning[W101]: this is doubtful" in done.out
    assert "is fine (1 warning)" in done.err
    assert sim("check", "ban.yaml", "--strict").code == 2
    assert "::warning file=ban.yaml" in sim("check", "ban.yaml", "--format", "github").out
    assert "ban.yaml:1:1: warning[W101]: this is doubtful\n" in sim("run", "ban.yaml", "--quiet").err


# ---- sim test


def test_expectations_that_hold(sim: Sim) -> None:
    done = sim("test", "ban.yaml", "--runs", "10")
    assert done.code == 0
    assert [line.rpartition("  ")[0] for line in done.out.splitlines()] == [
        "ok     baseline: banned",
        "ok     baseline: lag < 2d",
        "ok     quiet: not banned",
        "ok     quiet: exported >= baseline.exported",
    ]
    assert "5 of 10 runs, wanted in 20 %" in done.out
    assert done.err == "20 runs: baseline and 1 what-if, 10 each\n4 of 4 expectations hold over 10 runs\nnext: sim run ban.yaml --all\n"


def test_an_expectation_says_over_how_many_runs_it_is_judged(sim: Sim) -> None:
    own = SCENARIO.replace("in_at_least: 0.2}]", "in_at_least: 0.2, runs: 3}]")
    Path("own.yaml").write_text(own, encoding="utf-8")
    done = sim("test", "own.yaml", "--what-if", "baseline", "--json")
    assert [(one["that"], one["runs"], one["wanted"]) for one in done.json()] == [("banned", 100, 100), ("lag < 2d", 3, 1)]
    assert "2 of 2 expectations hold over 3 to 100 runs" in done.err
    assert [one["runs"] for one in sim("test", "own.yaml", "--what-if", "baseline", "--runs", "5", "--json").json()] == [5, 5]


def test_expectations_that_fail_say_which_run_broke_them(sim: Sim) -> None:
    failing = SCENARIO.replace("quiet: [not banned,", "quiet: [lag > 1d, exported < baseline.exported,").replace("0.2}]", "0.99}]")
    Path("failing.yaml").write_text(failing, encoding="utf-8")
    done = sim("test", "failing.yaml", "--runs", "10", "--seed", "7")
    assert done.code == 1
    assert re.search(r"^FAILED baseline: lag < 2d  \d of 10 runs, wanted in 99 %: \d too few$", done.out, re.MULTILINE)
    assert "FAILED quiet: lag > 1d  0 of 10 runs, wanted in all: 10 too few\n       first in replication 0: lag = never\n" in done.out
    assert "       sim run failing.yaml --what-if quiet --seed 7 --replication 0\n" in done.out
    assert re.search(r"first in replication 0: exported = [\d,]+, baseline\.exported = [\d,]+$", done.out, re.MULTILINE)
    assert "2 of 5 expectations hold" in done.err


def test_expectations_for_machines(sim: Sim) -> None:
    done = sim("test", "ban.yaml", "--runs", "3", "--what-if", "quiet", "--json")
    assert done.code == 0
    assert done.json()[0] == {
        "of": "quiet", "that": "not banned", "in_at_least": None, "holds": True, "held": 3, "wanted": 3, "runs": 3,
        "first_broken": None, "values": {},
    }  # fmt: skip
    assert [one["of"] for one in sim("test", "ban.yaml", "--runs", "3", "--what-if", "baseline", "--json").json()] == ["baseline"] * 2


def test_nothing_expected_is_said(sim: Sim) -> None:
    done = sim("test", "ban.yaml", "--what-if", "quick")
    assert done.code == 0
    assert "nothing is expected of quick: write what must hold under 'expect'" in done.err


def test_a_run_that_stops_stops_the_test(sim: Sim) -> None:
    Path("endless.yaml").write_text(LOOP + "measures: {pings: count(ping)}\nexpect: {baseline: [pings > 0]}\n", encoding="utf-8")
    done = sim("test", "endless.yaml")
    assert done.code == 3
    assert "E502" in done.err


def test_expectations_of_an_edited_scenario(sim: Sim) -> None:
    Path("mine.yaml").write_text("what_if: {slow: {set: {rules.answer.after: 9d}}}\n", encoding="utf-8")
    Path("slow.yaml").write_text(SCENARIO.replace("expect:\n", "expect:\n  slow: lag == 9d\n"), encoding="utf-8")
    assert sim("test", "slow.yaml").code == 2
    done = sim("test", "slow.yaml", "--edits", "mine.yaml", "--what-if", "slow", "--runs", "3")
    assert (done.code, done.out) == (0, "ok     slow: lag == 9d  3 of 3 runs\n")
    assert done.err.startswith("3 runs of slow\n")
    done = sim("test", "slow.yaml", "--edits", "mine.yaml", "--runs", "3", "--set", "rules.answer.after=30d")
    assert done.code == 1
    again = "sim run slow.yaml --edits mine.yaml --what-if slow --set rules.answer.after=30d --seed 0 --replication 0"
    assert f"       {again}\n" in done.out
    assert (
        done.err.endswith("next: sim run slow.yaml --edits mine.yaml --set rules.answer.after=30d --seed 0 --replication 0\n")
        or again in done.err
    )


# ---- many processes


@pytest.mark.parametrize(
    "words", [("test", "ban.yaml", "--runs", "9"), ("compare", "ban.yaml", "--runs", "9", "--change", "state.tension.start=0.5")]
)
def test_any_number_of_processes_gives_the_same(sim: Sim, words: tuple[str, ...]) -> None:
    assert sim(*words, "--json", "--jobs", "3") == sim(*words, "--json", "--jobs", "1") == sim(*words, "--json")
    assert sim(*words, "--jobs", "2").out == sim(*words).out


def test_the_first_run_that_stops_is_told_whoever_ran_it(sim: Sim) -> None:
    Path("endless.yaml").write_text(LOOP + "measures: {pings: count(ping)}\nexpect: {baseline: [pings > 0]}\n", encoding="utf-8")
    alone, together = (sim("test", "endless.yaml", "--jobs", jobs) for jobs in ("1", "2"))
    assert alone == together
    assert alone.code == 3
    assert "(baseline, seed 0, replication 0) stopped on 2025-01-05 00:00:00 (Europe/Belgrade); nothing was judged\n" in alone.err
    assert "nothing was compared\n" in sim("compare", "endless.yaml").err
    assert "; it is not stored\n" in sim("run", "endless.yaml").err
    assert "; it is not stored, runs that finished before it are\n" in sim("run", "endless.yaml", "--all").err


def children_of(parent: int) -> list[int]:
    """The processes a process has started to run replications."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            own = stat.read_text(encoding="utf-8").rpartition(")")[2].split()[1] == str(parent)
            if own and b"spawn_main" in (stat.parent / "cmdline").read_bytes():
                found.append(int(stat.parent.name))
    return found


@contextlib.contextmanager
def long_test(folder: Path, *words: str, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs replications for long; gone at the end, whatever happens, and when a test fails with all its processes."""
    with program(folder, "test", "ban.yaml", "--runs", "1000000", *words, start_new_session=True, **options) as process:
        try:
            yield process
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
        finally:
            process.kill()


def test_through_includes_its_day(sim: Sim) -> None:
    """The run through a day is the run until the next one, in Python as on the command line."""
    until, through = (sim("run", "ban.yaml", "--quiet", *words).out for words in (["--until", "2025-08-02"], ["--through", "2025-08-01"]))
    assert until == through != sim("run", "ban.yaml", "--quiet", "--until", "2025-08-01").out
    runs = notebook.run("ban.yaml", until="2025-08-02"), notebook.run("ban.yaml", through="2025-08-01")
    assert runs[0].entries[-1].time == runs[1].entries[-1].time == clock.parse_instant("2025-08-02", "Europe/Belgrade")


def wait_until(true: Callable[[], bool]) -> None:
    """Wait for something that is to come soon."""
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("early", [True, False])
def test_an_interrupted_pool_ends_with_all_its_processes(folder: Path, early: bool) -> None:
    with long_test(folder, "--jobs", "2") as process:
        wait_until(lambda: len(children_of(process.pid)) >= (1 if early else 2))
        time.sleep(0 if early else 1)
        own = children_of(process.pid)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: all of them are asked
        _, err = process.communicate(timeout=60)  # to run to its end would take an hour
    assert process.returncode == 130
    assert err.decode().splitlines()[-1] == "interrupted"
    assert b"Traceback" not in err
    wait_until(lambda: not any(Path(f"/proc/{one}").exists() for one in own))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_processes_that_die_again_and_again_are_told(folder: Path) -> None:
    with long_test(folder, "--jobs", "2") as process:
        while process.poll() is None:
            for one in children_of(process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)
            time.sleep(0.02)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert (
        b"error[E509]: processes that ran replications have died 2 times in a row, perhaps for want of memory: "
        b"try again with --jobs 1; nothing was judged" in err
    )
    assert b"Traceback" not in err


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_what_a_process_died_over_is_done_again(folder: Path) -> None:
    """Which processes ran what changes nothing."""
    words = ("test", "ban.yaml", "--runs", "300", "--jobs", "2", "--json")
    with program(folder, *words, stdout=subprocess.PIPE) as process:
        wait_until(lambda: len(children_of(process.pid)) == 2)
        os.kill(children_of(process.pid)[0], signal.SIGKILL)
        out, err = process.communicate(timeout=60)
    assert b"Traceback" not in err
    with program(folder, *words[:4], "--jobs", "1", "--json", stdout=subprocess.PIPE) as alone:
        wanted, _ = alone.communicate(timeout=60)
    assert (process.returncode, out) == (alone.returncode, wanted)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_nothing_runs_on_when_the_program_is_killed(folder: Path) -> None:
    with long_test(folder, "--jobs", "2") as process:
        wait_until(lambda: len(children_of(process.pid)) == 2)
        time.sleep(1)
        own = children_of(process.pid)
        process.kill()
        process.communicate(timeout=60)
    wait_until(lambda: not any(Path(f"/proc/{one}").exists() for one in own))


# ---- sim compare: what `tests/unit/test_compare.py` leaves


def test_two_scenario_files_are_not_compared(sim: Sim) -> None:
    done = sim("compare", "ban.yaml", "endless.yaml")
    told = "error: two stored results are compared, and these are scenario files; to run and compare: "
    assert done == Done(2, "", f'{told}sim compare "$(sim run ban.yaml --quiet)" "$(sim run endless.yaml --quiet)"\n')
    said = "'ban.yaml' is a scenario file; to run and compare: sim compare ban \"$(sim run ban.yaml --quiet --out there)\"\n"
    assert sim("compare", "ban", "ban.yaml", "--out", "there").err.endswith(said)
    ours = [sim("run", "ban.yaml", "--quiet", *words).out.strip() for words in ([], ["--set", "rules.answer.after=9d"])]
    assert sim("compare", *ours).code == 0


def test_the_what_ifs_of_a_file_are_compared_alone_and_their_edits_shown(sim: Sim) -> None:
    Path("mine.yaml").write_text(
        "what_if:\n  slow: {set: {rules.answer.after: 9d}, remove: [timeline.deny]}\n  calm: {set: {state.tension.start: 0}}\n",
        encoding="utf-8",
    )
    done = sim("compare", "ban.yaml", "--edits", "mine.yaml")
    assert "baseline against 2 what-ifs" in done.out
    assert "\n  remove timeline.deny, set rules.answer.after → 9d\n" in done.out
    assert "\n  set state.tension.start → 0\n" in done.out
    assert "baseline against quick ·" in sim("compare", "ban.yaml", "--edits", "mine.yaml", "-w", "quick").out
    whole = sim("compare", "ban.yaml", "--edits", "mine.yaml", "--change", "rules.relent.after=9d", "--json").json()
    assert [one["after"] for one in whole["comparisons"]] == ["slow", "calm"]
    assert whole["comparisons"][1]["edits"][-1]["path"] == "rules.relent.after"


def test_baseline_names_no_what_if_everywhere(sim: Sim) -> None:
    assert sim("run", "ban.yaml", "--what-if", "baseline", "--json") == sim("run", "ban.yaml", "--json")
    assert sim("compare", "ban.yaml", "-w", "baseline", "--exit-code").code == 0
    assert sim("compare", "ban.yaml", "-w", "baseline", "--runs", "2", "--exit-code").code == 0
    assert sim("test", "ban.yaml", "--what-if", "baseline", "--runs", "2").code == 0
    assert sim("show", "ban/baseline").code == 0


def test_what_an_edit_of_the_command_line_breaks_is_told_with_the_edit(sim: Sim) -> None:
    done = sim("run", "ban.yaml", "--set", "rules.answer.after=5", "--set", "state.tension.start=0.5")
    assert done.code == 2
    assert "error[E204]: with --set rules.answer.after=5: a duration is wanted here" in done.err
    done = sim("run", "ban.yaml", "--set", "rules.ship.then=[]", "--set", "nonsense")
    assert "with --set nonsense: an edit is written PATH=VALUE" in done.err
    done = sim("compare", "ban.yaml", "--what-if", "quiet", "--change", "events={accusation: {}, ban: {}}")
    assert "in what-if quiet, with --set events={accusation: {}, ban: {}}: no event is called 'shipment'" in done.err


def test_an_edit_may_touch_what_only_the_what_if_has(sim: Sim) -> None:
    Path("mine.yaml").write_text(
        "what_if: {third: {add: {timeline.third: {at: 2025-09-01, event: accusation, by: svr}}}}\n", encoding="utf-8"
    )
    words = ("ban.yaml", "--edits", "mine.yaml", "--what-if", "third")
    assert sim("run", *words, "--set", "timeline.third.at=2025-10-01").code == 0
    assert sim("compare", *words, "--change", "timeline.third.at=2025-10-01").code == 0
    done = sim("compare", *words, "--set", "timeline.third.at=2025-10-01")
    assert done.code == 2
    assert done.err.startswith("--set holds for both sides: what one of them alone has is changed with --change\n")


SIDES = """
scenario: sides
period: {from: 2025-01-01, until: 2025-07-01}
parameters: {often: {value: 5d, about: how often}, share: {value: 0.5, about: how many}}
actors: {a: {}}
events: {sale: {}, ban: {}}
rules:
  sells: {when: {every: often}, chance: share, then: [{event: sale, by: a}]}
  bans: {when: sale, times: 2, then: [{event: ban}]}
measures: {sales: count(sale), bans: count(ban)}
what_if:
  rare: {set: {parameters.often: 20d}}
  doubtful: {set: {rules.bans.times: 1, parameters.share: 0.2}}
"""


@pytest.mark.parametrize("many", [(), ("--runs", "8")])
@pytest.mark.parametrize("words", [("rare",), ("doubtful",), ("rare", "--against", "doubtful"), ("doubtful", "--against", "rare")])
def test_an_edit_of_the_command_line_holds_for_both_sides(sim: Sim, words: tuple[str, ...], many: tuple[str, ...]) -> None:
    """What `--set` says is what a file would say in which the same was edited by hand: in the numbers of both sides."""
    edited = SIDES.replace("value: 0.5", "value: 0.9").replace("parameters.share: 0.2", "parameters.share: 0.9")
    Path("sides.yaml").write_text(SIDES, "utf-8")
    Path("edited.yaml").write_text(edited, "utf-8")
    options = ("--what-if", *words, *many, "--seed", "3", "--json")
    asked, by_hand, without = (
        [one["measures"] for one in sim("compare", *file, *options).json()["comparisons"]]
        for file in (("sides.yaml", "--set", "parameters.share=0.9"), ("edited.yaml",), ("sides.yaml",))
    )
    assert asked == by_hand != without


def test_a_change_holds_for_one_side_alone(sim: Sim) -> None:
    """And what holds for both is said."""
    Path("sides.yaml").write_text(SIDES, "utf-8")
    changed = "  set parameters.share: 0.5 → 1   --change"
    alone = sim("compare", "sides.yaml", "--change", "parameters.share=1")
    assert alone.out.splitlines()[1:3] == ["baseline against parameters.share=1 · seed 0, the same luck", changed]
    both = sim("compare", "sides.yaml", "--set", "parameters.often=10d", "--change", "parameters.share=1")
    about = "baseline against parameters.share=1 · all with parameters.often=10d · seed 0, the same luck"
    assert both.out.splitlines()[1:3] == [about, changed]
    assert [line.split()[-1] for line in both.out.splitlines() if line.startswith("sales")] == ["+9"]
    assert both.err.endswith("next: sim compare sides.yaml --set parameters.often=10d --change parameters.share=1 --runs 100\n")
    many = sim("compare", "sides.yaml", "--set", "parameters.share=1", "--runs", "4").out
    assert "\n4 runs of each, all with parameters.share=1 (seed 0), run by run" in many
    Path("plain.yaml").write_text(SIDES.partition("what_if")[0], "utf-8")
    told = "the scenario has no what-ifs: change a value on one side with --change (--set holds for both sides)"
    assert told in sim("compare", "plain.yaml", "--set", "parameters.share=1").err


# ---- sim show, sim list


def test_show_is_the_run_again(sim: Sim) -> None:
    ran = sim("run", "ban.yaml", "--what-if", "quick", "--set", "state.tension.start=0.5")
    for name in ("latest", "ban/quick", "ban/quick@0", next(iter(Path("results/ban/quick").iterdir())).as_posix()):
        assert sim("show", name).out == ran.out
    assert (
        sim("show", "latest", "--full").out
        == sim("run", "ban.yaml", "--what-if", "quick", "--set", "state.tension.start=0.5", "--full").out
    )
    measures = sim("show", "latest", "--measures").out
    assert ran.out.endswith(measures)
    assert sim("show", "latest").err.endswith("next: sim list\n")


def test_show_for_machines(sim: Sim) -> None:
    ran = sim("run", "ban.yaml", "--json").json()[0]
    whole = sim("show", "latest", "--json").json()
    assert {name: whole[name] for name in ran} == ran
    assert len(whole["log"]) == ran["entries"]
    assert whole["log"][0]["event"] == "start"
    assert sim("show", "latest", "--json", "--measures").json() == ran


def test_show_falls_back_to_ids(sim: Sim) -> None:
    folder = Path(sim("run", "ban.yaml", "--quiet").out.strip())
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for inputs in ({}, {"scenario.yaml": 5}, {"scenario.yaml": {"text": "scenario: [\n"}}, {"scenario.yaml": {"text": LOOP}}):
        (folder / "manifest.json").write_text(json.dumps({**manifest, "inputs": inputs}), encoding="utf-8")
        done = sim("show", str(folder))
        assert done.code == 0
        assert "• accusation  svr → president" in done.out
        assert "‘arms’" in done.out


def test_a_damaged_result_ends_with_4(sim: Sim) -> None:
    folder = Path(sim("run", "ban.yaml", "--quiet").out.strip())
    (folder / "log.jsonl").write_text("{}\n", encoding="utf-8")
    done = sim("show", str(folder))
    assert (done.code, done.out) == (4, "")
    assert "the file is not the one its manifest speaks of" in done.err


def test_list_names_what_show_knows(sim: Sim) -> None:
    assert sim("list") == Done(0, "", "nothing is stored in results yet\nnext: sim new first\n")
    sim("run", "ban.yaml", "--all", "--replication", "2")
    sim("run", "ban.yaml", "--seed", "5")
    done = sim("list")
    names = [line.split()[0] for line in done.out.splitlines()[1:]]
    assert names == ["ban@5", "ban/quick@0#2", "ban/quiet@0#2", "ban@0#2"]
    for name in names:
        assert sim("show", name, "--measures").code == 0
    assert done.err == "next: sim show ban@5\n"
    listed = sim("list", "--json").json()
    assert [one["name"] for one in listed] == names
    assert listed[0]["title"] == "A small ban"
    assert listed[0]["completed"]


def test_list_gives_the_folder_where_a_name_is_taken(sim: Sim) -> None:
    sim("run", "ban.yaml")
    sim("run", "ban.yaml", "--until", "2025-08-01")
    second, first = sim("list", "--json").json()
    assert (first["name"], first["overrides"], first["until"]) == ("ban@0", [], None)
    assert (second["name"], second["until"]) == (second["folder"], "2025-08-01")
    (Path(second["folder"]) / "run_info.json").unlink()
    assert sim("list").code == 0
    elsewhere = sim("list", "--out", "elsewhere")
    assert elsewhere.err.startswith("nothing is stored in elsewhere yet")


def test_list_reads_no_log_however_long_it_has_become(sim: Sim) -> None:
    folder = Path(sim("run", "ban.yaml", "--quiet").out.strip())
    sim("run", "ban.yaml", "--seed", "5")
    (whole,) = (one["entries"] for one in sim("list", "--json").json() if one["seed"] == 0)
    assert whole == len((folder / "log.jsonl").read_text(encoding="utf-8").splitlines()) - 1
    os.truncate(folder / "log.jsonl", 8 << 30)  # with a hole: it takes no room
    assert [one["entries"] is None for one in sim("list", "--json").json()] == [False, True]
    assert re.search(r"^ban@0 +damaged ", sim("list").out, re.MULTILINE)


def test_results_of_an_older_text_are_told_apart(sim: Sim) -> None:
    sim("run", "ban.yaml", "--all")
    assert "text" not in sim("list").out.splitlines()[0].split()
    Path("ban.yaml").write_text(SCENARIO.replace("title: A small ban", "title: Another ban"), encoding="utf-8")
    sim("run", "ban.yaml")
    head, newest, *rest = sim("list").out.splitlines()
    assert head.split() == ["result", "text", "entries", "stored", "at"]
    assert re.match(r"ban@0 +[0-9a-f]{8} ", newest)
    assert len(rest) == 3
    assert all(re.search(r" older [0-9a-f]{8} ", line) for line in rest)
    first, *others = sim("list", "--json").json()
    assert [one["older"] for one in (first, *others)] == [False, True, True, True]
    assert {one["text"] for one in others} == {rest[0].split()[2]} != {first["text"]}
    Path("ban.yaml").write_text(SCENARIO, encoding="utf-8")
    Path("mine.yaml").write_text("what_if: {slow: {set: {rules.answer.after: 9d}}}", encoding="utf-8")
    sim("run", "ban.yaml", "--edits", "mine.yaml", "--what-if", "slow")
    assert [one["folder"] for one in sim("list", "--json").json() if one["older"]] == [
        first["folder"]
    ]  # one's own what-ifs are another matter


def test_a_name_means_the_newest_result_without_overrides(sim: Sim) -> None:
    sim("run", "ban.yaml")
    plain = sim("show", "ban").out
    sim("run", "ban.yaml", "--set", "state.tension.start=0.5", "--set", "rules.answer.after=3d")
    sim("run", "ban.yaml", "--until", "2025-08-01")
    assert sim("show", "ban") == Done(0, plain, sim("show", "ban@0").err)
    assert "overrides" not in sim("show", "ban").err
    assert "· 2025-06-01 to 2025-08-01 Europe/Belgrade (--until 2025-08-01) ·" in " ".join(sim("show", "latest").out.split())
    listed = sim("list").out
    assert re.search(r"^result +changed +entries +stored at$", listed, re.MULTILINE)
    assert re.search(r"^results/\S+ +until 2025-08-01 ", listed, re.MULTILINE)
    assert re.search(r"^results/\S+ +\+2 set ", listed, re.MULTILINE)
    assert re.search(r"^ban@0 +\d", listed, re.MULTILINE)


def test_where_all_have_overrides_it_is_said(sim: Sim) -> None:
    sim("run", "ban.yaml", "--what-if", "quick", "--set", "state.tension.start=0.4")
    sim("run", "ban.yaml", "--what-if", "quick", "--set", "state.tension.start=0.5")
    done = sim("show", "ban/quick")
    assert "with state.tension.start=0.5" in done.out
    assert "ban/quick has overrides (--set state.tension.start=0.5): no result without any is stored under this name\n" in done.err
    assert "overrides" in sim("compare", "ban/quick", "latest").err
    assert "overrides" not in sim("show", "latest").err
    assert "overrides" not in sim("show", sim("list", "--json").json()[0]["folder"]).err


def test_a_listed_name_means_that_result(sim: Sim) -> None:
    sim("run", "ban.yaml")
    sim("run", "ban.yaml", "--replication", "2")
    listed = sim("list", "--json").json()
    assert [one["name"] for one in listed] == ["ban@0#2", "ban@0#0"]
    for one in listed:
        assert sim("show", one["name"], "--json").json()["folder"] == one["folder"]


# ---- sim new


def test_a_new_scenario_is_fine_and_instructive(sim: Sim) -> None:
    done = sim("new", "border")
    assert (done.code, done.out) == (0, "border.yaml\n")
    assert done.err.endswith("next: sim run border.yaml\n")
    assert "scenario: border\n" in Path("border.yaml").read_text(encoding="utf-8")
    assert sim("check", "border.yaml", "--strict").code == 0
    assert sim("run", "border.yaml", "--all").code == 0
    assert sim("test", "border.yaml").code == 0


def test_new_overwrites_nothing(sim: Sim) -> None:
    Path("border.yaml").write_text("mine", encoding="utf-8")
    for name in ("border", "border.yaml", "./border"):
        done = sim("new", name)
        assert (done.code, done.out) == (2, "")
        assert "exists and is not overwritten" in done.err
    assert Path("border.yaml").read_text(encoding="utf-8") == "mine"


def test_new_writes_into_a_folder_that_is_there(sim: Sim) -> None:
    Path("mine").mkdir()
    assert sim("new", "mine/border").out == "mine/border.yaml\n"
    done = sim("new", "none/border")
    assert done.code == 4
    assert "cannot be written (No such file or directory): none/border.yaml" in done.err


def test_new_writes_the_schema_beside_the_scenario_and_over_older_ones_alone(sim: Sim) -> None:
    schema = Path("sim.schema.json")
    sim("new", "border")
    assert Path("border.yaml").read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=sim.schema.json\n")
    whole = schema.read_text(encoding="utf-8")
    assert whole == sim("schema").out
    schema.write_text(whole[:100], encoding="utf-8")
    assert "sim.schema.json tells editors the language\n" in sim("new", "second").err
    assert schema.read_text(encoding="utf-8") == whole
    schema.write_text("{}", encoding="utf-8")
    assert "sim.schema.json is a file of yours, and left as it is\n" in sim("new", "third").err
    assert schema.read_text(encoding="utf-8") == "{}"


# ---- sim schema


def test_the_schema_is_printed_or_written(sim: Sim) -> None:
    printed = sim("schema")
    assert (printed.code, printed.err) == (0, "")
    assert printed.json()["$schema"] == "http://json-schema.org/draft-07/schema#"
    for _ in range(2):
        assert sim("schema", "--out", "mine.json").out == "mine.json\n"
        assert Path("mine.json").read_text(encoding="utf-8") == printed.out


def test_the_schema_is_written_over_nothing_else(sim: Sim) -> None:
    Path("other.json").write_text("{}", encoding="utf-8")
    refused = sim("schema", "--out", "other.json")
    assert (refused.code, refused.out) == (2, "")
    assert "other.json exists and is no schema that sim wrote: choose another name" in refused.err
    assert Path("other.json").read_text(encoding="utf-8") == "{}"
    for place in (".", "none/schema.json"):
        assert sim("schema", "--out", place).code == 4


COMPETENCE = """\
scenario: mini
period: {from: 2025-01-01, until: 2025-03-01}
actors: {government: {}, parliament: {}}
events: {report: {}}
norms: {ban: {in_force: false}, only_government: {forbid: {event: ban.enacted, by: parliament}, obeyed: 0.8}}
timeline: {t: {at: 2025-01-10, event: report}, u: {at: 2025-01-11, event: report}, v: {at: 2025-01-12, event: report}}
rules:
  usurp: {when: report, then: [{enact: ban, by: parliament}]}
  lawful: {when: report, after: 5d, then: [{enact: ban, by: government}]}
"""


def test_who_changes_the_law_is_told_and_who_may_not_is_blocked(sim: Sim, tmp_path: Path) -> None:
    (tmp_path / "mini.yaml").write_text(COMPETENCE, encoding="utf-8")
    out = sim("run", "mini.yaml", "--seed", "2").out
    assert "✗ BLOCKED by only_government  ban enacted  parliament" in out
    assert "! VIOLATION of only_government  ban enacted  parliament" in out
    assert "§ ban enacted again  government" in out
    assert "✗ BLOCKED by only_government  ban enacted  parliament" in sim("why", "latest", "only_government.blocked").out
    assert re.search(
        r"not obeyed; to be obeyed had a chance of 0\.8 \(drew 0\.[89]\d\d\)", sim("why", "latest", "only_government.violated").out
    )
    drawn = sim("graph", "mini.yaml", "--to", "ban").out
    assert "only government" in drawn
    assert "forbids" in drawn
    for name in ("only_government.violated", "only government violated"):
        result = sim("graph", "mini.yaml", "--to", name)
        assert (result.code, result.err) == (
            2,
            f"error: '{name}' is not drawn, since no part here hears or counts it: ask for only_government\n",
        )


# ---- the program and its surroundings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ban.yaml").write_text(SCENARIO, encoding="utf-8")
    return tmp_path


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("words", [("run", "ban.yaml"), ("--help",), ("check", "none.yaml", "--json"), ("new", "border")])
def test_output_that_cannot_be_written_ends_with_4(folder: Path, words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full, program(folder, *words, stdout=full) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 4
    assert b"what was to be printed: No space left on device" in err
    assert b"Traceback" not in err
    assert b"Exception ignored" not in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    "words",
    [
        ("compare", "latest", "latest"),
        ("export", "latest", "--to", "csv"),
        ("export", "latest", "--to", "ocel"),
        ("graph", "latest"),
        ("why", "latest", "1"),
    ],
)
def test_what_is_told_of_a_result_and_cannot_be_written_is_no_fault_of_the_result(folder: Path, words: tuple[str, ...]) -> None:
    with program(folder, "run", "ban.yaml", "--quiet") as process:
        process.communicate(timeout=60)
    test_output_that_cannot_be_written_ends_with_4(folder, words)


@pytest.mark.parametrize("words", [("run", "ban.yaml", "--full"), ("--help",), ("run", "ban.yaml", "--json")])
def test_a_reader_who_leaves_ends_it_quietly(folder: Path, words: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        with program(folder, *words, stdout=writing) as process:
            _, err = process.communicate(timeout=60)
    finally:
        os.close(writing)
    assert process.returncode == 141
    assert b"Traceback" not in err
    assert b"Exception ignored" not in err


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_who_is_asked_to_end_ends(folder: Path, sent: signal.Signals, code: int) -> None:
    ready = PROGRAM.replace("; run()", "; print(flush=True); run()")
    with long_test(folder, code=ready, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # now signals are in good hands
        time.sleep(1)
        begun = time.monotonic()
        process.send_signal(sent)
        _, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert time.monotonic() - begun < 2
    assert b"Traceback" not in err
    assert (b"interrupted" in err) == (sent is signal.SIGINT)


@pytest.mark.parametrize("module", ["typer", "sim.errors", "sim.cli.terminal", "io"])
def test_an_interrupt_while_the_program_is_loaded_is_no_drama(folder: Path, module: str) -> None:
    code = (
        "import builtins, os, signal, sys\n"
        "def load(name, *rest, real=builtins.__import__):\n"
        f"    if name == {module!r} and sys._getframe(1).f_globals['__name__'].startswith('sim.'):\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "    return real(name, *rest)\n"
        f"builtins.__import__ = load\n{PROGRAM}"
    )
    with program(folder, "check", "ban.yaml", code=code) as process:
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, b"interrupted\n")


def test_it_works_in_poor_surroundings(folder: Path) -> None:
    poor = {"HOME": "", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "TERM": ""}
    with program(folder, "run", "ban.yaml", stdout=subprocess.PIPE, env=poor) as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert b"accuses" in out


def test_a_working_directory_that_is_gone_is_no_drama(folder: Path) -> None:
    (folder / "script.py").write_text("import sys\nfrom sim.cli.main import main\nsys.exit(main(sys.argv[1:]))\n", "utf-8")
    code = (
        "import os, sys, tempfile; there = tempfile.mkdtemp(); os.chdir(there); os.rmdir(there)\n"
        f"os.execv(sys.executable, [sys.executable, {str(folder / 'script.py')!r}, *sys.argv[1:]])"
    )
    for words, wanted in ((["list"], 0), (["run", str(folder / "ban.yaml")], 4), (["run", "ban.yaml"], 2), (["new", "x"], 4)):
        with program(folder, *words, code=code, stdout=subprocess.DEVNULL) as process:
            _, err = process.communicate(timeout=60)
        assert process.returncode == wanted, err
        assert b"Traceback" not in err


@pytest.mark.skipif(os.name == "nt", reason="closes descriptors as a shell does")
@pytest.mark.parametrize("closed", [1, 2])
def test_streams_that_are_closed_are_no_drama(folder: Path, closed: int) -> None:
    code = f"import os, sys; os.close({closed}); os.execv(sys.executable, [sys.executable, '-c', {PROGRAM!r}, *sys.argv[1:]])"
    with program(folder, "run", "ban.yaml", code=code, stdout=subprocess.DEVNULL) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"Traceback" not in err


def test_the_help_loads_nothing_heavy() -> None:
    code = "import sys, sim.cli.main as m; m.main(['--help']); print(*sorted({n.partition('.')[0] for n in sys.modules}), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"simpy", "pydantic", "yaml", "rich", "numpy", "multiprocessing"} & set(done.stderr.split())


def test_progress_is_for_terminals_alone(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    terminal.progress("3 of 5")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    terminal.progress("3 of 5")
    assert capsys.readouterr().err == "\r\x1b[K3 of 5"


# ---- options that are given twice


def every_option() -> Iterator[tuple[str, Any]]:
    """Each option of each command that takes a value."""
    for command in COMMANDS:
        for param in command_of([command]).commands[command].params:
            if param.param_type_name == "option" and not param.is_flag:
                yield command, param


@pytest.mark.parametrize(("command", "param"), [pytest.param(*one, id=f"{one[0]} {one[1].opts[0]}") for one in every_option()])
def test_an_option_that_is_given_twice_counts_twice_or_is_refused(sim: Sim, command: str, param: Any) -> None:
    """None is dropped silently, of no command, now or later."""
    for name in param.opts:
        done = sim(command, name, "1", param.opts[0], "2")
        refused = f"error: {param.opts[0]} is given 2 times, and takes one value: keep one of them\n"
        assert (done.code, done.err == refused) == (2, not param.multiple), done


def test_what_ifs_that_are_named_are_all_judged(sim: Sim) -> None:
    Path("sides.yaml").write_text(SIDES + "expect: {baseline: sales > 0, rare: sales > 0, doubtful: bans == 1}\n", "utf-8")
    done = sim("test", "sides.yaml", "--runs", "3", "--what-if", "rare", "-w", "doubtful", "--json")
    assert [one["of"] for one in done.json()] == ["rare", "doubtful"]
    assert sim("test", "sides.yaml", "--runs", "3", "--json", "-w", "doubtful", "-w", "doubtful").json()[0]["of"] == "doubtful"
    assert sim("test", "sides.yaml", "--runs", "3", "-w", "rare", "-w", "nobody").code == 2


# ---- which side, which file


def test_two_sides_are_told_apart_by_their_names(sim: Sim) -> None:
    Path("sides.yaml").write_text(SIDES, "utf-8")
    done = sim("compare", "sides.yaml", "--against", "rare", "--what-if", "rare", "--change", "parameters.share=1")
    assert done.out.splitlines()[1] == "rare against rare with parameters.share=1 · seed 0, the same luck"


def test_versions_of_a_scenario_are_named_by_their_files(sim: Sim) -> None:
    """Two files with one id: the edit is told of the file in which it stands, and a name that both bear is not taken silently."""
    Path("sides.yaml").write_text(SIDES, "utf-8")
    Path("v2.yaml").write_text(SIDES.replace("times: 2", "times: 3"), "utf-8")
    folders = [sim("run", file, "--quiet").out.strip() for file in ("sides.yaml", "v2.yaml")]
    assert "\n  set rules.bans.times: 2 → 3   v2.yaml:9\n" in sim("compare", *folders).out
    said = "sides is that of v2.yaml, the newest; results of sides.yaml bear the name too: name a folder to mean one of them"
    for words in (["show", "sides"], ["why", "sides", "ban"], ["export", "sides", "--to", "csv"]):
        done = sim(*words)
        assert (done.code, said in done.err) == (0, True), done
    assert all(said not in sim("show", name).err for name in ("latest", *folders))
    sim("run", "sides.yaml", "--seed", "4", "--quiet")
    assert "bear the name too" not in sim("show", "sides@4").err


def test_what_is_always_the_same_in_some_runs_is_not_said_of_every_run(sim: Sim) -> None:
    text = SIDES.replace("sales: count(sale)", "sales: count(sale), one: 1 / count(ban) * count(ban)").replace(
        "chance: share", "chance: 0.02"
    )
    Path("sides.yaml").write_text(text, "utf-8")
    table = sim("compare", "sides.yaml", "--what-if", "rare", "--runs", "10").out.partition("\none ")[2].splitlines()[1:3]
    assert [cell.strip() for cell in re.split("  +", table[0].strip())] == ["each time"] * 3
    assert re.fullmatch(r"in \d of 10 runs +in \d of 10 runs +in \d runs of both", table[1].strip())


# ---- no stdout, and files that say nothing


@pytest.mark.parametrize(
    "words",
    [
        "graph ban.yaml", "run ban.yaml", "check ban.yaml", "compare ban.yaml", "compare ban.yaml --format csv", "show latest", "list",
        "compare ban.yaml --format markdown", "compare ban.yaml --json", "schema", "export latest --to csv", "export latest --to ocel",
        "why latest accusation", "test ban.yaml --runs 2", "--help", "--version",
    ],
)  # fmt: skip
def test_without_stdout_what_would_be_printed_goes_nowhere(folder: Path, words: str) -> None:
    """Closed by the shell (`>&-`): no fault of ours, and no file that is opened meanwhile takes its place."""
    with program(folder, "run", "ban.yaml", stdout=subprocess.DEVNULL) as process:
        process.communicate(timeout=60)
    code = f"import os; os.close(1); import sys; sys.stdout = None\n{PROGRAM}"
    with program(folder, *words.split(), code=code, stdout=subprocess.DEVNULL) as process:
        _, err = process.communicate(timeout=60)
    assert (process.returncode, b"fault" in err) == (0, False), err


@pytest.mark.skipif(not os.access("/proc/kmsg", os.R_OK), reason="NOT SHOWN: no such file of the system may be read here")
def test_a_file_of_the_system_that_has_nothing_to_say_is_not_waited_for(sim: Sim) -> None:
    done = sim("check", "/proc/kmsg")
    assert done.code == 2
    assert done.out.startswith("/proc/kmsg:1:1: error[E")


def test_two_numbers_are_told_to_the_digit_that_tells_them_apart(sim: Sim) -> None:
    """Ten times 0.1 is less than 1: what stood beside the limit is not shown as the limit."""
    pairs = [(1, 1.0), (2, 3), (0.9999999999999999, 1), (1.00004, 1.00005)]
    assert [terminal.told_apart(*pair) for pair in pairs] == [("1", "1"), ("2", "3"), ("0.9999999999999999", "1"), ("1", "1.0001")]
    text = (
        "scenario: tenth\nperiod: {from: 2025-01-01, until: 2025-02-01}\nevents: {go: {}, ring: {}}\nstate: {x: 0}\nrules:\n"
        "  grow: {when: {every: 1d}, times: 10, then: [{add: {x: 0.1}}, {event: go}]}\n  r: {when: go, if: x >= 1, then: [{event: ring}]}\n"
    )
    Path("tenth.yaml").write_text(text, "utf-8")
    assert sim("run", "tenth.yaml", "--quiet").code == 0
    told = "ring did not happen: x = 0.9999999999999999, needs >= 1: 1.11e-16 short\n"
    assert told in sim("why", "latest", "--not", "ring", "--tries", "0").out
