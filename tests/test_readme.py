"""What the README shows works as it stands there."""

from __future__ import annotations

import re
import shlex
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

from neurosim import catalog
from neurosim.cli import neurosim

TEXT = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
COMMANDS = re.findall(r"^neurosim (.*)$", TEXT, flags=re.MULTILINE)
QUICK = {"run": ["--n", "4", "--trials", "10", "--seeds", "1"]}
QUICK["compare"] = [*QUICK["run"], "--rates", "0.001", "--engine", "numpy"]


def test_there_is_something_to_test() -> None:
    assert len(PYTHON) == 4
    assert len(COMMANDS) == 16


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_works(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it stands, but for a network, a number of trials, of rules, chips and rates to try that take little time.

    Comparisons run in the reference, and compile no more than what they are measured by.
    """
    if "path" in command and find_spec("ratinabox") is None:
        pytest.skip("needs the extra `data`")
    monkeypatch.chdir(tmp_path)
    Path("my_rule.py").write_text(next(block for block in PYTHON if "class " in block), encoding="utf-8")
    one_chip = re.sub(r"( --profile \S+) .*-vlasov", r"\1", command)
    words = shlex.split(re.sub(r"compare (\S+) .* bptt (.* --profile)", r"compare \1 \2", one_chip))
    found = CliRunner().invoke(neurosim, [*words, *QUICK.get(words[0], [])], catch_exceptions=False)
    assert found.exit_code == 0, found.output


@pytest.mark.filterwarnings("ignore")  # of the simulators' own imports
def test_the_python_examples_work_one_after_the_other() -> None:
    told: dict[str, object] = {}
    for block in PYTHON:
        if "class " not in block:
            exec(compile(block, "README.md", "exec"), told)


def test_the_equations_of_rflo_are_those_that_run() -> None:
    shown = re.search(r"rflo.py\):\n\n```\n(.*?)```", TEXT, flags=re.DOTALL)
    assert shown
    assert shown[1].split() == catalog.rule("rflo").equations.split()
