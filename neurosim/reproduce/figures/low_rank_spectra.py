"""In how many directions weights change."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from neurosim.reproduce.figure import Curve, Figure, Panel, Setting
from neurosim.reproduce.learning import learn
from neurosim.reproduce.noise import noisy_teacher
from neurosim.theory import outside

RULES = {"BPTT": "bptt", "tBPTT(1)": "tbptt:k=1", "RFLO": "rflo:decay=0.5", "e-prop": "eprop"}
FLOOR = 1e-18
"""Where singular values of nothing are drawn."""


class LowRankSpectra(Figure):
    """What RFLO learns has no more directions than there are outputs, those of its feedback; other rules use more."""

    source = "arXiv 2606.00243, Prop. 3.1 and fig. 6"
    tolerance = 1e-10
    quick = {"networks": 4, "trials": 150, "lr": 0.02}

    networks: int = 20
    trials: int = 1000
    n: int = 16
    lr: float = 0.01

    def panels(self, setting: Setting) -> tuple[Panel, ...]:
        return tuple(panel for n_out in (1, 2) for panel in self._of_outputs(n_out, setting))

    def _of_outputs(self, n_out: int, setting: Setting) -> tuple[Panel, Panel]:
        seen = np.linspace(0, self.trials, 6).astype(int)
        spectra, shares = [], []
        for colour, (label, rule) in enumerate(RULES.items()):
            values, share = self._learned(rule, n_out, seen, setting)
            bound = None
            if label == "RFLO":
                bound = np.where(np.arange(self.n) < n_out, values, FLOOR)
            places = np.arange(1.0, self.n + 1.0)
            spectra.append(Curve(label, places, values, bound, colour))
            none = np.full(len(seen) - 1, FLOOR) if label == "RFLO" else None
            shares.append(Curve(label, seen[1:].astype(float), share, none, colour))
        outputs = f"{n_out} output{'s' if n_out > 1 else ''}"
        return (
            Panel(
                f"Change of W_rec, {outputs}",
                "place in order of size",
                "singular value / largest",
                tuple(spectra),
                "y",
                scale=1.0,
            ),
            Panel(f"Outside the feedback, {outputs}", "trials", "share of the change", tuple(shares), "y", scale=1.0),
        )

    def _learned(self, rule: str, n_out: int, seen: np.ndarray, setting: Setting) -> tuple[np.ndarray, np.ndarray]:
        """Relative singular values at the end, and the share outside the feedback's space: medians over networks.

        Over those that did not diverge: in a linear network nothing keeps a step that is too large from growing.
        """
        values, shares = [], []
        for each in range(self.networks):
            network, trials = noisy_teacher(self.n, n_out, self.trials, setting.seed + each)
            stretches = (trials[begin:end] for begin, end in pairwise(seen.tolist()))
            weights = learn([network], rule, self.lr, stretches, setting).weights["W_rec"][0]
            changes = [learned - weights[0] for learned in weights[1:]]
            if not np.isfinite(changes[-1]).all():
                continue
            space = np.linalg.qr(network.B)[0]
            found = np.linalg.svd(changes[-1], compute_uv=False)
            values.append(found / found[0])
            shares.append([outside(change, space) for change in changes])
        return np.maximum(np.median(values, axis=0), FLOOR), np.maximum(np.median(shares, axis=0), FLOOR)
