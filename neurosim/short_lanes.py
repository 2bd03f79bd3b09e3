"""Lanes of 16 bits, twice as many as `whole_lanes` has, for what need not be exact: which codes may move.

`sixteen` takes neighbours from an array, `shorts` spreads a number. They wrap.
"""

from __future__ import annotations

import operator
import zlib
from pathlib import Path
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.typing.templates import signature
from numba.extending import intrinsic

from neurosim import lanes, whole_lanes
from neurosim.lanes import LANES, copies, define, instruction
from neurosim.whole_lanes import SHORT, reduced, sixteen_bits

__all__ = ["VERSION", "lower", "lowest", "shorts", "sixteen"]

_TEXTS = b"".join(Path(file).read_bytes() for file in (lanes.__file__, whole_lanes.__file__, __file__))
VERSION = f"{LANES} lanes, {zlib.crc32(_TEXTS):08x}"
"""Of all modules of lanes on this machine; what was compiled with others must not be taken from disk."""

define(operator.add, SHORT, instruction("add"))


@intrinsic
def shorts(typing: Any, number: Any) -> Any:
    """Of a whole number as many copies."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return copies(context, builder, args[0], number, SHORT)

    return signature(SHORT, number), codegen


@intrinsic
def sixteen(typing: Any, array: Any, *places: Any) -> Any:
    """The numbers of an array, of at most 16 bits, from a place on."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        found = zip(cgutils.unpack_tuple(builder, args[1]), places, strict=True)
        return sixteen_bits(context, builder, array, args[0], list(found))

    return signature(SHORT, array, types.StarArgTuple(places)), codegen


@intrinsic
def lower(typing: Any, a: Any, b: Any) -> Any:
    """The lower of lanes and lanes, taken without a sign."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = ir.FunctionType(SHORT.vector, [SHORT.vector] * 2)
        name = f"llvm.umin.v{SHORT.vector.count}i16"
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), args)

    return signature(SHORT, a, b), codegen


@intrinsic
def lowest(typing: Any, lanes: Any) -> Any:
    """The lowest of the lanes, taken without a sign."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.zext(reduced(builder, "umin", args[0]), ir.IntType(64))

    return signature(types.int64, lanes), codegen
