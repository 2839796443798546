"""What the figures come to, in sentences: for the page and, shorter, for the terminal."""

__all__ = ["calibration_sentence", "confusion_sentence", "cost_sentence", "how_sure", "slice_sentences"]

from collections.abc import Sequence

from train.measure.bootstrap import LEAST_PICTURES
from train.measure.calibration import SCORE_FROM, Calibration
from train.measure.confusion import Confusion
from train.measure.evaluation import Evaluation
from train.measure.slices import Slice, worst_of
from train.report.summary import between, shown_figure

N_WORST_SLICES = 5
# Scores that lie no further off than this may be taken at their word.
WELL_CALIBRATED = 0.05
# Of fewer detections, right ones are that far from their share by chance.
LEAST_DETECTIONS = 50


def how_sure(evaluation: Evaluation) -> str:
    """`95 % sure: AP 0.477 (0.455 to 0.514), AP50 0.665 (0.642 to 0.704)`, or that it can't be said."""
    report, intervals = evaluation.report, evaluation.diagnosis.intervals
    if not intervals["ap"].is_defined:
        return f"How sure these figures are can't be said: it takes labels in {LEAST_PICTURES} photos"
    named = (("AP", report.ap, "ap"), ("AP50", report.ap50, "ap50"))
    return "95 % sure: " + ", ".join(
        f"{name} {shown_figure(figure)} ({between(intervals[key])})" for name, figure, key in named
    )


def cost_sentence(evaluation: Evaluation) -> str:
    """Which kind of mistake is the dearest, and what its repair would bring."""
    dearest = evaluation.diagnosis.mistakes[0]
    if dearest.cost == -1:
        return "There is no labelled object, so no mistake has a cost."
    if dearest.cost < 0.0005:
        return "No single kind of mistake costs anything."
    ap50 = evaluation.report.ap50
    return (
        f"The dearest kind of mistake: {dearest.kind.title}. Without it AP50 would be {ap50 + dearest.cost:.3f} "
        f"instead of {ap50:.3f}."
    )


def slice_sentences(slices: Sequence[Slice]) -> list[str]:
    """The worst slices, a sentence each; empty where none differs beyond chance."""
    return [
        f"{one.axis}, {one.name}: {one.n_hits} of {one.n_labels} found ({one.recall:.2f}), "
        f"of all others {one.recall - one.difference:.2f}"
        for one in worst_of(slices)[:N_WORST_SLICES]
    ]


def confusion_sentence(confusion: Confusion) -> str:
    """`Most often: nine taken for ten (61), king for jack (45).`"""
    if len(confusion.names) == 2:
        return "There is only one category, so none can be taken for another."
    pairs = confusion.worst_pairs()
    if not pairs:
        return "No category is taken for another."
    said = [f"{label} taken for {found} ({n})" for label, found, n in pairs]
    return f"Most often: {', '.join(said)}."


def calibration_sentence(calibration: Calibration) -> str:
    """Whether the scores may be taken at their word."""
    if calibration.error == -1:
        return f"No detection has a score of {SCORE_FROM:g} or more."
    if (n := sum(one.n for one in calibration.bins if one.low >= SCORE_FROM)) < LEAST_DETECTIONS:
        return f"Too few detections, {n}, have a score of {SCORE_FROM:g} or more to say what it is worth."
    far = f"Promise and truth lie {calibration.error:.2f} apart in the mean (expected calibration error)"
    if calibration.error <= WELL_CALIBRATED:
        return f"{far}: a score is nearly the chance to be right."
    if abs(calibration.bias) < calibration.error / 2:
        return f"{far}: too much for some scores, too little for others."
    return f"{far}: the scores promise too {'much' if calibration.bias > 0 else 'little'}."
