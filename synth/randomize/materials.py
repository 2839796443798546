"""Other colours and finishes than the asset's own, as far as its category may go."""

__all__ = ["Materials"]

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.catalog import Catalog
from synth.errors import ConfigError, did_you_mean
from synth.randomize.coats import texture_from_pool
from synth.randomize.draft import RANDOMIZERS, SceneDraft
from synth.randomize.draws import chance, check_ranges, check_shares, choice, log_uniform, uniform
from synth.scene import ColorMatrix, Finish, Placed, Rgb, Texture, Wear
from synth.surfaces import SURFACES, WEARS
from synth.surfaces.noise import random_color

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
# Black that has become a colour is no lighter than this, so that what was white still differs from it.
MOST_LIFTED = 0.55
# Of each kind of wear; see KEPT_FINISHES of the renderer.
WEAR_SEEDS = 8
UNTOUCHED = Finish()
BY_CATEGORY = ("strength", "swapped")


@RANDOMIZERS.register("materials")
@dataclass(frozen=True, slots=True)
class Materials:
    """Turn hue, saturation, value and tint of each object's base colour, change how it shines, and wear it.

    Props, which have a finish already, keep that.

    Attributes:
        strength: By category: 0 leaves its objects as they are, 1 lets them have any colour.
        default_strength: Of categories not named in `strength`, whose assets don't say it by `recolor`.
        distractor_strength: Of what has no category.
        grey: Share of objects that lose all colour, at full strength.
        lifted: Share of objects whose black becomes a colour, at full strength: as a black die becomes a blue one.
        retextured: Share of what has no category that gets another texture.
        swapped: By category, the share of its objects that get one; 0 where nothing is said, for a texture may be what
            tells a card from another. Materials of alpha mode MASK or BLEND keep their own.
        worn: Share of objects with dust, scratches, stains or smears; what has no category may have print as well.
        wear: How much these hide, of 1.
        wear_repeat: Their extent over the object's.
    """

    strength: Mapping[str, float] = field(default_factory=dict)
    default_strength: float = 0.3
    distractor_strength: float = 0.5
    grey: float = 0.1
    lifted: float = 0.5
    retextured: float = 0.15
    swapped: Mapping[str, float] = field(default_factory=dict)
    worn: float = 0.3
    wear: tuple[float, float] = (0.1, 0.6)
    wear_repeat: tuple[float, float] = (0.5, 2.0)

    def __post_init__(self) -> None:
        check_shares(self, "default_strength", "distractor_strength", "grey", "lifted", "retextured", "worn")
        check_ranges(self, "wear", least=0, most=1)
        check_ranges(self, "wear_repeat", above=0)
        for key in BY_CATEGORY:
            for name, value in getattr(self, key).items():
                if not 0 <= value <= 1:
                    raise ConfigError(f"{key}.{name}: expected 0 to 1, got {value:g}.")

    def __call__(self, draft: SceneDraft, rng: np.random.Generator) -> None:
        names = {category.id: category.name for category in draft.catalog.categories}
        for key in BY_CATEGORY:
            for name in getattr(self, key):
                if name not in names.values():
                    raise ConfigError(f'{key}: no category "{name}".{did_you_mean(name, names.values())}')
        drawn = []
        for i, placed in enumerate(draft.objects):
            if placed.finish != UNTOUCHED:
                continue
            choices = self._draw(self._strength_of(placed, draft.catalog, names), rng)
            texture, wear = self._draw_texture(placed, names, rng), self._draw_wear(placed, rng)
            draft.objects[i] = replace(placed, finish=replace(_finish(choices), texture=texture, wear=wear))
            own = {"texture": texture and texture.kind, "wear": wear and f"{wear.texture.kind}:{wear.texture.seed}"}
            drawn.append({"instance_id": placed.instance_id, **choices, **own, "wear_share": wear and wear.share})
        draft.drawn["materials"] = drawn

    def _strength_of(self, placed: Placed, catalog: Catalog, names: Mapping[int, str]) -> float:
        if placed.category_id is None:
            return self.distractor_strength
        own = catalog[placed.asset_id].recolor
        return self.strength.get(names[placed.category_id], self.default_strength if own is None else own)

    def _draw_texture(self, placed: Placed, names: Mapping[int, str], rng: np.random.Generator) -> Texture | None:
        share = self.retextured if placed.category_id is None else self.swapped.get(names[placed.category_id], 0.0)
        if not share or not chance(rng, share):
            return None
        return texture_from_pool(rng, tuple(SURFACES), ())

    def _draw_wear(self, placed: Placed, rng: np.random.Generator) -> Wear | None:
        if not chance(rng, self.worn):
            return None
        kinds = [kind for kind in WEARS if kind != "label" or placed.category_id is None]
        return Wear(
            texture=Texture(choice(rng, kinds), seed=int(rng.integers(WEAR_SEEDS))),
            share=uniform(rng, self.wear),
            repeat=log_uniform(rng, self.wear_repeat),
            offset=(float(rng.random()), float(rng.random())),
        )

    def _draw(self, strength: float, rng: np.random.Generator) -> dict[str, Any]:
        """Powers on hue and tint: half the strength is a shade of the same colour, not half of all colours."""
        most_tint = 0.9 * strength**2
        lifted = chance(rng, self.lifted * strength**2)
        lift = random_color(rng, saturation=(0.3, 1.0), value=(0.2, 1.0)) ** 2.2 * strength
        grey, saturation = chance(rng, self.grey * strength), uniform(rng, (1 - strength, 1 + 0.5 * strength))
        return {
            "hue_rad": uniform(rng, (-1, 1)) * np.pi * strength**3,
            "saturation": 0.0 if grey else saturation,
            "value": log_uniform(rng, (1 - 0.6 * strength, 1 + 0.3 * strength)),
            "tint_rgb": rng.uniform(1 - most_tint, 1, 3).tolist(),
            "roughness_gain": log_uniform(rng, (1 / (1 + 1.5 * strength), 1 + strength)),
            "metallic_gain": uniform(rng, (1 - 0.5 * strength, 1)),
            "lift_rgb": (lift * min(1, MOST_LIFTED / (LUMINANCE @ lift))).tolist() if lifted else None,
        }


def _finish(choices: Mapping[str, Any]) -> Finish:
    grey = np.tile(LUMINANCE, (3, 1))
    saturation = choices["saturation"]
    mixed = saturation * np.eye(3) + (1 - saturation) * grey
    tint = np.diag(choices["tint_rgb"]) * choices["value"]
    lift: Rgb = (0.0, 0.0, 0.0)
    if choices["lift_rgb"]:
        # Towards white by what is left: white stays white, and a tint would take away what tells it from the lift.
        lift, tint = tuple(choices["lift_rgb"]), np.diag(1 - np.array(choices["lift_rgb"]))
    return Finish(
        color_matrix=_rows(tint @ mixed @ _hue_turn(choices["hue_rad"])),
        color_offset=lift,
        roughness_gain=choices["roughness_gain"],
        metallic_gain=choices["metallic_gain"],
    )


def _hue_turn(angle_rad: float) -> NDArray[np.float64]:
    """(3, 3) rotation of linear RGB about the axis of greys, which stay as they are."""
    cos, sin = np.cos(angle_rad), np.sin(angle_rad) / np.sqrt(3)
    cross = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    return np.asarray(cos * np.eye(3) + (1 - cos) / 3 + sin * cross, np.float64)


def _rows(matrix: NDArray[np.float64]) -> ColorMatrix:
    first, second, third = ((float(r), float(g), float(b)) for r, g, b in matrix)
    return first, second, third
