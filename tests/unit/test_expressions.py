"""Expressions: grammar, types, and what they come to, against an oracle that knows neither.

What an author can see of them stands in tests/language/expressions; here are tables, limits and random examples.
"""

from __future__ import annotations

import io
import math
import tokenize
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import clock
from sim.engine.formulas import Formulas
from sim.errors import Place, Problem, RunStopped
from sim.language import grammar as g
from sim.language import tree as t
from sim.language.functions import fields_of
from sim.language.infer import Inference, infer
from sim.language.scenario import Actor, EventType
from sim.language.scope import MEASURE, Scope
from sim.language.signatures import FUNCTIONS
from sim.language.source import Text
from sim.language.tree import Tree, Type
from tests import harness

MOOD = t.label("calm", "tense")
GO = EventType("go", "go", {"n": t.NUMBER, "wait": t.DURATION, "kind": t.label("big", "small"), "words": t.TEXT})
OTHER = EventType("other", "other", {"n": t.NUMBER})
TYPES = {"x": t.NUMBER, "d": t.DURATION, "day": t.INSTANT, "f": t.FLAG, "mood": MOOD}
SLOTS = {"state.x": 0, "state.d": 1, "state.day": 2, "state.f": 3, "state.mood": 4, "actors.a.stock": 5, "in_force.ban": 6}


def scope(**changes: object) -> Scope:
    """A small world: a value of each type, two actors, two events, a norm, a procedure."""
    names: dict[str, Tree] = {name: t.Slot(f"state.{name}", kind, name) for name, kind in TYPES.items()}
    names |= {"a": t.Const("a", t.ACTOR), "b": t.Const("b", t.ACTOR), "a.stock": t.Slot("actors.a.stock", t.NUMBER, "a.stock")}
    given: dict[str, object] = {
        "names": names, "actors": {name: Actor(name, name, None, None, (), None, "") for name in "ab"},
        "statements": frozenset(), "attributes": {"stock": t.NUMBER},
        "events": {"go": GO, "other": OTHER}, "provisions": {"ban": "ban", "p.look": "p.look"}, "steps": {"look": ("p.look",)},
        "event": fields_of(GO),
    }  # fmt: skip
    return Scope(**{**given, **changes})  # type: ignore[arg-type]  # the fields are those above


def text(words: str) -> Text:
    return Text(words, Place("t.yaml", 1, 1), "rules.r.if", plain=True)


def typed(words: str, wanted: Type | None = None, **changes: object) -> tuple[Tree | None, list[Problem]]:
    """The typed tree of an expression, or the problems it has; never both, never neither."""
    problems: list[Problem] = []
    tree = infer(text(words), scope(**changes), wanted, problems)
    assert (tree is None) == bool(problems)
    return tree, problems


def codes(words: str, wanted: Type | None = None, **changes: object) -> list[str]:
    return [problem.code for problem in typed(words, wanted, **changes)[1]]


def shape(phrase: g.Phrase) -> str:
    """A tree with all its brackets."""
    match phrase:
        case g.Number(digits=digits, unit=unit):
            return digits + unit
        case g.Moment(text=words):
            return words
        case g.Quoted(text=words):
            return repr(words)
        case g.Name():
            return phrase.text
        case g.Apply(function=function, arguments=arguments, named=named):
            parts = [shape(one) for one in arguments] + [f"{name.text}={shape(value)}" for name, value in named]
            return f"{function.text}({', '.join(parts)})"
        case g.Sign(operator=operator, operand=operand):
            return f"({operator} {shape(operand)})"
        case g.Arithmetic(operator=operator, left=left, right=right):
            return f"({shape(left)} {operator} {shape(right)})"
        case g.Comparison(first=first, rest=rest):
            return f"({shape(first)}{''.join(f' {operator} {shape(part)}' for operator, part in rest)})"
        case g.Logic(operator=operator, parts=several):
            return f"({f' {operator} '.join(shape(part) for part in several)})"
        case g.Conditional(value=value, test=test, other=other):
            return f"({shape(value)} if {shape(test)} else {shape(other)})"
        case g.Membership(item=item, options=options, listed=listed, negated=negated):
            inside = ", ".join(shape(option) for option in options)
            return f"({shape(item)} {'not in' if negated else 'in'} {f'[{inside}]' if listed else inside})"


# ---- the grammar


