"""What mathematics predicts of linear networks that learn to integrate noise in continuous time (arXiv 2503.18754)."""

from neurosim.theory.integration.credit import Credit, bptt, eprop, fa, rflo, tbptt
from neurosim.theory.integration.filters import Filter
from neurosim.theory.integration.kernel import bulk_kernel, bulk_kernel_laplace, bulk_modes, tangent_kernel_laplace
from neurosim.theory.integration.lazy import asks_for_outlier, lazy_exponent, lazy_loss, lazy_readout_norm
from neurosim.theory.integration.learning import Learning, learning
from neurosim.theory.integration.outlier import outlier_loss, outlier_update
from neurosim.theory.integration.outlier_credit import OutlierCredit
from neurosim.theory.integration.outlier_escape import early_outlier, outlier_escape_rate
from neurosim.theory.integration.outlier_learning import outlier_learning, outlier_start
from neurosim.theory.integration.outlier_optimum import largest_step, outlier_jacobian, outlier_optimum
from neurosim.theory.integration.pair import (
    pair_eigenvalues,
    pair_learning,
    pair_loss,
    pair_start,
    pair_student,
    pair_update,
)
from neurosim.theory.integration.plane import in_plane, weight_plane
from neurosim.theory.integration.plateau import Plateau, partner_rate, plateaus
from neurosim.theory.integration.student import Integrator
from neurosim.theory.integration.trajectory import Trajectory
from neurosim.theory.integration.update import white_noise_loss, white_noise_update

__all__ = [
    "Credit",
    "Filter",
    "Integrator",
    "Learning",
    "OutlierCredit",
    "Plateau",
    "Trajectory",
    "asks_for_outlier",
    "bptt",
    "bulk_kernel",
    "bulk_kernel_laplace",
    "bulk_modes",
    "early_outlier",
    "eprop",
    "fa",
    "in_plane",
    "largest_step",
    "lazy_exponent",
    "lazy_loss",
    "lazy_readout_norm",
    "learning",
    "outlier_escape_rate",
    "outlier_jacobian",
    "outlier_learning",
    "outlier_loss",
    "outlier_optimum",
    "outlier_start",
    "outlier_update",
    "pair_eigenvalues",
    "pair_learning",
    "pair_loss",
    "pair_start",
    "pair_student",
    "pair_update",
    "partner_rate",
    "plateaus",
    "rflo",
    "tangent_kernel_laplace",
    "tbptt",
    "weight_plane",
    "white_noise_loss",
    "white_noise_update",
]
