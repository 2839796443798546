"""What a mesh is once it is read: shapes for placement and labels, primitives for the renderer."""

__all__ = ["SURFACE_POINTS", "Material", "Mesh", "Primitive", "Shape"]

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

# Of a surface, points enough to tell the hole of a nut, and whether what is stacked on it finds hold.
SURFACE_POINTS = 1024
# A blended surface with less alpha than this, by its texture as it is up close, isn't there, in the picture and in the
# labels alike; of the rest a distant picture may be fainter.
LEAST_ALPHA = 1 / 32


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """glTF's metallic-roughness material; colours are linear, textures (H, W, 4) uint8 as they lie in the file.

    `alpha_cutoff` is set for alpha mode MASK, `blended` for BLEND. A single-sided material does not hide the inner side
    of an open surface: scans with holes and wrongly wound triangles would lose parts that their owners see elsewhere.
    """

    base_color_rgba: tuple[float, float, float, float] = (0.8, 0.8, 0.8, 1.0)
    metallic: float = 0.0
    roughness: float = 0.7
    emissive_rgb: tuple[float, float, float] = (0.0, 0.0, 0.0)
    base_color_texture: NDArray[np.uint8] | None = None
    metallic_roughness_texture: NDArray[np.uint8] | None = None
    normal_texture: NDArray[np.uint8] | None = None
    emissive_texture: NDArray[np.uint8] | None = None
    alpha_cutoff: float | None = None
    blended: bool = False
    double_sided: bool = False

    @property
    def least_alpha(self) -> float | None:
        """What has less of it isn't there; None where alpha means nothing."""
        return LEAST_ALPHA if self.blended else self.alpha_cutoff

    @property
    def textures(self) -> tuple[NDArray[np.uint8], ...]:
        """Those it has, the base colour's first."""
        slots = (
            self.base_color_texture,
            self.metallic_roughness_texture,
            self.normal_texture,
            self.emissive_texture,
        )
        return tuple(texture for texture in slots if texture is not None)


@dataclass(frozen=True, slots=True, eq=False)
class Primitive:
    """Triangles of one material.

    Attributes:
        positions_m: (N, 3) float32.
        normals: (N, 3) float32, unit.
        uvs: (N, 2) float32, (0, 0) at the lower left of the texture.
        colors_rgba: (N, 4) float32 linear, 1 where the file has none.
        triangles: (M, 3) uint32.
    """

    positions_m: NDArray[np.float32]
    normals: NDArray[np.float32]
    uvs: NDArray[np.float32]
    colors_rgba: NDArray[np.float32]
    triangles: NDArray[np.uint32]
    material: Material = field(default_factory=Material)


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """What must be known of an asset's geometry before it is drawn.

    Attributes:
        hull_m: (K, 3) float64, the vertices of its convex hull: all that boxes and rest poses need. What alpha cuts
            away is no part of it, nor of what follows.
        bounds_m: (2, 3) float64, least and greatest corner.
        surface_m: (P, 3) float64, spread evenly over the surface, holes and hollows with it; none if unknown.
        closed: The surface bounds solids, seen from outside only: their inner side need not be drawn.
    """

    hull_m: NDArray[np.float64]
    bounds_m: NDArray[np.float64]
    surface_m: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 3)))
    closed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """An asset's geometry, with all that is drawn of it.

    Attributes:
        n_triangles_in_file: Set where the mesh was over its budget and has been decimated.
    """

    shape: Shape
    primitives: tuple[Primitive, ...]
    n_triangles_in_file: int | None = None

    @property
    def n_triangles(self) -> int:
        return sum(len(primitive.triangles) for primitive in self.primitives)
