"""The flat NIR graph that a network is: its nodes, its edges, and what is said of how it is stepped.

NIR's leaky integrator is `tau dv/dt = v_leak - v + R I`. With R = 1, `v_leak` = 0 and forward Euler steps of
`dt = alpha tau` that is the equation of the rates here. https://doi.org/10.1038/s41467-024-52259-9
"""

NODES = {"input": "Input", "w_in": "Linear", "rates": "LI", "w_rec": "Linear", "w_out": "Linear", "output": "Output"}
EDGES = (
    *(("input", "w_in"), ("w_in", "rates"), ("rates", "w_out"), ("w_out", "output")),
    *(("rates", "w_rec"), ("w_rec", "rates")),
)
MATRICES = {"w_in": "W_in", "w_rec": "W_rec", "w_out": "W_out"}

DISCRETISATION = "forward Euler: v[t] = (1 - alpha) v[t-1] + alpha I[t] with alpha = dt / tau"
DELAY = "w_rec reads the rates of the step before: I[t] = w_in x[t] + w_rec v[t-1]; y[t] = w_out v[t]"
