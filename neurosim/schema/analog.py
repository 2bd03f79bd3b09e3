"""What a profile says of analog parts: noise, and how a memory device steps, drifts and wears out."""

from __future__ import annotations

from neurosim.schema.fields import Field, Section, bits, count, flag, number, span, word

NOISE = Section(
    "what is not exact in analog parts",
    "never",
    {
        "dac_bits": bits("of what turns messages into signals", required=False),
        "adc_bits": bits("of what turns results into codes", required=False),
        "out_bound": number("largest result, in units where one full input through a weight of 1 gives 1"),
        "out_noise": number("standard deviation of a result, in the same units"),
        "out_noise_lsb": number("standard deviation of a result", "LSB"),
        "out_gain_per_lsb2": number("result per product of activation and weight", "LSB/LSB^2"),
        "effective_weight_bits": span("precision of a weight as it is read", "bits"),
        "weight_mismatch_cv": span("standard deviation of weights from device to device, over their mean", ""),
        "param_mismatch_cv": span("standard deviation of neurons' parameters, over their mean", ""),
    },
)

DEVICE = Section(
    "an analog memory device; one pulse is one step of `dw_min`",
    "never",
    {
        "model": word(
            "how a step depends on the weight",
            *("constant_step", "linear_step", "soft_bounds", "exp_step", "program_verify_drift"),
        ),
        "n_states": number("(w_max - w_min) / dw_min"),
        "dw_min": number("mean step at weight 0", "weight"),
        "dw_min_dtod": number("its standard deviation from device to device", "dw_min"),
        "dw_min_dtod_log_normal": flag("whether that is log-normal", required=False),
        "dw_min_std": number("its standard deviation from pulse to pulse", "dw_min"),
        "dw_min_std_add": number("part of that which does not scale with the step", "dw_min"),
        "dw_min_std_slope": number("part of that which grows with the weight", "dw_min"),
        "up_down": number("bias of steps up over steps down", "dw_min", -1e3, 1e3),
        "up_down_dtod": number("its standard deviation from device to device", "dw_min"),
        "w_max": number("upper bound of the weight", "weight", -1e6, 1e6),
        "w_min": number("lower bound of the weight", "weight", -1e6, 1e6),
        "w_max_dtod": number("its standard deviation from device to device", "w_max"),
        "w_min_dtod": number("its standard deviation from device to device", "w_min"),
        "gamma_up": number("slope, of a linear step, or exponent, of an exponential one, of steps up"),
        "gamma_down": number("slope, of a linear step, or exponent, of an exponential one, of steps down"),
        "A_up": number("amplitude of an exponential step up", "", -1e6, 1e6),
        "A_down": number("amplitude of an exponential step down", "", -1e6, 1e6),
        "a": number("scale of the weight in an exponential step: z = 2 a w / (w_max - w_min) + b", "", -1e6, 1e6),
        "b": number("offset of the weight in an exponential step", "", -1e6, 1e6),
        "mult_noise": flag("whether noise of a step is multiplied with it, not added to it", required=False),
        "write_noise_std": number("standard deviation of the weight as it is read after a write", "dw_min"),
        "lifetime": number("time constant of a weight's decay; 0 for none", "steps"),
        "reset": number("mean weight after a reset", "weight"),
        "reset_dtod": number("its standard deviation from device to device", "weight"),
        "corrupt_devices_prob": number("share of devices that do not change", "", 0.0, 1.0),
        "mean_bound_reference": flag("whether steps use the mean bounds, not each device's own", required=False),
        "subtract_symmetry_point": flag("whether the weight where steps balance reads as 0", required=False),
        "reference_std": number("standard deviation of that reference", "weight"),
        "unidirectional": flag("whether a device steps in one direction only", required=False),
        "num_devices": count("devices of one weight and polarity", low=1, required=False),
        "g_max_us": number("largest conductance", "uS"),
        "prog_poly_us": Field(
            "numbers",
            "programming noise: coefficients of powers of g / g_max",
            "uS",
            -1e6,
            1e6,
            required=False,
        ),
        "drift_nu_mean": number("mean exponent of drift, g (t / t0)^-nu"),
        "drift_nu_mean_min": number("least mean exponent of drift"),
        "drift_nu_mean_max": number("greatest mean exponent of drift"),
        "drift_t0_s": number("t0 of drift", "s"),
        "t_read_s": number("time that a read takes", "s"),
        "read_noise_q": number("read noise q: std / g = q / (g / g_max)^0.65 * sqrt(ln((t + t_read) / (2 t_read)))"),
        "endurance_writes": span("writes that a device lasts", ""),
    },
)
