"""Labelled pictures of 3D models: `assets.toml` and `render.toml` go in, a COCO data set comes out.

    import synth
    data = synth.render("data/synth", n=300)

The functions lie in `synth.api`, which is imported when the first of them is asked for: `synth --help` must be instant.
"""

__version__ = "0.1.0"
__all__ = ["DataSet", "LabelledFrame", "__version__", "frame", "load", "render"]

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synth.api import DataSet, LabelledFrame, frame, load, render


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from synth import api  # noqa: PLC0415

    return getattr(api, name)
