"""A detector as an ONNX graph finds what it finds as a model; and files that are something else are refused."""

from pathlib import Path

import numpy as np
import pytest
import torch
from pycocotools import mask as coco_mask
from torchvision.ops import FrozenBatchNorm2d, box_iou

from synth.dataset import Category
from synth.errors import CheckpointError
from synth.policy import LabelPolicy
from train.checkpoint import Run
from train.detectors import build_detector
from train.predict import detect_rgb
from train.settings import TrainSettings

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from train.export.graph import export_onnx, export_torchscript  # noqa: E402
from train.export.onnx_model import load_onnx  # noqa: E402

CATEGORIES = (Category(3, "coin"), Category(9, "die"))
SIDE_PX = 64
SIZES_HW = ((261, 122), (50, 70), (300, 300), (128, 64))  # few, for PyTorch prepares itself for each anew


def seeded_run(detector, *, masks=False):
    """A detector that learned nothing and yet has opinions: its last layers are scaled until they have."""
    torch.manual_seed(0)
    pretrained = detector == "lite0"  # whose weights are at hand
    wanted = TrainSettings(detector=detector, image_size_px=SIDE_PX, masks=masks, pretrained=pretrained)
    settings = wanted.resolved(10, 1, torch.device("cpu"))
    model = build_detector(detector, 3, image_size_px=SIDE_PX, pretrained=pretrained, masks=masks).eval()
    # Few regions, for the time they take.
    model.rpn._pre_nms_top_n["testing"], model.rpn._post_nms_top_n["testing"] = 200, 20
    model.roi_heads.detections_per_img = 10
    with torch.no_grad():
        steady(model)
    return Run(Path("best.pt"), model, detector, CATEGORIES, LabelPolicy(), settings, 0)


def steady(model):
    """Without training the signal dies out: batch norms get the statistics of a picture, what decides a deviation."""

    def measure(norm, inputs):
        norm.running_mean = inputs[0].mean((0, 2, 3))
        norm.running_var = inputs[0].var().expand_as(norm.running_var)
        # The convolution before it applies it, but has run by now.
        return (inputs[0] - norm.running_mean[:, None, None]) / norm.running_var[:, None, None].sqrt()

    def spread(layer, inputs, output):
        spreads.pop(layer).remove()  # once, at the finest level
        logits = output.movedim(1, -1).flatten(0, -2)
        factor = 1 / (logits - logits.mean(0)).std()
        layer.weight *= factor
        layer.bias.copy_((layer.bias - logits.mean(0)) * factor)
        return layer.forward(*inputs)

    norms = [module for module in model.modules() if isinstance(module, FrozenBatchNorm2d)]
    deciding = [model.rpn.head.cls_logits, model.roi_heads.box_predictor.cls_score]
    if model.roi_heads.has_mask():
        deciding.append(model.roi_heads.mask_predictor.mask_fcn_logits)
    hooks = [norm.register_forward_pre_hook(measure) for norm in norms]
    spreads = {layer: layer.register_forward_hook(spread) for layer in deciding}
    image = torch.from_numpy(next(pictures(1, np.random.default_rng(0)))).permute(2, 0, 1) / 255
    model([image])
    for hook in hooks:
        hook.remove()


def pictures(n, rng):
    """Rectangles on noise, in sizes above and below the network's own."""
    for i in range(n):
        height, width = SIZES_HW[i % len(SIZES_HW)]
        rgb = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        for _ in range(3):
            top, left = rng.integers(0, height - 20), rng.integers(0, width - 20)
            rgb[top : top + 40, left : left + 40] = rng.integers(0, 256, 3)
        yield rgb


@pytest.fixture(scope="module")
def lite0(tmp_path_factory):
    run, path = seeded_run("lite0", masks=True), tmp_path_factory.mktemp("onnx") / "model.onnx"
    export_onnx(run, path)
    return run, path


def agreeing(run, model, rgb, score_min):
    """How many detections both have; each of the run's must have its equal."""
    expected, got = detect_rgb(run, rgb, score_min=score_min), model.detect(rgb, score_min=score_min - 1e-3)
    assert len(got) >= len(expected)
    ious_of = box_iou(torch.from_numpy(expected.boxes_xyxy_px), torch.from_numpy(got.boxes_xyxy_px)).numpy()
    for i, ious in enumerate(ious_of):
        same = got.category_ids == expected.category_ids[i]
        j = int(np.argmax(ious * same))
        assert ious[j] > 0.99 and same[j]
        assert got.scores[j] == pytest.approx(expected.scores[i], abs=1e-3)
        if expected.masks:
            masks = coco_mask.decode([got.masks[j], expected.masks[i]])
            assert np.ptp(masks, axis=2).sum() <= 0.01 * masks.any(axis=2).sum()
    return len(expected)


