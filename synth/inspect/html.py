"""The page's HTML: markup, style and script of `page/`, and the data set as JSON and base64 inside it."""

__all__ = ["inspect_html"]

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from itertools import accumulate
from typing import Any

import orjson
from markupsafe import Markup

from synth import __version__
from synth.inspect.columns import columns
from synth.inspect.labelled import LabelledSet
from synth.inspect.thumbnails import Thumbnail
from synth.printable import printable
from synth.report.page import page_environment

# In the order in which they run.
SCRIPTS = (
    "dom", "set", "overlay", "state", "filters", "gallery", "frame", "charts", "statistics", "main",
)  # fmt: skip


def inspect_html(shown: LabelledSet, small: Sequence[Thumbnail], originals: Sequence[str] | None) -> str:
    """The page.

    Args:
        small: Of each picture.
        originals: Paths from the page to each picture in full size, where they lie beside it.
    """
    encoded = [base64.b64encode(one.webp).decode("ascii") for one in small]
    told = columns(shown, small)
    told["images"]["thumbnailEnd"] = list(accumulate(len(one) for one in encoded))
    told["files"] = originals
    script = _script()
    template = page_environment("synth.inspect", templates="page").get_template("page.html.j2")
    return template.render(
        name=printable(shown.name),
        n_pictures=len(shown.pictures),
        about=_about(shown),
        notes=_notes(shown, small),
        full=originals is not None,
        columns=_inside(told),
        thumbnails=Markup("".join(encoded)),
        parameters=Markup("\n").join(_inside(_short(one.parameters)) for one in shown.pictures),
        script=Markup(script),
        script_hash=Markup("sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()),
    )


def _script() -> str:
    """One script of all parts, none of whose names are seen from outside."""
    folder = files("synth.inspect") / "page"
    parts = [(folder / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS]
    return '\n"use strict";\n{\n' + "\n".join(parts) + "}\n"


def _inside(value: Any) -> Markup:
    """JSON that may stand within a script element: no name in it can end that."""
    return Markup(orjson.dumps(value).decode().replace("<", "\\u003c"))


def _about(shown: LabelledSet) -> str:
    n_objects = sum(not label.iscrowd for one in shown.pictures for label in one.labels)
    n = len(shown.pictures)
    pictures = _many(n, "picture") if n == shown.n_pictures else f"{n:,} of {_many(shown.n_pictures, 'picture')}"
    return f"{shown.format} · {pictures} · {_many(n_objects, 'object')} · {_many(len(shown.kinds), 'class', 'classes')}"


def _notes(shown: LabelledSet, small: Sequence[Thumbnail]) -> list[str]:
    n_faults = sum(bool(one.fault) for one in small)
    notes = list(shown.notes)
    if len(shown.pictures) < shown.n_pictures:
        notes.append(f"{len(shown.pictures):,} pictures, spread evenly over the {shown.n_pictures:,} of the set.")
    if n_faults:
        notes.append(f"{_many(n_faults, 'picture')} that can’t be read.")
    made = datetime.now().astimezone().strftime("%d %B %Y, %H:%M")
    return [*notes, f"Made by synth inspect {__version__}, {made}."]


def _many(n: int, one: str, more: str | None = None) -> str:
    return f"{n:,} {one if n == 1 else more or one + 's'}"


def _short(value: Any) -> Any:
    """Numbers to five digits: to be read, and a third of the bytes."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, Mapping):
        return {name: _short(inner) for name, inner in value.items()}
    return [_short(inner) for inner in value] if isinstance(value, list | tuple) else value
