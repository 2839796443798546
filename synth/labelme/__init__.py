"""Photos labelled with LabelMe: a folder of JSON files goes in, a `PictureSet` and a report come out."""

__all__ = ["LabelMeReport", "read_labelme"]

from synth.labelme.reader import read_labelme
from synth.labelme.report import LabelMeReport
