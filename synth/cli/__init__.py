"""The command line: each command parses, calls one function, prints; heavy imports are inside, so --help is instant."""

__all__ = ["app", "main"]

from synth.cli.app import app, main
