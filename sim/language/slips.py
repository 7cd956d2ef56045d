"""Slips that beginners make, and the words that set them right: other people's numbers, flags and keys.

In: a text as written. Out: what to say of it, or nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

__all__ = ["FUNCTIONS_MEANT", "as_id", "comma_meant", "cut_number", "event_meant", "key_meant", "value_meant"]

FLAGS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}

KEYS_MEANT = {
    "delay": "after", "wait": "after", "condition": "if", "guard": "if", "probability": "chance", "trigger": "when", "on": "when",
    "effects": "then", "effect": "then", "do": "then", "actions": "then", "action": "then", "date": "at", "time": "at", "day": "at",
    "start": "from", "begin": "from", "to": "until", "end": "until", "description": "about", "comment": "about", "note": "about",
    "sources": "source", "parent": "part_of", "group": "member_of", "attributes": "has", "initial": "start", "minimum": "min",
    "maximum": "max", "cooldown": "not_again_for", "limit": "times", "active": "in_force", "actor": "by", "target": "to", "name": "title",
    "data": "with", "duration": "takes",
}  # fmt: skip
"""What others call the keys of this language."""

FUNCTIONS_MEANT = {
    "number": "count", "len": "count", "occurred": "happened", "ever": "happened", "exists": "happened", "average": "mean", "avg": "mean",
    "total": "sum", "maximum": "max", "minimum": "min", "ceiling": "ceil", "active": "in_force", "latest": "last", "earliest": "first",
    "elapsed": "since",
}  # fmt: skip
"""What others call the functions of this language."""

OUTCOMES = {"passed": "passed", "approved": "passed", "refused": "refused", "sent_back": "sent_back", "late": "late"}
"""What others take for events of a step, and what its event has as outcome."""


def key_meant(key: str, known: Iterable[str]) -> str:
    """`; 'after' is what this is called here`, where a key has another name here."""
    meant = KEYS_MEANT.get(key.lower())
    return f"; it is called '{meant}' here" if meant is not None and meant in known else ""


def event_meant(owner: str, word: str, own: Sequence[str]) -> str:
    """What to say of no event of a procedure, where its own words are these; nothing where one is nearly right.

    A near word may be the opposite of what is meant, so it must be very near.
    """
    step, _, outcome = word.rpartition(".")
    if step in own and outcome in OUTCOMES:
        return f"no event is called '{owner}.{word}': write {owner}.{step}, where event.outcome == {OUTCOMES[outcome]}"
    if get_close_matches(word, own, n=1, cutoff=0.75):
        return ""
    return f"no event is called '{owner}.{word}': those of {owner} are {', '.join(sorted(own))}"


def value_meant(text: str) -> str:
    """What to say of a number or flag that is written as elsewhere; nothing where it is not."""
    if text.lower() in FLAGS:
        return f"write {FLAGS[text.lower()]}, not '{text}'"
    if found := re.fullmatch(r"([-+]?[0-9.]+) ?%", text):
        try:
            return f"write a share as a number: {float(found[1]) / 100:g}, not '{text}'"
        except ValueError:
            return ""
    if re.fullmatch(r"[-+]?[0-9]{1,3}(([.,' ])[0-9]{3})(\2[0-9]{3})+|[-+]?[0-9]{1,3}([' ][0-9]{3})+", text):
        grouped = re.sub("[.,' ]", "_", text)
        return f"thousands are parted by _ or not at all: write {grouped}"
    return comma_meant(text)


def comma_meant(text: str) -> str:
    """What to say of a number with one comma: before three digits it may part thousands, or be a decimal comma."""
    if re.fullmatch(r"[-+]?[1-9][0-9]{0,2},[0-9]{3}", text):
        fraction = text.replace(",", ".").rstrip("0").rstrip(".")
        return f"a number has no comma, and this one reads two ways: write {text.replace(',', '')} or {fraction}, whichever is meant"
    return f"a number is written with a point: {text.replace(',', '.')}" if re.fullmatch(r"[-+]?[0-9]+,[0-9]+", text) else ""


def cut_number(line: str, end: int) -> str | None:
    """What to say where commas inside braces cut the number that ends at this column of a line; '' where an earlier one says it."""
    found = re.search(r"(?<![\w.,])[-+]?[0-9]+(,[0-9]+)+$", line[:end])
    if found is None or line[end : end + 1].isalnum():
        return None
    if found[0].count(",") > 1:
        return ""
    rest = re.match(r"(,[0-9]+)+", line[end:])
    return value_meant(found[0] + (rest[0] if rest else ""))


def as_id(text: str) -> str:
    """The id an author may have meant: small letters without accents, `_` for whatever else; '' where nothing is left to go by."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
