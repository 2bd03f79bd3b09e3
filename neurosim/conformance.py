"""Whether engines agree: every rule in every engine and format, step by step beside the reference.

Floating point must agree to its tolerance at every step, fixed point to the last bit, stochastic rounding included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from neurosim import catalog
from neurosim.adaptation import adapt
from neurosim.arithmetic import COEFFICIENT_BITS, FLOATING, RATE_BITS, SINGLE, Arithmetic
from neurosim.engine import Job, Outcome
from neurosim.errors import NeurosimError
from neurosim.network import Network
from neurosim.precision import KINDS, Format
from neurosim.program import Program, compile
from neurosim.seeding import stream
from neurosim.task import Trials

REFERENCE = "numpy"
TOLERANCES = {"float64": 1e-12, "float32": 3e-6}
"""By number format; of the others every bit must agree."""

RECORD = ("r", "y", "W_rec", "W_in", "W_out")
TRIALS, STEPS, N, N_IN, N_OUT = 3, 12, 6, 2, 3


def _mixed(rounding: str) -> Mapping[str, Format]:
    """Formats as a chip might mix them: coarse weights, wider states, an accumulator that wraps."""
    formats = dict.fromkeys(KINDS, Format(16, 8, rounding=rounding))
    return formats | {
        "weight": Format(8, 6, rounding=rounding),
        "accumulator": Format(24, 12, rounding=rounding, overflow="wrap"),
    }


FORMATS = {
    "float64": FLOATING,
    "float32": SINGLE,
    "nearest": Arithmetic(_mixed("nearest_even"), coefficient_bits=COEFFICIENT_BITS, rate_bits=RATE_BITS),
    "stochastic": Arithmetic(_mixed("stochastic"), coefficient_bits=COEFFICIENT_BITS, rate_bits=RATE_BITS),
}


@dataclass(frozen=True)
class Case:
    """One rule in one engine and format: the largest deviation from the reference, and where it is.

    deviation: of any rate, output or weight at any step; NaN if the format or the engine refuses the rule, `where`
    then says why.
    """

    rule: str
    engine: str
    format: str
    deviation: float
    where: str

    @property
    def refused(self) -> bool:
        """Whether the format or the engine said that it cannot run this."""
        return bool(np.isnan(self.deviation))

    @property
    def passed(self) -> bool:
        """Whether the engine computed what the reference does."""
        return self.deviation <= TOLERANCES.get(self.format, 0.0)


def examine(rule: str, engine: str, format: str) -> Case:
    """Run a rule on a small network and compare every step with the reference."""
    try:
        program = example(rule, format)
    except NeurosimError as error:
        return Case(rule, engine, format, np.nan, f"refused: {error}")
    job = Job(_trials(), seed=5)
    (expected,) = catalog.engine(REFERENCE).run(program, [job], RECORD)
    try:
        (found,) = catalog.engine(engine).run(program, [job], RECORD)
    except NeurosimError as error:
        return Case(rule, engine, format, np.nan, str(error))
    deviation, where = _largest(found, expected)
    return Case(rule, engine, format, deviation, where)


def example(rule: str, format: str) -> Program:
    """The program that is examined: a small network that learns in one of the `FORMATS`."""
    network = Network.random(N, N_IN, N_OUT, alpha=0.3, gain=0.9, seed=0)
    return adapt(compile(network, catalog.rule(rule), lr=0.05), FORMATS[format])


def _trials() -> Trials:
    draw = stream(0, "conformance")
    shape = TRIALS, STEPS
    return Trials(draw.normal(size=(*shape, N_IN)), draw.normal(size=(*shape, N_OUT)), draw.uniform(size=STEPS))


def _largest(found: Outcome, expected: Outcome) -> tuple[float, str]:
    worst = 0.0, "nowhere"
    for name in RECORD:
        apart = np.abs(found.records[name] - expected.records[name])
        apart = np.where(np.isnan(apart), np.inf, apart)
        trial, step, *_ = np.unravel_index(int(apart.argmax()), apart.shape)
        worst = max(worst, (float(apart.max()), f"{name}, trial {trial}, step {step}"), key=lambda pair: pair[0])
    for name, value in expected.weights.items():
        apart = np.abs(found.weights[name] - value)
        worst = max(
            worst, (float(np.nan_to_num(apart, nan=np.inf).max()), f"{name} at the end"), key=lambda pair: pair[0]
        )
    return worst
