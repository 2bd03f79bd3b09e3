"""Whether a network and what a rule keeps fit a chip, and whether the chip's neurons leak as the network's do."""

from __future__ import annotations

from collections.abc import Sequence

from neurosim.audit.case import Case, Finding, Findings
from neurosim.audit.storage import Kept, outputs
from neurosim.audit.widths import width
from neurosim.profile import Profile

PLACES = {"synapses": ("synapse", "influence"), "neurons": ("neuron", "global")}
"""The two memories of a core, and what has its home there."""

KEYS = {"synapses": "topology.syn_mem_bits_per_core", "neurons": "topology.neuron_mem_bits_per_core"}


def capacity(case: Case) -> Findings:
    """Limits that the case breaks, and those that matter and are not public."""
    yield from _leak(case)
    yield from _counts(case)
    one = case.profile.get("chip.class") in ("software", "fpga")
    for memories in (tuple(PLACES),) if one else tuple((name,) for name in PLACES):
        yield from _memory(case, memories)


def bits(profile: Profile, items: Sequence[Kept]) -> int | None:
    """[bits] that some of what is kept takes; None if a width is not known."""
    found = [(item.count, width(profile, item.kind, item.home)) for item in items]
    known = [count * wide for count, wide in found if wide is not None]
    return sum(known) if len(known) == len(found) else None


def rows(profile: Profile) -> int:
    """Synapses that one signed weight takes: two where a sign belongs to more than the synapse."""
    return 1 if profile.get("weight.sign_scope") in ("synapse", None) else 2


def _leak(case: Case) -> Findings:
    own = 1.0 - case.program.constants["alpha"]
    low, high = case.profile.get("state.decay_coef_min"), case.profile.get("state.decay_coef_max")
    if low is not None and high is not None and not low <= own <= high:
        limit = f"alpha of at most {1.0 - low:g}" if own < low else f"alpha of at least {1.0 - high:g}"
        yield Finding(
            "FAIL", f"neurons keep {own:g} of their state per step; the chip can from {low:g} to {high:g}: {limit}"
        )
    if case.profile.get("weight.zero_diagonal") and "W_rec" in case.need.learned:
        yield Finding("note", "weights of neurons onto themselves are forced to 0")


def _counts(case: Case) -> Findings:
    n, n_in, n_out = case.size("neuron"), case.size("input"), case.size("output") * len(outputs(case.program))
    ahead = [item for item in case.kept if item.is_weight and item.purpose == "inference"]
    ends = [case.program.quantities[item.name].domains for item in ahead]
    onto = sum(case.size(of) for to, of in ends if to == "neuron")
    off = sum(case.size(to) for to, of in ends if of == "neuron")
    each = rows(case.profile)
    sign = " (a signed weight takes two)" if each > 1 else ""
    synapses = each * sum(item.count for item in ahead)
    yield from _at_most(case, "neurons_per_core", n, "neurons", per_core=True)
    yield from _at_most(case, "inputs_per_core", n_in, "inputs", per_core=True)
    yield from _at_most(case, "outputs_per_core", n_out, "outputs", per_core=True)
    yield from _at_most(case, "fan_in_max", each * onto, f"synapses onto each neuron{sign}")
    yield from _at_most(case, "fan_out_max", off, "synapses from each neuron")
    yield from _at_most(case, "synapses_per_core", synapses, f"synapses{sign}", per_core=True)


def _at_most(case: Case, key: str, wanted: int, what: str, per_core: bool = False) -> Findings:
    limit = case.profile.get(f"topology.{key}")
    cores = case.profile.get("topology.cores") if per_core else 1
    if limit is None or cores is None:
        yield Finding("unknown", f"topology.{key if limit is None else 'cores'}, for {wanted} {what}")
    elif wanted > limit * cores:
        yield Finding("FAIL", f"{wanted} {what}, and there is room for {limit * cores}")


def _memory(case: Case, memories: tuple[str, ...]) -> Findings:
    """What is kept beside what there is; history that does not fit may be a host's."""
    here = [item for item in case.kept if any(item.home in PLACES[name] for name in memories)]
    wanted = bits(case.profile, here)
    without = bits(case.profile, [item for item in here if item.purpose != "history"])
    limits = [case.profile.get(KEYS[name]) for name in memories]
    cores = case.profile.get("topology.cores")
    what = " and ".join(memories)
    if wanted is None or without is None or cores is None or None in limits:
        if not any(_is_much(item) for item in here):
            return  # what is counted one by one, neurons, synapses and traces, decides
        missing = [KEYS[name] for name, limit in zip(memories, limits, strict=True) if limit is None]
        needed = kib(wanted) if wanted is not None else "what is kept there"
        yield Finding("unknown", f"{' and '.join(missing or ['the widths of some numbers'])}, for {needed}")
    elif wanted > (limit := cores * sum(limits)):
        largest = max(here, key=lambda item: item.count * (width(case.profile, item.kind, item.home) or 0))
        tag = "HOST" if without <= limit else "FAIL"
        yield Finding(
            tag, f"{kib(wanted)} kept at {what}, {largest.name} most of it, and there is room for {kib(limit)}"
        )


def _is_much(item: Kept) -> bool:
    """Whether something takes memory beyond what belongs to a neuron or a synapse by itself."""
    per_synapse = item.home in PLACES["synapses"] and not item.is_weight
    return item.purpose == "history" or (item.purpose == "learning" and per_synapse)


def kib(bits: float) -> str:
    """Bits as text."""
    return f"{bits / 8192:.3g} KiB"
