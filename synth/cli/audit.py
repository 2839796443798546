"""`synth audit`: is a data set still what it was when it was made?"""

__all__ = ["audit_command"]

from pathlib import Path
from typing import Annotated

import typer

from synth.cli.options import DATA

# So many names are printed; --json has them all.
MOST_LINES = 20


def audit_command(
    data: Annotated[Path, typer.Argument(help="Folder of a rendered data set.")] = DATA,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Compare every file of a data set with the hashes kept when it was made; exit 1 if one is missing or altered."""
    import json
    from dataclasses import asdict

    from synth.audit.files import audit_files

    audit = audit_files(data)
    if as_json:
        typer.echo(json.dumps(asdict(audit) | {"is_whole": audit.is_whole}, indent=2))
    else:
        for finding in audit.findings[:MOST_LINES]:
            # A name may hold anything, and the terminal is not to be led by it.
            name = finding.file if finding.file.isprintable() else repr(finding.file)
            typer.echo(f"{name}: {finding.kind}")
        if len(audit.findings) > MOST_LINES:
            typer.echo(f"... and {len(audit.findings) - MOST_LINES} more; --json lists them all")
        if audit.set_aside:
            typer.echo(f"left out when it was made: frames {', '.join(map(str, audit.set_aside))}")
        n_wrong = sum(finding.kind != "unlisted" for finding in audit.findings)
        typer.echo(
            f"{audit.n_files} files of {data}: {f'{n_wrong} are not as they were' if n_wrong else 'all as made'}"
        )
    if not audit.is_whole:
        raise typer.Exit(1)
