"""Pictures in, detections out, in each picture's own pixels and the run's own category ids."""

__all__ = ["Progress", "detect", "detect_rgb", "predict"]

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from synth.dataset import Category, Picture
from train.checkpoint import Run
from train.data.stream import read_image
from train.detections import Detections
from train.outlines import encode_outline

# Called with the number of pictures done and of all.
Progress = Callable[[int, int], None]


def predict(
    run: Run, pictures: Sequence[Picture], *, score_min: float = 0.0, progress: Progress | None = None
) -> list[Detections]:
    """What the run's detector finds in each picture, in their order; pictures may be of any size.

    Args:
        score_min: Detections below are left out. The detectors themselves drop what is below 0.01.

    Raises:
        DatasetError: a picture can't be read.
    """
    return detect(run.model, run.categories, pictures, score_min=score_min, progress=progress)


def detect(
    model: nn.Module,
    categories: Sequence[Category],
    pictures: Sequence[Picture],
    *,
    score_min: float = 0.0,
    progress: Progress | None = None,
) -> list[Detections]:
    """The same with a bare detector, whose label k stands for `categories[k - 1]`; its mode is left as it was."""
    category_ids = np.array([0, *(category.id for category in categories)], np.int64)
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    found = []
    try:
        with torch.inference_mode():
            for picture in pictures:
                # One by one: in a batch each would be padded to the largest, and its boxes would depend on the others.
                (output,) = model([read_image(picture).to(device).float().div_(255)])
                found.append(
                    _detections(
                        picture.image_id, (picture.height_px, picture.width_px), output, category_ids, score_min
                    )
                )
                if progress:
                    progress(len(found), len(pictures))
    finally:
        model.train(was_training)
    return found


def detect_rgb(run: Run, rgb: NDArray[np.uint8], *, score_min: float = 0.0) -> Detections:
    """What the run's detector finds in one picture in memory, upright, (H, W, 3) sRGB; its image id is 0."""
    device = next(run.model.parameters()).device
    category_ids = np.array([0, *(category.id for category in run.categories)], np.int64)
    image = torch.tensor(rgb, device=device).permute(2, 0, 1).float().div_(255)
    with torch.inference_mode():
        (output,) = run.model([image])
    return _detections(0, rgb.shape[:2], output, category_ids, score_min)


def _detections(
    image_id: int,
    size_hw_px: tuple[int, int],
    output: dict[str, Tensor],
    category_ids: NDArray[np.int64],
    score_min: float,
) -> Detections:
    order = torch.argsort(output["scores"], descending=True, stable=True)
    order = order[output["scores"][order] >= score_min]
    boxes_xyxy_px = output["boxes"][order].float().cpu().numpy()
    masks = None
    if "masks" in output:
        over_boxes = output["masks"][order, 0].float().cpu().numpy()
        masks = tuple(
            encode_outline(probabilities, box, *size_hw_px)
            for probabilities, box in zip(over_boxes, boxes_xyxy_px, strict=True)
        )
    return Detections(
        image_id=image_id,
        boxes_xyxy_px=boxes_xyxy_px,
        scores=output["scores"][order].float().cpu().numpy(),
        category_ids=category_ids[output["labels"][order].cpu().numpy()],
        masks=masks,
    )
