import pickle

import pytest
import torch

import train.detectors.fake  # noqa: F401  (enters "fake")
from synth.dataset import Category
from synth.errors import CheckpointError
from synth.policy import LabelPolicy
from train.checkpoint import BEST, Checkpoint, load_run, read_checkpoint, save_checkpoint
from train.detectors import build_detector
from train.settings import TrainSettings


@pytest.fixture
def saved(tmp_path):
    """A run of the fake detector with two categories."""
    settings = TrainSettings(detector="fake").resolved(10, 1, torch.device("cpu"))
    categories = (Category(4, "coin"), Category(2, "die"))
    model = build_detector("fake", 3, image_size_px=32).state_dict()
    save_checkpoint(tmp_path / BEST, Checkpoint(settings, categories, LabelPolicy(), 7, 0.5, "coins", model))
    return tmp_path


def altered(saved, change):
    path = saved / BEST
    content = torch.load(path, weights_only=True)
    change(content)
    torch.save(content, path)
    return path


def test_what_is_read_is_what_was_saved(saved):
    checkpoint = read_checkpoint(saved / BEST)
    assert [category.id for category in checkpoint.categories] == [4, 2]
    assert (checkpoint.step, checkpoint.best_ap, checkpoint.data) == (7, 0.5, "coins")
    assert list(saved.iterdir()) == [saved / BEST], "nothing is left over from writing"


def test_a_kill_while_saving_leaves_the_one_before(saved, monkeypatch):
    before = read_checkpoint(saved / BEST)

    def killed(content, file):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(saved / BEST, before)
    assert read_checkpoint(saved / BEST).step == 7


@pytest.mark.parametrize("length", [0, 10, 1000])
def test_a_checkpoint_that_was_cut_off_is_one_line_with_its_name(saved, length):
    (saved / BEST).write_bytes((saved / BEST).read_bytes()[:length])
    with pytest.raises(CheckpointError, match=r"best\.pt: can't be read") as caught:
        load_run(saved)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b".", b"\x80\x02R.", b"\x80\x02j.", b"hello world" * 9])
def test_what_stops_in_the_midst_of_a_pickle_is_one_line_too(saved, content):
    (saved / BEST).write_bytes(content)
    with pytest.raises(CheckpointError, match=r"best\.pt: can't be read"):
        load_run(saved)


class Payload:
    def __reduce__(self):
        return (print, ("code was run",))


def test_a_checkpoint_with_code_in_it_is_refused_and_not_run(saved, capsys):
    (saved / BEST).write_bytes(pickle.dumps(Payload(), protocol=2))
    with pytest.raises(CheckpointError):
        load_run(saved)
    torch.save({"format": 2, "model": Payload()}, saved / BEST)
    with pytest.raises(CheckpointError):
        load_run(saved)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(format=99), "has format 99, this version reads 2"),
        (lambda c: c.pop("format"), "not a checkpoint of synth train"),
        (lambda c: c.pop("model"), "altered or incomplete"),
        (lambda c: c["settings"].update(batch_size=0), "altered or incomplete"),
        (lambda c: c["settings"].update(detector="fak"), 'no detector called "fak"'),
        (lambda c: c["categories"].append([9, "bolt"]), "don't fit fake with 3 categories"),
        (lambda c: c["model"].pop("box"), "don't fit fake with 2 categories"),
        (lambda c: c.update(model=None), "don't fit fake"),
    ],
)
def test_a_checkpoint_that_was_tampered_with_is_one_line(saved, change, message):
    altered(saved, change)
    with pytest.raises(CheckpointError, match=rf"best\.pt: .*{message}") as caught:
        load_run(saved)
    assert "\n" not in str(caught.value)


def test_an_archive_of_something_else_is_refused(saved):
    torch.save([1, 2, 3], saved / BEST)
    with pytest.raises(CheckpointError, match="not a checkpoint"):
        load_run(saved)
