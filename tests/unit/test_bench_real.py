import pytest

from synth.config import load_settings
from tests.bench.real.subjects import PARTS, SUBJECTS, benchmark_folder


@pytest.mark.parametrize("part", PARTS)
def test_what_the_ablation_switches_off_are_settings_that_exist(part):
    keys = {f"{table}.{key}": value for table, values in PARTS[part].items() for key, value in values.items()}
    load_settings(None, keys)


def test_the_subjects_settings_exist():
    for subject in SUBJECTS:
        load_settings(None, subject.settings)


def test_a_benchmark_that_is_not_there_is_told_with_what_is_missing_and_how_to_name_it(tmp_path):
    with pytest.raises(SystemExit, match=r"no bench/dice/real.*--benchmark DIR or SYNTH_BENCHMARK=DIR"):
        benchmark_folder(tmp_path)
