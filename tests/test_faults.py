"""The catalogue of faults: for every kind of bad input and hostile scenario, the test that shows what it gets.

In: files, expressions and rules that mean harm or are careless. Out: a refusal or a stop with its exit code, in time,
without a traceback and without a signal. `ROWS` has one line for each kind; where a test elsewhere shows it, that is named,
and what belongs to parts of the language that are still to come says so.
"""

# ruff: noqa: E501 - in the tables each fault stands on one line

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from sim import face
from sim.engine import kernel, world
from sim.errors import RunStopped
from tests.strategies import flow

ROOT = Path(__file__).resolve().parents[1]
HEAD = "language: 1\nscenario: hostile\nperiod: {from: 2025-01-01, until: 2025-02-01}\n"
START = "timeline: {t: {at: 2025-01-02, event: p}}\n"
SLOWEST = 2.0
"""Seconds of work a process may take, its start included."""

SOURCE, CLI, STORE, CHANCE, CLOCK = "unit/test_source.py", "test_cli.py", "unit/test_store.py", "unit/test_chance.py", "unit/test_clock.py"
PROPERTIES, DETERMINISM, FUZZ, HERE = "test_properties.py", "test_determinism.py", "test_fuzz.py", "test_faults.py"
LATER = "later: "

ROWS: dict[int, tuple[str, tuple[str, ...]]] = {
    1: ("not a regular file, or a huge one", (f"{SOURCE}::test_only_regular_files_are_read", f"{SOURCE}::test_too_much_is_refused")),
    2: ("bytes that are not clean UTF-8", (f"{SOURCE}::test_only_clean_utf8_is_read", f"{SOURCE}::test_an_escaped_surrogate_is_refused_at_its_escape")),
    3: ("tags that build objects", ("language/file/bad/tags.yaml", f"{HERE}::test_a_tag_runs_nothing")),
    4: ("nesting without end", (f"{SOURCE}::test_deep_nesting_does_not_crash", "language/file/bad/nesting deeper than 64.yaml")),
    5: ("aliases that multiply", (f"{SOURCE}::test_a_bomb_of_merge_keys_or_anchors_is_refused_quickly",)),
    6: ("merge keys that multiply", (f"{SOURCE}::test_a_bomb_of_merge_keys_or_anchors_is_refused_quickly", "language/file/bad/merge keys.yaml")),
    7: ("a value that holds itself", ("language/file/bad/an alias of itself.yaml",)),
    8: ("a key written twice", ("language/file/bad/a key written twice.yaml",)),
    9: ("texts a YAML reader stumbles over", (f"{SOURCE}::test_any_text_is_read_or_refused", f"{FUZZ}::test_nothing_but_our_own_errors_is_raised")),
    10: ("words YAML takes for something else", (f"{SOURCE}::test_every_scalar_stays_text",)),
    11: ("numbers that are none, or too large", ("language/parameters/bad/a number is finite and not too large.yaml",)),
    12: ("unknown keys, wrong shapes", ("language/scenario/bad/fifteen mistakes are told in one go.yaml",)),
    13: ("no document, or two", ("language/file/bad/an empty file.yaml", "language/file/bad/two documents in one file.yaml")),
    14: ("files that take long to read", (f"{SOURCE}::test_depth_is_counted_before_anything_is_built", f"{HERE}::test_a_hostile_file_is_refused_in_time")),
    15: ("files that include others", (f"{HERE}::test_nothing_outside_the_folder_is_included",)),
    16: ("ids that look like other ids", ("language/scenario/bad/an id has capitals, blanks or a leading digit.yaml", "language/expressions/bad/letters that only look like others.yaml")),
    17: ("ids that are paths", (f"{STORE}::test_no_name_leaves_the_results_folder", "language/scenario/bad/an id is longer than 63 characters.yaml")),
    18: ("compressed files", (f"{HERE}::test_a_compressed_file_is_no_scenario",)),
    19: ("names that mean something already", ("language/scenario/bad/a word of the language is no name.yaml", f"{HERE}::test_a_name_may_be_that_of_a_function")),
    20: ("names of nothing", ("language/rules/bad/an unknown event in when.yaml", "language/actors/bad/an actor that is part of itself.yaml")),
    21: ("expressions that reach into Python", ("language/expressions/bad/no Python hides in an expression.yaml", f"{HERE}::test_an_expression_bomb_is_refused")),
    22: ("arithmetic on what is no number", ("language/expressions/bad/arithmetic that has no meaning.yaml",)),
    23: ("values that grow without end", ("language/effects/bad/a value that grows without end.yaml", f"{HERE}::test_a_hostile_run_stops_in_time")),
    24: ("expressions without a value", ("language/expressions/bad/division by zero.yaml", "language/expressions/bad/a number too large on the way.yaml")),
    25: ("what is not finite", ("language/state/bad/a sum beyond the largest number.yaml", f"{HERE}::test_a_hostile_run_stops_in_time")),
    26: ("patterns of text that take for ever", (f"{HERE}::test_there_are_no_patterns_of_text",)),
    27: ("definitions in a circle", ("language/define/bad/definitions go round in a circle.yaml",)),
    28: ("rules that answer each other at once", (f"{HERE}::test_a_hostile_run_stops_in_time", "language/rules/bad/rules that answer one another for ever.yaml")),
    29: ("delays that shrink to nothing", (f"{HERE}::test_a_hostile_run_stops_in_time",)),
    30: ("intervals and delays of nothing or less", ("language/rules/bad/an interval of nothing.yaml", "language/rules/bad/a normal delay below nothing.yaml")),
    31: ("turns without end inside one instant", (f"{HERE}::test_turns_without_end_inside_one_instant_are_stopped",)),
    32: ("events that each bring two", (f"{HERE}::test_a_log_that_grows_without_end_is_stopped", f"{HERE}::test_what_multiplies_is_stopped_at_the_real_limits")),
    33: ("a condition that stays true", (LATER + "conditions are not part of the language yet",)),
    34: ("things of one instant", ("language/timeline/good/things of one instant come in the order of their ids.yaml", f"{PROPERTIES}::test_the_order_of_the_file_changes_nothing")),
    35: ("a run that runs dry", ("language/period/good/a run that runs dry before until is quiescent.yaml", "language/procedures/good/a case still open at the end is named as waiting.yaml")),
    36: ("what is due at the end, and no time at all", ("language/period/good/a tick at until does not come.yaml", f"{HERE}::test_a_hostile_file_is_refused_in_time")),
    37: ("thousands of rules and actors", (f"{HERE}::test_a_large_scenario_is_run_or_refused",)),
    38: ("Python without its asserts", (f"{DETERMINISM}::test_optimised_python_changes_no_byte", f"{HERE}::test_limits_hold_without_asserts")),
    39: ("interrupts", (f"{CLI}::test_who_is_asked_to_end_ends",)),
    40: ("distributions that cannot be", (f"{CHANCE}::test_an_impossible_distribution_is_told_with_its_remedy", "language/distributions/bad/ends in the wrong order.yaml")),
    41: ("draws at the very ends", (f"{CHANCE}::test_whatever_is_possible_gives_a_finite_value",)),
    42: ("periods without end", (f"{HERE}::test_a_hostile_file_is_refused_in_time", f"{CLOCK}::test_a_malformed_time_is_told_with_its_remedy")),
    43: ("sums that hang on their order", ("language/state/good/adds are summed exactly.yaml", f"{PROPERTIES}::test_what_is_added_commutes_and_is_walled_once")),
    44: ("numbers other readers cannot hold", ("unit/test_entries.py::test_what_is_not_finite_is_never_written", LATER + "tables of runs come with sweeps")),
    45: ("seeds that are none", (f"{HERE}::test_a_seed_is_a_whole_number",)),
    46: ("one thing's luck that hangs on another", (f"{PROPERTIES}::test_what_is_inserted_and_read_by_nobody_changes_nothing_else", f"{PROPERTIES}::test_what_comes_or_goes_changes_only_what_follows_from_it_and_what_reads_it")),
    47: ("time zones and languages of the machine", (f"{DETERMINISM}::test_surroundings_change_no_byte", f"{DETERMINISM}::test_the_language_of_the_machine_changes_no_byte", LATER + "working hours are not part of the language yet")),
    48: ("the order of sets", (f"{DETERMINISM}::test_surroundings_change_no_byte", LATER + "worker processes come with sweeps")),
}  # fmt: skip
"""Each kind of fault, and the tests (file::name) or cases (language/…) that show what it gets."""


