"""One labelled picture: the frame's arrays, and its annotations after the label policy."""

__all__ = ["LABEL_KINDS", "Sample", "annotate", "annotation_id", "image_id"]

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.annotate import boxes, keypoints, masks, pose, visibility  # noqa: F401  (registers them)
from synth.annotate.measures import frame_measures, label_measures
from synth.annotate.observed import ANNOTATORS, Fields, Observed
from synth.meshes import MeshStore
from synth.policy import LabelPolicy
from synth.scene import Camera, Frame, Scene

# The default: without amodal masks, which few read. Written out, for its order is that of the fields in the data set:
# which module happens to be imported first must have no part in that.
LABEL_KINDS = ("boxes", "masks", "visibility", "pose", "bbox_3d", "keypoints")


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """What is written of one frame.

    Attributes:
        instance: (H, W) uint16; only ids that have an annotation. What the policy dropped and what is not labelled
            is background here, so that the masks on disk say the same as annotations.json.
        classes: (H, W) category ids; uint8 where all the catalogue's fit, else uint16, the same for every frame.
        normals: (H, W, 3) as `Frame.normals`, or None.
        removed: How many labels each rule of the policy dropped or set to be ignored, as "rule:action".
        measures: Of the labels that count, and of the picture: see `synth.annotate.measures`.
    """

    index: int
    rgb: NDArray[np.uint8]
    instance: NDArray[np.uint16]
    classes: NDArray[np.uint8 | np.uint16]
    depth_m: NDArray[np.float32]
    normals: NDArray[np.float32] | None
    camera: Camera
    annotations: tuple[Fields, ...]
    removed: Counter[str]
    drawn: dict[str, Any]
    measures: dict[str, list[float]]


def image_id(index: int) -> int:
    """Of a frame: a function of its index, so the same frame has the same id in any run."""
    return index + 1


def annotation_id(index: int, instance_id: int) -> int:
    """Unique over the data set, and a function of frame and instance alone; instance ids have 16 bits."""
    return image_id(index) * 2**16 + instance_id


def annotate(
    frame: Frame, scene: Scene, meshes: MeshStore, policy: LabelPolicy, kinds: Sequence[str] = LABEL_KINDS
) -> Sample:
    """Label a frame.

    Args:
        frame: The picture, as rendered from `scene`.
        scene: What it shows.
        meshes: Of the scene's assets.
        policy: Which labels are kept.
        kinds: The label kinds to write. Boxes and visibility are always computed, for the policy needs them, and of
            both there always remains what COCO must have: `bbox` and `area`.
    """
    observed = Observed(frame, scene, meshes)
    columns = {name: ANNOTATORS[name](observed) for name in dict.fromkeys(("boxes", "visibility", *kinds))}
    annotations, removed, counted = [], Counter[str](), []
    for (_, placed), *parts in zip(observed.labelled, *columns.values(), strict=True):
        found = dict(zip(columns, parts, strict=True))
        box, seen = found["boxes"], found["visibility"]
        verdict = policy.judge(seen["visible_px"], seen["visible_fraction"], (box["bbox"][2], box["bbox"][3]))
        if verdict.action != "keep":
            removed[f"{verdict.rule}:{verdict.action}"] += 1
        if verdict.action == "drop":
            continue
        if verdict.action == "keep":
            counted.append(label_measures(observed, placed, box["bbox"], seen["visible_fraction"]))
        annotations.append(
            {
                "id": annotation_id(scene.index, placed.instance_id),
                "image_id": image_id(scene.index),
                "category_id": placed.category_id,
                "instance_id": placed.instance_id,
                "asset_id": placed.asset_id,
                "iscrowd": int(verdict.action == "ignore"),
                "bbox": box["bbox"],
                "area": seen["area"],
                **{key: value for name in kinds for key, value in found[name].items()},
            }
        )
    most = max((category.id for category in meshes.catalog.categories), default=0)
    instance, classes = _written_images(frame.instance, annotations, np.uint8 if most < 256 else np.uint16)
    return Sample(
        index=scene.index,
        rgb=frame.rgb,
        instance=instance,
        classes=classes,
        depth_m=frame.depth_m,
        normals=frame.normals,
        camera=scene.camera,
        annotations=tuple(annotations),
        removed=removed,
        drawn=dict(scene.drawn),
        measures=_columns([frame_measures(observed, len(counted)), *counted]),
    )


def _columns(rows: list[dict[str, float]]) -> dict[str, list[float]]:
    """Values by name, to the four digits that a histogram needs."""
    columns: dict[str, list[float]] = {}
    for row in rows:
        for name, value in row.items():
            columns.setdefault(name, []).append(round(float(value), 4))
    return columns


def _written_images(
    instance: NDArray[np.uint16], annotations: list[Fields], class_dtype: type[np.uint8] | type[np.uint16]
) -> tuple[NDArray[np.uint16], NDArray[np.uint8 | np.uint16]]:
    """The instance and the class image of what is annotated, by one look-up table each."""
    n = int(instance.max(initial=0)) + 1
    ids, categories = np.zeros(n, np.uint16), np.zeros(n, class_dtype)
    for annotation in annotations:
        ids[annotation["instance_id"]] = annotation["instance_id"]
        categories[annotation["instance_id"]] = annotation["category_id"]
    return ids[instance], categories[instance]
