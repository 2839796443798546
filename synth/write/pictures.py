"""The image files of one sample, and the paths they have in the data set."""

__all__ = ["DEFAULT_IMAGES", "IMAGES", "ImageKind", "panoptic_image", "picture_paths", "write_pictures"]

import hashlib
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from synth.annotate.sample import Sample
from synth.errors import DatasetError
from synth.registry import Registry

# zlib's level 6 costs 147 ms for a frame's label images, and level 1 makes files a few percent larger.
PNG_LEVEL = 1
MOST_MM = np.iinfo(np.uint16).max
# Those that name no folder here lie in one of their own name.
FOLDERS = {"instance": "masks/instance", "class": "masks/class"}

# An image kind gives the pixels of a PNG: (H, W) uint8 or uint16, or (H, W, 3) uint8.
ImageKind = Callable[[Sample], NDArray[np.generic]]
IMAGES: Registry[ImageKind] = Registry("image kind")
# Written unasked: those that are small.
DEFAULT_IMAGES = ("instance", "class", "panoptic")


def picture_paths(index: int, images: Sequence[str]) -> dict[str, str]:
    """Where a frame's files lie, relative to the data set: the picture's as "image", and one for each image kind."""
    return {"image": f"images/{index:06d}.jpg"} | {
        name: f"{FOLDERS.get(name, name)}/{index:06d}.png" for name in images
    }


def write_pictures(folder: Path, sample: Sample, images: Sequence[str], *, jpeg_quality: int) -> dict[str, str]:
    """Write a sample's files below `folder`; returns the sha256 of each, by its path in there.

    Raises:
        DatasetError: the depth doesn't fit into 16 bits of millimetres.
    """
    # First, for one may refuse, and then nothing of the frame is to be there.
    pixels = {name: IMAGES[name](sample) for name in images}
    hashes: dict[str, str] = {}
    for name, path in picture_paths(sample.index, images).items():
        file = io.BytesIO()
        if name == "image":
            Image.fromarray(sample.rgb).save(file, "JPEG", quality=jpeg_quality, subsampling=0)
        else:
            Image.fromarray(pixels[name]).save(file, "PNG", compress_level=PNG_LEVEL)
        content = file.getbuffer()
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
        hashes[path] = hashlib.sha256(content).hexdigest()
    return hashes


@IMAGES.register("instance")
def instance_image(sample: Sample) -> NDArray[np.uint16]:
    """(H, W) instance ids, 0 = background."""
    return sample.instance


@IMAGES.register("class")
def class_image(sample: Sample) -> NDArray[np.generic]:
    """(H, W) category ids, 0 = background."""
    return sample.classes


@IMAGES.register("panoptic")
def panoptic_image(sample: Sample) -> NDArray[np.uint8]:
    """(H, W, 3): a segment's id is R + 256 G + 65536 B, 0 is void; instance ids serve, being unique in a frame."""
    low, high = sample.instance & 0xFF, sample.instance >> 8
    return np.stack([low, high, np.zeros_like(low)], axis=-1).astype(np.uint8)


@IMAGES.register("depth")
def depth_image(sample: Sample) -> NDArray[np.uint16]:
    """(H, W) millimetres along the viewing axis, 0 where nothing was hit.

    Raises:
        DatasetError: something is farther than 16 bits reach.
    """
    millimetres = np.rint(sample.depth_m * 1000)
    if millimetres.max(initial=0) > MOST_MM:
        raise DatasetError(
            f"frame {sample.index}: depth reaches {millimetres.max() / 1000:.1f} m, and the 16-bit depth image ends at "
            f'{MOST_MM / 1000:.1f} m. Leave "depth" out of images, or bring the camera nearer.'
        )
    return millimetres.astype(np.uint16)


@IMAGES.register("normals")
def normals_image(sample: Sample) -> NDArray[np.uint8]:
    """(H, W, 3) RGB: x, y, z in camera axes, -1 to 1 as 0 to 255, rounded; black, which no direction gives, is void.

    Raises:
        ValueError: the sample was rendered without normals.
    """
    if sample.normals is None:
        raise ValueError(f"frame {sample.index}: normals are to be written, and were not rendered")
    hit = np.any(sample.normals != 0, axis=-1, keepdims=True)
    return np.where(hit, np.rint(sample.normals * 127.5 + 127.5), 0).astype(np.uint8)
