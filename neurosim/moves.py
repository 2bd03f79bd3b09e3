"""How a row of codes changes, in whole numbers of 32 bits, and when it need not be looked at.

With p the product of the factors' codes, s bits below the last one of a code w, and a draw U of 32 bits, the code
becomes `w + floor(p / 2**s + U / 2**32)`: the upper part of p is added, and the carry from its lower part and U. Who
rounds to the nearest has one half in place of U, or just less where ties go to an even code below; who rounds down, 0.

A change of less than a code moves an element only if U is no further from 0 or 1 than its size, and most are far from
that. Where all of a row have one U, it says at once whether any may move; where rows and columns draw, see `dither`.
Where each element draws, nothing is known before.
"""

from __future__ import annotations

from neurosim import dither
from neurosim.dither import STRIDE
from neurosim.lanes import LANES, WHOLE_LANES
from neurosim.narrow import Held
from neurosim.precision import DRAW_BITS


def made(held: Held) -> list[str]:
    """The constants and arrays that a change needs, beside `moving_` and `factors_`.

    goes, ends: by column, whether it changes, and the end to which it goes, both ways. ended: the rows of which an
    element may be at an end.
    """
    name, (rows, _), change = held.name, held.domains, held.format.change
    fine = str(change.frac_bits) if change else f"below_{name}"
    return [
        f"finest_{name} = {held.rate_bits} - math.frexp(c_{held.rate.name})[1]",
        f"below_{name} = int(finest_{name} + {held.shift})",
        f"all_{name} = int(min(below_{name}, {DRAW_BITS - 1}))",
        *([f"drop_{name} = below_{name} - {fine}"] if change else []),
        f"left_{name} = int(max({DRAW_BITS} - {fine}, 0))",
        f"right_{name} = int(max({fine} - {DRAW_BITS}, 0))",
        f"goes_{name} = np.zeros(width_{name}, np.int16)",
        f"ends_{name} = np.zeros((2, width_{name}), np.int16)",
        f"ended_{name} = np.zeros(n_{rows}, np.bool_)",
        *(dither.made(held) if _paired(held) else []),
    ]


def before(held: Held) -> list[str]:
    """What is known before any row changes: how many columns stay `still`, the `most` that one goes, and draws."""
    name, (_, columns), (low, high) = held.name, held.domains, map(int, held.format.ends)
    return [
        *(["draw = " + _half(held, "0")] if held.drawn and held.format.share == "update" else []),
        "stills, sizes = whole(0), whole(0)",
        f"for j in range(0, width_{name}, {WHOLE_LANES}):",
        f"    code = load(moving_{name}, j)",
        "    stills = stills + (code == 0)",
        "    sizes = max(max(sizes, code), whole(0) - code)",
        f"    store(whole(0) - (code != 0), goes_{name}, j)",
        f"    store((code > 0) * {high} + (code < 0) * {low}, ends_{name}, 0, j)",
        f"    store((code > 0) * {low} + (code < 0) * {high}, ends_{name}, 1, j)",
        f"still, most = total(stills) - (width_{name} - n_{columns}), largest(sizes)",
        *(dither.before(held, _reach(held)) if _paired(held) else []),
    ]


def of_row(held: Held) -> list[str]:
    """The change of row `i` by `factor`: how many elements `moved`, and how many were to go `over` an end."""
    name = held.name
    return [
        "moved, over = 0, 0",
        *([f"row = int(drawn_{name}[i])"] if _paired(held) else []),
        *(["draw = " + _half(held, "i")] if held.drawn and held.format.share == "vector" else []),
        "size = (factor if factor > 0 else -factor) * most",
        f"if size >> below_{name}:",
        f"    ended_{name}[i] = True",
        *_indented(_all(held, far=True)),
        "elif size:",
        f"    if ended_{name}[i]:",
        "        found, way = whole(0), 0 if factor > 0 else 1",
        f"        for j in range(0, width_{name}, {STRIDE}):",
        f"            found = found + alike(held_{name}, ends_{name}, goes_{name}, i, way, j)",
        "        over += total(found)",
        *_indented(_reach(held)),
        *_indented(_few(held)),
    ]


