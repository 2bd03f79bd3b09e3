"""Sums of outer products that nothing reads in a trial are put off until its end; all others stay where they are."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim import catalog, notation
from neurosim.adaptation import adapt
from neurosim.conformance import FORMATS, RECORD
from neurosim.deferral import deferred, outer
from neurosim.engine import Job
from neurosim.engines import numba, numpy
from neurosim.network import Network
from neurosim.program import Program, compile
from neurosim.reversal import adjoint
from neurosim.rule import Rule
from neurosim.task import Trials

SUMMED = "slope[i, j] = slope[i, j] + delta[i] * pre[j]"
NETWORK = Network.random(11, 2, 3, alpha=0.3, gain=0.9, seed=0)


class Written(Rule):
    """A rule by its equations."""

    text: str = ""
    readout = ""

    @property
    def equations(self) -> str:
        return self.text


def program(rule: str) -> Program:
    return compile(NETWORK, catalog.rule(rule), lr=0.05)


def backward(*lines: str, change: str = "slope[i, j]") -> Program:
    """A rule that makes `slope` going back, by further lines, and changes `W_rec` at the end of a trial."""
    text = ("backward:", "delta[i] = sum(o, B[i, o] * error[o])", *(lines or (SUMMED,)))
    end = ("end of trial:", f"weight[i, j] = weight[i, j] + lr * ({change})")
    return compile(NETWORK, Written("\n".join((*text, *end))), lr=0.05, plastic=("rec",))


def trials(size: float = 1.0) -> Trials:
    draw = np.random.default_rng(0).normal
    return Trials(size * draw(size=(3, 9, 2)), draw(size=(3, 9, 3)), np.linspace(0.0, 1.0, 9))


def same(asked: Program, *record: str, given: Trials | None = None) -> None:
    """The generated kernel computes what the reference does."""
    job = Job(given or trials())
    (expected,), (found,) = numpy.run(asked, [job], record), numba.run(asked, [job], record, plan="full")
    assert found.diverged == expected.diverged
    for name, value in (expected.weights | expected.records).items():
        apart = np.abs((found.weights | found.records)[name] - value)
        assert np.nanmax(apart) <= 1e-12 * max(1.0, np.nanmax(np.abs(value))), name


def met(asked: Program, *record: str) -> dict[str, tuple[str, str]]:
    """What is put off, and the vectors that it is made of."""
    found = deferred(asked, record).meetings
    return {each.added.target.name: (str(each.left), str(each.right)) for each in found}


def test_the_slopes_of_bptt_are_products_of_what_is_kept_of_each_step() -> None:
    found = deferred(program("bptt"))
    assert met(program("bptt")) == {
        "slope_rec": ("left_slope_rec[i]", "before(sent[j])"),
        "slope_in": ("left_slope_rec[i]", "x[m]"),
        "slope_out": ("error[o]", "r[j]"),
    }
    assert found.kept == ["left_slope_rec"]
    assert set(found.history) == {"error", "r", "sent"}
    assert "left_slope_rec[i] = delta[i]" in [str(s) for block in found.program.backward for s in block.statements]
    end = [str(s) for block in found.program.end for s in block.statements]
    assert end[:2] == [
        "slope_rec[i, j] = slope_rec[i, j] + (alpha * met_slope_rec[i, j])",
        "W_rec[i, j] = W_rec[i, j] + (lr_rec * slope_rec[i, j])",
    ]


def test_bptt_is_that_of_the_reference() -> None:
    same(program("bptt"), *RECORD)


def test_the_exact_gradient_is_that_of_the_reference() -> None:
    asked = adjoint(program("rflo")).held()
    assert set(met(asked)) == {"gradient_W_rec", "gradient_W_in", "gradient_W_out"}
    same(asked)


def test_weights_that_are_held_wait_for_the_end_and_others_do_not() -> None:
    assert not met(program("rflo"))
    asked = program("rflo").held()
    assert set(met(asked)) == {"update_W_rec", "update_W_in", "update_W_out"}
    same(asked)
    assert "update_W_rec" not in met(asked, "update_W_rec")


def test_what_was_put_off_is_added_where_a_trial_is_cut_short() -> None:
    given = trials()
    given.inputs[1, 4:] *= 1e12
    asked = program("rflo").held()
    (outcome,) = numba.run(asked, [Job(given)], plan="full")
    assert outcome.diverged == (1, 4)
    same(asked, given=given)


@pytest.mark.parametrize(
    "lines",
    [
        (SUMMED, "size[i] = sum(j, slope[i, j])", "slope[i, j] = slope[i, j] + size[i] * pre[j]"),
        (SUMMED, "slope[i, j] = 0.5 * slope[i, j]"),
    ],
)
def test_a_sum_that_is_read_or_written_in_between_stays(lines: tuple[str, ...]) -> None:
    assert "slope_rec" in met(backward())
    assert not met(backward(*lines))


def test_a_sum_that_is_read_in_between_is_that_of_the_reference() -> None:
    same(backward(SUMMED, "other[i, j] = other[i, j] + slope[i, j]", change="other[i, j]"))


def test_a_vector_that_changes_after_the_sum_is_kept_as_it_was() -> None:
    lines = "delta[i] = 2 * delta[i]", "other[i, j] = other[i, j] + delta[i] * pre[j]", "delta[i] = 0"
    asked = backward(SUMMED, *lines, change="slope[i, j] - 0.7 * other[i, j]")
    assert met(asked)["slope_rec"][0] != met(asked)["other_rec"][0]
    same(asked)


@pytest.mark.parametrize("rule", ["tbptt:k=3", "tbptt:k=3,stride=2", "snap1"])
def test_what_is_no_sum_of_outer_products_stays(rule: str) -> None:
    asked = program(rule).held()
    assert "update_W_rec" not in met(asked)


def test_what_is_rounded_is_added_as_it_is_written() -> None:
    assert not met(adapt(program("bptt"), FORMATS["nearest"]))


@pytest.mark.parametrize(
    ("line", "left", "right"),
    [
        ("A[i, j] = A[i, j] + u[i] * v[j]", "u[i]", "v[j]"),
        (
            "A[i, j] = A[i, j] - 2 * alpha * mask * sum(o, B[i, o] * e[o]) * v[j]",
            "mask * sum(o, B[i, o] * e[o])",
            "v[j]",
        ),
    ],
)
def test_outer_products(line: str, left: str, right: str) -> None:
    found = outer(notation.parse(line)[0].statements[0])
    assert found
    assert (notation.show(found.left), notation.show(found.right)) == (left, right)


@pytest.mark.parametrize(
    "line",
    [
        "A[i, j] = A[i, j] + C[i, j] * v[j]",
        "A[i, j] = 0.5 * A[i, j] + u[i] * v[j]",
        "A[i, j] = A[i, j] + A[i, j] * u[i] * v[j]",
        "A[i, j] = A[i, j] + u[i] * v[j] / w[i]",
        "A[i, j] = A[i, j] + sum(s, u[s, i] * v[s, j])",
        "A[i, j] = A[i, j] + u[i]",
        "a[i] = a[i] + u[i]",
    ],
)
def test_no_outer_products(line: str) -> None:
    assert outer(notation.parse(line)[0].statements[0]) is None
