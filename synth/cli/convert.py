"""`synth convert`: a data set from one format to another."""

__all__ = ["convert_command"]

from pathlib import Path
from typing import Annotated

import typer


def convert_command(
    source: Annotated[Path, typer.Argument(help="Data set: its folder, or its JSON, YAML or XML file.", metavar="SRC")],
    out: Annotated[Path, typer.Argument(help="New folder.")],
    to: Annotated[
        str,
        typer.Option(
            "--to",
            help="coco, coco-panoptic, yolo, yolo-segment, voc, labelme, cvat, bop, solo, pairs, webdataset, parquet.",
        ),
    ],
    came_as: Annotated[str | None, typer.Option("--from", help="What it is; found out if not said.")] = None,
    names: Annotated[
        str | None,
        typer.Option(help="Classes of YOLO labels that come without names: coin,nut, or a file with one a line."),
    ] = None,
    link: Annotated[bool, typer.Option("--link", help="Link to the pictures' files instead of copying them.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was done as JSON.")] = False,
) -> None:
    """Write a data set in another format, and say in a line each what that format can't hold."""
    import json
    from dataclasses import asdict

    from synth.convert import FORMATS, convert

    done = convert(source, out, to, came_as, names=_names(names) if names else (), link=link)
    if as_json:
        typer.echo(json.dumps(asdict(done), indent=2))
        return
    for note in done.notes:
        typer.echo(f"{source}: {note}")
    for line in done.lost:
        typer.echo(f"{FORMATS[done.became].title}: {line}")
    typer.echo(
        f"{done.n_pictures} pictures ({done.n_negatives} without objects) and {done.n_objects} objects read: "
        f"{done.came_as} -> {done.became}, {out}"
    )


def _names(said: str) -> list[str]:
    """A list, or the file that has it."""
    from synth.untrusted import read_lines

    path = Path(said)
    parts = read_lines(path) if path.is_file() else said.split(",")
    return [part.strip() for part in parts if part.strip()]
