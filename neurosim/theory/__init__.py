"""What mathematics predicts of linear networks that learn."""

from neurosim.theory import integration as integration
from neurosim.theory.alignment import ModeBasis
from neurosim.theory.conserved import bptt_invariant, rflo_invariant
from neurosim.theory.credit import Credit, bptt, eprop, fa, rflo, tbptt
from neurosim.theory.emergence import emergent_feedback_modes, emergent_modes
from neurosim.theory.escape import early_modes, escape_rate
from neurosim.theory.expected import Update, expected_loss, expected_update, loss_mask
from neurosim.theory.mode_learning import ModePath, mode_learning
from neurosim.theory.modes import ModeCredit, TargetModes, mode_loss, mode_update
from neurosim.theory.optimum import convergence_rate, optimum, optimum_jacobian
from neurosim.theory.overlaps import Overlaps, overlap_learning, overlap_loss, overlap_slope, overlap_step, response
from neurosim.theory.rank import credit_space, effective_rank, outside
from neurosim.theory.stationary import stationary_loss, stationary_update
from neurosim.theory.system import LinearSystem, error_system
from neurosim.theory.within import TeacherModes, distance_to_optimum

__all__ = [
    "Credit",
    "LinearSystem",
    "ModeBasis",
    "ModeCredit",
    "ModePath",
    "Overlaps",
    "TargetModes",
    "TeacherModes",
    "Update",
    "bptt",
    "bptt_invariant",
    "convergence_rate",
    "credit_space",
    "distance_to_optimum",
    "early_modes",
    "effective_rank",
    "emergent_feedback_modes",
    "emergent_modes",
    "eprop",
    "error_system",
    "escape_rate",
    "expected_loss",
    "expected_update",
    "fa",
    "loss_mask",
    "mode_learning",
    "mode_loss",
    "mode_update",
    "optimum",
    "optimum_jacobian",
    "outside",
    "overlap_learning",
    "overlap_loss",
    "overlap_slope",
    "overlap_step",
    "response",
    "rflo",
    "rflo_invariant",
    "stationary_loss",
    "stationary_update",
    "tbptt",
]
