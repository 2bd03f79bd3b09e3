"""What the Nengo engine builds networks from: types of neurons, processes and learning rules that run a program.

Importing it imports Nengo, without the warning that Nengo 4.1 uses a name which NumPy 2 deprecates.
"""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import nengo as nengo
