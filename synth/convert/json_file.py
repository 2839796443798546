"""A JSON file of somebody else's: read, or refused in one line that names it."""

__all__ = ["read_json", "reading"]

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from synth.broken_json import why_no_json
from synth.errors import DatasetError


def read_json(path: Path, kind: type = dict) -> Any:
    """Its content, an object unless another kind is wanted.

    Raises:
        DatasetError: it is missing, or not such JSON.
    """
    try:
        text = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
        content = orjson.loads(text)
    except FileNotFoundError:
        raise DatasetError(f"{path}: is missing, so the data set isn't whole.") from None
    except orjson.JSONDecodeError as error:
        raise DatasetError(f"{path}: {why_no_json(text, error)}") from None
    if not isinstance(content, kind):
        raise DatasetError(f"{path}: expected a JSON {kind.__name__}, found {type(content).__name__}.")
    return content


@contextmanager
def reading(path: Path, what: str) -> Iterator[None]:
    """Around what takes a file's content apart: what isn't there, or isn't of its kind, is the file's fault.

    Raises:
        DatasetError: with the file's name and what it should have been.
    """
    try:
        yield
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise DatasetError(f"{path}: not {what} as expected ({type(error).__name__}: {error}).") from None
