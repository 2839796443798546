"""Labelled pictures of 3D models: `assets.toml` and `render.toml` go in, a COCO data set comes out."""

__version__ = "0.1.0"
