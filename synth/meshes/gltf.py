"""A glTF file's own document: what the mesh reader passes over, and says nothing of."""

__all__ = ["GLTF", "TextureUse", "embedded_pictures", "left_out", "read_gltf", "textures_used"]

import base64
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

GLTF = frozenset({".glb", ".gltf"})
GLB_HEADER = struct.Struct("<4sIIII")
CLAMP, MIRROR, REPEAT = 33071, 33648, 10497
NEAREST = frozenset({9728, 9984, 9986})
# Whatever isn't read leaves the surface as it is without it.
EXTENSIONS = frozenset({"KHR_materials_pbrSpecularGlossiness", "KHR_draco_mesh_compression", "KHR_mesh_quantization"})
UNREADABLE_IMAGES = frozenset({"image/ktx2"})
SLOTS = ("normalTexture", "emissiveTexture", "occlusionTexture")
PBR_SLOTS = ("baseColorTexture", "metallicRoughnessTexture")


@dataclass(frozen=True, slots=True)
class TextureUse:
    """One texture of one material."""

    slot: str
    place: dict[str, Any] = field(default_factory=dict)
    image: dict[str, Any] = field(default_factory=dict)
    sampler: dict[str, Any] = field(default_factory=dict)


def read_gltf(path: Path) -> dict[str, Any]:
    """The JSON of a .gltf or .glb; nothing where there is none to read, which the mesh reader then tells."""
    try:
        document = json.loads(_json_bytes(path))
    except (OSError, ValueError, RecursionError, struct.error):
        return {}
    return document if isinstance(document, dict) else {}


def _json_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        if path.suffix.lower() != ".glb":
            return file.read()
        magic, _, _, length, _ = GLB_HEADER.unpack(file.read(GLB_HEADER.size))
        if magic != b"glTF":
            raise ValueError("not a GLB")
        return file.read(length)


def embedded_pictures(path: Path) -> Iterator[tuple[int, bytes]]:
    """The pictures that materials use and that lie in the file itself, each with its number among its images."""
    document = read_gltf(path)
    used = [use.image for use in textures_used(document)]
    for number, image in enumerate(_list(document, "images")):
        uri, view = image.get("uri"), _at(document, "bufferViews", image.get("bufferView"))
        if image not in used or image.get("mimeType") in UNREADABLE_IMAGES:
            continue
        if isinstance(uri, str) and uri.startswith("data:"):
            yield number, base64.b64decode(uri.partition(",")[2])
        elif view.get("buffer") == 0 and path.suffix.lower() == ".glb":
            start = int(view.get("byteOffset", 0))
            yield number, _binary_chunk(path)[start : start + int(view.get("byteLength", 0))]


def _binary_chunk(path: Path) -> bytes:
    """Of a GLB, what follows its JSON."""
    content = path.read_bytes()
    length = GLB_HEADER.unpack_from(content)[3]
    return content[GLB_HEADER.size + length + 8 :]


def textures_used(document: dict[str, Any]) -> Iterator[TextureUse]:
    """Every texture that a material of the document names and that the renderer would draw."""
    for material in _list(document, "materials"):
        pbr = material.get("pbrMetallicRoughness")
        pbr = pbr if isinstance(pbr, dict) else {}
        places = {slot: pbr.get(slot) for slot in PBR_SLOTS} | {slot: material.get(slot) for slot in SLOTS}
        for slot, place in places.items():
            if isinstance(place, dict) and slot != "occlusionTexture":
                texture = _at(document, "textures", place.get("index"))
                image = _at(document, "images", texture.get("source"))
                yield TextureUse(slot, place, image, _at(document, "samplers", texture.get("sampler")))


def left_out(document: dict[str, Any], *, repeats: bool) -> list[str]:
    """What a file asks for and isn't drawn, in words.

    Args:
        document: Of the file.
        repeats: Some of its texture places lie beyond the texture's edge; else what is there doesn't matter.
    """
    found = {f"the extension {name}" for name in _names(document, "extensionsUsed") if name not in EXTENSIONS}
    for use in textures_used(document):
        found |= {f"{use.slot}: {words}" for words in _unheeded(use, repeats=repeats)}
    if _list(document, "skins"):
        found.add("the skin: the mesh is drawn as it was modelled")
    if _list(document, "animations"):
        found.add("the animation: the mesh is drawn as it was modelled")
    if any(primitive.get("targets") for mesh in _list(document, "meshes") for primitive in mesh.get("primitives", ())):
        found.add("morph targets: the mesh is drawn as it was modelled")
    if any(material.get("occlusionTexture") for material in _list(document, "materials")):
        found.add("occlusionTexture: shadows are computed")
    return sorted(found)


def _unheeded(use: TextureUse, *, repeats: bool) -> Iterator[str]:
    wraps = {use.sampler.get("wrapS", REPEAT), use.sampler.get("wrapT", REPEAT)} if repeats else set()
    if CLAMP in wraps:
        yield "clamping to its edge, it is repeated"
    if MIRROR in wraps:
        yield "mirrored repeating, it is repeated"
    if NEAREST & {use.sampler.get("magFilter"), use.sampler.get("minFilter")}:
        yield "sampling the nearest pixel, it is interpolated"
    if use.place.get("texCoord", 0) != 0:
        yield f"its own texture places, TEXCOORD_{use.place['texCoord']}: the first ones are taken"
    if use.slot == "normalTexture" and use.place.get("scale", 1) != 1:
        yield f"its scale of {use.place['scale']}, 1 is taken"
    if use.image.get("mimeType") in UNREADABLE_IMAGES:
        yield f"a picture of the kind {use.image['mimeType']}, it has none"


def _list(document: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = document.get(key)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _names(document: dict[str, Any], key: str) -> list[str]:
    found = document.get(key)
    return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []


def _at(document: dict[str, Any], key: str, index: Any) -> dict[str, Any]:
    found = document.get(key)
    item = found[index] if isinstance(found, list) and isinstance(index, int) and 0 <= index < len(found) else None
    return item if isinstance(item, dict) else {}