@pytest.mark.parametrize(
    ("words", "brackets"),
    [
        ("a + b * c", "(a + (b * c))"),
        ("a - b - c", "((a - b) - c)"),
        ("a / b * c // d % e", "((((a / b) * c) // d) % e)"),
        ("(a + b) * c", "((a + b) * c)"),
        ("-a * b", "((- a) * b)"),
        ("a * -b", "(a * (- b))"),
        ("- - a", "(- (- a))"),
        ("+a - +b", "((+ a) - (+ b))"),
        ("a < b + c", "(a < (b + c))"),
        ("a < b <= c != d", "(a < b <= c != d)"),
        ("(a < b) < c", "((a < b) < c)"),
        ("not a < b", "(not (a < b))"),
        ("not not a", "(not (not a))"),
        ("not a and b", "((not a) and b)"),
        ("a or b and c or d", "(a or (b and c) or d)"),
        ("a and b and c", "(a and b and c)"),
        ("a if b else c", "(a if b else c)"),
        ("a if b else c if d else e", "(a if b else (c if d else e))"),
        ("(a if b else c) if d else e", "((a if b else c) if d else e)"),
        ("a or b if c or d else e or f", "((a or b) if (c or d) else (e or f))"),
        ("a in b", "(a in b)"),
        ("a not in b", "(a not in b)"),
        ("not a in b", "(not (a in b))"),
        ("a in [b, c + 1]", "(a in [b, (c + 1)])"),
        ("a not in [b] and c", "((a not in [b]) and c)"),
        ("a + b in c", "((a + b) in c)"),
        ("a.b.c + 1", "(a.b.c + 1)"),
        ("count(a.b, by=c, in_last=60d) > 1", "(count(a.b, by=c, in_last=60d) > 1)"),
        ("f(a if b else c, (d))", "f((a if b else c), d)"),
        ("1_000.5 + .5 + 1e3 + 2.5E-3", "(((1_000.5 + .5) + 1e3) + 2.5E-3)"),
        ("60d + 1.5h", "(60d + 1.5h)"),
        ("2025-06-23 - 2025-06-23 10:00", "(2025-06-23 - 2025-06-23 10:00)"),
        ("2025 - 6", "(2025 - 6)"),
        ("'it is' == \"it's\"", "('it is' == \"it's\")"),
        (" a\n +\tb ", "(a + b)"),
    ],
)
def test_what_binds_tighter(words: str, brackets: str) -> None:
    assert shape(g.read_expression(words)) == brackets


@pytest.mark.parametrize(("words", "start", "end"), [("a + bc", 4, 6), ("count(go, by=russia)", 13, 19), ("a if bb else c", 5, 7)])
def test_parts_know_where_they_stand(words: str, start: int, end: int) -> None:
    found: list[tuple[int, int]] = []
    todo: list[object] = [g.read_expression(words)]
    while todo:
        part = todo.pop()
        if isinstance(part, tuple):
            todo.extend(part)
        elif isinstance(part, g.Part):
            found.append((part.start, part.end))
            todo.extend(getattr(part, slot) for slot in type(part).__slots__)
    assert (start, end) in found


def test_limits_are_exact() -> None:
    assert shape(g.read_expression("x" * 1_000)) == "x" * 1_000
    deepest = "(" * 31 + "x" + ")" * 31
    assert shape(g.read_expression(deepest)) == "x"
    most = "x" + "+x" * 255
    assert shape(g.read_expression(most)).count("x") == 256
    for words in ("x" * 1_001, f"({deepest})", "not " * 40 + "f", "-" * 40 + "x", "x if f else " * 40 + "x", "+".join(["x"] * 500)):
        assert codes(words) == ["E207"], words


def test_a_thousand_of_anything_is_refused() -> None:
    for words in (
        "(" * 1000,
        "-" * 1000,
        "not " * 250,
        "x." * 500,
        "x and " * 160 + "x" + " and x" * 160,
        "[" * 1000,
        "min(" * 250,
        "''" * 500,
    ):
        assert codes(words)[:1] in (["E201"], ["E207"])


def test_nesting_costs_no_more_than_it_is_long() -> None:
    """Each part of an expression is looked at a few times, however deep it stands."""
    looked = 0
    original = Inference.tree

    def counted(self: Inference, phrase: g.Phrase, wanted: Type | None, proven: frozenset[t.Selector]) -> Tree:
        nonlocal looked
        looked += 1
        return original(self, phrase, wanted, proven)

    nested = {"comparison": ("f", "({}) == f"), "call": ("x", "min({}, x)"), "membership": ("f", "({}) in [f]")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Inference, "tree", counted)
        for name, (words, around) in nested.items():
            looked = 0
            for _ in range(13):
                words = around.format(words)
            typed(words)
            assert looked < 2_000, f"{name}: 13 levels are looked at {looked:,} times"


# ---- what is refused

