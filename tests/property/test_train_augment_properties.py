import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from train.data.augment import augment
from train.data.labelled import Labelled
from train.settings import AugmentSettings

sizes_hw = st.tuples(st.integers(1, 90), st.integers(1, 90))
canvases = st.tuples(st.sampled_from([32, 64]), st.sampled_from([32, 64]))
fractions = st.floats(0, 1, width=32)
boxes = st.lists(st.tuples(fractions, fractions, fractions, fractions), max_size=5)


@settings(max_examples=60, deadline=None)
@given(sizes_hw, canvases, boxes, st.integers(0, 2**32), st.floats(0, 1))
def test_what_torchvision_would_stop_at_never_comes_out(size_hw, canvas_hw, relative, seed, turn):
    height, width = size_hw
    image = torch.zeros(3, height, width, dtype=torch.uint8)
    corners = torch.tensor(
        [(min(a, c) * width, min(b, d) * height, max(a, c) * width, max(b, d) * height) for a, b, c, d in relative],
        dtype=torch.float32,
    ).reshape(-1, 4)
    n = len(corners)
    labelled = Labelled(image, corners, torch.ones(n, dtype=torch.int64), torch.ones(n), torch.ones(n) > 0)
    chosen = AugmentSettings(quarter_turn_probability=turn, flip_probability=turn)
    out = augment(lambda _: labelled, lambda _: lambda _: labelled, canvas_hw, chosen, np.random.default_rng(seed))
    assert out.image.shape == (3, *canvas_hw)
    assert out.image.dtype == torch.uint8
    x1, y1, x2, y2 = out.boxes.unbind(1)
    assert (x1 >= 0).all() and (y1 >= 0).all() and (x2 <= canvas_hw[1]).all() and (y2 <= canvas_hw[0]).all()
    assert (x1 < x2).all() and (y1 < y2).all()
    assert len(out.labels) == len(out.boxes)
