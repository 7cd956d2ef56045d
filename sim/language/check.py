"""The check: all an author can get wrong is told before anything runs, and all of it at once.

In: the root node of a scenario file. Out: the checked `Scenario` of the baseline or of one what-if, or `ScenarioError`
with every problem of the file, what-ifs and command-line edits included. A list of passes over linked scenarios.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from sim.errors import Place, Problem, ScenarioError, UsageError, did_you_mean
from sim.language import edits, link
from sim.language.intended import silenced
from sim.language.labels import labels_that_are_names
from sim.language.lints import lints_of
from sim.language.memory import Memory
from sim.language.scenario import Amend, AnyEffect, LawEffect, Option, Rule, Scenario, TimelineEntry, Write
from sim.language.source import Fields, at

__all__ = ["build", "check", "edited_root", "problems_of"]


def check(root: Fields, what_if: str | None = None, overrides: Sequence[edits.Edit] = ()) -> Scenario:
    """The scenario of a what-if (None: the baseline) with command-line edits, or all that is wrong with the file."""
    found = problems_of(root)
    if any(problem.is_error for problem in found):
        raise ScenarioError(found)
    return build(root, what_if, overrides)


def build(root: Fields, what_if: str | None = None, overrides: Sequence[edits.Edit] = ()) -> Scenario:
    """The scenario of a what-if of a file that `problems_of` found no error in; command-line edits are checked here."""
    edited, problems = edited_root(root, what_if, overrides)
    scenario, more = _linked(edited)
    problems += more
    if errors := [problem for problem in problems if problem.is_error]:
        raise ScenarioError(errors)
    return scenario


def problems_of(root: Fields, faults: Sequence[Problem] = ()) -> list[Problem]:
    """All problems, warnings too, of the baseline and of every what-if; what a what-if shares with the baseline is told once.

    Lints wait until there are no errors, be they `faults` found when the nodes were read: what is faulty may be what is missed.
    """
    memory = Memory()
    scenario, problems = _linked(root, memory)
    known = {_mark(problem) for problem in problems}
    variants: list[tuple[str, Fields, Scenario]] = []
    for name in scenario.what_ifs:
        edited, wrong = edited_root(root, name)
        if not wrong:
            linked, wrong = _linked(edited, memory)
            variants.append((name, edited, linked))
        for problem in wrong:
            if _mark(problem) not in known:
                known.add(_mark(problem))
                problems.append(_told_of(name, problem))
    if not any(problem.is_error for problem in (*faults, *problems)):
        problems += _doubts(scenario, root, variants)
    return silenced(problems, root)


def _doubts(scenario: Scenario, root: Fields, variants: Sequence[tuple[str, Fields, Scenario]]) -> list[Problem]:
    """The lints of a scenario without errors.

    What a what-if makes use of is no doubt of the baseline; and what a what-if sets or leaves idle is its purpose: it is
    warned only of what it adds.
    """
    found = lints_of(scenario, root)
    known = set(map(_mark, found))
    new: list[Problem] = []
    for name, edited, linked in variants:
        if not found and not _may_add(root, name):  # nothing to take back, nothing to tell
            continue
        lints = lints_of(linked, edited)
        marks = set(map(_mark, lints))
        found = [one for one in found if _mark(one) in marks or at(edited, one.path) is None]
        new += [_told_of(name, one) for one in lints if _mark(one) not in known and at(root, _thing(one.path)) is None]
        known |= marks
    return found + new


def _may_add(root: Fields, what_if: str) -> bool:
    """Whether a what-if, or one it combines, may add anything."""
    section = at(root, f"what_if.{what_if}")
    return isinstance(section, Fields) and bool({"add", "combine"} & section.entries.keys())


def _thing(path: str) -> str:
    """The path of the thing in which a path leads: its section and its id."""
    return ".".join(path.split(".")[:2])


def _mark(problem: Problem) -> tuple[str, Place, str]:
    return problem.code, problem.place, problem.text


def _told_of(what_if: str, problem: Problem) -> Problem:
    inside = problem.path.startswith(f"what_if.{what_if}")
    text = problem.text if inside else f"in what-if {what_if}: {problem.text}"
    return Problem(problem.code, text, problem.place, problem.path)


def edited_root(root: Fields, what_if: str | None = None, overrides: Sequence[edits.Edit] = ()) -> tuple[Fields, list[Problem]]:
    """The nodes with the edits of a what-if made, then those of the command line, and what is wrong with these."""
    edited = root
    problems: list[Problem] = []
    if what_if is not None:
        known = root.entries.get("what_if")
        if not (isinstance(known, Fields) and what_if in known.entries):
            names = list(known.entries) if isinstance(known, Fields) else []
            raise UsageError(f"no what-if is called '{what_if}'{did_you_mean(what_if, names)} (known: {', '.join(names) or 'none'})")
        own = known.entries[what_if]
        if isinstance(own, Fields):
            collected, problems = edits.collect(own, known, root)
            edited, more = edits.apply(root, collected)
            problems += more + _unplaced(collected)
    if overrides:
        edited, more = edits.apply(edited, overrides)
        problems += more
    return edited, problems


def _unplaced(collected: Sequence[edits.Edit]) -> list[Problem]:
    """Order is the meaning of steps: one that a what-if adds says where it goes."""
    text = "a step that is added says where it goes: follows: STEP"
    return [
        Problem("E103", text, edit.place, edit.path)
        for edit in collected
        if edit.kind == "add" and STEP.fullmatch(edit.path) and isinstance(edit.value, Fields) and "follows" not in edit.value.entries
    ]


STEP = re.compile(r"procedures\.\w+\.steps\.\w+")


def _linked(root: Fields, memory: Memory | None = None) -> tuple[Scenario, list[Problem]]:
    """One scenario and what all passes say of it."""
    scenario, problems = link.link(root, memory)
    for find in PASSES:
        problems += find(scenario, root)
    return scenario, problems


def _written_twice(scenario: Scenario, root: Fields) -> list[Problem]:
    """One rule that sets one thing to two values, or changes one provision in two ways, contradicts itself."""
    problems = []
    makers: list[Rule | TimelineEntry | Option] = [*scenario.rules, *scenario.timeline]
    makers += [option for decision in scenario.decisions.values() for option in decision.options]
    for maker in makers:
        seen: dict[object, AnyEffect] = {}
        for effect in maker.then:
            target = _target(effect)
            if target is None or effect.guard is not None or effect.after is not None:
                continue
            earlier = seen.setdefault(target[0], effect)
            if earlier is not effect and _at_odds(earlier, effect):
                node = at(root, effect.path)
                place = (node or root).place
                problems.append(
                    Problem(
                        "E301",
                        f"{maker.path} writes {target[1]} twice at once: keep one",
                        place,
                        effect.path,
                    )
                )
    return problems


def _target(effect: AnyEffect) -> tuple[object, str] | None:
    match effect:
        case Write(slot=slot, owner=owner, attribute=attribute):
            return (slot or (owner, attribute)), attribute
        case Amend(target=target):
            return ("amend", target), target
        case LawEffect(provision=provision):
            return ("law", provision), provision
        case _:
            return None


def _at_odds(one: AnyEffect, other: AnyEffect) -> bool:
    if isinstance(one, Write) and isinstance(other, Write):
        both_add = one.operation == other.operation == "add"
        same = (
            one.operation == other.operation
            and one.value.kind == other.value.kind == "value"
            and one.value.arguments == other.value.arguments
        )
        return not both_add and not same
    if isinstance(one, Amend) and isinstance(other, Amend):
        return (one.text, one.pending) != (other.text, other.pending)
    return type(one) is not type(other)


Pass = Callable[[Scenario, Fields], list[Problem]]
PASSES: list[Pass] = [_written_twice, labels_that_are_names]
