"""Sets of many pictures to a file (WebDataset, Parquet) as the page shows them; a block is in memory at a time."""

__all__ = ["read_labelled_stream"]

from dataclasses import replace
from pathlib import Path

from synth.formats.streamed import StreamedSet
from synth.inspect.coco import Choose, labelled_picture
from synth.inspect.labelled import Kind, LabelledSet


def read_labelled_stream(stream: StreamedSet, choose: Choose) -> LabelledSet:
    """All labels in memory; the pictures are read a block at a time when they are needed.

    Raises:
        DatasetError: a block is missing, cut off or altered.
    """
    chosen = list(choose(stream.n_pictures))
    wanted = set(chosen)
    number_of = {category.id: number for number, category in enumerate(stream.categories)}
    where = Path(stream.folder.where)
    pictures = []
    for (i, record), picture in zip(enumerate(stream.records()), stream.in_memory().pictures, strict=True):
        if i in wanted:
            labelled = labelled_picture(where, where, dict(record.image), record.annotations, number_of)
            pictures.append(replace(labelled, picture=replace(picture, instances=())))
    kinds = tuple(Kind(category.name) for category in stream.categories)
    return LabelledSet(stream.name, f"rendered, {stream.format}", kinds, tuple(pictures), stream.n_pictures)
