"""BOP: scenes of poses. `obj_id` is the category; poses are of the mesh that `asset_id`, a key of ours, names.

camera.json  train/000000: rgb/000001.jpg  mask_visib/000001_000000.png  scene_camera.json  scene_gt.json
"""

__all__ = []

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image
from pycocotools import mask as coco_mask

from synth.convert.formats import FORMATS, Format
from synth.convert.json_file import read_json, reading
from synth.convert.label_png import read_numbers
from synth.convert.losses import Carries
from synth.convert.neutral import LabelledSet, Shot, Thing, by_split, thing_of_box, thing_of_mask
from synth.convert.pictures import Placer, picture_size
from synth.convert.poses import bop_intrinsics, from_bop_camera, from_bop_pose, to_bop_pose, to_world_camera
from synth.dataset import Category
from synth.errors import DatasetError
from synth.write.atomic import write_json

# BOP has pictures in a split only.
SPLIT: Final = "train"
SCENE_PICTURES: Final = 1000
PICTURES: Final = ("rgb", "gray")
NAMES: Final = "categories.json"
CAMERA: Final = "camera.json"
UNSEEN: Final = -1


def _scenes(source: Path) -> list[tuple[str | None, Path]]:
    """Folders with a scene_gt.json, each with its split: the scene itself, those of a split, those of all splits."""
    if not source.is_dir():
        return []
    if (source / "scene_gt.json").is_file():
        return [(None, source)]
    depth = "*/scene_gt.json" if any(source.glob("*/scene_gt.json")) else "*/*/scene_gt.json"
    scenes = [path.parent for path in sorted(source.glob(depth))]
    return [(None if scene.parent == source else scene.parent.name, scene) for scene in scenes]


def _read(source: Path) -> LabelledSet:
    scenes, numbers, image_ids = _scenes(source), count(1), count(1)
    left = {"unseen": 0, "silhouettes": 0}
    shots: list[Shot] = []
    for split, scene in scenes:
        truth = read_json(scene / "scene_gt.json")
        infos = read_json(scene / "scene_gt_info.json") if (scene / "scene_gt_info.json").is_file() else {}
        cameras = read_json(scene / "scene_camera.json") if (scene / "scene_camera.json").is_file() else {}
        left["silhouettes"] += (scene / "mask").is_dir()
        with reading(scene / "scene_gt.json", "BOP's ground truth"):
            for key in sorted(truth, key=int):
                shot = _shot(int(key), truth[key], infos.get(key, []), cameras.get(key), scene, numbers, left)
                shots.append(replace(shot, split=split))
    ids = [shot.image_id for shot in shots]
    if len(set(ids)) < len(ids):
        shots = [replace(shot, image_id=next(image_ids)) for shot in shots]
    words = {
        "unseen": "objects left out, for nothing of them is seen",
        "silhouettes": "scenes whose silhouettes behind other things (mask/) are left out",
    }
    notes = tuple(f"{words[key]}: {n}" for key, n in left.items() if n)
    categories, more = _categories(source, shots)
    return LabelledSet(source.resolve().name, categories, tuple(shots), more, notes)


def _categories(source: Path, shots: Sequence[Shot]) -> tuple[tuple[Category, ...], dict[int, dict[str, Any]]]:
    """By the names in our own file, which BOP has nothing for, or else by number."""
    path = source / NAMES
    listed = read_json(path, list) if path.is_file() else []
    with reading(path, "a list of categories"):
        named = {int(record["id"]): record for record in listed}
    used = {thing.instance.category_id for shot in shots for thing in shot.things}
    records = {**named, **{key: {"name": f"obj_{key:06d}"} for key in sorted(used - set(named))}}
    more = {key: {k: v for k, v in each.items() if k not in {"id", "name"}} for key, each in named.items()}
    categories = tuple(Category(key, str(record["name"])) for key, record in records.items())
    return categories, {key: value for key, value in more.items() if value}


def _shot(
    number: int,
    truth: Sequence[Mapping[str, Any]],
    infos: Sequence[Mapping[str, Any]],
    camera: Mapping[str, Any] | None,
    scene: Path,
    numbers: "count[int]",
    left: dict[str, int],
) -> Shot:
    found = [path for kind in PICTURES for path in sorted((scene / kind).glob(f"{number:06d}.*"))]
    if not found:
        raise DatasetError(f"{scene}: there is no picture {number:06d} in rgb/ or gray/, though scene_gt.json has it.")
    size = picture_size(found[0])
    things = []
    for index, record in enumerate(truth):
        info = infos[index] if index < len(infos) else {}
        thing = _thing(record, info, scene / "mask_visib" / f"{number:06d}_{index:06d}.png", size, next(numbers))
        if thing is None:
            left["unseen"] += 1
        else:
            things.append(thing)
    more = {"camera": from_bop_camera(camera)} if camera else {}
    name = f"{scene.name}/{found[0].name}"
    return Shot(number, name, found[0], *size, tuple(things), more=more)


