"""`synth` with detectors that pool regions in other ways, to see what each is worth.

Run with: python tests/bench/roi_variants.py train --model lite0_14x2 --data data/synth --out runs/14x2
          python tests/bench/roi_variants.py eval photos --run runs/14x2

`lite0` pools 7 x 7 bins with 2 x 2 samples in each. The variants are called by bins and samples along a side, 0 for as
many samples as a bin has cells; from 14 x 14 a convolution of stride 2 makes 7 x 7. `tests/bench/detectors.py --pooling
14x2` tells what a variant costs. A run of a variant can be read by this program alone.
"""

from functools import partial

from synth.cli import main
from train.detectors import DETECTORS
from train.detectors.efficientnet_lite import LITE0
from train.detectors.lean import Pooling, build_lean

for bins, samples in ((7, 0), (14, 1), (14, 2), (14, 0)):
    DETECTORS.register(f"lite0_{bins}x{samples}")(partial(build_lean, LITE0, pooling=Pooling(bins, samples)))

if __name__ == "__main__":
    main()
