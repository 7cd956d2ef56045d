"""What the linking of one scenario shares: its nodes, the problems found so far, the names known so far; and literal values.

In: the root node. Out: `Draft`, on which the link functions work, and readers of literals (flags, whole numbers, dates …).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, TypeVar

from sim import clock
from sim.errors import Place, Problem, did_you_mean
from sim.language import tree as t
from sim.language.infer import infer
from sim.language.scenario import Actor, EventType, Parameter, SlotDef, SourceRecord, Statement, Thing
from sim.language.scope import RESERVED, Scope
from sim.language.shapes import Shape, fill
from sim.language.shapes_rules import DecisionShape
from sim.language.shapes_world import CitationShape
from sim.language.slips import as_id, event_meant, value_meant
from sim.language.source import Fields, Items, Node, Text, at, plain
from sim.language.tree import Tree, Type

__all__ = ["Draft", "Made"]

ID = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")
LARGEST = 2**53
DECLARED_UNDER = {"actor": "actors", "event": "events", "procedure": "procedures", "source": "sources", "statement": "statements"}
"""Where the author declares what nothing has the name of."""

ASSUMED_ELSEWHERE = frozenset(
    {"assumed", "assumptions", "assume", "guess", "guessed", "estimate", "estimated", "own_estimate", "unknown", "none"}
)
"""What others write for `assumption`."""

NOT_HEARD = ("start", "end", "change")
"""Entries of a log that are no events."""
S = TypeVar("S", bound=Shape)
T = TypeVar("T")

Made = dict[tuple[Hashable, str], tuple[Node, Any, list[Problem]]]
"""Of a node, by what it is and its path: the node, what was made of it, and the problems of that."""


class Draft:
    """A scenario while it is being linked."""

    def __init__(self, root: Fields, made: Made | None = None) -> None:
        self.root = root
        self.made: Made = {} if made is None else made
        self.problems: list[Problem] = []
        self.zone = "UTC"
        self.begin = 0
        self.until = 0
        self.sources: dict[str, SourceRecord] = {}
        self.parameters: dict[str, Parameter] = {}
        self.kinds: dict[str, dict[str, SlotDef]] = {}
        self.actors: dict[str, Actor] = {}
        self.counted: dict[str, tuple[str, ...]] = {}
        self.things: dict[str, Thing] = {}
        self.events: dict[str, EventType] = {}
        self.statements: dict[str, Statement] = {}
        self.slots: dict[str, SlotDef] = {}
        self.names: dict[str, Tree] = {}
        self.named: dict[str, str] = {}
        self.attributes: dict[str, Type] = {}
        self.provisions: dict[str, str] = {}
        self.forbidden: dict[str, str] = {}
        self.duties: set[str] = set()
        self.decisions: Mapping[str, DecisionShape] = {}
        self.taken: list[tuple[str, Scope]] = []
        self.steps: dict[str, tuple[str, ...]] = {}
        self.cases: dict[str, Mapping[str, Type]] = {}
        self.case_of: dict[str, frozenset[str]] = {}
        self.broken: set[str] = set()
        self.unusable: set[str] = set()

    # problems

    def problem(self, code: str, text: str, where: Node | Place, path: str | None = None) -> None:
        """Note what the author got wrong."""
        place = where if isinstance(where, Place) else where.place
        self.problems.append(Problem(code, text, place, path if path is not None else "" if isinstance(where, Place) else where.path))

    def unknown(self, what: str, name: Text, known: Mapping[str, Any] | list[str]) -> None:
        """Note a name that nothing has; one that was refused as an id is told where it stands."""
        if str(name) in self.unusable:
            return
        if what == "actor" and str(name) in self.things:
            self.problem("E204", f"'{name}' is a thing, and things do not act: an actor is wanted here", name)
            return
        if what == "event" and str(name) in NOT_HEARD:
            self.problem("E102", f"'{name}' is an entry of the log that nobody listens to: listen to what comes before or after it", name)
            return
        if what == "event" and (said := self.no_event(str(name))):
            self.problem("E102", said, name)
            return
        if what == "source" and str(name) in ASSUMED_ELSEWHERE:
            self.problem("E102", f"no source is called '{name}': where nobody has written a thing down, write assumption", name)
            return
        near = did_you_mean(str(name), known)
        if not near and (section := DECLARED_UNDER.get(what)):
            near = f": declare it under '{section}'"
        self.problem("E102", f"no {what} is called '{name}'{near}", name)

    def no_event(self, name: str) -> str:
        """What to say of a condition where an event is wanted, and of no event of a procedure: a near word may be its opposite."""
        if re.search(r"[<>=()]|\b(and|or|not)\b", name):
            return f"`{name}` is no event: to react when a condition turns true, write {{condition: {name}}}"
        owner, _, last = name.partition(".")
        if owner not in self.cases:
            return ""
        return event_meant(owner, last, [event.partition(".")[2] for event in self.events if event.startswith(f"{owner}.")])

    # sections

    def section(self, name: str) -> Iterator[tuple[str, Node]]:
        """The things of a section with usable ids; unusable ids are noted."""
        node = self.root.entries.get(name)
        if node is None:
            return
        if not isinstance(node, Fields):
            ids = [item.text for item in node.items if isinstance(item, Text)] if isinstance(node, Items) else []
            remedy = f": write {{{', '.join(f'{one}: {{}}' for one in ids[:2])}{', …' if len(ids) > 2 else ''}}}" if ids else ""
            self.problem("E104", f"'{name}' takes a mapping from id to thing{remedy}", node)
            return
        for key, value in node.entries.items():
            if self.usable(key, node.keys[key], f"{name}.{key}"):
                yield key, value

    def usable(self, key: str, place: Place, path: str) -> bool:
        """Whether a word may be an id."""
        if not ID.match(key):
            self.unusable.add(key)
            if len(key) > 63 and ID.match(key[:63]):
                self.problem("E106", f"this id has {len(key)} characters: at most 63 are possible", place, path)
                return False
            suggestion = as_id(key)
            hint = f": write {suggestion}" if ID.match(suggestion) else ""
            self.problem("E106", f"'{key}' is no id: ids are small letters, digits and _, and begin with a letter{hint}", place, path)
            return False
        if key in RESERVED:
            self.problem("E107", f"'{key}' means something in expressions: choose another name", place, path)
            return False
        return True

    def fill(self, shape: type[S], node: Node) -> S | None:
        """Fill a shape, keeping the problems."""
        return self.once(node, shape, lambda: fill(shape, node, self.problems))

    def plain(self, node: Node) -> object:
        """A node without places."""
        return self.once(node, plain, lambda: plain(node))

    def once(self, node: Node, what: Hashable, make: Callable[[], T]) -> T:
        """What hangs on a node alone, made once for all who share it; `what` tells it from all else that is made of that node."""
        kept = self.made.get((what, node.path))
        if kept is not None and kept[0] is node:
            self.problems += kept[2]
            found: T = kept[1]
            return found
        begun = len(self.problems)
        made = make()
        self.made.setdefault((what, node.path), (node, made, self.problems[begun:]))
        return made

    def node(self, path: str) -> Node | None:
        """The node at a path."""
        return at(self.root, path)

    def claim_name(self, name: str, tree: Tree, place: Place, path: str) -> None:
        """Give a name its meaning in expressions; a name has one."""
        if name in self.names:
            self.problem(
                "E107",
                f"'{name}' is the name of {self.named[name]} already, and expressions could not tell them apart: choose another",
                place,
                path,
            )
            return
        self.names[name] = tree
        self.named[name] = path

    def key_place(self, section: str, key: str) -> Place:
        """Where a key of a section is written."""
        node = self.root.entries[section]
        return node.keys[key] if isinstance(node, Fields) else node.place

    # expressions

    def scope(self, **given: Any) -> Scope:
        """What an expression may name, and beside it what is at hand."""
        return Scope(
            names=self.names, actors=self.actors, statements=frozenset(self.statements), attributes=self.attributes,
            events=self.events, provisions=self.provisions, steps=self.steps, zone=self.zone, duties=frozenset(self.duties),
            broken=frozenset(self.broken), **given,
        )  # fmt: skip

    def expression(self, text: Text | None, scope: Scope, wanted: Type) -> Tree | None:
        """The typed tree of an optional expression."""
        return None if text is None else infer(text, scope, wanted, self.problems)

    def chance(self, written: Text | None, tree: Tree | None) -> None:
        """A constant chance is one."""
        if written is None or not isinstance(tree, t.Const) or 0 <= tree.value <= 1:
            return
        percent = f": {tree.value:g} % is {tree.value / 100:g}" if 5 <= tree.value <= 100 else ""
        self.problem("E306", f"a chance lies between 0 and 1{percent}", written)

    # literals

    def flag(self, text: Text | None, default: bool) -> bool:
        """`true` or `false`."""
        if text is None:
            return default
        if text.text not in ("true", "false"):
            self.problem("E105", value_meant(text.text) or f"write true or false, not '{text}'", text)
            return default
        return text.text == "true"

    def whole(self, text: Text | None, least: int) -> int | None:
        """A whole number."""
        if text is None:
            return None
        digits = text.text.replace("_", "")
        if not digits.isascii() or not digits.isdigit() or len(digits) > 16 or not least <= int(digits) <= LARGEST:
            self.problem("E110", f"write a whole number, at least {least}, not '{text}'", text)
            return None
        return int(digits)

    def number(self, text: Text) -> float | None:
        """A finite number."""
        if re.fullmatch(r"[0-9.]+ ?%", text.text):
            share = float(text.text.rstrip(" %")) / 100
            self.problem("E110", f"write a share as a number, {share:g}, not '{text}'", text)
            return None
        value = self.literal(text, t.NUMBER)
        return None if value is None else float(value[0])

    def instant(self, text: Text) -> int | None:
        """A date or local time."""
        try:
            return clock.parse_instant(text.text, self.zone)
        except clock.Malformed as fault:
            self.problem("E109", str(fault), text)
            return None

    def day_end(self, text: Text) -> int | None:
        """The first instant after a day that is included whole."""
        try:
            return clock.day_end(text.text, self.zone)
        except clock.Malformed as fault:
            self.problem("E109", str(fault), text)
            return None

    def literal(self, text: Text, wanted: Type | None = None) -> tuple[Any, Type] | None:
        """A value written down, of the wanted type or of the type it looks like."""
        if (wanted is None or not wanted.labels) and (said := value_meant(text.text)):
            self.problem("E105" if text.text[0].isalpha() else "E110", said, text)
            return None
        found = self._guess(text)
        if found is None:
            return None
        value, kind = found
        if wanted and kind == t.NUMBER and value == 0 and wanted == t.DURATION:
            return 0, t.DURATION
        if wanted and wanted.name == "label":
            if text.text not in wanted.labels:
                self.problem("E105", f"'{text}' is not one of {', '.join(wanted.labels)}{did_you_mean(text.text, wanted.labels)}", text)
                return None
            return text.text, wanted
        if wanted and kind.name != wanted.name:
            self.problem("E204", f"{wanted} is wanted here, not {'the word ' if kind == t.TEXT else ''}'{text}'", text)
            return None
        return value, kind

    def _guess(self, text: Text) -> tuple[Any, Type] | None:
        word = text.text
        try:
            if word in ("true", "false"):
                return word == "true", t.FLAG
            if re.match(r"[0-9]{4}-[0-9]{1,2}-[0-9]", word):
                return clock.parse_instant(word, self.zone), t.INSTANT
            if re.fullmatch(r"[-+]?[0-9_]*\.?[0-9_]+([eE][-+]?[0-9]+)?", word) and re.search("[0-9]", word):
                return self._finite(text)
            if re.match(r"[-+]?\.?[0-9]", word):
                return clock.parse_duration(word), t.DURATION
        except clock.Malformed as fault:
            self.problem("E109" if "-" in word[1:] else "E108", str(fault), text)
            return None
        if word.lower() in (".inf", "-.inf", ".nan", "inf", "nan", "-inf"):
            self.problem("E110", "a number is finite", text)
            return None
        return word, t.TEXT

    def _finite(self, text: Text) -> tuple[Any, Type] | None:
        digits = text.text.replace("_", "")
        value: int | float = math.inf
        if len(digits) <= 400:
            value = int(digits) if re.fullmatch(r"[-+]?[0-9]+", digits) else float(digits)
        if not abs(value) <= LARGEST:
            self.problem("E110", "a number is finite and lies between -2^53 and 2^53", text)
            return None
        return value, t.NUMBER

    # citations

    def citations(self, written: tuple[Text | CitationShape, ...]) -> tuple[str, ...]:
        """What a provision cites: ids of sources, URLs, `assumption`."""
        cited = []
        for citation in written:
            leaf = citation if isinstance(citation, Text) else citation.ref or citation.url or citation.kind
            if leaf is None:
                continue
            is_ref = leaf is citation or (isinstance(citation, CitationShape) and leaf is citation.ref)
            if is_ref and str(leaf) not in self.sources and str(leaf) != "assumption" and "://" not in str(leaf):
                self.unknown("source", leaf, self.sources)
                continue
            cited.append(str(leaf))
        return tuple(cited)
