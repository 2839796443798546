"""The merge streams: what it needs of memory has nothing to do with how many frames there are."""

import subprocess
import sys
from pathlib import Path

import pytest

MERGE = """
import sys
from pathlib import Path
import orjson
from synth.config import load_settings
from synth.engine.merge import merge_shards
from synth.engine.plan import Plan
from synth.engine.shards import RECORDS, shard_folder

assets, out, n_frames = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
plan = Plan(load_settings(None, {"images": ()}), assets, out, n_frames, shard_frames=1000)
category = plan.catalog().categories[0].id
for shard in plan.shards():
    folder = shard_folder(plan, shard)
    folder.mkdir(parents=True)
    with (folder / RECORDS).open("wb") as records:
        for index in range(shard.start, shard.stop):
            labels = [
                {"id": index * 65536 + k, "image_id": index + 1, "category_id": category, "instance_id": k,
                 "iscrowd": 0, "bbox": [1.5, 2.5, 30.0, 40.0], "area": 900,
                 "segmentation": {"size": [480, 640], "counts": "x" * 200}}
                for k in range(1, 6)
            ]
            image = {"id": index + 1, "file_name": f"images/{index:06d}.jpg", "width": 640, "height": 480,
                     "labels": {}, "drawn": {"lights": list(range(100))}}
            record = {"files": {}, "image": image, "annotations": labels, "removed": {}, "measures": {}}
            records.write(orjson.dumps(record) + b"\\n")
def most_mb():
    # Not getrusage's, which begins with what the process held that started this one.
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 // 10**6


before = most_mb()
merge_shards(plan, plan.identity(), "none", {})
print(before, most_mb())
"""


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="the system doesn't tell what a process holds")
def test_a_hundred_thousand_frames_are_merged_in_less_than_500_megabytes(assets, tmp_path):
    out = tmp_path / "data"
    told = subprocess.run(
        [sys.executable, "-c", MERGE, assets, out, "100000"], capture_output=True, text=True, check=True
    )
    before_mb, most_mb = map(int, told.stdout.split())
    # The JSON has 200 MB: whoever held it, let alone its records, would be far above.
    assert (out / "annotations.json").stat().st_size > 100e6
    assert most_mb < min(500, before_mb + 50)
