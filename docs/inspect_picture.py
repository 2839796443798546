"""Take docs/inspect.jpg from a page: python docs/inspect_picture.py data/synth-inspect.html; needs Chromium."""

import sys
import tempfile
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.browser import browser

SIZE = (1240, 640)


def main() -> None:
    page_path = Path(sys.argv[1]).resolve()
    with browser() as page, tempfile.TemporaryDirectory() as folder:
        page.size(*SIZE)
        page.open(page_path.as_uri())
        page.wait("[...document.querySelectorAll('.tile img')].slice(0, 12).every(e => e.complete)")
        page.run("new Promise(done => setTimeout(done, 500))")
        page.picture(Path(folder) / "shot.png")
        with Image.open(Path(folder) / "shot.png") as shot:
            shot.convert("RGB").save(Path(__file__).with_name("inspect.jpg"), quality=72, optimize=True)


if __name__ == "__main__":
    main()
