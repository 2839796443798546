"""The commands under one name, and what becomes of their errors."""

__all__ = ["app", "main"]

import errno
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from synth.cli.assets import app as assets_app
from synth.cli.audit import audit_command
from synth.cli.convert import convert_command
from synth.cli.demo import demo_command
from synth.cli.doctor import doctor_command
from synth.cli.evaluate import eval_command
from synth.cli.export import export_command
from synth.cli.inspect import inspect_command
from synth.cli.labelme import labelme_command
from synth.cli.predict import predict_command
from synth.cli.quiet import App
from synth.cli.render import preview_command, render_command
from synth.cli.train import train_command
from synth.errors import DISK_FULL, StoppedError, SynthError
from synth.printable import printable

# A disk's refusals. Another OSError is our own fault, and stays a traceback.
REFUSED = DISK_FULL | {
    errno.EACCES,
    errno.EEXIST,
    errno.EISDIR,
    errno.ELOOP,
    errno.ENAMETOOLONG,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
}


class _Commands(TyperGroup):
    """Typer's own handling of Ctrl-C says nothing, so it is caught before Typer sees it."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise StoppedError("stopped. What was finished is kept; --resume goes on.") from None


app = App(
    name="synth",
    cls=_Commands,
    help="From 3D meshes to a detector that is measured on real photos.",
    epilog="Exit codes: 0; 1 for what you can mend, or for errors that audit, doctor and assets check found; 2 for a "
    "wrong command line; 3 for a result that is whole but for what was left out by name; 130 after Ctrl-C.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)


def main() -> None:
    """Run a command; the user's faults become one line on stderr and an exit code."""
    try:
        with _no_warnings():
            app()
    # Before there is a command that could answer it.
    except KeyboardInterrupt:
        _say("stopped.")
        sys.exit(StoppedError.exit_code)
    except SynthError as error:
        _say(_of_a_url(str(error), sys.argv[1:]) or str(error))
        sys.exit(error.exit_code)
    except OSError as error:
        if not _is_refusal(error):
            raise
        where = "" if error.filename is None else f"{error.filename}: "
        _say(f"{where}{error.strerror}. Choose another folder, or make room.")
        sys.exit(1)


@contextmanager
def _no_warnings() -> Iterator[None]:
    """Libraries' warnings are for those who program; `python -W` and PYTHONWARNINGS bring them back."""
    if sys.warnoptions:
        yield
        return
    # Processes that we start, too.
    os.environ["PYTHONWARNINGS"] = "ignore"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            del os.environ["PYTHONWARNINGS"]


def _say(message: str) -> None:
    # One line, whatever a library's message or a file's name had in it.
    print("synth: " + printable(" ".join(message.split())), file=sys.stderr)  # noqa: T201


def _of_a_url(message: str, arguments: Sequence[str]) -> str | None:
    """What to say instead where a URL was given for a folder: as a path `s3://bucket` reads `s3:/bucket`."""
    for value in (argument.rpartition("=")[2] for argument in arguments):
        if "://" in value and value not in message and str(Path(value)) in message:
            return f"{value}: is read from a folder of this machine alone. Copy it here, and name the copy."
    return None


def _is_refusal(error: OSError) -> bool:
    if error.filename is None:
        # A write has no name to tell, and no bug of ours fills a disk.
        return error.errno in DISK_FULL
    if error.errno == errno.ENOENT:
        return not Path(str(error.filename)).parent.exists()
    return error.errno in REFUSED


def _version(wanted: bool) -> None:
    if wanted:
        from synth import __version__

        typer.echo(f"synth {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None: ...


app.command("render")(render_command)
app.command("preview")(preview_command)
app.command("audit")(audit_command)
app.command("inspect")(inspect_command)
app.command("convert")(convert_command)
app.command("labelme")(labelme_command)
app.command("train")(train_command)
app.command("eval")(eval_command)
app.command("predict")(predict_command)
app.command("export")(export_command)
app.command("demo")(demo_command)
app.command("doctor")(doctor_command)
app.add_typer(assets_app, name="assets")
