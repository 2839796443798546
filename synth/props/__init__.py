"""Things made by code that fill scenes and never have a label: `prop:torus:3` is the third torus of a fixed few.

In: an asset id. Out: a `Mesh`. A pool of `VARIANTS` of each kind is all there is, so that what a process keeps on the
GPU stays small; colour, texture, size and pose make each of them many things.
"""

__all__ = ["FILLERS", "PROPS", "VARIANTS", "prop_asset", "prop_id"]

from synth.props import blobs, cables, hands, sheets, solids, strokes  # noqa: F401
from synth.props.mesh import VARIANTS, prop_asset, prop_id
from synth.props.registry import PROPS
from synth.props.solids import FILLERS
