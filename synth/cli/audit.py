"""`synth audit`: what is wrong with a data set, ours or another's?"""

__all__ = ["audit_command"]

from pathlib import Path
from typing import Annotated

import typer

from synth.cli.options import DATA, AsJson


def audit_command(
    data: Annotated[
        list[str],  # a Path makes s3:/ of s3://
        typer.Argument(help="Data sets: a folder or URL of synth render, COCO, LabelMe; several are splits."),
    ] = [str(DATA)],
    images: Annotated[
        Path | None, typer.Option(help="Folder of a COCO file's pictures, where it isn't found by itself.")
    ] = None,
    only: Annotated[list[str], typer.Option(metavar="CHECK", help="Make only this check; may be repeated.")] = [],
    skip: Annotated[list[str], typer.Option(metavar="CHECK", help="Leave this check out; may be repeated.")] = [],
    examples: Annotated[int, typer.Option(min=0, help="Print so many examples of each fault.")] = 3,
    list_checks: Annotated[
        bool, typer.Option("--list-checks", help="Print what is checked, and look at nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Look for what is wrong with data sets: files, boxes, masks, ids, splits; exit 1 if there is an error.

    Example: synth audit data/synth, or: synth audit train.json val.json
    """
    from synth.audit.commands import audit, print_checks

    if list_checks:
        print_checks(as_json=as_json)
    elif not audit(data, images=images, only=only, skip=skip, examples=examples, as_json=as_json):
        raise typer.Exit(1)
