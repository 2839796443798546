"""What is to be found, and the parts of the scenes that the ablation switches off."""

__all__ = ["PARTS", "SUBJECTS", "Settings", "Subject", "benchmark_folder"]

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BENCHMARK = "SYNTH_BENCHMARK"
DEFAULT_BENCHMARK = Path("../shared")

# Of a render.toml: top-level keys, and tables by their names.
Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Subject:
    """A user's situation: meshes of the objects, photos to be measured on, and folders of backgrounds.

    Attributes:
        meshes: Their folder in the benchmark, None for those that ship.
        photos: LabelMe's, in the benchmark.
        categories: Of the meshes; empty for all.
        settings: What the user's render.toml says.
        aliases: Of the photos' labels.
        off: By part, what it takes to switch it off for these meshes besides `PARTS`.
    """

    name: str
    meshes: str | None
    photos: str
    categories: tuple[str, ...] = ()
    settings: Settings = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    off: Mapping[str, Settings] = field(default_factory=dict)

    def n_categories(self, benchmark: Path) -> int:
        """How many classes a detector of it tells apart."""
        if self.categories or not self.meshes:
            return len(self.categories)
        folders = (folder for folder in (benchmark / self.meshes).iterdir() if folder.is_dir())
        return sum(not folder.name.startswith(("_", ".")) for folder in folders)


SUBJECTS = (
    Subject(
        name="dice",
        meshes=None,
        photos="bench/dice/real",
        categories=("die",),
        aliases={f"die_{face}": "die" for face in ("one", "two", "three", "four", "five", "six")},
        # By name: their catalogue's word on how far colours may go stands above the default.
        off={"materials": {"materials": {"strength": {"die": 0.0}}}},
    ),
    Subject(name="cards", meshes="bench/cards/meshes", photos="bench/cards/real", settings={"preset": "flat"}),
)

# What stands in for a part that is switched off, laid over the subject's own settings: the plainest that there is. Of
# the backgrounds it is the ground and what is seen behind it; things that lie about keep the photos that they wear.
PARTS: Mapping[str, Settings] = {
    "light": {
        "lights": {
            "direct_ratio": [1.0, 1.0],
            "kelvin": [6500.0, 6500.0],
            "elevation_deg": [60.0, 60.0],
            "raking": 0.0,
            "key_lamp": 0.0,
            "soft": 0.0,
            "lamps": [0, 0],
        },
        "background": {"environment_photo_share": 0.0, "environment_kinds": ["studio"], "environment_gain": [1.0, 1.0]},
    },
    "backgrounds": {
        "background": {"photo_share": 0.0, "surface_kinds": ["plain"], "free_space": 0.0, "behind": 0.0},
    },
    "distractors": {"distractors": {"count": [0, 0]}, "occluders": {"share": 0.0}},
    "sensor": {
        "lens": {"distorted": 0.0, "defocused": 0.0, "soft": 0.0, "shaken": 0.0, "vignetted": 0.0},
        "sensor": {
            "exposure_stops": [0.0, 0.0],
            "warmth": [0.0, 0.0],
            "greenness": [0.0, 0.0],
            "noisy": 0.0,
            "mosaic": 0.0,
            "gamma": [1.0, 1.0],
            "saturation": [1.0, 1.0],
            "grey": 0.0,
            "rescaled": 0.0,
            "sharpened": 0.0,
            "recompressed": 0.0,
        },
    },
    "materials": {
        "materials": {"default_strength": 0.0, "distractor_strength": 0.0, "retextured": 0.0, "worn": 0.0},
    },
    "rest poses": {"placement": {"pose": "any"}},
}


def benchmark_folder(given: Path | None) -> Path:
    """Where the benchmark's data lie: as given, as the environment says, or beside the checkout.

    Raises:
        SystemExit: there is no such folder, or it lacks a part.
    """
    folder = given or Path(os.environ.get(BENCHMARK, DEFAULT_BENCHMARK))
    needed = [subject.photos for subject in SUBJECTS] + [s.meshes for s in SUBJECTS if s.meshes] + ["backgrounds"]
    missing = [part for part in needed if not (folder / part).is_dir()]
    if missing:
        raise SystemExit(
            f"{folder}: the benchmark's data aren't there (no {', '.join(missing)}). They are not part of the project: "
            f"name their folder with --benchmark DIR or {BENCHMARK}=DIR."
        )
    return folder
