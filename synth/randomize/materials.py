"""Other colours and finishes than the asset's own, as far as its category may go."""

__all__ = ["Materials"]

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.errors import ConfigError, did_you_mean
from synth.randomize.draft import RANDOMIZERS, SceneDraft
from synth.randomize.draws import chance, check_shares, log_uniform, uniform
from synth.scene import ColorMatrix, Finish

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


@RANDOMIZERS.register("materials")
@dataclass(frozen=True, slots=True)
class Materials:
    """Turn hue, saturation, value and tint of each object's base colour, and change how it shines.

    Attributes:
        strength: By category: 0 leaves its objects as they are, 1 lets them have any colour.
        default_strength: Of categories not named in `strength`.
        distractor_strength: Of what has no category.
        grey: Share of objects that lose all colour, at full strength.
    """

    strength: Mapping[str, float] = field(default_factory=dict)
    default_strength: float = 0.3
    distractor_strength: float = 0.5
    grey: float = 0.1

    def __post_init__(self) -> None:
        check_shares(self, "default_strength", "distractor_strength", "grey")
        for name, value in self.strength.items():
            if not 0 <= value <= 1:
                raise ConfigError(f"strength.{name}: expected 0 to 1, got {value:g}.")

    def __call__(self, draft: SceneDraft, rng: np.random.Generator) -> None:
        names = {category.id: category.name for category in draft.catalog.categories}
        for name in self.strength:
            if name not in names.values():
                raise ConfigError(f'strength: no category "{name}".{did_you_mean(name, names.values())}')
        drawn = []
        for i, placed in enumerate(draft.objects):
            strength = self._strength_of(None if placed.category_id is None else names[placed.category_id])
            choices = self._draw(strength, rng)
            draft.objects[i] = replace(placed, finish=_finish(choices))
            drawn.append({"instance_id": placed.instance_id, **choices})
        draft.drawn["materials"] = drawn

    def _strength_of(self, category: str | None) -> float:
        if category is None:
            return self.distractor_strength
        return self.strength.get(category, self.default_strength)

    def _draw(self, strength: float, rng: np.random.Generator) -> dict[str, Any]:
        """Powers on hue and tint: half the strength is a shade of the same colour, not half of all colours."""
        most_tint = 0.9 * strength**2
        grey, saturation = chance(rng, self.grey * strength), uniform(rng, (1 - strength, 1 + 0.5 * strength))
        return {
            "hue_rad": uniform(rng, (-1, 1)) * np.pi * strength**3,
            "saturation": 0.0 if grey else saturation,
            "value": log_uniform(rng, (1 - 0.6 * strength, 1 + 0.3 * strength)),
            "tint_rgb": rng.uniform(1 - most_tint, 1, 3).tolist(),
            "roughness_gain": log_uniform(rng, (1 / (1 + 1.5 * strength), 1 + strength)),
            "metallic_gain": uniform(rng, (1 - 0.5 * strength, 1)),
        }


def _finish(choices: Mapping[str, Any]) -> Finish:
    grey = np.tile(LUMINANCE, (3, 1))
    saturation = choices["saturation"]
    mixed = saturation * np.eye(3) + (1 - saturation) * grey
    tint = np.diag(choices["tint_rgb"]) * choices["value"]
    return Finish(
        color_matrix=_rows(tint @ mixed @ _hue_turn(choices["hue_rad"])),
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
