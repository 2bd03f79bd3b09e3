"""Values of another implementation of the same theory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import numpy as np

from neurosim import theory
from neurosim.checks.check import Finding, check
from neurosim.theory import Credit, LinearSystem, ModeCredit, TargetModes
from neurosim.theory import integration as continuous
from neurosim.theory.integration import Filter, Integrator

GOLDEN: dict[str, Any] = json.loads((files("neurosim.checks") / "golden.json").read_text(encoding="utf-8"))
LOSSES = {"last": "last", "seq": "all"}


def waves(rows: int, columns: int, k: int, size: float) -> np.ndarray:
    """Matrices that need no random numbers, as the other implementation makes them."""
    i, j = np.indices((rows, columns))
    return size * np.sin(1.0 + 0.7 * i + 1.3 * j + 0.37 * k * (i + 1) * (j + 2))


@check(6, "both papers")
def values_of_another_implementation(full: bool) -> Iterator[Finding]:
    """Losses, updates, rates and paths are those of another implementation."""
    yield from _mean_updates()
    yield from _modes()
    yield from _mode_paths()
    yield from _continuous_updates()
    yield from _continuous_paths()


def _mean_updates() -> Iterator[Finding]:
    student = LinearSystem(waves(2, 4, 1, 0.6), waves(4, 4, 2, 0.25), waves(4, 3, 3, 0.5))
    teacher = LinearSystem(waves(2, 3, 4, 0.8), waves(3, 3, 5, 0.3), waves(3, 3, 6, 0.7))
    for rule, credit in _credits(student, waves(2, 4, 7, 0.5).T).items():
        for named, loss in LOSSES.items():
            mask = theory.loss_mask(loss, 10)
            update = theory.expected_update(student, teacher, credit, mask)
            found = {"L": theory.expected_loss(student, teacher, mask)}
            for letter, change in zip("AWB", (update.W_out, update.W_rec, update.W_in), strict=True):
                found[f"d{letter}_fro"] = float(np.linalg.norm(change))
            found |= {"dW00": -update.W_rec[0, 0], "dW12": -update.W_rec[1, 2]}  # the values are gradients
            found |= {"dB01": -update.W_in[0, 1], "dA11": -update.W_out[1, 1]}
            wanted = GOLDEN[f"{rule}/{named}"]
            missed = max(abs(found[name] / wanted[name] - 1.0) for name in wanted)
            yield Finding("mean updates, relative", float(missed), 1e-9, case=f"{rule}, loss {loss}")


def _credits(student: LinearSystem, B: np.ndarray) -> dict[str, Credit]:
    return {
        "bptt": theory.bptt(student),
        "tbptt1": theory.tbptt(student, k=1),
        "tbptt3": theory.tbptt(student, k=3),
        "rflo": theory.rflo(student, B, decay=0.5),
        "rflo_sym": theory.rflo(student, student.W_out.T, decay=0.5),
        "eprop": theory.eprop(student, B),
        "fa": theory.fa(student, B),
    }


def _modes() -> Iterator[Finding]:
    point = GOLDEN["mode point"]
    target, state = TargetModes(point["cs"], point["ws"]), np.array([point["a"], point["b"], point["w"]])
    feedback, decay = point["ah"], point["wh"]
    near = abs(feedback)
    credits = {
        "bptt": (ModeCredit.bptt(), ModeCredit.bptt()),
        "tbptt1": (ModeCredit.tbptt(1), ModeCredit.tbptt(1)),
        "tbptt3": (ModeCredit.tbptt(3), ModeCredit.tbptt(3)),
        "rflo": (ModeCredit.rflo(feedback, decay), ModeCredit.rflo(near, decay)),
        "rflo_sym": (ModeCredit.rflo_symmetric(decay), ModeCredit.rflo_symmetric(decay)),
        "eprop": (ModeCredit.fa(feedback), ModeCredit.fa(near)),
    }
    for rule, (credit, agreeing) in credits.items():
        missed = -theory.mode_update(state, target, credit) / np.array(GOLDEN[f"mode Delta {rule}"]) - 1.0
        yield Finding("updates of a mode, relative", float(np.abs(missed).max()), 1e-9, case=rule)
        values = np.linalg.eigvals(theory.optimum_jacobian(1.5, target, agreeing))
        yield _rates(values, GOLDEN[f"opt eig (flow) {rule} s=1.5"], rule)
    values = np.linalg.eigvals(theory.optimum_jacobian(1.5, target, ModeCredit.rflo(-0.6, decay)))
    yield _rates(values, GOLDEN["opt eig rflo s=1.5 ah=-.6"], "rflo, feedback -0.6")
    yield Finding("loss of a mode, relative", abs(float(theory.mode_loss(state, target)) / point["L"] - 1.0), 1e-9)


def _rates(found: np.ndarray, expected: Any, case: str) -> Finding:
    wanted = np.array(expected, dtype=complex)
    missed = np.abs(found[np.argsort(-found.real)] - wanted).max() / np.abs(wanted).max()
    return Finding("rates at the optimum, relative", float(missed), 1e-9, case=case)


def _mode_paths() -> Iterator[Finding]:
    credits = {
        "bptt ah=None": ModeCredit.bptt(),
        "tbptt1 ah=None": ModeCredit.tbptt(1),
        "rflo ah=0.8": ModeCredit.rflo(0.8, 0.4),
        "rflo ah=-0.8": ModeCredit.rflo(-0.8, 0.4),
    }
    start, times = np.array([[0.05], [0.03], [0.1]]), np.array([0.0, 3.0, 6.0, 9.0, 12.0])
    for named, credit in credits.items():
        path = theory.mode_learning(start, TargetModes(1.0, 0.7), credit, times)
        expected = GOLDEN[f"ODE {named} from (.05,.03,.1), c*=1,w*=.7,wh=.4: (a,b,w) at t=3,6,9,12"]
        missed = np.abs(path.states[1:, :, 0] - expected).max()
        yield Finding("paths of a mode", float(missed), 1e-7, case=named)


def _continuous_updates() -> Iterator[Finding]:
    student = Integrator(waves(3, 1, 2, 0.6).T, waves(3, 3, 3, 0.3), waves(3, 1, 1, 0.6))
    targets = {"PaperA exp": Filter.exponential(0.3), "PaperA osc": Filter.oscillation(0.2, 0.7, phase=0.4)}
    for named, target in targets.items():
        expected = _golden(named)
        loss = continuous.white_noise_loss(student, target)
        yield Finding("loss of an integrator, relative", abs(loss / expected["L"] - 1.0), 1e-9, case=named)
        update = continuous.white_noise_update(student, target, continuous.bptt(student))
        pairs = {"gu": update.W_in[:, 0], "gW": update.W_rec, "gv": update.W_out[0]}
        missed = max(float(np.abs(value + np.array(expected[name])).max()) for name, value in pairs.items())
        yield Finding("updates of an integrator", missed, 1e-9, case=named)


def _continuous_paths() -> Iterator[Finding]:
    times = np.array([0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 20.0])
    one = continuous.outlier_learning(np.array([0.1, 0.1, 0.0]), Filter.exponential(0.2), times)
    yield Finding("path of an outlier", float(np.abs(one.states[1:] - _golden("PaperA 1-mode ODE")).max()), 1e-7)
    times = np.array([0.0, 2.0, 4.0, 6.0, 10.0, 20.0, 60.0])
    start = np.array([0.35, 0.2, 1.0, 1.0, 0.0])
    pair = continuous.pair_learning(start, Filter.oscillation(0.2, 0.8), times)
    yield Finding("path of a pair", float(np.abs(pair.states[1:] - _golden("PaperA 5-var osc")).max()), 1e-7)


def _golden(begins: str) -> Any:
    (found,) = [value for name, value in GOLDEN.items() if name.startswith(begins)]
    return found
