"""The folder that `synth eval --gap` leaves.

OUT/gap.html    the page to read      OUT/report/report.html    the photos' own report, with the frames most alike
OUT/gap.json    the same in figures
"""

__all__ = ["check_free", "write"]

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from train import own_folder
from train.gap.gap import Gap
from train.gap.page import gap_html
from train.own_folder import written_whole
from train.report.evaluate import OWN_FILES

PAGE, FIGURES, REPORT = "gap.html", "gap.json", "report"
KNOWN = (PAGE, FIGURES, REPORT, *(f"{REPORT}/{name}" for name in OWN_FILES))


def check_free(out: Path, *, overwrite: bool) -> None:
    """See that `out` may be written.

    Raises:
        DatasetError: it is there and not to be replaced, or holds anything else.
    """
    own_folder.check_free(out, overwrite=overwrite, what="a gap page", is_ours=_is_gap, known=KNOWN)


def write(
    gap: Gap,
    out: Path,
    *,
    title: str,
    context: Mapping[str, str],
    notes: Sequence[str],
    report: Callable[[Path], object] | None = None,
) -> Path:
    """Write page and figures, both or neither; gives the page's path.

    Args:
        report: Writes the photos' own report into the folder that it gets.
    """
    page = gap_html(gap, title=title, context=context, notes=notes, report=f"{REPORT}/report.html" if report else None)
    figures = {**gap.to_json(), "context": dict(context), "notes": list(notes)}
    with written_whole(out) as folder:
        (folder / PAGE).write_text(page, encoding="utf-8")
        options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY
        (folder / FIGURES).write_bytes(orjson.dumps(figures, option=options))
        if report:
            report(folder / REPORT)
    return out / PAGE


def _is_gap(out: Path) -> bool:
    try:
        figures: Any = orjson.loads((out / FIGURES).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return False
    return isinstance(figures, dict) and {"distances", "advice", "context"} <= figures.keys()
