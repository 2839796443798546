"""Whatever labels a picture has, and however many pictures go into a file, what is read is what was written."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.formats.layout import Layout
from synth.formats.streamed import read_set
from synth.formats.writing import write_shards
from synth.write.atomic import write_json
from tests.made_records import CATEGORIES, made_record

EXAMPLES = settings(max_examples=25, deadline=None)
RECORDS = [made_record(index, n_labels=index % 4) for index in range(70)]

numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
# What JSON can say of a label beyond what COCO knows.
drawn = st.recursive(
    st.none() | st.booleans() | numbers | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("name", ["webdataset", "parquet"])
@EXAMPLES
@given(n=st.integers(1, 70), shard_frames=st.integers(1, 80), more=drawn)
def test_records_come_back_as_they_were_in_their_order(name, n, shard_frames, more):
    records = [replace(record, image={**record.image, "drawn": more}) for record in RECORDS[:n]]
    with TemporaryDirectory() as folder:
        manifest = write_shards(records, CATEGORIES, Path(folder), Layout(name, shard_frames))
        write_json(Path(folder, "manifest.json"), manifest)
        read = read_set(folder)
        assert [shard["frames"] for shard in manifest["shards"]] == [
            min(shard_frames, n - first) for first in range(0, n, shard_frames)
        ]
        assert [replace(record, maps={}) for record in records] == list(read.records())
