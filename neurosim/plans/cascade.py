"""Trials with weights at rest: powers of W_rec once, and inputs and errors through leaky filters.

    r[t]     = sum(k, W_rec^k W_in c_k[t])             c_k = (1 - alpha) c_k + alpha c_(k-1), both of t - 1
    delta[t] = sum(l, (W_rec^T)^l W_out^T d_l[t])      the same, back in time, from errors

so the slope of the loss is `alpha V (sum(t, d[t] c[t-1]^T)) U^T`, U and V being the powers side by side. Filters know
nothing of neurons: of a trial only they depend, and few powers have a part in it (`krylov`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from jaxtyping import Float

from neurosim import notation
from neurosim.engine import LIMIT, Job, Outcome, received
from neurosim.expansion import expand
from neurosim.network import EQUATIONS, PLASTIC
from neurosim.notation import Binary, Block, Read, Statement
from neurosim.plans import estimate, krylov
from neurosim.plans.choice import Kernel, Record, Work
from neurosim.plans.native import native
from neurosim.program import Program
from neurosim.reversal import adjoint
from neurosim.rule import Rule

ERROR = 1e-12
GROWTH = 30.0
"""How much larger than the inputs the parts of all powers may be together: what of it cancels is lost in rounding."""


class Exact(Rule):
    """The sweep back that the plan is for, from the readout or, as feedback alignment has it, from `B`."""

    feedback: str = "W_out[o, j]"

    @property
    def equations(self) -> str:
        return f"""
          backward:
            delta[j]     = (1 - alpha) * before(delta[j]) + alpha * sum(i, W_rec[i, j] * before(delta[i]))
                         + sum(o, {self.feedback} * error[o])
            slope[i, j]  = slope[i, j] + alpha * delta[i] * pre[j]
          end of trial:
            weight[i, j] = weight[i, j] + lr * slope[i, j]
        """

    readout = """
      backward:
        slope_out[o, j] = slope_out[o, j] + error[o] * r[j]
      end of trial:
        W_out[o, j]     = W_out[o, j] + lr * slope_out[o, j]
    """


@dataclass(frozen=True)
class Sweep:
    """What a program does once a trial is over. feedback: the weights by which errors reach the neurons.

    changes: the slope that each of the program's weights follows, and the constant that it is multiplied by, if any.
    """

    feedback: str
    changes: Mapping[str, tuple[str, str | None]]

    @property
    def rests(self) -> bool:
        """Whether what acts stays as it is from trial to trial."""
        return all(name.startswith("update_") for name in self.changes)


def unfit(program: Program, record: Record) -> str | None:
    """It takes a program whose weights rest in a trial, with the exact sweep back or none, and records of outputs."""
    if large := set(record) - {"y", "error"}:
        return f"{min(large)} is to be recorded, and is not formed"
    if _statements(program.step) != _statements(notation.parse(EQUATIONS)):
        return "more than the network's own equations runs at each step"
    return None if _sweep(program) else "what is done after a trial is not the sweep back that this is for"


def dear(work: Work) -> str | None:
    """It pays for long trials, many at the same weights, or large networks."""
    sweep = _sweep(work.program)
    assert sweep
    sizes, steps = work.program.sizes, work.steps
    n, n_in, n_out = sizes["neuron"], sizes["input"], sizes["output"]
    chances = krylov.passing(work.constants["alpha"], steps)
    depths = [krylov.depth(W, start, chances) for W, start in _starts(work.weights, sweep)]
    inputs, errors = depths[0] * n_in, (depths[1] * n_out if len(depths) > 1 else 0)
    powers = n * n * (inputs + errors) * (estimate.COLUMN + estimate.PRODUCT) + 2 * estimate.CALL * sum(depths)
    trial = 16 * estimate.CALL + steps * (inputs + errors + estimate.PRODUCT * inputs * (errors + n_out))
    cost = work.trials * trial + powers * (1 if sweep.rests else work.trials)
    return estimate.dear(cost, work.trials * estimate.trial(work.program, steps))


def run(program: Program, job: Job, record: Record, kernel: Kernel) -> Outcome | None:
    """Trial by trial, all at once where weights rest; none if it diverged or the powers grow too large."""
    sweep, work, heard = _sweep(program), Work.of(program, job), received(program, job.trials)
    assert sweep
    weights, losses = dict(work.weights), np.zeros(work.trials)
    records = {name: np.empty((*heard.targets.shape[:2], program.sizes["output"])) for name in record}
    filters, slopes = Filters.of(work, weights, sweep), None
    for trial in range(work.trials):
        if filters is None:
            return None
        inputs = filters.inputs(heard.inputs[trial])
        y = inputs @ filters.outputs
        miss = job.trials.targets[trial] - y
        if not (np.abs(miss) <= LIMIT).all():
            return None
        losses[trial] = 0.5 * float(job.trials.mask @ (miss * miss).sum(axis=1))
        error = heard.mask[:, None] * (heard.targets[trial] - y)
        for name, values in (("y", y), ("error", error)):
            if name in records:
                records[name][trial] = values
        if sweep.changes:
            met = filters.met(heard.inputs[trial], inputs, error)
            slopes = met if slopes is None else {name: slopes[name] + value for name, value in met.items()}
        if sweep.changes and not sweep.rests:
            _change(weights, sweep, filters.slopes(slopes or {}), work.constants)
            filters, slopes = Filters.of(work, weights, sweep), None
    if slopes and filters:
        _change(weights, sweep, filters.slopes(slopes), work.constants)
    return Outcome(weights, losses, None, records)


@dataclass(frozen=True)
class Filters:
    """The powers of W_rec of one set of weights: forwards from the inputs, and back from the errors."""

    alpha: float
    U: Float[np.ndarray, "n inputs"]
    V: Float[np.ndarray, "n errors"]
    outputs: Float[np.ndarray, "inputs output"]

    @classmethod
    def of(cls, work: Work, weights: Mapping[str, np.ndarray], sweep: Sweep) -> Filters | None:
        """Those with a part in a trial; none if they grow too large."""
        chances = krylov.passing(work.constants["alpha"], work.steps)
        sides = [_side_by_side(W, start, chances) for W, start in _starts(weights, sweep)]
        U, V = sides[0], sides[1] if len(sides) > 1 else np.zeros((len(weights["W_rec"]), 0))
        if U is None or V is None:
            return None
        return cls(work.constants["alpha"], U, V, U.T @ weights["W_out"].T)

    def inputs(self, x: Float[np.ndarray, "time input"]) -> Float[np.ndarray, "time inputs"]:
        """The inputs through the filters: rates, by powers."""
        return self._filtered(x, self.alpha, self.U.shape[1])

    def met(self, x: np.ndarray, inputs: np.ndarray, error: np.ndarray) -> dict[str, np.ndarray]:
        """What errors meet in a trial, by the slopes that it is for."""
        back = self._filtered(np.ascontiguousarray(error[::-1]), 1.0, self.V.shape[1])[::-1]
        return {"rec": back[1:].T @ inputs[:-1], "in": back.T @ x, "out": error.T @ inputs}

    def slopes(self, met: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The slopes by neuron."""
        back = self.alpha * self.V
        return {"rec": (back @ met["rec"]) @ self.U.T, "in": back @ met["in"], "out": met["out"] @ self.U.T}

    def _filtered(self, signal: np.ndarray, gain: float, size: int) -> np.ndarray:
        found = np.zeros((len(signal), size))
        if size:
            native(filtered)(signal, self.alpha, gain, found)
        return found


