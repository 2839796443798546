"""Films: a film of coloured frames, made here, gives its frames' times and numbers back, and is drawn again."""

import json
import struct
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from synth.dataset import Category
from synth.errors import DatasetError, PartlyDoneError, SynthError, UsageError
from train.commands.prediction import predict_photos
from train.detections import Detections
from train.export.film import FilmWriter, read_film

N_FRAMES = 10


class LightFinder:
    """Finds the whole picture, where it is light."""

    categories = (Category(4, "light"),)

    def detect(self, rgb, *, score_min=0.0):
        n = int(rgb.mean() > 127)
        height, width = rgb.shape[:2]
        box = np.tile(np.array([[0, 0, width, height]], np.float32), (n, 1))
        return Detections(0, box, np.ones(n, np.float32), np.full(n, 4))


def predict(*places, **options):
    chosen = {"labelme": None, "out": None, "score_min": 0.5, "every": 1, "as_json": False, "overwrite": False}
    predict_photos(photos=places, open_finder=LightFinder, **(chosen | options))


@pytest.fixture
def film(tmp_path):
    """Ten frames of 64 x 48, five a second: the first five dark, the others light."""
    pytest.importorskip("av")
    with FilmWriter(tmp_path / "film.webm", Fraction(5)) as writer:
        for i in range(N_FRAMES):
            writer.add(Image.new("RGB", (64, 48), (20, 20, 20) if i < 5 else (230, 230, 230)))
    return tmp_path / "film.webm"


def test_frames_come_with_their_numbers_times_and_colours(film):
    frames = list(read_film(film, every=3))
    assert [frame.number for frame in frames] == [0, 3, 6, 9]
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.6, 1.2, 1.8], abs=0.01)
    assert frames[0].rate == 5
    assert [frame.rgb.shape for frame in frames] == [(48, 64, 3)] * 4
    assert [frame.rgb.mean() > 127 for frame in frames] == [False, False, True, True]


def test_a_film_gives_a_line_a_frame_and_a_film_with_everything_drawn(film, tmp_path, capsys):
    predict(film, out=tmp_path / "out", every=2)
    lines = [json.loads(line) for line in (tmp_path / "out/videos/0001_film.jsonl").read_text().splitlines()]
    assert [line["frame"] for line in lines] == [0, 2, 4, 6, 8]
    assert [len(line["detections"]) for line in lines] == [0, 0, 0, 1, 1]
    assert lines[-1]["detections"] == [{"category_id": 4, "category": "light", "score": 1, "bbox": [0, 0, 64, 48]}]
    drawn = list(read_film(tmp_path / "out/videos/0001_film.webm"))
    assert len(drawn) == 5 and drawn[0].rate == Fraction(5, 2)
    assert "5 frames: 2 detections" in capsys.readouterr().out


def test_a_film_that_a_phone_took_upright_is_turned_upright(tmp_path):
    av = pytest.importorskip("av")
    lying = np.zeros((48, 64, 3), np.uint8)
    lying[:, :32] = 255  # the left half, which is the upper one after a quarter turn clockwise
    with av.open(str(tmp_path / "phone.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(lying, format="rgb24")))
        container.mux(stream.encode(None))
    content = bytearray((tmp_path / "phone.mp4").read_bytes())
    # The track's matrix, 40 bytes behind the name of its header (ISO 14496-12, 8.3.2): x' = -y, y' = x.
    place = content.index(b"tkhd") + 4 + 40
    content[place : place + 20] = struct.pack(">5i", 0, 0x10000, 0, -0x10000, 0)
    (tmp_path / "phone.mp4").write_bytes(content)
    (frame,) = read_film(tmp_path / "phone.mp4")
    assert frame.rgb.shape == (64, 48, 3)
    assert frame.rgb[:28].min() > 200 and frame.rgb[36:].max() < 60


def test_of_a_film_that_breaks_off_what_was_seen_is_kept(film, tmp_path):
    whole = film.read_bytes()
    film.write_bytes(whole[: len(whole) - 40])
    Image.new("RGB", (40, 20), "white").save(tmp_path / "a.png")
    (tmp_path / "text.mp4").write_text("not a film")
    with pytest.raises(PartlyDoneError, match=r"text\.mp4: can't be read as a film"):
        predict(tmp_path / "a.png", tmp_path / "text.mp4", film, out=tmp_path / "out")
    assert (tmp_path / "out/videos/0002_film.jsonl").read_text().count("\n") >= N_FRAMES - 2


def test_what_is_no_film_is_told(tmp_path):
    pytest.importorskip("av")
    (tmp_path / "text.mp4").write_text("not a film")
    with pytest.raises(DatasetError, match=r"text\.mp4: can't be read as a film"):
        predict(tmp_path / "text.mp4", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_options_that_make_no_sense_for_films_are_usage_errors(tmp_path):
    (tmp_path / "film.mp4").write_text("never read")
    with pytest.raises(UsageError, match="LabelMe shows no films"):
        predict(tmp_path / "film.mp4", labelme=tmp_path / "out")
    with pytest.raises(UsageError, match="--every 0"):
        predict(tmp_path / "film.mp4", every=0)


def test_without_pyav_the_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    (tmp_path / "film.mp4").write_text("never read")
    with pytest.raises(SynthError, match=r"\[video\]"):
        predict(tmp_path / "film.mp4")
