"""The image files of one sample, and the paths they have in the data set."""

__all__ = ["panoptic_image", "picture_paths", "write_pictures"]

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from synth.annotate.sample import Sample
from synth.errors import DatasetError

# zlib's level 6 costs 147 ms for a frame's label images, and level 1 makes files a few percent larger.
PNG_LEVEL = 1
MOST_MM = np.iinfo(np.uint16).max


def picture_paths(index: int, *, depth: bool) -> dict[str, str]:
    """Where a frame's files lie, relative to the data set."""
    paths = {
        "image": f"images/{index:06d}.jpg",
        "instance": f"masks/instance/{index:06d}.png",
        "class": f"masks/class/{index:06d}.png",
        "panoptic": f"panoptic/{index:06d}.png",
    }
    return paths | ({"depth": f"depth/{index:06d}.png"} if depth else {})


def write_pictures(folder: Path, sample: Sample, *, jpeg_quality: int, depth: bool) -> None:
    """Write a sample's files below `folder`.

    Raises:
        DatasetError: the depth doesn't fit into 16 bits of millimetres.
    """
    # First, for it may refuse, and then nothing of the frame is to be there.
    millimetres = _millimetres(sample) if depth else None
    paths = {name: folder / path for name, path in picture_paths(sample.index, depth=depth).items()}
    for path in paths.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(sample.rgb).save(paths["image"], quality=jpeg_quality, subsampling=0)
    _write_png(paths["instance"], sample.instance)
    # One byte is enough for most catalogues, and every viewer shows such PNGs.
    wide = sample.classes.max(initial=0) > np.iinfo(np.uint8).max
    _write_png(paths["class"], sample.classes if wide else sample.classes.astype(np.uint8))
    _write_png(paths["panoptic"], panoptic_image(sample))
    if millimetres is not None:
        _write_png(paths["depth"], millimetres)


def panoptic_image(sample: Sample) -> NDArray[np.uint8]:
    """(H, W, 3): a segment's id is R + 256 G + 65536 B, 0 is void; instance ids serve, being unique in a frame."""
    low, high = sample.instance & 0xFF, sample.instance >> 8
    return np.stack([low, high, np.zeros_like(low)], axis=-1).astype(np.uint8)


def _millimetres(sample: Sample) -> NDArray[np.uint16]:
    millimetres = np.rint(sample.depth_m * 1000)
    if millimetres.max(initial=0) > MOST_MM:
        raise DatasetError(
            f"frame {sample.index}: depth reaches {millimetres.max() / 1000:.1f} m, and the 16-bit depth image ends at "
            f"{MOST_MM / 1000:.1f} m. Leave depth off, or bring the camera nearer."
        )
    return millimetres.astype(np.uint16)


def _write_png(path: Path, pixels: NDArray[np.generic]) -> None:
    Image.fromarray(pixels).save(path, compress_level=PNG_LEVEL)
