"""Where an outlier's learning begins: how it leaves the neighbourhood of zero.

Rules that send errors through the student's own readout rest where `a = b = 0`, whatever the outlier, at the loss of no
output. From size eps they stay near that line for a time of about `log(1 / eps) / rate`.
"""

from __future__ import annotations

import numpy as np

from neurosim.errors import NeurosimError
from neurosim.theory.integration.filters import Filter
from neurosim.theory.integration.outlier import forgetting
from neurosim.theory.integration.outlier_credit import BPTT, OutlierCredit


def outlier_escape_rate(outlier: float, target: Filter, credit: OutlierCredit = BPTT) -> float:
    """The rate at which small weights a and b grow together, `a = b` up to sign [1 / learning time].

        rate = sqrt( F(c) Re sum_k g_k S(p + z_k) ) ,      c = 1 - outlier

    with S of the credit as in `outlier_update` and F the target's Laplace transform; 0 where the root is imaginary,
    and they turn instead. For exact gradients `|F(c)|`: `g / (1 + c*)` for an exponential and no recurrent weights.
    Raises NeurosimError if the rule has fixed feedback, which does not rest at zero, or unless the outlier is below 1.
    """
    if credit.feedback is not None:
        raise NeurosimError("a rule with fixed feedback does not rest at zero; follow it with outlier_learning")
    c = forgetting(outlier)
    sent = float(np.real(np.sum(target.gains * credit.total(credit.lost(c) + target.rates))))
    return float(np.sqrt(np.maximum(target.laplace(c) * sent, 0.0)))


def early_outlier(gain: float, outlier: float, target: Filter) -> float:
    """The outlier that goes with a small gain `a b` while exact gradients escape from `a b = 0` at `outlier`.

        outlier - gain F'(c) / (2 |F(c)|)        for an exponential: outlier + gain / (2 (c + c*))

    Raises NeurosimError unless the outlier is below 1 and the target asks for some gain there.
    """
    c = forgetting(outlier)
    wanted, slope = float(target.laplace(c)), float(target.laplace(c, order=1))
    if not wanted:
        raise NeurosimError(f"the target's Laplace transform at {c:.4g} is 0; nothing escapes there")
    return outlier - gain * slope / (2.0 * abs(wanted))
