"""The benchmarks: each a class with `params`, their names, and what it measures at one of them."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import ClassVar

import networks
import numpy as np
import rivals
from measuring import TURN, Work, side_by_side
from roofline import in_place, reading

from neurosim.cache import cache_folder
from neurosim.plans.factorised import factorised
from neurosim.program import Program
from neurosim.reversal import adjoint

SIZES = (16, 32, 64, 128, 256, 512, 1024)
RULES = ("rflo", "eprop", "snap1", "fa", "nodeperturbation", "tbptt:k=1", "tbptt:k=8", "tbptt:k=32", "bptt")
DENSE = ("rtrl",)
"""Rules that keep a number for each neuron and synapse: their steps grow with N^4."""

BYTECODE = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(cache_folder("bytecode"))}
"""As it is wherever a package was installed, and not where Python has been told to keep none."""

Cells = dict[str, float]


def turn(n: int) -> float:
    """The length of a turn [s] beside which the start of a job on n neurons is short."""
    return 1.0 if n >= 512 else TURN


class Table:
    """A benchmark. Its docstring heads its table. `params` go down its rows; `measure` gives the cells of one."""

    params: ClassVar[tuple]
    param_name: ClassVar[str] = "N"

    def measure(self, param) -> Cells:
        raise NotImplementedError

    def summary(self, rows: dict[str, Cells]) -> list[str]:
        """Lines below the table."""
        return []


class Online(Table):
    """RFLO online, `W_rec` learns at every step, float64: microseconds per step, and fractions of the roofline"""

    params = SIZES

    def measure(self, param) -> Cells:
        program = networks.program("rflo", param, ("rec",))
        works = {**in_place(param), "neurosim": networks.learning(program)}
        works["neurosim, 8 networks"] = networks.learning(program, jobs=8)
        given = networks.network(param), networks.trials(64), networks.rate(param)
        works["neurosim, all weights"] = networks.learning(networks.program("rflo", param))
        for name, rival in (rivals.installed() | rivals.ALL_WEIGHTS).items():
            works[name] = Work(rival(*given), networks.STEPS)
        found = side_by_side(works, turn=turn(param))
        roof = min(found.pop(name) for name in in_place(1))
        cells = {"roofline": 1e6 * roof} | {name: 1e6 * spent for name, spent in found.items()}
        cells |= {f"roofline / {name}": roof / found[name] for name in ("neurosim", "neurosim, 8 networks")}
        cells |= {f"{name} / neurosim": found[name] / found["neurosim"] for name in rivals.installed()}
        ours = found["neurosim, all weights"]
        return cells | {f"{name} / neurosim, all weights": found[name] / ours for name in rivals.ALL_WEIGHTS}


class Single(Table):
    """The same in float32: microseconds per step, and fractions of the roofline of float32"""

    params = SIZES

    def measure(self, param) -> Cells:
        double = networks.program("rflo", param, ("rec",))
        single = networks.on(double, "float32")
        works = {**in_place(param, np.float32), "neurosim": networks.learning(single)}
        works |= {"neurosim, 8 networks": networks.learning(single, jobs=8), "float64": networks.learning(double)}
        works["neurosim, all weights"] = networks.learning(networks.on(networks.program("rflo", param), "float32"))
        if "JAX scan" in rivals.installed():
            given = networks.network(param), networks.trials(64), networks.rate(param)
            works["JAX scan"] = Work(rivals.jax_scan(*given, np.float32), networks.STEPS)
        found = side_by_side(works, turn=turn(param))
        roof = min(found.pop(name) for name in in_place(1))
        cells = {"roofline": 1e6 * roof} | {name: 1e6 * spent for name, spent in found.items()}
        cells |= {f"roofline / {name}": roof / found[name] for name in ("neurosim", "neurosim, 8 networks")}
        others = [name for name in ("float64", "JAX scan") if name in found]
        return cells | {f"{name} / neurosim": found[name] / found["neurosim"] for name in others}


class Rules(Table):
    """Every rule, `W_rec`, `W_in` and `W_out` learn, float64: microseconds per step"""

    params = SIZES

    def measure(self, param) -> Cells:
        names = [*RULES, *(DENSE if param <= 64 else ())]
        works = {name: networks.learning(networks.program(name, param)) for name in names}
        found = side_by_side({**in_place(param), **works}, rounds=3)
        return {name: 1e6 * spent for name, spent in found.items() if name in works}

    def summary(self, rows: dict[str, Cells]) -> list[str]:
        """How time grows with N."""
        lines = []
        for small, large in ((16, 64), (64, 256), (256, 1024)):
            if {str(small), str(large)} <= rows.keys():
                both = [name for name in rows[str(small)] if name in rows[str(large)]]
                grown = (f"{name} {_exponent(rows, name, small, large):.2f}" for name in both)
                lines.append(f"Exponent of N from {small} to {large}: {', '.join(grown)}.")
        return lines


def _exponent(rows: dict[str, Cells], name: str, small: int, large: int) -> float:
    return float(np.log(rows[str(large)][name] / rows[str(small)][name]) / np.log(large / small))


class Plans(Table):
    """Times the full kernel takes of what a plan takes, equal numbers to 1e-12, all work of a job included"""

    params = (32, 64, 128, 256, 512, 1024)

    def measure(self, param) -> Cells:
        online = networks.program("rflo", param, ("rec",))
        slope = adjoint(online).held()
        cells = {"rflo, 60 trials": self._gained(online, 60), "rflo, 600 trials": self._gained(online, 600)}
        cells["gradient, 32 trials"] = self._gained(slope, 32)
        cells["bptt, 32 trials"] = self._gained(networks.program("bptt", param), 32)
        if param <= 128:
            cells["rtrl, 1 trial"] = self._gained(networks.program("rtrl", param, ("rec",)), 1)
        return cells | self._factorised(online, param)

    @staticmethod
    def _gained(program: Program, count: int) -> float:
        works = {engine: networks.in_blocks(program, count, engine) for engine in ("numba", "numba:full")}
        found = side_by_side(works, rounds=3)
        return found["numba:full"] / found["numba"]

    @staticmethod
    def _factorised(program: Program, n: int) -> Cells:
        """Beside what a pass that writes takes of one that reads: more than that cannot be gained by not writing."""
        works = {"W_rec": networks.learning(program), "factor": networks.learning(factorised(program))}
        found = side_by_side({**works, **in_place(n), "reading": reading(n)})
        roof = min(found[name] for name in in_place(1))
        return {"rflo, factorised": found["W_rec"] / found["factor"], "in place / reading": roof / found["reading"]}


class Rounding(Table):
    """RFLO in the numbers of chips, all weights learn: times float64 of the same run, and times the float32 roofline"""

    params = (64, 128, 256, 512, 1024)
    profiles: ClassVar[dict[str, str]] = {
        "float32": "float32",
        "8 bits, nearest": "fixed:weight=s8.6,rounding=nearest_even",
        "8 bits, stochastic": "fixed:weight=s8.6,rounding=stochastic",
        "8 bits, stochastic, by pairs": "fixed:weight=s8.6,rounding=stochastic,share=pair",
        "loihi2-lava": "loihi2-lava",
    }

    def measure(self, param) -> Cells:
        exact = networks.program("rflo", param)
        works = {**in_place(param, np.float32), "float64": networks.learning(exact)}
        for name, profile in self.profiles.items():
            works[name] = networks.learning(networks.on(exact, profile))
        found = side_by_side(works, turn=turn(param))
        roof = min(found[name] for name in in_place(1))
        cells = {"float64, us": 1e6 * found["float64"], "float32 roofline, us": 1e6 * roof}
        cells |= {name: found[name] / found["float64"] for name in self.profiles}
        return cells | {f"{name} / float32 roofline": found[name] / roof for name in ("float64", *self.profiles)}


class Memory(Table):
    """Largest memory of a process that learns one trial of 100 steps, beyond that of one neuron [MB]"""

    params = ("rflo", "tbptt:k=8", "bptt", "snap1", "rtrl")
    param_name = "rule"
    sizes = (128, 512, 2048)

    def measure(self, param) -> Cells:
        least = self._least(param, 1)
        return {f"N={n}": (self._least(param, n) - least) / 1e6 for n in self.sizes if param not in DENSE or n <= 128}

    def _least(self, rule: str, n: int) -> int:
        return min(self._peak(rule, n) for _ in range(3))

    @staticmethod
    def _peak(rule: str, n: int) -> int:
        text = f"import networks; networks.learning(networks.program({rule!r}, {n})).do(1)"
        _cpu([sys.executable, "-c", text])
        # Of this process alone: what the system says of resources begins with the process that started it.
        tail = "; from pathlib import Path; print(Path('/proc/self/status').read_text())"
        done = subprocess.run(
            [sys.executable, "-c", text + tail], cwd=Path(__file__).parent, check=True, capture_output=True, text=True
        )
        (peak,) = (line.split()[1] for line in done.stdout.splitlines() if line.startswith("VmHWM:"))
        return 1024 * int(peak)


class Start(Table):
    """Start-up: processor seconds of a fresh process, whose Python finds its bytecode on disk"""

    params = (
        "import neurosim",
        "import numba",
        "neurosim --help",
        "neurosim list",
        "first step, warm",
        "first step, cold",
    )
    param_name = "what"

    def measure(self, param) -> Cells:
        match param:
            case "import neurosim" | "import numba":
                command = [sys.executable, "-c", param]
            case "neurosim --help" | "neurosim list":
                command = [sys.executable, "-m", *param.split()]
            case _:
                text = "import networks; networks.learning(networks.program('rflo', 64)).do(1)"
                command = [sys.executable, "-c", text]
        if param.endswith("cold"):
            return {"seconds": float(np.median([self._cold(command) for _ in range(3)]))}
        _cpu(command)
        return {"seconds": float(np.median([_cpu(command) for _ in range(5)]))}

    @staticmethod
    def _cold(command: list[str]) -> float:
        with tempfile.TemporaryDirectory() as empty:
            return _cpu(command, {"NEUROSIM_CACHE": empty})


def _cpu(command: list[str], environment: dict[str, str] | None = None) -> float:
    """Processor time of a process and its children [s], with more in its environment."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    known = {**os.environ, **BYTECODE, **(environment or {})}
    subprocess.run(command, cwd=Path(__file__).parent, env=known, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


class Comparing(Table):
    """`neurosim compare rflo tbptt:k=1 tbptt:k=8 bptt --task integrate`, N = 128, 20 seeds, 9 learning rates"""

    params = ("compare",)
    param_name = "command"

    def measure(self, param) -> Cells:
        with tempfile.TemporaryDirectory() as folder:
            script = Path(__file__).with_name("inside_kernels.py")
            done = subprocess.run(
                [sys.executable, str(script), folder], check=True, capture_output=True, text=True, cwd=script.parent
            )
            return json.loads(done.stdout.strip().splitlines()[-1])


TABLES = {
    "online": Online,
    "single": Single,
    "rules": Rules,
    "plans": Plans,
    "rounding": Rounding,
    "memory": Memory,
    "start": Start,
    "comparing": Comparing,
}
