"""The bench's own models: eight textured meshes of 20,480 triangles, a ground and a sky, the same bytes on each run.

Out: in a folder, `assets/thing/K.glb` as synth reads them, `obj/K/mesh.obj` for the others, `ground.png`, `sky.png`.
"""

__all__ = ["GROUND_REPEAT_M", "N_MESHES", "asset_id", "ground_quad", "open_meshes", "write_props"]

from pathlib import Path

import numpy as np
import trimesh
from numpy.typing import NDArray
from PIL import Image

from synth.catalog import load_catalog
from synth.meshes import MeshStore

N_MESHES = 8
SUBDIVISIONS = 5  # of an icosahedron's 20 triangles, each time in four: 20,480
TEXTURE_PX = 512
GROUND_REPEAT_M = 0.5
GROUND_HALF_M = 2.5


def asset_id(number: int) -> str:
    return f"thing/{number % N_MESHES}.glb"


def write_props(folder: Path) -> None:
    """Make all files."""
    for number in range(N_MESHES):
        mesh = _mesh(number)
        glb, obj = folder / "assets" / asset_id(number), folder / "obj" / str(number) / "mesh.obj"
        for path in (glb, obj):
            path.parent.mkdir(parents=True, exist_ok=True)
            mesh.export(path, include_normals=True)
    tile = np.asarray(_texture(100).resize((TEXTURE_PX // 2, TEXTURE_PX // 2))) // 6 + np.array(
        [120, 105, 90], np.uint8
    )
    # Its own mirror image, so that repeating it plainly and mirrorwise is the same.
    half = np.concatenate([tile, tile[:, ::-1]], axis=1)
    Image.fromarray(np.concatenate([half, half[::-1]])).save(folder / "ground.png")
    ground_quad(folder).export(folder / "obj" / "ground.obj", include_normals=True)
    fade = np.linspace(230, 120, 128).astype(np.uint8)
    Image.fromarray(np.broadcast_to(fade[:, None, None], (128, 256, 3)).copy()).save(folder / "sky.png")


def open_meshes(folder: Path) -> MeshStore:
    return MeshStore(load_catalog(folder / "assets"))


def ground_quad(folder: Path) -> trimesh.Trimesh:
    """The ground for those who know no endless plane: 5 m wide, all that the cameras see."""
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], np.float64) * GROUND_HALF_M
    material = trimesh.visual.material.PBRMaterial(
        baseColorTexture=Image.open(folder / "ground.png"), metallicFactor=0.0, roughnessFactor=0.8
    )
    visual = trimesh.visual.TextureVisuals(uv=corners[:, :2] / GROUND_REPEAT_M, material=material)
    return trimesh.Trimesh(corners, [[0, 1, 2], [0, 2, 3]], visual=visual, process=False)


def _mesh(number: int) -> trimesh.Trimesh:
    """A lump or a worn block, about 12 cm wide."""
    rng = np.random.default_rng([7, number])
    sphere = trimesh.creation.icosphere(subdivisions=SUBDIVISIONS)
    directions = np.asarray(sphere.vertices)
    points = (_block if number % 2 else _lump)(rng, directions)
    points *= 0.062 / np.max(np.linalg.norm(points, axis=1))
    material = trimesh.visual.material.PBRMaterial(
        baseColorTexture=_texture(number), metallicFactor=0.0, roughnessFactor=0.6
    )
    visual = trimesh.visual.TextureVisuals(uv=0.5 + 0.45 * directions[:, [0, 2]], material=material)
    return trimesh.Trimesh(points, sphere.faces, visual=visual, process=False)


def _lump(rng: np.random.Generator, directions: NDArray[np.float64]) -> NDArray[np.float64]:
    waves, phases = rng.normal(0, 3, (6, 3)), rng.uniform(0, 2 * np.pi, 6)
    heights = 1 + 0.06 * np.sin(directions @ waves.T + phases).sum(axis=1)
    return directions * heights[:, None]


def _block(rng: np.random.Generator, directions: NDArray[np.float64]) -> NDArray[np.float64]:
    """A superellipsoid: a die with round edges."""
    norm = (np.abs(directions) ** 8).sum(axis=1) ** (1 / 8)
    return directions / norm[:, None] * rng.uniform(0.7, 1, 3)


def _texture(seed: int) -> Image.Image:
    """Coloured clouds with a fine grain."""
    rng = np.random.default_rng([8, seed])
    coarse = Image.fromarray(rng.integers(30, 255, (16, 16, 3), np.uint8))
    clouds = np.asarray(coarse.resize((TEXTURE_PX, TEXTURE_PX), Image.Resampling.BICUBIC)).astype(np.int16)
    grain = rng.integers(-12, 13, (TEXTURE_PX, TEXTURE_PX, 1), np.int16)
    return Image.fromarray(np.clip(clouds + grain, 0, 255).astype(np.uint8))
