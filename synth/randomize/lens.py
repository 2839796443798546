"""What the lens does, and the hand that holds it: distortion, depth of field, softness, shake, vignette."""

__all__ = ["Optics"]

import math
from dataclasses import dataclass, replace

import numpy as np

from synth.errors import ConfigError
from synth.geometry import apply
from synth.randomize.draft import RANDOMIZERS, SceneDraft
from synth.randomize.draws import chance, check_ranges, check_shares, choice, log_uniform, uniform
from synth.randomize.extent import spheres
from synth.scene import Camera

# The width for which blur and shake are said.
WIDTH_PX = 640


@RANDOMIZERS.register("lens")
@dataclass(frozen=True, slots=True)
class Optics:
    """From a phone's lens in a steady hand to a poor one in a hurry.

    Attributes:
        distorted: Share of pictures whose lens bends straight lines; labels follow it.
        distortion: How far it moves the picture's farthest corner, as a part of its distance from the middle: below 0
            inwards, as a barrel, above 0 outwards, as a cushion. -0.15 to 0.15.
        moustache: The part of that which grows with the fifth power of the distance, not the third. -0.05 to 0.05.
        decentring: How far a lens that sits askew moves the corners, in the same unit. At most 0.005.
        defocused: Share of pictures with a depth of field; in the others all is sharp.
        aperture_mm: Opening of the lens: 1 to 3 mm in phones. What is near is blurred most by it.
        focus_error: Factor on the distance of the target that is in focus.
        soft: Share of pictures that are soft all over: dirt on the lens, or a poor one.
        softness_px: Standard deviation of that blur, at 640 pixels of width; it grows with the picture.
        shaken: Share of pictures in which the camera moves while the shutter is open.
        shake_px: How far, at 640 pixels of width.
        vignetted: Share of pictures with darker corners.
        vignette: Part of the light that the corners lose.
    """

    distorted: float = 0.25
    distortion: tuple[float, float] = (-0.04, 0.02)
    moustache: tuple[float, float] = (-0.01, 0.01)
    decentring: tuple[float, float] = (0.0, 0.001)
    defocused: float = 0.35
    aperture_mm: tuple[float, float] = (0.5, 3.0)
    focus_error: tuple[float, float] = (0.95, 1.1)
    soft: float = 0.5
    softness_px: tuple[float, float] = (0.3, 1.2)
    shaken: float = 0.12
    shake_px: tuple[float, float] = (1.0, 5.0)
    vignetted: float = 0.5
    vignette: tuple[float, float] = (0.05, 0.35)

    def __post_init__(self) -> None:
        check_ranges(self, "distortion", least=-0.15, most=0.15)
        check_ranges(self, "moustache", least=-0.05, most=0.05)
        check_ranges(self, "decentring", least=0, most=0.005)
        check_ranges(self, "softness_px", "shake_px", least=0)
        check_ranges(self, "aperture_mm", "focus_error", above=0)
        check_ranges(self, "vignette", least=0, most=1)
        check_shares(self, "distorted", "defocused", "soft", "shaken", "vignetted")

    def __call__(self, draft: SceneDraft, rng: np.random.Generator) -> None:
        if draft.camera is None:
            raise ConfigError('"lens" has no camera yet. Name it after "camera" in `randomizers`.')
        # Every number is drawn whether it is used or not, so that a share turned up changes nothing else.
        distorted, corner, moustache = (
            chance(rng, self.distorted),
            uniform(rng, self.distortion),
            uniform(rng, self.moustache),
        )
        askew, towards = uniform(rng, self.decentring), uniform(rng, (-math.pi, math.pi))
        defocused, aperture_mm = chance(rng, self.defocused), log_uniform(rng, self.aperture_mm)
        focus_m = _subject_m(draft, draft.camera, rng) * log_uniform(rng, self.focus_error)
        soft, softness_px = chance(rng, self.soft), uniform(rng, self.softness_px)
        shaken, shake_px, along = chance(rng, self.shaken), uniform(rng, self.shake_px), uniform(rng, (0, math.pi))
        bend = uniform(rng, (-0.25, 0.25))
        vignetted, vignette = chance(rng, self.vignetted), uniform(rng, self.vignette)
        if distorted:
            aside = (askew * math.cos(towards), askew * math.sin(towards))
            draft.camera = _behind_lens(draft.camera, corner, moustache, aside)
        size = draft.size_wh_px[0] / WIDTH_PX
        path_px = size * shake_px if shaken else 0.0
        draft.sensor = replace(
            draft.sensor,
            focus_m=focus_m,
            defocus_px_m=draft.camera.focal_px * aperture_mm / 1000 if defocused else 0.0,
            blur_sigma_px=softness_px * size if soft else 0.0,
            shake_px=(path_px * math.cos(along), path_px * math.sin(along)),
            shake_bend=bend,
            vignette=vignette if vignetted else 0.0,
        )
        draft.drawn["lens"] = {
            "distortion": list(draft.camera.distortion),
            "aperture_mm": aperture_mm if defocused else 0.0,
            "focus_m": focus_m,
            "softness_px": draft.sensor.blur_sigma_px,
            "shake_px": list(draft.sensor.shake_px),
            "shake_bend": bend,
            "vignette": draft.sensor.vignette,
        }


def _behind_lens(camera: Camera, corner: float, moustache: float, aside: tuple[float, float]) -> Camera:
    """The camera with the coefficients that move its farthest corner as told."""
    x, y = (max(c, n - c) for c, n in zip(camera.center_px, (camera.width_px, camera.height_px), strict=True))
    # What the lens puts into the corner, where a pinhole has it.
    radius = math.hypot(x, y) / camera.focal_px / (1 + corner)
    radial = ((corner - moustache) / radius**2, moustache / radius**4)
    return replace(camera, distortion=(*radial, aside[0] / radius, aside[1] / radius))


def _subject_m(draft: SceneDraft, camera: Camera, rng: np.random.Generator) -> float:
    """The depth of a target; in a scene without, of the plane where the camera looks at it."""
    centers, _ = spheres(draft.meshes, [placed for placed in draft.objects if placed.category_id is not None])
    depths = apply(camera.camera_from_world, centers)[:, 2]
    ahead = depths[depths > 0]
    eye_m, forward = camera.world_from_camera[2, 3], camera.world_from_camera[2, 2]
    return choice(rng, [*map(float, ahead)] or [float(max(eye_m, 1e-3) / max(-forward, 0.1))])
