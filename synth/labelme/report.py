"""What was met while reading LabelMe files and is worth telling, so that nothing is left out in silence."""

__all__ = ["LabelMeReport"]

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LabelMeReport:
    """Counts over one folder.

    Attributes:
        n_json: LabelMe files read.
        n_pictures: Pictures they label, one a file.
        n_instances: Objects kept, those to be ignored (`iscrowd`) among them.
        n_negatives: Pictures in which no object was kept: true negatives.
        skipped_shapes: Shapes without an area (points and lines), by shape type.
        ignored_labels: Objects left out because the caller ignores their label, by label.
        unannotated: Pictures that no JSON belongs to. They are not in the set.
        policy_dropped: Objects that the label policy removed, by rule; `not_visible` also without a policy.
        policy_ignored: Objects that the label policy marked `iscrowd`, by rule.
    """

    n_json: int
    n_pictures: int
    n_instances: int
    n_negatives: int
    skipped_shapes: Mapping[str, int]
    ignored_labels: Mapping[str, int]
    unannotated: tuple[Path, ...]
    policy_dropped: Mapping[str, int]
    policy_ignored: Mapping[str, int]

    def lines(self) -> list[str]:
        """The report in words, a line for each thing that was met."""
        counted = {
            "shapes without an area skipped": self.skipped_shapes,
            "objects left out by their label": self.ignored_labels,
            "objects dropped by the label policy": self.policy_dropped,
            "objects marked by the label policy to be ignored": self.policy_ignored,
        }
        lines = [f"{self.n_pictures} labelled pictures: {self.n_instances} objects, {self.n_negatives} without any"]
        for what, by_name in counted.items():
            if by_name:
                lines.append(f"{what}: {', '.join(f'{n} {name}' for name, n in sorted(by_name.items()))}")
        if self.unannotated:
            lines.append(
                f"pictures without a JSON, so not used: {len(self.unannotated)}, {self.unannotated[0].name} first"
            )
        return lines
