"""Golden vectors: a run as the codes that a chip would hold, so that RTL or firmware can be checked bit for bit.

A trial of a task on the reference engine: the initial weights, what arrives, the random words, and every stored
quantity after every step, as `golden.npz` and as `$readmemh` files, with a manifest that says what they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from jaxtyping import Int

from neurosim import catalog
from neurosim.atomic import write_whole
from neurosim.draws import LASTING, NORMAL, paired_word, rows_and_columns, stream_key, word
from neurosim.engine import Job, received, start
from neurosim.errors import NeurosimError
from neurosim.experiment import Experiment, learning, untrained
from neurosim.network import INPUTS
from neurosim.precision import Format
from neurosim.program import Program
from neurosim.storing import SHARED, needs
from neurosim.task import Trials

REFERENCE = "numpy"
WORD_BITS = 64
"""Of a random word from which a normal number is made: see `draws.normal`."""


@dataclass(frozen=True, eq=False)
class Golden:
    """One run in codes.

    initial: weights before it. inputs: what arrives at each step. stored: each quantity after each step, [step, ...].
    words: the random words of each step by quantity and use, as `storing` names them.
    """

    experiment: Experiment
    program: Program
    initial: Mapping[str, Int[np.ndarray, "..."]]
    inputs: Mapping[str, Int[np.ndarray, "step ..."]]
    stored: Mapping[str, Int[np.ndarray, "step ..."]]
    words: Mapping[str, np.ndarray]


def golden(experiment: Experiment, steps: int) -> Golden:
    """The first `steps` steps of an experiment's first trial, as codes.

    Raises `NeurosimError` if its profile does not compute in fixed point, or the trial is shorter than that.
    """
    if not catalog.profile(experiment.profile).arithmetic.fixed:
        raise NeurosimError(
            f"profile {experiment.profile!r} computes in floating point, which has no codes; choose another"
        )
    task = catalog.task(experiment.task)
    program = learning(experiment, untrained(experiment, task))
    trials = task.trials(1, experiment.seed)
    if not 1 <= steps <= trials.inputs.shape[1]:
        raise NeurosimError(f"{steps} steps; a trial of {experiment.task} has {trials.inputs.shape[1]}")
    trials = Trials(trials.inputs[:, :steps], trials.targets[:, :steps], trials.mask[:steps])
    written = sorted(_written(program))
    job = Job(trials, seed=experiment.seed)
    (outcome,) = catalog.engine(REFERENCE).run(program, [job], written)
    if outcome.diverged:
        raise NeurosimError(f"it diverges at step {outcome.diverged[1]}; choose a smaller learning rate")
    heard = received(program, trials)
    arrays = {"x": heard.inputs[0], "target": heard.targets[0]}
    weights, _ = start(program, job)
    return Golden(
        experiment=experiment,
        program=program,
        initial={name: _codes(value, program.quantities[name].format) for name, value in weights.items()},
        inputs={name: _codes(arrays[name], program.quantities[name].format) for name in INPUTS},
        stored={name: _codes(outcome.records[name][0], program.quantities[name].format) for name in written},
        words=_words(program, experiment.seed, steps),
    )


def _written(program: Program) -> set[str]:
    return {statement.target.name for block in program.blocks for statement in block.statements}


def _codes(values: np.ndarray, format: Format) -> Int[np.ndarray, "..."]:
    codes = values / format.lsb
    assert (codes == np.rint(codes)).all(), format
    return codes.astype(np.int64)


def _words(program: Program, seed: int, steps: int) -> dict[str, np.ndarray]:
    """The random words of each quantity at each step, `NAME.u` and so on: of those for `u`, the bits that are used."""
    found = {}
    for name in sorted(_written(program)):
        quantity = program.quantities[name]
        shape = program.shape(name)[: SHARED[quantity.format.share]]
        elements = np.arange(int(np.prod(shape)), dtype=np.uint64).reshape(shape)
        key, paired = stream_key(seed, name), rows_and_columns(program.shape(name))
        for use in sorted({*needs(quantity.format)} - {"was"}):
            times = [LASTING] if use == "d" else range(steps)
            if quantity.format.share == "pair":
                words = np.array([paired_word(key, step, *paired) for step in times])
            else:
                words = np.array([word(key if use == "u" else key ^ NORMAL, step, elements) for step in times])
            found[f"{name}.{use}"] = words >> np.uint64(64 - quantity.format.random_bits) if use == "u" else words
    return found


# --- files ---------------------------------------------------------------------------------------------------------


def write(golden: Golden, folder: Path) -> list[Path]:
    """Writes `golden.npz`, one `.hex` file per array and `manifest.json`; gives their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {
        **{f"initial.{name}": array for name, array in golden.initial.items()},
        **{f"input.{name}": array for name, array in golden.inputs.items()},
        **{f"stored.{name}": array for name, array in golden.stored.items()},
        **{f"random.{name}": array for name, array in golden.words.items()},
    }
    written = [folder / "golden.npz"]
    named: dict[str, Any] = dict(arrays)
    write_whole(written[0], lambda file: np.savez_compressed(file, **named))
    texts = {
        f"{name}.hex": "\n".join(_hexadecimal(array, _bits(golden.program, name))) for name, array in arrays.items()
    }
    texts["manifest.json"] = json.dumps(manifest(golden, arrays), indent=1)
    for name, text in texts.items():
        written.append(folder / name)
        write_whole(written[-1], partial(_fill, text=text + "\n"))
    return written


def _fill(file: BinaryIO, text: str) -> None:
    file.write(text.encode())


def _bits(program: Program, name: str) -> int:
    """The width of an array's codes or words."""
    what, _, rest = name.partition(".")
    if what != "random":
        return program.quantities[rest].format.bits
    quantity, _, use = rest.rpartition(".")
    return program.quantities[quantity].format.random_bits if use == "u" else WORD_BITS


def _hexadecimal(array: np.ndarray, bits: int) -> Iterable[str]:
    """A line for each number, in two's complement, last index fastest."""
    digits, mask = -(-bits // 4), (1 << bits) - 1
    return (f"{int(each) & mask:0{digits}x}" for each in array.ravel())


def manifest(golden: Golden, arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """What the files are: the statements in order, the format of each quantity, the constants as codes."""
    from neurosim import __version__

    program = golden.program
    return {
        "neurosim": __version__,
        "experiment": asdict(golden.experiment),
        "order": [
            {"when": block.when, "every": block.period, "statements": list(map(str, block.statements))}
            for block in program.blocks
        ],
        "sizes": dict(program.sizes),
        "constants": {name: _constant(value) for name, value in sorted(_constants(program).items())},
        "quantities": {name: _quantity(program, name) for name in sorted(program.quantities)},
        "files": {f"{name}.hex": {"shape": list(a.shape), "bits": _bits(program, name)} for name, a in arrays.items()},
    }


def _constants(program: Program) -> Mapping[str, float]:
    return {name: program.arithmetic.coefficient(name, value) for name, value in program.constants.items()}


def _constant(value: float) -> dict[str, Any]:
    """A constant as a whole code times a power of two."""
    numerator, denominator = float(value).as_integer_ratio()
    return {"value": value, "code": numerator, "frac_bits": denominator.bit_length() - 1}


def _quantity(program: Program, name: str) -> dict[str, Any]:
    quantity = program.quantities[name]
    low, high = map(int, quantity.format.ends)
    return {
        "kind": quantity.kind,
        "home": quantity.home,
        "shape": list(program.shape(name)),
        "format": str(quantity.format),
        **asdict(quantity.format),
        "low": low,
        "high": high,
    }
