"""Lanes of whole numbers: twice as many as `lanes` has of float64, of 32 bits each, which wrap.

`whole` spreads a number over them; operators are those of Python, `carried` is what an addition loses. `multiplied` and
`alike` take codes of at most 16 bits from memory, as many again, and leave the sum of each two neighbours.
"""

from __future__ import annotations

import operator
from typing import Any

from llvmlite import binding, ir
from numba.core import cgutils, types
from numba.core.typing.templates import signature
from numba.extending import intrinsic

from neurosim.lanes import LANES, WHOLE, WHOLE_LANES, Lanes, compared, copies, define, instruction, one_where

__all__ = ["alike", "carried", "largest", "multiplied", "upper", "whole"]

PAIRS = {4: ("avx2", "llvm.x86.avx2.pmadd.wd"), 8: ("avx512bw", "llvm.x86.avx512.pmaddw.d.512")}
"""What multiplies numbers of 16 bits and adds neighbours, by lanes: the feature that it needs, and its name."""

SHORT = Lanes(types.uint16, ir.IntType(16), 2 * WHOLE_LANES)

for _symbol, _name in (
    (operator.add, "add"),
    (operator.sub, "sub"),
    (operator.mul, "mul"),
    (operator.and_, "and_"),
    (operator.lshift, "shl"),
    (operator.rshift, "ashr"),
):
    define(_symbol, WHOLE, instruction(_name))
for _symbol, _sign in (
    (operator.gt, ">"),
    (operator.lt, "<"),
    (operator.ge, ">="),
    (operator.le, "<="),
    (operator.eq, "=="),
    (operator.ne, "!="),
):
    define(_symbol, WHOLE, compared(_sign, "icmp_signed"))


@intrinsic
def whole(typing: Any, number: Any) -> Any:
    """Of a whole number as many copies of 32 bits."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return copies(context, builder, args[0], number, WHOLE)

    return signature(WHOLE, number), codegen


@intrinsic
def carried(typing: Any, a: Any, b: Any) -> Any:
    """1 where the sum of two numbers of 32 bits without a sign does not fit in 32 bits, else 0."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        found = builder.add(*args)
        return one_where(builder, builder.icmp_unsigned("<", found, args[0]), found.type)

    return signature(WHOLE, a, b), codegen


@intrinsic
def upper(typing: Any, first: Any, second: Any) -> Any:
    """The upper halves of some words and of those that follow them."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        halves = [builder.bitcast(words, WHOLE.vector) for words in args]
        places = ir.Constant(WHOLE.vector, list(range(1, 2 * WHOLE_LANES, 2)))
        return builder.shuffle_vector(*halves, places)

    return signature(WHOLE, first, second), codegen


@intrinsic
def multiplied(typing: Any, codes: Any, others: Any, i: Any, j: Any) -> Any:
    """The products of numbers of a matrix and of an array, both of at most 16 bits, from `[i, j]` and `[j]` on.

    Of twice as many as there are lanes: each holds the sum of two neighbours.
    """

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        left = sixteen_bits(context, builder, codes, args[0], [(args[2], i), (args[3], j)])
        return _sums_of_pairs(builder, left, sixteen_bits(context, builder, others, args[1], [(args[3], j)]))

    return signature(WHOLE, codes, others, i, j), codegen


@intrinsic
def alike(typing: Any, codes: Any, others: Any, which: Any, i: Any, way: Any, j: Any) -> Any:
    """How many of two matrices' are equal, from `[i, j]` and `[way, j]` on, of each two neighbours.

    Of those for which `which`, from `[j]` on, is -1 and not 0.
    """

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        place = (args[5], j)
        left = sixteen_bits(context, builder, codes, args[0], [(args[3], i), place])
        right = sixteen_bits(context, builder, others, args[1], [(args[4], way), place])
        equal = builder.sext(builder.icmp_signed("==", left, right), left.type)
        return _sums_of_pairs(builder, equal, sixteen_bits(context, builder, which, args[2], [place]))

    return signature(WHOLE, codes, others, which, i, way, j), codegen


@intrinsic
def largest(typing: Any, lanes: Any) -> Any:
    """The largest of the lanes."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.sext(reduced(builder, "smax", args[0]), ir.IntType(64))

    return signature(types.int64, lanes), codegen


def reduced(builder: Any, name: str, lanes: Any) -> Any:
    """What LLVM reduces lanes to."""
    kind = ir.FunctionType(lanes.type.element, [lanes.type])
    suffix = f"v{lanes.type.count}i{lanes.type.element.width}"
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.vector.reduce.{name}.{suffix}")
    return builder.call(function, [lanes])


def sixteen_bits(context: Any, builder: Any, kind: Any, array: Any, places: list[Any]) -> Any:
    """Numbers of at most 16 bits from places in an array on, twice as many as there are lanes."""
    indices = [context.cast(builder, place, of, types.intp) for place, of in places]
    made = context.make_array(kind)(context, builder, array)
    first = cgutils.get_item_pointer(context, builder, kind, made, indices, wraparound=False)
    found = builder.load(builder.bitcast(first, ir.VectorType(first.type.pointee, SHORT.vector.count).as_pointer()))
    found.align = kind.dtype.bitwidth // 8
    return found if found.type == SHORT.vector else builder.sext(found, SHORT.vector)


def _sums_of_pairs(builder: Any, left: Any, right: Any) -> Any:
    """Products of numbers of 16 bits, each added to its neighbour's, where processors have an instruction for it."""
    feature, name = PAIRS.get(LANES, ("", ""))
    if binding.get_host_cpu_features().get(feature):
        kind = ir.FunctionType(WHOLE.vector, [left.type, right.type])
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [left, right])
    sixteen = ir.Constant(WHOLE.vector, [16] * WHOLE_LANES)
    left, right = (builder.bitcast(each, WHOLE.vector) for each in (left, right))
    upper = builder.mul(*(builder.ashr(each, sixteen) for each in (left, right)))
    lower = builder.mul(*(builder.ashr(builder.shl(each, sixteen), sixteen) for each in (left, right)))
    return builder.add(lower, upper)
