"""The named points of a category: their order, and the bones that join them.

In: what the catalogue says. Out: a `Skeleton`, checked against the points that the category's assets have.
"""

__all__ = ["PointM", "Skeleton", "make_skeleton"]

from collections.abc import Mapping
from dataclasses import dataclass

from synth.errors import AssetError, did_you_mean

PointM = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Skeleton:
    """COCO's two keys of a category.

    Attributes:
        names: Of the keypoints, in the order that annotations have.
        bones: Pairs of numbers of keypoints, from 1.
    """

    names: tuple[str, ...] = ()
    bones: tuple[tuple[int, int], ...] = ()


def make_skeleton(
    where: str,
    names: tuple[str, ...],
    bones: tuple[tuple[str, str], ...],
    points: Mapping[str, Mapping[str, PointM]],
) -> Skeleton:
    """The skeleton of one category.

    Args:
        where: The catalogue's file and the category's table, for errors.
        names: As the catalogue lists them, or empty: then those of the first asset that has any.
        bones: Pairs of names.
        points: The keypoints of each of the category's assets, by its file.
    Raises:
        AssetError: a name is listed twice, or an asset or a bone has a name that isn't listed.
    """
    if len(set(names)) != len(names):
        raise AssetError(f"{where}: keypoint_names lists a name twice: {', '.join(names)}.")
    names = names or next((tuple(named) for named in points.values() if named), ())
    for file, named in points.items():
        for name in named:
            _check(f"{where}: {file}", name, names)
    for bone in bones:
        for name in bone:
            _check(f"{where}: skeleton", name, names)
    number = {name: n for n, name in enumerate(names, start=1)}
    return Skeleton(names, tuple((number[start], number[end]) for start, end in bones))


def _check(where: str, name: str, names: tuple[str, ...]) -> None:
    if name not in names:
        raise AssetError(
            f'{where}: "{name}" is no keypoint of the category.{did_you_mean(name, names)} '
            "Its keypoints are those in keypoint_names, or else those of its first asset."
        )
