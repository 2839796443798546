"""The names that SOLO's records go by."""

__all__ = [
    "BOX_2D",
    "BOX_3D",
    "CAMERA",
    "COUNTS",
    "INSTANCES",
    "KEYPOINTS",
    "OCCLUSION",
    "RENDERED",
    "SEMANTIC",
    "kind_of",
]

from collections.abc import Mapping
from typing import Any, Final

PREFIX: Final = "type.unity.com/unity.solo."
CAMERA: Final = f"{PREFIX}RGBCamera"
BOX_2D: Final = f"{PREFIX}BoundingBox2DAnnotation"
BOX_3D: Final = f"{PREFIX}BoundingBox3DAnnotation"
INSTANCES: Final = f"{PREFIX}InstanceSegmentationAnnotation"
SEMANTIC: Final = f"{PREFIX}SemanticSegmentationAnnotation"
KEYPOINTS: Final = f"{PREFIX}KeypointAnnotation"
RENDERED: Final = f"{PREFIX}RenderedObjectInfoMetric"
OCCLUSION: Final = f"{PREFIX}OcclusionMetric"
COUNTS: Final = f"{PREFIX}ObjectCountMetric"


def kind_of(record: Mapping[str, Any]) -> str:
    """What a record is, by its `@type`."""
    return str(record.get("@type", ""))
