"""The labels in memory as SOLO: each picture a sequence of one step, as Perception writes fixed-length scenarios."""

__all__ = ["write_solo"]

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from synth.convert.label_png import colours_of, flat_map
from synth.convert.neutral import LabelledSet, Shot, Thing
from synth.convert.pictures import Placer
from synth.convert.poses import to_unity_box, to_unity_camera
from synth.convert.solo_words import BOX_2D, BOX_3D, CAMERA, INSTANCES, KEYPOINTS, OCCLUSION, RENDERED
from synth.dataset import Category
from synth.errors import DatasetError
from synth.write.atomic import write_json

SENSOR: Final = "camera"
OPAQUE: Final = 255
STILL: Final = [0.0, 0.0, 0.0]
NAMES: Final = {BOX_2D: "bounding box", BOX_3D: "bounding box 3D", INSTANCES: "instance segmentation"}
METRICS: Final = {RENDERED: "RenderedObjectInfo", OCCLUSION: "Occlusion"}
FORMATS: Final = {".png": "Png", ".jpg": "Jpg", ".jpeg": "Jpg"}


def write_solo(labelled: LabelledSet, out: Path, placer: Placer) -> list[str]:
    """Write the set into an empty folder; returns what showed only in writing.

    Raises:
        DatasetError: a picture is neither PNG nor JPEG.
    """
    names = {category.id: category.name for category in labelled.categories}
    n_shared, n_without_camera = 0, 0
    for number, shot in enumerate(labelled.shots):
        folder = out / f"sequence.{number}"
        suffix = Path(shot.name).suffix.lower()
        if suffix not in FORMATS:
            raise DatasetError(f"{shot.path}: SOLO holds PNG and JPEG pictures. Convert it first.")
        placer.put(shot, folder / f"step0.{SENSOR}{suffix}")
        n_shared += _write_masks(shot, folder)
        n_without_camera += "camera" not in shot.more
        write_json(folder / "step0.frame_data.json", _frame(shot, number, suffix, names, labelled))
    _write_definitions(labelled, out)
    said = {
        "pictures in which masks overlap, where the last object has the shared pixels": n_shared,
        "pictures without a camera: SOLO's projection and place of it left out": n_without_camera,
        "pictures whose lens bends lines, which SOLO has no word for": sum(map(_is_bent, labelled.shots)),
        "corners of 3D boxes in pixels left out, which box and camera decide": sum(map(_has_corners, labelled.things)),
    }
    return [f"{what}: {n}" for what, n in said.items() if n]


def _is_bent(shot: Shot) -> bool:
    return any(shot.more.get("camera", {}).get("distortion", ()))


def _has_corners(thing: Thing) -> bool:
    return "corners_px" in thing.more.get("bbox_3d", {})


def _write_masks(shot: Shot, folder: Path) -> bool:
    numbers = range(1, len(shot.things) + 1)
    drawn, n_shared = flat_map(shot.things, numbers, shot.height_px, shot.width_px)
    pixels = np.dstack([colours_of(drawn), np.full(drawn.shape, OPAQUE, np.uint8)])
    Image.fromarray(pixels).save(folder / f"step0.{SENSOR}.{NAMES[INSTANCES]}.png", compress_level=1)
    return n_shared > 0


def _frame(shot: Shot, number: int, suffix: str, names: Mapping[int, str], labelled: LabelledSet) -> dict[str, Any]:
    size = [float(shot.width_px), float(shot.height_px)]
    camera = shot.more.get("camera")
    capture = {
        "@type": CAMERA,
        "id": SENSOR,
        "description": "",
        "position": STILL,
        "rotation": [0.0, 0.0, 0.0, 1.0],
        "velocity": STILL,
        "acceleration": STILL,
        "filename": f"step0.{SENSOR}{suffix}",
        "imageFormat": FORMATS[suffix],
        "dimension": size,
        "projection": "Perspective",
        **(to_unity_camera(camera, (shot.width_px, shot.height_px)) if camera else {}),
        "annotations": _annotations(shot, names, size, labelled),
    }
    return {
        "frame": shot.image_id,
        "sequence": number,
        "step": 0,
        "timestamp": 0.0,
        "captures": [capture],
        "metrics": _metrics(shot.things),
    }


def _annotations(
    shot: Shot, names: Mapping[int, str], size: Sequence[float], labelled: LabelledSet
) -> list[dict[str, Any]]:
    boxes, boxes_3d, instances = [], [], []
    for index, thing in enumerate(shot.things, start=1):
        labels = _labels(thing, names)
        x1, y1, x2, y2 = thing.instance.box_xyxy_px
        boxes.append({**labels, "origin": [x1, y1], "dimension": [x2 - x1, y2 - y1]})
        if "bbox_3d" in thing.more:
            still = {"velocity": STILL, "acceleration": STILL}
            boxes_3d.append({**labels, **to_unity_box(thing.more["bbox_3d"]), **still})
        if thing.instance.rle is not None:
            instances.append({**labels, "color": [*colours_of(np.array(index)).tolist(), OPAQUE]})
    file = {"imageFormat": "Png", "dimension": size, "filename": f"step0.{SENSOR}.{NAMES[INSTANCES]}.png"}
    return [
        {**_annotation(BOX_2D), "values": boxes},
        {**_annotation(BOX_3D), "values": boxes_3d},
        {**_annotation(INSTANCES), **file, "instances": instances},
        *_keypoints(shot, labelled),
    ]


