"""Programs in float32: what is stored is, in every engine; what they are compared with is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neurosim import catalog
from neurosim.adaptation import adapt
from neurosim.arithmetic import FLOATING, SINGLE, Arithmetic
from neurosim.brian.session import brian2
from neurosim.conformance import RECORD, TOLERANCES, example
from neurosim.engine import Job
from neurosim.errors import NeurosimError
from neurosim.experiment import Experiment, learning, untrained
from neurosim.gradients import gradient
from neurosim.plans.choice import Plans
from neurosim.precision import FLOAT32, Format
from neurosim.program import Program
from neurosim.reversal import adjoint
from neurosim.task import Trials


def trials() -> Trials:
    draw = np.random.default_rng(1).normal
    return Trials(draw(size=(3, 12, 2)), draw(size=(3, 12, 3)), np.linspace(0.1, 1.0, 12))


def narrow(values: np.ndarray) -> bool:
    """Whether all are float32 numbers, and are kept as float64."""
    return values.dtype == np.float64 and bool((values.astype(np.float32) == values).all())


def apart(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.abs(found - expected).max() / np.abs(expected).max())


@pytest.mark.parametrize("engine", ["numpy", "numba", "brian2:numpy", "brian2", "nengo", "nengo:network"])
def test_what_an_engine_stores_is_a_float32(engine: str) -> None:
    single, double = example("rflo", "float32"), example("rflo", "float64")
    (exact,) = catalog.engine("numpy").run(double, [Job(trials())], RECORD)
    (found,) = catalog.engine(engine).run(single, [Job(trials())], RECORD)
    assert all(map(narrow, (*found.weights.values(), *found.records.values())))
    for name in ("W_rec", "W_in", "W_out"):
        assert 1e-8 < apart(found.weights[name], exact.weights[name]) < 2e-6
    assert 0.0 < apart(found.losses, exact.losses) < 1e-6
    assert not narrow(found.losses)


@pytest.mark.parametrize("rule", ["rflo", "bptt", "uoro"])
def test_the_reference_stores_nothing_else(rule: str) -> None:
    program = example(rule, "float32")
    (found,) = catalog.engine("numpy").run(program, [Job(trials())], sorted(program.quantities))
    assert all(map(narrow, found.records.values()))


def test_constants_and_what_is_heard_are_float32() -> None:
    assert SINGLE.coefficient("alpha", 0.1) == SINGLE.coefficient("lr_rec", 0.1) == float(np.float32(0.1)) != 0.1
    assert FLOATING.coefficient("alpha", 0.1) == 0.1
    program = example("fixed", "float32")
    (found,) = catalog.engine("numpy").run(program, [Job(trials())], ("x", "target"))
    assert (found.records["x"] == trials().inputs.astype(np.float32)).all()
    assert (found.records["target"] == trials().targets.astype(np.float32)).all()


def test_settings_of_simulators_are_put_back() -> None:
    import nengo

    program = example("rflo", "float32")
    before = brian2().prefs["core.default_float_dtype"], nengo.rc.get("precision", "bits")
    for engine in ("brian2:numpy", "nengo"):
        catalog.engine(engine).run(program, [Job(trials())])
    assert before == (brian2().prefs["core.default_float_dtype"], nengo.rc.get("precision", "bits"))


@pytest.mark.parametrize("profile", ["float32", "spinnaker2"])
def test_a_profile_in_float32_is_so_as_a_whole(profile: str) -> None:
    assert catalog.profile(profile).arithmetic == SINGLE
    experiment = Experiment("rflo", "sine", profile=profile, n=4)
    program = learning(experiment, untrained(experiment, catalog.task("sine")))
    assert program.dtype == np.float32
    assert {quantity.format for quantity in program.quantities.values()} == {FLOAT32}
    assert not Plans(program).possible
    with pytest.raises(NeurosimError, match="no limits to take apart"):
        catalog.profile(f"{profile}:only=weights")


def test_the_exact_gradient_is_that_of_float64() -> None:
    def numpy(program: Program) -> np.ndarray:
        return gradient(program, trials(), program.weights, catalog.engine("numpy"))["W_rec"]

    single, double = example("rflo", "float32"), example("rflo", "float64")
    assert adjoint(single).dtype == np.float64
    assert (numpy(single) == numpy(double)).all()


def test_float32_is_not_mixed() -> None:
    mixed = {**SINGLE.formats, "weight": Format(8, 6)}
    with pytest.raises(NeurosimError, match=r"float32 beside s8\.6.*as a whole"):
        Arithmetic(mixed)
    with pytest.raises(NeurosimError, match="float32 beside float64"):
        replace(SINGLE, formats={**SINGLE.formats, "weight": FLOATING.formats["weight"]})
    with pytest.raises(NeurosimError, match="fixed point of 8 bits in float32"):
        Format(8, 6, floating="float32")


@pytest.mark.slow
def test_a_coin_falls_as_in_float64() -> None:
    """Draws need all bits of their keys, whatever a program computes in."""
    found = [
        catalog.engine(engine).run(example("uoro", format), [Job(trials(), seed=4)])[0].weights["W_rec"]
        for engine, format in (("numpy", "float64"), ("numba", "float32"), ("brian2:numpy", "float32"))
    ]
    assert all(np.abs(each - found[0]).max() < TOLERANCES["float32"] for each in found[1:])


def test_adapting_to_float32_changes_no_equation() -> None:
    program = example("snap1", "float64")
    assert adapt(program, SINGLE).blocks == program.blocks
