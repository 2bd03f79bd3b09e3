"""Golden vectors: what is written can be checked by someone who has whole numbers, the manifest and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurosim.errors import NeurosimError
from neurosim.experiment import Experiment
from neurosim.golden import golden, write

STEPS = 25


def asked(profile: str, rule: str = "rflo") -> Experiment:
    return Experiment(rule, "integrate", profile=profile, n=5, lr=0.1, seed=3)


class Files:
    """The files of a folder as their manifest says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())

    def array(self, name: str) -> np.ndarray:
        about = self.manifest["files"][f"{name}.hex"]
        codes = [int(line, 16) for line in (self.folder / f"{name}.hex").read_text().split()]
        what, _, quantity = name.partition(".")
        if what != "random" and self.manifest["quantities"][quantity]["signed"]:
            codes = [code - (1 << about["bits"]) * (code >> (about["bits"] - 1)) for code in codes]
        return np.array(codes, dtype=object).reshape(about["shape"])


@pytest.mark.parametrize("profile", ["reckon", "fpga-int16", "rpu-gokmen-vlasov"])
def test_the_hexadecimal_files_hold_the_same_numbers(tmp_path: Path, profile: str) -> None:
    write(golden(asked(profile), STEPS), tmp_path)
    files, arrays = Files(tmp_path), np.load(tmp_path / "golden.npz", allow_pickle=False)
    assert set(files.manifest["files"]) == {f"{name}.hex" for name in arrays}
    for name in arrays:
        assert (files.array(name) == arrays[name].astype(object)).all(), name


def test_whole_numbers_and_the_manifest_are_enough_to_check_a_chip(tmp_path: Path) -> None:
    """RFLO on an FPGA with 16 bits, here by Python's own integers: every stored code of every step is found again."""
    write(golden(asked("fpga-int16"), STEPS), tmp_path)
    files = Files(tmp_path)
    about, constants = files.manifest["quantities"], files.manifest["constants"]
    alpha, alpha_bits = constants["alpha"]["code"], constants["alpha"]["frac_bits"]
    lr, lr_bits = constants["lr_rec"]["code"], constants["lr_rec"]["frac_bits"]
    words = {name: files.array(f"random.{name}.u") for name in ("r", "trace_rec", "W_rec", "W_in", "trace_in", "W_out")}

    def kept(name: str, value: int, frac_bits: int, step: int, *place: int) -> int:
        """The code of value * 2**-frac_bits, as the manifest says that the quantity rounds."""
        quantity = about[name]
        shift = frac_bits - quantity["frac_bits"]
        match quantity["rounding"]:
            case "stochastic":
                random_bits = quantity["random_bits"]
                word = int(words[name][(step, *place)])
                value += word << (shift - random_bits) if shift >= random_bits else word >> (random_bits - shift)
            case "nearest_even":
                half, rest = (1 << shift) >> 1, value & ((1 << shift) - 1)
                value += (1 << shift) * int(rest > half or (0 < rest == half and value >> shift & 1))
        return min(max(value >> shift, quantity["low"]), quantity["high"])

    frac = {name: quantity["frac_bits"] for name, quantity in about.items()}
    assert len({frac[name] for name in ("sent", "x", "W_rec", "W_in", "W_out", "B", "r", "trace_rec", "error")}) == 1
    f = frac["r"]
    state = {name: files.array(f"initial.{name}").copy() for name in ("W_rec", "W_in", "W_out", "B")}
    n = files.manifest["sizes"]["neuron"]
    sent, r, trace = [0] * n, [0] * n, {"trace_rec": [0] * n, "trace_in": [0]}
    leak = (1 << alpha_bits) - alpha
    for step in range(STEPS):
        x, target = int(files.array("input.x")[step, 0]), int(files.array("input.target")[step, 0])
        heard = {"trace_rec": sent, "trace_in": [x]}
        for name, pre in heard.items():
            trace[name] = [
                kept(name, leak * old + alpha * new, f + alpha_bits, step, j)
                for j, (old, new) in enumerate(zip(trace[name], pre, strict=True))
            ]
        drive = [
            kept("drive", sum(int(w) * s for w, s in zip(row, sent, strict=True)) + int(win[0]) * x, 2 * f, step, i)
            for i, (row, win) in enumerate(zip(state["W_rec"], state["W_in"], strict=True))
        ]
        r = [kept("r", leak * r[i] + alpha * drive[i], f + alpha_bits, step, i) for i in range(n)]
        y = kept("y", sum(int(state["W_out"][0, i]) * r[i] for i in range(n)), 2 * f, step, 0)
        error = kept("error", target - y, f, step, 0)
        teach = [kept("teach", int(state["B"][i, 0]) * error, 2 * f, step, i) for i in range(n)]
        for name, pre in (("W_rec", trace["trace_rec"]), ("W_in", trace["trace_in"])):
            state[name] = np.array(
                [
                    [
                        kept(name, (int(old) << (f + lr_bits)) + lr * teach[i] * pre[j], 2 * f + lr_bits, step, i, j)
                        for j, old in enumerate(row)
                    ]
                    for i, row in enumerate(state[name])
                ],
                dtype=object,
            )
        readout = [
            kept("W_out", (int(old) << (f + lr_bits)) + lr * error * r[j], 2 * f + lr_bits, step, 0, j)
            for j, old in enumerate(state["W_out"][0])
        ]
        state["W_out"] = np.array([readout], dtype=object)
        sent = [kept("sent", each, f, step) for each in r]
        for name, codes in {"r": r, "error": [error], "teach": teach, "sent": sent, **state, **trace}.items():
            if name != "B":
                assert (files.array(f"stored.{name}")[step] == np.array(codes, dtype=object)).all(), (name, step)


def test_what_cannot_be_written_is_said() -> None:
    with pytest.raises(NeurosimError, match=r"float64.*no codes"):
        golden(asked("float64"), STEPS)
    with pytest.raises(NeurosimError, match="100000 steps; a trial of integrate has"):
        golden(asked("fpga-int16"), 100000)


def test_random_words_are_those_of_every_element_though_rows_and_columns_share_them() -> None:
    found = golden(asked("fixed:weight=s8.6,rounding=stochastic,share=pair"), STEPS)
    words = found.words["W_rec.u"].astype(np.int64)
    assert words.shape == (STEPS, 5, 5)
    assert ((words[:, :1, :1] - words[:, :1, :] - words[:, :, :1] + words) % 2**32 == 0).all()
    assert len(np.unique(found.words["W_rec.u"])) == words.size
