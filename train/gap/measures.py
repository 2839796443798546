"""What can be counted of labelled pictures without a detector: sizes and places of boxes, light, colour, sharpness.

In: pictures with labels. Out: `Measured`, an array for each `Measure`. Pixels are looked at in the size at which the
detector sees them: grain of 12 megapixels that averages out before the network is no difference.
"""

__all__ = ["MEASURES", "Measure", "Measured", "measure"]

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from synth.dataset import Instance, Picture, read_rgb

Values = NDArray[np.float64]

LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
# Hand-drawn boxes hardly ever end exactly at the edge: so near to it, of the shorter side, a box is cut by it.
BORDER = 0.005
BLOCK_PX = 16
# A block with black or burnt pixels has lost its noise.
UNCLIPPED = (8.0, 247.0)
# Of the blocks, how many are smooth enough that what varies in them is noise.
SMOOTH_QUANTILE = 0.1
# Second differences both ways: planes and straight ramps vanish, and white noise of deviation 1 becomes one of 6.
HIGH_PASS = np.outer([1.0, -2.0, 1.0], [1.0, -2.0, 1.0])
HIGH_PASS_GAIN = 6.0
MAD_TO_DEVIATION = 1.4826
# What white noise of variance 1 adds to the variance of a Laplacian: 4 x 4 + 4 x 1.
LAPLACIAN_GAIN = 20.0
LEAST_SHARP = 1.0
JPEG_BLOCK_PX = 8


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of every object, or of every picture.

    Attributes:
        words: What it is, with its unit.
        more, less: What photos are where theirs is greater, or less: "Objects in the photos are {more}".
        log: Compared by ratios.
        grain: Differences below matter to nobody, in the unit in which it is compared (of a log measure, doublings).
        is_share: 0 or 1, so that only the mean says something.
    """

    name: str
    of: Literal["object", "picture"]
    words: str
    more: str
    less: str
    log: bool = False
    grain: float = 0.01
    is_share: bool = False

    def scaled(self, values: Values) -> Values:
        """The unit in which it is compared."""
        return np.log2(values) if self.log else values

    def unscaled(self, value: float) -> float:
        """Back to its own unit."""
        return float(2.0**value) if self.log else value

    def told(self, value: float) -> str:
        """With as many digits as are worth reading."""
        return f"{value:.0f}" if abs(value) >= 100 else f"{round(value, 4):.3g}"


MEASURES = (
    Measure(
        "box_size", "object", "longer side of the box / shorter side of the picture", "larger", "smaller", True, 0.1
    ),
    Measure("aspect", "object", "width / height of the box", "wider", "taller", True, 0.05),
    Measure("elongation", "object", "longer / shorter side of the box", "more elongated", "more square", True, 0.05),
    Measure("center_x", "object", "middle of the box / width", "more to the right", "more to the left", False, 0.02),
    Measure("center_y", "object", "middle of the box / height", "lower", "higher", False, 0.02),
    Measure(
        "off_center",
        "object",
        "distance from the picture's middle / its shorter side",
        "farther out",
        "nearer to the middle",
        False,
        0.02,
    ),
    Measure(
        "covered", "object", "share of the box that lies in a neighbour's", "more crowded", "less crowded", False, 0.05
    ),
    Measure(
        "at_border",
        "object",
        "share of boxes cut by the picture's edge",
        "more often cut off",
        "less often cut off",
        grain=0.02,
        is_share=True,
    ),
    Measure("count", "picture", "objects in a picture that has any", "fuller", "emptier", True, 0.2),
    Measure(
        "negative",
        "picture",
        "share of pictures without an object",
        "more often empty",
        "less often empty",
        grain=0.02,
        is_share=True,
    ),
    Measure("brightness", "picture", "mean luminance, 0 to 255", "brighter", "darker", False, 4.0),
    Measure("contrast", "picture", "deviation of the luminance, 0 to 127", "richer in contrast", "flatter", False, 2.0),
    Measure("green_red", "picture", "mean a of Lab: green below 0, red above", "redder", "greener", False, 1.0),
    Measure("blue_yellow", "picture", "mean b of Lab: blue below 0, yellow above", "yellower", "bluer", False, 1.0),
    Measure("chroma", "picture", "mean chroma of Lab", "more colourful", "paler", False, 1.0),
    Measure("sharpness", "picture", "variance of the Laplacian, less that of noise", "sharper", "softer", True, 0.3),
    Measure("noise", "picture", "deviation of the noise, of 255", "noisier", "cleaner", False, 0.3),
    Measure(
        "blockiness", "picture", "steps at JPEG's block edges / steps elsewhere", "blockier", "less blocky", True, 0.03
    ),
    Measure(
        "picture_aspect", "picture", "width / height of the picture", "wider in format", "taller in format", True, 0.05
    ),
)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """All measures of a set of pictures.

    Attributes:
        values: By the measure's name, (N objects,) or (P pictures,); NaN where a picture has no such number.
        owner: (N,) each object's picture, by its place in `pictures`.
        place: (N,) and its place among that picture's instances. Those to be ignored are left out.
    """

    pictures: tuple[Picture, ...]
    values: Mapping[str, Values]
    owner: NDArray[np.int64]
    place: NDArray[np.int64]

    def picture_of(self, measure: Measure) -> NDArray[np.int64]:
        """Whose number each value is, by the picture's place."""
        return self.owner if measure.of == "object" else np.arange(len(self.pictures))

    def of_objects(self, measure: Measure) -> Values:
        """(N,) a value for every object, that of its picture where it is the picture's."""
        values = self.values[measure.name]
        return values if measure.of == "object" else values[self.owner]


