"""Whether a value of a file is what a key takes, and how both are said."""

from __future__ import annotations

import re
import sys
from typing import Any

from neurosim.schema.fields import LARGEST, UNKNOWN, Field

LONGEST = 64
"""Entries of a list or table; no section has as many keys."""

LONGEST_TEXT = 200
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")
"""What traces and words of a chip's own are called."""


def fault(field: Field, value: Any) -> str:
    """What a value of a field should have been; nothing if it is right."""
    right = value == UNKNOWN or _fits(field, value)
    return "" if right else f"it must be {wanted(field)}, or 'unknown'"


def wanted(field: Field) -> str:
    """What a field takes, in words."""
    between = f" from {field.low:.15g}" if field.low > -sys.float_info.max else ""
    between += f" to {field.high:.15g}" if field.high < LARGEST else ""
    match field.kind:
        case "flag":
            return "true or false"
        case "whole number" | "number":
            return f"a {field.kind}{between}" + "".join(f" or {word!r}" for word in field.words)
        case "range":
            return f"a number or [low, typ, high], low <= typ <= high,{between}"
        case "numbers":
            return f"a list of numbers{between}, at most {LONGEST}"
        case "word":
            return f"one of: {', '.join(field.words)}"
        case "words":
            listed = f" of: {', '.join(field.words)}" if field.words else f", at most {LONGEST} of up to 32 letters"
            return f"a list of words{listed}"
    return f"a line of at most {LONGEST_TEXT} characters"


def shown(value: Any) -> str:
    """A value or name of a file's, as it can stand in a message."""
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else f"a list of {len(value)}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and value.bit_length() > 64:
        return "a whole number of more than 64 bits"
    text = repr(value) if isinstance(value, str) else f"{value:.15g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 50 else f"{text[:47]}..."


def is_line(value: Any, longest: int = LONGEST_TEXT) -> bool:
    """Whether a value is one line of text of some length."""
    return isinstance(value, str) and 0 < len(value) <= longest and value.isprintable()


def _fits(field: Field, value: Any) -> bool:
    match field.kind:
        case "flag":
            return isinstance(value, bool)
        case "whole number":
            return _is_word(field, value) or (isinstance(value, int) and _is_number(field, value))
        case "number":
            return _is_number(field, value)
        case "range":
            return _is_number(field, value) or (
                isinstance(value, list)
                and len(value) == 3
                and all(_is_number(field, each) for each in value)
                and value == sorted(value)
            )
        case "numbers":
            return _is_list(value) and all(_is_number(field, each) for each in value)
        case "word":
            return _is_word(field, value)
        case "words" if field.words:
            return _is_list(value) and all(_is_word(field, each) for each in value)
        case "words":
            return _is_list(value) and all(isinstance(each, str) and NAME.fullmatch(each) for each in value)
    return field.kind == "text" and is_line(value)


def _is_number(field: Field, value: Any) -> bool:
    right = isinstance(value, int | float) and not isinstance(value, bool)
    return right and field.low <= value <= field.high


def _is_word(field: Field, value: Any) -> bool:
    return isinstance(value, str) and value in field.words


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= LONGEST
