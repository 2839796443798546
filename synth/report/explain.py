"""`synth render --explain I`: what each randomizer drew for a frame, from its settings and meshes, without OpenGL."""

__all__ = ["explain", "print_explained"]

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from synth.config import make_stack
from synth.engine.plan import Plan
from synth.errors import UsageError
from synth.meshes import MeshStore
from synth.randomize.stack import randomize

INDENT = 2


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
        for block in _blocks(drawn, INDENT):
            console.print(block)


def _blocks(drawn: Any, indent: int) -> Iterator[RenderableType]:
    """What was drawn, by its shape: numbers beside their names, records as a table, what has parts below its name."""
    if _is_table(drawn):
        yield _indented(_table(drawn), indent)
        return
    if not isinstance(drawn, Mapping):
        yield _indented(Text(_words(drawn)), indent)
        return
    width = max((len(name) for name, part in drawn.items() if not _has_parts(part)), default=0)
    for name, part in drawn.items():
        if _has_parts(part):
            yield _indented(Text(name, style="dim"), indent)
            yield from _blocks(part, indent + INDENT)
        else:
            row = Table.grid(padding=(0, 2, 0, 0))
            row.add_column(min_width=width, style="dim")
            row.add_column(overflow="fold")
            row.add_row(name, Text(_words(part)))
            yield _indented(row, indent)


def _indented(block: RenderableType, indent: int) -> Padding:
    return Padding(block, (0, 0, 0, indent), expand=False)


def _has_parts(drawn: Any) -> bool:
    return bool(drawn) and (isinstance(drawn, Mapping) or _is_table(drawn))


def _is_table(drawn: Any) -> bool:
    return isinstance(drawn, Sequence) and bool(drawn) and all(isinstance(record, Mapping) for record in drawn)


def _table(records: Sequence[Mapping[str, Any]]) -> Table:
    """A row for each record."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    columns = {}
    for name in dict.fromkeys(name for record in records for name in record):
        cells = columns[name] = [_words(record[name]) if name in record else "" for record in records]
        is_text = any(isinstance(record.get(name), str) for record in records)
        table.add_column(
            # One word below the other, so that long names of short numbers fit beside each other.
            name.replace("_", "\n"),
            justify="left" if is_text else "right",
            vertical="bottom",
            overflow="fold",
            min_width=None if is_text else max(map(len, cells)),
        )
    for row in zip(*columns.values(), strict=True):
        table.add_row(*map(Text, row))
    return table


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value in ([], {}):
        return "none"
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_words(part)}" for name, part in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " ".join(_words(part) for part in value)
    return str(value)
