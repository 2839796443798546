"""From an environment's name to its light."""

__all__ = ["ENVIRONMENT_SUFFIXES", "load_environment"]

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from synth.environments.radiance import read_radiance
from synth.environments.registry import ENVIRONMENTS
from synth.scene import Texture
from synth.surfaces.files import PICTURE_SUFFIXES, read_picture

ENVIRONMENT_SUFFIXES = PICTURE_SUFFIXES | {".hdr"}
HEIGHT_PX = 128
BRIGHTEST = np.float32(1e30)
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)


@lru_cache(maxsize=4)
def load_environment(texture: Texture) -> NDArray[np.float32]:
    """The light of a file, Radiance .hdr or any picture, or of a procedure with its seed.

    Returns:
        (128, 256, 3) linear, mean luminance 1 over the sphere, not to be written to.
    Raises:
        AssetError: the file is missing or broken.
        ConfigError: there is no such procedure.
    """
    if texture.kind == "file":
        # Of values near the largest that there are, sums are infinite.
        light = _without_sun(_resized(np.minimum(_read(texture.path)[:, ::-1], BRIGHTEST)))
    else:
        light = ENVIRONMENTS[texture.kind](np.random.default_rng(texture.seed), HEIGHT_PX)
    light = (light / max(_mean_luminance(light), 1e-6)).astype(np.float32)
    light.flags.writeable = False
    return light


def _read(path: str) -> NDArray[np.float32]:
    if Path(path).suffix.lower() == ".hdr":
        return read_radiance(path)
    srgb = read_picture(path, 2 * HEIGHT_PX).astype(np.float32) / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _resized(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """By the mean over areas, so that a small sun keeps its light; a picture that isn't 2 : 1 is stretched to it."""
    size = (2 * HEIGHT_PX, HEIGHT_PX)
    channels = [Image.fromarray(np.ascontiguousarray(light[..., c])) for c in range(3)]
    return np.stack([np.asarray(channel.resize(size, Image.Resampling.BOX)) for channel in channels], axis=-1)


def _without_sun(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cut what is brighter than any lamp: the sun is for the scene's lights, since only theirs casts a shadow."""
    usual = np.quantile(light @ LUMINANCE, 0.99)
    return np.minimum(light, np.float32(max(4 * usual, 1e-3)))


def _mean_luminance(light: NDArray[np.float32]) -> float:
    """Over the sphere: a row counts by the sine of its angle from the zenith."""
    height = len(light)
    weights = np.sin(np.pi * (np.arange(height) + 0.5) / height)
    return float(weights @ (light @ LUMINANCE).mean(axis=1) / weights.sum())
