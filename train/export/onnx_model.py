"""A detector in an ONNX file, run by onnxruntime: no PyTorch is imported here."""

__all__ = ["FORMAT", "MADE_BY", "OnnxModel", "load_onnx"]

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from synth.dataset import Category
from synth.errors import CheckpointError, SynthError
from synth.extras import install_line
from train.detections import Detections
from train.outlines import encode_outline

MADE_BY = "synth export"
FORMAT = 1
OUTPUTS = (["boxes", "labels", "scores"], ["boxes", "labels", "scores", "masks"])


@dataclass(frozen=True, slots=True)
class OnnxModel:
    """A detector whose graph takes any picture; `session` is onnxruntime's."""

    categories: tuple[Category, ...]
    session: Any

    def detect(self, rgb: NDArray[np.uint8], *, score_min: float = 0.0) -> Detections:
        """What it finds in an upright (H, W, 3) sRGB picture; the image id is 0."""
        boxes, labels, scores, *over_boxes = self.session.run(None, {"image": rgb})
        if not {category.id for category in self.categories}.issuperset(labels.tolist()):
            raise CheckpointError(f"the ONNX file's metadata were altered: no name for one of {set(labels.tolist())}.")
        # Non-maximum suppression gives the best first already; two of equal score may stand either way.
        order = np.argsort(-scores, kind="stable")
        order = order[scores[order] >= score_min]
        masks = None
        if over_boxes:
            masks = tuple(encode_outline(over_boxes[0][i], boxes[i], *rgb.shape[:2]) for i in order)
        return Detections(0, boxes[order], scores[order], labels[order], masks)


def load_onnx(path: Path) -> OnnxModel:
    """Open a file that `synth export` wrote.

    Raises:
        SynthError: onnxruntime isn't installed.
        CheckpointError: there is no such file, or it isn't one of ours.
    """
    try:
        import onnxruntime  # noqa: PLC0415
    except ModuleNotFoundError:
        raise SynthError(f"running ONNX needs a package: {install_line('onnx')}") from None
    if not path.is_file():
        raise CheckpointError(f"{path}: there is no such file. Make one with: synth export --onnx {path}")
    options = onnxruntime.SessionOptions()
    # Its threads else wait for each other at full speed, which takes minutes on a machine that has other work.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(path, options, providers=onnxruntime.get_available_providers())
    # onnxruntime's errors are of many kinds and have no common base.
    except Exception as error:
        raise CheckpointError(f"{path}: can't be read as ONNX ({type(error).__name__}). Export it again.") from None
    facts = session.get_modelmeta().custom_metadata_map
    if facts.get("made_by") != MADE_BY:
        raise CheckpointError(f"{path}: an ONNX file that synth export didn't write. Make one with: synth export")
    if facts.get("format") != str(FORMAT):
        raise CheckpointError(
            f"{path}: has format {facts.get('format', 'none')}, this version reads {FORMAT}. Export it again."
        )
    if [output.name for output in session.get_outputs()] not in OUTPUTS:
        raise CheckpointError(f"{path}: its graph was altered: it has other outputs. Export it again.")
    return OnnxModel(_categories(path, facts.get("categories", "")), session)


def _categories(path: Path, text: str) -> tuple[Category, ...]:
    try:
        return tuple(Category(int(number), str(name)) for number, name in orjson.loads(text).items())
    except (orjson.JSONDecodeError, AttributeError, TypeError, ValueError):
        raise CheckpointError(
            f"{path}: its metadata were altered: 'categories' isn't a JSON object of ids and names. Export it again."
        ) from None
