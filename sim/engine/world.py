"""The world of one run: values and who wrote them, what has happened, names, and the functions of the program bound to it.

In: a `Program`, seed and replication. Out: `World`, on which all of the engine works.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from itertools import product
from math import ceil, floor, isfinite, log
from types import FunctionType, TracebackType
from typing import Any

from sim import chance, clock
from sim.clock import Width
from sim.engine import record as r
from sim.engine.kernel import impossible
from sim.engine.program import Program, members_of, organs_of
from sim.engine.record import Extra, RawEntry, Shape, heard_as
from sim.engine.windows import WINDOWED, Recent, lately
from sim.errors import RunStopped
from sim.sums import Running, mean, median, middle_of, total

__all__ = ["Namer", "NoAttribute", "Tally", "Track", "World"]

LARGEST = 2**53
MOST_ENTRIES = 4_000_000
DRAWS = {name: getattr(chance, name) for name in chance.PARAMETERS}


class Track:
    """The entries one question has counted so far, oldest first: instants, ids, and the values of the field it sums."""

    __slots__ = ("ids", "ordered", "recent", "running", "times", "values")

    def __init__(self) -> None:
        self.recent: dict[Width, Recent] = {}
        self.times: list[int] = []
        self.ids: list[int] = []
        self.values: list[Any] = []
        self.ordered: list[Any] = []
        self.running = Running()

    def total(self) -> Any:
        """The sum of all values, kept as well."""
        running = self.running
        for value in self.values[running.count :]:
            running.add(value)
        return running.total()

    def in_order(self) -> list[Any]:
        """All values from the least to the greatest, kept: a median that is asked again and again sorts only what is new."""
        if len(self.ordered) < len(self.values):
            for value in self.values[len(self.ordered) :]:
                insort(self.ordered, value)
        return self.ordered


class Tally:
    """How many cases of one applicant are something, and the ids of the newest entries that changed it."""

    __slots__ = ("count", "ids")

    def __init__(self) -> None:
        self.count = 0
        self.ids: deque[int] = deque(maxlen=8)


def count_of(track: Track | None, begin: int | None) -> int:
    if track is None:
        return 0
    return len(track.times) if begin is None else len(track.times) - bisect_left(track.times, begin)


def first_of(track: Track | None, begin: int | None, default: Any) -> Any:
    return track.times[0 if begin is None else bisect_left(track.times, begin)] if track and count_of(track, begin) else default


def last_of(track: Track | None, begin: int | None, default: Any) -> Any:
    return track.times[-1] if track and count_of(track, begin) else default


def since_of(track: Track | None, begin: int | None, now: int, default: Any) -> Any:
    return now - track.times[-1] if track and count_of(track, begin) else default


def values_of(track: Track | None, begin: int | None) -> list[Any]:
    if track is None:
        return []
    return track.values if begin is None else track.values[bisect_left(track.times, begin) :]


def sum_of(track: Track | None, begin: int | None, _default: Any) -> Any:
    if begin is None:
        return track.total() if track else 0
    return total(values_of(track, begin))


def mean_of(track: Track | None, begin: int | None, default: Any) -> Any:
    if begin is None:
        return track.total() / len(track.values) if track and track.values else default
    values = values_of(track, begin)
    return mean(values) if values else default


def median_of(track: Track | None, begin: int | None, default: Any) -> Any:
    if begin is None:
        return middle_of(track.in_order()) if track and track.values else default
    values = values_of(track, begin)
    return median(values) if values else default


def share_of(count: int, among: int, default: Any) -> Any:
    return count / among if among else default


def gathered(ids: list[tuple[tuple[int, ...], ...]]) -> tuple[int, ...]:
    """The newest eight of the entries that wrote what was read of each actor."""
    return tuple(sorted({one for of_actor in ids for of_leaf in of_actor for one in of_leaf})[-8:])


def newest_of(track: Track | None, begin: int | None) -> tuple[int, ...]:
    """The ids of the newest eight entries counted."""
    if track is None:
        return ()
    oldest = 0 if begin is None else bisect_left(track.times, begin)
    return tuple(track.ids[max(oldest, len(track.ids) - 8) :])


def probability(share: float) -> float:
    if not 0 <= share <= 1:
        raise RunStopped("E504", f"a chance lies between 0 and 1, not {share}")
    return share


def weights(given: tuple[float, ...]) -> tuple[float, ...]:
    if why := chance.impossible("choice", {str(number): weight for number, weight in enumerate(given)}):
        raise RunStopped("E504", why)
    return given


def drawn(kind: str, u: float, arguments: tuple[float | None, ...]) -> float:
    """A draw whose arguments are only known now."""
    if why := chance.impossible(kind, dict(zip(chance.PARAMETERS[kind], arguments, strict=True))):
        raise RunStopped("E504", why)
    value: float = DRAWS[kind](u, *arguments)
    return value


def dated(kind: str, u: float, arguments: tuple[int | None, ...]) -> int:
    """A date that is drawn."""
    if why := chance.impossible(kind, dict(zip(chance.PARAMETERS[kind], arguments, strict=True))):
        raise RunStopped("E504", why)
    return chance.dated(kind, u, arguments)


def whole(value: float | None) -> int | None:
    """A mean of times in whole µs."""
    return None if value is None else round(value)


def tallied(tally: Tally | None) -> int:
    return 0 if tally is None else tally.count


def changed(tally: Tally | None) -> tuple[int, ...]:
    """The ids of the newest eight entries that changed a tally."""
    return () if tally is None else tuple(tally.ids)


def finite(value: float) -> float:
    """A number that can be compared."""
    if not isfinite(value):
        raise OverflowError
    return value


def clamp(value: Any, low: Any, high: Any) -> Any:
    return max(low, min(value, high))


def via(extra: Extra | None) -> str | None:
    return extra.via if extra else None


class Namer:
    """Gives what follows from an occasion its name: a label, and a digest of the occasion's own name.

    A name is a path and one number (the tick it goes back to, else 0). Positions, counts and ids have no part in it,
    so nothing that happens elsewhere can change it.
    """

    __slots__ = ("label", "last_name", "last_path", "names", "root")

    def __init__(self, label: str, root: str | None = None) -> None:
        self.label = label
        self.root = root
        self.names: dict[str, str] = {}
        self.last_path: str | None = None
        self.last_name = ""

    def name(self, path: str) -> str:
        """The path of what this label makes of the occasion `path`."""
        if path is self.last_path:
            return self.last_name
        name = self.names.get(path)
        if name is None:
            digest = blake2b(path.encode(), digest_size=8).hexdigest()
            name = self.label if path == self.root else f"{self.label}@{digest}"
            if len(self.names) > 10_000:
                self.names.clear()
            self.names[path] = name
        self.last_path, self.last_name = path, name
        return name


Watcher = tuple[tuple[str, ...], Callable[..., Any] | None, str | None, dict[Any, Track]]


class World:
    """Everything a run knows."""

    def __init__(self, program: Program, seed: int, replication: int, until: int) -> None:
        self.program = program
        self.until = until
        self.values: list[Any] = [slot.start for slot in program.slots]
        self.writers: list[int] = [0] * len(program.slots)
        self.log: list[RawEntry] = []
        self.now = program.begin
        self.counters: dict[str, Callable[[RawEntry], None]] = {}
        self.luck = (seed, replication)
        self.space: dict[str, Any] = self._namespace()
        self.tracks: list[dict[Any, Track]] = [self.space[f"H{number}"] for number in range(len(program.selectors))]
        watchers: dict[str, list[Watcher]] = {}
        for selector, tracks in zip(program.selectors, self.tracks, strict=True):
            watchers.setdefault(selector.event, []).append((selector.filters, self.function(selector.where), selector.field, tracks))
        for event, asking in watchers.items():
            self.counters[event] = partial(self.count, asking)

    def _namespace(self) -> dict[str, Any]:
        """What the generated functions name."""
        program = self.program
        space: dict[str, Any] = {
            "v": self.values, "w": self.writers, "K": program.constants, "D": program.whole_days, "above": program.above,
            "via": via, "newest_of": newest_of,
            "count_of": count_of,
            "first_of": first_of, "last_of": last_of, "since_of": since_of, "sum_of": sum_of, "mean_of": mean_of,
            "median_of": median_of,
            "probability": probability, "weights": weights,
            "lasting": self.lasting, "fits": self.fits, "finite": finite, "whole": whole, "drawn": drawn, "dated": dated,
            "picked": chance.picked,
            "choose": chance.choose, "clamp": clamp, "log": log, "floor": floor, "ceil": ceil,
            "passed": lambda case, step: case is not None and step in case.passed,
            "grandfathered": lambda case, step: case is not None and case.exempt_from(step),
            "shifted": partial(clock.shifted, zone=program.timezone), "moved": partial(clock.moved, zone=program.timezone),
            "hour": partial(clock.hour, zone=program.timezone),
            "weekday": partial(clock.weekday, zone=program.timezone), "month": partial(clock.month, zone=program.timezone),
            "organs_of": organs_of, "members_of": members_of, "gathered": gathered, "share_of": share_of, "total": total,
            "claimed": self.claimed, "tallied": tallied, "changed": changed,
            **WINDOWED, "lately": partial(lately, zone=program.timezone),
            **DRAWS, **program.attributes,
            **{f"H{number}": {} for number in range(len(program.selectors))},
            **{f"R{number}": {} for number in range(len(program.tallies))},
        }  # fmt: skip
        return space

    def function(self, name: str | None) -> Any:
        """A generated function by name, made when it is first wanted, with the draws it needs: most rules stay idle."""
        if name is None:
            return None
        found = self.space.get(name)
        if found is None:
            code = self.program.code[name]
            for word in code.co_names:
                if word not in self.space and word[0] == "S":
                    self.space[word] = chance.Site(*self.luck, self.program.sites[int(word[1:])]).uniform
            found = self.space[name] = FunctionType(code, self.space)
        return found

    def record(
        self, shape: Shape, by: str | None, to: str | None, case: Any, cause: int | None, because: Any, data: dict[str, Any] | None,
        path: str, k: int, extra: Extra | None = None,
    ) -> RawEntry:  # fmt: skip
        """Log one entry; unless it was blocked, it has happened."""
        entry = (len(self.log), self.now, shape, by, to, case, cause, because, data, path, k, extra)
        self.log.append(entry)
        if extra is None:
            counter = self.counters.get(shape.event)
            if counter is not None:
                counter(entry)
        else:
            for name in heard_as(shape.event, extra.status, extra.norms):
                counter = self.counters.get(name)
                if counter is not None:
                    counter(entry)
        if len(self.log) > MOST_ENTRIES:
            raise RunStopped("E508", f"the log grows beyond {MOST_ENTRIES:,} entries", shape.rule)
        return entry

    def count(self, watchers: Sequence[Watcher], entry: RawEntry) -> None:
        """Add an entry to the tracks of all questions that mean it."""
        above = self.program.above
        columns = {"by": entry[r.BY], "to": entry[r.TO], "via": via(entry[r.EXTRA])}
        for filters, where, field, tracks in watchers:
            if where is not None and not where(self.now, entry, None):
                continue
            keys: Any = [()]
            if len(filters) == 1:
                keys = above.get(columns[filters[0]], ())
            elif filters:
                keys = product(*(above.get(columns[name], ()) for name in filters))
            for key in keys:
                track = tracks.get(key)
                if track is None:
                    track = tracks[key] = Track()
                track.times.append(entry[r.TIME])
                track.ids.append(entry[r.ID])
                if field is not None:
                    track.values.append(entry[r.DATA][field])

    def claimed(self, track: Track | None, says: bool) -> bool:
        """Whether one of the speakers of these claims stands by saying so: his latest counts."""
        done = set()
        for number in reversed(track.ids if track else ()):
            entry = self.log[number]
            if entry[r.BY] not in done:
                if entry[r.DATA]["is"] is says:
                    return True
                done.add(entry[r.BY])
        return False

    def lasting(self, now: int, length: int) -> int:
        """When what lasts so long ends."""
        if length < 0:
            raise impossible("to last", length, "", now)
        return now + length

    def fits(self, value: Any, path: str = "") -> Any:
        """A value that may enter the world: finite and not too large."""
        if type(value) in (int, float) and not (isfinite(value) and -LARGEST <= value <= LARGEST):
            raise RunStopped(
                "E506", f"a value would become {value:.6g}: values are finite and stay within ±2^53 (about 9e15)", path, self.now
            )
        return value

    def generations(self, most: int) -> int:
        """How long the chain of causes is that led to the last entry, counted up to `most`."""
        entry, length = self.log[-1], 0
        while entry[r.CAUSE] and length < most:
            entry, length = self.log[entry[r.CAUSE]], length + 1
        return length

    def circle(self) -> tuple[str, str]:
        """What goes round where a chain of causes does not end: rule → event → rule …, and the rule that came last."""
        entry, seen = self.log[-1], [self.log[-1]]
        while entry[r.CAUSE] and len(seen) < 100:
            entry = self.log[entry[r.CAUSE]]
            seen.append(entry)
            if entry[r.SHAPE] is seen[0][r.SHAPE]:
                break
        steps = [f"{entry[r.SHAPE].rule} → {entry[r.SHAPE].event}" for entry in reversed(seen[1:])]
        return " → ".join([*steps, seen[0][r.SHAPE].rule]), seen[0][r.SHAPE].rule

    def stopped(self, failure: Exception, trace: TracebackType | None) -> RunStopped:
        """What a failed expression means to an author: where it stands, and what went wrong."""
        path, asked = "", list[Mapping[str, int]]()
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == "<formulas>":
                path = self.program.lines[trace.tb_lineno - 1]
                tables = self.program.attributes
                asked = [tables[name] for name in trace.tb_frame.f_code.co_names if name in tables] or asked
            trace = trace.tb_next
        if isinstance(failure, NoAttribute):
            path, asked = failure.path, [failure.owners]
        if isinstance(failure, RunStopped) and failure.code in ("E502", "E503", "E508") and not failure.path and len(self.log) > 1:
            circle, rule = self.circle()
            return RunStopped(
                failure.code, f"{failure.text}: {circle}; let time pass with `after`, or end it with `times` or `if`", rule, self.now
            )
        if isinstance(failure, RunStopped):
            return RunStopped(failure.code, failure.text, failure.path or path, self.now)
        if not path:
            raise failure
        return RunStopped("E507", _reason(failure) or self.lacking(failure.args[0], asked), path, self.now)

    def lacking(self, actor: str, asked: Sequence[Mapping[str, int]]) -> str:
        """Which attribute this actor or thing was asked for in vain: the first of those asked there that it does not have."""
        owners = next((owned for owned in asked if actor not in owned), {})
        name = next((self.program.slots[slot].path.rsplit(".", 1)[1] for slot in owners.values()), None)
        attribute = "such attribute" if name is None else f"attribute '{name}'"
        if f"{actor}_1" in owners:
            return f"'{actor}' is a group and has no {attribute}: its members have, such as {actor}_1"
        return f"'{actor}' has no {attribute}"


class NoAttribute(KeyError):
    """An actor lacks the attribute that `path` writes; `owners` have it."""

    def __init__(self, actor: str | None, path: str, owners: Mapping[str, int]) -> None:
        super().__init__(actor)
        self.path = path
        self.owners = owners


def _reason(failure: Exception) -> str:
    """In words; nothing where an actor lacks an attribute."""
    match failure:
        case ZeroDivisionError():
            return "division by zero"
        case OverflowError() | ValueError():
            return "a number grew too large"
        case KeyError(args=(None,)):
            return "an attribute is asked of nobody: the event has no such actor"
        case KeyError(args=(str(),)):
            return ""
        case _:
            return "a value is missing"
