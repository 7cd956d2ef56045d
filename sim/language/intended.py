"""`intended:` an author's word that what looks doubtful is meant: the warnings at these paths are not told.

In: problems and the root node. Out: the problems without the warnings that are meant, and with one for each entry that silences none.
"""

from __future__ import annotations

from sim.errors import Problem
from sim.language.nodes import Fields, Text

__all__ = ["silenced"]


def silenced(problems: list[Problem], root: Fields) -> list[Problem]:
    """The problems without the warnings that the author says are meant. Errors are never silenced."""
    section = root.entries.get("intended")
    if section is None:
        return problems
    if not isinstance(section, Fields):
        return [*problems, Problem("E104", "'intended' takes a mapping from path to the reason", section.place, section.path)]
    for path, reason in section.entries.items():
        if not isinstance(reason, Text):
            problems = [*problems, Problem("E104", "say in one text why this is meant", reason.place, reason.path)]
        kept = [one for one in problems if one.is_error or not _is_below(one.path, path)]
        if len(kept) == len(problems) and not any(one.is_error for one in problems):
            text = f"there is no warning at '{path}' to silence: take this line out"
            kept.append(Problem("W409", text, section.keys[path], f"intended.{path}"))
        problems = kept
    return problems


def _is_below(path: str, above: str) -> bool:
    return path == above or path.startswith(f"{above}.")
