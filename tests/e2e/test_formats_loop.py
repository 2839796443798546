"""Sets of many pictures to a file from the command line: rendered, looked at, learned from as a folder of COCO is."""

import hashlib
from pathlib import Path

import orjson
import pytest

from synth.formats.streamed import read_set

pytestmark = pytest.mark.gl
SMALL = ("--n", 6, "--size", "160x120", "--category", "coin")
TINY = ("--iterations", 2, "--batch", 2, "--image-size", 96, "--device", "cpu")
FORMATS = {
    "webdataset": ("--format", "webdataset", "--shard-frames", 4),
    "parquet": ("--format", "parquet", "--shard-frames", 4),
    "beside": ("--format", "parquet", "--shard-frames", 4, "--images-beside"),
}


def tree(folder: Path):
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_set_of_each_format_is_what_the_coco_one_is_audited_and_learned_from(synth, tmp_path):
    assert synth("render", *SMALL, "--out", "coco", "--workers", 1).exit_code == 0
    coco = orjson.loads((tmp_path / "coco/annotations.json").read_bytes())
    for name, options in FORMATS.items():
        rendered = synth("render", *SMALL, *options, "--out", name, "--workers", 1)
        assert rendered.exit_code == 0, rendered.stderr
        records = list(read_set(tmp_path / name).records())
        assert [record.image for record in records] == coco["images"]
        assert [label for record in records for label in record.annotations] == coco["annotations"]
        assert synth("audit", name).exit_code == 0

    # Both kinds of picture, within and beside.
    trained = synth("train", "--data", "webdataset", *TINY, "--out", "runs/one", "--validation", "beside")
    assert trained.exit_code == 0, trained.stderr
    assert "6 pictures to learn from, 6 to validate on" in trained.stdout

    finished = synth("render", *SMALL, "--out", "webdataset", "--resume")
    assert finished.exit_code == 1
    assert "was made with other format" in finished.stderr
    before = tree(tmp_path / "parquet")
    again = synth("render", *SMALL, *FORMATS["parquet"], "--out", "parquet", "--workers", 2, "--overwrite")
    assert again.exit_code == 0, again.stderr
    assert tree(tmp_path / "parquet") == before

    path = tmp_path / "webdataset/000001.tar"
    path.write_bytes(path.read_bytes()[:20_000])
    cut = synth("train", "--data", "webdataset", *TINY, "--out", "runs/cut")
    assert cut.exit_code == 1
    assert "000001.tar: is cut off or altered" in cut.stderr
    assert "Traceback" not in cut.stderr
