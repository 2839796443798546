"""The coins that ship: struck by hand in silver and bronze, from fresh to worn away, and a few from a machine."""

from dataclasses import replace
from functools import partial

from assets.make.coin import CoinStyle, coin
from assets.make.recipe import Recipe

__all__ = ["RECIPES"]

SILVER = CoinStyle(0.0120, 0.0023, "head_in_profile", "seated_figure", (0.80, 0.79, 0.76), (0.36, 0.35, 0.34))
DARK_SILVER = replace(SILVER, bright_rgb=(0.60, 0.59, 0.57), hollow_rgb=(0.17, 0.165, 0.16), patina=0.35)
BRONZE = replace(
    SILVER,
    bright_rgb=(0.56, 0.42, 0.26),
    hollow_rgb=(0.20, 0.15, 0.10),
    patina_rgb=(0.26, 0.33, 0.24),
    patina=0.6,
    metallic=0.45,
    corrosion=0.7,
)
BLACK_BRONZE = replace(
    BRONZE, bright_rgb=(0.38, 0.31, 0.22), hollow_rgb=(0.09, 0.08, 0.07), patina_rgb=(0.13, 0.16, 0.13)
)
MODERN = replace(
    SILVER,
    radius_m=0.0122,
    thickness_m=0.0018,
    relief_m=0.00028,
    wear=0.15,
    corrosion=0.0,
    patina=0.1,
    metallic=0.8,
    border="beads",
    modern=True,
)
COPPER = replace(MODERN, bright_rgb=(0.80, 0.47, 0.32), hollow_rgb=(0.42, 0.22, 0.14))
GOLD = replace(MODERN, bright_rgb=(0.83, 0.68, 0.36), hollow_rgb=(0.48, 0.36, 0.16))
BROWN = replace(MODERN, bright_rgb=(0.47, 0.30, 0.20), hollow_rgb=(0.21, 0.13, 0.09))

HEAD, FACE, STANDING, SEATED = "head_in_profile", "facing_head", "standing_figure", "seated_figure"

ANTIQUE = [
    replace(SILVER, wear=0.2),
    replace(SILVER, radius_m=0.0100, obverse=HEAD, reverse="bird", splits=1, irregular=0.9, off_centre=0.1),
    replace(SILVER, radius_m=0.0135, obverse=FACE, reverse="horse", border="beads", relief_m=0.001, patina=0.1),
    replace(DARK_SILVER, radius_m=0.0128, obverse=SEATED, reverse=HEAD, border="beads", wear=0.35),
    replace(
        DARK_SILVER,
        radius_m=0.0095,
        thickness_m=0.0027,
        obverse="horse",
        reverse="punched_square",
        irregular=1.0,
        splits=2,
    ),
    replace(SILVER, radius_m=0.0145, obverse=STANDING, reverse=HEAD, border="line", wear=0.15),
    replace(SILVER, radius_m=0.0092, obverse="bird", reverse=HEAD, wear=0.8, corrosion=0.6, irregular=0.8),
    replace(BRONZE, radius_m=0.0130, obverse=HEAD, reverse="horse", border="line", wear=0.4),
    replace(BLACK_BRONZE, radius_m=0.0110, obverse=STANDING, reverse=FACE, wear=0.5, irregular=0.8),
    replace(BRONZE, radius_m=0.0085, obverse=HEAD, reverse=SEATED, wear=0.9, splits=1, corrosion=1.0),
    replace(DARK_SILVER, radius_m=0.0140, obverse=HEAD, reverse=STANDING, border="beads", wear=0.1, relief_m=0.0011),
    replace(SILVER, radius_m=0.0105, obverse=FACE, reverse=SEATED, wear=0.5, irregular=0.7, off_centre=0.12),
]
MACHINE_STRUCK = [
    replace(MODERN, obverse=HEAD, reverse="bird"),
    replace(COPPER, radius_m=0.0105, obverse="horse", reverse=STANDING, border="line"),
    replace(GOLD, radius_m=0.0115, obverse=SEATED, reverse=HEAD),
    replace(BROWN, radius_m=0.0092, obverse=FACE, reverse="horse", wear=0.6),
]

RECIPES = [
    Recipe(f"coin-{kind}-{number}", "coin", "assets/make/coin.py", partial(coin, style), "rest", (0.8, 1.25))
    for kind, styles in (("antique", ANTIQUE), ("modern", MACHINE_STRUCK))
    for number, style in enumerate(styles, start=1)
]