REFUSED = [
    # attributes and dunders; frames; formatting
    "x.__class__", "().__class__", "''.__class__.__mro__", "a.__dict__", "event.__class__", "a.stock.real", "now.year", "f.gi_frame",
    "x.f_back.f_globals",
    "'a'.format(x)", "'{0.__class__}'.format(x)", "f'{x}'", "'%s' % x", "'%999999999d' % 1", "format(x)", "str(x)", "repr(a)",
    # statements, several expressions, comments
    "import os", "x; x", "x\ny", "x = 1", "x := 1", "(y := 1)", "del x", "pass", "return x", "assert f", "raise x", "# x", "x # y", "",
    " ", "\n",
    # functions of functions
    "lambda: 1", "lambda x: x", "[x for x in a]", "{x for x in a}", "{x: 1}", "(x for x in a)", "yield x", "await x", "async x", "x if f",
    "min(*x)", "min(**x)", "*x", "**x", "x[0]", "x[1:2]", "x[::]", "[1, 2]", "(1, 2)", "x, x", "()", "[]", "{}", "...",
    # calls of anything not listed, of results, of methods
    "eval('1')", "exec('1')", "open('x')", "__import__('os')", "getattr(a, 'b')", "vars()", "type(x)", "a()", "x()", "min(1, 2)(3)",
    "count(go).real", "a.stock()",
    "range(10)", "sorted(x)", "pow(2, 3)", "max([1, 2])", "sum([1])", "len('a')", "breakpoint()",
    # literals of Python that are none here
    "1j", "0x10", "0b1", "0o7", "1e999", "9" * 400, "b'x'", "r'x'", "u'x'", "'''x'''", "None", "True", "False", "inf", "nan", "NaN",
    "Ellipsis", "1__0x", "1.2.3", "1..2",
    # operators of Python and others
    "x ** 2", "x @ x", "x << 1", "x >> 1", "x | 1", "x & 1", "x ^ 1", "~x", "x is x", "x is not x", "x && f", "x || f", "!f", "x <> 1",
    "x ? 1 : 2", "x ! 1", "x === 1",
    "x =< 1", "x => 1", "not", "and f", "f and", "x in", "in a", "x if f else", "else x", "if f", "x 1", "1 x", "f f", "x +", "* x",
    "x // / x", ".", ".x", "x.", "x..y",
    # look-alikes, direction marks, invisible characters, NUL, surrogates
    "х > 1", "ｘ > 1", "x ＞ 1", "x > １", "x − 1", "x × 2", "x ≤ 1", "“x”", "𝐱 > 1", "x\u00a0> 1", "x\u202e > 1", "x\u200d", "\u2066x",
    "x\x00", "\ud800", "x\ud800", "ﬁrst(go)",
    "ª", "x\u0301", "٣ > 1", "x\u2028", "x\ufeff", "\x0bx", "x\x1b[0m",
]  # fmt: skip


@pytest.mark.parametrize("words", REFUSED, ids=ascii)
def test_what_the_language_does_not_have_is_refused(words: str) -> None:
    found = codes(words)
    assert len(found) == 1, f"accepted: {words!a}"


@settings(max_examples=400)
@given(st.text(max_size=60) | st.text("xdfam().,'\"[]=<>!+-*/% 019_einotrd\n:", max_size=60))
def test_any_text_is_an_expression_or_has_problems(words: str) -> None:
    for wanted in (None, t.FLAG, t.NUMBER, t.DURATION, MOOD, t.ACTOR):
        for problem in typed(words, wanted)[1]:
            assert problem.code in harness.CODES
            assert "\n" not in problem.line
            problem.line.encode()


WORDS = [
    "x", "d", "day", "f", "mood", "a", "calm", "go", "now", "1", "0", "2d", "2025-01-05", "'t'", "event.n", "event.by", "event.kind",
    "nothing", "count(go)",
         "since(other)", "happened(other)", "+", "-", "*", "/", "//", "%", "<", "==", "and", "or", "not", "in", "if", "else", "(", ")",
         "[", "]", ",", "min(", "abs(",
]  # fmt: skip


@settings(max_examples=600)
@given(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join))
def test_any_words_are_an_expression_or_have_problems(words: str) -> None:
    tree, _ = typed(words)
    if tree is not None:
        assert isinstance(tree.type, Type)
        Formulas(SLOTS).expression(tree, "rules.r.if")


# ---- places

