"""Pictures made small, several at a time, and what their pixels are like on average."""

__all__ = ["Thumbnail", "side_for", "thumbnails"]

import io
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np
from PIL import Image

from synth.dataset import Picture, read_rgb
from synth.errors import DatasetError

# What all of them may weigh together, in the page (base64 takes 4 bytes for 3).
BUDGET_BYTES = 21_000_000
# A WebP of such a quality takes about so many bytes for a pixel of a noisy picture.
QUALITY, BYTES_PER_PX = 72, 0.16
LEAST_SIDE_PX, MOST_SIDE_PX = 128, 960
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """One picture made small.

    Attributes:
        webp: Empty where the picture can't be read; `fault` says why.
        mean_rgb: Mean sRGB, 0 to 255.
        brightness: Mean luminance of sRGB values, Rec. 709 weights, 0 to 255.
    """

    webp: bytes
    mean_rgb: tuple[int, int, int] = (0, 0, 0)
    brightness: float = 0.0
    fault: str = ""


def side_for(n: int) -> int:
    """How long the longer side of each of `n` may be, in pixels, so that together they keep to the budget."""
    side_px = (BUDGET_BYTES / (max(n, 1) * BYTES_PER_PX * 3 / 4)) ** 0.5
    return max(LEAST_SIDE_PX, min(MOST_SIDE_PX, int(side_px) // 16 * 16))


def thumbnails(pictures: Sequence[Picture], side_px: int) -> Iterator[Thumbnail]:
    """In the order of the pictures; a few are in memory at a time. Pillow decodes and encodes beside Python's lock."""
    n_threads = max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    rest = iter(pictures)
    with ThreadPoolExecutor(n_threads) as pool:
        begun: list[Future[Thumbnail]] = [pool.submit(_thumbnail, one, side_px) for one in islice(rest, 2 * n_threads)]
        while begun:
            yield begun.pop(0).result()
            begun += [pool.submit(_thumbnail, one, side_px) for one in islice(rest, 1)]


def _thumbnail(picture: Picture, side_px: int) -> Thumbnail:
    longest = max(picture.width_px, picture.height_px)
    step_px = next((step for step in (8, 4, 2) if longest >= step * side_px), 1)
    try:
        image = Image.fromarray(read_rgb(picture, step_px))
    except DatasetError as error:
        return Thumbnail(b"", fault=str(error).removeprefix(f"{picture.path}: "))
    image.thumbnail((side_px, side_px), Image.Resampling.LANCZOS, reducing_gap=2.0)
    memory = io.BytesIO()
    image.save(memory, "WEBP", quality=QUALITY, method=2)
    red, green, blue = mean = np.asarray(image.reduce(2)).mean((0, 1))
    return Thumbnail(memory.getvalue(), (round(red), round(green), round(blue)), float(mean @ LUMINANCE))
