"""What an environment sends to a surface from all sides: nine numbers a channel."""

__all__ = ["irradiance_harmonics"]

import numpy as np
from numpy.typing import NDArray


def irradiance_harmonics(environment: NDArray[np.float32]) -> NDArray[np.float32]:
    """Project an equirectangular picture on spherical harmonics and convolve it with the cosine.

    Args:
        environment: (H, W, 3) linear; row 0 is the zenith, column 0 the azimuth -pi.
    Returns:
        (9, 3) factors, such that irradiance = sum of factor times (1, y, z, x, xy, yz, 3zz - 1, xz, xx - yy).
    Source: Ramamoorthi & Hanrahan, An efficient representation for irradiance environment maps, 2001, eqs. 3, 8, 9.
    """
    height, width = environment.shape[:2]
    polar = (np.arange(height) + 0.5) / height * np.pi
    azimuth = ((np.arange(width) + 0.5) / width - 0.5) * 2 * np.pi
    x = np.sin(polar)[:, None] * np.cos(azimuth)
    y = np.sin(polar)[:, None] * np.sin(azimuth)
    z = np.broadcast_to(np.cos(polar)[:, None], x.shape)
    solid_angle = np.sin(polar)[:, None] * (np.pi / height) * (2 * np.pi / width)
    basis = np.stack([np.ones_like(x), y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y])
    norm = np.array([0.282095, *[0.488603] * 3, *[1.092548] * 2, 0.315392, 1.092548, 0.546274])
    cosine = np.array([np.pi, *[2 * np.pi / 3] * 3, *[np.pi / 4] * 5])
    projected = np.einsum("khw,hwc->kc", basis * solid_angle, environment.astype(np.float64))
    return np.asarray(projected * (norm**2 * cosine)[:, None], np.float32)
