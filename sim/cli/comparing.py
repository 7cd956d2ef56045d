"""What `sim compare` is asked for: which runs beside which, told how; and what may be wrong with that.

In: option values. Out: a `Request`, the scenario that is read, the variants that are compared.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sim.cli.pool import Variant
from sim.cli.request import BASELINE, again, named
from sim.cli.terminal import say, warn_about
from sim.errors import ScenarioError, UsageError, did_you_mean, escaped

if TYPE_CHECKING:
    from sim.cli.compared_forms import Form
    from sim.face import Loaded

__all__ = ["NOTHING", "Request", "form_of", "loaded_for", "require_results", "variants_of"]

NOTHING = "nothing was compared"
FORMS: tuple[Form, ...] = ("text", "markdown", "csv", "json")


@dataclass(frozen=True)
class Request:
    """What is asked for, beside what is compared."""

    seed: int
    replication: int
    only: Sequence[str]
    full: bool
    form: Form
    edits: Path | None
    folder: Path
    against: str | None = None
    """The what-if that all are compared with; None: the baseline."""
    overrides: tuple[str, ...] = ()
    """The edits of the command line that hold for all that is compared."""

    @property
    def reference(self) -> Variant:
        """What all are compared with."""
        return Variant(self.against, self.overrides, common=len(self.overrides))

    @property
    def told_of_all(self) -> str:
        """The edits that hold for all that is compared, in words; nothing where there are none."""
        return f"all with {escaped(' '.join(self.overrides))}" if self.overrides else ""

    def words(self, variant: Variant, *, one: bool = True) -> list[str]:
        """The options that compare a variant in the same way; `one` replication, or many."""
        words = again(
            edits=self.edits,
            seed=self.seed,
            replication=self.replication if one else 0,
            what_ifs=[variant.what_if or (None if variant.own else BASELINE)],
            overrides=self.overrides,
            changes=variant.own,
            folder=self.folder,
        )
        return words + (["--against", self.against] if self.against else [])


def form_of(form: str | None, *, as_json: bool) -> Form:
    """The form that is asked for: `--json` is short for one of them."""
    if form is None:
        return "json" if as_json else "text"
    for known in FORMS:
        if form == known and not (as_json and known != "json"):
            return known
    if form in FORMS:
        raise UsageError(f"--json and --format {form} ask for two forms: leave out one of them")
    hint = did_you_mean(form, FORMS) or f" (known: {', '.join(FORMS)})"
    raise UsageError(f"no form is called '{escaped(form)}'{hint}")


def require_results(first: str, second: str, folder: Path, options: Mapping[str, object]) -> None:
    """Refuse scenario files, with the command that runs and compares them, and options that would change a run."""
    files = [name for name in (first, second) if Path(name).is_file()]
    if files:
        stored = [
            f'"$({shlex.join(["sim", "run", name, "--quiet", *again(folder=folder)])})"' if name in files else shlex.quote(name)
            for name in (first, second)
        ]
        what = "these are scenario files" if len(files) == 2 else f"'{escaped(files[0])}' is a scenario file"
        raise UsageError(f"two stored results are compared, and {what}; to run and compare: sim compare {escaped(' '.join(stored))}")
    if given := [name for name, value in options.items() if value]:
        raise UsageError(f"two stored results are compared as they are: leave out {', '.join(given)}")


def loaded_for(first: str, edits: Path | None, folder: Path) -> Loaded:
    """The scenario file, read and checked."""
    from sim import face
    from sim.log.stored import find

    if not Path(first).is_file():
        found = None
        with suppress(UsageError):
            found = find(folder, first)
        if found is not None:
            raise UsageError(f"'{escaped(first)}' is one stored result: name a second one, or a scenario file")
    loaded = face.load(Path(first), edits)
    warn_about(loaded.problems)
    return loaded


def variants_of(loaded: Loaded, what_ifs: Sequence[str], changes: Sequence[str], request: Request, *, many: bool) -> list[Variant]:
    """What the reference is compared with; all that is wrong with it is told before anything runs. `many` runs may be of it alone.

    `changes` are edits of the command line that the reference does not have.
    """
    against, common = request.against, request.overrides
    try:
        loaded.scenario(against, common)
    except ScenarioError:
        if common:
            say("--set holds for both sides: what one of them alone has is changed with --change")
        raise
    every: tuple[str | None, ...] = loaded.added or (() if changes else tuple(loaded.scenario().what_ifs))
    if against is not None and not changes:
        every = (None, *(name for name in every if name != against))
    names = [*dict.fromkeys(named(name) for name in what_ifs)] or ([against] if changes and not every else [*every])
    if against is not None and names == [against] and not changes:
        raise UsageError(f"'{escaped(against)}' is compared with itself: name another with --what-if")
    if not names and not many:
        also = " (--set holds for both sides)" if common else ""
        raise UsageError(
            f"the scenario has no what-ifs: change a value on one side with --change{also}, or bring what-ifs of your own with --edits"
        )
    both = f"{against} with {' '.join(changes)}" if against is not None and changes else ""
    variants = [Variant(name, (*common, *changes), common=len(common), title=both if name == against else "") for name in names]
    for variant in variants:
        loaded.scenario(variant.what_if, variant.overrides)
    return variants
