"""Lanes: neighbouring numbers of an array as one value, which the processor computes with at once.

In a kernel `load(W, i, j)` is `W[i, j], W[i, j + 1], ...`, as many as a vector register of this machine holds, and
`store(W, i, j, value)` puts them back. `+ - * /`, comparisons and the functions below mean the same of lanes as of
one number, element by element, so that one text serves both; a number beside lanes stands for as many copies of it.
A comparison of lanes is 1.0 or 0.0 in each. Of an array of float32 there are twice as many as of float64, and so there
are of one of whole numbers of 8, 16 or 32 bits, of which `load` makes lanes of 32 bits; `whole_lanes` has what is done
with these. Numba's own loops leave the choice of vectors to LLVM, which gives up where arrays might overlap, as all of
these might.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import binding, ir
from numba.core import cgutils, types
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, models, register_model

__all__ = [
    "LANES",
    "WHOLE_LANES",
    "abs",
    "floor",
    "in_register",
    "load",
    "max",
    "min",
    "real",
    "rint",
    "spread",
    "sqrt",
    "store",
    "total",
    "totals",
    "trunc",
    "wide",
]


def _lanes() -> int:
    """How many numbers of 64 bits a register of this machine holds; LLVM splits what is wider than that."""
    features = binding.get_host_cpu_features()
    return 8 if features.get("avx512f") else 4 if features.get("avx") else 2


LANES = _lanes()
"""Of a float64."""

WHOLE_LANES = 2 * LANES
REGISTERS = 4
"""In one wide value: enough for none to wait for another's operations."""

WIDE_LANES = REGISTERS * LANES


def in_register(bytes: int) -> int:
    """How many numbers of so many bytes a register holds."""
    return LANES * 8 // bytes


class Lanes(types.Type):
    """The type of lanes of a kind of number."""

    def __init__(self, dtype: types.Type, element: ir.Type, count: int = LANES) -> None:
        self.dtype = dtype
        self.vector = ir.VectorType(element, count)
        super().__init__(name=f"lanes({dtype}, {count})")


DOUBLE, FLOAT, INTEGER = ir.DoubleType(), ir.FloatType(), ir.IntType(64)
REAL, WORD = Lanes(types.float64, DOUBLE), Lanes(types.uint64, INTEGER)
SINGLE, FEW = Lanes(types.float32, FLOAT, 2 * LANES), Lanes(types.float32, FLOAT, LANES)
WIDE, WIDE_SINGLE = Lanes(types.float64, DOUBLE, WIDE_LANES), Lanes(types.float32, FLOAT, 2 * WIDE_LANES)
WHOLE = Lanes(types.int32, ir.IntType(32), WHOLE_LANES)


@register_model(Lanes)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Lanes) -> None:
        super().__init__(manager, kind, kind.vector)


