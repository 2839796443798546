"""What can be wrong with an asset: each kind of finding carries how grave it is, what it does to a data set, and how to
mend it, so that every report is written by the same table.
"""

__all__ = ["KINDS", "SEVERITIES", "Finding", "Kind", "Severity"]

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "hint"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "hint")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding.

    Attributes:
        severity: `error`: nothing can be rendered with it. `warning`: pictures or labels are likely wrong. `hint`:
            worth knowing.
        effect: What it does to a data set.
        mend: What to do; nothing where each finding says so itself.
    """

    severity: Severity
    effect: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found.

    Attributes:
        subject: The asset's id, or a table of assets.toml.
        kind: A key of `KINDS`.
        seen: What was seen there.
    """

    subject: str
    kind: str
    seen: str

    @property
    def severity(self) -> Severity:
        return KINDS[self.kind].severity


_REFUSED = "Rendering stops before its first frame."
_BOTH_SIDES = "It is drawn from both sides, which takes half as long again, and its contact shadow may be weaker."
_RECALCULATE = "Recalculate the normals outside in a modeller (Blender: Shift+N), and export it again."
_CLEAN = "Clean it up in a modeller (Blender: Mesh > Clean Up), and export it again."

KINDS: dict[str, Kind] = {
    "unreadable": Kind("error", _REFUSED),
    "indices": Kind("error", _REFUSED),
    "not_finite": Kind("error", _REFUSED),
    "no_extent": Kind("error", _REFUSED),
    "no_area": Kind("error", _REFUSED),
    "size": Kind("error", f"{_REFUSED} At that size distances, blur and neighbours would be wrong."),
    "keypoint": Kind("error", _REFUSED),
    "size_differs": Kind(
        "warning",
        "Beside the others of its category it is drawn as a giant or a dwarf.",
        "If it is in another unit, set its unit in assets.toml; or its size_m.",
    ),
    "size_unsaid": Kind(
        "hint",
        "A mesh in millimetres that is taken for metres would pass unseen.",
        "Say what is plausible: size_m = [least, greatest], in metres.",
    ),
    "normals_against": Kind("warning", "It is lit as from its inside: dark where it should be bright.", _RECALCULATE),
    "normals_bad": Kind("hint", "They are replaced by the mean of the triangles around.", _RECALCULATE),
    "normals_missing": Kind(
        "hint",
        "A glTF without normals is flat by its definition: what is round shows facets.",
        "Export it with normals.",
    ),
    "inverted": Kind("warning", _BOTH_SIDES, _RECALCULATE),
    "winding": Kind("warning", f"Its light may change at a seam that isn't there. {_BOTH_SIDES}", _RECALCULATE),
    "holes": Kind(
        "warning",
        f"What is behind is seen through them, and labels as part of the object are not. {_BOTH_SIDES}",
        "Fill them (Blender: Select > Non Manifold, then Alt+F), and export it again.",
    ),
    "open": Kind("hint", _BOTH_SIDES, "None needed for a sheet or a cup; close it if it stands for a solid."),
    "non_manifold": Kind("hint", _BOTH_SIDES, _CLEAN),
    "degenerate": Kind("hint", "They are drawn for nothing.", _CLEAN),
    "duplicate": Kind("warning", "Where both are in one place, it depends on rounding which is seen.", _CLEAN),
    "stray": Kind(
        "warning",
        "Boxes span it too, rest poses stand on it, and it may be taken for the object.",
        "Delete it, or move it to a file of its own.",
    ),
    "no_places": Kind(
        "warning",
        "Its texture has no places on the mesh: all of it has the colour of one pixel.",
        "Unwrap it (UV) and export it with texture coordinates.",
    ),
    "invisible": Kind("warning", "It isn't seen, and no label is made of it.", "Raise the material's alpha."),
    "left_out": Kind(
        "hint", "It is drawn without that.", "Bake it into a base colour, normal or metallic-roughness texture."
    ),
    "up": Kind("warning", "It is set down on a side that it doesn't stand on: it lies where it should stand."),
    "origin": Kind(
        "hint",
        "Boxes and masks are right; `pose` and `bbox_3d` are about an origin far from the object.",
        "Move the origin to the object (Blender: Object > Set Origin), and export it again.",
    ),
    "decimated": Kind(
        "hint",
        "It is drawn, and labelled, with fewer triangles. Every process that renders takes that time once.",
        "Raise max_triangles in assets.toml, or export it with fewer.",
    ),
    "over_budget": Kind(
        "warning",
        "It is drawn with more triangles than its budget, and frames take longer: seams hold its surface together.",
        "Export it with fewer triangles, or unwrap its texture into larger pieces.",
    ),
    "too_large": Kind(
        "hint",
        "No more was looked at than its size. Reading and decimating it takes minutes in every process that renders.",
        "Export it with fewer triangles.",
    ),
    "same_file": Kind("warning", "It is drawn more often than the others of its category.", "Delete one of them."),
    "alike": Kind(
        "hint", "Together they are drawn more often than the others of their category.", "Delete one of them."
    ),
    "alike_apart": Kind(
        "warning",
        "One look has two names: the detector is taught that each is wrong.",
        "Put both into one category, or make them look different.",
    ),
}
