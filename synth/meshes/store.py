"""The shapes of a catalogue's meshes, read when first asked for."""

__all__ = ["MESH_MAKERS", "MeshStore"]

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from synth.catalog import Asset, Catalog
from synth.meshes.kept import recall_mesh
from synth.meshes.mesh import Mesh, Shape
from synth.recall import is_kept
from synth.registry import Registry

# Asset ids that name no file: `torus:3` of "prop:torus:3" goes to the maker called "prop".
MESH_MAKERS: Registry[Callable[[str], Mesh]] = Registry("maker of meshes")


class MeshStore:
    """The shapes of a catalogue's meshes, each read when first asked for and kept; the meshes themselves are not.

    A renderer asks for a mesh once, and has its triangles and textures on the GPU from then on. Only one that was
    decimated is kept until then, for that takes seconds.

    Args:
        catalog: What there is.
        shapes: Those that are known already, by asset id.
    """

    def __init__(self, catalog: Catalog, shapes: Mapping[str, Shape] = MappingProxyType({})) -> None:
        self.catalog = catalog
        self._shapes = dict(shapes)
        self._decimated: dict[str, Mesh] = {}
        self._ages: dict[Path, bytes] = {}
        # By asset, how many triangles its file has, and how many are drawn.
        self.decimations: dict[str, tuple[int, int]] = {}

    def __getitem__(self, asset_id: str) -> Shape:
        if asset_id not in self._shapes:
            mesh = self.load(asset_id)
            if asset_id in self.decimations:
                self._decimated[asset_id] = mesh
        return self._shapes[asset_id]

    def load(self, asset_id: str) -> Mesh:
        """The whole mesh, read from its file, or made where `MESH_MAKERS` knows what stands before a colon.

        Raises:
            AssetError: as `load_mesh`.
        """
        mesh = self._decimated.pop(asset_id, None) or self._made(asset_id)
        if mesh.n_triangles_in_file is not None:
            self.decimations[asset_id] = (mesh.n_triangles_in_file, mesh.n_triangles)
        return replace(mesh, shape=self._shapes.setdefault(asset_id, mesh.shape))

    def _made(self, asset_id: str) -> Mesh:
        maker, colon, name = asset_id.partition(":")
        if colon and maker in MESH_MAKERS:
            return MESH_MAKERS[maker](name)
        return self._recalled(self.catalog[asset_id], self._shapes.get(asset_id))

    def _recalled(self, asset: Asset, shape: Shape | None) -> Mesh:
        if not is_kept():
            return _read(asset, shape)
        place = asset.place
        if place not in self._ages:
            self._ages[place] = _age(place)
        age = self._ages[place]
        return recall_mesh(
            [repr(asset).encode(), age],
            lambda: _read(asset, shape),
            # One that is saved meanwhile may have been read half before and half after.
            holds=lambda: _age(place) == age,
        )


def _age(place: Path) -> bytes:
    """What changes when somebody saves a file, or one in a folder."""
    ages = []
    for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
        # What isn't there, reading it will tell.
        with suppress(OSError):
            status = path.stat()
            ages.append((str(path), status.st_mtime_ns, status.st_size))
    return repr(ages).encode()


def _read(asset: Asset, shape: Shape | None) -> Mesh:
    from synth.meshes.loading import load_mesh  # noqa: PLC0415 - trimesh's half second, where nothing is read yet

    return load_mesh(asset, shape)
