"""From a texture's name to its pixels."""

__all__ = ["PICTURE_SUFFIXES", "load_texture", "load_wear", "read_picture", "texture_aspect"]

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from synth.errors import AssetError
from synth.scene import Texture
from synth.surfaces.registry import SURFACES, WEARS
from synth.unreadable import UNREADABLE, why_unreadable
from synth.untrusted import open_picture

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
PROCEDURAL_PX = 512
WEAR_PX = 256
MOST_PX = 1024
ORIENTATION = 0x0112  # EXIF's tag; 5 to 8 lie on their side


@lru_cache(maxsize=4)
def load_texture(texture: Texture, size_px: int | None = None) -> NDArray[np.uint8]:
    """The pixels of a file, or what a procedure makes of its seed.

    Args:
        texture: Its name.
        size_px: The longer side, if other than what fills a frame.
    Returns:
        (H, W, 3) sRGB, not to be written to.
    Raises:
        AssetError: the file is missing or broken.
        ConfigError: there is no such procedure.
    """
    if texture.kind == "file":
        pixels = read_picture(texture.path, size_px or MOST_PX)
    else:
        pixels = SURFACES[texture.kind](np.random.default_rng(texture.seed), size_px or PROCEDURAL_PX)
    pixels.flags.writeable = False
    return pixels


def load_wear(texture: Texture) -> NDArray[np.uint8]:
    """(S, S, 4) sRGB and alpha of what a procedure of `WEARS` makes of its seed.

    Raises:
        ConfigError: there is no such procedure.
    """
    return WEARS[texture.kind](np.random.default_rng(texture.seed), WEAR_PX)


@lru_cache(maxsize=4096)
def texture_aspect(texture: Texture) -> float:
    """Width over height; of a file, only its head is read.

    Raises:
        AssetError: the file is missing, broken, or no picture.
    """
    if texture.kind != "file":
        return 1.0
    try:
        with open_picture(Path(texture.path)) as picture:
            turned = picture.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8)
            width, height = picture.size[::-1] if turned else picture.size
    except FileNotFoundError:
        raise AssetError(f"{texture.path}: there is no such picture. Was it moved while rendering?") from None
    except UNREADABLE as error:
        raise AssetError(
            f"{texture.path}: can't be read as a picture ({why_unreadable(error)}). Remove it, or save it again."
        ) from None
    return width / height


def read_picture(path: str, most_px: int) -> NDArray[np.uint8]:
    """(H, W, 3) sRGB of a picture file, turned as its EXIF says, its longer side at most `most_px`.

    Raises:
        AssetError: the file is missing, broken, or no picture.
    """
    try:
        with open_picture(Path(path)) as picture:
            # Lets the JPEG decoder skip what would be thrown away: eight times faster for photos of a phone.
            picture.draft("RGB", (most_px, most_px))
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except FileNotFoundError:
        raise AssetError(f"{path}: there is no such picture. Was it moved while rendering?") from None
    except UNREADABLE as error:
        raise AssetError(
            f"{path}: can't be read as a picture ({why_unreadable(error)}). Remove it, or save it again."
        ) from None
    upright.thumbnail((most_px, most_px), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return np.array(upright)