def copies(context: Any, builder: Any, value: Any, source: types.Type, kind: Lanes) -> Any:
    """Lanes as they are; a number, in each lane."""
    if isinstance(source, Lanes):
        return value
    value = context.cast(builder, value, source, kind.dtype)
    first = builder.insert_element(ir.Constant(kind.vector, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    places = ir.Constant(ir.VectorType(ir.IntType(32), kind.vector.count), [0] * kind.vector.count)
    return builder.shuffle_vector(first, ir.Constant(kind.vector, ir.Undefined), places)


def define(symbol: Any, kind: Lanes, emit: Callable[[Any, Any, Any], Any]) -> None:
    """Make an operator known for lanes, on either side of it, and a number on the other."""

    class Operator(AbstractTemplate):
        def generic(self, args: Any, kws: Any) -> Any:
            lanes = [arg for arg in args if isinstance(arg, Lanes)]
            if lanes and all(arg is kind or isinstance(arg, types.Number) for arg in args):
                return signature(kind, *args)
            return None

    infer_global(symbol)(Operator)

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        left, right = (copies(context, builder, *pair, kind) for pair in zip(args, sig.args, strict=True))
        return emit(builder, left, right)

    for left, right in ((kind, kind), (kind, types.Number), (types.Number, kind)):
        lower_builtin(symbol, left, right)(lower)


def instruction(name: str) -> Callable[[Any, Any, Any], Any]:
    """LLVM's instruction of a name, for `define`."""

    def emit(builder: Any, left: Any, right: Any) -> Any:
        return getattr(builder, name)(left, right)

    return emit


def one_where(builder: Any, condition: Any, vector: Any) -> Any:
    """1 in each lane of which a condition holds, else 0."""
    one, zero = (ir.Constant(vector, [number] * vector.count) for number in (1, 0))
    return builder.select(condition, one, zero)


def compared(sign: str, emitted: str) -> Callable[[Any, Any, Any], Any]:
    """A comparison as 1 or 0, for `define`."""

    def emit(builder: Any, left: Any, right: Any) -> Any:
        return one_where(builder, getattr(builder, emitted)(sign, left, right), left.type)

    return emit


for _symbol, _name in ((operator.add, "add"), (operator.sub, "sub"), (operator.mul, "mul"), (operator.truediv, "div")):
    for _kind_of_lanes in (REAL, WIDE, SINGLE, WIDE_SINGLE):
        define(_symbol, _kind_of_lanes, instruction(f"f{_name}"))
for _symbol, _name in (
    (operator.add, "add"),
    (operator.mul, "mul"),
    (operator.xor, "xor"),
    (operator.or_, "or_"),
    (operator.and_, "and_"),
    (operator.rshift, "lshr"),
):
    define(_symbol, WORD, instruction(_name))
for _symbol, _sign in (
    (operator.gt, ">"),
    (operator.lt, "<"),
    (operator.ge, ">="),
    (operator.le, "<="),
    (operator.eq, "=="),
    (operator.ne, "!="),
):
    define(_symbol, REAL, compared(_sign, "fcmp_unordered" if _sign == "!=" else "fcmp_ordered"))


def _kind(*given: types.Type) -> types.Type:
    """Lanes if anything given is lanes, else a number."""
    number = types.float32 if set(given) == {types.float32} else types.float64
    return next((each for each in given if isinstance(each, Lanes)), number)


def _prepared(context: Any, builder: Any, sig: Any, args: Any) -> list[Any]:
    if isinstance(kind := sig.return_type, Lanes):
        return [copies(context, builder, *pair, kind) for pair in zip(args, sig.args, strict=True)]
    return [context.cast(builder, *pair, kind) for pair in zip(args, sig.args, strict=True)]


def _rounded(name: str) -> Any:
    """A function of LLVM's, of one number or of lanes."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        (value,) = _prepared(context, builder, sig, args)
        found = sig.return_type
        lanes = isinstance(found, Lanes)
        suffix = f"v{value.type.count}f{found.dtype.bitwidth}" if lanes else f"f{found.bitwidth}"
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


def _pointer(context: Any, builder: Any, kind: Any, array: Any, places: Any, count: int) -> Any:
    """Where neighbours in an array begin, as a pointer to as many as there are lanes."""
    made = context.make_array(kind)(context, builder, array)
    indices = [context.cast(builder, place, types.intp, types.intp) for place in cgutils.unpack_tuple(builder, places)]
    first = cgutils.get_item_pointer(context, builder, kind, made, indices, wraparound=False)
    return builder.bitcast(first, ir.VectorType(first.type.pointee, count).as_pointer())


def _of(array: Any) -> Lanes:
    """The lanes that an array's numbers make."""
    return {types.float64: REAL, types.float32: SINGLE}.get(array.dtype, WHOLE)


def _loaded(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    lanes = sig.return_type.vector
    found = builder.load(_pointer(context, builder, sig.args[0], args[0], args[1], lanes.count))
    found.align = sig.args[0].dtype.bitwidth // 8
    return found if found.type == lanes else builder.sext(found, lanes)


@intrinsic
def load(typing: Any, array: Any, *places: Any) -> Any:
    """The numbers of an array from a place on."""
    return signature(_of(array), array, types.StarArgTuple(places)), _loaded


@intrinsic
def wide(typing: Any, source: Any, *places: Any) -> Any:
    """The same of four times as many numbers; or of one number as many copies."""
    array = isinstance(source, types.Array)
    kind = WIDE_SINGLE if (source.dtype if array else source) == types.float32 else WIDE
    if array:
        return signature(kind, source, types.StarArgTuple(places)), _loaded

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return copies(context, builder, args[0], source, kind)

    return signature(kind, source, types.StarArgTuple(places)), codegen


@intrinsic
def store(typing: Any, value: Any, array: Any, *places: Any) -> Any:
    """Put lanes into an array from a place on."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        value = args[0]
        pointer = _pointer(context, builder, sig.args[1], args[1], args[2], value.type.count)
        if value.type != pointer.type.pointee:
            value = builder.trunc(value, pointer.type.pointee)
        builder.store(value, pointer, align=sig.args[1].dtype.bitwidth // 8)
        return context.get_dummy_value()

    return signature(types.void, value, array, types.StarArgTuple(places)), codegen


@intrinsic
def spread(typing: Any, first: Any) -> Any:
    """Of a number, as many copies; of a whole number, it and those that follow it."""
    kind = {types.float64: REAL, types.float32: SINGLE}.get(first, WORD)

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        value = copies(context, builder, args[0], first, kind)
        return value if kind is not WORD else builder.add(value, ir.Constant(value.type, list(range(LANES))))

    return signature(kind, first), codegen


@intrinsic
def total(typing: Any, lanes: Any) -> Any:
    """The sum over the lanes."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        if lanes is WHOLE:
            long = builder.sext(args[0], ir.VectorType(INTEGER, WHOLE_LANES))
            kind, name = ir.FunctionType(INTEGER, [long.type]), f"llvm.vector.reduce.add.v{WHOLE_LANES}i64"
            return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [long])
        value = _folded(builder, args[0])
        parts = [builder.extract_element(value, ir.Constant(ir.IntType(32), lane)) for lane in range(value.type.count)]
        while len(parts) > 1:
            half = len(parts) // 2
            parts = [builder.fadd(a, b) for a, b in zip(parts[:half], parts[half:], strict=True)]
        return parts[0]

    return signature(types.int64 if lanes is WHOLE else lanes.dtype, lanes), codegen


@intrinsic
def totals(typing: Any, *lanes: Any) -> Any:
    """The sums over the lanes of `LANES` of them, as lanes."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        parts, width = cgutils.unpack_tuple(builder, args[0]), 1
        while len(parts) > 1:
            parts = [_halves_added(builder, a, b, width) for a, b in zip(parts[::2], parts[1::2], strict=True)]
            width *= 2
        return _folded(builder, parts[0])

    kind = REAL if lanes[0] is REAL else FEW
    return signature(kind, types.StarArgTuple(lanes)), codegen


def _halves_added(builder: Any, a: Any, b: Any, width: int) -> Any:
    """Of each two neighbouring groups of lanes the sum, those of `a` and of `b` in turns."""
    count = a.type.count
    first = [at + lane for at in range(0, count, 2 * width) for lane in (*range(width), *range(count, count + width))]
    left, right = (_picked(builder, a, b, [place + shift for place in first]) for shift in (0, width))
    return builder.fadd(left, right)


def _folded(builder: Any, lanes: Any) -> Any:
    """The first half of the lanes and the second, added, until there are `LANES`."""
    while (half := lanes.type.count // 2) >= LANES:
        lanes = builder.fadd(*(_picked(builder, lanes, lanes, range(at, at + half)) for at in (0, half)))
    return lanes


def _picked(builder: Any, a: Any, b: Any, places: Sequence[int]) -> Any:
    """Of the lanes of `a` and `b` those in some places."""
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(ir.IntType(32), len(places)), list(places)))


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
