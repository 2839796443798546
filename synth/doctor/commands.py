"""`synth doctor`: nothing in, a table or JSON out."""

__all__ = ["doctor"]

from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

import orjson
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from synth import __version__
from synth.doctor.findings import Finding
from synth.doctor.machine import look_at_machine
from synth.doctor.opengl import look_at_opengl
from synth.doctor.packages import look_at_packages
from synth.doctor.system import this_system

STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def doctor(*, as_json: bool, console: Console | None = None) -> bool:
    """Look at this machine and print what was found; returns whether `synth render` can run.

    Args:
        as_json: Print JSON.
        console: Where to.
    """
    console = console or Console(highlight=False)
    system = this_system()
    with console.status("trying OpenGL and PyTorch") if console.is_terminal and not as_json else nullcontext():
        findings = [*look_at_machine(system, Path()), *look_at_opengl(system), *look_at_packages()]
    can_render = all(finding.status != "fail" for finding in findings)
    if as_json:
        told = {"version": __version__, "can_render": can_render, "findings": [asdict(each) for each in findings]}
        console.print(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode(), markup=False, soft_wrap=True)
    else:
        console.print(_table(findings))
        console.print(f"synth {__version__}: {_verdict(findings)}", soft_wrap=True)
    return can_render


def _table(findings: list[Finding]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        words = Text(finding.seen)
        if finding.mend:
            words.append(f"\n{finding.mend}", style="italic")
        table.add_row(Text(finding.status, STYLES[finding.status]), finding.name, words)
    return table


def _verdict(findings: list[Finding]) -> str:
    counts = {status: sum(finding.status == status for finding in findings) for status in STYLES}
    if counts["fail"]:
        return "this machine can't render"
    if counts["warn"]:
        return f"this machine can render; {counts['warn']} of {len(findings)} things could be better"
    return "this machine can render and train"
