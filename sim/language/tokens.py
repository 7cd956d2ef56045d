"""The text of an expression becomes tokens: numbers with their units, dates, words, quotations, marks.

In: the text of one expression. Out: its tokens, each with its place in the text; or `Malformed` with the place and a remedy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Malformed", "Token", "tokens_of"]

TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<moment>\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2})?)?)
      | (?P<number>(?:\d[\d_]*(?:\.[\d_]+)?|\.\d+)(?:[eE][+-]?\d+)?)(?P<unit>[A-Za-z_]\w*)?
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<text>'[^']*'|"[^"]*")
      | (?P<mark>//|==|!=|<=|>=|&&|\|\||<>|\*\*|[-+*/%<>=()\[\],.!^&|{}:])""",
    re.VERBOSE | re.ASCII,
)
INSTEAD = {
    "&&": "write `and`", "||": "write `or`", "&": "write `and`", "|": "write `or`", "!": "write `not`", "<>": "write `!=`",
    "**": "there is no power: multiply instead", "^": "there is no power: multiply instead",
    "{": "an expression has no braces", "}": "an expression has no braces", ":": "an expression has no colon",
}  # fmt: skip
INSTEAD_OF_WORD = {
    "AND": "and",
    "OR": "or",
    "NOT": "not",
    "IF": "if",
    "IN": "in",
    "True": "true",
    "False": "false",
    "TRUE": "true",
    "FALSE": "false",
}


class Malformed(ValueError):
    """The text is no expression: code, what is wrong and what to write, and where (offset and length in the text)."""

    def __init__(self, code: str, text: str, start: int, length: int = 1) -> None:
        self.code = code
        self.text = text
        self.start = start
        self.length = length
        super().__init__(text)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an expression that stands alone; `unit` is what is written right behind a number."""

    kind: str
    text: str
    start: int
    unit: str = ""

    @property
    def end(self) -> int:
        return self.start + len(self.text) + len(self.unit)


def tokens_of(text: str) -> list[Token]:
    """The tokens of an expression in their order, blanks left out."""
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise Malformed("E201", _strange(text[at]), at)
        kind = match.lastgroup or ""
        if kind == "unit":
            kind = "number"
        if kind != "space":
            token = Token(kind, match.group(kind), at, match.group("unit") or "")
            if kind == "mark" and token.text in INSTEAD:
                raise Malformed("E201", f"`{token.text}` has no meaning in an expression: {INSTEAD[token.text]}", at, len(token.text))
            if kind == "word" and token.text.lower() == "if" and text[match.end() :].lstrip().startswith("(") and not tokens:
                raise Malformed("E201", "`if(test, a, b)` is written `a if test else b`", at, 2)
            if kind == "word" and token.text in INSTEAD_OF_WORD:
                raise Malformed("E201", f"write `{INSTEAD_OF_WORD[token.text]}` in small letters", at, len(token.text))
            tokens.append(token)
        at = match.end()
    return tokens


def _strange(character: str) -> str:
    """What to say of a character that begins nothing."""
    if character in "'\"":
        return "this quotation does not end"
    if character.isalnum():
        return f"{character!a} only looks like a letter or digit of the language: write plain ASCII"
    return f"{character!a} has no meaning in an expression"