def measure(pictures: Sequence[Picture], image_size_px: int, advance: Callable[[int], None] | None = None) -> Measured:
    """Measure them.

    Args:
        image_size_px: The shorter side of what the detector sees.
        advance: Called with 1 after each picture.
    Raises:
        DatasetError: a picture can't be read.
    """
    boxes: dict[str, list[float]] = {one.name: [] for one in MEASURES if one.of == "object"}
    whole: dict[str, list[float]] = {one.name: [] for one in MEASURES if one.of == "picture"}
    owner, place = [], []
    for number, picture in enumerate(pictures):
        kept = [i for i, instance in enumerate(picture.instances) if not instance.iscrowd]
        owner += [number] * len(kept)
        place += kept
        for name, numbers in _of_boxes(picture, [picture.instances[i] for i in kept]).items():
            boxes[name] += numbers.tolist()
        for name, number_ in _of_picture(picture, len(kept), image_size_px).items():
            whole[name].append(number_)
        if advance:
            advance(1)
    values = {name: np.array(numbers, np.float64) for name, numbers in (boxes | whole).items()}
    return Measured(tuple(pictures), values, np.array(owner, np.int64), np.array(place, np.int64))


def _of_boxes(picture: Picture, instances: Sequence[Instance]) -> dict[str, Values]:
    x1, y1, x2, y2 = np.array([instance.box_xyxy_px for instance in instances], np.float64).reshape(-1, 4).T
    # Edges of a photo's label may coincide; a box of no width has no ratio.
    width, height = np.maximum(x2 - x1, 0.5), np.maximum(y2 - y1, 0.5)
    shorter_px = min(picture.width_px, picture.height_px)
    near_px = max(1.5, BORDER * shorter_px)
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    inside = (x1 > near_px) & (y1 > near_px) & (x2 < picture.width_px - near_px) & (y2 < picture.height_px - near_px)
    return {
        "box_size": np.maximum(width, height) / shorter_px,
        "aspect": width / height,
        "elongation": np.maximum(width, height) / np.minimum(width, height),
        "center_x": x / picture.width_px,
        "center_y": y / picture.height_px,
        "off_center": np.hypot(x - picture.width_px / 2, y - picture.height_px / 2) / shorter_px,
        "covered": _covered(x1, y1, x2, y2) / (width * height),
        "at_border": (~inside).astype(np.float64),
    }


def _covered(x1: Values, y1: Values, x2: Values, y2: Values) -> Values:
    """(N,) the area that each box shares with the neighbour it shares most with."""
    wide = np.minimum(x2[:, None], x2) - np.maximum(x1[:, None], x1)
    high = np.minimum(y2[:, None], y2) - np.maximum(y1[:, None], y1)
    shared = np.clip(wide, 0, None) * np.clip(high, 0, None)
    np.fill_diagonal(shared, 0)
    return np.asarray(shared.max(axis=1, initial=0))


