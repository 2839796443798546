"""WebDataset and Parquet (Hugging Face `datasets`), by `synth.formats`: as `synth render --format` writes them."""

__all__ = []

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from synth.convert.coco_records import Tally, annotation_of, category_of, image_of, set_of, shot_of
from synth.convert.formats import FORMATS, Format
from synth.convert.json_file import read_json, reading
from synth.convert.losses import EVERYTHING, Carries
from synth.convert.neutral import LabelledSet
from synth.convert.pictures import Placer, safe_names
from synth.convert.splits import set_folders, together
from synth.errors import DatasetError
from synth.formats.layout import FormatName, Layout, Record
from synth.formats.streamed import StreamedSet, read_set
from synth.formats.writing import check_installed, write_shards
from synth.write.atomic import write_json


def _is_one(name: FormatName, folder: Path) -> bool:
    path = folder / "manifest.json"
    if not path.is_file():
        return False
    try:
        said = read_json(path).get("format")
    except DatasetError:
        return False
    return isinstance(said, dict) and said.get("name") == name


def _read(name: FormatName, source: Path) -> LabelledSet:
    folders = set_folders(source, partial(_is_one, name))
    return together([(split, _read_one(folder)) for split, folder in folders], source)


def _read_one(folder: Path) -> LabelledSet:
    streamed, tally = read_set(folder), Tally()
    if not isinstance(streamed, StreamedSet):
        raise DatasetError(f"{folder}: holds no shards.")
    shots = []
    with reading(folder, "records of pictures and labels"):
        # Labels are kept, pictures are not: their bytes come again when they are wanted.
        for record, picture in zip(streamed.records(), streamed.in_memory().pictures, strict=True):
            shot = shot_of(record.image, record.annotations, picture.path, folder, tally)
            shots.append(replace(shot, packed=picture.content))
        categories = [{"id": each.id, "name": each.name} for each in streamed.categories]
        return set_of(folder.resolve().name, categories, shots, tally.lines())


def _write(name: FormatName, labelled: LabelledSet, out: Path, placer: Placer) -> list[str]:
    layout = Layout(name)
    check_installed(layout)
    categories = [category_of(labelled, category) for category in labelled.categories]
    described = write_shards(_records(labelled, placer), categories, out, layout)
    counts = {"images": len(labelled.shots), "annotations": len(labelled.things)}
    write_json(out / "manifest.json", {"shards": [], **described, "counts": counts})
    return []


def _records(labelled: LabelledSet, placer: Placer) -> Iterator[Record]:
    names = safe_names(labelled.shots, by_stem=False)
    for number, (shot, name) in enumerate(zip(labelled.shots, names, strict=True)):
        annotations = [annotation_of(thing, shot.image_id, run_lengths=True) for thing in shot.things]
        yield Record(f"{number:06d}", image_of(shot, name), annotations, placer.content(shot), {})


CARRIES = Carries(
    "exact",
    own_boxes=True,
    crowds=True,
    image_ids=True,
    thing_ids=True,
    category_ids=True,
    fields=EVERYTHING,
    shot_fields=EVERYTHING,
)


def _register(name: FormatName, title: str) -> None:
    def is_here(source: Path) -> bool:
        return bool(set_folders(source, partial(_is_one, name)))

    FORMATS.register(name)(Format(title, CARRIES, is_here, partial(_read, name), partial(_write, name)))


_register("webdataset", "WebDataset")
_register("parquet", "Parquet")
