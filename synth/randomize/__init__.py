"""The randomizers: importing this package enters them all into `RANDOMIZERS`."""

__all__ = ["DEFAULT_STACK"]

from synth.randomize import background, camera, distractors, lens, lights, materials, occluders, placement, sensor  # noqa: F401

DEFAULT_STACK: tuple[str, ...] = (
    "placement",
    "distractors",
    "camera",
    "occluders",
    "lights",
    "materials",
    "background",
    "lens",
    "sensor",
)
