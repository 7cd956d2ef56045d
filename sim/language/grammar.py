"""Expressions become trees of words.

In: the text of one expression. Out: an untyped tree (`Phrase`), every part with its place in the text,
or `Malformed` with the place and a remedy. Nothing here knows names or types: `infer` does.

The grammar, loosest first:

    phrase     = either [ "if" either "else" phrase ]
    either     = both { "or" both }
    both       = negation { "and" negation }
    negation   = "not" negation | comparison
    comparison = sum { ("<" | "<=" | ">" | ">=" | "==" | "!=") sum } | sum ["not"] "in" ( "[" phrase {"," phrase} "]" | sum )
    sum        = product { ("+" | "-") product }
    product    = sign { ("*" | "/" | "//" | "%") sign }
    sign       = ("-" | "+") sign | atom
    atom       = number[unit] | date | 'text' | name | name "(" [arguments] ")" | "(" phrase ")"
    name       = word { "." word }
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from sim.language.slips import comma_meant
from sim.language.tokens import Malformed, Token, tokens_of

__all__ = [
    "Apply", "Arithmetic", "Comparison", "Conditional", "Logic", "Malformed", "Membership", "Moment", "Name", "Number",
    "Phrase", "Quoted", "Sign", "read_expression",
]  # fmt: skip

LONGEST = 1_000
DEEPEST = 32
MOST_PARTS = 256


@dataclass(frozen=True, slots=True)
class Part:
    """Whatever stands in an expression, from `start` to before `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Number(Part):
    """`3`, `1_000.5`, `60d`: the digits and, for a duration, the unit."""

    digits: str
    unit: str


@dataclass(frozen=True, slots=True)
class Moment(Part):
    """`2025-06-23` or `2025-06-23 10:00`."""

    text: str


@dataclass(frozen=True, slots=True)
class Quoted(Part):
    """`'text'`."""

    text: str


@dataclass(frozen=True, slots=True)
class Name(Part):
    """A dotted name: `tension`, `event.case.value_eur`."""

    words: tuple[str, ...]

    @property
    def text(self) -> str:
        return ".".join(self.words)


@dataclass(frozen=True, slots=True)
class Apply(Part):
    """A function applied: `count(accusation, by=russia, in_last=60d)`."""

    function: Name
    arguments: tuple[Phrase, ...]
    named: tuple[tuple[Name, Phrase], ...]


@dataclass(frozen=True, slots=True)
class Sign(Part):
    """`-x`, `+x` or `not x`."""

    operator: str
    operand: Phrase


@dataclass(frozen=True, slots=True)
class Arithmetic(Part):
    """`left operator right` for `+ - * / // %`."""

    operator: str
    left: Phrase
    right: Phrase


@dataclass(frozen=True, slots=True)
class Comparison(Part):
    """`a < b <= c`: the first operand, then operators and operands."""

    first: Phrase
    rest: tuple[tuple[str, Phrase], ...]


@dataclass(frozen=True, slots=True)
class Logic(Part):
    """`a and b and c`, or the same with `or`."""

    operator: str
    parts: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class Conditional(Part):
    """`value if test else other`."""

    value: Phrase
    test: Phrase
    other: Phrase


@dataclass(frozen=True, slots=True)
class Membership(Part):
    """`item in [a, b]` (options) or `item in group`."""

    item: Phrase
    options: tuple[Phrase, ...]
    listed: bool
    negated: bool


Phrase = Number | Moment | Quoted | Name | Apply | Sign | Arithmetic | Comparison | Logic | Conditional | Membership

KEYWORDS = frozenset({"and", "or", "not", "in", "if", "else"})
UNIT_WORDS = {
    "s": "s", "second": "s", "seconds": "s", "min": "min", "minute": "min", "minutes": "min",
    "h": "h", "hour": "h", "hours": "h", "d": "d", "day": "d", "days": "d", "w": "w", "week": "w", "weeks": "w",
    "mo": "mo", "month": "mo", "months": "mo", "y": "y", "year": "y", "years": "y", "wd": "wd",
}  # fmt: skip
COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!="})


