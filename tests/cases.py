"""Case files, the sentences of the language: reading them, carrying them out, writing down what came out.

In: a file `tests/language/<construct>/{good,bad}/<sentence>.yaml`. Out: what it expects and what came out, both as text.

A log is written one line an entry, what is empty left out:

    ID. TIME  EVENT by→to via X STATUS (norms) case C {data} PATH: old → new [RULE] <- CAUSE because NAME = VALUE @ writers source X
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests import harness
from tests.harness import Entry, Fields, Log, Node, Request

__all__ = ["KINDS", "Case", "came_out", "rewritten"]

KINDS = {"log": "good", "measures": "good", "errors": "bad", "stops": "bad"}
"""What a case can expect, and the folder it then lies in."""

KEYS = ("about", "run", "show", "scenario", "text", "parts")
RUN_KEYS = ("seed", "replication", "what_if", "set", "until")
DEFAULTS = {"language": "1", "scenario": "sentence", "period": "{from: 2025-01-01, until: 2025-02-01}"}
LAST_KEY = re.compile(rf"^({'|'.join(KINDS)}): *\|[^\n]*\n?", re.MULTILINE)
ORDERED = re.compile(r"(^|\.)steps$")
"""The mappings whose order is their meaning."""


@dataclass(frozen=True)
class Case:
    """One case file: the part above the expectation, the kind of the expectation and its lines."""

    path: Path
    head: str
    kind: str
    expected: str

    @classmethod
    def read(cls, path: Path) -> Case:
        """Cut a case file at its last key."""
        whole = path.read_text(encoding="utf-8")
        keys = list(LAST_KEY.finditer(whole))
        if not keys:
            raise ValueError(f"{path}: the last key is one of {', '.join(KINDS)}, each followed by |")
        last = keys[-1]
        return cls(path, whole[: last.start()], last[1], textwrap.dedent(whole[last.end() :]))

    def nodes(self) -> Fields:
        """The part above the expectation; a key it does not know is a fault of the case."""
        nodes = harness.parse(self.head, self.path.name)
        unknown = [key for key in nodes.entries if key not in KEYS]
        if unknown or harness.value_at(nodes, "about") is None or ("scenario" in nodes.entries) == ("text" in nodes.entries):
            raise ValueError(
                f"{self.path}: a case has `about`, `scenario` or `text`, perhaps `run`, `show`, `parts`; it has {', '.join(nodes.entries)}"
            )
        return nodes

    def scenario(self, nodes: Fields, *, backwards: bool) -> Fields:
        """The scenario of the case with what it leaves out filled in; its mappings written backwards where that is asked for."""

        def order(path: str, keys: Sequence[str]) -> Sequence[str]:
            return keys if not backwards or ORDERED.search(path) else keys[::-1]

        text = harness.value_at(nodes, "text")
        if text is not None:
            return harness.whole(as_fields(harness.changed(harness.parse(text, self.path.name), "", order)), self.parts(nodes))
        own = as_fields(nodes.entries["scenario"])
        until = harness.value_at(nodes, "run", "until")
        left_out = {key: value for key, value in DEFAULTS.items() if key not in own.entries}
        if until:
            left_out["period"] = f"{{from: 2025-01-01, until: {until}}}"  # a case with a period of its own says there where it ends
        given = harness.parse("".join(f"{key}: {value}\n" for key, value in left_out.items()), self.path.name) if left_out else None
        root = as_fields(harness.changed(own, "scenario", order))
        if given is not None:
            root = replace(root, entries={**given.entries, **root.entries}, keys={**given.keys, **root.keys})
        return harness.whole(root, self.parts(nodes))

    def parts(self, nodes: Fields) -> dict[str, str]:
        """The texts of the parts of the scenario by their names."""
        parts = nodes.entries.get("parts")
        return {name: harness.value_at(parts, name) or "" for name in as_fields(parts).entries} if parts else {}

    def request(self, nodes: Fields) -> Request:
        """How the case wants to be run."""
        run = nodes.entries.get("run")
        if run is None:
            return Request()
        if unknown := [key for key in as_fields(run).entries if key not in RUN_KEYS]:
            raise ValueError(f"{self.path}: `run` takes {', '.join(RUN_KEYS)}; it has {', '.join(unknown)}")
        overrides = as_fields(run).entries.get("set")
        texts = [item.text for item in overrides.items if isinstance(item, harness.Text)] if isinstance(overrides, harness.Items) else []
        return Request(
            seed=int(harness.value_at(run, "seed") or 0),
            replication=int(harness.value_at(run, "replication") or 0),
            what_if=harness.value_at(run, "what_if"),
            overrides=tuple(texts),
        )


def as_fields(node: Node) -> Fields:
    """The node, which the case must have written as a mapping."""
    if not isinstance(node, Fields):
        raise ValueError(f"{node.place}: a mapping is wanted here")
    return node


def came_out(case: Case, *, backwards: bool = False) -> tuple[str, str]:
    """Carry a case out from nothing: the kind of what came out, and its text."""
    try:
        nodes = case.nodes()
    except harness.ScenarioError as refused:
        raise ValueError(f"{case.path}: the case file itself is not readable; put the faulty YAML under `text: |`\n{refused}") from refused
    request = case.request(nodes)
    try:
        root = case.scenario(nodes, backwards=backwards)
        scenario = harness.check(root, request)
        if case.kind == "errors" and (warnings := harness.warnings_of(root)):
            return "errors", text_of(error_line(problem, case.path.name) for problem in warnings)
        log = harness.recorded(scenario, request)
        if case.kind == "measures":
            measures = harness.measured(scenario, log)
            return "measures", text_of(f"{name}: {value_text(measures[name])}" for name in sorted(measures))
        return "log", text_of(log_lines(log, whole=harness.value_at(nodes, "show") == "all"))
    except harness.ScenarioError as refused:
        return "errors", text_of(error_line(problem, case.path.name) for problem in refused.problems)
    except harness.RunStopped as stopped:
        return "stops", text_of([f"{stopped.code} {stopped.text}{in_brackets(stopped.path)}"])


def rewritten(case: Case, text: str) -> None:
    """Put what came out in place of what was expected; everything above stays byte for byte."""
    beside = case.path.with_suffix(".new")
    beside.write_text(case.head + f"{case.kind}: |\n" + textwrap.indent(text, "  "), encoding="utf-8")
    beside.replace(case.path)  # at once: another worker may be reading the case


# ---- how things are written down


def text_of(lines: Iterator[str] | Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def in_brackets(path: str) -> str:
    return f" ({path})" if path else ""


def error_line(problem: harness.Problem, own: str) -> str:
    """A problem as `LINE:COL CODE text (path)`, the name of a part before it where it stands in one."""
    file = "" if problem.place.file in (own, "--set") else f"{problem.place.file}:"
    return f"{file}{problem.place.line}:{problem.place.column} {problem.code} {problem.text}{in_brackets(problem.path)}"


def time_text(microseconds: int) -> str:
    """A time since the start of the period in its units, zeros left out: `5d`, `2d 3h`, `1s 1µs`."""
    if microseconds < 0:
        return "-" + time_text(-microseconds)
    parts = []
    for unit, size in (("d", 86_400_000_000), ("h", 3_600_000_000), ("min", 60_000_000), ("s", 1_000_000), ("µs", 1)):
        count, microseconds = divmod(microseconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0"


def value_text(value: Any) -> str:
    """A value so that different values look different: texts that could be taken for others are quoted."""
    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case str():
            return (
                value
                if re.fullmatch(r"[A-Za-z_][\w.:+-]*|\d{4}-\d\d-\d\d[\dT:.+Z-]*", value) and value not in ("none", "true", "false")
                else repr(value)
            )
        case dict():
            return "{" + ", ".join(f"{name}: {value_text(item)}" for name, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(value_text, value)) + "]"
    return repr(value)


def parts_of(entry: Entry, begin: int) -> Iterator[str]:
    """The parts of an entry's line, in order, empty ones included; cause and writers are ids of entries."""
    yield f"{entry.id}. {time_text(entry.time - begin)} "
    yield entry.event
    yield (f"{entry.by or ''}→{entry.to}" if entry.to else entry.by) or ""
    yield f"via {entry.via}" if entry.via else ""
    norms = f"({', '.join(entry.norms)})" if entry.norms else ""
    yield norms if entry.status == "done" else entry.status + (f" {norms}" if norms else "")
    yield f"case {entry.case}" if entry.case else ""
    yield value_text(entry.data) if entry.data else ""
    yield ", ".join(f"{path}: {value_text(old)} → {value_text(new)}" for path, (old, new) in entry.changes.items())
    yield f"[{entry.rule}]" if entry.rule else ""
    yield f"<- {entry.cause}" if entry.cause is not None else ""
    read = [f"{name} = {value_text(value)}{written_by(writers)}" for name, (value, writers) in entry.because.items()]
    yield f"because {', '.join(read)}" if read else ""
    yield f"source {', '.join(entry.source)}" if entry.source else ""


def written_by(writers: Sequence[int]) -> str:
    """The entries a value comes from; that it stood so from the start (entry 0) goes without saying."""
    return f" @ {' '.join(map(str, writers))}" if tuple(writers) not in ((), (0,)) else ""


def log_lines(log: Log, *, whole: bool) -> Iterator[str]:
    """One line an entry; `whole` adds start and end, and the causal key of each."""
    for entry in log.entries:
        if whole:
            yield " ".join(filter(None, [*parts_of(entry, log.header.period[0]), f"key {entry.key}"]))
        elif entry.event not in ("start", "end"):
            yield " ".join(filter(None, parts_of(entry, log.header.period[0])))
