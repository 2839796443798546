"""Mesh files name others; a reader that misses one draws a grey mesh without a word, so they are looked for.

Only what is used counts: exporters name a material file for a mesh that has no materials, and then don't write it.
"""

__all__ = ["MOST_BYTES", "Beside", "check_named_files"]

import io
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, unquote_to_bytes

import trimesh

from synth.errors import AssetError
from synth.meshes.collada import read_collada
from synth.meshes.gltf import GLTF, embedded_pictures, read_gltf, textures_used
from synth.unreadable import UNREADABLE, why_unreadable
from synth.untrusted import inside, open_picture, read_bounded

# Each takes the whole line, to be stripped: a pattern that looks for the line's last word takes hours for many blanks.
OBJ_MATERIALS = re.compile(rb"^[ \t]*mtllib[ \t](.+)$", re.MULTILINE)
OBJ_USED = re.compile(rb"^[ \t]*usemtl[ \t](.+)$", re.MULTILINE)
MTL_MATERIAL = re.compile(rb"^[ \t]*newmtl[ \t](.+)$", re.MULTILINE | re.IGNORECASE)
MTL_TEXTURE = re.compile(rb"^[ \t]*map_Kd[ \t](.+)$", re.MULTILINE | re.IGNORECASE)
PLY_TEXTURE = re.compile(rb"^comment[ \t]+texturefile[ \t](.+)$", re.MULTILINE | re.IGNORECASE)
# trimesh takes time with the square of their number.
MOST_MATERIALS = 4096
# Of a mesh file, and of each that it names: a million triangles with four large textures are half of it.
MOST_BYTES = 256 << 20
PLY_HEADER_BYTES = 1 << 16


def check_named_files(path: Path) -> None:
    """See that the material files and textures that a mesh file names and uses are there, and can be read.

    Raises:
        AssetError: one is missing, or no picture.
    """
    reader = READERS.get(path.suffix.lower())
    for name in reader(path) if reader else ():
        _check_picture(path, _shown(name), _found(path, name))
    if path.suffix.lower() in GLTF:
        for number, content in embedded_pictures(path):
            _check_picture(path, f"image {number}", io.BytesIO(content))


def _of_obj(path: Path) -> Iterator[bytes]:
    text = path.read_bytes()
    used = {name.strip() for name in OBJ_USED.findall(text)}
    if len(used) > MOST_MATERIALS:
        raise AssetError(f"{path}: has {len(used):,} materials, and at most {MOST_MATERIALS:,} are read.")
    materials = OBJ_MATERIALS.search(text)
    if not used or materials is None:
        return
    # What stands before the first material is of none; after that, names and their lines take turns.
    _, *blocks = MTL_MATERIAL.split(read_bounded(_found(path, materials[1].strip()), MOST_BYTES))
    for name, lines in zip(blocks[0::2], blocks[1::2], strict=True):
        if name.strip() in used:
            yield from (texture.strip() for texture in MTL_TEXTURE.findall(lines))


def _of_gltf(path: Path) -> Iterator[bytes]:
    for texture in textures_used(read_gltf(path)):
        uri = texture.image.get("uri")
        if isinstance(uri, str) and not uri.startswith("data:"):
            yield unquote_to_bytes(uri.encode("utf-8", "surrogatepass"))


def _of_ply(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        header, _, _ = file.read(PLY_HEADER_BYTES).partition(b"end_header")
    yield from (name.strip() for name in PLY_TEXTURE.findall(header))


def _of_collada(path: Path) -> Iterator[bytes]:
    for name in read_collada(path, path.read_bytes()).textures:
        yield unquote_to_bytes(name.removeprefix("file://"))


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
        return read_bounded(found, MOST_BYTES)


def _check_picture(mesh: Path, shown: str, source: Path | io.BytesIO) -> None:
    """trimesh says nothing of a picture that it can't read, and draws without it."""
    try:
        open_picture(source).close()
    except UNREADABLE as error:
        raise AssetError(
            f'{mesh}: its texture "{shown}" can\'t be read as a picture ({why_unreadable(error)}). Save it again.'
        ) from None


def _found(mesh: Path, name: bytes) -> Path:
    # Exporters write names in bytes of any old alphabet.
    found = next(_candidates(mesh, name.decode("utf-8", "surrogateescape")), None)
    if found is None:
        raise AssetError(
            f'{mesh}: names the file "{_shown(name)}", which isn\'t there. Put it beside the mesh, or export it again.'
        )
    return found


def _shown(name: bytes) -> str:
    return name.decode("utf-8", "replace")[:200]


def _candidates(mesh: Path, name: str) -> Iterator[Path]:
    """Where a named file may be: as it says, or beside the mesh; never outside the mesh's folder."""
    folder = mesh.parent.resolve()
    for text in dict.fromkeys((name, unquote(name), name.replace("\\", "/"))):
        for place in (text, text.lstrip("/"), PurePosixPath(text).name):
            if path := inside(folder, place):
                yield path
