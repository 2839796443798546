"""Figures as the tables that are kept."""

__all__ = ["ablation_table", "category_table", "overall_table"]

from collections.abc import Iterator, Mapping

from trial import IOU, Figures


def overall_table(results: Mapping[str, Figures]) -> Iterator[str]:
    """A line for each subject: how good, how long."""
    yield f"{'':10}{'AP':>7}{'AP50':>7}{'AP at 0.3':>11}{'photos':>8}{'objects':>9}   minutes: render, train, eval"
    for name, figures in results.items():
        metrics = figures.metrics
        minutes = ", ".join(f"{figures.seconds.get(stage, 0) / 60:.1f}" for stage in ("render", "train", "eval"))
        yield f"{name:10}{_three(figures)}{metrics['n_images']:8}{metrics['n_instances']:9}   {minutes}"


def category_table(figures: Figures) -> Iterator[str]:
    """A line for each category; found and false alarms at the score that the report draws from."""
    yield f"{'':10}{'AP':>7}{'AP50':>7}{'AP at 0.3':>11}{'found':>7}{'missed':>8}{'false':>7}"
    for name, one in figures.metrics["per_category"].items():
        counts = f"{one['n_hits']:7}{one['n_misses']:8}{one['n_false_alarms']:7}"
        yield f"{name:10}{one['ap']:7.3f}{one['ap50']:7.3f}{one['ap_at'][f'{IOU:.2f}']:11.3f}{counts}"


def ablation_table(results: Mapping[str, Mapping[str, list[Figures]]]) -> Iterator[str]:
    """What each part is worth: rows are what was switched off, columns the subjects; means over the seeds.

    Args:
        results: By what was off, "nothing" first, then by subject.
    """
    subjects = list(next(iter(results.values())))
    yield f"{'off':14}" + "".join(f"{name + ' AP50':>18}{name + ' AP at 0.3':>22}" for name in subjects)
    whole = results["nothing"]
    for off, by_subject in results.items():
        line = f"{off:14}"
        for name in subjects:
            for key, width in (("ap50", 18), ("ap30", 22)):
                value, reference = _mean(by_subject[name], key), _mean(whole[name], key)
                change = "" if off == "nothing" else f" ({value - reference:+.3f})"
                line += f"{f'{value:.3f}{change}':>{width}}"
        yield line


def _three(figures: Figures) -> str:
    return f"{figures.metrics['ap']:7.3f}{figures.metrics['ap50']:7.3f}{_ap30(figures):11.3f}"


def _mean(several: list[Figures], key: str) -> float:
    values = [_ap30(figures) if key == "ap30" else figures.metrics[key] for figures in several]
    return sum(values) / len(values)


def _ap30(figures: Figures) -> float:
    value: float = figures.metrics["ap_at"][f"{IOU:.2f}"]
    return value
