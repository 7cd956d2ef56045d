"""What-ifs as edits on nodes: what they combine, where they may go, what they leave alone.

In: a small scenario and what-ifs on it. Out: the edited tree and the problems of edits, with their places.
"""

# ruff: noqa: E501 - in the tables an edit and its message stand on one line

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import Place, Problem, ScenarioError
from sim.language.edits import Edit, apply, collect, from_override
from sim.language.source import Fields, Items, Node, Text, at, parse, plain

SCENARIO = """\
scenario: halt
language: 1
period: {from: 2025-01-01, until: 2026-01-01, timezone: Europe/Belgrade}
parameters:
  interval: {value: 3w, range: [1w, 13w]}
  short: 3
  drawn: {drawn: {uniform: [0, 1]}}
actors:
  serbia: {}
  president: {kind: person, part_of: serbia}
kinds: {firm: {has: {workers: 0}}}
procedures:
  licence: {steps: {intake: {by: serbia}, consent: {together: {foreign: {by: serbia}}}}}
decisions:
  answer: {by: president, options: {halt: {weight: 1}, deny: {weight: 1}}}
rules:
  react:
    when: accusation
    then: [{event: halt}, {claim: arms, is: false}, {enact: licence.council, pending: join}]
  named: {when: halt, then: [{id: first, event: protest}, {id: second, event: ban}]}
timeline: {second: {at: 2025-06-20, event: accusation}}
"""
ROOT = parse(SCENARIO, "f")


def what_ifs(text: str) -> Fields:
    node = at(parse("what_if:\n" + "".join(f"  {line}\n" for line in text.strip().split("\n")), "w"), "what_if")
    assert isinstance(node, Fields)
    return node


def collected(text: str, name: str) -> tuple[list[Edit], list[Problem]]:
    every = what_ifs(text)
    node = every.entries[name]
    assert isinstance(node, Fields)
    return collect(node, every)


def edited(text: str) -> tuple[Fields, list[Problem]]:
    """The scenario under one what-if, written in flow form."""
    edits, problems = collected(f"x: {text}", "x")
    tree, more = apply(ROOT, edits)
    return tree, problems + more


def good(text: str) -> Fields:
    tree, problems = edited(text)
    assert [problem.line for problem in problems] == []
    sound(tree, "")
    return tree


def bad(text: str) -> list[str]:
    """The problems, with offset and length within the what-if as it is written."""
    _, problems = edited(text)
    return [f"{p.place.column - 1 - len('  x: ')}+{p.place.length} {p.code} {p.text}" for p in problems]


def sound(node: Node, path: str) -> None:
    """Every node of a tree knows the path it stands at."""
    assert node.path == path
    match node:
        case Items(items=items):
            for number, item in enumerate(items):
                sound(item, f"{path}.{number}")
        case Fields(entries=entries, keys=keys):
            assert entries.keys() == keys.keys()
            for key, value in entries.items():
                sound(value, f"{path}.{key}" if path else key)
        case Text():
            pass


def value(tree: Fields, path: str) -> object:
    node = at(tree, path)
    return None if node is None else plain(node)


# Collecting


def test_a_what_if_is_combined_then_remove_set_add_with_places() -> None:
    edits, problems = collected(
        """
a: {set: {parameters.interval: 30d}}
b: {combine: [a], add: {rules.new: {when: x}}, set: {rules.react.chance: 0.5}, remove: [timeline.second], about: words}
""",
        "b",
    )
    assert problems == []
    assert [(edit.kind, edit.path, edit.value and plain(edit.value)) for edit in edits] == [
        ("set", "parameters.interval", "30d"),
        ("remove", "timeline.second", None),
        ("set", "rules.react.chance", "0.5"),
        ("add", "rules.new", {"when": "x"}),
    ]
    assert [(edit.place, edit.place.length) for edit in edits] == [
        (Place("w", 2, 13), 19),
        (Place("w", 3, 91), 15),
        (Place("w", 3, 56), 18),
        (Place("w", 3, 27), 9),
    ]


