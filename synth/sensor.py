"""From linear light to the pixels of a photo: exposure, white balance, blur, noise, curve, sharpening, JPEG.

In: what the lighting pass made. Out: 8-bit sRGB. The same input gives the same bytes.
"""

__all__ = ["auto_gain", "expose"]

from functools import lru_cache
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

from synth.scene import Sensor

LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
MID_GREY = 0.2
WHITE = 0.9
BRIGHT_QUANTILE = 0.97
METER_STRIDE = 8
CURVE_STEPS = 4096
NOISE_TILE_PX = 512
# The noise tile is kept in bytes: one standard deviation is this many.
NOISE_UNIT = 32


def expose(linear: NDArray[np.float32], sensor: Sensor) -> NDArray[np.uint8]:
    """Take the picture.

    Args:
        linear: (H, W, 3) light, from 0 up; negative or missing light counts as none.
    Returns:
        (H, W, 3) sRGB.
    """
    gains = auto_gain(linear) * sensor.exposure_gain * np.asarray(sensor.white_balance_rgb, np.float32)
    picture = Image.fromarray(_curve(sensor.gamma)[_steps(linear, gains)])
    if sensor.blur_sigma_px > 0:
        picture = picture.filter(ImageFilter.GaussianBlur(sensor.blur_sigma_px))
    if sensor.shot_noise > 0 or sensor.read_noise > 0:
        picture = Image.fromarray(_with_noise(np.asarray(picture), sensor))
    if sensor.saturation != 1:
        picture = ImageEnhance.Color(picture).enhance(sensor.saturation)
    if sensor.sharpen > 0:
        picture = picture.filter(ImageFilter.UnsharpMask(radius=1.5, percent=round(100 * sensor.sharpen), threshold=2))
    if sensor.jpeg_quality is not None:
        picture = _recompressed(picture, sensor.jpeg_quality)
    return np.asarray(picture)


def auto_gain(linear: NDArray[np.float32]) -> float:
    """The factor on light that a camera would choose.

    Between two meters: one takes the average for mid-grey, which would turn a white table grey; the other takes the
    brightest parts for white, which would lift a dark one to it. The brightest parts may just reach white.
    """
    luminance = np.nan_to_num(linear[::METER_STRIDE, ::METER_STRIDE] @ LUMINANCE)
    bright = max(float(np.quantile(luminance, BRIGHT_QUANTILE)), 1e-6)
    average = float(np.exp(np.log(np.maximum(luminance, bright * 1e-3)).mean()))
    return float(min(((MID_GREY / average) * (WHITE / bright)) ** 0.5, 1.1 / bright))


def _steps(linear: NDArray[np.float32], gains: NDArray[np.float32]) -> NDArray[np.uint16]:
    steps = linear * (gains * np.float32(CURVE_STEPS - 1))
    # fmax and fmin drop what is not a number, which a clip would let through to the cast.
    np.fmax(steps, 0, out=steps)
    np.fmin(steps, CURVE_STEPS - 1, out=steps)
    return steps.astype(np.uint16)


@lru_cache(maxsize=8)
def _curve(gamma: float) -> NDArray[np.uint8]:
    """(CURVE_STEPS,) sRGB of linear light from 0 to 1, with the sensor's own exponent on top."""
    light = np.linspace(0, 1, CURVE_STEPS)
    srgb = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(255 * srgb**gamma + 0.5, np.uint8)


def _with_noise(srgb: NDArray[np.uint8], sensor: Sensor) -> NDArray[np.uint8]:
    """Noise that grows with the square root of the signal, as photons have it, above a floor."""
    level = np.linspace(0, 1, 256)
    sigma = 255 * np.sqrt(sensor.read_noise**2 + sensor.shot_noise**2 * level)
    # In 1/256 of a level for one unit of the tile: all of it stays within 16 bits times 8.
    factor = np.round(sigma * 256 / NOISE_UNIT).astype(np.int32)
    scaled = factor[srgb] * _noise_window(srgb.shape[0], srgb.shape[1], sensor.noise_seed)
    scaled += 128
    scaled >>= 8
    scaled += srgb
    return np.clip(scaled, 0, 255, out=scaled).astype(np.uint8)


def _noise_window(height: int, width: int, seed: int) -> NDArray[np.int8]:
    """(H, W, 3) a window on the tile, somewhere else for each seed."""
    down, across, channel = np.random.default_rng(seed).integers([NOISE_TILE_PX, NOISE_TILE_PX, 3])
    tile = np.roll(_noise_tile(), (int(down), int(across), int(channel)), axis=(0, 1, 2))
    repeats = (-(-height // NOISE_TILE_PX), -(-width // NOISE_TILE_PX), 1)
    return np.tile(tile, repeats)[:height, :width]


@lru_cache(maxsize=1)
def _noise_tile() -> NDArray[np.int8]:
    tile = np.random.default_rng(0).standard_normal((NOISE_TILE_PX, NOISE_TILE_PX, 3)) * NOISE_UNIT
    return np.clip(np.round(tile), -127, 127).astype(np.int8)


def _recompressed(picture: Image.Image, quality: int) -> Image.Image:
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")
