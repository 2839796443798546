import json
import math
from dataclasses import replace

import orjson
import pytest
import torch
from PIL import Image
from torch import nn

import train.detectors.fake  # enters "fake"
from synth.dataset import Category, Instance, Picture, PictureSet
from synth.errors import CheckpointError, TrainingError
from synth.policy import LabelPolicy
from train.checkpoint import BEST, LAST, load_run, read_checkpoint
from train.detectors.registry import DETECTORS
from train.learn.fit import fit
from train.learn.loop import Loop
from train.learn.progress import Silent
from train.learn.tensorboard import EVENTS
from train.settings import AugmentSettings, SamplingSettings, TrainSettings

TINY = {
    "detector": "fake",
    "image_size_px": 32,
    "batch_size": 2,
    "iterations": 6,
    "log_every": 1,
    "checkpoint_every": 1,
}


@pytest.fixture
def coins(tmp_path):
    """Ten grey pictures, each with one white square in the middle."""
    pictures = []
    for index in range(10):
        image = Image.new("RGB", (40, 40), (20 * index, 90, 90))
        image.paste((255, 255, 255), (10, 10, 30, 30))
        path = tmp_path / f"picture{index}.png"
        image.save(path)
        pictures.append(Picture(index, path, 40, 40, (Instance(1, (10.0, 10.0, 30.0, 30.0), 400.0),)))
    return PictureSet("coins", (Category(1, "coin"),), tuple(pictures))


class KilledError(Exception):
    pass


class KilledAfter(Silent):
    def __init__(self, step):
        self.step = step

    def stepped(self, record):
        if record.step == self.step:
            raise KilledError


def interrupted_and_resumed(settings, sets, out, at_step):
    with pytest.raises(KilledError):
        fit(settings, sets, out, reporter=KilledAfter(at_step))
    return fit(settings, sets, out, resume=True)


def same_tensors(one, other):
    return all(torch.equal(one[name], other[name]) for name in one) and one.keys() == other.keys()


def test_a_run_leaves_both_checkpoints_a_log_and_a_plot(coins, tmp_path):
    summary = fit(TrainSettings(**TINY), [coins], tmp_path / "run")
    told = {"log.jsonl", EVENTS, "loss.png", "run.json", "photos.json"}
    assert {path.name for path in (tmp_path / "run").iterdir()} == {BEST, LAST, *told}
    assert (summary.iterations, summary.n_train, summary.n_validation) == (6, 9, 1)
    assert Image.open(tmp_path / "run/loss.png").size[0] > 0


def test_the_log_has_one_json_record_for_each_step_with_each_loss(coins, tmp_path):
    fit(TrainSettings(**TINY), [coins], tmp_path / "run")
    records = [json.loads(line) for line in (tmp_path / "run/log.jsonl").read_text().splitlines()]
    steps = [record for record in records if record["kind"] == "train"]
    assert [record["step"] for record in steps] == [1, 2, 3, 4, 5, 6]
    assert set(steps[0]["losses"]) == {"loss_classifier", "loss_box_reg"}
    validations = [record for record in records if record["kind"] == "validation"]
    assert [record["step"] for record in validations] == [2, 4, 6]


EVERYTHING = {"accumulate": 2, "ema_decay": 0.9, "scales": (0.5, 2.0), "patience": 5, "precision": "fp16"}


@pytest.mark.parametrize("more", [{}, EVERYTHING, {"optimizer": "adamw"}])
@pytest.mark.parametrize("at_step", [1, 4])
def test_killed_and_resumed_equals_undisturbed_to_the_bit(coins, tmp_path, at_step, more):
    settings = TrainSettings(**TINY | more)
    fit(settings, [coins], tmp_path / "undisturbed")
    interrupted_and_resumed(settings, [coins], tmp_path / "killed", at_step)
    one, other = (read_checkpoint(tmp_path / name / LAST) for name in ("undisturbed", "killed"))
    assert same_tensors(one.model, other.model)
    assert same_tensors(one.state["mean"], other.state["mean"])
    assert one.state["scaler"] == other.state["scaler"]
    assert (one.step, one.best_ap, one.validations_without_gain) == (
        other.step,
        other.best_ap,
        other.validations_without_gain,
    )
    logs = [(tmp_path / name / "log.jsonl").read_bytes().splitlines() for name in ("undisturbed", "killed")]
    untimed = [[(r["step"], r.get("losses"), r.get("ap")) for r in map(orjson.loads, log)] for log in logs]
    assert untimed[0] == untimed[1]


def test_a_faster_rcnn_killed_and_resumed_equals_undisturbed_to_the_bit(coins, tmp_path):
    few = {"detector": "lite0", "image_size_px": 64, "iterations": 3, "validation_fraction": 0, "scales": (1.0, 2.0)}
    settings = TrainSettings(**TINY | few, accumulate=2, ema_decay=0.9)
    fit(settings, [coins], tmp_path / "undisturbed")
    interrupted_and_resumed(settings, [coins], tmp_path / "killed", 2)
    one, other = (read_checkpoint(tmp_path / name / LAST) for name in ("undisturbed", "killed"))
    assert same_tensors(one.model, other.model)
    assert same_tensors(one.state["mean"], other.state["mean"])


