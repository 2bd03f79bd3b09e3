"""Numbers as a reader has them: a few digits, a true minus, powers of ten where zeros would have to be counted."""

from __future__ import annotations

import math

TIMES = "\N{MULTIPLICATION SIGN}"
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"


def short(value: float, digits: int = 3) -> str:
    """A number to a few digits: 0.0159, 12.4, 6.6 times a power of ten; a dash for what is not a number."""
    if math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "diverged" if value > 0 else f"{MINUS}∞"
    if value == 0:
        return "0"
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    if -4 <= int(exponent) < 5:
        places = max(digits - 1 - int(exponent), 0)
        return f"{value:.{places}f}".replace("-", MINUS)
    return f"{mantissa.replace('-', MINUS)}{TIMES}10{exponent_of(int(exponent))}"


def signed(value: float) -> str:
    """A difference, with its sign."""
    if not math.isfinite(value):
        return "diverged" if value == math.inf else NOTHING
    return f"+{short(value)}" if value > 0 else short(value)


def exponent_of(power: int) -> str:
    """A power as it stands above a ten."""
    return str(power).translate(SUPERSCRIPTS)


def range_of(low: float, high: float) -> str:
    """Two ends."""
    return f"[{short(low)}, {short(high)}]"


def counted(number: int, what: str) -> str:
    """A number of things: 1 rule, 2 rules."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def listed(names: list[str]) -> str:
    """a, b and c."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
