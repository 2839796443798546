"""What is wrong with a JSON file that orjson refuses, in words, and where it holds what JSON has no word for."""

__all__ = ["non_numbers", "why_no_json"]

import json
import math
import re
from collections.abc import Iterator
from typing import Any

# As Python's own writer puts them, which almost no other reader takes.
CONSTANT = re.compile(rb"\b(?:NaN|Infinity)\b")


def why_no_json(content: bytes, error: ValueError) -> str:
    """A sentence to go behind the file's name and a colon.

    Args:
        content: The file's.
        error: What orjson raised.
    """
    if first := next(non_numbers(content), None):
        where, value = first
        return f"{where} is {value}, which JSON has no word for. Put a number or null there."
    return f"not valid JSON ({error}). Was it cut off? Make it again."


def non_numbers(content: bytes) -> Iterator[tuple[str, float]]:
    """Where NaN and infinities are, as in `annotations[0].bbox[2]`; none where it isn't JSON but for them."""
    if CONSTANT.search(content):
        try:
            yield from _non_numbers(json.loads(content), "")
        except (ValueError, RecursionError):
            return


def _non_numbers(value: Any, where: str) -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _non_numbers(each, f"{where}.{key}" if where else str(key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _non_numbers(each, f"{where}[{number}]")
    elif isinstance(value, float) and not math.isfinite(value):
        yield where, value
