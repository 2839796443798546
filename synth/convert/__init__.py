"""Data sets from one format to another: each is read into the same labels in memory, and written from them."""

__all__ = ["FORMATS", "Converted", "convert", "labelme_to_folders"]

from synth.convert import bop, coco, cvat, labelme, pairs, panoptic, shards, solo, voc, yolo  # noqa: F401 - each enters its format
from synth.convert.command import Converted, convert
from synth.convert.formats import FORMATS
from synth.convert.json_to_dataset import labelme_to_folders
