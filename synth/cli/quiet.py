"""`--quiet` for every command, in one place: what it prints goes nowhere, what is wrong still goes to stderr."""

__all__ = ["App"]

import functools
import inspect
import os
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated, Any

import typer

Function = Callable[..., Any]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors, and JSON if asked for.")]


class App(typer.Typer):
    """A Typer whose commands all have `--quiet`."""

    # Its many keywords pass through.
    def command(  # type: ignore[override]
        self, name: str | None = None, **options: Any
    ) -> Callable[[Function], Function]:
        """See `typer.Typer.command`."""
        register = super().command(name, **options)
        return lambda function: register(_with_quiet(function))


def _with_quiet(function: Function) -> Function:
    @functools.wraps(function)
    def command(*, quiet: bool = False, **given: Any) -> Any:
        if not quiet or given.get("as_json"):
            return function(**given)
        # Neither is it a terminal, so no bar is drawn.
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
            return function(**given)

    # Typer reads options from the signature.
    own = inspect.signature(function)
    quiet = inspect.Parameter("quiet", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Quiet)
    command.__signature__ = own.replace(parameters=[*own.parameters.values(), quiet])  # type: ignore[attr-defined]
    command.__annotations__ = {**function.__annotations__, "quiet": Quiet}
    return command
