"""What light and camera do to a training picture: blur, colours, noise, compression. Labels stay as they are."""

__all__ = ["alter_colours"]

import io
import math

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torchvision.transforms.v2 import functional

from train.settings import AugmentSettings

BLUR_SIGMA_MIN_PX = 0.3  # less can't be seen
JPEG_QUALITY_MAX = 95  # more makes files larger and pictures no better, says libjpeg
LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


def alter_colours(image: Tensor, settings: AugmentSettings, rng: np.random.Generator) -> Tensor:
    if rng.random() < settings.blur_probability:
        sigma_max_px = settings.blur_sigma_max_px
        image = _blur(image, rng.uniform(min(BLUR_SIGMA_MIN_PX, sigma_max_px), sigma_max_px))
    if rng.random() < settings.motion_blur_probability:
        image = _shake(image, rng.uniform(2, settings.motion_blur_max_px), rng.uniform(0, math.pi))
    matrix, offset = _draw_colour_map(settings, rng)
    # One product instead of torchvision's four passes: a hue shift by way of HSV alone takes longer than all of this.
    levels = torch.addmm(torch.from_numpy(offset)[:, None], torch.from_numpy(matrix), image.flatten(1).float())
    if rng.random() < settings.noise_probability:
        sigma = rng.uniform(0, settings.noise_sigma_max)
        generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
        # PyTorch draws them in less than half of NumPy's time.
        levels += torch.empty_like(levels).normal_(0, sigma, generator=generator)
    image = levels.round_().clamp_(0, 255).to(torch.uint8).view_as(image)
    if rng.random() < settings.jpeg_probability:
        quality_max = max(JPEG_QUALITY_MAX, settings.jpeg_quality_min)
        image = _compress(image, int(rng.integers(settings.jpeg_quality_min, quality_max, endpoint=True)))
    return image


def _blur(image: Tensor, sigma_px: float) -> Tensor:
    """A Gaussian, down and then across: torchvision's kernel of two dimensions takes four times as long."""
    reach = math.ceil(2 * sigma_px)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma_px) ** 2)
    weights /= weights.sum()
    levels: Tensor = functional.pad_image(image, [reach], padding_mode="edge").float()
    for axis in (1, 2):
        length = levels.shape[axis] - 2 * reach
        shifted = [levels.narrow(axis, start, length) for start in range(len(weights))]
        levels = shifted[0] * float(weights[0])
        for part, weight in zip(shifted[1:], weights[1:], strict=True):
            levels.add_(part, alpha=float(weight))
    return levels.round_().to(torch.uint8)


def _shake(image: Tensor, length_px: float, angle_rad: float) -> Tensor:
    """The mean of the picture's copies along a line: a kernel of that length would take ten times as long."""
    steps = np.linspace(-0.5, 0.5, math.ceil(length_px) + 1) * length_px
    shifts = {(round(s * math.sin(angle_rad)), round(s * math.cos(angle_rad))) for s in steps}
    pad = math.ceil(length_px / 2)
    padded = functional.pad_image(image, [pad], padding_mode="edge").short()
    height, width = image.shape[1:]
    total = torch.zeros(image.shape, dtype=torch.int16)
    for down, right in sorted(shifts):
        total += padded[:, pad + down : pad + down + height, pad + right : pad + right + width]
    return (total.float() / len(shifts)).round_().to(torch.uint8)


def _compress(image: Tensor, quality: int) -> Tensor:
    """There and back through JPEG."""
    file = io.BytesIO()
    Image.fromarray(image.permute(1, 2, 0).numpy()).save(file, "JPEG", quality=quality)
    return torch.from_numpy(np.array(Image.open(file))).permute(2, 0, 1)


def _draw_colour_map(
    settings: AugmentSettings, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Saturation, hue, contrast and brightness as one affine map of (r, g, b) in 0 to 255: (3, 3) and (3,)."""
    grey = np.tile(LUMA, (3, 1))
    saturation = 0.0 if rng.random() < settings.grey_probability else rng.uniform(-1, 1) * settings.saturation + 1
    contrast = rng.uniform(-1, 1) * settings.contrast + 1
    brightness = rng.uniform(-1, 1) * settings.brightness + 1
    turn = _turn_about_grey(2 * math.pi * rng.uniform(-1, 1) * settings.hue)
    colour = (grey + saturation * (np.eye(3) - grey)) @ turn
    middle = 127.5 * (1 - contrast)
    return (brightness * contrast * colour).astype(np.float32), np.full(3, brightness * middle, np.float32)


def _turn_about_grey(angle_rad: float) -> NDArray[np.float64]:
    """The (3, 3) rotation of colours about the axis r = g = b (Rodrigues' formula)."""
    cross = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / math.sqrt(3)
    turn: NDArray[np.float64] = np.eye(3) + math.sin(angle_rad) * cross + (1 - math.cos(angle_rad)) * cross @ cross
    return turn
