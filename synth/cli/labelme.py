"""`synth labelme`: LabelMe files as pictures of labels."""

__all__ = ["labelme_command"]

from pathlib import Path
from typing import Annotated

import typer

from synth.cli.options import AsJson, print_json


def labelme_command(
    source: Annotated[Path, typer.Argument(help="Folder of pictures with LabelMe files.", metavar="DIR")],
    out: Annotated[Path, typer.Argument(help="New folder.")],
    pairs: Annotated[
        bool, typer.Option("--pairs", help="Write pic/ and mask/, objects as 1 to N; class/ of several classes.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write each LabelMe file's picture, label picture, names and a drawing, as labelme_json_to_dataset did.

    Numbers mean the same in all of them: those of DIR/labels.txt where it is there, else of the labels by name.
    """
    from synth.convert import convert, labelme_to_folders

    if pairs:
        done = convert(source, out, "pairs", "labelme")
        lines, n_pictures, n_objects = [*done.notes, *done.lost], done.n_pictures, done.n_objects
        where = f"{out}/pic, {out}/mask"
    else:
        labelled, lines = labelme_to_folders(source, out)
        n_pictures, n_objects = len(labelled.shots), len(labelled.things)
        where = f"{out}/*_json"
    if as_json:
        print_json({"pictures": n_pictures, "objects": n_objects, "out": str(out), "notes": lines})
        return
    for line in lines:
        typer.echo(f"{source}: {line}")
    typer.echo(f"{n_pictures} pictures, {n_objects} objects -> {where}")
