"""From linear light to the pixels of a photo: optics, exposure, noise, colour filters, curve, processing, JPEG.

In: what the lighting pass made, and its depth. Out: 8-bit sRGB. The same input gives the same bytes. In between, light
is kept as a plane a channel, (3, H, W) float32 with white at 1: NumPy is five times as fast on long rows as on threes.
"""

__all__ = ["auto_gain", "expose"]

from functools import lru_cache
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from synth.mosaic import demosaic, mosaic
from synth.optics import Planes, blur, defocus, shake, vignette
from synth.recall import Arrays, recall
from synth.scene import Sensor

LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
MID_GREY = 0.2
WHITE = 0.9
BRIGHT_QUANTILE = 0.97
METER_STRIDE = 8
# What the picture is of counts for so much of the average, and its brightest tenth may reach white.
SUBJECT_WEIGHT = 0.4
SUBJECT_BRIGHT_QUANTILE = 0.9
# Highlights are kept up to so many times white: out of focus or shaken they stay bright, and noise knows no more.
BRIGHTEST = 8.0
# A sensor with a mosaic lies behind a filter that blurs by this, or every edge would be coloured.
LOW_PASS_PX = 0.6
CURVE_STEPS = 1 << 14
NOISE_VALUES = 1 << 22
# One standard deviation of the stored noise.
NOISE_UNIT = 32


def expose(
    light: NDArray[np.float32],
    depth_m: NDArray[np.float32],
    sensor: Sensor,
    subject: NDArray[np.bool_] | None = None,
) -> NDArray[np.uint8]:
    """Take the picture.

    Args:
        light: (H, W, 3) linear, from 0 up; negative or missing light counts as none.
        depth_m: (H, W) along the viewing axis, 0 where there is nothing.
        sensor: What takes it.
        subject: (H, W) where the things are that it is of; None if it is of nothing in particular.
    Returns:
        (H, W, 3) sRGB.
    """
    planes = _developed(light, auto_gain(light, subject) * sensor.exposure_gain * np.asarray(sensor.white_balance_rgb))
    _through_optics(planes, depth_m, sensor)
    if sensor.mosaic:
        blur(planes, LOW_PASS_PX)
        raw = mosaic(planes)
        _add_noise(raw[None], sensor)
        planes = demosaic(raw)
    else:
        _add_noise(planes, sensor)
    if sensor.saturation != 1:
        _saturate(planes, sensor.saturation)
    srgb = _curved(planes, sensor.gamma)
    if sensor.resolution < 1:
        srgb = _rescaled(srgb, sensor.resolution)
    if sensor.sharpen > 0:
        srgb = _sharpened(srgb, sensor.sharpen)
    if sensor.jpeg_quality is not None:
        srgb = _recompressed(srgb, sensor.jpeg_quality)
    return srgb


def auto_gain(linear: NDArray[np.float32], subject: NDArray[np.bool_] | None = None) -> float:
    """The factor on light that a camera would choose, one that knows what it looks at.

    Between two meters: one takes the average for mid-grey, which would turn a white table grey; the other takes the
    brightest parts for white, which would lift a dark one to it. The brightest parts may just reach white, and the
    subject's too: else a white card on a dark table would be burnt out.
    """
    luminance = np.nan_to_num(linear[::METER_STRIDE, ::METER_STRIDE] @ LUMINANCE)
    bright = max(float(np.quantile(luminance, BRIGHT_QUANTILE)), 1e-6)
    stops = np.log(np.maximum(luminance, bright * 1e-3))
    average, most = float(stops.mean()), 1.1 / bright
    metered = None if subject is None else subject[::METER_STRIDE, ::METER_STRIDE]
    if metered is not None and metered.any():
        average += SUBJECT_WEIGHT * (float(stops[metered].mean()) - average)
        most = min(most, WHITE / max(float(np.quantile(luminance[metered], SUBJECT_BRIGHT_QUANTILE)), 1e-6))
    return float(min(((MID_GREY / np.exp(average)) * (WHITE / bright)) ** 0.5, most))


def _developed(light: NDArray[np.float32], gains: NDArray[np.float64]) -> Planes:
    """(3, H, W) the light in units of white."""
    planes = np.empty((3, *light.shape[:2]), np.float32)
    for channel, plane in enumerate(planes):
        np.multiply(light[..., channel], np.float32(gains[channel]), out=plane)
        np.clip(plane, 0, BRIGHTEST, out=plane)
        # A clip lets through what is not a number; fmax and fmin, which don't, take five times as long.
        if np.isnan(plane).any():
            np.nan_to_num(plane, copy=False, nan=0.0)
    return planes


