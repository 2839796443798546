"""Put the shards together: move the files, stream the records. Memory does not grow with the number of frames.

The merge may be killed at any point and started again: files already moved stay where they are, the JSON files are
renamed into place when whole, and the manifest comes last.
"""

__all__ = ["merge_shards"]

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, Any

import orjson

from synth.catalog import Catalog
from synth.engine.coverage import Coverage
from synth.engine.destination import RECORDS, SET_ASIDE, destination_of, shard_folder
from synth.engine.pack import Frame, pack_frames
from synth.engine.plan import Plan
from synth.engine.records import read_records
from synth.errors import DatasetError
from synth.formats.writing import described
from synth.write.atomic import HASHES, SHARDS, atomic_writer, sha256_of, write_json

# What a data set of pictures has besides them.
WHOLE = ("annotations.json", "panoptic.json")


def merge_shards(
    plan: Plan, identity: dict[str, Any], renderer_description: str, decimations: Mapping[str, tuple[int, int]]
) -> dict[str, Any]:
    """Make the data set of its shards, all of which must be done; returns the manifest.

    Args:
        plan: What was made.
        identity: The plan's when it was begun.
        renderer_description: What drew it.
        decimations: By asset, how many triangles its file has, and how many were drawn.
    """
    catalog, destination = plan.catalog(), destination_of(plan)
    info = {
        "description": "Rendered and labelled by synth",
        "version": identity["versions"]["synth"],
        "renderer": renderer_description,
        **{key: identity[key] for key in ("settings", "settings_sha256", "assets_sha256", "versions")},
    }
    # There is one where left out frames were tried again: what it says holds no more from here on.
    destination.drop("manifest.json")
    destination.gather()
    packed = plan.layout.name != "coco"
    if not plan.layout.holds_pictures:
        destination.settle(_frames(plan))
    counts, coverage = _write_annotations(plan, catalog, None if packed else info)
    set_aside = _set_aside(plan)
    if counts["images"] + len(set_aside) != plan.n_frames:
        raise DatasetError(
            f"{plan.where}/{SHARDS}: was altered or cut off: {counts['images']} frames and {len(set_aside)} left out, "
            f"expected {plan.n_frames}. Make the data set anew with --overwrite."
        )
    if "panoptic" in plan.settings.images and not packed:
        _write_panoptic(plan, catalog, info)
    categories = _coco_categories(catalog, plan.settings.labels)
    names = {category["id"]: category["name"] for category in categories}
    shards = []
    if packed:
        shards = pack_frames(
            plan, _frames(plan, brought=True), lambda line: _image(line, names), categories, for_good=not set_aside
        )
    _write_hashes(plan, shards)
    manifest = (
        identity
        | described(categories, plan.layout, shards)
        | {
            "renderer": renderer_description,
            "counts": counts,
            "coverage": coverage,
            "set_aside": set_aside,
            "sha256": sha256_of(plan.out / HASHES),
            "decimated": {
                asset: {"from": before, "to": after} for asset, (before, after) in sorted(decimations.items())
            },
        }
    )
    for name in (*WHOLE, HASHES):
        if (plan.out / name).is_file():
            destination.keep(name)
    write_json(plan.out / "manifest.json", manifest)
    destination.keep("manifest.json")
    # Frames that were left out `--resume` tries again, for which it needs the others' records.
    destination.finish(for_good=not set_aside)
    return manifest


def _frames(plan: Plan, *, brought: bool = False) -> Iterator[Frame]:
    """Every frame, in order; `brought` with its pictures in its shard's folder."""
    for shard in plan.shards():
        folder = shard_folder(plan, shard)
        if brought:
            destination_of(plan).bring(shard)
        yield from ((folder, record) for _, record in read_records(folder / RECORDS))


def _records(plan: Plan) -> Iterator[dict[str, Any]]:
    return (record for _, record in _frames(plan))


def _write_hashes(plan: Plan, shards: Sequence[Mapping[str, Any]]) -> None:
    """Every file but the manifest, in the form that `sha256sum -c` reads."""
    whole = [name for name in WHOLE if (plan.out / name).is_file()]
    with atomic_writer(plan.out / HASHES) as file:
        for record in () if plan.layout.holds_pictures else _records(plan):
            file.writelines(f"{digest}  {name}\n".encode() for name, digest in record["files"].items())
        file.writelines(f"{shard['sha256']}  {shard['file']}\n".encode() for shard in shards)
        file.writelines(f"{sha256_of(plan.out / name)}  {name}\n".encode() for name in whole)


