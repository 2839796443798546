"""What a surface looks like: tiles of colour, roughness, metal and normals, packed into one atlas per model."""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from assets.make.noise import fbm
from assets.make.surface import Rect

__all__ = ["Atlas", "Skin", "blended", "normals_from_height", "pack", "pixel_grid", "plain", "wrapped"]

Floats = NDArray[np.float64]

# Between tiles, so that the coarser mipmaps of one don't take up its neighbour's colour.
GUTTER_PX = 4
JPEG_QUALITY = 84


@dataclass(frozen=True)
class Skin:
    """One tile, row 0 at v = 0.

    rgb (H, W, 3) in sRGB, 0 to 1; roughness (H, W); metallic (H, W); normal (H, W, 3) or None where the geometry says
    it all: x right, y up (against v), z out of the surface.
    """

    rgb: Floats
    roughness: Floats
    metallic: Floats
    normal: Floats | None = None


@dataclass(frozen=True)
class Atlas:
    """The encoded images of a model, and where each tile lies in them. `normal_jpeg` is None if no tile has normals."""

    base_color_jpeg: bytes
    metallic_roughness_jpeg: bytes
    normal_jpeg: bytes | None
    rects: dict[str, Rect]


def pixel_grid(width_px: int, height_px: int) -> tuple[Floats, Floats]:
    """u and v in [0, 1] at the centres of a tile's pixels, each (H, W)."""
    u, v = (np.arange(width_px) + 0.5) / width_px, (np.arange(height_px) + 0.5) / height_px
    return tuple(np.meshgrid(u, v))  # type: ignore[return-value]


def plain(
    rgb: tuple[float, float, float],
    *,
    seed: int,
    roughness: float = 0.5,
    metallic: float = 0.0,
    mottle: float = 0.06,
    grain: tuple[float, float] = (6.0, 6.0),
    size_px: tuple[int, int] = (64, 64),
) -> Skin:
    """One material, mottled a little: nothing real has the same colour all over.

    Args:
        mottle: by how much brightness (and half as much roughness) varies, 0 to 1.
        grain: patches along u and v; unequal numbers look brushed or turned.
        size_px: (width, height) of the tile.
    """
    u, v = pixel_grid(*size_px)
    cloud = fbm(wrapped(u, v, grain), seed)
    colour = np.clip(np.array(rgb) * (1 + mottle * cloud)[..., None], 0, 1)
    rough = np.clip(roughness * (1 - mottle * 0.5 * cloud), 0.04, 1)
    return Skin(colour, rough, np.full_like(u, metallic))


def wrapped(u: Floats, v: Floats, grain: tuple[float, float]) -> Floats:
    """Where to look noise up so that a tile which goes around a body meets itself: (..., 3) points on a cylinder.

    `grain` is how many features there are along u and along v.
    """
    radius = grain[0] / (2 * np.pi)
    return np.stack([radius * np.cos(2 * np.pi * u), radius * np.sin(2 * np.pi * u), grain[1] * v], axis=-1)


def blended(under: Skin, over: Skin, amount: Floats) -> Skin:
    """`over` laid on `under` where `amount` (H, W) is 1; the normals are those of `under`."""
    a = amount[..., None]
    return Skin(
        under.rgb * (1 - a) + over.rgb * a,
        under.roughness * (1 - amount) + over.roughness * amount,
        under.metallic * (1 - amount) + over.metallic * amount,
        under.normal,
    )


def normals_from_height(height: Floats, pixels_per_unit: tuple[float, float]) -> Floats:
    """(H, W, 3) normals of a height field, both in the same unit of length; `pixels_per_unit` along u and along v."""
    down, right = np.gradient(height)
    normal = np.stack([-right * pixels_per_unit[0], down * pixels_per_unit[1], np.ones_like(height)], axis=-1)
    unit: Floats = normal / np.linalg.norm(normal, axis=-1, keepdims=True)
    return unit


def pack(skins: dict[str, Skin]) -> Atlas:
    """Lay the tiles on shelves, tallest first, and encode the three images."""
    corners, (width_px, height_px) = _shelves({name: skin.roughness.shape for name, skin in skins.items()})
    rgb = np.full((height_px, width_px, 3), np.mean([skin.rgb.mean(axis=(0, 1)) for skin in skins.values()], axis=0))
    rough_metal = np.zeros((height_px, width_px, 3))
    normal = np.broadcast_to((0.0, 0.0, 1.0), (height_px, width_px, 3)).copy()
    for name, skin in skins.items():
        left, top = corners[name]
        orm = np.stack([np.ones_like(skin.roughness), skin.roughness, skin.metallic], axis=-1)
        _paste(rgb, skin.rgb, left, top)
        _paste(rough_metal, orm, left, top)
        if skin.normal is not None:
            _paste(normal, skin.normal, left, top)
    has_normals = any(skin.normal is not None for skin in skins.values())
    return Atlas(
        _jpeg(rgb),
        _jpeg(rough_metal),
        _jpeg(normal / 2 + 0.5) if has_normals else None,
        {name: _rect(corners[name], skin.roughness.shape, width_px, height_px) for name, skin in skins.items()},
    )


def _shelves(shapes: dict[str, tuple[int, ...]]) -> tuple[dict[str, tuple[int, int]], tuple[int, int]]:
    """Top left corner (x, y) of each (height, width) tile, and the atlas's (width, height), gutters included."""
    padded = {name: (h + 2 * GUTTER_PX, w + 2 * GUTTER_PX) for name, (h, w) in shapes.items()}
    widest = max(w for _, w in padded.values())
    shelf_px = max(widest, int(np.ceil(np.sqrt(1.3 * sum(h * w for h, w in padded.values())))))
    corners: dict[str, tuple[int, int]] = {}
    x = y = shelf_height = used_px = 0
    for name, (h, w) in sorted(padded.items(), key=lambda item: (-item[1][0], item[0])):
        if x + w > shelf_px:
            x, y, shelf_height = 0, y + shelf_height, 0
        corners[name] = (x + GUTTER_PX, y + GUTTER_PX)
        x, shelf_height = x + w, max(shelf_height, h)
        used_px = max(used_px, x)
    return corners, (used_px, y + shelf_height)


def _paste(image: Floats, tile: Floats, left: int, top: int) -> None:
    """Write the tile, its border pixels repeated into the gutter."""
    h, w = tile.shape[:2]
    padded = np.pad(tile, ((GUTTER_PX, GUTTER_PX), (GUTTER_PX, GUTTER_PX), (0, 0)), mode="edge")
    image[top - GUTTER_PX : top + h + GUTTER_PX, left - GUTTER_PX : left + w + GUTTER_PX] = padded


def _rect(corner: tuple[int, int], shape: tuple[int, ...], width_px: int, height_px: int) -> Rect:
    return Rect(corner[0] / width_px, corner[1] / height_px, shape[1] / width_px, shape[0] / height_px)


def _jpeg(image: Floats) -> bytes:
    """Full chroma: a normal map's x and y live there."""
    pixels = Image.fromarray(np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8))
    buffer = io.BytesIO()
    pixels.save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0, optimize=True)
    return buffer.getvalue()
