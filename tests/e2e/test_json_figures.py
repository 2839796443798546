"""`--json` of every command that prints figures, the whole loop long: one document on stdout, and nothing beside it."""

import json

import pytest
import trimesh
import typer

from synth.cli.app import app

SMALL = "--iterations 1 --batch 1 --image-size 64 --device cpu"
# In an order in which each finds what it needs.
FIGURES = (
    "assets list",
    "assets check",
    "render --n 4 --size 64x48 --workers 1",
    "render --explain 1",
    "audit data/synth",
    "inspect data/synth",
    "convert data/synth yolo --to yolo",
    f"train {SMALL}",
    "eval data/synth",
    "predict data/synth/images",
    "demo --n 3 --iterations 1",
    "doctor",
)
# They make pictures and files, and print where these are.
WITHOUT = {"preview", "export", "labelme"}

pytestmark = pytest.mark.gl


@pytest.fixture
def meshes(tmp_path):
    (tmp_path / "assets/coin").mkdir(parents=True)
    trimesh.creation.box((0.03, 0.03, 0.01)).export(tmp_path / "assets/coin/box.glb")


def test_json_is_all_that_stdout_gets(meshes, synth):
    for command in FIGURES:
        ended = synth(*command.split(), "--json")
        assert ended.exit_code == 0, f"{command}\n{ended.stderr}"
        figures = json.loads(ended.stdout)
        assert figures, command
        assert "\x1b" not in ended.stderr, command


def test_no_command_is_forgotten():
    commands = {command.split()[0] for command in FIGURES} | WITHOUT
    assert commands == set(typer.main.get_command(app).commands)
