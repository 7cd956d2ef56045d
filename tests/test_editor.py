"""What an editor shows of a scenario, by the real yaml-language-server and the schema that `sim new` writes.

In: texts with a cursor in them, and texts with a mistake. Out: a failure with what the editor proposed, or told, instead.
`make editor` installs the server; without it, or without Node.js, nothing of this is shown.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.cli.main import main
from sim.cli.schema import FILE, MODELINE
from sim.language import shapes_file, shapes_rules, shapes_values
from tests.editor import SERVER, Editor

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None or not SERVER.exists(), reason="NOT SHOWN: no Node.js, or no language server: make editor")

HEAD = f"{MODELINE}\nscenario: x\nperiod: {{from: 2025-01-01, until: 2025-02-01}}\n"


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    folder = tmp_path_factory.mktemp("editor")
    assert main(["new", str(folder / "border")]) == 0
    opened = Editor(folder, NODE or "")
    yield opened
    opened.close()


# ---- nothing is told where nothing is wrong


def test_a_new_scenario_and_its_parts_are_fine(editor: Editor) -> None:
    assert (editor.folder / FILE).exists()
    assert editor.messages((editor.folder / "border.yaml").read_text(encoding="utf-8")) == []
    assert editor.messages(f"{MODELINE}\nactors: {{svr: {{}}}}\n") == []


@pytest.mark.parametrize("path", sorted((Path(__file__).parent.parent / "scenarios").rglob("*.yaml")), ids=lambda path: path.stem)
def test_a_shipped_scenario_is_fine(editor: Editor, path: Path) -> None:
    assert editor.messages(f"{MODELINE}\n{path.read_text(encoding='utf-8')}") == []


# ---- what is proposed

RULE = "rules:\n  answer:\n    when: go\n"
PROPOSED = {
    "sections": ("|", {key for key in shapes_file.SECTIONS if key not in ("scenario", "period")}, "rules", "Who reacts to what."),
    "keys of a rule": ("rules:\n  answer:\n    |", set(shapes_rules.RuleShape.keys()), "still", "Read when the delay ends"),
    "kinds of effects": (f"{RULE}    then:\n      - |", set(shapes_rules.EFFECTS), "enact", "A rule, norm, procedure"),
    "keys of an effect": (
        f"{RULE}    then:\n      - event: halt\n        |",
        set(shapes_rules.SignalShape.keys()) - {"event"},
        "via",
        "Through whose hands.",
    ),
    "distributions": (
        f"{RULE}    after:\n      |\n",
        set(shapes_values.Distribution.keys()),
        "triangular",
        "[lowest, most likely, highest]",
    ),
    "kinds of triggers": ("rules:\n  answer:\n    when:\n      |\n", set(shapes_values.TRIGGERS), "every", "The interval"),
    "what stands beside a date": (
        "timeline:\n  first:\n    at: 2025-01-01\n    |\n",
        {*shapes_rules.EFFECTS, *shapes_rules.TimelineShape.keys()} - {"at"},
        "claim",
        "The statement.",
    ),
    "flags": (f"{RULE}    in_force: |\n", {"true", "false"}, "true", ""),
    "what may be claimed": (f"{RULE}    then:\n      - claim: x\n        is: |\n", {"true", "false", "none"}, "none", ""),
    "keys of a norm": (
        "norms:\n  ban:\n    |",
        {"forbid", "exempt", "lifts", "oblige", "deadline", "when", "obeyed", "in_force"},
        "forbid",
        "The acts it forbids",
    ),
    "keys of a step": ("procedures:\n  p:\n    steps:\n      s:\n        |", {"by", "takes", "refuses"}, "takes", "Time of work"),
    "keys of a what-if": ("what_if:\n  quick:\n    |", {"set", "add", "remove", "combine", "about"}, "combine", "Other what-ifs"),
}


@pytest.mark.parametrize("place", PROPOSED)
def test_an_editor_proposes_what_may_stand_there(editor: Editor, place: str) -> None:
    text, wanted, one, words = PROPOSED[place]
    proposed = editor.proposals(HEAD + text)
    if place.startswith("keys of"):
        assert wanted <= set(proposed)
        assert not {"event", "set", "rules"} & (set(proposed) - wanted)
    else:
        assert set(proposed) == wanted
    assert words in proposed[one]


# ---- what is said of the word below the pointer

SAID = {
    "a section": ("ru|les: {r: {when: go, then: [{event: halt}]}}\n", "Who reacts to what."),
    "a thing": ("rules: {r|r: {when: go, then: [{event: halt}]}}\n", "Example:\n\n```yaml\nwhen: accusation"),
    "a key": ("rules: {r: {when: go, not_ag|ain_for: 3d, then: [{event: halt}]}}\n", "A pause that begins when it accepts."),
    "a key with a distribution": ("rules: {r: {when: go, af|ter: {uniform: [1d, 2d]}, then: [{event: halt}]}}\n", "The delay, drawn when"),
    "a distribution": ("rules: {r: {when: go, after: {trian|gular: [1d, 2d, 3d]}, then: [{event: halt}]}}\n", "[lowest, most likely,"),
    "an effect": ("rules: {r: {when: go, then: [{en|act: ban}]}}\n", "A rule, norm, procedure, or `procedure.step`."),
    "an effect beside a date": ("timeline: {t: {at: 2025-01-02, cl|aim: x, is: true, by: a}}\n", "The statement."),
    "a value": ("actors: {svr: {part_of: rus|sia}}\n", "The actor it is an organ of"),
    "a default": ("norms: {ban: {forbid: go, in_f|orce: false}}\n", "`true` unless said"),
    "a measure": ("meas|ures: {m: happened(go)}\n", "what it comes to"),
}


@pytest.mark.parametrize("what", SAID)
def test_an_editor_says_what_a_word_is_for(editor: Editor, what: str) -> None:
    text, words = SAID[what]
    assert words in editor.hover(HEAD + text)


# ---- what is told of mistakes

MISTAKES = {
    "rules: {r: {wehn: go, then: [{event: halt}]}}": ['4:9 Missing property "when".', "4:13 Property wehn is not allowed."],
    "rules: {r: {when: go}}": ['4:9 Missing property "then".'],
    "rules: {r: {when: go, then: {event: halt}}}": ["4:29 a list is wanted here"],
    "rules: {r: {when: go, then: [halt]}}": ["4:30 this is no effect: it begins with one of EFFECTS"],
    "rules: {r: {when: go, then: [{evnt: halt}]}}": ["4:30 this is no effect: it begins with one of EFFECTS"],
    "rules: {r: {when: go, then: [{event: halt, too: a}]}}": ["4:44 Property too is not allowed."],
    "rules: {r: {when: {evry: 1d}, then: [{event: halt}]}}": ["4:13 this is no trigger: it begins with one of TRIGGERS"],
    "rules: {r: {when: go, after: {unifrom: [1d, 3d]}, then: [{event: halt}]}}": ["4:31 Property unifrom is not allowed."],
    "rules: {r: {when: go, after: {uniform: 3d}, then: [{event: halt}]}}": ["4:40 a list of 2 values is wanted here"],
    "rules: {r: {when: go, after: {uniform: [1d, 2d, 3d]}, then: [{event: halt}]}}": [
        "4:40 Array has too many items. Expected 2 or fewer."
    ],
    "rules: {r: {when: go, after: {triangular: [1d, 3d]}, then: [{event: halt}]}}": ["4:43 Array has too few items. Expected 3 or more."],
    "rules: {r: {when: go, after: {normal: {mean: 1d}}, then: [{event: halt}]}}": ['4:31 Missing property "sd".'],
    "rules: {r: {when: go, in_force: yes, then: [{event: halt}]}}": ["4:33 write true or false"],
    "rules: {r: {when: go, then: [{claim: x, by: a}]}}": ['4:30 Missing property "is".'],
    "rules: {r: {when: go, then: [{event: halt, by: [a, b]}]}}": ["4:48 one value or a mapping is wanted here"],
    "rules: {r: {when: {event: go, if: x > 1}, then: [{event: halt}]}}": ["4:31 Property if is not allowed."],
    "rules: {r: {when: go, then: [{event: halt}], chance: {uniform: [0, 1]}}}": ["4:54 one value is wanted here"],
    "rule: {r: {when: go, then: [{event: halt}]}}": ["4:1 Property rule is not allowed."],
    "actors: [svr]": ["4:9 a mapping is wanted here: {key: value}, or {}"],
    "actors: {SVR: {}}": ["4:10 an id is small letters, digits and _, and begins with a letter"],
    "actors: {Export-Office: {}}": ["4:10 an id is small letters, digits and _, and begins with a letter"],
    "actors:\n  svr:": ["5:7 a mapping is wanted here: {key: value}, or {}"],
    "timeline: {t: {event: go}}": ['4:12 Missing property "at".'],
    "timeline: {t: {at: 2025-01-02}}": ["4:12 nothing happens here: write one of EFFECTS, or then"],
    "timeline: {t: {at: 2025-01-02, evnt: go}}": [
        "4:12 nothing happens here: write one of EFFECTS, or then",
        "4:32 Property evnt is not allowed.",
    ],
    "timeline: {t: 2025-01-02}": ["4:15 a mapping is wanted here: {key: value}, or {}"],
    "norms: {ban: {forbid: go, obeyed: [0, 1]}}": ["4:35 one value is wanted here"],
    "procedures: {p: {steps: [{by: office}]}}": ["4:25 a mapping is wanted here: {key: value}, or {}"],
    "parameters: {p: {range: [1, 2]}}": ['4:14 Missing property "value".'],
    "state: {x: [1, 2]}": ["4:12 one value or a mapping is wanted here"],
    "what_if: {quick: {remove: timeline.t}}": ["4:27 a list is wanted here"],
    "what_if: {quick: {sets: {parameters.p: 1}}}": ["4:19 Property sets is not allowed."],
    "measures: [happened(go)]": ["4:11 a mapping is wanted here: {key: value}, or {}"],
    "observed: {at: 2025-01-01, event: go}": ["4:11 a list is wanted here"],
    "actors: {a: {}}\nactors: {b: {}}": ["5:1 Map keys must be unique"],
}
"""A mistake, and what the editor tells where; EFFECTS and TRIGGERS stand for the lists of these."""


@pytest.mark.parametrize("text", MISTAKES)
def test_an_editor_tells_a_mistake_in_the_right_words(editor: Editor, text: str) -> None:
    lists = {"EFFECTS": ", ".join(shapes_rules.EFFECTS), "TRIGGERS": ", ".join(shapes_values.TRIGGERS)}
    wanted = [re.sub("EFFECTS|TRIGGERS", lambda found: lists[found[0]], line) for line in MISTAKES[text]]
    assert [str(message) for message in editor.messages(f"{HEAD}{text}\n")] == wanted


def test_a_scenario_without_its_period_is_told(editor: Editor) -> None:
    told = editor.messages(f"{MODELINE}\nscenario: x\nactors: {{svr: {{}}}}\n")
    assert [str(message) for message in told] == ['2:1 Missing property "period".']
