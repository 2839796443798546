"""Parquet: a row a picture, in columns that Hugging Face `datasets` knows. Records to a shard, and back."""

__all__ = ["import_pyarrow", "read_block", "write_shard"]

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any

import orjson

from synth.errors import SynthError
from synth.extras import install_line
from synth.formats.layout import BLOCK_FRAMES, Record, record_of
from synth.write.atomic import atomic_writer, sha256_of

# What a picture's objects have, a list each, by Arrow's type and the name that `datasets` has for it.
OBJECT_LISTS = {
    "id": ("int64", "int64"),
    "category": ("int64", None),  # counted from 0, as `datasets` counts classes; category_id is ours
    "category_id": ("int64", "int64"),
    "area": ("float64", "float64"),
    "iscrowd": ("bool_", "bool"),
    "segmentation": ("string", "string"),  # run lengths; their size is the picture's
    "visible_fraction": ("float64", "float64"),
}


def import_pyarrow() -> Any:
    """The modules `pyarrow` and `pyarrow.parquet`.

    Raises:
        SynthError: it isn't installed.
    """
    try:
        import pyarrow  # noqa: PLC0415 - an extra, and a tenth of a second
        import pyarrow.parquet  # noqa: PLC0415
    except ImportError:
        raise SynthError(f"Parquet needs pyarrow: {install_line('formats')}") from None
    return pyarrow, pyarrow.parquet


def write_shard(
    path: Path, records: Iterable[Record], categories: Sequence[Mapping[str, Any]], *, beside: bool
) -> dict[str, Any]:
    """Write a file of row groups of 64 frames; returns its line of the manifest.

    Args:
        categories: COCO's.
        beside: Rows hold the pictures' paths, relative to the data set, and not their bytes.
    """
    pa, pq = import_pyarrow()
    index_of = {category["id"]: index for index, category in enumerate(categories)}
    left, n, writer = iter(records), 0, None
    with atomic_writer(path) as file:
        try:
            while block := list(islice(left, BLOCK_FRAMES)):
                rows = [_row(record, index_of, beside) for record in block]
                if writer is None:
                    writer = _writer(pq, file, _schema(pa, tuple(block[0].image.get("labels", ())), categories))
                writer.write_table(pa.Table.from_pylist(rows, schema=writer.schema), row_group_size=BLOCK_FRAMES)
                n += len(rows)
        finally:
            if writer is not None:
                writer.close()
    return {"file": path.name, "frames": n, "sha256": sha256_of(path)}


def read_block(file: IO[bytes], number: int) -> Iterator[Record]:
    """The records of a row group; their pictures are empty where they lie beside, and label maps are left out.

    Raises:
        pyarrow.ArrowException, KeyError, ValueError, TypeError: it isn't what `write_shard` writes.
    """
    _, pq = import_pyarrow()
    table = pq.ParquetFile(file, page_checksum_verification=True).read_row_group(number, ["image", "record"])
    for row in table.to_pylist():
        key = row["image"]["path"].rpartition("/")[2].partition(".")[0]
        yield record_of(key, row["record"], row["image"]["bytes"] or b"")


def _row(record: Record, index_of: Mapping[int, int], beside: bool) -> dict[str, Any]:
    labels, annotations = record.image.get("labels", {}), record.annotations
    maps = {name: _file(path, None if beside else record.maps[name]) for name, path in labels.items()}
    objects: dict[str, list[Any]] = {name: [a.get(name) for a in annotations] for name in OBJECT_LISTS}
    objects["category"] = [index_of[a["category_id"]] for a in annotations]
    objects["iscrowd"] = [bool(a.get("iscrowd", 0)) for a in annotations]
    segmentations = [a.get("segmentation") for a in annotations]
    objects["segmentation"] = [s["counts"] if isinstance(s, dict) else None for s in segmentations]
    return {
        "image": _file(record.image["file_name"], None if beside else record.picture),
        **maps,
        "image_id": record.image["id"],
        "width": record.image["width"],
        "height": record.image["height"],
        "objects": {"bbox": [a["bbox"] for a in annotations], **objects},
        "record": orjson.dumps({"image": record.image, "annotations": annotations}).decode(),
    }


def _file(path: str, content: bytes | None) -> dict[str, Any]:
    return {"bytes": content, "path": path}


def _schema(pa: Any, maps: Sequence[str], categories: Sequence[Mapping[str, Any]]) -> Any:
    """Arrow's schema, with the features that `datasets` reads from its metadata."""
    file = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    lists = {"bbox": pa.list_(pa.list_(pa.float64()))}
    lists |= {name: pa.list_(getattr(pa, kind)()) for name, (kind, _) in OBJECT_LISTS.items()}
    numbers = {"image_id": "int64", "width": "int32", "height": "int32"}
    names = {"names": [category["name"] for category in categories], "_type": "ClassLabel"}
    features: dict[str, Any] = {name: {"_type": "Image"} for name in ("image", *maps)}
    features |= {name: _value(kind) for name, kind in numbers.items()}
    features["objects"] = {"bbox": _list(_list(_value("float64")))}
    features["objects"] |= {name: _list(_value(kind) if kind else names) for name, (_, kind) in OBJECT_LISTS.items()}
    features["record"] = _value("string")
    columns = [(name, file) for name in ("image", *maps)] + [(k, getattr(pa, v)()) for k, v in numbers.items()]
    columns += [("objects", pa.struct(list(lists.items()))), ("record", pa.string())]
    return pa.schema(columns, metadata={"huggingface": orjson.dumps({"info": {"features": features}})})


def _value(kind: str) -> dict[str, Any]:
    return {"dtype": kind, "_type": "Value"}


def _list(feature: Mapping[str, Any]) -> dict[str, Any]:
    # "List" is this since version 4; what was before reads "Sequence", as later ones do too.
    return {"feature": feature, "_type": "Sequence"}


def _writer(pq: Any, file: IO[bytes], schema: Any) -> Any:
    return pq.ParquetWriter(
        file,
        schema,
        # Not the pictures, for JPEG and PNG are compressed already.
        compression={"record": "zstd", "objects.segmentation.list.element": "zstd"},
        use_dictionary=False,
        write_statistics=False,
        write_page_checksum=True,
    )
