"""A sun or a lamp that casts shadows, and some lamps beside it; the environment's own light is the background's."""

__all__ = ["Lights", "color_of_kelvin"]

from dataclasses import dataclass

import numpy as np

from synth.geometry import rotation_between, translation
from synth.randomize.draft import RANDOMIZERS, SceneDraft
from synth.randomize.draws import chance, check_ranges, check_shares, log_uniform, uniform
from synth.randomize.extent import spheres
from synth.scene import Light, Rgb

# A white surface under an environment of mean luminance 1 receives this; `direct_ratio` is relative to it.
AMBIENT_IRRADIANCE = np.pi
WAVELENGTHS_NM = np.array([610.0, 550.0, 465.0])
SECOND_RADIATION_NM_K = 1.438777e7


@RANDOMIZERS.register("lights")
@dataclass(frozen=True, slots=True)
class Lights:
    """Direct light from hard to soft.

    Attributes:
        direct_ratio: Direct light on the plane over the environment's: 0.2 is a dull day, 5 the full sun.
        kelvin: Colour temperature of each light.
        elevation_deg: Of the sun above the plane.
        raking: Share of scenes whose sun is as low as `raking_deg`, as light that brings out relief.
        raking_deg: Its elevation then.
        lamps: Least and greatest number of lamps without shadow.
        lamp_ratio: A lamp's light on the plane over the environment's.
        lamp_distance: Of a lamp, over the extent of the scene's objects.
    """

    direct_ratio: tuple[float, float] = (0.2, 5.0)
    kelvin: tuple[float, float] = (2800.0, 8500.0)
    elevation_deg: tuple[float, float] = (25.0, 85.0)
    raking: float = 0.15
    raking_deg: tuple[float, float] = (8.0, 25.0)
    lamps: tuple[int, int] = (0, 3)
    lamp_ratio: tuple[float, float] = (0.05, 0.6)
    lamp_distance: tuple[float, float] = (1.5, 6.0)

    def __post_init__(self) -> None:
        check_ranges(self, "direct_ratio", "kelvin", "lamp_ratio", "lamp_distance", above=0)
        check_ranges(self, "elevation_deg", "raking_deg", least=1, most=90)
        check_ranges(self, "lamps", least=0)
        check_shares(self, "raking")

    def __call__(self, draft: SceneDraft, rng: np.random.Generator) -> None:
        low = chance(rng, self.raking)
        sun = {
            "elevation_deg": uniform(rng, self.raking_deg if low else self.elevation_deg),
            "azimuth_deg": uniform(rng, (-180, 180)),
            "kelvin": self._kelvin(rng),
            "ratio": log_uniform(rng, self.direct_ratio),
        }
        draft.lights.append(_sun(sun["elevation_deg"], sun["azimuth_deg"], sun["kelvin"], sun["ratio"]))
        lamps = [self._draw_lamp(rng) for _ in range(rng.integers(self.lamps[0], self.lamps[1] + 1))]
        centers, radii = spheres(draft.meshes, draft.objects)
        extent_m = float(np.max(np.ptp(centers, axis=0)) / 2 + radii.max()) if len(radii) else 0.1
        for lamp in lamps:
            draft.lights.append(_lamp(extent_m, **lamp))
        draft.drawn["lights"] = {"sun": sun, "lamps": lamps}

    def _draw_lamp(self, rng: np.random.Generator) -> dict[str, float]:
        return {
            "elevation_deg": uniform(rng, (15, 85)),
            "azimuth_deg": uniform(rng, (-180, 180)),
            "kelvin": self._kelvin(rng),
            "ratio": log_uniform(rng, self.lamp_ratio),
            "distance": log_uniform(rng, self.lamp_distance),
        }

    def _kelvin(self, rng: np.random.Generator) -> float:
        """Even in 1 / K, in which steps of a light's colour look alike."""
        return 1 / uniform(rng, (1 / self.kelvin[1], 1 / self.kelvin[0]))


def color_of_kelvin(kelvin: float) -> Rgb:
    """Linear RGB of a black body, its largest component 1; 6500 K is white.

    Source: Planck's law at one wavelength a channel, relative to 6500 K.
    """
    relative = np.expm1(SECOND_RADIATION_NM_K / (WAVELENGTHS_NM * 6500)) / np.expm1(
        SECOND_RADIATION_NM_K / (WAVELENGTHS_NM * kelvin)
    )
    red, green, blue = (relative / relative.max()).tolist()
    return red, green, blue


def _sun(elevation_deg: float, azimuth_deg: float, kelvin: float, ratio: float) -> Light:
    towards = _towards(elevation_deg, azimuth_deg)
    # A low sun lights the plane less: it is made no stronger than one at 20 degrees, or its side of things would burn.
    irradiance = ratio * AMBIENT_IRRADIANCE / max(towards[2], np.sin(np.radians(20)))
    return Light(
        kind="directional",
        world_from_light=rotation_between([0, 0, 1], -towards),
        color_rgb=color_of_kelvin(kelvin),
        intensity=float(irradiance),
        casts_shadow=True,
    )


def _lamp(
    extent_m: float, *, elevation_deg: float, azimuth_deg: float, kelvin: float, ratio: float, distance: float
) -> Light:
    towards = _towards(elevation_deg, azimuth_deg)
    distance_m = distance * extent_m
    return Light(
        kind="point",
        world_from_light=translation(towards * distance_m) @ rotation_between([0, 0, 1], -towards),
        color_rgb=color_of_kelvin(kelvin),
        intensity=float(ratio * AMBIENT_IRRADIANCE * distance_m**2 / max(towards[2], 0.3)),
    )


def _towards(elevation_deg: float, azimuth_deg: float) -> np.ndarray:
    elevation, azimuth = np.radians([elevation_deg, azimuth_deg])
    return np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])
