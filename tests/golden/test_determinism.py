"""The same frame is the same bytes: again, in another order, in another process, by another number of workers."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import orjson
import pytest

from synth.config import load_settings, make_stack
from synth.engine import local
from synth.engine.commands import render
from synth.engine.local import render_dataset
from synth.engine.plan import Plan
from synth.randomize.stack import randomize
from synth.rendering import gl
from synth.shipped import shipped_assets

pytestmark = pytest.mark.gl
SETTINGS = load_settings(None, {"size": (160, 120), "categories": ("box", "drum"), "placement.count": (4, 6)})

DRAW = """
import sys
from pathlib import Path
import numpy as np
from synth.catalog import load_catalog
from synth.config import load_settings, make_stack
from synth.meshes import MeshStore
from synth.randomize.stack import randomize
from synth.rendering.renderer import Renderer

meshes = MeshStore(load_catalog(Path(sys.argv[1])))
stack = make_stack(load_settings(None))
with Renderer(meshes, (160, 120)) as renderer:
    frames = [
        renderer.render(randomize(stack, meshes, size_wh_px=(160, 120), seed=5, index=index), normals=True)
        for index in (2, 0, 1)
    ]
parts = ("rgb", "depth_m", "instance", "amodal_bits", "full_px", "normals")
order = (1, 2, 0)
np.savez(sys.argv[2], **{f"{part}{i}": getattr(frames[k], part) for i, k in enumerate(order) for part in parts})
"""


def tree(folder):
    """Every file by its name, with its content's hash."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def done(assets, tmp_path_factory):
    """Four frames by one process; not to be written to."""
    out = tmp_path_factory.mktemp("one") / "data"
    render_dataset(Plan(SETTINGS, assets, out, n_frames=4, shard_frames=2), workers=0)
    return out


def drawn_elsewhere(assets, tmp_path, platform, **more_environment):
    """The arrays of three frames of the default stack, drawn in a process of its own."""
    out = tmp_path / f"{'_'.join([platform, *more_environment.values()])}.npz"
    environment = {name: value for name, value in os.environ.items() if name != "PYOPENGL_PLATFORM"}
    environment |= {"PYOPENGL_PLATFORM": platform} if platform else {}
    environment |= more_environment
    subprocess.run([sys.executable, "-c", DRAW, assets, out], env=environment, check=True)
    with np.load(out) as arrays:
        return dict(arrays)


def test_a_frame_is_the_same_again_in_another_order_and_in_another_process(renderer, meshes, assets, tmp_path):
    stack = make_stack(load_settings(None))
    scenes = [randomize(stack, meshes, size_wh_px=(160, 120), seed=5, index=index) for index in range(3)]
    first = [renderer.render(scene) for scene in scenes]
    again = [renderer.render(scene) for scene in reversed(scenes)][::-1]
    elsewhere = drawn_elsewhere(assets, tmp_path, os.environ["PYOPENGL_PLATFORM"])
    for number in range(3):
        for part in ("rgb", "depth_m", "instance", "amodal_bits", "full_px"):
            expected = getattr(first[number], part)
            assert np.array_equal(getattr(again[number], part), expected), part
            assert np.array_equal(elsewhere[f"{part}{number}"], expected), part


def test_egl_and_osmesa_draw_the_same(tmp_path):
    missing = [f"{way.platform}: {way.error}" for way in gl.ways() if way.error]
    if missing:
        pytest.skip(f"only one way to OpenGL here ({'; '.join(missing)})")
    # The shipped ones: with textures, glass, and what is cut by alpha.
    egl, osmesa = (drawn_elsewhere(shipped_assets(), tmp_path, platform) for platform in ("egl", "osmesa"))
    for name in egl:
        assert np.array_equal(egl[name], osmesa[name]), name


def test_who_has_looked_for_ways_to_opengl_has_asked_mesa_for_what_rendering_asks(monkeypatch):
    # Mesa reads it once: a process that looks first, and asks later, draws other bytes than one that doesn't look.
    monkeypatch.delenv("GALLIVM_PERF", raising=False)
    gl.ways()
    assert os.environ["GALLIVM_PERF"] == gl.MESA_SHORTCUTS


def test_shortcuts_that_the_user_chose_are_part_of_what_is_said_to_draw():
    # So that whoever goes on with a data set under others is told.
    program = "from synth.rendering.gl import open_context; print(open_context().description)"
    said = [
        subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, **more}, capture_output=True, text=True, check=True
        ).stdout.strip()
        for more in ({"GALLIVM_PERF": gl.MESA_SHORTCUTS}, {"GALLIVM_PERF": "rho_approx"})
    ]
    assert said[1] == f"{said[0]}, GALLIVM_PERF=rho_approx"


def test_any_number_of_mesas_threads_draws_the_same(tmp_path):
    platform = os.environ.get("PYOPENGL_PLATFORM", "")
    none, *several = (
        drawn_elsewhere(shipped_assets(), tmp_path, platform, LP_NUM_THREADS=threads)
        for threads in ("0", "1", "2", "5")
    )
    for name in none:
        assert all(np.array_equal(one[name], none[name]) for one in several), name


@pytest.mark.parametrize(("workers", "shard_frames"), [(1, 64), (2, 1), (3, 1), (2, 3)])
def test_any_number_of_workers_makes_the_same_bytes_by_shards_of_any_size(
    assets, tmp_path, done, workers, shard_frames
):
    out = tmp_path / "data"
    render_dataset(Plan(SETTINGS, assets, out, n_frames=4, shard_frames=shard_frames), workers=workers)
    assert tree(out) == tree(done)


def test_a_run_that_lost_a_shard_and_left_half_of_one_goes_on_to_the_same_bytes(assets, tmp_path, done, monkeypatch):
    plan = Plan(SETTINGS, assets, tmp_path / "data", n_frames=4, shard_frames=2)

    class KilledError(Exception): ...

    def killed(*arguments):
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(local, "merge_shards", killed)
        with pytest.raises(KilledError):
            render_dataset(plan, workers=0)
    half = plan.out / "shards" / "000001.part"
    (plan.out / "shards" / "000001").rename(half)
    (half / "records.jsonl").write_bytes(b'{"files": ["images/00')
    (half / "images" / "000003.jpg").unlink()
    render_dataset(plan, workers=0, resume=True)
    assert tree(plan.out) == tree(done)


def test_one_frame_alone_has_the_bytes_that_it_has_in_the_set(assets, tmp_path, done):
    overrides = {"size": (160, 120), "categories": ("box", "drum"), "placement.count": (4, 6)}
    render(
        n=1,
        out=tmp_path / "set",
        assets=assets,
        config=None,
        overrides=overrides,
        workers=None,
        resume=False,
        overwrite=False,
        frame=2,
    )
    alone, whole = tree(tmp_path / "set-frame-2"), tree(done)
    record = orjson.loads((tmp_path / "set-frame-2" / "frame.json").read_bytes())
    assert set(alone) - {"frame.json"} == {name for name in whole if "000002" in name}
    assert all(alone[name] == whole[name] for name in set(alone) - {"frame.json"})
    coco = orjson.loads((done / "annotations.json").read_bytes())
    image = next(image for image in coco["images"] if image["id"] == record["image"]["id"])
    assert record["image"].items() <= image.items()  # the set's has counts too, of what was merged
    assert record["annotations"] == [a for a in coco["annotations"] if a["image_id"] == record["image"]["id"]]


def test_the_data_sets_records_say_what_drew_it(done):
    manifest = (done / "manifest.json").read_text(encoding="utf-8")
    assert "OpenGL" in manifest
