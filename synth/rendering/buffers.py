"""Textures and framebuffers: the boxes that the passes fill and read."""

__all__ = ["ShadowMaps", "Target", "Texture2D", "depth_map", "moments_map", "upload"]

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from OpenGL import GL

# By the extension's name, see passes.py. PyOpenGL has no arrays of this format's pixels for glTexImage2D.
from OpenGL.GL.ARB.texture_storage import glTexStorage2D

# Internal format: (format, type) for a transfer of it.
TRANSFER = {
    GL.GL_RGBA8: (GL.GL_RGBA, GL.GL_UNSIGNED_BYTE),
    GL.GL_SRGB8_ALPHA8: (GL.GL_RGBA, GL.GL_UNSIGNED_BYTE),
    GL.GL_RG32F: (GL.GL_RG, GL.GL_FLOAT),
    GL.GL_RGB16F: (GL.GL_RGB, GL.GL_FLOAT),
    GL.GL_RGBA16F: (GL.GL_RGBA, GL.GL_FLOAT),
    GL.GL_RGBA32F: (GL.GL_RGBA, GL.GL_FLOAT),
    GL.GL_R32UI: (GL.GL_RED_INTEGER, GL.GL_UNSIGNED_INT),
    GL.GL_DEPTH_COMPONENT32F: (GL.GL_DEPTH_COMPONENT, GL.GL_FLOAT),
    GL.GL_DEPTH32F_STENCIL8: (GL.GL_DEPTH_COMPONENT, GL.GL_FLOAT),  # the depth alone
}


@dataclass(frozen=True, slots=True)
class Texture2D:
    """A texture on the GPU."""

    handle: int
    width_px: int
    height_px: int
    internal: int

    def bind(self, unit: int) -> None:
        GL.glActiveTexture(GL.GL_TEXTURE0 + unit)
        GL.glBindTexture(GL.GL_TEXTURE_2D, self.handle)

    def replace(self, pixels: NDArray[np.generic]) -> None:
        """New pixels of the same size and kind."""
        self.bind(0)
        layout, kind = TRANSFER[self.internal]
        GL.glTexSubImage2D(GL.GL_TEXTURE_2D, 0, 0, 0, self.width_px, self.height_px, layout, kind, pixels)

    def delete(self) -> None:
        GL.glDeleteTextures([self.handle])


def _allocate(width_px: int, height_px: int, internal: int, pixels: NDArray[np.generic] | None = None) -> Texture2D:
    layout, kind = TRANSFER[internal]
    if pixels is not None and pixels.shape[2:] == (3,):
        layout = GL.GL_RGB  # GL adds the alpha of 1, faster than NumPy
    texture = Texture2D(int(GL.glGenTextures(1)), width_px, height_px, internal)
    texture.bind(0)
    # Rows of RGB bytes need not be a multiple of four long, which is GL's default and shears such pictures.
    GL.glPixelStorei(GL.GL_UNPACK_ALIGNMENT, 1)
    if internal == GL.GL_DEPTH32F_STENCIL8:
        glTexStorage2D(GL.GL_TEXTURE_2D, 1, internal, width_px, height_px)
    else:
        GL.glTexImage2D(GL.GL_TEXTURE_2D, 0, internal, width_px, height_px, 0, layout, kind, pixels)
    _parameters(GL.GL_NEAREST, GL.GL_NEAREST, GL.GL_CLAMP_TO_EDGE)
    return texture


def _parameters(smaller: int, larger: int, wrap: int) -> None:
    for name, value in (
        (GL.GL_TEXTURE_MIN_FILTER, smaller),
        (GL.GL_TEXTURE_MAG_FILTER, larger),
        (GL.GL_TEXTURE_WRAP_S, wrap),
        (GL.GL_TEXTURE_WRAP_T, wrap),
    ):
        GL.glTexParameteri(GL.GL_TEXTURE_2D, name, value)


