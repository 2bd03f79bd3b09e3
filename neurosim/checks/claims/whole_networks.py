"""Networks without alignment: what is conserved, and the modes that emerge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.stats import ortho_group

from neurosim import theory
from neurosim.checks.check import Finding, check
from neurosim.reproduce.figure import Setting
from neurosim.reproduce.learning import impulses, learn, network_of, repeated
from neurosim.theory import LinearSystem, ModeBasis, ModeCredit, TargetModes

PAPER = "arXiv 2606.00243"
GAINS, MEMORIES, DECAY = np.array([2.0, 1.5, 1.1, 0.8]), np.array([0.6, 0.4, 0.7, 0.2]), 0.4
RFLO = f"rflo:decay={DECAY}"


def _learned(
    student: LinearSystem,
    B: np.ndarray,
    teacher: LinearSystem,
    V: np.ndarray,
    rule: str,
    lr: float,
    times: Sequence[float] | np.ndarray,
) -> list[LinearSystem]:
    rounds = repeated(impulses(teacher, V, 25), lr, np.asarray(times))
    found = learn([network_of(student, B)], rule, lr, rounds, Setting()).weights
    parts = (found[name][0] for name in ("W_out", "W_rec", "W_in"))
    return [LinearSystem(out, rec, into, student.alpha) for out, rec, into in zip(*parts, strict=True)]


def _drift(rule: str, lr: float) -> float:
    """The relative change of what exact gradients conserve."""
    rng = np.random.default_rng(3)
    student = LinearSystem(rng.normal(size=(2, 6)) / 3, rng.normal(size=(6, 6)) / 4, rng.normal(size=(6, 3)) / 3, 0.7)
    teacher = LinearSystem(rng.normal(size=(2, 4)), rng.normal(size=(4, 4)) / 4, rng.normal(size=(4, 3)), 0.8)
    end = _learned(student, rng.normal(size=(6, 2)), teacher, np.eye(3), rule, lr, (0.0, 5.0))[-1]
    first = theory.bptt_invariant(student)
    return float(np.linalg.norm(theory.bptt_invariant(end) - first) / np.linalg.norm(first))


@check(24, PAPER)
def invariant(full: bool) -> Iterator[Finding]:
    """BPTT conserves an invariant up to the size of steps; truncated and local rules do not."""
    far, near = _drift("bptt", 0.01), _drift("bptt", 0.005)
    yield Finding("relative drift at lr 0.005", near, 0.05)
    yield Finding("drift at twice that rate, over it", far / near, 2.1, 1.9)
    for rule in ("tbptt:k=1", "rflo"):
        yield Finding("drift over that of BPTT", _drift(rule, 0.005) / near, low=10.0, case=rule)


def _miss(rule: str, n: int, size: float, seed: int) -> float:
    """How far the two first responses of the modes are from those of theory, relative to the largest of each."""
    basis = ModeBasis(*(ortho_group.rvs(4, random_state=seed + each) for each in range(3)))
    teacher = basis.system(np.array([np.sqrt(GAINS), np.sqrt(GAINS), MEMORIES]))
    rng = np.random.default_rng(seed)
    drawn = rng.normal(size=(4, n)), 0.1 * rng.normal(size=(n, n)), rng.normal(size=(n, 4))
    student = LinearSystem(*(size * each / np.sqrt(n) for each in drawn))
    B, times = 0.8 * rng.normal(size=(n, 4)) / np.sqrt(n), np.linspace(0.0, 8.0, 21)
    if rule == RFLO:
        start, feedback = theory.emergent_feedback_modes(student, B, basis.U, basis.V)
        credit = ModeCredit.rflo(feedback, DECAY)
    else:
        start = theory.emergent_modes(student, basis.U, basis.V)
        credit = ModeCredit.bptt() if rule == "bptt" else ModeCredit.tbptt(1)
    found = [each.impulse_response(2) for each in _learned(student, B, teacher, basis.V, rule, 0.02, times)]
    responses = np.einsum("om,tkoi,im->tkm", basis.U, np.array(found), basis.V)
    a, b, w = np.moveaxis(theory.mode_learning(start, TargetModes(GAINS, MEMORIES), credit, times).states, 1, 0)
    largest = np.array([GAINS.max(), (GAINS * MEMORIES).max()])
    return float((np.abs(responses - np.stack([a * b, a * b * w], axis=1)).max(axis=(0, 2)) / largest).max())


@check(25, PAPER)
def emergent_rflo(full: bool) -> Iterator[Finding]:
    """Without alignment, RFLO learns as the modes that its feedback selects."""
    few, many = (float(np.mean([_miss(RFLO, n, 0.02, seed) for seed in (0, 10)])) for n in (8, 128))
    yield Finding("relative distance of responses, 128 neurons", many, 0.02)
    yield Finding("over that of 8 neurons", many / few, 1.0)


@check(26, PAPER)
def emergent_bptt(full: bool) -> Iterator[Finding]:
    """Without alignment, BPTT and tBPTT learn as the modes that emerge from small weights."""
    misses = {rule: np.mean([_miss(rule, 128, 0.05, seed) for seed in (0, 10)]) for rule in ("bptt", "tbptt:k=1")}
    for rule, miss in misses.items():
        yield Finding("relative distance of responses, 128 neurons", float(miss), 0.06, case=rule)
