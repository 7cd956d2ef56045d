"""What a case is: open, held as a licence, or suspended; and which entries make it so.

In: nothing. Out: `standing_after`, by which a run and a log tell alike what each case is.
"""

from __future__ import annotations

__all__ = ["DONE", "HELD", "MOVES", "OPEN", "STANDINGS", "SUSPENDED", "standing_after"]

OPEN, HELD, SUSPENDED = "open", "held", "suspended"
STANDINGS = (OPEN, HELD, SUSPENDED)
"""Under way; approved, and a licence its applicant holds; a licence that cannot be used for now. All else is over."""

MOVES: dict[str, dict[str | None, str | None]] = {
    "opened": {None: OPEN},
    "approved": {OPEN: HELD}, "refused": {OPEN: None}, "withdrawn": {OPEN: None},
    "licence_suspended": {HELD: SUSPENDED}, "licence_resumed": {SUSPENDED: HELD},
    "licence_revoked": {HELD: None, SUSPENDED: None}, "licence_expired": {HELD: None, SUSPENDED: None},
}  # fmt: skip
"""Which entries `P.word` make a case what. An open case that is suspended stands still, and is open."""

DONE = {"withdraw": "withdrawn", "suspend": "licence_suspended", "resume": "licence_resumed", "revoke": "licence_revoked"}
"""What may be done to cases, and the entries that say so."""


def standing_after(standing: str | None, word: str) -> str | None:
    """What a case is after an entry `P.word`; None if nothing any longer."""
    return MOVES[word].get(standing, standing)
