"""What all tests share: the `--accept` option, and Hypothesis profiles that draw the same examples every time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from sim.cli.main import main

# A test suite that fails by luck teaches people to run it again; the campaign is where new examples are looked for.
settings.register_profile(
    "quick",
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # a failing scenario is shown as it was made: making it small takes minutes
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("campaign", max_examples=2_000, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--accept", action="store_true", help="rewrite the expectations of tests/language with what came out; then read the diff"
    )


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("campaign" if config.getoption("-m") == "campaign" else "quick")


@pytest.fixture
def accept(request: pytest.FixtureRequest) -> bool:
    """Whether expectations are to be rewritten instead of compared."""
    return bool(request.config.getoption("--accept"))


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Commands in an empty folder of their own: exit code, what they told, what they said."""
    monkeypatch.chdir(tmp_path)

    def done(*words: str) -> tuple[int, str, str]:
        code = main(list(words))
        told = capsys.readouterr()
        return code, told.out, told.err

    return done
