import pytest
from pydantic import BaseModel

from synth.docstrings import attributes_of
from synth.errors import ConfigError, UsageError
from train.config import load_train_settings, train_toml
from train.settings import TrainSettings


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "train.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("said", [{}, {"batch_size": 8, "scales": [0.5, 1.5], "iterations": 7, "precision": "bf16"}])
def test_what_is_printed_is_the_same_settings(said, written):
    settings = load_train_settings(None, said)
    assert load_train_settings(written(train_toml(settings)), {}) == settings


def test_the_command_line_overrules_the_file_and_the_file_the_defaults(written):
    settings = load_train_settings(
        written("batch_size = 3\nseed = 5\n[augment]\nhue = 0\n"), {"seed": 6, "weights": None}
    )
    assert (settings.batch_size, settings.seed, settings.augment.hue) == (3, 6, 0)
    assert settings.augment.contrast == TrainSettings().augment.contrast


@pytest.mark.parametrize("text", ["learning_rate = inf\n", "[augment]\nzoom_max = inf\n", "learning_rate = nan\n"])
def test_a_number_without_bounds_is_none(text, written):
    with pytest.raises(ConfigError, match=r"finite number|not a number"):
        load_train_settings(written(text), {})


def test_a_path_is_relative_to_the_file_that_names_it(written):
    path = written('weights = "w.pt"')
    assert load_train_settings(path, {}).weights == path.parent / "w.pt"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("batchsize = 3", 'there is no setting "batchsize". Did you mean "batch_size"?'),
        ("[augment]\nzoom = 2", '[augment]: there is no setting "zoom". Did you mean "zoom_m'),
        ("[augmented]\nzoom_max = 2", 'there is no setting "augmented". Did you mean "augment"?'),
        ("batch_size = 0", "batch_size: Input should be greater than or equal to 1, got 0."),
        ("accumulate = 5\nbatch_size = 4", "accumulate: a batch of 4 can't go in 5 parts."),
        ("scales = [2, 1]", "scales: expected [least, greatest], got [2.0, 1.0]."),
        ("learning_rate = nan", "learning_rate: not a number."),
        ("augment = 3", "augment: "),
        ("batch_size = ", "not valid TOML"),
    ],
)
def test_a_wrong_file_is_one_line_that_names_it_and_the_key(text, words, written):
    path = written(text)
    with pytest.raises(ConfigError) as caught:
        load_train_settings(path, {})
    assert str(caught.value).startswith(f"{path}: {words}")


def test_a_wrong_option_is_the_command_lines_fault(written):
    for path in (None, written("seed = 1")):
        with pytest.raises(UsageError, match=r"^batch_size: "):
            load_train_settings(path, {"batch_size": 0})
        with pytest.raises(UsageError, match=r"^sampling\.real_share: .*got 1\.5"):
            load_train_settings(path, {"sampling.real_share": 1.5})


def test_a_wrong_table_of_the_file_is_not_the_command_lines_fault(written):
    with pytest.raises(ConfigError, match=r"sampling\.repeat_threshold: .*got 2"):
        load_train_settings(written("[sampling]\nrepeat_threshold = 2"), {"sampling.real_share": 0.5})


def test_every_setting_has_a_meaning():
    groups = [part for part in vars(TrainSettings()).values() if isinstance(part, BaseModel)]
    for kind in (TrainSettings, *map(type, groups)):
        assert set(attributes_of(kind)) >= set(kind.model_fields)
