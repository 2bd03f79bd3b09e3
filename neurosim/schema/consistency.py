"""Figures that are right one by one and cannot be so together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neurosim.schema.values import shown

ORDERED = (
    ("weight.min", "weight.max"),
    ("weight.exp_min", "weight.exp_max"),
    ("update.lr_exp_min", "update.lr_exp_max"),
    ("update.acc_frac_bits", "update.acc_bits"),
    ("update.period_min_steps", "update.period_max_steps"),
    ("state.decay_frac_bits", "state.decay_coef_bits"),
    ("state.decay_coef_min", "state.decay_coef_max"),
    ("device.w_min", "device.w_max"),
    ("device.drift_nu_mean_min", "device.drift_nu_mean_max"),
)
"""Pairs of figures, of which the first is never above the second. (A point may lie outside its bits.)"""


def disagreeing(values: Mapping[str, Any]) -> list[str]:
    """Figures that are right one by one and cannot be so together."""
    said = [
        f"{first} is {shown(values[first])}, above {second}, {shown(values[second])}; it must not be"
        for first, second in ORDERED
        if _is_number(values.get(first)) and _is_number(values.get(second)) and values[first] > values[second]
    ]
    return said + _unheld(values)


def _unheld(values: Mapping[str, Any]) -> list[str]:
    """Codes that a width does not hold."""
    said = []
    bits, frac_bits, signed = (values.get(f"weight.{key}") for key in ("bits", "frac_bits", "signed"))
    if bits and isinstance(frac_bits, int) and isinstance(signed, bool):
        low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
        for key in ("weight.min", "weight.max"):
            if _is_number(values.get(key)) and not low <= values[key] <= high:
                said.append(f"{key} is {shown(values[key])}; {bits} bits hold {low} to {high}")
    below, acc_bits = values.get("update.acc_frac_bits"), values.get("update.acc_bits")
    if bits and isinstance(below, int) and isinstance(acc_bits, int) and bits + below > acc_bits:
        said.append(f"update.acc_bits is {acc_bits}; it must hold weight.bits and acc_frac_bits, {bits + below}")
    return said


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)