@lru_cache(maxsize=1024)
def read_expression(text: str) -> Phrase:
    """The tree of one whole expression, read once for all what-ifs of a scenario; raises `Malformed` at the first thing that is not one."""
    if len(text) > LONGEST:
        raise Malformed("E207", f"an expression has at most {LONGEST:,} characters; name parts of it under `define`", 0, 1)
    return _Reader(tokens_of(text), text).whole()


class _Reader:
    """Reads one expression by recursive descent, counting parts and depth."""

    def __init__(self, tokens: list[Token], text: str) -> None:
        self.tokens = tokens
        self.text = text
        self.next = 0
        self.end = Token("end", "", len(text))
        self.depth = 0
        if len(tokens) > 2 * MOST_PARTS:
            raise Malformed("E207", f"an expression has at most {MOST_PARTS} parts; name parts of it under `define`", 0)

    def whole(self) -> Phrase:
        if not self.tokens:
            raise Malformed("E201", "an expression is missing", 0)
        phrase = self.phrase()
        token = self.peek()
        if token.kind != "end":
            raise self.unexpected(token)
        return phrase

    def peek(self) -> Token:
        return self.tokens[self.next] if self.next < len(self.tokens) else self.end

    def take(self) -> Token:
        token = self.peek()
        self.next += 1
        return token

    def accept(self, *texts: str) -> Token | None:
        token = self.peek()
        if token.kind in ("mark", "word") and token.text in texts:
            self.next += 1
            return token
        return None

    def expect(self, text: str, opened: Token) -> Token:
        token = self.accept(text)
        if token is None:
            here = self.peek()
            if here.kind == "end":
                raise Malformed("E201", f"this `{opened.text}` is never closed by `{text}`", opened.start)
            raise self.unexpected(here)
        return token

    def unexpected(self, token: Token) -> Malformed:
        if token.kind == "end":
            last = self.tokens[-1] if self.tokens else token
            if last.text == "%" and len(self.tokens) > 1 and self.tokens[-2].kind == "number":
                share = float(self.tokens[-2].text.replace("_", "")) / 100
                return Malformed("E201", f"there are no percentages: write {share:g}", self.tokens[-2].start, len(self.tokens[-2].text) + 1)
            return Malformed("E201", "the expression ends too early", max(token.start - 1, 0))
        if token.text == "=":
            return Malformed("E201", "`=` compares nothing: write `==`", token.start)
        before = self.tokens[self.next - 1] if self.next else token
        if re.match(r"[0-9]{1,2}[.][0-9]{1,2}[.][0-9]{4}", self.text):
            day, month, year = re.findall("[0-9]+", self.text)[:3]
            return Malformed("E109", f"a date is written year first: {year}-{month:0>2}-{day:0>2}", 0, len(self.text))
        if token.text == "," and before.kind == "number" and self.depth <= 1:
            after = self.tokens[self.next + 1] if self.next + 1 < len(self.tokens) else token
            said = comma_meant(f"{before.text},{after.text}")
            if said and before.end == token.start and token.end == after.start:
                return Malformed("E201", said, before.start, after.end - before.start)
        if token.kind == "word" and before.kind == "number" and not before.unit and token.text.lower() in UNIT_WORDS:
            written = f"{before.text}{UNIT_WORDS[token.text.lower()]}"
            return Malformed("E201", f"a duration is written in one piece: {written}", before.start, token.end - before.start)
        if token.kind in ("word", "number", "text", "moment") and self.next:
            if token.text == "is":
                return Malformed("E201", "`is` compares nothing: write `==`", token.start, 2)
            are_words = token.kind == before.kind == "word" and min(len(token.text), len(before.text)) > 2
            joined = f"; a name has no blanks: {before.text}_{token.text}" if are_words else ""
            return Malformed("E201", f"an operator is missing before `{token.text}`{joined}", token.start, len(token.text))
        return Malformed("E201", f"`{token.text}` is not expected here", token.start, len(token.text))

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise Malformed("E207", f"an expression is at most {DEEPEST} levels deep; name parts of it under `define`", self.peek().start)

    def phrase(self) -> Phrase:
        self.deeper()
        value = self.logic("or")
        if self.accept("if"):
            test = self.logic("or")
            if not self.accept("else"):
                raise Malformed("E201", "`a if test` needs an `else`", self.peek().start)
            other = self.phrase()
            value = Conditional(value.start, other.end, value, test, other)
        self.depth -= 1
        return value

    def logic(self, operator: str) -> Phrase:
        def part() -> Phrase:
            return self.logic("and") if operator == "or" else self.negation()

        parts = [part()]
        while self.accept(operator):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Logic(parts[0].start, parts[-1].end, operator, tuple(parts))

    def negation(self) -> Phrase:
        if token := self.accept("not"):
            self.deeper()
            operand = self.negation()
            self.depth -= 1
            return Sign(token.start, operand.end, "not", operand)
        return self.comparison()

    def comparison(self) -> Phrase:
        first = self.sum()
        negated = self.peek().text == "not" and self.next + 1 < len(self.tokens) and self.tokens[self.next + 1].text == "in"
        if negated:
            self.next += 1
        if self.accept("in"):
            return self.membership(first, negated)
        rest = []
        while (token := self.peek()).kind == "mark" and token.text in COMPARISONS:
            self.next += 1
            rest.append((token.text, self.sum()))
        return Comparison(first.start, rest[-1][1].end, first, tuple(rest)) if rest else first

    def membership(self, item: Phrase, negated: bool) -> Phrase:
        opened = self.accept("[")
        if opened is None:
            group = self.sum()
            return Membership(item.start, group.end, item, (group,), False, negated)
        options = [self.phrase()]
        while self.accept(","):
            options.append(self.phrase())
        closed = self.expect("]", opened)
        return Membership(item.start, closed.end, item, tuple(options), True, negated)

    def sum(self) -> Phrase:
        left = self.product()
        while token := self.accept("+", "-"):
            right = self.product()
            left = Arithmetic(left.start, right.end, token.text, left, right)
        return left

    def product(self) -> Phrase:
        left = self.sign()
        while token := self.accept("*", "/", "//", "%"):
            right = self.sign()
            left = Arithmetic(left.start, right.end, token.text, left, right)
        return left

    def sign(self) -> Phrase:
        if token := self.accept("-", "+"):
            self.deeper()
            operand = self.sign()
            self.depth -= 1
            return Sign(token.start, operand.end, token.text, operand)
        return self.atom()

    def atom(self) -> Phrase:
        token = self.take()
        if token.kind == "number":
            return Number(token.start, token.end, token.text, token.unit)
        if token.kind == "moment":
            return Moment(token.start, token.end, token.text)
        if token.kind == "text":
            return Quoted(token.start, token.end, token.text[1:-1])
        if token.kind == "word" and token.text not in KEYWORDS:
            return self.named(token)
        if token.text == "(":
            phrase = self.phrase()
            self.expect(")", token)
            return phrase
        if token.text == "[":
            raise Malformed("E201", "a list stands only after `in`: x in [a, b]", token.start)
        self.next -= 1
        raise self.unexpected(token)

    def named(self, first: Token) -> Phrase:
        words = [first.text]
        end = first.end
        while self.accept("."):
            word = self.take()
            if word.kind != "word":
                raise Malformed("E201", "a name is missing after the dot", word.start)
            words.append(word.text)
            end = word.end
        name = Name(first.start, end, tuple(words))
        opened = self.accept("(")
        return self.applied(name, opened) if opened else name

    def applied(self, function: Name, opened: Token) -> Phrase:
        arguments: list[Phrase] = []
        named: list[tuple[Name, Phrase]] = []
        closed = self.accept(")")
        while closed is None:
            token = self.peek()
            following = self.tokens[self.next + 1] if self.next + 1 < len(self.tokens) else self.end
            if token.kind == "word" and following.text == "=":
                self.next += 2
                named.append((Name(token.start, token.end, (token.text,)), self.phrase()))
            elif named:
                raise Malformed("E201", "arguments with a name come last", token.start, max(len(token.text), 1))
            else:
                arguments.append(self.phrase())
            if not self.accept(","):
                closed = self.expect(")", opened)
        return Apply(function.start, closed.end, function, tuple(arguments), tuple(named))