def test_what_is_combined_may_combine_and_counts_once() -> None:
    edits, problems = collected(
        "a: {set: {title: x}}\nb: {combine: [a], remove: [timeline.second]}\nc: {combine: [a]}\nd: {combine: [c, b, b]}", "d"
    )
    assert problems == []
    assert [edit.path for edit in edits] == ["title", "timeline.second"]


def test_a_circle_of_what_ifs_is_named() -> None:
    _, problems = collected("a: {combine: [b]}\nb: {combine: [c]}\nc: {combine: [b]}", "a")
    assert [problem.line for problem in problems] == [
        "w:4:17: error[E307]: what-ifs combine one another in a circle: b → c → b (at what_if.c.combine.0)"
    ]
    _, problems = collected("a: {combine: [a], remove: [timeline.second]}", "a")
    assert [problem.text for problem in problems] == ["what-ifs combine one another in a circle: a → a"]


def test_a_long_chain_of_what_ifs_is_followed() -> None:
    text = "\n".join(f"w{n}: {{combine: [w{n + 1}]}}" for n in range(3000)) + "\nw3000: {remove: [timeline.second]}"
    edits, problems = collected(text, "w0")
    assert (len(edits), problems) == (1, [])


def test_an_unknown_what_if_names_the_nearest() -> None:
    _, problems = collected("monthly: {remove: [a]}\nx: {combine: [montly]}", "x")
    assert [problem.line for problem in problems] == [
        "w:3:17: error[E102]: no what-if is called 'montly'; did you mean 'monthly'? (at what_if.x.combine.0)"
    ]


def test_what_has_not_the_shape_of_a_what_if_is_named() -> None:
    _, problems = collected("x: {combine: y, remove: a.b, set: [a], add: text, sett: {}, zz: 1}\ny: text", "x")
    assert [(problem.code, problem.text) for problem in problems] == [
        ("E104", "'combine' takes a list of names of what-ifs: put [ ] around it"),
        ("E101", "no key is called 'sett' here; did you mean 'set'?"),
        ("E101", "no key is called 'zz' here; keys here are combine, remove, set, add, about"),
        ("E104", "'remove' takes a list of paths: put [ ] around it"),
        ("E104", "'set' takes a mapping: write {path: value}"),
        ("E104", "'add' takes a mapping: write {path: value}"),
    ]
    _, problems = collected("x: {combine: [y], remove: [[a]]}\ny: text", "x")
    assert [(problem.code, problem.text) for problem in problems] == [
        ("E104", "the what-if 'y' is no mapping"),
        ("E104", "'remove' takes texts; put quotes around one with a bracket or colon"),
    ]


# Touching


def test_two_edits_of_one_thing_are_refused() -> None:
    edits, problems = collected("a: {set: {rules.react.chance: 1}}\nb: {combine: [a], set: {rules.react.chance: 0}}", "b")
    assert [problem.line for problem in problems] == [
        "w:3:27: error[E305]: 'rules.react.chance' is edited twice: here and in line 2; keep one (at rules.react.chance)"
    ]
    assert len(edits) == 1


def test_an_edit_inside_another_is_refused_both_ways() -> None:
    assert bad("{remove: [rules.react], set: {rules.react.chance: 1}}") == [
        "30+18 E305 'rules.react.chance' and 'rules.react' in line 2 touch one another: one holds the other; keep one"
    ]
    assert bad("{remove: [rules.react.then.2.pending], add: {rules.react.then.2: x}}") == [
        "45+18 E305 'rules.react.then.2' and 'rules.react.then.2.pending' in line 2 touch one another: one holds the other; keep one"
    ]


def test_what_stood_at_a_number_is_said() -> None:
    every = what_ifs("x: {remove: [rules.react.then.2], set: {rules.react.then.2.pending: finish}}")
    node = every.entries["x"]
    assert isinstance(node, Fields)
    _, (problem,) = collect(node, every, ROOT)
    assert problem.text.endswith("keep one (then.2 = enact licence.council)")
    assert bad("{set: {rules.react.then.2.pendng.x: 1}}") == [
        "26+6 E304 nothing is called 'pendng' in 'rules.react.then.2'; did you mean 'pending'? (then.2 = enact licence.council)"
    ]


