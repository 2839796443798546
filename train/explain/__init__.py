"""How a Faster R-CNN learns from one picture: everything between the pixels and the losses, drawn on a page."""
