"""Instants and durations: read as people write them, written as people and machines read them.

In: texts of a scenario or a log, names of IANA time zones. Out: whole microseconds, and texts.
An instant counts from 1970-01-01 00:00 UTC; a duration is a number of microseconds. Nobody here looks at a real clock.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final

from sim.errors import escaped

__all__ = [
    "CALENDAR", "DAY", "HOUR", "MINUTE", "SECOND", "UNITS", "WEEK", "WEEKDAYS",
    "IsoClock", "Malformed", "Width",
    "clock_changes", "day_end", "days_written", "duration_text", "hour", "instant_of_iso", "instant_text", "is_zone", "iso",
    "last_of_window", "moment", "month", "moved", "parse_duration", "parse_instant", "parse_period", "seconds", "shifted", "weekday",
    "words", "zone_named",
]  # fmt: skip

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY

UNITS: Final[dict[str, int]] = {"s": SECOND, "min": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
"""The units of lengths of time as the language writes them. A day counts 24 hours, but where a date is moved by it (`moved`)."""

CALENDAR: Final = ("mo", "y", "wd")
"""The units that have no fixed length: months, years, working days."""

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LONGEST = 2**53
_QUARTER = 15 * MINUTE
_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_TWO_DIGITS = tuple(f"{number:02d}" for number in range(60))
_THREE_DIGITS = tuple(f"{number:03d}" for number in range(1000))
_MINUTES = tuple(f"{hour:02d}:{minute:02d}:" for hour in range(24) for minute in range(60))

_LONG_NAMES = {
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "mins": "min", "minute": "min", "minutes": "min",
    "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "day": "d", "days": "d", "week": "w", "weeks": "w",
}  # fmt: skip
_LONG_CALENDAR = {"month": "mo", "months": "mo", "year": "y", "years": "y", "yr": "y", "yrs": "y", "workday": "wd", "workdays": "wd"}

_NUMBER = r"[0-9]+(?:_[0-9]+)*"
_DURATION = re.compile(rf"(-?)({_NUMBER})(?:\.([0-9]+))?(\s*)([A-Za-zµ]*)")
_INSTANT = re.compile(
    r"(?P<date>(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2}))"
    r"(?:[ T](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,6}))?)?"
    r" ?(?P<offset>Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_ZONE = re.compile(r"(?!(?:posix|right|localtime|posixrules|Factory)(?:/|$))[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*")


class Malformed(ValueError):
    """A text that is no duration, date or time. It says in one line what is wrong and what to write instead."""


def parse_duration(text: str) -> int:
    """A length of time as the language writes it, one number and one unit: `3d`, `1.5h`, `90min`, `1_000s`; rounded half-even once."""
    found = _DURATION.fullmatch(text) if len(text) <= 40 else None
    if found is None:
        raise Malformed(_not_a_duration(text))
    sign, whole, fraction, gap, unit = found.groups(default="")
    if not unit:
        raise Malformed(f"a duration needs a unit: {text.strip()}d")
    if unit == "m":
        raise Malformed("m could be minutes or months: write min or mo")
    if unit in CALENDAR or unit in _LONG_CALENDAR:
        raise Malformed("months, years and working days differ in length, so they are only added to a date: here write days, such as 90d")
    known = unit if unit in UNITS else _LONG_NAMES.get(unit.lower()) or (unit.lower() if unit.lower() in UNITS else None)
    if known is None:
        raise Malformed(f"'{unit}' is not a unit of time: use s, min, h, d or w, such as 90s, 30min, 6h, 3d or 2w")
    if known != unit or gap:
        point = f".{fraction}" if fraction else ""
        raise Malformed(f"'{escaped(text)}' is not how a duration is written: write {sign}{whole}{point}{known}")
    size = _divided(int(whole + fraction) * UNITS[unit], 10 ** len(fraction))
    if size >= _LONGEST:
        raise Malformed(f"'{text}' is too long: keep durations below 285 years")
    return -size if sign else size


def days_written(text: str) -> int:
    """The whole days of a length written in days or weeks, to be counted by the calendar: 1 of `1.5d`, 14 of `2w`, 0 of `36h`."""
    size = abs(parse_duration(text)) // DAY if text.endswith(("d", "w")) else 0
    return -size if text.startswith("-") else size


def parse_period(text: str) -> tuple[int, str]:
    """A time by the calendar, a whole number and `mo`, `y` or `wd`: how many, and which unit."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise Malformed(_not_a_duration(text))
    _, whole, fraction, _, unit = found.groups(default="")
    if fraction:
        raise Malformed(f"'{text}' is no whole number of {_CALENDAR_WORDS[unit]}: write it in days, such as 45d")
    count = int(whole)
    if count > _MOST[unit]:
        raise Malformed(f"'{text}' is too long: keep it below 285 years")
    return count, unit


