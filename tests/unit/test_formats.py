import io
import sys
import tarfile

import orjson
import pyarrow.parquet as pq
import pytest
from PIL import Image
from typer.testing import CliRunner

from synth.cli.app import app
from synth.dataset import read_rgb
from synth.errors import DatasetError, SynthError, UsageError
from synth.formats.layout import Layout, layout_of
from synth.formats.streamed import read_set
from synth.formats.writing import write_shards
from synth.write.atomic import sha256_of, write_json
from tests.made_records import CATEGORIES, made_record

TAR, PARQUET, BESIDE = Layout("webdataset", 100), Layout("parquet", 100), Layout("parquet", 100, beside=True)
both = pytest.mark.parametrize("layout", [TAR, PARQUET], ids=["webdataset", "parquet"])


def written(folder, layout, n=130, **more):
    """Two files, of 100 pictures and of 30: blocks of 64, 36 and 30."""
    folder.mkdir(parents=True, exist_ok=True)
    records = [made_record(index, **more) for index in range(n)]
    if layout.beside:
        for record in records:
            for name in (record.image["file_name"], *record.image["labels"].values()):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / record.image["file_name"]).write_bytes(record.picture)
    write_json(folder / "manifest.json", write_shards(iter(records), CATEGORIES, folder, layout))
    return records


def files_of(folder):
    return {path.name: sha256_of(path) for path in folder.iterdir()}


def test_the_library_webdataset_reads_every_sample_with_its_labels_and_label_maps(tmp_path):
    webdataset = pytest.importorskip("webdataset", reason="webdataset isn't installed")
    records = written(tmp_path, TAR)
    read = list(webdataset.WebDataset([str(tmp_path / f"00000{k}.tar") for k in (0, 1)], shardshuffle=False))
    assert [sample["__key__"] for sample in read] == [record.key for record in records]
    for sample, record in zip(read, records, strict=True):
        assert sample["jpg"] == record.picture
        assert sample["instance.png"] == record.maps["instance"]
        assert orjson.loads(sample["json"]) == {"image": record.image, "annotations": record.annotations}


def test_a_tar_tells_nothing_of_who_made_it_and_when(tmp_path):
    written(tmp_path, TAR, n=2)
    with tarfile.open(tmp_path / "000000.tar") as tar:
        members = tar.getmembers()
    assert {(m.mtime, m.uid, m.gid, m.uname, m.gname) for m in members} == {(0, 0, 0, "", "")}
    names = [f"{key}.{suffix}" for key in ("000000", "000001") for suffix in ("instance.png", "jpg", "json")]
    assert [m.name for m in members] == names


def test_pyarrow_finds_boxes_classes_counted_from_0_and_pictures_in_the_columns(tmp_path):
    records = written(tmp_path, PARQUET, n_labels=2)
    rows = pq.read_table(tmp_path / "000000.parquet").to_pylist()
    assert rows[7]["image"] == {"bytes": records[7].picture, "path": "images/000007.jpg"}
    assert rows[7]["instance"]["bytes"] == records[7].maps["instance"]
    assert rows[7]["objects"]["bbox"] == [[1.0, 0.0, 1.0, 8.0], [2.0, 0.0, 1.0, 8.0]]
    assert rows[7]["objects"]["category"] == [1, 0]
    assert rows[7]["objects"]["category_id"] == [8, 3]
    assert (rows[7]["image_id"], rows[7]["width"], rows[7]["height"]) == (8, 8, 8)


def test_hugging_face_datasets_loads_pictures_and_class_names(tmp_path):
    datasets = pytest.importorskip("datasets", reason="datasets isn't installed")
    records = written(tmp_path / "set", PARQUET)
    files = str(tmp_path / "set" / "*.parquet")
    loaded = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=str(tmp_path / "cache"))
    assert len(loaded) == 130
    assert loaded[120]["image"].tobytes() == Image.open(io.BytesIO(records[120].picture)).tobytes()
    assert loaded[120]["instance"].size == (8, 8)
    classes = loaded.features["objects"]["category"].feature
    assert [classes.int2str(k) for k in loaded[120]["objects"]["category"]] == ["die"]


