"""Trained networks as NIR files: what is written is what is read, by every reader alike, and nothing else is read."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import nir
import numpy as np
import pytest
from click.testing import CliRunner

from neurosim import NeurosimError, catalog, export
from neurosim.cli import neurosim
from neurosim.engine import Job
from neurosim.experiment import Experiment, run
from neurosim.export import arrays, file
from neurosim.nengo_parts import nengo
from neurosim.nengo_parts.processes import Sequence
from neurosim.network import WEIGHTS, Network
from neurosim.program import compile
from neurosim.results import Results
from neurosim.task import Trials

ASKED = Experiment(
    "rflo", "integrate:steps=4", engine="numpy", n=3, trials=2, test_trials=2, lr=0.01, seed=1, checkpoints=2
)
TRAINED = export.Trained(Path("a run"), "rflo", "integrate", "loihi2-lava", "test", "finished", 1, 0.01, None)
ALPHAS = (0.1, 0.37, 1.0)


def network(alpha: float = 0.1) -> Network:
    return Network.random(7, 3, 2, alpha, gain=0.9, seed=4)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "network.nir"
    export.write(path, export.to_nir(network(), TRAINED))
    return path


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a comparison writes it: two rules, two seeds, and a run that only tuned."""
    folder = tmp_path_factory.mktemp("kept")
    asked = [replace(ASKED, rule=rule, seed=seed) for rule in ("rflo", "bptt") for seed in (1, 2)]
    for each in [*asked, replace(ASKED, part="tune")]:
        Results(folder).save(run([each])[0])
    return folder


@pytest.fixture
def alone(kept: Path, tmp_path: Path) -> Path:
    """The folder of one run, to be damaged."""
    found = export.find(kept, "rflo", 1)
    for each in found.folder.iterdir():
        (tmp_path / each.name).write_bytes(each.read_bytes())
    return tmp_path


def assert_same(one: Network, other: Network) -> None:
    assert one.alpha == other.alpha
    for name in WEIGHTS:
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


def rates(found: Network, inputs: np.ndarray) -> np.ndarray:
    """The outputs of a network on one trial, as the numba engine computes them."""
    program = compile(found, catalog.rule("fixed"), plastic=())
    trials = Trials(inputs[None], np.zeros((1, len(inputs), len(found.W_out))), np.ones(len(inputs)))
    (outcome,) = catalog.engine("numba").run(program, [Job(trials)], record=["y"])
    return outcome.records["y"][0]


# --- writing and reading --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("single", [False, True])
def test_what_is_written_is_what_is_read(alpha, single, tmp_path):
    given = network(alpha)
    export.write(tmp_path / "a.nir", export.to_nir(given, TRAINED, dt=0.002, single=single))
    rounded = {name: values.astype(np.float32) if single else values for name, values in given.weights.items()}
    assert_same(export.from_nir(tmp_path / "a.nir"), Network(**rounded, alpha=alpha))


@pytest.mark.parametrize("single", [False, True])
def test_the_graph_is_flat_and_in_seconds(single, tmp_path):
    export.write(tmp_path / "a.nir", export.to_nir(network(0.1), TRAINED, dt=0.002, single=single))
    graph = nir.read(tmp_path / "a.nir")
    kinds = {name: type(node).__name__ for name, node in graph.nodes.items()}
    assert sorted(kinds.values()) == ["Input", "LI", "Linear", "Linear", "Linear", "Output"]
    assert {("rates", "w_rec"), ("w_rec", "rates")} < set(graph.edges)
    rates = graph.nodes["rates"]
    assert np.allclose(rates.tau, 0.02, rtol=1e-7) and (rates.r == 1).all() and (rates.v_leak == 0).all()
    assert {graph.nodes[name].weight.dtype for name in ("w_in", "w_rec", "w_out")} == {
        np.dtype(np.float32 if single else np.float64)
    }


def test_the_file_says_what_it_is(written):
    said = nir.read(written).metadata
    assert said["dt"] == 0.001 and said["alpha"] == 0.1 and "Euler" in said["discretisation"]
    assert "the step before" in said["delay"]
    assert (said["rule"], said["task"], said["profile"]) == ("rflo", "integrate", "loihi2-lava")
    formats = catalog.profile("loihi2-lava").arithmetic.formats
    assert said["formats"] == {kind: str(format) for kind, format in formats.items()}
    assert said["formats"]["weight"].startswith("s9.8 stochastic saturate")


