"""Labels and names: a word in an expression is one or the other, so no label is called like something expressions may name.

In: a linked scenario and its root node. Out: problems.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sim.errors import Problem
from sim.language.scenario import Scenario
from sim.language.source import Fields, Items, Node, Text

__all__ = ["labels_that_are_names"]

LABELS = re.compile(r"(state\.\w+|(actors|kinds)\.\w+\.has\.\w+)\.one_of|events\.\w+\.fields\.\w+|procedures\.\w+\.case\.\w+")
NAMED = {"parameters": "a parameter", "actors": "an actor", "state": "a state", "define": "a definition"}
WORDS = {"now": "the current instant", "true": "a flag", "false": "a flag"}


def labels_that_are_names(_: Scenario, root: Fields) -> list[Problem]:
    """What is wrong with the labels of a scenario."""
    names = dict(WORDS)
    for section, what in NAMED.items():
        node = root.entries.get(section)
        names |= dict.fromkeys(node.entries, what) if isinstance(node, Fields) else {}
    return [
        Problem("E107", f"'{label}' is {names[label.text]}, so it cannot be a label too: choose another word", label.place, label.path)
        for label in _labels(root)
        if label.text in names
    ]


def _labels(node: Node) -> Iterator[Text]:
    """The labels listed anywhere in a scenario."""
    if isinstance(node, Items) and LABELS.fullmatch(node.path):
        yield from (item for item in node.items if isinstance(item, Text))
    elif isinstance(node, Fields):
        for key, below in node.entries.items():
            if node.path or key in ("state", "actors", "kinds", "events", "procedures"):
                yield from _labels(below)
