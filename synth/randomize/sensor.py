"""What the camera does to the light: exposure, white balance, focus, noise, and its own idea of a good picture."""

__all__ = ["CameraQuality"]

from dataclasses import dataclass

import numpy as np

from synth.randomize.draft import RANDOMIZERS, SceneDraft
from synth.randomize.draws import chance, check_ranges, check_shares, uniform
from synth.scene import Sensor


@RANDOMIZERS.register("sensor")
@dataclass(frozen=True, slots=True)
class CameraQuality:
    """From a good camera to a poor one.

    Attributes:
        exposure_stops: Over or under what the automatic exposure chooses, in powers of two.
        warmth: Red over blue that the white balance is off by, as a power of two.
        greenness: Green over the others, as a power of two.
        blurred: Share of pictures out of focus; the others are sharp.
        blur_sigma_px: Their blur, at 640 pixels of width; it grows with the picture.
        noisy: Share of pictures with visible noise.
        shot_noise: Its standard deviation at full white, of 1.
        read_noise: Its standard deviation at black, of 1.
        gamma: Extra exponent on the finished picture.
        saturation: Factor on its colour.
        grey: Share of pictures without colour.
        sharpened: Share of pictures with unsharp masking.
        sharpen: Its amount.
        recompressed: Share of pictures that were a JPEG before.
        jpeg_quality: Of that JPEG.
    """

    exposure_stops: tuple[float, float] = (-1.1, 0.5)
    warmth: tuple[float, float] = (-0.25, 0.25)
    greenness: tuple[float, float] = (-0.06, 0.06)
    blurred: float = 0.5
    blur_sigma_px: tuple[float, float] = (0.3, 1.4)
    noisy: float = 0.7
    shot_noise: tuple[float, float] = (0.0, 0.04)
    read_noise: tuple[float, float] = (0.0, 0.02)
    gamma: tuple[float, float] = (0.85, 1.2)
    saturation: tuple[float, float] = (0.7, 1.3)
    grey: float = 0.08
    sharpened: float = 0.3
    sharpen: tuple[float, float] = (0.2, 1.2)
    recompressed: float = 0.5
    jpeg_quality: tuple[int, int] = (40, 95)

    def __post_init__(self) -> None:
        check_ranges(self, "exposure_stops", "warmth", "greenness")
        check_ranges(self, "blur_sigma_px", "shot_noise", "read_noise", "saturation", "sharpen", least=0)
        check_ranges(self, "gamma", above=0)
        check_ranges(self, "jpeg_quality", least=1, most=100)
        check_shares(self, "blurred", "noisy", "grey", "sharpened", "recompressed")

    def __call__(self, draft: SceneDraft, rng: np.random.Generator) -> None:
        stops, warmth, greenness = (uniform(rng, span) for span in (self.exposure_stops, self.warmth, self.greenness))
        # Every number is drawn whether it is used or not, so that a share turned up changes nothing else.
        blurred, sigma_px = chance(rng, self.blurred), uniform(rng, self.blur_sigma_px)
        noisy, shot, read = chance(rng, self.noisy), uniform(rng, self.shot_noise), uniform(rng, self.read_noise)
        gamma, grey, saturation = uniform(rng, self.gamma), chance(rng, self.grey), uniform(rng, self.saturation)
        sharpened, amount = chance(rng, self.sharpened), uniform(rng, self.sharpen)
        recompressed = chance(rng, self.recompressed)
        quality = int(rng.integers(self.jpeg_quality[0], self.jpeg_quality[1] + 1))
        draft.sensor = Sensor(
            exposure_gain=2.0**stops,
            white_balance_rgb=(2.0 ** (warmth / 2), 2.0**greenness, 2.0 ** (-warmth / 2)),
            blur_sigma_px=sigma_px * draft.size_wh_px[0] / 640 if blurred else 0.0,
            shot_noise=shot if noisy else 0.0,
            read_noise=read if noisy else 0.0,
            noise_seed=int(rng.integers(2**31)),
            gamma=gamma,
            saturation=0.0 if grey else saturation,
            sharpen=amount if sharpened else 0.0,
            jpeg_quality=quality if recompressed else None,
        )
        draft.drawn["sensor"] = {
            "exposure_stops": stops,
            "warmth": warmth,
            "greenness": greenness,
            "blur_sigma_px": draft.sensor.blur_sigma_px,
            "shot_noise": draft.sensor.shot_noise,
            "read_noise": draft.sensor.read_noise,
            "gamma": gamma,
            "saturation": draft.sensor.saturation,
            "sharpen": draft.sensor.sharpen,
            "jpeg_quality": draft.sensor.jpeg_quality,
        }
