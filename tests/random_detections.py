"""Random labels and detections of them, for tests of figures."""

from pathlib import Path

import numpy as np

from synth.dataset import Category, Instance, Picture, PictureSet
from train.detections import Detections

# Ids neither in order nor without gaps.
CATEGORIES = (Category(5, "nut"), Category(2, "bolt"), Category(9, "washer"))


def random_set(rng, n_pictures, most_labels=6, most_detections=12):
    """Pictures with labels of all sizes, some to be ignored, and detections near some of them; either may be empty."""
    pictures, detections = [], []
    for image_id in rng.permutation(n_pictures).tolist():
        boxes = _boxes(rng, rng.integers(0, most_labels + 1))
        ids = rng.choice([5, 2], len(boxes))  # never a washer
        labels = [
            Instance(int(c), tuple(b), float((b[2] - b[0]) * (b[3] - b[1])), iscrowd=bool(rng.random() < 0.2))
            for b, c in zip(boxes.tolist(), ids, strict=True)
        ]
        pictures.append(Picture(image_id, Path(f"{image_id}.jpg"), 640, 480, tuple(labels)))
        if rng.random() < 0.2:
            continue
        near = boxes[rng.random(len(boxes)) < 0.8]
        found = np.concatenate([near + rng.normal(0, 4, near.shape), _boxes(rng, rng.integers(0, most_detections))])
        found[:, 2:] = np.maximum(found[:, 2:], found[:, :2] + 1)
        # Scores of few values, so that there are ties.
        scores = np.sort(rng.integers(0, 20, len(found)) / 20)[::-1]
        detections.append(
            Detections(image_id, found.astype(np.float32), scores.astype(np.float32), rng.choice([5, 2, 9], len(found)))
        )
    return PictureSet("random", CATEGORIES, tuple(pictures)), detections


def _boxes(rng, n):
    corner = rng.uniform(0, 300, (n, 2))
    return np.hstack([corner, corner + np.exp(rng.uniform(np.log(5), np.log(180), (n, 2)))])
