"""The laws of execution, each tried on scenarios made by chance (order, snapshot, determinism, cause, keyed chance).

In: scenarios (`tests/strategies.py`). Out: for every law, that it holds of all of them, or the smallest one of which it does not.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from itertools import pairwise
from math import fsum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import clock, face
from sim.analysis.compare import compare
from sim.engine import Run as Execution
from sim.engine.compile import compile_scenario
from sim.errors import RunStopped
from sim.language.shapes_file import HEAD
from sim.log.reading import read_log
from tests.constructs import CONSTRUCTS, at_work
from tests.harness import Entry, Log
from tests.influence import reach_of
from tests.strategies import Data, owing_scenarios, scenarios, shuffled, yaml_text

SEEDS = st.integers(0, 2**63 - 1)
SECOND = 1_000_000
HOUR = 3_600 * SECOND


def read(scenario: Data) -> face.Loaded:
    return face.reread({"scenario.yaml": yaml_text(scenario)})


def split(data: st.DataObject, scenario: Data) -> face.Loaded:
    """A scenario with its sections spread over three files by chance."""
    files: list[Data] = [{key: value for key, value in scenario.items() if key in HEAD}, {}, {}]
    for section, things in scenario.items():
        if section in HEAD:
            continue
        if isinstance(things, dict):
            for key, value in things.items():
                files[data.draw(st.integers(0, 2))].setdefault(section, {})[key] = value
        else:
            files[data.draw(st.integers(0, 2))][section] = things
    own, *parts = files
    texts = {f"{number}.yaml": yaml_text(part) for number, part in enumerate(parts) if part}
    return face.reread({"scenario.yaml": yaml_text({**own, "include": list(texts)}), **texts})


def ran(scenario: Data, seed: int = 0, what_if: str | None = None) -> face.Run:
    return read(scenario).run(what_if, seed=seed)


def entry_lines(run: face.Run) -> list[str]:
    """The lines of the log's file without the header, which says what was asked."""
    return list(run.lines())[1:]


def seen(entry: Entry, keys: Mapping[int, str]) -> tuple[Any, ...]:
    """All that an entry says, with ids replaced by keys: what must not change when others come or go."""
    because = {name: (value, tuple(keys[writer] for writer in writers)) for name, (value, writers) in entry.because.items()}
    cause = None if entry.cause is None else keys[entry.cause]
    return (
        entry.key, entry.time, entry.event, entry.by, entry.to, entry.via, entry.status, entry.case, entry.rule, cause, because,
        entry.data, entry.changes, entry.norms, entry.source,
    )  # fmt: skip


def all_seen(log: Log, leave_out: Collection[int] = ()) -> list[tuple[Any, ...]]:
    """Every entry whose id is not left out, in order; `start` and `end` speak of all things and are left out."""
    keys = {entry.id: entry.key for entry in log.entries}
    return [seen(entry, keys) for entry in log.entries[1:-1] if entry.id not in leave_out]


# ---- the log of any run


def holds_together(log: Log) -> None:
    """Ids are dense, keys unique, time runs forward; every cause and every writer stands above."""
    entries = log.entries
    assert [entry.id for entry in entries] == list(range(len(entries)))
    assert len({entry.key for entry in entries}) == len(entries)
    assert (entries[0].event, entries[-1].event) == ("start", "end")
    assert all(earlier.time <= later.time for earlier, later in pairwise(entries))
    for entry in entries[1:-1]:
        assert entry.cause is not None
        assert 0 <= entry.cause < entry.id
        assert all(0 <= writer < entry.id for _, writers in entry.because.values() for writer in writers)
        assert log.header.period[0] <= entry.time < log.header.period[1]


class Whole(Execution):
    """An execution that can be looked into when it is over."""

    def take_apart(self) -> None:
        """Stay whole."""


