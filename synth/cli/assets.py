"""`synth assets …`: each command parses, calls one function, and prints nothing itself."""

__all__ = ["app"]

from pathlib import Path
from typing import Annotated

import typer

from synth.cli.options import AsJson
from synth.cli.quiet import App

app = App(no_args_is_help=True, help="What a catalogue of meshes holds, and what is wrong with it.")

Folder = Annotated[Path | None, typer.Option(help="Folder of meshes, <category>/*.glb or with an assets.toml.")]


@app.command("list")
def list_command(assets: Folder = None, as_json: AsJson = False) -> None:
    """List every asset: category, size, triangles, textures, pose, unit, licence."""
    from synth.assets.commands import list_assets

    list_assets(assets, as_json=as_json)


@app.command("check")
def check_command(
    assets: Folder = None,
    as_json: AsJson = False,
    out: Annotated[Path | None, typer.Option(help="Also a sheet with a picture of each asset, .jpg or .png.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a sheet that is there.")] = False,
) -> None:
    """Look over every asset: size, normals, holes, textures, up axis, triangles; exit 1 if one can't be rendered."""
    from synth.assets.commands import check_assets

    if not check_assets(assets, as_json=as_json, out=out, overwrite=overwrite):
        raise typer.Exit(1)
