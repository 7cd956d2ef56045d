"""Reading YAML into nodes: every place exact, every fault named with a remedy, nothing but `ScenarioError` ever raised.

In: texts and files, most of them hostile. Out: what `sim.language.source` makes of them, with the C parser and without.
"""

# ruff: noqa: E501 - in the tables a message stands on one line, as it is printed

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # noqa: TID251 - the two parsers are compared, and sources are written by its dumper
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sim.errors import Place, Problem, ScenarioError
from sim.language.files import text_of
from sim.language.malformed import Spot, reworded
from sim.language.scalars import runs
from sim.language.source import Fields, Items, Node, Text, at, frame, nearest_place, parse, parse_value, plain, stood

ROOT = Path(__file__).resolve().parents[2]
HAS_C = hasattr(yaml, "CSafeLoader")


@pytest.fixture(params=[pytest.param("c", marks=pytest.mark.skipif(not HAS_C, reason="no C parser")), "pure"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each of the two parsers in turn."""
    name = str(request.param)
    if name == "pure" and HAS_C:
        monkeypatch.delattr(yaml, "CSafeLoader")
    return name


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(ScenarioError) as refused:
        parse(text, "f")
    return refused.value.problems


def lines(text: str) -> list[str]:
    return [problem.line for problem in problems(text)]


def text_at(node: Node, path: str) -> Text:
    found = at(node, path)
    assert isinstance(found, Text), f"{path}: {found}"
    return found


def leaves(node: Node) -> Iterator[Text]:
    match node:
        case Text():
            yield node
        case Items(items=items):
            for item in items:
                yield from leaves(item)
        case Fields(entries=entries):
            for value in entries.values():
                yield from leaves(value)


# What is read


def test_every_scalar_stays_text() -> None:
    root = parse("a: NO\nb: 010\nc: 1e6\nd: 08:00\ne: 2024-02-30\nf: .inf\ng: 'on'\nh: [yes, 1:30]\n", "f")
    assert plain(root) == {
        "a": "NO", "b": "010", "c": "1e6", "d": "08:00", "e": "2024-02-30", "f": ".inf", "g": "on", "h": ["yes", "1:30"],
    }  # fmt: skip


def test_nodes_know_path_and_place(parser: str) -> None:
    root = parse("rules:\n  answer: {when: stress, then: [{event: 'ban'}]}\n  other:\n    - é: x\n", "f")
    event = text_at(root, "rules.answer.then.0.event")
    assert (event.text, event.path, event.plain) == ("ban", "rules.answer.then.0.event", False)
    assert (event.place, event.place.length) == (Place("f", 2, 41), 5)
    when = text_at(root, "rules.answer.when")
    assert (when.place, when.place.length, when.plain) == (Place("f", 2, 18), 6, True)
    answer = at(root, "rules.answer")
    assert isinstance(answer, Fields)
    assert answer.place == Place("f", 2, 11)
    assert (answer.keys["then"], answer.keys["then"].length) == (Place("f", 2, 26), 4)
    assert isinstance(at(root, "rules.answer.then"), Items)
    assert text_at(root, "rules.other.0.é").place == Place("f", 4, 10)


@pytest.mark.parametrize("break_", ["\n", "\r\n", "\r"])
def test_any_line_break_counts_as_one(break_: str) -> None:
    assert text_at(parse(break_.join(["\ufeffa: 1", "b: 2"]), "f"), "b").place == Place("f", 2, 4)


def test_explicit_empties_are_values() -> None:
    assert plain(parse("a: ''\nb: \"\"\nc: {}\nd: []\n", "f")) == {"a": "", "b": "", "c": {}, "d": []}


# Where a character stands

SCALARS = {
    "plain": ("a: count(x) > 1\n", "count(x) > 1"),
    "plain on two lines": ("a: first\n   second  # c\n", "first second"),
    "plain with a blank line": ("a: first\n\n\n  second\n", "first\n\nsecond"),
    "single quotes": ("a: 'it''s ok'\n", "it's ok"),
    "single quotes folded": ("a: '  one ''x''  \n\n   two\n  three '\n", "  one 'x'\ntwo three "),
    "double quotes": ('a: "x > 1"\n', "x > 1"),
    "double quotes with escapes": ('a: "p\\tq\\x41\\u00e9\\U0001F600\\\\z"\n', "p\tqA\u00e9\U0001f600\\z"),
    "double quotes folded": ('a: "one \\\n   two\n\n   three\\n four"\n', "one two\nthree\n four"),
    "literal": ("a: |\n    one\n      two\n\n    three\n", "one\n  two\n\nthree\n"),
    "literal that begins with blanks": ("a: |2\n\n    \n  one\n", "\n  \none\n"),
    "literal with an indicator": ("a: |2-  # c\n    one\n  two\n", "  one\ntwo"),
    "folded": ("a: >\n  one\n  two\n\n  three\n    four\n", "one two\nthree\n  four\n"),
    "folded, stripped": ("a: >-\n\n  one\n  two\n", "\none two"),
    "in a list": ("- - 'x'\n  - >\n   y\n   z\n", "y z\n"),
}


@pytest.mark.parametrize("case", SCALARS)
def test_every_character_is_found_again(case: str, parser: str) -> None:
    source, value = SCALARS[case]
    *_, leaf = leaves(parse_value(source, "f"))
    assert leaf.text == value
    rows = source.split("\n")
    for offset, letter in enumerate(leaf.text):
        if letter.isspace() or letter == "\\" or ord(letter) > 127:
            continue
        place = leaf.place_at(offset)
        there = rows[place.line - 1][place.column - 1 :]
        assert there.startswith(letter) or (letter == "A" and there.startswith("\\x41")), f"{offset} {letter!r}: {place}"


def test_an_escape_is_found_at_its_backslash() -> None:
    text = text_at(parse('a: "p\\tq\\u00e9z"\n', "f"), "a")
    assert [text.place_at(offset).column for offset in range(5)] == [5, 6, 8, 9, 15]
    assert text.place_at(1, 3) == Place("f", 1, 6)
    assert text.place_at(1, 3).length == 3
    assert text_at(parse("a: 'x''y'\n", "f"), "a").place_at(1).column == 6


def test_a_place_beyond_the_text_is_its_end() -> None:
    text = text_at(parse("a: abc\n", "f"), "a")
    assert (text.place_at(99).column, text.place_at(-1).column) == (7, 4)


def test_a_block_text_stands_where_its_first_character_does() -> None:
    text = text_at(parse("a: >\n\n  x > 1\n", "f"), "a")
    assert (text.place, text.place.length) == (Place("f", 3, 3), 5)


WORDS = st.text(alphabet="ab '\"\\:é#", min_size=0, max_size=8)


@given(st.lists(WORDS, min_size=1, max_size=4), st.sampled_from(["'", '"', "|", ">", ""]))
@settings(max_examples=300, deadline=None)
def test_both_parsers_put_every_character_in_the_same_place(words: list[str], style: str) -> None:
    body = "\n  ".join(words)
    source = f"k: {style}\n  {body}\n" if style in ("|", ">") else f"k: {style}{body}{style}\n"
    assert seen(source, c_parser=True) == seen(source, c_parser=False)


def seen(source: str, c_parser: bool) -> object:
    """Everything a parser makes of a source; of a refusal the codes alone, since parsers stop at different words."""
    with pytest.MonkeyPatch.context() as patch:
        if not c_parser and HAS_C:
            patch.delattr(yaml, "CSafeLoader")
        try:
            root = parse(source, "f")
        except ScenarioError:
            return "refused"
    found = [(leaf.path, leaf.text, leaf.place, leaf.place.length, leaf.plain, leaf.offsets) for leaf in leaves(root)]
    return found, root.keys, root.place


SMALL = st.text("ab é0", min_size=1, max_size=5).map(str.strip).filter(bool)
VALUES = st.recursive(
    SMALL,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("klmn"), inner, max_size=3),
    max_leaves=12,
)


@given(VALUES, st.booleans())
@settings(max_examples=150, deadline=None)
def test_both_parsers_put_nodes_in_the_same_places(value: object, flow: bool) -> None:
    source = yaml.safe_dump({"root": value}, allow_unicode=True, default_flow_style=flow)
    assert seen(source, c_parser=True) == seen(source, c_parser=False)
    assert plain(parse(source, "f")) == {"root": value}


# What is refused

ANCHOR = "anchors are not part of the language: remove it, or put quotes around a text that begins with &"
ALIAS = "aliases are not part of the language: write the value itself, or put quotes around a text that begins with *"
TAG = "tags are not part of the language: remove it, or put quotes around a text that begins with !"
NO_WORD = "a key is a plain word, not a list or mapping: put quotes around a text that begins with { or ["
REFUSED = {
    "anchor and alias": ("a: &x 1\nb: *x\n", [f"1:4: error[E006]: {ANCHOR} (at a)",
        f"2:4: error[E006]: {ALIAS} (at b)"]),
    "cycle": ("a: &a [*a]\n", [f"1:4: error[E006]: {ANCHOR} (at a)",
        f"1:8: error[E006]: {ALIAS} (at a.0)"]),
    "merge key": ("a:\n  <<: 3\n", ["2:3: error[E007]: merge keys are not part of the language: write the keys themselves (at a)"]),
    "tags": ("a: !!python/object/apply:os.system [ls]\nb: {c: !foo x}\n", [f"1:4: error[E008]: {TAG} (at a)",
        f"2:8: error[E008]: {TAG} (at b.c)"]),
    "a tag that means nothing": ("a: !e!x 1\n", [f"1:4: error[E008]: {TAG}"]),
    "a renamed tag": ("%TAG ! tag:yaml.org,2002:\n---\na: 1\na: 2\n", ["1:1: error[E008]: a line cannot begin with %: a scenario needs no directive, remove it",
        "4:1: error[E009]: 'a' is written twice: here and in line 3; keep one (at a)"]),
    "both properties": ("a: &b !c d\n", [f"1:4: error[E006]: {ANCHOR} (at a)",
        f"1:7: error[E008]: {TAG} (at a)"]),
    "key written twice": ("a: 1\nb: {c: 1, 'c': 2}\na: {d: 1, d: 2}\n", ["2:11: error[E009]: 'c' is written twice: here and in line 2; keep one (at b.c)",
        "3:1: error[E009]: 'a' is written twice: here and in line 1; keep one (at a)",
        "3:11: error[E009]: 'd' is written twice: here and in line 3; keep one (at a.d)"]),
    "no value": ("a:\nb:\n  -\n  - ~\nc: null\nd: |\n", ["1:1: error[E010]: 'a' has no value: write one, indent what belongs to it, or remove the key (at a)",
        "3:3: error[E010]: this item has no value: write one or remove it (at b.0)", "4:5: error[E010]: ~ is no value: write one or remove the item (at b.1)",
        "5:4: error[E010]: null is no value: write one or remove the key (at c)", "6:1: error[E010]: 'd' has no value: write one, indent what belongs to it, or remove the key (at d)"]),
    "an expression that was cut": ("a: {if: count(x, in_last=60d) > 1}\n", ["1:18: error[E010]: 'in_last=60d) > 1' has no value: "
        "an unquoted comma or colon inside {} cut an expression: put quotes around it (at a.in_last=60d) > 1)"]),
    "empty": ("", ["1:1: error[E011]: the file is empty: begin with `scenario: name`"]),
    "comment only": ("# x\n", ["1:1: error[E011]: the file is empty: begin with `scenario: name`"]),
    "empty document": ("---\n", ["1:1: error[E011]: the file is empty: begin with `scenario: name`"]),
    "scalar": ("abc\n", ["1:1: error[E011]: a scenario is a mapping: write lines like `scenario: name`"]),
    "scalar that lacks a space": ("a:1\n", ["1:1: error[E011]: a scenario is a mapping: write a space after the colon, `key: value`"]),
    "list": ("- a\n", ["1:1: error[E011]: a scenario is a mapping: write lines like `scenario: name`"]),
    "two documents": ("a: 1\n---\nb: [\n", ["2:1: error[E011]: a scenario is one document: remove the second one, from the line --- on"]),
    "text behind the end": ("a: 1\n...\nb\n", ["3:1: error[E011]: a scenario is one document: remove what stands after the line ..."]),
    "list as key": ("? [a]\n: 1\n", [f"1:3: error[E012]: {NO_WORD}"]),
    "braces twice": ("a: {{x: y}}\n", [f"1:5: error[E012]: {NO_WORD} (at a)"]),
    "odd keys": ("'': 1\n' a': 1\n~: 2\n? |\n  b\n: 3\n", [f"{place}: error[E012]: a key is a plain word: write one on a single line, without blanks around it"
        for place in ("1:1", "2:1", "3:1", "5:3")]),
    "invisible joiner in a key": ("a\u200db: 1\n", ["1:1: error[E012]: a key is a plain word: this one has invisible characters in it"]),
    "NUL": ("a: 1\nb: x\x00\n", ["2:5: error[E002]: the control character U+0000 has no place here: remove it"]),
    "escape characters": ("a: \x1b[1m\x85\n", ["1:4: error[E002]: the control character U+001B has no place here: remove it",
        "1:8: error[E002]: U+0085 is an unusual line break: use an ordinary one"]),
    "BOM inside": ("a: x\ufeffy\n", ["1:5: error[E002]: the invisible character U+FEFF has no place here: remove it"]),
    "direction mark": ("a: \u202ex\n", ["1:4: error[E002]: the invisible character U+202E has no place here: remove it"]),
    "surrogate": ("a: \ud800\n", ["1:4: error[E002]: half of a surrogate pair (U+D800) is no character: remove it"]),
    "decomposed letter": ("a: 1\nb: cafe\u0301\n", ["2:7: error[E002]: a letter and its accent are two characters here: type the letter as one (NFC)"]),
    "escaped control": ('a: "x\\ey"\n', ["1:6: error[E002]: the control character U+001B has no place here: remove it (at a)"]),
    "escape beyond Unicode": ('a: "\\U00110000"\n', ["1:5: error[E002]: this escape is no character: remove it"]),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_scenario_is_refused_with_all_places(case: str, parser: str) -> None:
    source, expected = REFUSED[case]
    assert lines(source) == [f"f:{line}" for line in expected]


def test_an_escaped_surrogate_is_refused_at_its_escape(parser: str) -> None:
    (problem,) = problems('a: "x\\ud800"\n')
    assert (problem.code, problem.place) == ("E002", Place("f", 1, 6))


def test_joiners_that_names_need_are_kept() -> None:
    assert plain(parse("name: علی\u200cرضا\n", "f")) == {"name": "علی\u200cرضا"}


MALFORMED = {
    "tab": ("a:\n\tb: 1\n", "2:1: a tab cannot indent a line: use spaces"),
    "tab later": ("a:\n  b: 1\n\tc: 2\n", "3:1: a tab cannot indent a line: use spaces"),
    "tab in a line": ("a: x\t# c\nb: 'y\t'\n", "1:5: a tab has no place here: use spaces, or write \\t in double quotes"),
    "comment sign in a block": ("a: |#x\n  y\n", "1:4: a value cannot begin with |: put quotes around it"),
    "colon in a value": ("title: Serbia: the halt\n", "1:14: a value with a colon and a space in it must be quoted: put quotes around it"),
    "deeper than a value": ("a: 1\n   b: 2\n", "2:4: this line is indented deeper than line 1, which has a value already: begin it in column 1"),
    "no space after the colon": ("a:1\nb: 2\n", "1:2: write a space after the colon: `a: ...`"),
    "no space after an inner colon": ("a:\n  b:1\n  c: 2\n", "2:4: write a space after the colon: `b: ...`"),
    "no colon": ("a: 1\nbcd\ne: 2\n", "2:1: this line has no colon: write `key: value`"),
    "no colon on the first line": ("abc\nd: 1\n", "1:1: this line has no colon: write `key: value`"),
    "equals sign": ("a: 1\nb = 2\nc: 3\n", "2:1: write a colon instead of the equals sign: `key: value`"),
    "no space after the dash": ("a:\n- b\n-c\n", "3:1: write a space after the dash of a list item"),
    "open single quote": ("a: 'x\nb: 2\n", "1:4: this quote is not closed: write the same quote where the text ends"),
    "open double quote": ('a: "x\n---\n', "1:4: this quote is not closed: write the same quote where the text ends"),
    "unknown escape": ('a: "x\\d"\n', "1:6: \\d means nothing in double quotes: use single quotes, or write \\\\ for a backslash"),
    "bad hexadecimal": ('a: "\\xZZ"\n', "1:5: \\x means nothing in double quotes: use single quotes, or write \\\\ for a backslash"),
    "at sign": ("a: @x\n", "1:4: a value cannot begin with @: put quotes around it"),
    "backtick": ("a: `x`\n", "1:4: a value cannot begin with `: put quotes around it"),
    "percent": ("a: [1, %x]\n", "1:8: a value cannot begin with %: put quotes around it"),
    "star": ("a: * x\n", "1:4: a value cannot begin with *: put quotes around it"),
    "ampersand": ("a: & x\n", "1:4: a value cannot begin with &: put quotes around it"),
    "greater": ("that: > 3\n", "1:7: a value cannot begin with >: put quotes around it"),
    "bar": ("a: |x\n", "1:4: a value cannot begin with |: put quotes around it"),
    "question mark": ("a: ? b\n", "1:4: a value cannot begin with ?: put quotes around it"),
    "dash": ("a: - b\n", "1:4: a list item cannot stand on the line of its key: begin a new line, or put quotes around a text that begins with -"),
    "bracket goes on": ("a: [x] and y\n", "1:8: text goes on after the closing ]: put quotes around the whole text"),
    "quote goes on": ("a: 'it's'\n", "1:8: text goes on after the closing quote: put the other kind of quotes around the whole text"),
    "open bracket": ("a: [b, c\nd: e\n", "1:4: this [ is not closed: write ] where it ends"),
    "open bracket at the end": ("a: [b, c", "1:4: this [ is not closed: write ] where it ends"),
    "open bracket with nothing in it": ("a: 1\nb: [\n", "2:4: this bracket is not closed: write the other one where it ends"),
    "open inner brace": ("when: {every: {exponential: 2d}\nb: 1\n", "1:7: this { is not closed: write } where it ends"),
    "wrong bracket": ("a: {b: [1, 2}\n", "1:13: this } cannot close the [ of line 1: write ] before it"),
    "bracket too many": ("a: [b]]\n", "1:7: this ] closes nothing: remove it"),
    "lonely bracket": ("a: }\n", "1:4: this } closes nothing: remove it, or put quotes around the text"),
    "colon inside braces": ("a: {b: c: d}\n", "1:9: a comma is missing before this, or a text with a colon needs quotes around it"),
    "quote inside braces": ("a: {b: 'c' d}\n", "1:12: a comma is missing before this, or the text needs quotes around it"),
    "line without comma": ("a: {\n  b: 1\n  c: 2\n}\n", "3:3: a comma is missing before this line"),
    "two commas": ("a: [b,,c]\n", "1:7: something is missing before this comma: write it, or remove the comma; a text that begins with a comma needs quotes"),
    "indentation": ("a:\n    b: 1\n  c: 2\n", "3:3: the indentation fits no line above: begin in column 1 (like line 1) or column 5 (like line 2)"),
    "indentation in a list": ("a:\n  - b: 1\n   c: 2\n", "3:4: the indentation fits no line above: begin in column 3 (like line 2) or column 5 (like line 2)"),
    "first line indented": ("  a: 1\nb: 2\n", "2:1: the indentation fits no line above: begin in column 3, like the first line"),
    "item among keys": ("b: 1\n- a\n", "2:1: a list item cannot stand among keys: indent it"),
    "key among items": ("- a\nb: 1\n", "2:1: a key cannot stand among list items: write `- ` before it or indent it"),
    "no key": (": x\n", "1:1: a key is missing before this colon"),
    "braces closed too early": ("{a: 1}\nb: 2\n", "2:1: text goes on after the scenario's end: is a bracket closed too early above?"),
}  # fmt: skip


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_yaml_is_explained(case: str, parser: str) -> None:
    source, expected = MALFORMED[case]
    place, text = expected.split(": ", 1)
    assert lines(source)[0] == f"f:{place}: error[E003]: {text}"


def test_what_stands_before_a_malformed_line_is_told_too(parser: str) -> None:
    found = [(problem.code, problem.place.line) for problem in problems("a: 1\na: &x 2\nb:\nc: 'x\n")]
    assert found == [("E009", 2), ("E006", 2), ("E010", 3), ("E003", 4)]


# Limits


def test_depth_is_counted_before_anything_is_built(parser: str) -> None:
    (problem,) = problems("[" * 65)
    assert (problem.code, problem.text, problem.place) == ("E004", "nesting deeper than 64: flatten it", Place("f", 1, 65))
    parse("a: " + "[" * 63 + "]" * 63, "f")


@pytest.mark.parametrize("allowed", [65, 100, 990])
def test_a_limit_of_the_parser_s_own_changes_nothing(parser: str, monkeypatch: pytest.MonkeyPatch, allowed: int) -> None:
    """PyYAML 6.0.4 allows 1,000 levels, and complains of the next before it hands out the first."""
    whole = yaml.parse

    def limited(text: str, Loader: Any) -> Iterator[yaml.Event]:
        if text.count("[") > allowed:
            mark = yaml.Mark("f", 0, 0, text.index("[") + allowed, "", 0)
            raise yaml.scanner.ScannerError("while increasing flow level", mark, "exceeded maximum nesting depth", mark)
        yield from whole(text, Loader=Loader)

    monkeypatch.setattr(yaml, "parse", limited)
    for source in ("[" * 1001, "a: " + "[" * 500_000, "[" * 70 + " 'x" * 2000):
        (problem,) = problems(source)
        column = {"[": 65, "a": 67}[source[0]]  # the mapping is a level, too
        assert (problem.code, problem.text, problem.place.column) == ("E004", "nesting deeper than 64: flatten it", column)


@pytest.mark.parametrize("rest", ["'x", '"\\q"', "@x", "x, 'y"])
def test_what_stands_too_deep_is_told_before_what_cannot_be_read_behind_it(parser: str, rest: str) -> None:
    """A scanner reads up to a line ahead, and would complain of the rest first."""
    (problem,) = problems("[" * 65 + rest)
    assert (problem.code, problem.place.column) == ("E004", 65)
    (problem,) = problems("[" * 64 + rest)
    assert problem.code == "E003"


@pytest.mark.parametrize(
    "source", ["'[' * 500_000", "'{a: ' * 100_000", "'? ' * 200_000", "'- ' * 200_000", "''.join(' ' * k + 'a:\\n' for k in range(400))"]
)
def test_deep_nesting_does_not_crash(source: str) -> None:
    code = (
        "from sim.language.source import parse; from sim.errors import ScenarioError\n"
        f"try: parse({source}, 'f')\nexcept ScenarioError as refused: print(*[p.code for p in refused.problems])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=False, cwd=ROOT)
    assert (done.returncode, done.stdout.split()[-1:], done.stderr) == (0, ["E004"], "")


def test_too_much_is_refused() -> None:
    assert [(p.code, p.text) for p in problems("a: [" + "x," * 10_001 + "]")] == [
        ("E005", "this list has 10,001 items: at most 10,000 are possible")
    ]
    rows = "".join(f"k{n}: [{','.join('x' * 9_000)}]\n" for n in range(12))
    assert [(p.code, p.text) for p in problems(rows)] == [("E005", "more than 100,000 values: shorten the scenario")]
    assert lines(f"a: 1\nb: {'x' * 4097}\n") == ["f:2:4: error[E005]: this text is longer than 4 KiB: shorten it (at b)"]
    parse(f"b: {'x' * 4096}\n", "f")
    assert lines(f"b: {'é' * 2049}\n") == ["f:1:4: error[E005]: this text is longer than 4 KiB: shorten it (at b)"]
    assert lines("#" * 2**20 + "\n") == ["f:1:1: error[E005]: the file is larger than 1 MiB: shorten it"]


def test_a_bomb_of_merge_keys_or_anchors_is_refused_quickly() -> None:
    merges = "a0: &a0 {k: v}\n" + "".join(f"a{n}: &a{n} {{<<: [{','.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 9))
    assert {p.code for p in problems(merges)} == {"E006", "E007"}
    assert len(problems("a: [" + "&x y," * 100_000 + "]")) == 100


def test_a_complaint_that_nobody_has_seen_yet_has_words_too() -> None:
    """Parsers of other versions may complain of other things."""
    spot = Spot("found a thing of tomorrow", ["a: 1", "b: 2"], 1, 3, 1, 0)
    assert reworded(spot, "f").line == (
        "f:2:4: error[E003]: this cannot be read: check colons, quotes, brackets and indentation here and on the line above"
    )


# Files


def read_problem(path: Path) -> str:
    with pytest.raises(ScenarioError) as refused:
        text_of(path)
    (problem,) = refused.value.problems
    assert problem.place.file == str(path)
    return f"{problem.place.line}:{problem.place.column} {problem.code} {problem.text}"


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "ok.yaml").write_bytes("\ufeffa: é\r\nb: 2\r\n".encode())
    assert plain(parse(text_of(tmp_path / "ok.yaml"), "ok.yaml")) == {"a": "é", "b": "2"}


def test_a_missing_file_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "serbia.yaml").touch()
    assert read_problem(tmp_path / "sebria.yaml") == "1:1 E001 no such file; did you mean 'serbia.yaml'?"
    assert read_problem(tmp_path / "zzz") == "1:1 E001 no such file"
    assert read_problem(tmp_path / "gone" / "x.yaml") == f"1:1 E001 no such file: there is no folder '{tmp_path / 'gone'}'"
    assert read_problem(tmp_path / "a\0b") == "1:1 E001 the file cannot be read: its name is not possible"
    assert read_problem(tmp_path / ("x" * 300)).startswith("1:1 E001 the file cannot be read: ")
    assert read_problem(tmp_path / "serbia.yaml" / "x") .startswith("1:1 E001 ")  # fmt: skip


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert read_problem(tmp_path) == "1:1 E001 this is a folder: name a file in it"
    assert read_problem(tmp_path / "pipe") == "1:1 E001 this is no ordinary file: name a text file"
    assert read_problem(Path("/dev/zero")) == "1:1 E001 this is no ordinary file: name a text file"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a: 1\nb: \xe9\n", "2:4 E002 the byte 0xe9 is not UTF-8: save the file as UTF-8"),
        ("a: é\r\nbé: ".encode() + b"\xff\n", "2:5 E002 the byte 0xff is not UTF-8: save the file as UTF-8"),
        ("a: 1\n".encode("utf-16"), "1:1 E002 the file is UTF-16: save it as UTF-8"),
        (b"\x1f\x8b\x08rest", "1:1 E001 a compressed file cannot be read: unpack it first"),
        (b"PK\x03\x04rest", "1:1 E001 a compressed file cannot be read: unpack it first"),
        (b"#" * (2**20 + 1), "1:1 E005 the file is larger than 1 MiB: shorten it"),
    ],
)
def test_only_clean_utf8_is_read(tmp_path: Path, data: bytes, expected: str) -> None:
    (tmp_path / "x.yaml").write_bytes(data)
    assert read_problem(tmp_path / "x.yaml") == expected


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_forbidden_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").touch(mode=0o000)
    assert read_problem(tmp_path / "x.yaml") == "1:1 E001 the file cannot be read: permission denied"


def test_a_file_that_breaks_off_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Torn(io.BytesIO):
        def read(self, *_: object) -> bytes:
            raise OSError(errno.EIO, "Input/output error")

    def torn(handle: int, *_: object) -> Torn:
        os.close(handle)
        return Torn()

    (tmp_path / "x.yaml").touch()
    monkeypatch.setattr(os, "fdopen", torn)
    assert read_problem(tmp_path / "x.yaml") == "1:1 E001 the file cannot be read: input/output error"


# Nothing else is ever raised

PIECES = st.sampled_from(
    [*"abc01:-?{}[],&*#!|>'\"%@` \n\t\\é\ud800\x00\ufeff~<=.", "\n  ", ": ", "- ", "<<: ", "---", "...", "!!int ", "\\U00110000", "%TAG "]
)
GOOD = b"rules:\n  a: {when: 'b', then: [{event: \"c\\td\"}]}\n  e: >\n    f\n    g\nh: |\n  i\n- j\n"


@given(st.lists(PIECES, max_size=40).map("".join))
@example("a: 2024-02-30\n")
@example("!!int ''")
@example("&a !!int {=: *a}")
@example("%YAML " + "9" * 5000 + ".1\n---\na: 1")
@settings(max_examples=1000, deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    for c_parser in (True, False):
        seen(text, c_parser)


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_unicode_is_read_or_refused(text: str) -> None:
    seen(text, c_parser=True)


@given(st.lists(st.tuples(st.integers(0, len(GOOD)), st.integers(0, 255)), min_size=1, max_size=6))
@settings(max_examples=500, deadline=None)
def test_any_mutation_of_a_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]]) -> None:
    data = bytearray(GOOD)
    for where, byte in changes:
        data[where : where + 1] = bytes([byte])
    path = tmp_path_factory.getbasetemp() / "mutated.yaml"
    path.write_bytes(data)
    rows = data.count(b"\n") + data.count(b"\r") + 1
    for problem in refusal(path):
        assert problem.place.line <= rows
        assert problem.place.column >= 1
        assert problem.text.isprintable()


def refusal(path: Path) -> tuple[Problem, ...]:
    try:
        parse(text_of(path), str(path))
    except ScenarioError as refused:
        return refused.problems
    return ()


# Walking


def test_a_path_is_walked_by_key_number_and_id() -> None:
    root = parse("rules: {r: {then: [{event: a}, {id: second, event: b}]}}\nwhat_if: {w: {set: {rules.r.after: 3d}}}\n", "f")
    assert text_at(root, "rules.r.then.1.event").text == "b"
    assert text_at(root, "rules.r.then.second.event").text == "b"
    assert text_at(root, "what_if.w.set.rules.r.after").text == "3d"
    assert at(root, "") is root
    for path in ("rules.x", "rules.r.then.2", "rules.r.then.01", "rules.r.then.-1", "rules.r.then.0.event.x", "."):
        assert at(root, path) is None


def test_the_nearest_place_passes_over_what_is_not_written() -> None:
    root = parse("rules:\n  r: {then: [{event: a}]}\n", "f")
    assert nearest_place(root, ("rules", "r", "then", "function-after", 0, "EventEffect", "event")) == Place("f", 2, 22)
    assert nearest_place(root, ("rules", "r", "then", 0, "event"), want_key=True) == Place("f", 2, 15)
    assert nearest_place(root, ("rules", "r", "missing")) == Place("f", 2, 6)
    assert nearest_place(root, ("rules", "r", "missing"), want_key=True) == Place("f", 2, 3)
    assert nearest_place(root, ()) == Place("f", 1, 1)


def test_what_stood_at_a_number_is_shown() -> None:
    root = parse("a: {then: [{enact: p.council, pending: join}, {add: {x: 1}}, [z], {}]}\n", "f")
    assert stood(root, "a.then.0.pending") == "then.0 = enact p.council"
    assert [stood(root, f"a.then.{n}") for n in (1, 2, 3, 4)] == ["then.1 = add x 1", "then.2 = [...]", "then.3 = {}", ""]


# Frames


def test_a_frame_shows_the_line_and_the_one_above() -> None:
    source = "rules:\n  r: {when: strees}\n"
    assert frame(Place("f", 2, 13, 6), source) == ("  |\n1 | rules:\n2 |   r: {when: strees}\n  |             ^^^^^^")
    assert frame(Place("f", 1, 1, 5), source) == "  |\n1 | rules:\n  | ^^^^^"
    assert frame(Place("f", 9, 1), source) == ""


def test_a_frame_makes_odd_characters_visible_and_keeps_its_carets_below() -> None:
    assert frame(Place("f", 1, 4, 2), "a\t\x1bxy") == "  |\n1 | a\\t\\x1bxy\n  |        ^^"
    assert frame(Place("f", 1, 3, 1), "議会x") == "  |\n1 | 議会x\n  |     ^"
    assert frame(Place("f", 1, 4, 5), "abc") == "  |\n1 | abc\n  |    ^"


def test_a_frame_of_a_long_line_is_cut_around_the_place() -> None:
    shown = frame(Place("f", 1, 301, 2), "a" * 300 + "XY" + "b" * 300).split("\n")
    assert len(shown[1]) < 130
    assert [shown[1][k] for k, sign in enumerate(shown[2]) if sign == "^"] == ["X", "Y"]


class Line(str):
    """A line of a file that counts how often a part of it, or the whole, is looked through."""

    looked = 0

    def __getitem__(self, which: Any) -> str:
        Line.looked += isinstance(which, slice)
        return super().__getitem__(which)

    def rstrip(self, letters: str | None = None, /) -> str:
        Line.looked += 1
        return super().rstrip(letters)


def test_a_long_line_is_looked_through_once_whatever_escapes_it_has() -> None:
    Line.looked = 0
    found = runs('"', "\n" * 1000, [Line('"' + r"\n" * 1000 + '"')], 0, 0)
    assert found == tuple((offset, 1, 2 + 2 * offset) for offset in range(1000))
    assert Line.looked <= 1000 + 2  # each escape is looked at, four letters long at most, and the line itself