def replays(log: Log, execution: Execution) -> None:
    """The changes, carried out down the log, each find what they say was there, and give the world and its last writers."""
    world: dict[str, Any] = {}
    writers: dict[str, int] = {}
    together: dict[str, tuple[Any, ...]] = {}
    for entry in log.entries:
        for path, (old, new) in entry.changes.items():
            commit = (entry.time, entry.cause, old, new)  # what several rules add on one occasion is one change, told by each
            assert path not in world or world[path] == old or together[path] == commit, f"{entry.key}: {path} was {world[path]}, not {old}"
            world[path], together[path] = new, commit
            writers[path] = entry.id
        if entry.event.endswith((".enacted", ".repealed", ".expired")):
            writers[f"in_force.{entry.event.rpartition('.')[0]}"] = entry.id
    for number, slot in enumerate(execution.program.slots):
        value = execution.world.values[number]
        readable = clock.seconds(value) if slot.type == "duration" else clock.iso(value, "UTC") if slot.type == "instant" else value
        assert world[slot.path] == readable
        assert writers[slot.path] == execution.world.writers[number]


def test_every_log_holds_together_and_every_construct_is_at_work(tmp_path: Path) -> None:
    found: Counter[str] = Counter()
    runs = []

    @settings(max_examples=300)
    @given(scenarios(), SEEDS)
    def tried(scenario: Data, seed: int) -> None:
        run = ran(scenario, seed)
        holds_together(run.log)
        execution = Whole(compile_scenario(run.scenario), seed, 0, run.scenario.until)
        execution.recording()
        replays(run.log, execution)
        stored = tmp_path / "log.jsonl"
        stored.write_text("".join(run.lines()), encoding="utf-8", newline="")
        assert read_log(stored) == run.log
        found.update(at_work(scenario, run.log))
        runs.append(len(run.log.entries))

    tried()
    assert sorted(runs)[len(runs) // 2] >= 100
    rare = {name: found[name] for name in CONSTRUCTS if found[name] < len(runs) / 6}
    assert not rare, f"of {len(runs)} runs: {rare}"


def test_the_same_seed_is_the_same_log_and_another_seed_another() -> None:
    parted = []

    @settings(max_examples=60)
    @given(scenarios(), SEEDS)
    def tried(scenario: Data, seed: int) -> None:
        loaded = read(scenario)
        lines = list(loaded.run(seed=seed).lines())
        assert lines == list(loaded.run(seed=seed).lines()), "one program, run twice"
        assert lines == list(ran(scenario, seed).lines()), "compiled anew"
        parted.append(entry_lines(loaded.run(seed=seed ^ 1)) != lines[1:])
        parted.append(entry_lines(loaded.run(seed=seed, replication=1)) != lines[1:])

    tried()
    assert sum(parted) >= 0.95 * len(parted)


@settings(max_examples=40)
@given(scenarios(), SEEDS)
def test_an_empty_what_if_is_the_baseline(scenario: Data, seed: int) -> None:
    what_ifs = {"nothing": {}, "as_it_is": {"set": {"parameters.calm_share": 0.6}}, "both": {"combine": ["nothing", "as_it_is"]}}
    baseline = entry_lines(ran(scenario, seed))
    for what_if in what_ifs:
        assert entry_lines(ran({**scenario, "what_if": what_ifs}, seed, what_if)) == baseline


@settings(max_examples=80)
@given(scenarios(), SEEDS, st.data())
def test_the_order_of_the_file_changes_nothing(scenario: Data, seed: int, data: st.DataObject) -> None:
    other = shuffled(data.draw, scenario)
    one, two = ran(scenario, seed), ran(other, seed)
    assert entry_lines(one) == entry_lines(two)
    assert one.measures == two.measures


def test_duties_and_exemptions_hold_together_whatever_the_order_of_the_file() -> None:
    found: Counter[str] = Counter()

    @settings(max_examples=60)
    @given(owing_scenarios(), SEEDS, st.data())
    def tried(scenario: Data, seed: int, data: st.DataObject) -> None:
        run = ran(scenario, seed)
        holds_together(run.log)
        execution = Whole(compile_scenario(run.scenario), seed, 0, run.scenario.until)
        execution.recording()
        replays(run.log, execution)
        assert entry_lines(ran(shuffled(data.draw, scenario), seed)) == entry_lines(run)
        found.update({entry.event.rpartition(".")[2] for entry in run.log.entries if entry.event.startswith(("owed.", "reply."))})
        found.update({"begun" for entry in run.log.entries if "duty" in entry.data})

    tried()
    assert all(found[word] >= 15 for word in ("enacted", "repealed", "fulfilled", "breached", "begun")), found


@settings(max_examples=60)
@given(scenarios(), SEEDS, st.data())
def test_a_scenario_in_several_files_is_the_same(scenario: Data, seed: int, data: st.DataObject) -> None:
    one, several = read(scenario), split(data, scenario)
    assert several.scenario().digest == one.scenario().digest
    assert entry_lines(several.run(seed=seed)) == entry_lines(one.run(seed=seed))


@settings(max_examples=40)
@given(scenarios(), SEEDS)
def test_a_run_compared_with_itself_is_the_same(scenario: Data, seed: int) -> None:
    log = ran(scenario, seed).log
    found = compare(log, log)
    assert not found.differs
    assert found.counts["same"] == len(log.entries)
    assert found.first_divergence is None


# ---- keyed chance: what comes or goes changes only what follows from it


FOLLOWED = ("count(alarm, in_last=5d) > 1", "tension > 2", "since(order, default=0s) > 20h", "not in_force(curb)", "now > seen + 2d")


@st.composite
def strangers(draw: Callable[[Any], Any], scenario: Data) -> Data:
    """The scenario with things that hear everything and draw much, but write and make only what nobody else knows."""
    name = draw(st.sampled_from(["aa", "mm", "zz"]))
    heard = draw(
        st.sampled_from(["alarm", "order", "sale", "licence.opened", "licence.approved", "curb.violated", "contradiction", "claim"])
    )
    own = {"event": f"{name}_noise", "by": draw(st.sampled_from(["firm", "state", f"{name}_actor"]))}
    rules = {
        f"{name}_hears": {"when": [heard, "order"], "chance": 0.8, "then": [own, {"add": {f"{name}_sum": {"uniform": [0, 1]}}}]},
        f"{name}_delays": {
            "when": heard,
            "after": {"exponential": "2d"},
            "then": [own, {"set": {f"{name}_seen": "now"}}],
        },
        f"{name}_echoes": {
            "when": f"{name}_noise",
            "times": 40,
            "if": "count(alarm) >= 0",
            "then": [{"open": f"{name}_way", "by": "firm"}],
        },
        f"{name}_follows": {
            "when": {"condition": draw(st.sampled_from(FOLLOWED)), "lasts": draw(st.sampled_from(["0s", "3h"]))},
            "then": [own, {"add": {f"{name}_sum": 1}}],
        },
        f"{name}_waits": {
            "when": heard,
            "times": 30,
            "after": {"condition": draw(st.sampled_from(FOLLOWED))},
            "then": [own],
        },
        f"{name}_ticks": {"when": {"every": {"exponential": "30h"}}, "then": [own, {"enact": f"{name}_ban"}]},
        f"{name}_wonders": {"when": heard, "then": [{"decide": f"{name}_choice"}]},
    }
    options = {f"{name}_a": {"weight": "1 + tension / 9", "then": [own]}, f"{name}_b": {"then": [{"add": {f"{name}_sum": 1}}]}}
    timeline = {f"{name}_date": {"at": {"uniform": ["2025-01-05", "2025-02-20"]}, **own}}
    added: Data = {
        "actors": {f"{name}_actor": {"part_of": "state"}, f"{name}_desk": {"capacity": 1}},
        "events": {f"{name}_noise": {}},
        "state": {f"{name}_sum": {"start": 0, "max": 5}, f"{name}_seen": {"start": "2025-01-01"}},
        "norms": {f"{name}_ban": {"forbid": f"{name}_noise", "obeyed": 0.5, "in_force": False}},
        "decisions": {f"{name}_choice": {"by": f"{name}_actor", "options": options}},
        "procedures": {
            f"{name}_way": {"steps": {f"{name}_step": {"by": f"{name}_desk", "takes": {"uniform": ["1h", "3d"]}, "refuses": 0.3}}}
        },
        "timeline": timeline,
        "rules": rules,
    }
    before = draw(st.booleans())  # in front of everything that was there, or behind
    return {
        section: ({**added[section], **value} if before else {**value, **added[section]}) if section in added else value
        for section, value in scenario.items()
    } | {"stranger": name}


@settings(max_examples=100)
@given(st.data(), scenarios(), SEEDS)
def test_what_is_inserted_and_read_by_nobody_changes_nothing_else(data: st.DataObject, scenario: Data, seed: int) -> None:
    larger = dict(data.draw(strangers(scenario)))
    name = larger.pop("stranger")
    before, after = ran(scenario, seed), ran(larger, seed)
    with_it = after.log.entries

    def is_strange(entry: Entry) -> bool:
        return bool(re.search(rf"\b{name}_", f"{entry.rule} {entry.event}"))

    strange = [entry for entry in with_it[1:-1] if is_strange(entry)]
    assert len(strange) > 10, "what is inserted must really come to bear"
    assert all_seen(before.log) == all_seen(after.log, {entry.id for entry in strange})

    found = compare(before.log, after.log)
    new = {pair.entry.key for pair in found.pairs if pair.kind == "new"}
    assert new == {entry.key for entry in strange}
    assert {pair.entry.event for pair in found.pairs if pair.kind not in ("new", "same")} <= {"end"}
    assert all(f"{name}_" in path for path in found.started)


def descends(log: Log, is_first: Callable[[Entry], bool]) -> set[int]:
    """The ids of the entries of which this is true, and of all that follows from them."""
    found: set[int] = set()
    for entry in log.entries:
        if entry.cause in found or is_first(entry):
            found.add(entry.id)
    return found


@pytest.mark.parametrize(("made", "examples", "share"), [(scenarios(), 120, 0.4), (owing_scenarios(), 60, 0.3)], ids=["any", "owing"])
def test_what_comes_or_goes_changes_only_what_follows_from_it_and_what_reads_it(
    made: st.SearchStrategy[Data], examples: int, share: float
) -> None:
    compared: list[float] = []
    gone: list[int] = []

    @settings(max_examples=examples)
    @given(st.data(), made, SEEDS)
    def tried(data: st.DataObject, scenario: Data, seed: int) -> None:
        whole = ran(scenario, seed).log
        fired = {entry.rule for entry in whole.entries}
        paths = [f"{section}.{key}" for section in ("rules", "timeline") for key in scenario[section] if f"{section}.{key}" in fired]
        path = data.draw(st.sampled_from(paths))
        section, key = path.split(".")
        smaller = {**scenario, section: {name: item for name, item in scenario[section].items() if name != key}}
        reach = reach_of(scenario, path)

        def may_differ(entry: Entry) -> bool:
            if entry.rule == path or entry.rule in reach.readers or entry.event in reach.judged:
                return True
            return entry.event.partition(".")[0] in reach.cases and entry.rule is not None and entry.rule.startswith("procedures.")

        logs = (whole, ran(smaller, seed).log)
        kept = []
        for log in logs:
            left_out = descends(log, may_differ)
            kept.append({row[0]: row for row in all_seen(log, left_out)})
        assert kept[0].keys() == kept[1].keys()
        for name, row in kept[0].items():
            assert row == kept[1][name]
        compared.append(len(kept[0]) / (len(whole.entries) - 2))
        gone.append(len(whole.entries) - len(logs[1].entries))

    tried()
    assert sum(part > 0.2 for part in compared) >= share * len(compared), "too little is compared for the law to mean much"
    assert sum(number != 0 for number in gone) >= 0.8 * len(gone), "what is deleted must have come to bear"


# ---- decisions


def forced(scenario: Data, option: str) -> Data:
    """The scenario whose decision is forced to an option."""
    return {**scenario, "decisions": {"course": {**scenario["decisions"]["course"], "choose": option}}}


def test_to_force_what_was_drawn_anyway_changes_nothing() -> None:
    alike: list[bool] = []

    @settings(max_examples=200)
    @given(scenarios(), SEEDS)
    def tried(scenario: Data, seed: int) -> None:
        run = ran(scenario, seed)
        chosen = [(entry.id, entry.data["option"]) for entry in run.log.entries if entry.event == "decision"]
        if not chosen:
            return
        option = str(chosen[0][1])
        other = ran(forced(scenario, option), seed)
        parting = next((number for number, drawn in chosen if drawn != option), None)
        assert entry_lines(run)[:parting] == entry_lines(other)[:parting]
        if parting is None:
            assert entry_lines(run) == entry_lines(other)
        alike.append(parting is None)

    tried()
    assert 0 < sum(alike) < len(alike) - 20, f"{sum(alike)} of {len(alike)}"


def test_an_option_without_weight_changes_nothing() -> None:
    taken: list[int] = []

    @settings(max_examples=80)
    @given(scenarios(), SEEDS, st.sampled_from(["aa", "mm", "zz"]))
    def tried(scenario: Data, seed: int, name: str) -> None:
        course = scenario["decisions"]["course"]
        then = [{"event": "alarm", "with": {"v": {"uniform": [0, 9]}}}, {"enact": "ban"}]
        larger = {**course, "options": {**course["options"], name: {"weight": 0, "then": then}}}
        before, after = ran(scenario, seed), ran({**scenario, "decisions": {"course": larger}}, seed)
        for entry in after.log.entries:
            if entry.event == "decision" and isinstance(weights := entry.data["weights"], dict):
                assert weights.pop(name) == 0
                taken.append(entry.id)
        assert all_seen(before.log) == all_seen(after.log)

    tried()
    assert len(taken) > 200


# ---- chance hangs on names alone, so it survives queues


def desk_scenario(capacity: int | None, extra: bool, interval: str, takes: Data) -> Data:
    desk: Data = {} if capacity is None else {"capacity": capacity}
    steps: Data = {"look": {"by": "desk", "takes": takes}, "check": {"by": "other"}, "sign": {"by": "desk_two", "takes": takes}}
    if extra:
        steps = {"first": {"by": "other", "takes": "5h"}, **steps}
    return {
        "language": 1, "scenario": "desk", "period": {"from": "2025-01-01", "until": "2025-06-01"},
        "actors": {"firm": {}, "desk": desk, "other": {}, "desk_two": dict(desk)},
        "procedures": {"way": {"steps": steps}},
        "rules": {"apply": {"when": {"every": {"exponential": interval}}, "then": [{"open": "way", "by": "firm"}]}},
    }  # fmt: skip


def decisions(run: face.Run, step: str) -> dict[str, tuple[int, int]]:
    """For each case, when it came to a step and when it was decided there."""
    entries = run.log.entries
    return {
        str(entry.case): (entries[entry.cause].time, entry.time)
        for entry in entries
        if entry.event == f"way.{step}" and entry.cause is not None
    }


@settings(max_examples=25)
@given(
    st.sampled_from([1, 2, 3, 5]), st.booleans(), st.sampled_from(["20h", "31h", "50h"]),
    st.sampled_from([{"uniform": ["10h", "40h"]}, {"exponential": "25h"}, {"lognormal": {"median": "20h", "spread": 2}}]), SEEDS,
)  # fmt: skip
def test_work_takes_as_long_whatever_the_queue(capacity: int, extra: bool, interval: str, takes: Data, seed: int) -> None:
    free = decisions(ran(desk_scenario(None, False, interval, takes), seed), "look")
    run = ran(desk_scenario(capacity, extra, interval, takes), seed)
    queued = decisions(run, "look")
    begun: list[int] = [0] * capacity
    checked = 0
    for opened in (entry for entry in run.log.entries if entry.event == "way.opened"):
        case = str(opened.case)
        if case not in free:
            break  # its work would have ended after the period, so how long it takes nobody knows
        arrived, decided = free[case]
        ends = max(arrived + (5 * HOUR if extra else 0), heapq.heappop(begun)) + decided - arrived
        assert queued[case][1] == ends if case in queued else ends >= run.scenario.until
        heapq.heappush(begun, ends)
        checked += 1
    assert checked > 10


# ---- one occasion


TWO_RULES: Data = {
    "language": 1, "scenario": "one", "period": {"from": "2025-01-01", "until": "2025-02-01"},
    "events": {"go": {}, "a": {}, "b": {}, "c": {}}, "timeline": {"t": {"at": "2025-01-02", "event": "go"}},
}  # fmt: skip


@settings(max_examples=40)
@given(st.permutations(range(5)), st.lists(st.integers(-99, 99), min_size=5, max_size=5), st.permutations("abcde"))
def test_rules_of_one_event_read_the_world_as_it_was(targets: list[int], starts: list[int], names: list[str]) -> None:
    rules = {
        f"r_{name}": {"when": "go", "then": [{"set": {f"x{at}": f"x{target}"}}]}
        for at, (target, name) in enumerate(zip(targets, names, strict=True))
    }
    state = {f"x{at}": start for at, start in enumerate(starts)}
    log = ran({**TWO_RULES, "state": state, "rules": rules}).log
    final = {path: new for entry in log.entries for path, (_, new) in entry.changes.items()}
    assert [final[f"state.x{at}"] for at in range(5)] == [starts[target] for target in targets]


@settings(max_examples=60)
@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=6), st.floats(-1e6, 0), st.floats(0, 1e6), st.data())
def test_what_is_added_commutes_and_is_walled_once(amounts: list[float], low: float, high: float, data: st.DataObject) -> None:
    rules = [{"when": "go", "then": [{"add": {"x": amount}}]} for amount in amounts]
    expected = max(low, min(high, fsum([0, *amounts])))
    for order in (range(len(rules)), data.draw(st.permutations(range(len(rules))))):
        named = {f"r{place}": rules[at] for place, at in enumerate(order)}
        log = ran({**TWO_RULES, "state": {"x": {"start": 0, "min": low, "max": high}}, "rules": named}).log
        written = [entry for entry in log.entries if entry.event == "change"]
        assert len(written) == len(amounts)
        assert {entry.changes["state.x"][1] for entry in written} == {expected}


