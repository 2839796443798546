"""Photos labelled with LabelMe: JSON files to a `PictureSet` and a report, and a picture's labels to a JSON file."""

__all__ = ["SAID", "Drawn", "LabelMeReport", "labelme_json", "read_drawn", "read_labelme"]

from synth.labelme.reader import SAID, Drawn, read_drawn, read_labelme
from synth.labelme.report import LabelMeReport
from synth.labelme.writer import labelme_json
