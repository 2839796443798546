"""`synth train --show-samples`: the first samples that a run would learn from, as a picture."""

__all__ = ["show_samples"]

from pathlib import Path

from PIL import Image
from rich.console import Console

from synth.errors import TrainingError, UsageError
from train.commands.training import Sources
from train.data.sheet import samples_sheet
from train.learn.fit import make_material, make_stream, resolve, with_real_share
from train.settings import choose_device


def show_samples(out: Path, sources: Sources, *, overwrite: bool = False, console: Console | None = None) -> Path:
    """Write the sheet and train nothing.

    Args:
        out: The sheet, .jpg or .png.
        overwrite: Replace a file that is there.
    Raises:
        UsageError: `out` is no such picture.
        TrainingError: `out` is there.
        SynthError: as reading has it.
    """
    if out.suffix.lower() not in {".jpg", ".jpeg", ".png"}:
        raise UsageError(f"--show-samples {out}: is to be a picture. Call it {out.stem}.jpg or {out.stem}.png.")
    if out.is_dir() or (out.exists() and not overwrite):
        raise TrainingError(f"{out}: is there already. Choose another name, or say --overwrite.")
    console = console or Console(highlight=False)
    checked = sources.checked()
    given = sources.read(console)
    material = make_material(given.rendered, given.photos, given.validation, given.start, checked)
    resolved = resolve(
        with_real_share(checked, material),
        given.start,
        material.n_train,
        len(material.categories),
        choose_device(checked.device),
        n_photos=len(material.real_ids),
    )
    _write(samples_sheet(make_stream(material, resolved)), out)
    console.print(f"-> {out}", soft_wrap=True, markup=False)
    return out


def _write(sheet: Image.Image, out: Path) -> None:
    """Whole or not at all."""
    out.parent.mkdir(parents=True, exist_ok=True)
    aside = out.with_name(f".{out.stem}.partial{out.suffix}")
    sheet.save(aside, quality=92)
    aside.replace(out)
