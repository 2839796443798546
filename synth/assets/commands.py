"""`synth assets list` and `check`: options in, words or JSON out."""

__all__ = ["check_assets", "list_assets"]

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import orjson
from rich.console import Console
from rich.progress import Progress

from synth.assets.check import Checked, check_catalog
from synth.assets.findings import KINDS
from synth.assets.sheet import check_sheet_path, write_sheet
from synth.assets.survey import survey
from synth.assets.words import findings_lines, list_table, summary
from synth.catalog import load_catalog
from synth.engine.commands import default_assets

# A file or a pipe has no width that lines must fit into.
PIPE_WIDTH = 1000


def list_assets(assets: Path | None, *, as_json: bool, console: Console | None = None) -> None:
    """Print what a catalogue holds; a mesh that can't be read has question marks.

    Raises:
        AssetError: the catalogue itself can't be read.
    """
    console = console or Console(highlight=False)
    catalog = load_catalog(assets or default_assets())
    with _bar(console, "reading", len(catalog.assets)) as advance:
        rows = []
        for asset in catalog.assets:
            rows.append(survey(catalog, asset).row)
            advance()
    if as_json:
        _print_json(console, [asdict(row) for row in rows])
    else:
        if not console.is_terminal:
            console.width = PIPE_WIDTH
        console.print(list_table(rows))


def check_assets(
    assets: Path | None, *, as_json: bool, out: Path | None, overwrite: bool, console: Console | None = None
) -> bool:
    """Print what is wrong with a catalogue's assets; returns whether all of them can be rendered.

    Args:
        assets: Folder of the catalogue.
        as_json: Print JSON.
        out: Write a sheet with a picture of each, too.
        overwrite: Replace a sheet that is there.
        console: Where to.
    Raises:
        AssetError: the catalogue itself can't be read.
        DatasetError: the sheet is in the way, or its name is no picture's.
    """
    console = console or Console(highlight=False)
    catalog = load_catalog(assets or default_assets())
    if out is not None:
        check_sheet_path(out, overwrite=overwrite)
    with _bar(console, "checking", len(catalog.assets)) as advance:
        checked = check_catalog(catalog, advance)
    if out is not None:
        with _bar(console, "drawing", len(catalog.assets)) as advance:
            write_sheet(out, catalog, checked, advance)
    if as_json:
        _print_json(console, _as_json(checked))
    else:
        for line in findings_lines(checked.findings):
            console.print(line, soft_wrap=True)
        console.print(summary(len(checked.rows), checked.findings) + (f" -> {out}" if out else ""), soft_wrap=True)
    return not any(finding.severity == "error" for finding in checked.findings)


def _as_json(checked: Checked) -> dict[str, Any]:
    return {
        "assets": [asdict(row) for row in checked.rows],
        "findings": [
            asdict(finding)
            | {"severity": finding.severity, "effect": KINDS[finding.kind].effect, "mend": KINDS[finding.kind].mend}
            for finding in checked.findings
        ],
    }


def _print_json(console: Console, document: Any) -> None:
    text = orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()
    console.print(text, markup=False, soft_wrap=True, highlight=False)


class _Advance(Protocol):
    def __call__(self) -> None: ...


@contextmanager
def _bar(console: Console, doing: str, n: int) -> Iterator[_Advance]:
    """A bar on a terminal, silence elsewhere; gone at the end."""
    if not console.is_terminal:
        yield lambda: None
        return
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(doing, total=n)
        yield lambda: progress.advance(task)
