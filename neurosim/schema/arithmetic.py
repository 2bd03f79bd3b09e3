"""What a profile says of a chip's numbers: weights and how they are written, states, messages, traces."""

from __future__ import annotations

import sys

from neurosim.schema.fields import (
    OVERFLOWS,
    ROUNDINGS,
    SCOPES,
    Section,
    bits,
    count,
    exponent,
    flag,
    number,
    point,
    word,
)

LARGEST = sys.float_info.max

WEIGHT = Section(
    "the weight as it is stored",
    "always",
    {
        "bits": bits("in all, the sign included; 0 for analog"),
        "signed": flag("whether one synapse holds both signs"),
        "min": number(
            "lowest code; lowest value where bits is 0 or floating point", low=-LARGEST, high=LARGEST, required=True
        ),
        "max": number(
            "highest code; highest value where bits is 0 or floating point", low=-LARGEST, high=LARGEST, required=True
        ),
        "step": count("between codes; 0 for analog and floating point", "LSB"),
        "frac_bits": point("of the bits, those below the point"),
        "exp_min": exponent("lowest shared exponent of two"),
        "exp_max": exponent("highest shared exponent of two"),
        "exp_scope": word("what shares an exponent", *SCOPES),
        "sign_scope": word("what shares a sign", "synapse", "row", "pre"),
        "shadow_bits": bits("kept below the stored bits between updates, which the forward pass does not see"),
        "zero_diagonal": flag("whether self-connections of the recurrent weights are forced to 0"),
    },
)

UPDATE = Section(
    "how a weight is written",
    "if it learns",
    {
        "round": word("how an update is brought to the weight's codes", *ROUNDINGS, "unit_step", "pulse"),
        "round_where": word("what is rounded: the sum as it is written, or each product", "write", "product"),
        "max_step_lsb": count("most that one write changes, pulses for 'pulse'; 0 for no limit", "LSB"),
        "overflow": word("beyond the ends", *OVERFLOWS),
        "rand_bits": bits("of a random draw; 0 for none"),
        "rand_bits_readout": bits("of a random draw for readout weights, where it differs", required=False),
        "rand_scope": word("what has a draw of its own", "element", "pair", "vector", "call", "row_and_column", "none"),
        "lr_form": word(
            "how a learning rate is held",
            *("fixed", "pow2", "mant_exp", "q", "float", "pulse_probability"),
        ),
        "lr_mant_bits": bits("of the learning rate's mantissa"),
        "lr_exp_min": exponent("lowest exponent of two of the learning rate", 1100),
        "lr_exp_max": exponent("highest exponent of two of the learning rate", 1100),
        "single_shift": flag("whether all factors of a product are shifted at once, not step by step", required=False),
        "weight_factor_bits": bits("of the weight where it is a factor", required=False),
        "const_factor_bits": bits("of a constant factor", required=False),
        "acc_bits": bits("of what sums up an update, the sign included"),
        "acc_frac_bits": point("of them, those below the weight's last bit"),
        "gate": word("when updates run", "step", "epoch", "error_valid", "pre_event", "free"),
        "period_min_steps": count("shortest time between updates", "steps", 1),
        "period_max_steps": count("longest time between updates", "steps", 1),
        "period_pow2": flag("whether that time must be a power of two"),
    },
)

STATE = Section(
    "a neuron's state",
    "always",
    {
        "bits": bits("in all; 0 for analog"),
        "signed": flag("whether it has a sign"),
        "frac_bits": point("of the bits, those below the point (a scaling we choose)"),
        "overflow": word("beyond the ends", *OVERFLOWS),
        "input_overflow": word("beyond the ends of the summed input, where it differs", *OVERFLOWS, required=False),
        "decay_coef_bits": bits("of the factor that it decays by"),
        "decay_frac_bits": point("of them, those below the point"),
        "decay_coef_min": number("lowest factor", high=2.0, required=True),
        "decay_coef_max": number("highest factor", high=2.0, required=True),
        "decay_round": word("how the product with the factor is rounded", *ROUNDINGS),
        "decay_scope": word("what shares a factor", *SCOPES),
        "readout_decay_frac_bits": bits("of the readout's factor, those below the point", required=False),
    },
)

MESSAGE = Section(
    "what a neuron sends",
    "always",
    {
        "kind": word("what it carries: that it was sent, or a value", "binary", "graded"),
        "bits": bits("of the value", low=1),
        "signed": flag("whether it has a sign"),
        "frac_bits": point("of the bits, those below the point (a scaling we choose)"),
        "rate_map": word("how a rate becomes messages", "graded", "sigma_delta", "binary_rate", "pwm"),
    },
)

TRACE = Section(
    "a filtered activity that learning reads",
    "never",
    {
        "site": word("where it is kept: for a presynaptic neuron, a postsynaptic one, or each synapse",
                      *("pre", "post", "synapse")),
        "count": count("how many there are", low=1),
        "bits": bits("in all"),
        "signed": flag("whether it has a sign"),
        "frac_bits": point("of the bits, those below the point (a scaling we choose)"),
        "input": word("what feeds it", "event_add", "filter", "graded_set", "microcode"),
        "impulse": count("code that an event adds", "LSB", required=False),
        "impulse_frac_bits": bits("of what an event adds, those below the code", required=False),
        "order": word("what a step does first", "decay_add", "add_decay"),
        "decay_frac_bits": point("of its decay factor, those below the point"),
        "decay_round": word("how the product with the factor is rounded", *ROUNDINGS),
        "overflow": word("beyond the ends", *OVERFLOWS),
        "tau_scope": word("what shares a time constant", *SCOPES),
    },
)  # fmt: skip
