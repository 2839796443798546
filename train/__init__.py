"""Faster R-CNN on a data set of synth, and the measurement of it on real photos."""