def _through_optics(planes: Planes, depth_m: NDArray[np.float32], sensor: Sensor) -> None:
    if sensor.defocus_px_m > 0:
        defocus(planes, depth_m, sensor.focus_m, sensor.defocus_px_m)
    if sensor.blur_sigma_px > 0:
        blur(planes, sensor.blur_sigma_px)
    if any(sensor.shake_px):
        shake(planes, sensor.shake_px, sensor.shake_bend)
    if sensor.vignette > 0:
        vignette(planes, sensor.vignette)


def _add_noise(planes: Planes, sensor: Sensor) -> None:
    """Noise that grows with the square root of the signal, as photons have it, above a floor."""
    if sensor.shot_noise <= 0 and sensor.read_noise <= 0:
        return
    noise = _noise(planes.shape, sensor.noise_seed)
    sigma = np.empty_like(planes[0])
    for number in range(len(planes)):
        np.multiply(planes[number], np.float32((sensor.shot_noise / NOISE_UNIT) ** 2), out=sigma)
        sigma += np.float32((sensor.read_noise / NOISE_UNIT) ** 2)
        np.sqrt(sigma, out=sigma)
        sigma *= noise[number]
        planes[number] += sigma


def _noise(shape: tuple[int, ...], seed: int) -> NDArray[np.int8]:
    """Noise for a picture: a part of one long stream, elsewhere for each seed."""
    stream, size = _noise_stream(), int(np.prod(shape))
    start = int(np.random.default_rng(seed).integers(max(1, len(stream) - size)))
    return np.resize(stream[start : start + size], size).reshape(shape)


@lru_cache(maxsize=1)
def _noise_stream() -> NDArray[np.int8]:
    def make() -> Arrays:
        values = np.random.default_rng(0).standard_normal(NOISE_VALUES, np.float32) * NOISE_UNIT
        return {"values": np.clip(np.round(values), -127, 127).astype(np.int8)}

    return recall("noise", (), make)["values"]


def _saturate(planes: Planes, factor: float) -> None:
    """Away from grey, or towards it."""
    grey = np.float32(1 - factor) * (LUMINANCE[0] * planes[0] + LUMINANCE[1] * planes[1] + LUMINANCE[2] * planes[2])
    planes *= np.float32(factor)
    planes += grey


def _curved(planes: Planes, gamma: float) -> NDArray[np.uint8]:
    """(H, W, 3) sRGB."""
    curve, steps = _curve(gamma), np.empty_like(planes[0])
    channels = []
    for plane in planes:
        np.multiply(plane, np.float32(CURVE_STEPS - 1), out=steps)
        np.clip(steps, 0, CURVE_STEPS - 1, out=steps)
        channels.append(Image.fromarray(np.take(curve, steps.astype(np.uint16))))
    return np.asarray(Image.merge("RGB", channels))


@lru_cache(maxsize=8)
def _curve(gamma: float) -> NDArray[np.uint8]:
    """(CURVE_STEPS,) sRGB of linear light from 0 to 1, with the sensor's own exponent on top."""
    light = np.linspace(0, 1, CURVE_STEPS)
    srgb = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(255 * srgb**gamma + 0.5, np.uint8)


def _rescaled(srgb: NDArray[np.uint8], resolution: float) -> NDArray[np.uint8]:
    """Scaled down and up again, as messengers and digital zooms do."""
    picture = Image.fromarray(srgb)
    smaller = (max(1, round(picture.width * resolution)), max(1, round(picture.height * resolution)))
    kind = Image.Resampling.BILINEAR
    return np.asarray(picture.resize(smaller, kind).resize(picture.size, kind))


def _sharpened(srgb: NDArray[np.uint8], amount: float) -> NDArray[np.uint8]:
    """Unsharp masking: away from the picture blurred by (1, 4, 6, 4, 1) both ways."""
    height = len(srgb)
    wide = np.pad(srgb, ((2, 2), (2, 2), (0, 0)), mode="edge").reshape(height + 4, -1).astype(np.uint16)
    # Three channels lie side by side, so a neighbour is three columns away.
    for step in (3, 3):
        wide = wide[:, : -2 * step] + 2 * wide[:, step:-step] + wide[:, 2 * step :]
    for _ in range(2):
        wide = wide[:-2] + 2 * wide[1:-1] + wide[2:]
    detail = srgb.reshape(height, -1).astype(np.int16)
    detail -= (wide >> 8).astype(np.int16)
    detail *= np.int16(round(16 * amount))
    detail >>= 4
    detail += srgb.reshape(height, -1)
    return np.clip(detail, 0, 255, out=detail).astype(np.uint8).reshape(srgb.shape)


def _recompressed(srgb: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    buffer = BytesIO()
    Image.fromarray(srgb).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer).convert("RGB"))
