"""Nested records of any shape laid out to be read: numbers beside their names, lists of records as tables."""

__all__ = ["drawn_blocks"]

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import JustifyMethod, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

INDENT = 2
GAP = 2


def drawn_blocks(drawn: Any, width: int, indent: int = INDENT) -> Iterator[RenderableType]:
    """What was drawn, by its shape; what has parts itself stands deeper, below its name.

    Args:
        drawn: JSON's values.
        width: Of the terminal, in characters.
        indent: Of these blocks.
    """
    if _is_table(drawn):
        for table in _tables(drawn, width - indent):
            yield _indented(table, indent)
        return
    if not isinstance(drawn, Mapping):
        yield _indented(Text(_words(drawn)), indent)
        return
    names_width = max((len(name) for name, part in drawn.items() if not _has_parts(part)), default=0)
    for name, part in drawn.items():
        if _has_parts(part):
            yield _indented(Text(name, style="dim"), indent)
            yield from drawn_blocks(part, width, indent + INDENT)
        else:
            row = Table.grid(padding=(0, GAP, 0, 0))
            row.add_column(min_width=names_width, style="dim")
            row.add_column(overflow="fold")
            row.add_row(name, Text(_words(part)))
            yield _indented(row, indent)


def _indented(block: RenderableType, indent: int) -> Padding:
    return Padding(block, (0, 0, 0, indent), expand=False)


def _has_parts(drawn: Any) -> bool:
    return bool(drawn) and (isinstance(drawn, Mapping) or _is_table(drawn))


def _is_table(drawn: Any) -> bool:
    return isinstance(drawn, Sequence) and bool(drawn) and all(isinstance(record, Mapping) for record in drawn)


@dataclass(frozen=True, slots=True)
class _Column:
    # One word below the other, so that long names of short numbers fit beside each other.
    header: str
    cells: list[str]
    is_text: bool

    @property
    def width(self) -> int:
        return max(map(len, [*self.cells, *self.header.split("\n")]))


def _tables(records: Sequence[Mapping[str, Any]], width: int) -> Iterator[Table]:
    """A row for each record. Columns that don't fit follow in a table below, with the first again, to tell whose."""
    names = dict.fromkeys(name for record in records for name in record)
    first, *left = [_column(name, records) for name in names]
    while True:
        columns = [first]
        # At least one more each time, however wide.
        while left and (len(columns) == 1 or _width([*columns, left[0]]) <= width):
            columns.append(left.pop(0))
        yield _table(columns)
        if not left:
            return


def _column(name: str, records: Sequence[Mapping[str, Any]]) -> _Column:
    cells = [_words(record[name]) if name in record else "" for record in records]
    is_text = any(isinstance(record.get(name), str | Mapping) for record in records)
    return _Column(name.replace("_", "\n"), cells, is_text)


def _width(columns: Sequence[_Column]) -> int:
    return sum(column.width + GAP for column in columns)


def _table(columns: Sequence[_Column]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="dim")
    for column in columns:
        justify: JustifyMethod = "left" if column.is_text else "right"
        table.add_column(column.header, justify=justify, vertical="bottom", overflow="fold")
    for row in zip(*(column.cells for column in columns), strict=True):
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
