"""Effects become programs: what rules, options and the timeline bring about.

In: effects, checked. Out: `EffectProgram`s; which procedures they treat or bring to rest, and which values they amend.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sim.engine import program as p
from sim.engine.compile_conditions import ConditionCompiler
from sim.engine.formulas import Formulas
from sim.engine.record import Shape
from sim.language import scenario as s
from sim.language import tree as t
from sim.language.standings import DONE

__all__ = ["MET", "EffectCompiler"]

MET = {"law": "text", "exempt": "text", "kept": "text", "imposed": "text"}
"""What the last entry of a case says of the law it met."""

VERBS = {s.Enact: "enact", s.Suspend: "suspend", s.Resume: "resume", s.Repeal: "repeal"}

Shared = tuple[str, str, str | None, Any]
"""What all effects have: path, label, guard, delay."""


class EffectCompiler:
    """Compiles the effects of one scenario."""

    def __init__(self, scenario: s.Scenario, slots: dict[str, int], formulas: Formulas, conditions: ConditionCompiler) -> None:
        self.scenario = scenario
        self.slots = slots
        self.formulas = formulas
        self.conditions = conditions
        self.amended: set[str] = set()
        self.treated: set[str] = set()
        self.rested: set[str] = set()

    def shape(self, event: str, rule: str, source: tuple[str, ...], **more: str) -> Shape:
        known = self.scenario.events.get(event)
        fields = {name: kind.name for name, kind in known.fields.items()} if known else {}
        return Shape(event, rule, source, fields | more)

    def delay(self, after: s.Quantity | s.Condition | None) -> str | p.ConditionProgram | None:
        """The function of a delay, or the condition that is waited for."""
        return self.conditions.compiled(after, after.path) if isinstance(after, s.Condition) else self.formulas.quantity(after)

    def compiled(self, effect: s.AnyEffect, maker: str, source: tuple[str, ...]) -> p.EffectProgram:
        formulas = self.formulas
        shared = (effect.path, effect.label, formulas.expression(effect.guard, f"{effect.path}.if"), self.delay(effect.after))
        match effect:
            case s.Emit():
                shape = self.shape(effect.event, maker, source)
                return p.EmitProgram(*shared, shape, formulas.act(effect.by, effect.to, effect.via, effect.data, effect.path))
            case s.Write():
                owner = formulas.expression(effect.owner, effect.path)
                number = None if effect.slot is None else self.slots[effect.slot]
                attribute = "" if owner is None else formulas.attribute(effect.attribute)
                return p.WriteProgram(
                    *shared, effect.item, effect.operation == "add", number, owner, attribute, formulas.quantity(effect.value) or ""
                )
            case s.Open():
                shape = self.shape(f"{effect.procedure}.opened", maker, source)
                return p.OpenProgram(*shared, shape, formulas.act(effect.by, None, None, effect.data, effect.path), effect.procedure)
            case s.OnCases(verb=verb, procedure=procedure, where=where):
                self.treated.add(procedure)
                if verb == "suspend":
                    self.rested.add(procedure)
                shape = self.shape(f"{procedure}.{DONE[verb]}", maker, source, **MET)
                values = formulas.act(effect.by, None, None, {}, effect.path)
                chosen = formulas.expression(where, f"{effect.path}.where")
                return p.CasesProgram(*shared, shape, values, verb, procedure, effect.at_hand, chosen, effect.by is not None)
            case s.Claim():
                said = self.shape("claim", maker, source)
                says = s.Quantity("value", (t.Const(effect.says, t.FLAG),), t.FLAG, effect.path, effect.path)
                about = s.Quantity("value", (t.Const(effect.statement, t.STATEMENT),), t.STATEMENT, effect.path, effect.path)
                values = formulas.act(effect.by, effect.to, None, {"statement": about, "is": says}, effect.path)
                return p.ClaimProgram(*shared, said, values, effect.statement, effect.says)
            case s.Decide():
                decision = self.scenario.decisions[effect.decision]
                by = effect.by
                if by is None and decision.by is not None:
                    by = replace(decision.by, site=f"{maker}.{effect.label}.by")
                shape = self.shape("decision", maker, source or decision.source, weights="mapping")
                return p.DecideProgram(*shared, shape, formulas.act(by, effect.to, effect.via, {}, effect.path), effect.decision)
            case s.Amend():
                return self.amend(effect, shared, maker, source)
            case s.LawEffect():
                return self.law(effect, shared, maker, source)

    def law(self, effect: s.LawEffect, shared: Shared, maker: str, source: tuple[str, ...]) -> p.LawProgram:
        """A change of law, with the shapes of all entries that may follow from it."""
        provision, formulas = effect.provision, self.formulas
        procedure, _, step = provision.partition(".")
        known = procedure if procedure in self.scenario.procedures else None
        in_force = self.slots[f"in_force.{provision}"]
        suspended, running = (self.slots.get(f"{word}.{provision}") for word in ("suspended", "running"))
        told = {"until": "instant", "cases": "number"}
        shapes = {word: self.shape(f"{provision}.{word}", maker, source, **told) for word in s.words_of(effect)}
        return p.LawProgram(
            *shared, VERBS[type(effect)], shapes, provision, in_force, suspended, running, effect.pending, known, step or None,
            *self.terms(effect),
            formulas.expression(effect.keeps, f"{effect.path}.pending.finish"), *self.concerned(effect),
        )  # fmt: skip

    def amend(self, effect: s.Amend, shared: Shared, maker: str, source: tuple[str, ...]) -> p.AmendProgram:
        """An amendment: the new value is compiled as if it stood at its path, so that it draws there."""
        formulas, target, here = self.formulas, effect.target, f"{effect.path}.to"
        number = effect.to if isinstance(effect.to, int) else None
        drawn = "t, e, c, n, k" if effect.kind in ("duration", "ahead", "chance") else "t, e, c"
        new = None
        match effect.to:
            case s.Quantity():
                new = formulas.quantity(effect.to)
            case int():
                pass
            case _ if effect.kind == "chance":
                new = formulas.function(f"{formulas.site(target)} < probability({formulas.text(effect.to)})", here, drawn)
            case _:
                new = formulas.function(formulas.text(effect.to), here, drawn)
        self.amended.add(target)
        chooser = f"of_{target.replace('.', '_')}"
        between = formulas.function(f"{chooser}({drawn})", here, drawn) if effect.pending == "finish" else None
        values = None if effect.by is None else formulas.act(effect.by, None, None, {}, effect.path)
        shape = self.shape(f"{effect.provision}.amended", maker, source)
        weight = effect.to if target.startswith("decisions.") and not isinstance(effect.to, (s.Quantity, int)) else None
        reads = None if weight is None else p.ReadsProgram(*formulas.reads(f"{here}.reads", weight))
        return p.AmendProgram(
            *shared, shape, target, self.slots[target], reads, new, number, effect.text, effect.pending, between, chooser, values
        )

    def terms(self, effect: s.LawEffect) -> tuple[str | None, p.ConditionProgram | None, str | None]:
        """The functions of a change's dates, the condition that ends it, and, where it is an act, the function of who and these dates."""
        formulas, ends = self.formulas, effect.ends
        begins = "None" if effect.begins is None else formulas.value(effect.begins)
        until = "None"
        if isinstance(ends, s.Quantity):
            until = f"lasting(t, {formulas.value(ends)})" if ends.type == t.DURATION else formulas.value(ends)
        dates = f"({begins}, {until})"
        terms = None if dates == "(None, None)" else formulas.function(dates, effect.path, "t, e, c, n, k")
        when = self.conditions.compiled(ends, ends.path, is_told=True) if isinstance(ends, s.Condition) else None
        by = effect.by
        acts = None if by is None else formulas.function(f"({formulas.who(by)}, None, None, {dates})", effect.path, "t, e, c, n, k")
        return terms, when, acts

    def concerned(self, effect: s.LawEffect) -> tuple[str | None, bool]:
        """The function of the cases that an enactment concerns alone; whether that is the one of the event."""
        if not isinstance(effect, s.Enact):
            return None, False
        return self.formulas.expression(effect.for_case, f"{effect.path}.for_case"), effect.at_hand

    def amendable(self) -> dict[str, str]:
        """The functions of the values that are amended somewhere."""
        return {path: f"f{number}" for number, path in enumerate(self.formulas.paths) if path in self.amended}
