"""A data set of seven small frames, its run killed or bereft of a frame, with the renderer that needs no OpenGL."""

import hashlib
import json

import pytest

from synth.config import load_settings
from synth.engine import local
from synth.engine.local import render_dataset
from synth.rendering.fake import FakeRenderer

SETTINGS = load_settings(None, {"size": (160, 120), "placement.count": (3, 8), "placement.negatives": 0.3})


def tree(folder):
    """Every file by its name, with its content's hash."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def loaded(done, name):
    return json.loads((done / name).read_bytes())


class KilledError(Exception):
    """Stands for a kill."""


def killed_at(plan, monkeypatch, frame):
    """Run until a frame, and die there as abruptly as one process can."""
    render = FakeRenderer.render

    def dying(self, scene, **asked):
        if scene.index == frame:
            raise KilledError
        return render(self, scene, **asked)

    monkeypatch.setattr(FakeRenderer, "render", dying)
    with pytest.raises(KilledError):
        render_dataset(plan, workers=0)
    monkeypatch.setattr(FakeRenderer, "render", render)


def drawn_on_resume(plan, monkeypatch):
    """The frames that the resumed run draws."""
    drawn = []
    render = FakeRenderer.render

    def counting(self, scene, **asked):
        drawn.append(scene.index)
        return render(self, scene, **asked)

    with monkeypatch.context() as patch:
        patch.setattr(FakeRenderer, "render", counting)
        render_dataset(plan, workers=0, resume=True)
    return drawn


def leaving_out(monkeypatch, index):
    """For as long as the patch lasts, a frame is left out of its shard."""
    make = local.make_shard

    def making(maker, shard, **more):
        make(maker, shard, {index: "no light"} if index in range(shard.start, shard.stop) else {}, **more)

    monkeypatch.setattr(local, "make_shard", making)
