"""2D boxes: `bbox` around the visible pixels, `bbox_amodal` around the whole object as if nothing hid it."""

__all__ = ["amodal_box_xywh_px", "boxes", "visible_box_xywh_px"]

import numpy as np
import scipy
from numpy.typing import NDArray

from synth.annotate.observed import ANNOTATORS, Fields, Observed
from synth.geometry import Matrix
from synth.scene import Camera

Box = tuple[float, float, float, float]
# A side of an outline is bent by a lens as if it were so many straight pieces: within a tenth of a pixel at the most.
SIDE_PARTS = 32


@ANNOTATORS.register("boxes")
def boxes(observed: Observed) -> list[Fields]:
    """`bbox` is all zeros for an object without a visible pixel; the label policy drops it."""
    camera = observed.scene.camera
    return [
        {
            "bbox": list(visible_box_xywh_px(observed, placed.instance_id)),
            "bbox_amodal": list(
                amodal_box_xywh_px(observed.shape(placed).hull_m, observed.camera_from_mesh(placed), camera)
            ),
        }
        for _, placed in observed.labelled
    ]


def visible_box_xywh_px(observed: Observed, instance_id: int) -> Box:
    """COCO's (x, y, w, h) around an instance's pixels; zeros if there are none."""
    window = observed.window(instance_id)
    if window is None:
        return 0.0, 0.0, 0.0, 0.0
    rows, columns = window
    # A pixel covers [i, i + 1), so the far edge is the last index plus one, which is how slices end. Without it,
    # one-pixel objects have no area, and torchvision stops at the first such box.
    return (
        float(columns.start),
        float(rows.start),
        float(columns.stop - columns.start),
        float(rows.stop - rows.start),
    )


def amodal_box_xywh_px(hull_m: NDArray[np.float64], camera_from_mesh: Matrix, camera: Camera) -> Box:
    """(x, y, w, h) around the projection of a whole object; it may leave the picture.

    The convex hull is enough: what is in front of the camera projects convex bodies to convex outlines. An object that
    reaches behind the camera covers a half plane; its box ends where the part 1 mm before the camera is seen. A lens
    bends the outline's sides, so these are followed, too; where only the hull touches one, not the object, that is a
    little more than the object has.

    Args:
        hull_m: (K, 3) vertices of the mesh's convex hull.
        camera_from_mesh: (4, 4), scale included.
        camera: For focal length, principal point and lens.
    """
    # Coordinates first: NumPy finds the extremes of long rows four times as fast as those of long columns.
    across, down, depth = camera_from_mesh[:3, :3] @ hull_m.T + camera_from_mesh[:3, 3:]
    depth = np.maximum(depth, 1e-3)
    x_px, y_px = (camera.focal_px * row / depth + c for row, c in zip((across, down), camera.center_px, strict=True))
    if not camera.is_pinhole:
        x_px, y_px = camera.through_lens(_outline_px(np.column_stack([x_px, y_px]))).T
    x, y = x_px.min(), y_px.min()
    return float(x), float(y), float(x_px.max() - x), float(y_px.max() - y)


def _outline_px(points_px: NDArray[np.float64]) -> NDArray[np.float64]:
    """(M, 2) points all along the convex outline of (K, 2) others, those on it included."""
    try:
        corners = points_px[scipy.spatial.ConvexHull(points_px).vertices]
    except scipy.spatial.QhullError:
        # Seen edge-on it is a line.
        corners = points_px[[points_px[:, 0].argmin(), points_px[:, 0].argmax()]]
        corners = np.concatenate([corners, points_px[[points_px[:, 1].argmin(), points_px[:, 1].argmax()]]])
    parts = np.arange(SIDE_PARTS)[:, None, None] / SIDE_PARTS
    return np.asarray((corners + parts * (np.roll(corners, -1, axis=0) - corners)).reshape(-1, 2))
