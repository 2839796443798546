"""Mesh files, read once and checked: what the renderer draws and what placement and labels measure.

In: an `Asset`. Out: a `Mesh` in metres, in the file's own axes, its scene graph flattened.
"""

from synth.meshes.kept import read_shapes, write_shapes
from synth.meshes.loading import load_mesh
from synth.meshes.making import MESH_MAKERS, SURFACE_POINTS, make_mesh
from synth.meshes.mesh import Material, Mesh, Primitive, Shape
from synth.meshes.store import MeshStore

__all__ = [
    "MESH_MAKERS",
    "SURFACE_POINTS",
    "Material",
    "Mesh",
    "MeshStore",
    "Primitive",
    "Shape",
    "load_mesh",
    "make_mesh",
    "read_shapes",
    "write_shapes",
]
