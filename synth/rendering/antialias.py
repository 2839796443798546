"""Silhouettes smoothed after lighting, for a twentieth of what supersampling costs.

In: linear light, one sample a pixel, with the instance ids and depths. Out: the same light, in which each pixel of an
edge is averaged along the edge's direction, so that textures stay as sharp as they were. The ids stay as they are. Few
pixels are edges: finding them on the CPU and leaving the others alone is faster than a pass over all of them.
Source: the edge direction is FXAA 1's (Lottes, 2009), from four diagonal neighbours.
"""

__all__ = ["edge_pixels", "smooth_edges"]

import numpy as np
from numpy.typing import NDArray

# How far from a plane the depth must bend for an edge within one object, as a part of itself.
LEAST_BEND = 0.004
# How far along an edge is looked, in pixels: the samples must stay within the neighbours.
REACH_PX = 2.0


def smooth_edges(light: NDArray[np.float32], instance: NDArray[np.uint32], depth: NDArray[np.float32]) -> None:
    """Average the edge pixels of (H, W, C >= 3) linear light, in place.

    Args:
        light: Red, green and blue first.
        instance: (H, W) ids.
        depth: (H, W) GL's: the reciprocal of depth, up to a factor.
    """
    rows, columns = np.nonzero(edge_pixels(instance, depth))
    around = _neighbours(light, rows, columns)
    light[rows, columns, :3] = _along_edge(around)


def edge_pixels(instance: NDArray[np.uint32], depth: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(H, W) where the instance changes, or where within one object a fold or a step is."""
    edge = np.zeros(instance.shape, np.bool_)
    # A reciprocal depth is linear in the screen on any plane.
    least = depth * np.float32(LEAST_BEND)
    for out, ids, z, limit in ((edge, instance, depth, least), (edge.T, instance.T, depth.T, least.T)):
        changes = ids[:, 1:] != ids[:, :-1]
        out[:, 1:] |= changes
        out[:, :-1] |= changes
        out[:, 1:-1] |= np.abs(np.diff(z, n=2)) > limit[:, 1:-1]
    return edge


def _neighbours(light: NDArray[np.float32], rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.float32]:
    """(3, 3, 3, N) by row, column and channel: what lies around each pixel, the border repeated."""
    height, width, channels = light.shape
    flat = light.reshape(-1, channels)
    around = np.empty((3, 3, 3, len(rows)), np.float32)
    for i in range(3):
        row = np.clip(rows + (i - 1), 0, height - 1) * width
        for j in range(3):
            around[i, j] = flat.take(row + np.clip(columns + (j - 1), 0, width - 1), axis=0)[:, :3].T
    return around


def _along_edge(around: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, 3) averages."""
    corners = around[:, 1:] + around[:, :-1]
    corners = 0.25 * (corners[1:] + corners[:-1])
    nw, ne, sw, se = (_luma(_tone(corners[i, j])) for i in (0, 1) for j in (0, 1))
    x, y = (sw + se) - (nw + ne), (nw + sw) - (ne + se)
    longest = np.maximum(np.minimum(np.abs(x), np.abs(y)), 0.03 * (nw + ne + sw + se) + 1e-4)
    x, y = (np.clip(part / longest, -REACH_PX, REACH_PX) for part in (x, y))
    total = np.zeros(around.shape[2:], np.float32)
    for part in (-1 / 6, 1 / 6, -1 / 2, 1 / 2):
        total += _tone(_between(around, part * x, part * y))
    return _untone(0.25 * total).T


def _between(around: NDArray[np.float32], x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.float32]:
    """(3, N) light between pixels, up to one pixel off."""
    across = (np.maximum(-x, 0), 1 - np.abs(x), np.maximum(x, 0))
    down = (np.maximum(-y, 0), 1 - np.abs(y), np.maximum(y, 0))
    total = np.zeros(around.shape[2:], np.float32)
    for i in range(3):
        row = around[i, 0] * across[0] + around[i, 1] * across[1] + around[i, 2] * across[2]
        total += row * down[i]
    return total


def _luma(color: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2], np.float32)


def _tone(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """(3, N) compressed so that a highlight does not swallow its neighbours."""
    return np.asarray(light / (1 + light.max(axis=0)), np.float32)


def _untone(color: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(color / np.maximum(1 - color.max(axis=0), 1e-3), np.float32)