STYLES = {
    "plain": "if: {}",
    "double quoted": 'if: "{}"',
    "single quoted": "if: '{}'",
    "folded": "if: >\n    {}",
    "literal": "if: |\n    {}",
    "folded, chomped": "if: >-\n    {}",
    "plain on the next line": "if:\n    {}",
}


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
@pytest.mark.parametrize(
    ("words", "wrong"), [("x > 1 and wrong > 2", "wrong"), ("x > 1 andd f", "andd"), ("count(goo) > 1", "goo"), ("x > 1d", "1d")]
)
def test_a_problem_stands_where_the_wrong_part_stands(style: str, words: str, wrong: str) -> None:
    node = harness.parse(f"{style.format(words)}\n", "t.yaml").entries["if"]
    assert isinstance(node, Text)
    problems: list[Problem] = []
    infer(node, scope(), t.FLAG, problems)
    lines = f"{style.format(words)}\n".splitlines()
    row = next(number for number, line in enumerate(lines) if wrong in line)
    (problem,) = problems
    assert (problem.place.line, problem.place.column, problem.place.length) == (row + 1, lines[row].index(wrong) + 1, len(wrong))


def test_a_problem_in_the_second_line_of_a_text_stands_there() -> None:
    for style in (
        "if: >\n    x > 1\n    and wrong",
        'if: "x > 1\n    and wrong"',
        "if: x > 1\n    and wrong",
        "if: |\n    x > 1\n    and wrong",
    ):
        node = harness.parse(f"{style}\n", "t.yaml").entries["if"]
        assert isinstance(node, Text)
        problems: list[Problem] = []
        infer(node, scope(), t.FLAG, problems)
        lines = style.splitlines()
        assert (problems[0].place.line, problems[0].place.column) == (len(lines), lines[-1].index("wrong") + 1), style


# ---- types

VALUES = {
    "number": "x",
    "duration": "d",
    "instant": "day",
    "flag": "f",
    "label": "mood",
    "actor": "a",
    "text": "event.words",
    "rate": "(x / d)",
    "period": "3mo",
}
PAIRS = [(left, right) for left in VALUES for right in VALUES]
ARITHMETIC = {
    **{("number", operator, "number"): "number" for operator in ("+", "-", "*", "/", "//", "%")},
    ("duration", "+", "duration"): "duration", ("duration", "-", "duration"): "duration", ("duration", "%", "duration"): "duration",
    ("duration", "/", "duration"): "number", ("duration", "//", "duration"): "number",
    ("duration", "*", "number"): "duration", ("number", "*", "duration"): "duration", ("duration", "/", "number"): "duration",
    ("instant", "+", "duration"): "instant", ("duration", "+", "instant"): "instant", ("instant", "-", "duration"): "instant",
    ("instant", "-", "instant"): "duration",
    ("number", "/", "duration"): "rate", ("number", "/", "rate"): "duration",
    ("rate", "/", "rate"): "number", ("rate", "//", "rate"): "number",
    ("rate", "+", "rate"): "rate", ("rate", "-", "rate"): "rate", ("rate", "%", "rate"): "rate",
    ("rate", "*", "duration"): "number", ("duration", "*", "rate"): "number",
    ("rate", "*", "number"): "rate", ("number", "*", "rate"): "rate", ("rate", "/", "number"): "rate",
    ("instant", "+", "period"): "instant", ("period", "+", "instant"): "instant", ("instant", "-", "period"): "instant",
}  # fmt: skip
"""What arithmetic there is; all other pairs of types have none."""


@pytest.mark.parametrize("operator", ["+", "-", "*", "/", "//", "%"])
def test_arithmetic_takes_these_types_and_no_others(operator: str) -> None:
    for left, right in PAIRS:
        tree, problems = typed(f"{VALUES[left]} {operator} {VALUES[right]}")
        result = ARITHMETIC.get((left, operator, right))
        assert (tree.type.name if tree else None) == result, (left, operator, right)
        assert [problem.code for problem in problems] == ([] if result else ["E204"])


@pytest.mark.parametrize("operator", ["<", "<=", ">", ">=", "==", "!="])
def test_comparisons_take_two_of_one_type(operator: str) -> None:
    for left, right in PAIRS:
        fits = left == right and (operator in ("==", "!=") or left in ("number", "duration", "instant", "rate")) and left != "period"
        found = codes(f"{VALUES[left]} {operator} {VALUES[right]}")
        assert found == ([] if fits else ["E204"]), (left, operator, right)


@pytest.mark.parametrize("sign", ["-", "+"])
def test_signs_take_numbers_durations_and_rates(sign: str) -> None:
    for name, word in VALUES.items():
        assert codes(f"{sign}{word}") == ([] if name in ("number", "duration", "rate", "period") else ["E204"]), name


@pytest.mark.parametrize("words", ["{} and f", "f and {}", "{} or f", "not {}", "1 if {} else 2"])
def test_logic_takes_flags(words: str) -> None:
    for name, word in VALUES.items():
        assert codes(words.format(word)) == ([] if name == "flag" else ["E204"]), name


