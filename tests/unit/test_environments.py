"""Environments: their orientation, their brightness, and Radiance files byte by byte."""

import numpy as np
import pytest
from PIL import Image

from synth.environments import ENVIRONMENTS, load_environment
from synth.environments.radiance import read_radiance
from synth.errors import AssetError
from synth.scene import Texture


def mean_luminance(light) -> float:
    """Over the sphere, pixel by pixel, by the exact solid angle of each row."""
    height = len(light)
    edges = np.cos(np.linspace(0, np.pi, height + 1))
    share = (edges[:-1] - edges[1:]) / 2
    return float(share @ (light @ [0.2126, 0.7152, 0.0722]).mean(axis=1))


def header(width: int, height: int) -> bytes:
    return f"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y {height} +X {width}\n".encode()


@pytest.mark.parametrize("name", list(ENVIRONMENTS))
@pytest.mark.parametrize("seed", range(3))
def test_a_procedure_gives_light_of_mean_one(name, seed):
    light = load_environment(Texture(name, seed=seed))
    assert light.shape == (128, 256, 3)
    assert light.dtype == np.float32
    assert light.min() >= 0
    assert mean_luminance(light) == pytest.approx(1, rel=1e-3)


@pytest.mark.parametrize("name", list(ENVIRONMENTS))
def test_the_upper_half_is_the_brighter_one(name):
    for seed in range(3):
        light = load_environment(Texture(name, seed=seed))
        assert light[:64].mean() > light[64:].mean()


def test_a_photo_is_flipped_because_it_was_seen_from_inside(tmp_path):
    picture = np.zeros((4, 8, 3), np.uint8)
    picture[:, 1] = 255
    Image.fromarray(picture).save(tmp_path / "room.png")
    light = load_environment(Texture("file", path=str(tmp_path / "room.png")))
    lit = light.mean(axis=(0, 2))
    assert int(np.argmax(lit)) // 32 == 6


def test_mean_light_of_a_file_is_one_too(tmp_path):
    Image.new("RGB", (16, 8), (40, 80, 120)).save(tmp_path / "even.png")
    light = load_environment(Texture("file", path=str(tmp_path / "even.png")))
    assert mean_luminance(light) == pytest.approx(1, rel=1e-3)


def test_a_flat_radiance_file_is_read_by_mantissa_and_exponent(tmp_path):
    # 128 * 2 ** (129 - 136) = 1; an exponent of 0 is black whatever the rest.
    pixels = bytes([128, 64, 32, 129, 255, 255, 255, 0])
    (tmp_path / "flat.hdr").write_bytes(header(2, 1) + pixels)
    assert read_radiance(str(tmp_path / "flat.hdr")).tolist() == [[[1.0, 0.5, 0.25], [0.0, 0.0, 0.0]]]


def test_a_run_length_coded_row_is_read(tmp_path):
    # Eight pixels: red a run of 8, green 3 literals and a run of 5, blue a run, exponent a run.
    row = bytes([2, 2, 0, 8, 128 + 8, 128, 3, 1, 2, 3, 128 + 5, 64, 128 + 8, 0, 128 + 8, 136])
    (tmp_path / "runs.hdr").write_bytes(header(8, 1) + row)
    light = read_radiance(str(tmp_path / "runs.hdr"))
    assert light[0, :, 0].tolist() == [128] * 8
    assert light[0, :, 1].tolist() == [1, 2, 3, 64, 64, 64, 64, 64]
    assert light[0, :, 2].tolist() == [0] * 8


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n",
        header(8, 1),
        header(8, 2) + bytes([2, 2, 0, 8, 136, 1]),
        header(8, 1) + bytes([2, 2, 0, 8, 255, 1]) + bytes(20),
        b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n+X 8 +Y 1\n" + bytes(32),
        b"#?RADIANCE\nFORMAT=32-bit_rle_xyze\n\n-Y 1 +X 1\n" + bytes(4),
    ],
)
def test_a_broken_radiance_file_is_named(tmp_path, content):
    (tmp_path / "broken.hdr").write_bytes(content)
    with pytest.raises(AssetError, match=r"broken\.hdr"):
        read_radiance(str(tmp_path / "broken.hdr"))
