"""Data sets from one format to another: each is read into the same labels in memory, and written from them."""

__all__ = ["FORMATS", "Converted", "convert"]

from synth.convert import bop, coco, cvat, labelme, panoptic, shards, solo, voc, yolo  # noqa: F401 - each enters its format
from synth.convert.command import Converted, convert
from synth.convert.formats import FORMATS