def _annotation(kind: str) -> dict[str, Any]:
    return {"@type": kind, "id": NAMES[kind], "sensorId": SENSOR, "description": ""}


def _labels(thing: Thing, names: Mapping[int, str]) -> dict[str, Any]:
    category_id = thing.instance.category_id
    return {"instanceId": thing.id, "labelId": category_id, "labelName": names[category_id]}


def _keypoints(shot: Shot, labelled: LabelledSet) -> list[dict[str, Any]]:
    annotations = []
    for category in _with_keypoints(labelled):
        mine = [thing for thing in shot.things if thing.instance.category_id == category.id]
        values = [
            {
                "instanceId": thing.id,
                "labelId": category.id,
                "pose": "unset",
                "keypoints": [
                    {"index": index, "location": list(map(float, triple[:2])), "state": int(triple[2])}
                    for index, triple in enumerate(zip(*[iter(thing.more["keypoints"])] * 3, strict=True))
                ],
            }
            for thing in mine
            if "keypoints" in thing.more
        ]
        name = f"keypoints of {category.name}"
        shared = {"@type": KEYPOINTS, "id": name, "sensorId": SENSOR, "description": ""}
        annotations.append({**shared, "templateId": category.name, "values": values})
    return annotations


def _with_keypoints(labelled: LabelledSet) -> list[Category]:
    return [each for each in labelled.categories if labelled.category_more.get(each.id, {}).get("keypoints")]


def _metrics(things: Sequence[Thing]) -> list[dict[str, Any]]:
    rendered = [
        {
            "labelId": thing.instance.category_id,
            "instanceId": thing.id,
            "color": [*colours_of(np.array(index)).tolist(), OPAQUE],
            "visiblePixels": int(thing.more["visible_px"]),
        }
        for index, thing in enumerate(things, start=1)
        if "visible_px" in thing.more
    ]
    occluded = [
        {
            "instanceId": thing.id,
            "percentVisible": thing.instance.visible_fraction,
            "percentInFrame": thing.more["in_frame_fraction"],
            "visibilityInFrame": thing.more["unoccluded_fraction"],
        }
        for thing in things
        if thing.instance.visible_fraction is not None
        and {"in_frame_fraction", "unoccluded_fraction"} <= thing.more.keys()
    ]
    shared = {"sensorId": SENSOR, "annotationId": "", "description": ""}
    values = {RENDERED: rendered, OCCLUSION: occluded}
    return [{"@type": kind, "id": METRICS[kind], **shared, "values": each} for kind, each in values.items() if each]


def _write_definitions(labelled: LabelledSet, out: Path) -> None:
    spec = [{"label_id": category.id, "label_name": category.name} for category in labelled.categories]
    definitions: list[dict[str, Any]] = [
        {"@type": kind, "id": name, "description": "", "spec": spec} for kind, name in NAMES.items()
    ]
    for category in _with_keypoints(labelled):
        template = _template(category, labelled.category_more[category.id])
        name = f"keypoints of {category.name}"
        definitions.append({"@type": KEYPOINTS, "id": name, "description": "", "template": template})
    write_json(out / "annotation_definitions.json", {"annotationDefinitions": definitions})
    metrics = [{"@type": kind, "id": name, "description": ""} for kind, name in METRICS.items()]
    write_json(out / "metric_definitions.json", {"metricDefinitions": metrics})
    sensor = {"@type": CAMERA, "id": SENSOR, "modality": "camera", "description": "", "firstCaptureFrame": 0.0}
    sensor |= {"captureTriggerMode": "Scheduled", "simulationDeltaTime": 0.0, "framesBetweenCaptures": 0}
    write_json(out / "sensor_definitions.json", {"sensorDefinitions": [sensor]})
    metadata = {
        "unityVersion": "",
        "perceptionVersion": "1.0.0",
        "totalFrames": len(labelled.shots),
        "totalSequences": len(labelled.shots),
        "sensors": [SENSOR],
        "metricCollectors": list(METRICS.values()),
        "annotators": [{"name": each["id"], "type": each["@type"]} for each in definitions],
    }
    write_json(out / "metadata.json", metadata)


def _template(category: Category, more: Mapping[str, Any]) -> dict[str, Any]:
    white = [OPAQUE] * 4
    points = [{"label": name, "index": index, "color": white} for index, name in enumerate(more["keypoints"])]
    bones = [{"joint1": a - 1, "joint2": b - 1, "color": white} for a, b in more.get("skeleton", ())]
    return {"templateId": category.name, "templateName": category.name, "keypoints": points, "skeleton": bones}
