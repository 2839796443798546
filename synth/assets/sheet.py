"""A sheet with a picture of every asset as placement would set it down, drawn by the renderer of the data set."""

__all__ = ["check_sheet_path", "write_sheet"]

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from synth.assets.check import MOST_LOOKED_INTO, Checked
from synth.assets.findings import SEVERITIES, Finding, Severity
from synth.assets.survey import Row, survey
from synth.assets.words import length
from synth.catalog import Asset, Catalog
from synth.errors import DatasetError
from synth.geometry import Matrix, apply, look_at, rotation_between, translation
from synth.meshes import Mesh, MeshStore, Shape
from synth.meshes.loading import build_mesh
from synth.randomize.poses import stable_poses
from synth.rendering.renderer import Renderer
from synth.scene import Background, Camera, Light, Placed, Scene, Surface, Texture

TILE_WH_PX = (280, 210)
CAPTION_PX = 46
# What is on the GPU stays there, so a renderer is closed after so many assets.
ASSETS_PER_RENDERER = 24
UP = (0.0, 0.0, 1.0)
# Of the camera above the plane; what lies face up is looked at from higher.
ELEVATION_DEG, FLAT_ELEVATION_DEG = 28.0, 55.0
AZIMUTH_DEG = -60.0
FOCAL_PER_WIDTH = 1.8
# Of the picture, what a mesh fills, and how many of its radii off that is measured.
FILLED = 0.8
FAR = 8.0
COLORS: dict[Severity, tuple[int, int, int]] = {
    "error": (200, 30, 30),
    "warning": (190, 120, 0),
    "hint": (40, 110, 160),
}
GREY = (90, 90, 90)


class _Shown(MeshStore):
    """Meshes of any size, for a picture of one in the wrong unit tells more than none."""

    def __init__(self, catalog: Catalog, made: Mapping[str, Mesh]) -> None:
        super().__init__(catalog)
        self._ready = made

    def load(self, asset_id: str) -> Mesh:
        asset = self.catalog[asset_id]
        if asset_id in self._ready:
            self._shapes.setdefault(asset_id, self._ready[asset_id].shape)
            return self._ready[asset_id]
        file = survey(self.catalog, asset).file
        if file is None:
            raise DatasetError(f"{asset.path}: can't be read any more.")
        mesh = build_mesh(asset, file)
        self._shapes.setdefault(asset_id, mesh.shape)
        return mesh


def check_sheet_path(path: Path, *, overwrite: bool) -> None:
    """See that a sheet may be written.

    Raises:
        DatasetError: the file is there already, or its name ends in no picture's suffix.
    """
    if path.suffix.lower() not in {".jpg", ".jpeg", ".png"}:
        raise DatasetError(f"{path}: a sheet is a picture; end its name in .jpg or .png.")
    if path.exists() and not overwrite:
        raise DatasetError(f"{path}: is there already. Replace it with --overwrite, or choose another --out.")


