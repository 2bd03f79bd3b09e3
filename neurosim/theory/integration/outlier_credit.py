"""What a rule makes of an old error along one direction: the credit of `credit.py`, for the outlier of `outlier.py`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurosim.theory.integration.credit import check_window


@dataclass(frozen=True)
class OutlierCredit:
    """How a rule credits an outlier with an error a time `s` old: `feedback exp(-decay s)`, while `s < window`.

    None is the student's own: its readout `a` as feedback, its rate `c` as decay; for the window, no end. The credit
    of `Credit` along the direction p. Raises NeurosimError unless the window is above 0.
    """

    feedback: float | None = None
    decay: float | None = None
    window: float | None = None

    def __post_init__(self) -> None:
        check_window(self.window)

    @classmethod
    def bptt(cls) -> OutlierCredit:
        """Back-propagation through time, the exact gradient: `a exp(-c s)`."""
        return cls()

    @classmethod
    def tbptt(cls, window: float) -> OutlierCredit:
        """Back-propagation truncated to a window of time: `a exp(-c s)` for `s < window`."""
        return cls(window=window)

    @classmethod
    def rflo(cls, feedback: float, decay: float = 1.0) -> OutlierCredit:
        """Random-feedback local online learning: `feedback exp(-decay s)`; a decay of 1 is a neuron's leak."""
        return cls(feedback, decay)

    @classmethod
    def rflo_symmetric(cls, decay: float = 1.0) -> OutlierCredit:
        """RFLO with true feedback: `a exp(-decay s)`."""
        return cls(decay=decay)

    @classmethod
    def fa(cls, feedback: float) -> OutlierCredit:
        """Feedback alignment through time: `feedback exp(-c s)`."""
        return cls(feedback)

    def sent(self, readout: float) -> float:
        """The feedback weight of an outlier with this readout."""
        return readout if self.feedback is None else self.feedback

    def lost(self, rate: float) -> float:
        """The rate at which credit decays in an outlier with this rate."""
        return rate if self.decay is None else self.decay

    def total(self, rate: complex | np.ndarray) -> complex | np.ndarray:
        """`int exp(-rate s) ds` over the window."""
        return 1.0 / rate if self.window is None else (1.0 - np.exp(-rate * self.window)) / rate

    def total_slope(self, rate: complex | np.ndarray) -> complex | np.ndarray:
        """The derivative of `total` with respect to the rate."""
        if self.window is None:
            return -1.0 / rate**2
        return (self.window * np.exp(-rate * self.window) - self.total(rate)) / rate


BPTT = OutlierCredit.bptt()
"""What is meant where no rule is said: the exact gradient."""
