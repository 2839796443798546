"""`synth doctor`: what can this machine do?"""

__all__ = ["doctor_command"]

import typer

from synth.cli.options import AsJson


def doctor_command(as_json: AsJson = False) -> None:
    """Say what this machine can do, and the line that mends what it can't; exit 1 if it can't render."""
    from synth.doctor.commands import doctor

    if not doctor(as_json=as_json):
        raise typer.Exit(1)
