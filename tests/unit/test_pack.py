"""Shards of work that were made by hand, packed into the files of a format: no frame is drawn for it."""

import hashlib
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from synth.audit.files import audit_files
from synth.config import load_settings
from synth.engine import pack
from synth.engine.merge import merge_shards
from synth.engine.plan import Plan
from synth.engine.shards import RECORDS, SET_ASIDE, shard_folder
from synth.errors import DatasetError
from synth.formats.layout import Layout
from synth.write.atomic import SHARDS, write_json
from tests.made_records import made_record

both = pytest.mark.parametrize("name", ["webdataset", "parquet"])


def made_shards(plan, *, left_out=()):
    """What workers leave of a plan, with a coin's label in each frame."""
    category = plan.catalog().categories[0].id
    for shard in plan.shards():
        folder = shard_folder(plan, shard)
        folder.mkdir(parents=True, exist_ok=True)
        lines = []
        for index in range(shard.start, shard.stop):
            if index in left_out:
                write_json(folder / SET_ASIDE, [{"frame": index, "error": "failed"}])
                continue
            record = made_record(index)
            files = {record.image["file_name"]: record.picture}
            files |= {path: record.maps[kind] for kind, path in record.image["labels"].items()}
            for file, content in files.items():
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                (folder / file).write_bytes(content)
            line = {
                "files": {file: hashlib.sha256(content).hexdigest() for file, content in files.items()},
                "image": record.image,
                "annotations": [label | {"category_id": category} for label in record.annotations],
                "removed": {},
                "measures": {},
            }
            lines.append(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        (folder / RECORDS).write_bytes(b"".join(lines))
    return plan


def plan_of(assets, out, name, *, shard_frames=4, beside=False):
    return Plan(load_settings(None, {"images": ("instance",)}), assets, out, 10, shard_frames, Layout(name, 4, beside))


def merged(plan):
    return merge_shards(plan, plan.identity(), "none", {})


def tree(folder):
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and SHARDS not in path.parts)
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@both
def test_the_number_of_frames_that_a_worker_makes_at_a_time_has_no_part_in_the_files(assets, tmp_path, name):
    trees = []
    for shard_frames in (1, 3, 10):
        plan = plan_of(assets, tmp_path / str(shard_frames), name, shard_frames=shard_frames)
        merged(made_shards(plan))
        trees.append(tree(plan.out))
    assert trees[0] == trees[1] == trees[2]
    suffix = {"webdataset": "tar", "parquet": "parquet"}[name]
    assert set(trees[0]) == {f"00000{k}.{suffix}" for k in range(3)} | {"SHA256SUMS", "manifest.json"}


@both
def test_every_file_has_its_hash_and_the_audit_finds_them_all_as_made(assets, tmp_path, name):
    plan = made_shards(plan_of(assets, tmp_path / "data", name))
    merged(plan)
    audit = audit_files(plan.out)
    assert (audit.n_files, audit.findings) == (3, ())


def test_pictures_beside_parquet_lie_in_their_places_and_have_their_hashes(assets, tmp_path):
    plan = made_shards(plan_of(assets, tmp_path / "data", "parquet", beside=True))
    merged(plan)
    assert (plan.out / "images" / "000007.jpg").read_bytes() == made_record(7).picture
    audit = audit_files(plan.out)
    assert (audit.n_files, audit.findings) == (3 + 2 * 10, ())


@both
def test_a_merge_that_is_killed_goes_on_where_it_was_and_keeps_no_frame_twice(assets, tmp_path, name, monkeypatch):
    undisturbed = made_shards(plan_of(assets, tmp_path / "one", name))
    merged(undisturbed)
    plan = made_shards(plan_of(assets, tmp_path / "other", name))
    written = []

    def killed(path, *rest):
        if len(written) == 1:
            raise KeyboardInterrupt
        written.append(path)
        return pack_shard(path, *rest)

    pack_shard = pack.write_shard
    monkeypatch.setattr(pack, "write_shard", killed)
    with pytest.raises(KeyboardInterrupt):
        merged(plan)
    # Four of ten frames are in the first file.
    assert len(list(plan.out.glob(f"{SHARDS}/*/images/*.jpg"))) == 6
    monkeypatch.setattr(pack, "write_shard", pack_shard)
    merged(plan)
    assert tree(plan.out) == tree(undisturbed.out)
    assert not (plan.out / SHARDS).exists()


@both
def test_a_frame_that_was_left_out_comes_into_its_place_later(assets, tmp_path, name):
    undisturbed = made_shards(plan_of(assets, tmp_path / "one", name))
    merged(undisturbed)
    plan = made_shards(plan_of(assets, tmp_path / "other", name), left_out={1})
    assert sum(shard["frames"] for shard in merged(plan)["shards"]) == 9
    for path in plan.out.glob(f"{SHARDS}/*/{SET_ASIDE}"):
        path.unlink()
    merged(made_shards(plan))
    assert tree(plan.out) == tree(undisturbed.out)


def test_a_frame_that_was_altered_since_it_was_made_is_told_and_not_packed(assets, tmp_path):
    plan = made_shards(plan_of(assets, tmp_path / "data", "webdataset"))
    (picture,) = plan.out.glob(f"{SHARDS}/*/images/000005.jpg")
    picture.write_bytes(picture.read_bytes()[:-1])
    with pytest.raises(DatasetError, match=r"000005\.jpg: is missing, cut off or altered"):
        merged(plan)
    assert not (plan.out / "manifest.json").exists()


PACK = """
import sys
from itertools import repeat
from pathlib import Path
from synth.formats.layout import Layout, Record
from synth.formats.writing import write_shards

def most_mb():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 // 10**6

def records(n):
    for index in range(n):
        image = {"id": index, "file_name": "a.jpg", "width": 8, "height": 8}
        yield Record(f"{index:06d}", image, [], bytes(100_000), {})

folder, layout = Path(sys.argv[1]), Layout(sys.argv[2], 512)
write_shards(records(512), [], folder, layout)
before = most_mb()
write_shards(records(3000), [], folder, layout)
print(most_mb() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="the system doesn't tell what a process holds")
@both
def test_what_writing_holds_does_not_grow_with_the_number_of_frames(tmp_path, name):
    command = [sys.executable, "-c", PACK, tmp_path, name]
    grown_mb = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    # Of 250 MB more that are written.
    assert grown_mb < 25
