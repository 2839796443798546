"""No changed file makes a reader crash, hang, or look elsewhere; `make fuzz` does the same for hours."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.attempt import attempt
from tests.fuzz.mutations import mutated
from tests.fuzz.readers import READERS, Reader


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_the_file_that_fuzzing_begins_with_is_read(reader: Reader):
    assert attempt(reader, reader.seed()) == "loaded"


@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(reader=st.sampled_from(READERS), seed=st.integers(0, 2**32 - 1))
def test_a_changed_file_is_read_or_refused(reader: Reader, seed: int):
    attempt(reader, mutated(reader.seed(), np.random.default_rng(seed), is_json=reader.is_json))
