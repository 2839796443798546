"""COCO's two JSON shapes, truth and results: made for the metrics, and kept as `detections.json`."""

__all__ = ["coco_results", "coco_truth"]

from collections.abc import Iterable
from typing import Any

from synth.dataset import PictureSet
from train.detections import Detections
from train.measure.matching import IouKind


def coco_truth(truth: PictureSet) -> dict[str, Any]:
    """A `PictureSet` as COCO instances; annotation ids start at 1, since pycocotools takes 0 for "not matched"."""
    labels = [(picture, instance) for picture in truth.pictures for instance in picture.instances]
    annotations = []
    for annotation_id, (picture, instance) in enumerate(labels, start=1):
        x1, y1, x2, y2 = instance.box_xyxy_px
        annotation: dict[str, Any] = {
            "id": annotation_id,
            "image_id": picture.image_id,
            "category_id": instance.category_id,
            "bbox": [x1, y1, x2 - x1, y2 - y1],
            "area": instance.area_px,
            "iscrowd": int(instance.iscrowd),
        }
        if instance.rle is not None:
            annotation["segmentation"] = dict(instance.rle)
        annotations.append(annotation)
    return {
        "info": {"description": truth.name},
        "images": [
            {"id": p.image_id, "file_name": p.path.name, "width": p.width_px, "height": p.height_px}
            for p in truth.pictures
        ],
        "categories": [{"id": category.id, "name": category.name} for category in truth.categories],
        "annotations": annotations,
    }


def coco_results(detections: Iterable[Detections], kind: IouKind | None = None) -> list[dict[str, Any]]:
    """Detections as COCO results: boxes, masks, or (`kind` None) whatever there is.

    With `kind="segm"` the boxes are left out: where COCO's tools see a box they take its area for the mask's, which
    moves objects between small, medium and large.

    Raises:
        ValueError: masks are asked for, and there are none.
    """
    results = []
    for one in detections:
        if kind == "segm" and one.masks is None:
            raise ValueError(f"image_id {one.image_id}: masks are to be measured, and the detections have none")
        for i, (x1, y1, x2, y2) in enumerate(one.boxes_xyxy_px.tolist()):
            result: dict[str, Any] = {
                "image_id": one.image_id,
                "category_id": int(one.category_ids[i]),
                "score": float(one.scores[i]),
            }
            if kind != "segm":
                result["bbox"] = [x1, y1, x2 - x1, y2 - y1]
            if kind != "bbox" and one.masks is not None:
                result["segmentation"] = dict(one.masks[i])
            results.append(result)
    return results
