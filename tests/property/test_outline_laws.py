import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco_mask

from train.outlines import encode_outline


@settings(max_examples=60, deadline=None)
@given(
    corners=st.tuples(*[st.integers(-12, 40)] * 4).filter(lambda c: c[0] < c[2] and c[1] < c[3]),
    seed=st.integers(0, 2**32 - 1),
    cells=st.sampled_from([2, 7, 28]),
)
def test_a_mask_is_what_pytorch_samples_at_the_pixels_centres(corners, seed, cells):
    probabilities = np.random.default_rng(seed).random((cells, cells), np.float32)
    x1, y1, x2, y2 = (corner + 0.25 for corner in corners)
    y, x = torch.meshgrid(torch.arange(20) + 0.5, torch.arange(30) + 0.5, indexing="ij")
    grid = torch.stack(((x - x1) / (x2 - x1), (y - y1) / (y2 - y1)), dim=-1) * 2 - 1
    sampled = torch.nn.functional.grid_sample(
        torch.from_numpy(probabilities)[None, None], grid[None], padding_mode="border", align_corners=False
    )[0, 0].numpy()
    within = (grid.abs() <= 1).all(dim=-1).numpy()
    box = np.array((x1, y1, x2, y2), np.float32)
    drawn = coco_mask.decode(encode_outline(probabilities, box, 20, 30)).astype(bool)
    # A probability of a half but for rounding may fall on either side.
    sure = np.abs(sampled - 0.5) > 1e-4
    assert (drawn == (within & (sampled >= 0.5)))[sure].all()
