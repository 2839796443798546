"""`synth audit`: paths in, a table or JSON out."""

__all__ = ["audit", "print_checks"]

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import orjson
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from synth.audit.checks import CHECKS
from synth.audit.contents import Audit, Found, audit_sets, chosen_checks
from synth.audit.reading import read_sets
from synth.audit.records import Problem
from synth.printable import printable

STYLES = {"error": "bold red", "warning": "yellow"}


def audit(
    paths: Sequence[str | Path],
    *,
    images: Path | None,
    only: Collection[str],
    skip: Collection[str],
    examples: int,
    as_json: bool,
    console: Console | None = None,
) -> bool:
    """Print what is wrong with data sets; returns whether there is no error.

    Args:
        paths: Of COCO files, or folders of them or of LabelMe files; URLs of what `synth render` made.
        images: The pictures' folder, where it can't be guessed.
        only: Names of checks; all if none.
        skip: Names of checks.
        examples: So many of each kind are printed; JSON has all.
        as_json: Print JSON.
        console: Where to.
    Raises:
        UsageError: there is no such check.
        DatasetError: there is no data set at a path.
    """
    console = console or Console(highlight=False)
    checks = chosen_checks(only, skip)
    sets = read_sets(paths, images)
    columns = (TextColumn("looking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("looking", total=sum(len(data.pictures) + len(data.labels) for data in sets))
        done = audit_sets(sets, checks, lambda: progress.advance(task))
    if as_json:
        _print_json(console, _as_json(done))
    else:
        _print(console, done, examples)
    return done.is_right


def print_checks(*, as_json: bool, console: Console | None = None) -> None:
    """Print what is looked for."""
    console = console or Console(highlight=False)
    checks = sorted((CHECKS[name] for name in CHECKS), key=lambda check: (check.severity, check.name))
    if as_json:
        told = [{"check": c.name, "severity": c.severity, "means": c.means, "mend": c.mend} for c in checks]
        _print_json(console, told)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("check", "", "what it is"):
        table.add_column(heading, no_wrap=not heading.startswith("what"))
    for check in checks:
        table.add_row(check.name, Text(check.severity, STYLES[check.severity]), check.means)
    console.print(table)


def _print_json(console: Console, document: Any) -> None:
    text = orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()
    console.print(text, markup=False, soft_wrap=True, highlight=False)


def _as_json(done: Audit) -> dict[str, Any]:
    return {
        "ok": done.is_right,
        "errors": done.count("error"),
        "warnings": done.count("warning"),
        "sets": [
            {
                "name": printable(data.name),
                "format": data.kind,
                "images": len(data.pictures),
                "annotations": len(data.labels),
                "categories": len(data.categories),
            }
            for data in done.sets
        ],
        "checks": [
            {
                "check": found.check.name,
                "severity": found.check.severity,
                "means": found.check.means,
                "mend": found.check.mend,
                "count": len(found.problems),
                "problems": [
                    {"set": printable(p.data), "where": printable(p.where), "seen": printable(p.seen)}
                    for p in found.problems
                ],
            }
            for found in done.found
        ],
    }


def _print(console: Console, done: Audit, examples: int) -> None:
    wrong = [found for found in done.found if found.problems]
    for data in done.sets:
        counts = ", ".join(
            (
                _counted(len(data.pictures), "picture"),
                _counted(len(data.labels), "label"),
                _counted(len(data.categories), "category", "categories"),
            )
        )
        console.print(Text(f"{printable(data.name)}: {data.kind}, {counts}"), soft_wrap=True)
    if wrong:
        console.print(_table(wrong))
    for found in wrong:
        console.print(Text(f"{found.check.name}: {found.check.mend}", STYLES[found.check.severity]), soft_wrap=True)
        for problem in found.problems[:examples]:
            console.print(Text(f"  {_line(problem, several=len(done.sets) > 1)}"), soft_wrap=True)
        if len(found.problems) > examples:
            console.print(f"  and {len(found.problems) - examples} more; --json has them all", soft_wrap=True)
    told = " and ".join(_counted(done.count(severity), severity) for severity in STYLES)
    console.print(f"{_counted(len(done.found), 'check')}: {told if wrong else 'nothing is wrong'}", soft_wrap=True)


def _table(wrong: Sequence[Found]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("check", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("found", justify="right")
    table.add_column("what it is")
    for found in wrong:
        check = found.check
        severity = Text(check.severity, STYLES[check.severity])
        table.add_row(check.name, severity, f"{len(found.problems):,}", check.means)
    return table


def _line(problem: Problem, *, several: bool) -> str:
    line = f"{problem.where}: {problem.seen}"
    return printable(f"{problem.data}: {line}" if several else line)


def _counted(n: int, word: str, many: str = "") -> str:
    return f"{n:,} {word if n == 1 else many or word + 's'}"
