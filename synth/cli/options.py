"""What several commands share: folders, options, and the way to what only training needs."""

__all__ = [
    "DATA",
    "RUNS",
    "Aliases",
    "AsJson",
    "Device",
    "IgnoredLabels",
    "aliases_of",
    "console_beside_json",
    "needs_pytorch",
    "print_json",
]

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from synth.errors import SynthError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

DATA = Path("data/synth")
RUNS = Path("runs")
# What `pip install synth-detector` leaves out; a missing module of another name is our own fault.
TRAIN_PACKAGES = {"torch", "torchvision", "matplotlib", "faster_coco_eval", "skimage"}


Aliases = Annotated[list[str], typer.Option("--alias", help="a=b: read the photos' label a as b; may be repeated.")]
IgnoredLabels = Annotated[list[str], typer.Option("--ignore-label", help="Leave this label of the photos out.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:1.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")]


@contextmanager
def needs_pytorch() -> Iterator[None]:
    """Around imports of `train`.

    Raises:
        SynthError: what only training needs isn't installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in TRAIN_PACKAGES:
            raise
        from synth.extras import install_line

        raise SynthError(
            f"this command needs PyTorch, which isn't installed ({package} is missing): {install_line('train')}"
        ) from None


def aliases_of(pairs: list[str]) -> dict[str, str]:
    """`a=b` as {a: b}.

    Raises:
        UsageError: something isn't of that form.
    """
    aliases: dict[str, str] = {}
    for pair in pairs:
        label, equals, category = pair.partition("=")
        if not (label and equals and category):
            raise UsageError(f"--alias {pair}: expected LABEL=CATEGORY, cone=traffic_cone for example.")
        aliases[label] = category
    return aliases


def console_beside_json(as_json: bool) -> "Console | None":
    """Where a command speaks while stdout is for JSON alone: on stderr; None, its own choice, without JSON."""
    from rich.console import Console

    return Console(highlight=False, stderr=True) if as_json else None


def print_json(figures: object) -> None:
    """Figures as JSON: dataclasses are objects, paths text."""
    import orjson

    typer.echo(orjson.dumps(figures, default=str, option=orjson.OPT_INDENT_2).decode())
