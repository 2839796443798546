"""The scene in the making, and the one shape that every randomizer has."""

__all__ = ["RANDOMIZERS", "Randomizer", "SceneDraft"]

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from synth.catalog import Catalog
from synth.errors import ConfigError
from synth.meshes import MeshStore
from synth.randomize.even import even
from synth.registry import Registry
from synth.scene import Background, Camera, Light, Placed, Scene, Sensor, Texture


@dataclass(slots=True)
class SceneDraft:
    """What the randomizers before have decided; each adds its part.

    Attributes:
        camera: None until a randomizer has set it; a scene can't do without.
        in_space: The objects hang in free space; there is no plane.
        drawn: Every random choice by the randomizer's name, JSON values only.
    """

    index: int
    seed: int
    size_wh_px: tuple[int, int]
    catalog: Catalog
    meshes: MeshStore
    objects: list[Placed] = field(default_factory=list)
    in_space: bool = False
    camera: Camera | None = None
    lights: list[Light] = field(default_factory=list)
    background: Background = field(default_factory=lambda: Background(environment=Texture("sky")))
    sensor: Sensor = field(default_factory=Sensor)
    drawn: dict[str, Any] = field(default_factory=dict)

    def next_instance_id(self) -> int:
        """The id for the next object: they count from 1 in the order of placing."""
        return 1 + max((placed.instance_id for placed in self.objects), default=0)

    def even(self, name: str) -> float:
        """A number in [0, 1) for the choice of that name, spread evenly over the frames: see `synth.randomize.even`.

        The same name gives the same number again; what may differ from object to object takes the generator.
        """
        return even(self.seed, self.index, name)

    def freeze(self) -> Scene:
        """The finished scene.

        Raises:
            ConfigError: no randomizer set a camera.
        """
        if self.camera is None:
            raise ConfigError('No randomizer set a camera. Add "camera" to `randomizers`.')
        return Scene(
            index=self.index,
            seed=self.seed,
            camera=self.camera,
            objects=tuple(self.objects),
            lights=tuple(self.lights),
            background=self.background,
            sensor=self.sensor,
            drawn=self.drawn,
        )


class Randomizer(Protocol):
    """Changes the draft by chance. Its fields are the keys of its table in render.toml."""

    def __call__(self, draft: SceneDraft, rng: np.random.Generator) -> None: ...


RANDOMIZERS: Registry[type[Randomizer]] = Registry("randomizer")
