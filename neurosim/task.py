"""A task makes seeded trials, says how well outputs solve them, and what anyone could reach without learning."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, dataclass_transform

import numpy as np
from jaxtyping import Float

from neurosim.errors import NeurosimError
from neurosim.solution import Solution

PARTS = ("train", "tune", "test")


@dataclass(frozen=True)
class Trials:
    """What a network sees and should answer; the loss of a trial is `1/2 sum_t mask[t] sum_o (target - y)^2`."""

    inputs: Float[np.ndarray, "trial time n_in"]
    targets: Float[np.ndarray, "trial time n_out"]
    mask: Float[np.ndarray, " time"]

    def __post_init__(self) -> None:
        shapes = self.inputs.shape[:2], self.targets.shape[:2], (len(self.targets), *self.mask.shape)
        if len(set(shapes)) != 1 or self.inputs.ndim != 3 or self.targets.ndim != 3:
            raise NeurosimError(
                f"trials disagree in shape: inputs {self.inputs.shape}, targets {self.targets.shape}, mask "
                f"{self.mask.shape}; they are [trial, time, input], [trial, time, output] and [time]"
            )
        if not self.inputs.size or not self.targets.size:
            raise NeurosimError(
                f"trials of shape {self.inputs.shape} are empty; each needs a step, an input, an output"
            )
        for name in ("inputs", "targets", "mask"):
            values = np.ascontiguousarray(getattr(self, name), dtype=float)
            if not np.isfinite(values).all():
                place = ", ".join(str(int(index)) for index in np.argwhere(~np.isfinite(values))[0])
                raise NeurosimError(f"{name}[{place}] is not a finite number; trials hold finite numbers only")
            object.__setattr__(self, name, values)

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, chosen: slice) -> Trials:
        return Trials(self.inputs[chosen], self.targets[chosen], self.mask)

    def loss(self, outputs: Float[np.ndarray, "trial time n_out"]) -> Float[np.ndarray, " trial"]:
        """The loss of each trial if the network answered `outputs`."""
        return 0.5 * np.einsum("t,rto->r", self.mask, (self.targets - outputs) ** 2)


@dataclass_transform(frozen_default=True)
@dataclass(frozen=True)
class Task(ABC):
    """A source of trials. Fields are its parameters; a subclass is made a frozen dataclass as it is defined.

    `n_in`, `n_out`: numbers of inputs and outputs. `alpha`: the leak per step that suits the task, dt / tau.
    `score_name`: what `score` measures, with its unit in brackets.
    """

    alpha: ClassVar[float] = 0.1
    train_trials: ClassVar[int] = 400
    score_name: ClassVar[str] = "loss"
    higher_is_better: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True)(cls)

    @property
    @abstractmethod
    def n_in(self) -> int: ...

    @property
    @abstractmethod
    def n_out(self) -> int: ...

    @abstractmethod
    def trials(self, count: int, seed: int, part: str = "train") -> Trials:
        """`count` trials of one of the `PARTS`; the same arguments give the same trials.

        `train` is learned from, `tune` chooses learning rates and `test` gives the scores: no two share a trial.
        What all parts share, such as a teacher network, depends on the seed alone.
        """

    @property
    def files(self) -> tuple[Path, ...]:
        """Files that the trials are made from and that may change."""
        return ()

    def solution(self, seed: int) -> Solution | None:
        """The linear network that makes the targets, where inputs are white noise of variance one; else None."""
        return None

    def score(self, trials: Trials, outputs: Float[np.ndarray, "trial time n_out"]) -> float:
        """How well the outputs solve the trials, in the task's own unit; by default the mean loss."""
        return float(trials.loss(outputs).mean())

    def references(self, trials: Trials, seed: int) -> dict[str, float]:
        """Scores to read the others by: the best known solution, simple ones, and chance."""
        return {"silent network": self.score(trials, np.zeros_like(trials.targets))}