def test_a_picture_without_labels_is_a_row_with_empty_lists(tmp_path):
    written(tmp_path, PARQUET, n=1, n_labels=0)
    (row,) = pq.read_table(tmp_path / "000000.parquet").to_pylist()
    assert set(map(tuple, row["objects"].values())) == {()}
    assert read_set(tmp_path).pictures(0)[0].instances == ()


@both
def test_the_same_records_are_the_same_bytes(layout, tmp_path):
    written(tmp_path / "one", layout)
    written(tmp_path / "other", layout)
    assert files_of(tmp_path / "one") == files_of(tmp_path / "other")


@both
def test_the_manifest_has_the_hash_of_each_file(layout, tmp_path):
    written(tmp_path, layout)
    shards = orjson.loads((tmp_path / "manifest.json").read_bytes())["shards"]
    assert [(shard["frames"], shard["sha256"]) for shard in shards] == [
        (n, sha256_of(tmp_path / shard["file"])) for n, shard in zip((100, 30), shards, strict=True)
    ]


@pytest.mark.parametrize("layout", [TAR, PARQUET, BESIDE], ids=["webdataset", "parquet", "beside"])
def test_any_block_is_read_by_itself_pictures_and_labels(layout, tmp_path):
    records = written(tmp_path, layout)
    read = read_set(tmp_path)
    assert [block.n_pictures for block in read.blocks] == [64, 36, 30]
    last = read.pictures(2)
    assert [picture.image_id for picture in last] == list(range(101, 131))
    assert last[0].instances[0].box_xyxy_px == (1.0, 0.0, 2.0, 8.0)
    assert last[0].instances[0].category_id == 8
    assert (read_rgb(last[0]) == Image.open(io.BytesIO(records[100].picture))).all()


@both
def test_a_set_in_memory_gives_every_picture_its_own_file(layout, tmp_path):
    records = written(tmp_path, layout)
    pictures = read_set(tmp_path).in_memory().pictures
    # Not in their order, so that blocks come and go.
    for place in (129, 0, 70, 64, 3):
        assert pictures[place].content() == records[place].picture


@both
def test_a_set_is_read_from_a_url(layout, tmp_path):
    fsspec = pytest.importorskip("fsspec", reason="fsspec isn't installed")
    records = written(tmp_path, layout)
    memory = fsspec.filesystem("memory")
    memory.put(str(tmp_path), "/bucket/set", recursive=True)
    read = read_set("memory://bucket/set")
    assert read.name == "set"
    assert read.pictures(1)[0].content() == records[64].picture
    memory.rm("/bucket", recursive=True)


@both
@pytest.mark.parametrize("left", [0, 0.3, 0.99], ids=lambda part: f"{part:.0%} left")
def test_a_file_that_is_cut_off_is_told_in_one_line(layout, left, tmp_path):
    written(tmp_path, layout)
    (path,) = tmp_path.glob("000001.*")
    path.write_bytes(path.read_bytes()[: int(left * path.stat().st_size)])
    read = read_set(tmp_path)
    if layout is TAR and left == 0.99:
        # What is missing is padding: every picture is there.
        return
    with pytest.raises(DatasetError, match=r"000001\.(tar|parquet): is cut off or altered") as told:
        read.pictures(2)
    assert "\n" not in str(told.value)