def filtered(signal: np.ndarray, alpha: float, gain: float, found: np.ndarray) -> None:
    """A signal through a row of leaky filters, each fed by the one before, one row for each channel.

    signal: [time, channel]. found: [time, filter x channel], all zero before.
    """
    steps, channels = signal.shape
    for t in range(steps):
        for channel in range(channels):
            found[t, channel] = gain * signal[t, channel]
        if t > 0:
            for each in range(channels):
                found[t, each] += (1.0 - alpha) * found[t - 1, each]
            for each in range(channels, found.shape[1]):
                found[t, each] = (1.0 - alpha) * found[t - 1, each] + alpha * found[t - 1, each - channels]


def _starts(weights: Mapping[str, np.ndarray], sweep: Sweep) -> list[tuple[np.ndarray, np.ndarray]]:
    """The matrix whose powers are taken and what they are applied to: forwards and, if there is any learning, back."""
    W, feedback = weights["W_rec"], weights[sweep.feedback]
    back = (W.T, feedback.T if sweep.feedback == "W_out" else feedback)
    return [(W, weights["W_in"]), *([back] if sweep.changes else [])]


def _side_by_side(
    W: Float[np.ndarray, "n n"], start: Float[np.ndarray, "n source"], chances: Float[np.ndarray, " power"]
) -> Float[np.ndarray, "n all"] | None:
    """The powers with a part in a trial; none if their parts together are too large."""
    norm, growth, found = float(np.linalg.norm(start)), 0.0, list[np.ndarray]()
    for chance, block in zip(chances, krylov.powers(W, start, len(chances)), strict=True):
        part = float(chance * np.linalg.norm(block))
        if part <= krylov.NEGLIGIBLE * norm and found:
            break
        found.append(block)
        growth += part
        if not growth <= GROWTH * norm:
            return None
    return np.hstack(found)


