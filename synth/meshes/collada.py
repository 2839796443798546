"""What a COLLADA file says beside its triangles, and that reading it costs no more than its size: XML can unfold.

In: a path. Out: a `Collada`. Read by events, so that nothing is unfolded here.
"""

__all__ = ["Collada", "read_collada"]

from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from synth.errors import AssetError

# Of nested elements; exporters nest as deep as their scene's nodes.
DEEPEST = 200
# Of places that nodes stand in, once all that is named in others is put there.
MOST_NODES = 4096
FOLDERS = ("init_from", "ref")


@dataclass(slots=True)
class Collada:
    """
    Attributes:
        unit_m: Metres of one unit.
        up: The upward axis, y where it isn't said.
        textures: Names of picture files.
    """

    unit_m: float = 1.0
    up: tuple[float, float, float] = (0.0, 1.0, 0.0)
    textures: list[str] = field(default_factory=list)


def read_collada(path: Path, content: bytes) -> Collada:
    """
    Args:
        path: For messages.
        content: Of the file.
    Raises:
        AssetError: it is no XML, declares entities of its own, or unfolds to more than a mesh can be.
    """
    reader = _Reader(path)
    try:
        reader.parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise AssetError(f"{path}: can't be read as a mesh ({error}). Is it cut off? Export it again.") from None
    reader.check_unfolding()
    return reader.collada


class _Reader:
    def __init__(self, path: Path) -> None:
        self.collada = Collada()
        self._path = path
        self._open: list[str] = []
        self._text: list[str] = []
        # Of each node that has a name, those that it names; "" stands for the scenes.
        self._nodes: list[str] = [""]
        self._named: dict[str, list[str]] = {"": []}
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text.append

    def check_unfolding(self) -> None:
        """Nodes may stand in others by name, and those in others again: thirty lines make a billion."""
        sizes: dict[str, int] = {}

        def size(node: str, above: tuple[str, ...]) -> int:
            if node in above or len(above) > DEEPEST:
                self._refuse("its nodes stand in each other without end")
            if node not in sizes:
                named = self._named.get(node, [])
                sizes[node] = 1 + sum(size(other, (*above, node)) for other in named)
            return sizes[node]

        if (n := sum(size(node, ()) for node in list(self._named))) > MOST_NODES:
            self._refuse(f"its nodes unfold to {n:,}")

    def _refuse(self, seen: str) -> NoReturn:
        raise AssetError(f"{self._path}: {seen}, and at most {MOST_NODES:,} are read. Export it as one mesh.")

    def _refuse_doctype(self, *_: object) -> NoReturn:
        raise AssetError(f"{self._path}: declares entities of its own, which COLLADA has no need of. Export it again.")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        self._open.append(name)
        self._text.clear()
        if len(self._open) > DEEPEST:
            raise AssetError(f"{self._path}: its elements are nested more than {DEEPEST} deep. Export it as one mesh.")
        if name == "unit" and "meter" in attributes:
            self.collada.unit_m = float(attributes["meter"])
        elif name == "node":
            self._nodes.append(attributes.get("id", ""))
            self._named.setdefault(self._nodes[-1], [])
            # The outer one holds this one already, whatever its name.
            self._named[self._nodes[-2]] += [self._nodes[-1]] if self._nodes[-1] and self._nodes[-2] else []
        elif name == "instance_node":
            self._named[self._nodes[-1]].append(attributes.get("url", "").removeprefix("#"))

    def _end(self, tag: str) -> None:
        name = self._open.pop()
        text = "".join(self._text).strip()
        if name == "up_axis" and text in ("X_UP", "Y_UP", "Z_UP"):
            x, y, z = (float(text[0] == axis) for axis in "XYZ")
            self.collada.up = (x, y, z)
        elif name in FOLDERS and "." in text and "image" in self._open:
            self.collada.textures.append(text)
        elif name == "node":
            self._nodes.pop()
