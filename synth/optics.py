"""What the optics do to light before it reaches the sensor: focus, softness, shake, vignette.

In and out: linear light, a plane a channel, (3, H, W) float32, changed in place.
"""

__all__ = ["blur", "defocus", "shake", "vignette"]

from collections import Counter

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Planes = NDArray[np.float32]
# The largest variance of a kernel of three.
WIDEST = 0.5
# A disc's standard deviation along any line, over its diameter.
SIGMA_OF_DISC = 0.25
# Less blur than this isn't seen.
LEAST_SIGMA_PX = 0.3
# How much of what is in focus gets into the blur of what lies beside it: none would leave nothing to divide by.
LEAK = 0.05
# Standard deviations, in pixels, of the picture halved and doubled again; and of it halved once, twice, three times,
# each time smoothed before it is doubled: of the boxes, of the tents, and of the smoothing.
HALVED_PX = 0.96
SMOOTHED_PX = (1.71, 3.45, 6.89)
# A place that the shutter spends less time in, over that of the longest, is left out.
LEAST_TIME = 0.1


def defocus(light: Planes, depth_m: NDArray[np.float32], focus_m: float, defocus_px_m: float) -> None:
    """Depth of field: a few blurred levels, mixed by each pixel's circle of confusion.

    Args:
        light: Changed in place.
        depth_m: (H, W), 0 where there is nothing, which counts as infinitely far.
        focus_m: The depth that is sharp.
        defocus_px_m: Focal length in pixels times the lens' opening in metres.
    Source: the thin lens whose focal length is small beside the distances: a point's disc measures
        focal_px * opening_m * |1 / focus_m - 1 / depth_m|.
    """
    sigma_px = _sigma_px(depth_m, focus_m, defocus_px_m)
    widest = float(sigma_px.max())
    if widest < LEAST_SIGMA_PX:
        return
    variance = np.square(sigma_px)
    # What is sharp hardly counts in the blur of its surroundings, or each sharp thing would have a halo.
    weight = np.clip(sigma_px, LEAK, 1, out=sigma_px)
    levels = [_halved([*(plane * weight for plane in light), weight, variance])]
    while widest > SMOOTHED_PX[len(levels) - 1] and len(levels) < len(SMOOTHED_PX):
        levels.append(_halved([*levels[-1]]))
    blurred = _smoothed(levels[-1])
    for number in range(len(levels) - 2, -1, -1):
        finer, (sharp, wide) = levels[number], SMOOTHED_PX[number : number + 2]
        blurred = _mixed(_smoothed(finer), _enlarged(blurred, finer.shape), finer[4], sharp, wide)
    half = levels[0]
    blurred = _mixed(half[:3] / half[3], blurred, half[4], HALVED_PX, SMOOTHED_PX[0])
    light[:] = _mixed(light, _enlarged(blurred, light.shape), variance, 0, HALVED_PX)


def blur(light: Planes, sigma_px: float) -> None:
    """A lens that is soft: as good as a Gaussian, by kernels of three."""
    passes = int(np.ceil(sigma_px**2 / WIDEST))
    side = np.float32(sigma_px**2 / passes / 2)
    beside = np.empty_like(light[0])
    for plane in light:
        for _ in range(passes):
            # Rows first, then columns, which are the rows of what is transposed.
            _blur_rows(plane, beside, side)
            _blur_rows(plane.T, beside.T, side)


def shake(light: Planes, path_px: tuple[float, float], bend: float) -> None:
    """The camera moves while the shutter is open: each point draws a short line or curve.

    Args:
        light: Changed in place.
        path_px: From the line's one end to the other, x and y.
        bend: How far the middle leaves the line, over its length.
    """
    offsets = _offsets(path_px, bend)
    rim = 1 + max(max(abs(x), abs(y)) for x, y in offsets)
    height, width = light.shape[1:]
    wide = np.pad(light, ((0, 0), (rim, rim), (rim, rim)), mode="edge")
    light[:] = 0
    part = np.empty_like(light)
    for (x, y), time in offsets.items():
        moved = wide[:, rim + y : rim + y + height, rim + x : rim + x + width]
        light += np.multiply(moved, np.float32(time), out=part)


def vignette(light: Planes, loss: float) -> None:
    """Darken towards the corners, which lose that part of their light."""
    height, width = light.shape[1:]
    x, y = (((np.arange(n) + 0.5) / n * 2 - 1) ** 2 / 2 for n in (width, height))
    # Equal in all directions: the longer side reaches farther out.
    x, y = x * 2 * width**2 / (width**2 + height**2), y * 2 * height**2 / (width**2 + height**2)
    left = 1 - np.float32(loss) * (x.astype(np.float32) + y.astype(np.float32)[:, None])
    light *= left


