"""What a worker frees, the system has again."""

import platform
import subprocess
import sys

import pytest

GAPS = """
import numpy as np
from synth.engine.memory import give_back_freed, resident_mb

taught = np.ones(30_000_000, np.uint8)
del taught  # from now on glibc would keep blocks of this size
before = resident_mb()
blocks = [(np.ones(8_000_000, np.uint8), np.ones(100_000, np.uint8)) for _ in range(10)]
held = resident_mb()
kept = [small for _, small in blocks]
del blocks
give_back_freed()
print(held - before, resident_mb() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries do so by themselves, or not at all")
def test_what_lay_between_things_that_are_kept_is_given_back():
    told = subprocess.run([sys.executable, "-c", GAPS], capture_output=True, text=True, check=True)
    held_mb, left_mb = map(float, told.stdout.split())
    assert held_mb > 80
    assert left_mb < 10