def test_boxes_scores_and_masks_are_the_models_own_on_twenty_pictures_of_any_size(lite0):
    run, path = lite0
    model = load_onnx(path)
    counts = [agreeing(run, model, rgb, 0.4) for rgb in pictures(20, np.random.default_rng(1))]
    assert min(counts) > 0


def test_another_detector_comes_out_the_same(tmp_path):
    run = seeded_run("mobilenet_v3")
    export_onnx(run, tmp_path / "model.onnx")
    model = load_onnx(tmp_path / "model.onnx")
    assert sum(agreeing(run, model, rgb, 0.4) for rgb in pictures(3, np.random.default_rng(2))) > 0


def test_torchscript_gives_the_models_own_numbers(lite0, tmp_path):
    run, _ = lite0
    export_torchscript(run, tmp_path / "model.ts")
    facts = {"categories": "", "made_by": ""}
    model = torch.jit.load(tmp_path / "model.ts", _extra_files=facts)
    assert facts == {"categories": b'{"3":"coin","9":"die"}', "made_by": b"synth export"}
    for rgb in pictures(3, np.random.default_rng(4)):
        expected = detect_rgb(run, rgb)
        with torch.inference_mode():
            boxes, labels, scores, masks = model(torch.from_numpy(rgb))
        assert np.allclose(scores, expected.scores, atol=1e-5) and len(masks) == len(scores)
        assert np.allclose(boxes, expected.boxes_xyxy_px, atol=1e-2)
        assert labels.tolist() == expected.category_ids.tolist()


def test_a_picture_in_which_nothing_is_found_gives_nothing(tmp_path):
    run = seeded_run("lite0", masks=True)
    run.model.rpn.score_thresh = 1.1  # so there is no proposal either
    export_onnx(run, tmp_path / "model.onnx")
    (rgb,) = pictures(1, np.random.default_rng(3))
    assert len(load_onnx(tmp_path / "model.onnx").detect(rgb)) == 0


def test_names_and_sizes_are_in_the_metadata(lite0):
    _, path = lite0
    facts = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    assert facts["categories"] == '{"3":"coin","9":"die"}'
    assert facts["image_size_px"] == str(SIDE_PX)
    assert load_onnx(path).categories == CATEGORIES


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("made_by", "someone", "synth export didn't write"),
        ("format", "99", "has format 99"),
        ("categories", "[1]", "metadata were altered"),
        ("categories", '{"3":', "metadata were altered"),
    ],
)
def test_altered_metadata_are_told(lite0, tmp_path, key, value, words):
    model = onnx.load(lite0[1])
    for entry in model.metadata_props:
        if entry.key == key:
            entry.value = value
    onnx.save(model, tmp_path / "altered.onnx")
    with pytest.raises(CheckpointError, match=words):
        load_onnx(tmp_path / "altered.onnx")


def test_a_category_without_a_name_is_told(lite0, tmp_path):
    model = onnx.load(lite0[1])
    for entry in model.metadata_props:
        if entry.key == "categories":
            entry.value = '{"4":"coin"}'
    onnx.save(model, tmp_path / "altered.onnx")
    with pytest.raises(CheckpointError, match="no name for"):
        load_onnx(tmp_path / "altered.onnx").detect(next(pictures(1, np.random.default_rng(1))))


def test_what_is_no_onnx_file_is_told(tmp_path):
    (tmp_path / "text.onnx").write_text("not a graph")
    with pytest.raises(CheckpointError, match=r"text\.onnx: can't be read as ONNX"):
        load_onnx(tmp_path / "text.onnx")
    with pytest.raises(CheckpointError, match="there is no such file"):
        load_onnx(tmp_path / "none.onnx")


def test_a_detector_that_is_no_network_of_torchvisions_is_refused_and_leaves_no_file(tmp_path):
    import train.detectors.fake

    settings = TrainSettings(detector="fake").resolved(10, 1, torch.device("cpu"))
    run = Run(Path("best.pt"), train.detectors.fake.Fake(3), "fake", CATEGORIES, LabelPolicy(), settings, 0)
    with pytest.raises(CheckpointError, match="can't be exported"):
        export_onnx(run, tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []
