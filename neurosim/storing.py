"""What storing does to a number: written once, as assignments that are valid in Python, Numba and C alike.

In them `x` is the value and `was` what stood there, both in codes (multiples of the format's LSB), `u` is uniform in
[0, 1), `g` and `d` have mean 0 and variance 1, `d` the same at every step. `code` is what is kept. A comparison is 1
or 0. Roundings, of the bits below the last one that is kept:

    floor          the code below                       nearest_even   the nearest code, ties to the even one
    toward_zero    the code nearer to zero              nearest_up     the nearest code, ties upwards
    stochastic     the code above with a probability equal to the fraction dropped, and else the one below
    stochastic_magnitude   the same of the size, the sign kept (nengo-loihi)
    stochastic_guarded     the same, but what is below one code stays there (ReckOn's traces)
    unit_step      one code towards the value, with a probability equal to the distance (ReckOn's weights)
    pulse          pulses of a device, as many as the change asks for, the last with a probability
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float

from neurosim.precision import DRAW_BITS, Device, Format, loading

CODES = {
    "floor": "floor(x)",
    "toward_zero": "trunc(x)",
    "nearest_even": "rint(x)",
    "nearest_up": "floor(x + 0.5)",
    "stochastic": "floor(x + u)",
    "stochastic_magnitude": "trunc(x) + (x > trunc(x) + u) * 1.0 - (x < trunc(x) - u) * 1.0",
    "stochastic_guarded": "floor(x) + (x - floor(x) >= u) * (floor(x) != 0.0)",
    "unit_step": "was + (x > was) * (x - was >= u) - 1.0 * (x < was) * (was - x >= u)",
}

ARGUMENTS = ("was", "u", "g", "d")
"""What a formula may need beside the value, in the order in which it is passed."""

SHARED: dict[str, int | None] = {"element": None, "pair": None, "vector": 1, "update": 0}
"""How many of the indices of an element decide its draw."""

NUMPY: dict[str, Any] = {
    "floor": np.floor,
    "trunc": np.trunc,
    "rint": np.rint,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "min": np.minimum,
    "max": np.maximum,
}


@cache
def formula(format: Format) -> tuple[str, ...]:
    """The assignments that lead from `x` to `code`."""
    low, high = format.ends
    lines = []
    if format.random_bits < DRAW_BITS:
        lines.append(f"u = floor(u * {2.0**format.random_bits!r}) * {2.0**-format.random_bits!r}")
    if format.noise:
        lines.append(f"x = x + {format.noise!r} * g")
    if format.change:
        size, finest = 2.0 ** (format.change.bits - 1), 2.0**format.change.frac_bits
        lines.append(f"m = min(max(floor((x - was) * {finest!r}), {-size!r}), {size - 1.0!r})")
        lines.append(f"x = was + m * {1.0 / finest!r}")
    lines += _pulsed(format.device, format.lsb) if format.device else [f"code = {CODES[format.rounding]}"]
    if format.threshold:
        lines.append(f"code = code * (abs(code) >= {float(format.threshold)!r})")
    if format.overflow == "saturate":
        return (*lines, f"code = min(max(code, {low!r}), {high!r})")
    span = high - low + 1.0
    return (*lines, f"code = code - {span!r} * floor((code - {low!r}) / {span!r})")


def _pulsed(device: Device, lsb: float) -> list[str]:
    """Pulses upwards or downwards, each with the effect that the device's weight, its make and chance give it."""
    up, down = (_polynomial(each, f"(was * {lsb!r})") for each in (device.up, device.down))
    return [
        f"n = min(max(floor((x - was) / {device.step!r} + u), {-float(device.pulses)!r}), {float(device.pulses)!r})",
        f"s = max(0.0, (n > 0.0) * ({up}) + (n < 0.0) * ({down})) * max(0.0, 1.0 + {device.between!r} * d)",
        f"code = rint(was + s * {device.step!r} * (n + {device.spread!r} * sqrt(abs(n)) * g))",
    ]


def _polynomial(coefficients: tuple[float, ...], variable: str) -> str:
    text = repr(coefficients[-1])
    for each in reversed(coefficients[:-1]):
        text = f"{each!r} + {variable} * ({text})"
    return text


@cache
def needs(format: Format) -> tuple[str, ...]:
    """Those of `ARGUMENTS` that storing in a format depends on."""
    words = set("".join(c if c.isalnum() else " " for c in " ".join(formula(format))).split())
    return tuple(name for name in ARGUMENTS if name in words) if not format.exact else ()


def store_name(format: Format) -> str:
    """What the function that stores in a format is called, in languages that need one."""
    return f"store_{zlib.crc32(repr(format).encode()):08x}"


def store(
    format: Format,
    values: Float[np.ndarray, "..."],
    was: Float[np.ndarray, "..."] | float = 0.0,
    u: Float[np.ndarray, "..."] | float = 0.5,
    g: Float[np.ndarray, "..."] | float = 0.0,
    d: Float[np.ndarray, "..."] | float = 0.0,
) -> Float[np.ndarray, "..."]:
    """The values as a format keeps them. was: what they replace, stored values too; u, g, d: the draws."""
    if format.exact:
        return values
    kept = _compiled(format)(values / format.lsb, was / format.lsb, u, g, d)
    return np.asarray(kept * format.lsb)


@cache
def _compiled(format: Format) -> Callable[..., Any]:
    """The formula as a function of arrays. Its text is made here, of numbers only."""
    body = "\n    ".join([*formula(format), "return code"])
    names = dict(NUMPY)
    exec(f"def stored(x, was, u, g, d):\n    {body}\n", names)
    function: Callable[..., Any] = names["stored"]
    return function


def nearest(values: Float[np.ndarray, "..."], format: Format) -> Float[np.ndarray, "..."]:
    """The values as a format holds them at best: how a chip is loaded."""
    return store(loading(format), np.asarray(values, dtype=float))
