"""What rules may have beside their equations: the toss of a coin, and numbers that each neuron has for good."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from neurosim import Network, NeurosimError, Rule, catalog, compile, notation
from neurosim.conformance import example
from neurosim.engine import Job
from neurosim.gradients import gradient
from neurosim.task import Trials

NETWORK = Network.random(4, n_in=2, n_out=2, alpha=0.4, gain=0.8, seed=0)
DRAW = np.random.default_rng(0)
TRIAL = Trials(DRAW.normal(size=(1, 8, 2)), DRAW.normal(size=(1, 8, 2)), DRAW.uniform(size=8))


class Gambler(Rule):
    """Adds what it wins."""

    equations = """
        toss[i]      = coin()
        weight[i, j] = weight[i, j] + lr * toss[i] * pre[j]
    """


def repeated(trials: int) -> Trials:
    """The same trial many times."""
    return Trials(np.repeat(TRIAL.inputs, trials, axis=0), np.repeat(TRIAL.targets, trials, axis=0), TRIAL.mask)


def tosses(seed: int = 0, first_step: int = 0) -> np.ndarray:
    job = Job(repeated(200), seed=seed, first_step=first_step)
    (outcome,) = catalog.engine("numba").run(compile(NETWORK, Gambler()), [job], ["toss"])
    return outcome.records["toss"]


# --- coins ----------------------------------------------------------------------------------------------------------


def test_a_coin_is_one_half_of_the_time_and_independent() -> None:
    found = tosses().reshape(-1, 4)
    assert set(np.unique(found)) == {0.0, 1.0}
    error = 0.5 / np.sqrt(len(found))
    assert np.abs(found.mean(axis=0) - 0.5).max() < 4.0 * error
    signs = 2.0 * found - 1.0
    between = signs.T @ signs / len(signs) - np.eye(4)
    after = signs[1:].T @ signs[:-1] / len(signs)
    assert max(np.abs(between).max(), np.abs(after).max()) < 4.0 * 2.0 * error


def test_coins_depend_on_the_seed_and_go_on_in_a_run_in_parts() -> None:
    assert np.array_equal(tosses(), tosses()) and not np.array_equal(tosses(), tosses(seed=1))
    assert np.array_equal(tosses(first_step=80)[:-10], tosses()[10:])


def test_a_coin_stays_a_coin_on_a_chip() -> None:
    """Whatever format the chip gives to other traces."""
    made = example("nodeperturbation", "nearest")
    assert str(made.quantities["toss"].format).startswith("u1.0 stochastic")


def test_a_coin_reads_as_it_is_written() -> None:
    (block,) = notation.parse("toss[i] = coin()")
    assert str(block.statements[0]) == "toss[i] = coin()"


@pytest.mark.parametrize("right", ["2 * coin()", "coin() - 1", "sum(j, coin() * q[j])"])
def test_a_coin_stands_alone(right: str) -> None:
    with pytest.raises(NeurosimError, match=r"coin\(\) stands alone on the right, NAME\[indices\] = coin\(\)"):
        notation.parse(f"q[i] = {right}")


def test_a_coin_has_no_arguments() -> None:
    with pytest.raises(NeurosimError, match=r"'coin\(0\.3\)' cannot stand here; .* coin\(\), "):
        notation.parse("q[i] = coin(0.3)")


# --- node perturbation ----------------------------------------------------------------------------------------------


def scores(rule: Rule, groups: int = 40, trials: int = 500) -> np.ndarray:
    """How far the mean update is from the exact one, in standard errors, entry by entry."""
    program = compile(NETWORK, rule, lr=1.0)
    jobs = [Job(repeated(trials), seed=seed) for seed in range(groups)]
    outcomes = catalog.engine("numba").run(program.held(), jobs)
    found = []
    for name, slope in gradient(program, TRIAL).items():
        if name != "W_out":
            updates = np.array([outcome.weights[f"update_{name}"] / trials for outcome in outcomes])
            error = updates.std(axis=0, ddof=1) / np.sqrt(groups)
            found.append(((updates.mean(axis=0) + slope) / error).ravel())
    return np.concatenate(found)


@pytest.mark.parametrize("size", [0.01, 1.0])
def test_node_perturbation_goes_down_the_exact_gradient_in_the_mean(size: float) -> None:
    """For noise of any size: the root mean square of 24 scores is one."""
    assert 0.6 < np.sqrt(np.mean(scores(catalog.rule(f"nodeperturbation:size={size}")) ** 2)) < 1.4


def test_the_scores_would_show_another_mean() -> None:
    eager = type("Eager", (type(catalog.rule("nodeperturbation")),), {"constants": {"size": 0.1, "per_size": 20.0}})
    assert np.sqrt(np.mean(scores(eager()) ** 2)) > 3.0


def test_the_reward_is_what_noise_takes_off_the_loss() -> None:
    """Beside a second network, which has the noise."""
    program = compile(NETWORK, catalog.rule("nodeperturbation:size=0.3")).held()
    (outcome,) = catalog.engine("numpy").run(program, [Job(TRIAL)], ["toss", "y", "reward"])
    (toss,), (y,), (reward,) = (outcome.records[name] for name in ("toss", "y", "reward"))
    r = np.zeros(4)
    for t, x in enumerate(TRIAL.inputs[0]):
        noise = 0.3 * (2.0 * toss[t] - 1.0)
        r = 0.6 * r + 0.4 * (NETWORK.W_rec @ r + NETWORK.W_in @ x + noise)
        quiet, noisy = TRIAL.targets[0, t] - y[t], TRIAL.targets[0, t] - NETWORK.W_out @ r
        gained = 0.5 * TRIAL.mask[t] * (np.sum(quiet**2) - np.sum(noisy**2))
        assert reward[t, 0] == pytest.approx(gained, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("size", ["0", "-0.1", "inf", "nan"])
def test_noise_has_a_size(size: str) -> None:
    with pytest.raises(NeurosimError, match="it must be a finite number above 0"):
        catalog.rule(f"nodeperturbation:size={size}")


# --- numbers of neurons ---------------------------------------------------------------------------------------------


class Own(Rule):
    """A rule whose neurons differ in zeal."""

    equations = "weight[i, j] = weight[i, j] + lr * zeal[i] * pre[j]"

    def of_neurons(self, n: int, alpha: float) -> Mapping[str, np.ndarray]:
        return {"zeal": np.arange(n) * alpha}


def test_neurons_may_have_numbers_of_their_own() -> None:
    made = compile(NETWORK, Own(), lr=1.0)
    assert made.weights["zeal"].tolist() == [0.0, 0.4, 0.8, 0.4 * 3] and made.learned == ("W_rec", "W_in", "W_out")
    (outcome,) = catalog.engine("numba").run(made.held(), [Job(TRIAL)])
    assert np.allclose(outcome.weights["update_W_in"], np.outer(np.arange(4) * 0.4, TRIAL.inputs[0].sum(axis=0)))


def test_they_are_left_out_where_nothing_reads_them() -> None:
    assert "zeal" not in compile(NETWORK, Own(), plastic=("out",)).weights


def test_they_stay_as_they_are() -> None:
    with pytest.raises(NeurosimError, match=r"zeal is given; a rule writes weight, .* or its own names"):
        type("Mine", (Own,), {"equations": f"zeal[i] = r[i]\n{Own.equations}"})


def test_the_exact_gradient_does_not_ask_for_them() -> None:
    plain = gradient(compile(NETWORK, catalog.rule("rflo"), lr=1.0), TRIAL)
    spread = gradient(compile(NETWORK, catalog.rule("rflo:spread=0.5"), lr=1.0), TRIAL)
    assert all(np.array_equal(plain[name], spread[name]) for name in plain)


def test_time_constants_are_spread_about_that_of_the_decay() -> None:
    decays = catalog.rule("rflo:decay=0.8,spread=0.5").of_neurons(10_000, alpha=0.1)["own_decay"]
    longer = np.log(0.8) / np.log(decays)
    assert np.std(np.log(longer)) == pytest.approx(0.5, rel=0.05)
    assert np.median(decays) == pytest.approx(0.8, rel=0.01) and ((decays > 0.0) & (decays < 1.0)).all()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("spread=-1", "spread is -1.0; it must be a finite number, 0 or above"),
        ("spread=0.5,decay=1", r"decay is 1.0; with a spread it must have a time constant, in \[0, 1\)"),
    ],
)
def test_what_cannot_be_spread(given: str, said: str) -> None:
    with pytest.raises(NeurosimError, match=said):
        catalog.rule(f"rflo:{given}")
