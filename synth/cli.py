"""The commands. Each parses, calls one function, prints; what is heavy is imported inside, so --help is instant."""

__all__ = ["app", "main"]

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from synth.assets.cli import app as assets_app
from synth.errors import StoppedError, SynthError, UsageError
from synth.presets import preset_names

# What `pip install synth-detector` leaves out; a missing module of another name is our own fault.
TRAIN_PACKAGES = {"torch", "torchvision", "matplotlib", "faster_coco_eval", "skimage"}
# A disk's refusals. Another OSError is our own fault, and stays a traceback.
FULL = {errno.ENOSPC, errno.EDQUOT}
REFUSED = FULL | {
    errno.EACCES,
    errno.EEXIST,
    errno.EISDIR,
    errno.ELOOP,
    errno.ENAMETOOLONG,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
}


class _Commands(TyperGroup):
    """Typer's own handling of Ctrl-C says nothing, so it is caught before Typer sees it."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise StoppedError("stopped. What was finished is kept; --resume goes on.") from None


app = typer.Typer(
    name="synth",
    cls=_Commands,
    help="From 3D meshes to a detector that is measured on real photos.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)

app.add_typer(assets_app, name="assets")

DATA = Path("data/synth")
RUNS = Path("runs")


def main() -> None:
    """Run a command; the user's faults become one line on stderr and an exit code."""
    try:
        app()
    except SynthError as error:
        _say(str(error))
        sys.exit(error.exit_code)
    except OSError as error:
        if not _is_refusal(error):
            raise
        where = "" if error.filename is None else f"{error.filename}: "
        _say(f"{where}{error.strerror}. Choose another folder, or make room.")
        sys.exit(1)


def _say(message: str) -> None:
    # One line, whatever a library's message or a file's name had in it.
    print("synth: " + " ".join(message.split()), file=sys.stderr)  # noqa: T201


def _is_refusal(error: OSError) -> bool:
    if error.filename is None:
        # A write has no name to tell, and no bug of ours fills a disk.
        return error.errno in FULL
    if error.errno == errno.ENOENT:
        return not Path(str(error.filename)).parent.exists()
    return error.errno in REFUSED


