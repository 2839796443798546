"""`synth inspect`: a data set as a page to look through."""

__all__ = ["inspect_command"]

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from synth.cli.options import DATA, AsJson, print_json

if TYPE_CHECKING:
    from synth.inspect.inspecting import Inspected


def inspect_command(
    data: Annotated[Path, typer.Argument(help="Rendered data set, COCO file, or folder of LabelMe photos.")] = DATA,
    out: Annotated[
        Path | None,
        typer.Option(help="The page; DATA-inspect.html (a folder with --full) beside the data if not said."),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="A folder: the page, and beside it the pictures in full size.")
    ] = False,
    images: Annotated[
        Path | None, typer.Option(help="Folder of a COCO file's pictures; looked for around it if not said.")
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="Of more pictures, so many spread evenly over the set.")] = 5000,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a page that is there.")] = False,
    as_json: AsJson = False,
    open_: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Make one HTML file to look through a data set: pictures, labels, filters, statistics; no server, no network."""
    from dataclasses import asdict

    from rich.console import Console

    from synth.inspect.inspecting import inspect_data
    from synth.printable import printable

    made = inspect_data(
        data, out, images=images, most=most, full=full, overwrite=overwrite, console=Console(stderr=True)
    )
    page = printable(str(made.page))
    if as_json:
        print_json(asdict(made) | {"page": page})
    else:
        typer.echo(_told(made, page))
    if open_:
        typer.launch(str(made.page.resolve()))


def _told(made: "Inspected", page: str) -> str:
    pictures = f"{made.n_pictures:,} picture{'' if made.n_pictures == 1 else 's'}"
    faults = f", {made.n_faults:,} of which can't be read" if made.n_faults else ""
    return f"{page}: {pictures}{faults}, {made.size_bytes / 1e6:.1f} MB. Open it in any browser."
