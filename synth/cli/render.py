"""`synth render` and `synth preview`."""

__all__ = ["preview_command", "render_command"]

from pathlib import Path
from typing import Annotated

import typer

from synth.cli.options import DATA, AsJson, console_beside_json, print_json
from synth.errors import UsageError
from synth.presets import preset_names

Assets = Annotated[Path | None, typer.Option(help="Folder of meshes, <category>/*.glb or with an assets.toml.")]
Config = Annotated[Path | None, typer.Option(help="Settings, render.toml.")]
Preset = Annotated[
    str | None, typer.Option(metavar="NAME", help=f"Settings to start from: {', '.join(preset_names())}.")
]
Categories = Annotated[list[str], typer.Option(help="Only this category; may be repeated.")]
Backgrounds = Annotated[list[Path], typer.Option(help="Folder of photos to stand on; may be repeated.")]
Environments = Annotated[list[Path], typer.Option(help="Folder of .hdr files or photos to be lit by.")]
Seed = Annotated[int | None, typer.Option(help="Of all randomness.")]
Size = Annotated[str | None, typer.Option(help="Of the pictures.", metavar="640x480")]


def render_command(
    n: Annotated[int, typer.Option("--n", help="How many frames.")] = 1000,
    out: Annotated[
        str, typer.Option(help="Folder of the data set, or a URL: s3://bucket/set.", metavar="PATH|URL")
    ] = str(DATA),
    assets: Assets = None,
    config: Config = None,
    preset: Preset = None,
    category: Categories = [],
    backgrounds: Backgrounds = [],
    environments: Environments = [],
    seed: Seed = None,
    size: Size = None,
    format_name: Annotated[
        str, typer.Option("--format", help="coco: a file a picture. webdataset, parquet: many in each.")
    ] = "coco",
    shard_frames: Annotated[
        int | None, typer.Option(help="Frames in a file of webdataset or parquet; 1024 if not said.")
    ] = None,
    images_beside: Annotated[
        bool, typer.Option("--images-beside", help="With parquet: pictures as files, paths in the tables.")
    ] = False,
    workers: Annotated[int | None, typer.Option(help="Processes; one per core if not said.")] = None,
    engine: Annotated[str, typer.Option(help="local: this machine. ray: a Ray cluster.")] = "local",
    address: Annotated[
        str, typer.Option(help="With ray: of the cluster; one on this machine if not said.", metavar="HOST:PORT|auto")
    ] = "",
    gpus: Annotated[float, typer.Option(help="With ray: share of a GPU that each process reserves.")] = 0.0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a data set that was begun.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a data set that is there.")] = False,
    frame: Annotated[
        int | None, typer.Option(help="Make only this frame, into OUT-frame-I/: the same bytes as in the whole set.")
    ] = None,
    explain: Annotated[
        int | None, typer.Option(metavar="I", help="Print what each randomizer draws for frame I; make nothing.")
    ] = None,
    as_json: AsJson = False,
    print_config: Annotated[
        bool, typer.Option("--print-config", help="Print a render.toml of every setting, explained; make nothing.")
    ] = False,
) -> None:
    """Render and label frames: meshes in, a COCO data set out."""
    if as_json and (print_config or frame is not None):
        raise UsageError("--json: there are no figures with --print-config and --frame I. Leave it out.")
    from synth.formats.layout import layout_of

    layout = layout_of(format_name, shard_frames, beside=images_beside)
    from synth.engine.template import start_template

    if not print_config and explain is None and frame is None and engine != "ray":
        start_template()
    from synth.engine import commands

    overrides = _render_overrides(preset, category, backgrounds, environments, seed, size)
    if print_config:
        from synth.settings_text import render_toml

        typer.echo(render_toml(commands.settings_of(config, overrides)), nl=False)
    elif explain is not None:
        from synth.report.explain import print_explained

        print_explained(
            commands.plan_of(n=n, out=out, assets=assets, config=config, overrides=overrides), explain, as_json
        )
    else:
        manifest = commands.render(
            n=n,
            out=out,
            assets=assets,
            config=config,
            overrides=overrides,
            layout=layout,
            workers=workers,
            engine_name=engine,
            address=address,
            gpus=gpus,
            resume=resume,
            overwrite=overwrite,
            frame=frame,
            console=console_beside_json(as_json),
        )
        if as_json:
            figures: dict[str, object] = {
                key: manifest[key] for key in ("n_frames", "counts", "coverage", "set_aside") if key in manifest
            }
            print_json({"out": out, **figures})


def preview_command(
    n: Annotated[int, typer.Option("--n", help="How many scenes.")] = 16,
    out: Annotated[Path, typer.Option(help="The contact sheet, .jpg or .png.")] = Path("preview.jpg"),
    assets: Assets = None,
    config: Config = None,
    preset: Preset = None,
    category: Categories = [],
    backgrounds: Backgrounds = [],
    environments: Environments = [],
    seed: Seed = None,
    size: Size = None,
    labels: Annotated[bool, typer.Option(help="Draw the labels.")] = True,
    vary: Annotated[
        bool, typer.Option("--vary", help="Also a sheet for each randomizer, with that one varied: preview/lights.png.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace sheets that are there.")] = False,
) -> None:
    """Draw the first frames on one sheet, with their labels."""
    from synth.engine.commands import plan_of
    from synth.report.preview import preview

    overrides = _render_overrides(preset, category, backgrounds, environments, seed, size)
    plan = plan_of(n=n, out=out, assets=assets, config=config, overrides=overrides)
    for path in preview(plan, out, overwrite=overwrite, labels=labels, vary=vary):
        typer.echo(f"{n} scenes -> {path}")


def _render_overrides(
    preset: str | None,
    category: list[str],
    backgrounds: list[Path],
    environments: list[Path],
    seed: int | None,
    size: str | None,
) -> dict[str, object]:
    """What the command line says about the settings, by their keys.

    Raises:
        UsageError: the seed or the size can't be one.
    """
    if seed is not None and not 0 <= seed < 2**63:
        raise UsageError(f"--seed {seed}: expected 0 to {2**63 - 1}.")
    folders = tuple(str(folder) for folder in backgrounds)
    given: dict[str, object] = {
        "preset": preset,
        "categories": tuple(category),
        "background.backgrounds": folders,
        # A photo's parts on boxes and papers look like what lies about there.
        "distractors.photos": folders,
        "occluders.photos": folders,
        "background.environments": tuple(str(folder) for folder in environments),
        "size": _size(size) if size else (),
    }
    overrides = {key: value for key, value in given.items() if value}
    # Seed 0 is a seed.
    return overrides | ({} if seed is None else {"seed": seed})


def _size(text: str) -> tuple[int, int]:
    width, x, height = text.lower().partition("x")
    # No more digits than Python reads.
    if not (x and width.isdecimal() and height.isdecimal() and len(text) < 100):
        raise UsageError(f"--size {text}: expected WIDTHxHEIGHT, 640x480 for example.")
    from synth.config import SIDE_PX

    size_wh_px = int(width), int(height)
    if not all(SIDE_PX[0] <= side <= SIDE_PX[1] for side in size_wh_px):
        raise UsageError(f"--size {text}: expected {SIDE_PX[0]} to {SIDE_PX[1]} pixels each way.")
    return size_wh_px
