"""The seed scenario tells its story whatever the luck: what must hold of it over many seeds.

In: `scenarios/serbia_export_halt.yaml`. Out: the first seed in which a sentence of the story is not true.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from sim import clock
from sim.face import Loaded, Run, load
from sim.log.entries import Entry

PATH = Path(__file__).resolve().parents[2] / "scenarios" / "serbia_export_halt.yaml"
ZONE = "Europe/Belgrade"
SEEDS = range(31)
COUNCIL = "export_licence.council"


@cache
def scenario() -> Loaded:
    return load(PATH)


@cache
def ran(what_if: str | None, seed: int) -> Run:
    return scenario().run(what_if, seed=seed)


def entries(what_if: str | None, seed: int, event: str) -> list[Entry]:
    return [entry for entry in ran(what_if, seed).log.entries if entry.event == event]


def instant(text: str) -> int:
    return clock.parse_instant(text, ZONE)


def ends(what_if: str | None, seed: int) -> dict[str, Entry]:
    """The last entry of each decided case, by case."""
    log = ran(what_if, seed).log.entries
    return {str(entry.case): entry for entry in log if entry.event in ("export_licence.approved", "export_licence.refused")}


def told(seed: int) -> Iterator[Entry]:
    """The political entries of what happened, in order."""
    story = {"accusation", "claim", "halt", "contradiction", "demand_for_clarity"}
    return (entry for entry in ran("as_it_happened", seed).log.entries if entry.event in story)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_happened_is_logged_in_the_order_in_which_it_happened(seed: int) -> None:
    order = ["accusation", "claim", "accusation", "halt", "contradiction", "demand_for_clarity"]
    found: list[Entry] = []
    for entry in told(seed):
        if len(found) < len(order) and entry.event == order[len(found)]:
            found.append(entry)
    assert [entry.event for entry in found] == order
    first, _, second, halt, _, _ = found
    assert instant("2025-05-29") <= first.time < instant("2025-05-30")
    assert instant("2025-06-23") <= second.time <= halt.time < instant("2025-06-25")


@pytest.mark.parametrize("seed", SEEDS)
def test_everything_political_has_a_cause_and_a_source(seed: int) -> None:
    log = ran("as_it_happened", seed).log.entries
    for entry in told(seed):
        assert entry.cause is not None
        assert entry.cause < entry.id
        assert entry.source or log[entry.cause].source, f"{entry.event} (entry {entry.id}) cites nothing"


@pytest.mark.parametrize("seed", SEEDS)
def test_licences_are_issued_before_the_halt_and_meet_the_council_after_it(seed: int) -> None:
    halt = entries("as_it_happened", seed, "halt")[0].time
    assert any(entry.time < halt for entry in entries("as_it_happened", seed, "export_licence.approved"))
    decided = entries("as_it_happened", seed, COUNCIL)
    assert decided
    assert all(entry.time > halt for entry in decided)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_four_consents_are_asked_side_by_side_and_the_licence_comes_a_day_after_the_last(seed: int) -> None:
    names = ("intake", "foreign", "defence", "interior", "security", "consent")
    passed = {
        name: {str(entry.case): entry.time for entry in entries("no_second_accusation", seed, f"export_licence.{name}")} for name in names
    }
    issued = entries("no_second_accusation", seed, "export_licence.approved")
    assert issued
    for entry in issued:
        *begun_and_asked, last = (passed[name][str(entry.case)] for name in names)
        assert last == max(begun_and_asked)
        assert entry.time - last == clock.parse_duration("24h")
    first_to_answer = {min(names[1:5], key=lambda name: passed[name][str(entry.case)]) for entry in issued}
    assert len(first_to_answer) > 1, "consents in a row would always be given in one order"


@pytest.mark.parametrize("seed", SEEDS)
def test_after_the_halt_licences_come_in_batches_a_day_after_each_session(seed: int) -> None:
    sessions = [instant(text) for text in ("2025-07-31 10:00", "2025-10-30 10:00", "2026-01-29 10:00")]
    assert {entry.time for entry in entries("as_it_happened", seed, COUNCIL)} == set(sessions)
    enacted = entries("as_it_happened", seed, f"{COUNCIL}.enacted")[0].time
    day = clock.parse_duration("24h")
    late = {entry.time for entry in entries("as_it_happened", seed, "export_licence.approved") if entry.time > enacted + day}
    assert late == {session + day for session in sessions}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_first_shipment_against_the_halt_refutes_the_president(seed: int) -> None:
    refuted = [entry.time for entry in entries("as_it_happened", seed, "refuted")]
    assert refuted == [entry.time for entry in entries("as_it_happened", seed, "shipment") if entry.status == "violation"][:1]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_halt_blocks_some_shipments_and_is_not_always_obeyed(seed: int) -> None:
    shipments = entries("as_it_happened", seed, "shipment")
    assert {"done", "blocked"} <= {entry.status for entry in shipments}
    assert all(entry.norms == ("export_halt",) for entry in shipments if entry.status != "done")


def test_without_the_second_accusation_there_is_no_halt() -> None:
    assert [seed for seed in range(100) if ran("no_second_accusation", seed).measures["halted"]] == []


@pytest.mark.parametrize("seed", SEEDS)
def test_the_council_makes_licences_take_longer(seed: int) -> None:
    alone, halted = ran("no_council", seed).measures, ran(None, seed).measures
    if halted["council_decisions"]:
        assert halted["median_licence_time"] > alone["median_licence_time"]
    else:
        assert halted == alone


@pytest.mark.parametrize("seed", range(5))
def test_grandfathering_changes_the_law_for_the_cases_under_way_and_for_no_others(seed: int) -> None:
    enacted = entries("as_it_happened", seed, f"{COUNCIL}.enacted")[0].time
    joined, spared = ends("as_it_happened", seed), ends("history_grandfathered", seed)
    opened = {str(entry.case): entry.time for entry in entries("as_it_happened", seed, "export_licence.opened")}
    met = {case for case in joined.keys() & spared.keys() if joined[case].data["law"] != spared[case].data["law"]}
    under_way = {case for case, end in joined.items() if opened[case] < enacted < end.time}
    assert met == {case for case in under_way & spared.keys() if COUNCIL in joined[case].data["law"].split()}
    assert met
    for case, end in spared.items():
        assert ("exempt" in end.data) == (opened[case] < enacted < end.time), case


@pytest.mark.parametrize("seed", range(5))
def test_grandfathering_lets_the_licences_held_be_used(seed: int) -> None:
    opened = {str(entry.case): entry.time for entry in entries("history_grandfathered", seed, "export_licence.opened")}
    halt, enacted = (entries("history_grandfathered", seed, event)[0].time for event in ("halt", f"{COUNCIL}.enacted"))
    blocked = [entry for entry in entries("history_grandfathered", seed, "shipment") if entry.status == "blocked"]
    assert all(halt <= entry.time <= enacted for entry in blocked if opened[str(entry.case)] < enacted)
    assert len(blocked) < len([entry for entry in entries("as_it_happened", seed, "shipment") if entry.status == "blocked"])