def test_edits_that_touch_under_two_names_are_found_when_applied() -> None:
    assert bad("{remove: [rules.named.then.1], set: {rules.named.then.second.event: x}}") == [
        "37+29 E305 'rules.named.then.second.event' and 'rules.named.then.1' in line 2 touch one another: "
        "one holds the other; keep one (then.second = id second)"
    ]
    assert [line.split(" ", 2)[1] for line in bad("{set: {parameters.short: 4, parameters.short.value: 5}}")] == ["E305"]
    assert [line.split(" ", 2)[1] for line in bad("{set: {parameters.interval: 4, parameters.interval.range: [1, 2]}}")] == ["E305"]


def test_neighbours_do_not_touch() -> None:
    tree = good("{set: {rules.react.chance: 1, rules.react.times: 2}, remove: [rules.named], add: {rules.react2: {when: x}}}")
    assert value(tree, "rules.react.times") == "2"


# Set, add, remove


def test_setting_replaces_a_value_and_keeps_its_place() -> None:
    tree = good("{set: {rules.react.then.2.pending: finish, timeline.second.at: {uniform: [1d, 2d]}}}")
    new = at(tree, "timeline.second.at.uniform.1")
    assert isinstance(new, Text)
    assert (new.path, new.place) == ("timeline.second.at.uniform.1", Place("w", 2, 84))
    assert value(tree, "rules.react.then.2") == {"enact": "licence.council", "pending": "finish"}
    section = at(tree, "timeline.second")
    assert isinstance(section, Fields)
    assert section.keys["at"] == Place("f", 21, 21)
    assert value(ROOT, "rules.react.then.2.pending") == "join"


def test_an_optional_key_may_be_set() -> None:
    tree = good("{set: {decisions.answer.choose: halt, title: Words, parameters.drawn: 3}}")
    assert (value(tree, "decisions.answer.choose"), value(tree, "title")) == ("halt", "Words")
    assert value(tree, "parameters.drawn") == {"drawn": {"uniform": ["0", "1"]}, "value": "3"}
    answer = at(tree, "decisions.answer")
    assert isinstance(answer, Fields)
    assert answer.keys["choose"].file == "w"


def test_setting_a_parameter_sets_its_value() -> None:
    tree = good("{set: {parameters.interval: 30d, parameters.short: 4}}")
    assert value(tree, "parameters.interval") == {"value": "30d", "range": ["1w", "13w"]}
    assert value(tree, "parameters.short") == "4"
    tree = good("{set: {parameters.interval: [1d, 2d], parameters.short: {value: 4, range: [1, 5]}}}")
    assert value(tree, "parameters.interval.value") == ["1d", "2d"]
    assert value(tree, "parameters.short") == {"value": "4", "range": ["1", "5"]}
    assert value(good("{set: {parameters.interval: {value: 1d}}}"), "parameters.interval") == {"value": "1d"}
    assert value(good("{set: {parameters.interval.value: 1d, parameters.short.value: 9}}"), "parameters.short") == "9"


def test_what_is_not_touched_is_shared() -> None:
    tree = good("{set: {rules.react.chance: 0.5}}")
    assert tree.entries["actors"] is ROOT.entries["actors"]
    assert at(tree, "rules.react.then") is at(ROOT, "rules.react.then")
    assert tree.entries["rules"] is not ROOT.entries["rules"]


def test_numbers_address_what_stood_there() -> None:
    tree = good("{remove: [rules.react.then.0, rules.react.then.2]}")
    assert value(tree, "rules.react.then") == [{"claim": "arms", "is": "false"}]
    kept = at(tree, "rules.react.then.0.claim")
    assert isinstance(kept, Text)
    assert kept.place == Place("f", 19, 35)
    tree = good("{remove: [rules.react.then.0], set: {rules.react.then.1.is: true}, add: {rules.react.then.3: {event: x}}}")
    assert value(tree, "rules.react.then") == [
        {"claim": "arms", "is": "true"},
        {"enact": "licence.council", "pending": "join"},
        {"event": "x"},
    ]