def test_the_running_mean_is_what_is_kept_to_predict_with(coins, tmp_path):
    fit(TrainSettings(**TINY, ema_decay=0.9), [coins], tmp_path / "run")
    last = read_checkpoint(tmp_path / "run" / LAST)
    assert not same_tensors(last.model, last.state["mean"])
    assert same_tensors(load_run(tmp_path / "run", which="last").model.state_dict(), last.state["mean"])


def test_a_run_ends_when_validation_has_not_become_better_for_long_and_stays_ended(coins, tmp_path):
    """The middle of each picture is where the detector looks from the start: it can't become better than 1."""
    settings = TrainSettings(**TINY | {"iterations": 50, "learning_rate": 1e-9}, validate_every=2, patience=3)
    assert fit(settings, [coins], tmp_path / "run").iterations == 2 + 3 * 2
    records = [orjson.loads(line) for line in (tmp_path / "run/log.jsonl").read_bytes().splitlines()]
    checks = [(r["step"], r["is_best"], r["stops"]) for r in records if r["kind"] == "validation"]
    assert checks == [(2, True, False), (4, False, False), (6, False, False), (8, False, True)]
    assert fit(settings, [coins], tmp_path / "run", resume=True).iterations == 8


def test_the_seed_decides_and_the_callers_random_numbers_stay_theirs(coins, tmp_path):
    torch.manual_seed(123)
    expected = torch.rand(1)
    torch.manual_seed(123)
    runs = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        fit(TrainSettings(**TINY, seed=seed), [coins], tmp_path / name)
        runs.append(read_checkpoint(tmp_path / name / LAST).model)
    assert torch.equal(torch.rand(1), expected)
    assert same_tensors(runs[0], runs[1])
    assert not same_tensors(runs[0], runs[2])


def test_resuming_a_finished_run_changes_nothing(coins, tmp_path):
    settings = TrainSettings(**TINY)
    fit(settings, [coins], tmp_path / "run")
    before = read_checkpoint(tmp_path / "run" / LAST)
    assert fit(settings, [coins], tmp_path / "run", resume=True).iterations == 6
    assert same_tensors(before.model, read_checkpoint(tmp_path / "run" / LAST).model)


def test_resuming_where_nothing_is_begins(coins, tmp_path):
    assert fit(TrainSettings(**TINY), [coins], tmp_path / "run", resume=True).iterations == 6


def test_resuming_with_another_option_is_refused_and_the_option_named(coins, tmp_path):
    fit(TrainSettings(**TINY), [coins], tmp_path / "run")
    with pytest.raises(TrainingError, match="begun with batch_size = 2, not 3"):
        fit(TrainSettings(**TINY | {"batch_size": 3}), [coins], tmp_path / "run", resume=True)
    fit(TrainSettings(), [coins], tmp_path / "run", resume=True)


def test_what_a_run_was_begun_with_need_not_be_said_again(coins, tmp_path):
    """Seed and fraction decide what is held out: with the defaults it would be other data."""
    begun = TrainSettings(**TINY, seed=3, validation_fraction=0.4, augment=AugmentSettings(hue=0))
    with pytest.raises(KilledError):
        fit(begun, [coins], tmp_path / "run", reporter=KilledAfter(2))
    summary = fit(TrainSettings(augment=AugmentSettings(hue=0)), [coins], tmp_path / "run", resume=True)
    assert (summary.iterations, summary.n_train, summary.n_validation) == (6, 6, 4)
    assert read_checkpoint(tmp_path / "run" / LAST).settings.seed == 3
    with pytest.raises(TrainingError, match=r"begun with augment\.hue = 0\.0, not 0\.1"):
        fit(TrainSettings(augment=AugmentSettings(hue=0.1)), [coins], tmp_path / "run", resume=True)


def test_a_share_of_photos_that_was_said_need_not_be_said_again(coins, tmp_path):
    photos, renders = (replace(coins, pictures=half) for half in (coins.pictures[:5], coins.pictures[5:]))
    mixed = TrainSettings(**TINY, sampling=SamplingSettings(real_share=0.5))
    fit(mixed, [renders], tmp_path / "run", photos=[photos])
    for again in ({}, {"sampling": SamplingSettings(repeat_threshold=0.0)}):
        fit(TrainSettings(**TINY, **again), [renders], tmp_path / "run", photos=[photos], resume=True)
    with pytest.raises(TrainingError, match=r"begun with sampling\.real_share = 0\.5, not 0\.3"):
        other = SamplingSettings(real_share=0.3)
        fit(TrainSettings(**TINY, sampling=other), [renders], tmp_path / "run", photos=[photos], resume=True)


def test_a_finished_run_that_is_resumed_still_has_its_figures(coins, tmp_path):
    first = fit(TrainSettings(**TINY), [coins], tmp_path / "run")
    again = fit(TrainSettings(**TINY), [coins], tmp_path / "run", resume=True)
    assert first.ap >= 0
    assert (again.ap, again.ap50, again.best_ap) == (first.ap, first.ap50, first.best_ap)


