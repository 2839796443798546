"""`synth train --explain`: what a detector computes while it learns from one picture, as a page."""

__all__ = ["explain"]

import os
from collections.abc import Sequence
from pathlib import Path

import torch
import torchvision
from rich.console import Console
from torchvision.models.detection.faster_rcnn import FasterRCNN

import synth
from synth.dataset import Category, Picture, PictureSet
from synth.errors import TrainingError, UsageError
from train.checkpoint import Run
from train.commands.training import Sources
from train.data.sets import merge
from train.data.stream import read_labelled, reading_step_px
from train.explain.page import learning_html
from train.explain.trace import Trace
from train.explain.tracing import trace
from train.learn.fit import new_detector, resolve
from train.settings import ResolvedSettings


def explain(
    which: str,
    sources: Sources,
    *,
    out: Path | None = None,
    overwrite: bool = False,
    console: Console | None = None,
) -> Path:
    """Write the page for one picture, as it is, with the weights of a run or those that a run begins with.

    Args:
        which: The picture: its number, from 0, in all of the data, what is validated on last; or its file.
        out: The page; None for `explain-<picture>.html`.
        overwrite: Replace a page that is there.
    Raises:
        UsageError: there is no such picture, or `out` is a folder.
        TrainingError: the detector isn't a Faster R-CNN, or the page is there.
        SynthError: as reading has it.
    """
    console = console or Console(highlight=False)
    checked = sources.checked()
    given = sources.read(console)
    pictures = merge(given.in_memory(), given.start.categories if given.start else None)
    picture = _chosen(which, pictures)
    out = out or Path(f"explain-{picture.path.stem}.html")
    if out.is_dir():
        raise UsageError(f"--out {out}: is a folder, and a page is a file. Say --out {out / 'page.html'}.")
    if out.exists() and not overwrite:
        raise TrainingError(f"{out}: is there already. Choose another --out, or say --overwrite.")
    # A single step needs no GPU.
    resolved = resolve(checked, given.start, len(pictures.pictures), len(pictures.categories), torch.device("cpu"))
    told = _traced(picture, pictures.categories, resolved, given.start)
    names = [category.name for category in pictures.categories]
    title = f"How {resolved.detector} learns from {picture.path.name}"
    _write(learning_html(told, title=title, names=names, facts=_facts(picture, resolved, given.start)), out)
    console.print(f"-> {out}", soft_wrap=True, markup=False)
    return out


def _traced(picture: Picture, categories: Sequence[Category], settings: ResolvedSettings, start: Run | None) -> Trace:
    with torch.random.fork_rng([]):
        model = new_detector(settings, len(categories), start)
    if not isinstance(model, FasterRCNN):
        raise TrainingError(f"--explain: {settings.detector} is no Faster R-CNN. Choose --model lite0, for example.")
    labelled = read_labelled(
        picture, categories, reading_step_px(picture, settings.image_size_px), with_masks=settings.masks
    )
    return trace(model, labelled.image.float() / 255, labelled.target(), seed=settings.seed)


def _facts(picture: Picture, settings: ResolvedSettings, start: Run | None) -> dict[str, str]:
    return {
        "picture": str(picture.path),
        "detector": f"{settings.detector}, shorter side {settings.image_size_px} px",
        "weights": f"{start.path}, after {start.step} iterations" if start else "those that training begins with",
        "seed": f"{settings.seed}, of what is sampled",
        "versions": f"synth {synth.__version__}, torch {torch.__version__}, torchvision {torchvision.__version__}",
    }


def _chosen(which: str, pictures: PictureSet) -> Picture:
    n = len(pictures.pictures)
    if which.isdecimal():
        if int(which) >= n:
            raise UsageError(f"--explain {which}: {pictures.name} has {n} pictures, 0 to {n - 1}.")
        return pictures.pictures[int(which)]
    of_file = {picture.path.resolve(): picture for picture in pictures.pictures}
    of_name = {picture.path.name: picture for picture in pictures.pictures}
    found = of_file.get(Path(which).resolve()) or of_name.get(which)
    if found is None:
        raise UsageError(
            f"--explain {which}: is none of the {n} pictures of {pictures.name}. Say its number, 0 to {n - 1}."
        )
    return found


def _write(page: str, out: Path) -> None:
    """Whole or not at all."""
    out.parent.mkdir(parents=True, exist_ok=True)
    aside = out.with_name(f".{out.name}.{os.getpid()}")
    aside.write_text(page, encoding="utf-8")
    aside.replace(out)
