"""Mesh files, read once and checked: what the renderer draws and what placement and labels measure.

In: an `Asset`. Out: a `Mesh` in metres, in the file's own axes, its scene graph flattened.
"""

from synth.meshes.kept import read_shapes, recall_mesh, write_shapes
from synth.meshes.mesh import SURFACE_POINTS, Material, Mesh, Primitive, Shape
from synth.meshes.store import MESH_MAKERS, MeshStore

__all__ = [
    "MESH_MAKERS",
    "SURFACE_POINTS",
    "Material",
    "Mesh",
    "MeshStore",
    "Primitive",
    "Shape",
    "read_shapes",
    "recall_mesh",
    "write_shapes",
]
