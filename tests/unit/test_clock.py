"""Durations and instants: how they are read, refused and written."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sim import clock
from sim.clock import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    UNITS,
    WEEK,
    IsoClock,
    Malformed,
    duration_text,
    instant_of_iso,
    is_zone,
    iso,
    parse_duration,
    parse_instant,
    seconds,
    words,
    zone_named,
)

BELGRADE = "Europe/Belgrade"
ZONES = [
    BELGRADE, "UTC", "Asia/Kathmandu", "Australia/Lord_Howe", "America/New_York", "Pacific/Chatham", "Africa/Monrovia", "America/St_Johns",
    "Europe/Amsterdam", "Pacific/Apia", "Africa/Casablanca", "Antarctica/Troll",
]  # fmt: skip
YEAR_1900, YEAR_2250 = -2_208_988_800 * SECOND, 8_835_955_200 * SECOND
TURN_2025 = parse_instant("2025-10-26 01:00Z", BELGRADE)
instants = st.integers(YEAR_1900, YEAR_2250)
durations = st.integers(-(2**53) + 1, 2**53 - 1)


def refusal(read: Callable[[str], int], text: str) -> str:
    """What the reader says against the text; nothing if it takes it."""
    try:
        read(text)
    except Malformed as malformed:
        return str(malformed)
    return ""


# --- changes of clocks


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("start", ["1945-01-01 00:00Z", "2011-06-01 05:13Z", "2024-12-31 12:00Z"])
def test_clocks_change_at_these_instants_and_no_others(zone: str, start: str) -> None:
    begin = parse_instant(start, "UTC")
    end = begin + 800 * DAY
    changes = clock.clock_changes(begin, end, zone)

    def offset(instant: int) -> timedelta | None:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant)).astimezone(zone_named(zone)).utcoffset()

    quarters = range(begin, end, 15 * MINUTE)
    assert [later for now, later in pairwise(quarters) if offset(now) != offset(later)] == [
        next(quarter for quarter in quarters if quarter >= change) for change in changes
    ]
    assert all(offset(change - 1) != offset(change) for change in changes)


def test_a_change_counts_that_lies_between_the_ends() -> None:
    assert clock.clock_changes(TURN_2025 - DAY, TURN_2025 + DAY, BELGRADE) == (TURN_2025,)
    assert clock.clock_changes(TURN_2025 - 1, TURN_2025 + 1, BELGRADE) == (TURN_2025,)
    assert clock.clock_changes(TURN_2025 - DAY, TURN_2025, BELGRADE) == ()
    assert clock.clock_changes(TURN_2025, TURN_2025 + DAY, BELGRADE) == ()
    assert clock.clock_changes(TURN_2025 - 2 * DAY, TURN_2025 + 2 * DAY, BELGRADE) == (TURN_2025,)  # where two steps meet


# --- durations


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3d", 3 * DAY),
        ("1.5h", 90 * MINUTE),
        ("90min", 90 * MINUTE),
        ("1_000s", 1000 * SECOND),
        ("2w", 2 * WEEK),
        ("0s", 0),
        ("-2h", -2 * HOUR),
        ("007d", 7 * DAY),
        ("0.000001s", 1),
        ("0.0000005s", 0),
        ("0.0000015s", 2),
        ("0.00000150001s", 2),
        ("0.0000025s", 2),
        ("-0.0000015s", -2),
        ("104249d", 104249 * DAY),
    ],
)
def test_a_duration_is_one_number_and_one_unit(text: str, expected: int) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("3m", "m could be minutes or months: write min or mo"),
        ("3mo", "months, years and working days differ in length, so they are only added to a date: here write days, such as 90d"),
        ("1y", "months, years and working days differ in length, so they are only added to a date: here write days, such as 90d"),
        ("2wd", "months, years and working days differ in length, so they are only added to a date: here write days, such as 90d"),
        ("3 months", "months, years and working days differ in length, so they are only added to a date: here write days, such as 90d"),
        ("3", "a duration needs a unit: 3d"),
        ("1.5 ", "a duration needs a unit: 1.5d"),
        ("3 d", "'3 d' is not how a duration is written: write 3d"),
        ("3\nd", r"'3\nd' is not how a duration is written: write 3d"),
        ("1.5Hours", "'1.5Hours' is not how a duration is written: write 1.5h"),
        ("-3D", "'-3D' is not how a duration is written: write -3d"),
        ("3x", "'x' is not a unit of time: use s, min, h, d or w, such as 90s, 30min, 6h, 3d or 2w"),
        ("1d12h", "'1d12h' is not one number and one unit: write 36h"),
        ("1h 30min", "'1h 30min' is not one number and one unit: write 90min"),
        ("1,5 h", "'1,5 h' has a comma: write 1.5h with a point"),
        ("104250d", "'104250d' is too long: keep durations below 285 years"),
        ("abc", "'abc' is not a duration: write a number and a unit, such as 90s, 30min, 6h, 3d or 2w"),
        ("9" * 5000 + "d", f"'{'9' * 40}…' is not a duration: write a number and a unit, such as 90s, 30min, 6h, 3d or 2w"),
    ],
)
def test_a_malformed_duration_is_told_with_its_remedy(text: str, message: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_duration(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "text", ["", " ", "d", "٣d", "1e3s", "1__0s", ".5h", "5.h", "+3d", "3d\n", "--3d", "0x10s", "nand", "infd", "3d;", "²d"]
)
def test_what_only_looks_like_a_duration_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="is not a duration"):
        parse_duration(text)


@given(st.text(max_size=60) | st.text("0123456789._-, smhdwinoy:TZ+", max_size=30))
def test_no_text_breaks_the_readers_and_messages_are_one_line(text: str) -> None:
    for read in (parse_duration, lambda text: parse_instant(text, BELGRADE), instant_of_iso):
        assert refusal(read, text).isprintable()


@given(durations)
def test_a_duration_written_is_read_back(duration: int) -> None:
    assert parse_duration(duration_text(duration)) == duration


@pytest.mark.parametrize(
    ("duration", "text", "spoken", "logged"),
    [
        (0, "0s", "0 s", 0),
        (90, "0.00009s", "90 µs", 0.00009),
        (2030, "0.00203s", "2 ms 30 µs", 0.00203),
        (3 * SECOND // 2, "1.5s", "1 s 500 ms", 1.5),
        (90 * MINUTE, "90min", "1 h 30 min", 5400),
        (36 * HOUR, "36h", "1 d 12 h", 129600),
        (3 * DAY, "3d", "3 d", 259200),
        (-3 * DAY, "-3d", "\N{MINUS SIGN}3 d", -259200),
        (-SECOND // 2, "-0.5s", "\N{MINUS SIGN}500 ms", -0.5),
        (25 * DAY + 6 * HOUR + 20 * MINUTE, "36380min", "25 d 6 h", 2182800),
        (6 * HOUR + 41 * MINUTE + 7 * SECOND, "24067s", "6 h 41 min", 24067),
        (DAY - 1, "86399.999999s", "1 d", 86399.999999),
        (1234 * DAY, "1234d", "1,234 d", 106617600),
    ],
)
def test_a_duration_is_written_for_the_language_for_people_and_for_the_log(duration: int, text: str, spoken: str, logged: float) -> None:
    assert duration_text(duration) == text
    assert words(duration) == spoken
    assert seconds(duration) == logged
    assert isinstance(seconds(duration), int) == (duration % SECOND == 0)


def test_the_units_are_those_of_elapsed_time() -> None:
    assert UNITS == {"s": 10**6, "min": 60 * 10**6, "h": 3600 * 10**6, "d": 86400 * 10**6, "w": 604800 * 10**6}


# --- instants


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-06-23", "2025-06-23T00:00:00+02:00"),
        ("2025-06-23 10:00", "2025-06-23T10:00:00+02:00"),
        ("2025-01-23T10:00", "2025-01-23T10:00:00+01:00"),
        ("2025-06-23T10:00:30", "2025-06-23T10:00:30+02:00"),
        ("2025-06-23T10:00:30.123", "2025-06-23T10:00:30.123000+02:00"),
        ("2025-06-23 10:00+05:45", "2025-06-23T06:15:00+02:00"),
        ("2025-06-23 10:00 -03:30", "2025-06-23T15:30:00+02:00"),
        ("2025-06-23T10:00Z", "2025-06-23T12:00:00+02:00"),
        ("2025-10-26 02:30+02:00", "2025-10-26T02:30:00+02:00"),
        ("2025-10-26 02:30+01:00", "2025-10-26T02:30:00+01:00"),
        ("2025-10-26 01:59:59.999999", "2025-10-26T01:59:59.999999+02:00"),
        ("2025-10-26 03:00", "2025-10-26T03:00:00+01:00"),
        ("2024-02-29", "2024-02-29T00:00:00+01:00"),
        ("1900-01-01", "1900-01-01T00:00:00+01:00"),
        ("2200-12-31 23:59", "2200-12-31T23:59:00+01:00"),
    ],
)
def test_a_written_time_is_local_unless_it_carries_an_offset(text: str, expected: str) -> None:
    assert iso(parse_instant(text, BELGRADE), BELGRADE) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "2025-10-26 02:30",
            "2025-10-26 02:30 exists twice in Europe/Belgrade, where the clocks go back: add an offset, "
            "2025-10-26 02:30+02:00 or 2025-10-26 02:30+01:00",
        ),
        (
            "2025-03-30 02:00",
            "2025-03-30 02:00 does not exist in Europe/Belgrade, where the clocks skip it: add an offset, "
            "2025-03-30 02:00+01:00 or 2025-03-30 02:00+02:00",
        ),
        ("2025-02-30", "there is no day 30 in 2025-02: its days go from 01 to 28"),
        ("2100-02-29", "there is no day 29 in 2100-02: its days go from 01 to 28"),
        ("2025-06-00", "there is no day 00 in 2025-06: its days go from 01 to 30"),
        ("2025-23-06", "there is no month 23: write year-month-day, with a month from 01 to 12"),
        ("1899-12-31", "the year 1899 is out of reach: years go from 1900 to 2200"),
        ("2201-01-01", "the year 2201 is out of reach: years go from 1900 to 2200"),
        ("2025-6-3", "'2025-6-3' is not how a date is written: write 2025-06-03"),
        ("2025/06/23", "'2025/06/23' is not how a date is written: write 2025-06-23"),
        ("23.06.2025", "'23.06.2025' could be read in two ways: write year-month-day, such as 2025-06-23"),
        ("2025-06-23 9:00", "'2025-06-23 9:00' has an hour of one digit: write 2025-06-23 09:00"),
        ("2025-06-23 24:00", "there is no 24:00: write 00:00 of the next day"),
        ("2025-06-23 10:61", "there is no time 10:61:00: times go from 00:00:00 to 23:59:59"),
        ("2025-06-23 10:00:60", "there is no time 10:00:60: times go from 00:00:00 to 23:59:59"),
        ("2025-06-23 10:00+14:01", "there is no offset +14:01: offsets go from -12:00 to +14:00"),
        ("2025-06-23 10:00-12:60", "there is no offset -12:60: offsets go from -12:00 to +14:00"),
        ("2025-06-23+02:00", "'2025-06-23+02:00' is not a date or time: write 2025-06-23 or 2025-06-23 10:00"),
        ("next\nweek", r"'next\nweek' is not a date or time: write 2025-06-23 or 2025-06-23 10:00"),
    ],
)
def test_a_malformed_time_is_told_with_its_remedy(text: str, message: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_instant(text, BELGRADE)
    assert str(caught.value) == message


def test_a_date_whose_midnight_the_clocks_skip_is_refused() -> None:
    with pytest.raises(Malformed, match=r"^2025-09-07 00:00 does not exist in America/Santiago, .*2025-09-07 00:00-04:00 or"):
        parse_instant("2025-09-07", "America/Santiago")


def test_both_remedies_of_a_doubtful_time_are_times() -> None:
    first, second = (parse_instant(f"2025-10-26 02:30+0{hours}:00", BELGRADE) for hours in (2, 1))
    assert second - first == HOUR


@given(instants, st.sampled_from(ZONES))
def test_a_local_time_is_read_back_or_named_twice(instant: int, zone: str) -> None:
    written = iso(instant, zone)
    local = written[:26] if "." in written else written[:19]
    refused = refusal(lambda text: parse_instant(text, zone), local)
    if refused:
        assert "exists twice" in refused or "out of reach" in refused
    else:
        assert parse_instant(local, zone) == instant


# --- zones and ISO 8601


@pytest.mark.parametrize("name", ["UTC", BELGRADE, "Asia/Kathmandu", "Etc/GMT+5", "America/Argentina/Buenos_Aires"])
def test_iana_names_are_zones(name: str) -> None:
    assert is_zone(name)
    assert iso(0, name).startswith(("1970-01-01T", "1969-12-31T"))


@pytest.mark.parametrize(
    "name",
    ["", "Europe", "Europe/Belgrad", "../Europe/Belgrade", "/etc/passwd", "localtime", "posix/UTC", "right/UTC", "Factory",
     "GMT+1", "x\0", "\ud800", "é", "CEST", "tzdata.zi", "a" * 300],
)  # fmt: skip
def test_what_is_no_iana_name_is_no_zone(name: str) -> None:
    assert not is_zone(name)
    with pytest.raises(Malformed, match="no time zone is called"):
        parse_instant("2025-06-23", name)


def test_utc_needs_no_data() -> None:
    assert zone_named("UTC").tzname(None) == "UTC"
    assert iso(1, "UTC") == "1970-01-01T00:00:00.000001+00:00"


@given(instants, st.sampled_from(ZONES))
def test_iso_is_read_back(instant: int, zone: str) -> None:
    assert instant_of_iso(iso(instant, zone)) == instant


@pytest.mark.parametrize(
    ("text", "reason"), [("2025-06-23T10:00:00", "has no offset"), ("soon", "is not an ISO 8601 time"), ("", "is not an ISO")]
)
def test_a_time_without_offset_is_not_an_instant(text: str, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        instant_of_iso(text)


steps = st.integers(-2 * HOUR, 2 * HOUR) | st.integers(-5, 5) | st.integers(-100, 100).map(lambda n: n * 5 * MINUTE)


@given(zone=st.sampled_from(ZONES), start=instants, jumps=st.lists(steps, max_size=30))
@example(zone=BELGRADE, start=TURN_2025 - 1, jumps=[1, -1, 1, SECOND, 15 * MINUTE, -1])
@example(zone="Australia/Lord_Howe", start=parse_instant("2025-04-05 15:00Z", "UTC") - 1, jumps=[1, -1, 30 * MINUTE])
def test_the_clock_always_writes_what_iso_writes(zone: str, start: int, jumps: list[int]) -> None:
    clock = IsoClock(zone)
    instant = start
    for jump in [0, *jumps]:
        instant += jump
        assert clock(instant) == iso(instant, zone)


@pytest.mark.parametrize("zone", ZONES)
def test_the_clock_is_right_over_every_change_of_the_offset(zone: str) -> None:
    clock = IsoClock(zone)
    for hour in range(parse_instant("2024-12-31", "UTC"), parse_instant("2026-01-02", "UTC"), HOUR):
        for instant in (hour - 1, hour, hour + 29 * MINUTE + 1, hour + 30 * MINUTE):
            assert clock(instant) == iso(instant, zone)


def test_every_zone_of_the_system_has_a_clock() -> None:
    for name in sorted(available_timezones()):
        if is_zone(name):
            assert IsoClock(name)(TURN_2025) == iso(TURN_2025, name)


# ---- moved by the calendar


def day_by_day(instant: int, count: int, zone: str) -> int:
    """The n-th working day, counted on fingers."""
    local = datetime.fromisoformat(clock.iso(instant, zone)).replace(tzinfo=clock.zone_named(zone))
    while count:
        local += timedelta(days=1 if count > 0 else -1)  # wall clock time: the zone is not asked
        if local.weekday() < 5:
            count -= 1 if count > 0 else -1
    return clock.instant_of_iso((local.astimezone(UTC)).isoformat())


@given(st.integers(0, 2**52), st.integers(-60, 60).filter(bool), st.sampled_from(["UTC", "Europe/Belgrade", "America/New_York"]))
def test_working_days_are_those_counted_one_by_one(instant: int, count: int, zone: str) -> None:
    assert clock.shifted(instant, count, "wd", zone) == day_by_day(instant, count, zone)


@given(st.integers(0, 2**52), st.integers(-100, 100), st.sampled_from(["UTC", "Europe/Belgrade", "Australia/Lord_Howe"]))
def test_months_later_the_clocks_show_the_same_but_for_short_months_and_skipped_hours(instant: int, count: int, zone: str) -> None:
    before, after = clock.iso(instant, zone), clock.iso(clock.shifted(instant, count, "mo", zone), zone)
    months = [int(text[:4]) * 12 + int(text[5:7]) for text in (before, after)]
    assert months[1] - months[0] == count
    last = monthrange(int(after[:4]), int(after[5:7]))[1]
    assert int(after[8:10]) == min(int(before[8:10]), last)
    minutes = [int(text[11:13]) * 60 + int(text[14:16]) for text in (before, after)]
    assert minutes[1] - minutes[0] in (0, 30, 60)
    assert clock.shifted(instant, count, "y", zone) == clock.shifted(instant, 12 * count, "mo", zone)


def test_a_date_beyond_the_calendar_is_too_large() -> None:
    with pytest.raises((ValueError, OverflowError)):
        clock.shifted(clock.parse_instant("2200-01-01", "UTC"), 12 * 9000, "mo", "UTC")
