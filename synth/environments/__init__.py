"""Environments: equirectangular pictures of linear light that light a scene from everywhere.

In: a `Texture`. Out: (H, 2H, 3) float32, mean luminance 1 over the sphere. z is up; row 0 is the zenith. Column
u in [0, 1) looks along azimuth 2 pi (u - 0.5), measured from +x towards +y: +x is in the middle, +y a quarter right.
Seen from inside, such a picture is the mirror image of a photo, so files are flipped as they are read.
"""

__all__ = ["ENVIRONMENTS", "ENVIRONMENT_SUFFIXES", "load_environment"]

from synth.environments import procedures  # noqa: F401
from synth.environments.files import ENVIRONMENT_SUFFIXES, load_environment
from synth.environments.registry import ENVIRONMENTS
