"""Lanes: neighbouring numbers of an array as one value, which the processor computes with at once.

In a kernel `load(W, i, j)` is `W[i, j], W[i, j + 1], ...`, as many as a vector register of this machine holds, and
`store(W, i, j, value)` puts them back. `+ - * /`, comparisons and the functions below mean the same of lanes as of
one number, element by element, so that one text serves both; a number beside lanes stands for as many copies of it.
A comparison of lanes is 1.0 or 0.0 in each. Of an array of whole numbers of 8, 16 or 32 bits, `load` makes lanes of 32
bits, twice as many, which wrap; `whole` spreads a number over them. Numba's own loops leave the choice of vectors to
LLVM, which gives up where arrays might overlap, as all of these might.
"""

from __future__ import annotations

import operator
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from llvmlite import binding, ir
from numba.core import cgutils, types
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, models, register_model

__all__ = [
    "LANES",
    "VERSION",
    "WHOLE_LANES",
    "abs",
    "alike",
    "carried",
    "floor",
    "load",
    "max",
    "min",
    "multiplied",
    "real",
    "rint",
    "spread",
    "sqrt",
    "store",
    "total",
    "totals",
    "trunc",
    "upper",
    "whole",
]


def _lanes() -> int:
    """How many numbers of 64 bits a register of this machine holds; LLVM splits what is wider than that."""
    features = binding.get_host_cpu_features()
    return 8 if features.get("avx512f") else 4 if features.get("avx") else 2


LANES = _lanes()
WHOLE_LANES = 2 * LANES
PAIRS = {4: ("avx2", "llvm.x86.avx2.pmadd.wd"), 8: ("avx512bw", "llvm.x86.avx512.pmaddw.d.512")}
"""What multiplies numbers of 16 bits and adds neighbours, by lanes: the feature that it needs, and its name."""
VERSION = f"{LANES} lanes, {zlib.crc32(Path(__file__).read_bytes()):08x}"
"""Of this module on this machine; what was compiled with another must not be taken from disk."""


class Lanes(types.Type):
    """The type of lanes of a kind of number."""

    def __init__(self, dtype: types.Type, element: ir.Type, count: int = LANES) -> None:
        self.dtype = dtype
        self.vector = ir.VectorType(element, count)
        super().__init__(name=f"lanes({dtype})")


DOUBLE, INTEGER = ir.DoubleType(), ir.IntType(64)
REAL, WORD = Lanes(types.float64, DOUBLE), Lanes(types.uint64, INTEGER)
WHOLE = Lanes(types.int32, ir.IntType(32), WHOLE_LANES)


@register_model(Lanes)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Lanes) -> None:
        super().__init__(manager, kind, kind.vector)


