"""An XML file of somebody else's: read, or refused in one line that names it."""

__all__ = ["number", "read_xml", "text"]

import math
from pathlib import Path
from xml.etree import ElementTree as ET

from synth.errors import DatasetError


def read_xml(path: Path) -> ET.Element:
    """Its root.

    Raises:
        DatasetError: it isn't XML, or declares entities, which no label file needs and bombs are made of.
    """
    content = path.read_bytes()
    if b"<!ENTITY" in content:
        raise DatasetError(f"{path}: declares entities, which label files have none of. Don't trust it.")
    try:
        return ET.fromstring(content)
    except (ET.ParseError, ValueError, LookupError) as error:
        raise DatasetError(f"{path}: not valid XML ({error}). Was it cut off? Make it again.") from None


def text(element: ET.Element, tag: str) -> str:
    """The text of the element of that name, stripped.

    Raises:
        KeyError: there is none.
    """
    found = element.findtext(tag)
    if found is None:
        raise KeyError(tag)
    return found.strip()


def number(value: str) -> float:
    """A finite number.

    Raises:
        ValueError: it is none.
    """
    parsed = float(value)
    if not math.isfinite(parsed):
        raise ValueError(f"{value!r} is no number")
    return parsed
