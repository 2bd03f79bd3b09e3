"""Memory devices of analog arrays: the weights that they keep, and what their pulses do at each weight."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, log2
from typing import Any

import numpy as np

from neurosim.precision import Device, Format

Figures = Callable[..., Any]
"""A chip's figures by key, with what to take where nothing is known."""

DEGREE = 9
"""Of the polynomial that an exponential response is carried as: engines compute it alike, to the last bit."""

FINER = 5
"""Bits of a device's weight below its smallest pulse."""


def weight(chip: Figures) -> tuple[Format, Format | None]:
    """A device's weight on a grid much finer than its pulses; what is read of it has the noise of writing it."""
    pulse, high = chip("device.dw_min"), chip("device.w_max")
    low = -high if chip("device.unidirectional") else chip("device.w_min")
    frac_bits = ceil(-log2(pulse)) + FINER
    ends = (round(low * 2.0**frac_bits), round(high * 2.0**frac_bits))
    bits = ceil(log2(max(map(abs, ends)) + 1)) + 1
    step = round(pulse * 2.0**frac_bits)
    device = Device(
        step=float(step),
        pulses=chip("update.max_step_lsb", 0) or 31,
        spread=chip("device.dw_min_std", 0.0),
        between=chip("device.dw_min_dtod", 0.0),
        up=_response(chip, "up", low, high),
        down=_response(chip, "down", low, high),
    )
    written = Format(bits, frac_bits, rounding="pulse", limits=ends, device=device)
    if not (noise := chip("device.write_noise_std", 0.0)):
        return written, None
    return Format(bits, frac_bits, limits=ends, noise=noise * step), written


def _response(chip: Figures, way: str, low: float, high: float) -> tuple[float, ...]:
    """What a pulse up or down does at a weight, in units of `dw_min`, as a polynomial of the weight."""
    bias = chip("device.up_down", 0.0) * (1.0 if way == "up" else -1.0)
    match chip("device.model"):
        case "soft_bounds":
            found: tuple[float, ...] = (1.0, -1.0 / (high if way == "up" else low))
        case "linear_step":
            found = (1.0, -chip(f"device.gamma_{way}", 0.0) / (high if way == "up" else low))
        case "exp_step":
            weights = np.linspace(low, high, 401)
            fitted = np.polynomial.Chebyshev.fit(weights, _exponential(chip, way, weights), DEGREE)
            found = tuple(float(each) for each in fitted.convert(kind=np.polynomial.Polynomial).coef)
        case _:
            found = (1.0,)
    return tuple((1.0 + bias) * each for each in found)


def _exponential(chip: Figures, way: str, weights: np.ndarray) -> np.ndarray:
    """`max(0, 1 - A exp(+-gamma z))`, z = 2 a w / (w_max - w_min) + b, as aihwkit has it.

    Of a pair of devices that step one way only, each takes the pulses of one sign while the other is at rest.
    """
    sign = 1.0 if way == "up" else -1.0
    if chip("device.unidirectional"):
        weights, way, sign = np.maximum(sign * weights, 0.0), "up", 1.0
    span = chip("device.w_max") - chip("device.w_min")
    z = 2.0 * chip("device.a", 1.0) * weights / span + chip("device.b", 0.0)
    steps: np.ndarray = 1.0 - chip(f"device.A_{way}", 0.0) * np.exp(sign * chip(f"device.gamma_{way}", 0.0) * z)
    return np.maximum(0.0, steps)
