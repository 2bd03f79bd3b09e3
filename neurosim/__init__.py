"""Online learning rules for linear rate networks under the limits of neuromorphic chips, beside the exact gradient.

What is public is imported from its module when it is first asked for, so that the command line starts at once.
"""

import importlib
import typing

__version__ = "0.1.0"

if typing.TYPE_CHECKING:
    from neurosim.comparison import Comparison, compare
    from neurosim.dataset import load
    from neurosim.engine import Job, Outcome
    from neurosim.errors import NeurosimError
    from neurosim.experiment import Experiment, Run
    from neurosim.gradients import alignment, direction, gradient
    from neurosim.network import Network
    from neurosim.program import Program, compile
    from neurosim.reversal import adjoint
    from neurosim.rule import Rule
    from neurosim.task import Task, Trials

__all__ = [
    "Comparison",
    "Experiment",
    "Job",
    "Network",
    "NeurosimError",
    "Outcome",
    "Program",
    "Rule",
    "Run",
    "Task",
    "Trials",
    "adjoint",
    "alignment",
    "compare",
    "compile",
    "direction",
    "gradient",
    "load",
]

_HOMES = {
    "Comparison": "comparison",
    "Experiment": "experiment",
    "Job": "engine",
    "Network": "network",
    "NeurosimError": "errors",
    "Outcome": "engine",
    "Program": "program",
    "Rule": "rule",
    "Run": "experiment",
    "Task": "task",
    "Trials": "task",
    "adjoint": "reversal",
    "alignment": "gradients",
    "compare": "comparison",
    "compile": "program",
    "direction": "gradients",
    "gradient": "gradients",
    "load": "dataset",
}
"""The module that each public name is from."""

if not typing.TYPE_CHECKING:  # a type checker, which knows the names from above, is to complain of all others

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = found = getattr(importlib.import_module(f"neurosim.{_HOMES[name]}"), name)
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
