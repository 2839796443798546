"""A run without OpenGL, and what it makes."""

from pathlib import Path

import pytest

from synth.engine import shards
from synth.engine.local import render_dataset
from synth.engine.plan import Plan
from synth.rendering.fake import FakeRenderer
from tests.small_runs import SETTINGS


@pytest.fixture
def without_opengl(monkeypatch):
    monkeypatch.setattr(shards, "Renderer", FakeRenderer)


@pytest.fixture
def plan(assets, tmp_path):
    return Plan(SETTINGS, assets, tmp_path / "data", n_frames=7, shard_frames=3)


@pytest.fixture(scope="session")
def done(assets, tmp_path_factory) -> Path:
    """A finished data set; not to be written to."""
    out = tmp_path_factory.mktemp("done") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "Renderer", FakeRenderer)
        render_dataset(Plan(SETTINGS, assets, out, n_frames=7, shard_frames=3), workers=0)
    return out
