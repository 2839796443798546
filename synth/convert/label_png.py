"""Numbers as pixels: label maps with VOC's palette, and pictures in which every object has a colour of its own."""

__all__ = ["PALETTE", "colours_of", "flat_map", "read_numbers", "save_map"]

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pycocotools import mask as coco_mask

from synth.convert.neutral import Thing
from synth.errors import DatasetError
from synth.unreadable import UNREADABLE, why_unreadable
from synth.untrusted import open_picture


def colours_of(numbers: NDArray[np.integer]) -> NDArray[np.uint8]:
    """PASCAL VOC's colours, (..., 3): the number's bits, three at a time, are the high bits of red, green and blue.

    Distinct for numbers below 2^24, and 0 is black.
    """
    left = np.asarray(numbers, np.int64).copy()
    colours = np.zeros((*left.shape, 3), np.int64)
    for bit in range(7, -1, -1):
        for channel in range(3):
            colours[..., channel] |= ((left >> channel) & 1) << bit
        left >>= 3
    return colours.astype(np.uint8)


PALETTE: Final = colours_of(np.arange(256)).tobytes()


def flat_map(
    things: Sequence[Thing], numbers: Sequence[int], height_px: int, width_px: int
) -> tuple[NDArray[np.int32], int]:
    """Every object's pixels as its number, 0 elsewhere; the last to claim a pixel has it.

    Returns:
        (H, W), and how many pixels more than one object claimed.
    """
    drawn = np.zeros((height_px, width_px), np.int32)
    n_shared = 0
    for thing, number in zip(things, numbers, strict=True):
        if thing.instance.rle is not None:
            mask = coco_mask.decode(thing.instance.rle).astype(np.bool_)
            n_shared += int((drawn[mask] != 0).sum())
            drawn[mask] = number
    return drawn, n_shared


def save_map(path: Path, numbers: NDArray[np.integer]) -> None:
    """A PNG of 8 bits with VOC's palette, or of 16 bits where numbers are larger."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if numbers.max(initial=0) > np.iinfo(np.uint8).max:
        Image.fromarray(numbers.astype(np.uint16)).save(path)
        return
    image = Image.fromarray(numbers.astype(np.uint8))
    image.putpalette(PALETTE)
    image.save(path)


def read_numbers(path: Path, size_wh_px: tuple[int, int]) -> NDArray[np.int32]:
    """(H, W) of a label map: an indexed picture's indices, a grey one's values, a coloured one's R + 256 G + 65536 B.

    Raises:
        DatasetError: it is missing, not a picture, or of another size.
    """
    try:
        with open_picture(path) as image:
            coloured = image.mode in {"RGB", "RGBA"}
            pixels = np.asarray(image.convert("RGB") if coloured else image, np.int32)
            size = image.size
    except FileNotFoundError:
        raise DatasetError(f"{path}: the label picture is missing, so the data set isn't whole.") from None
    except UNREADABLE as error:
        raise DatasetError(f"{path}: can't be read as a picture ({why_unreadable(error)}).") from None
    if size != size_wh_px:
        raise DatasetError(f"{path}: is {size[0]} x {size[1]}, its picture {size_wh_px[0]} x {size_wh_px[1]}.")
    numbers = pixels @ np.array([1, 256, 65536], np.int32) if coloured else pixels
    return np.asarray(numbers, np.int32)
