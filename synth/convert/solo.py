"""Unity Perception's SOLO: what its files are called, and the set entered as a format.

    metadata.json, *_definitions.json  sequence.0/step0.frame_data.json  step0.camera.png  step0.camera.*.png

Rotations are x, y, z, w in these files, though Unity's own document of the schema says w first.
"""

__all__ = []

from pathlib import Path

from synth.convert.formats import FORMATS, Format
from synth.convert.losses import Carries
from synth.convert.neutral import LabelledSet
from synth.convert.solo_reader import is_solo, read_solo
from synth.convert.solo_writer import write_solo
from synth.convert.splits import set_folders, together


def _is_here(source: Path) -> bool:
    return bool(set_folders(source, is_solo))


def _read(source: Path) -> LabelledSet:
    return together([(split, read_solo(folder)) for split, folder in set_folders(source, is_solo)], source)


CARRIES = Carries(
    "flat",
    own_boxes=True,
    names=False,
    image_ids=True,
    thing_ids=True,
    category_ids=True,
    fields=frozenset(
        {
            "bbox_3d",
            "in_frame_fraction",
            "keypoints",
            "num_keypoints",
            "unoccluded_fraction",
            "visible_fraction",
            "visible_px",
        }
    ),
    shot_fields=frozenset({"camera"}),
    category_fields=frozenset({"keypoints", "skeleton"}),
)
FORMATS.register("solo")(Format("Unity SOLO", CARRIES, _is_here, _read, write_solo))
