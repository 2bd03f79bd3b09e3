"""A loss over all steps of a trial instead of the last."""

from __future__ import annotations

import numpy as np

from neurosim import catalog
from neurosim.engine import Job
from neurosim.reproduce.figure import Curve, Figure, Panel, Setting
from neurosim.reproduce.learning import compiled, impulses, learn, network_of, repeated
from neurosim.reproduce.modes import ModeRule, mode_rules
from neurosim.seeding import stream
from neurosim.theory import (
    Credit,
    LinearSystem,
    TargetModes,
    Update,
    bptt,
    expected_update,
    loss_mask,
    mode_learning,
    rflo,
    stationary_update,
    tbptt,
)

TARGET, START, FEEDBACK, DECAY = TargetModes(1.0, 0.7), np.array([[0.3], [0.2], [0.1]]), 0.8, 0.4
PARTS = ("W_out", "W_rec", "W_in")


class SequenceLoss(Figure):
    """Under the mean loss of T steps updates come near those of endless trials as 1 / T, and modes learn as there."""

    source = "arXiv 2606.00243, App. H"
    tolerance = 0.03
    quick = {"steps": 400, "lr": 0.01}
    floating = "updates at fixed weights are summed in floating point"

    steps: int = 1600
    lr: float = 0.0025

    def panels(self, setting: Setting) -> tuple[Panel, ...]:
        rules = mode_rules(FEEDBACK, DECAY)
        return (
            Panel(
                "Updates at fixed weights",
                "steps T of a trial",
                "distance from endless trials, relative",
                tuple(_approach(rule, setting) for rule in rules),
                "xy",
                scale="each",
            ),
            Panel(
                f"Learning with T = {self.steps}",
                "learning time",
                "memory w",
                tuple(self._learned(rule, setting) for rule in rules),
                guides={"teacher": float(TARGET.memory)},
            ),
        )

    def _learned(self, rule: ModeRule, setting: Setting) -> Curve:
        times = np.linspace(0.0, 6.0, 49)
        a, b, w = START[:, 0]
        student = network_of(LinearSystem(np.array([[a]]), np.array([[w]]), np.array([[b]])), np.array([[FEEDBACK]]))
        teacher = LinearSystem(np.eye(1), float(TARGET.memory) * np.eye(1), float(TARGET.gain) * np.eye(1))
        round = impulses(teacher, np.eye(1), self.steps, weights_of_lags(self.steps))
        course = learn([student], rule.name, self.lr, repeated(round, self.lr, times), setting)
        said = mode_learning(START, TARGET, rule.credit, times).states[:, 2, 0]
        return Curve(rule.label, times, course.weights["W_rec"][0, :, 0, 0], said, rule.colour)


def weights_of_lags(steps: int) -> np.ndarray:
    """How many of the steps, of all, have a lag in their past: `1 - k / T`, what it counts under the mean loss."""
    return 1.0 - np.arange(steps) / steps


def _approach(rule: ModeRule, setting: Setting) -> Curve:
    """How far the update is from that of endless trials: summed by an engine, and by the formula for T steps."""
    draw = stream(setting.seed, "sequence loss").normal
    student = LinearSystem(0.5 * draw(size=(2, 6)), 0.2 * draw(size=(6, 6)), 0.5 * draw(size=(6, 3)))
    teacher = LinearSystem(draw(size=(2, 2)), np.array([[0.6, 0.3], [-0.3, 0.6]]), draw(size=(2, 3)))
    B, lengths = draw(size=(6, 2)), np.array([20, 40, 80, 160, 320, 640])
    credit = {"BPTT": bptt(student), "tBPTT(1)": tbptt(student, 1), "RFLO": rflo(student, B, DECAY)}[rule.label]
    endless = stationary_update(student, teacher, credit)
    found = [_distance(_measured(rule, student, B, teacher, steps, setting), endless) for steps in lengths.tolist()]
    said = [_distance(_formula(student, teacher, credit, steps), endless) for steps in lengths.tolist()]
    return Curve(rule.label, lengths.astype(float), np.array(found), np.array(said), rule.colour)


def _measured(
    rule: ModeRule, student: LinearSystem, B: np.ndarray, teacher: LinearSystem, steps: int, setting: Setting
) -> Update:
    program = compiled(network_of(student, B), rule.name, 1.0, setting).held()
    round = impulses(teacher, np.eye(3), steps, weights_of_lags(steps))
    (outcome,) = catalog.engine("numba").run(program, [Job(round)])
    return Update(*(outcome.weights[f"update_{name}"] for name in PARTS))


def _formula(student: LinearSystem, teacher: LinearSystem, credit: Credit, steps: int) -> Update:
    return expected_update(student, teacher, credit, loss_mask("all", steps))


def _distance(update: Update, endless: Update) -> float:
    found, wanted = (np.concatenate([getattr(each, name).ravel() for name in PARTS]) for each in (update, endless))
    return float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))
