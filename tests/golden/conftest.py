"""One OpenGL renderer for all tests that draw the tiny catalogue."""

from collections.abc import Iterator

import pytest

from synth.meshes import MeshStore
from synth.render.renderer import Renderer


@pytest.fixture(scope="session")
def renderer(meshes: MeshStore) -> Iterator[Renderer]:
    """Draws the scenes of `stage`, 160 x 120."""
    with Renderer(meshes, (160, 120)) as opened:
        yield opened
