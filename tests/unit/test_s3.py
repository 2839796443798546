"""`--out s3://…`, spoken to a server of this machine that speaks S3, by a whole command with worker processes."""

import hashlib
import json
import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

s3fs = pytest.importorskip("s3fs", reason="S3 is an extra: pip install '.[s3]'")
pytest.importorskip("moto.server", reason="moto[s3] and flask are among the tests' packages: pip install '.[dev]'")

from moto.server import ThreadedMotoServer  # noqa: E402

from synth.cli import app  # noqa: E402
from synth.errors import DatasetError  # noqa: E402
from synth.formats.layout import Layout  # noqa: E402
from synth.formats.streamed import read_set  # noqa: E402
from synth.formats.writing import described, write_shards  # noqa: E402
from synth.write.atomic import write_json  # noqa: E402
from tests.made_records import CATEGORIES, made_record  # noqa: E402

# The command, with the renderer that needs no OpenGL: workers import the plugin too.
SYNTH = [sys.executable, "-c", "from synth.cli import main; main()"]
PLAIN = """
from synth.engine import shards
from synth.rendering.fake import FakeRenderer

shards.Renderer = FakeRenderer
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Of processes that find the server, with a bucket in it."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    folder = tmp_path_factory.mktemp("modules")
    (folder / "synth_test_plain.py").write_text(PLAIN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "nobody")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("temporary")))
        patch.setenv("PYTHONPATH", os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]))
        s3fs.S3FileSystem(skip_instance_cache=True).mkdir("bucket")
        yield dict(os.environ)
    server.stop()


@pytest.fixture
def start(environment, assets, tmp_path):
    (tmp_path / "render.toml").write_text('plugins = ["synth_test_plain"]\nsize = [64, 48]\nimages = []\n')

    def run(n, out, *options):
        command = [*SYNTH, "render", "--n", str(n), "--assets", str(assets), "--out", out, "--workers", "2", *options]
        return subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)

    return run


def ended(process):
    _, said = process.communicate(timeout=120)
    return process.returncode, said


def there(prefix):
    files = s3fs.S3FileSystem(skip_instance_cache=True)
    return {
        path.removeprefix(f"{prefix}/"): hashlib.sha256(files.cat_file(path)).hexdigest() for path in files.find(prefix)
    }


def here(folder: Path):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_run_to_s3_that_is_killed_goes_on_to_the_bytes_of_a_folder(start, tmp_path):
    running = start(24, "s3://bucket/data/synth")
    files, deadline = s3fs.S3FileSystem(skip_instance_cache=True), time.monotonic() + 60
    while not files.glob("bucket/data/synth/shards/*.records.jsonl", refresh=True) and time.monotonic() < deadline:
        time.sleep(0.1)
    running.kill()
    running.communicate()
    assert "manifest.json" not in there("bucket/data/synth")
    code, said = ended(start(24, "s3://bucket/data/synth", "--resume"))
    assert code == 0, said
    assert ended(start(24, "here")) == (0, "")
    assert there("bucket/data/synth") == here(tmp_path / "here")


def test_a_bucket_that_is_not_there_is_told_in_a_line(start):
    code, said = ended(start(1, "s3://nowhere/set"))
    assert code == 1
    assert said.startswith("synth: s3://nowhere/set: can't be reached, read or written") and said.count("\n") == 1


@pytest.mark.parametrize("name", ["webdataset", "parquet"])
def test_sets_of_many_pictures_to_a_file_are_read_from_s3(environment, tmp_path, name):
    pytest.importorskip("pyarrow", reason="Parquet is an extra: pip install '.[formats]'")
    records = [made_record(index) for index in range(70)]
    write_json(tmp_path / "manifest.json", write_shards(records, CATEGORIES, tmp_path, Layout(name)))
    s3fs.S3FileSystem(skip_instance_cache=True).put(str(tmp_path), f"bucket/{name}", recursive=True)
    read = read_set(f"s3://bucket/{name}")
    assert [picture.content() for picture in read.pictures(1)] == [record.picture for record in records[64:]]
    with pytest.raises(DatasetError, match="s3://bucket/nothing: has no manifest"):
        read_set("s3://bucket/nothing")


def sent(folder, name, n=3):
    """A set of synth whose files are known, put behind a URL; returns that."""
    records = [made_record(index) for index in range(n)]
    manifest = described(CATEGORIES, Layout(), []) if name == "coco" else None
    if name == "coco":
        for record in records:
            (folder / record.image["file_name"]).parent.mkdir(exist_ok=True)
            (folder / record.image["file_name"]).write_bytes(record.picture)
        labels = [label for record in records for label in record.annotations]
        coco = {"images": [record.image for record in records], "annotations": labels, "categories": CATEGORIES}
        write_json(folder / "annotations.json", coco)
    else:
        manifest = write_shards(records, CATEGORIES, folder, Layout(name))
    sums = "".join(f"{digest}  {file}\n" for file, digest in here(folder).items())
    (folder / "SHA256SUMS").write_text(sums)
    write_json(folder / "manifest.json", manifest | {"sha256": hashlib.sha256(sums.encode()).hexdigest()})
    url = f"s3://bucket/audit/{name}"
    s3fs.S3FileSystem(skip_instance_cache=True).put(str(folder), url, recursive=True)
    return url


def audited(url, *options):
    ended = CliRunner().invoke(app, ["audit", url, "--json", *options])
    document = json.loads(ended.stdout)
    (looked_at,) = document["sets"]
    problems = {(check["check"], p["where"]) for check in document["checks"] for p in check["problems"]}
    return ended.exit_code, looked_at, problems


@pytest.mark.parametrize("name", ["coco", "webdataset", "parquet"])
def test_a_set_on_s3_is_audited_where_it_is_to_the_pixel(environment, tmp_path, name):
    pytest.importorskip("pyarrow", reason="Parquet is an extra: pip install '.[formats]'")
    url = sent(tmp_path, name)
    only = ("--only", "hash", "--only", "unlisted", "--only", "missing", "--only", "unreadable", "--only", "record")
    code, looked_at, problems = audited(f"{url}/", *only)
    assert (code, problems) == (0, set())
    assert looked_at == {"name": url, "format": looked_at["format"], "images": 3, "annotations": 3, "categories": 2}
    files, broken = s3fs.S3FileSystem(skip_instance_cache=True), {"coco": "images/000001.jpg"}.get(name)
    shard = broken or next(path.name for path in tmp_path.glob("000000.*"))
    files.pipe_file(f"{url}/{shard}", files.cat_file(f"{url}/{shard}")[:200])
    code, _, problems = audited(url, *only)
    assert (code, problems) == (1, {("hash", shard), ("unreadable" if broken else "record", shard)})
    files.rm_file(f"{url}/{shard}")
    files.pipe_file(f"{url}/notes.txt", b"mine")
    code, _, problems = audited(url, *only)
    assert (code, problems) == (
        1,
        {("hash", shard), ("missing" if broken else "record", shard), ("unlisted", "notes.txt")},
    )


@pytest.mark.parametrize("options", [[], ["--images", "."]])
def test_what_cannot_be_audited_behind_a_url_is_told(environment, options):
    ended = CliRunner().invoke(app, ["audit", "s3://bucket/nothing", *options])
    assert ended.exit_code == 1
    words = "--images: goes with" if options else "s3://bucket/nothing: has no manifest.json"
    assert str(ended.exception).startswith(words)
