"""What the passes draw into, for pictures of one size; each part is made when first needed."""

__all__ = ["ALBEDO", "EMISSIVE", "INSTANCE", "NORMAL", "Canvas"]

from functools import cached_property

from OpenGL import GL

from synth.rendering.buffers import Target

# The geometry pass's buffers by number; the last is there only where something emits light or is blended.
ALBEDO, NORMAL, INSTANCE, EMISSIVE = range(4)
SURFACES = (GL.GL_RGBA8, GL.GL_RGBA16F, GL.GL_R32UI, GL.GL_RGBA16F)


class Canvas:
    """Framebuffers of one size."""

    def __init__(self, width_px: int, height_px: int) -> None:
        self.width_px, self.height_px = width_px, height_px

    def surfaces(self, *, glowing: bool) -> Target:
        """For the geometry pass, with or without a buffer for emitted light."""
        return self._glowing if glowing else self._plain

    @cached_property
    def _plain(self) -> Target:
        return self._target(*SURFACES[:EMISSIVE], depth=GL.GL_DEPTH32F_STENCIL8)

    @cached_property
    def _glowing(self) -> Target:
        return self._target(*SURFACES, depth=GL.GL_DEPTH32F_STENCIL8)

    @cached_property
    def blended(self) -> Target:
        """For the geometry pass's blended surfaces."""
        return self._target(*SURFACES, depth=GL.GL_DEPTH32F_STENCIL8)

    @cached_property
    def light(self) -> Target:
        """Linear light."""
        return self._target(GL.GL_RGBA32F)

    @cached_property
    def blended_light(self) -> Target:
        """Linear light of blended surfaces."""
        return self._target(GL.GL_RGBA32F)

    @cached_property
    def outside(self) -> Target:
        """Outlines in one of the picture's neighbours, 32 objects at a time."""
        return self._target(GL.GL_R32UI)

    def _target(self, *colors: int, depth: int | None = None) -> Target:
        return Target(self.width_px, self.height_px, colors, depth)