def write_sheet(path: Path, catalog: Catalog, checked: Checked, on_asset: Callable[[], None]) -> None:
    """Draw every asset that can be drawn, and say why of the others."""
    rows = {row.asset_id: row for row in checked.rows}
    tiles = []
    for start in range(0, len(catalog.assets), ASSETS_PER_RENDERER):
        some = catalog.assets[start : start + ASSETS_PER_RENDERER]
        meshes = _Shown(catalog, checked.decimated)
        with Renderer(meshes, TILE_WH_PX) as renderer:
            for asset in some:
                picture = _picture(renderer, meshes, asset) if _can_be_drawn(rows[asset.asset_id]) else None
                tiles.append(_tile(picture, rows[asset.asset_id], checked.of(asset.asset_id)))
                on_asset()
    columns = min(len(tiles), max(4, math.ceil(math.sqrt(len(tiles)))))
    width, height = tiles[0].size
    sheet = Image.new("RGB", (columns * width, -(-len(tiles) // columns) * height), "white")
    for number, tile in enumerate(tiles):
        sheet.paste(tile, (number % columns * width, number // columns * height))
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path, quality=90)


def _can_be_drawn(row: Row) -> bool:
    return row.size_m is not None and row.n_triangles is not None and row.n_triangles <= MOST_LOOKED_INTO


def _picture(renderer: Renderer, meshes: MeshStore, asset: Asset) -> Image.Image:
    shape = meshes[asset.asset_id]
    # All as large as one another: the sensor, the lights and the plane are made for things of this size.
    scale = 0.1 / float(np.linalg.norm(np.ptp(shape.bounds_m, axis=0)))
    turned = _pose(asset, shape)
    points_m = apply(turned, shape.hull_m * scale)
    low, high = points_m.min(axis=0), points_m.max(axis=0)
    center = (low + high) / 2
    placed = Placed(
        1, asset.asset_id, asset.category_id, translation([-center[0], -center[1], -low[2]]) @ turned, scale
    )
    return Image.fromarray(renderer.render(_scene(asset, placed, points_m - [center[0], center[1], low[2]])).rgb)


def _pose(asset: Asset, shape: Shape) -> Matrix:
    """As placement sets it down; of several rest poses the likeliest."""
    if asset.pose in ("upright", "face_up"):
        return rotation_between(asset.up, UP)
    return np.eye(4) if asset.pose == "any" else np.asarray(stable_poses(shape).rotations[0], np.float64)


def _scene(asset: Asset, placed: Placed, points_m: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> Scene:
    width, height = TILE_WH_PX
    elevation = np.radians(FLAT_ELEVATION_DEG if asset.pose == "face_up" else ELEVATION_DEG)
    azimuth = np.radians(AZIMUTH_DEG)
    towards = np.array([np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)])
    center = (points_m.min(axis=0) + points_m.max(axis=0)) / 2
    focal_px = FOCAL_PER_WIDTH * width
    distance_m = FAR * float(np.max(np.linalg.norm(points_m - center, axis=1)))
    # From that far what is seen grows as the distance falls, so one look tells how near it may be.
    eye = center + distance_m * towards
    camera = Camera(width, height, focal_px, (width / 2, height / 2), look_at(eye, center))
    off_px = np.abs(camera.project(points_m) - np.asarray(camera.center_px)).max(axis=0)
    eye = center + distance_m * float(np.max(2 * off_px / np.asarray(TILE_WH_PX))) / FILLED * towards
    camera = replace(camera, world_from_camera=look_at(eye, center))
    sun = Light("directional", rotation_between(UP, (0.35, 0.75, -1.0)), (1.0, 0.97, 0.92), 1.6, casts_shadow=True)
    plane = Surface(Texture("plain", seed=2), repeat_m=1.0)
    background = Background(environment=Texture("studio", seed=0), surface=plane, environment_gain=0.9)
    return Scene(index=0, seed=0, camera=camera, objects=(placed,), lights=(sun,), background=background)


def _tile(picture: Image.Image | None, row: Row, findings: tuple[Finding, ...]) -> Image.Image:
    """A picture over its caption, framed in the colour of the gravest finding."""
    width, height = TILE_WH_PX
    tile = Image.new("RGB", (width, height + CAPTION_PX), "white")
    draw = ImageDraw.Draw(tile)
    font = ImageFont.load_default(size=11)
    if picture is not None:
        tile.paste(picture, (0, 0))
    else:
        draw.rectangle((0, 0, width, height), fill=(235, 230, 230))
        draw.multiline_text(
            (10, 10), _wrapped(findings[0].seen if findings else "", 44), fill=COLORS["error"], font=font
        )
    gravest = next((name for name in SEVERITIES if any(f.severity == name for f in findings)), None)
    color = COLORS[gravest] if gravest else GREY
    triangles = "?" if row.n_triangles is None else f"{row.n_triangles:,}"
    kinds = ", ".join(dict.fromkeys(finding.kind for finding in findings))
    for number, words in enumerate((row.asset_id, f"{length(row.size_m)}, {triangles} triangles, {row.pose}", kinds)):
        draw.text((4, height + 2 + 14 * number), _cut(words, 46), fill=color if number == 2 else (0, 0, 0), font=font)
    if gravest in ("error", "warning"):
        draw.rectangle((0, 0, width - 1, height + CAPTION_PX - 1), outline=color, width=3)
    return tile


def _cut(words: str, most: int) -> str:
    """The end of what is too long: names differ there."""
    return words if len(words) <= most else "…" + words[1 - most :]


def _wrapped(words: str, width: int) -> str:
    lines = [""]
    for word in words.split():
        lines = [*lines, word] if len(lines[-1]) + len(word) >= width else [*lines[:-1], f"{lines[-1]} {word}".strip()]
    return "\n".join(lines)