@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_a_choice_is_of_one_type(left: str, right: str) -> None:
    tree, problems = typed(f"{VALUES[left]} if f else {VALUES[right]}")
    assert (tree.type.name if tree else None) == (left if left == right else None)
    assert [problem.code for problem in problems] == ([] if left == right else ["E204"])


@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_a_list_is_of_one_type(left: str, right: str) -> None:
    assert codes(f"{VALUES[left]} in [{VALUES[right]}]") == ([] if left == right != "period" else ["E204"])
    assert codes(f"{VALUES[left]} in {VALUES[right]}") == ([] if left == right == "actor" else ["E204"])


@pytest.mark.parametrize(
    ("name", "takes"), [("min", "xdtr"), ("max", "xdtr"), ("clamp", "xdtr"), ("abs", "xdr"), ("round", "x"), ("floor", "x"), ("ceil", "x")]
)
def test_functions_take_these_types(name: str, takes: str) -> None:
    letters = {"number": "x", "duration": "d", "instant": "t", "rate": "r"}
    for kind, word in VALUES.items():
        arguments = ", ".join([word] * {"clamp": 3, "min": 2, "max": 2}.get(name, 1))
        tree, problems = typed(f"{name}({arguments})")
        fits = letters.get(kind, "?") in takes
        assert [problem.code for problem in problems] == ([] if fits else ["E204"]), (name, kind)
        assert not fits or (tree is not None and tree.type.name == kind)


def test_every_function_has_a_signature_that_begins_with_its_name() -> None:
    for name, (signature, says) in FUNCTIONS.items():
        assert signature.startswith(f"{name}(")
        assert "→" in signature
        assert says


@pytest.mark.parametrize(
    ("words", "wanted", "found"),
    [
        ("0", t.DURATION, []),
        ("1", t.DURATION, ["E204"]),
        ("0 + d", t.DURATION, []),
        ("d > 0", t.FLAG, []),
        ("0 < d", t.FLAG, []),
        ("d == 0", t.FLAG, []),
        ("d > 1", t.FLAG, ["E204"]),
        ("max(0, d)", t.DURATION, []),
        ("clamp(d, 0, 1d)", t.DURATION, []),
        ("d if f else 0", t.DURATION, []),
        ("0 if f else d", t.DURATION, []),
        ("0", t.RATE, []),
        ("1", t.RATE, ["E204"]),
        ("x / d > 0", t.FLAG, []),
        ("x / d > 1", t.FLAG, ["E204"]),
        ("0 < x / d <= 3 / 1d", t.FLAG, []),
        ("0 + x / d", t.RATE, []),
        ("0 - d", t.DURATION, []),
        ("max(0, x / d)", t.RATE, []),
        ("0 if f else x / d", t.RATE, []),
        ("0 / d", t.RATE, []),
        ("0 * d", t.DURATION, []),
        ("0 > 0mo", t.FLAG, ["E204"]),
        ("0", t.INSTANT, ["E204"]),
        ("0", t.FLAG, ["E204"]),
        ("0 == f", t.FLAG, ["E204"]),
    ],
)
def test_zero_fits_a_duration_or_rate_and_no_other_number_does(words: str, wanted: Type, found: list[str]) -> None:
    assert codes(words, wanted) == found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("mood == calm", []),
        ("calm == mood", []),
        ("mood == 'calm'", []),
        ("mood in [calm, tense]", []),
        ("(calm if f else tense) == mood", []),
        ("mood == clam", ["E204"]),
        ("mood == 'clam'", ["E204"]),
        ("event.kind == mood", ["E204"]),
        ("calm == tense", ["E102"]),
        ("mood == event.words", ["E204"]),
    ],
)
def test_words_of_a_label(words: str, found: list[str]) -> None:
    assert codes(words, t.FLAG) == found


# ---- values that may be missing


