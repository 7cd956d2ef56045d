"""A checked scenario becomes a program.

In: a `Scenario`. Out: a `Program`. Nothing here can fail on account of the author: the check has been before us.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import CodeType

from sim import clock
from sim.engine import program as p
from sim.engine.compile_conditions import ConditionCompiler, digest, label_of, readers_of_slots, readers_of_tracks
from sim.engine.compile_effects import MET, EffectCompiler
from sim.engine.formulas import Formulas
from sim.engine.record import Shape
from sim.language import scenario as s
from sim.language import tree as t

__all__ = ["compile_scenario"]


def compile_scenario(scenario: s.Scenario, *, ties_reversed: bool = False) -> p.Program:
    """The program of a scenario; rules, timeline and norms in the order of their paths, whatever the file's.

    That order decides all ties, here alone: with `ties_reversed` it is the other way round, and so are they.
    """
    return _Compiler(scenario, ties_reversed).program()


class _Compiler:
    """Compiles one scenario."""

    def __init__(self, scenario: s.Scenario, ties_reversed: bool) -> None:
        self.scenario = scenario
        self.ties_reversed = ties_reversed
        self.slots = {path: number for number, path in enumerate(sorted(scenario.slots))}
        self.formulas = Formulas(self.slots, scenario.timezone)
        self.conditions = ConditionCompiler(self.formulas, self.slots)
        self.effects = EffectCompiler(scenario, self.slots, self.formulas, self.conditions)
        self.triggering: list[p.ConditionProgram] = []
        self.reacting: list[s.Rule | s.Norm] = []

    def program(self) -> p.Program:
        scenario, formulas, back = self.scenario, self.formulas, self.ties_reversed
        triggered = [norm for norm in scenario.norms if isinstance(norm.says, s.Oblige) and norm.says.when]
        self.reacting = sorted([*scenario.rules, *triggered], key=lambda one: one.path, reverse=back)
        rules = tuple(
            self.rule(number, one) if isinstance(one, s.Rule) else self.beginning(number, one) for number, one in enumerate(self.reacting)
        )
        timeline = tuple(self.timeline(entry) for entry in sorted(scenario.timeline, key=lambda entry: entry.id, reverse=back))
        lawful = sorted(scenario.norms, key=lambda norm: norm.path, reverse=back)
        norms, obligations = self.norms(lawful), tuple(self.obligations(lawful))
        decisions = {key: self.decision(scenario.decisions[key]) for key in sorted(scenario.decisions, reverse=back)}
        procedures = {key: self.procedure(scenario.procedures[key]) for key in sorted(scenario.procedures, reverse=back)}
        statements = {key: self.statement(scenario.statements[key]) for key in sorted(scenario.statements, reverse=back)}
        befores = self.befores()
        selectors = tuple(
            p.SelectorProgram(event, filters, test, field)
            for (event, filters, _, field), test in zip(formulas.selectors, formulas.tests, strict=True)
        )  # fmt: skip
        return p.Program(
            scenario=scenario.id, timezone=scenario.timezone, begin=scenario.begin, until=scenario.until,
            slots=tuple(self.slot(scenario.slots[path]) for path in self.slots),
            attributes=self.attributes(),
            above=self.above(),
            roots={actor: s.root(actor, scenario.actors) for actor in scenario.actors},
            capacity={key: actor.capacity for key, actor in scenario.actors.items()},
            whole_days={f"parameters.{key}": parameter.days for key, parameter in scenario.parameters.items()},
            selectors=selectors, rules=rules, decisions=decisions, statements=statements, timeline=timeline, norms=norms,
            obligations=obligations,
            procedures=procedures,
            sessions=self.sessions(),
            followed_cases=self.followed_cases(),
            tallies=tuple((procedure, test) for (procedure, _), test in formulas.tallies.items()),
            sites=tuple(formulas.sites),
            listening=_listening(rules),
            befores=befores, amendable=self.effects.amendable(),
            conditions=tuple(self.triggering),
            slot_readers=readers_of_slots(self.triggering), track_readers=readers_of_tracks(self.triggering),
            followed=frozenset(self.conditions.followed) if self.conditions.number else None,
            code={code.co_name: code for code in _module(formulas.lines).co_consts if isinstance(code, CodeType)},
            constants=tuple(formulas.constants),
            lines=tuple(formulas.paths),
        )  # fmt: skip

    def slot(self, slot: s.SlotDef) -> p.SlotProgram:
        return p.SlotProgram(slot.path, slot.text, slot.type.name, slot.start, slot.low, slot.high)

    def above(self) -> dict[str, tuple[str, ...]]:
        """For each actor all it belongs to; where expressions tell organs from members, also the names of these groups."""
        actors = self.scenario.actors
        table = {actor: s.above(actor, actors) for actor in actors}
        if not self.formulas.groups:
            return table
        organs = {actor: tuple(map(p.organs_of, s.speaks_for(actor, actors))) for actor in actors}
        members = {actor: tuple(map(p.members_of, s.member_of(actor, actors))) for actor in actors}
        return {actor: (*table[actor], *organs[actor], *members[actor]) for actor in actors}

    def attributes(self) -> dict[str, dict[str, int]]:
        """For each attribute that is read or written through a path: actor or thing → slot. Keys are names in the generated module."""
        owned: dict[str, dict[str, int]] = {}
        for path, number in self.slots.items():
            section, _, rest = path.partition(".")
            if section in ("actors", "things"):
                owner, _, name = rest.partition(".")
                owned.setdefault(name, {})[owner] = number
        return {f"A{number}": owned.get(name, {}) for name, number in self.formulas.attributes.items()}

    def befores(self) -> dict[str, tuple[p.BeforeProgram, ...]]:
        """The triggers that come before the sunset of each provision."""
        found: dict[str, list[p.BeforeProgram]] = {}
        for number, rule in enumerate(self.reacting):
            when = rule.when if isinstance(rule, s.Rule) else rule.says.when if isinstance(rule.says, s.Oblige) else ()
            ahead = {trigger.text: trigger for trigger in when if isinstance(trigger, s.Before)}
            for text, before in sorted(ahead.items()):
                name = f"{rule.path}.before" if len(ahead) == 1 else f"{rule.path}.before@{digest(text)}"
                lead = self.formulas.quantity(before.lead, "t, e, c, n, k, s") or ""
                found.setdefault(before.provision, []).append(p.BeforeProgram(name, before.path, number, lead))
        return {provision: tuple(befores) for provision, befores in found.items()}

    def pattern(self, pattern: s.Pattern, path: str) -> p.PatternProgram:
        named = (*pattern.by, *pattern.to, *pattern.via)
        self.formulas.groups = self.formulas.groups or any(name not in self.scenario.actors for name in named)
        return p.PatternProgram(
            pattern.event, pattern.by, pattern.to, pattern.via, self.formulas.expression(pattern.where, f"{path}.where")
        )

    def follow(self, number: int, rule: s.Rule) -> None:
        """The conditions that trigger a rule; two alike are one, the first."""
        alike = {trigger.text: trigger for trigger in reversed(rule.when) if isinstance(trigger, s.Condition)}
        for _, condition in sorted(alike.items()):
            compiled = self.conditions.compiled(
                condition, label_of(rule, condition), rule=number, priority=rule.priority, guard=rule.guard
            )  # fmt: skip
            self.triggering.append(compiled)

    def dates(self, rule: s.Rule) -> tuple[p.DateProgram, ...]:
        """The dates of a rule in their order; a date alone is called after its rule, others after their instants."""
        instants = sorted({trigger.instant for trigger in rule.when if isinstance(trigger, s.Date)})
        if len(instants) == 1:
            return (p.DateProgram(rule.path, instants[0]),)
        return tuple(p.DateProgram(f"{rule.path}.when@{clock.iso(instant, 'UTC')}", instant) for instant in instants)

    def tick(self, every: s.Every, rule: s.Rule) -> p.TickProgram:
        alone = sum(isinstance(trigger, s.Every) for trigger in rule.when) == 1
        return self.every(every, rule.path if alone else every.path)

    def every(self, every: s.Every, name: str) -> p.TickProgram:
        """What comes again and again."""
        interval, starting = self.formulas.quantity(every.interval) or "", self.formulas.quantity(every.starting)
        days = self.formulas.expression(every.days, f"{every.path}.every")
        return p.TickProgram(name, f"{every.path}.every", interval, starting, every.calendar, days, every.is_steady)

    def rule(self, number: int, rule: s.Rule) -> p.RuleProgram:
        formulas = self.formulas
        self.follow(number, rule)
        reads, names, types = formulas.reads(f"{rule.path}.if", rule.guard)
        return p.RuleProgram(
            path=rule.path,
            in_force=self.slots[f"in_force.{rule.id}"],
            patterns=tuple(self.pattern(trigger, f"{rule.path}.when") for trigger in rule.when if isinstance(trigger, s.Pattern)),
            ticks=tuple(self.tick(trigger, rule) for trigger in rule.when if isinstance(trigger, s.Every)),
            dates=self.dates(rule),
            guard=formulas.expression(rule.guard, f"{rule.path}.if"),
            reads=reads, reads_names=names, reads_types=types,
            chance=formulas.chance(rule.chance, f"{rule.path}.chance"),
            after=self.effects.delay(rule.after),
            still=formulas.expression(rule.still, f"{rule.path}.still"),
            effects=tuple(self.effects.compiled(effect, rule.path, rule.source) for effect in rule.then),
            times=rule.times,
            not_again_for=formulas.expression(rule.not_again_for, f"{rule.path}.not_again_for"),
            priority=rule.priority,
            change=Shape("change", rule.path, rule.source, {"overruled": "text"}),
        )  # fmt: skip

    def beginning(self, number: int, norm: s.Norm) -> p.RuleProgram:
        """The triggers of a duty, as the rule that they are: it reacts like any other, and what it does is to begin a duty."""
        assert isinstance(norm.says, s.Oblige)
        rule = s.Rule(
            norm.id, norm.path, norm.says.when, guard=None, chance=None, after=None, still=None, then=(),
            times=None, not_again_for=None, priority=0.0, about=norm.about, source=norm.source,
        )  # fmt: skip
        change = Shape("change", norm.path, norm.source, {"duty": "text"})
        begin = p.BeginProgram(norm.path, "begin", None, None, norm.id, self.slots[f"running.{norm.id}"], change)
        return replace(self.rule(number, rule), effects=(begin,))

    def statement(self, statement: s.Statement) -> p.StatementProgram:
        path, source = f"statements.{statement.id}", statement.source
        written = statement.true_when
        fact = None if written is None else self.conditions.compiled(written, path, is_fact=True)
        return p.StatementProgram(fact, self.effects.shape("contradiction", path, source), self.effects.shape("refuted", path, source))

    def decision(self, decision: s.Decision) -> p.DecisionProgram:
        formulas, weights = self.formulas, {f"{option.path}.weight": option.weight for option in decision.options}
        is_amended = any(path in self.scenario.slots for path in weights)
        together = (
            [(path, (weight,)) for path, weight in weights.items()] if is_amended else [(f"{decision.path}.options", weights.values())]
        )
        ids = [option.id for option in decision.options]
        return p.DecisionProgram(
            id=decision.id,
            path=decision.path,
            draw=formulas.draw(decision.path),
            reads=tuple(p.ReadsProgram(*formulas.reads(f"{path}.reads", *trees)) for path, trees in together),
            options=tuple(self.option(option, decision) for option in decision.options),
            choose=None if decision.choose is None else ids.index(decision.choose),
        )  # fmt: skip

    def option(self, option: s.Option, decision: s.Decision) -> p.OptionProgram:
        source = option.source or decision.source
        return p.OptionProgram(
            option.id,
            option.path,
            self.formulas.function(self.formulas.text(option.weight), f"{option.path}.weight"),
            tuple(self.effects.compiled(effect, option.path, source) for effect in option.then),
            Shape("change", option.path, source, {"overruled": "text"}),
        )

    def timeline(self, entry: s.TimelineEntry) -> p.TimelineProgram:
        effects = tuple(self.effects.compiled(effect, entry.path, entry.source) for effect in entry.then)
        return p.TimelineProgram(
            entry.path, self.formulas.quantity(entry.at) or "", effects, Shape("change", entry.path, entry.source, {"overruled": "text"})
        )

    def norms(self, ordered: list[s.Norm]) -> tuple[p.NormProgram, ...]:
        """The norms that forbid, each with the exemptions that lift it."""
        exemptions: dict[str, list[p.ExemptionProgram]] = {}
        for norm in ordered:
            if isinstance(norm.says, s.Exempt):
                pattern = self.pattern(norm.says.pattern, f"{norm.path}.exempt")
                for lifted in norm.says.lifts:
                    exemptions.setdefault(lifted, []).append(p.ExemptionProgram(self.slots[f"in_force.{norm.id}"], pattern))
        return tuple(
            p.NormProgram(
                norm.id, norm.path, self.slots[f"in_force.{norm.id}"],
                self.pattern(norm.says.pattern, f"{norm.path}.forbid"),
                self.formulas.chance(norm.says.obeyed, f"{norm.path}.obeyed"),
                tuple(exemptions.get(norm.id, ())),
            )
            for norm in ordered if isinstance(norm.says, s.Forbid)
        )  # fmt: skip

    def obligations(self, ordered: list[s.Norm]) -> Iterator[p.ObligationProgram]:
        """The norms that oblige."""
        for norm in ordered:
            if not isinstance(norm.says, s.Oblige):
                continue
            pattern = norm.says.pattern
            by, to = (tuple(actor.removeprefix("organs_of(").removesuffix(")") for actor in named) for named in (pattern.by, pattern.to))
            yield p.ObligationProgram(
                id=norm.id, path=norm.path,
                in_force=self.slots[f"in_force.{norm.id}"], running=self.slots[f"running.{norm.id}"],
                pattern=self.pattern(pattern, f"{norm.path}.oblige"),
                holders=by, addressee=to[0] if to else None,
                deadline=self.formulas.quantity(norm.says.deadline),
                is_triggered=bool(norm.says.when),
                fulfilled=self.effects.shape(f"{norm.id}.fulfilled", norm.path, norm.source),
                breached=self.effects.shape(f"{norm.id}.breached", norm.path, norm.source),
            )  # fmt: skip

    def procedure(self, procedure: s.Procedure) -> p.ProcedureProgram:
        return p.ProcedureProgram(
            id=procedure.id,
            path=procedure.path,
            in_force=self.slots[f"in_force.{procedure.id}"],
            steps=tuple(self.step(step, procedure) for step in procedure.steps),
            deadline=self.formulas.quantity(procedure.deadline),
            if_late=procedure.if_late,
            valid=self.formulas.quantity(procedure.valid),
            outcomes={word: self.effects.shape(f"{procedure.id}.{word}", procedure.path, procedure.source, **MET) for word in p.OUTCOMES},
        )

    def step(self, step: s.Step, procedure: s.Procedure) -> p.StepProgram:
        short = f"{procedure.id}.{step.id}"
        constant = step.by.value if isinstance(step.by, t.Const) else None
        by = None if constant is not None else self.formulas.expression(step.by, f"{step.path}.by")
        is_halted = procedure.id in self.effects.rested
        return p.StepProgram(
            id=step.id, short=short, in_force=self.slots[f"in_force.{short}"],
            desk=constant, by=by,
            takes=self.formulas.quantity(step.takes),
            waits=self.effects.delay(step.waits),
            meets=self.meets(step.meets),
            queue=self.formulas.expression(step.queue, f"{step.path}.queue"),
            needed=self.formulas.expression(step.needed, f"{step.path}.needed_if"),
            refuses=self.formulas.chance(step.refuses, f"{step.path}.refuses"),
            back=self.formulas.chance(step.sends_back, f"{step.path}.sends_back.chance"),
            back_to=step.back_to,
            deadline=self.formulas.quantity(step.deadline),
            if_late=step.if_late,
            branches=tuple(self.step(branch, procedure) for branch in (reversed(step.branches) if self.ties_reversed else step.branches)),
            needs=step.needs,
            may_rest=is_halted or not self.slots.keys().isdisjoint((f"suspended.{procedure.id}", f"suspended.{short}")),
            shape=self.effects.shape(short, step.path, step.source or procedure.source),
        )  # fmt: skip

    def followed_cases(self) -> tuple[str, ...]:
        """The procedures whose licences end, to whose cases something is done, or about whose cases something is asked."""
        asked = self.effects.treated | self.formulas.asked_approved.union(procedure for procedure, _ in self.formulas.tallies)
        return tuple(sorted(one.id for one in self.scenario.procedures.values() if one.valid is not None or one.id in asked))

    def sessions(self) -> tuple[str, ...]:
        """The steps that meet, by path."""
        steps = [
            (key, one) for key, procedure in self.scenario.procedures.items() for step in procedure.steps for one in (step, *step.branches)
        ]
        meeting = ((one.path, f"{key}.{one.id}") for key, one in steps if one.meets is not None)
        return tuple(short for _, short in sorted(meeting, reverse=self.ties_reversed))

    def meets(self, meets: s.Meets | None) -> p.MeetsProgram | None:
        if meets is None:
            return None
        every = None if meets.every is None else self.every(meets.every, meets.every.path)
        return p.MeetsProgram(every, meets.dates, meets.per_session)


def _module(lines: list[str]) -> CodeType:
    """The generated module; its functions are made from its constants when they are first wanted."""
    return compile("\n".join(lines), "<formulas>", "exec")


def _listening(rules: tuple[p.RuleProgram, ...]) -> dict[tuple[str, str | None], tuple[tuple[int, int], ...]]:
    """Which rules may hear an entry, by its event and by who did it."""
    found: dict[tuple[str, str | None], list[tuple[int, int]]] = {}
    for number, rule in enumerate(rules):
        for place, pattern in enumerate(rule.patterns):
            for actor in pattern.by or (None,):
                found.setdefault((pattern.event, actor), []).append((number, place))
    return {key: tuple(numbers) for key, numbers in found.items()}
