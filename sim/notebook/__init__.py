"""The Python face, for notebooks and scripts: `sim.load`, `sim.run`, `sim.compare`, `sim.why`, `sim.stored`.

In: scenario files and stored results, by their names. Out: plain objects that tell themselves as the commands do (`print`, and as HTML in a
notebook), and give their data as Python values or as pandas data frames.

Durations are `timedelta`, instants are `datetime` with the offset of the scenario's time zone, "never" and "no value" are None.
"""

from sim.notebook.comparisons import Comparison, compare
from sim.notebook.runs import Run, Runs, ScenarioFile, Why, load, run, stored, why

__all__ = ["Comparison", "Run", "Runs", "ScenarioFile", "Why", "compare", "load", "run", "stored", "why"]
