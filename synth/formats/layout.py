"""What a format writes of one picture, and how many of them go into a file."""

__all__ = ["BLOCK_FRAMES", "COCO", "FORMATS", "Layout", "Record", "layout_of", "record_of"]

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import orjson

from synth.errors import UsageError, did_you_mean

FormatName = Literal["coco", "webdataset", "parquet"]
FORMATS: tuple[FormatName, ...] = get_args(FormatName)
# So many frames are read at once: some 7 MB, which is one request to a store, and one row group of Parquet.
BLOCK_FRAMES = 64
SHARD_FRAMES = 16 * BLOCK_FRAMES


@dataclass(frozen=True, slots=True)
class Layout:
    """How a data set lies on the disk.

    Attributes:
        name: `coco` is a folder of pictures with one annotations.json.
        shard_frames: Pictures in a file of the other formats; in the last one there may be fewer.
        beside: Parquet alone: the pictures are files, to which the tables hold paths.
    """

    name: FormatName = "coco"
    shard_frames: int = SHARD_FRAMES
    beside: bool = False

    @property
    def holds_pictures(self) -> bool:
        """Whether pictures lie within the format's own files."""
        return self.name != "coco" and not self.beside

    def described(self) -> dict[str, Any]:
        """For the manifest: what has a part in the bytes."""
        if self.name == "coco":
            return {"name": self.name}
        return {"name": self.name, "shard_frames": self.shard_frames, "beside": self.beside}


COCO = Layout()


def layout_of(name: str, shard_frames: int | None = None, *, beside: bool = False) -> Layout:
    """What a command's options ask for; `shard_frames` is None where nobody said it.

    Raises:
        UsageError: there is no such format, or it has no such option.
    """
    if name not in FORMATS:
        raise UsageError(f"--format {name}: there is no such format.{did_you_mean(name, FORMATS)}")
    if beside and name != "parquet":
        raise UsageError("--images-beside: goes with --format parquet.")
    if shard_frames is None:
        return Layout(name, beside=beside)
    if name == "coco":
        raise UsageError("--shard-frames: goes with --format webdataset or parquet.")
    if shard_frames < 1:
        raise UsageError(f"--shard-frames {shard_frames}: expected at least 1.")
    return Layout(name, shard_frames, beside)


@dataclass(frozen=True, slots=True)
class Record:
    """One picture and its labels, ready to be written.

    Attributes:
        key: What it is called in its file, unique in the set, without dot or slash: `000012`.
        image: As COCO has it: `id`, `file_name`, `width`, `height` at least, `labels` for the paths of label maps.
        annotations: As COCO has them; a `segmentation` is run lengths, compressed.
        picture: The file's bytes, JPEG or PNG as the suffix of `file_name` says; nothing where it lies beside.
        maps: The label maps' PNG files by name (`instance`, `class`), nothing where they lie beside.
    """

    key: str
    image: Mapping[str, Any]
    annotations: Sequence[Mapping[str, Any]]
    picture: bytes
    maps: Mapping[str, bytes]


def record_of(key: str, labels: bytes | str, picture: bytes) -> Record:
    """A record as it was read.

    Args:
        labels: JSON of the image and its annotations.
    Raises:
        ValueError, KeyError, TypeError: it is no such JSON.
    """
    content = orjson.loads(labels)
    image, annotations = content["image"], content["annotations"]
    if not isinstance(image["file_name"], str) or not all(isinstance(each, dict) for each in annotations):
        raise ValueError("no image with its annotations")
    return Record(key, image, annotations, picture, {})
