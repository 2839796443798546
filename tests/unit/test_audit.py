"""A data set broken in each way, and what `synth audit` says of it."""

import errno
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from synth.audit.files import Finding, audit_files
from synth.cli import app
from synth.config import load_settings
from synth.engine import shards
from synth.engine.local import render_dataset
from synth.engine.plan import Plan
from synth.errors import DatasetError
from synth.rendering.fake import FakeRenderer


@pytest.fixture(scope="module")
def made(assets, tmp_path_factory):
    """A finished data set of three frames; not to be written to."""
    out = tmp_path_factory.mktemp("made") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "Renderer", FakeRenderer)
        render_dataset(Plan(load_settings(None, {"size": (64, 48)}), assets, out, 3, 2), workers=0)
    return out


@pytest.fixture
def data(made, tmp_path):
    return shutil.copytree(made, tmp_path / "data")


def test_what_was_left_alone_is_whole(data):
    audit = audit_files(data)
    # Three frames of four pictures, and the two lists of labels.
    assert (audit.n_files, audit.findings, audit.is_whole) == (14, (), True)


def test_the_list_is_one_that_sha256sum_reads(data):
    if shutil.which("sha256sum") is None:
        pytest.skip("no sha256sum here")
    checked = subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=data, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout) == (0, b"")


def test_every_hash_is_that_of_its_file(data):
    lines = (data / "SHA256SUMS").read_text().splitlines()
    for digest, name in (line.split("  ") for line in lines):
        assert hashlib.sha256((data / name).read_bytes()).hexdigest() == digest


def remove(path):
    path.unlink()


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def alter(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["images/000001.jpg", "masks/instance/000000.png", "annotations.json"])
@pytest.mark.parametrize(("break_it", "kind"), [(cut, "cut off"), (alter, "altered"), (remove, "missing")])
def test_a_file_that_is_not_as_it_was_is_named_with_what_became_of_it(data, name, break_it, kind):
    break_it(data / name)
    audit = audit_files(data)
    assert (audit.findings, audit.is_whole) == ((Finding(name, kind),), False)


def test_a_file_that_nobody_listed_is_named_and_makes_nothing_wrong(data):
    (data / "notes.txt").write_text("mine")
    audit = audit_files(data)
    assert (audit.findings, audit.is_whole) == ((Finding("notes.txt", "unlisted"),), True)


@pytest.mark.parametrize(("break_it", "words"), [(alter, "was altered"), (remove, "is missing")])
def test_without_the_list_as_it_was_nothing_is_compared(data, break_it, words):
    break_it(data / "SHA256SUMS")
    with pytest.raises(DatasetError, match=words):
        audit_files(data)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"0" * 64 + b"  ../secret\n", "lies outside"),
        (b"0" * 64 + b"  /etc/passwd\n", "lies outside"),
        (b"0" * 64 + b"  \n", "no hash and a name"),
        (b"\xff\xfe\n", "no hash and a name"),
        (b"0" * 64 + b"  images/000000.jpg", "no hash and a name"),
    ],
)
def test_a_list_that_is_none_or_leads_out_of_the_folder_is_refused(data, line, words):
    (data / "SHA256SUMS").write_bytes(line)
    manifest = json.loads((data / "manifest.json").read_bytes()) | {"sha256": hashlib.sha256(line).hexdigest()}
    (data / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(DatasetError, match=words):
        audit_files(data)


@pytest.mark.parametrize("set_aside", [5, [5], [{"frame": "x"}]])
def test_a_manifest_with_something_else_for_frames_is_told(data, set_aside):
    manifest = json.loads((data / "manifest.json").read_bytes()) | {"set_aside": set_aside}
    (data / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(DatasetError, match="set_aside is no list of frames"):
        audit_files(data)


def test_a_file_that_the_disk_no_longer_gives_is_named_and_the_others_are_looked_at(data, monkeypatch):
    opened = Path.open

    def failing(path, *how):
        if path.name == "000001.jpg":
            raise OSError(errno.EIO, "Input/output error")
        return opened(path, *how)

    monkeypatch.setattr(Path, "open", failing)
    (data / "images/000002.jpg").unlink()
    assert audit_files(data).findings == (
        Finding("images/000001.jpg", "unreadable"),
        Finding("images/000002.jpg", "missing"),
    )


def test_a_pipe_in_the_place_of_a_file_is_named_and_not_waited_for(data):
    (data / "images/000001.jpg").unlink()
    os.mkfifo(data / "images/000001.jpg")
    assert audit_files(data).findings == (Finding("images/000001.jpg", "unreadable"),)


def test_a_set_that_was_begun_is_told_with_how_to_finish_it(tmp_path):
    (tmp_path / "shards").mkdir()
    (tmp_path / "shards/plan.json").write_text("{}")
    ended = CliRunner().invoke(app, ["audit", str(tmp_path)])
    said = str(ended.exception)
    assert ended.exit_code == 1
    assert "isn't complete" in said and f"synth render --resume --out {tmp_path}" in said


def told(data, *options):
    """What the command says of a set and of its files alone, for three frames can't have every category."""
    ended = CliRunner().invoke(app, ["audit", str(data), "--json", *options])
    found = json.loads(ended.stdout)["checks"]
    return ended.exit_code, {(check["check"], p["where"], p["seen"]) for check in found for p in check["problems"]}


def test_a_set_that_was_left_alone_has_nothing_wrong(data):
    assert told(data, "--skip", "category-unused", "--skip", "imbalance") == (0, set())


def test_a_file_that_is_gone_makes_the_command_end_with_1(data):
    (data / "images/000002.jpg").unlink()
    code, found = told(data)
    assert code == 1
    assert ("hash", "images/000002.jpg", "is missing") in found


def test_without_the_list_the_contents_are_looked_at_all_the_same(data):
    (data / "SHA256SUMS").unlink()
    (data / "images/000002.jpg").unlink()
    code, found = told(data)
    assert code == 1
    assert {name for name, *_ in found} >= {"hash", "missing"}


def test_a_frame_that_was_left_out_is_told_and_is_no_error(data):
    manifest = json.loads((data / "manifest.json").read_bytes()) | {"set_aside": [{"frame": 7}]}
    (data / "manifest.json").write_text(json.dumps(manifest))
    assert told(data, "--only", "left-out") == (0, {("left-out", "manifest.json", "frame 7 was left out")})


def test_names_that_a_terminal_would_obey_are_printed_harmlessly(data):
    for name in (b"a\nb", b"\x1b[31m", b"\xff"):
        (data / os.fsdecode(name)).touch()
    printed = CliRunner().invoke(app, ["audit", str(data), "--only", "unlisted"])
    assert printed.exit_code == 0
    names = {line.partition(": isn't")[0].strip() for line in printed.stdout.splitlines() if "isn't among" in line}
    assert names == {r"\x1b[31m", r"a\nb", r"\udcff"}
    assert told(data)[0] == 0
