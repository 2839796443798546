"""Small files, changed as mishaps and malice change them: in their bytes, their numbers, their JSON."""

__all__ = ["mutated"]

import json
import re
from typing import Any

import numpy as np

NUMBERS = (b"0", b"-1", b"1e999", b"nan", b"inf", b"99999999999999999999", b"4294967295", b"1e-320", b"2147483648", b"")
WORDS = (
    b"../../../../etc/passwd",
    b"/dev/zero",
    b"http://127.0.0.1:9/a",
    b"\x1b[31m",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\0",
)
VALUES: tuple[Any, ...] = (
    *(None, True, -1, 0, 1e308, 2**31, 2**64, 10**30, "", [], {}, "\x1b[2J", "../../a", "/etc/passwd", "a\nb"),
    *([[]], {"a": {"a": {}}}, "x" * 5000, float("nan"), float("inf"), [0] * 100),
)


def mutated(content: bytes, rng: np.random.Generator, *, is_json: bool) -> bytes:
    """The content after one to four changes, each by chance."""
    for _ in range(int(rng.integers(1, 5))):
        kinds = [*BYTES, *([_json_swapped] * 4 if is_json else [])]
        content = kinds[int(rng.integers(len(kinds)))](content, rng)
    return content


def _at(content: bytes, rng: np.random.Generator) -> int:
    return int(rng.integers(len(content) + 1))


def _flipped(content: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(content)
    for _ in range(int(rng.integers(1, 5)) if changed else 0):
        changed[int(rng.integers(len(changed)))] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def _cut(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: _at(content, rng)]


def _removed(content: bytes, rng: np.random.Generator) -> bytes:
    start = _at(content, rng)
    return content[:start] + content[start + int(rng.integers(1, 64)) :]


def _inserted(content: bytes, rng: np.random.Generator) -> bytes:
    start = _at(content, rng)
    put_in = rng.bytes(int(rng.integers(1, 32))) if rng.random() < 0.5 else WORDS[int(rng.integers(len(WORDS)))]
    return content[:start] + put_in + content[start:]


def _doubled(content: bytes, rng: np.random.Generator) -> bytes:
    start, n = _at(content, rng), int(rng.integers(1, 128))
    return content[: start + n] + content[start : start + n] * int(rng.integers(1, 4)) + content[start + n :]


def _moved(content: bytes, rng: np.random.Generator) -> bytes:
    a, b = sorted((_at(content, rng), _at(content, rng)))
    n = int(rng.integers(1, 32))
    return content[:a] + content[b : b + n] + content[a + n : b] + content[a : a + n] + content[b + n :]


def _renumbered(content: bytes, rng: np.random.Generator) -> bytes:
    """A number in a text, or four bytes of what isn't one."""
    found = list(re.finditer(rb"-?\d+(\.\d+)?", content[:20_000]))
    if found and rng.random() < 0.7:
        span = found[int(rng.integers(len(found)))].span()
        return content[: span[0]] + NUMBERS[int(rng.integers(len(NUMBERS)))] + content[span[1] :]
    start = _at(content, rng) // 4 * 4
    word = int(rng.choice([0, 1, 2**31 - 1, 2**31, 2**32 - 1, 0x7FC00000, 0x7F800000]))
    return content[:start] + word.to_bytes(4, "little") + content[start + 4 :]


BYTES = (_flipped, _cut, _removed, _inserted, _doubled, _moved, _renumbered, _renumbered)


def _json_swapped(content: bytes, rng: np.random.Generator) -> bytes:
    """One value anywhere in it, its key, or its nesting."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return content
    places = list(_places(document))
    if not places:
        return content
    parent, key = places[int(rng.integers(len(places)))]
    match int(rng.integers(5)):
        case 0:
            del parent[key]
        case 1:
            other, other_key = places[int(rng.integers(len(places)))]
            parent[key] = json.loads(json.dumps(other[other_key]))
        case 2:
            return json.dumps(document).replace(f'"{key}"', '"' + "y" * int(rng.integers(1, 9)) + '"', 1).encode()
        case 3:
            deep = 10 ** int(rng.integers(1, 5))
            parent[key] = "DEEP"
            return json.dumps(document).replace('"DEEP"', "[" * deep + "]" * deep).encode()
        case _:
            parent[key] = VALUES[int(rng.integers(len(VALUES)))]
    return json.dumps(document).encode()


def _places(value: Any) -> Any:
    """Each place of a value below this one, as its holder and key."""
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from _places(value[key])
