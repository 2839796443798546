"""Films: upright frames with their times out of one, frames into another. PyAV does it, where it is installed.

What is written is VP9 in WebM: browsers show it, and its encoder is free of patents and of the GPL.
"""

__all__ = ["FILM_SUFFIXES", "FilmWriter", "Frame", "needs_pyav", "read_film"]

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from synth.errors import DatasetError, SynthError
from synth.extras import install_line

FILM_SUFFIXES: Final = frozenset({".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".3gp"})
RATE_IF_UNKNOWN: Final = Fraction(25)


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: its number, its time from the film's start, its pixels (H, W, 3) upright, and the film's rate."""

    number: int
    time_s: float
    rgb: NDArray[np.uint8]
    rate: Fraction


def needs_pyav(path: Path) -> Any:
    """The module `av`.

    Raises:
        SynthError: it isn't installed; `path` is the film that it is needed for.
    """
    try:
        import av  # noqa: PLC0415
    except ModuleNotFoundError:
        raise SynthError(f"{path}: films need a package: {install_line('video')}") from None
    return av


def read_film(path: Path, every: int = 1) -> Iterator[Frame]:
    """Every so many frames of a film, the first one first.

    Raises:
        DatasetError: it isn't a film, or can't be read on; the frames before have been given.
    """
    av = needs_pyav(path)
    number = -1
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise DatasetError(f"{path}: holds no pictures.")
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            rate = stream.average_rate or RATE_IF_UNKNOWN
            for number, frame in enumerate(container.decode(stream)):
                if number % every == 0:
                    time_s = float(number / rate) if frame.time is None else float(frame.time)
                    # Phones store films lying and say how far to turn them, anticlockwise.
                    rgb = np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90))
                    yield Frame(number, time_s, np.ascontiguousarray(rgb), rate)
    except (av.error.FFmpegError, ValueError) as error:
        where = f"can't be read after frame {number}" if number >= 0 else "can't be read as a film"
        raise DatasetError(f"{path}: {where} ({getattr(error, 'strerror', None) or error}).") from None


class FilmWriter:
    """A WebM film, its size that of the first frame; used as a context, closed at its end."""

    def __init__(self, path: Path, rate: Fraction) -> None:
        self._container = needs_pyav(path).open(str(path), "w")
        self._from_ndarray = needs_pyav(path).VideoFrame.from_ndarray
        self._stream = self._container.add_stream("libvpx-vp9", rate=rate)
        self._stream.pix_fmt = "yuv420p"
        # The encoder is else slower than the detector; constant quality rather than a bit rate.
        self._stream.options = {"deadline": "realtime", "cpu-used": "8", "crf": "30", "b": "0"}
        self._size: tuple[int, int] | None = None

    def __enter__(self) -> "FilmWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._size:
            self._container.mux(self._stream.encode(None))
        self._container.close()

    def add(self, image: Image.Image) -> None:
        if self._size is None:
            # Its colours have half the resolution, so sides are even.
            self._size = (image.width // 2 * 2, image.height // 2 * 2)
            self._stream.width, self._stream.height = self._size
        frame = self._from_ndarray(np.asarray(image.crop((0, 0, *self._size))), format="rgb24")
        self._container.mux(self._stream.encode(frame))