@pytest.mark.parametrize(
    ("words", "found"),
    [
        # no proof
        ("since(other) > 1d", ["E205"]),
        ("first(other) < now", ["E205"]),
        ("last(other) < now", ["E205"]),
        ("mean(other.n) > 1", ["E205"]),
        ("median(other.n) > 1", ["E205"]),
        ("since(other) + 1d > 2d", ["E205"]),
        ("not since(other) > 1d", ["E205"]),
        ("count(other) > 1", []),
        ("sum(other.n) > 1", []),
        ("happened(other)", []),
        # a: a default
        ("since(other, default=0d) > 1d", []),
        ("mean(other.n, default=0) > 1", []),
        ("since(other, by=a, default=since(other)) > 1d", ["E205"]),
        # b: behind happened
        ("happened(other) and since(other) > 1d", []),
        ("happened(other) and f and since(other) > 1d", []),
        ("f and happened(other) and since(other) > 1d", []),
        ("(happened(other) and f) and since(other) > 1d", []),
        ("happened(other) and (f or since(other) > 1d)", []),
        ("happened(other) and not since(other) > 1d", []),
        ("happened(other, by=a) and since(other, by=a) > 1d", []),
        ("happened(other) and mean(other.n) > 1", []),
        ("happened(other, in_last=3d) and since(other, in_last=3d) > 1d", []),
        ("since(other) > 1d and happened(other)", ["E205"]),
        ("happened(other) or since(other) > 1d", ["E205"]),
        ("not happened(other) and since(other) > 1d", ["E205"]),
        ("happened(other, by=a) and since(other) > 1d", ["E205"]),
        ("happened(other) and since(other, by=a) > 1d", ["E205"]),
        ("happened(other) and since(other, in_last=3d) > 1d", ["E205"]),
        ("(happened(other) or f) and since(other) > 1d", ["E205"]),
        ("(since(other) if happened(other) else 0d) > 1d", []),
        ("since(other) > 1d if happened(other) else f", []),
        ("since(other) > 1d if happened(other) and f else f", []),
        ("f if happened(other) else since(other) > 1d", ["E205"]),
        ("(since(other) if f else 0d) > 1d", ["E205"]),
        # c: the trigger proves it
        ("since(go) > 1d", []),
        ("mean(go.n) > 1", []),
        ("since(go, by=a) > 1d", ["E205"]),
        ("since(go, in_last=3d) > 1d", ["E205"]),
    ],
)
def test_a_value_that_may_be_missing_needs_a_proof(words: str, found: list[str]) -> None:
    assert codes(words, t.FLAG, proven=frozenset({t.Selector("go")})) == found


@pytest.mark.parametrize(
    "words", ["since(other)", "first(other) - first(go)", "min(first(other), first(go))", "since(other) > 1d", "-since(other) * 2"]
)
def test_a_measure_may_be_missing(words: str) -> None:
    assert codes(words, stance=MEASURE) == []


# ---- the generated Python

TEMPLATE_WORDS = frozenset({
    "def", "return", "t", "e", "c", "n", "k", "q", "v", "w", "K", "not", "and", "or", "if", "else", "in", "True", "False", "None", "round",
    "min", "max", "abs", "floor", "ceil", "clamp", "above", "get", "via", "data", "by", "opened", "count_of", "first_of", "last_of",
    "since_of", "sum_of", "mean_of", "median_of", "passed", "grandfathered", "fits",
})  # fmt: skip
NAMES = st.from_regex(r"\A[a-z][a-z0-9_]{5,20}\Z").filter(lambda word: word not in TEMPLATE_WORDS and not word.startswith("count_of"))
ANY_TEXT = st.text(min_size=1, max_size=20).filter(lambda words: "'" not in words)


@given(NAMES, NAMES, NAMES, ANY_TEXT)
def test_nothing_an_author_wrote_is_part_of_the_generated_python(state: str, actor: str, event: str, words: str) -> None:
    known = EventType(event, event, {f"{event}_n": t.NUMBER, f"{event}_t": t.TEXT})
    surroundings = scope(
        names={f"{state}_s": t.Slot(f"state.{state}", t.NUMBER, state), f"{actor}_a": t.Const(actor, t.ACTOR)},
        events={event: known}, event=fields_of(known), steps={f"{state}_p": (f"{event}.{state}",)}, event_case={f"{actor}_c": t.NUMBER},
    )  # fmt: skip
    expression = (
        f"{state}_s > 1.5 and event.by in {actor}_a and event.{event}_n < -2 and event.{event}_t == '{words}' and event.case.{actor}_c > 3 "
        f"and count({event}, by={actor}_a, in_last=3d, where=event.{event}_t != '{words}') >= 1 and passed(event.case, {state}_p)"
    )
    problems: list[Problem] = []
    tree = infer(text(expression), surroundings, t.FLAG, problems)
    if any(problem.code == "E201" for problem in problems):
        return  # a text that cannot be quoted
    assert not problems
    assert tree is not None
    formulas = Formulas({f"state.{state}": 0})
    formulas.expression(tree, "rules.r.if")
    for token in tokenize.generate_tokens(io.StringIO("\n".join(formulas.lines)).readline):
        if token.type == tokenize.NAME:
            assert token.string in TEMPLATE_WORDS or token.string.rstrip("0123456789") in ("f", "H", "S", "A"), token.string
        assert token.type != tokenize.STRING, token.string


# ---- what an expression comes to


class Stops(Exception):
    """The oracle's run stops with this code."""


