"""BOP's scenes, read into the labels in memory."""

__all__ = ["is_bop", "read_bop"]

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, Final

from synth.convert.bop_writer import NAMES
from synth.convert.json_file import read_json, reading
from synth.convert.label_png import read_numbers
from synth.convert.neutral import LabelledSet, Shot, Thing, rle_of_mask, thing_of_box, thing_of_mask
from synth.convert.pictures import picture_size
from synth.convert.poses import from_bop_camera, from_bop_pose
from synth.dataset import Category
from synth.errors import DatasetError

PICTURES: Final = ("rgb", "gray")
UNSEEN: Final = -1


def is_bop(source: Path) -> bool:
    """Whether there is a scene."""
    return bool(_scenes(source))


def read_bop(source: Path) -> LabelledSet:
    """The scenes that lie in a folder.

    Raises:
        DatasetError: a file is missing, or holds something else.
    """
    scenes, numbers, image_ids = _scenes(source), count(1), count(1)
    left = {"unseen": 0, "depths": 0}
    shots: list[Shot] = []
    for split, scene in scenes:
        truth = read_json(scene / "scene_gt.json")
        infos = read_json(scene / "scene_gt_info.json") if (scene / "scene_gt_info.json").is_file() else {}
        cameras = read_json(scene / "scene_camera.json") if (scene / "scene_camera.json").is_file() else {}
        left["depths"] += (scene / "depth").is_dir()
        with reading(scene / "scene_gt.json", "BOP's ground truth"):
            for key in sorted(truth, key=int):
                shot = _shot(int(key), truth[key], infos.get(key, []), cameras.get(key), scene, numbers, left)
                shots.append(replace(shot, split=split))
    ids = [shot.image_id for shot in shots]
    if len(set(ids)) < len(ids):
        shots = [replace(shot, image_id=next(image_ids)) for shot in shots]
    words = {
        "unseen": "objects left out, for nothing of them is seen",
        "depths": "scenes whose depth images are left out",
    }
    notes = tuple(f"{words[key]}: {n}" for key, n in left.items() if n)
    categories, more = _categories(source, shots)
    return LabelledSet(source.resolve().name, categories, tuple(shots), more, notes)


def _scenes(source: Path) -> list[tuple[str | None, Path]]:
    """Folders with a scene_gt.json, each with its split: the scene itself, those of a split, those of all splits."""
    if not source.is_dir():
        return []
    if (source / "scene_gt.json").is_file():
        return [(None, source)]
    depth = "*/scene_gt.json" if any(source.glob("*/scene_gt.json")) else "*/*/scene_gt.json"
    scenes = [path.parent for path in sorted(source.glob(depth))]
    return [(None if scene.parent == source else scene.parent.name, scene) for scene in scenes]


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
        thing = _thing(record, info, scene, f"{number:06d}_{index:06d}.png", size, next(numbers))
        if thing is None:
            left["unseen"] += 1
        else:
            things.append(thing)
    more = {"camera": from_bop_camera(camera)} if camera else {}
    name = f"{scene.name}/{found[0].name}"
    return Shot(number, name, found[0], *size, tuple(things), more=more)


def _thing(
    record: Mapping[str, Any], info: Mapping[str, Any], scene: Path, name: str, size: tuple[int, int], number: int
) -> Thing | None:
    category_id = int(record["obj_id"])
    more: dict[str, Any] = {"pose": from_bop_pose(record)}
    more |= {"asset_id": record["asset_id"]} if "asset_id" in record else {}
    more |= {"bbox_amodal": list(map(float, info["bbox_obj"]))} if "bbox_obj" in info else {}
    more |= {"full_px": int(info["px_count_all"])} if "px_count_all" in info else {}
    if (alone := scene / "mask" / name).is_file():
        more["segmentation_amodal"] = rle_of_mask(read_numbers(alone, size) > 0)
    iscrowd = bool(record.get("iscrowd", False))
    if (mask := scene / "mask_visib" / name).is_file():
        thing = thing_of_mask(number, category_id, read_numbers(mask, size) > 0, iscrowd=iscrowd, **more)
    else:
        x, y, w, h = map(float, info.get("bbox_visib", [0.0, 0.0, UNSEEN, UNSEEN]))
        is_seen = w > 0 and h > 0 and info.get("px_count_visib", 1) > 0
        thing = thing_of_box(number, category_id, [x, y, x + w, y + h], iscrowd=iscrowd, **more) if is_seen else None
    if thing is None or "visib_fract" not in info:
        return thing
    return replace(thing, instance=replace(thing.instance, visible_fraction=float(info["visib_fract"])))
