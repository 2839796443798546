"""The demo's real photo: scikit-image's `coins`, 24 ancient coins, outlined by hand in `coins.json`."""

__all__ = ["write_coins_photo"]

from importlib.resources import files
from pathlib import Path

from PIL import Image

from synth.errors import SynthError
from synth.extras import install_line


def write_coins_photo(folder: Path) -> None:
    """Write `coins.png` and its LabelMe file `coins.json` into a folder, as if somebody had labelled it there.

    Raises:
        SynthError: scikit-image isn't installed.
    """
    try:
        from skimage.data import coins  # noqa: PLC0415 - `synth render` must run without scikit-image
    except ImportError:
        raise SynthError(
            f"The demo's photo comes with scikit-image, which isn't installed: {install_line('train')}"
        ) from None
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(coins()).save(folder / "coins.png")
    (folder / "coins.json").write_bytes(files("synth.demo").joinpath("coins.json").read_bytes())
