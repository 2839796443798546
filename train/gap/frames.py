"""Which synthetic frames stand for a data set, and what each of them drew.

In: a folder of `synth render` and the run that is to be judged. Out: `Frames`: of the data that the run was trained on,
frames that it learned from and frames that it never saw; of other data, frames by chance.
"""

__all__ = ["Frames", "read_frames", "value_at"]

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from synth.dataset import Picture, PictureSet, read_coco, read_manifest
from synth.errors import DatasetError
from train.checkpoint import Run, read_checkpoint
from train.data.sets import fingerprint, gather

SAMPLE = 11  # what the seed is drawn for


@dataclass(frozen=True, slots=True)
class Frames:
    """Some frames of a data set.

    Attributes:
        folder: Where the data set lies.
        pictures: Those to be measured that the run never learned from come first.
        n_unseen: How many those are; 0 where nobody knows.
        drawn: Of each picture, what its randomizers drew; empty where the data set doesn't say.
        assets: Of each picture, the asset of each of its instances; "" where the data set doesn't say.
        settings: The data set's own, empty where it doesn't say.
    """

    folder: Path
    set: PictureSet
    n_unseen: int
    drawn: tuple[Mapping[str, Any], ...]
    assets: tuple[tuple[str, ...], ...]
    settings: Mapping[str, Any]

    @property
    def pictures(self) -> tuple[Picture, ...]:
        return self.set.pictures

    @property
    def judged(self) -> PictureSet:
        """Those on which the detector is measured."""
        kept = self.pictures[: self.n_unseen] if self.n_unseen else self.pictures
        return PictureSet(self.set.name, self.set.categories, kept)


def read_frames(folder: Path, run: Run, n_frames: int, seed: int) -> Frames:
    """At most `n_frames`; of data that the run was trained on, at most half are such as it never saw.

    Raises:
        DatasetError: the folder isn't a complete data set, or holds no picture.
        TrainingError: it has categories that the run doesn't know.
    """
    manifest, whole = read_manifest(folder), read_coco(folder)
    if not whole.pictures:
        raise DatasetError(f"{folder}: holds no pictures. Render some with: synth render --out {folder}")
    material = gather([whole], [], None, run.categories, run.settings)
    rng = np.random.default_rng([seed, SAMPLE])
    is_own = bool(material.held_out) and fingerprint(material) == read_checkpoint(run.path).data
    unseen = _some(material.held_out, max(n_frames // 2, 1), rng) if is_own else []
    learned = material.train if is_own else (*material.train, *material.held_out)
    chosen = [*unseen, *_some(learned, n_frames - len(unseen), rng)]
    drawn, assets = _records(folder)
    settings = manifest.get("settings")
    return Frames(
        folder=folder,
        set=PictureSet(whole.name, material.categories, tuple(chosen)),
        n_unseen=len(unseen),
        drawn=tuple(drawn.get(picture.path, {}) for picture in chosen),
        assets=tuple(assets.get(picture.path, ("",) * len(picture.instances)) for picture in chosen),
        settings=settings if isinstance(settings, dict) else {},
    )


def value_at(record: Any, path: str) -> Any:
    """What lies at `a.b.c` of nested mappings; None where nothing does."""
    for part in path.split("."):
        if not isinstance(record, Mapping) or part not in record:
            return None
        record = record[part]
    return record


def _some(pictures: Sequence[Picture], n: int, rng: np.random.Generator) -> list[Picture]:
    """So many by chance, in their own order."""
    places: NDArray[np.int64] = np.sort(rng.permutation(len(pictures))[:n])
    return [pictures[place] for place in places.tolist()]


def _records(folder: Path) -> tuple[dict[Path, Mapping[str, Any]], dict[Path, tuple[str, ...]]]:
    """What each picture's record says beyond COCO, by the picture's path; `read_coco` has checked the rest."""
    coco = orjson.loads((folder / "annotations.json").read_bytes())
    assets: dict[int, list[str]] = {image["id"]: [] for image in coco["images"]}
    for annotation in coco["annotations"]:
        assets[annotation["image_id"]].append(str(annotation.get("asset_id", "")))
    paths = {image["id"]: folder / image["file_name"] for image in coco["images"]}
    drawn = {paths[image["id"]]: image.get("drawn") or {} for image in coco["images"]}
    return drawn, {paths[image_id]: tuple(names) for image_id, names in assets.items()}
