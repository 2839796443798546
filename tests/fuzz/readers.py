"""Every reader of files that anyone may have made, with a small file that it reads: what fuzzing begins with.

A reader gets a folder with the changed file in it, and may load it or raise a `SynthError`, and nothing else.
"""

__all__ = ["READERS", "Reader"]

import base64
import io
import json
import struct
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

import numpy as np
import trimesh
from PIL import Image

from synth.catalog import Asset, load_catalog
from synth.config import load_settings
from synth.dataset import Category, read_coco, read_rgb
from synth.engine.records import read_records
from synth.environments.files import load_environment
from synth.labelme import read_labelme
from synth.meshes.loading import load_mesh
from synth.policy import LabelPolicy
from synth.scene import Texture
from synth.surfaces.files import read_picture


@dataclass(frozen=True, slots=True)
class Reader:
    """
    Attributes:
        file: Name of the file that is changed.
        seed: Makes its content.
        read: Called with the folder.
        beside: Makes the files that lie beside it, unchanged, by their names.
    """

    name: str
    file: str
    seed: Callable[[], bytes]
    read: Callable[[Path], object]
    beside: Callable[[], dict[str, bytes]] = field(default=dict)

    @property
    def is_json(self) -> bool:
        return self.file.endswith((".json", ".gltf"))


def picture(kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.arange(192, dtype=np.uint8).reshape(8, 8, 3)).save(file, kind)
    return file.getvalue()


def _mesh(kind: str) -> Callable[[], bytes]:
    @cache
    def made() -> bytes:
        box = trimesh.creation.box((0.1, 0.1, 0.1))
        if kind in ("glb", "obj"):
            box.visual = trimesh.visual.TextureVisuals(
                uv=np.zeros((8, 2)), image=Image.open(io.BytesIO(picture("PNG")))
            )
        content = box.export(file_type=kind, **({"encoding": "ascii"} if kind == "ply" else {}))
        return content.encode() if isinstance(content, str) else content

    return made


def _gltf() -> bytes:
    document = _glb_json()
    binary = _mesh("glb")()[20 + len(_json_of_glb()) + 8 :]
    document["buffers"][0]["uri"] = "data:application/octet-stream;base64," + base64.b64encode(binary).decode()
    return json.dumps(document).encode()


def _json_of_glb() -> bytes:
    content = _mesh("glb")()
    return content[20 : 20 + struct.unpack_from("<I", content, 12)[0]]


def _glb_json() -> dict:
    return json.loads(_json_of_glb())


def _read_mesh(folder: Path) -> None:
    (path,) = (folder / "shape").glob("a.*")
    load_mesh(Asset(f"shape/{path.name}", path, 1, plausible_size_m=(0, 1e9), max_triangles=50))


def _labelme() -> bytes:
    mask = base64.b64encode(picture("PNG")).decode()
    shapes = [
        {"label": "a", "points": [[1, 1], [6, 1], [3, 7.5]], "group_id": 1, "shape_type": "polygon"},
        {"label": "a", "points": [[0, 0], [2, 2]], "group_id": 1, "shape_type": "rectangle"},
        {"label": "b", "points": [[4, 4], [4, 7]], "group_id": None, "shape_type": "circle"},
        {"label": "b", "points": [[0, 0], [7, 7]], "group_id": None, "shape_type": "mask", "mask": mask},
        {"label": "c", "points": [[0, 0], [7, 7]], "shape_type": "line"},
    ]
    top = {"version": "5.0.0", "flags": {}, "imagePath": "a.png", "imageData": None}
    return json.dumps(top | {"shapes": shapes, "imageHeight": 8, "imageWidth": 8}).encode()


def _read_labelme(folder: Path) -> None:
    pictures, _ = read_labelme(folder, None)
    for one in pictures.pictures:
        read_rgb(one)


def _coco() -> bytes:
    rle = {"size": [8, 8], "counts": "4P2"}
    label = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 4, 4], "area": 16, "iscrowd": 0}
    return json.dumps(
        {
            "images": [{"id": 1, "file_name": "a.png", "width": 8, "height": 8}],
            "categories": [{"id": 1, "name": "a"}],
            "annotations": [label | {"segmentation": rle}, label | {"id": 2}],
        }
    ).encode()


