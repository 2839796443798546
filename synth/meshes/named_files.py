"""Mesh files name others; a reader that misses one draws a grey mesh without a word, so they are looked for.

Only what is used counts: exporters name a material file for a mesh that has no materials, and then don't write it.
"""

__all__ = ["Beside", "check_named_files"]

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, unquote_to_bytes

import trimesh

from synth.errors import AssetError
from synth.meshes.gltf import read_gltf, textures_used

OBJ_MATERIALS = re.compile(rb"^[ \t]*mtllib[ \t]+(.+?)[ \t\r]*$", re.MULTILINE)
OBJ_USED = re.compile(rb"^[ \t]*usemtl[ \t]+(.+?)[ \t\r]*$", re.MULTILINE)
MTL_MATERIAL = re.compile(rb"^[ \t]*newmtl[ \t]+(.+?)[ \t\r]*$", re.MULTILINE | re.IGNORECASE)
MTL_TEXTURE = re.compile(rb"^[ \t]*map_Kd[ \t]+(.+?)[ \t\r]*$", re.MULTILINE | re.IGNORECASE)
PLY_TEXTURE = re.compile(rb"^comment[ \t]+texturefile[ \t]+(.+?)[ \t\r]*$", re.MULTILINE | re.IGNORECASE)
COLLADA_TEXTURE = re.compile(rb"<init_from>\s*(?:<ref>)?\s*([^<]*\.[A-Za-z0-9]{3,4})\s*<")
PLY_HEADER_BYTES = 1 << 16


def check_named_files(path: Path) -> None:
    """See that the material files and textures that a mesh file names and uses are there.

    Raises:
        AssetError: one is missing.
    """
    reader = READERS.get(path.suffix.lower())
    for name in reader(path) if reader else ():
        _found(path, name)


def _of_obj(path: Path) -> Iterator[bytes]:
    text = path.read_bytes()
    used = set(OBJ_USED.findall(text))
    materials = OBJ_MATERIALS.search(text)
    if not used or materials is None:
        return
    # What stands before the first material is of none; after that, names and their lines take turns.
    _, *blocks = MTL_MATERIAL.split(_found(path, materials[1]).read_bytes())
    for name, lines in zip(blocks[0::2], blocks[1::2], strict=True):
        if name in used:
            yield from MTL_TEXTURE.findall(lines)


def _of_gltf(path: Path) -> Iterator[bytes]:
    document = read_gltf(path)
    for texture in textures_used(document):
        uri = texture.image.get("uri")
        if isinstance(uri, str) and not uri.startswith("data:"):
            yield unquote_to_bytes(uri)


def _of_ply(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        header, _, _ = file.read(PLY_HEADER_BYTES).partition(b"end_header")
    yield from PLY_TEXTURE.findall(header)


def _of_collada(path: Path) -> Iterator[bytes]:
    for name in COLLADA_TEXTURE.findall(path.read_bytes()):
        yield unquote_to_bytes(name.removeprefix(b"file://"))


READERS = {".obj": _of_obj, ".gltf": _of_gltf, ".glb": _of_gltf, ".ply": _of_ply, ".dae": _of_collada}


class Beside(trimesh.resolvers.FilePathResolver):  # type: ignore[misc]
    """Gives trimesh the files that a mesh names, the same that are looked for here."""

    def __init__(self, mesh: Path) -> None:
        super().__init__(str(mesh))
        self._mesh = mesh

    def get(self, name: str) -> bytes:
        found = next(_candidates(self._mesh, name), None)
        if found is None:
            raise FileNotFoundError(name)
        return found.read_bytes()


def _found(mesh: Path, name: bytes) -> Path:
    # Exporters write names in bytes of any old alphabet.
    found = next(_candidates(mesh, name.decode("utf-8", "surrogateescape")), None)
    if found is None:
        shown = name.decode("utf-8", "replace")
        raise AssetError(
            f'{mesh}: names the file "{shown}", which isn\'t there. Put it beside the mesh, or export it again.'
        )
    return found


def _candidates(mesh: Path, name: str) -> Iterator[Path]:
    """Where a named file may be: as it says, or beside the mesh; never outside the mesh's folder."""
    folder = mesh.parent.resolve()
    for text in dict.fromkeys((name, unquote(name), name.replace("\\", "/"))):
        for path in (folder / text, folder / text.lstrip("/"), folder / PurePosixPath(text).name):
            if path.is_file() and path.resolve().is_relative_to(folder):
                yield path