_CALENDAR_WORDS = {"mo": "months", "y": "years", "wd": "working days"}
_MOST = {"mo": 285 * 12, "y": 285, "wd": 285 * 261}


def _not_a_duration(text: str) -> str:
    """What is wrong with a text that is not even one number and one unit, with the nearest right one if it can be told."""
    if len(text) <= 40:
        if re.fullmatch(r"(?:[0-9]+ *(?:min|[shdw]) *)+", text):
            total = sum(int(count) * UNITS[unit] for count, unit in re.findall(r"([0-9]+) *(min|[shdw])", text))
            return f"'{text}' is not one number and one unit: write {duration_text(total)}"
        if re.fullmatch(r"-?[0-9]+,[0-9]+ *[a-z]+", text):
            return f"'{text}' has a comma: write {text.replace(',', '.').replace(' ', '')} with a point"
    return f"'{_shown(text)}' is not a duration: write a number and a unit, such as 90s, 30min, 6h, 3d or 2w"


def parse_instant(text: str, zone: str) -> int:
    """A date (its midnight) or a date and time, local in the zone unless it carries an offset: `2025-06-23`, `2025-06-23 10:00`."""
    found = _INSTANT.fullmatch(text)
    if found is None:
        raise Malformed(_not_an_instant(text))
    year, month, day = int(found["year"]), int(found["month"]), int(found["day"])
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    _check_calendar(year, month, day)
    _check_time(hour, minute, second)
    micro = int((found["fraction"] or "").ljust(6, "0"))
    local = datetime(year, month, day, hour, minute, second, micro, tzinfo=UTC)
    if found["offset"]:
        return _since_epoch(local) - _offset_of(found["offset"])
    place = zone_named(zone)
    early, late = (_offset(local.replace(tzinfo=place, fold=fold)) for fold in (0, 1))
    if early != late:
        raise Malformed(_told_twice(text if found["hour"] else f"{text} 00:00", zone, early, late))
    return _since_epoch(local) - early


def day_end(text: str, zone: str) -> int:
    """The first instant after a day of the zone, for what includes it whole: `2025-06-23` ends where the 24th begins."""
    found = _INSTANT.fullmatch(text)
    if found is None:
        raise Malformed(_not_an_instant(text))
    if found["hour"]:
        raise Malformed(f"a last day is included whole and has no time: write {found['date']}; what ends at a time stands under until")
    year, month, day = int(found["year"]), int(found["month"]), int(found["day"])
    _check_calendar(year, month, day)
    first = datetime(year, month, day, tzinfo=UTC)
    place = zone_named(zone)
    # Where the clocks skip midnight, or show it twice, a day begins where the day before has ended.
    begin, end = (_since_epoch(local) - _offset(local.replace(tzinfo=place)) for local in (first, first + timedelta(days=1)))
    if begin == end:
        raise Malformed(f"there is no day {text} in {zone}, where the clocks skip it: write the day before")
    return end


