"""What a part of a scenario in several files may be called.

In: a name as it stands under `include`. Out: why it is none. Asked where parts are read, and where results that keep them are stored.
"""

from __future__ import annotations

import re

__all__ = ["EXAMPLE", "RESERVED", "misnamed"]

RESERVED = ("scenario.yaml", "edits.yaml", "log.jsonl", "measures.json", "run_info.json", "manifest.json")
"""A stored result keeps parts under their names, and beside them these files."""

EXAMPLE = "write a path like parts/actors.yaml"
_STEP = re.compile(r"\w(?:[\w.\- ]*[\w-])?")


def misnamed(name: str) -> str:
    """Why a text is no name of a part; empty where it is one."""
    steps = name.split("/")
    if "\\" in name:
        return f"'{name}': write / between folder and file, as in parts/actors.yaml"
    if ":" in name or not steps[0] or steps[0] == "~":
        return f"'{name}' is no place below the scenario's folder: {EXAMPLE}"
    if ".." in steps:
        return f"'{name}' leads out of the scenario's folder: put the part into it, or below"
    if not all(_STEP.fullmatch(step) for step in steps):
        return f"'{name}' is no plain name of a file: {EXAMPLE}"
    if not name.endswith((".yaml", ".yml")):
        return f"'{name}': the name of a part ends in .yaml"
    if steps[0].lower() in RESERVED:
        return f"a part is not called '{steps[0]}', which is the name of a file in a stored result: choose another name"
    return ""
