"""What mathematics predicts of linear networks that learn."""

from neurosim.theory.credit import Credit, bptt, eprop, fa, rflo, tbptt
from neurosim.theory.expected import Update, expected_loss, expected_update, loss_mask
from neurosim.theory.stationary import stationary_loss, stationary_update
from neurosim.theory.system import LinearSystem, error_system

__all__ = [
    "Credit",
    "LinearSystem",
    "Update",
    "bptt",
    "eprop",
    "error_system",
    "expected_loss",
    "expected_update",
    "fa",
    "loss_mask",
    "rflo",
    "stationary_loss",
    "stationary_update",
    "tbptt",
]