@pytest.mark.parametrize("row", sorted(ROWS))
def test_every_kind_of_fault_has_a_test(row: int) -> None:
    words, shown = ROWS[row]
    assert words
    for reference in shown:
        if reference.startswith(LATER):
            continue
        file, _, name = reference.partition("::")
        path = ROOT / "tests" / file
        assert path.is_file(), reference
        assert not name or re.search(rf"^def {re.escape(name)}\(", path.read_text(encoding="utf-8"), re.MULTILINE), reference


def test_the_catalogue_is_whole() -> None:
    assert sorted(ROWS) == list(range(1, 49))


# ---- in a process of its own


@dataclass(frozen=True)
class Done:
    """How a process ended."""

    code: int
    err: str
    seconds: float


def worked() -> float:
    """The seconds that processes started here have worked: what else the machine does is not held against them."""
    used = os.times()
    return used.children_user + used.children_system


def sim(folder: Path, *words: str, options: tuple[str, ...] = (), limit: float = 60) -> Done:
    """The program in a process of its own, in a folder."""
    began = worked()
    done = subprocess.run(
        [sys.executable, *options, "-c", "from sim.cli.main import run; run()", *words],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=limit, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode >= 0, f"ended by signal {-done.returncode}"
    return Done(done.returncode, done.stderr, worked() - began)


def ran(folder: Path, text: str | bytes, *options: str) -> Done:
    """Run a scenario, with options of Python's own."""
    (folder / "hostile.yaml").write_bytes(text.encode() if isinstance(text, str) else text)
    return sim(folder, "run", "hostile.yaml", "--quiet", options=options)


def rule(body: str, more: str = "") -> str:
    return f"{HEAD}events: {{p: {{}}, q: {{}}}}\n{more}{START}rules:\n  a: {body}\n"


RUNS = {
    "two rules answer each other": (rule("{when: p, then: [{event: q}]}\n  b: {when: q, then: [{event: p}]}"), "E502"),
    "delays that halve": (rule("{when: p, then: [{set: {gap: gap / 2}}, {event: p, after: gap}]}", "state: {gap: 1d}\n"), "E502"),
    "a delay of nothing": (rule("{when: p, after: 0s, then: [{event: p}]}"), "E502"),
    "an interval that becomes nothing": (rule("{when: {every: gap}, then: [{set: {gap: 0h}}]}", "state: {gap: 1d}\n"), "E505"),
    "a delay that leads back": (rule("{when: p, after: {normal: {mean: 0h, sd: 1d}}, then: [{event: p}]}"), "E505"),
    "a square of a square": (rule("{when: {every: 1h}, then: [{set: {n: n * n}}]}", "state: {n: 3}\n"), "E506"),
    "infinity": (rule("{when: p, then: [{set: {n: " + " * ".join(["n"] * 24) + "}}]}", "state: {n: 9e15}\n"), "E506"),
    "infinity less infinity": (rule("{when: p, then: [{set: {n: \"" + f"{' * '.join(['n'] * 24)} - {' * '.join(['n'] * 24)}" + "\"}}]}", "state: {n: 9e15}\n"), "E50"),
    "a division by nothing": (rule("{when: p, then: [{set: {n: 1 / n}}]}", "state: {n: 0}\n"), "E507"),
    "a chance above one": (rule("{when: p, chance: n, then: [{event: q}]}", "state: {n: 2}\n"), "E504"),
}  # fmt: skip


@pytest.mark.parametrize("name", RUNS)
def test_a_hostile_run_stops_in_time(tmp_path: Path, name: str) -> None:
    text, code = RUNS[name]
    done = ran(tmp_path, text)
    assert done.code == 3, done.err
    assert f"error[{code}" in done.err
    assert "rules." in done.err
    assert done.seconds < SLOWEST
    assert not list((tmp_path / "results").rglob("manifest.json")), "a stopped run is not stored"


FILES = {
    "no time at all": (HEAD.replace("2025-02-01", "2025-01-01"), "E302"),
    "a period beyond the calendar": (HEAD.replace("2025-02-01", "9999-12-31"), "E109"),
    "a period beyond the years": (HEAD.replace("2025-02-01", "1000000000000000000"), "E109"),
    "ticks of nothing": (rule("{when: {every: 0s}, then: [{event: q}]}"), "E308"),
    "lists in lists": (HEAD + "actors:\n" + "".join("  " * level + "- \n" for level in range(1, 401)), "E004"),
    "a text without end": (HEAD + f"title: {'x' * 1_000_000}\n", "E005"),
    "too many values": (HEAD + "actors:\n" + "".join(f"  a{at}: {{has: {{x: 1, y: 2}}}}\n" for at in range(25_000)), "E005"),
    "definitions that double": (HEAD + "define:\n  d0: 1\n" + "".join(f"  d{at}: d{at - 1} + d{at - 1}\n" for at in range(1, 200)), "E207"),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_refused_in_time(tmp_path: Path, name: str) -> None:
    text, code = FILES[name]
    done = ran(tmp_path, text)
    assert done.code == 2, done.err
    assert re.search(rf"hostile\.yaml:\d+:\d+: error\[{code}\]", done.err)
    assert done.seconds < SLOWEST


LARGE = {
    "3,000 rules hear one event": (
        HEAD + "state: {x: 0}\nevents: {p: {}}\n" + START + "rules:\n"
        + "".join(f"  r{at}: {{when: p, if: x >= 0, then: [{{add: {{x: 1}}}}]}}\n" for at in range(3_000)), (0,),
    ),
    "10,000 rules": (
        HEAD + "state: {x: 0}\nevents: {p: {}}\n" + START + "rules:\n"
        + "".join(f"  r{at}: {{when: p, if: x >= 0, then: [{{add: {{x: 1}}}}]}}\n" for at in range(10_000)), (2,),
    ),
    "10,000 actors": (HEAD + "actors:\n" + "".join(f"  a{at}: {{}}\n" for at in range(10_000)), (0,)),
    "3,000 things at one instant": (
        HEAD + "events: {p: {}}\ntimeline:\n" + "".join(f"  t{at}: {{at: 2025-01-02, event: p}}\n" for at in range(3_000)), (0,),
    ),
    "what-ifs that combine what-ifs": (
        HEAD + "parameters: {a: 1}\nwhat_if:\n  w0: {set: {parameters.a: 2}}\n"
        + "".join(f"  w{at}: {{combine: [w{at - 1}, w{at - 1}, w{at - 1}]}}\n" for at in range(1, 60)), (0,),
    ),
    "members of members twice over": (
        HEAD + "actors:\n  a0: {}\n  b0: {}\n" + "".join(
            f"  a{at}: {{member_of: [a{at - 1}, b{at - 1}]}}\n  b{at}: {{member_of: [a{at - 1}, b{at - 1}]}}\n" for at in range(1, 64)
        ), (0,),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LARGE)
def test_a_large_scenario_is_run_or_refused(tmp_path: Path, name: str) -> None:
    text, codes = LARGE[name]
    done = ran(tmp_path, text)
    assert done.code in codes, done.err
    assert done.seconds < 2 * SLOWEST


BOMBS = {
    "brackets": "(" * 400 + "x" + ")" * 400, "signs": "-" * 900 + "x", "nots": "not " * 200 + "x > 1", "ands": " and ".join(["x > 1"] * 160),
    "dots": "x" + ".x" * 450, "power": "9 ** 9 ** 9 ** 9", "shift": "1 << 99999", "format": "'%999999999d' % 1", "repeat": "'a' * 999999999",
    "digits": "9" * 900, "call": "().__class__.__bases__[0].__subclasses__()", "names": "__import__('os').system('touch canary')",
    "lambda": "(lambda: x)()", "walrus": "(y := x)", "comprehension": "[x for x in x]", "null": "x\\0", "choices": "x if x > 1 else " * 60 + "x",
}  # fmt: skip


def test_an_expression_bomb_is_refused(tmp_path: Path) -> None:
    rules = "".join(f"  r{at}: {{when: p, if: {flow(text)}, then: [{{event: q}}]}}\n" for at, text in enumerate(BOMBS.values()))
    done = ran(tmp_path, f"{HEAD}state: {{x: 1}}\nevents: {{p: {{}}, q: {{}}}}\nrules:\n{rules}")
    assert done.code == 2
    refused = set(re.findall(r"error\[E(?:2|1)\d\d\].*?at rules\.(r\d+)\.if", done.err, re.DOTALL))
    assert len(refused) == len(BOMBS), [name for at, name in enumerate(BOMBS) if f"r{at}" not in refused]
    assert done.seconds < SLOWEST
    assert [path.name for path in tmp_path.iterdir()] == ["hostile.yaml"]


def test_a_tag_runs_nothing(tmp_path: Path) -> None:
    done = ran(tmp_path, f"{HEAD}title: !!python/object/apply:os.system ['touch canary']\n")
    assert done.code == 2
    assert "E008" in done.err
    assert not (tmp_path / "canary").exists()


def test_nothing_outside_the_folder_is_included(tmp_path: Path) -> None:
    (tmp_path / "leading.yaml").symlink_to("/etc/passwd")
    for path in ("/etc/passwd", "../other.yaml", "https://example.org/a.yaml", "leading.yaml", "hostile.yaml"):
        done = ran(tmp_path, f"{HEAD}include: {path}\n")
        assert done.code == 2
        assert re.match(r"hostile\.yaml:4:10: error\[E013\]: ", done.err)


def test_a_compressed_file_is_no_scenario(tmp_path: Path) -> None:
    done = ran(tmp_path, gzip.compress(HEAD.encode() * 10_000))
    assert done.code == 2
    assert re.search(r"error\[E00\d\]", done.err)


def test_there_are_no_patterns_of_text(tmp_path: Path) -> None:
    done = ran(tmp_path, rule("{when: p, if: \"matches('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', '(a+)+$')\", then: [{event: q}]}"))
    assert done.code == 2
    assert "E202" in done.err


def test_a_name_may_be_that_of_a_function(tmp_path: Path) -> None:
    """Functions stand before a bracket and nowhere else, so whoever names an event `count` gets what he means."""
    text = f"""{HEAD}events: {{count: {{}}, sum: {{fields: {{min: number}}}}, print: {{}}, exec: {{}}}}
actors: {{round: {{}}, floor: {{}}}}
state: {{max: 0, abs: 1, class: 2, import: 3, v: 4, w: 5}}
timeline: {{t: {{at: 2025-01-02, event: count}}}}
rules:
  clamp:
    when: count
    if: "count(count) > 0 and max == 0 and abs(abs) > 0 and class + import + v + w == 14"
    then: [{{event: sum, by: round, with: {{min: "max(max, abs) + 1"}}}}, {{set: {{max: "sum(sum.min) + 7"}}}}, {{event: exec}}]
"""
    entries = face.reread({"scenario.yaml": text}).run().log.entries
    assert [(entry.event, entry.data, entry.changes) for entry in entries[2:-1]] == [
        ("change", {}, {"state.max": (0, 7)}), ("sum", {"min": 2}, {}), ("exec", {}, {}),
    ]  # fmt: skip
    for name in ("now", "true", "none", "event", "__x__"):
        assert ran(tmp_path, f"{HEAD}state: {{{name}: 1}}\n").code == 2


@pytest.mark.parametrize("seed", ["-1", str(2**63), str(2**200), "1.5", "x", "true", "[1]", "", "1e3", "٣x"])
def test_a_seed_is_a_whole_number(tmp_path: Path, seed: str) -> None:
    (tmp_path / "fine.yaml").write_text(HEAD, encoding="utf-8")
    done = sim(tmp_path, "run", "fine.yaml", f"--seed={seed}")
    assert done.code == 2
    assert "seed" in done.err
    assert not (tmp_path / "results").exists()


def test_limits_hold_without_asserts(tmp_path: Path) -> None:
    text, code = RUNS["two rules answer each other"]
    done = ran(tmp_path, text, "-O")
    assert done.code == 3
    assert code in done.err


def test_a_log_that_grows_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "MOST_ENTRIES", 5_000)
    text = rule("{when: p, after: {uniform: [1h, 2h]}, then: [{event: p}, {event: p}]}")
    with pytest.raises(RunStopped) as stopped:
        face.reread({"scenario.yaml": text}).run()
    assert stopped.value.code == "E508"


def test_turns_without_end_inside_one_instant_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the chain of causes is long: each event brings three, so a chain of nine has turns enough."""
    monkeypatch.setattr(kernel, "MOST_TURNS", 20_000)
    text = rule("{when: p, then: [{event: p}, {event: p}, {event: p}]}")
    with pytest.raises(RunStopped) as stopped:
        face.reread({"scenario.yaml": text}).run()
    assert stopped.value.code == "E503"


MULTIPLY = {
    "two at once": rule("{when: p, then: [{event: p}, {event: p}]}"),
    "two an hour later": rule("{when: p, after: 1h, then: [{event: p}, {event: p}]}"),
    "two within two hours": rule("{when: p, after: {uniform: [1h, 2h]}, then: [{event: p}, {event: p}]}"),
    "one each microsecond": rule("{when: p, after: 0.000001s, then: [{event: p}]}"),
    "ticks of a microsecond that bring nothing": rule("{when: {every: 0.000001s}, if: happened(q), then: [{event: p}]}"),
}


@pytest.mark.campaign
@pytest.mark.parametrize("name", MULTIPLY)
def test_what_multiplies_is_stopped_at_the_real_limits(tmp_path: Path, name: str) -> None:
    """A log of ten million entries fills some gigabytes and most of a minute before it is stopped."""
    (tmp_path / "hostile.yaml").write_text(MULTIPLY[name], encoding="utf-8")
    done = sim(tmp_path, "run", "hostile.yaml", "--quiet", limit=300)
    assert done.code == 3
    assert re.search(r"error\[E50[238]\]", done.err)
