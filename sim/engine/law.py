"""Law in motion: provisions come into force, rest, and go out of force while cases are under way.

In: law writes, settled with all other writes of their occasion; acts that change the law. Out: entries `N.scheduled`, `N.enacted`,
`N.suspended`, `N.resumed`, `N.repealed`, `N.expired`, and pending cases treated. What comes by itself later: `sunsets`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sim.engine import pending
from sim.engine import program as p
from sim.engine import record as r
from sim.engine.acts import Acts
from sim.engine.cases import CLOSED, Case, Step
from sim.engine.conditions import Conditions
from sim.engine.duties import Duties
from sim.engine.kernel import LONGEST, Kernel, Turn
from sim.engine.procedures import Procedures
from sim.engine.reactions import Act, Reactions
from sim.engine.record import Extra, RawEntry
from sim.engine.settle import LawWrite
from sim.engine.sunsets import Sunsets
from sim.engine.world import Namer, World
from sim.errors import RunStopped

__all__ = ["Law"]

State = tuple[bool, bool]
"""Whether a provision is in force, and whether it is suspended."""

BECOMES: dict[str, State] = {
    "enact": (True, False), "suspend": (False, True), "resume": (True, False), "repeal": (False, False), "expire": (False, False),
}  # fmt: skip


class Law:
    """What is in force in one run."""

    def __init__(
        self, world: World, kernel: Kernel, procedures: Procedures, acts: Acts, duties: Duties, reactions: Reactions,
        conditions: Conditions | None,
    ) -> None:  # fmt: skip
        self.world = world
        self.kernel = kernel
        self.procedures = procedures
        self.acts = acts
        self.duties = duties
        self.reactions = reactions
        self.sunsets = Sunsets(world, kernel, reactions, conditions)
        self.scheduled: dict[str, dict[Turn, None]] = {}
        self.beginning = (self.begin,)
        self.namers: dict[str, Namer] = {}

    # acts

    def attempt(self, act: Act) -> None:
        """Somebody changes the law: judged now, and if it is not blocked it is a commit of its own."""
        effect, firing, (by, _, _, terms) = act
        law: Any = effect.program
        dates: Any = terms
        write = LawWrite(firing, effect, law.verb, dates, by=by, is_act=True)
        write.meant = None if effect.meant is None else effect.meant(self.world.now, firing.entry)
        if self.comes_to_nothing(write):
            return
        data = {"renewed": any(self.state(law))} if law.verb == "enact" else None
        if not self.acts.holds_back(write, law.shapes[p.LAW_WORDS[law.verb]], data):
            self.acts.commit(write)

    # writes

    def apply(self, write: LawWrite) -> None:
        """Change a provision. Enacting what is alive renews it; what changes nothing is no entry."""
        law: p.LawProgram = write.effect.program
        if self.comes_to_nothing(write):
            return
        word = self.word(write)
        if word == "scheduled":
            self.schedule(write)
            return
        was = self.state(law)
        if law.concerns_some and write.verb == "enact":
            self.impose(write, was)
            return
        entry = self.record(write, word, was, BECOMES[write.verb])
        if write.verb in ("repeal", "expire"):
            for turn in self.scheduled.pop(law.provision, {}) if write.verb == "repeal" else ():
                turn.call_off()
        self.duties.follow(write.verb, law.provision, entry)
        self.sunsets.changed(write, entry)
        self.treat(write, was, entry)
        self.tell(write, entry)

    def tell(self, write: LawWrite, entry: RawEntry) -> None:
        """Let a change be heard: in a turn of its own, and an act in the turn in which it was done."""
        write.entry = entry
        if not write.is_act:
            self.kernel.ask_now(self.reactions.hear, entry)

    def comes_to_nothing(self, write: LawWrite) -> bool:
        """Whether a change would change nothing: what is not alive is not repealed, what does not rest is not resumed."""
        law: p.LawProgram = write.effect.program
        was = self.state(law)
        match write.verb:
            case "enact":
                return law.concerns_some and not self.concerned(write)
            case "suspend":
                return was != (True, False)
            case "resume":
                return was != (False, True)
            case "repeal":
                return not any(was) and not self.scheduled.get(law.provision)
            case _:
                return not any(was)

    def word(self, write: LawWrite) -> str:
        """Under what a change is heard."""
        if write.verb == "enact" and write.begins is not None and write.begins > self.world.now:
            return "scheduled"
        return p.LAW_WORDS[write.verb]

    def state(self, law: p.LawProgram) -> State:
        values = self.world.values
        return values[law.slot], law.suspended is not None and values[law.suspended]

    def told(self, write: LawWrite) -> dict[str, Any] | None:
        """What the entry of a change says."""
        data: dict[str, Any] = {}
        word = self.word(write)
        if word == "enacted":
            data["renewed"] = any(self.state(write.effect.program))
        if write.effect.program.concerns_some and word == "enacted":
            data["cases"] = len(self.concerned(write))
        if word == "scheduled":
            data["from"] = write.begins
        elif write.ends is not None:
            data["until"] = write.ends
        return data or None

    def record(self, write: LawWrite, word: str, was: State, becomes: State) -> RawEntry:
        """Write what a provision becomes, and log it."""
        world, firing, law = self.world, write.firing, write.effect.program
        changes = []
        data = self.told(write)
        for slot, old, new in zip((law.slot, law.suspended), was, becomes, strict=True):
            if slot is not None and old != new:
                world.values[slot] = new
                changes.append((world.program.slots[slot].path, old, new, "flag"))
        origin = write.origin if write.origin is not None else firing.entry
        case, cause = r.origin_of(origin)
        if write.cause:
            cause = write.cause
        if write.origin is None:
            path, k, because = write.effect.namer.name(firing.path), firing.k, firing.because
        else:
            path, k, because = self.namer(f"{law.provision}.{word}").name(write.origin[r.PATH]), write.origin[r.K], write.because
        if word != "scheduled":
            changes += self.duties.changes(write.verb, law.provision)
        extra = write.extra
        if changes:
            extra = replace(extra or Extra(), changes=tuple(changes))
        entry = world.record(law.shapes[word], write.by, None, case, cause, because, data, path, k, extra)
        if word != "scheduled" and not (law.concerns_some and word == "enacted"):
            world.writers[law.slot] = entry[r.ID]
            if law.suspended is not None and was[1] != becomes[1]:
                world.writers[law.suspended] = entry[r.ID]
        return entry

    def namer(self, label: str) -> Namer:
        """Names of what comes by itself later."""
        found = self.namers.get(label)
        if found is None:
            found = self.namers[label] = Namer(label)
        return found

    def schedule(self, write: LawWrite) -> None:
        """An enactment that lies ahead: an entry now, and the enactment in its turn."""
        law: p.LawProgram = write.effect.program
        assert write.begins is not None
        if write.begins > LONGEST:
            raise RunStopped("E505", "an enactment so far away is impossible", f"{law.path}.from", self.world.now)
        was = self.state(law)
        entry = self.record(write, "scheduled", was, was)
        turn = Turn(LawWrite(write.firing, write.effect, "enact", None, origin=entry, by=write.by))
        self.scheduled.setdefault(law.provision, {})[turn] = None
        self.kernel.ask(write.begins, turn, self.beginning)
        self.tell(write, entry)

    def begin(self, turn: Turn) -> None:
        """The date of an enactment has come: how long it lasts is read now."""
        write: LawWrite = turn.argument
        law, firing = write.effect.program, write.firing
        self.scheduled[law.provision].pop(turn)
        assert write.origin is not None
        if write.effect.terms is not None:
            terms = write.effect.terms(self.world.now, firing.entry, None, firing.path, firing.k)
            write.terms = (None, terms[1])
        if write.effect.meant is not None:
            write.meant = write.effect.meant(self.world.now, firing.entry)
        self.acts.commit(write)

    def impose(self, write: LawWrite, was: State) -> None:
        """A step is enacted for some cases alone: those that it does not bind already."""
        law: p.LawProgram = write.effect.program
        step = self.step(law)
        cases = self.concerned(write)
        assert step is not None
        entry = self.record(write, "enacted", was, was)
        pending.imposed(self.procedures, cases, step, write.pending)
        if was[1]:  # whom it binds alone goes on, though it is suspended
            self.procedures.rest.go_on()
        self.tell(write, entry)

    def concerned(self, write: LawWrite) -> list[Case]:
        """Of the cases that an enactment is for those that are still open, and not bound by the step already."""
        law: p.LawProgram = write.effect.program
        step = self.step(law)
        assert step is not None
        in_force = self.state(law)[0]
        return [
            case for case in write.meant or ()
            if case.state != CLOSED and (step.spares(case) or not (in_force or step.short in case.kept))
        ]  # fmt: skip

    def step(self, law: p.LawProgram) -> Step | None:
        """The step that changes, where it is one."""
        if law.procedure is None or law.step is None:
            return None
        return next(one for one in self.procedures.table[law.procedure].all_steps if one.id == law.step)

    def treat(self, write: LawWrite, was: State, entry: RawEntry) -> None:
        """What a change means for the cases under way."""
        law: p.LawProgram = write.effect.program
        if law.procedure is None:
            return
        procedure, rest = self.procedures.table[law.procedure], self.procedures.rest
        step = self.step(law)
        some, is_over = write.meant, write.verb in ("repeal", "expire")
        if write.verb == "suspend":
            rest.suspend(procedure, step, (procedure.open if some is None else some) if write.pending == "finish" else ())
        elif step is not None and write.verb == "enact" and not any(was):
            pending.enacted(self.procedures, procedure, step, write.pending, some)
        elif step is not None and is_over and any(was):
            pending.repealed(self.procedures, procedure, step, write.pending, some)
        elif step is None and is_over and any(was) and (write.pending == "withdraw" or some is not None):
            for case in procedure.open:
                if some is None or case not in some:
                    self.procedures.withdraw(case, entry)
        if was[1]:
            rest.resume(procedure, step)
