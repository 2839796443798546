"""`synth eval --compare`: two runs and labelled pictures in; which is better, beyond chance, out."""

__all__ = ["compare_runs"]

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import orjson

from synth.dataset import PictureSet
from train.checkpoint import Run
from train.commands.asked import Asked
from train.commands.evaluation import progress_bar
from train.detections import Detections
from train.measure.comparison import Comparison, in_one_list
from train.predict import predict
from train.report.compare import check_free, compare_report, comparison_words
from train.report.summary import difference_table, figure_name


def compare_runs(asked: Asked, folders: tuple[Path, Path]) -> Comparison:
    """Measure two runs on the same pictures; writes the page and prints the figures.

    Args:
        asked: Of its pictures must be found what either run knows, judged by the first one's policy. It names no run,
            and the page goes into one below `runs` that is named after both, if not said.
        folders: Of the runs.
    Raises:
        SynthError: as reading the runs, the pictures and the options' checks have it.
    """
    names = _names(folders)
    out = asked.out or asked.runs / f"compare-{folders[0].resolve().name}-{folders[1].resolve().name}"
    check_free(out, overwrite=asked.overwrite)
    runs = first, second = asked.load(folders[0]), asked.load(folders[1])
    categories, _ = in_one_list(first.categories, second.categories, [])
    truth, lines = asked.labelled(categories, first.policy)
    found = [_detected(asked, run, name, truth) for run, name in zip(runs, names, strict=True)]
    _, found[1] = in_one_list(first.categories, second.categories, found[1])
    of_runs = [f"{name}: {note}" for name, run in zip(names, runs, strict=True) for note in asked.notes(run, truth)]
    notes = [*lines, *_unlike(first, second, names), *of_runs]
    told = {
        name: f"{run.path}, after {run.step} iterations, {run.detector}" for name, run in zip(names, runs, strict=True)
    }
    context = {"photos": str(asked.photos), **told}
    comparison = compare_report(
        truth, (found[0], found[1]), out, names=names, context=context, notes=notes, overwrite=asked.overwrite
    )
    _print(asked, comparison, names, notes, out)
    return comparison


def _detected(asked: Asked, run: Run, name: str, truth: PictureSet) -> list[Detections]:
    n = len(truth.pictures)
    with progress_bar(asked.console, f"detecting: {name}", n, shown=not asked.as_json) as advance:
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


def _print(asked: Asked, comparison: Comparison, names: tuple[str, str], notes: Sequence[str], out: Path) -> None:
    if asked.as_json:
        text = orjson.dumps({"names": names, **comparison.to_json()}, option=orjson.OPT_INDENT_2).decode()
        asked.console.print(text, soft_wrap=True, markup=False)
        return
    for line in notes:
        asked.say(line)
    asked.say(f"{comparison_words(comparison, names)}.")
    figures = [replace(one, name=figure_name(one.name)) for one in comparison.figures]
    asked.console.print(difference_table(figures, names, first="figure"))
    asked.console.print(difference_table(comparison.per_category.values(), names, first="AP of"))
    asked.console.print(difference_table(comparison.mistakes, names, first="AP50 lost by"))
    asked.say(f"-> {out / 'compare.html'}")