@dataclass(frozen=True)
class Said:
    """An expression as written, and how the oracle reads it; `tight` is how tightly its outermost operator binds."""

    words: str
    value: Callable[[], object]
    tight: int = 9

    def at(self, tight: int) -> str:
        """The words, in brackets where they would fall apart."""
        return self.words if self.tight >= tight else f"({self.words})"


WORLD = {
    "x": 7,
    "y": -2.5,
    "z": 0,
    "d": 36 * clock.HOUR,
    "e": -clock.HOUR,
    "day": clock.parse_instant("2025-01-10", "UTC"),
    "f": True,
    "h": False,
}
STATE = """\
state:
  {x: 7, y: -2.5, z: 0, d: 36h, e: -1h, day: 2025-01-10, f: true, h: false,
   r_number: 0, r_duration: 0s, r_flag: false, r_instant: 2025-01-01}
"""


def name(word: str) -> Said:
    return Said(word, lambda: WORLD[word])


def divided(operator: str, left: object, right: object) -> object:
    if right == 0:
        raise Stops("E507")
    return {"/": lambda: left / right, "//": lambda: left // right, "%": lambda: left % right}[operator]()  # type: ignore[operator]


def whole(value: object) -> object:
    """A duration is whole microseconds, halves to the even one."""
    return round(value)  # type: ignore[call-overload]


def plus(operator: str, left: Said, right: Said) -> Said:
    def value() -> object:
        a, b = left.value(), right.value()
        return a + b if operator == "+" else a - b  # type: ignore[operator]

    return Said(f"{left.at(5)} {operator} {right.at(6)}", value, 5)


def times(left: Said, right: Said, *, rounded: bool) -> Said:
    def value() -> object:
        product = left.value() * right.value()  # type: ignore[operator]
        return whole(product) if rounded else product

    return Said(f"{left.at(6)} * {right.at(7)}", value, 6)


def over(operator: str, left: Said, right: Said, *, rounded: bool) -> Said:
    def value() -> object:
        a, b = left.value(), right.value()
        quotient = divided(operator, a, b)
        return whole(quotient) if rounded else quotient

    return Said(f"{left.at(6)} {operator} {right.at(7)}", value, 6)


def negated(operand: Said) -> Said:
    return Said(f"-{operand.at(7)}", lambda: -operand.value(), 7)  # type: ignore[operator]


def chosen(value: Said, test: Said, other: Said) -> Said:
    return Said(f"{value.at(1)} if {test.at(1)} else {other.at(0)}", lambda: value.value() if test.value() else other.value(), 0)


def called(function: str, *parts: Said) -> Said:
    calls: dict[str, Callable[..., object]] = {
        "min": min, "max": max, "abs": abs, "round": round, "floor": math.floor, "ceil": math.ceil,
        "clamp": lambda a, low, high: max(low, min(a, high)),
    }  # fmt: skip
    return Said(f"{function}({', '.join(part.at(0) for part in parts)})", lambda: calls[function](*[part.value() for part in parts]))


def compared(first: Said, rest: list[tuple[str, Said]]) -> Said:
    tests: dict[str, Callable[[object, object], bool]] = {
        "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,  # type: ignore[operator]
        "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
    }  # fmt: skip

    def value() -> object:
        left = first.value()
        for operator, part in rest:
            right = part.value()
            if not tests[operator](left, right):
                return False
            left = right
        return True

    return Said(first.at(5) + "".join(f" {operator} {part.at(5)}" for operator, part in rest), value, 4)


def listed(item: Said, options: list[Said], *, not_in: bool) -> Said:
    def value() -> object:
        wanted = item.value()
        found = [option.value() for option in options]
        return (wanted in found) != not_in

    return Said(f"{item.at(5)} {'not in' if not_in else 'in'} [{', '.join(option.at(0) for option in options)}]", value, 4)


def joined(operator: str, parts: list[Said]) -> Said:
    def value() -> object:
        for part in parts:
            if part.value() != (operator == "and"):
                return operator == "or"
        return operator == "and"

    level = 2 if operator == "and" else 1
    return Said(f" {operator} ".join(part.at(level + 1) for part in parts), value, level)


def said_not(operand: Said) -> Said:
    return Said(f"not {operand.at(3)}", lambda: not operand.value(), 3)


def sayings(depth: int) -> dict[str, st.SearchStrategy[Said]]:
    """Expressions of each type, at most so deep."""
    numbers = st.sampled_from(["x", "y", "z"]).map(name) | st.sampled_from([1, 2, 3, 10, 0.5, 1e6]).map(lambda n: Said(repr(n), lambda: n))
    durations = st.sampled_from(["d", "e"]).map(name) | st.sampled_from(["1d", "90min", "1.5h", "7s"]).map(
        lambda w: Said(w, lambda: clock.parse_duration(w))
    )
    instants = st.just(name("day")) | st.just(Said("2025-01-05", lambda: clock.parse_instant("2025-01-05", "UTC")))
    flags = st.sampled_from(["f", "h"]).map(name) | st.sampled_from([True, False]).map(lambda b: Said(str(b).lower(), lambda: b))
    if depth == 0:
        return {"number": numbers, "duration": durations, "instant": instants, "flag": flags}
    below = sayings(depth - 1)
    n, d, i, f = below["number"], below["duration"], below["instant"], below["flag"]
    some = st.integers(1, 3)
    order = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])

    def alike(kind: st.SearchStrategy[Said]) -> st.SearchStrategy[Said]:
        chain = st.builds(compared, kind, some.flatmap(lambda count: st.lists(st.tuples(order, kind), min_size=count, max_size=count)))
        return chain | st.builds(listed, kind, st.lists(kind, min_size=1, max_size=3), not_in=st.booleans())

    def either(kind: st.SearchStrategy[Said]) -> st.SearchStrategy[Said]:
        least = st.builds(called, st.sampled_from(["min", "max"]), kind, kind) | st.builds(called, st.just("clamp"), kind, kind, kind)
        return least | st.builds(chosen, kind, f, kind)

    signs = st.sampled_from(["+", "-"])
    return {
        "number": numbers
        | st.builds(plus, signs, n, n)
        | st.builds(times, n, n, rounded=st.just(False))
        | st.builds(over, st.sampled_from(["/", "//", "%"]), n, n, rounded=st.just(False))
        | st.builds(over, st.sampled_from(["/", "//"]), d, d, rounded=st.just(False))
        | st.builds(negated, n)
        | st.builds(called, st.sampled_from(["abs", "round", "floor", "ceil"]), n)
        | either(n),
        "duration": durations
        | st.builds(plus, signs, d, d)
        | st.builds(times, d, n, rounded=st.just(True))
        | st.builds(times, n, d, rounded=st.just(True))
        | st.builds(over, st.just("/"), d, n, rounded=st.just(True))
        | st.builds(over, st.just("%"), d, d, rounded=st.just(False))
        | st.builds(plus, st.just("-"), i, i)
        | st.builds(negated, d)
        | st.builds(called, st.just("abs"), d)
        | either(d),
        "instant": instants | st.builds(plus, signs, i, d) | st.builds(plus, st.just("+"), d, i) | either(i),
        "flag": flags
        | alike(n)
        | alike(d)
        | alike(i)
        | st.builds(joined, st.sampled_from(["and", "or"]), st.lists(f, min_size=2, max_size=3))
        | st.builds(said_not, f)
        | st.builds(chosen, f, f, f),
    }