def _not_an_instant(text: str) -> str:
    """What is wrong with a text that has not the form of a date."""
    loose = re.fullmatch(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})", text)
    if loose:
        return f"'{text}' is not how a date is written: write {loose[1]}-{int(loose[2]):02d}-{int(loose[3]):02d}"
    if re.fullmatch(r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4}\.?", text):
        return f"'{text}' could be read in two ways: write year-month-day, such as 2025-06-23"
    short = re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]:[0-9]{2}(?::[0-9]{2})?)", text)
    if short:
        return f"'{text}' has an hour of one digit: write {short[1]} 0{short[2]}"
    return f"'{_shown(text)}' is not a date or time: write 2025-06-23 or 2025-06-23 10:00"


def _check_calendar(year: int, month: int, day: int) -> None:
    """Refuse a day that no calendar has, or one out of reach."""
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise Malformed(f"the year {year:04d} is out of reach: years go from {_FIRST_YEAR} to {_LAST_YEAR}")
    if not 1 <= month <= 12:
        raise Malformed(f"there is no month {month:02d}: write year-month-day, with a month from 01 to 12")
    longest = monthrange(year, month)[1]
    if not 1 <= day <= longest:
        raise Malformed(f"there is no day {day:02d} in {year}-{month:02d}: its days go from 01 to {longest}")


def _check_time(hour: int, minute: int, second: int) -> None:
    """Refuse a time that no day has."""
    if hour == 24 and minute == second == 0:
        raise Malformed("there is no 24:00: write 00:00 of the next day")
    if hour > 23 or minute > 59 or second > 59:
        raise Malformed(f"there is no time {hour:02d}:{minute:02d}:{second:02d}: times go from 00:00:00 to 23:59:59")


def _told_twice(text: str, zone: str, early: int, late: int) -> str:
    """The remedy for a local time that the clocks skip or show twice; both offsets are named."""
    choices = f"{text}{_offset_text(early)} or {text}{_offset_text(late)}"
    if early < late:
        return f"{text} does not exist in {zone}, where the clocks skip it: add an offset, {choices}"
    return f"{text} exists twice in {zone}, where the clocks go back: add an offset, {choices}"


def is_zone(name: str) -> bool:
    """Whether there is a time zone of this name, written as IANA does, such as `Europe/Belgrade`."""
    try:
        zone_named(name)
    except Malformed:
        return False
    return True


@lru_cache(maxsize=64)
def zone_named(name: str) -> tzinfo:
    """The time zone of this name. `UTC` is always there; the others come from the system's or the package's IANA data."""
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo

    if len(name) <= 64 and _ZONE.fullmatch(name):
        try:
            return ZoneInfo(name)
        except (LookupError, ValueError, OSError):  # unknown; not a zone file; the name of a folder
            pass
    raise Malformed(f"no time zone is called '{_shown(name)}': write an IANA name, such as Europe/Belgrade or UTC")


@lru_cache(maxsize=64)
def clock_changes(start: int, end: int, zone: str) -> tuple[int, ...]:
    """The instants after `start` and before `end` at which the zone's clocks are put forward or back."""
    place = zone_named(zone)
    if place is UTC:
        return ()
    changes = []
    before = _offset(_local(start, place))
    for day in range(start, end, DAY):
        early, late = max(day - 1, start), min(day + DAY, end) - 1
        after = _offset(_local(late, place))
        if after == before:
            continue
        while late - early > 1:
            middle = (early + late) // 2
            early, late = (middle, late) if _offset(_local(middle, place)) == before else (early, middle)
        changes.append(late)
        before = after
    return tuple(changes)


def iso(instant: int, zone: str) -> str:
    """The instant in ISO 8601 with its offset, local in the zone: `2025-06-23T10:00:00+02:00`."""
    return _local(instant, zone_named(zone)).isoformat()


def instant_text(instant: int, zone: str) -> str:
    """The instant as the language writes it: a date where it is a midnight that needs no offset, else as `iso` does."""
    text = iso(instant, zone)
    try:
        return text[:10] if parse_instant(text[:10], zone) == instant else text
    except Malformed:
        return text