def test_what_is_said_of_the_steps_is_so():
    """The equation in the metadata, taken at its word, gives the outputs of the engine."""
    graph = export.to_nir(network(), TRAINED)
    inputs = np.random.default_rng(0).normal(size=(30, 3))
    w_in, w_rec, w_out = (graph.nodes[name].weight for name in ("w_in", "w_rec", "w_out"))
    alpha, v, found = graph.metadata["dt"] / graph.nodes["rates"].tau, np.zeros(7), []
    for x in inputs:
        v = (1 - alpha) * v + alpha * (w_in @ x + w_rec @ v)
        found.append(w_out @ v)
    assert np.allclose(found, rates(network(), inputs), rtol=0, atol=1e-12)


@pytest.mark.parametrize("dt", [0.0, -1.0, np.inf, np.nan])
def test_a_step_must_have_a_length(dt):
    with pytest.raises(NeurosimError, match="the length of a step must be finite and more than 0 s"):
        export.to_nir(network(), TRAINED, dt=dt)


def test_what_float32_cannot_hold_is_not_written():
    with pytest.raises(NeurosimError, match="tau of the rates"):
        export.to_nir(network(), TRAINED, dt=1e-60, single=True)


def test_a_file_that_cannot_be_written(tmp_path):
    with pytest.raises(NeurosimError, match="cannot write"):
        export.write(tmp_path / "nowhere" / "a.nir", export.to_nir(network(), TRAINED))


def test_without_nir_it_says_what_to_install():
    with pytest.raises(NeurosimError, match=r"pip install 'neurosim-onchip\[nir\]'"):
        file.needed("no_such_package")


# --- other readers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("dt", [0.001, 0.02])
def test_nengo_computes_what_the_engine_does(alpha, dt):
    inputs = np.random.default_rng(0).normal(size=(60, 3))
    made = export.to_nengo(export.to_nir(network(alpha), TRAINED, dt=dt))
    with made:
        given = nengo.Node(Sequence(inputs))
        nengo.Connection(given, made.input, synapse=None)
        probe = nengo.Probe(made.output)
    with nengo.Simulator(made, dt=made.dt, progress_bar=False) as simulator:
        simulator.run_steps(len(inputs))
    assert np.allclose(simulator.data[probe], rates(network(alpha), inputs), rtol=0, atol=1e-12)


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize(("dtype", "close"), [("float64", 1e-12), ("float32", 1e-5)])
def test_nirtorch_computes_what_the_engine_does(dtype, close, alpha, tmp_path):
    """With a leaky integrator of one line, since nirtorch has none."""
    torch = pytest.importorskip("torch")
    nirtorch = pytest.importorskip("nirtorch")

    class Leaky(torch.nn.Module):
        def __init__(self, node: nir.LI) -> None:
            super().__init__()
            self.register_buffer("alpha", torch.from_numpy(0.001 / node.tau))

        def forward(self, x, state=None):
            v = self.alpha * x if state is None else (1 - self.alpha) * state + self.alpha * x
            return v, v

    export.write(tmp_path / "a.nir", export.to_nir(network(alpha), TRAINED))
    model = nirtorch.nir_to_torch(nir.read(tmp_path / "a.nir"), {nir.LI: Leaky}, dtype=getattr(torch, dtype))
    inputs, state, found = np.random.default_rng(0).normal(size=(60, 3)).astype(dtype), None, []
    with torch.no_grad():
        for x in torch.from_numpy(inputs):
            y, state = model(x, state)
            found.append(y.numpy())
    assert np.abs(found - rates(network(alpha), inputs.astype(float))).max() < close


# --- graphs that are not ours ---------------------------------------------------------------------------------------


def spoilt(change: Callable[[nir.NIRGraph], object]) -> nir.NIRGraph:
    graph = export.to_nir(network(), TRAINED)
    change(graph)
    return graph


