"""docs/semantics.md: what each pending clause makes of cases caught at every stage. The table is made from runs, so it is never stale.

In: one procedure, eight cases, and a change of one of its steps with each clause. Out: the table, compared; `--accept` rewrites it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sim import face
from sim.log.entries import Log

PAGE = Path(__file__).resolve().parent.parent / "docs" / "semantics.md"
BLOCK = re.compile(r"(<!-- pending -->\n)(.*?)(\n\n)", re.DOTALL)

SCENARIO = """
scenario: clauses
period: {from: 2025-01-01, until: 2025-06-01}
actors: {firm: {}, office: {capacity: 1}, board: {}, foreign: {}, council: {capacity: 1}, clerk: {}}
procedures:
  licence:
    case: {who: [queue, begun, between, session, in_council, for_council, past, held]}
    steps:
      intake: {by: office, takes: 2d}
      review: {by: board, meets: {dates: [2025-01-06, 2025-01-26, 2025-02-05, 2025-02-14, 2025-03-10, 2025-03-30]}}
      consents: {together: {foreign: {by: foreign, takes: 6d}, council: {by: council, takes: 7d, in_force: %(in_force)s}}}
      issue: {by: clerk, takes: 10d}
timeline:
  a: {at: 2025-01-01, open: licence, by: firm, with: {who: held}}
  b: {at: 2025-01-21, open: licence, by: firm, with: {who: past}}
  c: {at: 2025-01-31, open: licence, by: firm, with: {who: in_council}}
  d: {at: 2025-02-02, open: licence, by: firm, with: {who: for_council}}
  e: {at: 2025-02-05 12:00, open: licence, by: firm, with: {who: session}}
  f: {at: 2025-02-08, open: licence, by: firm, with: {who: between}}
  g: {at: 2025-02-09, open: licence, by: firm, with: {who: begun}}
  h: {at: 2025-02-09 12:00, open: licence, by: firm, with: {who: queue}}
rules:
  law: {when: {event: licence.intake, where: event.case.who == between}, times: 1, then: [{%(change)s}]}
"""
"""On day 40 a case has just passed `intake`; the change of law is heard there, so that this case is caught between two steps."""

ROWS = {
    "queue": "waits in the queue of a desk, before the step",
    "begun": "is worked on, before the step",
    "between": "is between two steps, before the step",
    "session": "waits for a session, before the step",
    "in_council": "in the `together`, worked on at the step where it is in force",
    "for_council": "in the `together`, waiting for the step where it is in force",
    "past": "is worked on, beyond the step",
    "held": "was approved before",
}

CLAUSES = {
    "enact, `finish`": ("enact", "finish"),
    "`{finish: EXPR}`": ("enact", "{finish: case.opened < 2025-02-01}"),
    "`join`": ("enact", "join"),
    "`return`": ("enact", "return"),
    "`restart`": ("enact", "restart"),
    "repeal, `finish`": ("repeal", "finish"),
    "`join` ": ("repeal", "join"),
}


def became(log: Log) -> dict[str, str]:
    """What became of each case: whether it met the step, whether it began anew, and the day on which it was approved."""
    told = {}
    opened = {entry.case: str(entry.data["who"]) for entry in log.entries if entry.event == "licence.opened"}
    begun = log.header.period[0]
    for entry in log.entries:
        if entry.event == "licence.approved":
            law, exempt, kept = (str(entry.data.get(word, "")).split() for word in ("law", "exempt", "kept"))
            own = [other for other in log.entries if other.case == entry.case]
            again = any(other.event == "licence.intake" and other.data["visit"] > 1 for other in own)
            back = not again and any(other.event == "licence.issue" and other.data["visit"] > 1 for other in own)
            way = "begins anew, " if again else "comes back, " if back else ""
            met = "keeps it" if "licence.council" in kept else "spared" if "licence.council" in exempt else "without it"
            met = met if "licence.council" not in law or "licence.council" in kept else "meets it"
            told[opened[entry.case]] = f"{way}{met}, day {(entry.time - begun) / 86_400_000_000:g}"
    return told


def table() -> str:
    """The table as the runs have it."""
    columns = []
    for verb, pending in CLAUSES.values():
        change = f"{verb}: licence.council, pending: {pending}"
        text = SCENARIO % {"in_force": "false" if verb == "enact" else "true", "change": change}
        columns.append(became(face.reread({"scenario.yaml": text}).run().log))
    head = f"| a case that | {' | '.join(name.strip() for name in CLAUSES)} |"
    rows = [f"| {what} | {' | '.join(column[who] for column in columns)} |" for who, what in ROWS.items()]
    return "\n".join([head, f"|---{'|---' * len(CLAUSES)}|", *rows])


def test_the_table_of_pending_clauses_is_what_happens(request: pytest.FixtureRequest) -> None:
    page = PAGE.read_text(encoding="utf-8")
    found = BLOCK.search(page)
    assert found, "docs/semantics.md has no table marked pending"
    made = table()
    if request.config.getoption("--accept") and found[2] != made:
        PAGE.write_text(page[: found.start(2)] + made + page[found.end(2) :], encoding="utf-8")
        return
    assert found[2] == made