class IsoClock:
    """`iso` for many instants of one zone that mostly rise: within one local day only hours, minutes and seconds differ.

    Days in which the offset changes, or whose offset is not in whole quarters of an hour (before standard time), are
    not kept but written by `iso`. No zone changes its offset twice within six hours.
    """

    __slots__ = ("_day", "_start", "_tail", "_zone")

    def __init__(self, zone: str) -> None:
        self._zone = zone_named(zone)
        self._start = -1 << 62
        self._day = ""
        self._tail = ""

    def __call__(self, instant: int) -> str:
        """The same text as `iso(instant, zone)`."""
        rest = instant - self._start
        if not 0 <= rest < DAY:
            if not self._turn_to(instant):
                return _local(instant, self._zone).isoformat()
            rest = instant - self._start
        second = rest // SECOND
        shown = f"{self._day}{_MINUTES[second // 60]}{_TWO_DIGITS[second % 60]}"
        micro = rest % SECOND
        return f"{shown}.{_THREE_DIGITS[micro // 1000]}{_THREE_DIGITS[micro % 1000]}{self._tail}" if micro else shown + self._tail

    def _turn_to(self, instant: int) -> bool:
        """Keep the texts of the local day that holds the instant, if it has one even offset."""
        offset = _offset(_local(instant, self._zone))
        local = instant + offset
        start = local - local % DAY - offset
        probes = (start, start + 6 * HOUR, start + 12 * HOUR, start + 18 * HOUR, start + DAY - 1)
        if offset % _QUARTER or any(_offset(_local(probe, self._zone)) != offset for probe in probes):
            return False
        text = _local(start, self._zone).isoformat()
        self._day, self._tail, self._start = text[:11], text[19:], start
        return True


def moment(instant: int, zone: str) -> datetime:
    """The instant on the clocks of a zone, as Python has it."""
    return _local(instant, zone_named(zone))