def _change(
    weights: dict[str, np.ndarray], sweep: Sweep, slopes: Mapping[str, np.ndarray], constants: Mapping[str, float]
) -> None:
    for name, (slope, rate) in sweep.changes.items():
        weights[name] = weights[name] + (constants[rate] if rate else 1.0) * slopes[slope]


@lru_cache(maxsize=64)
def _sweep(program: Program) -> Sweep | None:
    """What a program does after a trial, if it is nothing or the sweep back of BPTT, as written or as derived."""
    if not program.backward and not program.end:
        return Sweep("W_out", {})
    derived = adjoint(program)
    for each, update in ((derived, ""), (derived.held(), "update_")):
        if (program.backward, program.end) == (each.backward, each.end):
            return Sweep("W_out", {f"{update}W_{name}": (name, None) for name in PLASTIC})
    return _as_written(program, "W_out[o, j]") or _as_written(program, "B[j, o]")


def _as_written(program: Program, feedback: str) -> Sweep | None:
    backward, end = _exact(feedback)
    changes = [end.get(statement, "") for statement in _statements(program.end)]
    if not set(_statements(program.backward)) <= backward or "" in changes:
        return None
    plastic = {name: name.removeprefix("update_").removeprefix("W_") for name in changes}
    return Sweep(feedback.partition("[")[0], {name: (each, f"lr_{each}") for name, each in plastic.items()})


@cache
def _exact(feedback: str) -> tuple[frozenset[Statement], dict[Statement, str]]:
    """The statements of the sweep back, and those after it with what they change: weights, or sums of updates."""
    blocks = expand(Exact(feedback))
    changes = {}
    for statement in _statements(tuple(block for block in blocks if block.when == "end")):
        assert isinstance(statement.value, Binary)
        update = Read(f"update_{statement.target.name}", statement.target.indices)
        changes[statement] = statement.target.name
        changes[Statement(update, Binary("+", update, statement.value.right))] = update.name
    return frozenset(_statements(tuple(block for block in blocks if block.when == "backward"))), changes


def _statements(blocks: tuple[Block, ...]) -> tuple[Statement, ...]:
    return tuple(statement for block in blocks for statement in block.statements)
