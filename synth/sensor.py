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
SHARPEN_SIGMA_PX = 1.2
NOISE_VALUES = 1 << 22
# One standard deviation of the stored noise, and the fraction of a grey level that it is counted in: their product with
# the strongest noise, 32 levels, still fits 16 bits.
NOISE_UNIT = 32
NOISE_SHIFT = 8


def expose(linear: NDArray[np.float32], sensor: Sensor) -> NDArray[np.uint8]:
    """Take the picture.

    Args:
        linear: (H, W, 3) light, from 0 up; negative or missing light counts as none.
    Returns:
        (H, W, 3) sRGB.
    """
    gains = auto_gain(linear) * sensor.exposure_gain * np.asarray(sensor.white_balance_rgb, np.float32)
    srgb = np.take(_curve(sensor.gamma), _steps(linear, gains))
    if sensor.blur_sigma_px > 0:
        srgb = _blurred(srgb, sensor.blur_sigma_px)
    if sensor.shot_noise > 0 or sensor.read_noise > 0:
        srgb = _with_noise(srgb, sensor)
    if sensor.saturation != 1:
        srgb = np.asarray(ImageEnhance.Color(Image.fromarray(srgb)).enhance(sensor.saturation))
    if sensor.sharpen > 0:
        srgb = _sharpened(srgb, sensor.sharpen)
    if sensor.jpeg_quality is not None:
        srgb = _recompressed(srgb, sensor.jpeg_quality)
    return srgb


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
    """(H, W, 3) where on the curve each value lies."""
    height, width, _ = linear.shape
    # Whole rows at once: numpy is five times slower when the last axis is three long.
    row_gains = np.tile(gains * np.float32(CURVE_STEPS - 1), width)
    steps = linear.reshape(height, width * 3) * row_gains
    # fmax and fmin drop what is not a number, which a clip would let through to the cast.
    np.fmax(steps, 0, out=steps)
    np.fmin(steps, CURVE_STEPS - 1, out=steps)
    return steps.astype(np.uint16).reshape(linear.shape)


@lru_cache(maxsize=8)
def _curve(gamma: float) -> NDArray[np.uint8]:
    """(CURVE_STEPS,) sRGB of linear light from 0 to 1, with the sensor's own exponent on top."""
    light = np.linspace(0, 1, CURVE_STEPS)
    srgb = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(255 * srgb**gamma + 0.5, np.uint8)


def _blurred(srgb: NDArray[np.uint8], sigma_px: float) -> NDArray[np.uint8]:
    """By a box of that standard deviation: as like to a lens out of focus as a Gaussian, in a third of its time."""
    radius_px = ((12 * sigma_px**2 + 1) ** 0.5 - 1) / 2
    return np.asarray(Image.fromarray(srgb).filter(ImageFilter.BoxBlur(radius_px)))


def _with_noise(srgb: NDArray[np.uint8], sensor: Sensor) -> NDArray[np.uint8]:
    """Noise that grows with the square root of the signal, as photons have it, above a floor."""
    level = np.linspace(0, 1, 256)
    sigma = 255 * np.sqrt(sensor.read_noise**2 + sensor.shot_noise**2 * level)
    most = np.iinfo(np.int16).max // 128
    factor = np.minimum(np.round(sigma * (1 << NOISE_SHIFT) / NOISE_UNIT), most).astype(np.int16)
    scaled = np.take(factor, srgb) * _noise(srgb.shape, sensor.noise_seed)
    # Half a level, so that the shift rounds instead of darkening the picture.
    scaled += 1 << (NOISE_SHIFT - 1)
    scaled >>= NOISE_SHIFT
    scaled += srgb
    return np.clip(scaled, 0, 255, out=scaled).astype(np.uint8)


def _noise(shape: tuple[int, ...], seed: int) -> NDArray[np.int8]:
    """Noise for a picture: a part of one long stream, elsewhere for each seed."""
    stream, size = _noise_stream(), int(np.prod(shape))
    start = int(np.random.default_rng(seed).integers(max(1, len(stream) - size)))
    return np.resize(stream[start : start + size], size).reshape(shape)


@lru_cache(maxsize=1)
def _noise_stream() -> NDArray[np.int8]:
    values = np.random.default_rng(0).standard_normal(NOISE_VALUES, np.float32) * NOISE_UNIT
    return np.clip(np.round(values), -127, 127).astype(np.int8)


def _sharpened(srgb: NDArray[np.uint8], amount: float) -> NDArray[np.uint8]:
    """Unsharp masking: away from the blurred picture."""
    detail = srgb.astype(np.int16) - _blurred(srgb, SHARPEN_SIGMA_PX)
    detail *= np.int16(round(16 * amount))
    detail >>= 4
    detail += srgb
    return np.clip(detail, 0, 255, out=detail).astype(np.uint8)


def _recompressed(srgb: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    buffer = BytesIO()
    Image.fromarray(srgb).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer).convert("RGB"))
