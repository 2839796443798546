"""Labelled sets of a picture or two, as a test of what is converted writes them down."""

import json

from PIL import Image

from synth.convert import convert

W, H = 20, 10


def picture(path, size=(W, H), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, "teal").save(path, **options)
    return path


def coco(folder, annotations, names=("a.png",), categories=("thing",), **more):
    """A COCO set; annotations are of the first picture unless they say of which."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        picture(folder / name)
    content = {
        "images": [{"id": i, "file_name": n, "width": W, "height": H} for i, n in enumerate(names, start=1)],
        "categories": [{"id": i, "name": n} for i, n in enumerate(categories, start=1)],
        "annotations": [
            {"id": i, "image_id": 1, "category_id": 1, "iscrowd": 0, "bbox": [1, 2, 4, 3], "area": 12, **each}
            for i, each in enumerate(annotations, start=1)
        ],
        **more,
    }
    (folder / "annotations.json").write_text(json.dumps(content))
    return folder


def read(folder):
    return json.loads((folder / "annotations.json").read_text())


def back(folder, name):
    """What a set in the folder of its format's name says when it has become COCO again."""
    convert(folder / name, folder / f"{name}-back", "coco", name)
    return read(folder / f"{name}-back")


def labelme(folder, **shapes_by_name):
    for name, shapes in shapes_by_name.items():
        picture(folder / f"{name}.png")
        document = {"shapes": shapes, "imagePath": f"{name}.png", "imageWidth": W, "imageHeight": H}
        (folder / f"{name}.json").write_text(json.dumps(document))
    return folder


def square(label, x):
    return {"label": label, "shape_type": "polygon", "points": [[x, 1], [x + 3, 1], [x + 3, 4], [x, 4]]}