def test_resuming_on_other_labels_is_refused(coins, tmp_path):
    fit(TrainSettings(**TINY), [coins], tmp_path / "run")
    fewer = PictureSet("coins", coins.categories, coins.pictures[:-1])
    with pytest.raises(TrainingError, match=r"other data \(10 pictures.*now 9 pictures"):
        fit(TrainSettings(**TINY), [fewer], tmp_path / "run", resume=True)


def test_a_run_that_is_there_is_kept_unless_told_otherwise(coins, tmp_path):
    fit(TrainSettings(**TINY), [coins], tmp_path / "run")
    with pytest.raises(TrainingError, match=r"--resume.*--overwrite"):
        fit(TrainSettings(**TINY), [coins], tmp_path / "run")
    fit(TrainSettings(**TINY | {"iterations": 2}), [coins], tmp_path / "run", overwrite=True)
    assert read_checkpoint(tmp_path / "run" / LAST).step == 2


def test_a_folder_of_something_else_is_never_overwritten(coins, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/chapter1.tex").write_text("x")
    with pytest.raises(TrainingError, match="isn't a run"):
        fit(TrainSettings(**TINY), [coins], tmp_path / "thesis", overwrite=True)
    assert (tmp_path / "thesis/chapter1.tex").exists()


def test_a_loss_that_is_not_finite_stops_and_names_the_pictures(coins, tmp_path, monkeypatch):
    class Diverges(train.detectors.fake.Fake):
        def forward(self, images, targets=None):
            losses = super().forward(images, targets)
            return {name: loss * math.nan for name, loss in losses.items()} if targets else losses

    monkeypatch.setitem(DETECTORS._entries, "fake", lambda num_classes, **_: Diverges(num_classes))
    with pytest.raises(TrainingError, match=r"isn't finite in iteration 1 .*picture\d\.png, .*picture\d\.png"):
        fit(TrainSettings(**TINY), [coins], tmp_path / "run")


def test_the_body_learns_at_a_rate_of_its_own(coins, tmp_path):
    class WithBody(nn.Module):
        def __init__(self):
            super().__init__()
            self.backbone = nn.ModuleDict({"body": nn.Linear(1, 1)})
            self.head = nn.Linear(1, 1)

    settings = TrainSettings(optimizer="sgd", learning_rate=0.1, body_learning_rate_factor=0.01).resolved(
        10, 1, torch.device("cpu")
    )
    loop = Loop(settings, WithBody(), None, coins, LabelPolicy(), "", tmp_path, Silent())
    rates = {p: group["base_lr"] for group in loop.stepper.optimizer.param_groups for p in group["params"]}
    assert rates[loop.model.backbone["body"].weight] == pytest.approx(0.001)
    assert rates[loop.model.head.weight] == pytest.approx(0.1)


def test_a_run_remembers_its_categories_policy_and_detector(coins, tmp_path):
    policy = LabelPolicy(min_visible_fraction=0.3)
    fit(TrainSettings(**TINY), [coins], tmp_path / "run", policy=policy)
    run = load_run(tmp_path / "run")
    assert (run.detector, run.categories, run.policy) == ("fake", coins.categories, policy)
    assert run.path.name == BEST
    assert not run.model.training


def test_without_validation_there_is_only_the_last_and_it_is_taken(coins, tmp_path):
    fit(TrainSettings(**TINY, validation_fraction=0), [coins], tmp_path / "run")
    assert load_run(tmp_path / "run").path.name == LAST


def test_cuda_where_there_is_none_is_one_line_with_the_way_out(coins, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(TrainingError, match=r"PyTorch sees 0 GPUs here\. Use --device cpu"):
        fit(TrainSettings(**TINY, device="cuda"), [coins], tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_device_that_does_not_exist_is_named(coins, tmp_path):
    with pytest.raises(TrainingError, match='no device called "gpu"'):
        fit(TrainSettings(**TINY, device="gpu"), [coins], tmp_path / "run")


@pytest.mark.parametrize(("n_pictures", "iterations"), [(6, 300), (500, 1250), (5000, 3000)])
def test_the_default_length_is_some_passes_within_what_a_cpu_can_bear(n_pictures, iterations):
    assert TrainSettings().resolved(n_pictures, 6, torch.device("cpu")).iterations == iterations


@pytest.mark.parametrize(("n_categories", "iterations"), [(1, 500), (2, 1000), (5, 2500), (6, 3000), (80, 3000)])
def test_few_classes_are_learned_sooner_than_many(n_categories, iterations):
    assert TrainSettings().resolved(5000, n_categories, torch.device("cpu")).iterations == iterations


def test_where_there_are_photos_the_classes_do_not_limit_the_length():
    assert TrainSettings().resolved(5000, 1, torch.device("cpu"), n_photos=50).iterations == 3000


def test_a_run_that_stands_nowhere_says_so(tmp_path):
    with pytest.raises(CheckpointError, match=r"no such run.*synth train --out"):
        load_run(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CheckpointError, match=r"holds no best\.pt"):
        load_run(tmp_path / "empty")
