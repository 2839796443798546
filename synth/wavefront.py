"""Wavefront OBJ files name others; a reader that misses one draws a grey mesh without a word, so they are looked for.

The names are taken as trimesh takes them: all that follows the keyword, as it stands or its last part.
"""

__all__ = ["check_named_files"]

import re
from pathlib import Path

from synth.errors import AssetError

MATERIALS = re.compile(rb"^[ \t]*mtllib[ \t]+(.+?)[ \t\r]*$", re.MULTILINE)
TEXTURE = re.compile(rb"^[ \t]*map_Kd[ \t]+(.+?)[ \t\r]*$", re.MULTILINE | re.IGNORECASE)


def check_named_files(obj: Path) -> None:
    """See that the material file of an OBJ, and the textures that it names, are there.

    Raises:
        AssetError: one is missing.
    """
    materials = MATERIALS.search(obj.read_bytes())
    if materials is None:
        return
    path = _found(obj, obj.parent, materials[1])
    for texture in TEXTURE.findall(path.read_bytes()):
        _found(obj, obj.parent, texture)


def _found(obj: Path, folder: Path, name: bytes) -> Path:
    # Windows' exporters write backslashes into names, and bytes of any old alphabet.
    text = name.decode("utf-8", "surrogateescape")
    for candidate in (folder / text, folder / text.lstrip("/"), folder / Path(text).name):
        if candidate.is_file():
            return candidate
    shown = name.decode("utf-8", "replace")
    raise AssetError(
        f'{obj}: names the file "{shown}", which isn\'t there. Put it beside the mesh, or export it again.'
    )
