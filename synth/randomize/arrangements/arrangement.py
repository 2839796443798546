"""How the targets of a scene lie to each other: the one shape that every arrangement has, and their names."""

__all__ = ["ARRANGEMENTS", "Arrangement", "check_arrangements"]

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Protocol

from synth.errors import ConfigError
from synth.extras import install_line
from synth.randomize.bodies import Piece
from synth.randomize.resting import Site
from synth.registry import Registry

# What an arrangement needs that only an extra brings: the module, and the extra.
EXTRAS = {"heap": ("mujoco", "physics")}


class Arrangement(Protocol):
    """Puts those of the pieces on the site that suit it, and returns the others, which are then scattered."""

    def __call__(self, site: Site, pieces: Sequence[Piece]) -> Sequence[Piece]: ...


ARRANGEMENTS: Registry[Arrangement] = Registry("arrangement")


def check_arrangements(weights: Mapping[str, float]) -> None:
    """Check the weights by which scenes draw their arrangement.

    Raises:
        ConfigError: a name is unknown, a weight is negative, none is positive, or an extra is missing.
    """
    for name, weight in weights.items():
        _ = ARRANGEMENTS[name]
        if weight < 0:
            raise ConfigError(f"arrangements.{name}: expected a weight of at least 0, got {weight:g}.")
        module, extra = EXTRAS.get(name, ("", ""))
        if weight > 0 and module and find_spec(module) is None:
            raise ConfigError(f'arrangements: "{name}" needs {module}, which isn\'t installed: {install_line(extra)}')
    if not sum(weights.values()) > 0:
        raise ConfigError("arrangements: expected a weight above 0 for one at least, { scatter = 1 } for example.")
