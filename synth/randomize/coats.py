"""What props are made of: paint, print, cloth, metal, skin. A prop's own material is all ones, so a coat says it all.

Textures come from a pool that is the same for every frame, so that a process makes each of them once.
"""

__all__ = ["any_coat", "cloth_coat", "paper_coat", "plain_coat", "skin_tone", "texture_from_pool"]

import numpy as np
from numpy.typing import NDArray

from synth.randomize.draws import chance, choice, uniform
from synth.scene import ColorMatrix, Finish, Texture
from synth.surfaces import SURFACES
from synth.surfaces.noise import home_color, random_color

# Of each procedure, and of the user's photos: what one texture cache of the renderer holds.
SEEDS, PHOTOS = 2, 32
PRINTED = ("print", "print", "paper", "plain", "collage", "gradient", "checked")
WOVEN = ("cloth", "cloth", "checked", "carpet", "plain")
# sRGB, from pale to dark.
SKINS = np.array([[0.95, 0.8, 0.72], [0.89, 0.68, 0.56], [0.76, 0.55, 0.41], [0.55, 0.37, 0.26], [0.32, 0.21, 0.16]])


def any_coat(rng: np.random.Generator, *, textured: float, metal: float, photos: tuple[str, ...]) -> Finish:
    """One colour or a texture, dull or shiny.

    Args:
        rng: Decides.
        textured: Share of those with a texture.
        metal: Share of metals.
        photos: Pictures that may be the texture, as often as all procedures together.
    """
    texture = texture_from_pool(rng, tuple(SURFACES), photos) if chance(rng, textured) else None
    is_metal = chance(rng, metal) and texture is None
    color = random_color(rng, saturation=(0, 0.4), value=(0.5, 1.0)) if is_metal else _paint(rng)
    tint = np.float32(1) if texture is None else np.float32(uniform(rng, (0.6, 1.0)))
    roughness = uniform(rng, (0.12, 0.5)) if is_metal else uniform(rng, (0.15, 1.0))
    return _finish(color if texture is None else np.ones(3) * tint, roughness, float(is_metal), texture)


def plain_coat(rng: np.random.Generator) -> Finish:
    """Rubber or plastic, as cables have it: mostly black, white or grey."""
    kind = rng.random()
    if kind < 0.4:
        color = random_color(rng, saturation=(0, 0.1), value=(0.05, 0.2))
    elif kind < 0.65:
        color = random_color(rng, saturation=(0, 0.1), value=(0.7, 1.0))
    else:
        color = random_color(rng, value=(0.2, 1.0))
    return _finish(color, uniform(rng, (0.25, 0.8)))


def paper_coat(rng: np.random.Generator, photos: tuple[str, ...]) -> Finish:
    """White paper, coloured paper, a printed page, a photo."""
    kind = rng.random()
    if kind < 0.3:
        return _finish(random_color(rng, saturation=(0, 0.08), value=(0.85, 1.0)), uniform(rng, (0.6, 1.0)))
    if kind < 0.45:
        return _finish(random_color(rng, saturation=(0.1, 0.8), value=(0.5, 1.0)), uniform(rng, (0.5, 1.0)))
    return _finish(np.ones(3), uniform(rng, (0.35, 0.9)), texture=texture_from_pool(rng, PRINTED, photos))


def cloth_coat(rng: np.random.Generator) -> Finish:
    """What sleeves are made of."""
    texture = texture_from_pool(rng, WOVEN, ())
    return _finish(np.ones(3) * uniform(rng, (0.5, 1.0)), uniform(rng, (0.7, 1.0)), texture=texture)


def skin_tone(rng: np.random.Generator) -> Finish:
    """Somewhere between the palest and the darkest, a little redder or yellower than most."""
    place = rng.uniform(0, len(SKINS) - 1)
    color = np.array([np.interp(place, np.arange(len(SKINS)), SKINS[:, c]) for c in range(3)])
    color = color * (1 + rng.normal(0, 0.03, 3)) * rng.uniform(0.9, 1.05)
    return _finish(np.clip(color, 0, 1), uniform(rng, (0.6, 0.95)))


def texture_from_pool(rng: np.random.Generator, kinds: tuple[str, ...], photos: tuple[str, ...]) -> Texture:
    """A procedure of these kinds, or as often one of the photos, if there are any."""
    procedure = Texture(choice(rng, kinds), seed=int(rng.integers(SEEDS)))
    from_photo, number = chance(rng, 0.5) and bool(photos), int(rng.integers(PHOTOS))
    # Spread over the folder: its first pictures are often of one place.
    return Texture("file", path=photos[number * len(photos) // PHOTOS]) if from_photo else procedure


def _paint(rng: np.random.Generator) -> NDArray[np.float32]:
    return home_color(rng, value=(0.06, 1.0)) if chance(rng, 0.6) else random_color(rng)


def _finish(
    color_srgb: NDArray[np.floating], roughness: float, metallic: float = 0.0, texture: Texture | None = None
) -> Finish:
    red, green, blue = (float(c) ** 2.2 for c in color_srgb)
    matrix: ColorMatrix = ((red, 0.0, 0.0), (0.0, green, 0.0), (0.0, 0.0, blue))
    return Finish(color_matrix=matrix, roughness_gain=roughness, metallic_gain=metallic, texture=texture)