def test_an_item_is_addressed_by_its_id_too() -> None:
    assert value(good("{set: {rules.named.then.second.event: x}, remove: [rules.named.then.first]}"), "rules.named.then") == [
        {"id": "second", "event": "x"}
    ]


def test_adding_continues_a_list() -> None:
    tree = good("{add: {rules.react.then.4: {event: y}, rules.react.then.3: {event: x}}}")
    assert [value(tree, f"rules.react.then.{n}.event") for n in (3, 4)] == ["x", "y"]
    assert bad("{add: {rules.react.then.4: {event: y}}}") == [
        "24+1 E304 there is no '4' in 'rules.react.then', which has 3 items, numbers 0 to 2; to append one, add number 3"
    ]


def test_adding_makes_new_ids_and_sections() -> None:
    tree = good("{add: {norms: {ban: {}}, actors.dealer: {part_of: serbia}, procedures.licence.steps.council: {follows: intake}}}")
    assert (value(tree, "norms.ban"), value(tree, "actors.dealer.part_of")) == ({}, "serbia")
    assert value(tree, "procedures.licence.steps.council.follows") == "intake"


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        ("{set: {parameters.intervall: 30d}}", "18+9 E304 nothing is called 'intervall' in 'parameters'; did you mean 'interval'?"),
        ("{set: {'parameters.intervall': 30d}}", "19+9 E304 nothing is called 'intervall' in 'parameters'; did you mean 'interval'?"),
        ("{set: {rules.brandnew: {}}}", "13+8 E304 nothing is called 'brandnew' in 'rules'; use add for something new"),
        ("{set: {ruls.react.chance: 1}}", "7+4 E304 nothing is called 'ruls' in the scenario; did you mean 'rules'?"),
        ("{set: {rules.react.when.event: x}}", "24+5 E304 there is no 'event' in 'rules.react.when', which is the text 'accusation'; set 'rules.react.when' as a whole"),
        ("{set: {decisions.answer.options.halts: {}}}", "32+5 E304 nothing is called 'halts' in 'decisions.answer.options'; did you mean 'halt'?"),
        ("{set: {kinds.firm.has.size: 1}}", "22+4 E304 nothing is called 'size' in 'kinds.firm.has'; use add for something new"),
        ("{set: {procedures.licence.steps.consent.together.home: {}}}", "49+4 E304 nothing is called 'home' in 'procedures.licence.steps.consent.together'; use add for something new"),
        ("{set: {rules.react.then.3: {}}}", "24+1 E304 there is no '3' in 'rules.react.then', which has 3 items, numbers 0 to 2; to append one, add number 3"),
        ("{set: {rules.named.then.secnd.event: x}}", "24+5 E304 there is no 'secnd' in 'rules.named.then', which has 2 items, numbers 0 to 1; did you mean 'second'?"),
        ("{remove: [rules.reakt]}", "16+5 E304 nothing is called 'reakt' in 'rules'; did you mean 'react'?"),
        ("{remove: [rules.react.then.7]}", "27+1 E304 there is no '7' in 'rules.react.then', which has 3 items, numbers 0 to 2"),
        ("{remove: [rules.react.chance]}", "22+6 E304 nothing is called 'chance' in 'rules.react'"),
        ("{add: {rules.react: {}}}", "7+11 E304 'rules.react' is there already: use set to change it"),
        ("{add: {rules.react.then.0: {}}}", "7+18 E304 'rules.react.then.0' is there already: use set to change it (then.0 = event halt)"),
        ("{add: {norms.ban: {}}}", "7+5 E304 nothing is called 'norms' in the scenario; to put something into it, add 'norms' as a whole"),
        ("{set: {rules..react: 1}}", "7+12 E304 'rules..react' is no path: write names with single dots between them"),
        ("{set: {scenario: x}}", "7+8 E310 'scenario' cannot be edited by a what-if: change the scenario itself"),
        ("{remove: [language]}", "10+8 E310 'language' cannot be edited by a what-if: change the scenario itself"),
        ("{add: {what_if.y: {}}}", "7+9 E310 'what_if' cannot be edited by a what-if: change the scenario itself"),
        ("{set: {period.timezone: UTC}}", "7+15 E310 'period.timezone' cannot be edited by a what-if: all dates would move"),
        ("{set: {actors.president.part_of: x}}", "7+24 E310 'part_of' cannot be edited by a what-if: organs do not change, membership (member_of) may"),
        ("{add: {actors.serbia.part_of: x}}", "7+21 E310 'part_of' cannot be edited by a what-if: organs do not change, membership (member_of) may"),
        ("{set: {rules.named.then.0.id: x}}", "7+21 E310 the id of an item cannot be edited by a what-if: others refer to it (then.0 = id first)"),
        ("{set: {period: {from: 2025-01-01, until: 2025-02-01}}}", "7+6 E310 'period.timezone' cannot be edited by a what-if: leave it as it is in what you set"),
        ("{set: {actors.president: {part_of: russia}}}", "7+16 E310 'actors.president.part_of' cannot be edited by a what-if: leave it as it is in what you set"),
        ("{set: {actors: {president: {}}}}", "7+6 E310 'actors.president.part_of' cannot be edited by a what-if: leave it as it is in what you set"),
        ("{set: {'': 1}}", ""),
    ],
)  # fmt: skip
def test_an_edit_that_cannot_be_made_says_why(edit: str, problem: str) -> None:
    if not problem:
        with pytest.raises(ScenarioError):
            edited(edit)
        return
    assert bad(edit) == [problem]
    tree, _ = edited(edit)
    assert plain(tree) == plain(ROOT)