def _set_aside(plan: Plan) -> list[dict[str, Any]]:
    """The frames that are missing, each with its number and the reason."""
    files = (shard_folder(plan, shard) / SET_ASIDE for shard in plan.shards())
    return [entry for file in files if file.is_file() for entry in orjson.loads(file.read_bytes())]


def _write_annotations(
    plan: Plan, catalog: Catalog, info: dict[str, Any] | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """COCO instances, streamed; returns what was counted on the way, and what the frames cover.

    Args:
        info: COCO's; None to write nothing and count alone.
    """
    coverage = Coverage(plan.wanted())
    per_category: Counter[str] = Counter({category.name: 0 for category in catalog.categories})
    removed: Counter[str] = Counter()
    totals: Counter[str] = Counter(images=0, annotations=0, ignored=0, images_without_objects=0)
    names = {category.id: category.name for category in catalog.categories}
    annotations = _counted(plan, names, per_category, removed, totals, coverage)
    if info is None:
        deque(annotations, maxlen=0)
    else:
        with atomic_writer(plan.out / "annotations.json") as file:
            file.write(b'{"info":' + orjson.dumps(info, option=orjson.OPT_SORT_KEYS))
            file.write(b',"licenses":[],"categories":' + orjson.dumps(_coco_categories(catalog, plan.settings.labels)))
            file.write(b',"images":[')
            _write_list(file, (_image(record, names) for record in _records(plan)))
            file.write(b'],"annotations":[')
            _write_list(file, annotations)
            file.write(b"]}\n")
    counts = dict(totals) | {"per_category": dict(per_category), "removed": dict(removed)}
    return counts, coverage.table(per_category)


def _image(record: dict[str, Any], names: dict[int, str]) -> dict[str, Any]:
    """A COCO image, with how many labels of each category count in it, and what the policy did to the others."""
    counts = Counter(names[label["category_id"]] for label in record["annotations"] if not label["iscrowd"])
    return {**record["image"], "counts": dict(sorted(counts.items())), "removed": record["removed"]}


def _counted(
    plan: Plan,
    names: dict[int, str],
    per_category: Counter[str],
    removed: Counter[str],
    totals: Counter[str],
    coverage: Coverage,
) -> Iterator[dict[str, Any]]:
    for record in _records(plan):
        kept = [annotation for annotation in record["annotations"] if not annotation["iscrowd"]]
        totals["images"] += 1
        totals["annotations"] += len(kept)
        totals["ignored"] += len(record["annotations"]) - len(kept)
        totals["images_without_objects"] += not record["annotations"]
        removed.update(record["removed"])
        coverage.add(record["measures"])
        per_category.update(names[annotation["category_id"]] for annotation in kept)
        yield from record["annotations"]


def _write_panoptic(plan: Plan, catalog: Catalog, info: dict[str, Any]) -> None:
    with atomic_writer(plan.out / "panoptic.json") as file:
        file.write(b'{"info":' + orjson.dumps(info, option=orjson.OPT_SORT_KEYS))
        things = [category | {"isthing": 1} for category in _coco_categories(catalog)]
        file.write(b',"licenses":[],"categories":' + orjson.dumps(things) + b',"images":[')
        keys = ("id", "file_name", "width", "height")
        _write_list(file, ({key: record["image"][key] for key in keys} for record in _records(plan)))
        file.write(b'],"annotations":[')
        _write_list(file, (_panoptic_annotation(record) for record in _records(plan)))
        file.write(b"]}\n")


def _panoptic_annotation(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "image_id": record["image"]["id"],
        "file_name": record["image"]["labels"]["panoptic"].rpartition("/")[2],
        "segments_info": [
            {"id": annotation["instance_id"], **{key: annotation[key] for key in ("category_id", "area", "iscrowd")}}
            | {"bbox": annotation["bbox"]}
            for annotation in record["annotations"]
        ],
    }


def _coco_categories(catalog: Catalog, labels: Sequence[str] = ()) -> list[dict[str, Any]]:
    """COCO's categories, with their keypoints where those are among the labels."""
    categories: list[dict[str, Any]] = []
    for category in catalog.categories:
        entry: dict[str, Any] = {"id": category.id, "name": category.name, "supercategory": "object"}
        skeleton = catalog.skeletons.get(category.id)
        if skeleton is not None and "keypoints" in labels:
            entry |= {"keypoints": skeleton.names, "skeleton": skeleton.bones}
        categories.append(entry)
    return categories


def _write_list(file: IO[bytes], items: Iterable[dict[str, Any]]) -> None:
    for number, item in enumerate(items):
        file.write((b",\n" if number else b"\n") + orjson.dumps(item))