def upload(pixels: NDArray[np.uint8] | NDArray[np.float32], *, srgb: bool = False, mirrored: bool = False) -> Texture2D:
    """A mipmapped texture.

    Args:
        pixels: (H, W, 3 or 4) uint8, or (H, W, 3) float32, row 0 at v = 0.
        srgb: Decode the bytes to linear light when sampled.
        mirrored: Repeat mirrorwise, so that any picture tiles without a seam; else repeat.
    """
    internal = GL.GL_RGB16F if pixels.dtype == np.float32 else GL.GL_SRGB8_ALPHA8 if srgb else GL.GL_RGBA8
    texture = _allocate(pixels.shape[1], pixels.shape[0], internal, np.ascontiguousarray(pixels))
    GL.glGenerateMipmap(GL.GL_TEXTURE_2D)
    _parameters(GL.GL_LINEAR_MIPMAP_LINEAR, GL.GL_LINEAR, GL.GL_MIRRORED_REPEAT if mirrored else GL.GL_REPEAT)
    return texture


class Target:
    """A framebuffer with colour textures and perhaps a depth texture, all of one size, by their internal formats."""

    def __init__(self, width_px: int, height_px: int, colors: tuple[int, ...], depth: int | None = None) -> None:
        self.width_px, self.height_px = width_px, height_px
        self.colors = tuple(_allocate(width_px, height_px, internal) for internal in colors)
        self.depth = _allocate(width_px, height_px, depth) if depth else None
        self._handle = GL.glGenFramebuffers(1)
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, self._handle)
        for i, texture in enumerate(self.colors):
            GL.glFramebufferTexture2D(
                GL.GL_FRAMEBUFFER, GL.GL_COLOR_ATTACHMENT0 + i, GL.GL_TEXTURE_2D, texture.handle, 0
            )
        if self.depth:
            point = GL.GL_DEPTH_ATTACHMENT if depth == GL.GL_DEPTH_COMPONENT32F else GL.GL_DEPTH_STENCIL_ATTACHMENT
            GL.glFramebufferTexture2D(GL.GL_FRAMEBUFFER, point, GL.GL_TEXTURE_2D, self.depth.handle, 0)
        if colors:
            GL.glDrawBuffers(len(colors), [GL.GL_COLOR_ATTACHMENT0 + i for i in range(len(colors))])
        else:
            GL.glDrawBuffer(GL.GL_NONE)
            GL.glReadBuffer(GL.GL_NONE)
        status = GL.glCheckFramebufferStatus(GL.GL_FRAMEBUFFER)
        if status != GL.GL_FRAMEBUFFER_COMPLETE:
            raise RuntimeError(f"framebuffer of {[hex(c) for c in colors]} is not complete: {status:#x}")

    def bind(self) -> None:
        """Draw into it, all of it."""
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, self._handle)
        GL.glViewport(0, 0, self.width_px, self.height_px)

    def bind_depth(self, unit: int) -> None:
        """Bind the depth texture, if there is one, to a texture unit."""
        if self.depth:
            self.depth.bind(unit)

    def clear(self, farthest: float = 0.0) -> None:
        """Zeros in every colour, and `farthest` in the depth."""
        for i, texture in enumerate(self.colors):
            if texture.internal == GL.GL_R32UI:
                GL.glClearBufferuiv(GL.GL_COLOR, i, np.zeros(4, np.uint32))
            else:
                GL.glClearBufferfv(GL.GL_COLOR, i, np.zeros(4, np.float32))
        if self.depth:
            GL.glClearBufferfv(GL.GL_DEPTH, 0, np.full(1, farthest, np.float32))

    def clear_stencil(self) -> None:
        """Zeros in the stencil, which must be the target's that is drawn into."""
        GL.glClearBufferiv(GL.GL_STENCIL, 0, np.zeros(1, np.int32))

    def clear_to_depth_of(self, other: "Target") -> None:
        """Zeros in every colour, and the depth of another target of the same size; then draw into it."""
        self.bind()
        self.clear()
        GL.glBindFramebuffer(GL.GL_READ_FRAMEBUFFER, other._handle)
        corners = (0, 0, self.width_px, self.height_px)
        GL.glBlitFramebuffer(*corners, *corners, GL.GL_DEPTH_BUFFER_BIT, GL.GL_NEAREST)
        self.bind()

    def read(self, number: int, window: tuple[int, int, int, int] | None = None) -> NDArray[np.generic]:
        """Colour texture `number` as (H, W) uint32 or (H, W, 4) float32; row 0 is the picture's top.

        Args:
            number: Of the texture.
            window: Read only this (x, y, width, height).
        """
        internal = self.colors[number].internal
        dtype, channels = (np.uint32, 1) if internal == GL.GL_R32UI else (np.float32, 4)
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, self._handle)
        GL.glReadBuffer(GL.GL_COLOR_ATTACHMENT0 + number)
        return self._read(*TRANSFER[internal], np.dtype(dtype), channels, window)

    def read_depth(self) -> NDArray[np.generic]:
        """(H, W) float32 in [0, 1], as GL keeps it."""
        return self._read(*TRANSFER[GL.GL_DEPTH_COMPONENT32F], np.dtype(np.float32), 1)

    def read_stencil(self) -> NDArray[np.generic]:
        """(H, W) uint8; to be drawn into again, the target needs no binding."""
        return self._read(GL.GL_STENCIL_INDEX, GL.GL_UNSIGNED_BYTE, np.dtype(np.uint8), 1)

    def _read(
        self,
        layout: int,
        kind: int,
        dtype: np.dtype[np.generic],
        channels: int,
        window: tuple[int, int, int, int] | None = None,
    ) -> NDArray[np.generic]:
        x, y, width, height = window or (0, 0, self.width_px, self.height_px)
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, self._handle)
        pixels = np.empty((height, width) if channels == 1 else (height, width, channels), dtype)
        GL.glReadPixels(x, y, width, height, layout, kind, pixels)
        return pixels

    def delete(self) -> None:
        GL.glDeleteFramebuffers(1, [self._handle])
        for texture in (*self.colors, *([self.depth] if self.depth else [])):
            texture.delete()


