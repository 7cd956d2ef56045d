"""Sessions: bodies meet by their timetables, and decide what waits for them.

In: the steps of procedures that meet. Out: their sessions, one after the other, in phase 2.
"""

from __future__ import annotations

from typing import Any

from sim.engine.cases import Session
from sim.engine.kernel import SESSIONS
from sim.engine.procedures import Procedures

__all__ = ["Sessions"]


class Sessions:
    """The sessions of one run."""

    def __init__(self, procedures: Procedures) -> None:
        self.procedures = procedures
        self.meeting = (self.meet,)

    def start(self) -> None:
        """Ask for the first session of each body, in the order of the program."""
        table = self.procedures.table
        sessions = {step.short: step.session for procedure in table.values() for step in procedure.all_steps if step.session is not None}
        for short in self.procedures.world.program.sessions:
            self.next(sessions[short])

    def next(self, session: Session) -> None:
        """The next session is asked for at the one before; the interval to it is drawn then."""
        instant = session.next(self.procedures.world.now)
        if instant is not None:
            self.procedures.kernel.ask(instant, session, self.meeting, SESSIONS)

    def meet(self, turn: Any) -> None:
        """What waits is decided, in order of arrival, as much as there is time for."""
        session: Session = turn
        self.next(session)
        most = session.per_session
        decided = session.waiting if most is None else session.waiting[:most]
        session.waiting = [] if most is None else session.waiting[most:]
        for task in decided:
            self.procedures.kernel.ask_now(self.procedures.decide_if, (task, task.stay))
