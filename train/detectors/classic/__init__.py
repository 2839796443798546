"""The Faster R-CNN of the lecture: Ren et al. 2015 on VGG16, out of torchvision's parts."""
