"""Labelled pictures on disk to augmented batches."""
