"""How a picture and its labels come to the size a detector works at, and how boxes come back."""

__all__ = ["AntialiasedTransform"]

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional
from torchvision.models.detection.transform import GeneralizedRCNNTransform, resize_boxes

Target = dict[str, Tensor]
LONGEST_PER_SHORTEST = 5 / 3


class AntialiasedTransform(GeneralizedRCNNTransform):  # type: ignore[misc]  # torchvision has no types
    """torchvision's skips pixels where it shrinks: a 12-megapixel photo would reach the network as glitter.

    And it draws each mask onto a picture of its own, 4.8 GB for a hundred on such a photo. Here `masks` stay what the
    network said, (N, 1, M, M) probabilities over each box; `train.predict` makes outlines of them, one at a time.
    """

    # Whether training pictures are brought to the size that is predicted at; not where they come in another on purpose.
    resizes_in_training = True

    def __init__(self, image_size_px: int, image_mean: Sequence[float], image_std: Sequence[float]) -> None:
        super().__init__(image_size_px, round(image_size_px * LONGEST_PER_SHORTEST), image_mean, image_std)

    def resize(self, image: Tensor, target: Target | None = None) -> tuple[Tensor, Target | None]:
        if self.training and not self.resizes_in_training:
            return image, target
        height, width = image.shape[-2:]
        scale = min(self.min_size[0] / min(height, width), self.max_size / max(height, width))
        size_hw = (max(1, round(height * scale)), max(1, round(width * scale)))
        if size_hw == (height, width):
            return image, target
        image = functional.interpolate(image[None], size_hw, mode="bilinear", align_corners=False, antialias=True)[0]
        if target is not None:
            target["boxes"] = resize_boxes(target["boxes"], (height, width), size_hw)
            if "masks" in target:
                target["masks"] = functional.interpolate(target["masks"][:, None], size_hw, mode="nearest-exact")[:, 0]
        return image, target

    def postprocess(
        self,
        result: list[dict[str, Tensor]],
        image_shapes: list[tuple[int, int]],
        original_image_sizes: list[tuple[int, int]],
    ) -> list[dict[str, Tensor]]:
        if not self.training:
            for found, seen_hw, own_hw in zip(result, image_shapes, original_image_sizes, strict=True):
                found["boxes"] = resize_boxes(found["boxes"], seen_hw, own_hw)
        return result
