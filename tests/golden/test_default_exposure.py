"""Default pictures are neither black nor burnt: the small version of `make bench-scenes`, which renders a thousand."""

import numpy as np
import pytest

from synth.catalog import load_catalog
from synth.config import load_settings, make_stack
from synth.meshes import MeshStore
from synth.randomize.stack import randomize
from synth.rendering.renderer import Renderer
from synth.shipped import shipped_assets

pytestmark = pytest.mark.gl
SIZE = (96, 72)
N = 30


@pytest.fixture(scope="module")
def pictures():
    """Of each frame: the picture, and (H, W) where its targets are."""
    meshes, found = MeshStore(load_catalog(shipped_assets())), []
    stack = make_stack(load_settings(None))
    with Renderer(meshes, SIZE) as renderer:
        for index in range(N):
            scene = randomize(stack, meshes, size_wh_px=SIZE, seed=5, index=index)
            frame = renderer.render(scene)
            targets = [placed.instance_id for placed in scene.objects if placed.category_id is not None]
            found.append((frame.rgb, np.isin(frame.instance, targets)))
    return found


def test_no_picture_is_black_or_white(pictures):
    means = [rgb.mean() for rgb, _ in pictures]
    assert min(means) > 15
    assert max(means) < 240


def test_targets_are_neither_lost_in_the_dark_nor_burnt_out(pictures):
    seen = [(rgb, where) for rgb, where in pictures if where.sum() > 50]
    burnt = np.array([(rgb[where].min(axis=1) >= 250).mean() for rgb, where in seen])
    dark = np.array([(rgb[where].max(axis=1) < 20).mean() for rgb, where in seen])
    assert len(seen) > N / 2
    assert burnt.mean() < 0.03
    assert dark.mean() < 0.03
    assert np.mean(burnt > 0.3) < 0.06
