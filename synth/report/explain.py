"""`synth render --explain I`: what each randomizer drew for a frame, from its settings and meshes, without OpenGL."""

__all__ = ["explain", "print_explained"]

from collections import Counter
from typing import Any

import orjson
from rich.console import Console
from rich.text import Text

from synth.config import make_stack
from synth.engine.plan import Plan
from synth.errors import UsageError
from synth.meshes import MeshStore
from synth.randomize.stack import randomize
from synth.report.drawn_text import drawn_blocks


def explain(plan: Plan, index: int) -> dict[str, Any]:
    """The frame's number and seed, how many of which category stand in it, and `drawn`: each randomizer's choices.

    Raises:
        UsageError: there is no such frame.
        SynthError: as the assets and the settings have it.
    """
    if index < 0:
        raise UsageError(f"--explain {index}: frames count from 0.")
    settings, meshes = plan.settings, MeshStore(plan.catalog())
    scene = randomize(make_stack(settings), meshes, size_wh_px=settings.size, seed=settings.seed, index=index)
    names = {category.id: category.name for category in meshes.catalog.categories}
    placed = Counter("no label" if o.category_id is None else names[o.category_id] for o in scene.objects)
    return {"frame": index, "seed": settings.seed, "placed": dict(placed), "drawn": dict(scene.drawn)}


def print_explained(plan: Plan, index: int, as_json: bool, console: Console | None = None) -> None:
    """The same to read, a line on the frame and a block for each randomizer, or as JSON.

    Raises:
        SynthError: as `explain`.
    """
    console, explanation = console or Console(highlight=False), explain(plan, index)
    if as_json:
        console.out(orjson.dumps(explanation, option=orjson.OPT_INDENT_2).decode(), highlight=False)
        return
    placed = ", ".join(f"{number} {name}" for name, number in explanation["placed"].items()) or "nothing placed"
    console.print(f"frame {explanation['frame']}, seed {explanation['seed']}: {placed}", markup=False)
    for name, drawn in explanation["drawn"].items():
        console.print()
        console.print(Text(name, style="bold"))
        for block in drawn_blocks(drawn, console.width):
            console.print(block)
