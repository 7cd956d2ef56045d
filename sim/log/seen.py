"""What a watched run saw beside its log, for those who ask why something did not happen.

In: nothing. Out: the names of what the engine's watch keeps: readers know the log and this, not the engine.
"""

from __future__ import annotations

from sim.engine.watching import ACCEPTED, Asked, Ended, Watch

__all__ = ["ACCEPTED", "Asked", "Ended", "Watch"]
