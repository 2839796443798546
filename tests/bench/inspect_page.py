"""`synth inspect` on 2,000 pictures: how long the page takes to make, how large it is, how fast it opens and scrolls.

    python tests/bench/inspect_page.py [--n 2000] [--keep FILE.html]

The pictures are made up, as noisy as renders are, with five objects each. Exit 1 if the page opens in more than two
seconds, weighs more than 40 MB, or a twentieth of its frames takes longer than 50 ms while it scrolls.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console

sys.path.insert(0, str(Path(__file__).parents[2]))

from synth.annotate.masks import encode_instances
from synth.inspect.inspecting import inspect_data
from tests.browser import Page, browser, find_chromium

WIDTH, HEIGHT, N_OBJECTS, N_KINDS = 640, 480, 5, 12
MOST_OPEN_S, MOST_MB, MOST_FRAME_MS = 2.0, 40.0, 50.0
# From the address to the first thumbnails painted.
SHOWN = """new Promise(done => { const look = () => {
  const first = document.querySelector('.tile img');
  if (!first || !first.complete || !first.naturalWidth) setTimeout(look, 5);
  else requestAnimationFrame(() => setTimeout(() => done(performance.now()))); }; look(); })"""
# The gaps between frames while the gallery runs by, 60 px a frame (a quick flick), in milliseconds.
SCROLL = """new Promise(done => { const gaps = []; let before = performance.now();
  const step = now => { gaps.push(now - before); before = now; scrollBy(0, 60);
    if (gaps.length < 400) requestAnimationFrame(step); else done(gaps.slice(2)); };
  requestAnimationFrame(step); })"""


def made_up(folder: Path, n: int) -> None:
    """A rendered set's files, as far as the page reads them."""
    rng = np.random.default_rng(0)
    images, labels = [], []
    (folder / "images").mkdir(parents=True)
    ground = rng.integers(60, 200, (HEIGHT // 16, WIDTH // 16, 3), np.uint8)
    for i in range(n):
        shift = tuple(rng.integers(0, 30, 2))
        large = np.asarray(
            Image.fromarray(np.roll(ground, shift, (0, 1))).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
        )
        noisy = np.clip(large + rng.normal(0, 6, (HEIGHT, WIDTH, 1)), 0, 255).astype(np.uint8)
        instance = np.zeros((HEIGHT, WIDTH), np.uint16)
        boxes = []
        for k in range(N_OBJECTS):
            w, h = (int(side) for side in rng.integers(15, 120, 2))
            x, y = int(rng.integers(0, WIDTH - w)), int(rng.integers(0, HEIGHT - h))
            rows, columns = np.ogrid[:h, :w]
            ellipse = ((rows - h / 2) / (h / 2)) ** 2 + ((columns - w / 2) / (w / 2)) ** 2 <= 1
            instance[y : y + h, x : x + w][ellipse] = k + 1
            noisy[y : y + h, x : x + w][ellipse] = rng.integers(0, 255, 3)
            boxes.append([x, y, w, h])
        name = f"images/{i:06d}.jpg"
        Image.fromarray(noisy).save(folder / name, quality=90)
        drawn = {f"part_{p}": {f"value_{v}": float(rng.random()) for v in range(20)} for p in range(8)}
        images.append({"id": i + 1, "file_name": name, "width": WIDTH, "height": HEIGHT, "drawn": drawn})
        for k, rle in encode_instances(instance, list(range(1, N_OBJECTS + 1))).items():
            x, y, w, h = boxes[k - 1]
            seen = float(rng.random())
            labels.append(
                {
                    "id": i * 100 + k,
                    "image_id": i + 1,
                    "category_id": int(rng.integers(1, N_KINDS + 1)),
                    "bbox": boxes[k - 1],
                    "area": w * h,
                    "segmentation": rle,
                    "bbox_amodal": boxes[k - 1],
                    "bbox_3d": {"corners_px": [[x + w * a, y + h * b] for a in (0, 1) for b in (0, 1) for _ in (0, 1)]},
                    "visible_fraction": seen,
                    "truncated": seen < 0.2,
                    "pose": {"camera_from_object": [[1, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 1], [0, 0, 0, 1]]},
                }
            )
    kinds = [{"id": k, "name": f"class_{k}"} for k in range(1, N_KINDS + 1)]
    (folder / "annotations.json").write_text(json.dumps({"images": images, "annotations": labels, "categories": kinds}))
    (folder / "manifest.json").write_text("{}")


def measure(page: Page, path: Path) -> tuple[float, float, float, float]:
    """Seconds until pictures are shown, median and 95th percentile of frames in ms, seconds of the statistics."""
    page.size(1440, 900)
    page.call("Page.navigate", url=path.as_uri())
    open_s = page.run(SHOWN) / 1000
    gaps = page.run(SCROLL)
    begun = time.perf_counter()
    page.run("document.querySelector('[data-view=statistics]').click(), document.body.offsetHeight")
    statistics_s = time.perf_counter() - begun
    if page.errors:
        raise SystemExit(f"the page reports: {page.errors}")
    return open_s, float(np.median(gaps)), float(np.percentile(gaps, 95)), statistics_s


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=2000, help="pictures")
    parser.add_argument("--keep", type=Path, help="also write the page there")
    options = parser.parse_args()
    if find_chromium() is None:
        print("there is no Chromium to open the page with: apt-get install chromium, or name it in SYNTH_CHROMIUM")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "made-up"
        made_up(data, options.n)
        begun = time.perf_counter()
        made = inspect_data(
            data, options.keep, images=None, most=options.n, full=False, overwrite=True, console=Console(stderr=True)
        )
        made_s = time.perf_counter() - begun
        mb = made.size_bytes / 1e6
        print(f"{options.n} pictures of {WIDTH} x {HEIGHT}, thumbnails of {made.side_px} px")
        print(f"made in {made_s:.1f} s, {mb:.1f} MB")
        opened = []
        for _ in range(3):
            with browser() as page:
                opened.append(measure(page, made.page))
    open_s, median_ms, slow_ms, statistics_s = np.median(opened, axis=0)
    print(f"opens in {open_s:.2f} s (median of 3, a new browser each); statistics drawn in {statistics_s:.2f} s")
    print(f"frames while scrolling: median {median_ms:.1f} ms, 95th percentile {slow_ms:.1f} ms")
    return int(open_s > MOST_OPEN_S or mb > MOST_MB or slow_ms > MOST_FRAME_MS)


if __name__ == "__main__":
    sys.exit(main())
