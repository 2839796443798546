"""All recipes, and `assets.toml` as they say it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assets.make import battery, coin_styles, die, fasteners, household, padlock, stationery, tabletop, traffic_cone
from assets.make.recipe import Recipe

__all__ = ["ALL_RECIPES", "CATEGORIES", "Category", "catalogue_toml"]


@dataclass(frozen=True)
class Category:
    """`size_m`: the plausible range of the largest extent, scale jitter included; `recolor`: 0, its colours are always
    these, to 1, they may be any; `skeleton`: joined keypoints."""

    name: str
    size_m: tuple[float, float]
    recolor: float
    keypoint_names: tuple[str, ...] = ()
    skeleton: tuple[tuple[str, str], ...] = ()


CATEGORIES = [
    Category("coin", (0.012, 0.045), 0.2),
    Category("die", (0.008, 0.035), 0.9),
    Category("hex_nut", (0.006, 0.04), 0.25),
    Category("bolt", (0.012, 0.09), 0.25, ("head", "tip"), (("head", "tip"),)),
    Category("washer", (0.006, 0.045), 0.25),
    Category(
        "traffic_cone",
        (0.18, 1.0),
        0.12,
        ("tip", *traffic_cone.CORNERS),
        (*(("tip", corner) for corner in traffic_cone.CORNERS), *traffic_cone.EDGES),
    ),
    Category("padlock", (0.025, 0.12), 0.4, ("shackle", "keyhole"), (("shackle", "keyhole"),)),
    Category("aa_battery", (0.045, 0.056), 0.6, ("plus", "minus"), (("plus", "minus"),)),
]

ALL_RECIPES: list[Recipe] = [
    recipe
    for module in (coin_styles, die, fasteners, traffic_cone, padlock, battery, stationery, household, tabletop)
    for recipe in module.RECIPES
]

HEADER = """\
# The models that come with synth, all made by code: `python -m assets.make` writes them and this file.
# pose: any | upright (turned about the model's +Z) | rest (any stable pose on a plane) | face_up (its +Z side up)
# recolor: how far randomizers may change a colour, 0 not at all, 1 to any
# An asset without a category is a distractor: drawn, it hides things, and it is never labelled.
"""


def catalogue_toml() -> str:
    """The text of `assets.toml`; category ids count from 1 in the order of CATEGORIES."""
    parts = [HEADER]
    for number, category in enumerate(CATEGORIES, start=1):
        low, high = category.size_m
        lines = [f"[categories.{category.name}]", f"id = {number}", f"size_m = [{low}, {high}]"]
        lines.append(f"recolor = {category.recolor}")
        if category.keypoint_names:
            lines.append(f"keypoint_names = {_toml(category.keypoint_names)}")
            lines.append(f"skeleton = {_toml(category.skeleton)}")
        parts.append("\n".join(lines) + "\n")
    return "\n".join([*parts, *(_entry(recipe) for recipe in ALL_RECIPES)])


def _entry(recipe: Recipe) -> str:
    low, high = recipe.scale_jitter
    lines = [
        "[[assets]]",
        f'file = "{recipe.file}"',
        *([f'category = "{recipe.category}"'] if recipe.category else []),
        'unit = "m"',
        f'pose = "{recipe.pose}"',
        f"scale_jitter = [{low}, {high}]",
        'licence = "Apache-2.0"',
        f'source = "{recipe.source}"',
        *([f"keypoints = {_points(recipe.keypoints_m)}"] if recipe.keypoints_m else []),
    ]
    return "\n".join(lines) + "\n"


def _points(points_m: Mapping[str, tuple[float, float, float]]) -> str:
    """An inline table of points, to a hundredth of a millimetre."""
    named = (f"{name} = {_toml([round(value, 5) for value in point])}" for name, point in points_m.items())
    return "{ " + ", ".join(named) + " }"


def _toml(value: Any) -> str:
    """Lists of texts and numbers are the same in TOML as in JSON."""
    return json.dumps(value)