def _read_coco(folder: Path) -> None:
    for one in read_coco(folder).pictures:
        read_rgb(one)


MATERIAL = b"newmtl material_0\nKd 1 1 1\nmap_Kd skin.png\n"
RENDER_TOML = b"""size = [320, 240]
seed = 3
[lights]
lamps = [1, 3]
[policy]
min_visible_fraction = 0.2
"""
ASSETS_TOML = b"""max_triangles = 500
[categories.shape]
id = 2
size_m = [0.01, 1.0]
pose = "upright"
[[assets]]
file = "shape/a.stl"
unit = "m"
up = [0.0, 0.0, 1.0]
scale_jitter = [0.9, 1.1]
[assets.keypoints]
tip = [0.0, 0.0, 0.05]
"""


def _record() -> bytes:
    label = {"category_id": 1, "bbox": [1, 1, 4, 4], "area": 16, "iscrowd": 0}
    record = {"files": {"images/000001.jpg": "0" * 64}, "image": {"id": 1}, "annotations": [label]}
    return (json.dumps(record | {"removed": {}, "measures": {}}) + "\n").encode() * 3


def _radiance() -> bytes:
    row = bytes([2, 2, 0, 16]) + bytes([16 + 128, 90]) * 3 + bytes([16]) + bytes(range(120, 136))
    return b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 4 +X 16\n" + row * 4


def _radiance_light(folder: Path) -> None:
    light = load_environment.__wrapped__(Texture("file", path=str(folder / "a.hdr")))
    if not np.isfinite(light).all():
        raise ValueError("light that is no number")


def _read_picture(folder: Path) -> None:
    (path,) = folder.iterdir()
    read_picture(str(path), 64)


@cache
def _checkpoint() -> bytes:
    import torch

    import train.detectors.fake  # noqa: F401  (enters "fake")
    from train.checkpoint import Checkpoint, save_checkpoint
    from train.detectors import build_detector
    from train.settings import TrainSettings

    settings = TrainSettings(detector="fake").resolved(10, 1, torch.device("cpu"))
    model = build_detector("fake", 2, image_size_px=32).state_dict()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "best.pt")
        save_checkpoint(path, Checkpoint(settings, (Category(1, "a"),), LabelPolicy(), 3, 0.5, "words", model))
        return path.read_bytes()


def _read_checkpoint(folder: Path) -> None:
    from train.checkpoint import load_run

    load_run(folder)


def _meshes() -> list[Reader]:
    seeds = {kind: _mesh(kind) for kind in ("glb", "obj", "off", "ply", "stl")} | {"gltf": _gltf}
    seeds["dae"] = lambda: Path(__file__).with_name("wedge.dae").read_bytes()
    beside = {"obj": lambda: {"shape/material.mtl": MATERIAL, "shape/skin.png": picture("PNG")}}
    return [Reader(kind, f"shape/a.{kind}", seed, _read_mesh, beside.get(kind, dict)) for kind, seed in seeds.items()]


READERS = (
    *_meshes(),
    Reader("labelme", "a.json", _labelme, _read_labelme, lambda: {"a.png": picture("PNG")}),
    Reader("coco", "annotations.json", _coco, _read_coco, lambda: {"a.png": picture("PNG"), "manifest.json": b"{}"}),
    Reader("settings", "render.toml", lambda: RENDER_TOML, lambda folder: load_settings(folder / "render.toml")),
    Reader("catalogue", "assets.toml", lambda: ASSETS_TOML, load_catalog, lambda: {"shape/a.stl": _mesh("stl")()}),
    Reader("records", "records.jsonl", _record, lambda folder: list(read_records(folder / "records.jsonl"))),
    Reader("radiance", "a.hdr", _radiance, _radiance_light),
    *(
        Reader(kind, f"a.{kind}", partial(picture, kind), _read_picture)
        for kind in ("png", "jpeg", "tiff", "webp", "bmp")
    ),
    Reader("checkpoint", "best.pt", _checkpoint, _read_checkpoint),
)
