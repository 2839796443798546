"""From detections and labels to figures."""