def depth_map(size_px: int) -> Target:
    """A square depth target."""
    return Target(size_px, size_px, (), GL.GL_DEPTH_COMPONENT32F)


class ShadowMaps:
    """Square depth layers that shaders compare against, blending four comparisons; outside them all is lit."""

    def __init__(self, size_px: int, n_layers: int) -> None:
        self.size_px, self.n_layers = size_px, n_layers
        self._texture = int(GL.glGenTextures(1))
        self.bind(0)
        kind = GL.GL_TEXTURE_2D_ARRAY
        internal = GL.GL_DEPTH_COMPONENT32F
        GL.glTexImage3D(kind, 0, internal, size_px, size_px, n_layers, 0, *TRANSFER[internal], None)
        for name, value in (
            (GL.GL_TEXTURE_MIN_FILTER, GL.GL_LINEAR),
            (GL.GL_TEXTURE_MAG_FILTER, GL.GL_LINEAR),
            (GL.GL_TEXTURE_WRAP_S, GL.GL_CLAMP_TO_BORDER),
            (GL.GL_TEXTURE_WRAP_T, GL.GL_CLAMP_TO_BORDER),
            (GL.GL_TEXTURE_COMPARE_MODE, GL.GL_COMPARE_REF_TO_TEXTURE),
            (GL.GL_TEXTURE_COMPARE_FUNC, GL.GL_LEQUAL),
        ):
            GL.glTexParameteri(kind, name, value)
        GL.glTexParameterfv(kind, GL.GL_TEXTURE_BORDER_COLOR, np.ones(4, np.float32))
        self._framebuffer = GL.glGenFramebuffers(1)

    def bind(self, unit: int) -> None:
        GL.glActiveTexture(GL.GL_TEXTURE0 + unit)
        GL.glBindTexture(GL.GL_TEXTURE_2D_ARRAY, self._texture)

    def draw_into(self, layer: int) -> None:
        """Draw into one layer, cleared to the farthest."""
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, self._framebuffer)
        GL.glFramebufferTextureLayer(GL.GL_FRAMEBUFFER, GL.GL_DEPTH_ATTACHMENT, self._texture, 0, layer)
        GL.glDrawBuffer(GL.GL_NONE)
        GL.glReadBuffer(GL.GL_NONE)
        GL.glViewport(0, 0, self.size_px, self.size_px)
        GL.glClearBufferfv(GL.GL_DEPTH, 0, np.ones(1, np.float32))

    def delete(self) -> None:
        GL.glDeleteFramebuffers(1, [self._framebuffer])
        GL.glDeleteTextures([self._texture])


def moments_map(size_px: int, farthest: float) -> Texture2D:
    """A square texture of two floats a texel, blended between texels; beyond its edge both are `farthest`."""
    texture = _allocate(size_px, size_px, GL.GL_RG32F)
    _parameters(GL.GL_LINEAR, GL.GL_LINEAR, GL.GL_CLAMP_TO_BORDER)
    GL.glTexParameterfv(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_BORDER_COLOR, np.full(4, farthest, np.float32))
    return texture
