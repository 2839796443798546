"""What the objects stand on, and the surroundings that light them and are mirrored in them."""

__all__ = ["Surroundings", "pictures_in"]

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from synth.environments import ENVIRONMENT_SUFFIXES, ENVIRONMENTS
from synth.environments.radiance import read_radiance
from synth.errors import ConfigError
from synth.randomize.draft import RANDOMIZERS, SceneDraft
from synth.randomize.draws import chance, check_ranges, check_shares, choice, log_uniform, uniform
from synth.randomize.extent import view_width_m
from synth.registry import Registry
from synth.scene import Background, Rgb, Surface, Texture
from synth.surfaces import PICTURE_SUFFIXES, SURFACES, read_picture

# Procedures are repeated from so many seeds, so that a process may keep the textures it has made.
SEEDS = 64

# Decoded no finer than this, a photo is read whole and fast.
CHECKED_PX = 64


@RANDOMIZERS.register("background")
@dataclass(frozen=True, slots=True)
class Surroundings:
    """A textured plane under the objects, and an environment around them.

    Attributes:
        backgrounds: Folders of the user's photos and textures, searched with their subfolders.
        environments: Folders of equirectangular pictures, .hdr or photos.
        photo_share: Share of surfaces from `backgrounds`, where it names any; the others are procedural.
        environment_photo_share: Share of environments from `environments`, where it names any.
        surface_kinds: Which procedural surfaces; empty means all.
        environment_kinds: Which procedural environments; empty means all.
        free_space: Share of scenes without a plane: the objects hang before a picture.
        repeat: Extent of the surface's texture over the width of what is in view.
        brightness: Factor on the surface's colour.
        tint: Greatest part by which that factor differs between red, green and blue.
        roughness: Of the surface.
        environment_gain: Factor on the environment's light.
    """

    backgrounds: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    photo_share: float = 0.6
    environment_photo_share: float = 0.6
    surface_kinds: tuple[str, ...] = ()
    environment_kinds: tuple[str, ...] = ()
    free_space: float = 0.04
    repeat: tuple[float, float] = (0.4, 1.6)
    brightness: tuple[float, float] = (0.5, 1.15)
    tint: float = 0.12
    roughness: tuple[float, float] = (0.45, 1.0)
    environment_gain: tuple[float, float] = (0.7, 1.4)

    def __post_init__(self) -> None:
        check_ranges(self, "repeat", "brightness", "environment_gain", above=0)
        check_ranges(self, "roughness", least=0)
        check_shares(self, "photo_share", "environment_photo_share", "free_space", "tint")
        for kinds, registry in ((self.surface_kinds, SURFACES), (self.environment_kinds, ENVIRONMENTS)):
            for kind in kinds:
                _ = registry[kind]
        # Here, so that a wrong folder is told before the first frame.
        self._surface_files()
        self._environment_files()

    def __call__(self, draft: SceneDraft, rng: np.random.Generator) -> None:
        surface = _texture(rng, self._surface_files(), self.photo_share, SURFACES, self.surface_kinds)
        environment = _texture(
            rng, self._environment_files(), self.environment_photo_share, ENVIRONMENTS, self.environment_kinds
        )
        in_space = chance(rng, self.free_space)
        plane = self._plane(surface, view_width_m(draft), rng)
        gain, angle_rad = log_uniform(rng, self.environment_gain), uniform(rng, (-np.pi, np.pi))
        draft.background = Background(
            environment=environment,
            surface=None if in_space else plane,
            environment_gain=gain,
            environment_angle_rad=angle_rad,
            backdrop=surface if in_space else None,
            backdrop_gain=log_uniform(rng, self.brightness),
        )
        draft.drawn["background"] = {
            "surface": _record(surface),
            "environment": _record(environment),
            "free_space": in_space,
            "repeat_m": plane.repeat_m,
            "gain_rgb": list(plane.gain_rgb),
            "roughness": plane.roughness,
            "environment_gain": gain,
            "environment_angle_rad": angle_rad,
        }

    def files(self) -> tuple[str, ...]:
        """What the scenes follow from besides the settings: the data set keeps their hashes."""
        return (*self._surface_files(), *self._environment_files())

    def check_files(self) -> None:
        """Read every picture once.

        Raises:
            AssetError: one is broken.
        """
        for path in self._surface_files():
            read_picture(path, CHECKED_PX)
        for path in self._environment_files():
            if path.lower().endswith(".hdr"):
                read_radiance(path)
            else:
                read_picture(path, CHECKED_PX)

    def _surface_files(self) -> tuple[str, ...]:
        return tuple(path for folder in self.backgrounds for path in pictures_in(folder, PICTURE_SUFFIXES))

    def _environment_files(self) -> tuple[str, ...]:
        return tuple(path for folder in self.environments for path in pictures_in(folder, ENVIRONMENT_SUFFIXES))

    def _plane(self, texture: Texture, view_width_m: float, rng: np.random.Generator) -> Surface:
        repeat_m = view_width_m * log_uniform(rng, self.repeat)
        x, y = (uniform(rng, (-repeat_m, repeat_m)) for _ in range(2))
        brightness = log_uniform(rng, self.brightness)
        red, green, blue = (brightness * uniform(rng, (1 - self.tint, 1 + self.tint)) for _ in range(3))
        gain: Rgb = (red, green, blue)
        return Surface(
            texture=texture,
            repeat_m=repeat_m,
            angle_rad=uniform(rng, (-np.pi, np.pi)),
            offset_m=(x, y),
            gain_rgb=gain,
            roughness=uniform(rng, self.roughness),
        )


@lru_cache(maxsize=64)
def pictures_in(folder: str, suffixes: frozenset[str]) -> tuple[str, ...]:
    """The pictures in a folder and below it, sorted; read once. Hidden files are none: some systems put a hidden twin
    of no picture beside each.

    Raises:
        ConfigError: there is no such folder, or no picture in it.
    """
    path = Path(folder)
    if not path.is_dir():
        raise ConfigError(f"{folder}: there is no such folder of backgrounds. Name one that holds pictures.")
    pictures = (file for file in path.rglob("*") if file.suffix.lower() in suffixes and not file.name.startswith("."))
    found = tuple(sorted(str(file) for file in pictures if file.is_file()))
    if not found:
        raise ConfigError(
            f"{folder}: there are no pictures in it ({', '.join(sorted(suffixes))}). Name another folder."
        )
    return found


def _texture(
    rng: np.random.Generator, files: tuple[str, ...], file_share: float, registry: Registry[Any], kinds: tuple[str, ...]
) -> Texture:
    from_file = chance(rng, file_share) and bool(files)
    # All are drawn, used or not: a folder more must not shift what comes after.
    procedure = Texture(choice(rng, kinds or tuple(registry)), seed=int(rng.integers(SEEDS)))
    number = rng.random()
    return Texture("file", path=files[int(number * len(files))]) if from_file else procedure


def _record(texture: Texture) -> str:
    return texture.path if texture.kind == "file" else f"{texture.kind}:{texture.seed}"
