"""What leaves the project: detections as files that other programs read, detectors as graphs that they run."""
