"""What 1,000 frames of the default stack cover, whether that is all that it should, and how soon a preview is there.

Run with: python tests/bench/scenes.py [--n 1000] [--size 320x240] [--config FILE]

Without arguments it keeps what it prints beside it, in scenes.txt; of the pictures it keeps nothing. Exit code 1 if a
picture is too dark or too bright, a category far from its share, or a bin without anything where something should be.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from synth.engine.commands import plan_of
from synth.engine.coverage import FEWEST, MEASURES, MOST
from synth.engine.local import render_dataset

MUST_BE_FULL = ("view_elevation_deg", "view_azimuth_deg", "box_size", "visible_fraction")
BAR = 30
PREVIEWS, PREVIEW_GOAL_S = 3, 10


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=1000, help="frames")
    parser.add_argument(
        "--size", default="320x240", help="of the pictures; smaller than usual, for coverage needs no more"
    )
    parser.add_argument("--config", type=Path, default=None, help="a render.toml instead of the defaults")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    overrides = {"size": [int(side) for side in args.size.split("x")], "seed": args.seed, "images": []}
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        plan = plan_of(
            n=args.n,
            out=Path(folder) / "data",
            assets=None,
            config=args.config,
            overrides=overrides,
        ).shared_among(args.workers)
        manifest = render_dataset(plan, workers=args.workers)
    coverage = manifest["coverage"]
    lines = [f"{args.n} frames of {args.size}, seed {args.seed}, in {time.monotonic() - started:.0f} s", ""]
    for measure in MEASURES:
        lines += histogram(measure.name, coverage[measure.name])
    lines += shares(coverage["categories"])
    preview_s = median(preview() for _ in range(PREVIEWS))
    lines += [f"synth preview: {preview_s:.1f} s (goal {PREVIEW_GOAL_S} s; median of {PREVIEWS})", ""]
    faults = list(missed(coverage))
    if preview_s > PREVIEW_GOAL_S:
        faults.append("the preview took too long")
    lines += faults or ["All that should be covered is."]
    report = "\n".join(lines)
    print(report)
    if len(sys.argv) == 1:
        Path(__file__).with_suffix(".txt").write_text(report + "\n", encoding="utf-8")
    return int(bool(faults))


def preview() -> float:
    """Seconds of the command that a user types, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        subprocess.run(
            [Path(sys.executable).with_name("synth"), "preview", "--quiet"], cwd=folder, check=True, capture_output=True
        )
        return time.monotonic() - started


def missed(coverage: dict[str, Any]) -> list[str]:
    """What should not be, one line each."""
    faults = [
        f"{name}: nothing from {low:g} to {high:g}" for name in MUST_BE_FULL for low, high in coverage[name]["empty"]
    ]
    if beyond := coverage["luminance"]["outside"]:
        faults.append(f"luminance: {beyond} pictures beyond {coverage['luminance']['wanted']}")
    for name, category in coverage["categories"].items():
        if not FEWEST <= category["share"] <= MOST:
            faults.append(f"{name}: {category['share']:.2f} of its share of labels")
    return faults


def histogram(name: str, part: dict[str, Any]) -> Iterator[str]:
    asked = f", wanted {part['wanted'][0]:g} to {part['wanted'][1]:g}" if "wanted" in part else ""
    yield f"{name}{asked}"
    most = max(*part["counts"], 1)
    for low, high, count in zip(part["edges"], part["edges"][1:], part["counts"], strict=False):
        empty = "  EMPTY" if [low, high] in part.get("empty", ()) else ""
        yield f"  {low:6g} to {high:6g} {count:6d} {'#' * -(-count * BAR // most)}{empty}"
    if part["below"] or part["above"]:
        yield f"  below {part['below']}, above {part['above']}"
    yield ""


def shares(categories: dict[str, Any]) -> Iterator[str]:
    yield "categories, 1 is an equal share of the labels"
    for name, category in categories.items():
        yield f"  {name:16s} {category['labels']:6d} {category['share']:5.2f}"
    yield ""


if __name__ == "__main__":
    sys.exit(main())
