"""A program's names as names that Brian2 takes for variables.

A name stays as it is unless Brian2 or a language that it writes gives it a meaning; then `_value` is appended. A
quantity that remembers the past has one variable for each step of it, `past_rec[2, j]` is `past_rec_2`; kept whole, it
has one for all of them.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Container
from dataclasses import dataclass, field

from neurosim.program import Program

CPP_WORDS = (
    "alignas|alignof|and|and_eq|asm|auto|bitand|bitor|bool|break|case|catch|char|class|compl|const|constexpr|continue|"
    "decltype|default|delete|do|double|dynamic_cast|else|enum|explicit|export|extern|false|float|for|friend|goto|if|"
    "inline|int|int32_t|int64_t|long|mutable|namespace|new|noexcept|not|not_eq|nullptr|operator|or|or_eq|private|"
    "protected|public|register|return|short|signed|sizeof|static|struct|switch|template|this|throw|true|try|typedef|"
    "typeid|typename|union|unsigned|using|virtual|void|volatile|wchar_t|while|xor|xor_eq"
)

BRIAN_WORDS = (
    "N|N_incoming|N_outgoing|cdef|cimport|cpdef|cython|delay|dt|e|i|inf|j|lastspike|lio|math|not_refractory|np|numpy|"
    "pi|source|std|t|t_in_timesteps|variables|xi"
)
"""What has a meaning in Brian2's equations or in the code that it writes, beside its functions and units."""


@dataclass
class Names:
    """The names in use, each different; `reserved` are those that nothing may have.

    whole: whether every quantity is one variable, whatever it runs over. variables: of quantities, each at one step of
    the past or at none. constants. inputs: functions of time.
    """

    program: Program
    reserved: Container[str] = ()
    whole: bool = False
    taken: set[str] = field(default_factory=set)
    variables: dict[tuple[str, int | None], str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in sorted(self.program.quantities):
            for slot in self.slots(name):
                self.variables[name, slot] = self.fresh(name if slot is None else f"{name}_{slot}")
        for name in sorted(self.program.constants):
            self.constants[name] = self.fresh(name)
        for name in ("x", "target", "mask"):
            self.inputs[name] = self.fresh(f"{name}_at")

    def slots(self, name: str) -> tuple[int | None, ...]:
        """The steps of the past that a quantity has variables for: (None,) if it has only one, none without any."""
        if self.whole:
            return (None,)
        if not has_variables(self.program, name):
            return ()
        return tuple(range(self.program.sizes["past"])) if "past" in self.program.quantities[name].domains else (None,)

    def fresh(self, wanted: str) -> str:
        """A name that Brian2 takes and that nothing has yet, as near to the wanted one as can be."""
        wanted = spelled(wanted)
        if wanted.startswith(("_", "xi_")):
            wanted = f"value_{wanted}"
        while wanted in self.taken or self._means_something(wanted):
            wanted += "_value"
        self.taken.add(wanted)
        return wanted

    def _means_something(self, name: str) -> bool:
        pattern = rf"{CPP_WORDS}|{BRIAN_WORDS}|.*(_|_pre|_post)"
        return bool(re.fullmatch(pattern, name)) or keyword.iskeyword(name) or name in self.reserved


def spelled(name: str) -> str:
    """The name in the letters that Brian2 takes."""
    return "".join(letter if letter.isascii() else f"u{ord(letter):x}" for letter in name)


def places(program: Program, name: str) -> tuple[str, ...]:
    """What a quantity runs over beside the past: one domain for a neuron, two, `(to, from)`, for a synapse."""
    return tuple(domain for domain in program.quantities[name].domains if domain != "past")


def has_variables(program: Program, name: str) -> bool:
    """Whether neurons or synapses can hold the quantity: it has one place or two, and at most one past, first."""
    return len(places(program, name)) in (1, 2) and "past" not in program.quantities[name].domains[1:]
