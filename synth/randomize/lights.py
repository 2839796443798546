"""A sun or a lamp that casts shadows, and some lamps beside it; the environment's own light is the background's."""

__all__ = ["Lights", "color_of_kelvin"]

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.geometry import rotation_between, translation, view_azimuth_deg
from synth.randomize.draft import RANDOMIZERS, SceneDraft
from synth.randomize.draws import chance, check_ranges, check_shares, either, log_between, log_uniform, uniform
from synth.randomize.extent import spheres, view_width_m
from synth.scene import Light, Rgb

# A white surface under an environment of mean luminance 1 receives this; `direct_ratio` is relative to it.
AMBIENT_IRRADIANCE = np.pi
WAVELENGTHS_NM = np.array([610.0, 550.0, 465.0])
SECOND_RADIATION_NM_K = 1.438777e7


@RANDOMIZERS.register("lights")
@dataclass(frozen=True, slots=True)
class Lights:
    """Direct light from hard to soft: the key light, which casts shadows, and lamps that fill them.

    Attributes:
        direct_ratio: The key light on the plane over the environment's: 0.2 is a dull day, 5 the full sun.
        kelvin: Colour temperature of each light.
        elevation_deg: Of the key light above the plane. Its azimuth is even, as seen from the camera.
        raking: Share of scenes whose key light is as low as `raking_deg`, as light that brings out relief.
        raking_deg: Its elevation then.
        key_lamp: Share of scenes whose key light is a lamp nearby and not the sun, so that light falls off.
        cone_deg: Half the angle of such a lamp's cone, at which its light ends.
        soft: Share of scenes whose key light is large, as a window or a shade, so that shadows have soft edges.
        soft_deg: Half the angle under which it is seen then; the sun's is 0.27, which is as good as sharp.
        lamps: Least and greatest number of lamps without shadow.
        lamp_ratio: A lamp's light on the plane over the environment's.
        lamp_distance: Of any lamp, over half the width of what is in view or of the objects, whichever is more.
    """

    direct_ratio: tuple[float, float] = (0.2, 5.0)
    kelvin: tuple[float, float] = (2800.0, 8500.0)
    elevation_deg: tuple[float, float] = (25.0, 85.0)
    raking: float = 0.15
    raking_deg: tuple[float, float] = (8.0, 25.0)
    key_lamp: float = 0.35
    cone_deg: tuple[float, float] = (25.0, 70.0)
    soft: float = 0.6
    soft_deg: tuple[float, float] = (1.0, 15.0)
    lamps: tuple[int, int] = (0, 3)
    lamp_ratio: tuple[float, float] = (0.05, 0.6)
    lamp_distance: tuple[float, float] = (1.5, 6.0)

    def __post_init__(self) -> None:
        check_ranges(self, "direct_ratio", "kelvin", "lamp_ratio", "lamp_distance", above=0)
        check_ranges(self, "elevation_deg", "raking_deg", least=1, most=90)
        check_ranges(self, "cone_deg", least=5, most=85)
        check_ranges(self, "soft_deg", above=0, most=45)
        check_ranges(self, "lamps", least=0)
        check_shares(self, "raking", "key_lamp", "soft")

    def wanted(self) -> dict[str, tuple[float, float]]:
        """What a data set's coverage should fill."""
        low, high = (edge(self.elevation_deg[i], self.raking_deg[i]) for i, edge in enumerate((min, max)))
        elevations = (low, high) if self.raking else self.elevation_deg
        return {"light_elevation_deg": elevations, "light_azimuth_deg": (-180, 180), "light_ratio": self.direct_ratio}

    def __call__(self, draft: SceneDraft, rng: np.random.Generator) -> None:
        centers_m, radii_m = spheres(draft.meshes, draft.objects)
        middle_m = np.array([*(centers_m[:, :2].mean(axis=0) if len(radii_m) else (0, 0)), 0])
        extent_m = float(np.max(np.ptp(centers_m, axis=0)) / 2 + radii_m.max()) if len(radii_m) else 0.0
        reach_m = max(extent_m, view_width_m(draft) / 2)
        key = self._draw_key(draft, rng)
        lamps = [self._draw_lamp(rng) for _ in range(rng.integers(self.lamps[0], self.lamps[1] + 1))]
        draft.lights.append(_key_lamp(middle_m, reach_m, key) if key["kind"] == "lamp" else _sun(key))
        draft.lights.extend(_lamp(middle_m, reach_m, lamp) for lamp in lamps)
        draft.drawn["lights"] = {"key": key, "lamps": lamps}

    def _draw_key(self, draft: SceneDraft, rng: np.random.Generator) -> dict[str, Any]:
        view_deg = view_azimuth_deg(draft.camera.world_from_camera) if draft.camera else 0.0
        return {
            "kind": "lamp" if chance(rng, self.key_lamp) else "sun",
            "elevation_deg": either(draft.even("lights.elevation"), self.raking, self.raking_deg, self.elevation_deg),
            # From every side of the camera: behind it, across, and against it.
            "azimuth_deg": (view_deg + 360 * draft.even("lights.azimuth")) % 360 - 180,
            "kelvin": self._kelvin(rng),
            "ratio": log_between(draft.even("lights.ratio"), self.direct_ratio),
            "distance": log_uniform(rng, self.lamp_distance),
            "cone_deg": uniform(rng, self.cone_deg),
            "cone_inner": uniform(rng, (0.3, 0.9)),
            "radius_deg": log_uniform(rng, self.soft_deg) if chance(rng, self.soft) else 0.0,
        }

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


def _sun(key: dict[str, Any]) -> Light:
    towards = _towards(key)
    return Light(
        kind="directional",
        world_from_light=rotation_between([0, 0, 1], -towards),
        color_rgb=color_of_kelvin(key["kelvin"]),
        intensity=float(_irradiance(key)),
        casts_shadow=True,
        radius_rad=float(np.radians(key["radius_deg"])),
    )


def _key_lamp(middle_m: NDArray[np.float64], reach_m: float, key: dict[str, Any]) -> Light:
    towards, distance_m = _towards(key), key["distance"] * reach_m
    outer_rad = np.radians(key["cone_deg"])
    return Light(
        kind="spot",
        world_from_light=translation(middle_m + towards * distance_m) @ rotation_between([0, 0, 1], -towards),
        color_rgb=color_of_kelvin(key["kelvin"]),
        intensity=float(_irradiance(key) * distance_m**2),
        casts_shadow=True,
        cone_rad=(float(key["cone_inner"] * outer_rad), float(outer_rad)),
        radius_rad=float(np.radians(key["radius_deg"])),
    )


def _lamp(middle_m: NDArray[np.float64], reach_m: float, lamp: dict[str, float]) -> Light:
    towards, distance_m = _towards(lamp), lamp["distance"] * reach_m
    return Light(
        kind="point",
        world_from_light=translation(middle_m + towards * distance_m) @ rotation_between([0, 0, 1], -towards),
        color_rgb=color_of_kelvin(lamp["kelvin"]),
        intensity=float(_irradiance(lamp) * distance_m**2),
    )


def _irradiance(light: dict[str, Any]) -> float:
    """At right angles to the light, for its `ratio` on the plane.

    A low light lights the plane less: it is made no stronger than one at 20 degrees, or its side of things would burn.
    """
    return float(light["ratio"] * AMBIENT_IRRADIANCE / np.sin(np.radians(max(light["elevation_deg"], 20))))


def _towards(light: dict[str, Any]) -> NDArray[np.float64]:
    """(3,) unit vector to the light."""
    elevation, azimuth = np.radians([light["elevation_deg"], light["azimuth_deg"]])
    return np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])
