"""Passes over panels of a matrix compute what the reference does, at every size: in the panels and at their edges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neurosim import catalog
from neurosim.adaptation import adapt
from neurosim.conformance import FORMATS, RECORD, TOLERANCES
from neurosim.engine import Job
from neurosim.engines import numba, numpy
from neurosim.fusion import fused
from neurosim.kernel import kernel_source
from neurosim.network import Network
from neurosim.notation import parse
from neurosim.passes import Sweep, parts
from neurosim.placing import LINE, as_named, neurons_last, placed, turned
from neurosim.program import Program, compile
from neurosim.task import Trials


def program(rule: str, n: int, format: str = "float64") -> Program:
    network = Network.random(n, 2, 3, alpha=0.3, gain=0.9, seed=0)
    return adapt(compile(network, catalog.rule(rule), lr=0.05), FORMATS[format])


def trials(count: int = 2) -> Trials:
    draw = np.random.default_rng(0).normal
    return Trials(draw(size=(count, 9, 2)), draw(size=(count, 9, 3)), np.ones(9))


@pytest.mark.parametrize("n", [1, 3, 8, 13, 17, 23, 24])
@pytest.mark.parametrize("rule", ["rflo", "tbptt:k=3", "snap1", "bptt"])
def test_panels_and_edges_are_those_of_the_reference(rule: str, n: int) -> None:
    asked = program(rule, n)
    (expected,), (found,) = (engine.run(asked, [Job(trials())], RECORD) for engine in (numpy, numba))
    assert all(np.abs(found.records[name] - values).max() <= 1e-12 for name, values in expected.records.items())
    assert all(np.abs(found.weights[name] - values).max() <= 1e-12 for name, values in expected.weights.items())


@pytest.mark.parametrize("n", [1, 3, 8, 13, 16, 17, 24, 33, 40, 65])
@pytest.mark.parametrize("rule", ["rflo", pytest.param("bptt", marks=pytest.mark.slow)])
def test_panels_of_float32_are_those_of_the_reference(rule: str, n: int) -> None:
    asked = program(rule, n, "float32")
    (expected,), (found,) = (engine.run(asked, [Job(trials())], RECORD) for engine in (numpy, numba))
    within = TOLERANCES["float32"]
    assert all(np.abs(found.records[name] - values).max() <= within for name, values in expected.records.items())
    assert all(np.abs(found.weights[name] - values).max() <= within for name, values in expected.weights.items())


@pytest.mark.parametrize(("format", "bytes"), [("float64", 8), ("float32", 4)])
def test_a_turn_takes_a_cache_line_of_numbers(format: str, bytes: int) -> None:
    """And no number in a kernel of float32 is one of float64, which would take twice the room."""
    text = kernel_source(program("rflo", 5, format))
    assert f"for j in range(0, n_neuron // {LINE // bytes} * {LINE // bytes}, {LINE // bytes}):" in text
    assert ("float64" in text) is (format == "float64")


@pytest.mark.parametrize("n", [3, 8, 13])
def test_rounding_and_its_counts_are_those_of_the_reference(n: int) -> None:
    asked = program("rflo", n, "stochastic")
    (expected,), (found,) = (engine.run(asked, [Job(trials(), seed=3)]) for engine in (numpy, numba))
    assert all((found.weights[name] == values).all() for name, values in expected.weights.items())
    assert found.counts == expected.counts
    assert found.counts["W_rec"].lost > 0


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("rule", ["rflo", "tbptt:k=3", "snap1"])
def test_a_fused_program_means_the_same(rule: str, format: str) -> None:
    asked = program(rule, 5, format)
    (expected,), (found,) = (numpy.run(each, [Job(trials())]) for each in (asked, fused(asked)))
    assert all((found.weights[name] == values).all() for name, values in expected.weights.items())


def test_what_is_fused_and_what_cannot_be() -> None:
    step = [statement for block in fused(program("rflo", 4)).step for statement in block.statements]
    names = [statement.target.name for statement in step]
    assert names[names.index("sent") :][:3] == ["sent", "W_rec", "ahead_W_rec"]
    for rule in ("bptt", "tbptt:k=3,stride=2"):
        assert fused(program(rule, 4)) == program(rule, 4)


def test_a_vector_that_changes_between_two_steps_is_not_multiplied_ahead() -> None:
    asked = program("rflo", 4)
    (block, *rest) = asked.step
    send = asked.step[-1].statements[-1]
    early = replace(asked, step=(replace(block, statements=(send, *block.statements)), *rest))
    assert fused(early) == early


def shared(text: str) -> list[list[str]]:
    """What is written in each pass of a block."""
    (block,) = parse(text)
    found = parts(program("rflo", 5), block)
    return [[s.target.name for s in part.changes] if isinstance(part, Sweep) else [part.target.name] for part in found]


def test_statements_about_neurons_share_passes_if_those_between_do_not_mind() -> None:
    block = "trace[j] = sent[j]\nx[m] = 2 * x[m]\nr[i] = sum(m, W_in[m, i] * x[m]) + trace[i]\nsent[i] = r[i]"
    assert shared(block) == [["trace"], ["x"], ["r", "sent"]]
    assert shared(block.replace("* x[m]) +", "* target[m]) +")) == [["trace", "r", "sent"], ["x"]]


def test_what_reads_other_elements_waits_for_all() -> None:
    assert shared("r[i] = drive[i]\nteach[i] = sum(o, B[o, i] * error[o])") == [["r", "teach"]]
    assert shared("r[i] = drive[i]\ny[o] = sum(i, W_out[o, i] * r[i])\nteach[j] = y[0] * r[j]") == [
        ["r"],
        [],
        ["teach"],
    ]
    assert shared("r[i] = drive[i]\nerror[o] = r[0]\nteach[j] = r[0] * sent[j]") == [["r"], ["error"], ["teach"]]


@pytest.mark.parametrize("rule", ["rflo", "tbptt:k=3", "snap1"])
def test_a_turned_program_means_the_same(rule: str) -> None:
    asked = program(rule, 5)
    names = turned(asked)
    assert {"W_in", "B"} <= names and not names & {"W_rec", "W_out"}
    (expected,) = numpy.run(asked, [Job(trials())])
    (found,) = numpy.run(neurons_last(asked), [Job(trials(), weights=placed(asked.weights, names))])
    weights = as_named(found.weights, names)
    assert all(np.abs(weights[name] - values).max() <= 1e-12 for name, values in expected.weights.items())


@pytest.mark.parametrize("share", ["pair", pytest.param("vector", marks=pytest.mark.slow)])
def test_a_turned_matrix_draws_as_if_it_were_not(share: str) -> None:
    chip = catalog.profile(f"fixed:weight=s8.6,rounding=stochastic,share={share}").arithmetic
    network = Network.random(7, 2, 3, alpha=0.3, gain=0.9, seed=0)
    asked = adapt(compile(network, catalog.rule("rflo"), lr=0.05, plastic=("in",)), chip)
    assert "W_in" in turned(asked)
    (found,), (expected,) = (engine.run(asked, [Job(trials(), seed=2)]) for engine in (numba, numpy))
    assert all((found.weights[name] == values).all() for name, values in expected.weights.items())
    assert found.counts == expected.counts


def test_arrays_begin_on_cache_lines() -> None:
    given = {f"a{n}": np.arange(2.0 * n).reshape(n, 2) for n in range(1, 9)}
    there = placed(given, frozenset({"a3"}))
    assert all(value.ctypes.data % 64 == 0 and value.flags.c_contiguous for value in there.values())
    assert all((as_named(there, frozenset({"a3"}))[name] == values).all() for name, values in given.items())
    assert there["a3"].shape == (2, 3)