@settings(max_examples=60)
@given(st.permutations(range(6)), SEEDS)
def test_the_order_of_effects_orders_acts_alone(order: list[int], seed: int) -> None:
    then: list[Data] = [
        {"event": "a", "by": "who"}, {"set": {"x": "x + 1"}}, {"enact": "ban"}, {"event": "b"}, {"add": {"y": {"uniform": [0, 1]}}},
        {"event": "c", "by": "who"},
    ]  # fmt: skip
    base: Data = {**TWO_RULES, "actors": {"who": {}}, "state": {"x": 0, "y": 0}}
    base["norms"] = {"ban": {"forbid": "a", "obeyed": 0.5, "in_force": False}}
    logs = [ran({**base, "rules": {"r": {"when": "go", "then": effects}}}, seed).log for effects in (then, [then[at] for at in order])]
    one, two = (all_seen(log) for log in logs)
    assert sorted(one, key=lambda row: row[0]) == sorted(two, key=lambda row: row[0])
    acts = [row[2] for row in two if row[2] in "abc"]
    assert acts == [then[at]["event"] for at in order if "event" in then[at]]
    assert [row[2] for row in one][1:3] == [row[2] for row in two][1:3] == ["change", "ban.enacted"]


@settings(max_examples=30)
@given(st.data(), st.sampled_from(["set", "set and add", "law"]), st.permutations(["early", "late", "other"]))
def test_a_conflict_is_told_alike_in_either_order(data: st.DataObject, kind: str, names: list[str]) -> None:
    conflicts: dict[str, list[Data]] = {
        "set": [{"set": {"x": 1}}, {"set": {"x": 2}}],
        "set and add": [{"set": {"x": 1}}, {"add": {"x": 1}}],
        "law": [{"enact": "ban"}, {"repeal": "ban"}],
    }
    rules = {name: {"when": "go", "then": [effect]} for name, effect in zip(names, [*conflicts[kind], {"event": "c"}], strict=True)}
    base = {**TWO_RULES, "state": {"x": 0}, "norms": {"ban": {"forbid": "a"}}, "rules": rules}
    told = []
    for scenario in (base, shuffled(data.draw, base)):
        with pytest.raises(RunStopped) as stopped:
            ran(scenario)
        told.append((stopped.value.code, stopped.value.text, stopped.value.path, stopped.value.instant))
    assert told[0] == told[1]
    assert told[0][0] == "E501"
    assert all(f"rules.{name}" in told[0][1] for name in names[:2])