SPOILT = {
    "another node": (lambda g: g.nodes.update(more=nir.Linear(np.eye(3))), "node 'more' is Linear and should be not"),
    "a node less": (lambda g: g.nodes.pop("w_rec"), "node 'w_rec' is not there and should be Linear"),
    "another kind": (lambda g: g.nodes.update(rates=nir.I(np.ones(7))), "node 'rates' is I and should be LI"),
    "no recurrence": (lambda g: g.edges.remove(("w_rec", "rates")), "the edges are not .* w_rec -> rates"),
    "a short cut": (lambda g: g.edges.append(("w_in", "w_rec")), r"the edges are not .*\(w_in -> w_rec\)"),
    "an edge twice": (lambda g: g.edges.append(("w_in", "rates")), "one is there twice"),
    **{
        f"no {name}": (lambda g, name=name: g.metadata.pop(name), f"the metadata lack '{name}'")
        for name in ("dt", "alpha", "B", "discretisation")
    },
    "another method": (lambda g: g.metadata.update(discretisation="exact"), "the discretisation is 'exact'"),
    "another step": (lambda g: g.metadata.update(dt=0.002), "tau of the rates is not 0.02 for all 7"),
    "no step": (lambda g: g.metadata.update(dt=0.0), "dt is not a number above 0"),
    "words for dt": (lambda g: g.metadata.update(dt="long"), "dt is not made of finite real numbers"),
    "a large alpha": (lambda g: (g.metadata.update(alpha=2.0), g.nodes["rates"].tau.fill(5e-4)), "alpha is 2.0"),
    "one tau": (lambda g: g.nodes["rates"].tau.__setitem__(2, 0.5), "tau of the rates"),
    "a resistance": (lambda g: g.nodes["rates"].r.fill(2.0), "r of the rates is not 1"),
    "a potential": (lambda g: g.nodes["rates"].v_leak.fill(1e-9), "v_leak of the rates is not 0"),
    "no number": (lambda g: g.nodes["w_rec"].weight.fill(np.nan), "w_rec is not made of finite"),
    "other feedback": (lambda g: g.metadata.update(B=np.ones((7, 3))), r"B has shape \(7, 3\)"),
    "a vector of feedback": (lambda g: g.metadata.update(B=np.ones(7)), r"B has shape \(7,\)"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_graph_that_is_no_network_is_refused(name, tmp_path):
    change, message = SPOILT[name]
    graph = spoilt(change)
    with pytest.raises(NeurosimError, match=message):
        export.to_network(graph)
    with pytest.raises(NeurosimError):
        export.to_nengo(graph)


@pytest.mark.parametrize("name", ["another kind", "a short cut", "no dt", "one tau", "no number"])
def test_so_is_its_file(name, tmp_path):
    export.write(tmp_path / "a.nir", spoilt(SPOILT[name][0]))
    with pytest.raises(NeurosimError, match=r"a\.nir: "):
        export.from_nir(tmp_path / "a.nir")


# --- files that are hostile -----------------------------------------------------------------------------------------


def in_file(change: Callable[[h5py.File], object]) -> Callable[[Path], None]:
    def harm(path: Path) -> None:
        with h5py.File(path, "r+") as opened:
            change(opened)

    return harm


def huge(opened: h5py.File) -> None:
    """A few bytes that claim 8 TB."""
    opened["node/nodes/w_rec"].create_dataset(
        "more", shape=(10**6, 10**6), dtype="f8", chunks=(1000, 1000), fillvalue=1.0
    )


def many_texts(opened: h5py.File) -> None:
    opened["node/metadata"].create_dataset("words", data=["word"] * 100)


def elsewhere(opened: h5py.File) -> None:
    opened["node/metadata/words"] = h5py.ExternalLink("/etc/other.h5", "/node")


def outside(opened: h5py.File) -> None:
    opened["node"].create_dataset("raw", shape=(4,), dtype="u1", external=[("/etc/hostname", 0, 4)])


HOSTILE = {
    "no file": (Path.unlink, "there is no such file"),
    "text": (lambda path: path.write_text("no file of that kind"), "not a sound NIR file"),
    "half": (lambda path: path.write_bytes(path.read_bytes()[:5000]), "not a sound NIR file"),
    "empty": (lambda path: path.write_bytes(b""), "not a sound NIR file"),
    "nothing in it": (in_file(lambda opened: opened.clear()), "not a sound NIR file"),
    "huge": (in_file(huge), "the arrays claim more than"),
    "many texts": (in_file(many_texts), "more than 64 texts"),
    "a long text": (in_file(lambda f: f["node/metadata"].create_dataset("x", data="x" * 5000)), "more than 4,096"),
    "many objects": (in_file(lambda f: [f.create_group(f"g{i}") for i in range(300)]), "more than 200 objects"),
    "itself": (in_file(lambda f: f["node/nodes"].__setitem__("loop", f["node"])), "more than 64 texts"),
    "a link": (in_file(elsewhere), "'words' is a link to elsewhere"),
    "a soft link": (in_file(lambda f: f["node"].__setitem__("x", h5py.SoftLink("/node"))), "'x' is a link"),
    "another file": (in_file(outside), "'raw' is kept in another file"),
    "a reference": (in_file(lambda f: f["node"].create_dataset("x", data=f.ref)), "'x' is of type"),
    "nothing": (in_file(lambda f: f["node"].create_dataset("x", data=h5py.Empty("f8"))), "'x' is empty"),
    "one node": (lambda path: nir.write(path, nir.Linear(np.eye(2))), "not a sound NIR file"),
    "an unknown type": (in_file(lambda f: f["node/nodes/rates/type"].__setitem__((), "os.system")), "not a sound"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused(name, written):
    harm, message = HOSTILE[name]
    harm(written)
    with pytest.raises(NeurosimError, match=rf"network\.nir: .*{message}"):
        export.from_nir(written)


def test_a_file_that_is_too_large_is_not_read(written, monkeypatch):
    monkeypatch.setattr(file, "MAX_FILE", 1000)
    with pytest.raises(NeurosimError, match="larger than 1,000 bytes"):
        export.from_nir(written)


def test_wherever_bits_flip_it_is_a_network_or_refused(written):
    good, random = written.read_bytes(), np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(good)
        for place in random.integers(len(damaged), size=3):
            damaged[place] ^= 1 << random.integers(8)
        written.write_bytes(bytes(damaged))
        try:
            assert export.from_nir(written).size == (7, 3, 2)
        except NeurosimError:
            continue


# --- runs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rule", "seed"), [("rflo", 1), ("bptt", 2)])
def test_a_run_is_found_and_its_network_is_the_one_it_ended_with(rule, seed, kept):
    found = export.find(kept, rule, seed)
    answer = Results(kept).load(replace(ASKED, rule=rule, seed=seed))
    assert_same(export.load(found), Network(**answer.weights, alpha=catalog.task(ASKED.task).alpha))
    assert export.find(found.folder) == found and found.folder.name == answer.experiment.digest


@pytest.mark.parametrize(
    ("rule", "seed", "said"),
    [
        (None, None, "4 runs have rule not given and seed not given; .*bptt, seed 1, .*rflo, seed 2"),
        ("rflo", None, "2 runs have rule rflo and seed not given; .*there are: rflo, seed 1, .*rflo, seed 2"),
        ("rflo", 3, "no runs have rule rflo and seed 3; .*there are: bptt, seed 1"),
    ],
)
def test_which_run_must_be_said(rule, seed, said, kept):
    with pytest.raises(NeurosimError, match=said):
        export.find(kept, rule, seed)


def test_what_cannot_be_read_is_not_there(kept, tmp_path):
    with pytest.raises(NeurosimError, match="there is no run in it"):
        export.find(tmp_path)
    (tmp_path / "runs" / "damaged").mkdir(parents=True)
    (tmp_path / "runs" / "damaged" / "run.json").write_text("{}")
    with pytest.raises(NeurosimError, match="there is no run in it"):
        export.find(tmp_path)


def about(**changed: object) -> Callable[[Path], None]:
    """A change of the `run.json`, in its experiment or beside it."""

    def change(folder: Path) -> None:
        found = json.loads((folder / "run.json").read_text())
        for name, value in changed.items():
            (found if name in found else found["experiment"])[name] = value
        (folder / "run.json").write_text(json.dumps(found))

    return change


def curves(**changed: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        with np.load(folder / "curves.npz") as found:
            held = {**found, **{f"weights/{name}": value for name, value in changed.items()}}
        np.savez(folder / "curves.npz", **held)

    return change


def terabytes(folder: Path) -> None:
    """A header that claims more than there is."""
    with zipfile.ZipFile(folder / "curves.npz", "w") as archive, archive.open("weights/W_rec.npy", "w") as member:
        header = {"descr": "<f8", "fortran_order": False, "shape": (10**6, 10**6)}
        np.lib.format.write_array_header_1_0(member, header)


def bomb(folder: Path) -> None:
    with (
        zipfile.ZipFile(folder / "curves.npz", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("weights/W_rec.npy", "w", force_zip64=True) as member,
    ):
        member.write(bytes(2**20))


DAMAGE = {
    "no JSON": (lambda folder: (folder / "run.json").write_text("no"), "is not the run.json of a run"),
    "bytes": (lambda folder: (folder / "run.json").write_bytes(b"\xff\xfe"), "is not the run.json of a run"),
    "a list": (lambda folder: (folder / "run.json").write_text("[]"), "is not the run.json of a run"),
    "deep": (lambda folder: (folder / "run.json").write_text("[" * 10**5), "is not the run.json of a run"),
    "long": (lambda folder: (folder / "run.json").write_text(" " * 2**21), "more than 1,048,576 bytes"),
    "nothing said": (lambda folder: (folder / "run.json").write_text("{}"), "does not say 'experiment'"),
    "a number for a rule": (about(rule=3), "rule is not a line of text"),
    "lines for a task": (about(task="a\nb"), "task is not a line of text"),
    "a vast rate": (about(lr=10**400), "is not the run.json of a run"),
    "words for a seed": (about(seed="1"), "seed is not a whole number"),
    "no rate": (about(lr=None), "lr is not a number"),
    "diverged": (about(outcome="diverged at trial 0, step 2"), "the run diverged at trial 0"),
    "an unknown profile": (about(profile="loihi9"), "no profile is called 'loihi9'"),
    "a task of one's own": (about(task="./mine.py:k=2"), "give it, as --alpha"),
    "no leak": (about(alpha=0.0), r"alpha is 0.0; the leak per step dt / tau lies in \(0, 1\]"),
    "no curves": (lambda folder: (folder / "curves.npz").unlink(), "the weights of the run cannot be read"),
    "text for curves": (lambda folder: (folder / "curves.npz").write_text("no"), "cannot be read"),
    "no weights": (lambda folder: np.savez(folder / "curves.npz", losses=np.ones(3)), "cannot be read"),
    "a vector": (curves(W_rec=np.ones(3)), "is no matrix of real numbers"),
    "pickles": (curves(W_rec=np.array([[{}]], dtype=object)), "is no matrix of real numbers"),
    "infinite": (curves(W_in=np.full((3, 1), np.inf)), "not finite"),
    "another size": (curves(W_in=np.ones((4, 1))), r"W_in has shape \(4, 1\)"),
    "no outputs": (curves(W_out=np.ones((0, 3)), B=np.ones((3, 0))), r"W_out has shape \(0, 3\)"),
    "terabytes": (terabytes, "not a whole one"),
}


def invoke(*words: object):
    return CliRunner().invoke(neurosim, ["export", *map(str, words)], catch_exceptions=False)


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_run_is_one_line_and_exit_code_2(name, alone):
    harm, message = DAMAGE[name]
    harm(alone)
    said = invoke(alone, "--nir", alone / "a.nir")
    assert said.exit_code == 2 and not said.stdout and not (alone / "a.nir").exists()
    assert said.stderr.startswith("neurosim: ") and said.stderr.count("\n") == 1
    with pytest.raises(NeurosimError, match=message):
        raise NeurosimError(said.stderr)


def test_an_array_is_not_unpacked_beyond_the_limit(alone, monkeypatch):
    monkeypatch.setattr(arrays, "MAX_BYTES", 1000)
    bomb(alone)
    with pytest.raises(NeurosimError, match="over the limit of 1,000"):
        export.load(export.find(alone))


def test_a_task_of_ones_own_is_never_run(alone):
    (alone / "mine.py").write_text("raise SystemExit")
    about(task=str(alone / "mine.py"))(alone)
    assert invoke(alone, "--nir", alone / "a.nir").exit_code == 2
    assert invoke(alone, "--nir", alone / "a.nir", "--alpha", 0.3).exit_code == 0
    assert export.from_nir(alone / "a.nir").alpha == 0.3


def test_the_command(kept, tmp_path):
    path = tmp_path / "a.nir"
    said = invoke(kept, "--rule", "bptt", "--seed", 2, "--nir", path, "--dt", 0.005, "--float32")
    assert said.exit_code == 0
    assert said.stdout.splitlines()[0].startswith("bptt, seed 2, integrate:steps=4, float64, lr 0.01: ")
    assert said.stdout.splitlines()[1] == f"written: {path}: 1 inputs, 3 neurons, 1 outputs, tau = 0.05 s"
    found, answer = export.from_nir(path), Results(kept).load(replace(ASKED, rule="bptt", seed=2))
    assert np.array_equal(found.W_rec, answer.weights["W_rec"].astype(np.float32))
    assert nir.read(path).metadata["dt"] == 0.005
