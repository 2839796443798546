"""Write a binary glTF 2.0 file: one mesh, one material, its images inside.

A writer of our own, because the bytes must not change with the version of a library.
Source: glTF 2.0 specification, sections 3.6 (geometry), 3.9 (materials), 4.4 (GLB).
"""

import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets.make.skin import Atlas
from assets.make.surface import Mesh

__all__ = ["glb_bytes"]

FLOAT, USHORT, UINT = 5126, 5123, 5125
ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963
LINEAR, LINEAR_MIPMAP_LINEAR, CLAMP_TO_EDGE = 9729, 9987, 33071


class _Binary:
    """The BIN chunk as it grows, with the bufferViews into it."""

    def __init__(self) -> None:
        self.blob = b""
        self.views: list[dict[str, int]] = []

    def add(self, content: bytes, target: int | None = None) -> int:
        """Append `content`, aligned to 4 bytes; the number of its bufferView."""
        view = {"buffer": 0, "byteOffset": len(self.blob), "byteLength": len(content)}
        self.views.append(view if target is None else {**view, "target": target})
        self.blob += _padded(content, b"\0")
        return len(self.views) - 1


def glb_bytes(name: str, mesh: Mesh, atlas: Atlas) -> bytes:
    """The whole file, with node, mesh and material called `name`."""
    binary = _Binary()
    accessors, primitive = _geometry(binary, mesh)
    material, images = _appearance(binary, atlas)
    document = {
        "asset": {"version": "2.0", "generator": "synth assets/make"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": name}],
        "meshes": [{"name": name, "primitives": [primitive]}],
        "materials": [{"name": name, **material}],
        "textures": [{"sampler": 0, "source": index} for index in range(len(images))],
        "samplers": [
            {"magFilter": LINEAR, "minFilter": LINEAR_MIPMAP_LINEAR, "wrapS": CLAMP_TO_EDGE, "wrapT": CLAMP_TO_EDGE}
        ],
        "images": images,
        "accessors": accessors,
        "bufferViews": binary.views,
        "buffers": [{"byteLength": len(binary.blob)}],
    }
    text = _padded(json.dumps(document, separators=(",", ":"), sort_keys=True).encode(), b" ")
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary.blob), b"BIN\0")
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks) + len(binary.blob)) + chunks + binary.blob


def _geometry(binary: _Binary, mesh: Mesh) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    narrow = len(mesh.positions_m) <= 2**16
    indices = mesh.triangles.astype("<u2" if narrow else "<u4").ravel()
    accessors = [
        {
            **_accessor(binary, mesh.positions_m, "VEC3"),
            "min": mesh.positions_m.min(axis=0).tolist(),
            "max": mesh.positions_m.max(axis=0).tolist(),
        },
        _accessor(binary, mesh.normals, "VEC3"),
        _accessor(binary, mesh.uv, "VEC2"),
        {
            "bufferView": binary.add(indices.tobytes(), ELEMENT_ARRAY_BUFFER),
            "componentType": USHORT if narrow else UINT,
            "count": len(indices),
            "type": "SCALAR",
        },
    ]
    return accessors, {"attributes": {"POSITION": 0, "NORMAL": 1, "TEXCOORD_0": 2}, "indices": 3, "material": 0}


def _accessor(binary: _Binary, values: NDArray[np.float32], kind: str) -> dict[str, Any]:
    view = binary.add(values.astype("<f4").tobytes(), ARRAY_BUFFER)
    return {"bufferView": view, "componentType": FLOAT, "count": len(values), "type": kind}


def _appearance(binary: _Binary, atlas: Atlas) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    encoded = [atlas.base_color_jpeg, atlas.metallic_roughness_jpeg]
    material: dict[str, Any] = {
        "pbrMetallicRoughness": {
            "baseColorTexture": {"index": 0},
            "metallicRoughnessTexture": {"index": 1},
            "metallicFactor": 1.0,
            "roughnessFactor": 1.0,
        }
    }
    if atlas.normal_jpeg is not None:
        encoded.append(atlas.normal_jpeg)
        material["normalTexture"] = {"index": 2}
    return material, [{"bufferView": binary.add(image), "mimeType": "image/jpeg"} for image in encoded]


def _padded(content: bytes, filler: bytes) -> bytes:
    return content + filler * (-len(content) % 4)
