"""What a standalone program of Brian2 has written about a job: files of numbers, one for each variable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.brian.build import Model, Place
from neurosim.brian.runtime import losses
from neurosim.engine import LIMIT, Job, Outcome


@dataclass(frozen=True, eq=False)
class Written:
    """The files in a folder. recorded: monitors, by place. device: what knows the names of files."""

    model: Model
    recorded: Mapping[Place, Any]
    device: Any
    folder: Path

    def outcome(self, job: Job, record: tuple[str, ...]) -> Outcome:
        """What became of the job."""
        program = self.model.program
        count, steps, _ = job.trials.inputs.shape
        records = {}
        for name in ("y", *record):
            seen = self._seen(name)
            kept = np.full((count * steps, *program.shape(name)), np.nan)
            kept[: len(seen)] = seen
            records[name] = kept.reshape(count, steps, *program.shape(name))
        last = len(self._seen("y")) - 1
        missed = np.abs(flat(job.trials.targets)[last] - flat(records["y"])[last])
        diverged = None if (missed <= LIMIT).all() else divmod(last, steps)
        weights = {name: self._last(name) for name in program.weights}
        found = losses(job, records["y"], diverged)
        return Outcome(weights, found, diverged, {name: records[name] for name in record})

    def _seen(self, name: str) -> np.ndarray:
        """A quantity at each step that there was, [step, ...]."""
        monitor, names = self.recorded[self.model.place(name)], self.model.names
        slots = names.slots(name)
        shape = self.model.program.shape(name)[0 if slots == (None,) else 1 :]
        each = [self._file(monitor.variables[names.variables[name, slot]]).reshape(-1, *shape) for slot in slots]
        return each[0] if slots == (None,) else np.stack(each, axis=1)

    def _last(self, name: str) -> np.ndarray:
        """Weights at the end."""
        variable = self.model.objects[self.model.place(name)].variables[self.model.names.variables[name, None]]
        return self._file(variable).reshape(self.model.program.shape(name))

    def _file(self, variable: Any) -> np.ndarray:
        return np.fromfile(self.folder / self.device.get_array_filename(variable), variable.dtype)


def flat(values: np.ndarray) -> np.ndarray:
    """By step of all trials, whichever it is of."""
    return values.reshape(-1, values.shape[-1])
