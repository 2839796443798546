"""Checkpoints made to hurt: tensors and plain values, of no more than their bytes, or refused in one line."""

import pickle
import zipfile

import pytest
import torch

from synth.errors import CheckpointError
from tests.fuzz.readers import READERS
from train.checkpoint import BEST, load_run


@pytest.fixture
def saved(tmp_path):
    (reader,) = (reader for reader in READERS if reader.name == "checkpoint")
    (tmp_path / BEST).write_bytes(reader.seed())
    return tmp_path


def refused(saved, change) -> str:
    content = torch.load(saved / BEST, weights_only=True)
    torch.save(change(content) or content, saved / BEST)
    return refusal(saved)


def refusal(saved) -> str:
    with pytest.raises(CheckpointError) as caught:
        load_run(saved)
    assert str(caught.value).isprintable()
    return str(caught.value)


class Program:
    def __reduce__(self):
        return (exec, ("open('ran', 'w')",))


def test_a_pickle_that_is_a_program_is_not_run(saved, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "can't be read" in refused(saved, lambda content: content | {"state": Program()})
    (saved / BEST).write_bytes(pickle.dumps(Program()))
    assert "can't be read" in refusal(saved)
    assert not (tmp_path / "ran").exists()


def test_a_compressed_checkpoint_is_not_unpacked(saved):
    with zipfile.ZipFile(saved / BEST) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(saved / BEST, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        archive.writestr("archive/data/bomb", bytes(50 << 20))
    assert "can't be read (ValueError)" in refusal(saved)


def laughs() -> list:
    inner: list = ["ha"]
    for _ in range(40):
        inner = [inner, inner]
    return inner


def endless() -> list:
    inner: list = []
    inner.append(inner)
    return inner


@pytest.mark.parametrize(
    "value", [torch.zeros(1).expand(10**6, 10**6), laughs(), endless(), torch.eye(3).to_sparse()], ids=range(4)
)
def test_what_unfolds_without_end_is_refused(saved, value):
    def put_in(content):
        content["state"]["more"] = value

    assert "can't be read" in refused(saved, put_in)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused(saved, value):
    def spoil(content):
        next(weights for weights in content["model"].values() if weights.is_floating_point()).view(-1)[0] = value

    assert "are not all numbers" in refused(saved, spoil)


def test_a_category_that_a_terminal_obeys_is_refused(saved):
    assert "control characters" in refused(saved, lambda content: content | {"categories": [[1, "\x1b[2J"]]})
