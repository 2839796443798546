"""Labels in memory, written as BOP's scenes."""

__all__ = ["NAMES", "write_bop"]

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pycocotools import mask as coco_mask

from synth.convert.label_png import read_numbers
from synth.convert.neutral import LabelledSet, Shot, Thing, by_split
from synth.convert.pictures import Placer
from synth.convert.poses import bop_intrinsics, to_bop_pose, to_world_camera
from synth.errors import DatasetError
from synth.write.atomic import write_json

# Ours, for BOP has numbers only.
NAMES: Final = "categories.json"
CAMERA: Final = "camera.json"
# BOP has pictures in a split only.
SPLIT: Final = "train"
SCENE_PICTURES: Final = 1000
AMODAL: Final = "segmentation_amodal"


def write_bop(labelled: LabelledSet, out: Path, placer: Placer) -> list[str]:
    """Scenes of up to a thousand pictures, below the folders of their splits.

    Returns:
        What is to be told.
    Raises:
        DatasetError: there are no poses or cameras, a depth image can't be read, or a mask isn't of its picture's size.
    """
    things = labelled.things
    posed = sum("pose" in thing.more for thing in things)
    if posed < bool(things) or not all("camera" in shot.more for shot in labelled.shots):
        raise DatasetError(
            f"{labelled.name}: BOP is a format of poses, and {posed} of {len(things)} objects have a pose, "
            f"{sum('camera' in shot.more for shot in labelled.shots)} of {len(labelled.shots)} pictures a camera. "
            "Choose another format."
        )
    for split, shots in by_split(labelled).items():
        # A split without a picture is a scene without one.
        for start in range(0, max(1, len(shots)), SCENE_PICTURES):
            folder = out / (split or SPLIT) / f"{start // SCENE_PICTURES:06d}"
            _write_scene(shots[start : start + SCENE_PICTURES], folder, placer)
    records = [
        {**labelled.category_more.get(category.id, {}), "id": category.id, "name": category.name}
        for category in labelled.categories
    ]
    write_json(out / NAMES, records)
    if labelled.shots:
        write_json(out / CAMERA, _usual_camera(labelled.shots[0]))
    return [*_changes(labelled), *_lacks(labelled)]


def _usual_camera(shot: Shot) -> dict[str, Any]:
    """BOP wants one camera for the set; each picture's own is in scene_camera.json."""
    k = bop_intrinsics(shot.more["camera"])
    return {
        **{"fx": k[0], "fy": k[4], "cx": k[2], "cy": k[5], "depth_scale": 1.0},
        **{"width": shot.width_px, "height": shot.height_px},
    }


def _changes(labelled: LabelledSet) -> list[str]:
    """What BOP's readers will not see as it was."""
    things, lines = labelled.things, []
    if unposed := sum("pose" not in thing.more for thing in things):
        lines.append(f"objects without a pose left out: {unposed}")
    if any(shot.split is None for shot in labelled.shots):
        lines.append(f"no split, and BOP wants one: it is called {SPLIT}")
    if scaled := sum(abs(thing.more["pose"].get("scale", 1) - 1) > 1e-9 for thing in things if "pose" in thing.more):
        lines.append(f"meshes drawn at another size, of which BOP's readers know nothing: {scaled}")
    if crowds := sum(thing.instance.iscrowd for thing in things):
        lines.append(f"objects to be ignored, which only our own reader tells from others: {crowds}")
    if bent := sum(any(shot.more["camera"].get("distortion", ())) for shot in labelled.shots):
        lines.append(f"pictures whose lens bends lines, which BOP has no word for: {bent}")
    cameras = {str(bop_intrinsics(shot.more["camera"])) for shot in labelled.shots}
    if len(cameras) > 1:
        lines.append(f"camera.json is the first picture's camera; scene_camera.json has all {len(cameras)}")
    return lines


def _lacks(labelled: LabelledSet) -> list[str]:
    """What BOP has a place for and the source hasn't, and how a render would have it."""
    lines = []
    posed = [thing for thing in labelled.things if "pose" in thing.more]
    if hidden := sum(AMODAL not in thing.more for thing in posed):
        lines.append(
            f"mask/ lacks {hidden} of {len(posed)} objects, for the source hasn't their whole silhouettes; "
            'a render has them with "amodal_masks" among its labels'
        )
    if flat := sum(shot.depth is None for shot in labelled.shots):
        lines.append(
            f"depth/ lacks {flat} of {len(labelled.shots)} pictures, for the source has no files of it; "
            'a render in single files has them with "depth" among its images'
        )
    if hidden or flat:
        lines.append("px_count_valid, which needs both, is not said where one is lacking")
    return [*lines, "models/ is not written, for the source names its meshes and doesn't hold them"]