def _copies(context: Any, builder: Any, value: Any, source: types.Type, kind: Lanes) -> Any:
    """Lanes as they are; a number, in each lane."""
    if isinstance(source, Lanes):
        return value
    value = context.cast(builder, value, source, kind.dtype)
    first = builder.insert_element(ir.Constant(kind.vector, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    places = ir.Constant(ir.VectorType(ir.IntType(32), kind.vector.count), [0] * kind.vector.count)
    return builder.shuffle_vector(first, ir.Constant(kind.vector, ir.Undefined), places)


def _operator(symbol: Any, kind: Lanes, emit: Callable[[Any, Any, Any], Any]) -> None:
    """Make an operator known for lanes, on either side of it, and a number on the other."""

    class Operator(AbstractTemplate):
        def generic(self, args: Any, kws: Any) -> Any:
            lanes = [arg for arg in args if isinstance(arg, Lanes)]
            if lanes and all(arg is kind or isinstance(arg, types.Number) for arg in args):
                return signature(kind, *args)
            return None

    infer_global(symbol)(Operator)

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        left, right = (_copies(context, builder, *pair, kind) for pair in zip(args, sig.args, strict=True))
        return emit(builder, left, right)

    for left, right in ((kind, kind), (kind, types.Number), (types.Number, kind)):
        lower_builtin(symbol, left, right)(lower)


def _instruction(name: str) -> Callable[[Any, Any, Any], Any]:
    def emit(builder: Any, left: Any, right: Any) -> Any:
        return getattr(builder, name)(left, right)

    return emit


def _one_where(builder: Any, condition: Any, vector: Any) -> Any:
    one, zero = (ir.Constant(vector, [number] * vector.count) for number in (1, 0))
    return builder.select(condition, one, zero)


def _compared(sign: str, emitted: str) -> Callable[[Any, Any, Any], Any]:
    def emit(builder: Any, left: Any, right: Any) -> Any:
        return _one_where(builder, getattr(builder, emitted)(sign, left, right), left.type)

    return emit


for _symbol, _name in ((operator.add, "add"), (operator.sub, "sub"), (operator.mul, "mul"), (operator.truediv, "div")):
    _operator(_symbol, REAL, _instruction(f"f{_name}"))
for _symbol, _name in (
    (operator.add, "add"),
    (operator.mul, "mul"),
    (operator.xor, "xor"),
    (operator.or_, "or_"),
    (operator.and_, "and_"),
    (operator.rshift, "lshr"),
):
    _operator(_symbol, WORD, _instruction(_name))
for _symbol, _name in (
    (operator.add, "add"),
    (operator.sub, "sub"),
    (operator.mul, "mul"),
    (operator.lshift, "shl"),
    (operator.rshift, "ashr"),
):
    _operator(_symbol, WHOLE, _instruction(_name))
for _symbol, _sign in (
    (operator.gt, ">"),
    (operator.lt, "<"),
    (operator.ge, ">="),
    (operator.le, "<="),
    (operator.eq, "=="),
    (operator.ne, "!="),
):
    _operator(_symbol, REAL, _compared(_sign, "fcmp_unordered" if _sign == "!=" else "fcmp_ordered"))
    _operator(_symbol, WHOLE, _compared(_sign, "icmp_signed"))


def _kind(*given: types.Type) -> types.Type:
    """Lanes if anything given is lanes, else a number."""
    return next((each for each in given if isinstance(each, Lanes)), types.float64)


def _prepared(context: Any, builder: Any, sig: Any, args: Any) -> list[Any]:
    if isinstance(kind := sig.return_type, Lanes):
        return [_copies(context, builder, *pair, kind) for pair in zip(args, sig.args, strict=True)]
    return [context.cast(builder, *pair, types.float64) for pair in zip(args, sig.args, strict=True)]


def _rounded(name: str) -> Any:
    """A function of LLVM's, of one number or of lanes."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        (value,) = _prepared(context, builder, sig, args)
        suffix = f"v{LANES}f64" if sig.return_type is REAL else "f64"
        kind = ir.FunctionType(value.type, [value.type])
        function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}.{suffix}")
        return builder.call(function, [value])

    def typed(typing: Any, x: Any) -> Any:
        return signature(_kind(x), x), codegen

    return intrinsic(typed)


floor, trunc, rint, sqrt, abs = map(_rounded, ("floor", "trunc", "rint", "sqrt", "fabs"))


def _chosen(sign: str) -> Any:
    """`b if b SIGN a else a`: Python's `min` and `max`."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        a, b = _prepared(context, builder, sig, args)
        compared = builder.icmp_signed if sig.return_type is WHOLE else builder.fcmp_ordered
        return builder.select(compared(sign, b, a), b, a)

    def typed(typing: Any, a: Any, b: Any) -> Any:
        return signature(_kind(a, b), a, b), codegen

    return intrinsic(typed)


min, max = _chosen("<"), _chosen(">")


def _pointer(context: Any, builder: Any, kind: Any, array: Any, places: Any) -> Any:
    """Where neighbours in an array begin, as a pointer to as many as there are lanes."""
    made = context.make_array(kind)(context, builder, array)
    indices = [context.cast(builder, place, types.intp, types.intp) for place in cgutils.unpack_tuple(builder, places)]
    first = cgutils.get_item_pointer(context, builder, kind, made, indices, wraparound=False)
    return builder.bitcast(first, ir.VectorType(first.type.pointee, _of(kind).vector.count).as_pointer())


def _of(array: Any) -> Lanes:
    """The lanes that an array's numbers make."""
    return REAL if array.dtype == types.float64 else WHOLE


@intrinsic
def load(typing: Any, array: Any, *places: Any) -> Any:
    """The numbers of an array from a place on."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        found = builder.load(_pointer(context, builder, sig.args[0], args[0], args[1]))
        found.align = sig.args[0].dtype.bitwidth // 8
        return found if found.type == sig.return_type.vector else builder.sext(found, sig.return_type.vector)

    return signature(_of(array), array, types.StarArgTuple(places)), codegen


@intrinsic
def store(typing: Any, value: Any, array: Any, *places: Any) -> Any:
    """Put lanes into an array from a place on."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        pointer, value = _pointer(context, builder, sig.args[1], args[1], args[2]), args[0]
        if value.type != pointer.type.pointee:
            value = builder.trunc(value, pointer.type.pointee)
        builder.store(value, pointer, align=sig.args[1].dtype.bitwidth // 8)
        return context.get_dummy_value()

    return signature(types.void, value, array, types.StarArgTuple(places)), codegen


@intrinsic
def spread(typing: Any, first: Any) -> Any:
    """Of a number, as many copies; of a whole number, it and those that follow it."""
    kind = REAL if isinstance(first, types.Float) else WORD

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        value = _copies(context, builder, args[0], first, kind)
        return value if kind is REAL else builder.add(value, ir.Constant(value.type, list(range(LANES))))

    return signature(kind, first), codegen


@intrinsic
def total(typing: Any, lanes: Any) -> Any:
    """The sum over the lanes."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        count, add = args[0].type.count, builder.add if lanes is WHOLE else builder.fadd
        parts = [builder.extract_element(args[0], ir.Constant(ir.IntType(32), lane)) for lane in range(count)]
        parts = [builder.sext(part, INTEGER) for part in parts] if lanes is WHOLE else parts
        while len(parts) > 1:
            half = len(parts) // 2
            parts = [add(a, b) for a, b in zip(parts[:half], parts[half:], strict=True)]
        return parts[0]

    return signature(types.int64 if lanes is WHOLE else types.float64, lanes), codegen


@intrinsic
def totals(typing: Any, *lanes: Any) -> Any:
    """The sums over the lanes of as many as there are lanes in one, as lanes."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        parts, width = cgutils.unpack_tuple(builder, args[0]), 1
        while len(parts) > 1:
            parts = [_halves_added(builder, a, b, width) for a, b in zip(parts[::2], parts[1::2], strict=True)]
            width *= 2
        return parts[0]

    return signature(REAL, types.StarArgTuple(lanes)), codegen


def _halves_added(builder: Any, a: Any, b: Any, width: int) -> Any:
    """Of each two neighbouring groups of lanes the sum, those of `a` and of `b` in turns."""
    first = [at + lane for at in range(0, LANES, 2 * width) for lane in (*range(width), *range(LANES, LANES + width))]
    kind = ir.VectorType(ir.IntType(32), LANES)
    left, right = (
        builder.shuffle_vector(a, b, ir.Constant(kind, [place + shift for place in first])) for shift in (0, width)
    )
    return builder.fadd(left, right)


@intrinsic
def real(typing: Any, word: Any) -> Any:
    """The number that a word below 2**52 is."""
    kind = REAL if isinstance(word, Lanes) else types.float64

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        value = args[0]
        target = ir.VectorType(DOUBLE, LANES) if kind is REAL else DOUBLE

        def constant(of: Any, number: Any) -> Any:
            return ir.Constant(of, [number] * LANES if kind is REAL else number)

        filled = builder.bitcast(builder.or_(value, constant(value.type, 0x4330 << 48)), target)
        return builder.fsub(filled, constant(target, 2.0**52))

    return signature(kind, word), codegen


@intrinsic
def whole(typing: Any, number: Any) -> Any:
    """Of a whole number as many copies of 32 bits."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _copies(context, builder, args[0], number, WHOLE)

    return signature(WHOLE, number), codegen


@intrinsic
def carried(typing: Any, a: Any, b: Any) -> Any:
    """1 where the sum of two numbers of 32 bits without a sign does not fit in 32 bits, else 0."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        found = builder.add(*args)
        return _one_where(builder, builder.icmp_unsigned("<", found, args[0]), found.type)

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
        return _sums_of_pairs(builder, *_sixteen_bits(context, builder, sig, args))

    return signature(WHOLE, codes, others, i, j), codegen


@intrinsic
def alike(typing: Any, codes: Any, others: Any, i: Any, j: Any) -> Any:
    """How many of the same numbers are equal, of each two neighbours."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        left, right = _sixteen_bits(context, builder, sig, args)
        equal = builder.sext(builder.icmp_signed("==", left, right), left.type)
        return _sums_of_pairs(builder, equal, ir.Constant(left.type, [-1] * left.type.count))

    return signature(WHOLE, codes, others, i, j), codegen


def _sixteen_bits(context: Any, builder: Any, sig: Any, args: Any) -> list[Any]:
    """Twice as many numbers as there are lanes of a matrix and of an array."""
    (codes, others, i, j), found = args, []
    for kind, array, places in ((sig.args[0], codes, [(i, 2), (j, 3)]), (sig.args[1], others, [(j, 3)])):
        indices = [context.cast(builder, place, sig.args[at], types.intp) for place, at in places]
        made = context.make_array(kind)(context, builder, array)
        first = cgutils.get_item_pointer(context, builder, kind, made, indices, wraparound=False)
        vector = ir.VectorType(first.type.pointee, 2 * WHOLE_LANES)
        value = builder.load(builder.bitcast(first, vector.as_pointer()))
        value.align = kind.dtype.bitwidth // 8
        wide = ir.VectorType(ir.IntType(16), 2 * WHOLE_LANES)
        found.append(value if vector == wide else builder.sext(value, wide))
    return found


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
