"""What a data set shows of all that its settings ask for: histograms with their gaps, for the manifest and a line.

In: the measures of each frame, one after the other. Out: a table; its size does not grow with the number of frames.
"""

__all__ = ["MEASURES", "Coverage", "Measure", "summary_lines"]

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Range = tuple[float, float]
# Gaps that the printed lines name; the manifest has all.
MOST_NAMED = 4
# Of its equal share of all labels: a category beyond these is named.
FEWEST, MOST = 0.5, 2.0


@dataclass(frozen=True, slots=True)
class Measure:
    """One histogram.

    Attributes:
        name: As the frames have it; see `synth.annotate.measures`.
        words: For the printed line.
        edges: Of its bins, ascending; a value on an edge belongs to the bin above, on the last to the last.
        wanted: What should be filled whatever the settings are; else what a randomizer's `wanted()` says.
        limit: Beyond the wanted range nothing should lie, and what does is told.
    """

    name: str
    words: str
    edges: tuple[float, ...]
    wanted: Range | None = None
    limit: bool = False


AROUND = tuple(range(-180, 181, 30))
MEASURES = (
    Measure("view_elevation_deg", "view elevation", tuple(range(-90, 91, 10))),
    Measure("view_azimuth_deg", "view azimuth", AROUND, (-180, 180)),
    Measure("own_elevation_deg", "side", tuple(range(-90, 91, 15))),
    Measure("box_size", "size", (0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.12, 0.16, 0.24, 0.32, 0.48, 0.64, 0.96)),
    Measure("visible_fraction", "visible", (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)),
    Measure("light_elevation_deg", "light elevation", tuple(range(0, 91, 10))),
    Measure("light_azimuth_deg", "light azimuth", AROUND),
    Measure("light_ratio", "light strength", (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)),
    Measure("luminance", "luminance", (0, 15, 60, 105, 150, 195, 240, 255), (15, 240), limit=True),
    Measure("instances", "instances", (0, 1, 2, 3, 5, 9, 17, 33, 65, 129)),
)


class Coverage:
    """Counts as the frames come; their order has no part in it.

    Args:
        wanted: The range to be filled, by a measure's name.
    """

    def __init__(self, wanted: Mapping[str, Range]) -> None:
        self._wanted = {measure.name: measure.wanted for measure in MEASURES if measure.wanted} | dict(wanted)
        # Of each measure: below the first edge, each bin, above the last edge.
        self._counts = {measure.name: [0] * (len(measure.edges) + 1) for measure in MEASURES}

    def add(self, measures: Mapping[str, Iterable[float]]) -> None:
        """Count a frame."""
        for measure in MEASURES:
            counts, edges = self._counts[measure.name], measure.edges
            for value in measures.get(measure.name, ()):
                counts[len(edges) - 1 if value == edges[-1] else bisect_right(edges, value)] += 1

    def table(self, per_category: Mapping[str, int]) -> dict[str, Any]:
        """As JSON. `per_category` counts labels."""
        parts = {measure.name: self._histogram(measure) for measure in MEASURES}
        return parts | {"categories": _shares(per_category)}

    def _histogram(self, measure: Measure) -> dict[str, Any]:
        below, *counts, above = self._counts[measure.name]
        part: dict[str, Any] = {"edges": list(measure.edges), "counts": counts, "below": below, "above": above}
        wanted = self._wanted.get(measure.name)
        if wanted is None:
            return part
        bins = list(zip(measure.edges, measure.edges[1:], counts, strict=False))
        asked = [one for one in bins if wanted[0] <= one[0] and one[1] <= wanted[1]]
        # A range that is narrower than a bin asks for those that it touches.
        asked = asked or [one for one in bins if one[0] <= wanted[1] and wanted[0] < one[1]]
        return part | {
            "wanted": list(wanted),
            "wanted_bins": len(asked),
            "empty": [[low, high] for low, high, count in asked if not count],
            "outside": sum(self._counts[measure.name]) - sum(count for _, _, count in asked),
        }


def summary_lines(table: Mapping[str, Any]) -> list[str]:
    """One line of what is covered, and one of what isn't, if anything."""
    filled, gaps = [], []
    for measure in MEASURES:
        part = table[measure.name]
        if "wanted" not in part:
            continue
        filled.append(f"{measure.words} {part['wanted_bins'] - len(part['empty'])}/{part['wanted_bins']}")
        gaps += [f"{measure.words} {low:g} to {high:g}" for low, high in part["empty"]]
        if measure.limit and part["outside"]:
            gaps.append(f"{part['outside']} of {measure.words} beyond {part['wanted'][0]:g} to {part['wanted'][1]:g}")
    categories = table["categories"]
    gaps += [
        f"{name} has {categories[name]['share']:.2g} of its share" for name in categories if _is_odd(categories[name])
    ]
    more = f" and {len(gaps) - MOST_NAMED} more, see manifest.json" if len(gaps) > MOST_NAMED else ""
    told = [f"not covered: {'; '.join(gaps[:MOST_NAMED])}{more}"] if gaps else []
    return [f"coverage, bins with something of those wanted: {', '.join(filled)}", *told]


def _shares(per_category: Mapping[str, int]) -> dict[str, dict[str, float]]:
    """Labels of each category, and how they compare to an equal share of all: 1 is just that."""
    equal = sum(per_category.values()) / max(len(per_category), 1)
    return {
        name: {"labels": count, "share": round(count / equal, 3) if equal else 0.0}
        for name, count in per_category.items()
    }


def _is_odd(category: Mapping[str, float]) -> bool:
    return not FEWEST <= category["share"] <= MOST
