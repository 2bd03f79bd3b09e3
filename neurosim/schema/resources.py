"""What a profile says of a chip as a whole: what a learning rule can read, how much there is, what it costs."""

from __future__ import annotations

from neurosim.schema.fields import Field, Section, bits, count, flag, number, point, span, word, words

CHIP = Section(
    "what it is",
    "always",
    {
        "class": word(
            "how it is built",
            *("digital_sync", "digital_async", "mixed_signal", "analog_imc", "software", "fpga"),
        ),
        "learning": word(
            "what can change weights on the chip",
            *("none", "fixed", "programmable", "software", "outer_product"),
        ),
        "rules_fixed": words("the rules that a chip of fixed learning has", required=False),
    },
)

RULE = Section(
    "what a learning rule can read",
    "if it learns",
    {
        "form": word("how rules are given", "fixed", "sum_of_products", "software", "outer_product"),
        "factors": words("what a product may be made of, in the chip's own words"),
        "max_products": count("products in a rule"),
        "max_factors": count("factors in a product"),
        "third_factor": word("what has a third factor of its own", "none", "core", "neuron", "synapse"),
        "err_bits": bits("of the error that arrives, the sign included; 0 for no error"),
        "err_signed": flag("whether it has a sign"),
        "err_frac_bits": point("of its bits, those below the point (a scaling we choose)"),
        "err_shift": bits("bits that the error's sum over outputs drops", required=False),
        "err_path": word(
            "how it arrives",
            *("none", "wout_transpose", "embedded_cpu_write", "graded_synapses", "multicast_payload"),
            *("ppu_software", "digital_periphery", "on_chip_bus"),
        ),
        "err_latency_steps": count("how late it arrives", "steps"),
        "elig_layouts": words("where eligibility may be kept", "per_pre", "per_synapse"),
        "syn_state_bits": bits("of a synapse for eligibility, beside its weight", high=1024),
        "post_deriv_bits": bits("of the postsynaptic derivative"),
        "reads_w": flag("whether a rule may read the weight"),
        "transpose": word(
            "how errors come back through the readout weights",
            *("none", "wout", "mirror", "crossbar", "software"),
        ),
        "history_steps": count("past activity kept on the chip; 1000000 for any", "steps"),
        "global_reduce": flag("whether a sum over all synapses can be formed"),
    },
)

TOPOLOGY = Section(
    "how much there is",
    "always",
    {
        "cores": count("cores", low=1),
        "neurons_per_core": count("neurons of a core", low=1),
        "inputs_per_core": count("inputs of a core", low=1),
        "outputs_per_core": count("outputs of a core", low=1),
        "fan_in_max": count("synapses onto a neuron", low=1),
        "fan_out_max": count("targets of a neuron", low=1),
        "synapses_per_core": count("synapses of a core", low=1),
        "syn_mem_bits_per_core": count("memory of a core for synapses", "bits"),
        "neuron_mem_bits_per_core": count("memory of a core for neurons", "bits"),
    },
)

TIMING = Section(
    "how long things take",
    "always",
    {
        "step_s": number("a step of real time; 0 for continuous time", "s", required=True),
        "accel": number("model time over real time", "", 1e-9, 1e9, required=True),
        "clock_hz": number("clock; 0 for none", "Hz", required=True),
        "t_syn_s": span("a synaptic operation", "s"),
        "t_neuron_active_s": span("a neuron that is updated and active", "s"),
        "t_neuron_idle_s": span("a neuron that is updated and idle", "s"),
        "t_spike_local_s": span("a message within its tile", "s"),
        "t_hop_s": span("a message from tile to tile", "s"),
        "t_sync_s": span("the barrier that ends a step", "s"),
        "t_mvm_s": span("a product of the array with a vector", "s"),
        "t_update_s": span("an update of the array", "s"),
    },
)

ENERGY = Section(
    "what things cost",
    "always",
    {
        "syn_op_pj": span("a synaptic operation", "pJ", required=True),
        "weight_update_pj": span("a weight's update", "pJ", required=True),
        "neuron_active_pj": span("a neuron that is updated and active", "pJ", required=True),
        "neuron_idle_pj": span("a neuron that is updated and idle", "pJ", required=True),
        "static_mw": span("whatever it does", "mW", required=True),
        "spike_pj": span("a spike, all that it causes included", "pJ"),
        "spike_local_pj": span("a message within its tile", "pJ"),
        "hop_pj": span("a message from tile to tile", "pJ"),
        "packet_pj": span("a packet through a router", "pJ"),
        "cycle_pj": span("a clock cycle of a core", "pJ"),
        "mac_pj": span("a multiplication and addition", "pJ"),
    },
)

ANCHOR = Section(
    "one published measurement of a whole system, which a cost model must not contradict",
    "never",
    {
        "what": Field("text", "what was measured"),
        "time_s": number("time", "s"),
        "energy_mj": number("energy", "mJ"),
        "bytes_per_weight": number("memory for learning", "bytes"),
    },
)
