"""`synth eval --compare`: two runs and photos in; which is better, beyond chance, out."""

__all__ = ["compare_runs"]

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import orjson
from rich.console import Console

from synth.dataset import PictureSet
from synth.labelme import read_labelme
from train.checkpoint import Run, load_run
from train.commands.evaluation import progress_bar
from train.detections import Detections
from train.learn.learned_from import photos_notes
from train.measure.comparison import Comparison, in_one_list
from train.predict import predict
from train.report.compare import check_free, compare_report, comparison_words
from train.report.summary import difference_table, figure_name
from train.settings import choose_device


def compare_runs(
    *,
    photos: Path,
    folders: tuple[Path, Path],
    runs: Path,
    aliases: Mapping[str, str],
    ignore_labels: Collection[str],
    out: Path | None,
    device: str,
    as_json: bool,
    overwrite: bool,
    console: Console | None = None,
) -> Comparison:
    """Measure two runs on the same LabelMe photos; writes the page and prints the figures.

    Args:
        photos: LabelMe folder; what must be found in it is what either run knows, judged by the first one's policy.
        folders: Of the runs.
        runs: Where the page goes if `out` doesn't say.
        out: Folder of the page.
        aliases, ignore_labels, device, as_json, overwrite, console: As `evaluate_run`.
    Raises:
        SynthError: as reading the runs, the photos and the options' checks have it.
    """
    console = console or Console(highlight=False)
    names = _names(folders)
    out = out or runs / f"compare-{folders[0].resolve().name}-{folders[1].resolve().name}"
    check_free(out, overwrite=overwrite)
    first, second = (load_run(folder, device=choose_device(device)) for folder in folders)
    categories, _ = in_one_list(first.categories, second.categories, [])
    truth, read = read_labelme(photos, categories, aliases=aliases, ignore_labels=ignore_labels, policy=first.policy)
    bars = not as_json
    found = [_detected(console, run, name, truth, shown=bars) for run, name in zip((first, second), names, strict=True)]
    _, found[1] = in_one_list(first.categories, second.categories, found[1])
    notes = [
        *read.lines(),
        *_unlike(first, second, names),
        *(
            f"{name}: {note}"
            for name, folder in zip(names, folders, strict=True)
            for note in photos_notes(folder, truth.pictures)
        ),
    ]
    context = {
        "photos": str(photos),
        **{
            name: f"{run.path}, after {run.step} iterations, {run.detector}"
            for name, run in zip(names, (first, second), strict=True)
        },
    }
    comparison = compare_report(
        truth, (found[0], found[1]), out, names=names, context=context, notes=notes, overwrite=overwrite
    )
    _print(console, comparison, names, notes, out, as_json=as_json)
    return comparison


def _detected(console: Console, run: Run, name: str, truth: PictureSet, *, shown: bool) -> list[Detections]:
    with progress_bar(console, f"detecting: {name}", len(truth.pictures), shown=shown) as advance:
        return predict(run, truth.pictures, progress=lambda done, n: advance(1))


def _names(folders: tuple[Path, Path]) -> tuple[str, str]:
    """The folders' names, or where these are equal as much of their paths as tells them apart."""
    first, second = (folder.resolve() for folder in folders)
    for n in range(1, max(len(first.parts), len(second.parts))):
        names = ("/".join(first.parts[-n:]), "/".join(second.parts[-n:]))
        if names[0] != names[1]:
            return names
    return "first", "second"


def _unlike(first: Run, second: Run, names: tuple[str, str]) -> list[str]:
    """What makes the two less than comparable."""
    notes = []
    known = [{category.name for category in run.categories} for run in (first, second)]
    for name, own, other in ((names[0], known[0], known[1]), (names[1], known[1], known[0])):
        if foreign := sorted(other - own):
            notes.append(f"{name} never learned {', '.join(foreign)}, and can't find it")
    if first.policy != second.policy:
        notes.append(f"the runs judge labels differently; {names[0]}'s policy is taken for both")
    return notes


def _print(
    console: Console, comparison: Comparison, names: tuple[str, str], notes: Sequence[str], out: Path, *, as_json: bool
) -> None:
    if as_json:
        text = orjson.dumps({"names": names, **comparison.to_json()}, option=orjson.OPT_INDENT_2).decode()
        console.print(text, soft_wrap=True, markup=False)
        return
    for line in notes:
        console.print(line, soft_wrap=True, markup=False)
    console.print(f"{comparison_words(comparison, names)}.", soft_wrap=True, markup=False)
    figures = [replace(one, name=figure_name(one.name)) for one in comparison.figures]
    console.print(difference_table(figures, names, first="figure"))
    console.print(difference_table(comparison.per_category.values(), names, first="AP of"))
    console.print(difference_table(comparison.mistakes, names, first="AP50 lost by"))
    console.print(f"-> {out / 'compare.html'}", soft_wrap=True, markup=False)
