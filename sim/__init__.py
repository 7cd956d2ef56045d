"""`sim`: a rule-based simulator of policy events.

For notebooks and scripts: `sim.load`, `sim.run`, `sim.compare`, `sim.why`, `sim.stored` (see `sim.notebook`; nothing is loaded before one
is asked for).
"""

from importlib import import_module
from typing import Any

__version__ = "0.2.0"

_FACE = ("compare", "load", "run", "stored", "why")


def __getattr__(name: str) -> Any:
    """What notebooks and scripts ask for; nothing is loaded before."""
    if name in _FACE:
        return getattr(import_module("sim.notebook"), name)
    raise AttributeError(f"module 'sim' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *_FACE])
