import pytest

from train.learn.schedule import learning_rate_factor


def test_the_rate_rises_to_one_at_the_end_of_the_warmup_and_falls_from_then_on():
    factors = [learning_rate_factor(step, 100, 10) for step in range(100)]
    assert factors[10] == 1.0
    assert factors[:11] == sorted(factors[:11])
    assert factors[10:] == sorted(factors[10:], reverse=True)
    assert min(factors) > 0


def test_halfway_from_the_warmup_to_the_end_the_rate_is_half():
    assert learning_rate_factor(10 + 45, 100, 10) == pytest.approx(0.5)


@pytest.mark.parametrize("iterations", [1, 2, 5])
def test_a_run_of_a_few_iterations_begins_at_the_full_rate(iterations):
    assert learning_rate_factor(0, iterations, 20) == 1.0