def instant_of_iso(text: str) -> int:
    """The instant that `iso` wrote."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Malformed(f"'{_shown(text)}' is not an ISO 8601 time, such as 2025-06-23T10:00:00+02:00") from None
    if found.tzinfo is None:
        raise Malformed(f"'{_shown(text)}' has no offset: write one, such as 2025-06-23T10:00:00+02:00")
    return _since_epoch(found)


def shifted(instant: int, count: int, unit: str, zone: str) -> int:
    """The instant so many days, months, years or working days later (earlier where negative), at the same local time.

    Where the month is too short it is its last day. Working days are Monday to Friday; the n-th is counted from tomorrow on.
    Where the clocks skip that local time the offset before counts, where they show it twice the first (RFC 5545, 3.3.5).
    """
    if count == 0:
        return instant
    place = zone_named(zone)
    local = _local(instant, place)
    if unit in ("d", "wd"):
        day = date.fromordinal(local.toordinal() + count if unit == "d" else _working_day(local.toordinal(), count))
        year, number, last = day.year, day.month, day.day
    else:
        year, number = divmod(local.year * 12 + local.month - 1 + count * (12 if unit == "y" else 1), 12)
        number += 1
        last = min(local.day, monthrange(year, number)[1])
    moved = local.replace(year=year, month=number, day=last, fold=0)
    return _since_epoch(moved.replace(tzinfo=UTC)) - _offset(moved)


def moved(instant: int, length: int, days: int, zone: str) -> int:
    """The instant a length of time later (earlier where negative), of which so many days are counted by the calendar.

    The whole days go first and keep the local time, as in `shifted`; the rest (the length less 24 h for each day) is exact.
    """
    if not days or abs(length) >= _LONGEST:
        return instant + length
    return shifted(instant, int(days), "d", zone) + length - int(days) * DAY


Width = tuple[int, str, int]
"""How wide a window is: so many of a unit of the calendar (`d mo y wd`; 0 and none where it is exact), and an exact rest (µs)."""


def last_of_window(instant: int, width: Width, zone: str) -> int:
    """The last instant at which what happened at an instant belongs to a window: its own, moved forward by the width."""
    count, unit, rest = width
    return (shifted(instant, count, unit, zone) if count else instant) + rest


def _working_day(day: int, count: int) -> int:
    """The n-th working day after (before) a day; days are ordinals, and 1 is a Monday."""
    weeks, rest = divmod(abs(count), 5)
    step = 1 if count > 0 else -1
    if rest == 0:  # five working days are a week only from a working day on
        weeks, rest = weeks - 1, 5
    day += 7 * weeks * step
    while rest:
        day += step
        rest -= (day - 1) % 7 < 5
    return day


def hour(instant: int, zone: str) -> int:
    """The hour that the clocks of the zone show, 0 to 23."""
    return _local(instant, zone_named(zone)).hour


def weekday(instant: int, zone: str) -> str:
    """The day of the week there: `mon` to `sun`."""
    return WEEKDAYS[_local(instant, zone_named(zone)).weekday()]


def month(instant: int, zone: str) -> int:
    """The month there, 1 to 12."""
    return _local(instant, zone_named(zone)).month


_STEPS = (("d", DAY), ("h", HOUR), ("min", MINUTE), ("s", SECOND), ("ms", 1000), ("µs", 1))


def words(duration: int) -> str:
    """A length of time for people, in the two largest units that matter: `25 d 6 h`, `6 h 41 min`, `90 µs`, `0 s`."""
    if duration == 0:
        return "0 s"
    size = abs(duration)
    largest = next(number for number, (_, unit) in enumerate(_STEPS) if size >= unit)
    finest = _STEPS[min(largest + 1, len(_STEPS) - 1)][1]
    size = _divided(size, finest) * finest
    parts = []
    for name, unit in _STEPS:
        count, size = divmod(size, unit)
        if count:
            parts.append(f"{count:,} {name}")
    return ("\N{MINUS SIGN}" if duration < 0 else "") + " ".join(parts)


def duration_text(duration: int) -> str:
    """A length of time as the language writes it, exactly and in the largest unit that needs no fraction: `3d`, `36h`, `90min`, `1.5s`."""
    if duration == 0:
        return "0s"
    for name in ("d", "h", "min", "s"):
        count, rest = divmod(duration, UNITS[name])
        if rest == 0:
            return f"{count}{name}"
    whole, micro = divmod(abs(duration), SECOND)
    return f"{'-' if duration < 0 else ''}{whole}.{micro:06d}".rstrip("0") + "s"


def seconds(duration: int) -> float | int:
    """A length of time as the log has it: in seconds, without a fraction where there is none."""
    return duration / SECOND if duration % SECOND else duration // SECOND


def _divided(size: int, divisor: int) -> int:
    """The quotient rounded to the nearest whole number, halves to the even one."""
    quotient, rest = divmod(size, divisor)
    return quotient + (2 * rest > divisor or (2 * rest == divisor and quotient % 2))


def _local(instant: int, zone: tzinfo) -> datetime:
    """The instant on the clocks of the zone."""
    return (_EPOCH + timedelta(microseconds=instant)).astimezone(zone)


def _since_epoch(moment: datetime) -> int:
    """The microseconds from 1970 on, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def _offset(moment: datetime) -> int:
    """How far the zone's clocks are ahead of UTC at that moment (µs)."""
    ahead = moment.utcoffset()
    return 0 if ahead is None else ahead // _MICROSECOND


def _offset_of(text: str) -> int:
    """A written offset (`+02:00`, `Z`) in µs."""
    if text == "Z":
        return 0
    hours, minutes = int(text[1:3]), int(text[4:6])
    size = hours * HOUR + minutes * MINUTE
    offset = -size if text[0] == "-" else size
    if minutes > 59 or not -12 * HOUR <= offset <= 14 * HOUR:
        raise Malformed(f"there is no offset {text}: offsets go from -12:00 to +14:00")
    return offset


def _offset_text(offset: int) -> str:
    """An offset as ISO 8601 writes it."""
    return datetime(2000, 1, 1, tzinfo=timezone(timedelta(microseconds=offset))).isoformat()[19:]


def _shown(text: str) -> str:
    """A text for a message of one line: without control characters, and not too long."""
    return escaped(text if len(text) <= 40 else text[:40] + "…")
