"""Pictures a second that training's stream reads of each format, and what writing the format adds to a frame.

Run with: python tests/bench/formats.py [DATA] [--pictures 2048] [--threads 2]

DATA is a folder that `synth render` made; without it pictures of 640 x 480 are made up. They are written several
times over until there are as many as asked for. No network runs: a picture is read, decoded and brought to 320 px with
the default augmentation. What is read was written just before, so this is the formats' price and not the disk's.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import orjson
import torch
from PIL import Image
from pycocotools import mask as coco_mask

from synth.formats.layout import Layout, Record
from synth.formats.streamed import read_set
from synth.formats.writing import write_shards
from synth.write.atomic import write_json
from train.data.stream import batches
from train.learn.fit import make_material, make_stream
from train.settings import TrainSettings

LAYOUTS = {
    "coco": None,
    "webdataset": Layout("webdataset"),
    "parquet": Layout("parquet"),
    "parquet, beside": Layout("parquet", beside=True),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--pictures", type=int, default=2048)
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{'':16} {'write':>12} {'read':>12} {'start':>8} {'size':>10}")
    with tempfile.TemporaryDirectory() as folder:
        for name, layout in LAYOUTS.items():
            out = Path(folder) / "set"
            seconds = written(out, layout, islice(records(chosen.data), chosen.pictures))
            size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) / chosen.pictures
            started, rate = read(out, chosen.pictures, chosen.threads)
            cost, took = 1000 * seconds / chosen.pictures, 1000 * started
            print(f"{name:16} {cost:6.2f} ms each {rate:9.0f} a s {took:5.0f} ms {size / 1000:7.1f} kB", flush=True)
            shutil.rmtree(out)


def written(out: Path, layout: Layout | None, given: Iterator[Record]) -> float:
    """Write a set; returns the seconds that it took, without making or reading the pictures."""
    out.mkdir()
    everything = list(given)
    begun = time.perf_counter()
    if layout is None or layout.beside:
        for record in everything:
            for path, content in files_of(record).items():
                (out / path).parent.mkdir(parents=True, exist_ok=True)
                (out / path).write_bytes(content)
    if layout is not None:
        write_json(out / "manifest.json", write_shards(everything, CATEGORIES, out, layout))
    else:
        labels = [label for record in everything for label in record.annotations]
        coco = {"categories": CATEGORIES, "images": [dict(r.image) for r in everything], "annotations": labels}
        (out / "annotations.json").write_bytes(orjson.dumps(coco))
        write_json(out / "manifest.json", {"format": {"name": "coco"}})
    return time.perf_counter() - begun


def read(out: Path, n: int, threads: int) -> tuple[float, float]:
    """Seconds until the first batch can be asked for, and pictures a second from then on."""
    settings = TrainSettings(batch_size=8, image_size_px=320, validation_fraction=0.0)
    begun = time.perf_counter()
    material = make_material([read_set(out)], [], None, None, settings)
    stream = make_stream(material, settings.resolved(material.n_train, 1, torch.device("cpu")))
    ready = time.perf_counter()
    n_batches = n // 8
    for _ in batches(stream, 0, n_batches, threads):
        pass
    return ready - begun, n_batches * 8 / (time.perf_counter() - ready)


CATEGORIES = [{"id": k, "name": f"thing{k}"} for k in range(1, 9)]


def records(data: Path | None) -> Iterator[Record]:
    """Pictures with labels and label maps, the same few again and again, each with numbers of its own."""
    few = list(rendered(data) if data else made_up())
    for number, record in enumerate(cycle(few)):
        name = f"{number:06d}"
        labels = {kind: f"masks/{kind}/{name}.png" for kind in record.maps}
        image = {**record.image, "id": number + 1, "file_name": f"images/{name}.jpg", "labels": labels}
        annotations = [
            {**label, "id": number * 1000 + k, "image_id": number + 1} for k, label in enumerate(record.annotations)
        ]
        yield Record(name, image, annotations, record.picture, record.maps)


def rendered(data: Path) -> Iterator[Record]:
    coco = orjson.loads((data / "annotations.json").read_bytes())
    labels: dict[int, list] = {image["id"]: [] for image in coco["images"]}
    for label in coco["annotations"]:
        labels[label["image_id"]].append(label)
    for image in islice(coco["images"], 320):
        maps = {kind: (data / path).read_bytes() for kind, path in image["labels"].items()}
        yield Record("", image, labels[image["id"]], (data / image["file_name"]).read_bytes(), maps)


def made_up() -> Iterator[Record]:
    rng = np.random.default_rng(0)
    for _ in range(32):
        small = rng.integers(0, 256, (60, 80, 3), dtype=np.uint8)
        picture = np.asarray(Image.fromarray(small).resize((640, 480), Image.Resampling.BICUBIC)).astype(np.int16)
        noisy = np.clip(picture + rng.integers(-6, 7, picture.shape), 0, 255).astype(np.uint8)
        instance, annotations = np.zeros((480, 640), np.uint16), []
        for k in range(1, 9):
            x, y = rng.integers(0, 540), rng.integers(0, 380)
            mask = np.zeros((480, 640), np.uint8)
            mask[y : y + 100, x : x + 100] = 1
            instance[mask == 1] = k
            rle = coco_mask.encode(np.asfortranarray(mask))
            rle = {"size": rle["size"], "counts": rle["counts"].decode()}
            box = [float(x), float(y), 100.0, 100.0]
            annotations.append({"category_id": k, "bbox": box, "area": 10_000, "iscrowd": 0, "segmentation": rle})
        yield Record(
            "",
            {"width": 640, "height": 480},
            annotations,
            encoded(noisy, "JPEG"),
            {"instance": encoded(instance, "PNG")},
        )


def encoded(pixels: np.ndarray, kind: str) -> bytes:
    with tempfile.SpooledTemporaryFile(1 << 24) as file:
        Image.fromarray(pixels).save(file, kind, quality=90, compress_level=1)
        file.seek(0)
        return file.read()


def files_of(record: Record) -> dict[str, bytes]:
    return {record.image["file_name"]: record.picture} | {
        record.image["labels"][kind]: content for kind, content in record.maps.items()
    }


if __name__ == "__main__":
    main()