def test_what_leaves_the_fixed_as_it_is_may_be_set() -> None:
    tree = good(
        "{set: {actors.president: {part_of: serbia, name: X}, period: {from: 2025-02-01, until: 2026-01-01, timezone: Europe/Belgrade}}}"
    )
    assert (value(tree, "actors.president.name"), value(tree, "period.from")) == ("X", "2025-02-01")


def test_the_good_edits_are_made_beside_the_bad() -> None:
    tree, problems = edited("{set: {rules.nothing.x: 1, rules.react.chance: 0.5}}")
    assert (len(problems), value(tree, "rules.react.chance")) == (1, "0.5")


def test_no_edits_change_nothing() -> None:
    tree, problems = apply(ROOT, [])
    assert (tree, problems) == (ROOT, [])


# --set


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("parameters.short=4", "4"),
        ("parameters.short= count(x, in_last=3d) > 1 # one: two ", "count(x, in_last=3d) > 1 # one: two"),
        ("parameters.short={value: 4, range: [1, 5]}", {"value": "4", "range": ["1", "5"]}),
        ("parameters.short=[1d, 2d]", ["1d", "2d"]),
        ("parameters.short='it''s'", "it's"),
        ("parameters.short=> 3", "> 3"),
        ("parameters.short=''", ""),
    ],
)
def test_an_override_is_an_edit(written: str, expected: object) -> None:
    edit = from_override(written, 1)
    assert (edit.kind, edit.path, edit.place) == ("set", "parameters.short", Place("--set", 1, 1))
    tree, problems = apply(ROOT, [edit])
    assert problems == []
    assert value(tree, "parameters.short") == expected
    sound(tree, "")


