"""The folder that `synth eval --gap` leaves: OUT/gap.html to read, OUT/gap.json with the same in figures."""

__all__ = ["check_free", "write"]

from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson

from synth.errors import DatasetError
from train.gap.gap import Gap
from train.gap.page import gap_html
from train.own_folder import first_foreign, written_whole

PAGE, FIGURES = "gap.html", "gap.json"


def check_free(out: Path, *, overwrite: bool) -> None:
    """See that `out` may be written.

    Raises:
        DatasetError: it is there and not to be replaced, or holds anything else.
    """
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not out.is_dir() or (foreign := first_foreign(out, (PAGE, FIGURES))):
        what = f"holds {foreign}" if out.is_dir() else "is a file"
        raise DatasetError(f"{out}: {what}, so it is left alone. Choose another folder with --out.")
    if not overwrite:
        raise DatasetError(f"{out}: holds a gap page already. Replace it with --overwrite, or choose another folder.")


def write(gap: Gap, out: Path, *, title: str, context: Mapping[str, str], notes: Sequence[str]) -> Path:
    """Write page and figures, both or neither; gives the page's path."""
    page = gap_html(gap, title=title, context=context, notes=notes)
    figures = {**gap.to_json(), "context": dict(context), "notes": list(notes)}
    with written_whole(out) as folder:
        (folder / PAGE).write_text(page, encoding="utf-8")
        options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY
        (folder / FIGURES).write_bytes(orjson.dumps(figures, option=options))
    return out / PAGE
