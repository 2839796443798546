"""What the objects stand on, what lies behind, and the surroundings that light them and are mirrored in them."""

__all__ = ["Surroundings"]

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.environments import ENVIRONMENT_SUFFIXES, ENVIRONMENTS
from synth.environments.radiance import read_radiance
from synth.errors import ConfigError
from synth.photometry import light_on_white
from synth.randomize.draft import RANDOMIZERS, SceneDraft
from synth.randomize.draws import chance, check_ranges, check_shares, choice, log_uniform, uniform
from synth.randomize.extent import spheres, view_width_m
from synth.randomize.pictures import pictures_in, shared_rng
from synth.randomize.view import sees_horizon, view_center_m
from synth.registry import Registry
from synth.scene import Background, Crop, Rgb, Surface, Texture
from synth.surfaces import PICTURE_SUFFIXES, SEAMLESS, SURFACES, read_picture, texture_aspect

SEEDS = 2**31
# Room that a table leaves around what lies on it.
MARGIN = 1.1
# Decoded no finer than this, a photo is read whole and fast.
CHECKED_PX = 64
# What is seen from the front, as rooms have it.
INTERIOR = ("wall", "panels", "window", "screen", "shelves", "plain", "gradient")
HANGING = ("prop:hand:", "prop:sleeve:")


