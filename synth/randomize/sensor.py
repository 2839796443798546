"""What the camera makes of the light: exposure, white balance, noise, and its own idea of a good picture."""

__all__ = ["CameraQuality"]

from dataclasses import dataclass, replace

import numpy as np

from synth.randomize.draft import RANDOMIZERS, SceneDraft
from synth.randomize.draws import between, chance, check_ranges, check_shares, uniform


@RANDOMIZERS.register("sensor")
@dataclass(frozen=True, slots=True)
class CameraQuality:
    """From a good camera to a poor one.

    Attributes:
        exposure_stops: Over or under what the automatic exposure chooses, in powers of two.
        warmth: Red over blue that the white balance is off by, as a power of two.
        greenness: Green over the others, as a power of two.
        noisy: Share of pictures with visible noise.
        shot_noise: Its standard deviation in linear light at full white, of 1.
        read_noise: Its standard deviation in linear light at black, of 1. The curve makes ten times of it there.
        mosaic: Share of pictures in which each pixel saw one colour; the others were scaled down from larger ones.
        gamma: Extra exponent on the finished picture.
        saturation: Factor on its colour.
        grey: Share of pictures without colour.
        rescaled: Share of pictures that were scaled down and up again.
        resolution: Part of the width to which these were scaled.
        sharpened: Share of pictures with unsharp masking.
        sharpen: Its amount.
        recompressed: Share of pictures that were a JPEG before.
        jpeg_quality: Of that JPEG.
    """

    exposure_stops: tuple[float, float] = (-1.1, 0.5)
    warmth: tuple[float, float] = (-0.25, 0.25)
    greenness: tuple[float, float] = (-0.06, 0.06)
    noisy: float = 0.7
    shot_noise: tuple[float, float] = (0.0, 0.04)
    read_noise: tuple[float, float] = (0.0, 0.004)
    mosaic: float = 0.3
    gamma: tuple[float, float] = (0.85, 1.2)
    saturation: tuple[float, float] = (0.7, 1.3)
    grey: float = 0.08
    rescaled: float = 0.15
    resolution: tuple[float, float] = (0.45, 0.9)
    sharpened: float = 0.3
    sharpen: tuple[float, float] = (0.2, 1.2)
    recompressed: float = 0.5
    jpeg_quality: tuple[int, int] = (40, 95)

    def __post_init__(self) -> None:
        check_ranges(self, "exposure_stops", "warmth", "greenness")
        check_ranges(self, "shot_noise", "read_noise", "saturation", least=0)
        check_ranges(self, "sharpen", least=0, most=8)
        check_ranges(self, "gamma", above=0)
        check_ranges(self, "resolution", above=0, most=1)
        check_ranges(self, "jpeg_quality", least=1, most=100)
        check_shares(self, "noisy", "mosaic", "grey", "rescaled", "sharpened", "recompressed")

    def __call__(self, draft: SceneDraft, rng: np.random.Generator) -> None:
        stops = between(draft.even("sensor.exposure"), self.exposure_stops)
        warmth, greenness = uniform(rng, self.warmth), uniform(rng, self.greenness)
        # Every number is drawn whether it is used or not, so that a share turned up changes nothing else.
        noisy, shot, read = chance(rng, self.noisy), uniform(rng, self.shot_noise), uniform(rng, self.read_noise)
        gamma, grey, saturation = uniform(rng, self.gamma), chance(rng, self.grey), uniform(rng, self.saturation)
        sharpened, amount = chance(rng, self.sharpened), uniform(rng, self.sharpen)
        recompressed = chance(rng, self.recompressed)
        quality = int(rng.integers(self.jpeg_quality[0], self.jpeg_quality[1] + 1))
        seed = int(rng.integers(2**31))
        mosaic, rescaled, resolution = (
            chance(rng, self.mosaic),
            chance(rng, self.rescaled),
            uniform(rng, self.resolution),
        )
        draft.sensor = replace(
            draft.sensor,
            exposure_gain=2.0**stops,
            white_balance_rgb=(2.0 ** (warmth / 2), 2.0**greenness, 2.0 ** (-warmth / 2)),
            mosaic=mosaic,
            shot_noise=shot if noisy else 0.0,
            read_noise=read if noisy else 0.0,
            noise_seed=seed,
            gamma=gamma,
            saturation=0.0 if grey else saturation,
            resolution=resolution if rescaled else 1.0,
            sharpen=amount if sharpened else 0.0,
            jpeg_quality=quality if recompressed else None,
        )
        draft.drawn["sensor"] = {
            "exposure_stops": stops,
            "warmth": warmth,
            "greenness": greenness,
            "mosaic": mosaic,
            "shot_noise": draft.sensor.shot_noise,
            "read_noise": draft.sensor.read_noise,
            "gamma": gamma,
            "saturation": draft.sensor.saturation,
            "resolution": draft.sensor.resolution,
            "sharpen": draft.sensor.sharpen,
            "jpeg_quality": draft.sensor.jpeg_quality,
        }
