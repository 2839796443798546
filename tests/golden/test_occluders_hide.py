"""What occluders hide in the picture is about what they were placed for, and no label suffers."""

import numpy as np
import pytest

from synth.annotate.sample import annotate
from synth.catalog import load_catalog
from synth.config import load_settings, make_stack
from synth.meshes import MeshStore
from synth.policy import LabelPolicy
from synth.randomize.stack import randomize
from synth.rendering.renderer import Renderer
from synth.shipped import shipped_assets

pytestmark = pytest.mark.gl
SIZE = (320, 240)
KEEP_ALL = LabelPolicy(min_visible_fraction=0, min_visible_px=0, min_box_px=0)
ONE_AND_AN_OCCLUDER = {
    "placement.count": (1, 1),
    "placement.negatives": 0.0,
    "placement.arrangements": {"scatter": 1.0},
    "distractors.count": (0, 0),
    "occluders.share": 1.0,
    "occluders.count": (1, 1),
    "categories": ("die", "coin", "padlock"),
}


def test_a_target_alone_is_hidden_by_about_as_much_as_was_reckoned():
    catalog = load_catalog(shipped_assets()).only(ONE_AND_AN_OCCLUDER["categories"])
    meshes = MeshStore(catalog)
    stack = make_stack(load_settings(None, ONE_AND_AN_OCCLUDER))
    errors = []
    with Renderer(meshes, SIZE) as renderer:
        for index in range(24):
            scene = randomize(stack, meshes, size_wh_px=SIZE, seed=2, index=index)
            (record,) = scene.drawn["occluders"] or [{"placed": []}]
            frame = renderer.render(scene)
            labels = annotate(frame, scene, meshes, KEEP_ALL).annotations
            ids = {part["instance_id"] for part in record["placed"]}
            assert not ids & {label["instance_id"] for label in labels}
            if ids and record["target"]:
                target = next((label for label in labels if label["instance_id"] == record["target"]), None)
                seen = target["unoccluded_fraction"] if target else 0.0
                errors.append(record["hidden"] - (1 - seen))
    assert len(errors) > 12, errors
    assert np.mean(np.abs(errors)) < 0.1