TYPED = sayings(3)


def oracle(said: Said) -> tuple[str, object]:
    """What the oracle makes of an expression: `value` and the value, or `stops` and the code."""
    try:
        value = said.value()
        if isinstance(value, int | float) and not isinstance(value, bool) and not (math.isfinite(value) and abs(value) <= 2**53):
            return "stops", "E506"
    except Stops as stopped:
        return "stops", str(stopped)
    except (OverflowError, ValueError):
        return "stops", "E507"
    return "value", value


def product(kind: str, words: str) -> tuple[str, object]:
    """What the product makes of it: a run in which the timeline sets a state to it."""
    scenario = (
        "scenario: random\nperiod: {from: 2025-01-01, until: 2025-02-01}\nevents: {}\n"
        f'{STATE}timeline: {{t: {{at: 2025-01-02, set: {{r_{kind}: "{words}"}}}}}}\n'
    )
    checked = harness.check(harness.parse(scenario, "random.yaml"))
    try:
        log = harness.recorded(checked, harness.Request())
    except RunStopped as stopped:
        return "stops", stopped.code
    value = log.entries[1].changes[f"state.r_{kind}"][1]
    return "value", value


@pytest.mark.parametrize("kind", ["number", "duration", "instant", "flag"])
@settings(max_examples=120)
@given(data=st.data())
def test_an_expression_comes_to_what_the_oracle_says(kind: str, data: st.DataObject) -> None:
    said = data.draw(TYPED[kind].filter(lambda one: len(one.words) < 900))
    if codes(said.words.replace("y", "x")) == ["E207"]:
        return  # deeper than the language allows
    how, value = oracle(said)
    found_how, found = product(kind, said.words)
    if how == "value" and kind == "duration":
        value = clock.seconds(value)  # type: ignore[arg-type]  # durations are whole microseconds
    if how == "value" and kind == "instant":
        value = clock.iso(value, "UTC")  # type: ignore[arg-type]
    assert (found_how, found, type(found)) == (how, value, type(value)), said.words
