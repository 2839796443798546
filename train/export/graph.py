"""A trained detector as one graph, of ONNX or TorchScript: any upright RGB picture in, boxes in its own pixels out.

Inputs   image   (H, W, 3) uint8, any size
Outputs  boxes   (N, 4) float32, x1 y1 x2 y2 in pixels of that picture
         labels  (N,) int64, category ids
         scores  (N,) float32, the best first, from 0.01 on
         masks   (N, M, M) float32, of detectors that have them: how sure each cell of the box's grid is

Resizing, normalising and non-maximum suppression lie within the graph. Names and more are in its metadata (TorchScript:
its extra files): `categories` (JSON, ids to names), `detector`, `image_size_px`, `format`, `made_by`.
"""

__all__ = ["export_onnx", "export_torchscript"]

import copy
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN

from synth.errors import CheckpointError, SynthError
from synth.extras import install_line
from train.checkpoint import Run
from train.detectors.transform import AntialiasedTransform
from train.export.onnx_model import FORMAT, MADE_BY

OPSET = 18  # the first whose Resize is antialiased
# Any picture serves to trace by. Its sides differ, so that none is taken for the other.
TRACED_HW_PX = (224, 288)


def export_onnx(run: Run, path: Path) -> None:
    """Write the run's detector as an ONNX file, whole or not at all.

    Raises:
        SynthError: the package `onnx` isn't installed.
        CheckpointError: this kind of detector can't be a graph.
    """
    try:
        import onnx  # noqa: PLC0415
    except ModuleNotFoundError:
        raise SynthError(f"writing ONNX needs a package: {install_line('onnx')}") from None
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.part")
    try:
        _trace_onnx(run, aside)
        model = onnx.load(aside)
        onnx.helper.set_model_props(model, _facts(run))
        onnx.checker.check_model(model)
        aside.write_bytes(model.SerializeToString())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def export_torchscript(run: Run, path: Path) -> None:
    """Write the run's detector as a TorchScript file, whole or not at all; it runs where torchvision is imported.

    Raises:
        CheckpointError: this kind of detector can't be a graph.
    """
    whole = _whole(run)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.part")
    try:
        with warnings.catch_warnings():
            # PyTorch will do without TorchScript one day; what shall follow it can't export these detectors yet.
            warnings.simplefilter("ignore")
            traced = torch.jit.trace(whole, (_example(),), check_trace=False)  # type: ignore[no-untyped-call]
            torch.jit.save(traced, aside, _extra_files=_facts(run))
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


class Whole(nn.Module):
    """The detector between a camera's picture and its own categories."""

    category_ids: Tensor

    def __init__(self, model: GeneralizedRCNN, category_ids: Sequence[int]) -> None:
        super().__init__()
        self.model = copy.deepcopy(model).cpu().eval()
        # What is done with Python's numbers there would be written down as constants of the traced picture.
        self.model.transform.resize = lambda image, target=None: (image, target)
        self.model.rpn.register_forward_hook(_with_one_more)
        self.register_buffer("category_ids", torch.tensor([0, *category_ids]))

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        transform = self.model.transform
        size_hw = torch._shape_as_tensor(image)[:2].double()
        scale = torch.minimum(transform.min_size[0] / size_hw.min(), transform.max_size / size_hw.max())
        seen_hw = (size_hw * scale).round().clamp(min=1)
        planes = image.permute(2, 0, 1)[None].float() / 255
        height, width = seen_hw.long()
        seen = functional.interpolate(planes, (height, width), mode="bilinear", align_corners=False, antialias=True)
        (found,) = self.model([seen[0]])
        back_xyxy = (size_hw / seen_hw).float().flip(0).repeat(2)
        outputs = found["boxes"] * back_xyxy, self.category_ids[found["labels"]], found["scores"]
        return (*outputs, found["masks"][:, 0]) if "masks" in found else outputs


def _with_one_more(rpn: nn.Module, inputs: Any, output: tuple[list[Tensor], Any]) -> tuple[list[Tensor], Any]:
    """Add a proposal of no size: nothing comes of it, and ONNX can't reshape a list that is empty."""
    (proposals,), losses = output
    return [torch.cat((proposals, proposals.new_zeros(1, 4)))], losses


def _facts(run: Run) -> dict[str, str]:
    return {
        "made_by": MADE_BY,
        "format": str(FORMAT),
        "categories": orjson.dumps({str(category.id): category.name for category in run.categories}).decode(),
        "detector": run.detector,
        "image_size_px": str(run.settings.image_size_px),
    }


def _whole(run: Run) -> Whole:
    if not isinstance(run.model, GeneralizedRCNN) or not isinstance(run.model.transform, AntialiasedTransform):
        raise CheckpointError(f"{run.path}: a detector {run.detector!r} can't be exported.")
    return Whole(run.model, [category.id for category in run.categories]).eval()


def _example() -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (*TRACED_HW_PX, 3), dtype=torch.uint8, generator=generator)


def _trace_onnx(run: Run, path: Path) -> None:
    whole = _whole(run)
    outputs = ["boxes", "labels", "scores", *(["masks"] if run.settings.masks else [])]
    resize = "aten::_upsample_bilinear2d_aa"
    torch.onnx.register_custom_op_symbolic(resize, _antialiased_resize, OPSET)  # type: ignore[attr-defined]
    try:
        with warnings.catch_warnings():
            # Of constants: those of sizes are gone, and the others are constants.
            warnings.simplefilter("ignore")
            # `dynamo=True` stops at non-maximum suppression, whose number of results depends on the picture.
            torch.onnx.export(
                whole,
                (_example(),),
                path,
                dynamo=False,
                opset_version=OPSET,
                input_names=["image"],
                output_names=outputs,
                dynamic_axes={"image": {0: "height", 1: "width"}} | {name: {0: "n"} for name in outputs},
            )
    finally:
        torch.onnx.unregister_custom_op_symbolic(resize, OPSET)  # type: ignore[attr-defined]


def _antialiased_resize(graph: Any, image: Any, size_hw: Any, align_corners: Any, *scales: Any) -> Any:
    """PyTorch's antialiased bilinear resizing in ONNX's words, which PyTorch's exporter lacks."""

    def constant(values: Sequence[int]) -> Any:
        return graph.op("Constant", value_t=torch.tensor(values, dtype=torch.int64))

    batch_and_channels = graph.op("Slice", graph.op("Shape", image), constant([0]), constant([2]))
    sides = [graph.op("Reshape", side, constant([1])) for side in size_hw.node().inputs()]
    sizes = graph.op("Concat", batch_and_channels, *sides, axis_i=0)
    none = graph.op("Constant", value_t=torch.tensor([], dtype=torch.float32))
    return graph.op(
        "Resize",
        image,
        none,
        none,
        sizes,
        mode_s="linear",
        antialias_i=1,
        exclude_outside_i=1,
        coordinate_transformation_mode_s="half_pixel",
    )
