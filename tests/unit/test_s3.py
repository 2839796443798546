"""`--out s3://…`, spoken to a server of this machine that speaks S3, by a whole command with worker processes."""

import hashlib
import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

s3fs = pytest.importorskip("s3fs", reason="S3 is an extra: pip install '.[s3]'")
pytest.importorskip("moto.server", reason="moto[s3] and flask are among the tests' packages: pip install '.[dev]'")

from moto.server import ThreadedMotoServer  # noqa: E402

from synth.errors import DatasetError  # noqa: E402
from synth.formats.layout import Layout  # noqa: E402
from synth.formats.streamed import read_set  # noqa: E402
from synth.formats.writing import write_shards  # noqa: E402
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
    with pytest.raises(DatasetError, match=r"s3://bucket/nothing/manifest\.json: there is no such file"):
        read_set("s3://bucket/nothing")
