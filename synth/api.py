"""`import synth` in Python and in Jupyter: what the commands do, with their defaults; results show themselves."""

__all__ = ["DataSet", "LabelledFrame", "frame", "load", "render"]

import html
import io
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console

from synth.dataset import read_manifest
from synth.engine.commands import plan_of
from synth.engine.commands import render as render_command
from synth.engine.shards import FrameMaker
from synth.errors import ConfigError, DatasetError, PartlyDoneError
from synth.report.draw import draw_labels

Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class LabelledFrame:
    """A picture with its labels; in Jupyter, the picture with the labels drawn.

    Attributes:
        rgb: (H, W, 3) uint8, sRGB.
        instance: (H, W) uint16, `instance_id` of the annotations, 0 where nothing is labelled.
        annotations: As in annotations.json; see docs/labels.md.
        names: Of the categories, by id.
        drawn: What each randomizer drew.
    """

    index: int
    rgb: NDArray[np.uint8]
    instance: NDArray[np.uint16]
    annotations: tuple[dict[str, Any], ...]
    names: Mapping[int, str]
    drawn: Mapping[str, Any]

    def image(self) -> Image.Image:
        """The picture with its labels drawn."""
        return draw_labels(self.rgb, self.instance, self.annotations, self.names)

    def __repr__(self) -> str:
        height, width = self.instance.shape
        return f"LabelledFrame(index={self.index}, {width} x {height}, {len(self.annotations)} labels)"

    def _repr_png_(self) -> bytes:
        file = io.BytesIO()
        self.image().save(file, "PNG")
        return file.getvalue()


@dataclass(frozen=True, eq=False)
class DataSet:
    """A data set on the disk, a sequence of its frames; in Jupyter, a table of what is in it.

    Attributes:
        folder: Where it lies.
        manifest: What `manifest.json` says: settings, counts, coverage, versions.
    """

    folder: Path
    manifest: Mapping[str, Any] = field(repr=False)

    def __len__(self) -> int:
        return int(self.manifest["counts"]["images"])

    def __getitem__(self, number: int) -> LabelledFrame:
        """The frame in this place of annotations.json; -1 is the last.

        Raises:
            IndexError: there are fewer frames.
            DatasetError: its files are missing, or the set was made without instance masks.
        """
        image = self._coco["images"][number]
        index = int(image["id"]) - 1
        if "instance" not in image["labels"]:
            raise DatasetError(
                f'{self.folder}: was made without instance masks; say images = ["instance"] in render.toml.'
            )
        return LabelledFrame(
            index=index,
            rgb=np.asarray(self._opened(image["file_name"])),
            instance=np.asarray(self._opened(image["labels"]["instance"])).astype(np.uint16),
            annotations=tuple(self._annotations.get(image["id"], ())),
            names=self.names,
            drawn=image["drawn"],
        )

    def __iter__(self) -> Iterator[LabelledFrame]:
        return (self[number] for number in range(len(self)))

    @property
    def names(self) -> dict[int, str]:
        """Of the categories, by id."""
        return {category["id"]: category["name"] for category in self.manifest["categories"]}

    @cached_property
    def _coco(self) -> dict[str, Any]:
        path = self.folder / "annotations.json"
        if not path.is_file():
            raise DatasetError(
                f"{path}: isn't there; are there many frames to a file? To look at them: synth inspect {self.folder}"
            )
        content: dict[str, Any] = orjson.loads(path.read_bytes())
        return content

    @cached_property
    def _annotations(self) -> dict[int, list[dict[str, Any]]]:
        found: dict[int, list[dict[str, Any]]] = {}
        for annotation in self._coco["annotations"]:
            found.setdefault(annotation["image_id"], []).append(annotation)
        return found

    def _opened(self, name: str) -> Image.Image:
        try:
            with Image.open(self.folder / name) as image:
                image.load()
                return image
        except OSError as error:
            raise DatasetError(f"{self.folder / name}: can't be read ({error}). See synth audit.") from None

    def _repr_html_(self) -> str:
        counts = self.manifest["counts"]
        rows = "".join(
            f"<tr><td>{html.escape(name)}</td><td>{n}</td></tr>" for name, n in counts["per_category"].items()
        )
        return (
            f"<p>{html.escape(str(self.folder))}: {counts['images']} frames, {counts['annotations']} labels, "
            f"{counts['images_without_objects']} frames without any</p>"
            f"<table><thead><tr><th>category</th><th>labels</th></tr></thead><tbody>{rows}</tbody></table>"
        )


def render(
    out: str | Path = "data/synth",
    *,
    n: int = 1000,
    assets: str | Path | None = None,
    config: str | Path | None = None,
    settings: Settings | None = None,
    workers: int | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: bool = True,
) -> DataSet:
    """`synth render`: make a data set.

    In a script, call it below `if __name__ == "__main__":`, for it starts processes, which import the script.

    Args:
        out: Folder of the data set.
        n: How many frames.
        assets: Folder of meshes; None for `assets/` where there is one, else those that ship.
        config: render.toml; None for the one in the working folder, if there is one.
        settings: Laid over it, by their keys: {"preset": "flat", "seed": 3, "camera.elevation_deg": [20, 90]}.
        workers: Processes; None for one a core.
        resume: Go on with a data set that was begun.
        overwrite: Replace one that is there.
        progress: Show a bar and the summary.
    Raises:
        SynthError: as the command has it. Frames that were left out are told by a warning.
    """
    console = Console(highlight=False, quiet=not progress)
    try:
        render_command(
            n=n,
            out=Path(out),
            assets=_path(assets),
            config=_path(config),
            overrides=dict(settings or {}),
            workers=workers,
            resume=resume,
            overwrite=overwrite,
            frame=None,
            console=console,
        )
    except PartlyDoneError as error:
        # The data set is whole but for these, and the caller wants it.
        warnings.warn(str(error), stacklevel=2)
    return load(out)


def load(folder: str | Path) -> DataSet:
    """A data set that `render` made.

    Raises:
        DatasetError: it isn't complete, or was converted from elsewhere.
    """
    path = Path(folder)
    manifest = read_manifest(path)
    if "per_category" not in manifest.get("counts", {}):
        raise DatasetError(
            f"{path}: wasn't made by synth render. Training takes it as it is; to look through it: synth inspect {path}"
        )
    return DataSet(path, manifest)


def frame(
    index: int = 0,
    *,
    assets: str | Path | None = None,
    config: str | Path | None = None,
    settings: Settings | None = None,
) -> LabelledFrame:
    """One frame, rendered and labelled without touching the disk: the same as frame `index` of a data set.

    Args:
        index: From 0.
        assets, config, settings: As `render` has them.
    Raises:
        SynthError: as the command has it.
    """
    if index < 0:
        raise ConfigError(f"frame {index}: frames count from 0.")
    plan = plan_of(
        n=index + 1, out=Path("unused"), assets=_path(assets), config=_path(config), overrides=dict(settings or {})
    )
    with FrameMaker(plan) as maker:
        sample = maker.sample(index)
    names = {category.id: category.name for category in plan.catalog().categories}
    return LabelledFrame(index, sample.rgb, sample.instance, sample.annotations, names, sample.drawn)


def _path(given: str | Path | None) -> Path | None:
    return None if given is None else Path(given)