# ---- the world and the log give one answer

LAST = "2025-02-28 23:59:59"
SINCE = "2025-02-08 23:59:59"
EVENTS = ("alarm", "order", "sale", "strike", "echo", "claim", "contradiction", "licence.opened", "licence.approved", "licence.review",
          "licence.council.enacted", "curb.blocked", "curb.violated", "permit.approved", "decision")  # fmt: skip
FILTERED = ("", "", "by=firm", "by=state", "by=club", "to=state", "by=ministry, to=rival", "via=firm", "by=firm, via=trader")
NUMBERS = ("alarm.v", "order.v", "sale.v", "echo.v", "sale.d", "licence.approved.duration", "licence.opened.v")
KINDS = {
    "count": "0", "happened": "false", "first": LAST[:10], "last": LAST[:10], "since": "0h", "sum": "0", "mean": "0", "median": "0",
}  # fmt: skip


@st.composite
def questions(draw: Callable[[Any], Any]) -> tuple[str, str, str]:
    """A question as a rule asks it at the last instant and as a measure asks it; and how an answer starts in state."""
    function = draw(st.sampled_from(sorted(KINDS)))
    what = draw(st.sampled_from(NUMBERS if function in ("sum", "mean", "median") else EVENTS))
    event = what.removesuffix(".v").removesuffix(".d")
    filters = [text for text in [draw(st.sampled_from(FILTERED))] if text]
    wheres = []
    if event in ("alarm", "order", "sale", "echo", "licence.opened"):
        wheres = draw(st.sampled_from([[], [], ["event.v > 3"], ["event.v > 1", "event.by in club"], ["event.at < 2025-02-01"]]))
    lasting = draw(st.booleans())
    start = "0h" if what.endswith((".d", ".duration")) and function in ("sum", "mean", "median") else KINDS[function]
    default = [f"default={start}"] if function in ("first", "last", "since", "mean", "median") else []

    def asked(in_last: list[str], conditions: list[str]) -> str:
        where = [f"where={' and '.join(conditions)}"] if conditions else []
        return f"{function}({', '.join([what, *filters, *where, *in_last, *default])})"

    of_world = asked(["in_last=20d"] if lasting else [], wheres)
    of_log = asked([], [*wheres, f"event.at >= {SINCE}"] if lasting else wheres)
    return of_world, of_log, start


