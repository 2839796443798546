"""The blending pass: glass and the like, laid over what is behind it once both are lit.

One layer: of several blended surfaces in a pixel the nearest is seen, with what is opaque behind it.
"""

__all__ = ["BlendingPass"]

from functools import cached_property

from OpenGL import GL

from synth.rendering.buffers import Target
from synth.rendering.canvas import EMISSIVE, INSTANCE, NORMAL
from synth.rendering.program import Program, compile_program


class BlendingPass:
    """Two triangles over the screen, for scenes that have anything blended; nothing is set up for the others."""

    def lay_over(self, light: Target, buffers: Target, blended_light: Target, blended: Target) -> None:
        """Blend the lights, and put the blended surfaces into the buffers: for labels they are what is seen.

        Args:
            light: Linear light of what is opaque; the result is written here.
            buffers: The geometry pass's, of what is opaque; the result is written here.
            blended_light, blended: The same of the blended surfaces.
        """
        light.bind()
        GL.glDisable(GL.GL_DEPTH_TEST)
        GL.glEnable(GL.GL_BLEND)
        GL.glBlendFunc(GL.GL_SRC_ALPHA, GL.GL_ONE_MINUS_SRC_ALPHA)
        program = self._blend_program
        program.use()
        for unit, texture in enumerate((blended_light.colors[0], blended.colors[EMISSIVE], blended.colors[INSTANCE])):
            texture.bind(unit)
        self._draw()
        GL.glDisable(GL.GL_BLEND)

        buffers.bind()
        # Depth is only written where it is tested.
        GL.glEnable(GL.GL_DEPTH_TEST)
        GL.glDepthFunc(GL.GL_ALWAYS)
        self._copy_program.use()
        blended.bind_depth(0)
        blended.colors[NORMAL].bind(1)
        blended.colors[INSTANCE].bind(2)
        self._draw()

    def _draw(self) -> None:
        GL.glBindVertexArray(self._no_vertices)
        GL.glDrawArrays(GL.GL_TRIANGLES, 0, 3)

    @cached_property
    def _no_vertices(self) -> int:
        return int(GL.glGenVertexArrays(1))

    @cached_property
    def _blend_program(self) -> Program:
        return _with_samplers("blend.frag", ("u_light", "u_emissive", "u_instance"))

    @cached_property
    def _copy_program(self) -> Program:
        return _with_samplers("copy.frag", ("u_depth", "u_normal_roughness", "u_instance"))


def _with_samplers(fragment: str, names: tuple[str, ...]) -> Program:
    program = compile_program("screen.vert", fragment)
    program.use()
    for unit, name in enumerate(names):
        program.set_int(name, unit)
    return program