def _blur_rows(rows: NDArray[np.float32], beside: NDArray[np.float32], side: np.float32) -> None:
    """Each row takes that part of the one before and of the one after; the border repeats."""
    np.add(rows[:-2], rows[2:], out=beside[1:-1])
    np.add(rows[0], rows[1], out=beside[0])
    np.add(rows[-2], rows[-1], out=beside[-1])
    beside *= side
    rows *= 1 - 2 * side
    rows += beside


def _sigma_px(depth_m: NDArray[np.float32], focus_m: float, defocus_px_m: float) -> NDArray[np.float32]:
    """(H, W) each pixel's blur."""
    nearer = np.divide(1, depth_m, out=np.zeros_like(depth_m), where=depth_m > 0)
    nearer -= np.float32(1 / focus_m)
    nearer *= np.float32(SIGMA_OF_DISC * defocus_px_m)
    sigma_px = np.minimum(np.abs(nearer), np.float32(SMOOTHED_PX[-1]))
    if nearer.max() > LEAST_SIGMA_PX:
        # What is nearer than the focus spreads over its surroundings, sharp or not.
        near = np.clip(nearer, 0, np.float32(SMOOTHED_PX[-1]))
        half = _halved([near])
        spread = _enlarged(_smooth(_halved([*_halved([*half])])), half.shape)
        np.maximum(sigma_px, np.minimum(2 * _enlarged(spread, near.shape)[0], near.max()), out=sigma_px)
    return sigma_px


def _mixed(sharp: Planes, blurred: Planes, variance: NDArray[np.float32], sharp_px: float, blurred_px: float) -> Planes:
    """Between two levels, so that the variances come out right."""
    part = variance - np.float32(sharp_px**2)
    part *= np.float32(1 / (blurred_px**2 - sharp_px**2))
    np.clip(part, 0, 1, out=part)
    blurred -= sharp
    blurred *= part
    blurred += sharp
    return blurred


def _smoothed(level: Planes) -> Planes:
    """(3, h, w) the light of a level of weighted light and weights, smoothed."""
    smooth = _smooth(level[:4])
    return np.asarray(smooth[:3] / smooth[3], np.float32)


def _smooth(planes: Planes) -> Planes:
    """By (1, 2, 1) along both axes."""
    wide = np.pad(planes, ((0, 0), (1, 1), (1, 1)), mode="edge")
    rows = wide[:, :-2] + wide[:, 2:] + 2 * wide[:, 1:-1]
    return np.asarray((rows[:, :, :-2] + rows[:, :, 2:] + 2 * rows[:, :, 1:-1]) / 16, np.float32)


def _halved(planes: list[NDArray[np.float32]]) -> Planes:
    """By means of 2 x 2; of less at an odd border."""
    return np.stack([np.asarray(Image.fromarray(plane).reduce(2)) for plane in planes])


def _enlarged(planes: Planes, shape: tuple[int, ...]) -> Planes:
    """Linearly, to the height and width of a shape that was halved to this one, once or oftener."""
    height, width = shape[-2:]
    scale = 2 ** round(np.log2(width / planes.shape[2]))
    # Where the shape is odd, the last pixels are halves.
    box = (0, 0, width / scale, height / scale)
    larger = (Image.fromarray(plane).resize((width, height), Image.Resampling.BILINEAR, box) for plane in planes)
    return np.stack([np.asarray(plane) for plane in larger])


def _offsets(path_px: tuple[float, float], bend: float) -> dict[tuple[int, int], float]:
    """Whole pixels, each with its share of the time; what lies between two or four is shared out among them."""
    x, y = path_px
    n = max(2, int(np.ceil(2 * np.hypot(x, y))))
    shares: Counter[tuple[int, int]] = Counter()
    for t in (np.arange(n) + 0.5) / n - 0.5:
        # An arc's height; its mean is 0, so that labels stay in the middle of what is seen.
        arc = 4 * bend * (1 / 12 - t * t)
        at_x, at_y = t * x - arc * y, t * y + arc * x
        left, top = int(np.floor(at_x)), int(np.floor(at_y))
        for aside, below in ((0, 0), (1, 0), (0, 1), (1, 1)):
            share = (1 - abs(at_x - left - aside)) * (1 - abs(at_y - top - below))
            shares[left + aside, top + below] += share / n
    least = LEAST_TIME * max(shares.values())
    kept = {offset: share for offset, share in shares.items() if share >= least}
    return {offset: share / sum(kept.values()) for offset, share in kept.items()}
