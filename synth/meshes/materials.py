"""What trimesh reads of materials and vertex colours, as the renderer wants it."""

__all__ = ["read_material", "vertex_colors"]

from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray
from PIL import Image

from synth.meshes.mesh import Material


def vertex_colors(colors: NDArray[Any], *, linear: bool) -> NDArray[np.float32]:
    """(N, 4) linear of (N, 3 or 4); glTF's vertex colours are so, those of scanners' PLY and OBJ files are sRGB."""
    rgba = colors.astype(np.float32) / (np.iinfo(colors.dtype).max if colors.dtype.kind in "ui" else 1)
    rgba = rgba if rgba.shape[1] == 4 else np.column_stack([rgba, np.ones(len(rgba), np.float32)])
    if not linear:
        rgb = rgba[:, :3]
        rgba[:, :3] = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return rgba.astype(np.float32)


def read_material(material: Any) -> Material:
    """trimesh's material of whatever kind; white where there is none, to be tinted."""
    if material is None:
        return Material(base_color_rgba=(1.0, 1.0, 1.0, 1.0))
    if not isinstance(material, trimesh.visual.material.PBRMaterial):
        # OBJ's Phong: the same conversion to metallic-roughness that trimesh uses when it writes glTF.
        material = material.to_pbr()
    alpha_cutoff = None
    if material.alphaMode == "MASK":
        alpha_cutoff = 0.5 if material.alphaCutoff is None else float(material.alphaCutoff)
    return Material(
        base_color_rgba=_factor(material.baseColorFactor, (1.0, 1.0, 1.0, 1.0)),
        # glTF's default of 1 for a file that says nothing would make plain exports black mirrors.
        metallic=0.0 if material.metallicFactor is None and _silent(material) else _or(material.metallicFactor, 1.0),
        roughness=0.7 if material.roughnessFactor is None and _silent(material) else _or(material.roughnessFactor, 1.0),
        emissive_rgb=_factor(material.emissiveFactor, (0.0, 0.0, 0.0)),
        base_color_texture=_texture(material.baseColorTexture),
        metallic_roughness_texture=_texture(material.metallicRoughnessTexture),
        normal_texture=_texture(material.normalTexture),
        emissive_texture=_texture(material.emissiveTexture),
        alpha_cutoff=alpha_cutoff,
        blended=material.alphaMode == "BLEND",
        double_sided=bool(material.doubleSided),
    )


def _silent(material: Any) -> bool:
    return material.metallicRoughnessTexture is None


def _or(value: Any, default: float) -> float:
    return default if value is None else float(value)


def _factor(value: Any, default: tuple[float, ...]) -> Any:
    if value is None:
        return default
    array = np.asarray(value)
    # trimesh keeps colour factors as bytes once it has touched them, as floats when they come from the file.
    floats = array.astype(np.float64) / (255 if array.dtype.kind in "ui" else 1)
    return tuple(float(v) for v in (*floats, 1.0)[: len(default)])


def _texture(image: Image.Image | None) -> NDArray[np.uint8] | None:
    return None if image is None else np.asarray(image.convert("RGBA"))
