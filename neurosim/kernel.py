"""A program as the source text of one function that runs all trials of a network, for Numba to compile."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from neurosim import codes, narrow
from neurosim.compiled import module_text
from neurosim.counting import counted
from neurosim.deferral import Deferred, Meeting, deferred
from neurosim.engine import LIMIT
from neurosim.fusion import fused
from neurosim.loops import Loops, array, copy, indented, shape
from neurosim.narrow import Held
from neurosim.network import INPUTS
from neurosim.notation import Read
from neurosim.panels import lines_of
from neurosim.placing import neurons_last, turned
from neurosim.program import Program
from neurosim.storing import needs


@lru_cache(maxsize=256)
def kernel_source(program: Program, record: tuple[str, ...] = (), held: tuple[str, ...] = ()) -> str:
    """The text of a module with a function `run` of what `arguments` lists, in that order, written in place.

    held: those of `holdable` that are held as codes.

    It returns the trial and step at which the run diverged, or (-1, -1).
    """
    turns = turned(program)
    put_off = deferred(neurons_last(program), record)
    program = fused(put_off.program)
    rounded = bool(counted(program))
    found = {each.name: each for each in narrow.held(program) if each.name in held}
    writer = Loops(program, counting=rounded, lanes=not rounded, held=found, turned=turns)
    given = {*program.weights, *INPUTS, *put_off.kept, *(meeting.met for meeting in put_off.meetings)}
    names = [name for name in sorted(program.quantities) if name not in given]
    body = [
        *(f"q_{name} = {_zeros(program, name)}" for name in names),
        *(f"past_{name} = {_zeros(program, name, 'steps + 1, ')}" for name in put_off.history),
        *(f"rows_{name} = {_zeros(program, name, 'steps, ')}" for name in put_off.kept),
        *(f"q_{meeting.met} = {_zeros(program, meeting.met)}" for meeting in put_off.meetings),
        "for trial in range(trials):",
        *indented(_trial(program, put_off, writer, names, record)),
        *_given_back(writer),
        "return -1, -1",
    ]
    made = [line for each in writer.held.values() for line in codes.made(each)]
    lines = ["trials, steps, _ = inputs.shape", *writer.scratch, *made, *body]
    formats = {quantity.format for quantity in program.quantities.values()}
    return module_text(arguments(program, record), lines, formats)


@lru_cache(maxsize=256)
def holdable(program: Program, record: tuple[str, ...] = ()) -> tuple[Held, ...]:
    """The matrices that a kernel may hold as codes, at learning rates that each says."""
    return narrow.held(fused(deferred(program, record).program))


def arguments(program: Program, record: Sequence[str] = ()) -> list[str]:
    """Names of what a kernel takes.

    `inputs, targets, masks` as received, `goals, shares` for the loss: the true targets and mask. Then sizes `n_`,
    constants `c_` and weights `q_` by name, where the draws begin and those of each quantity, `key_`, what counts the
    roundings, if there are any, and `record_`.
    """
    names = ["inputs", "targets", "masks", "goals", "shares", "losses"]
    names += [f"n_{domain}" for domain in sorted(program.sizes)]
    names += [f"c_{name}" for name in sorted(program.constants)]
    names += [f"q_{name}" for name in sorted(program.weights)]
    if drawn := drawing(program):
        names += ["first_step", *(f"key_{name}" for name in drawn)]
    names += ["counts"] if counted(program) else []
    return [*names, *(f"record_{name}" for name in record)]


def drawing(program: Program) -> list[str]:
    """The quantities that take random numbers as they are stored."""
    return sorted(name for name, quantity in program.quantities.items() if {*needs(quantity.format)} & {"u", "g", "d"})


def _trial(program: Program, put_off: Deferred, writer: Loops, names: list[str], record: Sequence[str]) -> list[str]:
    step = [line for block in program.step for line in lines_of(writer, block)]
    step += ["fine = True", "for o in range(n_output):"]
    step += indented(
        [
            "miss = goals[trial, t, o] - q_y[o]",
            "loss += 0.5 * shares[t] * miss * miss",
            f"if not abs(miss) <= {LIMIT!r}:",
            "    fine = False",
        ]
    )
    step += _given_back(writer) if {*record} & {*writer.held} else []
    for name in record:
        step += copy(program, name, f"record_{name}[trial, t, ")
    step += ["if not fine:", *indented([*_cut(program, put_off, writer), *_given_back(writer), "return trial, t"])]
    for name in put_off.history:
        step += copy(program, name, f"past_{name}[t + 1, ")
    lines = [f"q_{name}.fill(0.0)" for name in names]
    arrive = [*_ARRIVE, *([_NOW.format("t")] if drawing(program) else [])]
    arrive += [f"q_{name} = rows_{name}[t]" for name in put_off.kept]
    lines += ["loss = 0.0", "for t in range(steps):", *indented([*arrive, *step])]
    if program.backward:
        remembered = [f"now_{name} = past_{name}[t + 1]" for name in program.history]
        remembered += [f"then_{name} = past_{name}[t]" for name in program.history]
        back = [line for block in program.backward for line in lines_of(writer, block)]
        lines += ["for t in range(steps - 1, -1, -1):", *indented([*arrive, *remembered, *back])]
        lines += [_NOW.format("steps - 1")] if drawing(program) else []
    lines += [_sum(meeting, put_off) for meeting in put_off.meetings]
    lines += [line for block in program.end for line in lines_of(writer, block)]
    return [*lines, "losses[trial] = loss"]


def _zeros(program: Program, name: str, before: str = "") -> str:
    """A quantity as a trial begins. before: axes before its own."""
    return array(program, f"({before}*{shape(program, name)})" if before else shape(program, name), "zeros")


def _given_back(writer: Loops) -> list[str]:
    """Lines that make numbers of what is held as codes."""
    return [line for each in writer.held.values() for line in codes.given_back(each)]


def _sum(meeting: Meeting, put_off: Deferred, until: str = "") -> str:
    """The line that computes a sum that was put off, of all steps or until some."""
    left, right = (_rows(read, put_off) + until for read in (meeting.left, meeting.right))
    return f"np.dot({left}.T, {right}, q_{meeting.met})"


def _rows(read: Read, put_off: Deferred) -> str:
    """What a vector was at each step, as the rows of a matrix."""
    if read.name in put_off.history:
        return f"past_{read.name}" + ("[:steps]" if read.before else "[1:]")
    return {"x": "inputs[trial]", "target": "targets[trial]"}.get(read.name, f"rows_{read.name}")


def _cut(program: Program, put_off: Deferred, writer: Loops) -> list[str]:
    """Lines that add to weights, where a trial ends early, what was put off until its end."""
    begun = [each for each in put_off.meetings if each.online and each.added.target.name in program.weights]
    sums = [_sum(meeting, put_off, "[: t + 1]") for meeting in begun]
    return [*sums, *(line for meeting in begun for line in writer.statement(meeting.added, "end"))]


_ARRIVE = ["q_x = inputs[trial, t]", "q_target = targets[trial, t]", "c_mask = masks[t]"]
_NOW = "now = np.uint64(first_step + trial * steps + {})"
