"""Lanes: neighbouring numbers of an array as one value, which the processor computes with at once.

In a kernel `load(W, i, j)` is `W[i, j], W[i, j + 1], ...`, as many as a vector register of this machine holds, and
`store(W, i, j, value)` puts them back. `+ - * /`, comparisons and the functions below mean the same of lanes as of
one number, element by element, so that one text serves both; a number beside lanes stands for as many copies of it.
A comparison of lanes is 1.0 or 0.0 in each. Numba's own loops leave the choice of vectors to LLVM, which gives up
where arrays might overlap, as all of these might.
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
    "abs",
    "floor",
    "load",
    "max",
    "min",
    "real",
    "rint",
    "spread",
    "sqrt",
    "store",
    "total",
    "trunc",
]


def _lanes() -> int:
    """How many numbers of 64 bits a register of this machine holds; LLVM splits what is wider than that."""
    features = binding.get_host_cpu_features()
    return 8 if features.get("avx512f") else 4 if features.get("avx") else 2


LANES = _lanes()
VERSION = f"{LANES} lanes, {zlib.crc32(Path(__file__).read_bytes()):08x}"
"""Of this module on this machine; what was compiled with another must not be taken from disk."""


class Lanes(types.Type):
    """The type of lanes of a kind of number."""

    def __init__(self, dtype: types.Type) -> None:
        self.dtype = dtype
        super().__init__(name=f"lanes({dtype})")


REAL, WORD = Lanes(types.float64), Lanes(types.uint64)
DOUBLE, INTEGER = ir.DoubleType(), ir.IntType(64)


@register_model(Lanes)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Lanes) -> None:
        element = DOUBLE if kind is REAL else INTEGER
        super().__init__(manager, kind, ir.VectorType(element, LANES))


def _copies(context: Any, builder: Any, value: Any, source: types.Type, kind: Lanes) -> Any:
    """Lanes as they are; a number, in each lane."""
    if isinstance(source, Lanes):
        return value
    value = context.cast(builder, value, source, kind.dtype)
    vector = ir.VectorType(value.type, LANES)
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    places = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), places)


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


def _compared(sign: str) -> Callable[[Any, Any, Any], Any]:
    emitted = "fcmp_unordered" if sign == "!=" else "fcmp_ordered"

    def emit(builder: Any, left: Any, right: Any) -> Any:
        one, zero = (ir.Constant(left.type, [number] * LANES) for number in (1.0, 0.0))
        return builder.select(getattr(builder, emitted)(sign, left, right), one, zero)

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
for _symbol, _sign in (
    (operator.gt, ">"),
    (operator.lt, "<"),
    (operator.ge, ">="),
    (operator.le, "<="),
    (operator.eq, "=="),
    (operator.ne, "!="),
):
    _operator(_symbol, REAL, _compared(_sign))


def _kind(*given: types.Type) -> types.Type:
    """Lanes if anything given is lanes, else a number."""
    return REAL if any(isinstance(each, Lanes) for each in given) else types.float64


def _prepared(context: Any, builder: Any, sig: Any, args: Any) -> list[Any]:
    if sig.return_type is REAL:
        return [_copies(context, builder, *pair, REAL) for pair in zip(args, sig.args, strict=True)]
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
        return builder.select(builder.fcmp_ordered(sign, b, a), b, a)

    def typed(typing: Any, a: Any, b: Any) -> Any:
        return signature(_kind(a, b), a, b), codegen

    return intrinsic(typed)


min, max = _chosen("<"), _chosen(">")


def _pointer(context: Any, builder: Any, kind: Any, array: Any, places: Any) -> Any:
    """Where neighbours in an array begin, as a pointer to lanes."""
    made = context.make_array(kind)(context, builder, array)
    indices = [context.cast(builder, place, types.intp, types.intp) for place in cgutils.unpack_tuple(builder, places)]
    first = cgutils.get_item_pointer(context, builder, kind, made, indices, wraparound=False)
    return builder.bitcast(first, ir.VectorType(DOUBLE, LANES).as_pointer())


@intrinsic
def load(typing: Any, array: Any, *places: Any) -> Any:
    """The numbers of an array from a place on."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load(_pointer(context, builder, sig.args[0], args[0], args[1]), align=8)

    return signature(REAL, array, types.StarArgTuple(places)), codegen


@intrinsic
def store(typing: Any, value: Any, array: Any, *places: Any) -> Any:
    """Put lanes into an array from a place on."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        builder.store(args[0], _pointer(context, builder, sig.args[1], args[1], args[2]), align=8)
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
        parts = [builder.extract_element(args[0], ir.Constant(ir.IntType(32), lane)) for lane in range(LANES)]
        while len(parts) > 1:
            half = len(parts) // 2
            parts = [builder.fadd(a, b) for a, b in zip(parts[:half], parts[half:], strict=True)]
        return parts[0]

    return signature(types.float64, lanes), codegen


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