@both
def test_a_byte_that_changed_in_the_labels_is_told_or_reads_as_a_label(layout, tmp_path):
    written(tmp_path, layout, n=1)
    path = next(tmp_path.glob("000000.*"))
    content = path.read_bytes()
    for place in range(0, len(content), max(1, len(content) // 200)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :])
        try:
            read_set(tmp_path).pictures(0)
        except DatasetError as error:
            assert "\n" not in str(error)


def test_a_shard_that_is_gone_is_told_by_name(tmp_path):
    written(tmp_path, TAR)
    (tmp_path / "000001.tar").unlink()
    with pytest.raises(DatasetError, match=r"000001\.tar: there is no such file"):
        read_set(tmp_path).pictures(2)


@pytest.mark.parametrize(
    "damage",
    [
        {"shards": 7},
        {"shards": [{"file": "000000.tar"}]},
        {"shards": [{"file": "000000.tar", "frames": "many", "blocks": [0, 1]}]},
        {"categories": None},
        {"format": "webdataset"},
        {"format": {"name": "tfrecord"}},
    ],
    ids=str,
)
def test_a_manifest_that_was_edited_is_told_in_one_line(damage, tmp_path):
    written(tmp_path, TAR, n=1)
    path = tmp_path / "manifest.json"
    write_json(path, orjson.loads(path.read_bytes()) | damage)
    with pytest.raises(DatasetError) as told:
        read_set(tmp_path)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("name", ["../other/000000.tar", "/etc/passwd"])
def test_a_manifest_can_not_name_files_outside_the_set(name, tmp_path):
    written(tmp_path / "other", TAR, n=1)
    written(tmp_path / "set", TAR, n=1)
    path = tmp_path / "set" / "manifest.json"
    manifest = orjson.loads(path.read_bytes())
    manifest["shards"][0]["file"] = name
    write_json(path, manifest)
    with pytest.raises(DatasetError, match="outside the data set"):
        read_set(tmp_path / "set").pictures(0)


def test_a_sparse_member_whose_zeros_would_fill_the_memory_is_refused(tmp_path):
    written(tmp_path, TAR, n=1)
    bomb = tarfile.TarInfo("000000.jpg")
    bomb.type, bomb.size = tarfile.GNUTYPE_SPARSE, 0
    header = bytearray(bomb.tobuf(tarfile.GNU_FORMAT))
    header[483:495] = b"77777777777\0"  # the size that it is to have when unpacked: 8 GB
    header[148:156] = b"%06o\0 " % tarfile.calc_chksums(bytes(header))[0]
    path = tmp_path / "000000.tar"
    path.write_bytes(bytes(header) + bytes(1024))
    manifest = orjson.loads((tmp_path / "manifest.json").read_bytes())
    manifest["shards"][0]["blocks"] = [0, 1536]
    write_json(tmp_path / "manifest.json", manifest)
    with pytest.raises(DatasetError, match="sparse"):
        read_set(tmp_path).pictures(0)


def test_without_pyarrow_one_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(SynthError, match=r"pyarrow: .*\[formats\]"):
        write_shards([], CATEGORIES, tmp_path, PARQUET)


def test_webdataset_refuses_pictures_that_are_neither_jpeg_nor_png(tmp_path):
    record = made_record(0)
    record.image["file_name"] = "a.webp"
    with pytest.raises(DatasetError, match=r"a\.webp.*JPEG and PNG"):
        write_shards([record], CATEGORIES, tmp_path, TAR)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "frames", "beside", "said"),
    [
        ("parket", None, False, 'Did you mean "parquet"'),
        ("coco", 64, False, "--shard-frames"),
        ("webdataset", None, True, "--images-beside"),
        ("webdataset", 0, False, "at least 1"),
    ],
)
def test_options_that_go_with_no_such_format_are_refused(name, frames, beside, said):
    with pytest.raises(UsageError, match=said):
        layout_of(name, frames, beside=beside)


@both
def test_the_audit_looks_into_the_files_and_tells_the_one_that_is_cut_off(layout, tmp_path):
    written(tmp_path, layout)
    told = CliRunner().invoke(app, ["audit", str(tmp_path)])
    assert f"{layout.name}, 130 pictures, 130 labels, 2 categories" in told.stdout
    (path,) = tmp_path.glob("000001.*")
    path.write_bytes(path.read_bytes()[:5000])
    told = CliRunner().invoke(app, ["audit", str(tmp_path), "--only", "record"])
    assert told.exit_code == 1
    assert f"{path.name}: is cut off or altered" in told.stdout
    assert "100 pictures" in told.stdout
