"""Reading sets of many pictures to a file: blocks of pictures, whichever are wanted, without the rest.

In: a folder or a URL with a manifest that names shards. Out: a `StreamedSet`. What it holds of a set is where its
blocks begin: some hundred bytes for 64 pictures.
"""

__all__ = ["Block", "StreamedSet", "read_set"]

import hashlib
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson

from synth.dataset import Category, Picture, PictureSet, category_of, instance_of, picture_of, read_coco
from synth.errors import DatasetError, MissingFileError, SynthError
from synth.formats import parquet, webdataset
from synth.formats.folder import Folder, is_url
from synth.formats.layout import BLOCK_FRAMES, FORMATS, Record

# What tarfile and pyarrow raise on files that are cut off or altered; pyarrow's own errors are among them.
BROKEN: tuple[type[Exception], ...] = (
    tarfile.TarError,
    OSError,
    LookupError,
    TypeError,
    ValueError,
    NotImplementedError,
    MemoryError,
)


@dataclass(frozen=True, slots=True)
class Block:
    """Pictures that are read at once.

    Attributes:
        file: The shard that they lie in.
        number: Which of the shard's blocks it is.
        n_pictures: How many.
        start, stop: Where their bytes begin and end; both 0 where the file itself knows.
    """

    file: str
    number: int
    n_pictures: int
    start: int = 0
    stop: int = 0


@dataclass(frozen=True, slots=True)
class StreamedSet:
    """A data set of which pictures are read a block at a time.

    Attributes:
        digest: Of all that is in it, as far as its manifest tells.
    """

    name: str
    folder: Folder
    format: str
    categories: tuple[Category, ...]
    blocks: tuple[Block, ...]
    digest: str

    @property
    def n_pictures(self) -> int:
        return sum(block.n_pictures for block in self.blocks)

    def records(self) -> Iterator[Record]:
        """All pictures with all that is known of them, one after the other; raises as `block`."""
        for number in range(len(self.blocks)):
            yield from self.block(number)

    def pictures(self, number: int) -> tuple[Picture, ...]:
        """The pictures of a block, whose files are in memory; raises as `block`."""
        try:
            return tuple(self._picture(self.blocks[number].file, record) for record in self.block(number))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._fault(number, error) from None

    def in_memory(self) -> PictureSet:
        """All labels in memory, as of any other set; the pictures' files are read a block at a time, when needed."""
        read = self.reader()
        pictures = [
            replace(picture, content=partial(read, number, place))
            for number in range(len(self.blocks))
            for place, picture in enumerate(self.pictures(number))
        ]
        return PictureSet(self.name, self.categories, tuple(pictures))

    def reader(self) -> Callable[[int, int], bytes]:
        """What gives the file of a picture by its block and its place in that, and holds the last blocks."""
        pictures = lru_cache(maxsize=2)(self.pictures)

        def read(number: int, place: int) -> bytes:
            content = pictures(number)[place].content
            return content() if content else b""

        return read

    def block(self, number: int) -> Sequence[Record]:
        """The pictures of a block with all that is known of them; label maps are left out.

        Raises:
            DatasetError: the block is missing, cut off, or isn't what the manifest says.
        """
        block = self.blocks[number]
        try:
            if self.format == "webdataset":
                records = list(webdataset.read_block(self.folder.read(block.file, block.start, block.stop)))
            else:
                with self.folder.open(block.file) as file:
                    records = list(parquet.read_block(file, block.number))
        except SynthError:
            raise
        except BROKEN + self.folder.faults as error:
            raise self._fault(number, error) from None
        if len(records) != block.n_pictures:
            raise self._fault(number, f"{len(records)} pictures where {block.n_pictures} should be")
        return records

    def _picture(self, within: str, record: Record) -> Picture:
        name = str(record.image["file_name"])
        instances = map(instance_of, record.annotations)
        if record.picture:
            path = Path(self.folder.where) / within / name
            return picture_of(record.image, instances, path, partial(bytes, record.picture))
        return picture_of(record.image, instances, Path(self.folder.where) / name, partial(self.folder.read, name))

    def _fault(self, number: int, what: object) -> DatasetError:
        said = " ".join(str(what).split())[:200]
        return DatasetError(
            f"{self.folder.where}/{self.blocks[number].file}: is cut off or altered ({said}). Look with synth audit, "
            "and make the set again."
        )


def read_set(where: str | Path) -> PictureSet | StreamedSet:
    """A data set of any format, told by its manifest.

    Args:
        where: A folder, or a URL where it is one of many pictures to a file.
    Raises:
        DatasetError: there is none, it isn't complete, or its manifest was altered.
    """
    folder = Folder(where)
    try:
        manifest = folder.manifest()
    except MissingFileError:
        raise DatasetError(
            f"{folder.where}: has no manifest.json, so there is no data set, or it isn't complete. "
            f"Finish it with: synth render --resume --out {folder.where}"
        ) from None
    try:
        name = str(manifest["format"]["name"]) if "format" in manifest else "coco"
        if name != "coco":
            return _streamed(folder, name, manifest)
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(
            f"{where}/manifest.json: says nothing of shards as expected ({type(error).__name__}: {error}). "
            "Was it edited? Make the set again."
        ) from None
    if is_url(where):
        raise DatasetError(
            f"{folder.where}: has a file for each picture, and such sets are read from folders alone. Copy it to this "
            "machine (aws s3 sync, gsutil rsync or their like) and name the copy, or render with --format webdataset."
        )
    return read_coco(Path(where))


def _streamed(folder: Folder, name: str, manifest: Mapping[str, Any]) -> StreamedSet:
    if name not in FORMATS:
        raise DatasetError(f"{folder.where}: is of the format {name[:100]!r}, which this version doesn't read.")
    return StreamedSet(
        name=folder.name,
        folder=folder,
        format=name,
        categories=tuple(category_of(each) for each in manifest["categories"]),
        blocks=tuple(block for shard in manifest["shards"] for block in _blocks(shard)),
        digest=hashlib.sha256(orjson.dumps([manifest["categories"], manifest["shards"]])).hexdigest(),
    )


def _blocks(shard: Mapping[str, Any]) -> Iterator[Block]:
    file, n_left = str(shard["file"]), int(shard["frames"])
    edges = [*shard["blocks"]] if "blocks" in shard else [0] * (-(-n_left // BLOCK_FRAMES) + 1)
    for number, (start, stop) in enumerate(pairwise(edges)):
        yield Block(file, number, min(BLOCK_FRAMES, n_left), int(start), int(stop))
        n_left -= BLOCK_FRAMES