def _of_picture(picture: Picture, n_objects: int, image_size_px: int) -> dict[str, float]:
    rgb = read_rgb(picture)
    scale = min(1.0, image_size_px / min(rgb.shape[:2]))
    size_wh = (max(3, round(rgb.shape[1] * scale)), max(3, round(rgb.shape[0] * scale)))
    whole = rgb @ LUMINANCE
    # Not by way of bytes: rounding would be the noise of a clean picture.
    light = np.asarray(Image.fromarray(whole).resize(size_wh, Image.Resampling.BILINEAR), np.float64)
    lab = _lab(np.asarray(Image.fromarray(rgb).resize(size_wh, Image.Resampling.BILINEAR))[::2, ::2])
    noise = _noise(light)
    return {
        "count": float(n_objects) if n_objects else np.nan,
        "negative": float(n_objects == 0),
        "brightness": float(light.mean()),
        "contrast": float(light.std()),
        "green_red": float(lab[..., 1].mean()),
        "blue_yellow": float(lab[..., 2].mean()),
        "chroma": float(np.hypot(lab[..., 1], lab[..., 2]).mean()),
        "sharpness": max(float(ndimage.laplace(light).var()) - LAPLACIAN_GAIN * noise**2, LEAST_SHARP),
        "noise": noise,
        "blockiness": _blockiness(whole),
        "picture_aspect": picture.width_px / picture.height_px,
    }


def _lab(rgb: NDArray[np.uint8]) -> Values:
    """(H, W, 3) CIE Lab of sRGB, white D65."""
    unit = rgb / 255.0
    linear = np.where(unit <= 0.04045, unit / 12.92, ((unit + 0.055) / 1.055) ** 2.4)
    # Rows give X, Y, Z over those of white.
    x, y, z = np.moveaxis(
        linear @ np.array([[0.43395, 0.37622, 0.18983], [0.21267, 0.71516, 0.07217], [0.01773, 0.10947, 0.87280]]).T,
        -1,
        0,
    )
    fx, fy, fz = (np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29) for t in (x, y, z))
    return np.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], axis=-1)


def _noise(light: Values) -> float:
    """Deviation of the noise in the picture's smoothest parts; texture elsewhere is not taken for noise.

    Source: Immerkaer, Fast Noise Variance Estimation, 1996, by blocks and with the median.
    """
    residual = np.abs(ndimage.convolve(light, HIGH_PASS)) / HIGH_PASS_GAIN
    rows, columns = (max(1, side // BLOCK_PX) for side in light.shape)
    residuals, lights = (_blocks(plane, rows, columns) for plane in (residual, light))
    usable = (lights.min(axis=1) > UNCLIPPED[0]) & (lights.max(axis=1) < UNCLIPPED[1])
    deviations = MAD_TO_DEVIATION * np.median(residuals[usable if usable.any() else slice(None)], axis=1)
    return float(np.quantile(deviations, SMOOTH_QUANTILE))


def _blocks(plane: Values, rows: int, columns: int) -> Values:
    """(blocks, pixels); what is left over at the right and below is left out."""
    height, width = plane.shape[0] // rows, plane.shape[1] // columns
    cut = plane[: rows * height, : columns * width].reshape(rows, height, columns, width)
    return cut.swapaxes(1, 2).reshape(rows * columns, height * width)


def _blockiness(light: NDArray[np.float32]) -> float:
    """1 without JPEG's blocks, or where they were scaled or cut away."""
    ratios = []
    for axis in (0, 1):
        steps = np.abs(np.diff(light, axis=axis)).mean(axis=1 - axis)
        place = np.arange(1, len(steps) + 1) % JPEG_BLOCK_PX
        # Against the blocks' middles, not all the rest: scaling a picture up makes steps of a period of its own.
        edges, middles = steps[place == 0], steps[place == JPEG_BLOCK_PX // 2]
        if len(edges) and len(middles):
            ratios.append((edges.mean() + 0.1) / (middles.mean() + 0.1))
    return float(np.mean(ratios)) if ratios else 1.0
