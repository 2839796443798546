"""Ours: picture, ids, depth, amodal bits, and every label kind computed from them."""

__all__ = ["Synth"]

from pathlib import Path

from contestant import Drawn
from props import open_meshes

from synth.annotate.sample import LABEL_KINDS, annotate
from synth.policy import LabelPolicy
from synth.rendering.renderer import Renderer
from synth.scene import Scene


class Synth:
    """The renderer and the annotators as `synth render` uses them, without encoding."""

    def __init__(self, folder: Path, size_wh_px: tuple[int, int]) -> None:
        self._meshes = open_meshes(folder)
        self.renderer = Renderer(self._meshes, size_wh_px)
        self._policy = LabelPolicy()

    def draw(self, scene: Scene) -> Drawn:
        frame = self.renderer.render(scene)
        annotate(frame, scene, self._meshes, self._policy, (*LABEL_KINDS, "amodal_masks"))
        return Drawn(frame.rgb, frame.instance)