@RANDOMIZERS.register("background")
@dataclass(frozen=True, slots=True)
class Surroundings:
    """A textured plane under the objects, what lies behind it, and an environment around them.

    What repeats itself in nature is laid out without an end. A photo, or whatever has marks of its own, is shown once:
    as the top of a table that ends, or as it was taken, filling the frame.

    Attributes:
        backgrounds: Folders of the user's photos and textures, searched with their subfolders.
        environments: Folders of equirectangular pictures, .hdr or photos.
        photo_share: Share of surfaces from `backgrounds`, where it names any; the others are procedural.
        environment_photo_share: Share of environments from `environments`, where it names any.
        surface_kinds: Which procedural surfaces; empty means all.
        environment_kinds: Which procedural environments; empty means all.
        sharing: So many frames, near to each other, share a picture, each with another part of it.
        free_space: Share of scenes without a plane: the objects hang before a picture.
        as_taken: Share of photos that fill the frame, where no horizon is in view; the others are tables.
        zoom: Width of such a part of a picture over the widest there is.
        table: Width of a plane that ends, over that of what is in view; it always holds all objects.
        behind: Share of tables with another picture behind them, never their own photo; the others stand in the
            environment.
        flat_negatives: Share of scenes without a target that show a wall, furniture or a screen from the front.
        repeat: Extent of an endless surface's texture over the width of what is in view.
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
    sharing: int = 4
    free_space: float = 0.04
    as_taken: float = 0.5
    zoom: tuple[float, float] = (0.5, 1.0)
    table: tuple[float, float] = (0.7, 2.0)
    behind: float = 0.5
    flat_negatives: float = 0.5
    repeat: tuple[float, float] = (0.6, 1.8)
    brightness: tuple[float, float] = (0.5, 1.15)
    tint: float = 0.12
    roughness: tuple[float, float] = (0.45, 1.0)
    environment_gain: tuple[float, float] = (0.7, 1.4)

    def __post_init__(self) -> None:
        check_ranges(self, "repeat", "table", "brightness", "environment_gain", above=0)
        check_ranges(self, "zoom", above=0, most=1)
        check_ranges(self, "roughness", least=0)
        check_shares(self, "photo_share", "environment_photo_share", "free_space", "tint", "as_taken", "behind")
        check_shares(self, "flat_negatives")
        if self.sharing < 1:
            raise ConfigError(f"sharing: expected at least 1 frame, got {self.sharing}.")
        for kinds, registry in ((self.surface_kinds, SURFACES), (self.environment_kinds, ENVIRONMENTS)):
            for kind in kinds:
                _ = registry[kind]
        # Here, so that a wrong folder is told before the first frame.
        self._surface_files()
        self._environment_files()

    def __call__(self, draft: SceneDraft, rng: np.random.Generator) -> None:
        shared = shared_rng(draft, "background", self.sharing)
        files = self._surface_files()
        surface = _texture(shared, files, self.photo_share, SURFACES, self.surface_kinds)
        # What is behind is never the ground's own photo; where there is just one, it is made.
        others = tuple(path for path in files if path != surface.path)
        behind = _texture(shared, others, self.photo_share, SURFACES, self.surface_kinds)
        environment = _texture(
            shared, self._environment_files(), self.environment_photo_share, ENVIRONMENTS, self.environment_kinds
        )
        front = Texture(choice(shared, INTERIOR), seed=int(shared.integers(SEEDS)))
        is_flat = chance(rng, self.flat_negatives) and all(placed.category_id is None for placed in draft.objects)
        surface = front if is_flat else surface
        in_space = chance(rng, self.free_space) or draft.in_space
        plane = self._plane(surface, draft, rng, as_taken=chance(rng, 1.0 if is_flat else self.as_taken))
        has_behind = chance(shared, self.behind) and plane.bounded
        gain, angle_rad = log_uniform(rng, self.environment_gain), uniform(rng, (-np.pi, np.pi))
        backdrop = surface if in_space else behind if has_behind else None
        draft.background = Background(
            environment=environment,
            surface=None if in_space else plane,
            environment_gain=gain,
            environment_angle_rad=angle_rad,
            backdrop=backdrop,
            # As bright as if it stood in the same light: in the sun it would be black behind things.
            backdrop_gain=log_uniform(rng, self.brightness) * light_on_white(draft.lights, gain),
            backdrop_crop=self._crop(rng),
        )
        draft.drawn["background"] = {
            "surface": _record(surface),
            "laid": None if in_space else _laid(plane),
            "behind": None if backdrop is None else _record(backdrop),
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

    def _plane(self, texture: Texture, draft: SceneDraft, rng: np.random.Generator, *, as_taken: bool) -> Surface:
        brightness = log_uniform(rng, self.brightness)
        red, green, blue = (brightness * uniform(rng, (1 - self.tint, 1 + self.tint)) for _ in range(3))
        gain: Rgb = (red, green, blue)
        angle_rad, roughness = uniform(rng, (-np.pi, np.pi)), uniform(rng, self.roughness)
        width_m, repeat = view_width_m(draft), log_uniform(rng, self.repeat)
        table, shift, crop = log_uniform(rng, self.table), rng.uniform(-1, 1, 2), self._crop(rng)
        plane = Surface(texture, width_m * repeat, angle_rad=angle_rad, gain_rgb=gain, roughness=roughness)
        if texture.kind in SEAMLESS:
            x, y = (shift * plane.repeat_m).tolist()
            return replace(plane, offset_m=(x, y))
        is_front = texture.kind == "file" or texture.kind in INTERIOR
        if as_taken and is_front and not sees_horizon(draft):
            return replace(plane, crop=crop)
        return _table(plane, draft, table * width_m, shift)

    def _crop(self, rng: np.random.Generator) -> Crop:
        return Crop(log_uniform(rng, self.zoom), float(rng.random()), float(rng.random()))


def _table(plane: Surface, draft: SceneDraft, width_m: float, shift: NDArray[np.float64]) -> Surface:
    """A plane that ends: about as wide as is wanted, and wide enough for what stands on it."""
    center, radius_m = _occupied_m(draft)
    least_m = 2 * MARGIN * radius_m
    shorter_m = max(width_m, least_m)
    center = center + shift * (shorter_m - least_m) / 2 / np.sqrt(2)
    aspect = texture_aspect(plane.texture)
    size_m = shorter_m * np.array([aspect, 1.0]) / min(aspect, 1.0)
    cos, sin = np.cos(plane.angle_rad), np.sin(plane.angle_rad)
    x, y = (center - np.array([[cos, -sin], [sin, cos]]) @ (size_m / 2)).tolist()
    return replace(plane, repeat_m=float(size_m[0]), offset_m=(x, y), bounded=True)


def _occupied_m(draft: SceneDraft) -> tuple[NDArray[np.float64], float]:
    """(2,) middle and radius of a circle on the plane that holds whatever lies there; where nothing does, of no size
    and in the middle of the view."""
    lying = [placed for placed in draft.objects if not placed.asset_id.startswith(HANGING)]
    if not lying:
        return view_center_m(draft), 0.0
    centers, radii = spheres(draft.meshes, lying)
    low, high = (centers[:, :2] - radii[:, None]).min(axis=0), (centers[:, :2] + radii[:, None]).max(axis=0)
    middle = (low + high) / 2
    return middle, float(np.max(np.linalg.norm(centers[:, :2] - middle, axis=1) + radii))


def _texture(
    rng: np.random.Generator, files: tuple[str, ...], file_share: float, registry: Registry[Any], kinds: tuple[str, ...]
) -> Texture:
    from_file = chance(rng, file_share) and bool(files)
    # All are drawn, used or not: a folder more must not shift what comes after.
    procedure = Texture(choice(rng, kinds or tuple(registry)), seed=int(rng.integers(SEEDS)))
    number = rng.random()
    return Texture("file", path=files[int(number * len(files))]) if from_file else procedure


def _laid(plane: Surface) -> str:
    if plane.crop is not None:
        return "as taken"
    return "table" if plane.bounded else "endless"


def _record(texture: Texture) -> str:
    return texture.path if texture.kind == "file" else f"{texture.kind}:{texture.seed}"
