"""Lists and findings in words, for a terminal."""

__all__ = ["findings_lines", "length", "list_table", "summary"]

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.table import Table
from rich.text import Text

from synth.assets.findings import KINDS, SEVERITIES, Finding, Severity
from synth.assets.survey import Row

STYLES: dict[Severity, str] = {"error": "bold red", "warning": "yellow", "hint": "cyan"}
# Of one kind; all of them are in the JSON.
MOST_SHOWN = 12


def length(metres: float | None) -> str:
    """As people say it: millimetres up to a metre."""
    if metres is None:
        return "?"
    return f"{metres:.3g} m" if metres >= 1 else f"{metres * 1000:.3g} mm"


def list_table(rows: Sequence[Row]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("asset", "category", "size", "triangles", "textures", "pose", "unit", "licence"):
        right = name in {"size", "triangles", "textures"}
        table.add_column(name, justify="right" if right else "left", overflow="fold", no_wrap=right)
    for row in rows:
        cells = (
            row.asset_id,
            row.category,
            length(row.size_m),
            _triangles(row),
            "?" if row.n_textures is None else f"{row.n_textures}",
            row.pose,
            row.unit,
            row.licence or "not said",
        )
        table.add_row(*(Text(cell) for cell in cells))
    return table


def _triangles(row: Row) -> str:
    if row.n_triangles is None:
        return "?"
    if row.n_triangles > row.max_triangles:
        return f"{row.n_triangles:,} > {row.max_triangles:,}"
    return f"{row.n_triangles:,}"


def findings_lines(findings: Sequence[Finding]) -> Iterator[Text]:
    """Every kind with what it does and how to mend it, once, and under it the assets."""
    for kind, group in groupby(findings, key=lambda finding: finding.kind):
        members = list(group)
        meaning = KINDS[kind]
        yield Text.assemble((f"{meaning.severity} {kind}", STYLES[meaning.severity]), f"  {meaning.effect}")
        for finding in members[:MOST_SHOWN]:
            yield Text(f"  {finding.subject}: {finding.seen}")
        if len(members) > MOST_SHOWN:
            yield Text(f"  and {len(members) - MOST_SHOWN} more; --json lists them all")
        if meaning.mend:
            yield Text(f"  {meaning.mend}", style="italic")
        yield Text()


def summary(n_assets: int, findings: Sequence[Finding]) -> str:
    counts = Counter(finding.severity for finding in findings)
    told = ", ".join(f"{counts[name]} {name}s" if counts[name] != 1 else f"1 {name}" for name in SEVERITIES)
    return f"{n_assets} {'asset' if n_assets == 1 else 'assets'}: {told}"
