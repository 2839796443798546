"""`synth assets check`: every asset of a catalogue looked over, whatever is wrong with the one before it.

In: a catalogue. Out: a row for each asset and all that was found.
"""

__all__ = ["MOST_LOOKED_INTO", "Checked", "check_catalog"]

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from synth.assets.findings import SEVERITIES, Finding
from synth.assets.likeness import Likeness, likeness_findings, likeness_of
from synth.assets.posture import posture_findings
from synth.assets.surfaces import surface_findings
from synth.assets.survey import Row, Survey, survey
from synth.catalog import CATALOG_FILE, DISTRACTORS, PLAUSIBLE_SIZE_M, Asset, Catalog
from synth.meshes.files import MeshFile
from synth.meshes.gltf import GLTF, left_out, read_gltf
from synth.meshes.loading import build_mesh
from synth.meshes.mesh import Mesh

# Half a minute's work; of more triangles than these, no more than the size is looked at.
MOST_LOOKED_INTO = 1_000_000
# Against the middle one of its category.
ODD_SIZE = 4.0
# What is blended with less than this isn't there, to the renderer.
INVISIBLE_ALPHA = 1 / 32
# Of a texture's width, what rounding puts beyond its edge.
BEYOND_EDGE = 1e-3


@dataclass(frozen=True, slots=True)
class Checked:
    """A catalogue's rows, and what is wrong, the gravest first; and meshes that were decimated, for that takes long."""

    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]
    decimated: Mapping[str, Mesh] = field(default_factory=dict)

    def of(self, asset_id: str) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.subject == asset_id)


def check_catalog(catalog: Catalog, on_asset: Callable[[], None] = lambda: None) -> Checked:
    """Look over every asset.

    Args:
        catalog: Whose.
        on_asset: Called after each.
    """
    rows: list[Row] = []
    findings: list[Finding] = []
    known: list[Likeness] = []
    decimated: dict[str, Mesh] = {}
    for asset in catalog.assets:
        surveyed = survey(catalog, asset)
        rows.append(surveyed.row)
        findings += [
            Finding(asset.asset_id, refusal.kind, f"{refusal.seen} {refusal.mend}".strip())
            for refusal in surveyed.refused
        ]
        if surveyed.file is not None and not surveyed.is_broken:
            findings += [
                Finding(asset.asset_id, *seen) for seen in _looked_into(surveyed, surveyed.file, known, decimated)
            ]
        on_asset()
    findings += _sizes_said(catalog)
    refused = {finding.subject for finding in findings if finding.kind == "size"}
    findings += _sizes_alike([row for row in rows if row.asset_id not in refused])
    findings += likeness_findings(known)
    order = sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), f.kind, f.subject))
    return Checked(tuple(rows), tuple(order), decimated)


def _looked_into(
    surveyed: Survey, file: MeshFile, known: list[Likeness], decimated: dict[str, Mesh]
) -> Iterator[tuple[str, str]]:
    """What is odd about a mesh that can be drawn; what it is like, and what is left of it, is added to the last two."""
    asset = surveyed.asset
    yield from _materials(file)
    if asset.path.suffix.lower() in GLTF:
        yield from _left_out(asset, file)
    if file.n_triangles > MOST_LOOKED_INTO:
        yield "too_large", f"It has {file.n_triangles:,} triangles."
        return
    yield from surface_findings(file)
    started = time.monotonic()
    mesh = build_mesh(asset, file)
    if mesh.n_triangles_in_file is not None:
        decimated[asset.asset_id] = mesh
    yield from _budget(mesh, asset.max_triangles, time.monotonic() - started)
    yield from posture_findings(asset, file, mesh.shape)
    known.append(likeness_of(asset.asset_id, surveyed.row.category, asset.path, mesh))


def _left_out(asset: Asset, file: MeshFile) -> Iterator[tuple[str, str]]:
    places = [part.uvs for part in file.parts if part.uvs is not None]
    repeats = any(np.any((uvs < -BEYOND_EDGE) | (uvs > 1 + BEYOND_EDGE)) for uvs in places)
    if missing := left_out(read_gltf(asset.path), repeats=repeats):
        yield "left_out", "; ".join(missing) + "."


def _materials(file: MeshFile) -> Iterator[tuple[str, str]]:
    if n := sum(1 for part in file.parts if part.uvs is None and part.material.textures):
        yield "no_places", f"{n} of {len(file.parts)} parts have a texture and no texture coordinates."
    unseen = [p for p in file.parts if p.material.blended and p.material.base_color_rgba[3] < INVISIBLE_ALPHA]
    if unseen:
        yield "invisible", f"{len(unseen)} of {len(file.parts)} parts are blended with an alpha of nothing."


def _budget(mesh: Mesh, max_triangles: int, seconds: float) -> Iterator[tuple[str, str]]:
    if mesh.n_triangles_in_file is None:
        return
    words = f"{mesh.n_triangles_in_file:,} triangles are made {mesh.n_triangles:,}, which took {seconds:.1f} s"
    if mesh.n_triangles > max_triangles:
        yield "over_budget", f"{words}; its budget is {max_triangles:,}."
    else:
        yield "decimated", f"{words}."


def _sizes_said(catalog: Catalog) -> Iterator[Finding]:
    """Categories of which nobody has said how large they are."""
    unsaid = {asset.category_id for asset in catalog.targets if asset.plausible_size_m == PLAUSIBLE_SIZE_M}
    low, high = PLAUSIBLE_SIZE_M
    for category in catalog.categories:
        if category.id in unsaid:
            subject = f"{CATALOG_FILE} [categories.{category.name}]"
            yield Finding(subject, "size_unsaid", f"Anything from {low * 1000:g} mm to {high:g} m is taken.")


def _sizes_alike(rows: Sequence[Row]) -> Iterator[Finding]:
    by_category: dict[str, list[Row]] = {}
    for row in rows:
        if row.size_m and row.category != DISTRACTORS:
            by_category.setdefault(row.category, []).append(row)
    for category, members in by_category.items():
        middle_m = median(row.size_m or 0 for row in members)
        for row in members:
            factor = max((row.size_m or 0) / middle_m, middle_m / (row.size_m or 1))
            if len(members) > 2 and factor > ODD_SIZE:
                words = f"It is {row.size_m:.3g} m wide, and the middle one of {category} is {middle_m:.3g} m."
                yield Finding(row.asset_id, "size_differs", words)