@contextmanager
def _needs_pytorch() -> Iterator[None]:
    """Around imports of `train`.

    Raises:
        SynthError: what only training needs isn't installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in TRAIN_PACKAGES:
            raise
        raise SynthError(
            f"this command needs PyTorch, which isn't installed ({error.name} is missing): "
            "pip install 'synth-detector[train]'"
        ) from None


def _version(wanted: bool) -> None:
    if wanted:
        from synth import __version__

        typer.echo(f"synth {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None: ...


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


@app.command("render")
def render_command(
    n: Annotated[int, typer.Option("--n", help="How many frames.")] = 1000,
    out: Annotated[Path, typer.Option(help="Folder of the data set.")] = DATA,
    assets: Assets = None,
    config: Config = None,
    preset: Preset = None,
    category: Categories = [],
    backgrounds: Backgrounds = [],
    environments: Environments = [],
    seed: Seed = None,
    size: Size = None,
    workers: Annotated[int | None, typer.Option(help="Processes; one per core if not said.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a data set that was begun.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a data set that is there.")] = False,
    frame: Annotated[
        int | None, typer.Option(help="Make only this frame, into OUT-frame-I/: the same bytes as in the whole set.")
    ] = None,
    explain: Annotated[
        int | None, typer.Option(metavar="I", help="Print what each randomizer draws for frame I; make nothing.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="With --explain: as JSON.")] = False,
    print_config: Annotated[
        bool, typer.Option("--print-config", help="Print a render.toml of every setting, explained; make nothing.")
    ] = False,
) -> None:
    """Render and label frames: meshes in, a COCO data set out."""
    overrides = _render_overrides(preset, category, backgrounds, environments, seed, size)
    if as_json and explain is None:
        raise UsageError("--json: goes with --explain I.")
    if print_config:
        from synth.engine.commands import settings_of
        from synth.settings_text import render_toml

        typer.echo(render_toml(settings_of(config, overrides)), nl=False)
    elif explain is not None:
        from synth.engine.commands import plan_of
        from synth.report.explain import print_explained

        print_explained(plan_of(n=n, out=out, assets=assets, config=config, overrides=overrides), explain, as_json)
    else:
        from synth.engine.commands import render

        render(
            n=n,
            out=out,
            assets=assets,
            config=config,
            overrides=overrides,
            workers=workers,
            resume=resume,
            overwrite=overwrite,
            frame=frame,
        )


@app.command("preview")
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


@app.command("train")
def train_command(
    data: Annotated[list[Path], typer.Option(help="Folder of a rendered data set; may be repeated.")] = [],
    real: Annotated[list[Path], typer.Option(help="Folder of LabelMe photos to train on; may be repeated.")] = [],
    out: Annotated[Path | None, typer.Option(help="Folder of the run, runs/<data set> if not said.")] = None,
    model: Annotated[str | None, typer.Option(help="Detector; chosen by the device if not said.")] = None,
    weights: Annotated[Path | None, typer.Option(help="Weights to start from, a file.")] = None,
    iterations: Annotated[int | None, typer.Option(help="Steps; by the number of pictures if not said.")] = None,
    batch: Annotated[int | None, typer.Option(help="Pictures a step.")] = None,
    image_size: Annotated[int | None, typer.Option(help="Shorter side that the detector sees, pixels.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="At its height, after the warmup.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:1.")] = "auto",
    seed: Annotated[int | None, typer.Option(help="Of split, order and augmentation; 0 if not said.")] = None,
    alias: Annotated[list[str], typer.Option(help="a=b: read the photos' label a as b; may be repeated.")] = [],
    ignore_label: Annotated[list[str], typer.Option(help="Leave this label of the photos out.")] = [],
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was begun.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a run that is there.")] = False,
) -> None:
    """Fine-tune a Faster R-CNN on rendered data, on a GPU or a CPU."""
    # Before the import, which takes seconds: a typing error is told at once.
    aliases = _aliases(alias)
    with _needs_pytorch():
        from train.commands import train

    train(
        data=[DATA] if not data and not real else data,
        real=real,
        out=out,
        settings={
            "detector": model,
            "weights": weights,
            "iterations": iterations,
            "batch_size": batch,
            "image_size_px": image_size,
            "learning_rate": learning_rate,
            "device": device,
            "seed": seed,
        },
        aliases=aliases,
        ignore_labels=ignore_label,
        resume=resume,
        overwrite=overwrite,
    )


@app.command("eval")
def eval_command(
    photos: Annotated[Path, typer.Argument(help="Folder of photos with LabelMe JSON.")],
    run: Annotated[Path | None, typer.Option(help="Folder of the run; the latest below runs/ if not said.")] = None,
    alias: Annotated[list[str], typer.Option(help="a=b: read the photos' label a as b; may be repeated.")] = [],
    ignore_label: Annotated[list[str], typer.Option(help="Leave this label of the photos out.")] = [],
    iou: Annotated[list[float], typer.Option(help="Also AP at this IoU; may be repeated.")] = [],
    out: Annotated[Path | None, typer.Option(help="Folder of the report, RUN/eval if not said.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:1.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a report that is there.")] = False,
) -> None:
    """Measure a run on real photos: figures, pictures of hits and misses, a report."""
    aliases = _aliases(alias)
    with _needs_pytorch():
        from train.commands import evaluate_run

    evaluate_run(
        photos=photos,
        run=run,
        runs=RUNS,
        aliases=aliases,
        ignore_labels=ignore_label,
        ious=iou,
        out=out,
        device=device,
        as_json=as_json,
        overwrite=overwrite,
    )


@app.command("demo")
def demo_command(
    out: Annotated[Path, typer.Option(help="Folder for the data, the run and the report.")] = RUNS / "demo",
    n: Annotated[int, typer.Option("--n", help="How many frames to render.")] = 300,
    iterations: Annotated[int, typer.Option(help="Training steps.")] = 300,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier demo.")] = False,
) -> None:
    """The whole loop on what ships with the package: coins rendered, learned, found in a real photo."""
    from synth.demo.loop import demo

    with _needs_pytorch():
        from train.commands import evaluate_run, train

    demo(out=out, n=n, iterations=iterations, overwrite=overwrite, train=train, evaluate=evaluate_run)


def _aliases(pairs: list[str]) -> dict[str, str]:
    """`a=b` as {a: b}.

    Raises:
        UsageError: something isn't of that form.
    """
    aliases: dict[str, str] = {}
    for pair in pairs:
        label, equals, category = pair.partition("=")
        if not (label and equals and category):
            raise UsageError(f"--alias {pair}: expected LABEL=CATEGORY, cone=traffic_cone for example.")
        aliases[label] = category
    return aliases


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
