"""From a `Frame` to labels. Each label kind is a small file; `sample` puts them together under the label policy."""
