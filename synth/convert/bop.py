"""BOP: scenes of poses. `obj_id` is the category; poses are of the mesh that `asset_id`, a key of ours, names.

camera.json  train/000000: rgb/000001.jpg  depth/000001.png  scene_camera.json  scene_gt.json  scene_gt_info.json
                           mask/000001_000000.png  mask_visib/000001_000000.png
"""

__all__ = []

from synth.convert.bop_reader import is_bop, read_bop
from synth.convert.bop_writer import write_bop
from synth.convert.formats import FORMATS, Format
from synth.convert.losses import Carries

CARRIES = Carries(
    "exact",
    crowds=True,
    splits=True,
    names=False,
    image_ids=True,
    category_ids=True,
    fields=frozenset({"pose", "asset_id", "bbox_amodal", "full_px", "segmentation_amodal", "visible_fraction"}),
    shot_fields=frozenset({"camera"}),
    label_maps=frozenset({"depth"}),
    category_fields=frozenset({"supercategory", "keypoints", "skeleton"}),
)
FORMATS.register("bop")(Format("BOP", CARRIES, is_bop, read_bop, write_bop))
