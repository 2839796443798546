"""What trimesh reads of materials and vertex colours, as the renderer wants it."""

__all__ = ["Textures", "read_material", "vertex_colors"]

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray
from PIL import Image

from synth.errors import AssetError
from synth.meshes.mesh import Material
from synth.untrusted import PICTURE_FORMATS

# Of all textures of a mesh: two of 8192 x 8192 pixels, half a gigabyte.
MOST_PIXELS = 1 << 27


class Textures:
    """The textures of one mesh file: each is decoded once, whatever the number of materials that name it."""

    def __init__(self, mesh: Path) -> None:
        self._mesh = mesh
        self._pixels: dict[object, tuple[Image.Image, NDArray[np.uint8]]] = {}

    def pixels(self, picture: Image.Image) -> NDArray[np.uint8]:
        """(H, W, 4) of a picture that may not have been decoded yet.

        Raises:
            AssetError: it is of a kind that isn't read, or all together are too large.
        """
        # An OBJ's materials each open the file that they share.
        file = getattr(picture, "fp", None)
        key = hashlib.sha256(file.getbuffer()).digest() if isinstance(file, io.BytesIO) else id(picture)
        if key not in self._pixels:
            self._check(picture)
            # With the picture: another one must not get its id.
            self._pixels[key] = self._pixels[id(picture)] = (picture, np.asarray(picture.convert("RGBA")))
        return self._pixels[key][1]

    def _check(self, picture: Image.Image) -> None:
        if picture.format is not None and picture.format not in PICTURE_FORMATS:
            raise AssetError(
                f"{self._mesh}: a texture is a picture of the kind {picture.format}. Save it as PNG or JPEG."
            )
        known = {id(pixels): pixels.size // 4 for _, pixels in self._pixels.values()}
        n = sum(known.values()) + picture.width * picture.height
        if n > MOST_PIXELS:
            raise AssetError(
                f"its textures have {n:,} pixels, and at most {MOST_PIXELS:,} are read. Save them smaller."
            )


def vertex_colors(colors: NDArray[Any], *, linear: bool) -> NDArray[np.float32]:
    """(N, 4) linear of (N, 3 or 4); glTF's vertex colours are so, those of scanners' PLY and OBJ files are sRGB."""
    rgba = colors.astype(np.float32) / (np.iinfo(colors.dtype).max if colors.dtype.kind in "ui" else 1)
    rgba = np.where(np.isfinite(rgba), rgba, np.float32(1))
    rgba = rgba if rgba.shape[1] == 4 else np.column_stack([rgba, np.ones(len(rgba), np.float32)])
    if not linear:
        rgb = rgba[:, :3]
        rgba[:, :3] = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return rgba.astype(np.float32)


def read_material(material: Any, textures: Textures) -> Material:
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
        base_color_texture=_texture(material.baseColorTexture, textures),
        metallic_roughness_texture=_texture(material.metallicRoughnessTexture, textures),
        normal_texture=_texture(material.normalTexture, textures),
        emissive_texture=_texture(material.emissiveTexture, textures),
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


def _texture(picture: Image.Image | None, textures: Textures) -> NDArray[np.uint8] | None:
    return None if picture is None else textures.pixels(picture)