def _write_scene(shots: Sequence[Shot], folder: Path, placer: Placer) -> None:
    truth: dict[str, Any] = {}
    infos: dict[str, Any] = {}
    cameras: dict[str, Any] = {}
    (folder / "mask_visib").mkdir(parents=True)
    for shot in shots:
        key, number = str(shot.image_id), f"{shot.image_id:06d}"
        placer.put(shot, folder / "rgb" / f"{number}{Path(shot.name).suffix.lower()}")
        camera = shot.more["camera"]
        cameras[key] = {"cam_K": bop_intrinsics(camera), "depth_scale": 1.0, **to_world_camera(camera)}
        depth_mm = _write_depth(shot, folder / "depth" / f"{number}.png")
        posed = [thing for thing in shot.things if "pose" in thing.more]
        truth[key] = [_truth(thing) for thing in posed]
        infos[key] = []
        for index, thing in enumerate(posed):
            visible, alone = thing.instance.rle, _silhouette(thing, shot)
            for kind, mask in (("mask_visib", None if visible is None else coco_mask.decode(visible)), ("mask", alone)):
                if mask is not None:
                    _save_mask(mask, folder / kind / f"{number}_{index:06d}.png")
            infos[key].append(_info(thing) | _valid(alone, depth_mm))
    write_json(folder / "scene_gt.json", truth)
    write_json(folder / "scene_gt_info.json", infos)
    write_json(folder / "scene_camera.json", cameras)


def _write_depth(shot: Shot, target: Path) -> NDArray[np.int32] | None:
    """(H, W) millimetres; our depth images are what BOP's are, at a scale of 1."""
    if shot.depth is None:
        return None
    depth_mm = read_numbers(shot.depth, (shot.width_px, shot.height_px))
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(shot.depth.read_bytes())
    return depth_mm


def _silhouette(thing: Thing, shot: Shot) -> NDArray[np.uint8] | None:
    """(H, W) of 0 and 1: all of the object that would be in the picture if nothing hid it; None if nobody knows."""
    if AMODAL not in thing.more:
        return None
    rle = thing.more[AMODAL]
    size = [shot.height_px, shot.width_px]
    if not isinstance(rle, Mapping) or rle.get("size") != size or not isinstance(rle.get("counts"), str):
        raise DatasetError(
            f"{shot.path}: object {thing.id}: its {AMODAL} isn't compressed run lengths of the picture's size, "
            f"{size} (height, width). Mend the annotation, or remove that field."
        )
    return np.asarray(coco_mask.decode(rle), np.uint8)


def _save_mask(mask: NDArray[np.uint8], target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    Image.fromarray(mask * np.uint8(255)).save(target)


def _truth(thing: Thing) -> dict[str, Any]:
    pose = thing.more["pose"]
    record: dict[str, Any] = {**to_bop_pose(pose), "obj_id": thing.instance.category_id}
    record |= {"scale": pose["scale"]} if pose.get("scale", 1) != 1 else {}
    record |= {"asset_id": thing.more["asset_id"]} if "asset_id" in thing.more else {}
    return record | ({"iscrowd": True} if thing.instance.iscrowd else {})


def _info(thing: Thing) -> dict[str, Any]:
    instance, more = thing.instance, thing.more
    x1, y1, x2, y2 = instance.box_xyxy_px
    info: dict[str, Any] = {"bbox_visib": [x1, y1, x2 - x1, y2 - y1], "px_count_visib": round(instance.area_px)}
    info |= {"bbox_obj": more["bbox_amodal"]} if "bbox_amodal" in more else {}
    info |= {"px_count_all": more["full_px"]} if "full_px" in more else {}
    return info | ({"visib_fract": instance.visible_fraction} if instance.visible_fraction is not None else {})


def _valid(alone: NDArray[np.uint8] | None, depth_mm: NDArray[np.int32] | None) -> dict[str, int]:
    """Pixels of the silhouette, what hides it included, in which depth was measured."""
    if alone is None or depth_mm is None:
        return {}
    return {"px_count_valid": int(np.count_nonzero(depth_mm[alone > 0]))}