def _thing(
    record: Mapping[str, Any], info: Mapping[str, Any], mask: Path, size: tuple[int, int], number: int
) -> Thing | None:
    category_id = int(record["obj_id"])
    more: dict[str, Any] = {"pose": from_bop_pose(record)}
    more |= {"asset_id": record["asset_id"]} if "asset_id" in record else {}
    more |= {"bbox_amodal": list(map(float, info["bbox_obj"]))} if "bbox_obj" in info else {}
    more |= {"full_px": int(info["px_count_all"])} if "px_count_all" in info else {}
    iscrowd = bool(record.get("iscrowd", False))
    if mask.is_file():
        thing = thing_of_mask(number, category_id, read_numbers(mask, size) > 0, iscrowd=iscrowd, **more)
    else:
        x, y, w, h = map(float, info.get("bbox_visib", [0.0, 0.0, UNSEEN, UNSEEN]))
        is_seen = w > 0 and h > 0 and info.get("px_count_visib", 1) > 0
        thing = thing_of_box(number, category_id, [x, y, x + w, y + h], iscrowd=iscrowd, **more) if is_seen else None
    if thing is None or "visib_fract" not in info:
        return thing
    return replace(thing, instance=replace(thing.instance, visible_fraction=float(info["visib_fract"])))


def _write(labelled: LabelledSet, out: Path, placer: Placer) -> list[str]:
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
    lines = [f"objects without a pose left out: {len(things) - posed}"] if posed < len(things) else []
    if any(shot.split is None for shot in labelled.shots):
        lines.append(f"no split, and BOP wants one: it is called {SPLIT}")
    scaled = sum(abs(thing.more["pose"].get("scale", 1) - 1) > 1e-9 for thing in things if "pose" in thing.more)
    lines += [f"meshes drawn at another size, of which BOP's readers know nothing: {scaled}"] if scaled else []
    crowds = sum(thing.instance.iscrowd for thing in things)
    lines += [f"objects to be ignored, which only our own reader tells from others: {crowds}"] if crowds else []
    bent = sum(any(shot.more["camera"].get("distortion", ())) for shot in labelled.shots)
    lines += [f"pictures whose lens bends lines, which BOP has no word for: {bent}"] if bent else []
    cameras = {str(bop_intrinsics(shot.more["camera"])) for shot in labelled.shots}
    lines += (
        [f"camera.json is the first picture's camera; scene_camera.json has all {len(cameras)}"]
        if len(cameras) > 1
        else []
    )
    return [*lines, "models/ and mask/ (silhouettes behind other things) are not in the source, so not written"]


def _usual_camera(shot: Shot) -> dict[str, Any]:
    """BOP wants one camera for the set; each picture's own is in scene_camera.json."""
    k = bop_intrinsics(shot.more["camera"])
    return {
        **{"fx": k[0], "fy": k[4], "cx": k[2], "cy": k[5], "depth_scale": 1.0},
        **{"width": shot.width_px, "height": shot.height_px},
    }


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
        posed = [thing for thing in shot.things if "pose" in thing.more]
        truth[key] = [_truth(thing) for thing in posed]
        infos[key] = [_info(thing) for thing in posed]
        for index, thing in enumerate(posed):
            if thing.instance.rle is not None:
                mask = coco_mask.decode(thing.instance.rle) * np.uint8(255)
                Image.fromarray(mask).save(folder / "mask_visib" / f"{number}_{index:06d}.png")
    write_json(folder / "scene_gt.json", truth)
    write_json(folder / "scene_gt_info.json", infos)
    write_json(folder / "scene_camera.json", cameras)


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


CARRIES = Carries(
    "exact",
    crowds=True,
    splits=True,
    names=False,
    image_ids=True,
    category_ids=True,
    fields=frozenset({"pose", "asset_id", "bbox_amodal", "full_px", "visible_fraction"}),
    shot_fields=frozenset({"camera"}),
    category_fields=frozenset({"supercategory", "keypoints", "skeleton"}),
)
FORMATS.register("bop")(Format("BOP", CARRIES, lambda source: bool(_scenes(source)), _read, _write))
