"""The antialiasing pass: silhouettes smoothed after lighting, for a quarter of what supersampling costs."""

__all__ = ["AntialiasPass"]

from copy import copy

import numpy as np
from numpy.typing import NDArray
from OpenGL import GL

from synth.render.buffers import Target
from synth.render.deferred import INSTANCE
from synth.render.program import compile_program


class AntialiasPass:
    """One triangle over the screen; only edge pixels are touched. The ids and depths themselves stay as they are."""

    def __init__(self, width_px: int, height_px: int) -> None:
        self._target = Target(width_px, height_px, (GL.GL_RGBA32F,))
        self._program = compile_program("screen.vert", "antialias.frag")
        self._no_vertices = int(GL.glGenVertexArrays(1))

    def resized(self, width_px: int, height_px: int) -> "AntialiasPass":
        """The same pass for another size; programs and textures are shared."""
        twin = copy(self)
        twin._target = Target(width_px, height_px, (GL.GL_RGBA32F,))
        return twin

    def draw(self, light: Target, buffers: Target, near_m: float, far_m: float) -> NDArray[np.float32]:
        """(H, W, 3) linear light."""
        self._target.bind()
        GL.glDisable(GL.GL_DEPTH_TEST)
        program = self._program
        program.use()
        light.colors[0].bind(0)
        # Between texels, for the averages along an edge; nobody else samples this texture.
        GL.glTexParameteri(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_MIN_FILTER, GL.GL_LINEAR)
        GL.glTexParameteri(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_MAG_FILTER, GL.GL_LINEAR)
        buffers.colors[INSTANCE].bind(1)
        buffers.bind_depth(2)
        for unit, name in enumerate(("u_light", "u_instance", "u_depth")):
            program.set_int(name, unit)
        program.set_float("u_far_depth", far_m / (far_m - near_m))
        GL.glBindVertexArray(self._no_vertices)
        GL.glDrawArrays(GL.GL_TRIANGLES, 0, 3)
        return np.asarray(self._target.read(0), np.float32)[..., :3]