def test_world_and_log_answer_every_question_alike() -> None:
    answered: Counter[str] = Counter()
    some: Counter[str] = Counter()

    @settings(max_examples=90)
    @given(scenarios(), SEEDS, st.lists(questions(), min_size=15, max_size=15))
    def tried(scenario: Data, seed: int, asked: list[tuple[str, str, str]]) -> None:
        period = {"from": "2025-01-01", "until": f"{LAST}.000001"}
        state = {**scenario["state"], **{f"q{at}": {"start": start} for at, (_, _, start) in enumerate(asked)}}
        probe = {"at": LAST, "set": {f"q{at}": question for at, (question, _, _) in enumerate(asked)}}
        measures = {f"m{at}": question for at, (_, question, _) in enumerate(asked)} | {
            f"w{at}": f"final(q{at})" for at in range(len(asked))
        }
        timeline = {**scenario["timeline"], "zz_probe": probe}
        run = ran({**scenario, "period": period, "state": state, "timeline": timeline, "measures": measures}, seed)
        for at, (question, of_log, start) in enumerate(asked):
            of_world, measured = run.measures[f"w{at}"], run.measures[f"m{at}"]
            if question.startswith("since") and measured:
                measured -= 1  # a measure looks back from `until`, a microsecond after the last instant
            assert of_world == measured, f"{question} in the world, {of_log} over the log"
            function = question.partition("(")[0]
            answered[function] += 1
            some[function] += str(of_world).lower() not in (start, "0", "0.0", "false")

    tried()
    assert set(answered) == set(KINDS)
    few = {function: f"{some[function]} of {answered[function]}" for function in KINDS if some[function] < 3}
    assert not few, f"too few questions have an answer: {few}"


@settings(max_examples=40)
@given(scenarios(), SEEDS)
def test_peak_low_and_final_are_those_of_the_course(scenario: Data, seed: int) -> None:
    slots = {"tension": "state.tension", "level": "state.level", "firm.goods": "actors.firm.goods"}
    measures = {f"{word}_{name.replace('.', '_')}": f"{word}({name})" for name in slots for word in ("peak", "low", "final")}
    run = ran({**scenario, "measures": measures}, seed)
    course: dict[str, list[Any]] = defaultdict(list)
    for entry in run.log.entries:
        for path, (_, new) in entry.changes.items():
            course[path].append(new)
    for name, path in slots.items():
        values = course[path]
        short = name.replace(".", "_")
        assert [run.measures[f"{word}_{short}"] for word in ("peak", "low", "final")] == [max(values), min(values), values[-1]]
