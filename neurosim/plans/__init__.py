"""Shorter ways to the same numbers: algebra that some programs allow, and that pays for some sizes.

    reachable    what inputs and feedback reach in a trial is a small part of the space of rates: learn in that
    cascade      weights that rest in a trial: powers of W_rec, and filtered inputs and errors, for many trials
    history      exact online learning by going back through the weights of each step, instead of carrying N^3 numbers
    factorised   W_rec as it was and the factor that learning adds to it, instead of a new W_rec at every step

Each plan is one module: see `choice.Plan`. The kernel of the whole program, `full`, is the measure of all of them.
"""
