"""Entry: `python -m assets.make` makes everything, `python -m assets.make coin-antique-1` one model."""

import argparse
import sys
from pathlib import Path

from assets.make.catalogue import ALL_RECIPES, catalogue_toml
from assets.make.recipe import Recipe, baked


def main(arguments: list[str] | None = None) -> int:
    """Write the models asked for (or all, with `assets.toml`) under `--out`; 2 if a name is not known."""
    parser = argparse.ArgumentParser(prog="python -m assets.make", description="Make the models and assets.toml.")
    parser.add_argument("names", nargs="*", help="models to make, or a category; all if none is given")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1], help="folder to write to")
    options = parser.parse_args(arguments)
    chosen = [recipe for recipe in ALL_RECIPES if not options.names or _is_asked_for(recipe, options.names)]
    if not chosen:
        parser.error(
            f"no model has that name or category. There is: {', '.join(recipe.name for recipe in ALL_RECIPES)}"
        )
    for recipe in chosen:
        _write(recipe, options.out)
    if not options.names:
        (options.out / "assets.toml").write_text(catalogue_toml(), encoding="utf-8", newline="\n")
    return 0


def _is_asked_for(recipe: Recipe, names: list[str]) -> bool:
    return recipe.name in names or (recipe.category or "_distractors") in names


def _write(recipe: Recipe, out: Path) -> None:
    path = out / recipe.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(baked(recipe))
    if sys.stderr.isatty():
        sys.stderr.write(f"{recipe.file}\n")


if __name__ == "__main__":
    sys.exit(main())
