"""One run in two processes under torchrun, over gloo: nothing is asked of it that needs a GPU."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from train.learn.distributed import ALONE

WORKER = Path(__file__).with_name("distributed_worker.py")


@pytest.fixture(scope="module")
def worker():
    spec = importlib.util.spec_from_file_location("distributed_worker", WORKER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What two processes left, and what they printed."""
    folder = tmp_path_factory.mktemp("two")
    for index in range(10):
        Image.new("RGB", (40, 40), (20 * index, 90, 90)).save(folder / f"picture{index}.png")
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    # Without OMP_NUM_THREADS, which torchrun then sets to 1 and says so.
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    command = [*torchrun, str(WORKER), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder


def results(folder, rank):
    return torch.load(folder / f"rank{rank}.pt", weights_only=True)


@pytest.mark.parametrize("model", ["counts", "detector"])
def test_both_processes_end_with_the_same_weights_to_the_bit(folder, model):
    (one, losses), (other, others_losses) = (results(folder, rank)[model] for rank in (0, 1))
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert losses == others_losses


def test_pictures_weigh_the_same_however_a_batch_was_spread(folder, worker):
    """Three pictures on two processes, one of them in two parts, against all three at once."""
    weights, losses = results(folder, 0)["counts"]
    alone, losses_alone = worker.learned(worker.Counts(), ALONE, optimizer="sgd", learning_rate=0.1)
    torch.testing.assert_close(weights["weights"], alone["weights"])
    assert [each["loss"] for each in losses] == pytest.approx([each["loss"] for each in losses_alone], rel=1e-5)


def test_all_processes_say_which_picture_made_the_loss_not_finite(folder):
    one, other = (results(folder, rank)["told"] for rank in (0, 1))
    assert one == other
    assert "iteration 1 (loss inf), on 1.png. Look" in one


def test_the_cores_are_shared_where_torchrun_leaves_each_process_one_thread(folder):
    assert results(folder, 0)["threads"] == max(1, len(os.sched_getaffinity(0)) // 2)


def test_only_the_first_process_writes_and_each_line_once(folder):
    records = [json.loads(line) for line in (folder / "run/log.jsonl").read_text().splitlines()]
    assert [record["step"] for record in records if record["kind"] == "train"] == [1, 2, 3, 4]
    assert [record["step"] for record in records if record["kind"] == "validation"] == [1, 2, 3, 4]


def test_two_processes_validate_as_one_does(folder, worker, tmp_path):
    """`fake` finds its box in every picture: the AP tells whether all of them were counted, each once."""
    summary = worker.fit(worker.TrainSettings(**worker.FIT), [worker.pictures(folder)], tmp_path / "run")
    records = [json.loads(line) for line in (folder / "run/log.jsonl").read_text().splitlines()]
    assert summary.n_validation == 3
    assert summary.ap == pytest.approx([r["ap"] for r in records if r["kind"] == "validation"][-1])