def _few(held: Held) -> list[str]:
    """The change of a row by less than a code, if an element may move."""
    every = _all(held, far=False)
    if held.format.rounding == "floor" or (held.drawn and held.format.share == "element"):
        return every
    if not held.drawn:
        return [f"if reach >= {2 ** (DRAW_BITS - 1)}:", *_indented(every)]
    if held.format.share != "pair":
        return [f"if not reach <= draw < {2**DRAW_BITS} - reach:", *_indented(every)]
    return dither.of_row(held, _lanes(held, "first", "last", far=False))


def _reach(held: Held) -> list[str]:
    """Lines that bound the change of any element of a row, in units of a draw."""
    name, change, bits = held.name, held.format.change, held.format.random_bits
    coarse = 2 ** (DRAW_BITS - bits) if _paired(held) and bits < DRAW_BITS else 0
    size = "limited" if change else "size"
    return [
        *([f"limited = -(-size >> drop_{name})"] if change else []),
        f"reach = -(-({size} << left_{name}) >> right_{name})" + (f" + {coarse}" if coarse else ""),
    ]


def _all(held: Held, far: bool) -> list[str]:
    return _lanes(held, "0", f"width_{held.name}", far)


def _lanes(held: Held, first: str, last: str, far: bool) -> list[str]:
    """The change of some columns of a row. far: whether some may change by a code or more."""
    name, (low, high) = held.name, map(int, held.format.ends)
    begin = ["beyond = whole(0)"] if far else [f"least, greatest = whole({high}), whole({low})"]
    end = ["over += total(beyond)"]
    if not far:
        end = [f"if total((least == {low}) + (greatest == {high})):", f"    ended_{name}[i] = True"]
    return [
        "stayed = whole(0)",
        *begin,
        f"for j in range({first}, {last}, {WHOLE_LANES}):",
        *_indented(_element(held, far)),
        f"moved += {last} - {first} - total(stayed)",
        *end,
    ]


def _element(held: Held, far: bool) -> list[str]:
    """What is done for neighbours in a row."""
    name, (low, high), change = held.name, map(int, held.format.ends), held.format.change
    fine, all = ("limited", str(change.frac_bits)) if change else ("change", f"all_{name}")
    limit = 2 ** (change.bits - 1) if change else 0
    counted = [f"beyond = beyond + (was + (change >> all_{name}) < {low})"]
    counted += [f"beyond = beyond + (was - (whole(0) - change >> all_{name}) > {high})"]
    return [
        f"was = load(held_{name}, i, j)",
        f"change = load(moving_{name}, j) * factor",
        *([f"limited = min(max(change >> int(min(drop_{name}, 31)), {-limit}), {limit - 1})"] if change else []),
        f"floored = was + ({fine} >> {all})",
        f"there = floored + carried(({fine} << left_{name}) >> right_{name}, {_draw(held)})",
        f"kept = min(max(there, {low}), {high})",
        f"store(kept, held_{name}, i, j)",
        "stayed = stayed + (kept == was)",
        *(counted if far else ["least, greatest = min(least, kept), max(greatest, kept)"]),
    ]


def _draw(held: Held) -> str:
    """What is added to the lower parts of the changes of neighbours in a row."""
    name, (_, columns) = held.name, held.domains
    if not held.drawn:
        half = 2 ** (DRAW_BITS - 1)
        return {"nearest_even": f"(floored & 1) + {half - 1}", "nearest_up": f"whole({half})"}.get(
            held.format.rounding, "whole(0)"
        )
    if held.format.share in ("vector", "update"):
        return "whole(draw)"
    places = (f"i * n_{columns} + j", f"i * n_{columns} + j + {LANES}")
    words = (f"word(key_{name}, now, spread(np.uint64({place})))" for place in places)
    draw = f"load(columns_{name}, j) + row" if _paired(held) else f"upper({', '.join(words)})"
    return f"({draw}) & {_mask(held)}" if held.format.random_bits < DRAW_BITS else draw


def _paired(held: Held) -> bool:
    return held.drawn and held.format.share == "pair"


def _mask(held: Held) -> int:
    """The bits of a draw that are used."""
    return 2**DRAW_BITS - 2 ** (DRAW_BITS - held.format.random_bits)


def _half(held: Held, element: str) -> str:
    """A draw of the matrix's."""
    return f"int(word(key_{held.name}, now, np.uint64({element})) >> np.uint64(32)) & {_mask(held)}"


def _indented(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]
