"""The one shape of a renderer, so that tests can do without GL and a faster one can take the place."""

__all__ = ["SceneRenderer"]

from types import TracebackType
from typing import Protocol

from synth.scene import Frame, Scene


class SceneRenderer(Protocol):
    """Draws scenes of one size from one catalogue; a context manager, for it holds a GL context."""

    @property
    def description(self) -> str:
        """What draws, for the data set's records: GL renderer and version."""

    def render(self, scene: Scene, *, normals: bool = False) -> Frame:
        """Draw a scene; `normals` are read back only where they are asked for, since that costs time."""
        ...

    def __enter__(self) -> "SceneRenderer": ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
