"""Online learning rules for linear rate networks under the limits of neuromorphic chips, beside the exact gradient."""

__version__ = "0.1.0"

from neurosim.comparison import Comparison, compare
from neurosim.dataset import load
from neurosim.engine import Job, Outcome
from neurosim.errors import NeurosimError
from neurosim.experiment import Experiment, Run
from neurosim.gradient import alignment, direction, gradient
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
