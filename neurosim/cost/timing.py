"""How long the work of a step takes on a chip."""

from __future__ import annotations

from neurosim.cost.counts import Counts, sum_of
from neurosim.cost.prices import Prices, Range, added, scaled
from neurosim.profile import Profile


def duration(profile: Profile, ahead: Counts, behind: Counts, price: Prices | None, neurons: int) -> Range | None:
    """[s] of a step's work; None if the profile does not tell.

    An array takes a time per product and per write. A chip with a time per synaptic operation takes, for all else, as
    much longer as it takes more energy. A core with a clock takes the cycles that its energy is made of. Work is
    divided among all cores that can have a neuron of it, and what that takes in messages is not counted.
    """
    counts = sum_of((ahead, behind))
    cores = _cores(profile, neurons)
    if (product := profile.range("timing.t_mvm_s")) and (write := profile.range("timing.t_update_s")):
        return added(scaled(product, counts.passes), scaled(write, counts.writes))
    if price is None or cores is None:
        return None
    if event := profile.range("timing.t_syn_s"):
        units = counts.events + counts.updates * _ratio(price.update, price) + counts.kept * _ratio(price.kept, price)
        neuron = profile.range("timing.t_neuron_active_s") or scaled(event, _ratio(price.neuron, price))
        each = added(scaled(event, units / cores), scaled(neuron, neurons / cores))
        return added(each, profile.range("timing.t_sync_s") or (0.0, 0.0, 0.0))
    cycle, clock = profile.range("energy.cycle_pj"), profile.get("timing.clock_hz")
    if cycle and clock:
        return _of_cycles(counts, price, cycle, clock * cores, neurons)
    return None


def _of_cycles(counts: Counts, price: Prices, cycle: Range, clock: float, neurons: int) -> Range:
    """[s], from how many cycles the energy of each operation stands for."""
    kinds = (
        (price.event, counts.events),
        (price.update, counts.updates),
        (price.kept, counts.kept),
        (price.neuron, neurons),
    )
    low, typical, high = (sum(energy[end] / cycle[end] * count for energy, count in kinds) / clock for end in range(3))
    return min(low, typical), typical, max(typical, high)


def _ratio(energy: Range, price: Prices) -> float:
    """How many synaptic operations something takes, by its typical energy."""
    return energy[1] / price.event[1]


def _cores(profile: Profile, neurons: int) -> int | None:
    cores = profile.get("topology.cores")
    return min(cores, neurons) if cores else None
