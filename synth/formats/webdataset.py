"""WebDataset: a tar of pictures, each beside its labels as JSON. One shard out of records, and records out of a part.

Written with the standard library: webdataset's own writer says nothing of where a member begins, which random access
needs, and importing it imports PyTorch. The tests read what is written here with webdataset.
"""

__all__ = ["read_block", "write_shard"]

import io
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

import orjson

from synth.errors import DatasetError
from synth.formats.layout import BLOCK_FRAMES, Record, record_of
from synth.write.atomic import atomic_writer, sha256_of

PICTURES = (".jpg", ".jpeg", ".png")


def write_shard(path: Path, records: Iterable[Record]) -> dict[str, Any]:
    """Write a tar; returns its line of the manifest, in which `blocks` says where every 64th frame begins, and the end.

    Raises:
        DatasetError: a picture is neither JPEG nor PNG.
    """
    starts, n = [], 0
    with atomic_writer(path) as file, tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for record in records:
            if n % BLOCK_FRAMES == 0:
                starts.append(tar.offset)
            for name, content in sorted(_members(record).items()):
                # The defaults are user, group and time 0.
                member = tarfile.TarInfo(f"{record.key}.{name}")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
            n += 1
        starts.append(tar.offset)
    return {"file": path.name, "frames": n, "blocks": starts, "sha256": sha256_of(path)}


def read_block(part: bytes) -> Iterator[Record]:
    """The records in a part of a tar, from where a frame begins to where one ends; label maps are left out.

    Raises:
        tarfile.TarError, KeyError, ValueError, TypeError: it isn't what `write_shard` writes.
    """
    samples: dict[str, dict[str, bytes]] = {}
    with tarfile.open(fileobj=io.BytesIO(part), mode="r:") as tar:
        for member in tar:
            key, _, suffix = PurePosixPath(member.name).name.partition(".")
            if member.issparse():
                raise ValueError("a sparse member, whose zeros could fill any memory")
            if suffix == "json" or f".{suffix}" in PICTURES:
                file: IO[bytes] | None = tar.extractfile(member)
                samples.setdefault(key, {})[suffix] = file.read() if file else b""
    for key, files in samples.items():
        labels = files.pop("json")
        (picture,) = files.values()
        yield record_of(key, labels, picture)


def _members(record: Record) -> dict[str, bytes]:
    suffix = PurePosixPath(record.image["file_name"]).suffix.lower()
    if suffix not in PICTURES:
        raise DatasetError(f"{record.image['file_name']}: webdataset sets hold JPEG and PNG. Convert the picture.")
    labels = orjson.dumps({"image": record.image, "annotations": record.annotations})
    return {suffix[1:]: record.picture, "json": labels} | {f"{name}.png": png for name, png in record.maps.items()}
