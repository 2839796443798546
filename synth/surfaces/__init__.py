"""Surface textures: procedures that make them from a seed, and the user's own pictures.

In: a `Texture`. Out: (H, W, 3) uint8 sRGB. The renderer repeats those that are `SEAMLESS`; the others mirrorwise.
"""

__all__ = [
    "PICTURE_SUFFIXES",
    "SEAMLESS",
    "SURFACES",
    "WEARS",
    "load_texture",
    "load_wear",
    "read_picture",
    "texture_aspect",
]

from synth.surfaces import fabric, interior, layered, mineral, plain, printed, wear, wood  # noqa: F401
from synth.surfaces.files import PICTURE_SUFFIXES, load_texture, load_wear, read_picture, texture_aspect
from synth.surfaces.registry import SEAMLESS, SURFACES, WEARS
