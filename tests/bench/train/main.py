"""Images a second of the training loop, beside the loop of torchvision's detection references.

Run with: python tests/bench/train/main.py [--iterations 60] [--quick] [--photos]

In: nothing; it draws its pictures. Out: what is printed; a full run's is kept as `last.txt` in this folder.

Contenders train the same network on the same pictures, a process each, one after the other: our loop with its defaults;
the reference loop with torchvision's own numbers of proposals and regions, as its scripts have them; the reference loop
with ours, which tells what the loop alone is worth. Only the second half of the iterations counts.

With --photos: our loop on photos of 12 megapixels with every augmentation in every picture, which takes five photos for
each, with what is read kept in memory and without. Nothing is kept in `last.txt`.

Exit code 1 if a target is missed: 1.5 times the reference, 4.5 images a second, 3 % of the time waiting for data. These
are for a quiet machine with two cores. On a busy one threads wait for each other at work; with OMP_NUM_THREADS=1 CPU
seconds an image are the same on both.
"""

import argparse
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import torch
from contestants import (
    BATCH,
    DETECTOR,
    INPUT_PX,
    Speed,
    ours,
    ours_with_everything,
    ours_with_everything_and_nothing_kept,
    reference,
    reference_with_our_numbers,
)
from pictures import PHOTO_TIMES, write_pictures

KEPT = Path(__file__).parent / "last.txt"
OURS, REFERENCE = "our loop", "reference loop"
CONTESTANTS = {
    OURS: ours,
    REFERENCE: reference,
    "reference loop, our numbers of regions": reference_with_our_numbers,
}
OF_PHOTOS = {
    "our loop, 12 MP, every augmentation": ours_with_everything,
    "  no photo kept": ours_with_everything_and_nothing_kept,
}
RATIO_MIN, IMAGES_PER_S_MIN, WAITING_MAX = 1.5, 4.5, 0.03


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--iterations", type=int, default=60)
    parser.add_argument("--quick", action="store_true", help="8 iterations; nothing is kept.")
    parser.add_argument("--photos", action="store_true", help="12-megapixel photos, every augmentation.")
    options = parser.parse_args()
    iterations = 8 if options.quick else options.iterations
    lines = [
        f"{DETECTOR} at {INPUT_PX} px, batches of {BATCH}, {torch.get_num_threads()} threads of {os.cpu_count()} "
        f"cores, PyTorch {torch.__version__}, {iterations - iterations // 2} iterations measured",
        f"{'':40} images/s   CPU s an image   waiting for data   peak memory",
    ]
    tell(lines)
    with tempfile.TemporaryDirectory() as folder:
        write_pictures(Path(folder), *((24, PHOTO_TIMES) if options.photos else (40,)))
        speeds = {}
        for name, contestant in (OF_PHOTOS if options.photos else CONTESTANTS).items():
            # A process each: what one leaves in memory is no concern of the next.
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                speeds[name] = pool.submit(contestant, Path(folder), iterations).result()
            lines += tell([row(name, speeds[name])])
    verdicts = [judged_waiting(next(iter(speeds.values())))] if options.photos else judged(speeds)
    lines += tell([f"{'missed' if is_missed else 'met':7} {words}" for words, is_missed in verdicts])
    if not options.quick and not options.photos:
        KEPT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return int(any(is_missed for _, is_missed in verdicts))


def row(name: str, speed: Speed) -> str:
    return (
        f"{name:40} {speed.images_per_s:8.2f}   {speed.cpu_s_per_image:14.3f}   {speed.waiting_fraction:16.1%}   "
        f"{speed.peak_mib:7.0f} MiB"
    )


def judged(speeds: dict[str, Speed]) -> list[tuple[str, bool]]:
    """Each target in words, and whether it is missed."""
    mine, theirs = speeds[OURS], speeds[REFERENCE]
    ratio = mine.images_per_s / theirs.images_per_s
    cpu_ratio = theirs.cpu_s_per_image / mine.cpu_s_per_image
    return [
        (
            f"{ratio:.2f} times the reference loop's speed, by CPU time {cpu_ratio:.2f}; at least {RATIO_MIN}",
            ratio < RATIO_MIN,
        ),
        (f"{mine.images_per_s:.2f} images a second; at least {IMAGES_PER_S_MIN}", mine.images_per_s < IMAGES_PER_S_MIN),
        judged_waiting(mine),
    ]


def judged_waiting(speed: Speed) -> tuple[str, bool]:
    waiting = speed.waiting_fraction
    return f"{waiting:.1%} waiting for data; at most {WAITING_MAX:.0%}", waiting > WAITING_MAX


def tell(lines: list[str]) -> list[str]:
    print("\n".join(lines), flush=True)
    return lines


if __name__ == "__main__":
    sys.exit(main())
