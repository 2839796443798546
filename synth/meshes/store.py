"""The shapes of a catalogue's meshes, read when first asked for."""

__all__ = ["MeshStore"]

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from synth.catalog import Catalog
from synth.meshes.loading import load_mesh
from synth.meshes.making import MESH_MAKERS
from synth.meshes.mesh import Mesh, Shape


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
        return load_mesh(self.catalog[asset_id], self._shapes.get(asset_id))
