"""The engine does what the reference does (`tests/reference`), entry by entry.

In: scenarios made by chance, each from a number. Out: that the two logs are equal, or the smallest scenario on which they are not.
"""

from __future__ import annotations

import pytest

from tests.reference.agreement import LEAST, campaign, told, tried

RUNS = 40


def test_engine_and_reference_agree() -> None:
    for number in range(RUNS):
        found = tried(number)
        if found.difference is not None:
            pytest.fail(told(found))


@pytest.mark.campaign
def test_engine_and_reference_agree_on_two_thousand() -> None:
    found, differing = campaign(10_000, 2_000)
    assert not differing, told(differing[0])
    assert not {name: count for name, count in found.items() if count < LEAST}