def test_an_override_has_places_on_the_command_line() -> None:
    edit = from_override("rules.react.then={a: [1, 'x y']}", 3)
    assert edit.place == Place("--set", 3, 1)
    assert edit.value is not None
    inner = at(edit.value, "a.1")
    assert isinstance(inner, Text)
    assert inner.place_at(2) == Place("--set", 3, 29)
    edit = from_override("a.b= x > 1", 2)
    assert isinstance(edit.value, Text)
    assert edit.value.place_at(4) == Place("--set", 2, 10)


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("parameters.short", "--set:2:1: error[E104]: an edit is written PATH=VALUE, like parameters.delay=3d"),
        ("=3", "--set:2:1: error[E104]: an edit is written PATH=VALUE, like parameters.delay=3d"),
        ("a.b= ", "--set:2:6: error[E010]: a value is missing after the equals sign: write PATH=VALUE (at a.b)"),
        ("a.b=null", "--set:2:5: error[E010]: a value is missing after the equals sign: write PATH=VALUE (at a.b)"),
        ("a.b=[1, 2", "--set:2:5: error[E003]: this [ is not closed: write ] where it ends"),
        ("a.b={a: 1} and", "--set:2:12: error[E003]: text goes on after the closing }: put quotes around the whole text"),
        ("a.b={a: &x 1}", "--set:2:9: error[E006]: anchors are not part of the language: remove it, or put quotes around a text that begins with & (at a)"),
        ("a.b=x\x00", "--set:2:6: error[E002]: the control character U+0000 has no place here: remove it"),
        ("a.b=" + "x" * 4097, "--set:2:5: error[E005]: this text is longer than 4 KiB: shorten it"),
    ],
)  # fmt: skip
def test_an_override_that_cannot_be_read_is_refused(written: str, problem: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        from_override(written, 2)
    assert str(refused.value) == problem


def test_overrides_come_after_the_what_if() -> None:
    tree = good("{set: {parameters.short: 4, rules.react.chance: 0.5}, remove: [rules.react.then.0]}")
    later, problems = apply(tree, [from_override("parameters.short=5", 1), from_override("rules.react.then.0.is=true", 2)])
    assert problems == []
    assert (value(later, "parameters.short"), value(later, "rules.react.then.0.is")) == ("5", "true")
    _, problems = apply(tree, [from_override("rules.react=x", 1), from_override("rules.react.chance=1", 2)])
    assert [problem.line for problem in problems] == [
        "--set:2:1: error[E305]: 'rules.react.chance' and 'rules.react' in line 1 touch one another: "
        "one holds the other; keep one (at rules.react.chance)"
    ]


# In general

PATHS = st.sampled_from(
    [
        "rules",
        "rules.react",
        "rules.react.then",
        "rules.react.then.0",
        "rules.react.then.1.is",
        "rules.react.then.3",
        "rules.new",
        "rules.named.then.second",
        "parameters.short",
        "parameters.short.value",
        "parameters.interval",
        "actors.president",
        "actors.president.part_of",
        "period",
        "what_if.x",
        "a..b",
        "title",
    ]
)
EDITS = st.builds(
    lambda kind, path: Edit(kind, path, None if kind == "remove" else Text("v", Place("w", 1, 1), "", True), Place("w", 1, 1)),
    st.sampled_from(["set", "add", "remove"]),
    PATHS,
)


@given(st.lists(EDITS, max_size=6))
@settings(max_examples=500, deadline=None)
def test_any_edits_give_a_sound_tree_and_leave_the_first_alone(edits: list[Edit]) -> None:
    before = plain(ROOT)
    tree, problems = apply(ROOT, edits)
    sound(tree, "")
    assert plain(ROOT) == before
    assert all(problem.code in ("E304", "E305", "E310") for problem in problems)


@given(st.lists(EDITS, max_size=5, unique_by=lambda edit: edit.path), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_the_order_of_good_edits_means_nothing(edits: list[Edit], chance: object) -> None:
    tree, problems = apply(ROOT, edits)
    if not problems:
        assert plain(apply(ROOT, edits[::-1])[0]) == plain(tree)


@given(st.text(max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_override_is_an_edit_or_refused(text: str) -> None:
    for written in (text, f"parameters.short={text}"):
        try:
            edit = from_override(written, 1)
        except ScenarioError:
            continue
        apply(ROOT, [edit])
